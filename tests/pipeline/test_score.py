"""Scores: counts that add up, and a draw counted once however often it is written."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.score import SCORE_SCHEMA, Score, scores_from_table, scores_table


def score(uid: str = "u", **changes: object) -> Score:
    fields = {"policy": "p", "protocol": "q", "verifier_version": 1, "purpose": "select", "design": "fixed"}
    return Score(uid=uid, **{**fields, "first_draw": 0, "n": 8, "correct": 2, "feasible": 3, **changes})  # type: ignore[arg-type]


@given(st.integers(-1, 4), st.integers(-1, 4), st.integers(-1, 4), st.integers(0, 4))
def test_counts_are_nested(correct: int, feasible: int, undecided: int, n: int) -> None:
    allowed = 0 <= correct <= feasible <= n - undecided
    if allowed:
        assert score(correct=correct, feasible=feasible, undecided=undecided, n=n).n == n
    else:
        with pytest.raises(ValueError, match="does not hold"):
            score(correct=correct, feasible=feasible, undecided=undecided, n=n)


def test_scores_survive_their_table() -> None:
    scores = [score("a", tokens=2**40, quality_sum=0.1 + 0.2), score("b", design="sequential", purpose="train")]
    assert scores_table(scores).schema.equals(SCORE_SCHEMA)
    assert scores_from_table(scores_table(scores)) == scores
    assert scores_from_table(scores_table([])) == []


def test_a_draw_counts_once_and_every_part_of_the_key_separates() -> None:
    base = score()
    others = [
        score("v"), score(policy="x"), score(protocol="x"), score(verifier_version=2), score(purpose="report"),
        score(design="sequential"), score(first_draw=8),
    ]  # fmt: skip
    table = pa.concat_tables([scores_table([base, *others]), scores_table([base]), scores_table(others)])
    assert scores_from_table(table) == [base, *others]


def test_of_ranges_that_start_alike_the_longest_counts() -> None:
    short, long = score(n=4, correct=1, feasible=1), score(n=16, correct=5, feasible=6)
    for order in ([short, long], [long, short]):
        assert scores_from_table(scores_table(order)) == [long]


def test_of_equal_ranges_the_one_with_fewer_undecided_counts() -> None:
    doubtful, settled = score(n=4, undecided=2, correct=1, feasible=1), score(n=4, correct=2)
    for order in ([doubtful, settled], [settled, doubtful]):
        assert scores_from_table(scores_table(order)) == [settled]


def test_extra_columns_of_the_ledger_are_ignored() -> None:
    table = scores_table([score()]).append_column("run", pa.array(["r"]))
    assert scores_from_table(table) == [score()]
