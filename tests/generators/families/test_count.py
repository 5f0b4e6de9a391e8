"""count against list.count, its verdicts, and how little guessing pays."""

from collections import Counter

import pytest

from generators.families.seq import count
from generators.family import generate, make_params, verify
from pipeline.problem import Outcome


@pytest.mark.parametrize("level", [1, 3, 8])
def test_answer_matches_a_plain_count(level: int) -> None:
    for index in range(30):
        problem = generate("seq/count", level=level, seed=1, index=index)
        numbers = problem.params["numbers"]
        assert problem.answer == numbers.count(problem.params["target"])
        assert 1 <= problem.answer < len(numbers) == level + 5


@pytest.mark.parametrize("level", [1, 3, 8])
def test_no_constant_guess_pays(level: int) -> None:
    draws = [
        make_params("seq/count", level=level, region="", seed=3, index=i, rendering="plain")[0] for i in range(400)
    ]
    answers = Counter(count.solve(params).answer for params in draws)
    assert answers.most_common(1)[0][1] / 400 < 0.27
    assert sum(count.half(params) == str(count.solve(params).answer) for params in draws) / 400 < 0.27


def test_verdicts() -> None:
    problem = generate("seq/count", level=1, seed=0, index=0, rendering="compact")
    assert verify(problem, f"#{problem.answer}").outcome is Outcome.CORRECT
    assert verify(problem, f"#{problem.answer + 1}").outcome is Outcome.WRONG
    assert verify(problem, f"#{problem.answer}.0").outcome is Outcome.MALFORMED


def test_compact_asks_for_the_target_first() -> None:
    params = {"numbers": [3, 1, 3, 0, 2, 3], "target": 3}
    assert count.render(params, "compact") == ("e3:313023>", "hash")
    assert count.parse("e3:313023>", "compact") == params
    assert count.trace(params, "compact") == "112223#3"
    assert count.trace(params, "plain") == "The count so far: 1, 1, 2, 2, 2, 3.\n<answer>3</answer>"
    assert (count.half(params), count.target(params)) == ("3", "3")
