"""modular against one big integer reduced at the end, and its verdicts."""

import pytest

from generators.families.arith import modular
from generators.family import from_params, generate, verify
from pipeline.problem import Outcome

PARAMS = {"start": 4, "steps": [["+", 9], ["*", 5]], "modulus": 7}


@pytest.mark.parametrize("level", [1, 2, 5, 12])
def test_answer_matches_one_big_integer(level: int) -> None:
    for index in range(30):
        problem = generate("arith/modular", level=level, seed=3, index=index)
        total = problem.params["start"]
        for operator, operand in problem.params["steps"]:
            total = total + operand if operator == "+" else total * operand
        assert problem.answer == total % problem.params["modulus"]


def test_compact_trace_is_the_running_remainder() -> None:
    problem = from_params("arith/modular", PARAMS, rendering="compact")
    assert (problem.prompt, problem.trace) == ("m4+9*5:7>", "46#2")


def test_every_line_of_the_readable_trace_holds() -> None:
    problem = generate("arith/modular", level=4, seed=0, index=1, rendering="plain")
    assert problem.trace is not None
    *lines, last = problem.trace.splitlines()
    modulus, running = problem.params["modulus"], None
    for line in lines:
        left, _, right = line.partition(f" mod {modulus} = ")
        words = left.strip("()").split()
        if running is not None:
            assert int(words[0]) == running
        value = int(words[0])
        if len(words) == 3:
            value = value + int(words[2]) if words[1] == "+" else value * int(words[2])
        running = int(right)
        assert running == value % modulus
    assert last == f"<answer>{running}</answer>"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("2", Outcome.CORRECT), ("9", Outcome.WRONG), ("-5", Outcome.WRONG), ("3", Outcome.WRONG),
        ("2.0", Outcome.MALFORMED), ("2 mod 7", Outcome.MALFORMED), ("two", Outcome.MALFORMED),
    ],
)  # fmt: skip
def test_verdicts(text: str, outcome: Outcome) -> None:
    problem = from_params("arith/modular", PARAMS, rendering="plain")
    assert verify(problem, f"<answer>{text}</answer>").outcome is outcome


def test_capacity_counts_what_can_be_drawn() -> None:
    drawn = {
        generate("arith/modular", level=1, seed=s, index=i, rendering="compact").instance_hash
        for s in (0, 1)
        for i in range(3000)
    }
    stated = modular.capacity(1, "")
    assert len(drawn) <= stated
    expected = stated * (1 - (1 - 1 / stated) ** 6000)
    assert len(drawn) > 0.8 * expected


def test_equal_remainders_are_one_instance() -> None:
    other = {"start": 11, "steps": [["+", 2], ["*", 12]], "modulus": 7}
    assert modular.canonical(PARAMS) == modular.canonical(other)
    assert modular.solve(PARAMS).answer == modular.solve(other).answer
    for key, value in (("start", 5), ("steps", [["+", 9], ["*", 6]]), ("steps", [["*", 9], ["*", 5]]), ("modulus", 5)):
        assert modular.canonical(PARAMS) != modular.canonical({**PARAMS, key: value})


def test_no_remainder_dominates() -> None:
    answers = [generate("arith/modular", level=3, seed=5, index=i, rendering="compact").answer for i in range(600)]
    assert max(answers.count(value) for value in range(9)) < 0.2 * len(answers)
