"""Exact rational values of trees. Not their equality (symbolic), not irrational values (numeric).

Law: bounded by construction: every integer, exponent and factorial has a limit, checked before it is computed.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from generators.answers.language.nodes import Node, walk
from generators.malformed import Malformed

MAX_BITS = 20_000
"""Bits of numerator and denominator of an exact value, and of the magnitude of an approximate one."""
MAX_FACTORIAL = 1000
MAX_CARRIED = 4000
"""Parts of a sum, product or integral that is carried out, each as often as it is evaluated."""
MAX_CARRIED_BITS = 4000
MAX_DEGREE = 30
"""Degree of a polynomial that is integrated."""
SOME_TERMS = 40
"""Terms that a sum may have whose bounds are names; these are then given small whole numbers."""


def exact(node: Node, point: Mapping[str, Fraction] | None = None) -> Fraction | None:
    """Return the exact rational value of a tree (at a point), or None where it has none that is this easy to see.

    Raises:
        Malformed: beyond MAX_BITS or MAX_FACTORIAL.
    """
    leaf = node.leaf
    if isinstance(leaf, Fraction):
        return leaf
    if not node.args:
        if point is None or node.op not in ("sym", "bound"):
            return None
        return point.get(str(leaf) if node.op == "sym" else f"<{leaf}>")
    if node.op in _NO_VALUE:
        return _carried(node, point or {}) if node.op in _CARRIED else None
    values = []
    for argument in node.args:
        value = exact(argument, point)
        if value is None:
            return None
        values.append(value)
    return _exact(node.op, values)


_NO_VALUE = frozenset(
    (
        "seq", "rel", "union", "cap", "minus", "builder", "matrix", "pm", "opaque", "based", "class", "cis", "forall",
        "exists", "conj", "sum", "prod", "int",
    )
)  # fmt: skip
_CARRIED = frozenset(("sum", "prod", "int"))
_PLAIN = frozenset((*"abcjklmnpqrstxyzN", "alpha", "beta", "gamma", "theta", "lambda", "omega"))
"""Names of numbers, by custom."""


def _carried(node: Node, point: Mapping[str, Fraction]) -> Fraction | None:
    """Return the value of a sum or product over few whole numbers, or of an integral of a polynomial; else None."""
    body, first, last = exact_range(node, point)
    if first is None or last is None or not is_plain(body) or size(node) > MAX_CARRIED:
        return None
    if node.op == "int":
        return _integral(body, f"<{node.leaf}>", first, last, point)
    if first.denominator > 1 or last.denominator > 1 or not 0 <= last - first + 1 <= most_terms(node):
        return None
    total, inner = Fraction(int(node.op == "prod")), dict(point)
    for step in range(first.numerator, last.numerator + 1):
        inner[f"<{node.leaf}>"] = Fraction(step)
        value = exact(body, inner)
        if value is None:
            return None
        total = total + value if node.op == "sum" else total * value
        if max(total.numerator.bit_length(), total.denominator.bit_length()) > MAX_CARRIED_BITS:
            raise Malformed(f"sum over {MAX_CARRIED_BITS} bits")
    return total


def is_plain(body: Node) -> bool:
    """Say whether no name in a tree may be a function of the bound variable: a_k, and the f of f(x), may."""
    return all(
        str(part.leaf) in _PLAIN if part.op == "sym" else part.op != "opaque" or part.leaf in ("lim", "d")
        for part in walk(body)
    )


def exact_range(node: Node, point: Mapping[str, Fraction] | None) -> tuple[Node, Fraction | None, Fraction | None]:
    """Return what an operator is over, and the exact values of its first and last."""
    body, first, last = node.args
    return body, exact(first, point), exact(last, point)


def most_terms(node: Node) -> int:
    """Return how many terms a sum or product may have: those it says, SOME_TERMS where its bounds have no value."""
    _, first, last = exact_range(node, None)
    return SOME_TERMS if first is None or last is None else max(0, int(last - first) + 1)


def size(node: Node) -> int:
    """Return the parts that the exact value of a tree takes, those of a sum as often as it has terms."""
    own = sum(map(size, node.args)) + 1
    return own * (most_terms(node) if node.op in ("sum", "prod") else 1)


def _integral(body: Node, name: str, first: Fraction, last: Fraction, point: Mapping[str, Fraction]) -> Fraction | None:
    coefficients = _polynomial(body, name, point)
    if coefficients is None:
        return None
    total = Fraction(0)
    for power, coefficient in enumerate(coefficients, 1):
        total += coefficient / power * (_bounded_power(last, power) - _bounded_power(first, power))
    return _bounded(total)


def _bounded_power(base: Fraction, exponent: int) -> Fraction:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length()) * exponent
    if bits > MAX_CARRIED_BITS:
        raise Malformed(f"integral over {MAX_CARRIED_BITS} bits")
    return base**exponent


def _polynomial(node: Node, name: str, point: Mapping[str, Fraction]) -> list[Fraction] | None:
    """Return the coefficients of a polynomial of at most MAX_DEGREE in a bound variable; None for any other tree."""
    if node.op == "bound" and f"<{node.leaf}>" == name:
        return [Fraction(0), Fraction(1)]
    if not any(part.op == "bound" and f"<{part.leaf}>" == name for part in walk(node)):
        value = exact(node, point)
        return None if value is None else [value]
    if node.op not in ("+", "*", "neg", "/", "^"):
        return None
    left = _polynomial(node.args[0], name, point)
    if left is None or node.op == "neg":
        return left and [-c for c in left]
    if node.op == "^":
        power = exact(node.args[1], point)
        if power is None or power.denominator > 1 or not 0 <= power * (len(left) - 1) <= MAX_DEGREE:
            return None
        total = [Fraction(1)]
        for _ in range(power.numerator):
            total = _multiplied(total, left)
        return total
    right = _polynomial(node.args[1], name, point)
    if right is None:
        return None
    if node.op == "+":
        return [a + b for a, b in zip_longest(left, right, fillvalue=Fraction(0))]
    if node.op == "*":
        return _multiplied(left, right) if len(left) + len(right) <= MAX_DEGREE + 2 else None
    return [c / right[0] for c in left] if len(right) == 1 and right[0] else None


def _multiplied(left: list[Fraction], right: list[Fraction]) -> list[Fraction]:
    total = [Fraction(0)] * (len(left) + len(right) - 1)
    for k, a in enumerate(left):
        for j, b in enumerate(right):
            total[k + j] = _bounded(total[k + j] + a * b)
    return total


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
