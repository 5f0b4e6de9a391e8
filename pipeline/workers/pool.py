"""A pool of killable processes that maps one function over streams, with a deadline and a memory limit per item.

Not a sandbox (the function is trusted, its running time is not) and no orchestrator of shards (parallel). Workers are
plain subprocesses joined by sockets, so that a pool works in threads, under asyncio, inside daemonic workers and in
scripts without an `if __name__` guard. Law: one result per item, in order: the function's value or a Failure of that
item alone; an item's deadline runs from the start of its own work.
"""

import asyncio
import os
import selectors
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar

from pipeline.errors import ConfigError, PipelineError
from pipeline.workers.items import Batch, Call
from pipeline.workers.process import SILENCE_S, WorkerProcess
from pipeline.workers.worker import packed, unpacked

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")

MAX_FAILED_STARTS = 3
FIRST_BATCH = 8
QUICK_S = 0.02
"""After a batch of less work than this the next are twice as long; one cut short shows how long they may be."""
BATCH_BYTES = 4 * 2**20
"""After a batch over this the next are shorter: what is under way stays small however long the items are."""
AHEAD = 4
"""Batches per worker that may be under way, or wait for a result before them."""
_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no value: over its time or its memory, or the function raised or ended its process.

    `detail` says what the function did, as a clause to follow its name; where it raised, it ends with the traceback.
    """

    kind: Literal["time", "memory", "crash"]
    detail: str


class Pool(Generic[I, R]):
    """Processes that are started when there is work, kept, and replaced when they hang, run out of memory or die.

    `function` must be picklable (importable from a module, or an instance of what is) and pure: an item that fails is
    tried `tries` times before its Failure stands, after a death or at a limit alone in a fresh process, and its
    neighbours in the batch may be computed again. `memory_mb` (MiB) is what a worker may allocate beyond what it held
    when it had loaded the function. At most `batch` items travel together, fewer while they are slow. There is no
    thread behind a pool: whoever waits for a result looks after all workers.
    """

    def __init__(
        self,
        function: Callable[[I], R],
        *,
        workers: int = 1,
        timeout_s: float,
        memory_mb: int | None = None,
        batch: int = 64,
        tries: int = 2,
    ) -> None:
        if min(workers, batch, tries) < 1 or timeout_s <= 0:
            raise ConfigError(
                f"a pool of {workers} workers with batches of {batch} and {tries} tries of {timeout_s} s: "
                "give each a value above 0"
            )
        pickled, fault = packed(function)
        if pickled is None:
            raise ConfigError(f"{function!r} cannot be sent to a worker: define it at the top of a module\n{fault}")
        self._hello = (bytes(pickled), tries, memory_mb)
        self._workers, self._timeout_s, self._memory_mb = workers, timeout_s, memory_mb
        self._batch, self._tries, self._size = batch, tries, min(batch, FIRST_BATCH)
        self._error: PipelineError | None = None
        self._open()

    def __enter__(self) -> "Pool[I, R]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def map(self, items: Iterable[I]) -> Iterator[R | Failure]:
        """Yield function(item), or its Failure, for every item, in order.

        Items are pulled lazily, a bounded number ahead of the consumer; closing the iterator stops their work. Several
        threads may map at once, each its own items.

        Raises:
            ConfigError: when the workers cannot load the function. PipelineError: when they do not start, or the pool
                is closed. Whatever the iterator of items raises.
        """
        call = Call(items)
        try:
            while (chunk := self._next(call)) is not None:
                yield from chunk
        finally:
            self._drop(call)

    async def amap(self, items: Iterable[I]) -> AsyncIterator[R | Failure]:
        """Yield as `map` does, waiting in a thread of the event loop's executor, where the items are pulled too."""
        call = Call(items)
        try:
            while (chunk := await asyncio.to_thread(self._next, call)) is not None:
                for result in chunk:
                    yield result
        finally:
            self._drop(call)

    def close(self) -> None:
        """End the workers; a map under way raises."""
        if self._owner == os.getpid():
            with self._condition:
                self._error = PipelineError("the pool is closed: map before closing it")
                for process in list(self._processes):
                    self._discard(process)
                self._condition.notify_all()
                self._condition.wait_for(lambda: not self._leading, timeout=2 * _PATIENCE_S)
        self._finalize()

    def _open(self) -> None:
        """Start without workers, in a new pool as in a fork that inherited one."""
        self._owner = os.getpid()
        self._condition = threading.Condition(threading.Lock())
        self._calls: list[Call] = []
        self._dropped: deque[Call] = deque()
        self._processes: list[WorkerProcess] = []
        self._selector = selectors.DefaultSelector()
        self._leading = False
        self._failed_starts = 0
        self._finalize = weakref.finalize(self, _release, self._owner, self._processes, self._selector)

    def _next(self, call: Call) -> list[Any] | None:
        """Return the next results of a call, waiting for them; None after the last."""
        self._join(call)
        while True:
            if self._may_pull(call):
                batch = call.pull(self._length(call), last=self._tries == 1)  # outside the lock: it may take its time
                with self._condition:
                    call.todo.extend([batch] if batch.items else [])
                    self._dispatch()
                continue
            with self._condition:
                if self._error is not None:
                    raise self._error
                chunk = call.taken()
                if chunk is not None or call.over:
                    return chunk
                self._wait(_PATIENCE_S)

    def _join(self, call: Call) -> None:
        if self._owner != os.getpid():  # a fork: the workers are the parent's
            self._finalize()
            self._open()
        with self._condition:
            if call not in self._calls:
                if call.pulled:
                    raise PipelineError("this map was begun before a fork: map again in the new process")
                self._calls.append(call)
            self._wait(0.0)  # workers that finished while the consumer was busy get their next batch now

    def _drop(self, call: Call) -> None:
        """Forget a call. Never waits for long: it may be the garbage collector that closes a map, anywhere."""
        call.closed = True
        self._dropped.append(call)
        if self._owner == os.getpid() and self._condition.acquire(timeout=_PATIENCE_S):
            try:
                self._sweep()
            finally:
                self._condition.release()

    def _may_pull(self, call: Call) -> bool:
        ahead = call.pulled - call.cursor < AHEAD * self._workers * self._size
        return ahead and not call.exhausted and not call.closed and len(call.todo) < self._workers

    def _length(self, call: Call) -> int:
        """Return how many items the next batch holds: a short list is shared among all workers."""
        share = self._batch if call.size_hint is None else -(-call.size_hint // self._workers)
        return max(1, min(self._size, share))

    # Below, the lock is held.

    def _sweep(self) -> None:
        """Kill the workers that are at items of dropped calls: nobody waits for them any more."""
        while self._dropped:
            call = self._dropped.popleft()
            self._calls = [other for other in self._calls if other is not call]
            for process in list(self._processes):
                if process.batch is not None and process.batch.call is call:
                    self._discard(process)
            self._condition.notify_all()

    def _wait(self, patience_s: float) -> None:
        """Let something happen: the first to wait listens to all workers, for everybody."""
        if self._error is not None:
            return
        self._sweep()
        if self._leading:
            self._condition.wait(patience_s)
            return
        self._leading = True
        now = time.monotonic()
        due = min((p.deadline(self._timeout_s) for p in self._processes if p.busy), default=now + patience_s)
        self._condition.release()
        try:
            events = self._selector.select(max(0.0, min(patience_s, due - now)))
        finally:
            self._condition.acquire()
            self._leading = False
            self._condition.notify_all()
        for key, _ in events:
            if key.data in self._processes:
                self._receive(key.data)
        for process in list(self._processes):
            if process.busy and process.deadline(self._timeout_s) <= time.monotonic():
                self._stop(process)
        self._dispatch()

    def _dispatch(self) -> None:
        """Give what is to be done to workers that are free, the calls in turn."""
        turn = 0
        while turn < len(self._calls) and self._error is None:
            call = self._calls[turn]
            process = self._free_for(call.todo[0]) if call.todo else None
            if process is None:
                turn += 1
            else:
                self._calls.append(self._calls.pop(turn))
                self._give(process, call.todo.popleft())
                turn = 0

    def _free_for(self, batch: Batch) -> WorkerProcess | None:
        """Return a worker for a batch, a fresh one for a second try; None when all are busy."""
        fresh = batch.last and self._tries > 1
        free = [process for process in self._processes if not process.busy]
        if (fit := [process for process in free if not (fresh and process.served)]) or not (
            free or len(self._processes) < self._workers
        ):
            return fit[-1] if fit else None
        if len(self._processes) >= self._workers:
            self._discard(free[0])
        process = WorkerProcess(self._hello)
        self._processes.append(process)
        self._selector.register(process.pipe, selectors.EVENT_READ, process)
        return process

    def _give(self, process: WorkerProcess, batch: Batch) -> None:
        process.batch = batch
        if not process.ready:
            return  # it is sent when the worker says that it has started
        message, fault = packed(batch.items)
        if message is None:
            process.batch = None
            self._undelivered(batch, Failure("crash", f"could not be sent its input:\n{fault}"))
            return
        if len(message) > BATCH_BYTES:
            self._size = max(1, len(batch.items) // 2)
        try:
            process.send(message)
        except OSError:
            self._died(process)

    def _receive(self, process: WorkerProcess) -> None:
        try:
            reply, fault = unpacked(process.pipe.recv_bytes())
        except (EOFError, OSError):
            self._died(process)
            return
        what, results, faults, seconds = reply if not fault else ("unreadable", [], {0: fault}, 0.0)
        batch = process.batch
        if what == "broken":
            self._error = ConfigError(f"workers cannot load their function: define it in a module\n{faults[0]}")
        elif what == "ready":
            process.ready, self._failed_starts = True, 0
            if batch is not None:
                self._give(process, batch)
        elif what == "unreadable":
            process.batch = None
            kind: Literal["memory", "crash"] = "memory" if "MemoryError" in faults[0] else "crash"
            self._undelivered(batch, Failure(kind, f"could not pass its input or its value on:\n{faults[0]}"))
        else:
            process.batch = None
            for index, fault in faults.items():
                results[index] = Failure("crash", f"raised:\n{fault}")
            if results:
                batch.call.done[batch.start] = results
            if what == "memory":
                self._discard(process)  # it may be damaged
                detail = f"needed more than its limit of {self._memory_mb} MiB"
                self._blame(batch.part(len(results), len(batch.items)), 0, Failure("memory", detail))
            elif len(results) < len(batch.items):
                self._size = len(results)
                batch.call.again(batch.parts(len(results), self._size))
            elif seconds < QUICK_S and process.sent_bytes < BATCH_BYTES // 2:
                self._size = min(self._batch, max(self._size, 2 * len(results)))

    def _stop(self, process: WorkerProcess) -> None:
        """Kill a worker that is over its time."""
        before = process.stamp
        batch = process.batch
        if not process.ready or not before.started:
            self._died(process, f"gave no sign of life for {SILENCE_S} s and was stopped")
            return
        self._discard(process)
        if process.stamp != before:  # it finished at the last moment: nobody is to blame
            batch.call.again([batch])
        else:
            detail = f"was still running after its limit of {self._timeout_s:g} s and was stopped"
            self._blame(batch, before.place, Failure("time", detail))

    def _died(self, process: WorkerProcess, detail: str = "") -> None:
        """Take a worker that ended, or must end, out of service."""
        code = self._discard(process, ending=not detail)
        detail = detail or f"ended its process with code {code} (-11: segmentation fault, -9: killed or out of memory)"
        batch, stamp = process.batch, process.stamp
        if not process.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                self._error = PipelineError(f"{MAX_FAILED_STARTS} workers in turn did not start; the last {detail}")
            if batch is not None:
                batch.call.again([batch])
        elif batch is not None:
            self._blame(batch, stamp.place if stamp.started else None, Failure("crash", detail))

    def _blame(self, batch: Batch, index: int | None, failure: Failure) -> None:
        """Try the item at `index` once more, alone, or let its failure stand; the other items go on."""
        if index is None and not batch.strikes:
            batch.strikes = 1
            batch.call.again([batch])
        elif index is None and len(batch.items) > 1:
            batch.call.again(batch.parts(0, 1, strikes=1))
        else:
            index = index or 0
            rest = [batch.part(0, index), batch.part(index + 1, len(batch.items))]
            if batch.last:
                batch.call.done[batch.start + index] = [failure]
            else:
                rest.insert(1, batch.part(index, index + 1, last=True))
            batch.call.again(rest)

    def _undelivered(self, batch: Batch, failure: Failure) -> None:
        """Send the items of a batch that could not travel one by one; of one item, the failure stands."""
        if len(batch.items) > 1:
            batch.call.again(batch.parts(0, 1, strikes=1))
        else:
            batch.call.done[batch.start] = [failure]

    def _discard(self, process: WorkerProcess, *, ending: bool = False) -> int:
        self._selector.unregister(process.pipe)
        self._processes.remove(process)
        return process.close(ending=ending)


def _release(owner: int, processes: list[WorkerProcess], selector: selectors.BaseSelector) -> None:
    """Kill a pool's workers, or in a fork of its process close what was inherited of them."""
    for process in processes:
        process.close() if os.getpid() == owner else process.abandon()
    selector.close()
