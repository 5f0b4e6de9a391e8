"""Count attempts: ask a sampler, judge with a verifier, append Scores. Not a rate, and no model of its own.

Law: a draw is made and counted once: draw i of a problem is named by (seed, purpose, uid, i), what the ledger already
holds under the same key is not asked again, and what was asked is written before anything can stop.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from filters.asker import Asker, Settled, Tally, Want
from pipeline.choice.difficulty import probability_between
from pipeline.errors import ConfigError, refuse_undecided
from pipeline.problem import Problem
from pipeline.protocol import Protocol
from pipeline.sampling import Sampler, Verifier
from pipeline.score import Design, Purpose, Score, merged
from pipeline.store.ledger import Ledger

_ON_DOUBT = "read why in the ledger (rollouts where outcome = 'undecided') and mend the verifier or the sampler"
BATCH_DRAWS = 4096
"""Draws asked for at once, so that memory stays flat in the number of problems."""


Place = Literal["in band", "too easy", "too hard", "open"]


class SequentialConfig(BaseModel):
    """When a sequential measurement of one problem has seen enough to place it in or out of a pass band.

    Source: rounds of four until the band is decided; the posterior is Beta(a + c, b + n - c).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int = Field(default=4, ge=1, description="draws per look")
    low: float = Field(default=0.125, ge=0, le=1, description="lower end of the band, a pass rate")
    high: float = Field(default=0.875, ge=0, le=1, description="upper end of the band, a pass rate")
    inside: float = Field(default=0.9, gt=0, le=1, description="stop when P(in band) exceeds this")
    outside: float = Field(default=0.05, ge=0, lt=1, description="stop when P(in band) falls below this")
    easy: float = Field(default=0.6, gt=0, le=1, description="stop when all are correct and P(above band) exceeds this")
    a: float = Field(default=1.0, gt=0, description="prior successes")
    b: float = Field(default=1.0, gt=0, description="prior failures")

    def place(self, n: int, c: int) -> Place:
        """Return where n decided draws with c correct put a problem; "open" while they do not settle it."""
        if n == 0:
            return "open"
        band = probability_between(n, c, self.low, self.high, a=self.a, b=self.b)
        above = probability_between(n, c, self.high, 1.0, a=self.a, b=self.b)
        if band > self.inside:
            return "in band"
        if c == n and above > self.easy:
            return "too easy"
        if band < self.outside:
            return "too easy" if above > 1 - band - above else "too hard"
        return "open"

    def decided(self, n: int, c: int) -> bool:
        """Return whether n decided draws with c correct settle the question."""
        return self.place(n, c) != "open"


def measure(
    problems: Sequence[Problem],
    *,
    sampler: Sampler,
    verifier: Verifier,
    protocol: Protocol,
    n: int,
    purpose: Purpose,
    seed: int,
    design: Design = "fixed",
    sequential: SequentialConfig | None = None,
    ledger: Ledger | None = None,
    context: Mapping[str, Any] | None = None,
    keep_rollouts: int = 0,
    batch_draws: int = BATCH_DRAWS,
    on_progress: Callable[[int, int], None] | None = None,
    tally: Tally | None = None,
) -> list[Score]:
    """Attempt every problem n times (at most n, in looks, when sequential) and return one Score each, in order.

    Draws the ledger holds for the same (policy, protocol, verifier version, purpose, design), and to select the same
    run, are used, not repeated; a Score may so count more than n. A draw that nobody judged (the sampler gave up, or
    we failed) is asked for again. A reply cut at the token limit, or refused, is a failure and is not judged. `context`
    (run, round, arm, step), the first `keep_rollouts` draws of each problem and every undecided or refused one go to
    the ledger; of a StreamingSampler, every reply at once to a journal. `on_progress(done, total)` counts problems.

    A prompt that was not taken has a Score of no draws, if `tally` is given: it says why, and what was spent.

    Raises:
        ConfigError: for n below 1, for test problems asked for to select or to train, or without a tally for a prompt
            that was not taken.
        PipelineError: for a sampler that returns another number of completions than asked for.
        StoreError: while another process measures in the same way with a StreamingSampler.
        UndecidedError: when we fail to judge over 0.1% of the replies (of at least 1000); scores are written first.
    """
    _refuse(problems, n, purpose)
    met = tally if tally is not None else Tally()
    rule = (sequential or SequentialConfig()) if design == "sequential" else None
    unique = list({problem.uid: problem for problem in problems}.values())
    how = Asker(sampler, verifier, protocol, purpose, design, seed, ledger, dict(context or {}), keep_rollouts, met)
    course = _Course(unique, n, rule, met, on_progress)
    with how as asker:
        course.counted = asker.known(unique)
        for batch in _batches(unique, max(1, batch_draws // (rule.step if rule else n))):
            while wants := [want for problem in batch if (want := course.missing(problem))]:
                for settled in asker.ask(wants, on_reply=course.say):
                    course.take(settled)
                if tally is None and met.unasked:
                    raise ConfigError(next(iter(met.unasked.values())))
            course.say()
            refuse_undecided(course.doubts, n * len(unique), "replies", remedy=_ON_DOUBT)
        asker.finish(unique)
    return [asker.total(problem, course.counted.get(problem.uid, ())) for problem in problems]


class _Course:
    """How far a measurement has come: what is counted, what is missing, what to tell."""

    def __init__(
        self,
        problems: Sequence[Problem],
        n: int,
        rule: SequentialConfig | None,
        met: Tally,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self.counted: dict[str, list[Score]] = {}
        self.doubts = 0
        self._problems, self._n, self._rule, self._met, self._on_progress = problems, n, rule, met, on_progress
        self._finished: set[str] = set()
        self._told = 0

    def missing(self, problem: Problem) -> Want | None:
        """Return the next draws to ask for, None when there are enough or the prompt is not taken."""
        want = None
        if problem.uid not in self._met.unasked:
            want = missing_draws(problem, self.counted.get(problem.uid, ()), self._n, self._rule)
        if want is None:
            self._finished.add(problem.uid)
        return want

    def take(self, settled: Sequence[Settled]) -> None:
        """Count what was settled."""
        for each in settled:
            self.counted.setdefault(each.want.problem.uid, []).extend(each.scores)
            self.doubts += each.doubts
            self.missing(each.want.problem)
        self.say()

    def say(self, complete: int = 0) -> None:
        """Tell how many problems are done; `complete` have all replies of a look: the last one, unless sequential."""
        done = len(self._finished) + (0 if self._rule else complete)
        if self._on_progress is not None and done > self._told:
            self._told = done
            self._on_progress(done, len(self._problems))


def missing_draws(problem: Problem, scores: Sequence[Score], n: int, rule: SequentialConfig | None) -> Want | None:
    """Return the first draws below n that no Score holds: all up to the next one held, or one look of a rule."""
    at, end = 0, n
    for score in sorted(scores, key=lambda score: score.first_draw):
        if score.first_draw > at:
            end = min(n, score.first_draw)
            break
        at = max(at, score.first_draw + score.n)
    if at >= n:
        return None
    if rule is not None:
        seen = merged(scores) if at else None
        if seen is not None and rule.decided(seen.n - seen.undecided, seen.correct):
            return None
        end = min(end, at + rule.step)
    return Want(problem, at, end - at)


def _batches(problems: Sequence[Problem], size: int) -> Iterator[Sequence[Problem]]:
    for start in range(0, len(problems), size):
        yield problems[start : start + size]


def _refuse(problems: Sequence[Problem], n: int, purpose: Purpose) -> None:
    if n < 1:
        raise ConfigError(f"n = {n} draws measure nothing: ask for at least 1")
    if purpose in ("select", "train"):
        for problem in problems:
            if problem.split == "test":
                raise ConfigError(
                    f"problem {problem.uid} is of the test split and cannot be measured to {purpose}: "
                    "leave it out, or measure it for purpose 'report'"
                )
