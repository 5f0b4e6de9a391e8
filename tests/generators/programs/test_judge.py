"""Programs judged by cases: known right and wrong, forged output, limits, our own failures, the place in a reply."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.malformed import Malformed
from generators.programs.case_rows import read_cases
from generators.programs.cases import Case
from generators.programs.executions import Executions
from generators.programs.judge import (
    MAX_PROGRAM_CHARS,
    NO_PYTHON,
    check_program,
    grade_program,
    job_of,
    program_text,
    raised_name,
)
from generators.sandbox.sandbox import Execution, Job, Sandbox, SandboxError
from pipeline.problem import Outcome
from tests.generators.boxes import Scripted, gave, printed, real_sandbox

SUM = "n = int(input())\nprint(sum(map(int, input().split())))\n"
STDIN = tuple(
    Case(kind="stdin", stdin=f"{n}\n{' '.join(map(str, range(n)))}\n", expected=f"{n * (n - 1) // 2}\n")
    for n in (1, 2, 5)
)
GCD = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
CALLS = read_cases([{"kind": "code", "source": f"assert gcd({a}, {b}) == {c}"} for a, b, c in ((4, 2, 2), (9, 6, 3))])


@pytest.fixture(scope="module")
def box():
    yield from real_sandbox()


def outcome(program: str, cases, box: Sandbox) -> Outcome:
    return check_program(program, cases, sandbox=box).verdict(program).outcome


def test_a_right_program_passes_every_case(box: Sandbox) -> None:
    for program, cases in ((SUM, STDIN), (GCD, CALLS)):
        report = check_program(program, cases, sandbox=box)
        assert (report.passed, report.total, report.first, report.reason) == (len(cases), len(cases), None, "")
        assert report.verdict(program).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    ("program", "cases", "expected", "reason", "passed"),
    [
        (SUM.replace("sum", "max"), STDIN, Outcome.WRONG, "another output", 2),
        ("print(10)", STDIN, Outcome.WRONG, "another output", 1),
        ("", STDIN, Outcome.WRONG, "another output", 0),
        ("1 / 0", STDIN, Outcome.WRONG, "raised ZeroDivisionError", 0),
        ("class Odd(Exception):\n    pass\nraise Odd", STDIN, Outcome.WRONG, "raised an exception", 0),
        ("def gcd(a, b):\n    return 2", CALLS, Outcome.WRONG, "another value", 1),
        ("def lcm(a, b):\n    return 2", CALLS, Outcome.WRONG, "raised AttributeError", 0),
        ("def gcd(a, b):\n    return {2}", CALLS, Outcome.WRONG, "raised TypeError", 0),
        ("while True: pass", STDIN, Outcome.MALFORMED, "over its time", 0),
        ("x = [0] * 10**10", STDIN, Outcome.MALFORMED, "over its memory", 0),
        ("print('a' * 10**6)", STDIN, Outcome.MALFORMED, "prints too much", 0),
        ("import os\nos.fork()", STDIN, Outcome.MALFORMED, "does what is forbidden", 0),
        ("print(1", STDIN, Outcome.MALFORMED, NO_PYTHON, 0),
        ("return 3", STDIN, Outcome.MALFORMED, NO_PYTHON, 0),
    ],
)
def test_known_wrong_programs(box: Sandbox, program, cases, expected, reason, passed) -> None:
    report = check_program(program, cases, sandbox=box)
    verdict = report.verdict(program)
    assert (verdict.outcome, verdict.reason, report.passed) == (expected, reason, passed)
    assert verdict.quality == (passed / len(cases) if expected is Outcome.WRONG else 0.0)


def test_a_fork_bomb_and_a_killer_leave_the_sandbox_working(box: Sandbox) -> None:
    bomb = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    killer = bomb.replace("while True", "for pid in (os.getppid(), 1, -1)").replace("fork()", "kill(pid, 9)")
    assert outcome(bomb, STDIN, box) is Outcome.MALFORMED
    assert outcome(killer, STDIN, box) is not Outcome.CORRECT
    assert outcome(SUM, STDIN, box) is Outcome.CORRECT


LIAR = "class Any:\n    def __eq__(self, other): return True\n    def __bool__(self): return True\n"
FORGED = b'\x26\0\0\0\0\0\0\0{"status": "ok", "value": "2", "error": ""}'
SNOOP = "next((o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o), 0)"


@pytest.mark.parametrize(
    "program",
    [
        LIAR + "def gcd(a, b): return Any()",
        "class Any(int):\n    def __eq__(self, other): return True\ndef gcd(a, b): return Any(7)",
        "def gcd(a, b):\n    import os\n    os.write(1, b'2'); os._exit(0)",
        "import builtins, sys\nbuiltins.AssertionError = BaseException\ndef gcd(a, b): sys.exit(0)",
        f"def gcd(a, b):\n    import os\n    os.write(3, {FORGED!r}); os._exit(0)",
        "import json\njson.dumps = lambda value: '2'\ndef gcd(a, b): return 7",
        f"def gcd(a, b):\n    import gc\n    return {SNOOP}",
    ],
)
def test_forged_output_cannot_pass_hidden_values(box: Sandbox, program: str) -> None:
    """A program may write anything about itself; without the expected values it cannot be right on both cases."""
    assert outcome(program, CALLS, box) is not Outcome.CORRECT


def test_expected_values_never_enter_the_sandbox() -> None:
    secret = "a secret value"
    cases = [
        Case(kind="stdin", stdin="1", expected=secret),
        Case(kind="call", call="f", args=(1,), expected=secret),
        Case(kind="call", source="f((1, 2))", expected=secret),
    ]
    box = Scripted(lambda job: gave(secret) if job.call else printed(secret))
    assert check_program("def f(x): pass", cases, sandbox=box).first is None
    assert len(box.seen) == 3 and not any(secret in str(job) for job in box.seen)


def test_an_assertion_inside_must_run_to_its_end(box: Sandbox) -> None:
    cases = read_cases([{"kind": "code", "source": "assert is_odd(next_of(2)) and f(1) != f(2)"}])
    assert [case.kind for case in cases] == ["call", "assert"]
    right = "def f(x): return x\ndef next_of(x): return x + 1\ndef is_odd(x): return x % 2 == 1\n"
    assert outcome(right, cases, box) is Outcome.CORRECT
    wrong = right.replace("x + 1", "x + 2")
    assert check_program(wrong, cases, sandbox=box).reason == "raised AssertionError"
    for end in ("import os\nos._exit(0)", "import sys\nsys.exit(0)"):
        assert outcome(f"{end}\n{right}", cases, box) is not Outcome.CORRECT
    assert outcome(right + "def next_of(x):\n    import os\n    os._exit(0)", cases, box) is not Outcome.CORRECT
    # what such a case cannot see, and why its certificate claims nothing:
    assert outcome(right.replace("x % 2 == 1", "True"), cases, box) is Outcome.CORRECT


SHADOWS = """
def plain(x): return x + 1
def isinstance(x, y): return False
list = str = dict = type = int = None
def f(x): return plain(x)
"""


def test_names_of_the_programs_own_change_no_comparison(box: Sandbox) -> None:
    cases = read_cases([{"kind": "code", "source": "assert f(*(2,)) == 3"}])
    assert cases[0].source and outcome(SHADOWS, cases, box) is Outcome.CORRECT


def test_what_no_program_may_know_stays_outside(box: Sandbox) -> None:
    """Expected values, in whatever form a test has them, are in nothing that is run."""
    source = """
answers = [7001, 7002]
for x, answer in zip([1, 2], answers):
    assert f(x) == answer
assert f(3) in (7003, 7004) and 7005 < f(4) <= 7006
"""
    cases = read_cases([{"kind": "code", "source": source}])
    assert len(cases) == 5 and not any("700" in job_of("", case).source for case in cases)
    right = "def f(x): return [0, 7001, 7002, 7004, 7006][x]"
    assert outcome(right, cases, box) is Outcome.CORRECT
    assert outcome(right.replace("7006", "7007"), cases, box) is Outcome.WRONG


@pytest.mark.parametrize("checker", ["exact", "any_order", "boxed"])
@pytest.mark.parametrize("depth", [50, 300, 900])
def test_a_deep_value_is_judged_also_where_results_are_kept(box: Sandbox, checker, depth: int) -> None:
    program = "def f(n):\n    x = [float('nan')]\n    for _ in range(n): x = [{'a': x}]\n    return x"
    case = Case(kind="call", call="f", args=(depth,), expected=[{"a": 1}], checker=checker)
    for runner in (box, Executions(box)):
        assert outcome(program, [case], runner) in (Outcome.WRONG, Outcome.MALFORMED)


def test_a_method_of_solution_is_called(box: Sandbox) -> None:
    cases = read_cases([{"kind": "call", "call": "double", "args": [3], "expected": 6}])
    assert outcome("class Solution:\n    def double(self, x):\n        return 2 * x", cases, box) is Outcome.CORRECT
    assert outcome("double = lambda x: 2 * x", cases, box) is Outcome.CORRECT


def test_values_beyond_json_arrive_as_themselves(box: Sandbox) -> None:
    tests = ["assert f(1) == {1, 2}", "assert f(2) == {1: (2, 3)}", "assert f(3) == float('inf') or True"][:2]
    cases = read_cases([{"kind": "code", "source": source} for source in tests])
    assert outcome("def f(x): return {1, 2} if x == 1 else {1: [2, 3]}", cases, box) is Outcome.CORRECT
    assert outcome("def f(x): return [1, 2] if x == 1 else {1: [2, 3]}", cases, box) is Outcome.WRONG
    assert outcome("def f(x): return {1, 2} if x == 1 else {'1': [2, 3]}", cases, box) is Outcome.WRONG


def failing(times: int, then: Execution):
    left = [times]

    def does(job: Job) -> Execution:
        if left[0]:
            left[0] -= 1
            raise SandboxError("the zygote is gone")
        return then

    return Scripted(does)


def test_our_own_failure_is_tried_once_more_and_then_undecided() -> None:
    cases = [Case(kind="stdin", expected="1")]
    assert check_program("x", cases, sandbox=failing(1, printed("1"))).first is None
    report = check_program("x", cases * 3, sandbox=failing(99, printed("1")))
    verdict = report.verdict("x")
    assert verdict.outcome is Outcome.UNDECIDED and "zygote is gone" in verdict.reason
    assert [result.outcome for result in report.results] == ["undecided", "not_run", "not_run"]


def test_a_process_that_died_is_run_once_more() -> None:
    cases, ends = [Case(kind="stdin", expected="1")], [Execution("died", "", None, "signal 9"), printed("1")]
    assert check_program("x", cases, sandbox=Scripted(lambda job: ends.pop(0))).first is None
    died = Scripted(lambda job: Execution("died", "", None, ""))
    assert check_program("x", cases, sandbox=died).verdict("x").outcome is Outcome.WRONG


@pytest.mark.parametrize(("stop", "run"), [(True, 2), (False, 4)])
def test_the_first_failure_decides_and_a_limit_ends_the_run(stop: bool, run: int) -> None:
    cases = [Case(kind="stdin", stdin=str(i), expected="1") for i in range(5)]
    ends = {"0": printed("1"), "1": printed("2"), "2": printed("1"), "3": Execution("time", "", None, "")}
    box = Scripted(lambda job: ends[job.stdin])
    report = check_program("x", cases, sandbox=box, stop_at_first=stop)
    assert len(box.seen) == run and report.first == 1
    assert report.verdict("x").outcome is Outcome.WRONG
    assert report.passed == (1 if stop else 2) and report.total == 5


def test_many_cases_just_within_their_limit_end_too() -> None:
    cases = [Case(kind="stdin", expected="1")] * 5
    box = Scripted(lambda job: printed("1"))
    report = check_program("x", cases, sandbox=box, total_s=-1.0)
    assert len(box.seen) == 1 and report.verdict("x").reason == "over its time in all"
    assert check_program("x", cases[:1], sandbox=box, total_s=-1.0).first is None
    slow = Scripted(lambda job: Execution("ok", "1", None, "", seconds=3.0))
    report = check_program("x", cases, sandbox=slow, total_s=7.0)
    assert (report.passed, report.first, report.reason) == (3, 3, "over its time in all")
    assert check_program("x", cases, sandbox=slow, total_s=15.0).first is None


@given(st.lists(st.sampled_from(["ok", "wrong", "raised", "time", "memory", "died"]), min_size=1, max_size=6))
def test_report_and_verdict_agree(ends: list[str]) -> None:
    cases = [Case(kind="stdin", stdin=str(i), expected="1") for i in range(len(ends))]

    def does(job: Job) -> Execution:
        end = ends[int(job.stdin)]
        if end in ("ok", "wrong"):
            return printed("1" if end == "ok" else "2")
        return Execution(end, "", None, "E: x")  # type: ignore[arg-type]

    report = check_program("x", cases, sandbox=Scripted(does))
    verdict = report.verdict("x")
    assert report.total == len(ends) and report.passed == sum(r.outcome == "passed" for r in report.results)
    assert (verdict.outcome is Outcome.CORRECT) == (set(ends) == {"ok"})
    first = next((end for end in ends if end != "ok"), None)
    assert (verdict.outcome is Outcome.MALFORMED) == (first in ("time", "memory"))


def test_same_case_same_job_and_no_two_programs_share_a_nonce() -> None:
    case = Case(kind="assert", source="assert f(1) > 0")
    assert job_of("a = 1", case) == job_of("a = 1", case)
    assert job_of("a = 1", case).source.split()[-1] != job_of("a = 2", case).source.split()[-1]


@pytest.mark.parametrize(
    ("error", "name"),
    [("ValueError: x", "ValueError"), ("Odd: x", "an exception"), ("", "an exception"), ("print: x", "an exception")],
)
def test_exceptions_are_named_by_pythons_own_words(error: str, name: str) -> None:
    assert raised_name(error) == name


F = "def f():\n    return 1\n"


@pytest.mark.parametrize(
    ("reply", "program"),
    [
        (f"Here:\n```python\n{F}```\nDone.", F), (f"```py\n{F}```", F), (f"```Python3\n{F}\n```", F),
        (f"```python\nx = 1\n```\nBetter:\n```python\n{F}```", F), (f"```python\n{F}```\nprints\n```text\n1\n```", F),
        (f"```\n{F}```", F), (f"```text\nno\n```\n```\n{F}```", F), (f"~~~python\n{F}~~~", F),
        (f"````python\n{F}```\n````", F + "```\n"), (f"<answer>{F}</answer>", F), (F, F),
        (f"print(1)\n{F}", f"print(1)\n{F}"),
        (f"<think>```python\nx = 1\n```</think>```python\n{F}```", F), (f"<answer>```python\n{F}```</answer>", F),
        ("- so\n  ```python\n  x = 1\n  y = 2\n  ```", "x = 1\ny = 2\n"),
        (f"```python\n{F}```".replace("\n", "\r\n"), F),
        (f"```python title=\"a.py\"\n{F}```", F), (f"``` {{.python}}\n{F}```", F),
    ],
)  # fmt: skip
def test_the_program_of_a_reply(reply: str, program: str) -> None:
    assert program_text(reply).rstrip("\n") == program.rstrip("\n")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "no program"), ("No.", "no program"), ("I think", "no program"), ("42", "no program"),
        ("hello", "no program"),
        (f"```python\n{F}", "never closed"), (f"```python\n{F}```\nor\n```python\nx", "never closed"),
        ("```python\n\n```", "empty program"), ("<answer></answer>", "empty"), (f"<answer>{F}", "never ends"),
        (f"<think>```python\n{F}```", "thinking never ends"), ("x" * 300_000, "over 200000"),
        ("```python\n" + "x = 1\n" * 10_000 + "```", f"over {MAX_PROGRAM_CHARS}"),
        ("The answer is `f(x)`.", "no program"),
    ],
)  # fmt: skip
def test_what_is_no_program(reply: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        program_text(reply)


@given(st.text(alphabet="`~pyx \n<>/answer(=1", max_size=60))
def test_program_text_raises_only_malformed(reply: str) -> None:
    with contextlib.suppress(Malformed):
        assert program_text(reply).strip()


def test_grading_a_reply(box: Sandbox) -> None:
    assert grade_program(CALLS, f"```python\n{GCD}```", sandbox=box).outcome is Outcome.CORRECT
    assert grade_program(CALLS, "no idea", sandbox=box).outcome is Outcome.MALFORMED
