"""Names that say nothing, sums that are carried out, unit vectors, counted things: equal pairs and near misses."""

import time

import pytest

from generators.answers.maths.equality import equal_answers
from generators.answers.maths.typed import parse_answer
from generators.malformed import Malformed

SAME = [
    ("x^2 + C", "x^2 - C"), ("x^2 + C", "x^2 + C_1"), (r"\ln|x| + C", r"\ln|3x| + C"),
    ("y = x^2 + C", "y = x^2 + 5 + C"), ("Ce^{2x}", "Ae^{2x}"), ("y = C_1 x + C_2", "y = Ax + B"),
    (r"\{(x, y) : x + y = 1\}", r"\{(a, b) \mid a + b = 1\}"),
    (r"\forall x \exists y: x < y", r"\forall a \exists b: a < b"),
    (r"\{m + 2n : m, n \in \mathbb{Z}\}", r"\{2a + b : a, b \in \mathbb{Z}\}"), ("a_n = 2n + 1", "a_k = 2k + 1"),
    (r"x = \frac{\pi}{4} + k\pi", r"x = n\pi - \frac{3\pi}{4}"), (r"2k\pi", r"2n\pi \text{ for any integer } n"),
    (r"n!", r"\prod_{i=1}^n i"), ("2^n", r"\sum_{i=0}^n \binom{n}{i}"), (r"\frac{x^3}{3}", r"\int_0^x t^2\,dt"),
    ("2", r"\int_0^\pi \sin x\,dx"), (r"\sqrt{\pi}", r"\int_{-\infty}^{\infty} e^{-x^2}\,dx"),
    ("1", r"\int_1^e\frac{dx}{x}"), (r"(-1)^n", r"\cos n\pi"), ("(x-1)^{2n}", "(1-x)^{2n}"),
    (r"\sum_{k=1}^3 \sqrt{k}", r"1 + \sqrt2 + \sqrt3"),
    (r"\binom{n}{k}\binom{m}{l}\sqrt{n}", r"\sqrt{n}\binom{m}{l}\binom{n}{k}"),
    (r"\sum_{k=0}^\infty \frac{x^k}{k!}", r"\sum_{n=0}^{\infty}\frac{1}{n!}x^n"),
    (r"(t, t^2)", r"t\mathbf{i} + t^2\mathbf{j}"), (r"\begin{pmatrix}1\\0\\2\end{pmatrix}", r"\hat{i} + 2\hat{k}"),
    (r"(\frac12, 1)", r"\frac{\mathbf{i} + 2\mathbf{j}}{2}"), ("10 chickens, 20 rabbits", "10, 20"),
    ("3 m, 5 m", "3, 5"), ("5 cows and 3 pigs", "three pigs and five cows"),
    ("[1, 5)", r"x \ge 1 \text{ and } x < 5"), ("(1, 2)", r"\begin{pmatrix}1&2\end{pmatrix}"), ("0.33", "1/3 = 0.33"),
    (r"\sqrt2", r"\sqrt2 = 1.414"), ("5 A", "5"), ("12", r"12\,\mathrm{m}^3"), ("2A_{16}", "2a_{16}"),
    ("1234567", "1'234'567"), (r"\emptyset", "no real roots"), (r"\mathbb{Z}", "all integers"),
    (r"\mathbb{R}^+", "all positive real numbers"), (r"\frac{\pi^2}{6}", r"\sum_{n=1}^\infty \frac{1}{n^2}"),
    ("e^x", r"\sum_{n=0}^\infty \frac{x^n}{n!}"), ("e", r"\lim_{n\to\infty}(1+\frac1n)^n"),
    ("2x", r"\frac{d}{dx}x^2"), (r"\cos x", r"\frac{d}{dx}(\sin x)"),
    ("ad - bc", r"\begin{vmatrix}a&b\\c&d\end{vmatrix}"), ("-2", r"\det\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    (r"\begin{pmatrix}-2&1\\1.5&-0.5\end{pmatrix}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^{-1}"),
    (r"\begin{pmatrix}7&10\\15&22\end{pmatrix}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^2"),
    ("(1, 2, 3)", r"\frac12(2, 4, 6)"), (r"\sqrt{xy}", r"\sqrt{x}\sqrt{y}"), ("{0}", r"\{0\}"), ("1/3", "a third"),
    ("1,000,000", "a million"), (r"\frac23", r"\frac23 = 0.667"),
    (r"\forall x \exists y: x < y", r"\forall s \exists t\, s < t"), ("2 red, 3 blue", "3 blue and 2 red"),
    ("800 yen", "¥800"), (r"(2, -1)", r"2\hat{\imath} - \hat{\jmath}"), ("xy - y = x + 1", r"y = \frac{x+1}{x-1}"),
    (r"\frac{h(a+b)}{2}", r"\frac12(a+b)h"), ("xf(x)", "f(x)x"), ("2^3 5 7^2", "1960"),
    (r"x \mapsto x^2", "f(t) = t^2"), ("x^2 + C", r"x^2 + \text{constant}"),
    (r"\mathbb{R} \setminus \{1, 2\}", "all reals except 1 and 2"), ("6", "half a dozen"),
    ("Δ + ρ", r"\Delta + \rho"), ("4 quarters, 3 dimes", "3 dimes and 4 quarters"),
]  # fmt: skip
OTHER = [
    ("x^2 + C", "x^2"), ("x^2 + C", "x^3 + C"), ("x^2 + C", "x^2 + y"), ("Ce^{2x}", "Ce^{3x}"), ("C/2", "c/2"),
    ("C_1 e^x + C_2 e^{-x}", "C_1 e^x + C_1 e^{-x}"), ("ax + C", "ax + a"), (r"\ln|x| + C", r"2\ln|x| + C"),
    (r"\{2k : k \in \mathbb{Z}\}", r"\{2k : k \in \mathbb{N}\}"), ("f(x) = x^2", "g(t) = t^2"),
    ("f(x) = ax", "f(a) = a^2"), (r"\forall x \exists y: x < y", r"\exists x \forall y: x < y"),
    ("a_n = 2n", "b_k = 2k"), (r"\sum_{k=1}^n k", r"\frac{n(n-1)}{2}"),
    (r"\int_0^1 f(x)\,dx", r"\frac12\int_0^2 f(x)\,dx"), (r"\int_{-1}^1 |x|\,dx", r"\int_{-1}^1 x\,dx"),
    (r"\sum_{k=1}^n a_k", r"\sum_{k=0}^{n-1} a_k"), ("e", r"\int_0^1 e^x\,dx"),
    (r"\sum_{k=0}^\infty \frac{x^k}{k!}", r"\sum_{k=0}^\infty \frac{x^k}{k}"), ("(-1)^n", "(-1)^{2n}"),
    ("(1, 2, 3)", r"\mathbf{i} + 2\mathbf{j}"), ("2+3i", "(2, 3)"), ("10 chickens, 20 rabbits", "20, 10"),
    ("3 m, 5 m", "3 s, 5 s"), (r"\emptyset", "x = 1, x = 2"), ("8", "3 + 4 = 8"), ("0.5", "x = 0.7 = 0.5"),
    ("0.6", r"\frac12 = 0.6"), ("2 N", "2 n"), ("5 M", "5 m"), ("3", "3 x"),
    (r"\frac{1}{432}", r"2.3149 \times 10^{-3}"), ("120000", "1.2e6"), (r"\overline{3+4i}", "3 + 4i"),
    ("a=2, b=3", "a=3, b=2"), (r"\frac{\pi}{4} + k\pi", r"\frac{\pi}{4} + 2n\pi"), ("17 apples", "seventeen pears"),
    (r"\frac23", "two fifths"), (r"\emptyset", "x < 1, x > 2"),
]  # fmt: skip


def agree(gold: str, given: str) -> bool:
    try:
        return equal_answers(parse_answer(gold, gold=True), parse_answer(given))
    except Malformed:
        return False


@pytest.mark.parametrize(("gold", "given"), SAME)
def test_equal_pairs(gold: str, given: str) -> None:
    assert agree(gold, given)


@pytest.mark.parametrize(("gold", "given"), OTHER)
def test_near_misses(gold: str, given: str) -> None:
    assert not agree(gold, given)


@pytest.mark.parametrize(
    "text",
    [
        r"\sum_{a=1}^{99}\sum_{b=1}^{99}\sum_{c=1}^{99}\sum_{p=1}^{99} abcp", r"\prod_{k=1}^{10^{10}} k",
        r"\sum_{k=1}^{n^n} k!",
        "+".join(rf"\int_0^1 \sin(x^{k}) dx" for k in range(1, 12)), r"\int_0^1 " * 20 + "x" + " dx" * 20,
        r"\int_0^{10^9} \frac{\sin x}{x} dx", r"\int_0^1 x^{x^{x^{x}}} dx", r"\forall x " * 39 + ": x > 0",
        r"\{" + "abcdefgh" + r" : a, b, c, d, e, f, g, h \in \mathbb{Z}\}",
        r"\sum_{k=1}^\infty " * 6 + "2^{-k}", r"\lim_{x\to0} " * 8 + r"\frac1x", r"\frac{d}{dx} " * 30 + "x^{40}",
        "\\begin{pmatrix}" + "\\\\".join(["&".join("abcd")] * 4) + "\\end{pmatrix}^{4}",
        ", ".join(f"{k} apples" for k in range(200)), "one hundred " * 60, r"\sum_{k=1}^{40} (k!)!",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_hostile_operators_take_no_time(text: str) -> None:
    started = time.process_time()
    for gold in ("2", "x^2", "n!", r"\int_0^1 e^x dx", text.replace("1", "2")):
        agree(gold, text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        r"\prod_{n=|1|}^{\frac{d}{dx}(i)} 2", r"\sum_{k=e}^{1} (\pi)!", r"\lim_{x\to\infty} x^{x^x}",
        r"\begin{vmatrix}\begin{vmatrix}1&\infty\\0&n\end{vmatrix}&1\\2&3\end{vmatrix}", r"\int_{i}^{1} x\,dx",
        r"\lim_{x\to a_k} f(x)", r"\int_0^1 \frac{1}{x}\,dx", r"\sum_{n=i}^{\infty} n",
    ],
)  # fmt: skip
def test_odd_operators_never_raise_but_malformed(text: str) -> None:
    for other in ("1", "x", text):
        agree(other, text)
