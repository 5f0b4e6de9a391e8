"""Marks rows of cells in which one answer is too common, so that guessing it would pay. Not a cheap-heuristic check.

Law: what a cell keeps holds no answer beyond its share; within an answer the rows of lowest uid stay, whatever the
order.
"""

from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from filters.rule import ROW, Marks, Rule
from pipeline.rule_context import RuleContext

_CELL = ("family", "level", "region")


class GuessableConfig(BaseModel):
    """How often one answer may be right in a cell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_share: float = Field(default=0.5, gt=0, le=1, description="of a cell's kept rows that one answer may hold")
    min_rows: int = Field(default=20, ge=1, description="smaller cells are not judged")


def collect(table: pa.Table, config: GuessableConfig) -> pa.Table:
    """Return row, uid, cell and answer of every row."""
    return table.select([ROW, "uid", *_CELL, "answer"])


def merge(collected: pa.Table, config: GuessableConfig) -> pa.Table:
    """Return (row, answer, share) of every row to be dropped."""
    cells: dict[tuple[Any, ...], dict[str, list[tuple[str, int]]]] = {}
    for row in collected.to_pylist():
        cell = cells.setdefault(tuple(row[name] for name in _CELL), {})
        cell.setdefault(row["answer"], []).append((row["uid"], row[ROW]))
    dropped = []
    for answers in cells.values():
        total = sum(map(len, answers.values()))
        if total >= config.min_rows:
            limit = cap([len(rows) for rows in answers.values()], config.max_share)
            dropped += [
                {ROW: row, "answer": answer, "share": len(rows) / total}
                for answer, rows in answers.items()
                for _, row in sorted(rows)[limit:]
            ]
    schema = pa.schema([(ROW, pa.int64()), ("answer", pa.string()), ("share", pa.float64())])
    return pa.Table.from_pylist(dropped, schema=schema)


def cap(counts: list[int], max_share: float) -> int:
    """Return the largest count an answer may keep so that none exceeds max_share of what is kept; 0 when none can.

    The share c / sum(min(count, c)) never falls as c grows, so the largest lawful c is found by bisection.
    """
    low, high = 0, max(counts)
    while low < high:
        middle = (low + high + 1) // 2
        if middle <= max_share * sum(min(count, middle) for count in counts):
            low = middle
        else:
            high = middle - 1
    return low


def mark(table: pa.Table, config: GuessableConfig, context: RuleContext, merged: pa.Table) -> Marks:
    """Mark the rows that merge dropped, with the answer and its share of the cell."""
    dropped = {
        r[ROW]: f"answer too common: {r['answer'][:80]}, {r['share']:.0%} of its cell" for r in merged.to_pylist()
    }
    return [dropped.get(place) for place in table[ROW].to_pylist()]


RULE = Rule(version=1, scope="dataset", config=GuessableConfig, mark=mark, collect=collect, merge=merge)
