"""Run a function in a killable process with limits on time and memory. Not a sandbox: the code is trusted, its
running time is not.

Law: the caller gets a value or one LimitError within the time limit plus the start, whatever the function does.
"""

import contextlib
import multiprocessing
import resource
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, TypeVar

from pipeline.errors import PipelineError

R = TypeVar("R")

START_TIMEOUT_S = 120.0
"""A process that has not started (and imported the function's module) by then is broken."""
_MIB = 2**20


class LimitError(PipelineError):
    """Base of what limited work ends in when it gives no value."""


class TimeLimit(LimitError):
    """Raised when the function was still running at its time limit; its process has been killed."""


class MemoryLimit(LimitError):
    """Raised when the function asked for more memory than its limit."""


class Crashed(LimitError):
    """Raised when the function raised or its process died; the message ends with the traceback."""


def run_limited(
    function: Callable[..., R], args: tuple[Any, ...] = (), *, timeout_s: float, memory_mb: int | None = None
) -> R:
    """Return function(*args), run in a process of its own.

    Function, arguments and value are pickled between the processes (never to disk). The clock starts when the work
    does: starting the process and importing the function's module do not count. `memory_mb` (MiB) is what the
    function may allocate beyond what the process holds when it starts.

    Raises:
        TimeLimit, MemoryLimit, Crashed: the process is gone in every case.
    """
    with LimitedProcess() as process:
        return process.run(function, args, timeout_s=timeout_s, memory_mb=memory_mb)


class LimitedProcess:
    """A process that takes one call after another, and is replaced after a limit or a crash.

    For many short calls: a start costs tens of milliseconds and the imports of the function, a call a fraction of
    one. Not for use by two threads at once.
    """

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> "LimitedProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(
        self,
        function: Callable[..., R],
        args: tuple[Any, ...] = (),
        *,
        timeout_s: float,
        memory_mb: int | None = None,
    ) -> R:
        """Return function(*args) as `run_limited` does, in the process that is already there."""
        pipe = self._start()
        name = getattr(function, "__qualname__", repr(function))
        try:
            pipe.send((function, args, timeout_s, memory_mb))
            self._expect(pipe, START_TIMEOUT_S, f"{name} did not start within {START_TIMEOUT_S:.0f} s")
            kind, value = self._expect(
                pipe, timeout_s, f"{name} was still running after its limit of {timeout_s:g} s and was stopped"
            )
        except (EOFError, ConnectionError) as error:
            code = self._exit_code()
            self.close()
            raise Crashed(f"{name} ended its process with code {code} (-11: segmentation fault, -9: killed)") from error
        if kind == "value":
            return value  # type: ignore[no-any-return]
        self.close()  # a process that ran out of memory or crashed may be damaged
        if kind == "memory":
            raise MemoryLimit(f"{name} needed more than its limit of {memory_mb} MiB: raise it or shrink the input")
        raise Crashed(f"{name} raised:\n{value}")

    def close(self) -> None:
        """Kill the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def _start(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self.close()
        context = multiprocessing.get_context("forkserver")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self._pipe

    def _expect(self, pipe: Connection, timeout_s: float, message: str) -> tuple[str, Any]:
        if not pipe.poll(timeout_s):
            self.close()
            raise TimeLimit(message)
        reply: tuple[str, Any] = pipe.recv()
        return reply

    def _exit_code(self) -> int | None:
        if self._process is None:
            return None
        self._process.join(5)
        return self._process.exitcode


def _serve(pipe: Connection) -> None:
    """Take calls until the other side closes; the parent's limits are backed by the kernel's own."""
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            try:
                function, args, timeout_s, memory_mb = pipe.recv()
            except (ImportError, AttributeError):
                pipe.send(("started", None))
                pipe.send(("raised", traceback.format_exc()))
                continue
            _limit_memory(memory_mb)
            signal.setitimer(signal.ITIMER_REAL, timeout_s + 5)  # should the parent die, SIGALRM ends this process
            pipe.send(("started", None))
            reply = _call(function, args)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _limit_memory(None)
            _send(pipe, reply)


def _call(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "value", function(*args)
    except MemoryError:
        return "memory", None
    except Exception:  # one of the two guards: what the function raises is carried over with its traceback
        return "raised", traceback.format_exc()


def _send(pipe: Connection, reply: tuple[str, Any]) -> None:
    try:
        pipe.send(reply)
    except Exception:  # a value that cannot be pickled is the function's failure, reported as such
        pipe.send(("raised", traceback.format_exc()))


def _limit_memory(memory_mb: int | None) -> None:
    """Let the address space grow by at most `memory_mb` MiB from here; None lifts the limit."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = hard if memory_mb is None else _address_space() + memory_mb * _MIB
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _address_space() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - no Path before the memory limit is set
        return int(file.read().split()[0]) * resource.getpagesize()
