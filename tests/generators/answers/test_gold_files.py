"""Every gold answer of the real files against itself, wherever a reply may state it."""

from collections.abc import Iterator

import pytest

from generators.grade import as_text, gold_text, grade
from pipeline.errors import FamilyError
from pipeline.problem import Json, Outcome
from tests.real_cases import case_rows, needs_cases

FILES = {
    "benchmarks/aime24": "answer", "benchmarks/aime25": "answer", "benchmarks/amc23": "answer",
    "benchmarks/gsm8k_test": "answer", "benchmarks/math500": "answer", "benchmarks/minerva_math": "solution",
    "benchmarks/olympiadbench_text": "final_answer",
    "train/gsm8k_train_3000": "answer", "train/math_train_2000": "answer", "train/sws_synthetic_300": "label_answer",
}  # fmt: skip
DATA_ERRORS = {"train/math_train_2000": 1}
"""Golds that are empty."""


def golds(name: str) -> Iterator[Json]:
    for row in case_rows(f"{name}.jsonl"):
        yield row[FILES[name]]


def is_balanced(text: str) -> bool:
    return text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


@needs_cases
@pytest.mark.parametrize("name", FILES)
def test_every_gold_is_its_own_answer(name: str) -> None:
    failed, broken = [], 0
    for gold in golds(name):
        try:
            text = gold_text(as_text(gold))
            replies = [text, f"<answer>{text}</answer>", f"The answer is {text}."]
            replies += [f"So \\boxed{{{text}}}."] if is_balanced(text) else []
            failed += [(gold, reply) for reply in replies if grade(gold, reply).outcome is not Outcome.CORRECT]
        except FamilyError:
            broken += 1
    assert failed == [] and broken == DATA_ERRORS.get(name, 0)
