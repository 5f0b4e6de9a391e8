"""Second opinions on programs: right ones agree with the reference, wrong ones differ, all else is not judged."""

import json
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.family import from_params, verify
from generators.programs.executions import Executions
from generators.sandbox.sandbox import Execution, Job, Limits, Sandbox, SandboxError
from generators.second.inputs import inputs_like
from generators.second.opinion import Question, opinion, opinions, question
from generators.second.programs import DIFFERENTIAL, ENOUGH, MOST, judged, task_of
from pipeline.problem import Json, Outcome

GCD = "def f(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
KTH = "def f(xs, k):\n    return sorted(xs)[-k]\n"
FIND = "def f(xs, t):\n    return xs.index(t) if t in xs else -1\n"
MEAN = "def f(xs):\n    return sum(xs) / len(xs)\n"
DEEP = """def f(s):
    depth = 0
    for letter in s:
        depth += 1 if letter == '(' else -1
        if depth < 0:
            return False
    return depth == 0
"""
ADD = "print(sum(map(int, input().split())))\n"
PEAK = "n = int(input())\nprint(max(map(int, input().split())))\n"
CALLS = {
    "gcd": (GCD, [[48, 36], [7, 5], [100, 10], [3, 9]]),
    "kth": (
        KTH,
        [[[3, 1, 2], 1], [[5, 9, 1, 1], 3], [[7], 1], [[2, 8, 4, 6, 1], 5], [[4, 4, 4, 9, 2], 1], [[1, 3, 3], 1]],
    ),
    "find": (FIND, [[[1, 3, 5], 3], [[2, 4, 6, 8], 5], [[1], 1], [[0, 10, 20, 30, 40], 40]]),
    "mean": (MEAN, [[[1, 2, 3]], [[4]], [[1, 5]], [[10, 20, 30, 41]]]),
    "deep": (DEEP, [["(())"], ["(()"], [")("], ["()()()"]]),
}
RIGHT = {
    "gcd": "import math\n\ndef f(a, b):\n    return math.gcd(a, b)\n",  # another sign where arguments are negative
    "kth": "def f(xs, k):\n    for _ in range(k - 1):\n        xs.remove(max(xs))\n    return max(xs)\n",
    "find": "from bisect import *\ndef f(xs, t):\n    i = bisect_left(xs, t)\n    return i if t in xs else -1\n",
    "mean": "import statistics\n\ndef f(xs):\n    return statistics.fmean(xs)\n",
    "deep": "def f(s):\n    while '()' in s:\n        s = s.replace('()', '')\n    return s == ''\n",
}
WRONG = {
    "gcd": "def f(a, b):\n    return {48: 12, 7: 1, 100: 10, 3: 3}.get(a, 1)\n",
    "kth": "def f(xs, k):\n    return sorted(set(xs))[-k]\n",
    "find": "def f(xs, t):\n    return {1: 1, 2: -1, 0: 4}.get(xs[0], 0) if len(xs) > 1 else 0\n",
    "mean": "def f(xs):\n    return sum(xs) // len(xs) if len(xs) < 4 else 25.25\n",
    "deep": "def f(s):\n    return s.count('(') == s.count(')') and s != ')('\n",
}


PROMISES = {
    "a mountain": (
        "def f(xs):\n    return xs.index(max(xs))\n", [[[0, 2, 1]], [[1, 3, 5, 4]], [[0, 10, 5, 2]], [[3, 4, 5, 1]]],
        "def f(xs):\n    i = 0\n    while xs[i] < xs[i + 1]:\n        i += 1\n    return i\n",
    ),
    "a sorted list, turned": (
        "def f(xs):\n    return min(xs)\n", [[[3, 4, 5, 1, 2]], [[4, 5, 6, 7, 0, 1, 2]], [[11, 13, 15, 17]]],
        "def f(xs):\n    return next((b for a, b in zip(xs, xs[1:]) if b < a), xs[0])\n",
    ),
    "one number missing": (
        "def f(xs):\n    return len(xs) * (len(xs) + 1) // 2 - sum(xs)\n", [[[0, 1, 3]], [[0]], [[1, 2, 0, 4, 3, 5,
        7]], [[1]]],
        "def f(xs):\n    return next(i for i in range(len(xs) + 1) if i not in xs)\n",
    ),
    "one that stands alone": (
        "def f(xs):\n    r = 0\n    for x in xs:\n        r ^= x\n    return r\n", [[[1, 2, 1]], [[4]], [[7, 3, 5,
        3, 7]], [[2, 2, 9]]],
        "def f(xs):\n    return next(x for x in xs if xs.count(x) == 1)\n",
    ),
    "a majority": (
        "def f(xs):\n    return max(set(xs), key=xs.count)\n", [[[1, 1, 2]], [[3]], [[2, 2, 1, 1, 1]], [[5, 5, 6,
        5]]],
        "def f(xs):\n    return sorted(xs)[len(xs) // 2]\n",
    ),
    "a square": (
        "def f(m):\n    return all(m[i][j] == m[j][i] for i in range(len(m)) for j in range(len(m)))\n",
        [[[[1, 2], [2, 1]]], [[[5]]], [[[1, 2], [3, 4]]], [[[1, 0, 2], [0, 1, 3], [2, 3, 1]]]],
        "def f(m):\n    return [list(column) for column in zip(*m)] == m\n",
    ),
    "edges among so many": (
        "def f(n, es):\n    group = list(range(n))\n    for a, b in es * n:\n        group[a] = group[b] = "
        "min(group[a], group[b])\n    return not any(group)\n",
        [[3, [[0, 1], [1, 2]]], [4, [[0, 1], [2, 3]]], [1, []], [2, [[1, 0]]], [4, [[0, 3], [1, 2], [3, 1]]]],
        "def f(n, es):\n    seen = {0}\n    for _ in es:\n        seen |= {x for e in es for x in e if seen & set(e)}\n"
        "    return len(seen) == n\n",
    ),
    "pairs in a row": (
        "def f(xs):\n    return [a + b for a, b in zip(xs[::2], xs[1::2])]\n",
        [[[1, 2, 3, 4]], [[5, 6]], [[7, 8, 9, 1, 2, 3]]],
        "def f(xs):\n    return [xs[2 * i] + xs[2 * i + 1] for i in range((len(xs) + 1) // 2)]\n",
    ),
    "one divides the other": (
        "def f(a, b):\n    return a // b\n", [[6, 3], [10, 5], [4, 4], [100, 10]],
        "def f(a, b):\n    n = 0\n    while b * n != a and n < 500:\n        n += 1\n    return n\n",
    ),
    "words of equal length": (
        "def f(a, b):\n    return sum(x != y for x, y in zip(a, b))\n", [["karolin", "kathrin"], ["abc", "abd"],
        ["aaaa", "bbbb"]],
        "def f(a, b):\n    return sum(a[i] != b[i] for i in range(len(b)))\n",
    ),
}  # fmt: skip
"""Reference, cases, and a program that is right only where a promise that no text here states is kept."""


def params(reference: str, inputs: list[Json], **more: Json) -> Json:
    call = {"kind": "call", "call": "f"}
    rows = [
        {**call, "args": i, **more} if isinstance(i, list) else {"kind": "stdin", "stdin": i, **more} for i in inputs
    ]
    return {"question": "Do it.", "reference": reference, "cases": rows}


def fenced(program: str) -> str:
    return f"Here it is:\n```python\n{program}```\nDone."


@pytest.fixture(scope="module")
def runner() -> Iterator[Executions]:
    try:
        with Sandbox() as sandbox:
            yield Executions(sandbox)
    except SandboxError as error:
        pytest.skip(str(error))


def said(runner: Executions, task: Json, program: str) -> bool | None:
    return judged(task, fenced(program), runner)[0]


@pytest.mark.parametrize("name", CALLS)
def test_right_programs_agree_wrong_ones_differ_on_inputs_that_no_case_has(runner: Executions, name: str) -> None:
    reference, inputs = CALLS[name]
    task = task_of(params(reference, inputs))
    assert said(runner, task, reference) is said(runner, task, RIGHT[name]) is True
    right, judge, why = judged(task, fenced(WRONG[name]), runner)
    assert right is False and judge == DIFFERENTIAL and why.startswith("differs from the reference on ")


@pytest.mark.parametrize("promise", PROMISES)
def test_a_right_program_is_not_called_wrong_where_its_inputs_keep_a_promise(runner: Executions, promise: str) -> None:
    reference, inputs, right = PROMISES[promise]
    task = task_of(params(reference, inputs))
    assert said(runner, task, right) is True


def test_texts_of_an_unknown_form_are_not_varied() -> None:
    assert isinstance(task_of(params("def f(s):\n    return s[:4]\n", [["2020-01-05"], ["1999-12-31"]])), str)


@pytest.mark.parametrize(
    ("reference", "inputs", "right", "wrong"),
    [
        (ADD, ["1 2\n", "30 4\n", "5 6\n"], "a, b = map(int, input().split())\nprint(a + b)\n",
         "a, b = map(int, input().split())\nprint({1: 3, 30: 34, 5: 11}.get(a, 0))\n"),
        (PEAK, ["3\n1 2 3\n", "1\n7\n", "5\n9 1 2 9 4\n", "4\n2 1 3 8\n", "2\n5 6\n", "3\n4 2 5\n"],
        "n = int(input())\na = list(map(int, input().split()))\nprint(sorted(a)[n - 1])\n",
         "n = int(input())\na = list(map(int, input().split()))\nprint(a[-1] if n < 5 else 9)\n"),
    ],
)  # fmt: skip
def test_programs_that_read_are_compared_too(
    runner: Executions, reference: str, inputs: list[Json], right: str, wrong: str
) -> None:
    task = task_of(params(reference, inputs, expected=""))
    assert said(runner, task, right) is True and said(runner, task, wrong) is False


def test_a_count_in_a_text_stays_a_count() -> None:
    found = inputs_like(["3\n1 2 3\n", "1\n7\n", "5\n9 1 2 9 4\n"], text=True, most=MOST)
    assert found is not None and len(found.new) >= ENOUGH
    for text in found.new:
        count, numbers = text.splitlines()
        assert int(count) == len(numbers.split()) and all(1 <= int(word) <= 9 for word in numbers.split())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 50), min_size=2, max_size=6), st.integers(1, 2)), min_size=3, max_size=8)
)
def test_new_inputs_stay_within_what_the_cases_show_and_are_always_the_same(cases: list[tuple[list[int], int]]) -> None:
    rows = [[sorted(numbers), k] for numbers, k in cases]
    found = inputs_like(rows, text=False, most=MOST)
    assert found is not None and found == inputs_like(rows, text=False, most=MOST) and found.seen == rows
    numbers = [number for row in rows for number in row[0]]
    for new, k in found.new:
        assert [new, k] not in rows and new == sorted(new) and 1 <= k <= len(new)
        assert min(numbers) <= min(new) and max(new) <= max(numbers)


UNJUDGED = [
    {"question": "?", "cases": [{"kind": "stdin", "stdin": "1\n", "expected": ""}]},
    params(GCD, [[48, 36]] * 2 + [["a"]]), params(GCD, [[1, 1]]), params("def g():\n    pass\n", CALLS["gcd"][1]),
    params(GCD, CALLS["gcd"][1], checker="boxed"), params(ADD, ["1\n", "1\n2\n"], expected=""),
    {"reference": GCD, "cases": [{"kind": "assert", "source": "assert f(1, 2)"}]},
    {"reference": GCD, "cases": [{"kind": "code", "source": "for i in 1, 2:\n    assert f(i, 2) == 1"}]},
    {"reference": GCD, "cases": [*params(GCD, CALLS["gcd"][1])["cases"], {"kind": "code",
    "source": "assert f(4, 6) > 1"}]},
    {"reference": GCD, "cases": [*params(GCD, CALLS["gcd"][1])["cases"], {"kind": "code",
    "source": "assert abs(f(4, 6)) == 2"}]},
    params(GCD, CALLS["gcd"][1], relation="<="), params(GCD, CALLS["gcd"][1], setup="import math"),
    {"reference": "(", "cases": params(GCD, CALLS["gcd"][1])["cases"]},
]  # fmt: skip


@pytest.mark.parametrize("row", UNJUDGED)
def test_without_a_reference_or_inputs_of_one_kind_a_problem_is_not_judged(row: Json) -> None:
    assert isinstance(task_of(row), str)


def test_test_code_is_read_as_it_calls() -> None:
    code = "def check(candidate):\n" + "".join(f"    assert candidate({a}, {b}) == 1\n" for a, b in CALLS["gcd"][1])
    task = task_of({"reference": GCD, "cases": [{"kind": "code", "source": code, "entry": "f"}]})
    assert task["call"] == "f" and task["seen"] == CALLS["gcd"][1]
    truth = "assert not f(1, 2)\nassert f(3, 9)\nassert f(8, 4) is True\nassert f((1,), 2) == 1\nassert f(5, 6) == 1\n"
    assert task_of({"reference": GCD, "cases": [{"kind": "code", "source": truth}]})["seen"] == [
        [1, 2],
        [3, 9],
        [8, 4],
        [5, 6],
    ]


REPLIES = [
    (None, "no program"), (None, f"```python\n{GCD}"), (None, fenced(GCD) + fenced(KTH)), (True,
    fenced(GCD) + fenced(GCD)),
    (None, fenced("def f(a, b:\n")), (False, fenced("def g(a, b):\n    return 1\n")), (None, fenced("f = max\n")),
    (True, f"<think>{fenced(KTH)}</think>{fenced(GCD)}"), (False, fenced("def f(a, b):\n    return None\n")),
    (False, fenced("def f(a):\n    return a\n")), (None, fenced("def f(a, b):\n    while True:\n        pass\n")),
]  # fmt: skip


@pytest.mark.parametrize(("right", "reply"), REPLIES)
def test_what_is_no_one_program_and_what_breaks_a_limit_is_not_judged(
    runner: Executions, right: bool | None, reply: str
) -> None:
    task = {**task_of(params(GCD, CALLS["gcd"][1])), "limits": {"cpu_s": 0.3, "wall_s": 1.0}}
    assert judged(task, reply, runner)[0] is right


class Told:
    """A runner that gives a reference's and a program's values in turn."""

    level, limits = "off", Limits()

    def __init__(self, wanted: Json, found: Json) -> None:
        self._values = (wanted, found)

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        return next(self.run_all([job]))

    def run_all(self, jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Execution]:
        for i, job in enumerate(jobs):
            value = self._values[i % 2]
            yield Execution("ok", "" if job.call else str(value), value, "")


VALUES = [
    (True, 1, 1.0), (True, [1, [2]], [1, [2]]), (True, 0.1 + 0.2, 0.3), (True, "a b", "a b"), (True, {"a": 1},
    {"a": 1}),
    (False, 1, 2), (False, 0.5, 0.6), (False, [1, 2], [2, 1]), (False, [1], [1, 1]), (False, None, 0), (False, "a",
    "b"),
    (False, "a", "A"), (False, {"a": 1}, {"a": 2}), (False, {"a": 1}, {"b": 1}), (None, 1, True), (None, "a b", "ab"),
    (None, 0.33333, 0.33334), (None, {"$set": [1, 2]}, {"$set": [2, 1]}), (False, True, False), (False, [1, True],
    [2, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wanted", "found"), VALUES)
def test_values_are_compared_for_certain_or_not_at_all(right: bool | None, wanted: Json, found: Json) -> None:
    task = task_of(params(GCD, CALLS["gcd"][1]))
    assert judged(task, fenced(GCD), Told(wanted, found))[0] is right


TEXTS = [
    (True, "1 2\n", "1  2"), (True, "2.5", "2.50"), (False, "1 2", "1 3"), (False, "12", "21"), (None, "Yes", "YES"),
    (None, "1 2", "1\n2"), (False, "Yes", "No"), (False, "1 2", "1 2 3"), (None, "0.33333", "0.33334"), (False,
    "10", "10.5"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wanted", "found"), TEXTS)
def test_outputs_are_compared_for_certain_or_not_at_all(right: bool | None, wanted: str, found: str) -> None:
    task = task_of(params(ADD, ["1 2\n", "30 4\n", "5 6\n"], expected=""))
    assert judged(task, fenced(ADD), Told(wanted, found))[0] is right


def test_what_the_cases_declare_of_order_and_tolerance_is_honoured() -> None:
    gcd = CALLS["gcd"][1]
    assert judged(task_of(params(GCD, gcd, checker="any_order")), fenced(GCD), Told([1, 2], [2, 1]))[0] is True
    assert judged(task_of(params(GCD, gcd, checker="any_order")), fenced(GCD), Told([1, 2], [2, 2]))[0] is False
    assert judged(task_of(params(GCD, gcd, absolute=0.1)), fenced(GCD), Told(1.0, 1.05))[0] is True
    assert judged(task_of(params(GCD, gcd, absolute=0.1)), fenced(GCD), Told(1.0, 1.2))[0] is False
    assert judged(task_of(params(GCD, gcd, relative=0.1)), fenced(GCD), Told(100.0, 109.0))[0] is True
    lines = params(ADD, ["1 2\n", "30 4\n", "5 6\n"], expected="", checker="any_order")
    assert judged(task_of(lines), fenced(ADD), Told("a\nb", "b\na"))[0] is True


class Missing(Told):
    """A runner where no program can be run."""

    def run_all(self, jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Execution]:
        raise SandboxError("no sandbox")


def test_where_no_program_can_be_run_nothing_is_said() -> None:
    found = judged(task_of(params(GCD, CALLS["gcd"][1])), fenced(GCD), Missing(1, 1))
    assert found == (None, DIFFERENTIAL, "programs cannot be run here: no sandbox")


def test_a_false_accept_of_weak_tests_is_found_from_the_problem_alone(runner: Executions) -> None:
    """The stored cases let a wrong program pass; inputs between them do not."""
    cases = [
        {
            "kind": "code",
            "source": "\n".join(f"assert f({a}, {b}) == {c}" for a, b, c in ((48, 36, 12), (7, 5, 1), (100, 10, 10))),
        }
    ]
    problem = from_params("code/tests", {"question": "gcd", "cases": cases, "reference": GCD}, rendering="plain")
    lucky = fenced("def f(a, b):\n    return {48: 12, 7: 1, 100: 10}.get(a, 1)\n")
    assert verify(problem, lucky).outcome is Outcome.CORRECT
    asked = question(problem, lucky)
    assert asked.kind == "program" and len(asked.task["new"]) >= ENOUGH and json.dumps(asked.task)
    assert opinion(asked, sandbox=runner).right is False
    replies = [question(problem, reply) for reply in (fenced(GCD), lucky)]
    other = Question("7", "<answer>7</answer>", "integer", "tag")
    assert [found.right for found in opinions([replies[0], other, replies[1]])] == [True, True, False]
