"""The published policies about programs hold, line by line, at both levels; what is declared of an answer applies."""

import ast
import re
from pathlib import Path

import pytest

from generators.answers.declared import Declared
from generators.programs.by_tests import grade_by_tests
from generators.programs.case_rows import read_cases
from generators.programs.prelude import prelude_code
from generators.sandbox.sandbox import Job, Sandbox
from pipeline.exchange.programs import Around
from pipeline.problem import Json, Outcome, Verdict
from tests.generators.boxes import LEVELS, made

POLICIES = (Path(__file__).parents[3] / "docs" / "programs.md").read_text()


def lines(columns: int) -> list[list[str]]:
    """Return the rows of the tables of so many columns, each cell without its backticks."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in POLICIES.splitlines() if line.startswith("|")]
    return [
        [re.sub(r"\A`|`\Z", "", cell) for cell in row] for row in rows if len(row) == columns and "`" in "".join(row)
    ]


@pytest.fixture(scope="module", params=LEVELS)
def box(request: pytest.FixtureRequest):
    with made(request.param) as found:
        yield found


def in_layout(layout: str, expected: str, stdin: str = "") -> tuple[Json, Around]:
    """Return tests in a layout that expect a text, or a value as JSON or Python writes it."""
    if layout.endswith("stdin"):
        expected = expected.replace("\\n", "\n")
    return {
        "our own, stdin": lambda: [{"kind": "stdin", "stdin": stdin, "expected": expected}],
        "our own, call": lambda: [{"kind": "call", "call": "f", "args": [], "expected": ast.literal_eval(expected)}],
        "APPS, TACO, stdin": lambda: {"inputs": [stdin], "outputs": [expected]},
        "APPS, TACO, fn_name": lambda: {"fn_name": "f", "inputs": [[]], "outputs": [ast.literal_eval(expected)]},
        "LiveCodeBench, stdin": lambda: [{"input": stdin, "output": expected, "testtype": "stdin"}],
        "LiveCodeBench, functional": lambda: [{"input": "", "output": expected, "testtype": "functional"}],
        "LeetCode, check(candidate)": lambda: f"def check(candidate):\n    assert candidate() == {expected}",
    }[layout](), Around("Solution().f" if layout.startswith("LeetCode") else "f" if "stdin" not in layout else "")


def judged(layout: str, expected: str, given: str, box: Sandbox) -> Verdict:
    tests, around = in_layout(layout, expected)
    printed = f"print({given.encode().decode('unicode_escape')!r}, end='')\n"
    method = f"class Solution:\n    def f(self):\n        return {given}\n"
    function = f"def f():\n    return {given}\n"
    program = printed if layout.endswith("stdin") else function if layout.startswith("our own") else method
    return grade_by_tests(tests, f"```python\n{program}```", around=around, sandbox=box)


@pytest.mark.parametrize(("layout", "policy", "expected", "accepted", "rejected"), lines(5))
def test_published_comparisons_hold(box: Sandbox, layout, policy, expected, accepted, rejected) -> None:
    assert judged(layout, expected, accepted, box).outcome is Outcome.CORRECT, policy
    assert judged(layout, expected, rejected, box).outcome is Outcome.WRONG, policy


@pytest.mark.parametrize(("layout", "program", "said"), lines(3))
def test_published_programs_end_so(box: Sandbox, layout: str, program: str, said: str) -> None:
    tests, around = in_layout(layout, "2")
    verdict = grade_by_tests(tests, f"```python\n{program}\n```", around=around, sandbox=box)
    assert verdict.reason == said and (verdict.outcome is Outcome.CORRECT) == (said == "correct")


@pytest.mark.parametrize(("assertion", "asked", "compared", "certificate"), lines(4))
def test_published_assertions_are_decided_so(assertion: str, asked: str, compared: str, certificate: str) -> None:
    (case,) = read_cases([{"kind": "code", "source": assertion}])
    assert certificate == ("none" if case.kind == "assert" else "exact")
    if case.kind == "assert":
        assert not asked and compared.startswith("decided by the program")
        return
    source = case.source or f"{case.call}({', '.join(map(repr, case.args))})"
    assert (source.strip("[]"), str(case.expected)) == (asked, compared)


def test_the_tables_are_read() -> None:
    assert len(lines(5)) >= 16 and len(lines(4)) >= 12 and len(lines(3)) >= 6
    assert {row[0] for row in lines(5)} >= {"our own, stdin", "APPS, TACO, stdin", "LiveCodeBench, functional"}


NAMES = (
    "List[int]", "Optional[ListNode]", "Dict", "Deque", "heapify", "heappush", "defaultdict(int)", "deque([1])",
    "Counter('aa')['a'] == 2", "math.gcd(4, 6)", "gcd(4, 6)", "lcm(4, 6)", "itertools.chain", "accumulate([1])",
    "pairwise", "functools.reduce", "cache", "lru_cache(None)", "cmp_to_key", "bisect_left([1], 2)", "bisect.insort",
    "string.digits", "ascii_lowercase", "random.random()", "sys.maxsize", "re.sub", "inf", "pow(2, 9, 5) == 2",
    "datetime.date", "collections.OrderedDict", "operator.add", "time.time()", "copy.deepcopy([])", "sqrt(4)",
    "fractions.Fraction(1, 2)", "TreeNode(1).val == 1", "abs(-1)", "json.dumps", "StringIO", "open(0)", "comb(4, 2)",
    "heapq.merge", "mean([1])", "factorial(3)", "hash('a')", "set()", "max(1, 2)", "filter", "sum([1])",
    "is_same_list(list_node([1, 2]), list_node([1, 2]))", "not is_same_list(list_node([1]), list_node([1, 2]))",
    "is_same_tree(tree_node([1, None, 2]), tree_node([1, None, 2]))", "tree_node([1, None, 2]).right.val == 2",
    "not is_same_tree(tree_node([1, 2]), tree_node([1, None, 2]))", "tree_node([]) is None",
)  # fmt: skip


def test_a_contest_gives_its_names_and_takes_none_away(box: Sandbox) -> None:
    contest = prelude_code("contest")
    asked = "\n".join(f"assert ({name}) not in (None, False), {name!r}" for name in NAMES)
    found = box.run(Job(asked, prelude=contest))
    assert found.status == "ok", found
    own = "def gcd(a, b): return 'own'\nList = 3\nfrom math import pow\n"
    shown = box.run(Job(f"{own}print(gcd(4, 6), List, pow(2, 3))", prelude=contest))
    assert shown.stdout == "own 3 8.0\n"
    extra = box.run(Job("print(Own().x, gcd(4, 6))", prelude=prelude_code("contest\nclass Own:\n    x = 1")))
    assert extra.stdout == "1 2\n"


@pytest.mark.parametrize(
    ("tests", "program", "declared", "outcome"),
    [
        ({"inputs": [""], "outputs": ["0.5"]}, "print(0.501)", {}, Outcome.WRONG),
        ({"inputs": [""], "outputs": ["0.5"]}, "print(0.501)", {"tolerance": "0.01"}, Outcome.CORRECT),
        ({"inputs": [""], "outputs": ["0.5"]}, "print(0.5000001)", {"tolerance": "1e-9"}, Outcome.WRONG),
        ([{"kind": "stdin", "expected": "200.0"}], "print(201.0)", {"tolerance": "1%"}, Outcome.CORRECT),
        ([{"kind": "stdin", "expected": "200"}], "print(201.0)", {"tolerance": "1%"}, Outcome.CORRECT),
        ([{"kind": "stdin", "expected": "200.0"}], "print(203.0)", {"tolerance": "1%"}, Outcome.WRONG),
        ([{"kind": "stdin", "expected": "2\n1"}], "print('1\\n2')", {"order": "any"}, Outcome.CORRECT),
        ([{"kind": "stdin", "expected": "2\n1"}], "print('1\\n2')", {"order": "given"}, Outcome.WRONG),
        ("assert f() == [2, 1]", "def f(): return [1, 2]", {"order": "any"}, Outcome.CORRECT),
        ("assert f() == 0.5", "def f(): return 0.51", {"tolerance": "0.1"}, Outcome.CORRECT),
    ],
)
def test_what_is_declared_applies(box: Sandbox, tests, program, declared, outcome) -> None:
    verdict = grade_by_tests(tests, program, declared=Declared(**declared), sandbox=box)
    assert verdict.outcome is outcome


def test_integers_of_any_length_are_read_printed_returned_and_compared(box: Sandbox) -> None:
    ten = "1" + "0" * 5000
    streams = {"inputs": [ten], "outputs": [f"{ten}1"]}
    assert grade_by_tests(streams, "print(int(input()) * 10 + 1)", sandbox=box).outcome is Outcome.CORRECT
    assert grade_by_tests(streams, "print(int(input()) * 10)", sandbox=box).outcome is Outcome.WRONG
    functional = [{"input": f"[5000, {ten}]", "output": f"[-{ten}]", "testtype": "functional"}]
    right = "class Solution:\n    def f(self, x): return [-10**x[0]] if x[1] == 10**x[0] else 0"
    assert grade_by_tests(functional, right, around=Around("f"), sandbox=box).outcome is Outcome.CORRECT
    wrong = right.replace("[-10**x[0]]", "[10**x[0]]")
    assert grade_by_tests(functional, wrong, around=Around("f"), sandbox=box).outcome is Outcome.WRONG
    keyed = {"fn_name": "f", "inputs": [[{"1": 5}]], "outputs": [[5]]}
    assert grade_by_tests(keyed, "def f(x): return x[1]", sandbox=box).outcome is Outcome.CORRECT


def test_what_is_expected_is_never_too_long_to_print(box: Sandbox) -> None:
    numbers = "\n".join(map(str, range(60_000)))
    tests = {"inputs": [""], "outputs": [numbers]}
    assert grade_by_tests(tests, "for i in range(60000): print(i)", sandbox=box).outcome is Outcome.CORRECT
    assert grade_by_tests(tests, "while True: print(1)", sandbox=box).outcome is Outcome.MALFORMED


def test_a_mark_of_order_is_no_part_of_a_program_or_its_input(box: Sandbox) -> None:
    tests = {"inputs": ["\ufeff3\n"], "outputs": ["\ufeff4\n"]}
    for reply in ("\ufeffprint(int(input()) + 1)", "```python\n\ufeffprint(int(input()) + 1)\n```"):
        assert grade_by_tests(tests, reply, sandbox=box).outcome is Outcome.CORRECT
