"""What commands print: lines and tables for people, JSON for programs.

Not here: what is said. Law: a stored text is shown as it is, never read as markup, and never stops the printing.
"""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 160
"""Columns of a table that no terminal bounds."""

out = Console()
err = Console(stderr=True)


def say(*lines: str) -> None:
    """Print lines for a person, without markup and unbroken, so that paths can be copied."""
    for line in lines:
        out.print(_printable(line), markup=False, highlight=False, soft_wrap=True)


def say_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Print a table for a person; cells are text, never markup."""
    table = Table(*columns, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*(Text(_printable("" if cell is None else str(cell))) for cell in row))
    console = out if out.is_terminal else Console(width=PIPED_WIDTH)  # print's own width only narrows
    console.print(table)


def dump(value: Any) -> None:
    """Print one JSON document, in ASCII, so that any reader and any terminal takes it."""
    sys.stdout.write(json.dumps(_finite(value), default=str, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    """Return the value with NaN and infinities, which JSON lacks, as None."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _printable(text: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
