"""differences: its law and its verdicts."""

from itertools import pairwise

import pytest

from generators.families.seq import differences
from generators.family import generate, verify
from pipeline.problem import Outcome


@pytest.mark.parametrize("level", [1, 3, 8])
def test_each_distance_leads_to_the_next_number(level: int) -> None:
    for index in range(30):
        problem = generate("seq/differences", level=level, seed=1, index=index)
        numbers = problem.params["numbers"]
        assert len(problem.answer) == level + 3
        for place, distance in enumerate(problem.answer):
            assert distance >= 0
            assert numbers[place + 1] in (numbers[place] - distance, numbers[place] + distance)


def test_verdicts() -> None:
    problem = generate("seq/differences", level=1, seed=0, index=0, rendering="json")
    numbers = problem.params["numbers"]
    signed = [b - a for a, b in pairwise(numbers)]
    assert min(signed) < 0
    assert verify(problem, f"<answer>{[abs(n) for n in signed]}</answer>").outcome is Outcome.CORRECT
    assert verify(problem, f"<answer>{signed}</answer>").reason == "wrong numbers"
    assert verify(problem, f"<answer>{[0, *problem.answer]}</answer>").reason == "wrong length"


def test_traces_and_heuristics() -> None:
    params = {"numbers": [7, 9, 4]}
    assert differences.trace(params, "compact") == "#25"
    assert differences.trace(params, "story") == "from 7 to 9 is 2; from 9 to 4 is 5.\n<answer>2, 5</answer>"
    assert (differences.all_but_last(params), differences.from_first(params)) == ("7, 9", "2, 3")
