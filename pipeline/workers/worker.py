"""The child's side of a pool: take batches of items, stamp which one is being worked on, send results back.

Run as a script by pool with its own copy of the parent's import path; it imports nothing of ours itself, so
that a worker holds what its function needs and no more. Not a sandbox: the function is trusted, its time and memory
are not. Law: whatever the function raises, returns or needs, the parent gets one answer for each item, or this
process is gone.
"""

import contextlib
import fcntl
import mmap
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

BOARD_BYTES = 16
STARTED, INDEX = 0, 1
"""Places on the board, two floats that parent and child share: when work on the present item began (monotonic
seconds, 0 when idle) and its index in the batch."""
ENOUGH_S = 0.1
"""A batch that has taken this long is answered for as far as it came; the rest is sent again."""
_MIB = 2**20

Reply = tuple[str, list[Any], dict[int, str], float]
"""What happened, the results so far, the tracebacks of those that have none, and the seconds the work took. "done"
(as far as there are results), or "memory" (the item after the results needed too much), or "unreadable" (the batch
could not be unpickled)."""


def packed(value: Any) -> tuple[bytes | memoryview | None, str]:
    """Return a value as bytes for the pipe, or None and the traceback of why it cannot travel."""
    try:
        return ForkingPickler.dumps(value), ""
    except Exception:  # the guard: pickling runs the code of whatever is pickled; the fault goes to the parent
        return None, traceback.format_exc()


def unpacked(message: bytes) -> tuple[Any, str]:
    """Return the value of a message, or None and the traceback of why it cannot be read."""
    try:
        return ForkingPickler.loads(message), ""
    except Exception:  # the guard: reading runs the code of whatever was pickled, and the parent must get an answer
        return None, traceback.format_exc()


def main(pipe_fd: int, lifeline_fd: int, board_fd: int) -> None:
    """Serve the parent at the other end of the pipe until it closes it or ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when its workers stop
    end_with_parent(lifeline_fd)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError):
        os.dup2(2, 1)  # what a library prints must not stand among the parent's output
    with mmap.mmap(board_fd, BOARD_BYTES) as shared, memoryview(shared).cast("d") as board:
        os.close(board_fd)
        with contextlib.suppress(EOFError, ConnectionError):
            _serve(Connection(pipe_fd), board)
    os._exit(0)  # threads that the function left behind do not keep the process


def end_with_parent(lifeline_fd: int) -> None:
    """Let the kernel end this process group when the other end of the lifeline, a pipe nobody writes to, is closed.

    The signal's default action ends the process also inside one long C call. PR_SET_PDEATHSIG would not do: it fires
    when the parent's *thread* that started this process ends.
    """
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, -os.getpid())
    flags = fcntl.fcntl(lifeline_fd, fcntl.F_GETFL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        if not os.read(lifeline_fd, 1):  # it was closed before the signal was asked for
            os._exit(0)


def _serve(pipe: Connection, board: "memoryview[float]") -> None:
    path, pickled, tries, memory_mb = ForkingPickler.loads(pipe.recv_bytes())
    sys.path[:] = path
    function, fault = unpacked(pickled)
    if fault:
        pipe.send(("broken", [], {0: fault}, 0.0))
        return
    free, bound = address_space_limits(memory_mb)
    process = os.getpid()
    pipe.send(("ready", [], {}, 0.0))
    while True:
        items, fault = unpacked(pipe.recv_bytes())
        resource.setrlimit(resource.RLIMIT_AS, bound)
        reply = _work(function, items, board, tries) if not fault else ("unreadable", [], {0: fault}, 0.0)
        resource.setrlimit(resource.RLIMIT_AS, free)  # what is left to do is to say so
        if os.getpid() != process:
            os._exit(0)  # the function forked and came back twice: one of them answers
        board[STARTED] = 0.0
        pipe.send_bytes(_sendable(reply))


def _work(function: Callable[[Any], Any], items: list[Any], board: "memoryview[float]", tries: int) -> Reply:
    """Call the function on the items, again where it raised; stop where memory runs out or it has been enough."""
    results: list[Any] = [None] * len(items)
    faults: dict[int, str] = {}
    clock = time.monotonic
    began = clock()
    places: Iterable[int] = range(len(items))
    for turn in range(tries):
        for index in places:
            board[INDEX] = index
            board[STARTED] = now = clock()
            if now > began + ENOUGH_S and index and not turn:
                results = results[:index]
                break
            try:
                results[index] = function(items[index])
                if turn:
                    del faults[index]
            except MemoryError:
                return "memory", results[:index], {i: fault for i, fault in faults.items() if i < index}, 0.0
            except BaseException:  # the guard: carried over with its traceback
                faults[index] = traceback.format_exc(limit=-8)
        places = list(faults)
    return "done", results, faults, clock() - began


def _sendable(reply: Reply) -> bytes | memoryview:
    """Return a reply as bytes; a result that cannot travel is replaced by its traceback."""
    message, _ = packed(reply)
    if message is not None:
        return message
    what, results, faults, seconds = reply
    faults = {**faults, **{index: fault for index, value in enumerate(results) if (fault := packed(value)[1])}}
    return ForkingPickler.dumps((what, [None if i in faults else v for i, v in enumerate(results)], faults, seconds))


def address_space_limits(memory_mb: int | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return RLIMIT_AS as it may be at most, and as it lets the space grow by at most `memory_mb` MiB from here."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if memory_mb is None:
        return (hard, hard), (hard, hard)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = now + memory_mb * _MIB
    return (hard, hard), (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
