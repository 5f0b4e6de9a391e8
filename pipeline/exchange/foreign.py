"""Rows of foreign files on their way in: read line by line, each good or bad with its reason. No format's meaning.

Law: one bad line never hides the others, and never passes in silence.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ConfigError, nearest
from pipeline.problem import Json
from pipeline.store.files import write_atomic

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NeutralRow:
    """A foreign row in our words: the family that will judge it, its params, the answer as text.

    `source` names the file or data set, never the line, so that it may enter params: identity must not depend on
    where in a file a row stood. `line` counts from 1 (the line of a JSONL file, the row of a Parquet file).
    `uid` and `rendering` are set for rows that we wrote ourselves: what must come of them again.
    """

    family: str
    params: Json
    answer: str
    source: str
    line: int
    uid: str = ""
    rendering: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """A foreign row that cannot be used: its line (from 1) and why."""

    line: int
    reason: str


class BadRow(Exception):
    """Raised inside a format for a row it cannot use; becomes a RowError."""


def parse_mapping(mapping: str | Mapping[str, str], *, known: tuple[str, ...]) -> dict[str, str]:
    """Return {our field: their column} of "prompt=question,answer=answer" (or of a mapping, checked).

    Raises:
        ConfigError: for an unknown field of ours, naming the nearest, or a pair without "=".
    """
    if isinstance(mapping, str):
        pairs = [pair.partition("=") for pair in mapping.split(",") if pair.strip()]
        for field, equals, column in pairs:
            if not equals or not column.strip():
                raise ConfigError(f"mapping part {(field + equals)!r} of {mapping!r}: write field=column")
        mapping = {field.strip(): column.strip() for field, _, column in pairs}
    for field in mapping:
        if field not in known:
            raise ConfigError(f"unknown field {field!r} in the mapping{nearest(field, known)}: {', '.join(known)}")
    return dict(mapping)


def read_rows(
    path: Path | str, columns: Mapping[str, str], convert: Callable[[Record, int], NeutralRow]
) -> Iterator[NeutralRow | RowError]:
    """Yield convert(record, line) for every row of a JSONL or Parquet file, or a RowError where it raises BadRow.

    `columns` maps our fields to their columns, dots reaching into structs; the first row must have the columns.

    Raises:
        ConfigError: when the file cannot be read, is neither JSONL nor Parquet, or lacks a column.
    """
    checked = False
    for line, record in _records(Path(path)):
        if isinstance(record, RowError):
            yield record
            continue
        if not checked:
            _check_columns(Path(path), record, columns)
            checked = True
        try:
            yield convert(record, line)
        except BadRow as error:
            yield RowError(line, str(error))


def pick(record: Record, column: str) -> Any:
    """Return the value of a column; dots reach into structs ("reward_model.ground_truth").

    Raises:
        BadRow: when it is absent or null.
    """
    value: Any = record.get(column) if column in record else record
    for name in () if column in record else column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        raise BadRow(f"no value in column {column!r}")
    return value


def write_rows(rows: list[Record], path: Path | str) -> None:
    """Write records as JSONL or Parquet, by the suffix of the path; whole or not at all."""
    path = Path(path)
    if path.suffix == ".jsonl":
        write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    elif path.suffix == ".parquet":
        table = pa.Table.from_pylist(rows)
        write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    else:
        raise ConfigError(f"cannot write {path}: the suffix must be .jsonl or .parquet")


def _records(path: Path) -> Iterator[tuple[int, Record | RowError]]:
    if path.suffix not in (".jsonl", ".json", ".parquet"):
        raise ConfigError(f"cannot read {path}: the suffix must be .jsonl or .parquet")
    try:
        yield from _parquet_records(path) if path.suffix == ".parquet" else _json_records(path)
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"cannot read {path}: {error}; give a readable JSONL or Parquet file") from error


def _parquet_records(path: Path) -> Iterator[tuple[int, Record | RowError]]:
    line = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1000):
            for record in batch.to_pylist():
                line += 1
                yield line, record


def _json_records(path: Path) -> Iterator[tuple[int, Record | RowError]]:
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            if not raw.strip():
                continue
            try:
                record = json.loads(raw.decode("utf-8-sig"))  # of bytes alone, json would guess at UTF-16
            except (ValueError, RecursionError) as error:  # bad JSON or bad UTF-8
                yield line, RowError(line, f"not JSON: {error}")
                continue
            yield line, record if isinstance(record, dict) else RowError(line, "not a JSON object")


def _check_columns(path: Path, record: Record, columns: Mapping[str, str]) -> None:
    for field, column in columns.items():
        top = column if column in record else column.split(".")[0]
        if top not in record:
            raise ConfigError(
                f"{path} has no column {column!r} (mapped to {field}){nearest(column, list(record))}: "
                f"it has {', '.join(record)}"
            )
