"""Versions made outside a run: one family by count, imported files; and versions written for others.

Not here: runs (loop), rules or layouts (pipeline.exchange). Law: every input row is answered for: published, or named
with its fault.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from filters.rule import apply, resolve, versions_of
from flows.judging.audited import carried_noise
from flows.stages.stages import Note, dropped_table, made, rule_context, silent
from generators.family import check_request, from_params, load
from generators.supply import supply
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError, FamilyError, ShortageError, nearest
from pipeline.exchange import programs, text_math, verl
from pipeline.exchange.foreign import NeutralRow, RowError
from pipeline.fingerprint import bytes_hash
from pipeline.problem import Problem, to_table
from pipeline.split import SPLITS
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion, recipe_id


def generate_version(
    name: str,
    *,
    level: int,
    count: int,
    seed: int,
    out_dir: Path,
    workers: int = 1,
    rendering: str | None = None,
    region: str | None = None,
    note: Note = silent,
) -> DatasetVersion:
    """Publish the first `count` distinct problems of a family's level in the store at `out_dir`.

    With region None the count is split evenly over the family's regions. The version is the same for any number of
    workers; one that is already there is not made again.

    Raises:
        FamilyError, ConfigError: for a bad request or a folder that holds something else.
        ShortageError: when the level has too few distinct problems.
    """
    check_request(name, level=level, region=region, rendering=rendering)
    if count < 1 or workers < 1:
        raise ConfigError(f"count {count} and workers {workers} must be at least 1")
    regions = load(name).regions if region is None else (region,)
    counts = {
        Cell(name, level, r): count // len(regions) + (i < count % len(regions)) for i, r in enumerate(sorted(regions))
    }
    counts = {cell: number for cell, number in counts.items() if number}
    _check_capacity(counts)
    recipe = {
        "stage": "generate",
        "stage_version": 1,
        "cells": [[*cell, number] for cell, number in counts.items()],
        "seed": seed,
        "rendering": rendering,
        "families": {name: load(name).family_version},
    }
    store = _store_at(out_dir)
    if (found := store.find(recipe_id(recipe))) is not None:
        return found

    quality = carried_noise(store.root, [name])

    def rows() -> Iterator[pa.Table]:
        done = 0
        run = partial(made, workers=workers)
        for _, table in supply(counts, seed=seed, run=run, rendering=rendering):
            done += table.num_rows
            note(f"generate {name}", done, count)
            yield table

    return store.publish(f"{name.replace('/', '-')}-{level}", recipe=recipe, rows=rows(), quality=quality)


def _check_capacity(counts: Mapping[Cell, int]) -> None:
    """Raise ShortageError where a family states that a cell has fewer distinct problems, before any is made."""
    for cell, wanted in counts.items():
        capacity = load(cell.family).capacity
        if capacity is not None and (most := capacity(cell.level, cell.region)) < wanted:
            raise ShortageError(
                f"cell {cell} is asked for {wanted} distinct problems and has {most}: "
                "lower --count or choose a higher level"
            )


def _store_at(out_dir: Path) -> Store:
    """Return the store of a folder that is new, empty or already holds versions."""
    if out_dir.exists() and not out_dir.is_dir():
        raise ConfigError(f"--out {out_dir} is a file: name a new folder")
    occupied = out_dir.is_dir() and any(out_dir.iterdir())
    if occupied and not (out_dir / "versions").is_dir():
        raise ConfigError(f"--out {out_dir} is not empty and holds no versions: name a new folder")
    return Store(out_dir)


def import_version(
    path: Path, *, mapping: str, name: str, root: Path, license_: str = "unknown", held_out: bool = False
) -> tuple[DatasetVersion, list[dict[str, Any]]]:
    """Publish the rows of a JSONL or Parquet file as problems; return the version and the refused rows.

    `mapping` is "prompt=COLUMN,answer=COLUMN"; empty means the verl layout. Rows that veriloop exported go back to
    their own family, those of a file with a tests column to code/tests, all others to text/math. held_out puts every
    row into test.

    Raises:
        ConfigError: for a file that cannot be read, an unknown column, or no row that can be used.
    """
    rules = resolve(({"name": "lawful"}, {"name": "exact_duplicate"}))
    problems: list[Problem] = []
    faults: list[dict[str, Any]] = []
    reader = programs if programs.names_tests(mapping) else text_math if mapping else verl
    for row in reader.read(path, mapping):
        built = row if isinstance(row, RowError) else _built(row, license_=license_, held_out=held_out)
        if isinstance(built, RowError):
            faults.append({"line": built.line, "reason": built.reason})
        else:
            problems.append(built)
    if not problems:
        why = f", the first because {faults[0]['reason']}" if faults else ""
        raise ConfigError(f"{path}: none of its {len(faults)} rows can be used{why}; mend the file or the --map")
    curated = apply(problems, rules, rule_context())
    recipe = {
        "stage": "import",
        "stage_version": 1,
        "file": bytes_hash(path.read_bytes()),
        "mapping": mapping,
        "held_out": held_out,
        "license": license_,
        "rules": versions_of(rules),
        "families": {family: load(family).family_version for family in sorted({p.family for p in problems})},
    }
    dropped = dropped_table(problems, curated.decisions)
    version = Store(root).publish(
        name, recipe=recipe, rows=[to_table(curated.kept)], dropped=[dropped],
        quality=carried_noise(root, {problem.family for problem in problems}),
    )  # fmt: skip
    return version, faults


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


def _built(row: NeutralRow, *, license_: str, held_out: bool) -> Problem | RowError:
    """Return the problem of a foreign row, or why its family cannot make one of it."""
    whole = row.uid or row.family == programs.FAMILY
    params = row.params if whole else {**row.params, "answer": row.answer, "source": row.source}
    try:
        rendering = row.rendering or load(row.family).renderings[0]
        problem = from_params(
            row.family, params, rendering=rendering, split="test" if held_out else None, license=license_
        )
    except FamilyError as error:
        return RowError(row.line, str(error))
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        return RowError(row.line, f"{row.family} cannot read its params ({type(error).__name__}: {error})")
    if row.uid and problem.uid != row.uid:
        return RowError(row.line, f"it was uid {row.uid} and is {problem.uid} to the installed version of {row.family}")
    return problem
