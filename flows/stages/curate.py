"""What rules are handed, and the rows they dropped with the reasons. Not the rules (filters).

Law: rows in = rows kept + rows dropped.
"""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from filters.rule import Decision
from generators.witness import witness_fault
from pipeline.problem import Problem, to_row
from pipeline.rule_context import RuleContext
from pipeline.store.version import DROPPED_SCHEMA


def rule_context() -> RuleContext:
    """Return the context rules are given: a check that a stored witness passes."""
    return RuleContext(check=witness_fault)


def dropped_table(problems: Sequence[Problem], decisions: Iterable[Decision]) -> pa.Table:
    """Return the dropped problems with the rule and reason that decided, in order."""
    by_uid = {problem.uid: problem for problem in problems}
    rows = [
        {**to_row(by_uid[decision.uid]), "rule": decision.rule, "reason": decision.reason}
        for decision in decisions
        if decision.action == "drop"
    ]
    return pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA)
