"""Run untrusted Python programs: text in, output out. Not a judge: what is expected of a program never enters here.

Levels. "bubblewrap": a zygote process inside bubblewrap forks one child per program, bound by a system-call list
(seccomp), resource limits and a wall clock. "namespaces": the same zygote where bubblewrap is missing, in namespaces
and an empty file tree it makes itself, or behind Landlock where the kernel gives no namespaces. It runs by default
where one of the two stands, because then the self-test (selftest) finds every attack contained; where neither
does, programs could read files, and only `unsafe=True` starts them. "off": everywhere else.

Law: a program decides what it writes and nothing else. It can forge its own output, never a judgement, another
program's result, or a state that the next one meets. Its limits are its own; a failure of ours raises.
"""

import json
import os
import platform
import queue
import signal
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from types import TracebackType
from typing import Any, Literal

from generators.sandbox.process import Lost, Reply, Zygote, find_python
from generators.sandbox.process import SandboxError as SandboxError
from generators.sandbox.surroundings import BOM as BOM
from generators.sandbox.syscalls import machine_problem
from generators.sandbox.zygote import RAN, STARVED, TOO_LONG
from pipeline.errors import ConfigError
from pipeline.fingerprint import read_json

Level = Literal["bubblewrap", "namespaces", "off"]
Status = Literal["ok", "raised", "time", "memory", "output", "forbidden", "died", "starved"]
Json = Any

MAX_DEPTH = 100
"""Brackets within brackets in a value: what compares or keeps it walks it by recursion."""
_TRIES = 2
STRETCH = 5
"""Times its wall clock a program has in a second run, where in the first others had the processor."""
_MIB = 2**20
_WALLS = {
    "bubblewrap": "in namespaces and a file tree made by bubblewrap",
    "pivot": "in namespaces and a file tree of our own making",
    "landlock": "files behind Landlock; the kernel gives no namespaces here",
}
_REMEDY = "install bubblewrap (`apt install bubblewrap`) on Linux, or run this part in a Linux container or machine"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use: CPU and wall-clock seconds, MiB beyond the interpreter's own, characters written.

    The CPU decides; the wall clock is for programs that wait. It is generous, and where others had the processor most
    of that time it does not count.
    """

    cpu_s: float = 2.0
    wall_s: float = 10.0
    memory_mb: int = 256
    output_chars: int = 100_000

    def __post_init__(self) -> None:
        most = {"cpu_s": 86_400, "wall_s": 86_400, "memory_mb": 2**20, "output_chars": 10**8}
        for name, bound in most.items():
            value = getattr(self, name)
            if not 0 < value <= bound or (name in ("memory_mb", "output_chars") and not isinstance(value, int)):
                raise ConfigError(f"{self}: {name} must be above 0, at most {bound}, and whole unless it is seconds")


@dataclass(frozen=True, slots=True)
class Job:
    """One program and its input: fed to sys.stdin, or to the program's function `call` as JSON arguments.

    With `call` the program runs as a module named "program" first; without, as "__main__". A method of its class
    Solution goes before a function of that name. `prelude` is code that runs in its module before it. In arguments
    {"$int": digits} is a number too long for JSON, {"$map": pairs} a dict whose keys are no text.
    """

    source: str
    stdin: str = ""
    call: str = ""
    args: tuple[Json, ...] | list[Json] = ()
    prelude: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """What a program did; never a judgement.

    status: "ok"; "raised" (an exception, in `error`); "time", "memory", "output" (beyond its limit); "forbidden" (it
    asked for what the sandbox refuses, and did not catch the refusal); "died" (it ended without saying how);
    "starved" (others had the processor: nothing is known). stdout is cut at the limit. value is what `call` returned,
    else None; a number too long for Python's own JSON is {"$int": digits} in it. seconds are those it has to answer
    for: of CPU, and those it waited of its own accord; two executions are compared without.
    """

    status: Status
    stdout: str
    value: Json
    error: str
    seconds: float = field(default=0.0, compare=False)


@dataclass(slots=True)
class _Task:
    job: bytes
    limits: Limits
    future: "Future[Reply]"


class Sandbox:
    """Zygotes that run programs, each served by a thread of its own; to be used from any number of threads.

    `zygotes` programs run at once. `level` None takes the best there is; `why` says what it stands on. After a fork
    the child's first program starts zygotes of its own.

    Raises:
        SandboxError: when the level cannot be had here, with the reason and the remedy.
    """

    def __init__(
        self, *, zygotes: int = 1, limits: Limits | None = None, level: Level | None = None, unsafe: bool = False
    ) -> None:
        works, why = True, "asked for"
        if level is None:
            level, why = best_level(unsafe=unsafe)
        elif level != "off":
            works, why = _try(level, unsafe=unsafe)
        if level == "off" or not works:
            raise SandboxError(f"programs cannot be run here at level {level!r} ({why}): {_REMEDY}")
        self.level: Level = level
        self.why = why
        self.limits = limits or Limits()
        self._zygotes = zygotes
        self._locks: dict[int, threading.Lock] = {}
        self._lanes: _Lanes | None = None
        self._closed = False

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        """Run one program.

        Raises:
            SandboxError: when the sandbox failed twice.
        """
        limits = limits or self.limits
        return _execution(self._submit(job, limits), job, limits)

    def run_all(self, jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Execution]:
        """Yield what each program did, in order; as many run at once as there are zygotes.

        What has not begun when the caller stops reading is not run.

        Raises:
            SandboxError: when the sandbox failed twice.
        """
        limits = limits or self.limits
        waiting: deque[tuple[Future[Reply], Job]] = deque()
        try:
            for job in jobs:
                waiting.append((self._submit(job, limits), job))
                if len(waiting) > 2 * self._zygotes:
                    yield _execution(*waiting.popleft(), limits)
            while waiting:
                yield _execution(*waiting.popleft(), limits)
        finally:
            for future, _ in waiting:
                future.cancel()

    @property
    def replaced(self) -> int:
        """Zygotes that were lost and started again so far: no program should be able to raise it."""
        return 0 if self._lanes is None else self._lanes.replaced

    def close(self) -> None:
        """End all zygotes and what they run."""
        with self._lock():
            self._closed = True
            if self._lanes is not None:
                self._lanes.close()

    def _lock(self) -> threading.Lock:
        """Return this process's lock: a fork may have been made while another thread held the one before."""
        return self._locks.setdefault(os.getpid(), threading.Lock())

    def _submit(self, job: Job, limits: Limits) -> "Future[Reply]":
        task = _Task(json.dumps(asdict(job)).encode(), limits, Future())
        with self._lock():
            if self._closed:
                raise SandboxError("the sandbox is closed: make another")
            if self._lanes is None or self._lanes.process != os.getpid():
                self._lanes = _Lanes(self._zygotes, self.level)
                weakref.finalize(self, self._lanes.close)
            self._lanes.tasks.put(task)
        return task.future


class _Lanes:
    """Threads that take tasks from one queue, each with the zygote it started."""

    def __init__(self, count: int, level: Level) -> None:
        self.process = os.getpid()
        self.replaced = 0
        self.tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._level = level
        self._closed = threading.Event()
        self._running: set[Zygote] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True, name="sandbox") for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End every zygote; a program that is running is lost."""
        if self.process != os.getpid() or self._closed.is_set():
            return
        self._closed.set()
        for _ in self._threads:
            self.tasks.put(None)
        for zygote in tuple(self._running):
            zygote.interrupt()
        for thread in self._threads:
            if thread is not threading.current_thread():  # a collector may call this from anywhere
                thread.join()

    def _serve(self) -> None:
        zygote: Zygote | None = None
        while (task := self.tasks.get()) is not None:
            if not task.future.set_running_or_notify_cancel():
                continue
            for left in reversed(range(_TRIES)):
                try:
                    if zygote is None:
                        zygote = Zygote(self._level)
                        self._running.add(zygote)
                    if self._closed.is_set():
                        raise Lost("it was closed")
                    task.future.set_result(_run(zygote, task))
                    break
                except (Lost, OSError, SandboxError, MemoryError) as error:
                    self._drop(zygote)
                    zygote = None
                    if not left or self._closed.is_set():
                        times = "was closed" if self._closed.is_set() else f"failed {_TRIES} times"
                        task.future.set_exception(SandboxError(f"the sandbox {times}: {error}"))
                        break
        self._drop(zygote)

    def _drop(self, zygote: Zygote | None) -> None:
        if zygote is not None:
            self._running.discard(zygote)
            zygote.close()
            self.replaced += 1


def _run(zygote: Zygote, task: _Task) -> Reply:
    """Run a task; once more with a longer wall clock where a loaded machine, not the program, used up the first."""
    limits = task.limits
    memory, output = limits.memory_mb * _MIB, 4 * limits.output_chars
    reply = zygote.run(task.job, limits.cpu_s, limits.wall_s, memory=memory, output=output)
    if reply.why != STARVED:
        return reply
    return zygote.run(task.job, limits.cpu_s, STRETCH * limits.wall_s, memory=memory, output=output)


def _execution(future: "Future[Reply]", job: Job, limits: Limits) -> Execution:
    reply = future.result()
    return replace(_meaning(reply, limits, called=bool(job.call)), seconds=reply.seconds)


def _meaning(reply: Reply, limits: Limits, *, called: bool) -> Execution:
    """Say what a reply means; its bytes come from the program and are believed only about the program."""
    stdout = reply.stdout.decode(errors="replace")
    if reply.why == STARVED:
        others = f"others had the processor for most of {STRETCH * limits.wall_s:g} s"
        return Execution("starved", stdout[: limits.output_chars], None, others)
    if reply.why == TOO_LONG:
        over = f"over {limits.cpu_s:g} s of CPU or {limits.wall_s:g} s"
        return Execution("time", stdout[: limits.output_chars], None, over)
    if reply.why != RAN or len(stdout) > limits.output_chars:
        return Execution("output", stdout[: limits.output_chars], None, f"over {limits.output_chars} characters")
    if reply.code == 0 and not reply.report and not called:  # os._exit(0): it says no more, and all is printed
        return Execution("ok", stdout, None, "")
    return _reported(reply, stdout, limits)


def _reported(reply: Reply, stdout: str, limits: Limits) -> Execution:
    size = int.from_bytes(reply.report[:8], sys.byteorder)
    try:
        report = json.loads(reply.report[8 : 8 + size])
        status, value, error = report["status"], report["value"], report["error"]
        if status not in ("ok", "raised", "memory", "forbidden") or not isinstance(value, str):
            raise ValueError
        if len(value) > limits.output_chars:
            return Execution("output", stdout, None, f"its value has over {limits.output_chars} characters")
        found = read_json(value)
        if too_deep(found):
            return Execution("output", stdout, None, f"its value is nested over {MAX_DEPTH} deep")
        return Execution(status, stdout, found, _plain(str(error)))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Execution("forbidden" if reply.code == -signal.SIGSYS else "died", stdout, None, _ending(reply.code))


def too_deep(value: Json) -> bool:
    """Say whether a JSON value is nested deeper than MAX_DEPTH, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _ending(code: int) -> str:
    if code < 0:
        return f"ended by signal {-code} ({signal.strsignal(-code)})"
    return f"ended with code {code} and no valid report"


def _plain(error: str) -> str:
    """Take this machine's paths out of a message."""
    for path in sorted(find_python().shown, key=len, reverse=True):
        error = error.replace(path, "<python>")
    return error[:1000].encode(errors="replace").decode()


@cache
def shared() -> Sandbox:
    """Return this process's own sandbox, made at first use at the best level, with one zygote.

    Raises:
        SandboxError: when there is no level to be had.
    """
    return Sandbox()


@cache
def best_level(*, unsafe: bool = False) -> tuple[Level, str]:
    """Return the strongest level this machine permits and why it is that one, found by trying."""
    reasons: list[str] = []
    levels: tuple[Level, ...] = ("bubblewrap", "namespaces")
    for level in levels:
        works, why = _try(level, unsafe=unsafe)
        reasons.append(f"{level}: {why}")
        if works:
            return level, "; ".join(reasons)
    return "off", "; ".join(reasons)


@cache
def _try(level: Level, *, unsafe: bool) -> tuple[bool, str]:
    """Start a zygote at a level; return whether it may be used and what stands around files, or why not."""
    if sys.platform != "linux":
        return False, f"{platform.system()} has no seccomp"
    if problem := machine_problem():
        return False, problem
    try:
        zygote = Zygote(level)
    except (Lost, OSError, SandboxError) as error:
        return False, str(error)
    walls = zygote.walls
    zygote.close()
    if walls != "none":
        return True, _WALLS[walls]
    why = "the kernel gives neither namespaces nor Landlock, so programs could read this user's files"
    return unsafe, why if unsafe else f"{why}: install bubblewrap, or accept that with unsafe=True"
