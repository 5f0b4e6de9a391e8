"""Cases: what is the same output or value, by the one documented rule; rows checked at the door."""

import json
import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.programs.case_rows import MAX_CASES, read_cases
from generators.programs.cases import Case, Relation, matches
from pipeline.errors import FamilyError


def text(expected: str, **more) -> Case:
    return Case(kind="stdin", expected=expected, **more)


def value(expected, **more) -> Case:
    return Case(kind="call", call="f", expected=expected, **more)


def nested(depth: int) -> list:
    deep: list = []
    for _ in range(depth):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    ("case", "found", "same"),
    [
        (text("1 2\n3\n"), "1 2  \n3\n\n\n", True), (text("1 2"), "1  2", False), (text("1\n2"), "1 2", False),
        (text("a"), " a", False), (text("a"), "A", False), (text("\na"), "a", False), (text(""), "\n\n", True),
        (text("1"), "1.0", False), (text("1\n2"), "1\n2\n3", False), (text("1\r\n2\r\n"), "1\n2\n", True),
        (text("1 2\n3", checker="tokens"), "1\n2 3\n", True), (text("1 2", checker="tokens"), "12", False),
        (text("b\na", checker="any_order"), "a\nb\n", True), (text("a\na\nb", checker="any_order"), "a\nb\nb", False),
        (text("0.5", absolute=1e-3), "0.5004", True), (text("0.5", absolute=1e-3), "0.502", False),
        (text("2000000.0", relative=1e-6), "2000001.0", True), (text("2000000", relative=1e-6), "2000001", False),
        (text("x 0.5", absolute=0.1), "y 0.5", False), (text("0.5", absolute=0.1), "nan", False),
        (text("0.5", absolute=0.1), "inf", False), (text("inf", relative=0.1), "5.0", False),
        (text("0.5", absolute=0.1), "0.5 0.5", False),
        (value(1), 1, True), (value(1), True, False), (value(True), 1, False), (value(0), False, False),
        (value(1), 1.0, True), (value(1), "1", False), (value(None), None, True), (value(None), False, False),
        (value([1, [2]]), [1, [2]], True), (value([1, 2]), [2, 1], False), (value([1]), [1, 1], False),
        (value({"a": 1}), {"a": 1}, True), (value({"a": 1}), {"a": 1, "b": 2}, False), (value({}), [], False),
        (value(2**60), 2**60 + 1, False), (value(2**60, relative=0.1), 2**60 + 1, False),
        (value(0.1), 0.30000000000000004 - 0.2, False), (value(0.1, absolute=1e-9), 0.1 + 1e-12, True),
        (value([0.5, "a"], absolute=0.1), [0.55, "a"], True), (value(0.5, absolute=0.1), 10**400, False),
        (value([1, 2, 2], checker="any_order"), [2, 1, 2], True), (value([1, 2], checker="any_order"), [1, 1], False),
        (value([[1, 2]], checker="any_order"), [[2, 1]], False), (value([1.0], checker="any_order"), [1], True),
        (value([3], checker="boxed"), 3, True), (value(3, checker="boxed"), [3], True),
        (value(3, checker="boxed"), [4], False), (value([3, 4], checker="boxed"), 3, False),
        (value({"$set": [1, 2]}), {"$set": [2, 1]}, True), (value({"$set": [1, 2]}), [1, 2], False),
        (value({"$map": [[1, "a"], [2, "b"]]}), {"$map": [[2, "b"], [1, "a"]]}, True),
    ],
)  # fmt: skip
def test_what_is_the_same(case: Case, found, same: bool) -> None:
    assert matches(case, found) is same


plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(plain_json, plain_json)
def test_values_match_themselves_and_what_json_calls_equal(a, b) -> None:
    assert matches(value(a), json.loads(json.dumps(a)))
    if json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True):
        assert matches(value(a), b)
    elif matches(value(a), b):
        assert a == b  # 1 and 1.0, which differ in their text alone
    assert matches(value(a), b) == matches(value(b), a)


@given(st.text(alphabet="ab \n\t1", max_size=30), st.text(alphabet="ab \n\t1", max_size=30))
def test_text_compares_by_lines(a: str, b: str) -> None:
    def bare(written: str) -> str:
        return "\n".join(line.rstrip() for line in written.split("\n")).rstrip("\n")

    assert matches(text(a), b) is (bare(a) == bare(b))


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), "\ud800", {"a": [float("nan")]}, {"\udfff": -0.0}])
def test_a_found_value_that_is_no_plain_json_is_just_another_value(odd) -> None:
    for case in (value(["a", {"b": 1}], checker="any_order"), value(["a"], checker="boxed"), value(1.5, relative=9.0)):
        assert not matches(case, odd) and not matches(case, [odd]) and not matches(case, [{"a": odd}, odd])


FORGED = st.sampled_from(
    [
        {"$map": 5},
        {"$map": [[], [1, 2], 3]},
        {"$set": {}},
        {"$set": [[1], "a"]},
        {"$float": []},
        {"$float": "inf"},
        {"$x": 1},
    ]
)


@given(
    st.sampled_from([relation for relation in get_args(Relation) if relation != "holds"]),  # whose text is our own
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=2) | st.lists(st.integers(), max_size=2),
    FORGED | st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=2), st.lists),
)
def test_no_found_value_makes_a_relation_raise(relation: Relation, expected, found) -> None:
    held = matches(value(expected, relation=relation), found)
    assert isinstance(held, bool)
    opposite = {"in": "not in", "contains": "lacks", "==": "!="}.get(relation)
    if opposite and held:
        assert not matches(value(expected, relation=opposite), found)


def test_a_found_value_nested_without_end_is_just_another_value() -> None:
    assert not matches(value([[1]]), nested(100_000))


@pytest.mark.parametrize(
    "case",
    [
        text("6", stdin="1 2 3"),
        value([1, None], args=([1, {"a": 2}], "x"), absolute=0.5, checker="any_order"),
        Case(kind="call", source="f((1, 2))", setup="import math", expected={"$set": [1]}),
        Case(kind="assert", source="assert f(1) > 2"),
    ],
)
def test_a_case_survives_json(case: Case) -> None:
    assert read_cases(json.loads(json.dumps([case.to_json()]))) == (case,)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least one"), ("x", "must be a list"), ([1], "case 1 is no object"), (None, "must be a list"),
        ([{"kind": "stdin", "expected": "1"}, {"kind": "stdio"}], "case 2 has kind 'stdio'"),
        ([{"kind": "stdin", "stdin": "1"}], "expects no text"), ([{"kind": "stdin", "expected": 1}], "expects no text"),
        ([{"kind": "stdin", "stdn": "1", "expected": ""}], "unknown field 'stdn', did you mean 'stdin'"),
        ([{"kind": "call", "expected": 1}], "needs either"), ([{"kind": "call", "call": "a b"}], "is no name"),
        ([{"kind": "call", "call": "f", "source": "f()"}], "needs either"),
        ([{"kind": "call", "call": "f", "args": 3}], "args that are no list"),
        ([{"kind": "call", "call": "f", "expected": math.nan}], "no plain JSON"),
        ([{"kind": "call", "call": "f", "absolute": -1}], "tolerance absolute"),
        ([{"kind": "call", "call": "f", "relative": True}], "tolerance relative"),
        ([{"kind": "call", "call": "f", "checker": "fuzzy"}], "has checker 'fuzzy'"),
        ([{"kind": "call", "call": "f", "relation": "="}], "has relation '='"),
        ([{"kind": "stdin", "stdin": "\ud800", "expected": ""}], "no plain JSON"),
        ([{"kind": "assert", "source": " "}], "no test code"), ([{"kind": "code", "source": "x ="}], "is not Python"),
        ([{"kind": "call", "call": "f", "args": nested(400)}], "nested over"),
        ([{"kind": "call", "call": "f", "expected": {"a": nested(10**5)}}], "nested over"),
        ([{"kind": "stdin", "expected": ""}] * (MAX_CASES + 1), f"over {MAX_CASES}"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(rows, message: str) -> None:
    with pytest.raises(FamilyError, match=message):
        read_cases(rows)
