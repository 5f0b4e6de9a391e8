"""Files written whole or not at all, and who may still be writing one. Not a format, not a place; deletes nothing.

A lease is the time at which anything of the unfinished was last written or its lease renewed, by the clock of the file
system that holds it: whoever writes renews it while it lasts. Of processes of its own, a machine's table of them knows
more than any time. Law: a reader sees the old file or the new one, never a part; a write that fails loses nothing
already written; nothing is called left behind that a process, here or on another machine, may still be writing.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from pipeline.errors import StoreError

TEMPORARY = ".tmp-"
"""How the names of unfinished files and folders start; where, by which process and when it was named follows."""
RENEW_S = 30.0
"""Seconds between renewals."""
LEASE_S = 600.0
"""Seconds without renewal after which a writer is taken for dead: many are missed by then."""
MARGIN_S = 3600.0
"""Seconds more, for clocks that differ and writers that were suspended."""

_NAME = re.compile(rf"{re.escape(TEMPORARY)}([0-9a-f]{{8}})-(\d+)-(\d+)-")


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
                with holding(temporary):
                    content(temporary)
            else:
                temporary.write_bytes(content)
            sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync(path.parent)


@contextmanager
def unfinished(place: Path, name: str = "") -> Iterator[Path]:
    """Name a folder below `place` to be filled in the block and renamed away; its lease is held, what is left goes."""
    folder = place / temporary_name(name)
    try:
        with holding(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


class Traces(NamedTuple):
    """What lies at a path: its bytes, and when anything of it was written or renewed last, in seconds since 1970."""

    bytes: int
    written: float


def temporary_name(name: str = "") -> str:
    """Return a name for something unfinished, unique to this process and moment; it ends with `name`."""
    return f"{TEMPORARY}{_here()}-{os.getpid()}-{_started(os.getpid())}-{time.monotonic_ns()}-{name}"[:200]


@contextmanager
def holding(path: Path, *, renew_s: float = RENEW_S) -> Iterator[None]:
    """Renew the lease of something unfinished during the block, however long nothing of it is written."""
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(path, ended, renew_s), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew(path: Path, ended: threading.Event, renew_s: float) -> None:
    while not ended.wait(renew_s):
        with suppress(OSError):  # not there yet, or no more
            os.utime(path)  # without a time, the file system takes its own


def may_be_written(temporary: Path, *, now: float) -> bool:
    """Return whether the process that named something unfinished may still be writing it.

    `now` is the time by the clock of its file system (`file_clock`). One that was named here is written while its
    process runs; of any other only its lease tells.
    """
    found = _NAME.match(temporary.name)
    if found is not None and found[1] == _here():
        return _started(int(found[2])) == found[3]
    try:
        return now - traces(temporary).written <= LEASE_S + MARGIN_S
    except FileNotFoundError:  # finished or taken meanwhile
        return True


def traces(path: Path) -> Traces:
    """Return the bytes of a file or folder and when anything of it was written last; no link is followed.

    Raises:
        FileNotFoundError: when it is not there, or went meanwhile.
    """
    inside = [] if path.is_symlink() else path.rglob("*")
    found = [path.lstat(), *(inner.lstat() for inner in inside)]
    size = sum(entry.st_size for entry in found if S_ISREG(entry.st_mode))
    return Traces(size, max(entry.st_mtime for entry in found))


def file_clock(folder: Path) -> float:
    """Return the time that a file written in a folder now would get, in seconds since 1970.

    On a file system of another machine it is that machine's; where nothing can be written, this one's.
    """
    probe = folder / temporary_name("clock")
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        with suppress(OSError):
            probe.unlink()


@cache
def _here() -> str:
    """Return 8 hex digits for what shares one table of processes: a machine between two starts, or a container."""
    said = [platform.node()]
    with suppress(OSError):
        said.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        said.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.blake2b("\n".join(said).encode(), digest_size=4).hexdigest()


def _started(pid: int) -> str:
    """Return when a process of this machine started, in the machine's ticks; "" when it does not run.

    Where the machine does not tell, "0" for one that runs: numbers of processes come again, with another start.
    """
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:  # somebody else's
        pass
    return "0"
