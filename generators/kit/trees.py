"""Binary expression trees over given numbers, each used once: find one, count all. Not their parsing or writing.

Law: the search is exhaustive and its order fixed; counting is exact in rationals.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import gcd

from generators.answers.maths.expression import Node, Operation

Rational = tuple[int, int]
"""Numerator and denominator > 0 in lowest terms: a fifth of the cost of a Fraction."""
Leaves = tuple[int, ...]
"""Numbers in ascending order."""


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
    """Return the number of different binary trees over the numbers that make the target > 0 in exact rationals.

    Operands of + and * are unordered, those of - and / ordered; equal numbers are the same leaf.
    """
    whole = tuple(sorted(numbers))
    tables: dict[Leaves, Counter[Rational]] = {}
    for part in sorted({part for part, _ in _splits(whole)} | {rest for _, rest in _splits(whole)}, key=len):
        table = tables[part] = Counter({(part[0], 1): 1} if len(part) == 1 else {})
        for left, right in _splits(part):
            _join(tables[left], tables[right], table)
    if len(whole) == 1:
        return int(whole[0] == target)
    return sum(_meet(tables[left], tables[right], target) for left, right in _splits(whole))


def _splits(leaves: Leaves) -> list[tuple[Leaves, Leaves]]:
    """Return every way to part sorted leaves in two, each once: the smaller part first."""
    found = set()
    for size in range(1, len(leaves) // 2 + 1):
        for places in combinations(range(len(leaves)), size):
            left = tuple(leaves[place] for place in places)
            right = tuple(leaf for place, leaf in enumerate(leaves) if place not in places)
            found.add((left, right) if (size, left) <= (len(right), right) else (right, left))
    return sorted(found)


def _join(left: Counter[Rational], right: Counter[Rational], into: Counter[Rational]) -> None:
    """Add every tree that joins one of each table; two trees of the same table are joined in one order only."""
    same = left is right
    for i, ((a, b), m) in enumerate(left.items()):
        for j, ((c, d), n) in enumerate(right.items()):
            ways = m * n
            if not same or i <= j:
                pairs = m * (m + 1) // 2 if same and i == j else ways
                into[_ratio(a * d + b * c, b * d)] += pairs
                into[_ratio(a * c, b * d)] += pairs
            into[_ratio(a * d - b * c, b * d)] += ways
            if c:
                into[_ratio(a * d, b * c)] += ways
            if not same:
                into[_ratio(b * c - a * d, b * d)] += ways
                if a:
                    into[_ratio(b * c, a * d)] += ways


def _meet(left: Counter[Rational], right: Counter[Rational], target: int) -> int:
    """Count the trees of `_join` that make the target, looking each partner up."""
    unordered = ordered = twins = 0
    for (a, b), m in left.items():
        unordered += m * right[_ratio(target * b - a, b)]  # x + y
        ordered += m * right[_ratio(a - target * b, b)]  # x - y
        if a:
            unordered += m * right[_ratio(target * b, a)]  # x * y
            ordered += m * right[_ratio(a, b * target)]  # x / y
        if left is right:
            twins += m * ((2 * a == target * b) + (a * a == target * b * b))
        else:
            ordered += m * right[_ratio(a + target * b, b)]  # y - x
            ordered += m * right[_ratio(target * a, b)] if a else 0  # y / x
    return ordered + ((unordered + twins) // 2 if left is right else unordered)


def every(numbers: Sequence[int]) -> Iterator[str]:
    """Yield every different tree over the numbers as text, each once, by joining any two of what is left."""
    seen: set[str] = set()
    for tree in _joined([str(number) for number in numbers]):
        if tree not in seen:
            seen.add(tree)
            yield tree


def _joined(parts: list[str]) -> Iterator[str]:
    if len(parts) == 1:
        yield parts[0]
    for i, j in combinations(range(len(parts)), 2):
        rest = [part for place, part in enumerate(parts) if place not in (i, j)]
        first, last = sorted((parts[i], parts[j]))
        trees = {f"({first}{operator}{last})" for operator in "+*-/"} | {
            f"({last}{operator}{first})" for operator in "-/"
        }
        for tree in sorted(trees):
            yield from _joined([*rest, tree])


def _ratio(numerator: int, denominator: int) -> Rational:
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    divisor = gcd(numerator, denominator)
    return (numerator // divisor, denominator // divisor)
