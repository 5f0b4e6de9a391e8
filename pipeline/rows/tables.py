"""Rows of tables: Parquet by its columns' types, delimited text by its header. Not what the values mean.

Law: a value comes as it was written: a 32-bit 0.1 is 0.1, a map is an object; two columns of one name are refused.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ConfigError
from pipeline.rows.json_values import MAX_LINE_BYTES, Fault, Found
from pipeline.rows.opened import Unreadable

BATCH_ROWS = 1000


class TextRow(dict[str, str]):
    """A row of delimited text, in which lists can only stand as text."""


Convert = Callable[[Any], Any]


def parquet_rows(path: Path, note: Callable[[float], None]) -> Iterator[Found]:
    """Yield the rows of a Parquet file, or their faults; `note` hears of the share read.

    Raises:
        ConfigError: when two columns, or two fields of one struct, have one name.
    """
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        refuse_repeats(path, schema.names)
        converts = {field.name: made for field in schema if (made := _converter(path, field.type)) is not None}
        line = 0
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for row in _unbatched(batch):
                line += 1
                if isinstance(row, dict):
                    row |= {name: convert(row[name]) for name, convert in converts.items()}
                yield line, row
            note(line / max(1, file.metadata.num_rows))


def _unbatched(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | Fault]:
    try:
        yield from batch.to_pylist()
    except ValueError:  # text that is no UTF-8, a time beyond Python's: one by one, to name the row
        for i in range(batch.num_rows):
            try:
                yield batch.slice(i, 1).to_pylist()[0]
            except ValueError as error:
                yield Fault(f"a value that cannot be read: {error}")


def _converter(path: Path, type_: pa.DataType) -> Convert | None:
    """Return what makes a value as it was written of Arrow's, None where that is the same."""
    if pa.types.is_float16(type_) or pa.types.is_float32(type_):
        return _shortest(np.float16 if pa.types.is_float16(type_) else np.float32)
    if pa.types.is_dictionary(type_):
        return _converter(path, type_.value_type)
    if pa.types.is_map(type_):
        of = _converter(path, type_.item_type) or _same
        return lambda pairs: None if pairs is None else {str(key): of(value) for key, value in pairs}
    if pa.types.is_struct(type_):
        refuse_repeats(path, [field.name for field in type_])
        inner = {field.name: made for field in type_ if (made := _converter(path, field.type)) is not None}
        return _in_struct(inner) if inner else None
    if any(test(type_) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)):
        each = _converter(path, type_.value_type)
        return None if each is None else lambda items: None if items is None else [each(item) for item in items]
    return None


def _in_struct(inner: dict[str, Convert]) -> Convert:
    return lambda row: None if row is None else row | {name: made(row[name]) for name, made in inner.items()}


def _same(value: Any) -> Any:
    return value


def _shortest(kind: type[np.floating[Any]]) -> Convert:
    """Return what makes the shortest decimal of a number of that many bits."""
    return lambda value: None if value is None else float(str(kind(value)))


def table_rows(path: Path, stream: BinaryIO, delimiter: str, *, quoted: bool = True) -> Iterator[Found]:
    """Yield the rows of delimited text as texts by column, or their faults, each by its first line, from 1.

    Quotes hold delimiters and line ends where text is `quoted`; empty fields behind the last column are passed over.

    Raises:
        ConfigError: when two columns have one name. Unreadable: when the text ends within quotes.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    rows = csv.reader(
        _text_lines(stream), delimiter=delimiter, strict=True, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    )
    header: list[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            if header is None or "unexpected end" in str(error):
                raise Unreadable(f"line {line}: {error}; is a quote not closed?") from error
            yield line, Fault(f"not delimited text: {error}")
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [name.strip() for name in cells]
            refuse_repeats(path, [name for name in header if name])
            continue
        yield line, _row(header, cells)


def _row(header: list[str], cells: list[str]) -> dict[str, Any] | Fault:
    if len(cells) < len(header) or any(cells[len(header) :]):
        named = ", ".join(header)[:80]
        return Fault(
            f"{len(cells)} fields, and the header names {len(header)} ({named}): put quotes round text with a delimiter"
        )
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:  # a byte that stood for itself
        return Fault(f"not UTF-8: byte 0x{ord(error.object[error.start]) - 0xDC00:02x}")
    return TextRow({name: cell for name, cell in zip(header, cells, strict=False) if name})


def _text_lines(stream: BinaryIO) -> Iterator[str]:
    text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
    while line := text.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise Unreadable(f"a line over {MAX_LINE_BYTES // 2**20} MiB: is this delimited text?")
        yield line


def refuse_repeats(path: Path, names: Sequence[str]) -> None:
    """Raise ConfigError, with the name, when two columns have one."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ConfigError(
            f"{path} has {names.count(repeated[0])} columns called {repeated[0]!r}: rename all but one, "
            "for nothing says which is meant"
        )
