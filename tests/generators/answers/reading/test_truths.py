"""A truth is the one word that a reply affirms, in every wording and language that is read."""

import pytest

from generators.grade import grade
from tests.generators.answers.paying import accepted

YES = [
    "Yes", "yes.", "**Yes**", "Yes!", "Yes, it does.", "Yes — 91 = 7 × 13.", "Yes: every such graph is bipartite.",
    "Yes, because 2 divides both.", "Yes it is.", "The answer is yes.", "The answer is: Yes", "Answer: Yes",
    "So the answer is **Yes**.", "Final Answer: Yes", "Therefore, yes.", "Thus, yes, the set is closed.", "So yes.",
    "So, yes, they are congruent.", "\\boxed{Yes}", "\\boxed{\\text{Yes}}", "$\\boxed{\\textbf{Yes}}$",
    "\\boxed{\\text{yes}}.", "<answer>yes</answer>", "<answer>Yes, it is possible.</answer>",
    "<answer>Yes.</answer>", "We check 7: 7 * 13 = 91. So 91 is composite.\n\nYes",
    "Let us see. 91 = 7 * 13, hence it factors.\n\n**Yes**, 91 is composite.",
    "The coin is flipped twice, so it is heads up again.\nYes.",
    "Yes\n\nExplanation: the two triangles share a side and both angles next to it.",
    "Yes. The sum of the digits is 18, which is divisible by 9.", "Yes, since n is even. No odd n would work.",
    "The answer (yes or no): yes", "Answer (Yes/No): Yes", "Answering with yes or no: yes.",
    "The yes/no answer is Yes.", "To answer the yes or no question: Yes", "The statement is true.", "True", "TRUE",
    "True.", "The claim is true, since both sides are equal.", "Hence the statement is True.",
    "So the statement is indeed true.", "This is true.", "It is true.",
    "It's true that both hold, so the answer is True.", "Indeed, yes.", "Clearly yes.", "Definitely yes.",
    "Absolutely, yes.", "My answer is yes.", "I would say yes.", "{\"answer\": \"yes\"}", "{\"answer\": true}",
    "```json\n{\"answer\": \"Yes\"}\n```", "Yes ✅", "✅ Yes", "Yes 😊",
    "Yes, it is.\n\nLet me know if you have questions!", "Yes. Hope this helps!",
    "Is 91 composite? Yes, since 7 divides it.", "Is 91 composite? Yes.", "Oui.", "Oui, c'est possible.",
    "La réponse est oui.", "Ja.", "Ja, das ist möglich.", "Die Antwort ist ja.", "Sí.", "Sí, es divisible.",
    "La respuesta es sí.", "Sim, é verdade.", "Sì, è possibile.", "Да.", "Да, это так.", "Ответ: да", "是的。",
    "答案是：是", "对。", "はい。", "答えは「はい」です。", "예.", "정답: 예", "Vrai.", "Wahr", "Verdadero", "正确",
    "Evet.", "Tak.",
]  # fmt: skip

NO = [
    "No", "no.", "**No**", "No, it doesn't.", "No — 97 is prime.", "No, because 3 does not divide it.",
    "No, it is not divisible by 11.", "No it isn't.", "The answer is no.", "The answer is no, it is not possible.",
    "So the answer is **No**.", "Therefore, no.", "Hence no.", "So no, the function is not injective.",
    "\\boxed{No}", "\\boxed{\\text{No}}", "<answer>No</answer>", "False", "The statement is false.", "Hence, false.",
    "The claim is therefore false.", "Answer: False", "No. The sum of the digits is 16.",
    "No\n\nReason: 97 has no divisor below 10.", "No, since yes would need an even number.", "Non.",
    "Nein, das geht nicht.", "La respuesta es no.", "Нет.", "Ответ: нет", "不是。", "答案：否", "いいえ。",
    "아니요.", "Faux.", "Falsch", "Falso.", "错误",
]  # fmt: skip

NOTHING = [
    "Yes or no", "The answer is yes or no.", "Maybe.", "Maybe yes.", "Possibly yes, possibly no.", "Probably yes.",
    "Yes and no.", "It depends.", "It is not \\boxed{\\text{Yes}}.", "It is not \\boxed{true}",
    "The answer is not yes.", "The answer isn't yes.", "\\boxed{Yes} is wrong.", "Yes? No?", "Yes?", "Is it true?",
    "The statement is neither true nor false.", "\\boxed{Yes} or \\boxed{No}", "<answer>yes or no</answer>",
    "<think>yes</think>", "<think>The answer is yes.", "I cannot tell whether it is true.",
    "I am not sure, yes or no.", "The answer could be yes.", "La réponse n'est pas oui.",
    "Die Antwort ist nicht ja.", "可能是。", "Yes. Wait, that's wrong.", "", "correct", "1",
    "The response is correct; reward: true",
]  # fmt: skip


@pytest.mark.parametrize(("reply", "said"), [(reply, True) for reply in YES] + [(reply, False) for reply in NO])
def test_the_affirmed_truth_is_read(reply: str, said: bool) -> None:
    for yes, no in (("Yes", "No"), ("True", "False")):
        assert accepted(yes if said else no, reply), grade(yes if said else no, reply)
        assert not accepted(no if said else yes, reply)


@pytest.mark.parametrize("reply", NOTHING)
def test_no_truth_is_affirmed(reply: str) -> None:
    assert not any(accepted(gold, reply) for gold in ("Yes", "No", "True", "False"))
