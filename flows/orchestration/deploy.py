"""A run on a schedule, served by this process against its own Prefect server or the one PREFECT_API_URL names.

Not here: what a run does. Law: the parameters of a deployment are builtins, and nothing outlives the command.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.errors import ConfigError, PipelineError

START_S = 120
"""How long the server may take to answer; 9 to 33 s were measured on busy machines."""


def serve(config: Path, *, cron: str, overrides: Sequence[str] = (), say: Callable[[str], None]) -> None:
    """Serve the run of a config by a cron schedule until the process is stopped.

    Every scheduled run takes its minute as its seed, so that runs in one root never repeat one another.

    Raises:
        ConfigError: for a config that does not load or a cron line that does not parse.
        PipelineError: when the server does not start.
    """
    from flows.config import load_config
    from flows.orchestration.flows import configure

    loaded = load_config(config, overrides)
    loaded.all_cells()
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")  # nobody else tells of a scheduled run that failed
    home = configure(loaded.data_dir)
    given = os.environ.get("PREFECT_API_URL")
    port = _free_port()
    os.environ["PREFECT_API_URL"] = given or f"http://127.0.0.1:{port}/api"
    check_cron(cron)
    with contextlib.nullcontext() if given else _server(port, home / "server.log", say):
        from prefect.types.entrypoint import EntrypointType

        from flows.orchestration.scheduled import scheduled_run

        say(f"serving {loaded.name!r} by {cron!r} into {loaded.data_dir}; stop with Ctrl-C")
        scheduled_run.serve(
            name=loaded.name,
            cron=cron,
            parameters={"config": str(config.resolve()), "overrides": _absolute(overrides, loaded.data_dir)},
            entrypoint_type=EntrypointType.MODULE_PATH,
            print_starting_message=False,
            limit=1,
        )


def check_cron(cron: str) -> None:
    """Raise ConfigError unless a cron line parses; Prefect must be configured before."""
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ConfigError(
            f"cron {cron!r} does not parse: five fields, e.g. '0 3 * * *' for every night at three"
        ) from error


def _absolute(overrides: Sequence[str], data_dir: Path) -> list[str]:
    """Pin the run root, so that the runs find it from whichever folder they are started in."""
    return [*overrides, f"data_dir={data_dir.resolve()}"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _server(port: int, log: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Run a Prefect server with its scheduler while the block runs; the embedded API has none."""
    address = f"http://127.0.0.1:{port}"
    settings = {"PREFECT_SERVER_API_PORT": str(port), "PREFECT_UI_API_URL": f"{address}/api"}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as output:
        # a session of its own: Ctrl-C must reach this process first, which then ends the server
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        say(f"starting a Prefect server at {address} (log: {log})")
        _wait_for(f"{address}/api/health", process, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.5)
    how = "ended" if process.poll() is not None else f"did not answer within {START_S} s"
    raise PipelineError(f"the Prefect server at {url} {how}: read {log}, or name a running one in PREFECT_API_URL")
