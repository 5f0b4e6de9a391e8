"""Give the distances between neighbouring numbers.

Not signed: a distance is never negative. Level L has L + 4 numbers and so L + 3 distances.
Law: adding each distance with the right sign to the first number gives all others; read from the other end it is the
same instance.

Source: Graham, Knuth and Patashnik, "Concrete Mathematics", section 2.6 (finite differences), absolute values.
"""

from itertools import pairwise
from random import Random

from generators.family import Solution
from generators.kit import sequences
from generators.kit.rows import palindromes, row_family
from generators.kit.sequences import ROW_PLACE, draw, top, wording, worked, write_row
from pipeline.problem import Json

WORDING = wording(
    "f",
    task="Give the absolute difference of each pair of neighbours among these numbers.",
    story="A lift stops at these floors, in this order: {numbers}. List how many floors it travels from each stop "
    "to the next.",
    ends=ROW_PLACE,
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers."""
    return {"numbers": draw(rng, level + 4, level=level)}


def distances(numbers: list[int]) -> list[int]:
    """Return the distance of every number to the next."""
    return [abs(a - b) for a, b in pairwise(numbers)]


def solve(params: Json) -> Solution:
    """Return the distances."""
    return Solution(distances(params["numbers"]), sequences.executed("subtraction"))


def again(params: Json) -> Json:
    """Return the larger less the smaller of every two neighbours."""
    numbers = params["numbers"]
    pairs = [sorted(numbers[place : place + 2]) for place in range(len(numbers) - 1)]
    return [large - small for small, large in pairs]


def trace(params: Json, rendering: str) -> str:
    """Subtract neighbour by neighbour; compactly the answer alone, each of whose numbers is one such step."""
    steps = "; ".join(f"from {a} to {b} is {abs(a - b)}" for a, b in pairwise(params["numbers"])) + "."
    answer = write_row(distances(params["numbers"]), rendering)
    return worked("" if rendering == "compact" else steps, answer, rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of rows, a row and its reverse counted once."""
    length, values = level + 4, top(level) + 1
    return int(values**length + palindromes(values, length)) // 2


def all_but_last(params: Json) -> str:
    """Guess the numbers as they stand, less the last."""
    return write_row(params["numbers"][:-1], "plain")


def from_first(params: Json) -> str:
    """Guess the distances to the first number."""
    first, *rest = params["numbers"]
    return write_row([abs(number - first) for number in rest], "plain")


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
    heuristics=(all_but_last, from_first),
    concepts=("subtraction",),
    turnable=True,
)
