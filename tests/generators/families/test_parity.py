"""parity against sums of slices, its law and its verdicts."""

import pytest

from generators.families.seq import parity
from generators.family import generate, verify
from pipeline.problem import Outcome


@pytest.mark.parametrize("level", [1, 3, 8])
def test_answer_matches_sums_of_slices_and_changes_at_odd_numbers(level: int) -> None:
    for index in range(30):
        problem = generate("seq/parity", level=level, seed=1, index=index)
        numbers, states = problem.params["numbers"], problem.answer
        assert states == [sum(numbers[: place + 1]) % 2 for place in range(level + 5)]
        assert [a != b for a, b in zip([0, *states], states, strict=False)] == [n % 2 == 1 for n in numbers]


def test_verdicts() -> None:
    problem = generate("seq/parity", level=1, seed=0, index=0, rendering="compact")
    text = "".join(map(str, problem.answer))
    assert verify(problem, f"#{text}").outcome is Outcome.CORRECT
    assert verify(problem, f"#{text[:-1]}{1 - problem.answer[-1]}").reason == "wrong numbers"
    assert verify(problem, f"#{text[-1]}").reason == "wrong length"


def test_traces_and_heuristics() -> None:
    params = {"numbers": [7, 2, 5]}
    assert parity.trace(params, "compact") == "#110"
    assert parity.trace(params, "plain") == "7 is odd: 1; 2 is even: 1; 5 is odd: 0.\n<answer>1, 1, 0</answer>"
    assert (parity.each_alone(params), parity.zeros(params)) == ("1, 0, 1", "0, 0, 0")
