"""Equality at whole numbers: factorials, binomials, steps, and sums and integrals that are carried out.

Law: bounded by construction (exact and numeric have limits, what would cost too much is not carried out); equal means
equal wherever both have a value, at enough points.
"""

from collections.abc import Sequence
from fractions import Fraction

from generators.answers.language.exact import MAX_CARRIED, exact, size
from generators.answers.language.nodes import Node, symbols, walk
from generators.answers.maths.numeric import MAX_CARRIED_WEIGHT, Undefined, Values, arithmetic, weight
from generators.malformed import Malformed
from pipeline.seeds import derive

WHOLE = frozenset("nmNM")
"""Names of whole numbers, by custom."""
_COUNTED = frozenset(("!", "binom"))
_CARRIED = frozenset(("sum", "prod", "int"))
_STEPS = frozenset(("floor", "ceil"))
_POINTS = 12
"""Points that steps are compared at; others at half as many."""
_NEEDED = 3
_DIGITS = 40
_TOLERANCE = 20
"""Digits that two carried values must share: what quadrature gives of them."""


def agree_at_whole(left: Node, right: Node, free: Sequence[str]) -> bool | None:
    """Compare exactly at small integers; None where there is nothing to count, or too few have a value.

    There is where it has factorials, binomials, sums or products, an integral of a polynomial, or steps in names that
    are those of whole numbers by custom.
    """
    found = {part.op for tree in (left, right) for part in walk(tree)}
    steps = found & _STEPS and WHOLE.issuperset(free)
    if not steps and not found & (_COUNTED | _CARRIED):
        return None
    carried = bool(found & _CARRIED)
    if carried and size(left) + size(right) > MAX_CARRIED:
        return None
    names, agreed = [name for name in free if "<" not in name], 0
    for k in range(_POINTS if steps else _POINTS // 2):
        point = {name: Fraction(_whole(name, k, steps=bool(steps), few=carried)) for name in names}
        a, b = exact(left, point), exact(right, point)
        if (a is None or b is None) and not carried:
            return None
        if a is None or b is None:
            continue
        if a != b:
            return False
        agreed += 1
    return True if agreed >= _NEEDED else None


def _whole(name: str, k: int, *, steps: bool = False, few: bool = False) -> int:
    """Return the whole number of a name at point k: small, the smaller where sums are carried out; steps far ones."""
    width = 10**5 if steps and k % 2 else 4 if few else 20
    return derive("count", name, k) % width + (1 if few else 2) * k + 1


def agree_carried(left: Node, right: Node) -> bool:
    """Compare in many digits with sums and integrals carried out, and names of whole numbers being whole.

    Those are the names of the bounds of sums, and n and m in an exponent, a sine or a cosine.
    """
    parts = [part for tree in (left, right) for part in walk(tree)]
    over = [part for part in parts if part.op in ("sum", "prod")]
    whole = {name for part in over for end in part.args[1:] for name in symbols(end)}
    whole |= {name for part in parts if part.op in ("^", "sin", "cos") for name in symbols(part.args[-1]) & WHOLE}
    free = sorted(symbols(left) | symbols(right))
    if any("<" in name for name in free) or not (whole or any(map(_is_carried, parts))):
        return False
    points = (_NEEDED if any(map(_is_carried, parts)) else _POINTS // 2) if free else 1
    if sum(weight(tree, counting=True, carrying=True) for tree in (left, right)) > MAX_CARRIED_WEIGHT:
        return False
    mp, agreed = arithmetic(_DIGITS), 0
    for k in range(points):
        point = {name: mp.mpf(_whole(name, k, few=True)) if name in whole else _real(name, k) for name in free}
        values = Values(point, _DIGITS, carrying=True)
        try:
            a, b = values.of(left), values.of(right)
        except Undefined:
            continue
        except Malformed:
            return False
        if abs(a - b) > max(abs(a), abs(b), values.scale) * mp.mpf(10) ** -_TOLERANCE:
            return False
        agreed += 1
    return agreed >= (_NEEDED if free else 1)


def _is_carried(node: Node) -> bool:
    return node.op in _CARRIED or (node.op == "opaque" and node.leaf in ("lim", "d"))


def _real(name: str, k: int) -> object:
    """Return the value between 0.05 and 1.95 of any other name at point k."""
    mp = arithmetic(_DIGITS)
    return mp.mpf(derive("carried", name, k) % 10**12) / 10**12 * mp.mpf("1.9") + mp.mpf("0.05")
