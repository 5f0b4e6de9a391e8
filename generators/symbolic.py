"""Equality of mathematical trees: exact rationals, else 100-digit values at chosen points. Not their reading (latex).

Law: bounded by construction (every integer, exponent and factorial has a limit, checked before it is computed);
never simplifies, so no input can make it search; two expressions are equal iff they agree wherever both are real.
"""

import math
from fractions import Fraction
from functools import cache
from typing import Any

from generators.extract import Malformed
from generators.latex import Node
from pipeline.seeds import derive

MAX_BITS = 20_000
"""Bits of numerator and denominator of an exact value, and of the magnitude of an approximate one."""
MAX_FACTORIAL = 1000
_DIGITS = 110
_TOLERANCE = 90
_POINTS = 6
_NEEDED = 3
_MORE = 40
"""Further and wider points for expressions with steps or corners, which agree on whole stretches."""


class _Undefined(Exception):
    """The expression has no finite value here."""


def exact(node: Node) -> Fraction | None:
    """Return the exact rational value of a tree, or None where it has none that is this easy to see.

    Raises:
        Malformed: beyond MAX_BITS or MAX_FACTORIAL.
    """
    if isinstance(node.leaf, Fraction):
        return node.leaf
    if not node.args or node.op in ("seq", "rel", "union", "matrix", "pm"):
        return None
    values = [exact(argument) for argument in node.args]
    if any(value is None for value in values):
        return None
    return _exact(node.op, [value for value in values if value is not None])


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
    if op in ("gcd", "lcm") and all(value.denominator == 1 for value in values):
        return _bounded(Fraction((math.gcd if op == "gcd" else math.lcm)(*(value.numerator for value in values))))
    if op in ("max", "min"):
        return max(values) if op == "max" else min(values)
    if op == "mod" and last != 0:
        return first % last
    if op in ("sqrt", "root") and first >= 0:
        return _root(first, Fraction(2) if op == "sqrt" else last)
    return None


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


def symbols(node: Node) -> frozenset[str]:
    """Return the names a tree leaves free."""
    own = {str(node.leaf)} if node.op == "sym" else set()
    return frozenset(own.union(*(symbols(argument) for argument in node.args)))


def _points(left: Node, right: Node) -> int:
    return _POINTS + _MORE * (_has_steps(left) or _has_steps(right))


def _has_steps(node: Node) -> bool:
    return node.op in ("floor", "ceil", "mod", "max", "min", "abs") or any(map(_has_steps, node.args))


class _Values:
    """Values of trees at one point; remembers the largest summand, below which a sum's noise lies."""

    def __init__(self, mp: Any, point: dict[str, Any]) -> None:
        self.mp, self.point, self.scale = mp, point, mp.mpf(0)

    def of(self, node: Node) -> Any:
        """Return the value of a tree.

        Raises:
            _Undefined: where it has none. Malformed: beyond a limit.
        """
        if isinstance(node.leaf, Fraction):
            return self.mp.mpf(node.leaf.numerator) / node.leaf.denominator
        if node.op == "sym":
            return self.point[str(node.leaf)]
        if node.op == "const":
            if node.leaf not in ("pi", "e", "i"):
                raise _Undefined
            return {"pi": +self.mp.pi, "e": +self.mp.e, "i": self.mp.mpc(0, 1)}[str(node.leaf)]
        values = [self.of(argument) for argument in node.args]
        value = self.combine(node, values)
        if not self.mp.isfinite(value):
            raise _Undefined
        if value and abs(self.mp.mag(value)) > MAX_BITS:
            raise Malformed(f"value beyond 2^{MAX_BITS}")
        return value

    def combine(self, node: Node, values: list[Any]) -> Any:
        """Apply a tree's operation to the values of its arguments."""
        op, mp, first, last = node.op, self.mp, values[0], values[-1]
        if op == "+":
            self.scale = max(self.scale, abs(first), abs(last))
            return first + last
        if op == "*":
            return first * last
        if op == "neg":
            return -first
        if op == "/":
            if last == 0:
                raise _Undefined
            return first / last
        if op == "^":
            exponent = exact(node.args[1])
            if exponent is not None and exponent.denominator % 2 and exponent.denominator > 1:
                return self.raised(self.nth_root(first, mp.mpf(exponent.denominator)), mp.mpf(exponent.numerator))
            return self.raised(first, last)
        if op in ("sqrt", "root"):
            return mp.sqrt(first) if op == "sqrt" else self.nth_root(first, last)
        if op in ("log", "ln", "exp"):
            return self.logarithmic(op, values)
        if op in _TRIGONOMETRIC:
            return self.trigonometric(op, first)
        if op == "abs":
            return abs(first)
        if op in ("floor", "ceil", "max", "min") and not any(_complex(mp, value) for value in values):
            return self.ordered(op, [mp.re(value) for value in values])
        rational = exact(node)
        if rational is None:
            raise Malformed(f"cannot evaluate {op}")
        return mp.mpf(rational.numerator) / rational.denominator

    def ordered(self, op: str, values: list[Any]) -> Any:
        """Return a floor, ceiling, maximum or minimum of real values; noise round an integer is not a step."""
        if op in ("max", "min"):
            return (max if op == "max" else min)(values)
        nearest = self.mp.nint(values[0])
        if abs(nearest - values[0]) < self.mp.mpf(10) ** -_TOLERANCE * max(1, self.scale):
            return nearest
        return self.mp.floor(values[0]) if op == "floor" else self.mp.ceil(values[0])

    def raised(self, base: Any, exponent: Any) -> Any:
        """Return a power whose magnitude is known to be in bounds before it is computed."""
        if base == 0:
            if self.mp.re(exponent) <= 0:
                raise _Undefined
            return self.mp.mpf(0)
        if abs(exponent) > MAX_BITS or abs(exponent * self.mp.log(base)) > MAX_BITS:
            raise Malformed(f"power beyond 2^{MAX_BITS}")
        return self.mp.power(base, exponent)

    def nth_root(self, value: Any, degree: Any) -> Any:
        """Return the real root of odd degree of a negative number, else the principal root."""
        if degree == 0:
            raise _Undefined
        if not _complex(self.mp, value) and self.mp.re(value) < 0 and self.mp.isint(degree) and int(degree) % 2:
            return -self.raised(-value, 1 / degree)
        return self.raised(value, 1 / degree)

    def logarithmic(self, op: str, values: list[Any]) -> Any:
        """Return an exponential or a logarithm; log without a base is natural, as ln."""
        if op == "exp":
            return self.raised(+self.mp.e, values[0])
        if 0 in values or values[1:] == [1]:
            raise _Undefined
        value = self.mp.log(values[0])
        return value / self.mp.log(values[1]) if len(values) == 2 else value

    def trigonometric(self, op: str, value: Any) -> Any:
        """Return a trigonometric or hyperbolic value of a bounded argument."""
        if abs(value) > 10**6:
            raise Malformed("angle beyond 10^6")
        try:
            return getattr(self.mp, _TRIGONOMETRIC[op])(value)
        except ZeroDivisionError:
            raise _Undefined from None


_TRIGONOMETRIC = {
    "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
}  # fmt: skip


def _complex(mp: Any, value: Any) -> bool:
    return bool(abs(mp.im(value)) > mp.mpf(10) ** -_TOLERANCE * max(1, abs(value)))


def same(left: Node, right: Node) -> bool:
    """Say whether two expressions are equal.

    Raises:
        Malformed: when one of them is beyond a limit or cannot be evaluated.
    """
    if left == right:
        return True
    rationals = exact(left), exact(right)
    if None not in rationals:
        return rationals[0] == rationals[1]
    return _agree(left, right, sorted(symbols(left) | symbols(right))) if _rank(left) == _rank(right) else False


def proportional(left: Node, right: Node, *, positive: bool = False) -> bool:
    """Say whether two expressions differ only by a constant non-zero (or positive) factor.

    Raises:
        Malformed: when one of them is beyond a limit or cannot be evaluated.
    """
    free = sorted(symbols(left) | symbols(right))
    pairs = [pair for pair in (_at(left, right, free, k) for k in range(_points(left, right))) if pair is not None]
    mp, usable = _mp(), [(a, b) for a, b, _ in pairs if a != 0 and b != 0]
    if len(usable) < (_NEEDED if free else 1) or len(usable) < len(pairs):
        return False
    ratio = usable[0][0] / usable[0][1]
    if _complex(mp, ratio) or (positive and mp.re(ratio) <= 0):
        return False
    return all(abs(a - ratio * b) <= mp.mpf(10) ** -_TOLERANCE * abs(a) for a, b in usable)


def approximates(literal: Node, node: Node) -> bool:
    """Say whether a decimal literal is a value rounded to the literal's own digits, at least four.

    A value that is itself a short decimal has no other rounding: there only the exact value will do.
    """
    value = literal.args[0] if literal.op == "neg" else literal
    sign = -1 if literal.op == "neg" else 1
    if value.op != "decimal" or value.digits < 4 or symbols(node):
        return False
    assert isinstance(value.leaf, Fraction)
    known = exact(node)
    if known is not None and _terminates(known):
        return False
    found = _at(node, node, [], 0)
    if found is None or _complex(_mp(), found[0]):
        return False
    wanted, mp = sign * value.leaf, _mp()
    place = mp.mpf(10) ** (
        mp.floor(mp.log10(abs(mp.mpf(value.leaf.numerator) / value.leaf.denominator))) - value.digits + 1
    )
    return bool(abs(mp.re(found[0]) - mp.mpf(wanted.numerator) / wanted.denominator) <= place * mp.mpf("0.5000001"))


def _terminates(value: Fraction) -> bool:
    bottom = value.denominator
    for prime in (2, 5):
        while bottom % prime == 0:
            bottom //= prime
    return bottom == 1


def _rank(node: Node) -> str:
    return node.op if node.op in ("seq", "rel", "union", "matrix") else ""


@cache
def _mp() -> Any:
    """Return the arithmetic all values are computed in."""
    import mpmath

    context = mpmath.mp.clone()
    context.dps = _DIGITS
    return context


def _at(left: Node, right: Node, free: list[str], k: int) -> tuple[Any, Any, Any] | None:
    """Return both values and the noise scale at point k, or None where neither is defined or real."""
    mp = _mp()
    signs = [1 if k < _NEEDED else (-1) ** (derive("sign", name, k) % 2) for name in free]
    width = 2 if k < _POINTS else 60
    point = {
        name: sign * (mp.mpf(derive("probe", name, k) % 10**12) / 10**12 * width + mp.mpf("0.25"))
        for name, sign in zip(free, signs, strict=True)
    }
    values = _Values(mp, point)
    found: list[Any] = []
    for node in (left, right):
        try:
            found.append(values.of(node))
        except _Undefined:
            found.append(None)
    if found == [None, None]:
        return None
    if None in found:
        return mp.mpf(0), mp.mpf(1), mp.mpf(0)
    if free and "i" not in free and k >= _NEEDED and _complex(mp, found[0]) and _complex(mp, found[1]):
        return None
    return found[0], found[1], values.scale


def _agree(left: Node, right: Node, free: list[str]) -> bool:
    agreed = 0
    for k in range(_points(left, right) if free else 1):
        found = _at(left, right, free, k)
        if found is None:
            continue
        a, b, scale = found
        if abs(a - b) > max(abs(a), abs(b), scale) * _mp().mpf(10) ** -_TOLERANCE:
            return False
        agreed += 1
    return agreed >= (_NEEDED if free else 1)
