"""unique against a plain loop, its verdicts, and draws that ask something."""

from collections import Counter

import pytest

from generators.families.seq import unique
from generators.family import generate, verify
from pipeline.problem import Outcome


@pytest.mark.parametrize("level", [1, 3, 8])
def test_answer_matches_a_plain_loop(level: int) -> None:
    for index in range(30):
        problem = generate("seq/unique", level=level, seed=1, index=index)
        expected: list[int] = []
        for number in problem.params["numbers"]:
            if number not in expected:
                expected.append(number)
        assert problem.answer == expected
        assert 2 <= len(expected) < len(problem.params["numbers"]) == level + 5


def test_number_of_different_values_is_spread() -> None:
    sizes = Counter(len(generate("seq/unique", level=2, seed=0, index=index).answer) for index in range(300))
    assert set(sizes) == {2, 3, 4, 5, 6}
    assert max(sizes.values()) < 100


def test_verdicts() -> None:
    problem = generate("seq/unique", level=1, seed=0, index=0, rendering="compact")
    text = "".join(map(str, problem.answer))
    assert verify(problem, f"#{text}").outcome is Outcome.CORRECT
    assert verify(problem, f"#{text[::-1]}").reason == "wrong numbers"
    assert verify(problem, f"#{text}{text[0]}").reason == "wrong length"


def test_traces_and_heuristics() -> None:
    params = {"numbers": [7, 2, 7, 1]}
    assert unique.trace(params, "compact") == "#721"
    assert unique.trace(params, "plain") == "7 new, 2 new, 7 again, 1 new.\n<answer>7, 2, 1</answer>"
    assert (unique.ascending(params), unique.lasts(params)) == ("1, 2, 7", "2, 7, 1")
