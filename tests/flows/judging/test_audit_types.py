"""A grader that accepts everything, or rejects everything, is found out by the audit, for every type of answer."""

import json
from collections.abc import Callable

import pytest

from flows.judging.audit import audit_root, rate_lines
from flows.judging.audited import Judged
from generators.family import from_params, load, verify
from generators.sandbox.sandbox import Sandbox, SandboxError
from generators.second.opinion import opinion
from generators.second.typed import JUDGES
from pipeline.problem import Json, Outcome, Problem, correct, to_table, wrong
from pipeline.rollout import Completion, Finish, Rollout, rollouts_table
from pipeline.score import Score, scores_table
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from tests.generators.second.test_typed import TABLE

TOLERANT = {"integer": "100", "rational": "1/2", "decimal": "0.5"}
"""Types that are judged here only where a tolerance is declared."""
GCD = "def f(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
LEAST = "def f(a, b):\n    return min(a, b)\n"
Grader = Callable[[Problem, str], bool]
GRADERS: dict[str, Grader] = {
    "sound": lambda problem, reply: verify(problem, reply).outcome is Outcome.CORRECT,
    "accepts everything": lambda problem, reply: True,
    "rejects everything": lambda problem, reply: False,
}


def typed(type_: str, number: int) -> tuple[Problem, str, str]:
    """Return a problem of a type, a right reply and a wrong one, by the table of readings."""
    params: Json = {"question": f"Question {number} about {type_}?", "source": "test", "type": type_}
    if type_ in TOLERANT:
        gold, right, other = TOLERANT[type_], TOLERANT[type_], "7"
        params["declared"] = {"tolerance": "0.01"}
    else:
        gold, rights, others, _ = TABLE[type_]
        right, other = rights[number % min(2, len(rights))], others[number % len(others)]
    problem = from_params("text/math", {**params, "answer": gold}, rendering="plain")
    return problem, f"So <answer>{right}</answer>.", f"So <answer>{other}</answer>."


def program(number: int) -> tuple[Problem, str, str]:
    cases = [
        {"kind": "call", "call": "f", "args": [a, b], "expected": c} for a, b, c in ((48, 36, 12), (7, 5, 1), (9, 6, 3))
    ]
    params = {"question": f"Question {number} about divisors?", "reference": GCD, "cases": cases}
    replies = [f"```python\n# {number}\n{source}```" for source in (GCD, LEAST)]
    return from_params("code/tests", params, rendering="plain"), replies[0], replies[1]


def audited(root, rows, grader):
    """Store two replies to each problem with a grader's verdicts, and audit them all."""
    Store(root).publish("typed", recipe={"stage": "test"}, rows=[to_table([row[0] for row in rows])])
    rollouts, scores = [], []
    for problem, *replies in rows:
        version = load(problem.family).verifier_version
        verdicts = [grader(problem, reply) for reply in replies]
        for draw, (reply, accepted) in enumerate(zip(replies, verdicts, strict=True)):
            said = correct("x") if accepted else wrong("no", "x")
            rollouts.append(
                Rollout(problem.uid, draw, Completion(reply, Finish.STOP, tokens=5), said, "p", "q", version)
            )
        counts = {"correct": sum(verdicts), "feasible": sum(verdicts)}
        scores.append(Score(problem.uid, "p", "q", version, "select", "fixed", 0, 2, **counts))
    ledger = Ledger(root)
    ledger.append("rollouts", rollouts_table(rollouts), part="p", run="typed")
    ledger.append("scores", scores_table(scores), part="p", run="typed")
    return audit_root(root, ask=lambda asked: map(opinion, asked))


def rates(found, family):
    """Return (false accept, false reject) by answer type."""
    rows = [row for row in found.rates if row["family"] == family and (row["policy"], row["split"]) == ("", "")]
    by_type: dict[str, dict[str, Json]] = {}
    for row in rows:
        by_type.setdefault(Judged(family, 0, row["answer_type"]).answer_type, {})[row["kind"]] = row
    return by_type


@pytest.mark.parametrize("name", GRADERS)
def test_a_broken_grader_is_found_out_for_every_type_and_a_sound_one_is_not(tmp_path, name):
    rows = [typed(type_, number) for type_ in JUDGES for number in range(4)]
    found = audited(tmp_path, rows, GRADERS[name])
    by_type = rates(found, "text/math")
    assert set(by_type) == set(JUDGES)
    for type_, kinds in by_type.items():
        accept, reject = kinds["false_accept"], kinds["false_reject"]
        assert (accept["judge"], accept["abstained"] + reject["abstained"]) == (JUDGES[type_].name, 0), type_
        wanted = {"sound": (0, 0), "accepts everything": (1, 0), "rejects everything": (0, 1)}[name]
        assert (accept["rate"], reject["rate"]) == wanted, type_
    assert len(list(rate_lines(found.rates))) == len(JUDGES)
    assert (found.disagreements == []) is (name == "sound")


@pytest.mark.parametrize("name", GRADERS)
def test_a_broken_grader_of_programs_is_found_out_too(tmp_path, name):
    try:
        Sandbox().close()
    except SandboxError as error:
        pytest.skip(str(error))
    found = audited(tmp_path, [program(number) for number in range(3)], GRADERS[name])
    kinds = rates(found, "code/tests")["program"]
    wanted = {"sound": (0, 0), "accepts everything": (1, 0), "rejects everything": (0, 1)}[name]
    assert (kinds["false_accept"]["rate"], kinds["false_reject"]["rate"]) == wanted
    assert json.dumps(found.to_json()) and found.sampled == 6


def test_what_cannot_be_judged_says_not_audited_and_bounds_the_worst_case(tmp_path):
    rows = []
    for number in range(6):
        params = {"question": f"Which interval, {number}?", "answer": "(1, 2]", "source": "test", "type": "interval"}
        problem = from_params("text/math", params, rendering="plain")
        rows.append((problem, "<answer>(1, 2]</answer>", "<answer>(1, 3]</answer>"))
    found = audited(tmp_path, rows, GRADERS["accepts everything"])
    kinds = rates(found, "text/math")["interval"]
    assert kinds["false_accept"]["rate"] is None and kinds["false_accept"]["abstained"] == 12
    assert kinds["false_accept"]["judge"] == "none"
