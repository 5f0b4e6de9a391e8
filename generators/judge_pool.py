"""Verification in killable workers: a Verifier and a grader over pools. Not the judging (family, grade).

Law: the verdicts are those that the same judging gives in one process; where a worker hung, needed too much memory or
died, twice, that reply alone is UNDECIDED. Neither raises for model text.
"""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from types import TracebackType
from typing import Any, NamedTuple, cast

from generators.answers.declared import NOTHING, Declared
from generators.answers.reading.extract import MAX_ANSWER_CHARS, MAX_REPLY_CHARS, place, spoken
from generators.answers.reading.places import announced
from generators.family import FamilyVerifier, check_judged, load
from generators.grade import AnswerType, grade
from generators.malformed import Malformed
from generators.programs.by_tests import grade_by_tests
from generators.sandbox.sandbox import SandboxError
from generators.verifier_config import VerifierConfig
from generators.witness import witness_fault
from pipeline.errors import FamilyError
from pipeline.exchange.programs import Around
from pipeline.problem import Certificate, Json, Outcome, Problem, Verdict, undecided
from pipeline.sampling import Verifier
from pipeline.workers.pool import Failure, Pool

BATCH = 512
"""Most replies that travel together; a pool sends fewer while they take long."""

PROGRAM = "program"
"""The answer type that is run: in workers of its own, each with a sandbox that it builds."""
PROGRAM_S = 300.0
"""Seconds for one program, all its cases: its own limits end it long before, unless the machine is very busy. What is
left of the work, reading and comparing, has the time that other replies have, of the processor."""


@lru_cache(maxsize=4)
def shared_verifier(config: VerifierConfig) -> Verifier:
    """Return this process's verifier of a config; its workers start when there is work and end with the process."""
    if config.workers == 0:
        return FamilyVerifier()
    return PooledVerifier(workers=config.workers, timeout_s=config.timeout_s, memory_mb=config.memory_mb)


Packed = tuple[Any, ...]
"""A Problem, or a Verdict, as a tuple: a quarter of the cost of a pickled dataclass."""
_UNREAD: dict[str, Any] = {
    "prompt": "",
    "trace": None,
    "split": "train",
    "parents": (),
    "concepts": (),
    "origin": "",
    "license": "",
}
"""What judging never reads stays behind."""
_READ = tuple(field.name for field in fields(Problem) if field.name not in {*_UNREAD, "certificate"})
_fields_read = attrgetter(*_READ)
_certificate_fields = attrgetter(*(field.name for field in fields(Certificate)))
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_OVERSIZED = " " * (MAX_REPLY_CHARS + 1)


def _pack_verdict(verdict: Verdict) -> Packed:
    if verdict.outcome is Outcome.UNDECIDED and "MemoryError" in verdict.reason:
        raise MemoryError  # the guard round a family kept it: the pool must know, to go on in a fresh process
    return verdict.outcome.value, verdict.feasible, verdict.quality, verdict.reason, verdict.extracted


def _pack_reply(reply: str) -> str | None:
    """Leave at home what is refused for its length alone; the worker judges blanks of that length in its place."""
    return reply if len(reply) <= MAX_REPLY_CHARS else None


class _Judge:
    """What a worker of the verifier does; it keeps the problem of the reply before."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._packed: Packed | None = None
        self._problem: Problem | None = None

    def __call__(self, job: tuple[Packed, str | None]) -> Packed:
        packed, reply = job
        if self._packed is not packed:
            read, certificate = packed
            self._problem = Problem(
                **dict(zip(_READ, read, strict=True)), certificate=Certificate(*certificate), **_UNREAD
            )
            self._packed = packed
        assert self._problem is not None
        return _pack_verdict(self._verifier.verify((self._problem,), (_OVERSIZED if reply is None else reply,))[0])


class _Timed:
    """A judge of programs: its work outside the sandbox is ended by the kernel after so much time of the processor."""

    def __init__(self, judge: Callable[[Any], Packed], cpu_s: float) -> None:
        self._judge, self._cpu_s = judge, cpu_s

    def __call__(self, job: Any) -> Packed:
        signal.setitimer(signal.ITIMER_PROF, self._cpu_s)  # the sandbox's processes do not inherit it
        try:
            return self._judge(job)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)


_STOPPED = f"code {-signal.SIGPROF} "
"""How a pool tells of a worker that its timer ended."""


class _Limited:
    """Pools, for programs and for all else, and the words for their failures."""

    def __init__(self, judge: Callable[[Any], Packed], *, workers: int, timeout_s: float, memory_mb: int) -> None:
        def pool(function: Callable[[Any], Packed], longest_s: float) -> Pool[Any, Packed]:
            return Pool(function, workers=workers, timeout_s=longest_s, memory_mb=memory_mb, batch=BATCH)

        self._pool = pool(judge, timeout_s)
        self._programs = pool(_Timed(judge, timeout_s), PROGRAM_S)
        self._limits = {"time": f"time limit of {timeout_s:g} s", "memory": f"memory limit of {memory_mb} MiB"}
        self._program_limits = self._limits | {"time": f"time limit of {PROGRAM_S:g} s"}

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers."""
        self._pool.close()
        self._programs.close()

    def _verdict(self, result: Packed | Failure, *, program: bool = False) -> Verdict:
        if isinstance(result, Failure):
            if result.kind == "crash" and _STOPPED in result.detail:
                return undecided(f"verifier over its {self._limits['time']}")
            if result.kind == "crash":
                return undecided(f"verifier {result.detail}")
            limits = self._program_limits if program else self._limits
            return undecided(f"verifier over its {limits[result.kind]}")
        outcome, feasible, quality, reason, extracted = result
        return Verdict(_OUTCOMES[outcome], feasible, quality, reason, extracted)


class PooledVerifier(_Limited):
    """The Verifier of installed families in worker processes, for any number of threads. `memory_mb` in MiB.

    `verifier` is what the workers judge with: picklable, and installed wherever they run.
    """

    def __init__(
        self, *, workers: int = 1, timeout_s: float = 5.0, memory_mb: int = 2048, verifier: Verifier | None = None
    ) -> None:
        self._installed = verifier or FamilyVerifier()
        super().__init__(_Judge(self._installed), workers=workers, timeout_s=timeout_s, memory_mb=memory_mb)

    def version(self, family: str) -> int:
        """Return the installed verifier version of a family."""
        return self._installed.version(family)

    def verify(self, problems: Sequence[Problem], replies: Sequence[str]) -> list[Verdict]:
        """Return one verdict per pair, in order; what failed in two processes is UNDECIDED.

        Raises:
            FamilyError: when the installed family cannot judge a problem's family_version.
        """
        packed: dict[int, Packed] = {}  # by identity: a group's problem is packed, and travels, once
        run: set[int] = set()
        for problem in problems:
            if id(problem) not in packed:
                check_judged(problem.family, problem.family_version)
                packed[id(problem)] = (_fields_read(problem), _certificate_fields(problem.certificate))
                run |= {id(problem)} if load(problem.family).answer_type == PROGRAM else set()
        jobs: dict[bool, list[tuple[Packed, str | None]]] = {True: [], False: []}
        for problem, reply in zip(problems, replies, strict=True):
            jobs[id(problem) in run].append((packed[id(problem)], _pack_reply(reply)))
        found = {kind: iter(list(pool.map(jobs[kind]))) for kind, pool in ((False, self._pool), (True, self._programs))}
        kinds = [id(problem) in run for problem in problems]
        return [self._verdict(next(found[kind]), program=kind) for kind in kinds]


class GradeJob(NamedTuple):
    """A gold answer and a reply to grade, as generators.grade.grade takes them; or a problem that judges the reply.

    Of type "program" the gold is tests and `around` what their row says beside them.
    """

    gold: Json
    reply: str
    type: str | None = None
    declared: Declared | None = None
    around: Around | None = None
    problem: Problem | None = None


def _grade(job: tuple[Json, str | None, str | None, Declared | None, Around | None, Problem | None]) -> Packed:
    gold, reply, type_, declared, around, problem = job
    text = _OVERSIZED if reply is None else reply
    try:
        if problem is not None:
            return _pack_verdict(judged_alone(problem, text))
        if type_ == PROGRAM:
            return _pack_verdict(grade_by_tests(gold, text, around=around, declared=declared or NOTHING))
        return _pack_verdict(grade(gold, text, cast("AnswerType | None", type_), declared=declared or NOTHING))
    except FamilyError as error:
        return (str(error),)
    except SandboxError as error:
        return _pack_verdict(undecided(str(error)))


def judged_alone(problem: Problem, reply: str) -> Verdict:
    """Judge a reply to a problem that came from outside; one that is an answer and nothing else needs no mark round it.

    Raises:
        FamilyError: when the installed family cannot judge its version, or its verifier does not accept its own answer
            (a program is not run for that).
    """
    run = load(problem.family).answer_type == PROGRAM
    if not run and (fault := witness_fault(problem)) is not None:
        raise FamilyError(f"its own answer does not pass the verifier of {problem.family}: {fault}")
    verdict = FamilyVerifier().verify((problem,), (reply,))[0]
    if verdict.outcome is Outcome.MALFORMED and not run and (bare := _bare(reply, problem.answer_format)) is not None:
        placed = FamilyVerifier().verify((problem,), (place(bare, problem.answer_format),))[0]
        return verdict if placed.outcome is Outcome.MALFORMED else placed
    return verdict


def _bare(reply: str, answer_format: str) -> str | None:
    """Return what a reply without any place for answers says, behind its last cue where it has one; else None."""
    try:
        said = spoken(reply) if len(reply) <= MAX_ANSWER_CHARS else ""
        marks = ("#",) if answer_format == "hash" else ("<answer", "boxed")
        return None if not said or any(mark in said for mark in marks) else announced(said) or said
    except Malformed:
        return None


class PooledGrader(_Limited):
    """`grade` in worker processes, for any number of threads; programs in theirs. `memory_mb` in MiB."""

    def __init__(self, *, workers: int = 1, timeout_s: float = 5.0, memory_mb: int = 2048) -> None:
        super().__init__(_grade, workers=workers, timeout_s=timeout_s, memory_mb=memory_mb)

    def grade(self, jobs: Iterable[GradeJob]) -> Iterator[Verdict | FamilyError]:
        """Yield the verdict of every job, in order; for a gold that cannot be read, the FamilyError, not raised.

        Jobs are pulled as verdicts are taken, a bounded number ahead.
        """
        for program, run in groupby(jobs, key=_is_program):
            sent = ((job.gold, _pack_reply(job.reply), *job[2:]) for job in run)
            for result in (self._programs if program else self._pool).map(sent):
                if isinstance(result, tuple) and len(result) == 1:
                    yield FamilyError(result[0])
                else:
                    yield self._verdict(result, program=program)


@lru_cache(maxsize=4)
def shared_grader(workers: int, timeout_s: float) -> PooledGrader:
    """Return this process's grader of so many workers; they start when there is work and end with the process."""
    return PooledGrader(workers=workers, timeout_s=timeout_s)


def _is_program(job: GradeJob) -> bool:
    return job.type == PROGRAM or (job.problem is not None and load(job.problem.family).answer_type == PROGRAM)
