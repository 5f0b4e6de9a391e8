"""maximum against a plain definition, its verdicts, and how little guessing pays."""

from collections import Counter

import pytest

from generators.families.seq import maximum
from generators.family import generate, make_params, verify
from pipeline.problem import Outcome


@pytest.mark.parametrize("level", [1, 3, 8])
def test_answer_occurs_and_nothing_lies_beyond(level: int) -> None:
    for index in range(40):
        problem = generate("seq/maximum", level=level, seed=2, index=index)
        numbers, sign = problem.params["numbers"], 1 if problem.region == "max" else -1
        assert problem.answer in numbers
        assert not any(sign * number > sign * problem.answer for number in numbers)
        assert len(numbers) == level + 5


@pytest.mark.parametrize("region", maximum.FAMILY.regions)
@pytest.mark.parametrize("level", [1, 2, 3, 8])
def test_no_constant_guess_pays(level: int, region: str) -> None:
    draws = [
        make_params("seq/maximum", level=level, region=region, seed=3, index=index, rendering="plain")[0]
        for index in range(400)
    ]
    answers = Counter(maximum.solve(params).answer for params in draws)
    assert answers.most_common(1)[0][1] / 400 < 0.22
    ends = sum(maximum.end_of_range(params) == str(maximum.solve(params).answer) for params in draws)
    assert ends / 400 < 0.22


def test_verdicts() -> None:
    problem = generate("seq/maximum", level=1, seed=0, index=0, region="max", rendering="compact")
    assert verify(problem, f"#{problem.answer}").outcome is Outcome.CORRECT
    assert verify(problem, f"#{problem.answer - 1}").outcome is Outcome.WRONG
    for reply in ("", "#", f"{problem.answer}", f"#{problem.answer}{problem.answer}x", f"#{problem.answer} or 1"):
        assert verify(problem, reply).outcome is Outcome.MALFORMED


def test_compact_trace_is_the_running_extreme() -> None:
    assert maximum.trace({"numbers": [3, 1, 4, 1, 5, 0], "pick": "max"}, "compact") == "334455#5"
    assert maximum.trace({"numbers": [3, 4, 2, 5, 2, 6], "pick": "min"}, "compact") == "332222#2"


def test_heuristics_guess_what_they_say() -> None:
    params = {"numbers": [3, 1, 4], "pick": "min"}
    assert (maximum.first(params), maximum.last(params), maximum.end_of_range(params)) == ("3", "4", "0")
