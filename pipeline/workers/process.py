"""One worker process of a pool, as its parent holds it: a subprocess, a socket to it, a lifeline and a board.

Not a multiprocessing child: those are refused inside daemonic workers and run the main script again. Law: after
`close` the process is dead and reaped and every descriptor is closed; when this process ends, however it ends, so does
the worker.
"""

import contextlib
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import PipelineError
from pipeline.workers import worker

SILENCE_S = 120
"""A worker that neither starts, nor reads its batch, nor packs its results, nor lets itself be read is broken."""
_ENDING_S = 0.2
"""How long a process that has closed its pipe may take to end, so that its exit code is known."""
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


class Stamp(NamedTuple):
    """When a worker began its present item (monotonic seconds, 0 when it has none) and the item's place."""

    started: float
    place: int


class WorkerProcess:
    """A worker from its start to its end; `batch` is what it has been given, `ready` that it loaded its function."""

    def __init__(self, hello: tuple[bytes, int, int | None]) -> None:
        self.batch: Any = None
        self.ready = False
        self.served = self.sent_bytes = 0
        self.since = time.monotonic()
        ours, theirs = socket.socketpair()
        read_end, self._lifeline = os.pipe()
        board_fd = _board()
        self._map = mmap.mmap(board_fd, worker.BOARD_BYTES)
        self._board = memoryview(self._map).cast("d")
        self._stamp = Stamp(0.0, 0)
        try:
            self._process = _start(theirs.fileno(), read_end, board_fd)
        except OSError as error:
            self._release(ours)
            raise PipelineError(f"cannot start a worker process: {error}; ask for fewer workers") from error
        finally:
            theirs.close()
            os.close(read_end)
            os.close(board_fd)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # a stopped process must not block its parent
            ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SILENCE_S, 0))
        self.pipe = Connection(ours.detach())
        path = [str(Path(entry).absolute()) for entry in sys.path]
        with contextlib.suppress(OSError):  # it is dead already: found when its answer is waited for
            self.pipe.send((path, *hello))

    @property
    def busy(self) -> bool:
        """Whether it owes an answer."""
        return self.batch is not None or not self.ready

    @property
    def stamp(self) -> Stamp:
        """What it is working on; after `close`, what it was working on when it ended."""
        if self._board is not None:
            self._stamp = Stamp(self._board[worker.STARTED], int(self._board[worker.INDEX]))
        return self._stamp

    def deadline(self, timeout_s: float) -> float:
        """Return when its present item is over its time, or when its silence lasts too long (monotonic seconds)."""
        started = self.stamp.started
        return started + timeout_s if self.ready and started else self.since + SILENCE_S

    def send(self, message: bytes | memoryview) -> None:
        """Hand over a batch.

        Raises:
            OSError: when the process is gone.
        """
        self.served += 1
        self.sent_bytes = len(message)
        self.since = time.monotonic()
        self.pipe.send_bytes(message)

    def close(self, *, ending: bool = False) -> int:
        """End the process and what it forked, and return its exit code, its own where it is `ending` by itself."""
        until = time.monotonic() + (_ENDING_S if ending and hasattr(os, "waitid") else 0.0)
        while time.monotonic() < until:
            if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                break  # not reaped: until then nobody else gets its number
            time.sleep(0.002)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self.abandon()
        return code

    def abandon(self) -> None:
        """Close this process's descriptors and leave the worker to whoever else holds its lifeline."""
        if self._board is not None:
            self.pipe.close()
            self._release()

    def _release(self, ours: socket.socket | None = None) -> None:
        if ours is not None:
            ours.close()
        os.close(self._lifeline)
        self._stamp = self.stamp
        self._board.release()
        self._board = None  # type: ignore[assignment]
        self._map.close()


def _board() -> int:
    """Return a descriptor of a few bytes to share; where there are no anonymous files, of a file without a name."""
    if hasattr(os, "memfd_create"):
        board_fd = os.memfd_create("board")
    else:
        with tempfile.TemporaryFile() as file:
            board_fd = os.dup(file.fileno())
    os.ftruncate(board_fd, worker.BOARD_BYTES)
    return board_fd


def _start(*fds: int) -> "subprocess.Popen[bytes]":
    # its own process group: an interrupt typed at the terminal is for the parent; -P: no folder of ours on its path
    return subprocess.Popen(
        [sys.executable, "-P", worker.__file__, *map(str, fds)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=fds,
        process_group=0,
        env={**os.environ, **_ONE_THREAD},
    )
