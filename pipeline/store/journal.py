"""Replies that came and are not in the ledger yet, a line each: what a broken-off measurement has already paid for.

Not the ledger, and no verdicts. Law: a line that was written is read again after any end of the process; one that was
half written counts as not written. One process at a time holds a journal.
"""

import fcntl
import json
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from pipeline.errors import StoreError
from pipeline.rollout import Completion, Finish
from pipeline.store.files import write_atomic, writing

Key = tuple[str, int]
"""(uid, draw)."""


class Journal:
    """The replies of one way of asking, by (uid, draw); a context manager. `add` may be called by many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: dict[Key, Completion] = {}
        self._file: IO[bytes] | None = None
        self._held: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Take hold of the journal and read what an earlier process left.

        Raises:
            StoreError: while another process holds it.
        """
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._held = self._path.with_suffix(".lock").open("ab")
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._held.close()
                raise StoreError(
                    f"{self._path} is held: another process measures the same policy in the same way below this root; "
                    "wait until it has ended, then run the same command again"
                ) from None
        if self._path.exists():
            self._kept = dict(_read_lines(self._path))
        self._rewrite()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let go of the journal; an empty one is deleted, its lock stays."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
            if not self._kept:
                self._path.unlink(missing_ok=True)
        if self._held is not None:
            self._held.close()

    def get(self, uid: str, draw: int) -> Completion | None:
        """Return the reply to a draw, None where none came."""
        return self._kept.get((uid, draw))

    def add(self, uid: str, draw: int, completion: Completion) -> None:
        """Write one reply down; from then on no end of the process loses it."""
        line = json.dumps({"uid": uid, "draw": draw, **_plain(completion)}).encode() + b"\n"
        with self._lock:
            if self._file is None:  # a call that came back after its measurement ended
                return
            with writing(self._path):
                self._file.write(line)
                self._file.flush()
            self._kept[uid, draw] = completion

    def forget(self, done: Callable[[str, int], bool]) -> None:
        """Take out the replies that the ledger holds by now."""
        with self._lock:
            kept = {key: completion for key, completion in self._kept.items() if not done(*key)}
            if len(kept) < len(self._kept):
                self._kept = kept
                self._rewrite()

    def _rewrite(self) -> None:
        lines = (json.dumps({"uid": u, "draw": d, **_plain(c)}).encode() + b"\n" for (u, d), c in self._kept.items())
        write_atomic(self._path, b"".join(lines))
        if self._file is not None:
            self._file.close()
        with writing(self._path):
            self._file = self._path.open("ab")


def _plain(completion: Completion) -> dict[str, Any]:
    """Return the fields of a completion that are not at their default, as JSON values."""
    found: dict[str, Any] = {"text": completion.text, "finish": completion.finish.value}
    for field in fields(Completion)[2:]:
        value = getattr(completion, field.name)
        if isinstance(value, np.ndarray):
            found[field.name] = value.tolist()
        elif value != field.default:
            found[field.name] = value
    return found


_ARRAYS = {"token_ids": np.int32, "logprobs": np.float32, "prompt_ids": np.int32}


def _read_lines(path: Path) -> list[tuple[Key, Completion]]:
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            row = json.loads(line)
            key = (str(row.pop("uid")), int(row.pop("draw")))
            row["finish"] = Finish(row["finish"])
            arrays = {name: np.array(row[name], dtype=kind) for name, kind in _ARRAYS.items() if name in row}
            found.append((key, Completion(**{**row, **arrays})))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # half a line: its reply is asked for again
    return found


def journal_path(root: Path, name: str) -> Path:
    """Return where the journal of a way of asking is kept."""
    return root / "replies" / f"{name}.jsonl"
