"""Rows of foreign files on their way in, whatever the file is written in, each good or bad with its reason; and out.

JSON a line, a JSON list, CSV and the like, and Parquet, each packed or not, are known by what is in them. No format's
meaning. Law: one bad row never hides the others, and never passes in silence.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.carried import COLUMN, carried, split_carried
from pipeline.errors import ConfigError, nearest
from pipeline.problem import Json
from pipeline.rows import json_values, tables
from pipeline.rows.chat import turns_of
from pipeline.rows.json_values import MAX_LINE_BYTES, Fault
from pipeline.rows.opened import UNREADABLE, opened
from pipeline.rows.values import BadRow
from pipeline.split import Split
from pipeline.store.files import write_atomic

__all__ = ["MAX_LINE_BYTES", "BadRow", "Fault", "NeutralRow", "Record", "RowError", "check_columns", "found", "holds",
           "own_row", "parse_mapping", "pick", "read_rows", "records", "write_rows"]  # fmt: skip

Record = dict[str, Any]
Note = Callable[[int, int], None]
KEPT = "metadata."
"""How a mapping names a column that is kept as it is, whatever its name."""
_NOTE_ROWS = 256
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


@dataclass(frozen=True, slots=True)
class NeutralRow:
    """A foreign row in our words: the family that will judge it, its params, the answer (text, or a JSON value).

    `source` names the file or data set, never the line, so that it may enter params: identity must not depend on
    where in a file a row stood. `line` counts from 1 (the line of a text file, the item of a list, the row of a
    Parquet file). `uid`, `rendering` and `split` are set for rows that we wrote ourselves: what must come of them
    again, and the split they were written from.
    """

    family: str
    params: Json
    answer: Json
    source: str
    line: int
    uid: str = ""
    rendering: str = ""
    split: Split = "train"


@dataclass(frozen=True, slots=True)
class RowError:
    """A foreign row that cannot be used: its line (from 1) and why."""

    line: int
    reason: str


def parse_mapping(mapping: str | Mapping[str, str], *, known: tuple[str, ...], others: bool = False) -> dict[str, str]:
    """Return {our field: their column} of "prompt=question,answer=answer" (or of a mapping, checked).

    With `others`, fields that are none of ours are allowed, unless they look like a misspelling of one.

    Raises:
        ConfigError: for an unknown field of ours, naming the nearest, one named twice, or a pair without "=".
    """
    if isinstance(mapping, str):
        pairs = [pair.partition("=") for pair in mapping.split(",") if pair.strip()]
        for field, equals, column in pairs:
            if not equals or not column.strip() or not field.strip():
                raise ConfigError(f"mapping part {(field + equals)!r} of {mapping!r}: write field=column")
        fields = [field.strip() for field, _, _ in pairs]
        repeated = next((field for field in fields if fields.count(field) > 1), None)
        if repeated is not None:
            raise ConfigError(f"mapping {mapping!r} names {repeated} twice: keep one of them")
        mapping = {field.strip(): column.strip() for field, _, column in pairs}
    for field in mapping:
        if field not in known and (not others or any(_is_slip(field, name) for name in known)):
            keep = f"; to keep a column under that very name, write {KEPT}{field}=COLUMN" if others else ""
            raise ConfigError(
                f"unknown field {field!r} in the mapping{nearest(field, known)}: {', '.join(known)}{keep}"
            )
    return dict(mapping)


def _is_slip(field: str, name: str) -> bool:
    """Say whether a field is a name with one letter too many, missing, wrong, or changed with its neighbour."""
    a, b = field.casefold(), name.casefold()
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == 2 and a == b[::-1])


def read_rows(
    path: Path | str, columns: Mapping[str, str], convert: Callable[[Record, int], NeutralRow]
) -> Iterator[NeutralRow | RowError]:
    """Yield convert(record, line) for every row of a file, or a RowError where it raises BadRow.

    `columns` maps our fields to their columns, dots reaching into objects; the first row must have the columns.

    Raises:
        ConfigError: when the file cannot be read, or lacks a column.
    """
    checked = False
    for line, record in records(Path(path)):
        if isinstance(record, Fault):
            yield RowError(line, record)
            continue
        if not checked:
            check_columns(Path(path), record, columns)
            checked = True
        try:
            yield convert(record, line)
        except BadRow as error:
            yield RowError(line, str(error))


def records(path: Path, *, note: Note | None = None) -> Iterator[tuple[int, Record | Fault]]:
    """Yield every row of a file with its line, from 1, or why it is none; `note` hears of the bytes read, of how many.

    A row is an object by column. Blank lines are passed over.

    Raises:
        ConfigError: when the file cannot be read: it is missing, damaged, of no kind that holds rows, or has two
            columns of one name.
    """
    try:
        with opened(path) as file:
            told = note or _silent
            if file.kind == "parquet":
                yield from tables.parquet_rows(path, lambda share: told(int(share * file.size), file.size))
            else:
                kinds = {"lines": json_values.lines, "values": json_values.values}
                read = kinds.get(file.kind)
                rows = (
                    read(file.stream)
                    if read
                    else tables.table_rows(path, file.stream, file.delimiter, quoted=file.quoted)
                )
                for count, row in enumerate(rows, start=1):
                    yield row
                    if count % _NOTE_ROWS == 0:
                        told(file.position(), file.size)
            told(file.size, file.size)
    except UNREADABLE as error:
        raise ConfigError(f"cannot read {path}: {error}; give a whole JSONL, JSON, CSV or Parquet file") from error


def _silent(done: int, total: int) -> None:
    return None


def found(record: Record, column: str) -> Any:
    """Return the value of a column, None where there is none; dots reach into objects ("reward_model.ground_truth")."""
    if column in record:
        return record[column]
    value: Any = record
    for name in column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def holds(record: Record, column: str) -> bool:
    """Say whether a record has a column, be it null; dots reach into objects."""
    within, _, name = column.rpartition(".")
    inner = found(record, within) if within else None
    return column in record or (isinstance(inner, dict) and name in inner)


def pick(record: Record, column: str) -> Any:
    """Return the value of a column, like `found`.

    Raises:
        BadRow: when it is absent or null.
    """
    value = found(record, column)
    if value is None:
        raise BadRow(f"no value in column {column!r}")
    return value


def own_row(record: Record, source: str, line: int) -> NeutralRow | None:
    """Return the neutral row of a record that carries a problem of ours (pipeline.carried), None for those of others.

    Raises:
        BadRow: when its params or its answer are no JSON.
    """
    own = carried(record)
    if own is None:
        return None
    try:
        params, answer = json.loads(own["params"]), json.loads(str(own.get("answer", '""')))
    except (ValueError, RecursionError) as error:
        raise BadRow(f"{COLUMN}.params is not JSON: {error}") from error
    text = answer if isinstance(answer, str) else str(own["answer"])
    return NeutralRow(own["family"], params, text, source, line, own["uid"], own["rendering"], split_carried(own))


def write_rows(rows: list[Record], path: Path | str) -> None:
    """Write records as JSONL or Parquet, by the suffix of the path; whole or not at all.

    Raises:
        ConfigError: for another suffix, an address, or a folder that does not exist. StoreError: a disk that refuses.
    """
    path = Path(path)
    if _ADDRESS.match(str(path)):
        raise ConfigError(
            f"cannot write {path}: it is an address, and rows are written to files; write "
            f"{path.name}, then send it: `hf upload REPOSITORY {path.name} --repo-type dataset`"
        )
    if not path.parent.is_dir():
        raise ConfigError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    if path.suffix == ".jsonl":
        write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    elif path.suffix == ".parquet":
        table = pa.table({name: _column([row.get(name) for row in rows]) for name in rows[0]} if rows else {})
        write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    else:
        raise ConfigError(f"cannot write {path}: the suffix must be .jsonl or .parquet")


def _column(values: list[Any]) -> pa.Array:
    """Return values as a column; where no type holds all of them, what is no text as JSON text."""
    try:
        return pa.array(values)
    except pa.ArrowException:
        texts = [value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False) for value in values]
        return pa.array(texts, pa.string())


def check_columns(path: Path, record: Record, columns: Mapping[str, str]) -> None:
    """Raise ConfigError unless a file's first row has the columns of a mapping, or objects to look for them in."""
    for field, column in columns.items():
        if column not in record and column.split(".")[0] not in record:
            inner = next((name for name, value in record.items() if _holds_rows(value)), None)
            told = f", mapped to {field}" if field != column else ""
            remedy = f"; its rows are within {inner!r}: write that list alone" if inner is not None else ""
            near = nearest(column, list(record))
            raise ConfigError(f"{path} has no column {column!r}{told}{near}: it has {', '.join(record)}{remedy}")


def _holds_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and turns_of(value[:1]) is None
