"""What journeys share: the command typed in a process of its own, as a shell would."""

import os
import subprocess
import sys

import pytest

from tests.flows.tiny import Result
from tests.house.source import ROOT

TIMEOUT_S = 300


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
