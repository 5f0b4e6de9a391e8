"""The stages under Prefect: from an empty folder, offline, quietly; and what a schedule needs to find its flow.

One program in one fresh process, because Prefect reads its settings when it is first imported and its embedded
server takes seconds to start.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.orchestration.flows import configure
from pipeline.errors import StoreError
from tests.house.source import ROOT

PROGRAM = """
import os, signal, sys
from pathlib import Path
from flows.orchestration.flows import run_flow
from flows.run import Run
from pipeline.errors import ConfigError
from tests.flows.tiny import tiny

root = Path(sys.argv[1])
short = {"cold_start": {"steps": 3, "rows_per_cell": 20}, "measure": {"test_draws": 1, "greedy": False}}
run = tiny(root / "deep" / "run", loop={"rounds": 0, "arms": []}, **short)
assert run_flow(run).is_file()
print("report written")
made = sorted(version.id for version in run.store.versions())
assert run_flow(run).is_file()
assert sorted(version.id for version in run.store.versions()) == made
print("found done")
try:
    run_flow(tiny(root / "deep" / "run", policy={"path": "/nowhere/model"}))
except ConfigError as error:
    print("refused:", error)

from flows.orchestration.deploy import check_cron
check_cron("0 3 * * *")
try:
    check_cron("at three")
except ConfigError as error:
    print("refused:", error)

from prefect.flows import load_flow_from_entrypoint
flow = load_flow_from_entrypoint("flows.orchestration.scheduled.scheduled_run")
print("parameters:", sorted(flow.parameters.properties))

def servers():
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"prefect.server.api.server" in (entry / "cmdline").read_bytes():
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    yield int(entry.name)
        except OSError:
            continue

def note(label, done, total):
    if label == "cold start":
        for number in servers():
            os.kill(number, signal.SIGKILL)
            print("killed")

print("-- a server is killed --", file=sys.stderr)
lost = tiny(root / "deep" / "run", loop={"rounds": 0, "arms": []}, seed=1, **short)
print("report", run_flow(Run(lost.config, note)).is_file())
"""


@pytest.mark.slow
def test_runs_under_prefect_start_offline_from_nothing_are_quiet_and_outlive_their_server(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**kept, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    # any proxy or look-up would have to go through this closed port
    environment |= {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "report written\nfound done\n" in done.stdout
    assert done.stdout.endswith("killed\nreport True\n")
    assert "refused: /nowhere/model is no model" in done.stdout
    assert "refused: cron 'at three' does not parse" in done.stdout
    assert "parameters: ['catch_up', 'config', 'cron', 'overrides', 'timezone']" in done.stdout
    quiet, _, lost = done.stderr.partition("-- a server is killed --")
    assert "Error" not in quiet
    assert "the run goes on without it" in lost
    assert "Traceback" not in done.stderr
    assert (tmp_path / "deep" / "run" / ".prefect").is_dir()
    assert not (tmp_path / ".prefect").exists()


@pytest.fixture
def bare_environment():
    """An environment without Prefect's settings; what is laid into it is taken out again."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("PREFECT_") or name == "DO_NOT_TRACK"]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("bare_environment")
def test_configure_lays_settings_where_none_are_and_makes_the_home(tmp_path):
    os.environ["PREFECT_SERVER_DATABASE_TIMEOUT"] = "7"
    home = configure(tmp_path / "a" / "b")
    assert home == tmp_path / "a" / "b" / ".prefect"
    assert home.is_dir()
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["PREFECT_SERVER_DATABASE_TIMEOUT"] == "7"


@pytest.mark.usefixtures("bare_environment")
def test_a_home_that_cannot_be_made_is_one_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        configure(Path(tmp_path / "file" / "run"))
