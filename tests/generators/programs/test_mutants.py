"""Mutants: distinct, parseable, the same every time; strong tests kill them, weak ones are shown what they miss."""

import ast
import time

import pytest

from generators.programs.asserts import parse_program
from generators.programs.case_rows import read_cases
from generators.programs.cases import Case
from generators.programs.differential import differential, halves, nearby
from generators.programs.executions import Executions
from generators.programs.faults import OPERATORS, one_line, slots
from generators.programs.mutants import mutants, strength
from generators.sandbox.sandbox import Sandbox
from pipeline.errors import FamilyError
from tests.generators.boxes import real_sandbox

BIG = """def big(xs):
    \"\"\"The largest, or None.\"\"\"
    if not xs:
        return None
    best = xs[0]
    for x in xs[1:]:
        if x > best:
            best = x
    return best
"""
SPAN = "n = int(input())\nfor i in range(1, n + 1):\n    if i % 3 == 0 and n - i >= 2:\n        print(i * 2)\n"


@pytest.fixture(scope="module")
def box():
    for sandbox in real_sandbox():
        yield Executions(sandbox)


def asserts(*sources: str):
    return read_cases([{"kind": "code", "source": source} for source in sources])


STRONG = asserts(
    "assert big([]) is None", "assert big([3, 1, 2]) == 3", "assert big([1, 2]) == 2", "assert big([-1]) == -1"
)
WEAK = asserts("assert big([1, 2, 3]) == 3")


@pytest.mark.parametrize("source", [BIG, SPAN])
def test_mutants_are_distinct_parse_and_repeat(source: str) -> None:
    made = mutants(source)
    texts = [mutant.source for mutant in made]
    assert len(set(texts)) == len(texts) >= 8
    assert ast.unparse(ast.parse(source)) not in texts
    assert all(ast.parse(text) for text in texts)
    assert made == mutants(source) and {m.operator for m in made} <= set(OPERATORS)
    lines = source.split("\n")
    for mutant in made:
        before, _, after = mutant.diff.partition(" -> ")
        assert before != after and "\n" not in mutant.diff and 1 <= mutant.line <= len(lines)


@pytest.mark.parametrize(
    ("source", "operator", "diff"),
    [
        ("a < b", "comparison", "a < b -> a <= b"), ("a < b", "comparison", "a < b -> a >= b"),
        ("a == b", "comparison", "a == b -> a != b"), ("x + y", "arithmetic", "x + y -> x - y"),
        ("x += 1", "arithmetic", "x += 1 -> x -= 1"), ("x = 3", "constant", "3 -> 4"), ("x = 3", "constant", "3 -> 2"),
        ("range(n)", "boundary", "range(n) -> range(n + 1)"), ("x[1:n]", "boundary", "1:n -> 1:n + 1"),
        ("x = a and b", "condition", "a and b -> a or b"), ("if a: b()", "condition", "if a: b() -> if not a: b()"),
        ("f(x)", "removal", "f(x) -> pass"), ("f(x, y)", "arguments", "f(x, y) -> f(y, x)"),
        ("max(x)", "arguments", "max(x) -> min(x)"), ("def f():\n    return x", "return", "return x -> return 0"),
        ("x = True", "constant", "True -> False"), ("while a: b()", "condition", "while a: b() -> while not a: b()"),
        ("while a:\n    break", "removal", "break -> continue"),
    ],
)  # fmt: skip
def test_every_kind_of_fault(source: str, operator: str, diff: str) -> None:
    assert (operator, diff) in [(mutant.operator, mutant.diff) for mutant in mutants(source)]


def test_what_only_says_something_is_left_alone() -> None:
    quiet = '"""Doc."""\ndef f(x: int = None) -> "int":\n    """Doc."""\nif __name__ == "__main__":\n    f\n'
    assert mutants(quiet) == []
    with pytest.raises(FamilyError, match="not Python"):
        mutants("def f(")


def test_strong_tests_kill_and_weak_ones_let_live(box: Executions) -> None:
    strong = strength(BIG, STRONG, sandbox=box)
    weak = strength(BIG, WEAK, sandbox=box)
    assert strong.total == weak.total == strong.made == len(mutants(BIG))
    assert weak.killed < strong.killed and weak.score < strong.score
    for found in (strong, weak):
        assert found.killed + len(found.survivors) + len(found.equal) == found.total and found.undecided == 0
        low, high = found.interval
        assert low <= found.score <= high
    # starting at xs[0] again, or taking a later equal, gives the same largest: no test can kill these two
    assert [mutant.diff for mutant in strong.equal] == ["1 -> 0", "x > best -> x >= best"] and not strong.survivors
    holes = {survivor.mutant.diff: survivor.difference for survivor in weak.survivors}
    assert "0 -> 1" in holes and all(holes.values())


def test_a_difference_is_a_test_that_was_missing(box: Executions) -> None:
    """Adding the input a survivor differs on kills that survivor."""
    weak = strength(BIG, WEAK, sandbox=box)
    for survivor in weak.survivors:
        found = survivor.difference
        assert found is not None
        more = Case(kind="call", call="big", args=tuple(found.input), expected=found.expected)
        assert survivor.mutant not in {s.mutant for s in strength(BIG, [*WEAK, more], sandbox=box).survivors}


def written_whole(source: str) -> list[tuple[str, int, str, str]]:
    """The definition, slow: every fault put into the whole program, which is then written, compared and parsed."""
    tree = ast.parse(source)
    seen, found = {ast.unparse(tree)}, []
    for node, put in list(slots(tree)):
        for operator, change in OPERATORS.items():
            for after in change(node):
                put(after)
                text = ast.unparse(tree)
                put(node)
                if text not in seen and parse_program(text) is not None:
                    seen.add(text)
                    found.append((text, node.lineno, operator, f"{one_line(node)} -> {one_line(after)}"))
    return sorted(found, key=lambda one: one[1])


ODD = '''"""Doc."""
from math import gcd
@cache
class A(B):
    """Doc
    of two lines."""
    x = [1, 2][0:1]
    async def f(self, *a, b=2):
        async with c as d:
            return f"{b + 1:>{a}} {'x' if b else ''}"
if __name__ == "__main__":
    pass
x = """
text""" + "y"
match x:
    case [1, "a"] | {"k": None}:
        x += 1
lambda: (yield 1)
def last(): return max(1, 2) if not x else -x
'''


@pytest.mark.parametrize("source", [BIG, SPAN, ODD, "", "1", "x = 1", "def f(): pass", "'doc'\ny = 2\n'text'"])
def test_a_fault_costs_its_own_statement_and_changes_no_mutant(source: str) -> None:
    made = [(mutant.source, mutant.line, mutant.operator, mutant.diff) for mutant in mutants(source)]
    assert made == written_whole(source)


LONG = "".join(f"def f{i}(x):\n    if x > {i}:\n        return x + {i}\n    return x * 2\n" for i in range(500))


def test_a_long_program_costs_about_as_much_as_it_is_long(box: Executions) -> None:
    program = f"{LONG}print(f3(int(input())))\n"
    cases = [Case(kind="stdin", stdin="9", expected="12"), Case(kind="stdin", stdin="2", expected="4")]
    begin = time.process_time()
    found = strength(program, cases, sandbox=box, limit=2)
    again = strength(program, cases, sandbox=box, limit=2)
    assert time.process_time() - begin < 10, "some 9,000 faults of 40,000 characters each"
    assert found == again and found.total == 2 and found.made > 4000 and found.other_inputs < 10
    assert all(sum(a != b for a, b in zip(LONG.split(), mutant.source.split(), strict=False)) for mutant in found.equal)


def test_mutants_that_never_end_are_killed_and_the_draw_is_bounded(box: Executions) -> None:
    loop = "n = int(input())\nwhile n > 0:\n    n -= 1\nprint('done', n)\n"
    cases = [Case(kind="stdin", stdin="3", expected="done 0")]
    assert any("n += 1" in mutant.source for mutant in mutants(loop))
    found = strength(loop, cases, sandbox=box, limit=3)
    assert found.total == 3 < found.made


def test_workers_change_nothing(box: Executions) -> None:
    assert strength(BIG, WEAK, sandbox=box, at_once=3) == strength(BIG, WEAK, sandbox=box)


def test_a_reference_that_is_wrong_is_a_data_error(box: Executions) -> None:
    with pytest.raises(FamilyError, match="fails its own cases at case 2: another value"):
        strength(BIG.replace(">", "<"), STRONG, sandbox=box)
    with pytest.raises(FamilyError, match="no cases"):
        strength(BIG, [], sandbox=box)
    assert strength("", [Case(kind="stdin", expected="")], sandbox=box).made == 0


def test_differential_finds_and_shrinks_the_first_difference(box: Sandbox) -> None:
    inputs = [[[5, 7]], [[]], [[40, 30, 20, 10]]]
    same = differential(BIG, "def big(xs): return max(xs, default=None)", inputs, sandbox=box, call="big")
    assert (same.agreed, same.total, same.unusable, same.first) == (3, 3, 0, None)
    last = differential("def big(xs): return xs[-1] if xs else None", BIG, inputs, sandbox=box, call="big")
    assert (last.agreed, last.total) == (2, 3) and last.first is not None
    (shrunk,) = last.first.input
    assert len(shrunk) == 2 and shrunk[0] > shrunk[1] >= 0 and last.first.expected == shrunk[0]


def test_inputs_the_reference_refuses_count_for_nobody(box: Sandbox) -> None:
    found = differential("print(1)", "print(10 // int(input()))", ["10", "0", "x", "5"], sandbox=box)
    assert (found.agreed, found.total, found.unusable) == (1, 2, 2)


@pytest.mark.parametrize("value", [0, 7, -7, 2.5, "", "ab\ncd\n", [], [1, [2, 3]], True, None])
def test_halves_shrink_and_end(value) -> None:
    def size(of) -> float:
        if isinstance(of, list):
            return 1 + sum(1 + size(item) for item in of)
        return len(of) if isinstance(of, str) else abs(of or 0)

    assert all(size(less) < size(value) for less in halves(value))


def test_nearby_inputs_are_new_distinct_and_bounded() -> None:
    given = [[[1, 2, 3], "a b"], [[], "x"]]
    found = nearby(given, most=20)
    assert len(found) == 20 and found == nearby(given, most=20)
    assert not any(this in given for this in found) and all(len(this) == 2 for this in found)
    assert "4\n1 2 3\n" in nearby(["3\n1 2 3\n"])
