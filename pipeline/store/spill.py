"""Rows grouped by cell with bounded memory: what does not fit waits on disk. Not an index, not kept.

Law: every row added to a cell comes back with that cell, in the order it was added.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.choice.mixture import Cell
from pipeline.store.files import writing
from pipeline.store.sealed import read_parquet, write_parquet

_KEYS = ["family", "level", "region"]


class CellSpill:
    """Tables with the columns family, level and region, taken apart by cell.

    At most `rows_in_memory` rows wait in memory; beyond it everything waiting goes to files below `folder`.
    """

    def __init__(self, folder: Path, *, rows_in_memory: int = 200_000) -> None:
        self._folder = folder
        self._limit = rows_in_memory
        self._waiting: dict[Cell, list[pa.Table]] = {}
        self._files: dict[Cell, list[Path]] = {}
        self._rows = 0
        self._written = 0

    def add(self, table: pa.Table) -> None:
        """Add the rows of a table."""
        for cell, part in _split_cells(table):
            self._waiting.setdefault(cell, []).append(part)
        self._rows += table.num_rows
        if self._rows > self._limit:
            self._spill()

    def cells(self) -> list[Cell]:
        """Return the cells that have rows, sorted."""
        return sorted({*self._waiting, *self._files})

    def take(self, cell: Cell) -> pa.Table:
        """Return and forget the rows of a cell."""
        files = self._files.pop(cell, [])
        with writing(self._folder):
            stored = [read_parquet(path) for path in files]
            for path in files:
                path.unlink()
        return pa.concat_tables([*stored, *self._waiting.pop(cell, [])])

    def _spill(self) -> None:
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for cell, tables in self._waiting.items():
                path = self._folder / f"{self._written}.parquet"
                write_parquet(pa.concat_tables(tables), path)
                self._files.setdefault(cell, []).append(path)
                self._written += 1
        self._waiting, self._rows = {}, 0


def _split_cells(table: pa.Table) -> Iterator[tuple[Cell, pa.Table]]:
    """Yield runs of equal cells of the table sorted by cell; the sort is stable."""
    if not table.num_rows:
        return
    order = table.append_column("_row", pa.array(range(table.num_rows), pa.int64())).sort_by(
        [(key, "ascending") for key in [*_KEYS, "_row"]]
    )
    columns = [order.column(key).to_pylist() for key in _KEYS]
    order = order.drop_columns(["_row"])
    start = 0
    keys = list(zip(*columns, strict=True))
    for end in range(1, len(keys) + 1):
        if end == len(keys) or keys[end] != keys[start]:
            family, level, region = keys[start]
            yield Cell(family, level, region or ""), order.slice(start, end - start)
            start = end
