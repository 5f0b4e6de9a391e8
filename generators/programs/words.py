"""Python values in JSON words, and back: how what a program gave leaves the sandbox, and what it is out here.

Not the comparing (cases, outside). Law: words say what a value holds by Python's own types, never by what an object
says of itself; and of any words, a program's forged ones too, a value is made that is no larger than they are.
"""

import inspect
import textwrap
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from pipeline.problem import Json

MOST_SIZE = 200_000
"""Longest sequence and, in bits, largest integer that is made."""
LARGEST_POWER = 400
"""Largest power of ten that a decimal may have."""
PLAIN = "_veriloop_plain"
"""Name of `plain` inside the sandbox, where a program has names of its own."""


def plain(value: Any, typed: bool = False) -> Any:
    """Return a Python value in JSON words: what JSON has no word for gets a name of its own.

    The same source runs inside the sandbox, on what an expression gave, and here, on the literal expected. What a value
    is its type says, not the value, and what it holds Python's own type says, whatever a subclass says of itself.
    `typed` tells types apart that are alike without: tuples from lists, and more. An iterator is read, within limits.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if issubclass(kind, float):
        number = float.__float__(value)
        return number if number - number == 0 else {"$float": float.__repr__(number)}
    if issubclass(kind, (list, tuple)):
        items = [plain(item, typed) for item in (list if issubclass(kind, list) else tuple).__iter__(value)]
        return {"$tuple": items} if typed and issubclass(kind, tuple) else items
    if issubclass(kind, (set, frozenset)):
        items = [plain(item, typed) for item in (set if issubclass(kind, set) else frozenset).__iter__(value)]
        return {"$frozenset" if typed and issubclass(kind, frozenset) else "$set": items}
    if issubclass(kind, dict):
        pairs = list(dict.items(value))
        if all(type(key) is str and key[:1] != "$" for key, _ in pairs):
            return {key: plain(item, typed) for key, item in pairs}
        return {"$map": [[plain(key, typed), plain(item, typed)] for key, item in pairs]}
    if issubclass(kind, int):
        return int.__int__(value)
    if issubclass(kind, complex):
        whole = complex.__complex__(value)
        return {"$complex": [plain(whole.real), plain(whole.imag)]}
    if issubclass(kind, (bytes, bytearray)):
        return {"$bytes": (bytes if issubclass(kind, bytes) else bytearray).hex(value)}
    if issubclass(kind, str):
        return str.__str__(value)
    if not typed:
        return {"$other": kind.__name__}
    if kind is range:
        return {"$range": [value.start, value.stop, value.step]}
    name = f"{kind.__module__}.{kind.__name__}"
    if name == "fractions.Fraction":
        return {"$fraction": [plain(value.numerator), plain(value.denominator)]}
    if name == "decimal.Decimal":
        return {"$decimal": str(value)}
    iterates = hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools")
    if name == "collections.deque" or iterates or name[:14] == "builtins.dict_":
        items = []
        for item in value:
            items.append(plain(item, typed))
            if len(items) > 10_000:
                break
        if name[:14] == "builtins.dict_":
            return {"$view": [name[14:], *items]}
        return {"$deque" if name == "collections.deque" else "$items": items}
    return {"$other": not (hasattr(kind, "__bool__") or hasattr(kind, "__len__"))}


@cache
def plain_source() -> str:
    """Return code that defines `plain` as PLAIN, with the builtins it needs even where a program has its own."""
    used = (
        "all, bool, bytearray, bytes, complex, dict, float, frozenset, hasattr, int, issubclass, len, list, range, "
        "set, str, tuple, type"
    )
    bare = inspect.getsource(plain).replace("(value: Any, typed: bool = False) -> Any:", "(value, typed=False):")
    source = textwrap.indent(bare, "    ")
    head = f"def {PLAIN}():\n    from builtins import {used}\n"
    return f"{head}{source}    return plain\n\n\n{PLAIN} = {PLAIN}()\n"


class Unknown(TypeError):
    """Raised where a text asks something of a value that only the program could answer."""


class Opaque:
    """A value of a type that is not Python's own: true where its type says nothing of that, and nothing else."""

    def __init__(self, *, true: bool) -> None:
        self._true = true

    def __bool__(self) -> bool:
        if not self._true:
            raise Unknown("its type decides whether it is true")
        return True

    def __eq__(self, other: object) -> bool:
        raise Unknown("its type decides what it equals")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None  # type: ignore[assignment]


def value_of(word: Json) -> Any:
    """Return the Python value that typed words of `plain` stand for.

    Raises:
        ValueError, TypeError: for words that `plain` never writes.
    """
    if isinstance(word, list):
        return [value_of(item) for item in word]
    if not isinstance(word, dict):
        return word
    name, inner = next(iter(word.items())) if len(word) == 1 else ("", [])
    if name == "$map":
        return {value_of(key): value_of(item) for key, item in inner}
    if name in _WORDS:
        return _WORDS[name](value_of(inner))
    if name[:1] == "$":
        raise ValueError(f"no word for {name}")
    return {key: value_of(item) for key, item in word.items()}


def _long(digits: str) -> int:
    raise Unknown(f"an integer of {len(digits)} digits")


_VIEWS: dict[str, Callable[[list[Any]], Any]] = {
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "items": lambda items: dict(items).items(),
}
_WORDS: dict[str, Callable[[Any], Any]] = {
    "$tuple": tuple, "$set": set, "$frozenset": frozenset, "$deque": deque, "$items": iter, "$float": float,
    "$view": lambda parts: _VIEWS[parts[0]](parts[1:]), "$complex": lambda parts: complex(*parts),
    "$bytes": bytes.fromhex, "$range": lambda parts: _range(*parts), "$fraction": lambda parts: _fraction(*parts),
    "$decimal": lambda text: _decimal(text), "$int": _long, "$other": lambda true: Opaque(true=true is True),
}  # fmt: skip


def _fraction(numerator: int, denominator: int) -> Fraction:
    if not isinstance(numerator, int) or not isinstance(denominator, int):  # a text would be read, exponents and all
        raise Unknown("a fraction of no integers")
    return Fraction(numerator, denominator)


def _range(*ends: int) -> range:
    check_size(len(range(*ends)))
    return range(*ends)


def _decimal(text: str) -> Decimal:
    found = Decimal(text)
    if found.is_finite() and abs(found.adjusted()) > LARGEST_POWER:
        raise Unknown(f"a decimal of such size: {text[:40]}")
    return found


def size_of(value: Any) -> int:
    """Return the length of a sequence, the bits of an integer, 1 of anything else."""
    if isinstance(value, int):
        return value.bit_length()
    return len(value) if isinstance(value, str | bytes | list | tuple | set | frozenset | dict | deque) else 1


def check_size(*sizes: int) -> None:
    """Refuse what is longer than MOST_SIZE.

    Raises:
        Unknown: for a size above it.
    """
    if any(size > MOST_SIZE for size in sizes):
        raise Unknown(f"over {MOST_SIZE} items or bits")
