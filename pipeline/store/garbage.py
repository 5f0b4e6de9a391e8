"""What a root holds that no version needs: leavings of dead processes, and shards. Not versions, which never go.

Law: nothing that a living process may still be writing is garbage.
"""

import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from pipeline.store.files import TEMPORARY, owner_alive, writing


class Garbage(NamedTuple):
    """What may go: its path, below the root if it is there, whether it is unfinished or a shard, and its bytes."""

    path: str
    kind: str
    bytes: int


def collect_garbage(
    root: Path, *, keep_days: float, delete: bool = False, elsewhere: Sequence[Path] = ()
) -> list[Garbage]:
    """Return what no version needs, by path, and delete it if told to: what dead processes left, and shards.

    A shard is made again when a recipe wants it. What was written in the last `keep_days` stays. `elsewhere` are
    things that dead processes left outside the root.

    Raises:
        StoreError: when something cannot be deleted; the same call goes on.
    """
    newest = time.time() - keep_days * 86_400
    found = []
    left = [*_left(root), *elsewhere]
    for kind, path in [*(("unfinished", path) for path in left), *(("shard", path) for path in _shards(root))]:
        try:
            size, written = _occupied(path)
        except FileNotFoundError:  # finished meanwhile, or taken by another collection
            continue
        if written > newest:
            continue
        inside = path.is_relative_to(root)
        found.append(Garbage((path.relative_to(root) if inside else path).as_posix(), kind, size))
        if delete:
            with writing(path), contextlib.suppress(FileNotFoundError):  # another collection may be at it
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return sorted(found)


def _left(root: Path) -> list[Path]:
    """Return what dead processes left unfinished, the outermost folder where one holds another."""
    found = {path for path in root.rglob(f"{TEMPORARY}*") if not owner_alive(path)}
    return [path for path in found if found.isdisjoint(path.parents)]


def _shards(root: Path) -> list[Path]:
    return [path for path in (root / "shards").glob("*/*") if not path.name.startswith(TEMPORARY)]


def _occupied(path: Path) -> tuple[int, float]:
    """Return the bytes of a file or folder and when anything of it was written last, in seconds since 1970."""
    found = [path.lstat(), *(inner.lstat() for inner in path.rglob("*"))]
    return sum(entry.st_size for entry in found if S_ISREG(entry.st_mode)), max(entry.st_mtime for entry in found)
