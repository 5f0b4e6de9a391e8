"""What a root holds that no version needs: leavings of dead processes, and shards. Not versions, which never go.

Law: nothing that a living process may still be writing is garbage.
"""

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.store.files import TEMPORARY, file_clock, may_be_written, traces, writing


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
    now = file_clock(root)
    newest = now - keep_days * 86_400
    found = []
    left = [*_left(root, now), *elsewhere]
    for kind, path in [*(("unfinished", path) for path in left), *(("shard", path) for path in _shards(root))]:
        try:
            size, written = traces(path)
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


def _left(root: Path, now: float) -> list[Path]:
    """Return what dead processes left unfinished, the outermost folder where one holds another."""
    found = {path for path in root.rglob(f"{TEMPORARY}*") if not may_be_written(path, now=now)}
    return [path for path in found if found.isdisjoint(path.parents)]


def _shards(root: Path) -> list[Path]:
    return [path for path in (root / "shards").glob("*/*") if not path.name.startswith(TEMPORARY)]
