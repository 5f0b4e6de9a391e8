"""Killed at any moment, started again: the same datasets, policies and counts as an undisturbed run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.run import Run
from tests.flows.tiny import TINY, outcome, tiny
from tests.house.source import ROOT

DEADLINE_S = 90


def start(config: Path, root: Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "flows.commands.cli",
        "run",
        str(config),
        "--no-prefect",
        "--set",
        f"data_dir={root}",
    ]
    log = (root.parent / "log").open("ab")
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "OMP_NUM_THREADS": "1"})


def kill_when(config: Path, run: Run, moment: Callable[[Run], bool]) -> None:
    """Start the run and kill -9 it as soon as `moment` has come."""
    process = start(config, run.root)
    deadline = time.monotonic() + DEADLINE_S
    try:
        while not moment(run):
            assert process.poll() is None, "it ended before the moment to kill it"
            assert time.monotonic() < deadline, "the moment to kill it never came"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def in_cold_start(run: Run) -> bool:
    return any((run.root / "checkpoints").glob("*.partial/state.json"))


def between(run: Run) -> bool:
    return any((run.root / "ledger" / "events").rglob("*.parquet"))


def in_an_arm(run: Run) -> bool:
    first_done = (run.root / "rounds" / run.run_id / "loop-1.json").exists()
    return first_done and any((run.root / "checkpoints").glob("*.partial/state.json"))


@pytest.mark.slow
def test_a_run_killed_three_times_ends_like_an_undisturbed_one(tiny_run, tmp_path):
    config = tmp_path / "tiny.yaml"
    config.write_text(TINY)
    run = tiny(tmp_path / "run")
    kill_when(config, run, in_cold_start)
    assert not outcome(run)["policies"]
    kill_when(config, run, between)
    made = {version.id for version in run.store.versions()}
    kill_when(config, run, in_an_arm)
    assert made <= {version.id for version in run.store.versions()}
    assert "loop-1" in outcome(run)["policies"]
    last = start(config, run.root)
    assert last.wait(timeout=DEADLINE_S) == 0, (tmp_path / "log").read_text()[-2000:]
    assert outcome(run) == outcome(tiny_run)
    assert rates(run) == rates(tiny_run)
    assert metrics(run) == metrics(tiny_run)


def rates(run: Run) -> list[tuple[object, ...]]:
    """Return every count that was measured; a draw counts once, however often it was written."""
    rows = run.ledger.read("scores").to_pylist()
    keys = ("uid", "policy", "purpose", "first_draw", "n", "correct", "tokens", "arm", "round")
    return sorted({tuple(row[key] for key in keys) for row in rows}, key=repr)


def metrics(run: Run) -> list[tuple[object, ...]]:
    """Return what training said at every step, but for times."""
    rows = run.ledger.read("metrics").to_pylist()
    keys = ("arm", "round", "stage", "step", "name", "value")
    return sorted(tuple(row[key] for key in keys) for row in rows if "cpu" not in row["name"])
