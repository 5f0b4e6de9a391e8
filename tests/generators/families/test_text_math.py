"""Imported questions: identity without the answer, gold read at build, strict place of the answer."""

from dataclasses import replace

import pytest

from generators.answers.reading.extract import place
from generators.certify import attacks
from generators.family import from_params, verify
from pipeline.errors import FamilyError
from pipeline.problem import Json, Outcome, Problem, from_row, to_row
from tests.real_cases import case_rows, needs_cases


def problem(answer: Json = "72", question: str = "How many clips?", **more: Json) -> Problem:
    params = {"question": question, "answer": answer, "source": "test", **more}
    return from_params("text/math", params, rendering="plain")


def test_problem_carries_question_and_gold() -> None:
    made = problem("48/2 = <<48/2=24>>24 clips in May.\n#### 72", level=3)
    assert made.prompt.startswith("How many clips?\n") and "\\boxed{}" in made.prompt and "72" not in made.prompt
    assert (made.answer, made.level, made.answer_format) == ("72", 3, "tag")
    assert (made.certificate.status, made.certificate.evidence, made.trace) == ("none", "none", None)
    assert from_row(to_row(made)) == made


def test_identity_is_the_question_alone() -> None:
    same = problem("71", "  how many\nCLIPS? ")
    assert problem().instance_hash == same.instance_hash and problem().uid != same.uid
    assert problem().instance_hash != problem(question="How many pins?").instance_hash


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("So \\boxed{72}.", Outcome.CORRECT), ("<answer>72.0</answer>", Outcome.CORRECT),
        ("<think>\\boxed{1}</think> \\boxed{72\\text{ clips}}", Outcome.CORRECT), ("\\boxed{73}", Outcome.WRONG),
        ("\\boxed{72} or \\boxed{73}", Outcome.MALFORMED), ("\\boxed{73} or \\boxed{72}", Outcome.MALFORMED),
        ("\\boxed{73}, \\boxed{72}", Outcome.WRONG), ("\\boxed{72}. So \\boxed{72}.", Outcome.CORRECT),
        ("The answer is 72", Outcome.MALFORMED), ("", Outcome.MALFORMED),
        ("\\boxed{72 or 73}", Outcome.MALFORMED), ("<think>\\boxed{72}", Outcome.MALFORMED),
    ],
)  # fmt: skip
def test_only_the_declared_place_counts(reply: str, outcome: Outcome) -> None:
    assert verify(problem(), reply).outcome is outcome


@pytest.mark.parametrize("answer", ["", "\\boxed{", "#### ", "  "])
def test_gold_that_cannot_be_compared_is_a_data_error(answer: str) -> None:
    with pytest.raises(FamilyError, match=r"gold answer .* cannot be read"):
        problem(answer)


@pytest.mark.parametrize("question", ["", "  "])
def test_question_must_be_text(question: str) -> None:
    with pytest.raises(FamilyError, match="empty or no text"):
        problem(question=question)


@pytest.mark.parametrize("answer", ["72", "\\frac{1}{2}", "(1, 2)", "north", 3, [1, 2]])
def test_attacks_are_judged(answer: Json) -> None:
    made = problem(answer)
    gold = made.answer
    assert verify(made, place(gold, "tag")).outcome is Outcome.CORRECT
    assert verify(made, made.prompt).outcome is not Outcome.CORRECT
    stated = {place(f"The answer is {gold}", "tag"), place(f"**The answer is {gold}**", "tag")}
    for reply in [*attacks.hedges(gold, "5", "tag"), *attacks.misplaced(gold, "tag")]:
        if reply in stated:  # a sentence in the place is read, as in any reply that is graded
            continue
        assert verify(made, reply).outcome in (Outcome.WRONG, Outcome.MALFORMED)
    for reply in [*attacks.floods(gold, "tag"), *(place(text, "tag") for text in attacks.junk(gold))]:
        assert verify(made, reply).outcome is not Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("answer", "said", "right", "amiss"),
    [
        ("1, 2, 3", {"declared": {"order": "any"}}, "3, 1, 2", "3, 1, 1"),
        ("B", {"declared": {"choices": ["Rome", "Paris"]}}, "Paris", "Rome"),
        ("2024-03-05", {"type": "date"}, "March 5, 2024", "March 6, 2024"), ({"a": 1}, {}, "{a: 1}", "{a: 2}"),
        ([[1, 2], [3, 4]], {}, "1 2\n3 4", "1 2\n4 3"), ([1, 2], {}, "[1, 2]", "[2, 1]"), (True, {}, "yes", "no"),
        ("0.333", {"declared": {"digits": 3}}, "1/3", "1/4"),
        ("5 km", {"declared": {"unit": "required"}}, "5000 m", "5"),
    ],
)  # fmt: skip
def test_a_question_may_state_type_and_declarations(answer: Json, said: Json, right: str, amiss: str) -> None:
    made = from_row(to_row(problem(answer, **said)))
    assert verify(made, place(made.answer, "tag")).outcome is Outcome.CORRECT
    assert verify(made, place(right, "tag")).outcome is Outcome.CORRECT
    assert verify(made, place(amiss, "tag")).outcome is Outcome.WRONG


def test_what_is_not_stated_keeps_the_identity_of_old_rows() -> None:
    assert (
        problem().uid == "8531936f5d2d4b19d48011c48a3d1857" and problem(declared={"order": "any"}).uid != problem().uid
    )


def test_rows_of_the_first_version_are_judged_as_they_were_asked() -> None:
    question = "How many? Put the answer on the last line as Answer: $Answer."
    old = replace(problem(question=question), family_version=1, prompt=question + " Box it.", answer_format="tag")
    assert verify(old, "\\boxed{72}").outcome is Outcome.CORRECT
    assert verify(old, "Answer: 72").outcome is Outcome.MALFORMED
    assert verify(problem(question=question), "Answer: 72").outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"type": "number"}, "unknown answer type"), ({"declared": {"ordr": "any"}}, "did you mean 'order'"),
        ({"declared": 3}, "give an object"), ({"type": "date"}, "cannot be read"),
        ({"type": ["date"]}, "unknown answer type"),
    ],
)  # fmt: skip
def test_a_statement_that_cannot_be_meant_is_refused(said: Json, words: str) -> None:
    with pytest.raises(FamilyError, match=words):
        problem("72", **said)


FILES = {
    "train/gsm8k_train_3000": ("question", "answer"),
    "benchmarks/math500": ("problem", "answer"),
    "benchmarks/aime24": ("problem", "answer"),
    "benchmarks/olympiadbench_text": ("question", "final_answer"),
}


@needs_cases
@pytest.mark.parametrize("name", FILES)
def test_real_golds_are_read_and_accepted(name: str) -> None:
    question, answer = FILES[name]
    for row in case_rows(f"{name}.jsonl")[:300]:
        made = problem(row[answer], row[question])
        assert verify(made, f"Hence \\boxed{{{made.answer}}}.").outcome is Outcome.CORRECT
