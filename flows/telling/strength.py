"""What the commands say about programs with tests: how strong the tests are, and a graded row. Not the judging.

Law: every input row is answered for, in order: measured, or named with its fault.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from generators.programs.case_rows import read_cases
from generators.programs.executions import Executions, Runner
from generators.programs.mutants import Strength, strength
from generators.sandbox.sandbox import Sandbox
from pipeline.choice.difficulty import exact_interval
from pipeline.errors import ConfigError, FamilyError
from pipeline.exchange import programs
from pipeline.exchange.foreign import NeutralRow, RowError

INPUT_CHARS = 80


def strength_rows(
    path: Path,
    *,
    program: str,
    tests: str,
    columns: Mapping[str, str] | None = None,
    limit: int = 100,
    keep: Path | None = None,
    workers: int = 1,
    sandbox: Runner | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield how strong the tests of every row are; `columns` may name entry, setup, prelude and prompt.

    A row that cannot be read, or whose program fails its own tests, is a data error. `keep` is a folder where
    executions are kept by content, so that the same command runs nothing twice.

    Raises:
        ConfigError: for a file that cannot be read or lacks a column. SandboxError: where programs cannot be run.
    """
    with ExitStack() as stack:
        behind = sandbox or stack.enter_context(Sandbox(zygotes=workers))
        runner = stack.enter_context(closing(Executions(behind, folder=keep)))
        for row in programs.read_references(path, program=program, tests=tests, **(columns or {})):
            yield _measured(row, runner, limit, workers)


def _measured(row: NeutralRow | RowError, runner: Runner, limit: int, workers: int) -> dict[str, Any]:
    if isinstance(row, RowError):
        return {"line": row.line, "outcome": "data_error", "reason": row.reason}
    if not row.params["reference"].strip():
        return {"line": row.line, "outcome": "data_error", "reason": "no reference program in this row"}
    try:
        cases = read_cases(row.params["cases"])
        found = strength(row.params["reference"], cases, sandbox=runner, limit=limit, at_once=workers)
    except FamilyError as error:
        return {"line": row.line, "outcome": "data_error", "reason": str(error)}
    return {"line": row.line, "outcome": "measured", "cases": len(cases), **strength_json(found)}


def strength_json(found: Strength) -> dict[str, Any]:
    """Return a strength as a JSON object."""
    low, high = found.interval
    survivors = [
        {
            "line": one.mutant.line,
            "operator": one.mutant.operator,
            "diff": one.mutant.diff,
            "differs_on": None if one.difference is None else one.difference.input,
        }
        for one in found.survivors
    ]
    return {
        "killed": found.killed,
        "total": found.total,
        "score": found.score,
        "low": low,
        "high": high,
        "made": found.made,
        "undecided": found.undecided,
        "survivors": survivors,
        "equal": [{"line": mutant.line, "diff": mutant.diff} for mutant in found.equal],
        "other_inputs": found.other_inputs,
    }


def strength_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a person reads of one row: one line, and one more per survivor."""
    if row["outcome"] == "data_error":
        yield f"{row['line']:>6}  data error  {row['reason']}"
        return
    of_all = "" if row["made"] == row["total"] + row["undecided"] else f" (of {row['made']} made)"
    yield (
        f"{row['line']:>6}  killed {row['killed']} of {row['total']} mutants{of_all}{_share(row)}; "
        f"{row['cases']} cases, {len(row['equal'])} mutants seen equal on {row['other_inputs']} other inputs"
    )
    for one in row["survivors"]:
        shown = "" if one["differs_on"] is None else f"   differs on {str(one['differs_on'])[:INPUT_CHARS]!r}"
        yield f"        line {one['line']}: {one['diff']}{shown}"


def total_line(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the sum over all measured rows as one line."""
    measured = [row for row in rows if row["outcome"] == "measured"]
    killed, total = (sum(row[name] for row in measured) for name in ("killed", "total"))
    if not total:
        return f"{len(measured)} of {len(rows)} rows measured: no mutants"
    low, high = exact_interval(total, killed)
    whole = {"score": killed / total, "low": low, "high": high, "total": total}
    return f"{len(measured)} of {len(rows)} rows measured: killed {killed} of {total} mutants{_share(whole)}"


def check_measured(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a file of which nothing was measured.

    Raises:
        ConfigError: with the first row's fault.
    """
    if not any(row["outcome"] == "measured" for row in rows):
        why = f"line {rows[0]['line']}: {rows[0]['reason']}" if rows else "it has no rows"
        raise ConfigError(f"no row of {path} could be measured ({why}): mend the file or name other columns")


def _share(row: Mapping[str, Any]) -> str:
    """Return the share killed, nothing where there was none to kill."""
    return f", {row['score']:.1%} [{row['low']:.1%}, {row['high']:.1%}]" if row["total"] else ""
