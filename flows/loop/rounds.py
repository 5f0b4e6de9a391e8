"""Rounds on disk: the loop's only state between rounds. Not what a round does (loop), nor how it is told (evidence).

Law: a record stands for a round only while config, arm, start and code are those it came from.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.config import ArmConfig
from flows.run import Run
from generators.family import load
from pipeline.errors import StoreError, shortened
from pipeline.fingerprint import bytes_hash, content_hash
from pipeline.store.files import write_atomic

LOOP_STAGE = 3
"""Version of the loop: raise it when the same config would give other rounds."""
SEAL = "hash"
"""The key, in a round's file, of the hash of all else in it."""

_log = logging.getLogger(__name__)


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
    """Return a Round's record, or None when it is not complete or came from another start or other code.

    Raises:
        StoreError: when the file is not what was written.
    """
    path = round_path(run, arm.name, number)
    if not path.exists():
        return None
    turn = read_record(path)
    return turn if turn.get("key") == round_key(run, arm, number, start) else None


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of a round's file.

    Raises:
        StoreError: naming the file, when it is not what was written.
    """
    try:
        turn: dict[str, Any] = json.loads(path.read_bytes())
        seal = turn.pop(SEAL, None)
        if seal is not None and seal != bytes_hash(_text(turn).encode()):
            raise ValueError("its content is not what was written")
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"round file {path} is damaged ({shortened(error)}): delete it and run the same command again, "
            "the round is told again from the checkpoints it left"
        ) from error
    if seal is None:
        _log.warning("round file %s has no hash, as an earlier veriloop wrote it: it is read unchecked", path)
    return turn


def checkpoints_of(run: Run, turn: Mapping[str, Any]) -> list[Path]:
    """Return the checkpoints a round left."""
    left = {turn["checkpoint_after"], *(took["checkpoint"] for took in turn["training"].values())}
    return [run.root / path for path in sorted(left)]


def _text(turn: Mapping[str, Any]) -> str:
    return json.dumps(turn, sort_keys=True, indent=1)


def forget_rounds(run: Run, arm: str, *, since: int) -> None:
    """Take back complete rounds that no longer belong: their ledger rows first, then their records."""
    for number in range(since, run.config.loop.rounds + 1):
        if (path := round_path(run, arm, number)).exists():
            run.ledger.drop_beyond(run.run_id, arm, -1, round=number, tables=("rounds", "metrics", "exposures"))
            run.ledger.drop_beyond(run.run_id, arm, 0, round=number, tables=("rollouts",))  # of training: 0 is measured
            path.unlink()


def write_round(run: Run, turn: Mapping[str, Any]) -> None:
    """Write a Round to the ledger and, last, beside the others: from then on it is complete."""
    text = _text(turn)
    row = pa.Table.from_pylist([{"record": text}])
    name = f"{turn['arm']}-{turn['round']}"
    run.ledger.append("rounds", row, part=name, run=run.run_id, round=turn["round"], arm=turn["arm"])
    path = round_path(run, turn["arm"], turn["round"])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, _text({**turn, SEAL: bytes_hash(text.encode())}).encode())
