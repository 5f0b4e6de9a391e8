"""Count attempts: ask a sampler, judge with a verifier, append Scores. Not a rate, and no model of its own.

Law: a draw is made and counted once: draw i of a problem is named by (seed, purpose, uid, i), what the ledger already
holds under the same key is not asked again, and what was asked is written before anything can stop.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from pipeline.choice.difficulty import probability_between
from pipeline.errors import ConfigError, PipelineError, refuse_undecided
from pipeline.fingerprint import content_hash
from pipeline.problem import Outcome, Problem, Verdict, malformed, undecided
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, Rollout, rollouts_table
from pipeline.sampling import Sampler, SampleRequest, Verifier
from pipeline.score import SCORE_SCHEMA, Design, Purpose, Score, scores_from_table, scores_table
from pipeline.seeds import derive
from pipeline.store.ledger import Ledger

_ON_DOUBT = "read why in the ledger (rollouts where outcome = 'undecided') and mend the verifier or the sampler"
BATCH_DRAWS = 4096
"""Draws asked for at once, so that memory stays flat in the number of problems."""


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

    def decided(self, n: int, c: int) -> bool:
        """Return whether n decided draws with c correct settle the question."""
        if n == 0:
            return False
        band = probability_between(n, c, self.low, self.high, a=self.a, b=self.b)
        above = probability_between(n, c, self.high, 1.0, a=self.a, b=self.b)
        return band > self.inside or band < self.outside or (c == n and above > self.easy)


class Want(NamedTuple):
    """Draws [first, first + n) of one problem."""

    problem: Problem
    first: int
    n: int


@dataclass(frozen=True)
class Asker:
    """Everything that stays the same while problems go by. Holds live objects: never crosses a process."""

    sampler: Sampler
    verifier: Verifier
    protocol: Protocol
    purpose: Purpose
    design: Design
    seed: int
    ledger: Ledger | None
    context: Mapping[str, Any]
    keep_rollouts: int

    def ask(self, wants: Sequence[Want]) -> list[Score]:
        """Sample, judge, count and write; return one Score per want."""
        requests = [self._request(want) for want in wants]
        replies = self.sampler.sample(requests)
        _refuse_other_counts(wants, replies)
        verdicts = _judge(self.verifier, wants, replies)
        scores = [
            self._score(want, completions, judged)
            for want, completions, judged in zip(wants, replies, verdicts, strict=True)
        ]
        if self.ledger is not None:
            self._write(self.ledger, wants, scores, replies, verdicts)
        return scores

    def known(self, problems: Sequence[Problem]) -> dict[str, Score]:
        """Return what the ledger holds of these problems under this key from draw 0 on, by uid.

        What steers a run must not depend on who else measured: to select, only draws of the same run are used.
        """
        if self.ledger is None:
            return {}
        run = self.context.get("run", "") if self.purpose == "select" else None
        table = self.ledger.read("scores", run=run, purpose=self.purpose, columns=SCORE_SCHEMA.names)
        for column, value in (
            ("policy", self.sampler.policy_id),
            ("protocol", self.protocol.hash),
            ("design", self.design),
        ):
            table = table.filter(pc.equal(table[column], value))
        versions = {problem.uid: self.verifier.version(problem.family) for problem in problems}
        table = table.filter(pc.is_in(table["uid"], value_set=pa.array(sorted(versions), pa.string())))
        found: dict[str, list[Score]] = {}
        for score in scores_from_table(table):
            if score.verifier_version == versions[score.uid]:
                found.setdefault(score.uid, []).append(score)
        return {uid: total for uid, scores in found.items() if (total := merged(scores)).first_draw == 0}

    def _request(self, want: Want) -> SampleRequest:
        seed = derive("draw", self.seed, self.purpose, want.problem.uid)
        return SampleRequest(want.problem.prompt, want.n, seed, self.protocol, want.first)

    def _score(self, want: Want, completions: Sequence[Completion], judged: Sequence[Verdict]) -> Score:
        decided = [verdict for verdict in judged if verdict.outcome is not Outcome.UNDECIDED]
        cut = [completion.finish is Finish.LENGTH for completion in completions]
        return Score(
            uid=want.problem.uid,
            policy=self.sampler.policy_id,
            protocol=self.protocol.hash,
            verifier_version=self.verifier.version(want.problem.family),
            purpose=self.purpose,
            design=self.design,
            first_draw=want.first,
            n=len(judged),
            correct=sum(verdict.outcome is Outcome.CORRECT for verdict in decided),
            feasible=sum(verdict.feasible for verdict in decided),
            malformed=sum(v.outcome is Outcome.MALFORMED and not c for v, c in zip(judged, cut, strict=True)),
            truncated=sum(cut),
            undecided=len(judged) - len(decided),
            quality_sum=sum(verdict.quality for verdict in decided),
            quality_squares=sum(verdict.quality**2 for verdict in decided),
            tokens=sum(completion.tokens for completion in completions),
        )

    def _write(
        self,
        ledger: Ledger,
        wants: Sequence[Want],
        scores: Sequence[Score],
        replies: Sequence[Sequence[Completion]],
        verdicts: Sequence[Sequence[Verdict]],
    ) -> None:
        key = [self.sampler.policy_id, self.protocol.hash, self.purpose, self.design, self.seed]
        ranges = [[score.uid, score.verifier_version, score.first_draw, score.n] for score in scores]
        part = content_hash([key, ranges])
        # rollouts first: once the scores are there, these draws are never asked for again
        rollouts = [
            Rollout(score.uid, want.first + i, reply, verdict, score.policy, score.protocol, score.verifier_version)
            for want, score, row, judged in zip(wants, scores, replies, verdicts, strict=True)
            for i, (reply, verdict) in enumerate(zip(row, judged, strict=True))
            if want.first + i < self.keep_rollouts or verdict.outcome is Outcome.UNDECIDED
        ]
        if rollouts:
            ledger.append("rollouts", rollouts_table(rollouts), part=part, **self.context)
        ledger.append("scores", scores_table(list(scores)), part=part, **self.context)


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
) -> list[Score]:
    """Attempt every problem n times (at most n, in looks, when sequential) and return one Score each, in order.

    Draws the ledger holds for the same (policy, protocol, verifier version, purpose, design), and to select the same
    run, are used, not repeated; a Score may so count more than n. A reply cut at the token limit is a failure and is
    not judged; a completion the sampler gave up on is undecided. `context` (run, round, arm, step), the first
    `keep_rollouts` draws of each problem and every undecided one go to the ledger. `on_progress(done, total)` counts
    problems.

    Raises:
        ConfigError: for n below 1, or for test problems asked for to select or to train.
        PipelineError: for a sampler that returns another number of completions than asked for.
        UndecidedError: when more than 0.1% of the draws (of at least 1000) stay undecided; scores are written first.
    """
    _refuse(problems, n, purpose)
    asker = Asker(sampler, verifier, protocol, purpose, design, seed, ledger, dict(context or {}), keep_rollouts)
    rule = (sequential or SequentialConfig()) if design == "sequential" else None
    unique = list({problem.uid: problem for problem in problems}.values())
    counted = asker.known(unique)
    done, doubts = 0, 0
    for batch in _batches(unique, max(1, batch_draws // (rule.step if rule else n))):
        while wants := [want for problem in batch if (want := _missing(problem, counted.get(problem.uid), n, rule))]:
            for score in asker.ask(wants):
                counted[score.uid] = merged([*filter(None, [counted.get(score.uid)]), score])
        done += len(batch)
        doubts += sum(counted[problem.uid].undecided for problem in batch)
        refuse_undecided(doubts, n * len(unique), "replies", remedy=_ON_DOUBT)
        if on_progress is not None:
            on_progress(done, len(unique))
    return [counted[problem.uid] for problem in problems]


def merged(scores: Iterable[Score]) -> Score:
    """Add up the scores of one key whose draw ranges follow each other from the first; what lies beyond a gap waits.

    Raises:
        ConfigError: for no scores.
    """
    ranges = sorted(scores, key=lambda score: (score.first_draw, -score.n))
    if not ranges:
        raise ConfigError("no scores to add up: give at least one")
    total = ranges[0]
    for score in ranges[1:]:
        if score.first_draw == total.first_draw + total.n:
            sums = {name: getattr(total, name) + getattr(score, name) for name in _COUNTS}
            total = replace(total, **sums)
    return total


_COUNTS = (
    "n", "correct", "feasible", "malformed", "truncated", "undecided", "quality_sum", "quality_squares", "tokens",
)  # fmt: skip


def _missing(problem: Problem, score: Score | None, n: int, rule: SequentialConfig | None) -> Want | None:
    seen = score.n if score else 0
    if seen >= n:
        return None
    if rule is None:
        return Want(problem, seen, n - seen)
    if score is not None and rule.decided(score.n - score.undecided, score.correct):
        return None
    return Want(problem, seen, min(rule.step, n - seen))


def _batches(problems: Sequence[Problem], size: int) -> Iterator[Sequence[Problem]]:
    for start in range(0, len(problems), size):
        yield problems[start : start + size]


def _judge(verifier: Verifier, wants: Sequence[Want], replies: Sequence[Sequence[Completion]]) -> list[list[Verdict]]:
    """Judge all stopped replies in one call; cut ones fail and abandoned ones stay undecided, unjudged."""
    pairs = [(want.problem, reply) for want, row in zip(wants, replies, strict=True) for reply in row]
    whole = [(problem, reply) for problem, reply in pairs if reply.finish is Finish.STOP]
    judged = iter(verifier.verify([problem for problem, _ in whole], [reply.text for _, reply in whole]))
    unjudged = {Finish.LENGTH: malformed("truncated"), Finish.ABORT: undecided("the sampler gave up")}
    return [
        [next(judged) if reply.finish is Finish.STOP else unjudged[reply.finish] for reply in row] for row in replies
    ]


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


def _refuse_other_counts(wants: Sequence[Want], replies: Sequence[Sequence[Completion]]) -> None:
    """Refuse a sampler that does not answer what it was asked: missing draws would be asked for without end."""
    asked, given = [want.n for want in wants], [len(row) for row in replies]
    if asked != given:
        raise PipelineError(
            f"the sampler gave {sum(given)} completions in {len(given)} rows where {sum(asked)} in {len(asked)} were "
            "asked for: use one that returns n completions for every request"
        )
