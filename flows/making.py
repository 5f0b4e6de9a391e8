"""Versions made outside a run: one family by count, imported files; and grading of anyone's rows.

Not here: runs (loop) or rules. Law: every input row is answered for: published, or named with its fault.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import pyarrow as pa

from filters.rule import apply, resolve, versions_of
from flows.stages import Note, dropped_table, made, rule_context, silent
from generators.family import check_request, from_params, load
from generators.grade import AnswerType, grade
from generators.supply import supply
from pipeline.errors import ConfigError, FamilyError, nearest
from pipeline.exchange import text_math, verl
from pipeline.fingerprint import bytes_hash
from pipeline.foreign import RowError
from pipeline.mixture import Cell
from pipeline.problem import to_table
from pipeline.store import Store
from pipeline.version import DatasetVersion


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
    """Publish the first `count` distinct problems of a family's level as the version folder `out_dir`.

    With region None the count is split evenly over the family's regions. The version is the same for any number of
    workers.

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
    recipe = {
        "stage": "generate",
        "stage_version": 1,
        "cells": [[*cell, number] for cell, number in counts.items()],
        "seed": seed,
        "rendering": rendering,
        "families": {name: load(name).family_version},
    }
    done = 0
    rows: list[pa.Table] = []
    for _, table in supply(counts, seed=seed, run=lambda shards: made(shards, workers=workers), rendering=rendering):
        rows.append(table)
        done += table.num_rows
        note(f"generate {name}", done, count)
    return _publish_into(out_dir, f"{name.replace('/', '-')}-{level}", recipe, rows)


def _publish_into(out_dir: Path, name: str, recipe: dict[str, Any], rows: list[pa.Table]) -> DatasetVersion:
    """Publish in a store beside `out_dir` and move the finished folder into place."""
    if out_dir.exists() and not out_dir.is_dir():
        raise ConfigError(f"--out {out_dir} is a file: name a new folder")
    occupied = out_dir.is_dir() and any(out_dir.iterdir())
    if occupied and not (out_dir / "versions").is_dir():
        raise ConfigError(f"--out {out_dir} is not empty and holds no versions: name a new folder")
    out_dir.mkdir(parents=True, exist_ok=True)
    return Store(out_dir).publish(name, recipe=recipe, rows=rows)


def grade_rows(path: Path, *, gold: str, pred: str, type_: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield one verdict per row of a JSONL file, in order, keyed by row number from 0.

    A row that is no JSON object or whose gold does not parse is a data error: outcome "data_error", never a wrong
    answer.

    Raises:
        ConfigError: for a missing file or a column no row has.
    """
    if type_ is not None and type_ not in get_args(AnswerType):
        known = get_args(AnswerType)
        raise ConfigError(f"unknown answer type {type_!r}{nearest(type_, known)}: choose one of {', '.join(known)}")
    wanted = cast(AnswerType | None, type_)
    for number, row in enumerate(_jsonl(path)):
        if isinstance(row, str):
            yield {"row": number, "outcome": "data_error", "reason": row}
            continue
        for column in (gold, pred):
            if column not in row:
                raise ConfigError(f"{path} row {number} has no column {column!r}{nearest(column, list(row))}")
        try:
            verdict = grade(row[gold], str(row[pred]), wanted)
        except FamilyError as error:
            yield {"row": number, "outcome": "data_error", "reason": str(error)}
            continue
        yield {
            "row": number,
            "outcome": verdict.outcome.value,
            "reason": verdict.reason,
            "feasible": verdict.feasible,
            "quality": verdict.quality,
            "extracted": verdict.extracted,
        }


def _jsonl(path: Path) -> Iterator[dict[str, Any] | str]:
    try:
        handle = path.open("rb")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    with handle:
        for line in handle:
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8"))
            except ValueError as error:
                yield f"not a JSON line: {error}"
                continue
            yield row if isinstance(row, dict) else f"a JSON {type(row).__name__}, not an object"


def import_version(
    path: Path, *, mapping: str, name: str, root: Path, license_: str = "unknown", held_out: bool = False
) -> tuple[DatasetVersion, list[dict[str, Any]]]:
    """Publish the rows of a JSONL or Parquet file as text/math problems; return the version and the refused rows.

    `mapping` is "prompt=COLUMN,answer=COLUMN"; empty means the verl layout. held_out puts every row into test.
    """
    rules = resolve(({"name": "lawful"}, {"name": "exact_duplicate"}))
    source = text_math.read(path, mapping) if mapping else verl.read(path, mapping)
    problems, faults = [], []
    for row in source:
        if isinstance(row, RowError):
            faults.append({"row": row.line, "reason": row.reason})
            continue
        try:
            problems.append(
                from_params(
                    "text/math",
                    {**row.params, "answer": row.answer, "source": row.source},
                    rendering="plain",
                    split="test" if held_out else None,
                    license=license_,
                )
            )
        except FamilyError as error:
            faults.append({"row": row.line, "reason": str(error)})
    curated = apply(problems, rules, rule_context())
    recipe = {
        "stage": "import",
        "stage_version": 1,
        "file": bytes_hash(path.read_bytes()),
        "mapping": mapping,
        "held_out": held_out,
        "license": license_,
        "rules": versions_of(rules),
        "families": {"text/math": load("text/math").family_version},
    }
    dropped = dropped_table(problems, curated.decisions)
    version = Store(root).publish(name, recipe=recipe, rows=[to_table(curated.kept)], dropped=[dropped])
    return version, faults
