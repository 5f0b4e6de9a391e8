"""Marks training and probe rows of instances that their root holds out. Not a comparison of wordings (contamination).

Law: a row of the test split is never marked; a mark names the version that holds the instance out.
"""

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from filters.rule import Marks, Rule
from pipeline.rule_context import RuleContext


class HeldOutConfig(BaseModel):
    """Nothing to choose: held out means held out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def mark(table: pa.Table, config: HeldOutConfig, context: RuleContext) -> Marks:
    """Mark the rows outside test whose instance the context holds out."""
    rows = zip(table["instance_hash"].to_pylist(), table["split"].to_pylist(), strict=True)
    places = [None if split == "test" else context.held_out.get(instance) for instance, split in rows]
    return [None if place is None else f"held out: in test of {place}" for place in places]


RULE = Rule(version=1, scope="row", config=HeldOutConfig, mark=mark)
