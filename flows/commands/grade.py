"""What `veriloop grade` prints: its rows, its progress, its summary. Not the grading (grading, graded_file).

Law: rows go to stdout or to a file, everything about them that a program would stumble over to stderr.
"""

from dataclasses import dataclass
from pathlib import Path

from flows.commands.options import progress
from flows.judging.graded_file import grade_into
from flows.judging.grading import Grading, Tally, grade_rows
from flows.progress import bars
from flows.telling.output import dump, err, say

LONG_BYTES = 1_000_000
"""A file of this size is worth a progress bar."""


@dataclass(frozen=True, slots=True)
class Told:
    """Where verdicts go: to a file that a later run goes on with, or to stdout, for people or as JSON."""

    out: Path | None
    as_json: bool


def tell(path: Path, grading: Grading, told: Told) -> None:
    """Grade a file, tell every row in its place and the sum of it.

    Raises:
        ConfigError: for bad input, or a file of which no row can be graded. UndecidedError: when more than 0.1% of
            the rows stayed undecided; they are told first.
    """
    tally = Tally()
    long = path.is_file() and path.stat().st_size > LONG_BYTES
    with progress() if told.out else bars(err) as note:
        heard = note if long and (told.out or not err.is_terminal) else None
        rows = grade_into(told.out, path, grading, note=heard) if told.out else grade_rows(path, grading, note=heard)
        for row in rows:
            tally.add(row)
            if told.out is None and told.as_json:
                dump(row)
            elif told.out is None:
                name = row["row"] if row.get("id") is None else row["id"]
                name = f"{name}[{row['sample']}]" if "sample" in row else name
                say(f"{name!s:>6}  {row['outcome']:<10} {row['reason'].partition(chr(10))[0]}")
    if told.as_json and told.out is not None:
        dump({"out": str(told.out), "rows": tally.outcomes.total(), "outcomes": dict(sorted(tally.outcomes.items()))})
    elif told.as_json:
        err.print("\n".join(tally.lines()), markup=False, highlight=False, soft_wrap=True)
    else:
        say(*tally.lines())
        if told.out is not None:
            say(f"wrote {told.out}")
    tally.check(path)
