"""Objectives of the second opinion: what they accept by exhaustion is as many answers as are proven to be right."""

import ast
from pathlib import Path

import pytest

import generators.second.objectives
from generators.family import generate, load
from generators.second.objectives import OBJECTIVES, countdown, signs, tour


@pytest.mark.parametrize("name", sorted(OBJECTIVES))
def test_by_exhaustion_as_many_answers_meet_the_objective_as_are_proven_right(name):
    for index in range(6):
        problem = generate(name, level=1, seed=5, index=index, rendering="plain")
        task = {**problem.params, "place": "tag"}, problem.certificate.value
        met = [answer for answer in load(name).again.answers(problem.params) if OBJECTIVES[name].meets(*task, answer)]
        assert problem.certificate.optima_kind == "count"
        assert len(met) == problem.certificate.optima, problem.params


def test_a_tour_may_return_to_its_start_in_a_tag_alone():
    params = {"distances": [[0, 1, 9], [1, 0, 1], [9, 1, 0]]}
    assert tour({**params, "place": "tag"}, 11, [1, 2, 0, 1]) is True
    assert tour({**params, "place": "hash"}, 11, [1, 2, 0, 1]) is None
    assert tour({**params, "place": "tag"}, 10, [1, 2, 0]) is False
    assert tour({**params, "place": "tag"}, 11, []) is False
    assert tour({**params, "place": "tag"}, 11, [0, 1, 1]) is False


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("(1+2)*3/1", False), ("(1+2)*3", True), ("3*(2+1)", True), ("3*2+1", False), ("9", False), ("(1+2)*3=9", None),
        ("3/(1-1)", False), ("1+2**3", None), ("3//1*2", None), ("-1+2*3", None), ("3×3", None), ("", None),
        ("01+2*3", None), ("(" * 99, None), ("+".join("1" * 101), None), ("3*(2+1", None), ("1_0+2", None),
    ],
)  # fmt: skip
def test_expressions_are_counted_exactly_and_nothing_is_run(text, right):
    assert countdown({"numbers": [1, 2, 3], "target": 9}, None, text) is right


def test_signs_are_read_in_any_spelling_of_minus():
    params = {"numbers": [5, 3, 2], "target": 0}
    assert signs(params, None, "+ − −") is True and signs(params, None, "+--") is True
    assert signs(params, None, "++-") is False and signs(params, None, "+-") is False
    assert signs(params, None, "5-3-2") is None and signs(params, None, "") is None


def test_it_shares_no_code_with_anything_that_judges():
    tree = ast.parse(Path(generators.second.objectives.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in modules if name and name.split(".")[0] in ("generators", "pipeline")} == {
        "pipeline.problem"
    }
