"""Spellings of one question share a text and different questions never do; every line of docs/questions.md holds."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.family import generate, load, names
from pipeline.question import MAX_CHARS, asked_text, question_of, question_text
from tests.real_cases import case_rows, needs_cases

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text(encoding="utf-8")


def table(head: str) -> list[tuple[str, str]]:
    rows = PAGE.partition(head)[2].partition("\n\n")[0].splitlines()[1:]
    return [tuple(re.findall(r"`([^`]*)`", row)) for row in rows]


SAME, OTHER = (table(f"| what differs | question | {word} |\n") for word in ("the same", "another"))


@pytest.mark.parametrize("pair", SAME, ids=str)
def test_spellings_of_one_question_share_a_text(pair: tuple[str, str]) -> None:
    assert question_text(pair[0]) == question_text(pair[1])


@pytest.mark.parametrize("pair", OTHER, ids=str)
def test_other_questions_stay_others(pair: tuple[str, str]) -> None:
    assert question_text(pair[0]) != question_text(pair[1])


def test_the_page_has_its_lines() -> None:
    assert len(SAME) >= 19 and len(OTHER) >= 20


@given(st.integers(-999, 999), st.integers(-999, 999), st.sampled_from("+-*/^"), st.sampled_from("+-*/^"))
def test_numbers_signs_and_operators_matter(a: int, b: int, one: str, other: str) -> None:
    told = {question_text(f"What is {x} {sign} {y}?"): (x, sign, y) for x, y, sign in ((a, b, one), (a, b, other))}
    assert len(told) == len({one, other})
    assert question_text(f"What is {a} {one} {b}?") != question_text(f"What is {a} {one} {b + 1}?")


@given(st.text(max_size=200))
def test_space_around_any_text_says_nothing(text: str) -> None:
    assert question_text(f"  {text.strip()}\n") == question_text(text.strip())


@pytest.mark.parametrize("text", ["", " ", "?", "...", "$", "$$", "**", "answer:", "Let's think step by step."])
def test_texts_without_a_question_are_texts(text: str) -> None:
    assert question_text(text) == question_text(text + " ")


def test_what_cannot_be_cheap_is_only_put_into_one_case() -> None:
    assert question_text("A  ?" * MAX_CHARS) == "a ?" * MAX_CHARS


def test_the_question_is_what_params_keep() -> None:
    assert question_of({"question": "Q"}, "Q\n\nReason.") == "Q"
    assert question_of({"question": 3}, "P") == question_of([1], "P") == question_of({}, "P") == "P"


def test_no_family_asks_only_how_to_answer() -> None:
    """What SQL makes of a prompt is what asked_text makes of it, so that exports are found again."""
    for name in names():
        family = load(name)
        for rendering in family.renderings if family.procedural else ():
            prompt = generate(name, level=2, seed=0, index=1, rendering=rendering).prompt
            assert asked_text(prompt) == " ".join(prompt.lower().split()).rstrip(" .?:;,")


@needs_cases
def test_real_questions_are_merged_only_where_the_requests_differ() -> None:
    kept: dict[str, set[str]] = {}
    for file in ("benchmarks/gsm8k_test", "benchmarks/math500", "train/gsm8k_train_3000", "train/math_train_2000"):
        for row in case_rows(f"{file}.jsonl"):
            text = row.get("question") or row.get("problem")
            kept.setdefault(question_text(text), set()).add(" ".join(text.casefold().split()))
    assert len(kept) > 6700
    assert not [json.dumps(sorted(texts)) for texts in kept.values() if len(texts) > 1]
