"""Grading of anyone's rows: golds and replies in, one verdict a row out. Not the comparison (generators.grade).

Rows are judged in killable workers: a reply that hangs or crashes its worker is that row's "undecided", and no other's.
Law: every input row is answered for, in order, by its number and its id: judged, or named with its fault.
"""

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from flows.judging.programs import grade_row
from generators.answers.declared import NOTHING, Declared, from_json
from generators.grade import AnswerType, as_text
from generators.judge_pool import GradeJob, PooledGrader
from pipeline.errors import ConfigError, FamilyError, nearest, refuse_undecided
from pipeline.problem import Verdict, malformed

PROGRAM = "program"
"""The one answer type that is run, in the sandbox, instead of compared."""
MAX_LINE_BYTES = 64 * 2**20
MAX_WORKERS = 4
KEPT_REASONS = 1000
"""Distinct reasons that a summary counts; what comes later counts by its outcome alone."""
_NOTE_LINES = 256
_NO_JOB = GradeJob("0", "0")

Note = Callable[[str, int, int], None]
Answer = dict[str, Any]


class Line(NamedTuple):
    """A line that is not blank: its row number, from 0, and its bytes, None when they are too many."""

    row: int
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Grading:
    """How the rows of a file are graded: its columns, what is declared of the answers, and how many workers judge.

    id: the column that names a row; "id" where the first row has one.
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
    """Yield one verdict per row of a JSONL file, in order, keyed by row number from 0, and by id where there is one.

    A row that is no JSON object or whose gold does not parse is a data error: outcome "data_error", never a wrong
    answer.

    Raises:
        ConfigError: for a missing file or a column that the first object lacks.
    """
    rows, grading = looked_at(path, lines(path, note=note), grading)
    return answers(rows, grading)


def looked_at(path: Path, rows: Iterator[Line], grading: Grading) -> tuple[Iterator[Line], Grading]:
    """Return the same lines, and the grading with its id column settled by the first object among them.

    Raises:
        ConfigError: when that object lacks a column.
    """
    seen: list[Line] = []
    for line in rows:
        seen.append(line)
        if isinstance(row := _object(line.text), dict):
            _check_columns(path, row, [grading.gold, grading.pred, *filter(None, [grading.id])])
            grading = replace(grading, id=grading.id or ("id" if "id" in row else None))
            break
    return chain(seen, rows), grading


def answers(rows: Iterable[Line], grading: Grading) -> Iterator[Answer]:
    """Yield the answer to every line, in order."""
    under_way: deque[tuple[Answer, Answer | None]] = deque()  # the name of a row, and its answer where it needs no job

    def jobs() -> Iterator[GradeJob]:
        for line in rows:
            row = _object(line.text)
            job = _job(row, grading) if isinstance(row, dict) else _data_error(row)
            name: Answer = {"row": line.row}
            if grading.id is not None:
                name["id"] = row.get(grading.id) if isinstance(row, dict) else None
            under_way.append((name, None if isinstance(job, GradeJob) else job))
            yield job if isinstance(job, GradeJob) else _NO_JOB

    with PooledGrader(workers=grading.workers, timeout_s=grading.timeout_s) as grader:
        for result in grader.grade(jobs()):
            name, answer = under_way.popleft()
            yield {**name, **(answer or _answer(result))}


def _job(row: Mapping[str, Any], grading: Grading) -> GradeJob | Answer:
    """Return what a worker is to do about a row, or the answer where it needs none."""
    for column in (grading.gold, grading.pred):
        if column not in row:
            return _data_error(f"no column {column!r}")
    gold, reply = row[grading.gold], row[grading.pred]
    if gold is None:
        return _data_error("the gold answer is null")
    try:
        as_text(gold)
    except (ValueError, TypeError, RecursionError) as error:  # NaN, or nested without end
        return _data_error(f"the gold answer is no plain JSON: {error}")
    try:
        reply = "" if reply is None else as_text(reply)
    except (ValueError, TypeError, RecursionError):
        return _answer(malformed("the reply is no text"))
    if grading.type == PROGRAM:
        return _program(row, gold, reply)
    return GradeJob(gold, reply, cast("AnswerType | None", grading.type), grading.declared)


def _program(row: Mapping[str, Any], gold: Any, reply: str) -> Answer:
    """Run a program on its tests, whose function HumanEval names in a column of its own."""
    entry = row.get("entry_point")
    try:
        return _answer(grade_row(gold, reply, entry=entry if isinstance(entry, str) else ""))
    except FamilyError as error:
        return _data_error(str(error))


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


def _check_columns(path: Path, row: Mapping[str, Any], columns: Sequence[str]) -> None:
    for column in columns:
        if column not in row:
            raise ConfigError(f"{path} has no column {column!r}{nearest(column, list(row))}: it has {', '.join(row)}")


def _object(text: bytes | None) -> dict[str, Any] | str:
    """Return the object of a line, or what is wrong with it."""
    if text is None:
        return f"a line over {MAX_LINE_BYTES // 2**20} MiB"
    try:
        row = json.loads(text.decode("utf-8-sig"))  # of bytes alone, json would guess at UTF-16 and find it in noise
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte 0x{error.object[error.start]:02x} at position {error.start}"
    except (ValueError, RecursionError) as error:  # bad JSON, or nested without end
        return f"not a JSON line: {error}"
    return row if isinstance(row, dict) else f"a JSON {type(row).__name__}, not an object"


def lines(path: Path, *, note: Note | None = None) -> Iterator[Line]:
    """Yield the lines of a file that are not blank; `note` hears of the KiB read.

    Raises:
        ConfigError: when the file cannot be read.
    """
    try:
        handle = path.open("rb")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    row = 0
    with handle:
        size = os.fstat(handle.fileno()).st_size
        while text := handle.readline(MAX_LINE_BYTES + 1):
            whole = len(text) <= MAX_LINE_BYTES
            while not whole and not text.endswith(b"\n") and (text := handle.readline(MAX_LINE_BYTES)):
                pass  # the rest of a line that is too long
            if not whole or text.strip():
                yield Line(row, text if whole else None)
                row += 1
                if note is not None and row % _NOTE_LINES == 0:
                    note(f"grade {path.name}, KiB", handle.tell() // 1024, size // 1024)
        if note is not None:
            note(f"grade {path.name}, KiB", size // 1024, size // 1024)


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
            raise ConfigError(f"no row of {path} could be graded ({why}): bring JSONL, one object a line, in UTF-8")
        remedy = f"the rows of {path} with outcome undecided say why; raise --timeout, or report the reply as a bug"
        refuse_undecided(undecided, total, "replies", remedy=remedy)
