"""Drop repeats: keep the first occurrence of every number.

Not a set: the order of first occurrences counts. Level L has L + 5 numbers, at least one of them repeated and at least
two different; how many are different is drawn first and uniformly.
Law: the answer has each of the numbers once, and is a subsequence that no earlier occurrence could improve.

Source: the Unix idiom awk '!seen[$0]++'; LeetCode 26 without its sorted input.
"""

from math import perm
from random import Random

from generators.family import Solution
from generators.kit import sequences
from generators.kit.rows import row_family
from generators.kit.sequences import ROW_PLACE, top, wording, worked, write_row
from pipeline.problem import Json

WORDING = wording(
    "q",
    task="Remove repeats from these numbers: keep the first occurrence of each, in the given order.",
    story="People sign a visitors' book each time they come; these are the numbers of their cards: "
    "{numbers}. List each card once, in the order of first visits.",
    ends=ROW_PLACE,
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw which values occur, then where, until all of them do."""
    length = level + 5
    distinct = rng.randint(2, min(length - 1, top(level) + 1))
    values = rng.sample(range(top(level) + 1), distinct)
    numbers = values + rng.choices(values, k=length - distinct)
    rng.shuffle(numbers)
    return {"numbers": numbers}


def firsts(numbers: list[int]) -> list[int]:
    """Return the numbers without those that occurred before."""
    return list(dict.fromkeys(numbers))


def solve(params: Json) -> Solution:
    """Return the first occurrences."""
    return Solution(firsts(params["numbers"]), sequences.executed("linear scan"))


def again(params: Json) -> Json:
    """Return every number that none before it equals."""
    numbers = params["numbers"]
    return [number for place, number in enumerate(numbers) if number not in numbers[:place]]


def trace(params: Json, rendering: str) -> str:
    """Decide number by number; compactly the answer alone, each of whose numbers is one such step."""
    numbers = params["numbers"]
    verdicts = [f"{n} {'again' if n in numbers[:i] else 'new'}" for i, n in enumerate(numbers)]
    steps = f"{', '.join(verdicts)}."
    answer = write_row(firsts(params["numbers"]), rendering)
    return worked("" if rendering == "compact" else steps, answer, rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of rows with at least two values and at least one repeat."""
    length, values = level + 5, top(level) + 1
    return int(values**length - values - perm(values, length))


def ascending(params: Json) -> str:
    """Guess the different numbers in ascending order."""
    return write_row(sorted(set(params["numbers"])), "plain")


def lasts(params: Json) -> str:
    """Guess the last occurrences."""
    return write_row(firsts(params["numbers"][::-1])[::-1], "plain")


FAMILY = row_family(
    WORDING,
    family_version=1,
    verifier_version=6,
    beyond=5,
    make=make,
    solve=solve,
    again=again,
    trace=trace,
    capacity=capacity,
    heuristics=(ascending, lasts),
    concepts=("membership",),
)
