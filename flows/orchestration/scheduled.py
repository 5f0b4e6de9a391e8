"""The flow a deployment runs, found by name because Prefect's runner loads it in a process of its own.

Not here: the schedule (deploy). Law: nothing imports prefect before its settings are made, so the flow comes to be
when `scheduled_run` is first asked of this module.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flows.config import load_config
from flows.orchestration.flows import run_nested
from flows.orchestration.lifeline import die_with_parent
from flows.run import Run
from flows.telling.output import say

RUNNER = "VERILOOP_RUNNER"
"""The environment variable by which a run knows the process that must outlive it."""


def __getattr__(name: str) -> Any:
    if name != "scheduled_run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _flow()


def _flow() -> Any:
    from prefect import flow, runtime

    @flow(name="veriloop-scheduled", persist_result=False)
    def scheduled_run(config: str, overrides: list[str], cron: str, timezone: str, catch_up: bool) -> str:
        """Run a config with the scheduled minute as its seed; return the report's path, "" for a missed run."""
        die_with_parent(int(os.environ[RUNNER]))  # a runner that is killed takes its run with it
        due = runtime.flow_run.scheduled_start_time
        local = due.astimezone(ZoneInfo(timezone))
        if not catch_up and is_missed(due, cron=cron, timezone=timezone, now=datetime.now(UTC)):
            say(f"the run of {local:%Y-%m-%d %H:%M} was missed and is skipped: the next one is due")
            return ""
        bound = Run(load_config(Path(config), [*overrides, f"seed={due:%Y%m%d%H%M}"]))
        say(f"{bound.run_id} begins, due {local:%Y-%m-%d %H:%M %Z}")
        report = run_nested(bound)
        say(f"{bound.run_id} is done: {report}")
        return str(report)

    return scheduled_run


def is_missed(due: datetime, *, cron: str, timezone: str, now: datetime) -> bool:
    """Say whether a run's successor is due already: one that was waiting behind it, or behind a stopped deployment."""
    from prefect.server.schemas.schedules import CronSchedule

    later = CronSchedule(cron=cron, timezone=timezone).get_dates(1, start=due + timedelta(seconds=1))
    return bool(asyncio.run(later)[0] <= now)
