"""Marks rows that are no lawful problems. Not a measure of difficulty or worth.

Law: a kept row can be read back, has the uid of its content and a split at least as strict as its instance's, and its
own witness passes its verifier.
"""

from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from filters.rule import Marks, Rule
from pipeline.errors import ConfigError, StoreError
from pipeline.problem import from_row, law_fault
from pipeline.rule_context import RuleContext


class LawfulConfig(BaseModel):
    """Nothing to choose: a law has no knobs."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def mark(table: pa.Table, config: LawfulConfig, context: RuleContext) -> Marks:
    """Mark rows that break a law of Problem or whose witness fails.

    Raises:
        ConfigError: when the context brings no check.
    """
    if context.check is None:
        raise ConfigError("rule lawful judges witnesses and got no check: pass RuleContext(check=...)")
    return [_fault(row, context) for row in table.to_pylist()]


def _fault(row: dict[str, Any], context: RuleContext) -> str | None:
    assert context.check is not None
    try:
        problem = from_row(row)
    except StoreError as error:
        return f"unreadable row: {error}"
    return law_fault(problem) or context.check(problem)


RULE = Rule(version=1, scope="row", config=LawfulConfig, mark=mark)
