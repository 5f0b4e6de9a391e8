"""A reply that is a program, judged by tests in any of the known forms and what is declared of the answer. Not the
judging (judge), and not what the forms mean (pipeline.exchange.programs).

Law: tests that cannot be read, and a declaration that programs have no use for, are the row's fault, never a verdict.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from generators.answers.declared import NOTHING, Declared
from generators.programs.case_rows import read_cases
from generators.programs.cases import Case
from generators.programs.executions import Runner
from generators.programs.judge import grade_program
from pipeline.errors import FamilyError
from pipeline.exchange.foreign import BadRow
from pipeline.exchange.programs import Around, cases_of
from pipeline.problem import Json, Verdict

HONOURED = ("order", "tolerance")
"""What may be declared of programs: that the lines they print, or the parts of what they return, have no order, and how
far a decimal may be off."""


def grade_by_tests(
    tests: Json,
    reply: str,
    *,
    around: Around | None = None,
    declared: Declared = NOTHING,
    sandbox: Runner | None = None,
) -> Verdict:
    """Judge a reply by tests in any of the known forms; `around` is what else their row says.

    Raises:
        FamilyError: when the tests cannot be read.
    """
    try:
        rows = cases_of(tests, around)
    except BadRow as error:
        raise FamilyError(f"tests cannot be read: {error}") from error
    return grade_program(declared_of(read_cases(rows), declared), reply, sandbox=sandbox)


def refused_of_programs(declared: Declared) -> str:
    """Say what is declared that programs have no use for, "" where there is nothing."""
    free = [key for key in declared.to_json() if key not in HONOURED]
    known = f"only {', '.join(HONOURED)} can be: leave it out"
    return f"{free[0]} is declared, but of a program {known}" if free else ""


def declared_of(cases: Sequence[Case], declared: Declared) -> list[Case]:
    """Return the cases with a declared tolerance or order in place of their own.

    Raises:
        FamilyError: for a declaration that programs have no use for, or none of these cases.
    """
    if why := refused_of_programs(declared):
        raise FamilyError(why)
    if declared != NOTHING and all(map(_says_itself, cases)):
        raise FamilyError(f"{next(iter(declared.to_json()))} is declared, but these tests say themselves what is right")
    changed: dict[str, Any] = {"checker": "any_order"} if declared.order == "any" else {}
    at_0, at_1 = (declared.margin(Fraction(gold)) for gold in (0, 1))
    if at_0 is not None and at_1 is not None:
        changed |= {"absolute": float(at_0), "relative": 0.0 if at_0 else float(at_1)}
    return [case if _says_itself(case) else replace(case, **changed) for case in cases]


def _says_itself(case: Case) -> bool:
    return case.kind == "assert" or case.relation != "=="
