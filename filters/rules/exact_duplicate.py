"""Marks rows that repeat an instance or a question. Not near duplicates.

Law: of rows joined by equal instance or equal question, however indirectly, one stays: the lowest uid of the strictest
split among them, whatever the order of rows and shards.
"""

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from filters.rule import ROW, Marks, Rule
from filters.words import questions
from pipeline.fingerprint import bytes_hash
from pipeline.question import question_text
from pipeline.rule_context import RuleContext
from pipeline.split import SPLITS


class ExactDuplicateConfig(BaseModel):
    """Which identities count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instance: bool = Field(default=True, description="rows of one instance_hash: re-wordings and relabellings too")
    prompt: bool = Field(default=True, description="rows that ask one question, whatever its spelling")


def collect(table: pa.Table, config: ExactDuplicateConfig) -> pa.Table:
    """Return row, uid, split and the two keys of every row."""
    asked = [bytes_hash(question_text(question).encode()) for question in questions(table)]
    return table.select([ROW, "uid", "split", "instance_hash"]).append_column("asked", pa.array(asked, pa.string()))


def merge(collected: pa.Table, config: ExactDuplicateConfig) -> pa.Table:
    """Return (row, cause, kept) of every row to be dropped; kept is the uid that stays."""
    keys = [key for key, wanted in (("instance_hash", config.instance), ("asked", config.prompt)) if wanted]
    rows = sorted(collected.to_pylist(), key=lambda row: (-SPLITS.index(row["split"]), row["uid"], row[ROW]))
    parent = list(range(len(rows)))
    for key in keys:
        first: dict[str, int] = {}
        for place, row in enumerate(rows):
            one, other = _root(parent, first.setdefault(row[key], place)), _root(parent, place)
            # the lower place is the stricter split, or the lower uid: a component's root is what stays
            parent[max(one, other)] = min(one, other)
    dropped = [(row, rows[_root(parent, place)]) for place, row in enumerate(rows) if _root(parent, place) != place]
    return pa.table(
        {
            ROW: pa.array([row[ROW] for row, _ in dropped], pa.int64()),
            "cause": pa.array([_cause(row, kept) for row, kept in dropped], pa.string()),
            "kept": pa.array([kept["uid"] for _, kept in dropped], pa.string()),
        }
    )


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place


def _cause(row: dict[str, str], kept: dict[str, str]) -> str:
    return "same instance" if row["instance_hash"] == kept["instance_hash"] else "same prompt"


def mark(table: pa.Table, config: ExactDuplicateConfig, context: RuleContext, merged: pa.Table) -> Marks:
    """Mark the rows that merge dropped, with the uid that stays."""
    dropped = {row[ROW]: f"{row['cause']}: {row['kept']}" for row in merged.to_pylist()}
    return [dropped.get(place) for place in table[ROW].to_pylist()]


RULE = Rule(version=2, scope="dataset", config=ExactDuplicateConfig, mark=mark, collect=collect, merge=merge)
