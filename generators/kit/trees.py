"""Binary expression trees over given numbers, each used once: find one, count all. Not their parsing or writing.

Law: the search is exhaustive and its order fixed; counting is exact in rationals.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import gcd

from generators.answers.maths.expression import Node, Operation

Rational = tuple[int, int]
"""Numerator and denominator > 0 in lowest terms: a fifth of the cost of a Fraction."""


def whole_steps(a: int, b: int) -> list[tuple[str, int]]:
    """Return the steps of a >= b > 0 that end in a positive whole number; dividing by 1 is no step of its own."""
    steps = [("+", a + b), ("*", a * b)]
    if a > b:
        steps.append(("-", a - b))
    if b > 1 and a % b == 0:
        steps.append(("/", a // b))
    return steps


def find(numbers: Sequence[int], target: int) -> Node | None:
    """Return the first expression of whole positive steps in a fixed search order, None when there is none."""
    return _search([(number, number) for number in sorted(numbers, reverse=True)], target, set())


def _search(items: list[tuple[int, Node]], target: int, dead: set[tuple[int, ...]]) -> Node | None:
    if len(items) == 1:
        return items[0][1] if items[0][0] == target else None
    state = tuple(sorted(value for value, _ in items))
    if state in dead:
        return None
    for i, j in combinations(range(len(items)), 2):
        (a, left), (b, right) = sorted((items[i], items[j]), key=lambda item: -item[0])
        rest = [item for k, item in enumerate(items) if k not in (i, j)]
        for operator, value in whole_steps(a, b) if len(items) > 2 else _last_steps(a, b, target):
            found = _search([(value, Operation(operator, left, right)), *rest], target, dead)
            if found is not None:
                return found
    dead.add(state)
    return None


def _last_steps(a: int, b: int, target: int) -> list[tuple[str, int]]:
    return [step for step in whole_steps(a, b) if step[1] == target]


def count(numbers: Sequence[int], target: int) -> int:
    """Return the number of binary trees over the indices that make the target in exact rationals.

    Operands of + and * are unordered, those of - and / ordered; equal numbers at two indices are two leaves.
    """
    full = (1 << len(numbers)) - 1
    tables: dict[int, Counter[Rational]] = {1 << i: Counter({(n, 1): 1}) for i, n in enumerate(numbers)}
    for subset in sorted(range(1, full), key=int.bit_count):
        if subset not in tables:
            tables[subset] = Counter()
            for part in _halves(subset):
                _join(tables[part], tables[subset ^ part], tables[subset])
    return sum(_meet(tables[part], tables[full ^ part], target) for part in _halves(full))


def _halves(subset: int) -> list[int]:
    """Return one part of every split of a subset into two: the one with its lowest bit."""
    low = subset & -subset
    rest = subset ^ low
    parts, part = [], rest
    while part:
        part = (part - 1) & rest
        parts.append(part | low)
    return parts


def _join(left: Counter[Rational], right: Counter[Rational], into: Counter[Rational]) -> None:
    for (a, b), m in left.items():
        for (c, d), n in right.items():
            ways = m * n
            into[_ratio(a * d + b * c, b * d)] += ways
            into[_ratio(a * c, b * d)] += ways
            into[_ratio(a * d - b * c, b * d)] += ways
            into[_ratio(b * c - a * d, b * d)] += ways
            if c:
                into[_ratio(a * d, b * c)] += ways
            if a:
                into[_ratio(b * c, a * d)] += ways


def _meet(left: Counter[Rational], right: Counter[Rational], target: int) -> int:
    total = 0
    for (a, b), m in left.items():
        ways = 0
        for c, d in (_ratio(target * b - a, b), _ratio(a - target * b, b), _ratio(a + target * b, b)):
            ways += right.get((c, d), 0)
        total += m * ways
        total += m * _by_product(a, b, right, target)
    return total


def _by_product(a: int, b: int, right: Counter[Rational], target: int) -> int:
    """Count y in right with x*y, x/y or y/x equal to target > 0, for x = a/b."""
    if a == 0:
        return 0
    wanted = (_ratio(target * b, a), _ratio(a, b * target), _ratio(target * a, b))
    return sum(right.get(value, 0) for value in wanted)


def _ratio(numerator: int, denominator: int) -> Rational:
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    divisor = gcd(numerator, denominator)
    return (numerator // divisor, denominator // divisor)
