"""Marks rows of questions that have two answers in families whose answers are taken on trust. No vote, no repair.

Which answer is right is not known here, so no row of such a question stays. Law: a row is marked exactly if another
row of its instance has an answer that does not agree with its own, whatever the order of rows and shards.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from filters.rule import Marks, Rule
from pipeline.errors import ConfigError
from pipeline.problem import from_row
from pipeline.rule_context import RuleContext

MAX_TOLD = 80
"""Characters of an answer that a mark quotes."""


class ConflictConfig(BaseModel):
    """Where an answer is a claim and not a proof."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    families: tuple[str, ...] = Field(default=("text/*",), description="shell patterns of family names")


def collect(table: pa.Table, config: ConflictConfig) -> pa.Table:
    """Return instance and answer of the rows whose family is listed."""
    listed = [any(fnmatchcase(family, wanted) for wanted in config.families) for family in table["family"].to_pylist()]
    return table.select(["instance_hash", "answer"]).filter(pa.array(listed, pa.bool_()))


def merge(collected: pa.Table, config: ConflictConfig) -> pa.Table:
    """Return (instance_hash, answers) of every instance with several answers, the answers sorted."""
    answers: dict[str, set[str]] = {}
    for instance, answer in zip(collected["instance_hash"].to_pylist(), collected["answer"].to_pylist(), strict=True):
        answers.setdefault(instance, set()).add(answer)
    several = [{"instance_hash": key, "answers": sorted(given)} for key, given in answers.items() if len(given) > 1]
    schema = pa.schema([("instance_hash", pa.string()), ("answers", pa.list_(pa.string()))])
    return pa.Table.from_pylist(several, schema=schema)


def mark(table: pa.Table, config: ConflictConfig, context: RuleContext, merged: pa.Table) -> Marks:
    """Mark the rows that another answer contradicts, with both answers.

    Raises:
        ConfigError: when answers differ in their text and the context cannot say whether they agree.
    """
    several = {row["instance_hash"]: row["answers"] for row in merged.to_pylist()}
    instances = table["instance_hash"].to_pylist()
    rows = iter(table.filter(pa.array([instance in several for instance in instances], pa.bool_())).to_pylist())
    return [_contradiction(next(rows), several[i], context) if i in several else None for i in instances]


def _contradiction(row: dict[str, Any], answers: list[str], context: RuleContext) -> str | None:
    if context.agrees is None:
        raise ConfigError("rule conflict compares answers and got no comparison: pass RuleContext(agrees=...)")
    problem = from_row(row)
    for answer in answers:
        if answer != row["answer"] and not context.agrees(problem, json.loads(answer)):
            both = " and ".join(sorted((told(row["answer"]), told(answer))))
            return f"two answers to one question: {both}"
    return None


def told(answer: str) -> str:
    """Return an answer, given as JSON text, as a mark quotes it."""
    value = json.loads(answer)
    text = value if isinstance(value, str) else answer
    return text if len(text) <= MAX_TOLD else text[:MAX_TOLD] + "..."


RULE = Rule(version=1, scope="dataset", config=ConflictConfig, mark=mark, collect=collect, merge=merge)
