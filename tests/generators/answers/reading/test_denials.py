"""What is denied, supposed or taken back is no answer, in any place, of any type, in every language that is read."""

import pytest

from generators.grade import grade
from pipeline.problem import Outcome
from tests.generators.answers.paying import accepted

FORMS = [
    "It is not {b}.", "The answer is not {b}.", "It isn't {b}.", "It's not {b}.", "This is not {b}",
    "The answer cannot be {b}.", "The answer can't be {b}.", "It can not be {b}.", "It could not be {b}.",
    "{b} is wrong.", "{b} is incorrect.", "{b} is not correct.", "{b} is not the answer.", "{b} isn't right.",
    "{b} can't be right.", "{b} cannot be the answer.", "{b} is impossible.", "{b} does not work.", "{b} fails.",
    "{b}. That is wrong.", "{b}. That's not right.", "{b}. Wait, that's wrong.", "{b}. No, that is incorrect.",
    "{b}. I made a mistake.", "{b}. Scratch that.", "{b}. Ignore that.", "The answer is not {b}!",
    "I don't think it is {b}.", "I do not think the answer is {b}.", "I doubt that it is {b}.",
    "It is not true that the answer is {b}.", "Certainly not {b}.", "Not {b}", "not {b}", "Never {b}.",
    "anything but {b}", "The wrong answer is {b}.", "A common mistake is {b}.", "Some would say {b}.",
    "One might think it is {b}.", "Suppose the answer is {b}.", "La réponse n'est pas {b}.", "Ce n'est pas {b}.",
    "Die Antwort ist nicht {b}.", "Das ist nicht {b}.", "La respuesta no es {b}.", "No es {b}.",
    "La risposta non è {b}.", "A resposta não é {b}.", "Ответ не {b}.", "Это не {b}.", "答案不是{b}。", "不是{b}。",
    "答えは{b}ではありません。", "정답은 {b}이 아닙니다.", "{b} est faux.", "{b} es incorrecto.", "{b} ist falsch.",
    "{b}是错的。", "{b} неверно.", "There is no way it is {b}.", "Nobody gets {b}.", "The trap answer is {b}.",
    "The answer is far from {b}.", "{b} is what a careless reader says.", "It would be wrong to say {b}.",
    "In no case is it {b}.", "A careless student would say {b}.", "According to the wrong solution, it is {b}.",
    "{b} has to be discarded.", "If we ignored friction, it would be {b}.", "My friend claims it is {b}.",
    "The answer used to be {b}.", "I refuse to believe it is {b}.", "It is a misconception that it is {b}.",
    "If you forget the last case, you get {b}.", "By no means {b}.", "It is false that the answer is {b}.",
    "None of these gives {b}.", "Nadie obtiene {b}.", "Niemand bekommt {b}.",
    "The answer is not, as one might expect, {b}.", "The assumption that it is {b} leads to a contradiction.",
    "It's a myth that it is {b}.", "Unlikely to be {b}.", "The answer is a far cry from {b}.", "{b} is a red herring.",
    "{b}, which isn't right.", "If you ignore the sign, you get {b}.", "{b} is the answer that students wrongly give.",
    "Es stimmt nicht, dass es {b} ist.", "不应该是{b}。", "La respuesta nunca es {b}.",
]  # fmt: skip

BOXED = {
    "8": "\\boxed{8}", "true": "\\boxed{true}", "D": "\\boxed{D}", "Paris": "\\boxed{\\text{Paris}}",
    "9:45 a.m.": "\\boxed{9:45 \\text{ a.m.}}", "7": "<answer>7</answer>",
}  # fmt: skip
BARE = ("8", "D", "Paris", "yes", "x=3", "(1, 2)", "5 km")
RIGHT = [
    "It is not 7 but 8.", "It is not \\boxed{7}, it is \\boxed{8}.", "The answer is not 7. The answer is 8.",
    "7 is wrong. The answer is \\boxed{8}.", "The answer is 8, not 7.", "\\boxed{8}, not 7.",
    "Since x is not negative, \\boxed{8}.", "There is no other solution, so the answer is \\boxed{8}.",
    "It cannot be 7, so it must be \\boxed{8}.", "We can't have 7, hence the answer is 8.", "\\boxed{8} is correct.",
    "\\boxed{8}. This is right.", "Not all cases are possible; the answer is 8.",
    "The answer is \\boxed{8}, which is not prime.", "Not 7: \\boxed{8}", "No wonder the answer is \\boxed{8}.",
    "It is not hard to see that the answer is \\boxed{8}.", "It is not difficult to show that x = \\boxed{8}.",
    "\\boxed{7} is wrong, so the answer is \\boxed{8}.", "\\boxed{7}. Wait, that is wrong. \\boxed{8}",
    "I made a mistake above. The answer is \\boxed{8}.", "The mistake is in line 2; corrected, we get \\boxed{8}.",
    "Don't forget the last case: the answer is \\boxed{8}.", "The answer isn't 7; it's \\boxed{8}.",
    "The answer is 8, because 20 people did not go.", "There's no doubt that the answer is 8.",
    "Many would say 7, but the correct answer is 8.", "A common error gives 7. The correct result is 8.",
    "The number of people who did not go is 8.", "It is wrong to say 7; the answer is 8.",
    "It can't be anything other than 8.", "No other value works, so the answer is 8.",
]  # fmt: skip
"""Replies that deny something else and answer 8."""


@pytest.mark.parametrize("form", FORMS)
def test_what_is_denied_is_no_answer(form: str) -> None:
    for gold, placed in BOXED.items():
        assert grade(gold, form.format(b=placed)).outcome is Outcome.MALFORMED, gold
        assert grade(gold, form.format(b=placed), place="tag").outcome is Outcome.MALFORMED, gold


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("gold", BARE)
def test_what_is_denied_without_a_place_is_no_answer(form: str, gold: str) -> None:
    assert not accepted(gold, form.format(b=gold))


@pytest.mark.parametrize("reply", RIGHT)
def test_what_denies_something_else_stands(reply: str) -> None:
    assert accepted("8", reply), grade("8", reply)
