"""Imported programming problems: the witness runs when they are built, hidden cases stay hidden, replies are run."""

import dataclasses

import pytest

from generators.answers.reading.extract import place
from generators.certify import attacks
from generators.family import FamilyVerifier, from_params, load, verify
from generators.sandbox.sandbox import Sandbox, SandboxError
from pipeline.errors import FamilyError
from pipeline.problem import Json, Outcome, Problem, from_row, to_row

SUM = "print(sum(map(int, input().split())))"
STDIN = [{"kind": "stdin", "stdin": f"{a} {b}\n", "expected": f"{a + b}\n"} for a, b in ((1, 2), (30, 4))]
GCD = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
CODE = [{"kind": "code", "source": "assert gcd(48, 36) == 12"}, {"kind": "code", "source": "assert gcd((7), 5) == 1"}]


@pytest.fixture(autouse=True, scope="module")
def _runnable() -> None:
    try:
        Sandbox().close()
    except SandboxError as error:
        pytest.skip(str(error))


def problem(cases: Json = STDIN, reference: str = SUM, question: str = "Add up.", **more: Json) -> Problem:
    params = {"question": question, "cases": cases, "reference": reference, **more}
    return from_params("code/tests", params, rendering="plain")


def test_a_problem_carries_a_witness_that_ran() -> None:
    made = problem(level=3)
    assert made.answer == SUM and made.level == 3 and made.trace is None
    proof = made.certificate
    assert (proof.status, proof.evidence) == ("exact", "execution")
    assert proof.solver.startswith("sandbox ") and proof.solver.endswith(": 2 cases")
    assert from_row(to_row(made)) == made
    gold = load("code/tests").write(made.answer, "plain")
    for reply in (gold, place(gold, made.answer_format), f"<think>no</think>So:\n{gold}\nDone."):
        assert verify(made, reply).outcome is Outcome.CORRECT


def test_assertions_inside_the_program_prove_less() -> None:
    made = problem([*CODE, {"kind": "code", "source": "assert gcd(4, 6) == gcd(6, 4)"}], GCD)
    assert made.certificate.status == "exact"
    made = problem([*CODE, {"kind": "code", "source": "assert gcd(gcd(4, 6), 3) in (1, 2)"}], GCD)
    assert (made.certificate.status, made.certificate.evidence) == ("none", "execution")
    assert made.certificate.solver.endswith("3 cases, 1 asserted inside")


def test_hidden_cases_are_never_shown_and_visible_ones_are() -> None:
    assert "30 4" not in problem().prompt and "reads its input from standard input" in problem().prompt
    shown = problem(visible=[1]).prompt
    assert "Input:\n30 4\nOutput:\n34" in shown and "1 2\n" not in shown
    call = problem([{"kind": "call", "call": "gcd", "args": [4, 6], "expected": 2}], GCD, visible=[0]).prompt
    assert "gcd(4, 6) gives 2" in call and "defines `gcd(a, b)`" in call
    assert "defines `gcd(a, b)`" in problem(CODE, GCD).prompt and "36" not in problem(CODE, GCD).prompt


METHOD = "class Solution:\n    def total(self, nums: List[int]) -> int:\n        return sum(nums)\n"
CALLED = {"kind": "call", "call": "total", "args": [[1, 2]], "expected": 3, "prelude": "contest"}
CHECK = "def check(candidate):\n    assert candidate(nums = [1, 2]) == 3\n"
CHECKED = {"kind": "code", "source": CHECK, "prelude": "contest", "entry": "Solution().total"}
AS_METHOD = "a class `Solution` with the method `total(self, nums: List[int]) -> int`"
STARTER = "class Solution:\n    def total(self, nums: List[int]) -> int:\n        "


@pytest.mark.parametrize(
    ("params", "asked"),
    [
        ({}, AS_METHOD),
        ({"starter": STARTER}, AS_METHOD),
        ({"cases": [CHECKED], "entry": "Solution().total"}, AS_METHOD),
        ({"reference": "def total(nums): return sum(nums)"}, "`total(nums)`"),
        ({"reference": "total = sum"}, "`total`"),
        ({"reference": "def total(nums): return sum(nums)", "starter": STARTER}, AS_METHOD),
        (
            {
                "cases": [{"kind": "code", "source": "s = Stack()\ns.push(1)\nassert s.pop() == 1"}],
                "reference": "class Stack(list):\n    push = list.append",
            },
            "`Stack`",
        ),
    ],
)
def test_the_question_names_what_its_tests_call(params: Json, asked: str) -> None:
    made = problem(**{"cases": [CALLED], "reference": METHOD, **params})
    assert f"program that defines {asked}." in made.prompt
    starter = params.get("starter")
    assert made.prompt.endswith(f"It begins with this code:\n```python\n{STARTER.rstrip()}\n```") == bool(starter)
    assert verify(made, load("code/tests").write(made.answer, "plain")).outcome is Outcome.CORRECT


def test_rows_of_an_older_version_are_still_judged() -> None:
    older = dataclasses.replace(problem(), family_version=1)
    assert verify(older, SUM).outcome is Outcome.CORRECT


def test_identity_is_the_question_alone() -> None:
    other = problem(STDIN[:1], SUM + "\n", "  add\nUP. ")
    assert problem().instance_hash == other.instance_hash and problem().uid != other.uid


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"reference": "print(3)"}, "fails its own cases at case 2 of 2: another output"),
        ({"reference": "while True: pass", "limits": {"cpu_s": 0.2}}, "case 1 of 2: over its time"),
        ({"reference": "print("}, "fails its own cases: not Python"), ({"reference": ""}, "no reference program"),
        ({"cases": []}, "at least one"), ({"cases": [{"kind": "stdin"}]}, "case 1 expects no text"),
        ({"limits": {"cpu": 1}}, "limits .* are none of cpu_s"), ({"limits": {"cpu_s": 0}}, "limit cpu_s is 0"),
        ({"limits": {"memory_mb": 10**6}}, "at most 2048"), ({"question": " "}, "empty or no text"),
        ({"visible": [2]}, "must be indices"),
    ],
)  # fmt: skip
def test_bad_tests_are_a_data_error_when_a_problem_is_built(params: Json, message: str) -> None:
    with pytest.raises(FamilyError, match=message):
        problem(**params)


@pytest.mark.parametrize(
    ("reply", "outcome", "quality"),
    [
        ("```python\nprint(3)\n```", Outcome.WRONG, 0.5), ("```python\nprint(0)\n```", Outcome.WRONG, 0.0),
        (SUM, Outcome.CORRECT, 1.0), ("3", Outcome.MALFORMED, 0.0), ("", Outcome.MALFORMED, 0.0),
        (f"```python\n{SUM}\n```\n```python\nprint(3)\n```", Outcome.WRONG, 0.5),
        (f"```python\n{SUM}", Outcome.MALFORMED, 0.0), ("```python\nimport os; os.fork()\n```", Outcome.MALFORMED, 0.0),
    ],
)  # fmt: skip
def test_replies_are_judged(reply: str, outcome: Outcome, quality: float) -> None:
    verdict = verify(problem(), reply)
    assert (verdict.outcome, verdict.quality) == (outcome, quality)


def test_attacks_are_judged() -> None:
    made = problem(limits={"cpu_s": 0.3, "wall_s": 3.0})
    replies = [*attacks.floods("3", "tag"), *(place(text, "tag") for text in attacks.junk("3")), made.prompt]
    for verdict in FamilyVerifier().verify([made] * len(replies), replies):
        assert verdict.outcome in (Outcome.WRONG, Outcome.MALFORMED), verdict


def test_a_declared_limit_counts() -> None:
    slow = "for i in range(30_000_000): pass\n" + SUM
    made = problem(limits={"cpu_s": 0.1, "wall_s": 5.0})
    assert verify(made, f"```python\n{slow}\n```").reason == "over its time"
