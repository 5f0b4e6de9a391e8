"""The commands that ask without changing anything: query, doctor. What they ask lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import DEFAULT_ROOT, Json, Root, existing
from flows.telling.output import dump, say, say_records
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

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
        _refuse_repeated(found.column_names)
        dump(found.to_pylist())
        return
    if csv:
        sys.stdout.flush()
        pyarrow.csv.write_csv(_flat(found), sys.stdout.buffer)
        return
    columns = [column.slice(0, ROWS_SHOWN).to_pylist() for column in found.columns]
    say_records(found.column_names, list(zip(*columns, strict=True)))
    if found.num_rows > ROWS_SHOWN:
        say(f"{ROWS_SHOWN} of {found.num_rows} rows shown: use --csv, --json or LIMIT")


def _refuse_repeated(names: list[str]) -> None:
    """Raise ConfigError for a name that stands for two columns, of which a JSON object would lose one."""
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{names.count(name)} columns are called {name!r}: give each its name with AS")


def _flat(table: "pa.Table") -> "pa.Table":
    """Return a table whose lists and structs, which CSV has no cells for, are JSON text."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            cells = [None if cell is None else json.dumps(cell, default=str) for cell in table[field.name].to_pylist()]
            table = table.set_column(place, field.name, pa.array(cells, pa.string()))
    return table


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
