"""Files written whole or not at all. Not a format, not a place.

Law: a reader sees the old file or the new one, never a part; a write that fails loses nothing already written.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StoreError

TEMPORARY = ".tmp-"
"""How the names of unfinished files and folders start; the process id follows."""


def write_atomic(path: Path, content: bytes | Callable[[Path], object]) -> None:
    """Write a file through a temporary sibling, fsync and rename; folders are made as needed.

    `content` is the bytes, or a function that writes them to the path it is given (same suffix as `path`).

    Raises:
        StoreError: when the disk refuses (full, read-only, no permission); the old file stays.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / temporary_name(path.name)
        try:
            if callable(content):
                content(temporary)
            else:
                temporary.write_bytes(content)
            sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync(path.parent)


def temporary_name(name: str = "") -> str:
    """Return a name for something unfinished, unique to this process and moment; it ends with `name`."""
    return f"{TEMPORARY}{os.getpid()}-{time.monotonic_ns()}-{name}"[:200]


def owner_alive(temporary: Path) -> bool:
    """Return whether the process of this machine that named a temporary file still runs."""
    number = temporary.name.removeprefix(TEMPORARY).partition("-")[0]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sync(path: Path) -> None:
    """Force a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` during the block; others wait for it, and get it when its holder dies."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    with file:
        with writing(path):  # a file system without locks says so like any other refusal
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses while writing below `path` into one StoreError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"cannot write {path}: {reason}. Nothing already written is lost: free space or mend the "
            "permissions, then run the same command again"
        ) from error
