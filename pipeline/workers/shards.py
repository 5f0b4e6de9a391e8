"""Map a pure function over shards, in process or on local processes. Not an orchestrator, no cache.

Law: the results, and their order, do not depend on the number of workers nor on workers that die.
"""

import logging
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, TypeVar

from pipeline.errors import PipelineError

S = TypeVar("S")
R = TypeVar("R")

MAX_DEATHS = 3
"""How often a shard may kill the worker it runs on before the map gives up."""

_log = logging.getLogger(__name__)


class WorkerDeathError(PipelineError):
    """Raised when one shard kills every worker that tries it."""


def map_shards(
    function: Callable[[S], R],
    specs: Sequence[S],
    *,
    workers: int = 1,
    on_done: Callable[[int], None] | None = None,
) -> Iterator[R]:
    """Yield function(spec) for every spec, in order.

    `workers` <= 1 runs in this process, lazily; more start processes that get the pickled function, spec and
    nothing else, so both must be importable from a module. At most 2 x workers specs are under way, so that
    memory does not grow with their number. When a worker dies, unfinished shards run again: they must be
    idempotent. `on_done` gets the number of results yielded so far.

    Raises:
        WorkerDeathError: when a shard has killed MAX_DEATHS workers on its own; whatever the function raises.
    """
    results = map(function, specs) if workers <= 1 else _Pool(function, specs, workers).results()
    for done, result in enumerate(results, start=1):
        if on_done is not None:
            on_done(done)
        yield result


class _Pool(Generic[S, R]):
    """One map on processes. After a death it runs the suspects one at a time, so that the next death has a name."""

    def __init__(self, function: Callable[[S], R], specs: Sequence[S], workers: int) -> None:
        self._function = function
        self._specs = specs
        self._workers = min(workers, max(len(specs), 1))
        self._pool = self._start()
        self._under_way: deque[tuple[int, Future[R]]] = deque()
        self._next = 0
        self._finished: dict[int, R] = {}  # results that were ready behind a head that died
        self._cautious_until = 0  # specs below this index were under way when a worker died: one at a time
        self._deaths: dict[int, int] = {}

    def results(self) -> Iterator[R]:
        try:
            while self._next < len(self._specs) or self._under_way:
                self._submit()
                index, future = self._under_way[0]
                try:
                    result = future.result()
                except BrokenProcessPool:
                    self._recover(index)
                    continue
                self._under_way.popleft()
                yield result
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self) -> None:
        while self._next < len(self._specs) and len(self._under_way) < self._window():
            try:
                future = self._start_shard(self._next)
            except BrokenProcessPool:
                if not self._under_way:
                    self._pool.shutdown(wait=False, cancel_futures=True)
                    self._pool = self._start()
                    continue
                return  # the head's future carries the same news
            self._under_way.append((self._next, future))
            self._next += 1

    def _start_shard(self, index: int) -> Future[R]:
        if index not in self._finished:
            return self._pool.submit(self._function, self._specs[index])
        ready: Future[R] = Future()
        ready.set_result(self._finished.pop(index))
        return ready

    def _window(self) -> int:
        return 1 if self._next < self._cautious_until else 2 * self._workers

    def _recover(self, index: int) -> None:
        """Start a new pool and take back what was under way, keeping the results that were ready."""
        ready = {i: f.result() for i, f in self._under_way if f.done() and f.exception() is None}
        alone = len(self._under_way) - len(ready) == 1
        self._finished |= ready
        self._deaths[index] = self._deaths.get(index, 0) + alone
        if self._deaths[index] >= MAX_DEATHS:
            raise WorkerDeathError(
                f"shard {index} killed {MAX_DEATHS} workers, {MAX_DEATHS} is the limit; its spec is "
                f"{str(self._specs[index])[:500]}: run it with workers=1 to see why (out of memory?)"
            )
        _log.warning("a worker died; up to %d shards from shard %d run again", len(self._under_way), index)
        self._cautious_until = max(self._cautious_until, self._under_way[-1][0] + 1)
        self._next = index
        self._under_way.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=_prepare_worker)


def _prepare_worker() -> None:
    """Keep numerical libraries to one thread (two processes beat two threads) and end when the parent has ended.

    Without the watch, workers of a killed run would live on and write beside the run that resumes it.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ.setdefault(name, "1")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
