"""Rows that carry their problem, as our exports do: judged by its family and no other rules. Not the rows themselves.

Law: what the installed family cannot judge as the row was written is a data error that says which version it needs.
"""

from collections.abc import Mapping
from typing import Any

from generators.answers.declared import from_json
from generators.family import check_judged, load
from generators.judge_pool import PROGRAM, GradeJob
from pipeline.carried import problem_of
from pipeline.errors import ConfigError, FamilyError, StoreError
from pipeline.problem import Problem


def carried_job(found: Mapping[str, Any], reply: str) -> GradeJob:
    """Return what a worker is to do about a reply to a carried problem.

    Raises:
        FamilyError: when the row cannot be judged: something is missing or changed, or is of another version.
    """
    try:
        problem = problem_of(found)
    except StoreError as error:
        raise FamilyError(str(error)) from error
    check_judged(problem.family, problem.family_version)
    check_verifier(problem.family, found["verifier_version"])
    family = load(problem.family)
    alone = family.procedural or family.answer_type == PROGRAM
    return GradeJob(None, reply, problem=problem) if alone else _free(problem, reply)


def check_verifier(family: str, verifier_version: Any) -> None:
    """Raise FamilyError where a row was written for a later verifier than the installed one: it may accept more."""
    installed = load(family).verifier_version
    if not isinstance(verifier_version, int) or verifier_version > installed:
        raise FamilyError(
            f"it was written for verifier {verifier_version} of {family}, installed is {installed}: "
            "install the matching one"
        )


def _free(problem: Problem, reply: str) -> GradeJob:
    """Return the job of an imported question: a free reply, compared as its problem declares.

    Raises:
        FamilyError: when that cannot be meant.
    """
    params = problem.params if isinstance(problem.params, dict) else {}
    try:
        declared = from_json(params.get("declared"))
    except ConfigError as error:
        raise FamilyError(str(error)) from error
    gold = problem.answer if isinstance(params.get("answer"), str) else params.get("answer")
    return GradeJob(gold, reply, params.get("type"), declared)
