"""Problems of given params, built in killable workers. Not their drawing (family, supply) nor the judging of replies.

Law: what is built is what the same building gives in one process; params that cannot be solved within the limits of
time and memory are that row's fault, by name, and no other's.
"""

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from generators.family import from_params, load, names
from generators.judge_pool import PROGRAM, PROGRAM_S
from generators.sandbox.sandbox import SandboxError
from generators.shapes import check_shape
from generators.witness import witness_fault
from pipeline.errors import FamilyError
from pipeline.problem import Json, Problem
from pipeline.split import Split, strictest
from pipeline.workers.pool import Failure, Pool

TIMEOUT_S = 20.0
"""To build one problem and judge its witness: what families make takes milliseconds, tours of 40 cities seconds."""
MEMORY_MB = 1024
"""MiB that a worker may allocate beyond what it starts with."""
MOST_TOLD = 60
"""Characters of a fault of ours that a row's reason quotes."""


class BuildJob(NamedTuple):
    """What a problem is built of; `rendering` "" is the family's first, `split` at least how strict its split is."""

    family: str
    params: Json
    rendering: str = ""
    split: Split = "train"
    license: str = "unknown"


class Built(NamedTuple):
    """A problem, and why its own witness or trace does not pass its verifier, None where it does."""

    problem: Problem
    fault: str | None


def build(job: BuildJob) -> Built | str:
    """Return the problem of a job, or why its family cannot make one of it."""
    try:
        renderings = load(job.family).renderings
        rendering = job.rendering or renderings[0]
        if rendering not in renderings:
            return f"family {job.family} has no rendering {rendering!r}: it has {', '.join(renderings)}"
        check_shape(job.family, job.params)
        problem = from_params(job.family, job.params, rendering=rendering, license=job.license)
        problem = dataclasses.replace(problem, split=strictest(problem.split, job.split))
        return Built(problem, witness_fault(problem))
    except (FamilyError, SandboxError) as error:
        return str(error)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        return f"{job.family} cannot read its params ({type(error).__name__}: {error})"


def build_all(
    jobs: Iterable[BuildJob], *, workers: int = 1, timeout_s: float = TIMEOUT_S, memory_mb: int = MEMORY_MB
) -> Iterator[Built | str]:
    """Yield what `build` gives for every job, in order; for one over its limits, or that ends its process, the reason.

    Programs have workers of their own and PROGRAM_S: their reference runs in a sandbox, under the limits its problem
    declares.
    """

    for program, run in groupby(jobs, key=lambda job: _is_program(job.family)):
        longest_s = PROGRAM_S if program else timeout_s
        yield from _built(_shared_pool(program, workers, longest_s, memory_mb), run, longest_s, memory_mb)


@lru_cache(maxsize=4)
def _shared_pool(program: bool, workers: int, timeout_s: float, memory_mb: int) -> Pool[BuildJob, Built | str]:
    """Return this process's pool, of programs or of all else: a file of ten rows pays no start."""
    return Pool(build, workers=workers, timeout_s=timeout_s, memory_mb=memory_mb, tries=1)


def _built(
    pool: Pool[BuildJob, Built | str], jobs: Iterable[BuildJob], timeout_s: float, memory_mb: int
) -> Iterator[Built | str]:
    under_way: deque[BuildJob] = deque()

    def sent() -> Iterator[BuildJob]:
        for job in jobs:
            under_way.append(job)
            yield job

    for result in pool.map(sent()):
        job = under_way.popleft()
        if isinstance(result, Failure) and result.kind != "time":
            result = next(pool.map([job]))  # what the worker held before may be to blame: alone, once more
        yield _reason(job, result, timeout_s, memory_mb) if isinstance(result, Failure) else result


def _is_program(family: str) -> bool:
    return family in names() and load(family).answer_type == PROGRAM


def _reason(job: BuildJob, failure: Failure, timeout_s: float, memory_mb: int) -> str:
    if failure.kind == "time":
        return f"{job.family} takes over {timeout_s:g} s to solve its params: drop the row, or raise --timeout"
    if failure.kind == "memory":
        return f"{job.family} needs over {memory_mb} MiB to solve its params: drop the row, or bring a smaller instance"
    last = failure.detail.strip().rpartition("\n")[2][:MOST_TOLD]
    return f"{job.family} cannot read its params ({last}): drop the row, or mend its params"
