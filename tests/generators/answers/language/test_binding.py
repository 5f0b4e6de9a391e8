"""Bound variables: what is renamed gives one tree, what is not gives another."""

import pytest

from generators.answers.language.exact import MAX_CARRIED, exact, size
from generators.answers.language.latex import read
from generators.answers.language.nodes import symbols, variables
from generators.malformed import Malformed

ONE = [
    (r"\sum_{i=1}^n a_i b_{i+1}", r"\sum_{j=1}^{n} a_j b_{j+1}"),
    (r"\sum_{1 \le i \le n} i^2", r"\sum_{k=1}^n k^2"),
    (r"\sum_{i=1}^n\sum_{j=1}^m a_{ij}", r"\sum_{p=1}^n\sum_{q=1}^m a_{pq}"),
    (r"\sum_{1\le i<j\le n} a_i a_j", r"\sum_{1\le k<l\le n} a_k a_l"),
    (r"\sum_{d\mid n} d", r"\sum_{k|n} k"),
    (r"\int_0^1\int_0^x xy\,dy\,dx".replace(r"\,", " "), r"\int_0^1\int_0^u uv dv du"),
    (r"\int_0^1 \frac{x dx}{1+x^2}", r"\int_0^1 \frac{t}{1+t^2} dt"),
    (r"\lim_{h\to 0^+} f(h)", r"\lim_{t\to 0^+} f(t)"),
    (r"\begin{pmatrix}1\\[4pt]2\end{pmatrix}", r"\begin{pmatrix}1\\*[0.5em]2\end{pmatrix}"),
    (r"\begin{aligned}x&=1\\y&=2\end{aligned}", r"\begin{cases}x=1\\y=2\end{cases}"),
    (r"\{ \begin{array}{l} x=1 \\ y=2 \end{array}", r"\begin{cases}x=1\\y=2\end{cases}"),
    ("{1,2} U {3}", r"\{1,2\} \cup \{3\}"), ("{x | 1 < x}", r"\{x \mid 1 < x\}"), ("]1,5[", "(1,5)"),
    (r"\mathbb{R}^+", r"\mathbb{R}_{>0}"), (r"\mathbb{N}^*", r"\mathbb{Z}_{>0}"),
    (r"101_{\mathrm{two}}".replace(r"\mathrm{two}", "two"), "101_2"), ("101_{(2)}", "101_{base 2}"),
    (r"0.\dot{1}4285\dot{7}", r"0.\overline{142857}"), ("5!=120", "5! = 120"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ONE)
def test_two_writings_give_one_tree(one: str, other: str) -> None:
    assert read(one) == read(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\sum_{i=1}^n a_{ij}", r"\sum_{i=1}^n a_{ji}"), (r"\sum_{i=1}^n x_j", r"\sum_{i=1}^n x_i"),
        (r"\lim_{x\to 0^+} f(x)", r"\lim_{x\to 0^-} f(x)"), (r"\int_0^1 f(x) dx", r"\int f(x) dx"),
        (r"\forall x, x > 0", r"\exists x, x > 0"), (r"\sum_{d|n} d", r"\sum_{d|m} d"), ("[1,5[", "]1,5["),
        (r"\begin{pmatrix}[1]\\ [2]\end{pmatrix}", r"\begin{pmatrix}[1]\\ [3]\end{pmatrix}"),
    ],
)  # fmt: skip
def test_other_things_give_other_trees(one: str, other: str) -> None:
    assert read(one) != read(other)


def test_a_bound_variable_is_free_nowhere() -> None:
    assert symbols(read(r"\sum_{i=1}^n i x^i")) == {"n", "x"}
    assert variables(read(r"\int_0^1 t x dt")) == {"<0>", "x"}
    assert symbols(read(r"i + \sum_{i=1}^3 i")) == frozenset()  # outside of its sum the letter is what it was


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\sum_{k=1}^{10} k", 55), (r"\prod_{k=1}^5 k", 120), (r"\sum_{k=1}^{0} k", 0), (r"\int_0^3 x^2 dx", 9),
        (r"\sum_{i=1}^{3}\sum_{j=1}^{i} j", 10), (r"2^3 3", 24),
        (r"\sum_{k=0}^{4} \binom{4}{k}", 16),
    ],
)  # fmt: skip
def test_small_operators_are_carried_out(text: str, value: int) -> None:
    assert exact(read(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        r"\sum_{k=1}^{10^9} k", r"\sum_{k=1}^{2000} \sum_{j=1}^{2000} jk", r"\sum_{k=1}^n a_k", r"\int_0^1 f(x) dx",
        r"\int_0^1 x^{99} (1+x)^{99} dx", r"\sum_{k=1}^{\infty} 2^{-k}", r"\int_0^1 \sin x dx",
    ],
)  # fmt: skip
def test_large_and_unknown_ones_are_not(text: str) -> None:
    assert exact(read(text)) is None


def test_what_is_carried_out_is_bounded() -> None:
    assert size(read(r"\sum_{k=1}^{10^9} k")) > MAX_CARRIED
    with pytest.raises(Malformed, match="bits"):
        exact(read(r"\prod_{k=1}^{300} 2^{k}"))


@pytest.mark.parametrize("text", ["{" * 20 + "1" + "}" * 19, r"\forall x", r"\sum_{", "[1,5[["])
def test_what_is_no_mathematics_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)
