"""Where the answer is, what it says, and that the published policies hold, line by line."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.answers.maths.equality import equal_answers
from generators.answers.maths.typed import is_answer, normal_text, parse_answer
from generators.answers.reading.extract import MAX_REPLY_CHARS
from generators.answers.reading.places import announced, final_answer
from generators.malformed import Malformed

POLICIES = (Path(__file__).parents[4] / "docs" / "answers.md").read_text()


def lines(columns: int) -> list[list[str]]:
    """Return the rows of the tables of so many columns, each cell without its backticks."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in POLICIES.splitlines() if "|" in line
    ]
    return [[cell.strip("`") for cell in row] for row in rows if len(row) == columns and "`" in row[-2]]


def agree(gold: str, text: str) -> bool:
    try:
        return equal_answers(parse_answer(gold, gold=True), parse_answer(text))
    except Malformed:
        return False


@pytest.mark.parametrize(("kind", "policy", "gold", "accepted", "rejected"), lines(5))
def test_published_policies_hold(kind: str, policy: str, gold: str, accepted: str, rejected: str) -> None:
    assert agree(gold, accepted), (kind, policy)
    assert not agree(gold, rejected), (kind, policy)


def test_the_tables_are_read() -> None:
    assert len(lines(5)) >= 25


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("So the answer is 12", "12"), ("Therefore, the answer is $12$.", "12"), ("#### 12", "12"),
        ("A: 12", "12"), ("5 points: 3(.5)=1.5\nA: 12", "12"),
        ("**Answer:** 12", "12"), ("Final answer:\n\n12", "12"), ("ANSWER: 12", "12"), ("x = 12", "12"), ("12.", "12"),
        ("First 3*4.\n12", "12"), ("The total is 3*4 = 12 apples.", "12"), ("a + b = 12, so done", "12"),
        ("12 because geometry proves it", "12"), ("He runs 3*4=<<3*4=12>>12 meters", "12"),
        ("The answers are 3 and 4.", "3, 4"), ("the probability is 2/3", "2/3"), ("The chance is 25%.", "25%"),
        ("the number is not 10 which is 1,000.99€", "1000.99"), ("it was 10 and is 1,000.99m²", "1000.99"),
        ("The answer is \\text{east}.", "east"), ("The correct option is (B).", "B"), ("I think it's B", "B"),
        ("The answer is (B) 42", "B"), ("The answer is \\frac{1}{2}.", "1/2"), ("\\boxed{17}\\boxed{17}", "17"),
        ("\\fbox{12}", "12"), ("\\boxed{11}. Final Answer: The final answer is $12$. I hope it is correct.", "12"),
        ("答案是84。", "84"), ("Réponse : 84", "84"), ("La respuesta es 84.", "84"), ("Ответ: 84", "84"),
        ("答え: 84", "84"),
        ("８４", "84"), ("\u0668\u0664", "84"), ("\u096e\u096a", "84"), ("－１．５", "-1.5"), ("It equals -3.", "-3"),
        ("<think>so 7</think> 8 <|im_end|>", "8"), ("The answer is 4. Wait, no. The answer is 5.", "5"),
        ("All of the above, so D.", "D"), ("Answer: \"12\"", "12"), ("He now has 12 apples, up from 5.", "12"),
        ("Therefore $\\theta = \\frac{\\pi}{6}$ (30 degrees).", "\\pi/6"), ("There are $5$ roots when $x = 3$.", "5"),
        ("This corresponds to option B.", "B"), ("Answer - B", "B"), ("__Answer__: B", "B"),
        ("The answer is 'B'.", "B"),
        ("**Answer: B** – because only it fits", "B"), ("=> 42", "42"), ("∴ 42", "42"), ("20+22=42 ✓.", "42"),

        ("I got 60.", "60"), ("答案：C。因为A、B、D都不对。", "C"), ("\\boxed{5\\text{ (apples)}}", "5"),
        ("C non A", "C"), ("答案是B，而不是A。", "B"), ("所以选D，不选A。", "D"), ("La bonne réponse est la C.", "C"),
        ("正解はDです。", "D"), ("I'd go with option B.", "B"), ("Only B is correct.", "B"), ("Option B", "B"),
        ("The correct option is C: 42.", "C"), ("$\\boxed{\\textbf{(E) } 12\\sqrt{3}}$", "E"),
        ("La opción correcta es D.", "D"),
        ("I choose option C because it is even.", "C"), ("The answer is B. It is not C, and not D either.", "B"),
        ("她是\\frac{2}{5}吨。", "2/5"), ("We get $40 + $24 = $64 in total.", "64"), ("His rate is $24/8 = $3.", "3"),
        ("7 of the 12 are left", "7"), ("7 out of 12 remain", "7"), ("The size is 28 songs x 5 MB = 140 MB", "140"),
        ("The minimum is $-3$, which occurs at $x=2$", "-3"), ("a remainder of $3$ when divided by 4", "3"),
        ("\\boxed{\\text{The answer is C}}", "C"), ("<answer>The final answer is $5$</answer>", "5"),
        ("Therefore, it will be a **Monday**.", "Monday"), ("The area is 24.\n\n∎", "24"),
        ("The answer should be \\frac{1}{2}.", "1/2"), ("```json\n{\"answer\": \"7\", \"why\": \"3+4\"}\n```", "7"),
        ("The answer is 4.\nNote that 5 is wrong.", "4"), ("The total is 97 x 3 = 291.", "291"),
        ("\\boxed{5}. Is that wrong? No, it is correct.", "5"), ("We get $x=5$ or so. The answer is 6.", "6"),
        ("\\boxed{5} is wrong. The final answer is 6.", "6"), ("It is not 7, so it is \\boxed{5}.", "5"),
        ("The answer is 5, 2 of which are red.", "5"), ("The answer is 5.\nActually, all of them count.", "5"),
    ],
)  # fmt: skip
def test_the_stated_answer_is_found(reply: str, answer: str) -> None:
    assert agree(answer, final_answer(reply)), final_answer(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "", ".", "Thought process:", "The answer is not 5.", "5 is wrong", "either 5 or 6", "maybe 5",
        "between 5 and 6", "minus 5", "Set score: 5", "reward = 5", "print(5)", '{"score": 5}', "\\boxed{}",
        "\\boxed{ }",
        "\\boxed{5", "<answer>5", "<answer></answer>", "<think>5", "\\boxed{5}. Wait, no, I made a mistake.",
        "Step 5", "Step 5:", "Case 5.", "5)",
        "Let x = 5.", "Suppose n = 5", "Given that a = 2 and b = 5", "Rating: 5", "I rate this response 5.", "return 5",
        "答案不是5。", "La réponse n'est pas 5.", "Die Antwort ist nicht 5.", "Ответ не 5.", "答えは5ではありません。",
        "Paul n'a pas 5 pommes.", "答案是4或5。", "Die Antwort ist 4 oder 5.", "Ответ: 4 или 5", "Quizás 5",
        "It is anything but 5.", "The answer is at least 5.",
        "There is no way the answer is 5.", "I thought the answer is 5", "There are 5 in it but I cannot solve it.",
        "The total is 5 and then we multiply by", "The answer is 5.\nWait, that's wrong.", "\\boxed{5 is not certain}",
        "<answer>The answer is not 5</answer>", "每份不是 (\\frac{2}{5}) 吨",
        "A common mistake is to say the answer is 5.", "\\boxed{5 \\text{ is not possible}}",
        "Answer: none of the 5 work",
        "The answer is 5 because 2 + 3 = 5. That is wrong.", "The answer is 5, not 6, or maybe 7",
        "Since $x > 0$, we discard $x = -3$.", "The answer is under 60.", "The answer is half of 60.",
        "The answer is 60 squared.", "The answer is 60 plus 5 or so.",
        "The answer is one of 5.", "It is the square root of 5.", "The answer exceeds 5.", "≠5", "Hence 5 is excluded.",
        "He does not have 5 apples.", "It is not the case that he has 5.", "\\boxed{5} is wrong", "It has up to 5.",
        "The answer is not $\\boxed{5}$.", "The answer is 5.\nActually, 6.", "The answer is 5.\n\nCorrection: 6",
        "The answer is 5, unless it is 6.", "The answer is 5 for even n, 6 for odd n.", "The answer is 5, plus 1",
        "The answer is 5 when x = 2 and 6 otherwise", "The answer is 5, 6 or 7", "少于5", "答案大于5。",
        "La respuesta es mayor que 5.", "La réponse est moins de 5.", "Ответ: больше 5", "Cevap 5 değil",
        "Some say the answer is 5.", "The wrong answer is 5.", "Suppose the answer is 5.", "A. B.",
        "The answer is 5 or 6", "The answer is 5, or maybe 6", "1 1", "x" * (MAX_REPLY_CHARS + 1),
    ],
)  # fmt: skip
def test_nothing_is_stated(reply: str) -> None:
    with pytest.raises(Malformed):
        final_answer(reply)


@pytest.mark.parametrize(
    "text", ["5 or 6", "either 5 or 6", "5 is wrong", "the answer", "5 maybe", "no idea at all", ""]
)
def test_what_is_no_answer_cannot_be_parsed(text: str) -> None:
    try:
        found = parse_answer(text)
    except Malformed:
        return
    assert found.node is None


def test_or_lists_cases_and_golds() -> None:
    assert agree("x=1 or x=2", "x = 2 \\text{ or } x = 1") and not agree("x=1 or x=2", "x=1")
    assert agree("21, 16 or 11", "\\{11, 16, 21\\}") and not agree("21", "21 or 16")


def test_announced_is_the_rest_after_the_last_cue() -> None:
    assert announced("the answer is 4, no: Answer: 5\n6. I hope it is correct.") == "5\n6."
    assert announced("no cue") is None


def test_normal_text_ignores_what_says_nothing() -> None:
    assert normal_text("\\left( odd\\; $n$ \\right)") == normal_text("(odd n)")
    assert normal_text("x_{1}^{2}") == normal_text("x_1^2") != normal_text("x_1^3")


_PIECES = st.sampled_from(
    [
        "\\boxed{", "}", "{", "\\frac", "1", "2.5", "x", " or ", "the answer is ", "$", "\\(", "\\)", "\\text{", "cm",
        "%",
        "=", "<", "(", ")", "[", "]", ",", ";", "|", "^", "_", "\\sqrt", "\\{", "\\}", "\\begin{pmatrix}", "&", "\\\\",
        "\\end{pmatrix}", "\\sin", "\\sum", "!", "\\pm", "\\cup", " and ", "½", "²", "答案是", ".", "\n", "-",
        "\\overline",
        "C(", "\\max(", "Matrix(", "Eq(", "binomial(", ":", "\\mid", "'", "°", "\\infty", "\\log", "\\int", "\\to",
    ]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=2), max_size=14).map("".join))
@settings(max_examples=400, deadline=None)
def test_reading_raises_nothing_but_malformed(text: str) -> None:
    for reading in (final_answer, parse_answer, normal_text, is_answer, announced):
        try:
            reading(text)
        except Malformed:
            continue


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", "the answer is ", "so ", "答案是", "**Answer:** "]))
@settings(deadline=None)
def test_an_announced_integer_is_found(number: int, cue: str) -> None:
    assert agree(str(number), final_answer(f"{cue}{number}."))
    assert agree(str(number), final_answer(f"We compute.\n{cue}${number:,}$"))
