"""SQL over everything below a run root: versions and ledger as read-only DuckDB views. Nothing is written here.

The one import of duckdb. Law: a question changes nothing and reads nothing outside the run root; a root with
nothing in it answers with empty, typed views.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ConfigError, StoreError, nearest
from pipeline.fingerprint import canonical
from pipeline.problem import PROBLEM_SCHEMA
from pipeline.store.files import TEMPORARY, file_clock, may_be_written, temporary_name
from pipeline.store.ledger import TABLES, Ledger
from pipeline.store.sealed import check_parquet
from pipeline.store.store import Part, Store
from pipeline.store.trust import check_files
from pipeline.store.version import DROPPED_SCHEMA, DatasetVersion

VERSIONS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "name", "recipe_id", "recipe")),
        *((name, pa.list_(pa.string())) for name in ("inputs", "parents")),
        *((name, pa.int64()) for name in ("rows", "cells", "dropped")),
        *((name, pa.string()) for name in ("dropped_by_rule", "quality", "created_utc", "circumstances")),
    ]
)
"""Columns of the view `versions`: counts as integers; recipe, dropped_by_rule, quality, circumstances are JSON text."""

CELLS_SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("family", pa.string()),
        ("level", pa.int32()),
        ("region", pa.string()),
        ("split", pa.string()),
    ]
)
"""Columns of the view `cells`: where a problem belongs; test if any version says so."""
_OF_VERSION = [("version", pa.string()), ("name", pa.string())]
VIEWS: dict[str, pa.Schema] = {
    "problems": pa.schema([*PROBLEM_SCHEMA, *_OF_VERSION]),
    "dropped": pa.schema([*DROPPED_SCHEMA, *_OF_VERSION]),
    "versions": VERSIONS_SCHEMA,
    "cells": CELLS_SCHEMA,
    **TABLES,
    "scores": pa.schema([*TABLES["scores"], *list(CELLS_SCHEMA)[1:]]),
}
"""Columns of every view. `problems` has a row for every version that holds a problem, `cells` one a problem; a row of
`scores` carries its problem's cell and split, so that no join is needed. `ledger.scores` are the stored columns alone.
"""

_SPILLED = "veriloop-duckdb"
_MISSING = re.compile(r'Table with name "?(\w+)|Referenced (?:column|table) "(\w+)"|a column named "(\w+)"')


def connect(root: Path | str) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database whose views show the run root as it is now; parts written later are not seen.

    Files outside the root cannot be opened and settings are locked. Statements of the connection itself may
    still copy *into* the root: hand user text to `query`, which takes SELECT alone.

    Raises:
        StoreError: when a stored file cannot be read.
    """
    root = Path(root).resolve()
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            # a folder of its own: before DuckDB 2, two processes that spill into one overwrite each other
            "temp_directory": str(Path(tempfile.gettempdir()) / temporary_name(_SPILLED)),
        }
    )
    try:
        _create_views(connection, root)
    except duckdb.Error as error:
        connection.close()
        raise _unreadable(root, error) from error
    connection.execute(f"SET allowed_directories = [{quoted(str(root / 'versions'))}, {quoted(str(root / 'ledger'))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def asking(root: Path | str, sql: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what `connect` opens for the block, where a question that fails is one clear error.

    First the stored files are compared with the hashes they carry, for DuckDB reads whatever it finds: those of the
    views that `sql` names, or all; a file that this process has compared is not read again.

    Raises:
        ConfigError: for bad SQL, naming the nearest view or column.
        StoreError: when a stored file is damaged or cannot be read, or there is no room for the answer.
    """
    _check_stored(Path(root), VIEWS if sql is None else re.findall(r"\w+", sql.lower()))
    with connect(root) as connection:
        try:
            yield connection
        except duckdb.OutOfMemoryException as error:
            raise StoreError(f"no memory for that question ({_first_line(error)}): ask about fewer rows") from error
        except pa.ArrowException as error:
            raise _unreadable(root, error) from error
        except duckdb.Error as error:
            if type(error) is duckdb.Error or isinstance(error, duckdb.IOException):  # the first is a damaged page
                raise _unreadable(root, error) from error
            raise ConfigError(_explain(error)) from error


def _check_stored(root: Path, views: Iterable[str]) -> None:
    """Raise StoreError at the first damaged file behind some views."""
    named, store, ledger = set(views), Store(root), Ledger(root)
    if named & _OF_VERSIONS:
        for version in store.versions():
            check_files(store.folder(version), version, fresh=False)
    check_parquet((part for table in TABLES if table in named for part in ledger.parts(table)), unsealed=True)


_OF_VERSIONS = {"problems", "dropped", "cells", "scores"}
"""The views that read files of versions."""


def left_behind(place: Path | None = None) -> list[Path]:
    """Return the folders of questions whose process was killed, which nobody else removes; in the usual place.

    A question that ends, or fails, removes its own.
    """
    place = place or Path(tempfile.gettempdir())
    now, found = file_clock(place), place.glob(f"{TEMPORARY}*-{_SPILLED}")
    return [path for path in found if not may_be_written(path, now=now) and os.access(path, os.W_OK)]


def query(root: Path | str, sql: str) -> pa.Table:
    """Answer one SELECT (also DESCRIBE, SUMMARIZE, SHOW) over the views of a run root.

    Raises:
        ConfigError: for anything but one SELECT. ConfigError, StoreError: as `asking` does.
    """
    with asking(root, sql) as connection:
        _refuse_all_but_select(connection, sql)
        return connection.sql(sql).to_arrow_table()


def stream(root: Path | str, sql: str, *, rows: int = 10_000) -> Iterator[pa.Table]:
    """Yield the answer of one SELECT in tables of at most `rows`, for answers that do not fit in memory.

    It sees the root as it is when the first table is asked for; raises what `query` raises.
    """
    with asking(root, sql) as connection:
        _refuse_all_but_select(connection, sql)
        for batch in connection.sql(sql).to_arrow_reader(rows):
            yield pa.Table.from_batches([batch])


class UidRange(NamedTuple):
    """Uids from `low` on, below `high`: what of a large question is asked at once."""

    low: str
    high: str

    def holds(self, column: str = "uid") -> str:
        """Return the SQL condition that a column of uids is within."""
        return f"({column} >= {quoted(self.low)} AND {column} < {quoted(self.high)})"


EVERY_UID = UidRange("", "~")


def uid_ranges(rows: int, *, most: int) -> list[UidRange]:
    """Return ranges of uids, together all, that hold some `most` of so many rows each: uids are hexadecimal hashes."""
    parts = min(1 + max(rows - 1, 0) // most, 16**4)
    edges = [EVERY_UID.low, *(f"{place * 16**4 // parts:04x}" for place in range(1, parts)), EVERY_UID.high]
    return [UidRange(*pair) for pair in pairwise(edges)]


def _refuse_all_but_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise ConfigError(f"{len(statements)} statements where one is asked for: give one SELECT")
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        raise ConfigError(f"{kind.name} is not allowed, views are read-only: use SELECT, DESCRIBE, SUMMARIZE or SHOW")


_PARTS: tuple[tuple[str, Part], ...] = (("problems", "rows"), ("dropped", "dropped"))


def _create_views(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    store, ledger = Store(root), Ledger(root)
    versions = store.versions()
    _create_table(connection, "versions", pa.Table.from_pylist([_row(v) for v in versions], schema=VERSIONS_SCHEMA))
    for view, part in _PARTS:
        files = [path for version in versions for path in store.part_files(version, part)]
        if not files:
            _create_table(connection, view, VIEWS[view].empty_table())
            continue
        connection.execute(
            f"CREATE VIEW {view} AS SELECT p.* EXCLUDE (filename), v.id AS version, v.name AS name "
            f"FROM {_parquet(files)} p JOIN versions v "
            "ON v.id = regexp_extract(p.filename, '.*/versions/([0-9a-f]+)/', 1)"  # the last one: roots have any name
        )
    rows = [path for version in versions for path in store.part_files(version, "rows")]
    connection.execute(f"CREATE VIEW cells AS {_CELLS.format(_parquet(rows) if rows else 'problems')}")
    connection.execute("CREATE SCHEMA ledger")
    for table, schema in TABLES.items():
        place = "ledger.scores" if table == "scores" else table
        if found := ledger.parts(table):
            connection.execute(f"CREATE VIEW {place} AS {_ledger_rows(table, found)}")
        else:
            _create_table(connection, place, schema.empty_table())
    connection.execute("CREATE VIEW scores AS SELECT * FROM ledger.scores LEFT JOIN cells USING (uid)")


_CELLS = (
    "SELECT uid, min(family) AS family, min(level) AS level, min(region) AS region, "
    "CASE WHEN bool_or(split = 'test') THEN 'test' ELSE min(split) END AS split FROM {} GROUP BY uid"
)
_LATER: dict[str, dict[str, str]] = {"scores": {"refused": "INTEGER"}}
"""Counts that an earlier ledger's tables lack, with their SQL type; they are 0 there."""


def _ledger_rows(table: str, files: list[Path]) -> str:
    later = _LATER.get(table, {})
    columns = [f"coalesce({name}, 0) AS {name}" if name in later else f'"{name}"' for name in TABLES[table].names]
    if not later:
        return f"SELECT {', '.join(columns)} FROM {_parquet(files)}"
    typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in later.items())
    stored = f"SELECT * FROM {_parquet(files, by_name=True)}"
    return f"SELECT {', '.join(columns)} FROM (SELECT {typed} WHERE false UNION ALL BY NAME {stored})"


def _create_table(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("incoming", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")


def _row(version: DatasetVersion) -> dict[str, object]:
    return {
        "id": version.id,
        "name": version.name,
        "recipe_id": version.recipe_id,
        "recipe": canonical(version.recipe),
        "inputs": list(version.inputs),
        "parents": list(version.parents),
        "rows": version.rows,
        "cells": len(version.cells),
        "dropped": sum(version.dropped.values()),
        "dropped_by_rule": canonical(version.dropped),
        "quality": canonical(version.quality),
        "created_utc": version.created_utc,
        "circumstances": canonical(version.circumstances),
    }


def _parquet(files: list[Path], *, by_name: bool = False) -> str:
    listed = ", ".join(quoted(str(path)) for path in files)
    return f"read_parquet([{listed}], hive_partitioning = false, filename = true, union_by_name = {by_name})"


def quoted(text: str) -> str:
    """Return a text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0]


def _unreadable(root: Path | str, error: Exception) -> StoreError:
    if _SPILLED in str(error):
        place = tempfile.gettempdir()
        return StoreError(
            f"no room to work in {place} ({_first_line(error)}): free space, or set TMPDIR to another folder"
        )
    return StoreError(
        f"{_damaged(Path(root))} cannot be read ({_first_line(error)}): delete it and run its stage again"
    )


def _damaged(root: Path) -> str:
    """Return the name of the first stored file that cannot be read to its end: DuckDB does not always tell."""
    store, ledger = Store(root), Ledger(root)
    stored = (path for version in store.versions() for _, part in _PARTS for path in store.part_files(version, part))
    for path in chain(stored, *map(ledger.parts, TABLES)):
        try:
            with pq.ParquetFile(path) as file:
                for _ in file.iter_batches():
                    pass
        except (OSError, pa.ArrowException):
            return str(path)
    return f"a file below {root}"


def _explain(error: duckdb.Error) -> str:
    """Return DuckDB's first line and the nearest name of ours."""
    message = _first_line(error)
    if "Ambiguous reference" in message:
        return f"{message}; scores carries family, level, region and split itself: leave the join out, or name the view"
    found = _MISSING.search(message)
    if found is None:
        return f"{message} (views: {', '.join(sorted(VIEWS))})"
    if found[1]:
        return f"no view {found[1]!r}{nearest(found[1], sorted(VIEWS))}: {', '.join(sorted(VIEWS))}"
    name = found[2] or found[3]
    holders = [view for view, schema in VIEWS.items() if name in schema.names]
    if holders:
        return f"no column {name!r} in this query: {', '.join(holders)} {_have(holders)} it{_joined(holders)}"
    columns = sorted({column for schema in VIEWS.values() for column in schema.names})
    return f"no column {name!r} in this query{nearest(name, columns)} (`DESCRIBE scores` lists those of a view)"


def _have(holders: list[str]) -> str:
    return "has" if len(holders) == 1 else "have"


def _joined(holders: list[str]) -> str:
    """Say how to reach the columns of a problem without counting a row twice."""
    if "cells" in holders:
        return " (JOIN cells USING (uid) doubles nothing: it has one row a problem)"
    return " (problems has a row for every version: join with WHERE version = ...)" if "problems" in holders else ""
