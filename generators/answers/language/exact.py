"""Exact rational values of trees. Not their equality (symbolic), not irrational values (numeric).

Law: bounded by construction: every integer, exponent and factorial has a limit, checked before it is computed.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.answers.language.nodes import Node
from generators.malformed import Malformed

MAX_BITS = 20_000
"""Bits of numerator and denominator of an exact value, and of the magnitude of an approximate one."""
MAX_FACTORIAL = 1000


def exact(node: Node, point: Mapping[str, Fraction] | None = None) -> Fraction | None:
    """Return the exact rational value of a tree (at a point), or None where it has none that is this easy to see.

    Raises:
        Malformed: beyond MAX_BITS or MAX_FACTORIAL.
    """
    leaf = node.leaf
    if isinstance(leaf, Fraction):
        return leaf
    if not node.args:
        return point.get(str(leaf)) if point is not None and node.op == "sym" else None
    if node.op in _NO_VALUE:
        return None
    values = []
    for argument in node.args:
        value = exact(argument, point)
        if value is None:
            return None
        values.append(value)
    return _exact(node.op, values)


_NO_VALUE = frozenset(
    ("seq", "rel", "union", "cap", "minus", "builder", "matrix", "pm", "opaque", "based", "class", "cis")
)


def _exact(op: str, values: list[Fraction]) -> Fraction | None:
    first, last = values[0], values[-1]
    if op in _RATIONAL and len(values) == 2:
        return _bounded(_RATIONAL[op](first, last)) if not (op == "/" and last == 0) else None
    if op in _UNARY:
        return Fraction(_UNARY[op](first))
    if op == "^":
        return _power(first, last)
    if op == "!":
        return Fraction(math.factorial(_whole(first, MAX_FACTORIAL))) if _is_whole(first) else None
    if op == "binom" and all(map(_is_whole, values)):
        return Fraction(math.comb(_whole(first, 10 * MAX_FACTORIAL), _whole(last, 10 * MAX_FACTORIAL)))
    if op in ("gcd", "lcm"):
        return _bounded(_divisor(op, values))
    if op in ("max", "min"):
        return max(values) if op == "max" else min(values)
    if op == "mod" and last != 0:
        return first % last
    if op in ("sqrt", "root") and first >= 0:
        return _root(first, Fraction(2) if op == "sqrt" else last)
    return None


def _divisor(op: str, values: list[Fraction]) -> Fraction:
    """Return the greatest common divisor or least common multiple of rationals."""
    tops, bottoms = [value.numerator for value in values], [value.denominator for value in values]
    if op == "gcd":
        return Fraction(math.gcd(*tops), math.lcm(*bottoms))
    return Fraction(math.lcm(*tops), math.gcd(*bottoms))


_RATIONAL: dict[str, Any] = {
    "+": lambda a, b: a + b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
}  # fmt: skip
_UNARY: dict[str, Any] = {
    "neg": lambda a: -a,
    "abs": abs,
    "floor": lambda a: Fraction(math.floor(a)),
    "ceil": lambda a: Fraction(math.ceil(a)),
}


def _is_whole(value: Fraction) -> bool:
    return value.denominator == 1 and value >= 0


def _whole(value: Fraction, limit: int) -> int:
    if value > limit:
        raise Malformed(f"factorial over {limit}")
    return value.numerator


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise Malformed(f"number over {MAX_BITS} bits")
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        root = _root(base, Fraction(exponent.denominator)) if base >= 0 else None
        return None if root is None else _power(root, Fraction(exponent.numerator))
    if base in (0, 1, -1):
        if base == 0 and exponent <= 0:
            return None
        return base if exponent.numerator % 2 else abs(base)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent.numerator)
    if bits > 2 * MAX_BITS:
        raise Malformed(f"power over {MAX_BITS} bits")
    return base**exponent.numerator


def _root(value: Fraction, degree: Fraction) -> Fraction | None:
    """Return the exact root of a non-negative rational, or None where it is irrational."""
    if degree != 2 or value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(top, bottom) if (top * top, bottom * bottom) == (value.numerator, value.denominator) else None


def magnitude(number: Fraction) -> int:
    """Return the power of ten of a number's first digit; 0 for zero."""
    if number == 0:
        return 0
    top, bottom = abs(number.numerator), number.denominator
    guess = (top.bit_length() - bottom.bit_length()) * 30103 // 100000 - 1
    while Fraction(10) ** (guess + 1) <= abs(number):
        guess += 1
    return guess
