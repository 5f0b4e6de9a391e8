"""Settings every test runs under: offline, silent to the outside, one thread. Made before any heavy import.

And what the tests of flows and the journeys share: the command in process, and a run that is only read.
"""

import os

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "NO_PROXY": "127.0.0.1,localhost",
    # one thread a process: two processes beat two threads on two cores
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}
"""Prefect's own settings are made by `flows.orchestration.flows.configure`, which every flow test goes through."""

for name, value in OFFLINE.items():
    os.environ.setdefault(name, value)

import pytest  # noqa: E402 - after the environment
from hypothesis import settings  # noqa: E402 - after the environment

# the same examples on every run, and no clock in a verdict; `--hypothesis-profile=default` looks at fresh ones
settings.load_profile("ci")


def pytest_collection_modifyitems(items):
    """Put the files first that wait for a clock or for other processes: the rest of the suite runs meanwhile."""
    waits = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in waits)


@pytest.fixture(scope="session", autouse=True)
def no_power_is_lost():
    """Leave out what only a power cut could tell: forcing files to disk, most of a small run's wall time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A tiny run with real training, undisturbed to its end; the processes of one session share it."""
    from flows.orchestration.whole import train_all
    from pipeline.store.files import one_at_a_time
    from tests.flows.tiny import tiny

    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tiny"
    run, done = tiny(shared / "run"), shared / "done"
    with one_at_a_time(shared / "lock"):
        if not done.exists():
            train_all(run)
            done.touch()
    return run


@pytest.fixture
def veriloop(capsys):
    """Type a command in this process; return its exit code and what it printed."""
    from flows.commands.cli import main
    from tests.flows.tiny import Result

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
