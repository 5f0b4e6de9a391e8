"""Several candidates are no answer, in every wording and language that is read; one value in two spellings is."""

import pytest

from generators.grade import grade
from tests.generators.answers.paying import accepted

RIGHT = {
    "9": [
        "\\boxed{9}", "The answer is 9, that is, 3 squared.", "The answer is 9 (or, equivalently, 3^2).",
        "9, or 18/2", "\\boxed{9} or 9.0", "The answer is 9, i.e. 9.00.", "It is 9. One or two checks confirm it.",
        "Whether n is 7 or 8, the answer is 9.", "Trying 7 or 8 does not work, so the answer is \\boxed{9}.",
        "x = 7 or x = 9, but x = 7 fails, so \\boxed{9}.", "Either way, the answer is 9.",
        "In either case the answer is \\boxed{9}.", "I considered 7 or 8. The answer is 9.",
        "Perhaps surprisingly, the answer is 9.",
        "Maybe there is a nicer way, but the computation gives 9. The answer is 9.",
        "We may assume n > 0. Then the answer is \\boxed{9}.",
        "We could also use induction. The answer is \\boxed{9}.", "It might look like 7, but it is \\boxed{9}.",
        "One might expect 7. However, the answer is \\boxed{9}.",
        "As n can be 7 or 8, we check both. Only one works: \\boxed{9}.",
        "The number of ways to choose 7 or 8 people is 9, so \\boxed{9}.",
        "We may write 81 = 9^2, so the root is 9.", "Let x be 7 or 8 or so. Anyway, x = 9.",
    ],
    "3/8": [
        "3/8, or 37.5%", "3/8 or 0.375", "\\boxed{\\frac{3}{8}} or 0.375", "\\boxed{\\frac38} = 0.375",
        "The answer is 3/8, or 0.375.", "The probability is 3/8 (or 37.5%).", "\\boxed{3/8} or \\boxed{0.375}",
        "3/8, i.e. 37.5%", "3/8, that is 0.375", "3/8 (37.5%)", "The answer is 3/8, equivalently 0.375.",
    ],
    "5/2": [
        "5/2 or 2.5", "2.5, or 5/2", "The answer is 5/2, or 2 1/2.", "5/2 = 2.5", "\\boxed{2.5} or \\frac{5}{2}",
    ],
}  # fmt: skip

WRONG = {
    "9": [
        "7 or 9", "The answer is 7 or 9.", "The answer is either 7 or 9.", "It is 7 or 9, depending on n.",
        "Either 7 or 9", "7, or maybe 9", "7, or 9", "9 or 7", "9, or possibly 7", "9 (or 7)",
        "\\boxed{7} or \\boxed{9}", "\\boxed{9} or \\boxed{7}", "\\boxed{7 \\text{ or } 9}",
        "$\\boxed{7}$ or $\\boxed{9}$", "$x=\\boxed{7}$ or $x=\\boxed{9}$", "Either \\boxed{7} or \\boxed{9}.",
        "\\boxed{7} or else \\boxed{9}", "\\boxed{7}, alternatively \\boxed{9}",
        "\\boxed{7}; alternatively, \\boxed{9}", "\\boxed{7}. Alternatively, \\boxed{9}.",
        "\\boxed{7} or, if zero counts, \\boxed{9}", "\\boxed{7}, but it could also be \\boxed{9}",
        "\\boxed{7} (or \\boxed{9})", "\\boxed{7} maybe \\boxed{9}", "\\boxed{7} perhaps \\boxed{9}",
        "\\boxed{7} if n is odd, \\boxed{9} if n is even", "\\boxed{7} when x > 0 and \\boxed{9} when x < 0",
        "\\boxed{7} apples or \\boxed{9} apples", "\\boxed{7}\n\nor\n\n\\boxed{9}", "**7** or **9**",
        "**9** or **7**", "$7$ or $9$", "$9$ or $7$", "7 / 9 ?", "maybe 9", "Maybe \\boxed{9}.",
        "Perhaps \\boxed{9}", "Possibly \\boxed{9}", "It might be \\boxed{9}.", "It could be \\boxed{9}",
        "It may be \\boxed{9}.", "The answer might be 9.", "The answer may be 9", "Perhaps 9", "Possibly 9",
        "Probably 9", "I'm not sure, maybe 9.", "9? Not sure.", "9, I'm not sure", "\\boxed{9}? Not sure.",
        "\\boxed{9}? Maybe.", "I think it is 7 or 9.", "<answer>7</answer> or <answer>9</answer>",
        "<answer>7 or 9</answer>", "<answer>7</answer> or maybe <answer>9</answer>", "<answer>9</answer> or 7",
        "\\boxed{9} or 7", "7 or \\boxed{9}", "either 7 or \\boxed{9}", "x = 7 or x = \\boxed{9}",
        "The answer is 7 ou 9.", "La réponse est 7 ou 9.", "Die Antwort ist 7 oder 9.", "La respuesta es 7 o 9.",
        "La risposta è 7 o 9.", "A resposta é 7 ou 9.", "Ответ: 7 или 9", "答案是7或9。", "答えは7または9です。",
        "정답은 7 또는 9입니다.", "Cevap 7 veya 9.", "Odpowiedź to 7 lub 9.", "Svaret är 7 eller 9.",
        "\\boxed{7} ou \\boxed{9}", "\\boxed{7} oder \\boxed{9}", "\\boxed{7} o \\boxed{9}",
        "\\boxed{7} 或 \\boxed{9}", "\\boxed{7}或者\\boxed{9}", "\\boxed{7}または\\boxed{9}",
        "\\boxed{7} или \\boxed{9}", "\\boxed{7} 또는 \\boxed{9}", "\\boxed{7} veya \\boxed{9}", "Peut-être 9.",
        "Vielleicht 9.", "Quizás 9.", "Talvez 9", "Возможно, 9", "可能是9。", "也许是9", "たぶん9です。", "아마 9",
        "Answer A: \\boxed{7}. Answer B: \\boxed{9}.", "Option 1: \\boxed{7}\nOption 2: \\boxed{9}",
        "Case 1: \\boxed{7}. Case 2: \\boxed{9}.", "{\"answer\": 7, \"answer\": 9}", "{\"answer\": \"7 or 9\"}",
        "{\"answer\": 7, \"alternative_answer\": 9, \"answer2\": {\"answer\": 9}}",
        "[{\"answer\": 7}, {\"answer\": 9}]", "{\"answer\": 7}\n{\"answer\": 9}", "{\"answer\": [7, 9]}", "7 9",
        "7, 9", "7; 9", "7 and 9", "\\boxed{7}\\boxed{9}", "\\boxed{7} \\boxed{9}",
        "<answer>7</answer><answer>9</answer>", "<answer>7</answer> <answer>9</answer>", "9 for even n, 7 for odd n",
        "If n is even 9, otherwise 7", "The answer is 9 if order matters, otherwise 7.", "9 or so", "about 9 or 10",
        "at least 9", "at most 9", "The answer is between 7 and 9.", "7-9", "7 to 9",
        "The answer is one of 7, 8, 9.", "The answer is 7, 8 or 9.", "anything but 9", "I don't know, 7 or 9?",
    ],
    "3/8": [
        "3/8 or 0.35", "3/8, or 38%", "\\boxed{\\frac{3}{8}} or 0.38", "3/8 or 5/8",
    ],
    "5/2": [
        "5/2 or 2", "2.5 or 5.2",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in RIGHT.items() for reply in replies])
def test_what_is_stated_is_read(gold: str, reply: str) -> None:
    assert accepted(gold, reply), grade(gold, reply)


@pytest.mark.parametrize(("gold", "reply"), [(gold, reply) for gold, replies in WRONG.items() for reply in replies])
def test_what_is_not_is_not(gold: str, reply: str) -> None:
    assert not accepted(gold, reply)
