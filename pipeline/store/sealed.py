"""Bytes that can be told from others: hashes of files, Parquet that carries its own, folders with a list of theirs.

Not what the bytes mean. Law: what was read from a sealed file is what was written to it, or one StoreError names it.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StoreError, brief
from pipeline.store.files import write_atomic

SEAL = b"veriloop.seal"
"""The name, in a Parquet file's metadata, of the sha256 of all its bytes, taken with zeros in the seal's own place."""
HASHES = "hashes.json"
"""In a sealed folder, the sha256 of each of its files."""
PAGES: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
"""How Parquet is written here."""
CHECKED: dict[str, Any] = {"page_checksum_verification": True}
"""How Parquet is read here: the checksum of a page is compared whenever the page is read."""

MOST_REMEMBERED = 100_000
"""Files whose hashes a process remembers."""

_PART = 2**18
_BLANK = b"0" * 64
_MARK = SEAL + b"\x18\x40"  # how Thrift writes the name and that 64 bytes follow
_log = logging.getLogger(__name__)
_unsealed_told: list[Path] = []


class _Stamp(NamedTuple):
    """What changes whenever a file is written: where it is, how long, when."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


_hashed: dict[tuple[Path, bool], tuple[_Stamp, str, str]] = {}
"""What this process has hashed: (path, seal left out) -> its stamp then, its sha256, the seal it carries."""


def sha256_of(path: Path, *, fresh: bool = False) -> str:
    """Return the sha256 of a file, as 64 hex digits; unless `fresh`, one as this process knows it is not read again."""
    return _hash(path, sealed=False, fresh=fresh)[0]


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as sealed Parquet: equal tables give equal bytes."""
    with pq.ParquetWriter(path, table.schema, **PAGES) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({SEAL.decode(): _BLANK.decode()})
    with path.open("r+b") as file:
        digest, _ = _read_hash(file, sealed=True)
        file.seek(_seal_place(file))
        file.write(digest.encode())


def read_parquet(path: Path, columns: Sequence[str] | None = None, *, unsealed: bool = False) -> pa.Table:
    """Return columns (None: all) of a sealed Parquet file; `unsealed` also takes one of an earlier veriloop.

    Raises:
        StoreError: when it cannot be read, or its bytes are not those that were written.
    """
    check_parquet([path], unsealed=unsealed)
    try:
        return pq.read_table(path, columns=columns, partitioning=None, **CHECKED)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(path, error) from error


def check_parquet(paths: Iterable[Path], *, unsealed: bool = False) -> None:
    """Raise StoreError at the first Parquet file whose bytes are not those that were sealed.

    One without a seal is damaged too, unless `unsealed`: then nobody can know, and a process says so once.
    """
    bare = []
    for path in paths:
        try:
            found, said = _hash(path, sealed=True)
        except OSError as error:
            raise damaged(path, error) from error
        if not said:
            bare.append(path)
        elif found != said:
            raise damaged(path, f"its bytes have sha256 {found[:12]}..., written were {brief(said[:12])}...")
    if bare and not unsealed:
        raise damaged(bare[0], "it carries no seal")
    if bare and not _unsealed_told:
        _unsealed_told.append(bare[0])
        _log.warning("%s carries no seal, as an earlier veriloop wrote it: damage in it stays unseen", bare[0])


def damaged(path: Path, why: object) -> StoreError:
    """Return the error for a file that is not what was written."""
    return StoreError(f"{path} is damaged ({brief(str(why))}): delete that file and run again")


def seal_folder(folder: Path) -> None:
    """Write the sha256 of every file directly in a folder beside them."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != HASHES)
    hashes = {name: sha256_of(folder / name) for name in names}
    write_atomic(folder / HASHES, json.dumps({"sha256": hashes}, indent=1).encode())


def is_sealed(folder: Path) -> bool:
    """Return whether a folder carries the hashes of its files."""
    return (folder / HASHES).is_file()


def check_folder(folder: Path, *, remedy: str) -> None:
    """Raise StoreError, with a remedy, at the first file of a sealed folder that is not as it was when sealed."""
    try:
        listed = json.loads((folder / HASHES).read_bytes())["sha256"]
        pairs = [(folder / name, digest) for name, digest in listed.items() if Path(name).name == name]
        if len(pairs) != len(listed) or not pairs:
            raise ValueError("it names files that are not of this folder, or none")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"{folder / HASHES} is damaged ({brief(str(error))}): {remedy}") from error
    for path, digest in pairs:
        try:
            found = sha256_of(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be read ({error.strerror}): {remedy}") from error
        if found != digest:
            raise StoreError(
                f"{path} is damaged (its sha256 is {found[:12]}..., written was {brief(digest)[1:13]}...): {remedy}"
            )


def _hash(path: Path, *, sealed: bool, fresh: bool = False) -> tuple[str, str]:
    """Return what `_read_hash` does; unless `fresh`, a file with the stamp it had is not read again."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        stamp = _Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        known = _hashed.get((path, sealed))
        if not fresh and known is not None and known[0] == stamp:
            return known[1:]
        told = _read_hash(file, sealed=sealed)
    if len(_hashed) >= MOST_REMEMBERED:
        _hashed.clear()
    _hashed[path, sealed] = (stamp, *told)
    return told


def _read_hash(file: BinaryIO, *, sealed: bool) -> tuple[str, str]:
    """Return the sha256 of a file, with zeros for its seal if told to, and the seal, "" where there is none."""
    place = _seal_place(file) if sealed else -1
    file.seek(0)
    digest, seal = hashlib.sha256(), b""
    if place >= 0:
        _feed(digest, file, place)
        seal = file.read(len(_BLANK))
        digest.update(_BLANK)
    _feed(digest, file, None)
    return digest.hexdigest(), seal.decode("latin1")


def _feed(digest: Any, file: BinaryIO, most: int | None) -> None:
    """Hash the next bytes of a file, all that are left when `most` is None."""
    left = most
    while part := file.read(_PART if left is None else min(left, _PART)):
        digest.update(part)
        left = None if left is None else left - len(part)


def _seal_place(file: BinaryIO) -> int:
    """Return where the seal of a Parquet file begins, -1 when it has none: it is the last thing but a few."""
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(size - _PART, 0))
    found = file.read(_PART).rfind(_MARK)
    return start + found + len(_MARK) if found >= 0 else -1
