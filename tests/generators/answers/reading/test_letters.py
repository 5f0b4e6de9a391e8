"""A choice is the one letter that a reply affirms, in every wording and language that is read."""

import pytest

from generators.grade import grade
from pipeline.problem import Outcome
from tests.generators.answers.paying import accepted

AFFIRMED = [
    "The answer is C.", "**Answer: C**", "Answer: (C)", "(C)", "C.", "[C]", "Option C", "option c",
    "Choice C is correct.", "I choose C.", "I would choose option C, since it is the only prime.",
    "After checking each of the options, C is the one that works.",
    "We can rule out A, B and D, so the answer must be C.",
    "A is too small.\nB is too large.\nD is negative.\nTherefore C.", "So it's C.", "It has to be C.",
    "The correct choice: C", "Correct answer: C) 42", "The right answer is C) the third one.", "C: Berlin",
    "C - Berlin", "C) Berlin\n\nExplanation: A) and B) are in France.", "My final answer is **C**.",
    "Final answer: $\\boxed{C}$", "$\\boxed{\\text{C}}$", "\\boxed{\\text{(C) }17}", "\\boxed{\\mathrm{C}}",
    "\\(\\boxed{\\textbf{C}}\\)", "<answer>C</answer>", "<answer>(C)</answer>", "<answer>Option C</answer>",
    "<answer>C. Berlin</answer>", "The best answer is C because the other three contradict the passage.",
    "Only statement C is true.", "Statement C is the only true one.",
    "Only C is consistent with the data; A, B and D are not.", "Thus C is right and B is wrong.",
    "B is wrong, C is right.", "Not B but C.", "It's not A. It's not B. It's C.", "The answer isn't B, it's C.",
    "I first thought of B, but the answer is C.", "At first glance A looks right, but C is the correct answer.",
    "Looking at the graph, the slope is positive, which corresponds to option C.", "This matches choice (C).",
    "which is option (C).", "Hence the correct option is (C) 12 cm.", "The value is 12, so the correct option is C.",
    "12 → C", "12, i.e. option C", "The answer is C, not D.", "The answer is C (not D).",
    "The answer is C, as D would need a negative mass.",
    "**C**\n\nBecause the sum of angles is 180 degrees, D cannot hold.", "C\n\nA and D are distractors.",
    "ANSWER: C", "answer = C", "Answer is option (C)", "The answer would be C.", "I'd say C.", "Definitely C.",
    "Clearly, C.", "I'm confident that the answer is C.", "The answer to this question is C.",
    "The answer to question 3 is C.", "Among the options A, B, C and D, the correct one is C.",
    "Of the five choices (A–E), C fits best.", "From A to E, only C satisfies the equation.",
    "Eliminating A and B leaves C and D; D has the wrong sign, so C.", "So we are left with C.",
    "which leaves us with only C.", "That leaves (C).", "Let's go with C.", "We pick C.", "I select (C).",
    "My choice is C.", "My pick: C",
    "The correct answer is: C\n\nLet me know if you'd like a more detailed explanation!", "The answer is C. 😊",
    "✅ C", "👉 The answer is **C**", "Therefore, the answer is\n\nC", "Answer:\nC", "Answer:\n\n**(C)** Berlin",
    "{\"answer\": \"C\"}", "```json\n{\"answer\": \"C\"}\n```", "La bonne réponse est C.",
    "La réponse correcte est la C.", "Réponse : C", "Die richtige Antwort ist C.", "Antwort: C",
    "La respuesta correcta es la C.", "Respuesta: C)", "La risposta corretta è la C.", "A resposta correta é a C.",
    "Ответ: C", "Правильный ответ — C.", "答案是C。", "答案：C", "正确答案是C，因为A和B都不对。", "故选C。",
    "所以选(C)。", "正解はCです。", "答えはCです。", "정답은 C입니다.", "정답: C", "Het antwoord is C.", "Cevap: C",
    "Odpowiedź: C", "Svaret är C.", "Jawabannya adalah C.", "Đáp án là C.", "La opción C es la correcta.",
    "L'option C est la bonne.", "Option C ist richtig.", "选项C正确。", "C选项是正确的。",
]  # fmt: skip
"""Replies that answer C."""

NOTHING = [
    "The answer is B or C.", "It is either B or C.", "Both B and C are correct.", "B and C", "B/C",
    "I can't decide between B and C.", "Maybe C.", "The answer might be C.", "It could be C.",
    "Perhaps C, perhaps D.", "Not C.", "The answer is not C.", "It isn't C.", "C is wrong.",
    "C is incorrect, and so is B.", "None of A, B, C or D is correct.", "Neither A nor C.",
    "The answer cannot be C.", "C can be ruled out.", "We eliminate C.", "I don't know.", "Is it C?", "C?",
    "The answer is C. Wait, no, that's wrong.", "\\boxed{B} or \\boxed{C}", "\\boxed{B, C}",
    "<answer>B or C</answer>", "It is not \\boxed{C}.", "The answer can't be \\boxed{C}.", "\\boxed{C} is wrong.",
    "La réponse n'est pas C.", "Die Antwort ist nicht C.", "La respuesta no es C.", "答案不是C。", "答案可能是C。",
    "Ответ не C.", "B或C", "La respuesta es B o C.", "Die Antwort ist B oder C.", "Some students would say C.",
    "A common mistake is to choose C.", "If the sign were positive, the answer would be C.",
    "Suppose the answer is C.", "A, B, C, D", "ABCD", "<think>The answer is C.</think>", "<think>The answer is C.",
]  # fmt: skip
"""Replies that answer nothing."""


@pytest.mark.parametrize("reply", AFFIRMED)
def test_the_affirmed_letter_is_read(reply: str) -> None:
    assert accepted("C", reply), grade("C", reply)
    assert grade("C", reply, "choice").outcome is Outcome.CORRECT
    for other in "ABDE":
        assert not accepted(other, reply)
        assert grade(other, reply, "choice").outcome is not Outcome.CORRECT


@pytest.mark.parametrize("reply", NOTHING)
def test_no_letter_is_affirmed(reply: str) -> None:
    for letter in "ABCD":
        assert not accepted(letter, reply)
        assert grade(letter, reply, "choice").outcome is not Outcome.CORRECT
