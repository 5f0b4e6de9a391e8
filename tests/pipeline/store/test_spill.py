"""What was set aside by cell comes back whole and in order, whether it fitted in memory or waited on disk."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.choice.mixture import Cell
from pipeline.store.spill import CellSpill

CELLS = (Cell("a/b", 1, "x"), Cell("a/b", 2, ""), Cell("a/c", 1, ""))


def table(first: int, last: int) -> pa.Table:
    rows = [{**CELLS[n % 3]._asdict(), "number": n} for n in range(first, last)]
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize("rows_in_memory", [1, 7, 20, 1000])
def test_every_row_of_a_cell_comes_back_in_the_order_it_was_added(tmp_path: Path, rows_in_memory: int) -> None:
    spill = CellSpill(tmp_path / "spill", rows_in_memory=rows_in_memory)
    for first in range(0, 60, 5):
        spill.add(table(first, first + 5))
    assert spill.cells() == sorted(CELLS)
    for place, cell in enumerate(CELLS):
        assert spill.take(cell)["number"].to_pylist() == list(range(place, 60, 3))
    assert spill.cells() == [] and not list(tmp_path.rglob("*.parquet")), "what was taken is forgotten"
