"""The ledger: append-only tables below the run root, in Parquet. Not the store of problems, no state of its own.

Law: doing work again replaces the part it wrote and never doubles it; any reader of Parquet folders finds every row.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ConfigError, nearest
from pipeline.fingerprint import content_hash
from pipeline.rollout import ROLLOUT_SCHEMA
from pipeline.score import SCORE_SCHEMA
from pipeline.store.files import TEMPORARY, write_atomic, writing
from pipeline.store.sealed import CHECKED, check_parquet, damaged, read_parquet, write_parquet

CONTEXT_SCHEMA = pa.schema([("run", pa.string()), ("round", pa.int32()), ("arm", pa.string()), ("step", pa.int64())])
"""The columns of every ledger row: the run, its round (from 0), the arm, the training step (0 outside training)."""


def _texts(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


def _in_context(fields: Sequence[tuple[str, pa.DataType]] | pa.Schema) -> pa.Schema:
    return pa.schema([*pa.schema(fields), *CONTEXT_SCHEMA])


TABLES: dict[str, pa.Schema] = {
    "scores": _in_context(SCORE_SCHEMA),
    "rollouts": _in_context(ROLLOUT_SCHEMA),
    "decisions": _in_context(_texts("uid", "stage", "rule", "reason", "action", "detail")),
    "exposures": _in_context(
        [*_texts("uid", "operator"), ("group_n", pa.int32()), ("reward_mean", pa.float64()), ("trained", pa.bool_())]
    ),
    "metrics": _in_context([*_texts("stage", "name"), ("value", pa.float64()), ("unit", pa.string())]),
    "events": _in_context(_texts("kind", "message", "detail")),
    "audits": _in_context(
        [
            ("family", pa.string()),
            ("verifier_version", pa.int32()),
            *_texts("answer_type", "policy", "split", "judge", "kind"),
            *((name, pa.int64()) for name in ("population", "n", "errors", "abstained")),
            *((name, pa.float64()) for name in ("rate", "low", "high", "worst")),
            *_texts("why", "audited_utc"),
        ]
    ),
    "appeals": _in_context(
        [
            *_texts("uid", "policy", "protocol", "judge"),
            ("draw", pa.int32()),
            ("verifier_version", pa.int32()),
            *_texts("status", "reply", "judged_utc"),
        ]
    ),
    "changes": _in_context(
        [
            *_texts("uid", "what", "policy", "protocol"),
            ("draw", pa.int32()),
            ("old_version", pa.int32()),
            ("new_version", pa.int32()),
            *_texts("old_outcome", "new_outcome", "old_reason", "new_reason", "version"),
        ]
    ),
    "rounds": _in_context(_texts("record")),
    "runs": _in_context(_texts("config", "commit", "started_utc")),
    "protocols": _in_context(_texts("protocol", "fields")),
}
"""Schema of every table. `detail`, `record`, `config` and `fields` are JSON text. audits: one row a rate, `kind`
false_accept or false_reject, `population` the verdicts it speaks for, `n` those audited; policy and split "" mean all,
split "open" all but test; rate is null, with `why`, where nothing could be audited. appeals: rejected replies put to a
model judge, `status` pending (judge ""), upheld, overturned or unclear. changes: what a re-judging flipped, `what`
witness, trace or rollout, `version` the version re-judged; old_version is null where it is not known."""


class Ledger:
    """Tables below `root`/ledger/<table>/<run>/<arm>/, one file per part; several processes may append.

    No name of a folder or part starts with "_" or ".", which pandas, pyarrow and Spark pass over. A ledger of an
    earlier veriloop, where "_" stood for no run or arm, is read as it is and renamed when it is next written to.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def append(
        self, table: str, rows: pa.Table, *, part: str, run: str = "", round: int = 0, arm: str = "", step: int = 0
    ) -> None:
        """Write rows as the part called `part` of (table, run, arm), replacing an earlier one of that name.

        `run, round, arm, step` fill those columns where rows lack them; other missing columns become null. Name a
        part by what it comes from: the hash of shard inputs, or the range of steps.

        Raises:
            ConfigError: for an unknown table or column. StoreError: when the disk refuses.
        """
        schema = _schema(table)
        for column in rows.column_names:
            if column not in schema.names:
                raise ConfigError(f"ledger table {table} has no column {column!r}{nearest(column, schema.names)}")
        context: dict[str, str | int] = {"run": run, "round": round, "arm": arm, "step": step}
        whole = pa.table({field.name: _column(rows, field, context) for field in schema}, schema=schema)
        self._rename_old_folders(table)
        for (of_run, of_arm), subset in _by_run_and_arm(whole, default=(run, arm)):
            path = self._folder(table, of_run, of_arm) / f"{_slug(part)}.parquet"
            write_atomic(path, _writer(subset))

    def read(
        self,
        table: str,
        *,
        run: str | None = None,
        round: int | None = None,
        arm: str | None = None,
        part: str | None = None,
        max_step: int | None = None,
        purpose: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return the rows of a table that match every given value; an empty typed table when there are none.

        `max_step` is inclusive. Rows come in order of (run, arm, part name), not of time.

        Raises:
            ConfigError: for an unknown table or column. StoreError: for a part that cannot be read.
        """
        schema = _schema(table)
        wanted = list(columns) if columns is not None else schema.names
        for column in [*wanted, *(["purpose"] if purpose is not None else [])]:
            if column not in schema.names:
                raise ConfigError(f"ledger table {table} has no column {column!r}{nearest(column, schema.names)}")
        keep = _filter(round=round, max_step=max_step, purpose=purpose)
        paths = [path for path in self.parts(table, run=run, arm=arm) if part is None or path.stem == _slug(part)]
        return _read_parts(paths, schema, wanted, keep)

    def parts(self, table: str, *, run: str | None = None, arm: str | None = None) -> list[Path]:
        """Return the files of a table, sorted; an unfinished one is not among them."""
        folder = self.root / "ledger" / table
        found = (path for r in _places(run) for a in _places(arm) for path in folder.glob(f"{r}/{a}/*.parquet"))
        return sorted(path for path in found if not path.name.startswith(TEMPORARY))

    def drop_beyond(
        self, run: str, arm: str, step: int, *, round: int | None = None, tables: Sequence[str] | None = None
    ) -> int:
        """Delete the rows of (run, arm) with a step above `step`, in one round or all; return how many went.

        What a training run restored at `step` calls first. `tables` None means all of them.
        """
        beyond = pc.field("step") > step
        if round is not None:
            beyond = beyond & (pc.field("round") == round)
        dropped = 0
        for table in tables if tables is not None else TABLES:
            for path in self.parts(table, run=run, arm=arm):
                dropped += _drop_rows(path, beyond, step)
        return dropped

    def _rename_old_folders(self, table: str) -> None:
        folder = self.root / "ledger" / table
        for old in [*folder.glob(f"*/{_OLD_NOTHING}"), *folder.glob(_OLD_NOTHING)]:
            with writing(old), suppress(FileNotFoundError):  # another process was first
                old.rename(old.with_name(_NOTHING))

    def _folder(self, table: str, run: str, arm: str) -> Path:
        return self.root / "ledger" / table / _place(run) / _place(arm)


def _schema(table: str) -> pa.Schema:
    if table not in TABLES:
        raise ConfigError(f"no ledger table {table!r}{nearest(table, list(TABLES))}: {', '.join(TABLES)}")
    return TABLES[table]


def _column(rows: pa.Table, field: pa.Field, context: dict[str, str | int]) -> pa.ChunkedArray:
    if field.name in rows.column_names:
        column = rows.column(field.name)
        return column if column.type == field.type else column.cast(field.type)
    value = pa.scalar(context.get(field.name), field.type)
    return pa.chunked_array([pa.repeat(value, rows.num_rows)], type=field.type)


def _by_run_and_arm(table: pa.Table, *, default: tuple[str, str]) -> Iterator[tuple[tuple[str, str], pa.Table]]:
    """Yield the rows of each (run, arm); no rows at all still make an (empty) part, so that work done stays known."""
    pairs = table.select(["run", "arm"]).group_by(["run", "arm"]).aggregate([]).to_pylist()
    if len(pairs) <= 1:
        yield (pairs[0]["run"], pairs[0]["arm"]) if pairs else default, table
        return
    for pair in pairs:
        mask = pc.and_(pc.equal(table["run"], pair["run"]), pc.equal(table["arm"], pair["arm"]))
        yield (pair["run"], pair["arm"]), table.filter(mask)


def _writer(table: pa.Table) -> Callable[[Path], None]:
    return partial(write_parquet, table)


def _filter(*, round: int | None, max_step: int | None, purpose: str | None) -> pc.Expression | None:
    keep = pc.scalar(True)
    if round is not None:
        keep = keep & (pc.field("round") == round)
    if max_step is not None:
        keep = keep & (pc.field("step") <= max_step)
    if purpose is not None:
        keep = keep & (pc.field("purpose") == purpose)
    return keep if (round, max_step, purpose) != (None, None, None) else None


def _read_parts(paths: list[Path], schema: pa.Schema, columns: list[str], keep: pc.Expression | None) -> pa.Table:
    if not paths:
        return schema.empty_table().select(columns)
    import pyarrow.dataset as ds

    check_parquet(paths, unsealed=True)
    checked = ds.ParquetFileFormat(default_fragment_scan_options=ds.ParquetFragmentScanOptions(**CHECKED))
    try:
        source = ds.dataset([str(path) for path in paths], schema=schema, format=checked)
        return source.to_table(columns=columns, filter=keep)
    except (OSError, ValueError, pa.ArrowException) as error:
        for path in paths:  # Arrow does not always name the file
            read_parquet(path, unsealed=True)
        raise damaged(paths[0].parent, error) from error


def _drop_rows(path: Path, beyond: pc.Expression, step: int) -> int:
    steps = read_parquet(path, ["step"], unsealed=True).column("step")
    if not len(steps) or pc.max(steps).as_py() <= step:
        return 0
    table = read_parquet(path, unsealed=True)
    kept = table.filter(~beyond)
    if kept.num_rows == 0:
        with writing(path):
            path.unlink(missing_ok=True)
    elif kept.num_rows < table.num_rows:
        write_atomic(path, _writer(kept))
    return int(table.num_rows - kept.num_rows)


_NOTHING, _OLD_NOTHING = "@none", "_"
"""The folder of rows without a run, or without an arm: no quoted name can be the first."""


def _place(name: str) -> str:
    """Return the folder name of a run or arm."""
    plain = quote(name, safe="").replace(".", "%2E")
    return re.sub("^_", "%5F", plain) or _NOTHING


def _places(name: str | None) -> list[str]:
    """Return the folder names, as patterns, where the rows of a run or arm may lie; None means any."""
    if name is None:
        return ["*"]
    return [_place(name)] if name else [_NOTHING, _OLD_NOTHING]


def _slug(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9-][A-Za-z0-9._-]{0,99}", part) else content_hash(part)
