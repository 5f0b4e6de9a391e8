"""Witnesses and traces of a version under the installed verifiers: judged by shard, published without those that fail.

Not stored replies (reverify_rollouts). Law: what a shard of the store holds is not judged again; a version appears
whole or not at all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.judging.audited import carried_noise
from flows.judging.reverify_work import ON_DOUBT, UNKNOWN, Work, write_changes
from generators.witness import own_replies
from pipeline.errors import refuse_undecided
from pipeline.fingerprint import content_hash
from pipeline.problem import Outcome, from_table
from pipeline.sampling import Verifier
from pipeline.store.quality import quality_report
from pipeline.store.version import DROPPED_SCHEMA, DatasetVersion

_FAULTS = pa.schema([(name, pa.string()) for name in ("uid", "what", "outcome", "reason")])


class Witnesses:
    """The witnesses and traces of a version, judged shard by shard: what a shard holds is not judged again."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._doubtful: dict[int, pa.Table] = {}

    def publish(self) -> DatasetVersion:
        """Judge every row, write the changes, publish the rows that stand, and those that fail as dropped.

        Raises:
            UndecidedError: when too many could not be judged; those shards are judged again next time.
        """
        work, quality = self.work, self._judge()
        write_changes(work, "witness", (self._changes(table, faults) for table, faults in self._shards()))
        return work.store.publish(
            work.version.name,
            recipe=work.recipe,
            inputs=[work.version.id],
            parents=[work.version.id],
            rows=(_kept(table, faults) for table, faults in self._shards()),
            dropped=(_dropped(table, faults) for table, faults in self._shards() if faults.num_rows),
            quality=quality | carried_noise(work.store.root, {cell.family for cell in work.version.cells}),
        )

    def _judge(self) -> dict[str, Any]:
        """Judge what no shard holds and return the quality report of the rows that stand."""
        done = undecided = 0
        quality = quality_report([])
        for table, faults in self._shards():
            done += table.num_rows
            undecided += faults.column("outcome").to_pylist().count(Outcome.UNDECIDED.value)
            refuse_undecided(undecided, self.work.version.rows, "witnesses", remedy=ON_DOUBT)
            quality = _added(quality, quality_report(from_table(_kept(table, faults))))
            self.work.note(f"judge {self.work.version.name}", done, self.work.version.rows)
        return quality

    def _shards(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Yield rows and their faults, in order."""
        work = self.work
        for place, table in enumerate(work.store.batches(work.version, rows=work.shard_rows)):
            key = content_hash(["reverify", work.recipe, work.version.id, work.shard_rows, place])
            faults = self._doubtful[place] if place in self._doubtful else work.store.read_shard(key)
            if faults is None:
                faults = _faults(table, work.verifier)
                if Outcome.UNDECIDED.value in faults.column("outcome").to_pylist():
                    self._doubtful[place] = faults  # our failure is no finding: it is judged again next time
                else:
                    work.store.write_shard(key, faults)
            yield table, faults

    def _changes(self, table: pa.Table, faults: pa.Table) -> list[dict[str, Any]]:
        """Return the rows of the ledger's changes for witnesses that fail."""
        before = Outcome.CORRECT.value if _lawful(self.work.version) else UNKNOWN
        families = dict(zip(table.column("uid").to_pylist(), table.column("family").to_pylist(), strict=True))
        same = {"old_outcome": before, "old_reason": "", "version": self.work.version.id}
        return [
            {
                **same,
                **{name: fault[name] for name in ("uid", "what")},
                **{f"new_{name}": fault[name] for name in ("outcome", "reason")},
                "old_version": self.work.before(families[fault["uid"]]),
                "new_version": self.work.verifiers[families[fault["uid"]]],
            }
            for fault in faults.to_pylist()
        ]


def _lawful(version: DatasetVersion) -> bool:
    """Say whether publishing the version took witnesses that pass."""
    rules = {rule["name"] for rule in version.recipe.get("rules", ())}
    return version.recipe.get("stage") == "reverify" or "lawful" in rules


def _added(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """Return the quality report of two parts together."""
    counts = Counter(a["certificates"]) + Counter(b["certificates"])
    most = {key: max(a[key], b[key]) for key in a if key.startswith("max_")}
    sums = {key: a[key] + b[key] for key in a if key not in most and key != "certificates"}
    return {**sums, **most, "certificates": dict(sorted(counts.items()))}


def _faults(table: pa.Table, verifier: Verifier) -> pa.Table:
    """Return the first own reply of each row that its verifier does not accept."""
    pairs = [(problem, what, reply) for problem in from_table(table) for what, reply in own_replies(problem).items()]
    verdicts = verifier.verify([problem for problem, _, _ in pairs], [reply for _, _, reply in pairs])
    first: dict[str, dict[str, str]] = {}
    for (problem, what, _), verdict in zip(pairs, verdicts, strict=True):
        if verdict.outcome is not Outcome.CORRECT:
            row = {"uid": problem.uid, "what": what, "outcome": verdict.outcome.value, "reason": verdict.reason}
            first.setdefault(problem.uid, row)
    return pa.Table.from_pylist(list(first.values()), schema=_FAULTS)


def _kept(table: pa.Table, faults: pa.Table) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table.column("uid"), value_set=faults.column("uid").combine_chunks())))


def _dropped(table: pa.Table, faults: pa.Table) -> pa.Table:
    why = {row["uid"]: row for row in faults.to_pylist()}
    rows = [
        {**row, "rule": "reverify", "reason": _clause(why[row["uid"]])}
        for row in table.to_pylist()
        if row["uid"] in why
    ]
    return pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA)


def _clause(fault: Mapping[str, str]) -> str:
    reason = (fault["reason"].strip().splitlines() or [""])[-1]  # of a traceback, what was raised
    return f"{fault['what']} judged {fault['outcome']}" + (f": {reason}" if reason else "")
