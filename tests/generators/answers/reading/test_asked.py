"""The place a question asks for itself: found in the requests of the field, never in what a question is about."""

import time
from pathlib import Path

import pytest

from generators.answers.reading.asked import FREE, answer_behind, answer_within, asked_place
from generators.answers.reading.extract import place
from generators.family import from_params, verify
from generators.malformed import Malformed
from pipeline.problem import Problem, from_row, to_row

DAPO = (
    "Solve the following math problem step by step. The last line of your response should be of the form Answer: "
    "$Answer (without quotes) where $Answer is the answer to the problem.\n\n{}\n\nRemember to put your answer on its "
    'own line after "Answer:".'
)
BOX = "Let's think step by step and output the final answer within \\boxed{{}}. {}"
HASHES = '{} Let\'s think step by step and output the final answer after "####".'
LETTER = (
    "Answer the question. The last line of your response should be of the following format: 'ANSWER: $LETTER' "
    "(without quotes) where LETTER is one of ABCD.\n\n{}"
)
REQUESTS = {
    DAPO: "after Answer:", BOX: "tag", HASHES: "after ####", LETTER: "after ANSWER:",
    "{}\nPlease put your final answer in \\boxed{{your answer}}.": "tag", "Put the answer in a box. {}": "tag",
    "Box your final answer. {}": "tag", "请一步步推理，并将最终答案放在\\boxed{{}}中。\n{}": "tag",
    "{} Return the final answer in <answer> </answer> tags, for example <answer> 1 </answer>.": "tag",
    "{} Think, then finish with \"the answer is (X)\" where X is the letter.": "after the answer is",
    "End your response with 'Final Answer: <number>'.\n{}": "after Final Answer:",
    "{}\nState your result on the last line as Result: <value>": "after Result:",
    "{}\nThe last line must be of the form 'Therefore, the final answer is: $\\boxed{{ANSWER}}$.'":
        "after the final answer is:",
    "Wrap the final answer in <final_answer></final_answer> tags. {}": "within final_answer",
    "Put your result between <result> and </result>.\n{}": "within result",
    'Gib die finale Antwort in der letzten Zeile im Format "Antwort:" aus.\n{}': "after Antwort:",
    "在最后一行以“答案：”的形式给出最终答案。\n{}": "after 答案：",
    'Your response should end with "The best answer is [the_answer_letter]".\n{}': "after The best answer is",
    "Please output the answer directly without explanation.\n{}": FREE,
    "Respond in the following format:\n<reasoning>\n...\n</reasoning>\n<answer>\n...\n</answer>\n\n{}": "tag",
    'Respond in JSON: {{"answer": <number>}}. {}': FREE, "Output only the final number.\n\n{}": FREE,
    "{}\nAnswer with just the letter of the option.": FREE, "{} Write your answer as **Answer:** X": "after Answer:",
}  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS)
def test_requests_of_the_field(request_: str) -> None:
    assert asked_place(request_.format("What is 1 plus 2?")) == REQUESTS[request_]


@pytest.mark.parametrize(
    "question",
    [
        "What is 2+2?", "A box holds 5 apples. What is the answer if 2 boxes are added? Put 3 more in the box.",
        "Question: What is 2+2?\nAnswer:", "Find the number of solutions: x^2 = 1.", "Place 3 balls in a box.",
        "Compute the result: 3+4.", "If Tom gives only the result 5, what is x?", "Fill in: 3 + \\boxed{} = 7",
        "The answer is: (A) 3, says Tom. Is he right?", "Give only the positive solutions of x^2 = 4.",
        "Give your answer in terms of $x$.", "Please provide the correct answer: (A) 1 (B) 2",
        "Please provide the correct answer: $3$ or $4$", "Please give the answer: 'yes' or 'no'.",
        "Thus it must be a \\boxed{sphere}. Use that result: what is its area?", "Solution: $x=2$ is given. Find y.",
        "The output is $y$. Write the result is zero.", "Let the final answer is: $3$ be false.",
        "Answer only part (b).", "If <b>answer</b> is bold, how many letters are?", "Output: ___ Input: 3",
        "请给出答案。", "Quelle est la réponse : 3 ou 4 ?", "Solve <x> for </x>, then give the answer.", "x" * 200_000,
    ],
)  # fmt: skip
def test_what_a_question_is_about_is_no_request(question: str) -> None:
    assert asked_place(question) == ""


def problem(request: str, answer: object = "3") -> Problem:
    params = {"question": request.format("What is 1 plus 2?"), "answer": answer, "source": "test"}
    return from_row(to_row(from_params("text/math", params, rendering="plain")))


def outcomes(made: Problem, *replies: str) -> list[str]:
    return [verify(made, reply).outcome.value for reply in replies]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_question_is_asked_once_and_read_as_asked(request_: str) -> None:
    made = problem(request_)
    assert made.prompt == made.params["question"] and made.prompt.count("box") == made.params["question"].count("box")
    assert outcomes(made, place("3", made.answer_format), "So \\boxed{3}.", place("4", made.answer_format)) == [
        "correct", "correct", "wrong",
    ]  # fmt: skip
    assert outcomes(made, made.prompt, "", "<think>Answer: 3")[0] != "correct"
    assert set(outcomes(made, "", "<think>Answer: 3")) == {"malformed"}


def test_the_line_that_is_asked_for_counts() -> None:
    made = problem(DAPO)
    right = (
        "1+2 is 3.\nAnswer: 3", "Answer: 3.", "**Answer:** 3", "**Answer**: $3$", "answer : 3", "Answer:\n3",
        "Answer: \\boxed{3}", "We get \\boxed{4}, no.\nAnswer: 3", "Answer: 4\nWait.\nAnswer: 3", "Answer：3",
        "Answer: 3\n\nLet me know if you need more!", "<think>Answer: 4</think>Answer: $\\frac{6}{2}$",
    )  # fmt: skip
    assert set(outcomes(made, *right)) == {"correct"}
    assert set(outcomes(made, "\\boxed{3}\nAnswer: 4", "Answer: 30", "Answer: 3, 4")) == {"wrong"}
    malformed = (
        "3",
        "It is 3",
        "The answer is 3",
        "Answer:",
        "Answer: 3 or 4",
        "My Reanswer: 3",
        "Answer: 3" + " " * 200_001,
    )
    assert set(outcomes(made, *malformed)) == {"malformed"}
    assert outcomes(problem(HASHES), "so\n#### 3", "3\n#### 4", "#### $3", "The answer is 3") == [
        "correct", "wrong", "correct", "malformed",
    ]  # fmt: skip
    assert outcomes(problem(LETTER, "C"), "ANSWER: C", "Answer: (C)", "ANSWER: B", "B? No.\nANSWER: **C**") == [
        "correct", "correct", "wrong", "correct",
    ]  # fmt: skip
    inside = "{} Put your answer in <final_answer> </final_answer> tags."
    assert outcomes(
        problem(inside), "<final_answer>3</final_answer>", "\\boxed{4} <Final_Answer> $3$ </final_answer>",
        "<final_answer>4</final_answer> <final_answer>3</final_answer>", "\\boxed{3}\n<final_answer>4</final_answer>",
        "<final_answer>3", "<final_answer></final_answer>",
    ) == ["correct", "correct", "correct", "wrong", "malformed", "malformed"]  # fmt: skip
    words = '{} Finish with "the answer is (X)" where X is the letter.'
    assert outcomes(problem(words, "C"), "So the answer is (C).", "the answer is: C", "the answer is (B)") == [
        "correct", "correct", "wrong",
    ]  # fmt: skip


def test_long_questions_and_replies_are_read_in_linear_time() -> None:
    for part in ("<", "answer: ", "the answer is ", '"', "\\boxed{", "please ", "<answer", "final ", "Answer:", "a_"):
        begin = time.process_time()
        asked_place(part * (90_000 // len(part)))
        asked_place("format " + part * (90_000 // len(part)))
        answer_behind(part * (190_000 // len(part)), "The final answer is:")
        answer_within(part * (190_000 // len(part)), "answer")
        assert time.process_time() - begin < 3, part


def test_what_is_behind_a_cue_is_bounded() -> None:
    assert answer_behind("no such line", "Answer:") is None
    assert answer_behind("Answer: 1 Answer:" + " *" * 90_000, "Answer:") is not None
    with pytest.raises(Malformed, match="over 200000"):
        answer_behind("Answer: 1" * 30_000, "Answer:")


POLICIES = (Path(__file__).parents[4] / "docs" / "answers.md").read_text()
SECTION = POLICIES.partition("## Where a question asks for it\n")[2].partition("\n## ")[0]
ROWS = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in SECTION.splitlines() if "`" in line[:3]]


@pytest.mark.parametrize(("says", "reply", "read_as"), ROWS)
def test_the_documented_places_hold(says: str, reply: str, read_as: str) -> None:
    made = problem("{} " + says.replace("{", "{{").replace("}", "}}"))
    assert outcomes(made, reply) == ["correct" if read_as == "3" else "malformed"]


def test_the_documented_places_are_found() -> None:
    assert len(ROWS) == 14
