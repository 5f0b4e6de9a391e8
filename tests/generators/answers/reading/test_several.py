"""Several values that a reply states together are one answer of several values."""

import pytest

from generators.grade import grade
from tests.generators.answers.paying import accepted

RIGHT = {
    "2, -5": [
        "x = 2 or x = -5", "$x = 2$ or $x = -5$", "$x=2$ and $x=-5$", "The solutions are x = 2 and x = -5.",
        "The solutions are $2$ and $-5$.", "The roots are 2 and -5.", "So the two solutions are x = 2, x = -5.",
        "x = 2, -5", "x = 2 or -5", "\\boxed{2, -5}", "\\boxed{x = 2, x = -5}", "\\boxed{x=2 \\text{ or } x=-5}",
        "\\boxed{2 \\text{ and } -5}", "$\\boxed{2}$ and $\\boxed{-5}$", "\\boxed{2}, \\boxed{-5}",
        "The solutions are $\\boxed{2}$ and $\\boxed{-5}$.", "$x = \\boxed{2}$ or $x = \\boxed{-5}$",
        "$x=\\boxed{2}$, $x=\\boxed{-5}$", "$x_1=\\boxed{2}$ and $x_2=\\boxed{-5}$",
        "\\boxed{x = 2} or \\boxed{x = -5}", "\\boxed{x_1 = 2, x_2 = -5}", "x_1 = 2, x_2 = -5",
        "$x_1 = 2$, $x_2 = -5$", "x = 2\nx = -5", "1. x = 2\n2. x = -5", "- x = 2\n- x = -5",
        "The solutions are:\n- $x = 2$\n- $x = -5$", "The solutions are:\n\n1. $2$\n2. $-5$", "Solutions: 2 and -5",
        "**x = 2** or **x = -5**", "**2** and **-5**", "Answer: 2 and -5", "Answer: x = 2 or x = -5",
        "The answer is x = 2 or x = -5.", "The answers are 2 and -5.", "<answer>2, -5</answer>",
        "<answer>x = 2 or x = -5</answer>", "<answer>2 and -5</answer>", "Thus $x \\in \\{2, -5\\}$.",
        "\\boxed{\\{2, -5\\}}", "x=2 ou x=-5", "Les solutions sont x = 2 et x = -5.",
        "La réponse est x = 2 ou x = -5.", "Die Lösungen sind x = 2 und x = -5.", "x = 2 oder x = -5",
        "Las soluciones son x = 2 y x = -5.", "x = 2 o x = -5", "Le soluzioni sono x = 2 e x = -5.",
        "Ответ: x = 2 или x = -5", "答案是 x=2 或 x=-5", "解为 x=2 和 x=-5", "x=2または x=-5", "x = 2 또는 x = -5",
        "x=2 veya x=-5", "x = 2 lub x = -5", "Either x = 2 or x = -5.", "Therefore $x = 2$ or $x = -5$.",
    ],
    "(4, 7)": [
        "$x=\\boxed{4}$, $y=\\boxed{7}$", "x = 4, y = 7", "x = 4 and y = 7", "$x = 4$ and $y = 7$",
        "(x, y) = (4, 7)", "\\boxed{(4, 7)}", "x = 4\ny = 7", "$x = \\boxed{4}$ and $y = \\boxed{7}$",
        "\\boxed{x = 4, y = 7}", "The solution is x = 4, y = 7.", "The solution is (4, 7).",
    ],
    "12, 30": [
        "There are \\boxed{12} hens and \\boxed{30} cows.", "There are $\\boxed{12}$ hens, and $\\boxed{30}$ cows.",
        "12 hens and 30 cows", "Hens: \\boxed{12}, cows: \\boxed{30}", "- Hens: \\boxed{12}\n- Cows: \\boxed{30}",
        "The farm has \\boxed{12} hens and \\boxed{30} cows.", "\\boxed{12} \\text{ and } \\boxed{30}",
        "The first number is \\boxed{12} and the second is \\boxed{30}.", "(a) \\boxed{12}\n(b) \\boxed{30}",
        "Part 1: \\boxed{12}\nPart 2: \\boxed{30}", "The numbers are 12 and 30.",
    ],
    "42": [
        "We get $\\boxed{12}$ hens, so the total is $\\boxed{42}$.",
        "First we find \\boxed{12}. Then the answer is \\boxed{42}.",
        "With 12 hens and 30 cows the total is \\boxed{42}.",
        "The side is $\\boxed{6}$, hence the area is $\\boxed{42}$.", "\\boxed{42}\n\nSo the answer is \\boxed{42}.",
        "There are two cases, x = 6 and x = 7, so the product is 42.",
        "The possible values are 6 and 7; their product is \\boxed{42}.", "x = 6 and y = 7, so xy = \\boxed{42}.",
        "x = 6\ny = 7\nSo xy = 42.", "6 * 7 = 42", "2x = 84\nx = 42", "a = 40\nb = 2\na + b = 42",
        "The answer is 42: 12 hens and 30 cows.", "There are 42 animals, namely 12 hens and 30 cows.",
        "There are 42 animals (12 hens and 30 cows).",
    ],
    "1, 2, 3": [
        "\\boxed{1}, \\boxed{2}, \\boxed{3}", "\\boxed{1}, \\boxed{2}, and \\boxed{3}", "1, 2 and 3",
        "x = 1, x = 2 or x = 3", "The values are 1, 2, and 3.", "$1$, $2$ and $3$", "\\boxed{1, 2, 3}",
        "- 1\n- 2\n- 3",
    ],
    "2": [
        "There are 2 solutions: x = 3 and x = 5.", "The equation has 2 roots, 3 and 5.",
        "The number of solutions is 2: x = 3 and x = 5.", "There are \\boxed{2} solutions, namely 3 and 5.",
        "The number of roots is 2, namely x = 3 and x = 5.",
    ],
}  # fmt: skip

WRONG = {
    "-5": RIGHT["2, -5"],
    "2, 5": [
        "x = 2 or x = -5", "$x = 2$ or $x = -5$", "$x=2$ and $x=-5$", "The solutions are x = 2 and x = -5.",
        "The solutions are $2$ and $-5$.", "The roots are 2 and -5.", "So the two solutions are x = 2, x = -5.",
        "x = 2, -5", "x = 2 or -5", "\\boxed{2, -5}", "\\boxed{x = 2, x = -5}", "\\boxed{x=2 \\text{ or } x=-5}",
        "\\boxed{2 \\text{ and } -5}", "$\\boxed{2}$ and $\\boxed{-5}$", "\\boxed{2}, \\boxed{-5}",
        "The solutions are $\\boxed{2}$ and $\\boxed{-5}$.", "$x = \\boxed{2}$ or $x = \\boxed{-5}$",
        "$x=\\boxed{2}$, $x=\\boxed{-5}$", "$x_1=\\boxed{2}$ and $x_2=\\boxed{-5}$",
        "\\boxed{x = 2} or \\boxed{x = -5}", "\\boxed{x_1 = 2, x_2 = -5}", "x_1 = 2, x_2 = -5",
        "$x_1 = 2$, $x_2 = -5$", "x = 2\nx = -5", "1. x = 2\n2. x = -5", "- x = 2\n- x = -5",
        "The solutions are:\n- $x = 2$\n- $x = -5$", "The solutions are:\n\n1. $2$\n2. $-5$", "Solutions: 2 and -5",
        "**x = 2** or **x = -5**", "**2** and **-5**", "Answer: 2 and -5", "Answer: x = 2 or x = -5",
        "The answer is x = 2 or x = -5.", "The answers are 2 and -5.", "<answer>2, -5</answer>",
        "<answer>x = 2 or x = -5</answer>", "<answer>2 and -5</answer>", "Thus $x \\in \\{2, -5\\}$.",
        "\\boxed{\\{2, -5\\}}",
    ],
    "7": [
        "$x=\\boxed{4}$, $y=\\boxed{7}$", "x = 4, y = 7", "x = 4 and y = 7",
        "There are \\boxed{4} cats and \\boxed{7} dogs.", "4 and 7", "\\boxed{4} and \\boxed{7}",
        "\\boxed{4}\n\\boxed{7}",
    ],
    "30": [
        "There are \\boxed{12} hens and \\boxed{30} cows.", "Hens: \\boxed{12}, cows: \\boxed{30}",
        "The first number is \\boxed{12} and the second is \\boxed{30}.",
    ],
    "3": [
        "\\boxed{1}, \\boxed{2}, and \\boxed{3}", "1, 2 and 3", "x = 1, x = 2 or x = 3",
        "The values are 1, 2, and 3.",
    ],
    "5": [
        "There are 2 solutions: x = 3 and x = 5.", "There are \\boxed{2} solutions, namely 3 and 5.",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in RIGHT.items() for reply in replies])
def test_what_is_stated_is_read(gold: str, reply: str) -> None:
    assert accepted(gold, reply), grade(gold, reply)


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in WRONG.items() for reply in replies])
def test_what_is_not_is_not(gold: str, reply: str) -> None:
    assert not accepted(gold, reply)
