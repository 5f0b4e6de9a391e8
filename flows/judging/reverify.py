"""Judge what is stored again with the installed verifiers: witnesses and rollouts. Makes no problem, asks no policy.

Law: nothing written is touched: new verdicts are new rows, rows that fail move to a new version's dropped part, all
others stay as they are; after any interruption the same call does what is missing and nothing twice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.judging import reverify_queries as queries
from flows.judging.reverify_rollouts import derive_scores, judge_rollouts, judge_same
from flows.judging.reverify_witnesses import Witnesses
from flows.judging.reverify_work import UNKNOWN, Work, write_changes
from flows.run import Note, silent
from generators.family import check_judged
from pipeline.errors import ConfigError, StoreError
from pipeline.sampling import Verifier
from pipeline.store.files import one_at_a_time
from pipeline.store.ledger import Ledger
from pipeline.store.query import EVERY_UID, query, uid_ranges
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion, recipe_id

SHARD_ROWS = 2000
"""Rows judged at a time; one shard of the store each."""
READ_ROWS = 100_000
"""Rollouts of the ledger, or so, that one question is about."""
CHANGE_ROWS = 50_000
"""Rows of one part of the ledger's changes."""
EXAMPLES = 3


def reverify(
    root: Path,
    ref: str,
    *,
    verifier: Verifier,
    everything: bool = False,
    shard_rows: int = SHARD_ROWS,
    read_rows: int = READ_ROWS,
    note: Note = silent,
) -> dict[str, Any]:
    """Judge a version's witnesses and stored rollouts with the installed verifiers; return what came of it.

    Publishes a version without the rows whose witness fails (dropped by "reverify"), appends new rollouts, the Scores
    that follow from them, and the change list. `everything` also judges what the installed versions have judged, and
    reports verdicts that differ under one version number; it writes no second verdict of one version.

    Raises:
        ConfigError: for a version without rows. FamilyError: for rows that the installed family cannot judge; nothing
            is written then. UndecidedError: when more than 0.1% of the replies could not be judged.
    """
    store = Store(root)
    version = _judged_version(store, store.get(ref), verifier)
    store.check(version)
    if not version.rows:
        raise ConfigError(f"version {version.id} ({version.name}) has no rows: there is nothing to judge again")
    families = sorted({cell.family for cell in version.cells})
    verifiers = {name: verifier.version(name) for name in families}
    ranges = uid_ranges(_count(store.root, "FROM rollouts"), most=read_rows)
    work = Work(store, Ledger(root), version, verifier, verifiers, shard_rows, note, ranges)
    _refuse_unjudged(work)
    with one_at_a_time(work.root / "reverify.lock"):
        return _reverify(work, everything=everything)


def reverify_installed(
    root: Path, ref: str, *, workers: int = 1, everything: bool = False, note: Note = silent
) -> dict[str, Any]:
    """Do `reverify` with the verifiers of the installed families, in `workers` killable processes."""
    from generators.judge_pool import PooledVerifier

    with PooledVerifier(workers=workers) as verifier:
        return reverify(root, ref, verifier=verifier, everything=everything, note=note)


def _judged_version(store: Store, version: DatasetVersion, verifier: Verifier) -> DatasetVersion:
    """Return the version to judge: for one that this stage made with the installed verifiers, what it was made from."""
    recipe = version.recipe
    if recipe.get("stage") != "reverify" or len(version.inputs) != 1:
        return version
    if any(verifier.version(name) != number for name, number in recipe["verifiers"].items()):
        return version
    try:
        return store.get(version.inputs[0])
    except StoreError:  # collected since: the version stands for itself
        return version


def _refuse_unjudged(work: Work) -> None:
    """Raise FamilyError for a (family, family_version) among the rows that the installed family cannot judge."""
    seen: set[tuple[str, int]] = set()
    for table in work.store.batches(work.version, rows=100_000, columns=["family", "family_version"]):
        seen.update(zip(*(column.to_pylist() for column in table.columns), strict=True))
    for family, number in sorted(seen):
        check_judged(family, number)


def _reverify(work: Work, *, everything: bool) -> dict[str, Any]:
    publishes = everything or not work.current
    known = work.store.find(recipe_id(work.recipe, [work.version.id])) if publishes else work.version
    judged = judge_rollouts(work)
    derived = derive_scores(work)
    if everything:
        write_changes(work, "same", judge_same(work))
    write_changes(work, "rollout", work.ask(queries.flips, rows=CHANGE_ROWS))  # a kill may have come before the last
    new = known or Witnesses(work).publish()
    if publishes:
        work.store.point(work.version.name, new)
    told = {"witnesses_judged": work.version.rows if known is None else 0, "rollouts_judged": judged}
    return {**told, "scores_derived": derived, **_summary(work, new)}


def _summary(work: Work, new: DatasetVersion) -> dict[str, Any]:
    """Return what the ledger says of this version under the installed verifiers: versions, counts, examples."""
    changed = queries.changed(work.version.id, work.verifiers, EVERY_UID)
    moved = _together(work.ask(queries.transitions, rows=READ_ROWS), sums=("n", "requalified"))
    stale = _together(work.ask(queries.stale_scores, rows=READ_ROWS), sums=("n",), most=("draws",))
    failing = f"SELECT family, new_outcome, count(*)::BIGINT n FROM ({changed}) WHERE what <> 'rollout' GROUP BY ALL"
    examples = (  # a few of every kind
        f"SELECT * FROM ({changed}) QUALIFY row_number() OVER (PARTITION BY what, family, old_outcome, new_outcome "
        f"ORDER BY uid, policy, draw) <= {EXAMPLES} ORDER BY what DESC, family, old_outcome, new_outcome, uid, draw"
    )
    verifiers = [
        {"family": name, "before": work.before(name) or UNKNOWN, "now": now,
         "rows": sum(count for cell, count in work.version.cells.items() if cell.family == name)}
        for name, now in work.verifiers.items()
    ]  # fmt: skip
    return {
        "judged": work.version.id,
        "version": new.id,
        "name": new.name,
        "root": str(work.root),
        "rows": new.rows,
        "dropped": new.dropped.get("reverify", 0) if new.id != work.version.id else 0,
        "verifiers": verifiers,
        "failing_witnesses": query(work.root, f"{failing} ORDER BY ALL").to_pylist(),
        "rollouts": sorted(moved, key=lambda row: tuple(row.values())),
        "changes": _count(work.root, changed),
        "changes_under_one_version": _count(work.root, f"FROM ({changed}) WHERE old_version = new_version"),
        "examples": query(work.root, examples).to_pylist(),
        "stale_scores": sorted(stale, key=lambda row: (-row["n"], row["policy"], row["protocol"])),
    }


def _together(tables: Iterable[pa.Table], *, sums: Sequence[str], most: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return groups counted range by range as groups of the whole: sums added, of `most` the highest."""
    whole: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in (row for table in tables for row in table.to_pylist()):
        key = tuple(value for name, value in row.items() if name not in (*sums, *most))
        known = whole.setdefault(key, row)
        if known is not row:
            known.update({name: known[name] + row[name] for name in sums})
            known.update({name: max(known[name], row[name]) for name in most})
    return list(whole.values())


def _count(root: Path, sql: str) -> int:
    return int(query(root, f"SELECT count(*) n FROM ({sql})")["n"][0].as_py())
