"""What journeys share: the command typed in this process, and typed in a process of its own as a shell would."""

import os
import subprocess
import sys

import pytest

from flows.commands.cli import main
from flows.orchestration.whole import train_all
from tests.flows.tiny import Result, tiny
from tests.house.source import ROOT

TIMEOUT_S = 300


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A tiny run with real training, undisturbed to its end."""
    run = tiny(tmp_path_factory.mktemp("tiny") / "run")
    train_all(run)
    return run


@pytest.fixture
def veriloop(capsys):
    """Type a command in this process; return its exit code and what it printed."""

    def typed(*words):
        capsys.readouterr()
        code = 0
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Result(code, printed.out, printed.err)

    return typed


@pytest.fixture
def shell(tmp_path):
    """Type a command in a process of its own, in an empty folder, without Prefect's settings of this one."""

    def typed(*words):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        done = subprocess.run(
            [sys.executable, "-m", "flows.commands.cli", *map(str, words)],
            cwd=tmp_path, env={**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)},
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    return typed
