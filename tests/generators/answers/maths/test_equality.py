"""Equality of read answers: reflexive, symmetric, against arithmetic; what is not equal stays so."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.answers.language.latex import read
from generators.answers.maths.equality import MAX_UNORDERED, equal_answers
from generators.answers.maths.symbolic import MAX_WEIGHT, same, value
from generators.answers.maths.typed import parse_answer
from generators.malformed import Malformed

SAME = [
    ("\\frac{1}{1+\\sqrt{2}}", "\\sqrt{2}-1"), ("\\log 8", "3 \\log 2"), ("2", "\\log 100"),
    ("\\ln 6", "\\ln 2+\\ln 3"),
    ("\\sin 45^\\circ", "\\frac{\\sqrt{2}}{2}"), ("\\tan 60^{\\circ}", "\\sqrt{3}"), ("60", "60°"),
    ("\\frac{270}7\\text{ degrees}", "270/7"), ("(1+i)^2", "2i"),
    ("\\frac{3}{11}", "0.\\overline{27}"), ("1/6", "0.1\\overline{6}"), ("1/3", "0.(3)"), ("1/3", "0.\\dot{3}"),
    ("3 1/2", "\\frac72"), ("6.02e23", "6.02 \\times 10^{23}"), ("0", "\\sin \\pi"), ("0", "\\ln 1"), ("ab", "ba"),
    ("(-\\infty,1)\\cup(3,\\infty)", "x<1 \\text{ or } x>3"), ("[0,1)", "0 \\le x < 1"), ("(1,3)", "x \\in (1,3)"),
    ("\\{x \\mid x > 3\\}", "(3,\\infty)"), ("\\{x : x > 3\\}", "3 < x"), ("\\mathbb{R}", "x \\in \\mathbb{R}"),
    ("\\binom{n+1}{2}", "\\frac{n(n+1)}{2}"), ("\\frac{(n+1)!}{n!}", "n+1"), ("{5 \\choose 2}", "C(5,2)"),
    ("120", "10C3"),
    ("x^2", "f(x)=x^2"), ("f^{-1}(x)=x-1", "x-1"), ("3", "3 = x"), ("(1,2)", "(x,y)=(1,2)"), ("x=1,y=2", "y=2,x=1"),
    ("p=5,q=2;p=7,q=2", "(7,2),(5,2)"), ("AB=4,CD=5", "4, 5"), ("\\angle ABC = 30^\\circ", "30"), ("|AB|=1", "1"),
    ("a=4,-8,-10", "-10,-8,4"), ("2|x|", "|2x|"), ("|x||y|", "|xy|"), ("x^2_{23}", "x_{23}^2"),
    ("\\emptyset", "\\{\\}"),
    ("\\lvert x\\rvert", "\\left\\vert x\\right\\vert"),
    ("Matrix([[1, 2], [3, 4]])", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"),
    ("\\max(x, y)", "Max(y, x)"), ("\\operatorname{arsinh}(x)", "asinh(x)"), ("\\lcm(2.4, 3.6)", "36/5"),
    ("5 \\bmod \\pi", "5-\\pi"), ("\\quadx_{2}=3", "3"), ("\\\\frac{1}{2}", "1/2"), ("14\\pi \\text{ cm}", "14\\pi"),
    ("100^\\circ\\text{C}", "100"), ("F_{k}F_{n}", "F_n F_k"), ("\\sum_{k=1}^{n} a b", "\\sum_{k=1}^n b a"),
    ("½", "0.5"),
    ("x²+1", "x^2+1"), ("2√3", "\\sqrt{12}"), ("\\sqrt{2}", "1.4142135623730951"),
    ("x \\ne 0", "(-\\infty,0)\\cup(0,\\infty)"),
    ("\\mathbb{R} \\setminus \\{0\\}", "x \\neq 0"), ("3.5e-4", "3.5 x 10^{-4}"),
    ("2500000", "\\$2.5 \\text{ million}"), ("1, 2, 3", "[1, 2, 3]"),
    ("\\mathrm{e}^2", "e^2"), ("f'", "f'"),
    ("\\overline{AB}", "\\overline{AB}"), ("0.333\\ldots", "1/3"), ("0.1212...", "\\frac{4}{33}"),
    ("x=k\\pi, x=\\frac{\\pi}{2}+2k\\pi, k\\in\\mathbb{Z}", "x=2n\\pi-\\frac{3\\pi}{2}, x=n\\pi (n\\in Z)"),
    ("[k\\pi,k\\pi+1](k\\in\\mathbb{Z})", "[n\\pi-\\pi,n\\pi-\\pi+1], n\\in\\mathbb{Z}"),
    ("\\{x | x=2k, k\\in\\mathbb{Z}\\}", "x=2-2n, n\\in\\mathbb{Z}"), ("3 \\pmod{7}", "x \\equiv 10 (\\bmod 7)"),
    ("[-1,2]\\cup\\{5\\}", "\\{5\\}\\cup[-1,2]"), ("(0,2)", "[0,3]\\cap(0,2)"), ("(0,1)", "(0,2)\\setminus[1,3]"),
    ("\\{2\\}", "\\{1,2\\}\\cap\\{2,3\\}"), ("\\mathbb{R}-\\{0,1\\}", "(-\\infty,0)\\cup(0,1)\\cup(1,\\infty)"),
    ("\\{x\\in\\mathbb{R}: x\\ge 1\\}", "[1,\\infty)"),
    ("\\{x\\mid x<1 \\text{ or } x>2\\}", "(-\\infty,1)\\cup(2,\\infty)"),
    ("(\\sqrt{2},3)", "(\\frac{2}{\\sqrt{2}},2]\\cup[2,3)"), ("\\{1,2\\}", "x\\in\\{2,1\\}"), ("1:2:3", "2:4:6"),
    ("3/2", "3:2"), ("\\frac{1}{2}\\ln\\frac{1+x}{1-x}", "\\frac{\\ln(1+x)-\\ln(1-x)}{2}"),
    ("\\varepsilon_0", "\\epsilon_0"),
    ("\\frac{n(n+1)}{2}", "C_{n+1}^2"), ("8.31 \\text{ J/(mol K)}", "8.31"),
    ("x\\ne 1, x\\ne 2", "\\mathbb{R}\\setminus\\{1,2\\}"),
    ("\\$1500000", "1.5 \\text{ million dollars}"), ("(3,4), (5,6)", "B(3,4), C(5,6)"),
    ("x\\ne\\pm1", "\\mathbb{R}\\setminus\\{1,-1\\}"),
    ("\\begin{pmatrix}5\\\\11\\end{pmatrix}",
     "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    ("\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}^T"),
    ("2\\operatorname{cis} 60^\\circ", "1+\\sqrt{3}i"),
    ("2\\hat{i}-\\hat{k}", "2\\mathbf{i}-\\mathbf{k}"), ("\\vec{a}", "\\overrightarrow{a}"), ("(1011)_2", "1011_2"),
    ("x=4,y=1", "\\begin{cases}x=4\\\\y=1\\end{cases}"),
    ("C_{20}^{10}", "184756"), ("A_5^2", "20"), ("y=C_1 e^x+C_2", "y=c_2+c_1 e^x"),
    ("\\lceil n/2\\rceil", "\\lfloor\\frac{n+1}{2}\\rfloor"),
    ("\\frac12mv^2", "\\frac{mv^2}{2}"), ("16\\text{ square units}", "16\\text{ units}^2"), ("|z|=2", "2"),
    ("\\frac{a}{b}=2", "2"), ("60", "P(5,3)"), ("y^{\\prime}+2y=0", "y'=-2y"), ("ad-bc", "-bc+ad"),
    ("\\lceil x\\rceil", "-\\lfloor -x\\rfloor"), ("\\{1,2\\}", "x_1=2, x_2=1"),
    ("8.24", "\\displaystyle \\approx 8.24 \\text{ mph}"),
]  # fmt: skip

OTHER = [
    ("4ab", "4"), ("2xy", "2"), ("n", "n \\text{ even}"), ("5", "x+2=5"), ("x<3", "x \\le 3"),
    ("(1,3)", "1 \\le x \\le 3"),
    ("I(0) e^{-t}", "I(0) e^{t}"), ("f(0)+1", "f(1)+1"), ("x'+1", "x+1"), ("7 = 11a+c", "11a+c"),
    ("\\mathbb{R}", "R"),
    ("\\mathbb{R}", "\\mathbb{Z}"), ("\\sum_{k=1}^n 2^k", "\\sum_{k=0}^n 2^k"), ("\\int_0^1 x", "\\int_0^2 x"),
    ("x_1", "x_2"),
    ("\\overline{AB}", "AB"), ("52_8", "52"), ("0", "\\emptyset"), ("e", "E"), ("1+i", "1-i"),
    ("5\\text{ m/s}", "5 km/h"),
    ("\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"), ("100!", "101!"),
    ("\\log_2(32) = 5", "\\log_2(32) = 6"), ("x=1 or x=2", "x=1"), ("x<1 or x>3", "x<1"), ("0.\\overline{3}", "0.3"),
    ("\\binom{n}{2}", "\\binom{n}{3}"), ("n!", "(n+1)!"), ("5\\%", "5 km"), ("2", "2 sinx"), ("5", "5 thousand"), 
    ("2", "2 epsilon"), ("100^\\circ", "100 radians"),
    ("x=1,x=2", "y=1,y=2"), ("x=1,2", "y=1,2"), ("\\ln(x-9)", "\\ln(9-x)"), ("\\sqrt{x-5}", "-\\sqrt{x-5}"),
    ("a_1=1,a_2=2", "a=2,a=1"), ("x<5", "x<3 or x<5"),
    ("(1,2),(1,2)", "(1,2),(2,1)"), ("\\sqrt2", "1.4143"), ("7", "17 \\pmod{10}"),
    ("x=k\\pi, k\\in\\mathbb{Z}", "x=k\\pi, k\\in\\mathbb{N}"),
    ("x=2n+k, n\\in\\mathbb{Z}", "x=2k+n, k\\in\\mathbb{Z}"),
    ("x=2n+1, n\\in\\mathbb{N}", "x=2n-1, n\\in\\mathbb{N}"), ("x=2n, n\\in\\mathbb{Z}", "x=2n"),
    ("3\\pmod 7", "3\\pmod 8"),
    ("\\{x\\in\\mathbb{Z}: x\\ge 1\\}", "[1,\\infty)"), ("(1,3)", "[1,3)\\cup(3,4)"), ("x<1 or x>2", "y<1 or y>2"),
    ("[1,2]", "\\{1,2\\}"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}1&2\\end{pmatrix}"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "(1,2,3,4)"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}",
     "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\\begin{pmatrix}1&2\\end{pmatrix}"),
    ("\\frac12mv^2", "\\frac12"), ("C_1^2", "1"), ("C/2", "c/2"), ("x_1=3", "x_2=3"),
    ("\\lfloor x/2\\rfloor", "\\lceil (x-1)/2\\rceil"), ("3:2", "3:2:1"),
    ("\\lfloor x\\rfloor", "\\lceil x\\rceil-1"), ("x^2-x", "|x^2-x|"), ("(3x+7)(x+1)", "|(3x+7)(x+1)|"),
    ("a+b+c", "a+b+C"), ("ad-bc", "ad-bC"), ("CD", "cD"), ("(-1,2)", "\\{2x | -1<x<2\\}"),
    ("(-1,2)", "\\{y | -1<x<2\\}"), ("x=1, x=-3", "(1,-3)"), ("\\{1,2\\}", "x=1, y=2"),
    ("y=2x+1", "f'(x)=2x+1"), ("A", "\\text{(A)}+1"), ("A", "\\textbf{(A)}, \\textbf{(B)}"), ("y'=y", "y=y''"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{cases}1\\\\2\\end{cases}"),
]  # fmt: skip


def equal(left: str, right: str) -> bool:
    return equal_answers(parse_answer(left, gold=True), parse_answer(right, gold=True))


@pytest.mark.parametrize(("gold", "given_"), SAME)
def test_equal_forms_agree_both_ways(gold: str, given_: str) -> None:
    assert equal(gold, given_) and equal(given_, gold)


@pytest.mark.parametrize(("gold", "given_"), OTHER)
def test_different_answers_differ_both_ways(gold: str, given_: str) -> None:
    assert not equal(gold, given_) and not equal(given_, gold)


@pytest.mark.parametrize("text", sorted({text for pair in (*SAME, *OTHER) for text in pair}))
def test_every_answer_equals_itself(text: str) -> None:
    assert equal(text, text)


@pytest.mark.parametrize(
    "text", ["5 squared", "5 tenths", "n \\text{ divisible by 3}", "5 is wrong", "not 5", "2 3", "5!!"]
)
def test_words_that_change_a_value_are_no_unit(text: str) -> None:
    with pytest.raises(Malformed):
        parse_answer(text)


HOSTILE = {
    "2^{2^{2^{49}}}": Malformed, "\\binom{99999}{50000}": Malformed, "999999!": Malformed, "9^{9^9}": Malformed,
    "+".join(f"\\sin({k}x)" for k in range(1, 40)): False, "(" * 50 + "x" + ")" * 50: Malformed,
    "(x+1)^{x^{x^{x^{x^{x^{x^{x}}}}}}}": False, "+".join(f"(x+{k}y)!" for k in range(9)): False,
    "9" * 500: Malformed, "x+" * 999 + "x": Malformed, "\\frac{1}{" * 60 + "1" + "}" * 60: Malformed, "1/0": False,
    "a" * 300: Malformed, "\\text{a}" * 200: False, "1e999": False,
    "\\{" + ",".join("abcdefghijklmnopqrstuvwxyz") + "\\}": False,
    "|" * 200: Malformed, "\\left" * 200: Malformed, "\\boxed{" * 100: Malformed, "-" * 200 + "1": False,
    "\\max()": Malformed,
    "Eq(1)": Malformed, "Mod(1)": Malformed, "\\sin(1,2)": Malformed, "binomial(5)": Malformed, "1:" * 140 + "1": False,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_hostile_answers_are_refused_or_unequal(text: str) -> None:
    for gold in ("x^2+\\sqrt{x}", "2", "\\{a,b\\}", "(0,1)"):
        try:
            assert equal_answers(parse_answer(gold), parse_answer(text)) is False
        except Malformed:
            continue
    if HOSTILE[text] is Malformed:
        with pytest.raises(Malformed):
            equal_answers(parse_answer("x^2+\\sqrt{x}"), parse_answer(text))


def test_collections_in_any_order_are_bounded() -> None:
    many = [f"\\sqrt{{{n}}}" for n in range(2, 2 + MAX_UNORDERED)]
    assert equal("\\{" + ",".join(many) + "\\}", "\\{" + ",".join(reversed(many)) + "\\}")
    with pytest.raises(Malformed, match="any order"):
        equal("\\{" + ",".join([*many, "x"]) + "\\}", "\\{" + ",".join([*many, "y"]) + "\\}")


def test_cost_is_refused_before_it_is_paid() -> None:
    wide = "+".join(f"\\cos({k}x)" for k in range(MAX_WEIGHT // 90))
    with pytest.raises(Malformed, match="too large"):
        same(read(wide), read("1+" + wide))


def test_values_of_constants() -> None:
    assert value(read("1/3")) == Fraction(1, 3) and value(read("x")) is None and value(read("1/0")) is None
    assert abs((value(read("\\pi")) or 0) - Fraction("3.14159265358979323846264338327950288")) < Fraction(1, 10**34)
    assert value(read("\\sqrt{-1}")) is None and value(read("\\infty")) is None


_ATOMS = st.sampled_from(["1", "2", "3", "x", "y", "\\pi", "\\sqrt{2}", "0.5", "\\frac{2}{3}", "i", "-7"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(_ATOMS)
    left, right = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    return draw(st.sampled_from(["({}+{})", "({})({})", "\\frac{{{}}}{{({})^2+10}}", "({}-({}))"])).format(left, right)


@given(expressions(), expressions())
@settings(max_examples=150, deadline=None)
def test_equality_is_reflexive_and_symmetric(left: str, right: str) -> None:
    a, b = parse_answer(left), parse_answer(right)
    assert equal_answers(a, a) and equal_answers(a, b) == equal_answers(b, a)
    assert equal_answers(a, parse_answer(f"({left})+{right}-({right})"))
    assert not equal_answers(a, parse_answer(f"{left}+1"))
