"""How values are compared, on real cases read in place: number formats, sets, symbols, units, matrices, sums."""

from typing import Any

import pytest

from generators.grade import grade
from pipeline.problem import Outcome
from tests.real_cases import case_rows, needs_cases

KINDS = frozenset("JKLM")
"""Number formats, sets and lists, symbolic, units."""
NAMED = ("matrix-space-0", "sum-index-1", "sum-order", "two-parts-same-text")

PROBES = [row for row in case_rows("answer_probes_dev.jsonl") if row["kind"].split()[1] in KINDS]
CASES = [row for row in case_rows("realcases/answers.jsonl") if row["id"] in NAMED]


@needs_cases
@pytest.mark.parametrize("row", PROBES, ids=lambda row: row["id"])
def test_a_probe_is_judged_as_it_should_be(row: dict[str, Any]) -> None:
    assert (grade(row["gold"], row["pred"]).outcome is Outcome.CORRECT) is row["match"]


@needs_cases
@pytest.mark.parametrize("row", CASES, ids=lambda row: row["id"])
def test_a_reported_case_is_judged_as_it_should_be(row: dict[str, Any]) -> None:
    assert row["expected"] == "correct" and grade(**_asked(row["input"])).outcome is Outcome.CORRECT


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    return {"gold": given["gold"], "reply": given["pred"]}


@needs_cases
def test_the_cases_are_there() -> None:
    assert {row["kind"].split()[1] for row in PROBES} == KINDS and {row["id"] for row in CASES} == set(NAMED)
