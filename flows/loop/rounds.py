"""Rounds on disk: the loop's only state between rounds. Not what a round does (loop), nor how it is told (evidence).

Law: a record stands for a round only while config, arm, start and code are those it came from.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.config import ArmConfig
from flows.run import Run
from generators.family import load
from pipeline.fingerprint import content_hash
from pipeline.store.files import write_atomic

LOOP_STAGE = 3
"""Version of the loop: raise it when the same config would give other rounds."""


def round_path(run: Run, arm: str, number: int) -> Path:
    """Return where a Round is kept."""
    return run.root / "rounds" / run.run_id / f"{arm}-{number}.json"


def round_key(run: Run, arm: ArmConfig, number: int, start: Path) -> str:
    """Return the hash of all that a Round comes from: config, arm, start, and the versions of what makes and judges."""
    families = {
        cell.family: [load(cell.family).family_version, load(cell.family).verifier_version]
        for cell in run.config.all_cells()
    }
    arm_config = arm.model_dump(mode="json")
    return content_hash(["round", LOOP_STAGE, run.run_id, arm_config, number, start.name, families])


def read_round(run: Run, arm: ArmConfig, number: int, start: Path) -> dict[str, Any] | None:
    """Return a Round's record, or None when it is not complete or came from another start or other code."""
    path = round_path(run, arm.name, number)
    if not path.exists():
        return None
    turn: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return turn if turn.get("key") == round_key(run, arm, number, start) else None


def forget_rounds(run: Run, arm: str, *, since: int) -> None:
    """Take back complete rounds that no longer belong: their ledger rows first, then their records."""
    for number in range(since, run.config.loop.rounds + 1):
        if (path := round_path(run, arm, number)).exists():
            run.ledger.drop_beyond(run.run_id, arm, -1, round=number, tables=("rounds", "metrics", "exposures"))
            path.unlink()


def write_round(run: Run, turn: Mapping[str, Any]) -> None:
    """Write a Round to the ledger and, last, beside the others: from then on it is complete."""
    text = json.dumps(turn, sort_keys=True, indent=1)
    row = pa.Table.from_pylist([{"record": text}])
    name = f"{turn['arm']}-{turn['round']}"
    run.ledger.append("rounds", row, part=name, run=run.run_id, round=turn["round"], arm=turn["arm"])
    path = round_path(run, turn["arm"], turn["round"])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text.encode())
