"""sort against a plain insertion sort, and its verdicts."""

import pytest

from generators.families.seq import sort
from generators.family import generate, verify
from pipeline.problem import Outcome, instance_hash


def insertion_sorted(numbers: list[int]) -> list[int]:
    row: list[int] = []
    for number in numbers:
        row.insert(sum(other <= number for other in row), number)
    return row


@pytest.mark.parametrize("level", [1, 3, 8])
def test_answer_matches_insertion_sort(level: int) -> None:
    for index in range(30):
        problem = generate("seq/sort", level=level, seed=1, index=index)
        expected = insertion_sorted(problem.params["numbers"])
        assert problem.answer == (expected if problem.region == "ascending" else expected[::-1])
        assert problem.answer != problem.params["numbers"]


def test_permuting_the_numbers_or_sorting_them_the_other_way_is_the_same_instance() -> None:
    params = {"numbers": [3, 1, 2, 2, 9, 0], "order": "ascending"}
    other = {"numbers": [0, 9, 2, 2, 1, 3], "order": "ascending"}
    down = {"numbers": [3, 1, 2, 2, 9, 0], "order": "descending"}
    same, turned = sort.canonical(other), sort.canonical(down)
    assert instance_hash("seq/sort", sort.canonical(params)) == instance_hash("seq/sort", same)
    assert instance_hash("seq/sort", sort.canonical(params)) == instance_hash("seq/sort", turned)
    assert sort.canonical(params) != sort.canonical({**params, "numbers": [3, 1, 2, 3, 9, 0]})


def test_verdicts() -> None:
    problem = generate("seq/sort", level=1, seed=0, index=0, region="descending", rendering="plain")
    text = ", ".join(map(str, problem.answer))
    assert verify(problem, f"<answer>[{text}]</answer>").outcome is Outcome.CORRECT
    reversed_text = ", ".join(map(str, problem.answer[::-1]))
    assert verify(problem, f"<answer>{reversed_text}</answer>").reason == "not in order"
    for row in (problem.answer[1:], [*problem.answer, 0], [problem.answer[0] + 1, *problem.answer[1:]]):
        verdict = verify(problem, f"<answer>{', '.join(map(str, row))}</answer>")
        assert (verdict.outcome, verdict.reason) == (Outcome.WRONG, "not a permutation of the numbers")
    assert verify(problem, "<answer>sorted</answer>").outcome is Outcome.MALFORMED


def test_heuristics_guess_what_they_say() -> None:
    params = {"numbers": [3, 1, 2, 5, 4, 0], "order": "ascending"}
    assert sort.as_given(params) == "3, 1, 2, 5, 4, 0"
    assert sort.one_pass(params) == "1, 2, 3, 4, 0, 5"
    assert sort.one_pass({**params, "order": "descending"}) == "3, 2, 5, 4, 1, 0"


def test_traces_count_before_they_answer() -> None:
    params = {"numbers": [3, 1, 3, 2, 0, 0], "order": "descending"}
    assert sort.trace(params, "compact") == "#332100"
    assert sort.trace(params, "json").startswith("Each value with its count, in order: 3 (2), 2 (1), 1 (1), 0 (2).")
