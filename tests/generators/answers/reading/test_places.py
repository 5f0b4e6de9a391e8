"""Where a reply answers: the published places hold, row by row, and what the tables stand for."""

import re
from pathlib import Path

import pytest

from generators.grade import grade
from pipeline.problem import Outcome

POLICIES = (Path(__file__).parents[4] / "docs" / "answers.md").read_text()


def rows(columns: int) -> list[list[str]]:
    """Return the rows of the tables of so many columns, each cell without its backticks."""
    found = [re.split(r"(?<!\\)\|", line)[1:-1] for line in POLICIES.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in found if len(row) == columns]
    return [[cell.strip("`").replace("\\|", "|").replace("⏎", "\n") for cell in row] for row in cells if "`" in row[-2]]


def outcome(gold: str, reply: str) -> Outcome:
    return grade(gold, reply).outcome


@pytest.mark.parametrize(("reply", "found"), rows(2))
def test_published_places_hold(reply: str, found: str) -> None:
    if found == "no answer":
        golds = set(re.findall(r"\d+|\b[A-D]\b|[Yy]es|[Tt]rue|Paris", reply))
        assert golds
        assert all(outcome(gold, reply) is Outcome.MALFORMED for gold in golds), golds
    else:
        assert outcome(found, reply) is Outcome.CORRECT, grade(found, reply)


def test_the_table_is_read() -> None:
    assert len(rows(2)) >= 40
