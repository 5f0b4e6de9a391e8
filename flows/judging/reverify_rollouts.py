"""Stored draws and Scores under the installed verifiers: the rollout half of re-judging. Not witnesses, no sampling.

Law: new verdicts are new rows; a draw that we fail to judge is not written and stays stale.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from flows.judging import reverify_queries as queries
from flows.judging.reverify_work import ON_DOUBT, Work
from pipeline.errors import refuse_undecided
from pipeline.fingerprint import content_hash
from pipeline.problem import PROBLEM_SCHEMA, Outcome, Verdict, from_row
from pipeline.rollout import ROLLOUT_SCHEMA, Finish
from pipeline.sampling import Verifier
from pipeline.store.ledger import TABLES


def judge_rollouts(work: Work) -> int:
    """Judge every stored draw that the installed verifiers have not judged; return how many were written.

    A draw that we fail to judge is not written: it stays stale and is judged next time.
    """
    written = failed = 0
    total = sum(table["n"][0].as_py() for table in work.ask(queries.stale_count, rows=1))
    for table in work.ask(queries.stale_rollouts, rows=work.shard_rows):
        verdicts = _verdicts(table, work.verifier)
        name = content_hash(["reverify", work.verifiers, *table.select([*queries.SAID]).to_pydict().values()])
        sure = pa.array([verdict is None or verdict.outcome is not Outcome.UNDECIDED for verdict in verdicts])
        judged = _rejudged(table, verdicts).filter(sure)
        if judged.num_rows:
            work.ledger.append("rollouts", judged, part=name)
        written += judged.num_rows
        failed += table.num_rows - judged.num_rows
        work.note("judge rollouts", written + failed, total)
    refuse_undecided(failed, written + failed, "rollouts", remedy=ON_DOUBT)
    return written


def _verdicts(table: pa.Table, verifier: Verifier) -> list[Verdict | None]:
    """Judge the draws that ended by themselves; None for one that was cut or given up, which is never judged."""
    whole = [finish == Finish.STOP.value for finish in table.column("finish").to_pylist()]
    chosen = table.filter(pa.array(whole))
    rows = {row["uid"]: row for row in chosen.select(PROBLEM_SCHEMA.names).to_pylist()}
    problems = {uid: from_row(row) for uid, row in rows.items()}  # shared by its draws: it travels to a worker once
    asked = [problems[uid] for uid in chosen.column("uid").to_pylist()]
    found = iter(verifier.verify(asked, chosen.column("text").to_pylist()))
    return [next(found) if stopped else None for stopped in whole]


def _rejudged(table: pa.Table, verdicts: Sequence[Verdict | None]) -> pa.Table:
    """Return the rollouts with new verdicts; where there is none, the old one stands under the new version."""
    names = [*ROLLOUT_SCHEMA.names, *queries.CONTEXT]
    columns = {name: table.column(name) for name in names}
    columns["verifier_version"] = table.column("new_version")
    for name in ("outcome", "feasible", "quality", "reason", "extracted"):
        said = [None if verdict is None else getattr(verdict, name) for verdict in verdicts]
        then = table.column(name).to_pylist()
        values = [old if v is None else new for v, new, old in zip(verdicts, said, then, strict=True)]
        plain = [value.value if isinstance(value, Outcome) else value for value in values]
        columns[name] = pa.chunked_array([pa.array(plain, ROLLOUT_SCHEMA.field(name).type)])
    return pa.table(columns).cast(TABLES["rollouts"])


def judge_same(work: Work) -> Iterator[list[dict[str, Any]]]:
    """Judge again what the installed versions have judged; yield the changes, which there should not be."""
    for table in work.ask(queries.judged_rollouts, rows=work.shard_rows):
        judged = _rejudged(table, _verdicts(table, work.verifier))
        pairs = zip(table.select(judged.column_names).to_pylist(), judged.to_pylist(), strict=True)
        yield [
            _change(old, new, version=work.version.id)
            for old, new in pairs
            if old["outcome"] != new["outcome"] != Outcome.UNDECIDED.value
        ]


def _change(old: Mapping[str, Any], new: Mapping[str, Any], *, version: str) -> dict[str, Any]:
    return {
        **{name: old[name] for name in ("uid", "policy", "protocol", "draw")},
        **{"old_version": old["verifier_version"], "new_version": new["verifier_version"]},
        **{f"{age}_{name}": row[name] for age, row in (("old", old), ("new", new)) for name in ("outcome", "reason")},
        **{"what": "rollout", "version": version},
    }


def derive_scores(work: Work) -> int:
    """Append the Scores under the installed verifiers whose draws are all stored; return how many."""
    derived = 0
    for table in work.ask(queries.derived_scores, rows=work.shard_rows):
        rows = table.cast(TABLES["scores"])
        name = rows.select([*queries.KEY, *queries.CONTEXT]).to_pydict().values()
        work.ledger.append("scores", rows, part=content_hash(["reverify", work.verifiers, *name]))
        derived += rows.num_rows
    return derived
