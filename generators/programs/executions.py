"""Executions kept by content: what a program did, found again instead of run again. Not a judgement and not a sandbox.

The key is a hash of program, input, limits, level of the sandbox and version of Python. Held in memory up to a number
of characters, and in an SQLite file where a folder is given: several processes may share it, and deleting it costs
only time. Law: a kept execution is exactly what was run once; what the load of a machine decides (time, memory, a
process that died) is never kept.
"""

import json
import os
import sqlite3
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Protocol

from generators.sandbox.sandbox import Execution, Job, Level, Limits, shared
from pipeline.errors import StoreError
from pipeline.fingerprint import content_hash

FORMAT = 4
"""Raised when the sandbox comes to report the same run in other words."""
REPEATABLE = ("ok", "raised", "output", "forbidden")
"""Statuses that the program alone decides."""
UNREPEATABLE = ("MemoryError", "OSError", "BlockingIOError", "RecursionError", "RuntimeError: can't start")
"""Beginnings of what a program raises when its machine is short of something."""
HELD_CHARS = 64_000_000
BATCH = 64
"""Jobs looked up at once before those not found are run."""
_BUSY_S = 30.0


class Runner(Protocol):
    """What runs a job: a Sandbox, the Executions in front of one, or a fake in a test."""

    @property
    def level(self) -> Level:
        """How strongly it isolates."""

    @property
    def limits(self) -> Limits:
        """The limits of a job that brings none."""

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        """Run one job."""

    def run_all(self, jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Execution]:
        """Run jobs, in order, lazily."""


class Executions:
    """A Runner in front of another that runs nothing twice. For use by several threads and processes.

    `hits` and `runs` count what was found and what was run. `folder` holds the file; None keeps to memory.
    """

    def __init__(self, sandbox: Runner, *, folder: Path | None = None, held_chars: int = HELD_CHARS) -> None:
        self._sandbox = sandbox
        self._held: OrderedDict[str, str] = OrderedDict()
        self._room, self._chars = held_chars, 0
        self._file = _File(folder / "executions.sqlite") if folder is not None else None
        self._lock = threading.Lock()
        self.hits = self.runs = 0

    @property
    def level(self) -> Level:
        """How strongly the sandbox behind isolates."""
        return self._sandbox.level

    @property
    def limits(self) -> Limits:
        """The limits of the sandbox behind."""
        return self._sandbox.limits

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        """Return what the job did, now or before."""
        return next(self.run_all([job], limits=limits))

    def run_all(self, jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Execution]:
        """Yield what every job did, in order; equal jobs of a batch run once. Runs no further than it is read."""
        rest, limits = iter(jobs), limits or self.limits
        while batch := list(islice(rest, BATCH)):
            yield from self._batch(batch, limits)

    def close(self) -> None:
        """Close the file; the sandbox behind stays open."""
        if self._file is not None:
            self._file.close()

    def _batch(self, jobs: list[Job], limits: Limits) -> Iterator[Execution]:
        keys = [key_of(job, limits=limits, level=self.level) for job in jobs]
        found = self._find(keys)
        missing = {key: job for key, job in zip(keys, jobs, strict=True) if key not in found}
        fresh = self._sandbox.run_all(missing.values(), limits=limits) if missing else iter(())
        ran: dict[str, Execution] = {}
        try:
            for key in keys:
                if key in found or key in ran:
                    self._count(hits=1)
                    yield ran[key] if key in ran else _read(found[key])
                    continue
                self._count(runs=1)
                ran[key] = next(fresh)
                yield ran[key]
        finally:
            self._keep({key: _written(execution) for key, execution in ran.items() if repeatable(execution)})

    def _count(self, *, hits: int = 0, runs: int = 0) -> None:
        with self._lock:
            self.hits += hits
            self.runs += runs

    def _find(self, keys: list[str]) -> dict[str, str]:
        with self._lock:
            found = {key: self._held[key] for key in keys if key in self._held}
            for key in found:
                self._held.move_to_end(key)
        rest = [key for key in dict.fromkeys(keys) if key not in found]
        if self._file is not None and rest:
            stored = self._file.find(rest)
            self._hold(stored)
            found |= stored
        return found

    def _keep(self, bodies: dict[str, str]) -> None:
        self._hold(bodies)
        if self._file is not None and bodies:
            self._file.keep(bodies)

    def _hold(self, bodies: dict[str, str]) -> None:
        with self._lock:
            for key, body in bodies.items():
                self._chars += len(body) - len(self._held.pop(key, ""))
                self._held[key] = body
            while self._chars > self._room:
                self._chars -= len(self._held.popitem(last=False)[1])


@cache
def _shared(process: int) -> Executions:
    return Executions(shared())


def shared_executions() -> Executions:
    """Return this process's own Executions, in memory, in front of its own sandbox; a forked child gets a new one."""
    return _shared(os.getpid())


def key_of(job: Job, *, limits: Limits, level: Level) -> str:
    """Return the identity of an execution: everything that decides what a repeatable program does."""
    python = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    named = [FORMAT, asdict(job), asdict(limits), level, python]
    return content_hash(named)


def repeatable(execution: Execution) -> bool:
    """Say whether an execution may be kept: nothing of it was decided by the load of the machine."""
    if execution.status not in REPEATABLE:
        return False
    return not (execution.status == "raised" and execution.error.startswith(UNREPEATABLE))


def _written(execution: Execution) -> str:
    return json.dumps({field.name: getattr(execution, field.name) for field in fields(execution)}, ensure_ascii=True)


def _read(body: str) -> Execution:
    return Execution(**json.loads(body))


class _File:
    """The SQLite file of executions; every process opens its own connection, also after a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = 0
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def find(self, keys: list[str]) -> dict[str, str]:
        """Return the bodies that are there."""
        marks = ",".join("?" * len(keys))
        with self._open() as connection:
            rows = connection.execute(f"SELECT key, body FROM executions WHERE key IN ({marks})", keys)
            return dict(rows.fetchall())

    def keep(self, bodies: dict[str, str]) -> None:
        """Add bodies; one that is there stays."""
        with self._open() as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO executions VALUES (?, ?)", bodies.items())

    def close(self) -> None:
        """Close this process's connection; the next use opens another."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                if self._connection is None or self._process != os.getpid():
                    self._connection, self._process = self._connected(), os.getpid()
                yield self._connection
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"cannot use the kept executions {self._path}: {error}; delete the file, it costs only time"
            ) from error

    def _connected(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_BUSY_S, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE IF NOT EXISTS executions (key TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID")
        connection.commit()
        return connection
