"""Real cases, read in place: what failed once is read, and nothing wrong is paid."""

from typing import Any

import pytest

from generators.grade import grade
from pipeline.problem import Outcome
from tests.real_cases import case_rows, needs_cases

COMPARED = ("matrix-space-0", "sum-index-1", "sum-order")
"""Cases about what equals what, and not about where a reply answers."""
ROWS = [row for row in case_rows("realcases/answers.jsonl") if row["id"] not in COMPARED]
PROBES = [row for row in case_rows("answer_probes_dev.jsonl") if row["kind"].split()[1] in "ABCDEFGHINO"]


@needs_cases
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_reported_replies_are_read(row: dict[str, Any]) -> None:
    given = row["input"]
    verdict = grade(given["gold"], given["pred"], given.get("type"))
    assert (verdict.outcome is Outcome.CORRECT) is (row["expected"] == "correct"), verdict


@needs_cases
@pytest.mark.parametrize("row", PROBES, ids=[row["id"] for row in PROBES])
def test_probed_replies_are_read(row: dict[str, Any]) -> None:
    verdict = grade(row["gold"], row["pred"])
    assert (verdict.outcome is Outcome.CORRECT) is row["match"], verdict


@needs_cases
def test_the_cases_are_all_there() -> None:
    assert len(ROWS) >= 17
    assert len(PROBES) >= 147
