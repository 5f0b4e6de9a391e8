"""running_sum against sums of slices, its law and its verdicts."""

from itertools import pairwise

import pytest

from generators.families.seq import running_sum
from generators.family import generate, verify
from pipeline.problem import Outcome


@pytest.mark.parametrize("level", [1, 3, 8])
def test_answer_matches_sums_of_slices(level: int) -> None:
    for index in range(30):
        problem = generate("seq/running_sum", level=level, seed=1, index=index)
        numbers, answer = problem.params["numbers"], problem.answer
        assert answer == [sum(numbers[: place + 1]) % 10 for place in range(level + 4)]
        assert all((b - a - n) % 10 == 0 for (a, b), n in zip(pairwise(answer), numbers[1:], strict=True))


def test_verdicts() -> None:
    problem = generate("seq/running_sum", level=1, seed=0, index=0, rendering="story")
    row = [sum(problem.params["numbers"][: place + 1]) for place in range(5)]
    assert verify(problem, f"<answer>{[n % 10 for n in row]}</answer>").outcome is Outcome.CORRECT
    assert verify(problem, f"<answer>{row}</answer>").reason == "wrong numbers"
    assert verify(problem, f"<answer>{row[-1] % 10}</answer>").reason == "wrong length"


def test_traces_and_heuristics() -> None:
    params = {"numbers": [7, 5, 9]}
    assert running_sum.trace(params, "compact") == "#721"
    steps = "Last digits: 0 + 7 gives 7, 7 + 5 gives 2, 2 + 9 gives 1."
    assert running_sum.trace(params, "plain") == f"{steps}\n<answer>7, 2, 1</answer>"
    assert (running_sum.as_given(params), running_sum.neighbours(params)) == ("7, 5, 9", "7, 2, 4")
