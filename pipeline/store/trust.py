"""Whether a folder is the version it says it is: forms, files, rows and id, whoever wrote it. Not where folders lie.

Law: rows that pass are those their id names, lawful one by one; what does not pass is refused by name.
"""

import heapq
import os
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.choice.mixture import Cell
from pipeline.errors import StoreError, brief, shortened
from pipeline.problem import PROBLEM_SCHEMA, row_fault
from pipeline.store.sealed import CHECKED, sha256_of
from pipeline.store.version import (
    DROPPED_FILE,
    DROPPED_SCHEMA,
    HUB_SPLITS,
    DatasetVersion,
    hash_of,
    schema_columns,
    split_file,
    version_id,
)
from pipeline.store.version_files import read_manifest

_AT_ONCE = 2_000
"""Rows of a file that are in memory at once."""


def check_files(folder: Path, version: DatasetVersion, *, fresh: bool = True) -> None:
    """Raise StoreError at the first file that is not the one of the manifest: missing, a link, of other bytes.

    Not `fresh`, a file that is as it was when this process hashed it is not read again.
    """
    for item in version.files:
        path = folder / item.path
        if folder.is_symlink() or _linked(folder, item.path):
            raise StoreError(f"{path} is reached by a symbolic link, a version holds files: copy it into place")
        try:
            size = path.stat().st_size
            same = path.is_file() and size == item.bytes and sha256_of(path, fresh=fresh) == item.sha256
        except OSError as error:
            reason = "missing" if isinstance(error, FileNotFoundError) else f"unreadable ({error.strerror})"
            raise StoreError(f"{path} is {reason}: delete the folder and publish the version again") from error
        if not same:
            raise StoreError(
                f"{path} is corrupt ({size} bytes, {item.bytes} published; sha256 is not {item.sha256[:12]}...): "
                "delete the folder and publish the version again"
            )


def check_rows(folder: Path, version: DatasetVersion) -> None:
    """Raise StoreError unless the rows in a folder are lawful, in order, counted and named by the version's id.

    Memory holds a bounded part of them. Dropped rows are no part of the id: their columns and counts are checked.
    """
    if version.schema != schema_columns(PROBLEM_SCHEMA):
        raise _refusal(version, f"its columns are {brief(version.schema)}, this program reads others")
    present = {item.path for item in version.files}
    files = {split: folder / split_file(split) for split in HUB_SPLITS if split_file(split) in present}
    cells: Counter[Cell] = Counter()
    found = version_id(version.recipe_id, _hashes(version, files, cells))
    if cells != Counter(version.cells):
        odd = sorted(cell for cell in {*cells, *version.cells} if cells[cell] != version.cells.get(cell, 0))
        raise _refusal(version, f"cell {brief(tuple(odd[0]))} has {cells[odd[0]]} rows, not those of its manifest")
    if found != version.id:
        raise _refusal(version, f"its recipe and rows have the id {found}, so it is not what it says")
    _check_dropped(folder, version)


def _check_dropped(folder: Path, version: DatasetVersion) -> None:
    rules: Counter[str] = Counter()
    for item in version.files:
        for rows in _read(version, folder / item.path, DROPPED_SCHEMA) if item.path == DROPPED_FILE else ():
            for row in rows:
                if not isinstance(row["rule"], str) or not isinstance(row["reason"], str):
                    raise _refusal(version, "a dropped row has no rule or no reason")
                rules[row["rule"]] += 1
    if rules != Counter(version.dropped):
        raise _refusal(version, f"its dropped rows are {brief(dict(rules))}, not those of its manifest")


def _hashes(version: DatasetVersion, files: dict[str, Path], cells: "Counter[Cell]") -> Iterator[str]:
    """Yield the hash of every row, in the order of the cells whatever its split, and count the cells."""
    last: tuple[Any, ...] | None = None
    for place, row in heapq.merge(*(_lawful(version, split, path) for split, path in files.items()), key=_first):
        if last is not None and place <= last:
            raise _refusal(version, f"row {place[-1]} stands out of order, or twice")
        last = place
        cells[Cell(*place[:3])] += 1
        yield hash_of(row)


def _first(pair: tuple[tuple[Any, ...], Any]) -> tuple[Any, ...]:
    return pair[0]


def _lawful(
    version: DatasetVersion, split: str, path: Path
) -> Iterator[tuple[tuple[str, int, str, str], dict[str, Any]]]:
    """Yield the rows of one split's file with their place in the version."""
    for rows in _read(version, path, PROBLEM_SCHEMA):
        for row in rows:
            if fault := row_fault(row):
                raise _refusal(version, f"row {brief(row['uid'])} is not lawful: {fault}")
            if row["split"] != split:
                raise _refusal(version, f"row {row['uid']} of split {row['split']} lies among those of {split}")
            yield (row["family"], row["level"], row["region"], row["uid"]), row


def _read(version: DatasetVersion, path: Path, schema: pa.Schema) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a Parquet file of exactly these columns, some at a time."""
    try:
        with pq.ParquetFile(path, **CHECKED) as file:
            if not file.schema_arrow.equals(schema):
                raise _refusal(version, f"{path.name} has the columns {shortened(file.schema_arrow)}, not a version's")
            for batch in file.iter_batches(batch_size=_AT_ONCE):
                yield batch.to_pylist()
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise _refusal(version, f"{path.name} cannot be read ({shortened(error)})") from error


def _refusal(version: DatasetVersion, why: str) -> StoreError:
    return StoreError(
        f"version {version.id} ({version.name}) is refused: {why}; take it again from who made it, or delete its folder"
    )


def copy_version(source: Path, folder: Path) -> DatasetVersion:
    """Copy the files of somebody else's version, and nothing else, into a new folder, and return what it says it is.

    Raises:
        StoreError: when its manifest is none, or a file is a link or of another size than it says; nothing is
            believed yet (`check_files` and `check_rows` see to that).
    """
    version = read_manifest(source, named=False)
    for item in version.files:
        try:
            if _linked(source, item.path):
                raise _refusal(version, f"{item.path} is reached by a symbolic link")
            # as it is: no link is followed, no pipe waited for
            file = os.fdopen(os.open(source / item.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        except OSError as error:
            raise _refusal(version, f"{item.path} is missing or unreadable ({error.strerror})") from error
        with file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size != item.bytes:
                raise _refusal(version, f"{item.path} is corrupt ({found.st_size} bytes, {item.bytes} published)")
            (folder / item.path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / item.path).open("wb") as copy:
                shutil.copyfileobj(file, copy, 2**20)
    return version


def _linked(folder: Path, relative: str) -> bool:
    """Return whether anything between a folder and one of its files is a symbolic link."""
    path = PurePosixPath(relative)
    return any((folder / part).is_symlink() for part in (path, *path.parents[:-1]))
