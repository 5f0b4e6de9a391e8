"""A config bound to its run root, with its progress: what every stage is handed. Not a stage.

Law: a Run is picklable, and two configs under one name never share a run id.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from flows.config import RunConfig
from pipeline.fingerprint import content_hash
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store

Note = Callable[[str, int, int], None]
"""Progress: (what is being done, done so far, total)."""


def silent(label: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Run:
    """A config bound to its run root; picklable, so that a worker can open the same run."""

    config: RunConfig
    note: Note = silent

    @property
    def root(self) -> Path:
        """The run root."""
        return self.config.data_dir

    @property
    def run_id(self) -> str:
        """The run's name and a hash of its config: two configs under one name never mix."""
        return f"{self.config.name}-{content_hash(self.config.identity())[:8]}"

    @property
    def store(self) -> Store:
        """The versions of this run."""
        return Store(self.root)

    @property
    def ledger(self) -> Ledger:
        """The ledger of this run."""
        return Ledger(self.root)


def record_start(run: Run) -> None:
    """Write the resolved config and the circumstances of the start to the ledger, once per run id."""
    row = {
        "config": json.dumps(run.config.identity(), sort_keys=True),
        "commit": _commit(),
        "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if not run.ledger.read("runs", run=run.run_id).num_rows:
        run.ledger.append("runs", pa.Table.from_pylist([row]), part="start", run=run.run_id)


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parent,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
