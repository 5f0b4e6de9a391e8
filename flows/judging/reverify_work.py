"""What one call of re-judging works on, and what its halves share: reading in parts, the change list, doubt.

Not here: what is judged (reverify_rollouts, reverify_witnesses). Law: a part of a question is answered in memory that
does not grow with the ledger.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.judging import reverify_queries as queries
from flows.run import Note
from generators.family import load
from pipeline.fingerprint import content_hash
from pipeline.sampling import Verifier
from pipeline.store.ledger import TABLES, Ledger
from pipeline.store.query import UidRange, stream
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion

REVERIFY_STAGE = 1
"""Version of this stage: raise it when the same recipe would give other rows."""
UNKNOWN = "unknown"
ON_DOUBT = "mend the verifier, or run the same command on a machine that is less busy; what is judged is kept"
"""What to do when too much could not be judged."""


@dataclass(frozen=True)
class Work:
    """One version and the verifiers that judge it again; `ranges` part its uids for questions to the ledger."""

    store: Store
    ledger: Ledger
    version: DatasetVersion
    verifier: Verifier
    verifiers: dict[str, int]
    shard_rows: int
    note: Note
    ranges: Sequence[UidRange]

    @property
    def root(self) -> Path:
        """Return the run root."""
        return self.store.root

    @property
    def recipe(self) -> dict[str, Any]:
        """Return the recipe of the version that stands."""
        return {
            "stage": "reverify",
            "stage_version": REVERIFY_STAGE,
            "families": {name: load(name).family_version for name in self.verifiers},
            "verifiers": self.verifiers,
        }

    def before(self, family: str) -> int | None:
        """Return the verifier version the version was made under, None where its recipe does not say."""
        found = self.version.recipe.get("verifiers", {}).get(family)
        return found if isinstance(found, int) else None

    @property
    def current(self) -> bool:
        """Say whether the version was made under the verifiers that are installed."""
        return all(self.before(family) == number for family, number in self.verifiers.items())

    def ask(self, question: queries.Question, *, rows: int) -> Iterator[pa.Table]:
        """Yield the answers of a question about this version, range of uids by range, in tables of at most `rows`."""
        for part in self.ranges:
            yield from stream(self.root, question(self.version.id, self.verifiers, part), rows=rows)


def write_changes(work: Work, what: str, parts: Iterable[pa.Table | list[dict[str, Any]]]) -> None:
    """Write the whole change list of one kind for this version and these verifiers, replacing an earlier one."""
    name = content_hash(["reverify", work.version.id, work.verifiers])
    run = f"reverify-{work.version.id[:8]}"
    place = 0
    for part in parts:
        table = pa.Table.from_pylist(part) if isinstance(part, list) else part
        if table.num_rows:
            work.ledger.append("changes", table, part=f"{name}-{what}-{place}", run=run)
            place += 1
    while any(path.stem == f"{name}-{what}-{place}" for path in work.ledger.parts("changes", run=run)):
        work.ledger.append("changes", TABLES["changes"].empty_table(), part=f"{name}-{what}-{place}", run=run)
        place += 1
