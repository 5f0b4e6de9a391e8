"""Canonical JSON and content hashes, and JSON read whatever the length of its numbers. Not a serialiser for storage.

Law: a value that would not be written identically in every process and on every machine is refused,
never softened into `str(value)`.
"""

import hashlib
import json
import math
from typing import Any

from pydantic import BaseModel


def canonical(value: Any) -> str:
    """Write a value as canonical JSON: sorted keys, no spaces, tuples as lists.

    Raises:
        TypeError: for anything but None, bool, int, str, finite float, list, tuple, str-keyed dict or a
            pydantic model (dumped in JSON mode).
        ValueError: for NaN and infinities.
    """
    return json.dumps(_plain(value, "$"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


MAX_DIGITS = 4300
"""Digits of the longest integer that Python writes and reads as text unless it is told otherwise."""


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text; an integer of over MAX_DIGITS digits becomes {"$int": digits}.

    Raises:
        ValueError: for text that is no JSON. RecursionError: for one nested without end.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python refuses the length of an integer
        return json.loads(text, parse_int=json_integer)


def json_integer(digits: str) -> Any:
    """Return the integer of a JSON text, {"$int": digits} for one of over MAX_DIGITS digits."""
    return int(digits) if len(digits.lstrip("-")) <= MAX_DIGITS else {"$int": digits}


def content_hash(value: Any) -> str:
    """Return the 128-bit BLAKE2b hash of a value's canonical JSON, as 32 hex digits."""
    return bytes_hash(canonical(value).encode())


def bytes_hash(data: bytes | memoryview) -> str:
    """Return the 128-bit BLAKE2b hash of bytes, as 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _plain(value: Any, path: str) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        if not math.isfinite(value):
            raise ValueError(f"cannot fingerprint {value} at {path}: only finite numbers repeat")
        return value
    if kind in (list, tuple):
        return [_plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise TypeError(f"cannot fingerprint key {key!r} at {path}: keys must be str")
        return {key: _plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"), path)
    raise TypeError(f"cannot fingerprint {kind.__name__} at {path}: convert it to plain JSON first")
