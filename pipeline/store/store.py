"""The store: dataset versions and shards below one run root. Not the ledger, not what rows mean.

Law: what is published is whole, immutable and found by content; publishing the same again changes nothing.
"""

import contextlib
import errno
import json
import logging
import platform
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Literal, NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError, StoreError, nearest
from pipeline.fingerprint import canonical
from pipeline.problem import PROBLEM_SCHEMA, Json
from pipeline.store.card import card
from pipeline.store.files import TEMPORARY, owner_alive, sync, temporary_name, write_atomic, writing
from pipeline.store.version import (
    DROPPED_SCHEMA,
    DatasetVersion,
    StoredFile,
    recipe_id,
    row_hashes,
    schema_columns,
    version_id,
)
from pipeline.store.version_files import (
    DROPPED_FILE,
    MANIFEST,
    SORT_KEYS,
    check_files,
    read_manifest,
    read_parquet,
    sha256_of,
    spilled,
    stored_files,
    unreadable,
    write_dropped,
    write_rows,
)

Part = Literal["rows", "dropped"]

_log = logging.getLogger(__name__)


class Garbage(NamedTuple):
    """What may go: its path, below the root if it is there, whether it is unfinished or a shard, and its bytes."""

    path: str
    kind: str
    bytes: int


class Store:
    """Versions in `root`/versions/<id>/, shards in `root`/shards/; several processes may share a root."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._versions = self.root / "versions"
        self._names = self.root / "refs"
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
        """Return the newest version made by the recipe of this recipe_id, or None: the work is still to do."""
        made = [v for v in self.versions() if v.recipe_id == recipe and self._sizes_hold(v)]
        return made[-1] if made else None

    def get(self, ref: str) -> DatasetVersion:
        """Return a version by id, by name (the last one published under it) or by a unique prefix of its id.

        Raises:
            StoreError: when nothing, or more than one version, answers to `ref`, or its manifest is corrupt.
        """
        if re.fullmatch("[0-9a-f]{32}", ref) and self.folder(ref).is_dir():
            return read_manifest(self.folder(ref))
        pointer = self._names / quote(ref, safe="")
        if pointer.is_file() and self.folder(pointer.read_text().strip()).is_dir():
            return read_manifest(self.folder(pointer.read_text().strip()))
        known = self.versions()
        by_name = [v for v in known if v.name == ref]
        by_prefix = [v for v in known if ref and v.id.startswith(ref)]
        if by_name or len(by_prefix) == 1:
            return (by_name or by_prefix)[-1]
        if by_prefix:
            raise StoreError(f"{ref!r} begins the ids of {len(by_prefix)} versions: give more of its digits")
        names = sorted({v.name for v in known})
        listed = ", ".join(f"{v.name} {v.id[:8]}" for v in known[-10:]) or "nothing published yet"
        raise StoreError(f"no version {ref!r} in {self._versions}{nearest(ref, names)} (there is: {listed})")

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
        if not name or name != name.strip() or name.startswith(".") or len(name) > 100:
            raise ConfigError(f"version name {name!r}: use 1 to 100 characters without leading dot or spaces")
        folder = self._versions / temporary_name()
        recipe = json.loads(canonical(recipe))
        identity = recipe_id(recipe, inputs)
        try:
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
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.point(name, kept)
        return kept

    def point(self, name: str, version: DatasetVersion) -> None:
        """Let a name find a version: equal work under another name is not done again, and is found by both."""
        pointer = self._names / quote(name, safe="")
        if not pointer.is_file() or pointer.read_text().strip() != version.id:
            write_atomic(pointer, version.id.encode())

    def adopt(self, folder: Path) -> DatasetVersion:
        """Take a copy of the version in `folder` (a download) into this store, after checking every file."""
        version = read_manifest(folder, named=False)
        check_files(folder, version)
        temporary = self._versions / temporary_name()
        with writing(temporary):
            try:
                for item in [*version.files, StoredFile("README.md", "", 0)]:
                    if (folder / item.path).is_file():
                        (temporary / item.path).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(folder / item.path, temporary / item.path)
                kept = self._settle(temporary, version)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        self.point(version.name, kept)
        return kept

    def table(
        self, version: DatasetVersion | str, *, part: Part = "rows", columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the kept or dropped rows of a version, sorted as published; `columns` None means all.

        Raises:
            StoreError: when a file is missing or unreadable. ConfigError: for a column that does not exist.
        """
        version = self.get(version) if isinstance(version, str) else version
        schema = PROBLEM_SCHEMA if part == "rows" else DROPPED_SCHEMA
        wanted = list(columns) if columns is not None else schema.names
        for column in wanted:
            if column not in schema.names:
                raise ConfigError(f"no column {column!r} in {part}{nearest(column, schema.names)}: {schema.names}")
        read = [*wanted, *(key for key in SORT_KEYS if key not in wanted)]
        tables = [read_parquet(path, read) for path in self.part_files(version, part)]
        whole = pa.concat_tables([schema.empty_table().select(read), *(table.select(read) for table in tables)])
        return whole.sort_by([(key, "ascending") for key in SORT_KEYS]).select(wanted)

    def batches(
        self, version: DatasetVersion | str, *, rows: int = 10_000, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield the kept rows in tables of at most `rows`, split by split: for sets that do not fit in memory."""
        version = self.get(version) if isinstance(version, str) else version
        for path in self.part_files(version, "rows"):
            try:
                for batch in pq.ParquetFile(path).iter_batches(batch_size=rows, columns=columns):
                    yield pa.Table.from_batches([batch])
            except (OSError, pa.ArrowException) as error:
                raise unreadable(path, error) from error

    def check(self, version: DatasetVersion | str) -> None:
        """Compare every file of a version with the size and sha256 in its manifest.

        Raises:
            StoreError: naming the first file that is missing or differs.
        """
        version = self.get(version) if isinstance(version, str) else version
        check_files(self.folder(version), read_manifest(self.folder(version)))

    def read_shard(self, key: str) -> pa.Table | None:
        """Return the table written under a key; None when there is none or its bytes fail their hash."""
        path = self._shard_path(key)
        try:
            expected = path.with_suffix(".sha256").read_text()
            if sha256_of(path) != expected:
                _log.warning("shard %s fails its hash and is made again", key)
                return None
            return pq.read_table(path)
        except FileNotFoundError:
            return None

    def write_shard(self, key: str, table: pa.Table) -> None:
        """Write the table of a shard; `key` is the hash of what it was made from."""
        path = self._shard_path(key)
        write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
        write_atomic(path.with_suffix(".sha256"), sha256_of(path).encode())

    def collect_garbage(
        self, *, keep_days: float, delete: bool = False, elsewhere: Sequence[Path] = ()
    ) -> list[Garbage]:
        """Return what no version needs, by path, and delete it if told to: what dead processes left, and shards.

        A shard is made again when a recipe wants it. What was written in the last `keep_days` stays. `elsewhere` are
        things that dead processes left outside the root.

        Raises:
            StoreError: when something cannot be deleted; the same call goes on.
        """
        newest = time.time() - keep_days * 86_400
        found = []
        left = [*self._left(), *elsewhere]
        for kind, path in [*(("unfinished", path) for path in left), *(("shard", path) for path in self._made())]:
            try:
                size, written = _occupied(path)
            except FileNotFoundError:  # finished meanwhile, or taken by another collection
                continue
            if written > newest:
                continue
            inside = path.is_relative_to(self.root)
            found.append(Garbage((path.relative_to(self.root) if inside else path).as_posix(), kind, size))
            if delete:
                with writing(path), contextlib.suppress(FileNotFoundError):  # another collection may be at it
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        return sorted(found)

    def _left(self) -> list[Path]:
        """Return what dead processes left unfinished, the outermost folder where one holds another."""
        found = {path for path in self.root.rglob(f"{TEMPORARY}*") if not owner_alive(path)}
        return [path for path in found if found.isdisjoint(path.parents)]

    def _made(self) -> list[Path]:
        return [path for path in self._shards.glob("*/*") if not path.name.startswith(TEMPORARY)]

    def _settle(self, folder: Path, version: DatasetVersion) -> DatasetVersion:
        """Write card and manifest, then rename into place; an equal version that is already there wins."""
        if not (folder / "README.md").is_file():
            (folder / "README.md").write_text(card(version), encoding="utf-8")
        for path in [folder / "README.md", *(folder / item.path for item in version.files)]:
            sync(path)
        manifest = json.dumps(version.to_json(), indent=1, ensure_ascii=False)
        write_atomic(folder / MANIFEST, manifest.encode())
        target = self.folder(version)
        for _ in range(3):
            try:
                folder.rename(target)
                sync(target.parent)
                return version
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            try:
                present = read_manifest(target)
                if self._sizes_hold(present):
                    return present
            except StoreError as damaged:
                _log.warning("version %s is damaged and replaced: %s", version.id, damaged)
            target.rename(self._versions / temporary_name("damaged"))
        raise StoreError(f"{target} keeps changing while it is published: stop what writes there")

    def _sizes_hold(self, version: DatasetVersion) -> bool:
        folder = self.folder(version)
        return all(
            (folder / item.path).is_file() and (folder / item.path).stat().st_size == item.bytes
            for item in version.files
        )

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


def _occupied(path: Path) -> tuple[int, float]:
    """Return the bytes of a file or folder and when anything of it was written last, in seconds since 1970."""
    found = [path.stat(), *(inner.stat() for inner in path.rglob("*"))]
    return sum(entry.st_size for entry in found if S_ISREG(entry.st_mode)), max(entry.st_mtime for entry in found)
