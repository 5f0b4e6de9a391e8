"""Find the longest strictly increasing (or decreasing) subsequence, which is unique.

Not the length alone: lengths are guessable, so the answer is the subsequence itself. Level L has L + 4 numbers; a draw
whose optimum is not unique as a row of values is rejected.
Law: of all strictly monotone subsequences only the answer has the certificate's length; a row that decreases is one
that increases, read from the other end.

Source: Schensted 1961, "Longest increasing and decreasing subsequences"; task and uniqueness by counting as in
"Limits of Generalization in RLVR" (arXiv 2510.27044).
"""

from itertools import pairwise
from random import Random

from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.answer_spaces import subsequences
from generators.kit.rows import RegionalRows
from generators.kit.sequences import ROW_PLACE, draw, row_of, wording, worked, write_row
from generators.kit.wording import RENDERINGS
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_STORY = (
    "A traveller passes towns at these heights, in this order: {numbers}. She may stop wherever she likes, but every "
    "stop must be strictly %s than the one before. List the heights of the stops of the tour with the most stops."
)
WORDINGS = {
    region: wording(
        letter,
        task=f"Find the longest strictly {region} subsequence of these numbers (not necessarily contiguous).",
        story=_STORY % relation,
        ends=ROW_PLACE,
    )
    for region, letter, relation in (("increasing", "l", "higher"), ("decreasing", "d", "lower"))
}
ROWS = RegionalRows(WORDINGS, "order")


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers until the longest subsequence is unique and longer than one."""
    params = {"numbers": draw(rng, level + 4, level=level), "order": region}
    length, count = longest(rising(params))
    if count > 1:
        raise Reject("not unique")
    if length < 2:
        raise Reject("nothing to choose")
    return params


def rising(params: Json) -> list[int]:
    """Return the numbers with their sign turned if need be, so that the sought subsequence increases."""
    sign = 1 if params["order"] == "increasing" else -1
    return [sign * number for number in params["numbers"]]


def ends(numbers: list[int]) -> list[tuple[int, int]]:
    """Return per position the length of the longest increasing rows of values that end there, and their number.

    The last occurrence of a value ends every row that an earlier one ends, so one entry per value counts rows of
    values, not of positions.
    """
    best: dict[int, tuple[int, int]] = {}
    found = []
    for number in numbers:
        lower = [entry for value, entry in best.items() if value < number]
        length = max((length for length, _ in lower), default=0)
        best[number] = (length + 1, sum(count for n, count in lower if n == length) or 1)
        found.append(best[number])
    return found


def longest(numbers: list[int]) -> tuple[int, int]:
    """Return the length of the longest increasing subsequence and how many rows of values reach it."""
    last = dict(zip(numbers, ends(numbers), strict=True)).values()
    length = max(length for length, _ in last)
    return length, sum(count for n, count in last if n == length)


def greedy(numbers: list[int]) -> list[int]:
    """Return the subsequence that takes the first number and then every larger one."""
    row = numbers[:1]
    for number in numbers:
        if number > row[-1]:
            row.append(number)
    return row


def solve(params: Json) -> Solution:
    """Return the longest subsequence, walked back from its end."""
    numbers = rising(params)
    length, count = longest(numbers)
    row: list[int] = []
    for number, (reached, _) in zip(reversed(numbers), reversed(ends(numbers)), strict=True):
        if reached == length - len(row) and (not row or number < row[-1]):
            row.append(number)
    certificate = Certificate(
        status="optimal",
        evidence="solver",
        optima=count,
        optima_kind="count",
        value=len(row),
        bound=length,
        baseline=len(greedy(numbers)),
        solver="dynamic programming with counts",
    )
    return Solution([abs(number) for number in reversed(row)], certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: a strictly monotone subsequence; quality is its length over the longest."""
    row = row_of(problem, reply)
    extracted = write_row(row, "plain")
    sign = 1 if problem.params["order"] == "increasing" else -1
    if not row:
        return wrong("empty", extracted)
    if any(sign * a >= sign * b for a, b in pairwise(row)):
        return wrong(f"not strictly {problem.params['order']}", extracted)
    rest = iter(problem.params["numbers"])
    if not all(number in rest for number in row):
        return wrong("not a subsequence", extracted)
    quality = len(row) / len(problem.answer)
    if len(row) < len(problem.answer):
        return wrong("suboptimal", extracted, feasible=True, quality=quality)
    return correct(extracted, quality=quality)


def trace(params: Json, rendering: str) -> str:
    """Give the length of the best subsequence ending at each number, then the one with the greatest."""
    lengths = [length for length, _ in ends(rising(params))]
    steps = write_row(lengths, rendering)
    if rendering != "compact":
        pairs = ", ".join(f"{number} has {n}" for number, n in zip(params["numbers"], lengths, strict=True))
        steps = f"Longest ending at each number: {pairs}. Going back from {max(lengths)} to 1 gives the subsequence."
    return worked(steps, write_row(solve(params).answer, rendering), rendering)


def tails(params: Json) -> str:
    """Guess the final piles' tops of patience sorting: right in length, often no subsequence."""
    tops: list[int] = []
    for number in rising(params):
        place = sum(top < number for top in tops)
        tops[place : place + 1] = [number]
    return write_row([abs(number) for number in tops], "plain")


def first_and_larger(params: Json) -> str:
    """Guess the first number and then every larger (smaller) one."""
    return write_row([abs(number) for number in greedy(rising(params))], "plain")


def worth(params: Json, row: list[int]) -> int | None:
    """Return the length of a row of values if it is strictly monotone in the wanted direction."""
    strict = all(a < b if params["order"] == "increasing" else a > b for a, b in pairwise(row))
    return len(row) if row and strict else None


def turned(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
    """Read the numbers from the other end, where what increased decreases."""
    other = "decreasing" if params["order"] == "increasing" else "increasing"
    return {"numbers": params["numbers"][::-1], "order": other}, answer[::-1]


def canonical(params: Json) -> Json:
    """Return the numbers in the direction in which the subsequence increases."""
    return params["numbers"] if params["order"] == "increasing" else params["numbers"][::-1]


def level_of(params: Json) -> int:
    """Return the level: the count of numbers less 4."""
    return len(params["numbers"]) - 4


FAMILY = Family(
    family_version=2,  # 1 told a row from its reverse in the other direction
    judges=(1,),
    verifier_version=6,
    answer_type="integer_list",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=ROWS.render,
    parse=ROWS.parse,
    canonical=canonical,
    level_of=level_of,
    write=write_row,
    trace=trace,
    regions=("increasing", "decreasing"),
    region_of=ROWS.region_of,
    heuristics=(tails, first_and_larger),
    concepts=("subsequences", "dynamic programming"),
    again=Exhaustion(lambda params: subsequences(params["numbers"]), worth, "most"),
    same=turned,
)
