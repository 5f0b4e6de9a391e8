"""Verdicts kept in a file beside their rows: written as they come, and gone on with. Not the grading (grading).

Law: the file of a run that was stopped and run again is byte for byte the file of one run; a file that answers other
rows, or answers them otherwise, is refused and left as it is.
"""

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from flows.judging.grading import Answer, Grading, Line, Note, answers, lines
from generators.family import load, names
from pipeline.errors import ConfigError
from pipeline.exchange.foreign import MAX_LINE_BYTES
from pipeline.fingerprint import bytes_hash, canonical

FLUSH_S = 1.0
"""At most this much work is done again after the power fails; a killed process loses a little less."""

_BEGINNING = b'{"row": '
"""Of every line written here."""


def grade_into(out: Path, path: Path, grading: Grading, *, note: Note | None = None) -> Iterator[Answer]:
    """Yield one verdict per reply, as `grade_rows`, and write each to `out`, with the hash of what it is of.

    Rows that `out` already answers are read, not graded; half a last line is done again.

    Raises:
        ConfigError: when `out` is the input, cannot be written, or holds anything but answers to these rows, in order.
    """
    if out.resolve() == path.resolve():
        raise ConfigError(f"--out {out} is the input: name another file")
    if out.exists() and not out.is_file():
        raise ConfigError(f"cannot write --out {out}: it is no ordinary file, and a later run could not go on with it")
    rows, grading = lines(path, grading, note=note)  # bad input is found before a file is made
    try:
        out.touch()
        file = out.open("r+b")
    except OSError as error:
        raise ConfigError(
            f"cannot write --out {out}: {error.strerror}; name a file in a folder that is there"
        ) from error
    with file:
        manner = _manner(grading)
        yield from _kept(file, out, path, rows, manner)
        yield from _graded(file, rows, grading, manner)


def _kept(file: BinaryIO, out: Path, path: Path, rows: Iterator[Line], manner: bytes) -> Iterator[Answer]:
    """Yield the answers that are there, each beside its row, and leave the file at the end of the last."""
    end = 0
    for number, text in enumerate(iter(lambda: file.readline(2 * MAX_LINE_BYTES), b"")):
        answer = _read(text)
        ours = text[: len(_BEGINNING)] == _BEGINNING[: len(text)]
        if answer is None and ours and not file.peek(1):  # type: ignore[attr-defined]
            break  # half a line: the run was stopped while it wrote
        line = next(rows, None)
        if answer is None or line is None or answer.get("of") != _mark(line, manner):
            raise ConfigError(
                f"line {number + 1} of {out} is no answer to row {number if line is None else line.row} of {path} "
                "graded in this way: name another --out, or move that file away"
            )
        end += len(text)
        yield {key: value for key, value in answer.items() if key != "of"}
    file.seek(end)
    file.truncate()


def _graded(file: BinaryIO, rows: Iterator[Line], grading: Grading, manner: bytes) -> Iterator[Answer]:
    marks: deque[str] = deque()

    def marked() -> Iterator[Line]:
        for line in rows:
            marks.append(_mark(line, manner))
            yield line

    flushed = time.monotonic()
    for answer in answers(marked(), grading):
        file.write(json.dumps({**answer, "of": marks.popleft()}).encode() + b"\n")
        if time.monotonic() > flushed + FLUSH_S:
            file.flush()
            flushed = time.monotonic()
        yield answer


def _manner(grading: Grading) -> bytes:
    """Return what, beside a row, decides its verdict, as bytes to hash."""
    verifiers = {name: load(name).verifier_version for name in names()}  # a row may carry a problem of any family
    stated = asdict(grading) | {"workers": 0, "timeout_s": 0, "verifiers": verifiers}
    return canonical(stated).encode()


def _mark(line: Line, manner: bytes) -> str:
    content = json.dumps([line.sample, line.record], sort_keys=True, default=str).encode()
    return bytes_hash(manner + b"\n" + content)[:16]


def _read(text: bytes) -> dict[str, Any] | None:
    if not text.endswith(b"\n"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
