"""Score: counts of attempts on one problem. Not a rate: rates, intervals and learnability are derived.

Law: a draw is counted once however often it is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import pyarrow as pa

from pipeline.errors import ConfigError

Purpose = Literal["select", "report", "train", "eval"]
Design = Literal["fixed", "sequential"]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over the draws [first_draw, first_draw + n) of one problem.

    Key: (uid, policy, protocol, verifier_version, purpose, design, first_draw). `n` counts every draw, truncated,
    refused and undecided ones too; truncated and refused replies (a content filter, a safety rule) are failures and
    are also counted apart, not among the malformed; undecided ones are no failures: the denominator of a pass rate
    is n - undecided. `quality_sum, quality_squares` are over decided draws. `tokens` is the number of completion
    tokens sampled.
    """

    uid: str
    policy: str
    protocol: str
    verifier_version: int
    purpose: Purpose
    design: Design
    first_draw: int
    n: int
    correct: int
    feasible: int = 0
    malformed: int = 0
    truncated: int = 0
    refused: int = 0
    undecided: int = 0
    quality_sum: float = 0.0
    quality_squares: float = 0.0
    tokens: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.feasible <= self.n - self.undecided:
            raise ValueError(
                f"score of {self.uid}: correct {self.correct} <= feasible {self.feasible} <= n - undecided "
                f"{self.n - self.undecided} does not hold"
            )


def merged(scores: Iterable[Score]) -> Score:
    """Add up the scores of one key whose draw ranges follow each other from the first; what lies beyond a gap waits.

    Raises:
        ConfigError: for no scores.
    """
    ranges = sorted(scores, key=lambda score: (score.first_draw, -score.n))
    if not ranges:
        raise ConfigError("no scores to add up: give at least one")
    total = ranges[0]
    for score in ranges[1:]:
        if score.first_draw == total.first_draw + total.n:
            sums = {name: getattr(total, name) + getattr(score, name) for name in _COUNTS}
            total = replace(total, **sums)
    return total


_COUNTS = (
    "n", "correct", "feasible", "malformed", "truncated", "refused", "undecided",
    "quality_sum", "quality_squares", "tokens",
)  # fmt: skip


SCORE_SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("policy", pa.string()),
        ("protocol", pa.string()),
        ("verifier_version", pa.int32()),
        ("purpose", pa.string()),
        ("design", pa.string()),
        ("first_draw", pa.int32()),
        ("n", pa.int32()),
        ("correct", pa.int32()),
        ("feasible", pa.int32()),
        ("malformed", pa.int32()),
        ("truncated", pa.int32()),
        ("refused", pa.int32()),
        ("undecided", pa.int32()),
        ("quality_sum", pa.float64()),
        ("quality_squares", pa.float64()),
        ("tokens", pa.int64()),
    ]
)
"""Arrow schema of scores in the ledger."""


def scores_table(scores: list[Score]) -> pa.Table:
    """Return scores as a table of SCORE_SCHEMA, in order."""
    names = [field.name for field in fields(Score)]
    rows: list[dict[str, Any]] = [{name: getattr(score, name) for name in names} for score in scores]
    return pa.Table.from_pylist(rows, schema=SCORE_SCHEMA)


def scores_from_table(table: pa.Table) -> list[Score]:
    """Return the scores of a table (extra columns are ignored), of those with one key the one with most decided.

    What an earlier ledger did not count apart, refused replies, is null there and 0 here.
    """
    unique: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in table.select(SCORE_SCHEMA.names).to_pylist():
        known = unique.setdefault(tuple(row[name] for name in _KEY), row)
        if row["n"] - row["undecided"] > known["n"] - known["undecided"]:
            unique[tuple(row[name] for name in _KEY)] = row
    return [Score(**{**row, "refused": row["refused"] or 0}) for row in unique.values()]


_KEY = ("uid", "policy", "protocol", "verifier_version", "purpose", "design", "first_draw")
