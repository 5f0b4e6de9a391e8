"""JSON as foreign files hold it: a value a line, a list of values, values one after another. Not what they mean.

Law: an object that names a key twice is refused by that key, wherever in the value it stands.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipeline.fingerprint import json_integer
from pipeline.rows.opened import Unreadable

MAX_LINE_BYTES = 64 * 2**20
"""Of one row."""
_CHUNK = 256 * 1024
_NEAR = 16
"""An error so near the end of what was read may be no error: the value goes on."""


class Fault(str):
    """Why a row cannot be read."""


Found = tuple[int, dict[str, Any] | Fault]
"""Where a row stands, from 1, and the row or its fault."""


class _Decoder:
    """Decodes values one at a time and remembers which key a value names twice."""

    def __init__(self) -> None:
        self._repeated: list[str] = []
        self._decode = json.JSONDecoder(object_pairs_hook=self._pairs).raw_decode
        self._decode_long = json.JSONDecoder(object_pairs_hook=self._pairs, parse_int=json_integer).raw_decode

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            self._repeated.append(next(name for name in names if names.count(name) > 1))
        return found

    def at(self, text: str, begin: int) -> tuple[dict[str, Any] | Fault, int]:
        """Return the value that begins there, a Fault for one that cannot be a row, and where it ends.

        Raises:
            ValueError, RecursionError: when no value begins there, or it is nested without end.
        """
        self._repeated.clear()
        try:
            value, end = self._decode(text, begin)
        except json.JSONDecodeError:
            raise
        except ValueError:  # Python refuses the length of an integer
            self._repeated.clear()
            value, end = self._decode_long(text, begin)
        if self._repeated:
            return Fault(f"two values for the key {self._repeated[0]!r}"), end
        return value if isinstance(value, dict) else Fault(f"not a JSON object but {_called(value)}"), end


def _called(value: Any) -> str:
    return {str: "a text", list: "a list", bool: "true or false", int: "a number", float: "a number"}.get(
        type(value), "null"
    )


def lines(stream: BinaryIO) -> Iterator[Found]:
    """Yield the object of every line that is not blank, or its fault; a comma behind an object is passed over."""
    decoder, line = _Decoder(), 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        line += 1
        whole = len(raw) <= MAX_LINE_BYTES
        while not whole and not raw.endswith(b"\n") and (raw := stream.readline(MAX_LINE_BYTES)):
            pass  # the rest of a line that is too long
        if not whole:
            yield line, Fault(f"a line over {MAX_LINE_BYTES // 2**20} MiB")
        elif raw.strip():
            yield line, _line(decoder, raw)


def _line(decoder: _Decoder, raw: bytes) -> dict[str, Any] | Fault:
    try:
        text = raw.decode("utf-8-sig").strip()
        value, end = decoder.at(text, 0)
        if text[end:].strip() not in ("", ","):
            return Fault(f"not JSON: more behind the value at character {end + 1}")
        return value
    except UnicodeDecodeError as error:
        return Fault(f"not UTF-8: byte 0x{error.object[error.start]:02x} at position {error.start}")
    except (ValueError, RecursionError) as error:  # bad JSON, or nested without end
        return Fault(f"not JSON: {error}")


class _Reader:
    """The text of a stream, kept from where reading stands."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._decode = stream, codecs.getincrementaldecoder("utf-8")()
        self.text, self.at = "", 0

    def more(self) -> bool:
        """Read on, as much again as is kept; say whether there was more, without which nothing has moved."""
        chunk = self._stream.read(max(_CHUNK, len(self.text) - self.at))
        text = self._decode.decode(chunk, final=not chunk)
        if chunk:
            self.text, self.at = self.text[self.at :] + text, 0
        return bool(chunk)

    def sign(self, passed: str) -> str:
        """Return the next sign that is neither blank nor among those to be passed over, "" at the end."""
        while True:
            while self.at < len(self.text):
                if not self.text[self.at].isspace() and self.text[self.at] not in passed:
                    return self.text[self.at]
                self.at += 1
            if not self.more():
                return ""


def values(stream: BinaryIO) -> Iterator[Found]:
    """Yield the objects of a JSON list, or of values one after another, by their number from 1, or their fault.

    Raises:
        Unreadable: where the text is no JSON: what follows cannot be read either.
    """
    reader, decoder, number = _Reader(stream), _Decoder(), 0
    listed = reader.sign("") == "["
    reader.at += listed
    while (sign := reader.sign(",")) not in ("", "]" if listed else ""):
        number += 1
        yield number, _value(reader, decoder, number)
    if listed and sign != "]":
        raise Unreadable(f"the JSON list is never closed behind its item {number}: the file is cut short")
    reader.at += listed
    if listed and reader.sign(""):
        raise Unreadable(f"there is more text behind the JSON list of {number} items: give a list, or JSONL")


def _value(reader: _Reader, decoder: _Decoder, number: int) -> dict[str, Any] | Fault:
    while True:
        try:
            value, end = decoder.at(reader.text, reader.at)
            if end < len(reader.text) or not reader.more():
                reader.at = end
                return value
        except (ValueError, RecursionError) as error:
            kept = len(reader.text) - reader.at
            if not _may_go_on(error, len(reader.text)) or kept > MAX_LINE_BYTES or not reader.more():
                raise Unreadable(f"item {number} is no JSON, and nothing behind it can be read: {error}") from error


def _may_go_on(error: Exception, end: int) -> bool:
    """Say whether what ends there may be a value that is only not read whole."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated") or error.pos > end - _NEAR
