"""The store: dataset versions and shards below one run root. Not the ledger, not what rows mean.

Law: what is published is whole, immutable and found by content; publishing the same again changes nothing.
"""

import contextlib
import errno
import json
import logging
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pyarrow as pa

from pipeline.choice.mixture import Cell
from pipeline.errors import SHOWN, ConfigError, StoreError, brief, nearest
from pipeline.fingerprint import canonical
from pipeline.problem import PROBLEM_SCHEMA, Json
from pipeline.store.card import card
from pipeline.store.files import TEMPORARY, sync, temporary_name, unfinished, write_atomic, writing
from pipeline.store.sealed import read_parquet, sha256_of, write_parquet
from pipeline.store.trust import check_files, check_rows, copy_version
from pipeline.store.version import (
    DROPPED_FILE,
    DROPPED_SCHEMA,
    ID,
    DatasetVersion,
    name_fault,
    recipe_id,
    row_hashes,
    schema_columns,
    version_id,
)
from pipeline.store.version_files import (
    MANIFEST,
    SORT_KEYS,
    licenses,
    open_file,
    read_file,
    read_manifest,
    spilled,
    stored_files,
    unreadable,
    write_dropped,
    write_rows,
)

Part = Literal["rows", "dropped"]

_log = logging.getLogger(__name__)
_held: set[tuple[Path, str]] = set()
"""Folders whose rows this process knows to be those of their id, with the sha256 of the manifest that says so."""


class Store:
    """Versions in `root`/versions/<id>/, shards in `root`/shards/; several processes may share a root.

    Pointers beside them: refs/<name> holds the id last published under a name, recipes/<recipe_id> the id this root
    made by that recipe, checked/<id> the sha256 of the manifest whose rows were hashed here and have that id.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._versions = self.root / "versions"
        self._names = self.root / "refs"
        self._recipes = self.root / "recipes"
        self._checked = self.root / "checked"
        self._shards = self.root / "shards"

    def folder(self, version: DatasetVersion | str) -> Path:
        """Return the folder of a version (or id), which holds its card, manifest and Parquet files."""
        return self._versions / (version if isinstance(version, str) else version.id)

    def versions(self) -> list[DatasetVersion]:
        """Return all readable versions, oldest first; a corrupt one is skipped with a warning."""
        found = []
        for path in self._versions.glob(f"*/{MANIFEST}"):
            if path.parent.name.startswith(TEMPORARY):
                continue
            try:
                found.append(read_manifest(path.parent))
            except StoreError as error:
                _log.warning("version %s skipped: %s", path.parent.name, error)
        return sorted(found, key=lambda version: (version.created_utc, version.id))

    def find(self, recipe: str) -> DatasetVersion | None:
        """Return the newest version this root made by the recipe of this recipe_id, or None: the work is still to do.

        One that was adopted is not found by its recipe: its rows are those its id names, but that the recipe gives
        them is the word of who wrote it.
        """
        made = _pointed(self._recipes / recipe) if ID.fullmatch(recipe) else None
        if made is None:
            return None
        try:
            return self._hold(made)
        except StoreError as error:
            _log.warning("version %s is made again: %s", made, error)
            return None

    def get(self, ref: str) -> DatasetVersion:
        """Return a version by id, by name (the last one published under it) or by a unique prefix of its id.

        Raises:
            StoreError: when nothing, or more than one version, answers to `ref`, or its manifest is corrupt.
        """
        pointed = _pointed(self._names / quote(ref, safe="")) if name_fault(ref) is None else None
        for identity in (ref, pointed):
            if identity and ID.fullmatch(identity) and self.folder(identity).is_dir():
                return read_manifest(self.folder(identity))
        known = self.versions()
        by_name = [v for v in known if v.name == ref]
        by_prefix = [v for v in known if ref and v.id.startswith(ref)]
        if by_name or len(by_prefix) == 1:
            return (by_name or by_prefix)[-1]
        if by_prefix:
            raise StoreError(f"{ref!r} begins the ids of {len(by_prefix)} versions: give more of its digits")
        names = sorted({v.name for v in known})
        listed = ", ".join(f"{v.name} {v.id[:8]}" for v in known[-10:]) or "nothing published yet"
        raise StoreError(
            f"no version {brief(ref)} in {self._versions}{nearest(ref[:SHOWN], names)} (there is: {listed})"
        )

    def publish(
        self,
        name: str,
        *,
        recipe: Json,
        rows: Iterable[pa.Table],
        dropped: Iterable[pa.Table] = (),
        inputs: Sequence[str] = (),
        parents: Sequence[str] = (),
        quality: Json = None,
        circumstances: Mapping[str, str] | None = None,
    ) -> DatasetVersion:
        """Write rows as an immutable version, sorted by (family, level, region, uid), and return it.

        Publishing the same recipe, inputs and rows again returns the version that exists. `rows` are
        PROBLEM_SCHEMA tables, `dropped` have the columns rule and reason as well; memory holds a bounded part of
        either. `circumstances` (a commit, a host) are recorded and enter no identity.

        Raises:
            StoreError: for a missing column, a uid that occurs twice, or a disk that refuses.
        """
        if fault := name_fault(name):
            raise ConfigError(f"version name {brief(name)}: {fault}")
        recipe = json.loads(canonical(recipe))
        identity = recipe_id(recipe, inputs)
        with unfinished(self._versions) as folder:
            kept_rows = spilled(folder / "spill", rows, PROBLEM_SCHEMA)
            dropped_rows = spilled(folder / "spill_dropped", dropped, DROPPED_SCHEMA)
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                written = write_rows(folder, kept_rows)
                reasons = write_dropped(folder, dropped_rows)
                version = DatasetVersion(
                    name=name,
                    id=version_id(identity, written.hashes),
                    recipe=recipe,
                    recipe_id=identity,
                    files=stored_files(folder),
                    rows=len(written.hashes),
                    cells=written.cells,
                    dropped=reasons,
                    inputs=tuple(inputs),
                    parents=tuple(parents),
                    schema=schema_columns(PROBLEM_SCHEMA),
                    quality=json.loads(canonical(quality)),
                    created_utc=datetime.now(UTC).isoformat(),
                    circumstances={"host": platform.node(), **(circumstances or {})},
                )
                kept = self._settle(folder, version)
        self.point(name, kept)
        write_atomic(self._recipes / identity, kept.id.encode())
        return kept

    def point(self, name: str, version: DatasetVersion) -> None:
        """Let a name find a version: equal work under another name is not done again, and is found by both."""
        pointer = self._names / quote(name, safe="")
        if _pointed(pointer) != version.id:
            write_atomic(pointer, version.id.encode())

    def adopt(self, folder: Path, *, expected: str | None = None) -> DatasetVersion:
        """Take a copy of the version in `folder` (a download) into this store, after checking everything it says.

        Forms, sizes and hashes of files, every row, and the id from recipe and rows. Its name finds it unless a version
        made here has that name; its recipe does not find it (`find`). `expected` is the id it must have.

        Raises:
            StoreError: naming the first thing that does not hold; nothing of it is left here then.
        """
        with unfinished(self._versions) as temporary:
            with writing(temporary):
                version = copy_version(Path(folder), temporary)
            if expected not in (None, version.id):
                raise StoreError(
                    f"{folder} holds version {version.id}, asked for was {expected}: take it from elsewhere"
                )
            check_files(temporary, version)
            check_rows(temporary, version)
            with writing(temporary):
                kept = self._settle(temporary, version)
        if self._made_here(named := _pointed(self._names / quote(version.name, safe="")) or "") and named != kept.id:
            _log.warning("%s stays the name of %s, which was made here; the new one is %s", kept.name, named, kept.id)
        else:
            self.point(version.name, kept)
        return kept

    def _made_here(self, version: str) -> bool:
        try:
            return _pointed(self._recipes / read_manifest(self.folder(version)).recipe_id) == version
        except StoreError:
            return False

    def table(
        self, version: DatasetVersion | str, *, part: Part = "rows", columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the kept or dropped rows of a version, sorted as published; `columns` None means all.

        Raises:
            StoreError: when a file is missing or unreadable. ConfigError: for a column that does not exist.
        """
        version = self._hold(version)
        schema = PROBLEM_SCHEMA if part == "rows" else DROPPED_SCHEMA
        wanted = list(columns) if columns is not None else schema.names
        for column in wanted:
            if column not in schema.names:
                raise ConfigError(f"no column {column!r} in {part}{nearest(column, schema.names)}: {schema.names}")
        read = [*wanted, *(key for key in SORT_KEYS if key not in wanted)]
        tables = [read_file(path, read) for path in self.part_files(version, part)]
        whole = pa.concat_tables([schema.empty_table().select(read), *(table.select(read) for table in tables)])
        return whole.sort_by([(key, "ascending") for key in SORT_KEYS]).select(wanted)

    def batches(
        self, version: DatasetVersion | str, *, rows: int = 10_000, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield the kept rows in tables of at most `rows`, split by split: for sets that do not fit in memory."""
        version = self._hold(version)
        for path in self.part_files(version, "rows"):
            try:
                for batch in open_file(path).iter_batches(batch_size=rows, columns=columns):
                    yield pa.Table.from_batches([batch])
            except (OSError, pa.ArrowException) as error:
                raise unreadable(path, error) from error

    def check(self, version: DatasetVersion | str) -> None:
        """Read every file of a version again and compare it with what was published, its rows with its id.

        Raises:
            StoreError: naming the first thing that is missing or differs.
        """
        self._hold(version, fresh=True)

    def _hold(self, version: DatasetVersion | str, *, fresh: bool = False) -> DatasetVersion:
        """Return a version as its folder tells it, once that folder is known to hold what its id names.

        Rows are hashed when no process did so under this manifest; afterwards the hashes of files are enough.
        """
        version = self.get(version if isinstance(version, str) else version.id)
        folder = self.folder(version)
        check_files(folder, version, fresh=fresh)
        told = sha256_of(folder / MANIFEST)
        if (folder, told) not in _held and _pointed(self._checked / version.id) != told:
            check_rows(folder, version)
            with contextlib.suppress(StoreError):  # a root that cannot be written is checked by every process
                write_atomic(self._checked / version.id, told.encode())
        _held.add((folder, told))
        return version

    def read_shard(self, key: str) -> pa.Table | None:
        """Return the table written under a key; None when there is none or its bytes are not those written."""
        path = self._shard_path(key)
        if not path.exists():
            return None
        try:
            return read_parquet(path)
        except StoreError as error:
            _log.warning("shard %s is made again: %s", key, error)
            return None

    def write_shard(self, key: str, table: pa.Table) -> None:
        """Write the table of a shard; `key` is the hash of what it was made from."""
        write_atomic(self._shard_path(key), partial(write_parquet, table))

    def _settle(self, folder: Path, version: DatasetVersion) -> DatasetVersion:
        """Write card and manifest, then rename into place; an equal version that is already there wins."""
        (folder / "README.md").write_text(card(version, licenses=licenses(folder, version)), encoding="utf-8")
        for path in [folder / "README.md", *(folder / item.path for item in version.files)]:
            sync(path)
        manifest = json.dumps(version.to_json(), indent=1, ensure_ascii=False)
        write_atomic(folder / MANIFEST, manifest.encode())
        target = self.folder(version)
        for _ in range(3):
            try:
                folder.rename(target)
                sync(target.parent)
                write_atomic(self._checked / version.id, sha256_of(target / MANIFEST).encode())
                return version
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            try:
                return self._hold(version.id)
            except StoreError as damaged:
                _log.warning("version %s is damaged and replaced: %s", version.id, damaged)
            target.rename(self._versions / temporary_name("damaged"))
        raise StoreError(f"{target} keeps changing while it is published: stop what writes there")

    def part_files(self, version: DatasetVersion, part: Part) -> list[Path]:
        """Return the Parquet files of the kept or dropped rows."""
        paths = [item.path for item in version.files if (item.path == DROPPED_FILE) == (part == "dropped")]
        return [self.folder(version) / path for path in paths]

    def _shard_path(self, key: str) -> Path:
        safe = quote(key, safe="")
        return self._shards / safe[:2] / f"{safe}.parquet"


@dataclass(frozen=True, slots=True)
class Difference:
    """What separates version `after` from `before`: uids, sorted, and row counts (before, after) of changed cells."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    cells: dict[Cell, tuple[int, int]]


def diff(store: Store, before: DatasetVersion | str, after: DatasetVersion | str) -> Difference:
    """Compare two versions row by row; changed rows share the uid and differ in another column."""
    old, new = (store.get(v) if isinstance(v, str) else v for v in (before, after))
    rows = [dict(zip(t.column("uid").to_pylist(), row_hashes(t), strict=True)) for t in map(store.table, (old, new))]
    cells = {
        cell: (old.cells.get(cell, 0), new.cells.get(cell, 0))
        for cell in sorted({*old.cells, *new.cells})
        if old.cells.get(cell, 0) != new.cells.get(cell, 0)
    }
    shared = rows[0].keys() & rows[1].keys()
    return Difference(
        added=tuple(sorted(rows[1].keys() - shared)),
        removed=tuple(sorted(rows[0].keys() - shared)),
        changed=tuple(sorted(uid for uid in shared if rows[0][uid] != rows[1][uid])),
        cells=cells,
    )


def _pointed(pointer: Path) -> str | None:
    """Return what a pointer holds; None when there is none that can be read."""
    try:
        return pointer.read_bytes()[:100].decode().strip()
    except (OSError, UnicodeDecodeError):
        return None
