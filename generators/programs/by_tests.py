"""A reply that is a program, judged by tests in any of the known forms and what is declared of the answer. Not the
judging (judge), and not what the forms mean (pipeline.exchange.programs).

Law: tests that cannot be read, and a declaration that programs have no use for, are the row's fault, never a verdict.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from generators.answers.declared import NOTHING, Declared
from generators.programs.case_rows import read_cases
from generators.programs.cases import Case
from generators.programs.executions import Runner
from generators.programs.judge import grade_program
from pipeline.errors import FamilyError
from pipeline.exchange.foreign import BadRow
from pipeline.exchange.programs import Around, cases_of
from pipeline.problem import Json, Verdict

HONOURED = ("tolerance", "order")
"""What may be declared of programs: how far a number they print or return may be off, and that its parts have no
order."""


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


def declared_of(cases: Sequence[Case], declared: Declared) -> list[Case]:
    """Return the cases with a declared tolerance or order in place of their own."""
    found = list(cases)
    at_0, at_1 = (declared.margin(Fraction(gold)) for gold in (0, 1))
    if at_0 is not None and at_1 is not None:
        absolute, relative = float(at_0), 0.0 if at_0 else float(at_1)
        found = [replace(case, absolute=absolute, relative=relative) for case in found]
    if declared.order == "any":
        found = [replace(case, checker="any_order") for case in found]
    return found
