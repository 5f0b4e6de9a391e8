"""Count how often one number occurs in a list.

Level L has L + 5 numbers. The count is drawn first and uniformly from 1 to L + 4, so that no constant guess pays.
Law: the answer is the number of positions that hold the target; permuting the numbers changes nothing.

Source: LeetCode 1512's inner count; the counting step of counting sort (Cormen et al., section 8.2).
"""

from itertools import accumulate
from math import comb
from random import Random

from generators.family import Family, Recomputation, Solution
from generators.kit import sequences
from generators.kit.presentations import reordered
from generators.kit.sequences import INTEGER_PLACE, top, wording, worked, write_row
from generators.kit.wording import RENDERINGS, write_text
from pipeline.problem import Json

WORDINGS = {
    "": wording(
        "e{target}:",
        task="Count how often {target} occurs among these numbers.",
        story="Buses of these lines pass a stop: {numbers}. How many of them are of line {target}?",
        ends=INTEGER_PLACE,
    )
}


def make(rng: Random, level: int, region: str) -> Json:
    """Draw the target and its count, then the other numbers, then the order."""
    length, limit = level + 5, top(level)
    target, count = rng.randint(0, limit), rng.randint(1, length - 1)
    others = [(target + rng.randint(1, limit)) % (limit + 1) for _ in range(length - count)]
    numbers = [target] * count + others
    rng.shuffle(numbers)
    return {"numbers": numbers, "target": target}


def running(params: Json) -> list[int]:
    """Return the count in every prefix."""
    return list(accumulate(int(number == params["target"]) for number in params["numbers"]))


def solve(params: Json) -> Solution:
    """Return the count."""
    return Solution(running(params)[-1], sequences.executed("linear scan"))


def trace(params: Json, rendering: str) -> str:
    """Give the count so far after each number."""
    counts = running(params)
    steps = write_row(counts, rendering)
    return worked(steps if rendering == "compact" else f"The count so far: {steps}.", str(counts[-1]), rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of targets, counts and multisets of the other numbers."""
    length, limit = level + 5, top(level)
    return (limit + 1) * sum(comb(length - count + limit - 1, limit - 1) for count in range(1, length))


def half(params: Json) -> str:
    """Guess half of the numbers."""
    return str(len(params["numbers"]) // 2)


def target(params: Json) -> str:
    """Guess the target itself."""
    return str(params["target"])


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Word the instance."""
    return sequences.render(WORDINGS[""][rendering], params, rendering)


def parse(text: str, rendering: str) -> Json:
    """Read the instance back from its wording."""
    return sequences.parse(WORDINGS, text, rendering)[1]


def canonical(params: Json) -> Json:
    """Return the target and the numbers as a multiset."""
    return [params["target"], sorted(params["numbers"])]


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
    render=render,
    parse=parse,
    canonical=canonical,
    level_of=level_of,
    write=write_text,
    trace=trace,
    capacity=capacity,
    heuristics=(half, target),
    concepts=("counting",),
    again=Recomputation(lambda params: params["numbers"].count(params["target"])),
    same=reordered("numbers"),
)
