"""A foreign file opened by what is in it, never by its name alone: unpacked, as UTF-8, with its kind. Not its rows.

Law: memory is bounded whatever the size of the file; what holds no rows at all is refused with what to do about it.
"""

import bz2
import codecs
import csv
import gzip
import io
import json
import lzma
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import pyarrow as pa

from pipeline.errors import ConfigError

Kind = Literal["lines", "values", "table", "parquet"]
HEAD_BYTES = 64 * 1024
"""Of a file, read to see what it is."""


class Unreadable(Exception):
    """Raised for a file that cannot be read on from some place."""


UNREADABLE = (Unreadable, OSError, EOFError, zlib.error, lzma.LZMAError, UnicodeError, pa.ArrowException)
"""What reading a damaged file raises."""
_LAYERS = 3
"""Packings round one file that are taken off: a .gz of a .zst has two."""
_DELIMITERS = ",\t;|"
_TABLES = (".csv", ".tsv", ".psv")
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"), (b"{\0\0\0", "utf-32-le"), (b"[\0\0\0", "utf-32-le"), (b"{\0", "utf-16-le"),
    (b"[\0", "utf-16-le"), (b"\0{", "utf-16-be"), (b"\0[", "utf-16-be"),
)  # fmt: skip
"""How a file begins that is not UTF-8; JSON without a mark shows its encoding by its first sign."""
_STRANGERS = (
    (b"PK\x03\x04", "a zip archive (or .xlsx)", "unpack it, or save the sheet as CSV"),
    (b"ARROW1", "an Arrow file", "write it as Parquet"),
    (b"\xff\xff\xff\xff", "an Arrow stream", "write it as Parquet"),
    (b"SQLite format 3\0", "an SQLite database", "write its table as Parquet or CSV"),
    (b"\x80\x04", "a pickle", "write its rows as JSONL or Parquet: pickles are never loaded"),
    (b"version https://git-lfs", "a Git LFS pointer and not the file", "run `git lfs pull`"),
    (b"<!doctype html", "a web page", "download the file itself"),
    (b"<html", "a web page", "download the file itself"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file being read: its kind, its bytes as UTF-8 without a mark, and how far its own bytes are read.

    lines: a JSON value a line. values: JSON values in a list, or one after another. table: rows of fields set apart by
    `delimiter`, in quotes where they are `quoted`, the first of which names the columns. parquet: to be read from its
    path; `stream` holds nothing more.
    """

    kind: Kind
    stream: BinaryIO
    raw: BinaryIO
    size: int
    delimiter: str = ","
    quoted: bool = True

    def position(self) -> int:
        """Return how many bytes of the file are read, out of `size`."""
        return self.raw.tell()


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file for the block.

    Raises:
        ConfigError: when it cannot be opened, or is of a kind that holds no rows.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    with raw:
        size = os.fstat(raw.fileno()).st_size
        head, stream = _headed(raw)
        if head.startswith(b"PAR1"):
            yield Opened("parquet", stream, raw, size)
            return
        for _ in range(_LAYERS):
            unpacked = _unpacked(head, stream)
            if unpacked is None:
                break
            head, stream = _headed(unpacked)
        head, stream = _as_utf8(head, stream)
        _refuse_strangers(path, head)
        text = head.decode("utf-8", "replace").lstrip()
        kind = _kind(text, path)
        delimiter = _delimiter(text.partition("\n")[0]) if kind == "table" else ","
        yield Opened(kind, stream, raw, size, delimiter, delimiter != "\t" or _is_quoted(text))


class _Joined(io.RawIOBase):
    """A head that was read already, and the rest of its stream, as one stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self._head:
            return self._rest.readinto(buffer)  # type: ignore[attr-defined, no-any-return]
        count = min(len(buffer), len(self._head))
        buffer[:count] = self._head[:count]
        self._head = self._head[count:]
        return count


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream, self._decoder, self._ready = stream, codecs.getincrementaldecoder(encoding)(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._ready:
            chunk = self._stream.read(HEAD_BYTES)
            self._ready = self._decoder.decode(chunk, final=not chunk).encode()
            if not chunk:
                break
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count


def _headed(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the head of a stream, and a stream that still begins with it."""
    head = b""
    while len(head) < HEAD_BYTES and (more := stream.read(HEAD_BYTES - len(head))):
        head += more
    return head, cast("BinaryIO", io.BufferedReader(_Joined(head, stream), HEAD_BYTES))


def _unpacked(head: bytes, stream: BinaryIO) -> BinaryIO | None:
    """Return what a packed stream holds, None for one that is not packed."""
    if head.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return cast("BinaryIO", bz2.BZ2File(stream))
    if head.startswith(b"\xfd7zXZ\0"):
        return cast("BinaryIO", lzma.LZMAFile(stream))
    for magic, name in ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x04\x22\x4d\x18", "lz4")):
        if head.startswith(magic):
            packed = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), name)
            return cast("BinaryIO", io.BufferedReader(packed, HEAD_BYTES))
    return None


def _as_utf8(head: bytes, stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return a stream as UTF-8 without a byte order mark, and its head."""
    if head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
        return head[len(codecs.BOM_UTF8) :], stream
    encoding = next((name for start, name in _ENCODINGS if head.startswith(start)), "")
    if not encoding:
        return head, stream
    return _headed(cast("BinaryIO", io.BufferedReader(_Recoded(stream, encoding), HEAD_BYTES)))


def _refuse_strangers(path: Path, head: bytes) -> None:
    start = head[:32].lower()
    found = next(((what, remedy) for magic, what, remedy in _STRANGERS if start.startswith(magic.lower())), None)
    if found is None and head.startswith(b"PAR1"):
        found = "a packed Parquet file", "unpack it: Parquet is packed within"
    if found is None and head[257:262] == b"ustar":
        found = "a tar archive", "unpack it and give a file in it"
    if found is None and b"\0" in head:
        found = "neither text nor Parquet", "give JSONL, a JSON list, CSV or Parquet"
    if found is not None:
        raise ConfigError(f"cannot read {path}: it is {found[0]}; {found[1]}")


def _kind(text: str, path: Path) -> Kind:
    """Return the kind of a text by its beginning; where that leaves it open, by the suffixes of its file."""
    first, _, rest = text.partition("\n")
    if first.startswith("["):
        alone = bool(rest.strip()) and _is_json(first)
        return "lines" if alone else "values"
    if first.startswith("{"):
        return "lines" if _is_json(first.rstrip(" \r,")) or not _runs_on(text, first) else "values"
    if any(suffix.lower() in _TABLES for suffix in path.suffixes):
        return "table"
    if any(line.startswith("{") and _is_json(line.rstrip(" \r,")) for line in rest.split("\n")[:20]):
        return "lines"
    return "table" if any(mark in first for mark in _DELIMITERS) else "lines"


def _runs_on(text: str, first: str) -> bool:
    """Say whether the JSON value that begins a text goes on beyond its first line."""
    if first.rstrip() == "{":
        return True
    try:
        return json.JSONDecoder().raw_decode(text)[1] > len(first)
    except (ValueError, RecursionError):
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_quoted(text: str) -> bool:
    """Say whether quotes in a text set apart by tabs hold fields, and are not marks like others in them."""
    try:
        for _ in csv.reader(io.StringIO(text), delimiter="\t", strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)  # of the head
    return True


def _delimiter(header: str) -> str:
    """Return the commonest delimiter outside the quotes of a header, a comma where there is none."""
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)
