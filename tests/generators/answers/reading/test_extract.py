"""One declared place; never anything but Malformed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.answers.reading.extract import (
    MAX_ANSWER_CHARS,
    MAX_REPLY_CHARS,
    answer_text,
    place,
    spoken,
    undressed,
)
from generators.answers.reading.places import boxed
from generators.malformed import Malformed


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("<answer>5</answer>", "5"),
        ("a <answer>1</answer> b <answer> 2\n</answer> c", "2"),
        ("<think><answer>1</answer></think> <answer>2</answer>", "2"),
        ("lost start </think><answer>2</answer>", "2"),
        ("<think>x</think>\\boxed{7}", "7"),
        ("\\boxed{1} then \\boxed{2}", "2"),
        ("\\boxed{1}, \\boxed{2} and \\boxed{3}.", "1, 2, 3"),
        ("so $\\boxed{7}$.\n\n$\\boxed{7}$", "7"),
        ("\\boxed{\\boxed{7}}", "7"),
        ("I write \\boxed{ and then \\boxed{7}", "7"),
        ("<answer>1</answer> or rather <answer>2</answer>", "2"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"),
        ("\\boxed{\\left\\{ 1 \\right.}", "\\left\\{ 1 \\right."),
        ("\\boxed 7", "7"),
        ("\\boxed{1} <answer>2</answer>", "2"),
        ("<answer><answer>5</answer>", "5"),
        ("<answer>**[1, 2]**</answer>", "[1, 2]"),
        ("<answer>\\boxed{7}</answer>", "7"),
        ("so **$\\boxed{7.}$**.", "7"),
        ("<answer>4</answer>. That is wrong. <answer>5</answer>", "5"),
        ("<answer>5</answer> Is that wrong? No, it is correct.", "5"),
    ],
)
def test_tag_reads_the_last_place(reply: str, answer: str) -> None:
    assert answer_text(reply, "tag") == answer


@pytest.mark.parametrize(
    "reply",
    [
        "", "5", "the answer is 5", "<answer>5", "<answer></answer>", "<answer> \n</answer>", "\\boxed{5", "\\boxed{}",
        "<think><answer>5</answer>", "<answer>5</answer> no, <answer>6", "</think><think><answer>5</answer>",
        "<answer>5</answer><think>", "5</answer>", "\\boxed", "\\boxed{1} \\boxed{2",
        "<answer>5</answer> Wait, that is wrong.", "\\boxed{5}. I made a mistake.", "\\boxed{5}, maybe \\boxed{6}",
        "<answer>5</answer> or <answer>6</answer>", "**\\boxed{5}** or **\\boxed{6}**", "$\\boxed{5}$, or $\\boxed{6}$",
        "<answer>" + "1" * (MAX_ANSWER_CHARS + 1) + "</answer>", "x" * MAX_REPLY_CHARS + "<answer>5</answer>",
    ],
)  # fmt: skip
def test_tag_finds_no_answer(reply: str) -> None:
    with pytest.raises(Malformed):
        answer_text(reply, "tag")


@pytest.mark.parametrize(("reply", "answer"), [("#5", "5"), ("1+1=2#2", "2"), ("#1#2", "2"), ("# 3 ", "3")])
def test_hash_reads_after_the_last_mark(reply: str, answer: str) -> None:
    assert answer_text(reply, "hash") == answer


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("7.", "7"), ("**7**", "7"), ("$7$", "7"), ("$$7$$", "7"), ("\\(7\\)", "7"), ("\\[ 7 \\]", "7"), ("`7`", "7"),
        ("```7```", "7"), ("```\n1,\n2\n```", "1,\n2"), ("```json\n[1, 2]\n```", "[1, 2]"), ("**(4+2)*6**", "(4+2)*6"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"), (" **`[1, 2]`.** ", "[1, 2]"), (".", ""), ("\\boxed{}", ""),
    ],
)  # fmt: skip
def test_what_wraps_a_whole_answer_is_taken_off(text: str, bare: str) -> None:
    assert undressed(text) == bare


@pytest.mark.parametrize(
    "text",
    [
        "**1** or **2**", "$1$, $2$", "`1` `2`", "$$1$$ $$2$$", "\\(1\\) \\(2\\)", "\\boxed{1}\\boxed{2}",
        "```1``` ```2```", "7..", "...", "**7", "7**", "$7", "*7*", "The answer is **7**", "7 (maybe)", "\\boxed{7",
        "x\\boxed{7}", "**", "****",
    ],
)  # fmt: skip
def test_what_wraps_a_part_or_says_more_stays(text: str) -> None:
    assert undressed(text) == text


def test_the_hash_place_is_read_as_it_stands() -> None:
    assert answer_text("#7.", "hash") == "7."


@pytest.mark.parametrize("reply", ["<answer>.</answer>", "<answer>\\boxed{}</answer>", "<answer>` `</answer>"])
def test_a_wrapping_of_nothing_is_no_answer(reply: str) -> None:
    with pytest.raises(Malformed):
        answer_text(reply, "tag")


@pytest.mark.parametrize("reply", ["", "5", "5#", "# "])
def test_hash_finds_no_answer(reply: str) -> None:
    with pytest.raises(Malformed):
        answer_text(reply, "hash")


def test_unknown_format_is_a_bug_and_says_so() -> None:
    with pytest.raises(ValueError, match="answer_format"):
        answer_text("5", "xml")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no place", None),
        ("\\boxed{1}, \\boxed{2}", "1, 2"),
        ("\\boxed{1} \\quad \\text{and} \\quad \\boxed{2}.", "1, 2"),
        ("\\boxed{1}. Therefore \\boxed{2}", "2"),
        ("<answer>\\boxed{3}</answer>", "3"),
    ],
)
def test_boxes_join_only_a_run(text: str, found: str | None) -> None:
    assert boxed(text) == found


def test_much_between_two_places_costs_little() -> None:
    for between in (" " * 150_000, "or" * 75_000, "ore " * 40_000, "," * 150_000):
        begun = time.thread_time()
        assert answer_text(f"\\boxed{{1}}{between}\\boxed{{1}}", "tag") == "1"
        assert answer_text(f"<answer>1</answer>{between}<answer>1</answer>", "tag") == "1"
        assert time.thread_time() - begun < 0.2


def test_spoken_drops_thinking_and_control_tokens() -> None:
    assert spoken("<|im_start|>assistant<think>7</think> so 8<|im_end|>") == "so 8"


_PIECES = st.sampled_from(
    ["<answer>", "</answer>", "<think>", "</think>", "\\boxed{", "\\boxed", "{", "}", "\\", "#", "5", " ", "é"]
)


@given(st.lists(_PIECES | st.text(max_size=3), max_size=30), st.sampled_from(["tag", "hash"]))
def test_extraction_raises_nothing_but_malformed(pieces: list[str], answer_format: str) -> None:
    try:
        found = answer_text("".join(pieces), answer_format)
    except Malformed:
        return
    assert found == found.strip() != ""


@given(st.text(min_size=1, max_size=50).filter(lambda text: not any(mark in text for mark in "<#\\") and text.strip()))
def test_what_is_placed_is_found(text: str) -> None:
    assert answer_text(place(text, "hash"), "hash") == text.strip()
    if undressed(text):
        assert answer_text(place(text, "tag"), "tag") == undressed(text)


@given(st.text(alphabet="7$`*.\\()[]{} \n", max_size=30))
def test_undressing_keeps_what_it_keeps(text: str) -> None:
    bare = undressed(text)
    assert bare == bare.strip() and bare in text
