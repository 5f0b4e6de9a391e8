"""Grading of anyone's rows: golds and replies in, one verdict a reply out. Not the comparison (generators.grade).

A row has one reply, or a list of them: then each is a sample with its own verdict. Of a conversation the last turn of
the assistant is the reply. Rows are judged in killable workers: a reply that hangs or crashes its worker is that row's
"undecided", and no other's. A row that carries its problem, as our exports do, is judged by its family: many answers
may be right. Law: every input row is answered for, in order, by its number, its sample and its id:
judged, or named with its fault.
"""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from flows.judging.carried_rows import carried_job
from generators.answers.declared import NOTHING, Declared, from_json
from generators.answers.honoured import refused
from generators.grade import AnswerType, as_text
from generators.judge_pool import PROGRAM, GradeJob, shared_grader
from generators.programs.by_tests import refused_of_programs
from pipeline.carried import carried
from pipeline.errors import ConfigError, FamilyError, nearest, refuse_undecided
from pipeline.exchange.foreign import BadRow, Fault, Record, check_columns, found, holds, records
from pipeline.exchange.programs import around_of
from pipeline.problem import Verdict, malformed
from pipeline.rows.chat import replies_of, reply_of
from pipeline.rows.tables import TextRow
from pipeline.rows.values import gold_of, listed, plain

MAX_WORKERS = 4
KEPT_REASONS = 1000
"""Distinct reasons that a summary counts; what comes later counts by its outcome alone."""
_NO_JOB = {True: GradeJob([], "0", PROGRAM), False: GradeJob("0", "0")}
"""What stands for a line that needs no worker, by whether its file is of programs."""

Note = Callable[[str, int, int], None]
Answer = dict[str, Any]


class Line(NamedTuple):
    """What gets one verdict: the number of its row, from 0, its columns or their fault, and of several replies which.

    Where a row has several replies, the columns of each of its lines hold one of them.
    """

    row: int
    record: Record | Fault
    sample: int | None = None
    id: Any = None

    def name(self, *, with_id: bool) -> Answer:
        """Return what names the line in its answer: row, sample where there are several, id where rows have one."""
        name: Answer = {"row": self.row}
        if self.sample is not None:
            name["sample"] = self.sample
        if with_id:
            name["id"] = self.id
        return name


@dataclass(frozen=True, slots=True)
class Grading:
    """How the rows of a file are graded: its columns, what is declared of the answers, and how many workers judge.

    Dots in the name of a column reach into objects ("reward_model.ground_truth"). id: the column that names a row; "id"
    where the first row has one.
    """

    gold: str
    pred: str
    type: str | None = None
    id: str | None = None
    declared: Declared = NOTHING
    workers: int = 1
    timeout_s: float = 5.0

    def __post_init__(self) -> None:
        known = (*get_args(AnswerType), PROGRAM)
        if self.type is not None and self.type not in known:
            near = nearest(self.type, known)
            raise ConfigError(f"unknown answer type {self.type!r}{near}: choose one of {', '.join(known)}")
        if self.type is not None and (why := self._refused()):
            raise ConfigError(why)

    def _refused(self) -> str:
        """Say what is declared that answers of the stated type have no use for, "" where there is nothing."""
        if self.type == PROGRAM:
            return refused_of_programs(self.declared)
        return refused(cast("AnswerType", self.type), self.declared)


def usual_workers() -> int:
    """Return how many workers judge when nobody says: one a core, at most MAX_WORKERS."""
    return min(MAX_WORKERS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def declared_by(pairs: Sequence[str]) -> Declared:
    """Return what KEY=VALUE texts declare; choices are set apart by "|".

    Raises:
        ConfigError: for a text of another form, an unknown key or an impossible value.
    """
    stated: dict[str, Any] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark:
            raise ConfigError(f"--declare {pair!r} is not KEY=VALUE, e.g. --declare order=any")
        number = key in ("digits", "places") and value.isascii() and value.isdigit()
        stated[key] = value.split("|") if key == "choices" else int(value) if number else value
    return from_json(stated)


def grade_rows(path: Path, grading: Grading, *, note: Note | None = None) -> Iterator[Answer]:
    """Yield one verdict per reply of a file's rows, in order, keyed by row number from 0, sample, and id.

    The file is any that `pipeline.exchange.foreign` reads. A row that cannot be read or whose gold does not parse is a
    data error: outcome "data_error", never a wrong answer.

    Raises:
        ConfigError: for a file that cannot be read or a column that the first row lacks.
    """
    return answers(*lines(path, grading, note=note))


def lines(path: Path, grading: Grading, *, note: Note | None = None) -> tuple[Iterator[Line], Grading]:
    """Return the lines of a file, and the grading with its id column settled; `note` hears of the KiB read.

    Raises:
        ConfigError: when the file cannot be read, or its first row lacks a column.
    """

    def heard(done: int, total: int) -> None:
        if note is not None:
            note(f"grade {path.name}, KiB", done // 1024, total // 1024)

    rows = (Line(number, record) for number, (_, record) in enumerate(records(path, note=heard)))
    seen: list[Line] = []
    for line in rows:
        seen.append(line)
        if isinstance(row := line.record, dict):
            columns = [grading.gold, grading.pred, *filter(None, [grading.id])]
            check_columns(path, row, {column: column for column in columns})
            grading = replace(grading, id=grading.id or ("id" if "id" in row else None))
            break
    return (sample for line in chain(seen, rows) for sample in _samples(line, grading)), grading


def _samples(line: Line, grading: Grading) -> Iterator[Line]:
    """Yield a line for each of a row's replies, one where it has one, with gold and reply as plain values."""
    row = line.record
    if not isinstance(row, dict):
        yield line
        return
    gold, pred = found(row, grading.gold), found(row, grading.pred)
    line = line._replace(id=found(row, grading.id) if grading.id is not None else None)
    missing = next((column for column in (grading.gold, grading.pred) if not holds(row, column)), None)
    if missing is not None:
        yield line._replace(record=Fault(f"no column {missing!r}"))
        return
    try:
        gold = plain(gold) if grading.type == PROGRAM or carried(row) is not None else gold_of(gold)
        as_text(gold)
    except (BadRow, ValueError, TypeError, RecursionError) as error:  # NaN, or nested without end
        yield line._replace(record=Fault(f"the gold answer cannot be used: {error}"))
        return
    if isinstance(row, TextRow) and isinstance(pred, str) and not isinstance(gold, list):
        pred = listed(pred)  # where a table's text is a list, a list was written to it
    try:
        replies = replies_of(pred)
        single = reply_of(pred) if replies is None else None
    except BadRow as error:
        yield line._replace(record=Fault(str(error)))
        return
    for sample, reply in enumerate([single] if replies is None else replies):
        record = {**row, grading.gold: gold, grading.pred: reply}
        yield Line(line.row, record, None if replies is None else sample, line.id)


def answers(rows: Iterable[Line], grading: Grading) -> Iterator[Answer]:
    """Yield the answer to every line, in order."""
    under_way: deque[tuple[Answer, Answer | None]] = deque()  # the name of a line, and its answer where it needs no job

    def jobs() -> Iterator[GradeJob]:
        for line in rows:
            job = _job(line.record, grading) if isinstance(line.record, dict) else _data_error(line.record)
            under_way.append((line.name(with_id=grading.id is not None), None if isinstance(job, GradeJob) else job))
            yield job if isinstance(job, GradeJob) else _NO_JOB[grading.type == PROGRAM]

    for result in shared_grader(grading.workers, grading.timeout_s).grade(jobs()):
        name, answer = under_way.popleft()
        yield {**name, **(answer or _answer(result))}


def _job(row: Record, grading: Grading) -> GradeJob | Answer:
    """Return what a worker is to do about a row, or the answer where it needs none."""
    gold, reply, own = row[grading.gold], row[grading.pred], carried(row)
    try:
        reply = "" if reply is None else as_text(plain(reply))
    except (BadRow, ValueError, TypeError, RecursionError):
        return _answer(malformed("the reply is no text"))
    try:
        if own is not None:
            return carried_job(own, reply)
        around = around_of(row) if grading.type == PROGRAM else None
    except (BadRow, FamilyError) as error:
        return _data_error(str(error))
    return GradeJob(gold, reply, grading.type, grading.declared, around)


def _answer(result: Verdict | FamilyError) -> Answer:
    if isinstance(result, FamilyError):
        return _data_error(str(result))
    return {
        "outcome": result.outcome.value,
        "reason": result.reason,
        "feasible": result.feasible,
        "quality": result.quality,
        "extracted": result.extracted,
    }


def _data_error(reason: str) -> Answer:
    return {"outcome": "data_error", "reason": reason}


class Tally:
    """What a summary says: answers by outcome and by reason."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        outcome, reason = str(answer.get("outcome")), str(answer.get("reason"))
        self.outcomes[outcome] += 1
        key = outcome, reason.partition("\n")[0][:80]
        if key in self.reasons or len(self.reasons) < KEPT_REASONS:
            self.reasons[key] += 1

    def lines(self, *, most: int = 12) -> list[str]:
        """Return the commonest reasons other than being right, then the counts by outcome."""
        told = [item for item in self.reasons.most_common() if item[0][0] != "correct"][:most]
        rows = [f"{count:>8}  {outcome:<10} {reason}" for (outcome, reason), count in told]
        return [*rows, ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))]

    def check(self, path: Path) -> None:
        """Refuse a file of which nothing was judged, or too much stayed undecided.

        Raises:
            ConfigError, UndecidedError: accordingly.
        """
        total, undecided = self.outcomes.total(), self.outcomes["undecided"]
        if total == self.outcomes["data_error"]:
            why = f"row 0: {next(iter(self.reasons))[1]}" if total else "it has no rows"
            raise ConfigError(f"no row of {path} could be graded ({why}): bring JSONL, JSON, CSV or Parquet")
        remedy = f"the rows of {path} with outcome undecided say why; raise --timeout, or report the reply as a bug"
        refuse_undecided(undecided, total, "replies", remedy=remedy)
