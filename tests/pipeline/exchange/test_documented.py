"""What docs/rows.md says of answers and levels is what is read."""

import json
from pathlib import Path

import pytest

from pipeline.exchange.questions import FIELDS, final_answer
from pipeline.rows.values import BadRow, level_of

SAID = (Path(__file__).parents[3] / "docs" / "rows.md").read_text()


def table(heading: str) -> list[list[str]]:
    section = SAID.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip("| ").strip("`") for cell in row][:2] for row in rows]


def read(value: object) -> object:
    try:
        return final_answer(value) or "refused"
    except BadRow:
        return "refused"


@pytest.mark.parametrize(("cell", "answer"), table("Answers"))
def test_the_documented_answers_hold(cell: str, answer: str) -> None:
    found = read(json.loads(cell))
    assert (found if isinstance(found, str) else json.dumps(found)) == answer


@pytest.mark.parametrize(("cell", "level"), table("Levels"))
def test_the_documented_levels_hold(cell: str, level: str) -> None:
    try:
        found = level_of(json.loads(cell))
    except BadRow:
        assert level == "refused"
    else:
        assert str(found or "none") == level


def test_the_tables_are_there_and_name_every_field() -> None:
    assert (len(table("Answers")), len(table("Levels"))) == (16, 14)
    assert all(f"| {field} |" in SAID for field in FIELDS)
