"""Find the largest (or smallest) number of a list.

Not where it stands. Level L has L + 5 numbers. The extreme is drawn first and uniformly, so that guessing the end of
the range pays little.
Law: the answer occurs in the numbers and none lies beyond it; permuting the numbers changes nothing.

Source: Cormen, Leiserson, Rivest and Stein, "Introduction to Algorithms", section 9.1 (MINIMUM).
"""

from collections.abc import Callable
from itertools import accumulate
from math import comb
from random import Random

from generators.family import Family, Recomputation, Solution
from generators.kit import sequences
from generators.kit.presentations import reordered
from generators.kit.rows import RegionalRows
from generators.kit.sequences import INTEGER_PLACE, top, wording, worked, write_row
from generators.kit.wording import RENDERINGS, write_text
from pipeline.problem import Json

WORDINGS = {
    region: wording(
        letter,
        task=f"Find the {word} of these numbers.",
        story=f"Bids arrive at an auction: {{numbers}}. What is the {word} bid?",
        ends=INTEGER_PLACE,
    )
    for region, letter, word in (("max", "x", "largest"), ("min", "y", "smallest"))
}
ROWS = RegionalRows(WORDINGS, "pick")
_PICK: dict[str, Callable[[int, int], int]] = {"max": max, "min": min}


def make(rng: Random, level: int, region: str) -> Json:
    """Draw the extreme from two thirds of the range, then numbers that do not pass it."""
    limit = top(level)
    extreme = rng.randint(limit // 3, limit)
    numbers = [rng.randint(0, extreme) for _ in range(level + 4)]
    numbers.insert(rng.randrange(level + 5), extreme)
    return {"numbers": [limit - n for n in numbers] if region == "min" else numbers, "pick": region}


def running(params: Json) -> list[int]:
    """Return the extreme of every prefix."""
    return list(accumulate(params["numbers"], _PICK[params["pick"]]))


def solve(params: Json) -> Solution:
    """Return the extreme."""
    return Solution(running(params)[-1], sequences.executed("linear scan"))


def trace(params: Json, rendering: str) -> str:
    """Give the extreme so far after each number."""
    best = running(params)
    steps = write_row(best, rendering)
    if rendering != "compact":
        steps = f"The {params['pick']} so far after each number: {steps}."
    return worked(steps, str(best[-1]), rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of multisets whose extreme lies in the drawn two thirds of the range."""
    length, limit = level + 5, top(level)
    return comb(length + limit, length) - comb(length + limit // 3 - 1, length)


def first(params: Json) -> str:
    """Guess the first number."""
    return str(params["numbers"][0])


def last(params: Json) -> str:
    """Guess the last number."""
    return str(params["numbers"][-1])


def end_of_range(params: Json) -> str:
    """Guess 9 or 0, the end of the one-digit range."""
    return "9" if params["pick"] == "max" else "0"


def again(params: Json) -> Json:
    """Return the number that none of the others passes."""
    numbers, up = params["numbers"], params["pick"] == "max"
    return next(n for n in numbers if all(n >= other if up else n <= other for other in numbers))


def canonical(params: Json) -> Json:
    """Return which extreme and the numbers as a multiset."""
    return [params["pick"], sorted(params["numbers"])]


def level_of(params: Json) -> int:
    """Return the level: the count of numbers less 5."""
    return len(params["numbers"]) - 5


FAMILY = Family(
    family_version=1,
    verifier_version=6,
    answer_type="integer",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=sequences.judge_integer,
    render=ROWS.render,
    parse=ROWS.parse,
    canonical=canonical,
    level_of=level_of,
    write=write_text,
    trace=trace,
    regions=("max", "min"),
    region_of=ROWS.region_of,
    capacity=capacity,
    heuristics=(first, last, end_of_range),
    concepts=("linear scan",),
    again=Recomputation(again),
    same=reordered("numbers"),
)
