"""A deployment as it is served: its minute is the seed, its zone is said, and it ends in order however it is told to.

Real minutes and a real Prefect server, mostly waited for.
"""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.flows.tiny import TINY
from tests.house.source import ROOT

START_S, MINUTES_S, END_S = 150, 200, 60
DEPLOY = (sys.executable, "-m", "flows.commands.cli", "deploy", "tiny.yaml", "--cron", "* * * * *")
pytestmark = pytest.mark.slow


class Served:
    """`veriloop deploy` in a process of its own, with what it has said so far."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder / f"log-{time.monotonic_ns()}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*DEPLOY, *options],
                cwd=folder, stdout=output, stderr=output,
                env={**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TZ": "America/New_York"},
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern: str, within_s: float) -> re.Match[str]:
        until(lambda: re.search(pattern, self.said()) or self.process.poll() is not None, within_s)
        found = re.search(pattern, self.said())
        assert found, self.said()
        return found

    def tell(self, *signals: int) -> None:
        for number in signals:
            self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(timeout=END_S)


def until(true: Callable[[], object], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.2)


def working_in(folder: Path) -> list[str]:
    """Return the command lines of living processes that were started for a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            home = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words + home and int(entry.name) != os.getpid():
            found.append(words)
    return found


def states(root: Path) -> set[str]:
    """Return the states of all runs that have begun, from Prefect's own database."""
    with sqlite3.connect(root / ".prefect" / "prefect.db") as database:
        rows = database.execute("SELECT state_type FROM flow_run WHERE start_time IS NOT NULL").fetchall()
    return {row[0] for row in rows}


@pytest.fixture
def folder(tmp_path) -> Iterator[Path]:
    (tmp_path / "tiny.yaml").write_text(TINY)
    yield tmp_path
    for entry in Path("/proc").glob("[0-9]*"):  # whatever a failed test left
        try:
            ours = str(tmp_path) in (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if ours and int(entry.name) != os.getpid():
            os.kill(int(entry.name), signal.SIGKILL)


def test_a_deployment_is_stopped_served_again_and_killed(folder):
    root = folder / "run"
    sets = ("--set", f"data_dir={root}", "--set", "loop.rounds=0", "--set", "loop.arms=[]")
    port = free_port()
    long = Served(folder, *sets, "--set", "cold_start.steps=100000", "--port", str(port))
    address = long.wait_for(r"a Prefect server at (\S+)", START_S)[1]
    assert address == f"http://127.0.0.1:{port}"
    long.wait_for(r"serving 'tiny' by '\* \* \* \* \*' in America/New_York time", START_S)
    second = subprocess.run(
        [*DEPLOY, "--set", f"data_dir={root}"],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert second.returncode == 2 and "is served by another deployment" in second.stderr
    long.wait_for(r"tiny-\w+ begins", MINUTES_S)
    until(lambda: any((root / "versions").glob("*")), END_S)
    long.tell(signal.SIGTERM, signal.SIGTERM)
    assert long.wait() == 0
    assert "Traceback" not in long.said() and "stopped; the same command serves again" in long.said()
    assert working_in(root) == []
    assert states(root) <= {"CRASHED", "CANCELLED"}

    short = Served(folder, *sets, "--set", "cold_start.steps=3", "--timezone", "Europe/Berlin", "--catch-up")
    kept = short.wait_for(r"a Prefect server at (\S+)", START_S)[1]
    due = short.wait_for(r"(tiny-\w+) begins, due (\d+)-(\d+)-(\d+) (\d+):(\d+) CES?T", MINUTES_S)
    done = short.wait_for(r"tiny-\w+ is done: (\S+)", MINUTES_S)
    assert Path(done[1]).is_file()
    config = next(c for c in started(root) if c["cold_start"]["steps"] == 3)
    assert str(config["seed"]).endswith(due[6]) and len(str(config["seed"])) == 12
    assert {row["catch_up"] for row in parameters(root)} == {True}, "the deployment as it was served last"
    assert kept.rpartition(":")[2] == (root / ".prefect" / "port").read_text()
    short.tell(signal.SIGKILL)
    short.process.wait()
    until(lambda: not (working_in(root) or time.sleep(1) or working_in(root)), END_S)  # one look may miss a newborn
    assert working_in(root) == []


def parameters(root: Path) -> list[dict[str, object]]:
    """Return what deployments hand to their runs, from Prefect's own database."""
    with sqlite3.connect(root / ".prefect" / "prefect.db") as database:
        return [json.loads(row[0]) for row in database.execute("SELECT parameters FROM deployment").fetchall()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(root: Path) -> list[dict[str, object]]:
    """Return the config of every run that a root has recorded."""
    from pipeline.store.query import query

    return [json.loads(row["config"]) for row in query(root, "SELECT config FROM runs").to_pylist()]
