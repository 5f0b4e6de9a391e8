"""The same stages under Prefect: one task a stage and one an arm, embedded API, settings that start offline.

Not here: what the stages do, nor what is already done (the store and the rounds know). Law: tasks pass roots and
names, never tables.
"""

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from flows.config import RunConfig
from flows.run import Run
from pipeline.errors import StoreError
from pipeline.store.files import writing

logger = logging.getLogger(__name__)

SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # The embedded server needs 9 to 33 s on a busy machine; Prefect's own 20 s gives up too soon.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    # a server on this machine answers or is gone: Prefect's own five waits of up to a minute say so minutes later
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    # what a stage raises reaches the command, which says it once; Prefect would print it thrice with tracebacks
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
}
"""What makes Prefect start reliably offline and send nothing; a value already in the environment wins."""

LEAST_FREE = 32 * 2**20
"""Bytes without which Prefect's database cannot start and would be waited for in vain."""


def configure(root: Path) -> Path:
    """Lay Prefect's settings into the environment and return its home; call it before anything imports prefect."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    home = Path(os.environ.setdefault("PREFECT_HOME", str((root / ".prefect").resolve())))
    with writing(home):  # Prefect makes its home, never the folders above it, and would then wait in vain
        home.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(home).free) < LEAST_FREE:
        raise StoreError(
            f"{free / 2**20:.1f} MiB are free at {home}, a run needs {LEAST_FREE // 2**20}: free space, then run the "
            "same command again; nothing already written is lost"
        )
    return home


def run_flow(run: Run) -> Path:
    """Run everything as one Prefect flow; return the report's path.

    A server that is lost on the way costs no work: the stages know what is done, and the rest runs without Prefect.
    Raises what the stages raise: an error for the user stays one.
    """
    from flows.orchestration.whole import run_whole

    configure(run.root)
    try:
        return run_nested(run)
    except Exception as error:  # raised again unless it says, wherever it was wrapped, that the server is gone
        if why := lost_api(error):
            logger.warning("Prefect's API did not start or is gone (%s): the run goes on without it", why)
            forget_events()
            return run_whole(run)
        raise


def lost_api(error: BaseException) -> str:
    """Return what says that Prefect's server cannot be reached, in an error or in what it came from; "" for others."""
    seen: BaseException | None = error
    while seen is not None:
        unreachable = type(seen).__module__.startswith(("httpx", "httpcore", "websockets"))
        if unreachable or "ephemeral Prefect API" in str(seen):
            return f"{type(seen).__name__}: {seen}" if str(seen) else type(seen).__name__
        seen = seen.__cause__ or seen.__context__
    return ""


def forget_events() -> None:
    """Drop what Prefect would still tell a server that is gone: at exit it waits seconds for each event."""
    from prefect.events.worker import EventsWorker

    for worker in list(getattr(EventsWorker, "_instances", {}).values()):
        worker._queue.queue.clear()  # it has no public way to give up


def run_nested(run: Run) -> Path:
    """Run everything as a flow, or as a part of the flow that calls this; Prefect must be configured."""
    return Path(_flow(run)(run.config.model_dump_json()))


def _flow(run: Run) -> Callable[[str], str]:
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from prefect.task_runners import ThreadPoolTaskRunner

    from flows.orchestration import whole

    def staged(name: str, function: Callable[..., Any]) -> Any:
        # nothing is cached or retried here: the stages themselves know what is done
        return task(name=name, persist_result=False, cache_policy=NO_CACHE)(function)

    runner = cast(Any, ThreadPoolTaskRunner(max_workers=run.config.workers))

    @flow(name="veriloop-run", task_runner=runner, validate_parameters=False)
    def veriloop_run(config: str) -> str:
        bound = Run(RunConfig.model_validate(json.loads(config)), run.note)
        staged("start", whole.start)(bound)
        staged("fixed sets", whole.sets)(bound)
        start = staged("cold start", whole.cold)(bound)
        arm = staged("arm", whole.one_arm)
        with whole.arms_watched(bound):
            names = [config.name for config in bound.config.loop.arms]
            futures = [arm.with_options(name=f"arm {name}").submit(bound, name, start) for name in names]
            for future in futures:
                future.result()
        staged("audit", whole.audit)(bound)
        return str(staged("report", whole.finish)(bound))

    return veriloop_run
