"""Sort numbers.

Not a sorting algorithm's states: the answer is the sorted row alone. Level L has L + 5 numbers, repeats allowed, never
already in the wanted order.
Law: the answer is the one monotone permutation of the numbers; permuting the numbers changes neither it nor the
instance, and sorting them the other way is the same instance read from the other end.

Source: Knuth, "The Art of Computer Programming" volume 3, section 5; LeetCode 912.
"""

from collections import Counter
from math import comb
from random import Random

from generators.family import Family, Recomputation, Reject, Solution
from generators.kit import sequences
from generators.kit.rows import RegionalRows
from generators.kit.sequences import ROW_PLACE, draw, row_of, top, wording, worked, write_row
from generators.kit.wording import RENDERINGS
from pipeline.problem import Json, Problem, Verdict, correct, wrong

WORDINGS = {
    region: wording(
        letter,
        task=f"Sort these numbers in {region} order; keep repeats.",
        story=f"Players finish with these scores: {{numbers}}. Write the score board, {first} score first, and list "
        "a score as often as it occurs.",
        ends=ROW_PLACE,
    )
    for region, letter, first in (("ascending", "s", "lowest"), ("descending", "z", "highest"))
}
ROWS = RegionalRows(WORDINGS, "order")


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers that are not yet in order."""
    params = {"numbers": draw(rng, level + 5, level=level), "order": region}
    if params["numbers"] == ordered(params):
        raise Reject("already sorted")
    return params


def ordered(params: Json) -> list[int]:
    """Return the numbers in the wanted order."""
    return sorted(params["numbers"], reverse=params["order"] == "descending")


def solve(params: Json) -> Solution:
    """Return the sorted row."""
    return Solution(ordered(params), sequences.executed("sorting"))


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: the numbers themselves, all of them, in order."""
    row = row_of(problem, reply)
    extracted = write_row(row, "plain")
    if row == problem.answer:
        return correct(extracted)
    same = Counter(row) == Counter(problem.answer)
    return wrong("not in order" if same else "not a permutation of the numbers", extracted)


def trace(params: Json, rendering: str) -> str:
    """Count every value that occurs, in the wanted order; compactly nothing but the sorted row."""
    row = ordered(params)
    counts = Counter(row)
    steps = f"Each value with its count, in order: {', '.join(f'{value} ({n})' for value, n in counts.items())}."
    return worked("" if rendering == "compact" else steps, write_row(row, rendering), rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of multisets; one with a single value is always sorted."""
    length, values = level + 5, top(level) + 1
    return comb(length + values - 1, length) - values


def as_given(params: Json) -> str:
    """Guess the numbers as they stand."""
    return write_row(params["numbers"], "plain")


def one_pass(params: Json) -> str:
    """Guess the row after one pass of bubble sort."""
    row = list(params["numbers"])
    for i, j in zip(range(len(row) - 1), range(1, len(row)), strict=True):
        if (row[i] > row[j]) == (params["order"] == "ascending"):
            row[i], row[j] = row[j], row[i]
    return write_row(row, "plain")


def again(params: Json) -> Json:
    """Return the row that always taking the extreme of what is left gives."""
    left, row = list(params["numbers"]), []
    while left:
        row.append(min(left) if params["order"] == "ascending" else max(left))
        left.remove(row[-1])
    return row


def same(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
    """Put the numbers in another order and ask for them in one direction or the other."""
    order = rng.choice(FAMILY.regions)
    numbers = rng.sample(params["numbers"], len(params["numbers"]))
    return {"numbers": numbers, "order": order}, answer if order == params["order"] else answer[::-1]


def canonical(params: Json) -> Json:
    """Return the numbers as a multiset, in whichever direction they are asked for."""
    return sorted(params["numbers"])


def level_of(params: Json) -> int:
    """Return the level: the count of numbers less 5."""
    return len(params["numbers"]) - 5


FAMILY = Family(
    family_version=2,  # 1 told the two directions apart
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
    regions=("ascending", "descending"),
    region_of=ROWS.region_of,
    capacity=capacity,
    heuristics=(as_given, one_pass),
    concepts=("sorting",),
    again=Recomputation(again),
    same=same,
)
