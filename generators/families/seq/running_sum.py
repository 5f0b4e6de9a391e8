"""Give the running sums modulo 10.

Not the sums themselves: one digit each keeps them comparable in size at every level. Level L has L + 4 numbers.
Law: neighbouring answers differ by the number between them, modulo 10.

Source: Blelloch 1990, "Prefix Sums and Their Applications" (inclusive scan), over the integers modulo 10.
"""

from itertools import accumulate
from random import Random

from generators.family import Solution
from generators.kit import sequences
from generators.kit.rows import row_family
from generators.kit.sequences import ROW_PLACE, draw, top, wording, worked, write_row
from pipeline.problem import Json

WORDING = wording(
    "p",
    task="For each of these numbers give the last digit of the sum of all numbers up to and including it.",
    story="A dial with the digits 0 to 9 stands at 0 and is turned forward by these numbers of steps, one after "
    "the other: {numbers}. After 9 comes 0. List the digit that it shows after each turn.",
    ends=ROW_PLACE,
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers."""
    return {"numbers": draw(rng, level + 4, level=level)}


def running(numbers: list[int]) -> list[int]:
    """Return the sum of every prefix, modulo 10."""
    return list(accumulate(numbers, lambda total, number: (total + number) % 10, initial=0))[1:]


def solve(params: Json) -> Solution:
    """Return the running sums."""
    return Solution(running(params["numbers"]), sequences.executed("scan"))


def again(params: Json) -> Json:
    """Return the last digit of every prefix's whole sum."""
    return [sum(params["numbers"][: place + 1]) % 10 for place in range(len(params["numbers"]))]


def trace(params: Json, rendering: str) -> str:
    """Add number by number; compactly the answer alone, each of whose numbers is one such step."""
    totals = running(params["numbers"])
    terms = zip([0, *totals], params["numbers"], strict=False)
    steps = "Last digits: " + ", ".join(f"{a} + {b} gives {(a + b) % 10}" for a, b in terms) + "."
    answer = write_row(running(params["numbers"]), rendering)
    return worked("" if rendering == "compact" else steps, answer, rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of rows."""
    return int((top(level) + 1) ** (level + 4))


def as_given(params: Json) -> str:
    """Guess the numbers as they stand."""
    return write_row(params["numbers"], "plain")


def neighbours(params: Json) -> str:
    """Guess the last digits of the sums of two neighbours."""
    numbers = params["numbers"]
    return write_row([(a + b) % 10 for a, b in zip([0, *numbers], numbers, strict=False)], "plain")


FAMILY = row_family(
    WORDING,
    family_version=1,
    verifier_version=6,
    beyond=4,
    make=make,
    solve=solve,
    again=again,
    trace=trace,
    capacity=capacity,
    heuristics=(as_given, neighbours),
    concepts=("addition", "state tracking"),
)
