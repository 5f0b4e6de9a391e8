"""Equality of mathematical trees by value: exact rationals, else many digits at chosen points. Not their structure.

Law: bounded by construction (exact and numeric have limits, an expression too large to compare is refused before it
is evaluated); never simplifies; two expressions are equal iff they agree wherever both are real.
"""

from collections import deque
from fractions import Fraction
from typing import Any

from generators.answers.language.exact import MAX_BITS, MAX_FACTORIAL, exact, magnitude
from generators.answers.language.known_forms import called, functions
from generators.answers.language.nodes import Node, number, symbols, variables, walk
from generators.answers.maths.counting import agree_at_whole, agree_carried
from generators.answers.maths.numeric import DIGITS, Undefined, Values, arithmetic, is_complex, tolerance, weight
from generators.malformed import Malformed
from pipeline.seeds import derive

__all__ = [
    "MAX_BITS",
    "MAX_FACTORIAL",
    "approximates",
    "exact",
    "is_constant",
    "proportional",
    "refuse_costly",
    "refuse_large",
    "same",
    "sample",
    "stated",
    "symbols",
    "value",
]

MAX_WEIGHT = 4000
"""Node evaluations, weighted by their cost, that one comparison may take."""
DOUBLE_DIGITS = 16
_TEN = number(10)
_POINTS = 6
_NEEDED = 3
_MORE = 40
"""Further and wider points for expressions with steps or corners, which agree on whole stretches."""
_NO_VALUES = frozenset(
    ("seq", "rel", "union", "cap", "minus", "builder", "matrix", "based", "class", "forall", "exists")
)
_STEPS = frozenset(("floor", "ceil", "mod", "max", "min", "abs"))
_RATIONAL = frozenset(("num", "decimal", "sym", "+", "*", "/", "neg"))
_EXACT_POINTS = 3
_NEAR = 1000
"""Number of the first point between 0.05 and 0.95, where some logarithms and roots are real that are not elsewhere."""
_LARGE = 10**20
"""A summand beside which the digits of the usual arithmetic may not show all others."""
_MOST_DIGITS = 1000


def same(left: Node, right: Node) -> bool:
    """Say whether two expressions are equal; log without a base is of base e, or of base 10 on both sides.

    Raises:
        Malformed: when one of them is beyond a limit or cannot be evaluated.
    """
    if left == right:
        return True
    values = exact(left), exact(right)
    if None not in values:
        return values[0] == values[1]
    if _rank(left) != _rank(right):
        return False
    if not _same_values(left, right):
        return False
    names = functions(left) & functions(right)
    return not names or _same_values(called(left, names), called(right, names))


def _same_values(left: Node, right: Node) -> bool:
    """Compare expressions that are no structure, by what is cheapest and decides."""
    free = sorted(variables(left) | variables(right))
    if free and _is_rational(left) and _is_rational(right):
        return _agree_exactly(left, right, free)
    if free and (counted := agree_at_whole(left, right, free)) is not None:
        return counted
    if _agree(left, right, free) or (free and agree_carried(left, right)):
        return True
    return (_has_bare_log(left) or _has_bare_log(right)) and _agree(_decimal_logs(left), _decimal_logs(right), free)


def proportional(left: Node, right: Node, *, positive: bool = False) -> bool:
    """Say whether two expressions with free names differ only by a constant non-zero (or positive) factor.

    Raises:
        Malformed: when one of them is beyond a limit or cannot be evaluated.
    """
    names = functions(left) & functions(right)
    if names:
        left, right = called(left, names), called(right, names)
    free = sorted(variables(left) | variables(right))
    if not free:
        return False
    usable: list[tuple[Any, Any]] = []
    for k in range(_points(left, right)):
        found = _at(left, right, free, k)
        if found is None:
            continue
        a, b, _ = found
        if a == 0 or b == 0:
            return False
        usable.append((a, b))
        first_a, first_b = usable[0]
        if abs(a * first_b - first_a * b) > tolerance() * abs(a * first_b):
            return False
        if len(usable) == 1 and (is_complex(a / b) or (positive and arithmetic().re(a / b) <= 0)):
            return False
    return len(usable) >= _NEEDED


def is_constant(node: Node, name: str) -> bool:
    """Say whether an expression has one value whatever that of one of its names.

    Raises:
        Malformed: when it is beyond a limit or cannot be evaluated.
    """
    free, first, agreed = sorted(variables(node)), None, 0
    fixed = {other: _coordinate(other, 0, arithmetic()) for other in free}
    for k in range(_points(node, node)):
        values = Values({**fixed, name: _coordinate(name, k, arithmetic())})
        try:
            found = values.of(node)
        except Undefined:
            continue
        first = found if first is None else first
        if abs(found - first) > max(abs(first), values.scale) * tolerance():
            return False
        agreed += 1
    return agreed >= _NEEDED


def value(node: Node) -> Fraction | None:
    """Return the exact rational value of a constant tree, else its real value to about 70 digits; None without one.

    Raises:
        Malformed: when it is beyond a limit.
    """
    known = exact(node)
    if known is not None or _rank(node) or symbols(node) or any(part.op == "opaque" for part in walk(node)):
        return known
    refuse_costly(weight(node))
    try:
        found = Values({}).of(node)
    except Undefined:
        return None
    if is_complex(found):
        return None
    return Fraction(str(arithmetic().nstr(arithmetic().re(found), DIGITS)))


def approximates(literal: Node, node: Node) -> bool:
    """Say whether a decimal literal is a value rounded to the literal's own digits, at least four.

    A value that is itself a short decimal has no other rounding: there only the exact value will do. A literal of 16
    digits or more is what a double prints: its last digits are noise. So is one times a power of ten read.
    """
    shown = _decimal(literal)
    if shown is None or shown[1] < 4 or symbols(node):
        return False
    wanted, digits, place = shown
    known = exact(node)
    if known is not None and _terminates(known):
        return False
    true = value(node)
    if true is None or not wanted:
        return False
    double = abs(true) / 2**52 if digits >= DOUBLE_DIGITS else Fraction(0)
    return abs(true - wanted) <= max(place * Fraction(5_000_001, 10_000_000), double)


def stated(literal: Node) -> tuple[Fraction, Fraction] | None:
    """Return the value of a decimal literal of two digits or more, and the size of its last place; None for others."""
    shown = _decimal(literal)
    return None if shown is None or shown[1] < 2 else (shown[0], shown[2])


def _decimal(literal: Node) -> tuple[Fraction, int, Fraction] | None:
    """Return the value, the digits and the last place of a decimal, with its sign and its power of ten; else None."""
    if literal.op == "neg":
        found = _decimal(literal.args[0])
        return None if found is None else (-found[0], *found[1:])
    if literal.op == "*" and len(literal.args) == 2 and literal.args[1].op == "^":
        found, (base, exponent) = _decimal(literal.args[0]), literal.args[1].args
        power = exact(exponent) if base == _TEN else None
        if found is None or power is None or power.denominator > 1 or abs(power) > MAX_BITS // 4:
            return None
        scale = _TEN.leaf**power.numerator  # type: ignore[operator,union-attr]
        return found[0] * scale, found[1], found[2] * scale
    if literal.op != "decimal":
        return None
    assert isinstance(literal.leaf, Fraction)
    place = Fraction(10) ** (magnitude(literal.leaf) - literal.digits + 1)
    return literal.leaf, literal.digits, place


def _terminates(found: Fraction) -> bool:
    bottom = found.denominator
    for prime in (2, 5):
        while bottom % prime == 0:
            bottom //= prime
    return bottom == 1


def _rank(node: Node) -> str:
    return node.op if node.op in _NO_VALUES else ""


def _is_rational(node: Node) -> bool:
    """Say whether a tree is a quotient of polynomials with exact coefficients."""
    if node.op == "^" and not symbols(node):
        return exact(node) is not None
    if node.op == "^":
        exponent = node.args[1]
        bare = exponent.args[0] if exponent.op == "neg" else exponent
        return bare.op == "num" and bare.leaf.denominator == 1 and bare.leaf <= 500 and _is_rational(node.args[0])  # type: ignore[union-attr,operator]
    return node.op in _RATIONAL and all(map(_is_rational, node.args))


def _agree_exactly(left: Node, right: Node, free: list[str]) -> bool:
    """Compare quotients of polynomials at integers of six digits: equal at three of them, they are equal."""
    agreed = 0
    for k in range(2 * _EXACT_POINTS):
        point = {name: Fraction(derive("integer", name, k) % 10**6 + 1000) for name in free}
        a, b = exact(left, point), exact(right, point)
        if a != b:
            return False
        agreed += a is not None
        if agreed == _EXACT_POINTS:
            return True
    return False


def sample(node: Node) -> Any:
    """Return the value of an expression at one point, by which candidates may be ordered; None without one.

    Raises:
        Malformed: when it is beyond a limit.
    """
    free = sorted(variables(node))
    refuse_costly(weight(node))
    found = _at(node, node, free, 0)
    return None if found is None else found[0]


def _has_bare_log(node: Node) -> bool:
    return any(part.op == "log" and len(part.args) == 1 for part in walk(node))


def _decimal_logs(node: Node) -> Node:
    args = tuple(map(_decimal_logs, node.args))
    if node.op == "log" and len(args) == 1:
        args = (*args, number(10))
    return Node(node.op, args, node.leaf, node.digits)


def _points(left: Node, right: Node) -> int:
    has_steps = any(part.op in _STEPS for tree in (left, right) for part in walk(tree))
    cost = weight(left) + weight(right)
    refuse_costly(cost * _NEEDED)
    return min(_POINTS + _MORE * has_steps, MAX_WEIGHT // cost)


def refuse_large(*trees: Node) -> None:
    """Refuse trees that together would cost too much to compare, before anything of them is evaluated.

    Raises:
        Malformed: beyond MAX_WEIGHT.
    """
    refuse_costly(sum(weight(tree, counting=True) for tree in trees) * _NEEDED)


def refuse_costly(cost: int) -> None:
    """Refuse a comparison of so many weighted evaluations.

    Raises:
        Malformed: beyond MAX_WEIGHT.
    """
    if cost > MAX_WEIGHT:
        raise Malformed("expression too large to compare")


def _at(left: Node, right: Node, free: list[str], k: int, digits: int = DIGITS) -> tuple[Any, Any, Any] | None:
    """Return both values and the noise scale at point k, or None where neither is defined or real."""
    mp = arithmetic(digits)
    values = Values({name: _coordinate(name, k, mp) for name in free}, digits)
    found: list[Any] = []
    for node in (left, right):
        try:
            found.append(values.of(node))
        except Undefined:
            found.append(None)
    if found == [None, None]:
        return None
    if None in found:
        return mp.mpf(0), mp.mpf(1), mp.mpf(0)
    if free and "i" not in free and k >= _NEEDED and is_complex(found[0]) and is_complex(found[1]):
        return None
    return found[0], found[1], values.scale


def _coordinate(name: str, k: int, mp: Any) -> Any:
    """Return the value of a name at point k: at first positive, then of either sign; half of the further are whole.

    The further points let steps and corners show: every whole number from -10 to 9, and points near and far.
    """
    sign = 1 if k < _NEEDED else (-1) ** (derive("sign", name, k) % 2)
    if k >= _NEAR:
        return mp.mpf(derive("probe", name, k) % 10**12) / 10**12 * mp.mpf("0.9") + mp.mpf("0.05")
    if k >= _POINTS and k % 2:
        return mp.mpf((derive("probe", name) + k // 2) % (_MORE // 2) - _MORE // 4)
    width = 2 if k < _POINTS or k % 4 else 60
    return sign * (mp.mpf(derive("probe", name, k) % 10**12) / 10**12 * width + mp.mpf("0.25"))


def _agree_closely(left: Node, right: Node, free: list[str], k: int) -> bool:
    """Compare at one point with digits enough for what stands beside a large summand."""
    scale = found[2] if (found := _at(left, right, free, k)) is not None else 0
    digits = DIGITS + (int(arithmetic().log10(scale)) // 100 + 1) * 100
    if digits > _MOST_DIGITS:
        raise Malformed("numbers of too different sizes")
    found = _at(left, right, free, k, digits)
    return found is not None and abs(found[0] - found[1]) < tolerance()


def _leaves_reals(left: Node, right: Node, free: list[str], k: int) -> bool:
    """Say whether one of two real expressions has no value in the reals at a point, as ln x + ln y where both are < 0.

    One with bars says what holds there, and is compared there.
    """
    if any(part.op == "abs" or part.leaf == "i" for tree in (left, right) for part in walk(tree)):
        return False
    values = Values({name: _coordinate(name, k, arithmetic()) for name in free}, real=True)
    try:
        values.of(left), values.of(right)
    except Undefined:
        return True
    return False


def _agree(left: Node, right: Node, free: list[str]) -> bool:
    """Compare at points; two complex values that differ leave it to points near nought, which are real or none are."""
    agreed = 0
    if not free:
        refuse_costly(weight(left) + weight(right))
    points = deque(range(_points(left, right) if free else 1))
    while points:
        k = points.popleft()
        found = _at(left, right, free, k)
        if found is None:
            continue
        a, b, scale = found
        if abs(a - b) > max(abs(a), abs(b), scale) * tolerance():
            if _NEEDED <= k < _NEAR and agreed >= _NEEDED and _leaves_reals(left, right, free, k):
                continue
            if not free or "i" in free or not (is_complex(a) and is_complex(b)):
                return False
            if k < _NEAR:
                points, agreed = deque(range(_NEAR, _NEAR + 2 * _POINTS)), 0
        elif scale > _LARGE and not _agree_closely(left, right, free, k):
            return False
        else:
            agreed += 1
        if k >= _NEAR and agreed == _NEEDED:
            break
    return agreed >= (_NEEDED if free else 1)
