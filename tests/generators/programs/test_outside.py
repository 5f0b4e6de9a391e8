"""What is worked out of a program's values: as Python would, within bounds, and nothing that the program decides."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.programs.case_rows import read_cases
from generators.programs.outside import FUNCTIONS, MODULES, TRUTHS, TYPES, holds, readable
from generators.programs.words import plain, value_of
from pipeline.errors import FamilyError

WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4) | st.just("1e9999999"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$tuple", "$set", "$frozenset", "$deque", "$items", "$float", "$view", "$complex", "$bytes", "$range",
                 "$fraction", "$decimal", "$int", "$other", "$map", "$x"]
            ),
            inner | st.sampled_from([["keys", 1], ["items", [1, 2]], [0, 10**30, 1], "1e999999999", "9" * 5000]),
            max_size=2,
        )
    ),
    max_leaves=8,
)  # fmt: skip
ASKED = [
    "_0", "not _0", "_0 == _0", "len(_0) == 2", "sorted(_0) == [1, 2]", "_0 + 1 == 2", "_0 * 10**6 == 0", "sum(_0) > 1",
    "_0 ** _0 == 1", "isinstance(_0, list)", "all(x for x in _0)", "[y for x in _0 for y in x] == []", "_0[0] == 1",
    "_0.issubset({1})", "round(_0, _0) == 1", "list(map(lambda x: x * x, _0)) == [1]", "{_0: 1} == {}", "_0 in [1, 2]",
    "math.floor(_0) == 1", "max(_0) == 3", "str(_0) == 'a'", "_0[::-1] == _0", "dict(_0) == {}", "-_0 == 1",
    "operator.eq(_0, 3)", "collections.Counter(_0) == {}", "range(_0) == range(3)", "int(_0) == 3", "_0 is None",
]  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(ASKED), WORDS)
def test_no_words_make_it_raise_or_last(text: str, word) -> None:
    begin = time.process_time()
    assert holds(text, [word]) in (True, False)
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 ** _0 == 1", 10**30), ("_0 * 10**9 == []", [1]), ("'a' * _0 == ''", 10**12), ("_0 ** 10**6 == 1", 10**400),
        ("round(_0, -10**9) == 0", 5), ("sum(1 for x in range(10**9) if _0) == 1", 1), ("len(range(_0)) == 1", 10**12),
        ("all(x == y for x in _0 for y in _0 for z in _0)", [1] * 1000), ("_0 * _0 * _0 * _0 * _0 > 0", 10**4000),
        ("[[_0] * 10**5] * 10**5 == []", 1), ("list(range(10**6)) == _0", []), ("_0 // 1 == 10**10**9", 1),
    ],
)  # fmt: skip
def test_what_would_be_long_is_not_worked_out(text: str, value) -> None:
    begin = time.process_time()
    assert holds(text, [plain(value, typed=True)]) is False
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    "text",
    [
        "open('x')", "__import__('os')", "_0.__class__", "exec('x')", "_0.__init__()", "_0.format(1)", "f(1)", "x == 1",
        "print(_0)", "getattr(_0, 'x')", "math.factorial(9)", "_0 << 9", "[*_0]", "(lambda: _0.mro)()", "iter(int, 1)",
        "_0 @ _0", "type.mro(int)", "_0.join", "__x == 1", "_ == 1", "_0; _1", "_0 ==", "math.x", "vars(_0)", "_a > 1",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_refused_at_the_door(text: str) -> None:
    assert not readable(text)
    row = {"kind": "call", "source": "[f(1)]", "relation": "holds", "expected": text}
    with pytest.raises(FamilyError, match="worked out outside"):
        read_cases([row])
    assert holds(text, [1]) is False


def test_what_is_plain_is_read() -> None:
    assert all(map(readable, ASKED))
    assert read_cases([{"kind": "call", "source": "[f(1)]", "relation": "holds", "expected": ASKED[3]}])
    row = {"kind": "call", "call": "f", "relation": "holds", "expected": "_0"}
    with pytest.raises(FamilyError, match="its source"):
        read_cases([row])


def test_nothing_that_is_worked_out_reaches_beyond_values() -> None:
    harmful = {"eval", "exec", "compile", "open", "getattr", "setattr", "vars", "globals", "input", "print", "iter"}
    assert not harmful & {*FUNCTIONS, *TYPES} and not any(harmful & module.keys() for module in MODULES.values())
    assert not {"format", "format_map", "join", "replace", "zfill", "ljust", "__init__"} & TRUTHS


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("_0", True), ("not _0", False), ("_0 is not None", True), ("_0 is None", False), ("bool(_0)", True),
        ("_0 == _0", False), ("_0 != 3", False), ("_0 == 3", False), ("isinstance(_0, list)", False),
        ("len(_0) == 3", False),
        ("not isinstance(_0, list)", False), ("_0 in [1]", False), ("_0.issubset({1})", False), ("3 > _0", False),
        ("[_0] == [3]", False), ("sum([_0]) == 3", False), ("type(_0) == list", False),
    ],
)  # fmt: skip
def test_an_object_of_the_programs_decides_nothing(text: str, held: bool) -> None:
    class Liar:
        def __eq__(self, other: object) -> bool:
            return True

        def __len__(self) -> int:
            return 3

    assert holds(text, [plain(object(), typed=True)]) is held
    said = plain(Liar(), typed=True)
    assert holds(text, [said]) is (held and text in ("_0 is not None",)), "it decides itself whether it is true"


def test_python_values_survive_the_journey() -> None:
    for value in (
        (1, (2, [3])),
        {1: {2}},
        frozenset([1]),
        range(2, 9, 3),
        1.5,
        float("inf"),
        2j,
        b"a",
        {"$a": 1},
        {"a": ()},
    ):
        assert value_of(plain(value, typed=True)) == value and type(value_of(plain(value, typed=True))) is type(value)
