"""A run on a schedule: this process serves it until told to stop, with a Prefect server and a runner as its children.

Not here: what a run does, nor what the runner does (served). Law: nothing outlives this process for long: it ends its
children in order, the runner first, and a child that loses it ends by itself.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from flows.orchestration.lifeline import die_with_parent
from pipeline.errors import ConfigError, PipelineError
from pipeline.store.files import write_atomic

START_S = 120
"""How long the server may take to answer; 9 to 33 s were measured on busy machines."""
RUNNER_ENDS_S, SERVER_ENDS_S = 15, 10
"""How long each may take to end in order before it is killed; a second signal does not wait for the first of them."""
FIRST_PORT = 4200
"""Where Prefect's own server and its users look first."""
Say = Callable[[str], None]


class Stop:
    """The signals that end a deployment, counted: the first asks for an end in order, the second for a fast one."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *_: object) -> None:
        """Count one signal; nothing else happens in a handler."""
        self.asked += 1


def serve(
    config: Path,
    *,
    cron: str,
    overrides: Sequence[str] = (),
    timezone: str = "",
    port: int | None = None,
    catch_up: bool = False,
    say: Say,
) -> None:
    """Serve the run of a config by a cron schedule until the process is told to stop (SIGINT or SIGTERM).

    Every scheduled run takes its minute as its seed, so that runs in one root never repeat one another. `timezone` is
    an IANA name, the machine's own where it is "". Runs that were missed are skipped unless `catch_up`.

    Raises:
        ConfigError: for a config that does not load, a cron line that does not parse, an unknown zone, or a root that
            another deployment serves.
        PipelineError: when the server does not start.
    """
    from flows.config import load_config
    from flows.orchestration.flows import configure

    loaded = load_config(config, overrides)
    loaded.all_cells()
    zone = checked_zone(timezone)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")  # nobody else tells of a scheduled run that failed
    home = configure(loaded.data_dir)
    check_cron(cron)
    stop = Stop()
    with _signals(stop), alone(home):
        given = os.environ.get("PREFECT_API_URL")
        number = port or kept_port(home)
        address = given or f"http://127.0.0.1:{number}/api"
        os.environ["PREFECT_API_URL"] = address
        spec = {
            "config": str(config.resolve()), "overrides": _absolute(overrides, loaded.data_dir), "name": loaded.name,
            "cron": cron, "timezone": zone, "catch_up": catch_up,
        }  # fmt: skip
        with contextlib.nullcontext() if given else _server(number, home, stop, say) as server:
            if not stop.asked:
                say(f"serving {loaded.name!r} by {cron!r} in {zone} time into {loaded.data_dir}; stop with Ctrl-C")
                _run_until_stopped(spec, server, stop, say)


def check_cron(cron: str) -> None:
    """Raise ConfigError unless a cron line parses; Prefect must be configured before."""
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ConfigError(
            f"cron {cron!r} does not parse: five fields, e.g. '0 3 * * *' for every night at three"
        ) from error


def checked_zone(name: str) -> str:
    """Return an IANA time zone, the machine's own for "".

    Raises:
        ConfigError: for a name that no zone has.
    """
    zone = name or local_zone()
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"time zone {zone!r} is unknown: give an IANA name, e.g. --timezone Europe/Berlin") from error
    return zone


def local_zone(*, etc: Path = Path("/etc")) -> str:
    """Return the IANA name of the machine's time zone: what TZ names, else what is set below `etc`, else UTC."""
    if named := os.environ.get("TZ", "").lstrip(":"):
        return named
    with contextlib.suppress(OSError):
        target = str((etc / "localtime").resolve(strict=True))
        if (name := target.partition("zoneinfo/")[2].removeprefix("posix/")) in zoneinfo.available_timezones():
            return name
        if (name := (etc / "timezone").read_text(encoding="utf-8").strip()) in zoneinfo.available_timezones():
            return name
    return "UTC"


def kept_port(home: Path) -> int:
    """Return the port of this root's server: the one it had before, where that is free, else a free one, kept."""
    path = home / "port"
    wanted = [FIRST_PORT]
    with contextlib.suppress(OSError, ValueError):
        wanted.insert(0, int(path.read_text(encoding="utf-8")))
    port = next((number for number in wanted if _is_free(number)), 0) or _free_port()
    write_atomic(path, str(port).encode())
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server binds: a closed one may linger
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold a root for one deployment while the block runs; the kernel lets go of it however the process ends.

    Raises:
        ConfigError: when another deployment serves this root.
    """
    import fcntl

    with (home / "serving.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"{home.parent} is served by another deployment: stop it first, or give this one another data_dir"
            ) from error
        yield


@contextlib.contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _absolute(overrides: Sequence[str], data_dir: Path) -> list[str]:
    """Pin the run root, so that the runs find it from whichever folder they are started in."""
    return [*overrides, f"data_dir={data_dir.resolve()}"]


def _run_until_stopped(spec: dict[str, object], server: "_Server | None", stop: Stop, say: Say) -> None:
    command = [sys.executable, "-m", "flows.orchestration.served", json.dumps(spec)]
    runner = _child(command)
    try:
        while not stop.asked and runner.poll() is None:
            if server is not None:
                server.keep_alive(stop)
            time.sleep(0.2)
    finally:
        _end(runner, stop, signal.SIGINT, RUNNER_ENDS_S)
    if not stop.asked:
        raise PipelineError(f"the runner ended by itself with code {runner.returncode}: run the same command again")
    with contextlib.suppress(
        subprocess.TimeoutExpired
    ):  # what was under way is told so, or would run for ever on paper
        subprocess.run([*command, "--settle"], timeout=RUNNER_ENDS_S, check=False, start_new_session=True)
    say("stopped; the same command serves again, and a run that was under way goes on from what it finished")


def _child(command: list[str], **options: object) -> "subprocess.Popen[bytes]":
    # a session of its own: Ctrl-C must reach this process first, which then ends its children in order
    return subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent, **options)  # type: ignore[call-overload,no-any-return]


def _end(process: "subprocess.Popen[bytes]", stop: Stop, number: int, patience_s: float) -> None:
    """Ask a child and all it started to end, and kill them when that takes too long or is asked for again."""
    _signal_group(process, number)
    deadline, asked = time.monotonic() + patience_s, stop.asked
    while process.poll() is None and time.monotonic() < deadline and stop.asked == asked:
        time.sleep(0.1)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class _Server:
    """A Prefect server with its scheduler; the embedded API has none. Started again where it dies."""

    def __init__(self, port: int, log: Path, say: Say) -> None:
        self._port, self._log, self._say = port, log, say
        self.process = self._start()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = {"PREFECT_SERVER_API_PORT": str(self._port), "PREFECT_UI_API_URL": f"{self.address}/api"}
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self._port)]
        with self._log.open("ab") as output:
            return _child(command, env={**os.environ, **settings}, stdout=output, stderr=output)

    def wait(self, stop: Stop) -> None:
        """Wait until it answers, or until told to stop."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None and not stop.asked:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.address}/api/health", timeout=5) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.3)
        if not stop.asked:
            self._fail()

    def _fail(self) -> NoReturn:
        how = "ended" if self.process.poll() is not None else f"did not answer within {START_S} s"
        raise PipelineError(
            f"the Prefect server at {self.address} {how}: read {self._log}, or name a running one in PREFECT_API_URL"
        )

    def keep_alive(self, stop: Stop) -> None:
        """Start it again where it has ended, on the same port and with the same database."""
        if self.process.poll() is not None:
            self._say(f"the Prefect server ended with code {self.process.returncode}; starting it again")
            self.process = self._start()
            self.wait(stop)


@contextlib.contextmanager
def _server(port: int, home: Path, stop: Stop, say: Say) -> Iterator[_Server]:
    say(f"starting a Prefect server at http://127.0.0.1:{port} (log: {home / 'server.log'})")
    server = _Server(port, home / "server.log", say)
    try:
        server.wait(stop)
        yield server
    finally:
        _end(server.process, stop, signal.SIGTERM, SERVER_ENDS_S)
