"""Versions written for others, in their layouts. Not the layouts themselves (pipeline.exchange).

Law: rows are written as they are stored, of the split that was asked for alone.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

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


def export_version(root: Path, ref: str, path: Path, *, layout: str = "verl", split: str = "train") -> tuple[int, int]:
    """Write a version's rows of one split, or of "all", in a foreign layout; return how many, and how many there are.

    Raises:
        ConfigError: for an unknown layout or split, one without rows, or a suffix but .jsonl and .parquet.
    """
    for what, value, known in (("layout", layout, tuple(LAYOUTS)), ("split", split, (*SPLITS, "all"))):
        if value not in known:
            raise ConfigError(f"unknown {what} {value!r}{nearest(value, known)}: choose one of {', '.join(known)}")
    rows = Store(root).table(ref)
    kept = rows if split == "all" else rows.filter(pc.equal(rows["split"], split))
    if not kept.num_rows:
        found = ", ".join(sorted(set(rows["split"].to_pylist()))) or "none at all"
        raise ConfigError(f"version {ref} has no rows of split {split}: it has {found}; choose with --split")
    LAYOUTS[layout](kept, path)
    return kept.num_rows, rows.num_rows
