"""A reply that is a program, judged by tests in any of the known forms. Not the judging itself (generators.programs).

Law: tests that cannot be read are the row's fault, never a verdict.
"""

from generators.programs.case_rows import read_cases
from generators.programs.executions import Runner
from generators.programs.judge import grade_program
from pipeline.errors import FamilyError
from pipeline.exchange import programs
from pipeline.exchange.foreign import BadRow
from pipeline.problem import Json, Verdict


def grade_row(gold: Json, reply: str, *, entry: str = "", sandbox: Runner | None = None) -> Verdict:
    """Judge a reply by tests in any of the known forms (pipeline.exchange.programs).

    Raises:
        FamilyError: when the tests cannot be read.
    """
    try:
        rows = programs.cases_of(gold, entry=entry)
    except BadRow as error:
        raise FamilyError(f"tests cannot be read: {error}") from error
    return grade_program(read_cases(rows), reply, sandbox=sandbox)
