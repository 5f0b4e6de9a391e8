"""Write numbers in reverse order.

Not sorting. Level L has L + 4 numbers; palindromes are rejected, since copying would solve them.
Law: reversing the answer gives the numbers; a row and its reverse are one instance, asked from either end.

Source: Cormen, Leiserson, Rivest and Stein, "Introduction to Algorithms", section 10.1 (a stack).
"""

from random import Random

from generators.family import Reject, Solution
from generators.kit import sequences
from generators.kit.rows import palindromes, row_family
from generators.kit.sequences import ROW_PLACE, draw, top, wording, worked, write_row
from pipeline.problem import Json

WORDING = wording(
    "r",
    task="Write these numbers in reverse order.",
    story="Boxes with the labels {numbers} are stacked in this order, each on top of the one before, and then "
    "taken off from the top one by one. List the labels in the order in which they come off.",
    ends=ROW_PLACE,
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers that read differently backwards."""
    numbers = draw(rng, level + 4, level=level)
    if numbers == reverse(numbers):
        raise Reject("palindrome")
    return {"numbers": numbers}


def reverse(numbers: list[int]) -> list[int]:
    """Return the numbers from the last to the first."""
    return numbers[::-1]


def solve(params: Json) -> Solution:
    """Return the reversed row."""
    return Solution(reverse(params["numbers"]), sequences.executed("reversal"))


def again(params: Json) -> Json:
    """Return the numbers as they come off a stack."""
    stack = list(params["numbers"])
    return [stack.pop() for _ in params["numbers"]]


def trace(params: Json, rendering: str) -> str:
    """Count the positions down; compactly the answer alone, each of whose numbers is one such step."""
    pairs = [f"{place}: {params['numbers'][place - 1]}" for place in range(len(params["numbers"]), 0, -1)]
    steps = f"Positions counted down: {', '.join(pairs)}."
    answer = write_row(reverse(params["numbers"]), rendering)
    return worked("" if rendering == "compact" else steps, answer, rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of rows that are no palindromes, a row and its reverse counted once."""
    length, values = level + 4, top(level) + 1
    return int(values**length - palindromes(values, length)) // 2


def as_given(params: Json) -> str:
    """Guess the numbers as they stand."""
    return write_row(params["numbers"], "plain")


def descending(params: Json) -> str:
    """Guess the numbers in descending order."""
    return write_row(sorted(params["numbers"], reverse=True), "plain")


FAMILY = row_family(
    WORDING,
    family_version=2,  # 1 told a row from its reverse
    judges=(1,),
    verifier_version=6,
    beyond=4,
    make=make,
    solve=solve,
    again=again,
    trace=trace,
    capacity=capacity,
    heuristics=(as_given, descending),
    concepts=("order",),
    turnable=True,
)
