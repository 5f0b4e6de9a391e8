"""Asking for draws: sample, judge, count, write. Not what is asked for or when enough is known (measure).

Law: a draw is written once it is judged, and a reply that costs something before: what ends the process in between
loses none of either.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, groupby
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import PipelineError
from pipeline.fingerprint import content_hash
from pipeline.problem import Outcome, Problem, Verdict, malformed, undecided
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, Rollout, rollouts_table
from pipeline.sampling import Drawn, Sampler, SampleRequest, StreamingSampler, Verifier
from pipeline.score import SCORE_SCHEMA, Design, Purpose, Score, merged, scores_from_table, scores_table
from pipeline.seeds import derive
from pipeline.store.journal import Journal, journal_path
from pipeline.store.ledger import Ledger

SETTLE_S, SETTLE_SHARE = 2.0, 0.05
"""Replies that come one by one are judged and written after so long, or this share of the time since the start: the
number of parts then grows with the logarithm of the time."""
SETTLE_DRAWS = 4096
"""So many replies are judged and written at once, however short the time."""


class Want(NamedTuple):
    """Draws [first, first + n) of one problem."""

    problem: Problem
    first: int
    n: int


@dataclass
class Tally:
    """What a measurement took and met beside its Scores: of draws asked for now, not of those the ledger held.

    `recovered` are replies that a broken-off measurement had left, `only_thought` those with nothing after the
    thinking. `given_up` counts draws by why the sampler failed
    to give them, `remarks` replies by what was odd about their end, `unasked` says why a prompt was not taken, by uid.
    """

    draws: int = 0
    recovered: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    only_thought: int = 0
    given_up: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    unasked: dict[str, str] = field(default_factory=dict)

    def asked(self, completion: Completion) -> None:
        """Count one reply that was asked for now."""
        if completion.finish is not Finish.UNASKED:
            self.draws += 1
            self.tokens += completion.tokens
            self.prompt_tokens += completion.prompt_tokens

    def heard(self, uid: str, completion: Completion) -> None:
        """Take note of how one reply ended."""
        self.only_thought += completion.finish is Finish.STOP and completion.text.rstrip().endswith("</think>")
        if completion.finish is Finish.UNASKED:
            self.unasked[uid] = completion.note
        elif completion.finish is Finish.ABORT:
            self.given_up[completion.note or "no reason given"] += 1
        elif completion.note:
            self.remarks[completion.note] += 1


class Settled(NamedTuple):
    """One want judged: its Scores (ranges of draws that lie side by side), and how many of its draws we failed on."""

    want: Want
    scores: list[Score]
    doubts: int


@dataclass
class Asker:
    """Everything that stays the same while problems go by. Holds live objects: never crosses a process.

    A context manager: a sampler whose draws come one by one has a journal below the ledger's root for as long.
    """

    sampler: Sampler
    verifier: Verifier
    protocol: Protocol
    purpose: Purpose
    design: Design
    seed: int
    ledger: Ledger | None
    context: Mapping[str, Any]
    keep_rollouts: int
    tally: Tally
    _journal: Journal | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _pending: list[Score] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Self:
        """Take hold of the journal, where there is one."""
        if self.ledger is not None and isinstance(self.sampler, StreamingSampler):
            way = content_hash([self.sampler.policy_id, self.protocol.hash, self.purpose, self.seed])
            self._journal = self._open.enter_context(Journal(journal_path(self.ledger.root, way)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the journal."""
        self._open.close()

    def known(self, problems: Sequence[Problem]) -> dict[str, list[Score]]:
        """Return what the ledger holds of these problems under this key, by uid; a draw never judged is not held.

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
            if score.verifier_version == versions[score.uid] and score.undecided < score.n:
                found.setdefault(score.uid, []).append(score)
        if self._journal is not None:
            self._journal.forget(lambda uid, draw: any(_covers(score, draw) for score in found.get(uid, ())))
        self._replace("scores", "undecided", scores_table([]), versions)
        return found

    def ask(self, wants: Sequence[Want], *, on_reply: Callable[[int], None]) -> Iterator[list[Settled]]:
        """Sample, judge, count and write; yield what was settled, want by want, as it is.

        `on_reply(complete)` hears how many wants are complete and not settled yet.
        """
        if not isinstance(self.sampler, StreamingSampler):
            replies = self.sampler.sample([self._request(want.problem, want.first, want.n) for want in wants])
            _refuse_other_counts(wants, replies)
            for completion in chain.from_iterable(replies):
                self.tally.asked(completion)
            yield self._settle(list(zip(wants, replies, strict=True)))
            return
        ready: list[tuple[Want, Sequence[Completion]]] = []
        last = time.monotonic()
        for want, row in self._stream(self.sampler, wants):
            ready.append((want, row))
            on_reply(len(ready))
            now = time.monotonic()
            due = max(SETTLE_S, SETTLE_SHARE * (now - self._started))
            if now - last > due or sum(want.n for want, _ in ready) >= SETTLE_DRAWS:
                yield self._settle(ready)
                ready, last = [], time.monotonic()
        if ready:
            yield self._settle(ready)

    def total(self, problem: Problem, scores: Sequence[Score]) -> Score:
        """Return what all draws of a problem come to; of none, a Score of no draws."""
        return merged(scores) if scores else self._score(problem, 0, ())

    def finish(self, problems: Sequence[Problem]) -> None:
        """Write which of the problems were not asked, and why."""
        reasons = {p.uid: self.tally.unasked[p.uid] for p in problems if p.uid in self.tally.unasked}
        detail = json.dumps({"policy": self.sampler.policy_id, "protocol": self.protocol.hash})
        rows = [
            {"uid": uid, "stage": "measure", "rule": "asked", "reason": why, "action": "not asked", "detail": detail}
            for uid, why in reasons.items()
        ]
        empty = {name: pa.array([], pa.string()) for name in ("uid", "stage", "rule", "reason", "action", "detail")}
        table = pa.Table.from_pylist(rows) if rows else pa.table(empty)
        self._replace("decisions", "not asked", table, [problem.uid for problem in problems])

    def _stream(self, sampler: StreamingSampler, wants: Sequence[Want]) -> Iterator[tuple[Want, Sequence[Completion]]]:
        """Yield each want with its replies as soon as it has all; those that the journal holds are not asked for."""
        rows = [[self._kept(want.problem.uid, want.first + i) for i in range(want.n)] for want in wants]
        requests, places = [], []
        for place, (want, row) in enumerate(zip(wants, rows, strict=True)):
            for absent, run in groupby(range(want.n), key=lambda i: row[i] is None):
                offsets = list(run)
                if absent:
                    requests.append(self._request(want.problem, want.first + offsets[0], len(offsets)))
                    places.append((place, offsets[0]))
        missing = [sum(reply is None for reply in row) for row in rows]
        self.tally.recovered += sum(want.n for want in wants) - sum(missing)
        for want, row, left in zip(wants, rows, missing, strict=True):
            if not left:
                yield want, [reply for reply in row if reply is not None]

        def arrived(drawn: Drawn) -> None:
            place, offset = places[drawn.request]
            want = wants[place]
            if self._journal is not None and drawn.completion.finish not in (Finish.ABORT, Finish.UNASKED):
                self._journal.add(want.problem.uid, want.first + offset + drawn.offset, drawn.completion)

        for drawn in sampler.stream(requests, arrived=arrived):
            place, offset = places[drawn.request]
            self.tally.asked(drawn.completion)
            rows[place][offset + drawn.offset] = drawn.completion
            missing[place] -= 1
            if not missing[place]:
                yield wants[place], [reply for reply in rows[place] if reply is not None]
                rows[place] = []

    def _kept(self, uid: str, draw: int) -> Completion | None:
        return self._journal.get(uid, draw) if self._journal is not None else None

    def _request(self, problem: Problem, first: int, n: int) -> SampleRequest:
        seed = derive("draw", self.seed, self.purpose, problem.uid)
        return SampleRequest(problem.prompt, n, seed, self.protocol, first)

    def _settle(self, replied: Sequence[tuple[Want, Sequence[Completion]]]) -> list[Settled]:
        """Judge replies, write them and their Scores, and return what they came to."""
        verdicts = _judge(self.verifier, replied)
        settled = [self._settled(want, row, judged) for (want, row), judged in zip(replied, verdicts, strict=True)]
        for want, row in replied:
            for completion in row:
                self.tally.heard(want.problem.uid, completion)
        if self.ledger is not None:
            self._write(self.ledger, replied, verdicts, [score for each in settled for score in each.scores])
        if self._journal is not None:
            done = {(want.problem.uid, want.first + i) for want, _ in replied for i in range(want.n)}
            self._journal.forget(lambda uid, draw: (uid, draw) in done)
        return settled

    def _settled(self, want: Want, row: Sequence[Completion], judged: Sequence[Verdict]) -> Settled:
        """Count the draws of one want; those nobody judged stand apart, so that they can be asked for again."""
        scores, at = [], 0
        for kind, group in groupby(zip(row, judged, strict=True), key=_kind):
            pairs = list(group)
            if kind != "unasked":
                scores.append(self._score(want.problem, want.first + at, pairs))
            at += len(pairs)
        doubts = sum(
            _kind(pair) == "undecided" and pair[0].finish is Finish.STOP for pair in zip(row, judged, strict=True)
        )
        return Settled(want, scores, doubts)

    def _score(self, problem: Problem, first: int, pairs: Sequence[tuple[Completion, Verdict]]) -> Score:
        decided = [verdict for _, verdict in pairs if verdict.outcome is not Outcome.UNDECIDED]
        return Score(
            uid=problem.uid,
            policy=self.sampler.policy_id,
            protocol=self.protocol.hash,
            verifier_version=self.verifier.version(problem.family),
            purpose=self.purpose,
            design=self.design,
            first_draw=first,
            n=len(pairs),
            correct=sum(verdict.outcome is Outcome.CORRECT for verdict in decided),
            feasible=sum(verdict.feasible for verdict in decided),
            malformed=sum(v.outcome is Outcome.MALFORMED and c.finish is Finish.STOP for c, v in pairs),
            truncated=sum(c.finish is Finish.LENGTH for c, _ in pairs),
            refused=sum(c.finish is Finish.REFUSED for c, _ in pairs),
            undecided=len(pairs) - len(decided),
            quality_sum=sum(verdict.quality for verdict in decided),
            quality_squares=sum(verdict.quality**2 for verdict in decided),
            tokens=sum(completion.tokens for completion, _ in pairs),
        )

    def _write(
        self,
        ledger: Ledger,
        replied: Sequence[tuple[Want, Sequence[Completion]]],
        verdicts: Sequence[Sequence[Verdict]],
        scores: Sequence[Score],
    ) -> None:
        part = self._part([[score.uid, score.verifier_version, score.first_draw, score.n] for score in scores])
        versions = {score.uid: score.verifier_version for score in scores}
        policy, protocol = self.sampler.policy_id, self.protocol.hash
        # rollouts first: once the scores are there, these draws are never asked for again
        rollouts = [
            Rollout(want.problem.uid, want.first + i, reply, verdict, policy, protocol, versions[want.problem.uid])
            for (want, row), judged in zip(replied, verdicts, strict=True)
            for i, (reply, verdict) in enumerate(zip(row, judged, strict=True))
            if reply.finish is not Finish.UNASKED
            and (
                want.first + i < self.keep_rollouts
                or verdict.outcome is Outcome.UNDECIDED
                or reply.finish is Finish.REFUSED
            )
        ]
        if rollouts:
            ledger.append("rollouts", rollouts_table(rollouts), part=part, **self.context)
        if counted := [score for score in scores if score.undecided < score.n]:
            ledger.append("scores", scores_table(counted), part=part, **self.context)
        if doubtful := [score for score in scores if score.undecided == score.n]:
            self._pending += doubtful
            uids = {score.uid for score in self._pending}
            self._replace("scores", "undecided", scores_table(self._pending), uids)

    def _part(self, name: object) -> str:
        return content_hash([[self.sampler.policy_id, self.protocol.hash, self.purpose, self.design, self.seed], name])

    def _replace(self, table: str, name: str, rows: pa.Table, uids: Iterable[str]) -> None:
        """Put rows in the place of what one part of this key and context says of these problems."""
        if self.ledger is None:
            return
        part, place = self._part(name), {key: self.context.get(key, "") for key in ("run", "arm")}
        before = self.ledger.read(table, part=part, **place)
        others = before.filter(pc.invert(pc.is_in(before["uid"], value_set=pa.array(sorted(uids), pa.string()))))
        if rows.num_rows or others.num_rows < before.num_rows:
            if others.num_rows:
                rows = pa.concat_tables([others.select(rows.column_names), rows])
            self.ledger.append(table, rows, part=part, **self.context)


def _covers(score: Score, draw: int) -> bool:
    return score.first_draw <= draw < score.first_draw + score.n


def _kind(pair: tuple[Completion, Verdict]) -> str:
    """Return whether a draw counts, waits to be asked for again, or was never asked for."""
    if pair[0].finish is Finish.UNASKED:
        return "unasked"
    return "undecided" if pair[1].outcome is Outcome.UNDECIDED else "counted"


def _judge(verifier: Verifier, replied: Sequence[tuple[Want, Sequence[Completion]]]) -> list[list[Verdict]]:
    """Judge all finished replies in one call; cut and refused ones fail, and what never came stays undecided."""
    pairs = [(want.problem, reply) for want, row in replied for reply in row]
    whole = [(problem, reply) for problem, reply in pairs if reply.finish is Finish.STOP]
    judged = iter(verifier.verify([problem for problem, _ in whole], [reply.text for _, reply in whole]))
    return [[next(judged) if reply.finish is Finish.STOP else _unjudged(reply) for reply in row] for _, row in replied]


def _unjudged(reply: Completion) -> Verdict:
    if reply.finish is Finish.LENGTH:
        return malformed("truncated")
    why = f": {reply.note}" if reply.note else ""
    return malformed(f"refused{why}") if reply.finish is Finish.REFUSED else undecided(f"the sampler gave up{why}")


def _refuse_other_counts(wants: Sequence[Want], replies: Sequence[Sequence[Completion]]) -> None:
    """Refuse a sampler that does not answer what it was asked: missing draws would be asked for without end."""
    asked, given = [want.n for want in wants], [len(row) for row in replies]
    if asked != given:
        raise PipelineError(
            f"the sampler gave {sum(given)} completions in {len(given)} rows where {sum(asked)} in {len(asked)} were "
            "asked for: use one that returns n completions for every request"
        )
