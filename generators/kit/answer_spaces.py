"""Every answer of a form, each different one once: what small instances are exhausted over. No question's own rules.

Law: no two answers of a space are the same to whoever reads them: sets and multisets in one order, tours from one
start in one direction.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product


def subsets(count: int) -> Iterator[list[int]]:
    """Yield every set of the numbers 0 to count - 1, small sets first."""
    for size in range(count + 1):
        yield from map(list, combinations(range(count), size))


def sub_multisets(values: Sequence[int]) -> Iterator[list[int]]:
    """Yield every choice of values, each at most as often as it is given; equal values are one value."""
    given = sorted(Counter(values).items())
    for times in product(*(range(count + 1) for _, count in given)):
        yield [value for (value, _), taken in zip(given, times, strict=True) for _ in range(taken)]


def subsequences(values: Sequence[int]) -> Iterator[list[int]]:
    """Yield every row of values that is left when some are dropped; rows of equal values are one row."""
    for size in range(len(values) + 1):
        yield from map(list, sorted(set(combinations(values, size))))


def tours(count: int) -> Iterator[list[int]]:
    """Yield every closed tour of count >= 3 nodes: from node 0 towards the smaller of its neighbours."""
    for rest in permutations(range(1, count)):
        if rest[0] < rest[-1]:
            yield [0, *rest]
