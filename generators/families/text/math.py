"""Imported questions with a known answer: GSM8K, MATH and the like. Not made here, and nothing is proven.

Params: {"question", "answer", "source"} and optionally "level" (1 and up), "subject" (the region of its cell), "type"
(one of answers.comparers), "declared" (what the problem says of its answer: answers.declared), "system" (what a system
turn said; never asked), "metadata", and whatever the source adds. The gold answer is
read when a problem is built, so one that cannot be compared is a data error then, never a wrong reply later. A question
that already says where to put the answer is asked as it is, and its replies are read there (answers.reading.asked).
Law: the identity of an instance is its question alone, whatever its case, spacing and answer.

Source: Cobbe et al. 2021 (arXiv 2110.14168) and Hendrycks et al. 2021 (arXiv 2103.03874) for the kind of data.
"""

from random import Random

from generators.answers.declared import Declared, from_json
from generators.answers.reading.asked import FREE, answer_behind, answer_within, asked_place
from generators.answers.reading.extract import AFTER, WITHIN
from generators.family import Family, Solution
from generators.grade import AnswerType, as_text, compare, gold_text, grade
from generators.kit.questions import canonical, level_of
from pipeline.errors import ConfigError, FamilyError
from pipeline.problem import Certificate, Json, Problem, Verdict

_ASK = "\n\nReason step by step, then put the final answer in \\boxed{}."


def make(rng: Random, level: int, region: str) -> Json:
    """Make nothing: these questions are brought, not drawn."""
    raise FamilyError("text/math makes no problems of its own: bring them with `veriloop import`")


def solve(params: Json) -> Solution:
    """Return the gold answer that came with the question; it is taken on trust."""
    gold = gold_text(as_text(params["answer"]))
    type_, declared = _said(params)
    compare(_gold(params, gold), gold, type=type_, declared=declared)
    return Solution(gold, Certificate(status="none", evidence="none"))


def verify(problem: Problem, reply: str) -> Verdict:
    """Compare the answer in its place with the gold by its type.

    Where the question asks for a line or tag of its own and a reply has none, its box or `<answer>` span counts.
    """
    type_, declared = _said(problem.params)
    gold, place = _gold(problem.params, problem.answer), problem.answer_format
    if place.startswith(WITHIN):
        reply = answer_within(reply, place.removeprefix(WITHIN)) or reply
    said = answer_behind(reply, place.removeprefix(AFTER)) if place.startswith(AFTER) else None
    if said is not None or place == FREE:
        return grade(gold, reply if said is None else said, type_, declared=declared)
    return grade(gold, reply, type_, declared=declared, place="tag")


def _gold(params: Json, text: str) -> Json:
    """Return the gold as JSON where the source gave it so, else its text."""
    return text if isinstance(params["answer"], str) else params["answer"]


def _said(params: Json) -> tuple[AnswerType | None, Declared]:
    """Return the type and the declarations of a problem.

    Raises:
        FamilyError: when they cannot be meant.
    """
    if not isinstance(params.get("type"), str | None):
        raise FamilyError(f"unknown answer type {params['type']!r}: give the name of one")
    try:
        return params.get("type"), from_json(params.get("declared"))
    except ConfigError as error:
        raise FamilyError(str(error)) from error


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Return the question, with the request to box the answer unless it has a request of its own."""
    question = params["question"]
    if not isinstance(question, str) or not question.strip():
        raise FamilyError(f"question {question!r} is empty or no text: drop the row or mend the --map")
    place = asked_place(question)
    return (question, place) if place else (question + _ASK, "tag")


FAMILY = Family(
    family_version=3,
    verifier_version=14,
    answer_type="mathematics",
    renderings=("plain",),
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=lambda text, rendering: {"question": text.removesuffix(_ASK)},
    canonical=canonical,
    level_of=level_of,
    region_of=lambda params: str(params.get("subject", "")),
    write=lambda answer, rendering: str(answer),
    judges=(1, 2),
    procedural=False,
)
