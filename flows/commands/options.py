"""What the commands share: their common options, the check of a run root, progress. No command.

Law: nothing here reads or writes a root.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from flows.telling.output import err
from pipeline.errors import ConfigError

Json = Annotated[bool, typer.Option("--json", help="print JSON for a program to read")]
Root = Annotated[
    Path, typer.Option("--root", envvar="VERILOOP_ROOT", help="the run root: a run's data_dir, or generate's --out")
]
Workers = Annotated[int, typer.Option(min=1, help="local processes; part of no result")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY.PATH=VALUE", help="override a key; repeatable")]
AnswerType = Annotated[
    str | None, typer.Option("--type", help="answer type of a file's golds; inferred from each when absent")
]
Declare = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="what is declared of a file's answers: order=any, tolerance=1%; repeatable"),
]
Note = Callable[[str, int, int], None]
DAY_S = 86_400
"""The longest wait that an option may name, in seconds."""
FILES = "JSONL, a JSON list, CSV, TSV or Parquet, also .gz, .zst, .bz2 or .xz: known by content, not by name"
DEFAULT_ROOT = Path("data/demo")
INTERRUPTED = 130
"""The exit code of a command that was told to stop."""


def existing(root: Path) -> Path:
    """Return the root, or say that nothing is there.

    Raises:
        ConfigError: when it is no folder.
    """
    if not root.is_dir():
        what = "a file" if root.exists() else "not there"
        raise ConfigError(f"the run root {root} is {what}: name one with --root, or make one with `veriloop run`")
    return root


@contextlib.contextmanager
def progress() -> Iterator[Note]:
    """Draw progress on stderr while the block runs; an interruption ends the command with what to do next."""
    from flows.progress import bars

    try:
        with bars(err) as note:
            yield note
    except KeyboardInterrupt:
        err.print("stopped: the same command goes on from here; nothing finished is done again", highlight=False)
        raise typer.Exit(INTERRUPTED) from None
