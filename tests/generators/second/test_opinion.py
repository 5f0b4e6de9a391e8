"""Second opinions: where they decide, where they must abstain, and that they agree with sound verifiers."""

import ast
import time
from dataclasses import replace
from pathlib import Path

import pytest

import generators.second.opinion
from generators.answers.reading.extract import place
from generators.certify import attacks
from generators.family import from_params, generate, load, names, verify
from generators.second.objectives import OBJECTIVES
from generators.second.opinion import (
    INTEGERS,
    MATH,
    OBJECTIVE,
    WITNESS,
    Opinion,
    Question,
    free_question,
    opinion,
    opinions,
    proven_unique,
    question,
)
from generators.second.typed import DATES, WORDS
from pipeline.problem import Certificate, Outcome

ASKED = ("seq/sort", "seq/maximum", "arith/modular", *OBJECTIVES)
CASES = [
    (True, "7", "\\boxed{7}"), (True, "7", "so <answer> **7** </answer>"), (True, "-3", "$−3$"),
    (True, "1,000", "\\boxed{1000}"), (True, "1,2,3", "<answer>[1, 2, 3]</answer>"), (True, "#### 42", "42."),
    (False, "7", "\\boxed{8}"), (False, "7", "<answer>7, 8</answer>"), (False, "1,2,3", "\\boxed{1,2,9}"),
    (False, "[1, 2, 3]", "\\boxed{[7, 8, 3]}"), (False, "7", "<think>7"),
    (True, "\\frac{1}{3}", "\\boxed{12/36}"), (True, "x^2+1", "\\boxed{1+x^2}"), (True, "1/2", "x = 0.5"),
    (False, "3/4", "\\boxed{\\frac{3}{5}}"), (False, "4", "\\boxed{4\\sqrt{2}}"),
    (False, "12:30", "\\boxed{12:45}"), (True, "True", "yes"), (False, "B", "A"), (True, "$1,2,3$", "$1,2,3$"),
]  # fmt: skip
ABSTAINED = [
    ("10", "\\boxed{10\\%}"), ("10%", "\\boxed{0.1}"), ("5", "\\boxed{5^\\circ}"), ("5", "\\boxed{\\$5}"),
    ("12:30", "\\boxed{6:15}"), ("{1: 2, 3: 4}", "{9: 9, 9: 4}"), ("$1,2,3$", "$3,2,1$"), ("(1,3)", "[1,3]"),
    ("(1,3)", "$1<x<3$"), ("True", "1"), ("B", "A or B"), ("0.1234567", "0.1234571"), ("2^{-99}", "2^{-98}"),
    ("\\frac{1}{2004!}", "\\frac{1}{2006!}"), ("3", "3, maybe 5, or 4"), ("7", "\\boxed{7} or \\boxed{8}"),
    ("-1", "e^{i\\pi}"), ("-1", "e^{I\\pi}"), ("1000", "1 000"), ("x**4", "x^4"), ("1000", "1e3"),
    ("7", "seven apples"), ("2^{2^{2^{49}}}", "4"), ("1", "9" * 5000),
    ("1/3", "\\boxed{0.333333}"), ("1000000", "\\boxed{1.000.000}"),
    ("7", "<answer>7"), ("7", "first line\nsecond line"), ("", "4"),
]  # fmt: skip
"""What math-verify 0.9.0 accepts or rejects wrongly, and what nobody plainly stated."""


@pytest.mark.parametrize(("right", "gold", "reply"), CASES)
def test_it_decides_what_is_plain(right, gold, reply):
    found = opinion(free_question(gold, reply))
    assert found.right is right, found
    assert found.judge in (INTEGERS, DATES, WORDS) or found.judge.startswith(f"{MATH} 0.")


@pytest.mark.parametrize(("gold", "reply"), ABSTAINED)
def test_it_abstains_where_no_judge_is_fit(gold, reply):
    assert opinion(free_question(gold, reply)).right is None


def replies_to(problem):
    gold = load(problem.family).write(problem.answer, problem.rendering)
    yield place(gold, problem.answer_format)
    for _, text in [*list(attacks.mutants(gold))[:8], *attacks.dressings(gold)]:
        yield place(text, problem.answer_format)
    yield from attacks.misplaced(gold, problem.answer_format)
    yield from attacks.hedges(gold, "1", problem.answer_format)
    yield from (place(text, problem.answer_format) for text in attacks.CONSTANTS)


@pytest.mark.parametrize("name", ASKED)
def test_it_agrees_with_the_verifier_of_a_family(name):
    """One difference is known: where an answer must stand bare after '#', it also takes off a full stop or dollars."""
    decided = 0
    for index in range(12):
        problem = generate(name, level=1 + index % 2, seed=3, index=index)
        for reply in replies_to(problem):
            found, accepted = opinion(question(problem, reply)), verify(problem, reply).outcome is Outcome.CORRECT
            decided += found.right is not None
            dressed = problem.answer_format == "hash" and found.right is True
            assert found.right in (None, accepted) or dressed, (reply, found)
    assert decided > 100


def test_the_judge_depends_on_the_problem_and_never_on_the_reply():
    for name in names():
        if load(name).procedural:
            problem = generate(name, level=1, seed=0, index=0)
            kinds = {question(problem, reply).kind for reply in replies_to(problem)}
            assert len(kinds) == 1, name


def test_without_a_proof_that_the_answer_is_unique_it_abstains_on_right_and_wrong_alike():
    unproven = [
        Certificate("none", "none"), Certificate("exact", "enumeration", 2, "count"),
        Certificate("optimal", "solver", 1, "at_least", 3, 3), Certificate("bounded", "solver", 1, "count", 3, 2),
    ]  # fmt: skip
    assert not any(proven_unique(certificate) for certificate in unproven)
    assert proven_unique(Certificate("exact", "execution", 1, "count"))
    tour = generate("np/tsp", level=1, seed=0, index=0)
    bounded = replace(tour, certificate=Certificate("bounded", "solver", 1, "count", 30, 20))
    assert {opinion(question(bounded, reply)).right for reply in replies_to(tour)} == {None}
    found = opinion(question(tour, place(str(tour.answer[::-1]), tour.answer_format)))
    assert found == Opinion(True, OBJECTIVE, "met")


def test_rows_without_commas_are_read_digit_by_digit():
    problem = generate("seq/sort", level=1, seed=1, index=0, rendering="compact")
    row = "".join(map(str, problem.answer))
    asked = question(problem, f"#{row}")
    assert (asked.kind, opinion(asked).right, opinion(asked).judge) == ("digits", True, INTEGERS)
    assert opinion(question(problem, f"#0{row}")).right is False
    assert opinion(question(problem, "#" + ",".join(row))).right is True


def test_a_witness_that_is_a_bag_is_compared_as_such():
    assert opinion(Question("[9, 2, 9]", "<answer>9 9 2</answer>", "bag", "tag")) == Opinion(True, WITNESS, "the same")
    assert opinion(Question("[9, 2, 9]", "<answer>9 2</answer>", "bag", "tag")).right is False


def test_an_answer_behind_the_cue_that_a_question_asks_for_is_read_there():
    params = {"question": "1+2? The last line must be of the form Answer: $Answer.", "answer": "3", "source": "x"}
    made = from_params("text/math", params, rendering="plain")
    replies = ("1+2\nAnswer: 3", "Answer: **3**", "\\boxed{4}\nanswer: 3", "Answer: 4", "It is 3", "\\boxed{3}")
    assert [opinion(question(made, reply)).right for reply in replies] == [True, True, True, False, False, True]
    params["question"] = "1+2? Put it in <result> </result> tags."
    made = from_params("text/math", params, rendering="plain")
    replies = ("<result>3</result>", "<result>4</result>", "It is 3")
    assert [opinion(question(made, reply)).right for reply in replies] == [True, False, False]


def test_a_hanging_library_is_stopped_and_abstains():
    """math-verify's own timers are off: the worker's deadline is the only one."""
    asked = [
        free_question("7", "7"),
        free_question("7", "\\boxed{\\binom{99999999}{4999999}}"),
        free_question("8", "9"),
    ]
    started = time.monotonic()
    found = list(opinions(asked, timeout_s=0.6))
    assert [one.right for one in found] == [True, None, False]
    assert found[1].why == "gave up: time"
    assert time.monotonic() - started < 90  # the library alone would be at it for hours


def test_it_shares_no_code_with_the_verifiers():
    tree = ast.parse(Path(generators.second.opinion.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in modules if name and name.split(".")[0] in ("generators", "pipeline")}
    readers = {"generators.programs.executions", "generators.family", "generators.second"}
    assert ours == {*readers, "generators.second.objectives", "pipeline.workers.pool", "pipeline.problem"}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {a.name for node in nodes if node.module == "generators.second" for a in node.names}
    assert names == {"programs", "typed"}  # which are tested to share none either
