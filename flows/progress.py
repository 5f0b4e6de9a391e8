"""Progress for people: rich bars fed by notes, from this process or from worker processes through small files.

Not a log. Law: showing progress never changes or slows a result.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Note = Callable[[str, int, int], None]


@dataclass(frozen=True)
class FileNote:
    """A Note for a worker process: the latest state in one small file, replaced whole."""

    path: Path

    def __call__(self, label: str, done: int, total: int) -> None:
        """Write where the work stands; a failure to write is no failure of the work."""
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(json.dumps([label, done, total]), encoding="utf-8")
            temporary.replace(self.path)


@contextlib.contextmanager
def bars(console: Console) -> Iterator[Note]:
    """Show one bar per label; where the console is no terminal, print lines: now and then, and when one completes."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (
        TextColumn("{task.description:<34}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, object] = {}

        def note(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = progress.add_task(label, total=total)
            progress.update(tasks[label], completed=done, total=total)  # type: ignore[arg-type]

        yield note


FIRST_LINE_S, LAST_GAP_S = 10.0, 300.0
"""The first line about work under way comes after so long; the gaps double up to the last."""


def _lines(console: Console, clock: Callable[[], float] = time.monotonic) -> Note:
    complete: set[str] = set()
    begun: dict[str, tuple[float, int]] = {}
    due: dict[str, float] = {}

    def note(label: str, done: int, total: int) -> None:
        now = clock()
        start, first = begun.setdefault(label, (now, done))
        if done >= total and label not in complete:
            complete.add(label)
            console.print(f"{label}: {total}", markup=False, highlight=False)
        elif done < total and now >= due.setdefault(label, now + FIRST_LINE_S):
            due[label] = now + min(max(now - start, FIRST_LINE_S), LAST_GAP_S)
            left = f", about {spoken((now - start) * (total - done) / (done - first))} to go" if done > first else ""
            console.print(f"{label}: {done} of {total}{left}", markup=False, highlight=False, soft_wrap=True)

    return note


def spoken(seconds: float) -> str:
    """Return a duration for people, such as "40 s", "12 min" or "3.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


@contextlib.contextmanager
def watched(folder: Path, note: Note, every_s: float = 0.5) -> Iterator[None]:
    """Forward the FileNotes below a folder to a Note until the block ends, the last ones included."""
    stop = threading.Event()

    def poll() -> None:
        ended = False
        while not ended:
            ended = stop.wait(every_s)
            for path in sorted(folder.glob("*.json")):
                with contextlib.suppress(OSError, ValueError):
                    label, done, total = json.loads(path.read_text(encoding="utf-8"))
                    note(label, done, total)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
