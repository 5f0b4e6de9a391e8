"""Reading mathematics, and equality by value: against Python's own arithmetic, and inside limits."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.answers.language.latex import read
from generators.answers.language.nodes import MAX_DEPTH, Node
from generators.answers.maths.symbolic import approximates, exact, proportional, same, symbols
from generators.malformed import Malformed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2+3*4", 14), ("(2+3)4", 20), ("2^3^2", 512), ("-2^2", -4), ("2^{-1}", Fraction(1, 2)), ("7-3-2", 2),
        ("8/4/2", 1), ("\\frac{1}{2}\\cdot 4", 2), ("\\frac34", Fraction(3, 4)), ("3\\frac{1}{4}", Fraction(13, 4)),
        ("\\sqrt{16}", 4), ("\\sqrt9", 3), ("5!", 120), ("3!^2", 36), ("\\binom{5}{2}", 10), ("\\gcd(12, 18)", 6),
        ("lcm(4, 6)", 12), ("\\max(1, 5, 3)", 5), ("\\lfloor -1.5 \\rfloor", -2),
        ("\\lceil 1.1\\rceil", 2), ("|3-5|", 2), ("17 \\bmod 5", 2), (".5", Fraction(1, 2)), ("1e3", 1000),
        ("4^{3/2}", 8), ("0^3", 0), ("1^{999}", 1), ("(-1)^3", -1), ("2 \\times 10^{3}", 2000),
    ],
)  # fmt: skip
def test_exact_values(text: str, value: Fraction | int) -> None:
    assert exact(read(text)) == value


@pytest.mark.parametrize("text", ["\\pi", "x", "\\sqrt2", "1/0", "0^0", "(1,2)", "1=1", "1.5!", "\\infty"])
def test_no_exact_value(text: str) -> None:
    assert exact(read(text)) is None


@pytest.mark.parametrize(
    "text",
    ["", "1+", "(1", "1)", "(1,2}", "\\frac{1}", "\\foo", "1 2", "5!!", "answer", "$", "é", "1..2", "x_", "\\sqrt[3"],
)
def test_unreadable_text_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@pytest.mark.parametrize(
    "text", ["9" * 500, "x+" * 1100 + "x", "+".join("x" * 400), "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1)]
)
def test_reading_has_limits(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@pytest.mark.parametrize("text", ["2^{99999}", "9^{9^9}", "1001!", "\\binom{20000}{10000}", "((2^999)^999)^999"])
def test_exact_values_have_limits(text: str) -> None:
    with pytest.raises(Malformed):
        exact(read(text))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("\\sin 2x", "2 \\sin x \\cos x", True), ("\\ln(xy)", "\\ln x + \\ln y", True), ("\\sqrt[3]{-8}", "-2", True),
        ("\\sqrt{2}\\sqrt{3}", "\\sqrt6", True), ("\\sqrt{3+2\\sqrt2}", "1+\\sqrt2", True), ("e^{\\ln 5}", "5", True),
        ("\\sqrt2^2-2", "0", True), ("\\sqrt2 - 1.41421356237309504880", "0", False), ("(a+b)^2", "a^2+b^2", False),
        ("\\frac{x^2-1}{x-1}", "x+1", True), ("|x|", "\\sqrt{x^2}", True), ("x^{1/3}", "\\sqrt[3]{x}", True),
        ("\\tan x", "\\frac{\\sin x}{\\cos x}", True), ("\\arctan 1", "\\pi/4", True), ("i^2", "-1", True),
        ("(1+i)(1-i)", "2", True), ("\\sqrt{2}\\cdot 2^{-400}", "0", False), ("x_1+x_2", "x_2+x_1", True),
        ("x_1", "x_2", False), ("\\pi", "22/7", False), ("e^{-1000}", "e^{-1001}", False),
        ("2^{-99}", "2^{-98}", False),
        ("\\lfloor\\frac{2n-1}{5}\\rfloor", "\\lfloor\\frac{2n}{5}\\rfloor", False), ("|x-9|", "9-x", False),
        ("\\log_2 x", "\\frac{\\ln x}{\\ln 2}", True), ("\\sec x", "1/\\cos x", True),
        ("\\sin^2 x", "(\\sin x)^2", True),
    ],
)  # fmt: skip
def test_equality_by_value(left: str, right: str, equal: bool) -> None:
    assert same(read(left), read(right)) is equal
    assert same(read(right), read(left)) is equal


_LEAVES = st.integers(0, 9).map(lambda n: (str(n), Fraction(n)))


def _join(children: st.SearchStrategy[tuple[str, Fraction]]) -> st.SearchStrategy[tuple[str, Fraction]]:
    def combine(parts: tuple[tuple[str, Fraction], str, tuple[str, Fraction]]) -> tuple[str, Fraction]:
        (left, a), sign, (right, b) = parts
        if sign == "/":
            return (f"\\frac{{{left}}}{{{right}}}", a / b) if b else (left, a)
        return f"({left}{sign}{right})", {"+": a + b, "-": a - b, "*": a * b}[sign]

    return st.tuples(children, st.sampled_from("+-*/"), children).map(combine)


@given(st.recursive(_LEAVES, _join, max_leaves=12))
def test_arithmetic_agrees_with_fractions(case: tuple[str, Fraction]) -> None:
    text, value = case
    assert exact(read(text)) == value
    assert same(read(text), Node("num", (), value)) and not same(read(text), Node("num", (), value + 1))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4), st.integers(-4, 4))
def test_expanded_and_factored_polynomials_agree(roots: list[int], extra: int) -> None:
    coefficients = [1]
    for root in roots:
        shifted = [*coefficients, 0]
        coefficients = [a - root * b for a, b in zip(shifted, [0, *coefficients], strict=True)]
    factored = "".join(f"(x-({root}))" for root in roots)
    degree = len(roots)
    expanded = "+".join(f"({c})x^{{{degree - k}}}" for k, c in enumerate(coefficients))
    assert same(read(factored), read(expanded))
    assert same(read(factored), read(f"{expanded}+({extra})")) is (extra == 0)


def test_proportional_relations() -> None:
    assert proportional(read("2x+4y-6"), read("3-x-2y"))
    assert not proportional(read("2x+4y-6"), read("3-x-2y"), positive=True)
    assert not proportional(read("x"), read("y")) and not proportional(read("x"), read("x^2"))


@pytest.mark.parametrize(
    ("literal", "value", "near"),
    [
        ("0.3333", "1/3", True), ("0.3334", "1/3", False), ("0.333", "1/3", False), ("-0.6667", "-2/3", True),
        ("3.1416", "\\pi", True), ("3.1415", "\\pi", False), ("0.5001", "1/2", False), ("1234.6", "1234.56", False),
    ],
)  # fmt: skip
def test_decimals_round_only_what_has_no_short_decimal(literal: str, value: str, near: bool) -> None:
    assert approximates(read(literal), read(value)) is near


def test_free_symbols() -> None:
    assert symbols(read("a x_1 + \\pi e^{i\\theta}")) == {"a", "x_1", "theta"}
    assert math.isclose(float(exact(read("1.25e-1")) or 0), 0.125)
