"""Imported questions with a known answer: GSM8K, MATH and the like. Not made here, and nothing is proven.

Params: {"question", "answer", "source"} and optionally "level" (1 and up) and whatever the source adds. The gold answer
is read when a problem is built, so one that cannot be compared is a data error then, never a wrong reply later.
Law: the identity of an instance is its question alone, whatever its case, spacing and answer.

Source: Cobbe et al. 2021 (arXiv 2110.14168) and Hendrycks et al. 2021 (arXiv 2103.03874) for the kind of data.
"""

import unicodedata
from random import Random

from generators.extract import answer_text
from generators.family import Family, Solution
from generators.grade import as_text, compare, gold_text, read_gold
from pipeline.errors import FamilyError
from pipeline.problem import Certificate, Json, Problem, Verdict

_ASK = "\n\nReason step by step, then put the final answer in \\boxed{}."


def make(rng: Random, level: int, region: str) -> Json:
    """Make nothing: these questions are brought, not drawn."""
    raise FamilyError("text/math makes no problems of its own: bring them with `veriloop import`")


def solve(params: Json) -> Solution:
    """Return the gold answer that came with the question; it is taken on trust."""
    gold = gold_text(as_text(params["answer"]))
    read_gold(gold)
    return Solution(gold, Certificate(status="none", evidence="none"))


def verify(problem: Problem, reply: str) -> Verdict:
    """Compare the boxed or tagged answer with the gold by its type."""
    return compare(problem.answer, answer_text(reply, problem.answer_format))


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Return the question with the request to box the answer."""
    question = params["question"]
    if not isinstance(question, str) or not question.strip():
        raise FamilyError(f"question {question!r} is empty or no text: drop the row or mend the --map")
    return question + _ASK, "tag"


def canonical(params: Json) -> Json:
    """Return the question without case, spacing and the variants of Unicode."""
    return " ".join(unicodedata.normalize("NFKC", params["question"]).casefold().split())


def level_of(params: Json) -> int:
    """Return the level the source gives, else 1."""
    return int(params.get("level", 1))


FAMILY = Family(
    family_version=1,
    verifier_version=2,
    answer_type="mathematics",
    renderings=("plain",),
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=lambda text, rendering: {"question": text.removesuffix(_ASK)},
    canonical=canonical,
    level_of=level_of,
    write=lambda answer, rendering: str(answer),
    procedural=False,
)
