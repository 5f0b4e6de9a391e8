"""Assertions become expressions and values; what cannot is kept word for word; nothing of a test is dropped."""

import ast
import json
from collections import deque
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.programs.asserts import cases_of_asserts, parse_program
from generators.programs.cases import Case, matches, same_value
from generators.programs.words import PLAIN, plain, plain_source
from pipeline.errors import FamilyError


def one(source: str, **more) -> Case:
    (case,) = cases_of_asserts(source, **more)
    return case


@pytest.mark.parametrize(
    ("source", "asked", "expected"),
    [
        ("assert f(1, [2]) == 3", ("f", (1, [2])), 3),
        ("assert 3 == f(1)", ("f", (1,)), 3),
        ("assert f('a') == {'k': [1, -2.5]}", ("f", ("a",)), {"k": [1, -2.5]}),
        ("assert f(1) == (1, 2), 'message'", ("f", (1,)), [1, 2]),
        ("assert f((1, 2)) == 3", "f((1, 2))", 3),
        ("assert f(x=1) == 3", "f(x=1)", 3),
        ("assert f({1, 2}) == 3", "f({1, 2})", 3),
        ("assert f(1) == {1, 2}", "f(1)", {"$set": [1, 2]}),
        ("assert f(1) == {1: 2}", "f(1)", {"$map": [[1, 2]]}),
        ("assert set(f([1])) == {1}", "set(f([1]))", {"$set": [1]}),
        ("assert f(1)[0] == 'a'", "f(1)[0]", "a"),
        ("assert f(1) is None", ("f", (1,)), None),
        ("assert f(1) == (3 + 5, 2 * -4, 0**0, 2**10, 1 / 2)", ("f", (1,)), [8, -8, 1, 1024, 0.5]),
        ("assert set(f(1)) == set([4, 5])", "set(f(1))", {"$set": [4, 5]}),
        ("assert f(1) == sorted([3, 1]) and True", ("f", (1,)), [1, 3]),
        ("assert f([1, 0**0]) == 1", ("f", ([1, 0**0],)), 1),
        ("assert True, 'words'\nassert f(1) == tuple([1])", ("f", (1,)), [1]),
        ("assert f(1) == True", ("f", (1,)), True),
    ],
)
def test_simple_forms_keep_their_comparison_outside(source: str, asked, expected) -> None:
    case = one(source)
    assert (case.kind, case.expected) == ("call", expected)
    assert (case.source if isinstance(asked, str) else (case.call, case.args)) == asked


@pytest.mark.parametrize(
    ("source", "absolute", "relative"),
    [
        ("assert abs(f(2) - 0.5) < 1e-6", 1e-6, 0.0),
        ("assert abs(0.5 - f(2)) <= 0.1", 0.1, 0.0),
        ("import math\nassert math.isclose(f(2), 0.5, rel_tol=0.001)", 0.0, 0.001),
        ("assert isclose(0.5, f(2), abs_tol=0.2)", 0.2, 1e-9),
    ],
)
def test_tolerances_are_declared(source: str, absolute: float, relative: float) -> None:
    case = one(source)
    assert (case.call, case.expected, case.absolute, case.relative) == ("f", 0.5, absolute, relative)


@pytest.mark.parametrize(
    "source",
    [
        "assert f(1) == 1 or f(2) == 2", "assert f(1) or f(2)", "assert f(1) if f(2) else f(3)",
        "assert any(f(i) == i for i in range(3))", "assert f(1) is f(2)", "assert hasattr(f(1), 'x')",
        "for i in g(3):\n    assert f(i) == i", "for i in range(900):\n    assert f(i) == i",
        "assert np.allclose(f(1), 2)", "import numpy as np\nassert np.all(f(1) == 2)", "assert f(1) is not 2",
        "assert f(1) == {**{}}", "assert f'{f(1)}' == '1'", "assert is_even(double(1))", "assert g(f(1)) is None",
        "assert is_even(double(1)) == True", "assert abs(p([1], f([1]))) < 1e-4", "assert Stack() == Stack()",
        "s = Stack()\nassert s + s == 3", "assert Color.RED == f(1)", "assert isinstance(f(1), Shape)",
        "from collections import Counter\nassert isinstance(f(1), Counter)", "t = Trie()\nassert t.startswith('a')",
        "try:\n    f(1)\nexcept ValueError:\n    pass", "assert (yes := f(1)) and yes",
        "try:\n    f(1)\n    assert False\nexcept Exception:\n    pass",  # a test as users write it, only read here
        "if f(1):\n    assert f(1) == 1",
        "with pytest.raises(ValueError, match='x'):\n    f(1)", "def want(x):\n    return x\nassert f(1) == want(1)",
        "def same(a, b):\n    assert a == b\nsame(f(1), 1)", "for x in (1, 2):\n    x = x + 1\n    assert f(x) == x",
    ],
)  # fmt: skip
def test_other_forms_are_kept_word_for_word(source: str) -> None:
    assert one(source) == Case(kind="assert", source=source)


def test_a_mixture_is_turned_as_far_as_it_goes_and_kept_whole() -> None:
    source = "xs = [1, 2]\nassert f(xs) == 3\nassert hasattr(f(xs), 'x')\nassert f([9]) == 1"
    turned, kept = cases_of_asserts(source, setup="import math")
    assert (turned.source, turned.setup, turned.expected) == ("f(xs)", "import math\nxs = [1, 2]", 3)
    assert kept == Case(kind="assert", source=source, setup="import math")


@pytest.mark.parametrize(
    ("source", "relation", "expected"),
    [
        ("assert f(1) != 2", "!=", 2), ("assert f(1) > 2", ">", 2), ("assert 2 > f(1)", "<", 2),
        ("assert f(1) in (1, 2)", "in", [1, 2]), ("assert 'a' in f(1)", "contains", "a"),
        ("assert 'a' not in f(1)", "lacks", "a"), ("assert f(1) not in {1}", "not in", None),
        ("assert f(1) is not None", "!=", None), ("assert f(1) == 1 or 2 == f(1)", "in", [1, 2]),
        ("assert f(1)[0] >= 3", ">=", 3), ("assert total(double(1)) != 3", "!=", None),
        ("best = 3\nassert f(1) <= best", "<=", 3),
    ],
)  # fmt: skip
def test_relations_are_kept_outside_too(source: str, relation: str, expected) -> None:
    try:
        case = one(source)
    except ValueError:
        pytest.fail("more than one case")
    if case.kind == "assert":
        assert expected is None
        return
    if case.relation == "holds":
        assert expected is None and source.endswith("{1}")  # a set is compared by equality alone
        return
    assert (case.relation, case.expected, case.setup) == (relation, expected, "")


TESTS = (
    "{} == 2", "{} != 2", "{} == [1, 2]", "{} in (1, 2, 'a')", "{} in 'abc'", "{} not in (1, None)", "{} not in 'abc'",
    "{} > 1", "{} <= 2.5", "1 < {} < 3", "1 <= {}", "{} >= 'b'", "2 in {}", "'a' in {}", "'a' not in {}",
    "{} is None", "{} is not None", "{} == 1 or {} == 2", "len({}) == 2", "set({}) == {{1, 2}}",
    "sorted({}) == [1, 2]", "isinstance({}, list)", "abs({} - 2) < 0.5", "{} == 1 + 2j", "{} == b'a'",
    "{} == float('inf')", "all(x in (1, 2) for x in [{}])", "{} == 'a' * 2", "{} == [0] * 2", "not {}", "{}",
    "{} == -math.inf", "{} == set()", "{} != 'a'", "{}[0] == 1", "{} != [2]", "{} not in ([1], (1, 2))", "{} > [1]",
    "not {} == 2", "{} == float('nan')", "{} is True", "len({}) in (1, 2)", "set({}) <= {{1, 2, 3}}", "-{} == -2",
    "{} % 2 == 0", "({} - 2) ** 2 < 0.3", "round({}) == 2", "math.isclose({}, {})", "{} == {}", "abs({} - {}) < 1",
    "isinstance({}, (int, str)) and {} != 2", "isinstance({}, float)", "isinstance({}, bool)", "type({}) == list",
    "type({}) is not list", "type({}).__name__ == 'set'", "isinstance({}, tuple)", "{}.issubset({{1, 2, 3}})",
    "{{1}}.issubset({})", "{}.startswith('a')", "{}.isdigit()", "operator.eq({}, 2)", "any({})",
    "operator.contains({}, 1)", "all(x > 0 for x in {})", "any(x == 2 for x in {})", "sum({}) == 3", "max({}) <= 2",
    "all(isinstance(x, int) for x in {}) and len({}) == 2", "[x for x in {} if x > 1] == [2]", "bool({}) is True",
    "all(map(lambda x: x in (1, 2), {}))", "[{}, 1] == [2, 1]", "({} == 2) is True", "int({}) == 2", "{} + {} == 4",
    "{{x: 1 for x in {}}} == {{1: 1, 2: 1}}", "2 if {} else 0", "str({}) == '2'", "{} == math.pi", "next({}) == 1",
    "dict({}) == {{1: 2}}", "list({}) == [1, 2]", "{} in range(3)", "{}[-1:] == [2]", "Fraction({}) == 2",
    "collections.Counter({}) == {{1: 1, 2: 1}}", "sorted({}, key=lambda x: -x) == [2, 1]", "zip({}, {}) is not None",
    "all(a <= b for a, b in zip({}, {}[1:]))", "{} ^ 1 == 3", "~{} == -3", "{} * 2 == 4",
)  # fmt: skip
FOUND = (
    2, 1, 2.0, 2.4, 0, -1, True, False, "a", "aa", "abc", "2", "", None, [1, 2], [2, 1], [], [0, 0], (1, 2), (), {1, 2},
    frozenset([1]), set(), {1: 2}, {"a": 2}, {(1,): (2,)}, range(1, 3), {1: 3}.items(), Fraction(4, 2), Decimal("2"),
    deque([1, 2]), [[1, 2], (1, 2)],
    1 + 2j, b"a", float("inf"), float("-inf"), float("nan"), {"$x": 1}, [[1, 2]], 10**30,
)  # fmt: skip


@pytest.mark.parametrize("test", TESTS)
def test_a_turned_assertion_holds_where_pythons_own_holds(test: str) -> None:
    """Oracle: the assertion itself, run on every value; what it raises is a failure."""
    head = "import collections, math, operator\nfrom fractions import Fraction\n"
    source = f"{head}assert {test.replace('{}', 'f(1)').format()}"
    cases = cases_of_asserts(source)
    turned = [case for case in cases if case.kind == "call"]
    assert turned == cases or test.startswith("zip")
    exactly = all(case.relation == "holds" for case in turned)
    for value in FOUND if exactly else [value for value in FOUND if not isinstance(value, WORDLESS)]:
        names: dict = {"f": lambda _, value=value: value}
        try:
            exec(source, names)  # the test as it stands
            holds = True
        except Exception:  # whatever an assertion raises is its failure
            holds = False
        try:
            asked = [eval(case.source or "f(1)", {**names}) for case in turned]  # noqa: S307 - the oracle
        except Exception:  # what is asked raised: then the assertion raised too
            assert not holds
            continue
        found = [plain(one, typed=case.relation == "holds") for case, one in zip(turned, asked, strict=True)]
        words = json.loads(json.dumps(found))
        same = all(matches(case, word) for case, word in zip(turned, words, strict=True))
        assert same == holds or (same and _alike(value)), (value, turned)


WORDLESS = (Fraction, Decimal, deque, range, type({}.items()))
"""Types without JSON words of their own, where values are compared as JSON."""


def _alike(value: object) -> bool:
    """Say whether a value is one that plain words alone do not tell from another: a tuple from a list."""
    return "(" in repr(value) or isinstance(value, bool)


STACK = """
class_size = 3
s = Stack(class_size)
assert s.push(1) is None
s.push(2)
assert s.pop() == 2 and s.pop() == 1
s.close()
"""


def test_what_stood_before_an_assertion_is_done_before_its_case() -> None:
    found = cases_of_asserts(STACK)
    assert [(case.source, case.expected) for case in found] == [
        ("s.push(1)", None), ("s.pop()", 2), ("s.pop()", 1), ("True", True),
    ]  # fmt: skip
    begin = "class_size = 3\ns = Stack(class_size)"
    assert [case.setup for case in found] == [
        begin,
        f"{begin}\ns.push(1)\ns.push(2)",
        f"{begin}\ns.push(1)\ns.push(2)\ns.pop()",
        f"{begin}\ns.push(1)\ns.push(2)\ns.pop()\ns.pop()\ns.close()",
    ]


def test_loops_over_values_and_named_answers_are_written_out() -> None:
    looped = "pairs = [([3, 1], 1), ([5], 5)]\nfor xs, low in pairs:\n    assert f(xs) == low"
    found = cases_of_asserts(looped)
    assert [(case.call, case.args, case.expected, case.setup) for case in found] == [
        ("f", ([3, 1],), 1, ""),
        ("f", ([5],), 5, ""),
    ]
    counted = cases_of_asserts("for i in range(3):\n    assert f(i) == i * i + 1")
    assert [(case.args, case.expected) for case in counted] == [((0,), 1), ((1,), 2), ((2,), 5)]
    named = one("want = [1, 3]\nxs = [3, 1]\nassert f(xs) == want")
    assert (named.source, named.expected, named.setup) == ("f(xs)", [1, 3], "xs = [3, 1]")
    same = cases_of_asserts("xs = [1]\nassert f(xs) == xs")
    assert [(case.source, case.expected) for case in same] == [("[f(xs), xs]", "_0 == _1")]
    assert same[0].setup == "xs = [1]", "f may have changed what it is compared with"
    pushed = cases_of_asserts("s = S()\nfor i in (1, 2):\n    s.push(i)\nassert s.size() == 2")[-1]
    assert pushed.setup == "s = S()\ns.push(1)\ns.push(2)"


@pytest.mark.parametrize(
    "source",
    [
        "import pytest\nwith pytest.raises(ValueError):\n    f(-1)",
        "try:\n    f(-1)\n    assert False, 'no'\nexcept ValueError:\n    pass",
        "try:\n    f(-1)\nexcept (ValueError, TypeError):\n    assert True\nelse:\n    raise AssertionError('no')",
    ],
)
def test_what_is_expected_to_raise_is_asked_for(source: str) -> None:
    case = one(source)
    assert case.source == "[_veriloop_raises()]" and "pytest" not in case.setup
    for raised, wanted in ((ValueError, True), (UnicodeError, True), (None, False), (KeyError, False)):

        def f(x, raised=raised):
            if raised:
                raise raised(x)

        names: dict = {"f": f}
        exec(case.setup, names)
        assert matches(case, plain(eval(case.source, names), typed=True)) is wanted  # noqa: S307


def test_a_parametrized_function_is_a_loop() -> None:
    source = (
        "import pytest\n@pytest.mark.parametrize('x, y', [(1, 2), (3, 4)])\ndef test_f(x, y):\n    assert f(x) == y"
    )
    assert [(case.args, case.expected) for case in cases_of_asserts(source)] == [((1,), 2), ((3,), 4)]
    with pytest.raises(FamilyError, match="only pytest"):
        cases_of_asserts("def test_f(fixture):\n    assert f(fixture) == 1\nassert f(1) == g(1)")


HUMAN_EVAL = '''
METADATA = {"author": "x"}

def check(candidate):
    """Tests."""
    assert candidate([1, 2]) == 3
    assert candidate((1,)) == 1 and candidate([]) == 0, "empty"
'''


def test_check_of_a_candidate_asks_for_the_entry_itself() -> None:
    found = cases_of_asserts(HUMAN_EVAL, entry="total")
    assert [(case.call, case.source, case.expected) for case in found] == [
        ("total", "", 3),
        ("", "total((1,))", 1),
        ("total", "", 0),
    ]
    looped = HUMAN_EVAL + "    for i in numbers():\n        assert candidate([i]) == i\n"
    kept = cases_of_asserts(looped, entry="total")[-1]
    assert kept.kind == "assert" and kept.source == looped + "\ncheck(total)"


def test_pytest_functions_are_turned_or_called_and_unittest_is_refused() -> None:
    pytest_like = "def test_a():\n    x = 1\n    assert f(x) == 1\n"
    turned = cases_of_asserts(pytest_like + "assert f(1) == 2\ntest_a()")
    assert [(case.source or case.call, case.expected, case.setup) for case in turned] == [
        ("f(x)", 1, "x = 1"), ("f", 2, ""),
    ]  # fmt: skip
    kept = one("def test_a():\n    assert callable(f(1))\n")
    assert kept.kind == "assert" and kept.source.endswith("test_a()")
    with pytest.raises(FamilyError, match="unittest"):
        cases_of_asserts("import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        pass")


NOTHING = ["x = 1", "import os", "def f():\n    assert False", '"""words"""', "assert f( == 1"]


@pytest.mark.parametrize("source", NOTHING)
def test_code_that_tests_nothing_is_a_data_error(source: str) -> None:
    with pytest.raises(FamilyError, match=r"tests nothing|not Python"):
        cases_of_asserts(source)


@pytest.mark.parametrize("source", ["\0", "(" * 5000, "-" * 40_000 + "1", "9" * 9000, "x" * 100 + " y", "if 1:\n"])
def test_no_text_makes_the_parser_raise(source: str) -> None:
    assert parse_program(source) is None


literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers() | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(literals)
def test_an_expected_literal_is_what_the_sandbox_would_report(value) -> None:
    case = one(f"assert f(1)[0] == {value!r}")
    words = json.loads(json.dumps(plain(ast.literal_eval(repr(value)))))
    assert same_value(case, case.expected, words)


def test_plain_is_the_same_function_inside() -> None:
    names: dict = {}
    exec(plain_source(), names)  # what the sandbox runs
    for value in (1, True, 1.5, float("inf"), (1, {2}), {1: 2}, {"$a": 1}, {"a": frozenset([3])}, object, 1j, b"a"):
        assert names[PLAIN](value) == plain(value)
    assert plain({1: 2}) != plain({"1": 2}) and plain({1}) != plain([1])
