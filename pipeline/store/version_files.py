"""The files of one version's folder: written in order, described, checked. Not where folders live (store).

Law: rows are sorted by (family, level, region, uid), each uid occurs once, and equal rows give equal bytes.
"""

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.choice.mixture import Cell
from pipeline.errors import StoreError, shortened
from pipeline.problem import PROBLEM_SCHEMA
from pipeline.store.sealed import CHECKED, PAGES, sha256_of
from pipeline.store.spill import CellSpill
from pipeline.store.version import (
    DROPPED_FILE,
    DROPPED_SCHEMA,
    HUB_SPLITS,
    DatasetVersion,
    StoredFile,
    row_hashes,
    split_file,
)

MANIFEST = "manifest.json"
ROW_GROUP_ROWS = 20_000
"""Rows per Parquet row group; 10k to 50k are alike in size and speed, smaller skips better."""
MOST_MANIFEST = 2**26
"""Bytes of a manifest; one of a hundred thousand cells has a fifth of it."""
SORT_KEYS = ("family", "level", "region", "uid")


@dataclass(frozen=True, slots=True)
class Written:
    """What a folder being published holds: row hashes (32 hex digits) in order, and counts."""

    hashes: list[str]
    cells: dict[Cell, int]


class _SplitWriter:
    """Writes one Parquet file in row groups of ROW_GROUP_ROWS, whatever the size of the tables it gets."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(exist_ok=True)
        self._writer = pq.ParquetWriter(path, schema, compression_level=3, **PAGES)
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        if sum(part.num_rows for part in self._waiting) >= ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        if self._waiting:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=ROW_GROUP_ROWS)
        self._waiting = []


def write_rows(folder: Path, spill: CellSpill) -> Written:
    """Write the kept rows, one Parquet file per split; an empty version gets an empty train file."""
    writers: dict[str, _SplitWriter] = {}
    hashes: list[str] = []
    cells: dict[Cell, int] = {}
    for cell in spill.cells():
        table = spill.take(cell).sort_by("uid")
        _refuse_repeats(table)
        hashes += row_hashes(table)
        cells[cell] = table.num_rows
        splits = table.column("split").to_pylist()
        for split in sorted(set(splits)):
            if split not in HUB_SPLITS:
                raise StoreError(f"cell {cell} has rows of split {split!r}: choose one of {list(HUB_SPLITS)}")
            if split not in writers:
                writers[split] = _SplitWriter(folder / split_file(split), PROBLEM_SCHEMA)
            writers[split].add(table.filter(pa.array([value == split for value in splits])))
    if not writers:  # datasets.load_dataset refuses a folder without files
        writers["train"] = _SplitWriter(folder / split_file("train"), PROBLEM_SCHEMA)
    for writer in writers.values():
        writer.close()
    return Written(hashes, cells)


def write_dropped(folder: Path, spill: CellSpill) -> dict[str, int]:
    """Write the dropped rows, if any, into one Parquet file and return how many each rule dropped."""
    reasons: Counter[str] = Counter()
    cells = spill.cells()
    if cells:
        writer = _SplitWriter(folder / DROPPED_FILE, DROPPED_SCHEMA)
        for cell in cells:
            table = spill.take(cell).sort_by([("uid", "ascending"), ("rule", "ascending"), ("reason", "ascending")])
            reasons.update(table.column("rule").to_pylist())
            writer.add(table)
        writer.close()
    return dict(sorted(reasons.items()))


def spilled(folder: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> CellSpill:
    """Take tables apart by cell, refusing one that lacks a column of the schema; extra columns are left out."""
    spill = CellSpill(folder)
    for table in tables:
        missing = [name for name in schema.names if name not in table.column_names]
        if missing:
            raise StoreError(f"rows to publish lack the columns {missing}: build them with pipeline.problem.to_table")
        spill.add(table.select(schema.names).cast(schema))
    return spill


def _refuse_repeats(table: pa.Table) -> None:
    uids = table.column("uid").to_pylist()
    for first, second in itertools.pairwise(uids):
        if first == second:
            raise StoreError(
                f"uid {first} occurs twice in the rows to publish, once is the limit: drop exact duplicates before"
            )


def stored_files(folder: Path) -> tuple[StoredFile, ...]:
    """Describe every Parquet file of a folder, sorted by path; what spilled there is deleted first."""
    for name in ("spill", "spill_dropped"):
        shutil.rmtree(folder / name, ignore_errors=True)
    paths = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    return tuple(
        StoredFile(path.relative_to(folder).as_posix(), sha256_of(path), path.stat().st_size) for path in paths
    )


def read_manifest(folder: Path, *, named: bool = True) -> DatasetVersion:
    """Return the version a folder holds; raises StoreError when it is none, is corrupt, or (named) lies elsewhere."""
    path = folder / MANIFEST
    try:
        found = path.lstat()
        if not S_ISREG(found.st_mode) or found.st_size > MOST_MANIFEST:
            raise StoreError(f"{path} is no file of at most {MOST_MANIFEST} bytes: delete the folder and publish again")
        version = DatasetVersion.from_json(json.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(
            f"{folder} has no {MANIFEST} and is no version (its publishing was cut short): publish it again"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{path} is corrupt ({shortened(error)}): delete the folder and publish the version again"
        ) from error
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error
    if named and version.id != folder.name:
        raise StoreError(f"{path} describes version {version.id}, not the {folder.name} of its folder: move it back")
    return version


def read_file(path: Path, columns: list[str]) -> pa.Table:
    """Return columns of one Parquet file of a version, whose pages are checked; raises StoreError when it cannot."""
    try:
        return pq.read_table(path, columns=columns, partitioning=None, **CHECKED)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise unreadable(path, error) from error


def open_file(path: Path) -> pq.ParquetFile:
    """Return an open Parquet file of a version, whose pages are checked as they are read."""
    return pq.ParquetFile(path, **CHECKED)


def licenses(folder: Path, version: DatasetVersion) -> dict[str, int]:
    """Return how many of a version's kept rows come under each licence, "unknown" where a row says nothing."""
    found: Counter[str] = Counter()
    for item in version.files:
        if item.path != DROPPED_FILE:
            for batch in open_file(folder / item.path).iter_batches(columns=["license"]):
                found.update(name or "unknown" for name in batch.column(0).to_pylist())
    return dict(sorted(found.items()))


def unreadable(path: Path, error: Exception) -> StoreError:
    """Return the error for a file of a version that cannot be read."""
    return StoreError(f"{path} cannot be read ({error}): delete its version's folder and publish it again")
