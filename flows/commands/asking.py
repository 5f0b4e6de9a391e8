"""The commands that ask without changing anything: query, doctor. What they ask lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

import sys
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_ROOT, Json, Root, existing
from flows.telling.output import dump, say, say_table

asking = typer.Typer()


ROWS_SHOWN = 200


@asking.command()
def query(
    sql: Annotated[str, typer.Argument(help="one SELECT over problems, scores, rounds, ... (SHOW TABLES lists them)")],
    root: Root = DEFAULT_ROOT,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="print CSV")] = False,
) -> None:
    """Ask the ledger and the versions a question in SQL."""
    import pyarrow.csv

    from pipeline.store.query import query as ask

    found = ask(existing(root), sql)
    if as_json:
        dump(found.to_pylist())
        return
    if csv:
        sys.stdout.flush()
        pyarrow.csv.write_csv(found, sys.stdout.buffer)
        return
    say_table(found.column_names, (row.values() for row in found.slice(0, ROWS_SHOWN).to_pylist()))
    if found.num_rows > ROWS_SHOWN:
        say(f"{ROWS_SHOWN} of {found.num_rows} rows shown: use --csv, --json or LIMIT")


@asking.command()
def doctor(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Check this installation: versions, engines, disk, families, stored versions."""
    from flows.inspection.doctor import examine

    rows = examine(root)
    if as_json:
        dump(rows)
    else:
        for row in rows:
            say(f"{'ok  ' if row['ok'] else 'FAIL'}  {row['check']:<24} {row['found']}")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)
