"""Versions written for others, in their layouts. Not the layouts themselves (pipeline.exchange).

Law: rows are written as they are stored, of the split that was asked for alone, and carry what judges their answers;
what the root holds out by now is left out.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from flows.stages.meetings import held_out_in
from generators.family import load, names
from pipeline.errors import ConfigError, nearest
from pipeline.exchange import programs, text_math, verl
from pipeline.split import SPLITS
from pipeline.store.store import Store

LAYOUTS: Mapping[str, Callable[[pa.Table, Path], None]] = {
    "verl": verl.write,
    "text": text_math.write,
    "programs": programs.write,
}
"""Who writes each foreign layout."""


class Exported(NamedTuple):
    """How many rows were written, of how many, and how many were left out as held out, by the version that holds."""

    written: int
    rows: int
    left_out: dict[str, int]


def export_version(root: Path, ref: str, path: Path, *, layout: str = "verl", split: str = "train") -> Exported:
    """Write a version's rows of one split, or of "all", in a foreign layout.

    Raises:
        ConfigError: for an unknown layout or split, one without rows, or a suffix but .jsonl and .parquet.
    """
    for what, value, known in (("layout", layout, tuple(LAYOUTS)), ("split", split, (*SPLITS, "all"))):
        if value not in known:
            raise ConfigError(f"unknown {what} {value!r}{nearest(value, known)}: choose one of {', '.join(known)}")
    store = Store(root)
    version = store.get(ref)
    rows = store.table(version)
    asked = rows if split == "all" else rows.filter(pc.equal(rows["split"], split))
    held = held_out_in(root, version).places
    shown = pc.or_(
        pc.equal(asked["split"], "test"), pc.invert(pc.is_in(asked["instance_hash"], pa.array(held, pa.string())))
    )
    kept = asked.filter(shown)
    left_out = Counter(held[instance] for instance in asked.filter(pc.invert(shown))["instance_hash"].to_pylist())
    if not asked.num_rows:
        found = ", ".join(sorted(set(rows["split"].to_pylist()))) or "none at all"
        raise ConfigError(f"version {ref} has no rows of split {split}: it has {found}; choose with --split")
    if not kept.num_rows:
        by = ", ".join(f"{name} ({count})" for name, count in left_out.items())
        raise ConfigError(f"all {asked.num_rows} rows of split {split} of version {ref} are held out, by {by}")
    LAYOUTS[layout](kept.append_column("verifier_version", _verifiers(kept["family"].to_pylist())), path)
    return Exported(kept.num_rows, rows.num_rows, dict(left_out))


def _verifiers(families: list[str]) -> pa.Array:
    """Return the installed verifier's version of each family, null where it is not installed and cannot judge."""
    known = {family: load(family).verifier_version for family in set(families) & set(names())}
    return pa.array([known.get(family) for family in families], pa.int32())
