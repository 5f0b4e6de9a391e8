"""Verdicts from workers are those of one process; what fails there is one reply's UNDECIDED."""

import dataclasses
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from generators.answers.declared import Declared
from generators.answers.reading.extract import MAX_REPLY_CHARS, place
from generators.certify import attacks
from generators.family import FamilyVerifier, from_params, generate, load, names
from generators.grade import grade
from generators.judge_pool import GradeJob, PooledGrader, PooledVerifier, shared_verifier
from generators.programs.executions import _shared
from generators.sandbox.sandbox import SandboxError
from generators.verifier_config import VerifierConfig
from pipeline.errors import FamilyError
from pipeline.exchange.programs import Around
from pipeline.problem import Outcome
from tests.generators.pooled_verifiers import Unruly

PROCEDURAL = [name for name in names() if load(name).procedural]
QUESTION = {"question": "What is 1/2 + 1/3?", "answer": "5/6", "source": "made up"}


@pytest.fixture(scope="module")
def verifier():
    with PooledVerifier(workers=2, timeout_s=60) as made:
        yield made


@pytest.fixture(scope="module")
def unruly():
    with PooledVerifier(workers=2, timeout_s=0.5, memory_mb=256, verifier=Unruly()) as made:
        yield made


@pytest.fixture(scope="module")
def grader():
    with PooledGrader(workers=2, timeout_s=60) as made:
        yield made


def problems(name):
    if not load(name).procedural:
        return [from_params("text/math", QUESTION, rendering="plain")]
    cells = itertools.product(load(name).renderings, (1, 2))
    return [generate(name, level=level, seed=5, index=0, rendering=rendering) for rendering, level in cells]


def replies(problem):
    gold = load(problem.family).write(problem.answer, problem.rendering)
    texts = [
        place(text, problem.answer_format) for text in (*attacks.CONSTANTS, *itertools.islice(attacks.junk(gold), 50))
    ]
    texts += [place(text, problem.answer_format) for _, text in itertools.islice(attacks.mutants(gold), 20)]
    texts += [*attacks.misplaced(gold, problem.answer_format), place(gold, problem.answer_format), problem.trace or ""]
    return [*texts, place(gold, problem.answer_format) + " " * MAX_REPLY_CHARS, "9" * (MAX_REPLY_CHARS + 1)]


@pytest.mark.parametrize("name", [*PROCEDURAL, "text/math"])
def test_verdicts_are_those_of_one_process(name, verifier):
    pairs = [(problem, reply) for problem in problems(name) for reply in replies(problem)]
    asked, given = [problem for problem, _ in pairs], [reply for _, reply in pairs]
    found = verifier.verify(asked, given)
    assert found == FamilyVerifier().verify(asked, given)
    assert {verdict.outcome for verdict in found} >= {Outcome.CORRECT, Outcome.MALFORMED}
    assert verifier.version(name) == FamilyVerifier().version(name)


def test_what_fails_in_a_worker_is_that_replys_undecided(unruly):
    (problem,) = problems("text/math")
    good = place("5/6", "tag")
    given = [good, "hang", good, "grow", good, "die", "raise", "memory error kept by a guard", good, "no answer"]
    found = unruly.verify([problem] * len(given), given)
    reasons = dict(zip(given, (verdict.reason for verdict in found), strict=True))
    outcomes = [verdict.outcome for verdict in found]
    assert [given[i] for i, outcome in enumerate(outcomes) if outcome is Outcome.CORRECT] == [good] * 4
    assert outcomes[-1] is Outcome.MALFORMED and outcomes.count(Outcome.UNDECIDED) == 5
    assert reasons["hang"] == "verifier over its time limit of 0.5 s"
    assert reasons["grow"] == "verifier over its memory limit of 256 MiB"
    assert reasons["memory error kept by a guard"] == "verifier over its memory limit of 256 MiB"
    assert reasons["die"].startswith("verifier ended its process with code -9")
    assert reasons["raise"].startswith("verifier raised:\nTraceback") and "our bug" in reasons["raise"]
    assert unruly.version("text/math") == 77


def test_the_limits_of_a_config_are_those_of_its_workers():
    small = shared_verifier(VerifierConfig(workers=1, timeout_s=30, memory_mb=1))
    try:
        (verdict,) = small.verify(problems("text/math"), [place("5/6", "tag") + " so" * 60_000])
        assert verdict.reason == "verifier over its memory limit of 1 MiB"
    finally:
        small.close()


SUM = "print(sum(map(int, input().split())))"
ADDS = {"question": "Add up.", "reference": SUM, "cases": [{"kind": "stdin", "stdin": "1 2", "expected": "3"}]}


@pytest.fixture(scope="module")
def added():
    try:
        return from_params("code/tests", ADDS, rendering="plain")
    except SandboxError as error:
        pytest.skip(str(error))


def test_programs_are_judged_in_workers_that_build_their_sandbox(verifier, added):
    (worded,) = problems("text/math")
    given = [SUM, "print(4)", "print(", "while True: pass", "no program", "import os; os.fork()", f"x = 0\n{SUM}"]
    pairs = [pair for reply in given for pair in ((added, reply), (worded, place("5/6", "tag")))]
    made = [problem for problem, _ in pairs], [reply for _, reply in pairs]
    before = _shared.cache_info()
    found = verifier.verify(*made)
    assert _shared.cache_info() == before, "no program was run by this process"
    assert found == FamilyVerifier().verify(*made)
    outcomes = [verdict.outcome for verdict in found[::2]]
    assert outcomes == [Outcome.CORRECT, Outcome.WRONG, *[Outcome.MALFORMED] * 4, Outcome.CORRECT]


def test_a_judging_of_programs_that_fails_is_that_replys_undecided(unruly, added):
    given = [SUM, "hang", SUM, "grow", "die", "raise", SUM]
    found = unruly.verify([added] * len(given), given)
    reasons = dict(zip(given, (verdict.reason for verdict in found), strict=True))
    assert [verdict.outcome is Outcome.CORRECT for verdict in found] == [reply == SUM for reply in given]
    assert [verdict.outcome is Outcome.UNDECIDED for verdict in found] == [reply != SUM for reply in given]
    assert reasons["hang"] == "verifier over its time limit of 0.5 s"
    assert reasons["grow"] == "verifier over its memory limit of 256 MiB"
    assert reasons["die"].startswith("verifier ended its process with code -9")


def test_a_program_may_wait_longer_than_its_judging_may_compute(unruly, added):
    slow = f"import time; time.sleep(1.5); {SUM}"
    assert unruly.verify([added, added], [slow, SUM]) == FamilyVerifier().verify([added, added], [slow, SUM])


def test_a_problem_that_the_installed_family_cannot_judge_raises_as_in_one_process(verifier):
    (problem,) = problems("text/math")
    other = dataclasses.replace(problem, family_version=99)
    with pytest.raises(FamilyError, match="version 99 cannot be judged"):
        verifier.verify([problem, other], ["", ""])
    with pytest.raises(ValueError, match="zip"):
        verifier.verify([problem], [])


def test_threads_share_a_verifier(verifier):
    asked = [problem for name in PROCEDURAL[:6] for problem in problems(name)]
    given = [place(load(p.family).write(p.answer, p.rendering), p.answer_format) for p in asked]
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: verifier.verify(asked, given), range(8)):
            assert all(verdict.outcome is Outcome.CORRECT for verdict in found)
    assert threading.active_count() < 20


def judged_here(job):
    try:
        return grade(job.gold, job.reply, job.type, declared=job.declared or Declared())
    except FamilyError as error:
        return str(error)


def test_grading_gives_what_grade_gives(grader):
    golds = ["5", "1/2", "3, 4", "x^2+1", "(1,2]", "yes", "\\boxed{7}", "so 1 #### 12", 7, [1, 2], 0.5]
    texts = ["5", "\\boxed{0.5}", "<answer>3,4</answer>", "it is $1+x^2$", "", "7", "9" * 300_000, "\ud800", "{" * 5000]
    jobs = [GradeJob(gold, text, type_) for gold in golds for text in texts for type_ in (None, "integer")]
    jobs += [GradeJob("1, 2", "2, 1", None, declared) for declared in (Declared(), Declared(order="any"))]
    found = [str(result) if isinstance(result, FamilyError) else result for result in grader.grade(iter(jobs))]
    assert found == [judged_here(job) for job in jobs]
    assert [found[-2].outcome, found[-1].outcome] == [Outcome.WRONG, Outcome.CORRECT]


def test_programs_are_graded_in_workers_by_tests_of_any_form(added):
    tests = {"inputs": ["1 2"], "outputs": ["3.0000001"]}
    listed = {"inputs": [""], "outputs": ["1\n2"]}
    jobs = [
        GradeJob(tests, SUM, "program"), GradeJob(tests, "print(3.1)", "program"),
        GradeJob(tests, "print(3.1)", "program", Declared(tolerance="0.2")), GradeJob(5, SUM, "program"),
        GradeJob("def check(f):\n    assert f(1) == 2", "def g(x): return x + 1", "program", None, Around("g")),
        GradeJob("5", "6"), GradeJob(None, SUM, problem=added),
        GradeJob(listed, "print('2\\n1')", "program", Declared(order="any")),
    ]  # fmt: skip
    with PooledGrader(workers=1) as grader:
        found = list(grader.grade(jobs))
    assert isinstance(found[3], FamilyError)
    outcomes = [result.outcome for result in found if not isinstance(result, FamilyError)]
    assert outcomes == [*[Outcome.CORRECT, Outcome.WRONG, Outcome.CORRECT, Outcome.CORRECT, Outcome.WRONG],
                        Outcome.CORRECT, Outcome.CORRECT]  # fmt: skip


def test_a_gold_that_cannot_be_read_is_a_value_not_a_crash(grader):
    jobs = [GradeJob("5", "5"), GradeJob("", "5"), GradeJob("\\boxed{", "9" * 300_000), GradeJob("6", "5")]
    found = list(grader.grade(jobs))
    assert [type(result) is FamilyError for result in found] == [False, True, True, False]
    assert "cannot be read" in str(found[1])


def test_the_verifier_of_a_config_is_made_once_and_of_the_kind_asked_for():
    config = VerifierConfig(workers=1, timeout_s=7)
    assert shared_verifier(config) is shared_verifier(VerifierConfig(workers=1, timeout_s=7))
    assert isinstance(shared_verifier(VerifierConfig(workers=0)), FamilyVerifier)
    assert shared_verifier(config).verify([], []) == []
