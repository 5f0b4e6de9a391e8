"""Families that ask one thing about a row of numbers and take a row for an answer. Not the question itself.

Laws: the instance of `row_family` is its numbers in their order, in either order where the question may be read from
both ends, and its level is their count less a constant of the family; a regional question says its region in its
wording alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from generators.family import Family, Recomputation, Solution
from generators.kit import sequences
from generators.kit.sequences import Wording
from generators.kit.wording import RENDERINGS
from pipeline.problem import Json


def row_family(
    wording: Wording,
    *,
    family_version: int,
    verifier_version: int,
    beyond: int,
    make: Callable[[Random, int, str], Json],
    solve: Callable[[Json], Solution],
    again: Callable[[Json], Json],
    trace: Callable[[Json, str], str],
    capacity: Callable[[int, str], int],
    heuristics: tuple[Callable[[Json], str], ...],
    concepts: tuple[str, ...],
    turnable: bool = False,
    judges: tuple[int, ...] = (),
) -> Family:
    """Return the family whose params are {"numbers": row}, a row of level L having L + `beyond` numbers.

    again: the answer by a second way, to prove `solve` with. turnable: the numbers from last to first have the answer
    from last to first, and are the same instance.
    """
    return Family(
        family_version=family_version,
        verifier_version=verifier_version,
        answer_type="integer_list",
        renderings=RENDERINGS,
        make=make,
        solve=solve,
        verify=sequences.judge_row,
        render=lambda params, rendering: sequences.render(wording[rendering], params, rendering),
        parse=lambda text, rendering: sequences.parse({"": wording}, text, rendering)[1],
        canonical=lambda params: either_end(params["numbers"]) if turnable else params["numbers"],
        level_of=lambda params: len(params["numbers"]) - beyond,
        write=sequences.write_row,
        trace=trace,
        capacity=capacity,
        heuristics=heuristics,
        concepts=concepts,
        judges=judges,
        again=Recomputation(again),
        same=from_the_other_end if turnable else None,
    )


def either_end(row: list[int]) -> list[int]:
    """Return the lesser of a row and the same row from its last to its first number."""
    return min(row, row[::-1])


def from_the_other_end(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
    """Read the numbers, and the answer, from last to first."""
    return {**params, "numbers": params["numbers"][::-1]}, answer[::-1]


def palindromes(values: int, length: int) -> int:
    """Return how many rows of so many possible values read the same from both ends."""
    return int(values ** ((length + 1) // 2))


@dataclass(frozen=True, slots=True)
class RegionalRows:
    """How a question about a row is worded that differs by region: params[key] names the region."""

    wordings: Mapping[str, Wording]
    key: str

    def region_of(self, params: Json) -> str:
        """Return the region."""
        return str(params[self.key])

    def render(self, params: Json, rendering: str) -> tuple[str, str]:
        """Word the instance and say where the answer goes."""
        return sequences.render(self.wordings[self.region_of(params)][rendering], params, rendering)

    def parse(self, text: str, rendering: str) -> Json:
        """Read the instance back from its wording."""
        region, fields = sequences.parse(self.wordings, text, rendering)
        return {**fields, self.key: region}
