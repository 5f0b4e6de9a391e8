"""Progress for people: rich bars fed by notes, from this process or from worker processes through small files.

Not a log. Law: showing progress never changes or slows a result.
"""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
    """Show one bar per label; where the console is no terminal, print a line when a label completes."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (
        TextColumn("{task.description:<34}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, object] = {}

        def note(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = progress.add_task(label, total=total)
            progress.update(tasks[label], completed=done, total=total)  # type: ignore[arg-type]

        yield note


def _lines(console: Console) -> Note:
    complete: set[str] = set()

    def note(label: str, done: int, total: int) -> None:
        if done >= total and label not in complete:
            complete.add(label)
            console.print(f"{label}: {total}", markup=False, highlight=False)

    return note


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
