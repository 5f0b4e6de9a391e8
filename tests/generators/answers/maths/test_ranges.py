"""Sets of numbers, families of solutions and matrices: against membership and arithmetic by brute force."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.answers.language.latex import read
from generators.answers.language.matrices import MAX_PARTS
from generators.answers.language.nodes import Node, walk
from generators.answers.maths.equality import equal_answers
from generators.answers.maths.parameters import parametric
from generators.answers.maths.ranges import MAX_INTERVALS, Interval, intervals
from generators.answers.maths.symbolic import value
from generators.answers.maths.typed import parse_answer
from generators.malformed import Malformed

Ends = tuple[int, int, bool, bool]
_ENDS = st.tuples(st.integers(-4, 4), st.integers(0, 4), st.booleans(), st.booleans())
_PROBES = [Fraction(k, 2) for k in range(-12, 20)]


def written(ends: Ends) -> str:
    low, width, left, right = ends
    if width == 0:
        return f"\\{{{low}\\}}"
    return f"{'[' if left else '('}{low},{low + width}{']' if right else ')'}"


def holds(ends: Ends, at: Fraction) -> bool:
    low, width, left, right = ends
    high = low + width
    return low < at < high or (at == low and (left or width == 0)) or (at == high and (right or width == 0))


def within(part: Interval, at: Fraction) -> bool:
    low, has_low, high, has_high = part
    least, most = value(low), value(high)
    assert least is not None and most is not None
    below = least < at or (least == at and has_low)
    above = most > at or (most == at and has_high)
    return below and above


@given(_ENDS, _ENDS, _ENDS, st.sampled_from(["cup", "cap", "setminus"]))
def test_what_is_joined_holds_what_its_parts_say(one: Ends, two: Ends, three: Ends, sign: str) -> None:
    found = intervals(read(f"({written(one)} \\{sign} {written(two)}) \\cup {written(three)}"))
    assert found is not None
    for at in _PROBES:
        a, b = holds(one, at), holds(two, at)
        joined = {"cup": a or b, "cap": a and b, "setminus": a and not b}[sign]
        assert any(within(part, at) for part in found) == (joined or holds(three, at))


@pytest.mark.parametrize("text", ["x<3 or x<5", "x>1, x>0", "x<3, x<3", "x<3 or x=2", "x<3, x<5, x>0"])
def test_an_inequality_that_adds_nothing_is_a_second_candidate(text: str) -> None:
    assert intervals(parse_answer(text, gold=True).node or Node("")) is None


def test_sets_are_bounded() -> None:
    with pytest.raises(Malformed, match="intervals"):
        intervals(read("\\cup".join(f"({2 * k},{2 * k + 1})" for k in range(MAX_INTERVALS + 1))))


@given(st.integers(1, 4), st.integers(-6, 6), st.integers(1, 4), st.integers(-6, 6), st.sampled_from("ZN"))
def test_families_agree_when_they_run_through_the_same_numbers(a: int, b: int, c: int, d: int, kind: str) -> None:
    gold, other = (f"x={m}k+{n}, k\\in\\mathbb{{{kind}}}" for m, n in ((a, b), (c, d)))
    members = [{m * k + n for k in range(-99 if kind == "Z" else 0, 99)} for m, n in ((a, b), (c, d))]
    same = all((at in members[0]) == (at in members[1]) for at in range(-40, 40))
    near = kind == "N" or abs(b - d) <= 2 * a
    if near or not same:
        assert equal_answers(parse_answer(gold), parse_answer(other.replace("k", "n"))) == same


def test_what_ends_with_no_domain_has_no_parameter() -> None:
    assert parametric(read("x=2k, k\\in\\mathbb{R}")) is None and parametric(read("x=2k")) is None
    assert parametric(read("x=2n, k\\in\\mathbb{Z}")) is None


_ROWS = st.lists(st.lists(st.integers(-5, 5), min_size=2, max_size=2), min_size=2, max_size=2)


def matrix(rows: list[list[int]]) -> str:
    return "\\begin{pmatrix}" + "\\\\".join("&".join(map(str, row)) for row in rows) + "\\end{pmatrix}"


@given(_ROWS, _ROWS, st.integers(-3, 3))
def test_arithmetic_of_matrices(one: list[list[int]], two: list[list[int]], k: int) -> None:
    product = [[sum(row[i] * two[i][j] for i in range(2)) for j in range(2)] for row in one]
    total = [[one[i][j] + k * two[j][i] for j in range(2)] for i in range(2)]
    for text, rows in ((matrix(one) + matrix(two), product), (f"{matrix(one)}+({k}){matrix(two)}^T", total)):
        assert equal_answers(parse_answer(matrix(rows)), parse_answer(text))
        rows[0][0] += 1
        assert not equal_answers(parse_answer(matrix(rows)), parse_answer(text))


def test_long_products_of_matrices_stay_as_they_are() -> None:
    tree = read("\\begin{pmatrix}1&x\\\\2&3\\end{pmatrix}" * 20)
    assert sum(1 for _ in walk(tree)) < 20 * MAX_PARTS
