"""What commands print: lines and tables for people, JSON for programs.

Not here: what is said. Law: a stored text is shown as it is, never read as markup, and never stops the printing.
"""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 160
"""Columns of a table that no terminal bounds."""
READABLE = 24
"""Characters of a long cell that a table must have room for side by side."""
RECORDS_SHOWN, RECORD_CELL = 10, 600
"""Rows shown as lists, and characters of one of their values."""

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


def say_records(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows for a person: a table where its columns fit side by side, else each row as a list of its values.

    Of rows that are too wide the first few are shown, and it is said how many were left out.
    """
    width = out.width if out.is_terminal else PIPED_WIDTH
    if _least_width(columns, rows) <= width:
        say_table(columns, rows)
        return
    place = max(map(len, columns))
    for row in rows[:RECORDS_SHOWN]:
        say(*(f"{name:>{place}}  {_shortened(cell)}" for name, cell in zip(columns, row, strict=True)), "")
    shown = min(RECORDS_SHOWN, len(rows))
    say(f"{shown} of {len(rows)} rows, as lists: {len(columns)} columns do not fit side by side. Name fewer columns")


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Return how wide a table must be so that short cells and column names stay whole."""
    longest = [len(name) for name in columns]
    for row in rows:
        longest = [max(most, min(len(str(cell)), READABLE)) for most, cell in zip(longest, row, strict=True)]
    return sum(longest) + 3 * len(longest) + 1


def _shortened(cell: Any) -> str:
    text = " ".join(str("" if cell is None else cell).split())
    return text if len(text) <= RECORD_CELL else text[: RECORD_CELL - 3] + "..."


def dump(value: Any) -> None:
    """Print one JSON document, in ASCII, so that any reader and any terminal takes it."""
    sys.stdout.write(json.dumps(_finite(value), default=str, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    """Return the value with exact decimals (SQL sums) as numbers, and NaN and infinities, which JSON lacks, as None."""
    if isinstance(value, Decimal):
        value = int(value) if value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _printable(text: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
