"""The runner of a deployment, a program of its own: it registers the schedule and starts each run when it is due.

    python -m flows.orchestration.served SPEC            # serve until told to end
    python -m flows.orchestration.served SPEC --settle   # say of runs that nobody works on that they ended

Not here: the server and the signals (deploy), the run (scheduled). Law: what was missed while nobody served is skipped
unless the deployment catches up, and no run stays "running" that nobody works on.
"""

import asyncio
import contextlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FLOW = "veriloop-scheduled"
ORPHANED = ("RUNNING", "PENDING", "CANCELLING")


def main(arguments: list[str]) -> None:
    """Serve what a spec says, or settle what it left."""
    from flows.config import load_config
    from flows.orchestration.flows import configure

    spec = json.loads(arguments[0])
    configure(load_config(Path(spec["config"]), spec["overrides"]).data_dir)
    if "--settle" in arguments[1:]:
        asyncio.run(settle(spec["name"], missed=False))
        return
    asyncio.run(settle(spec["name"], missed=not spec["catch_up"]))
    with contextlib.suppress(KeyboardInterrupt):  # how the deployment asks for an end
        serve_runs(spec)


def serve_runs(spec: dict[str, Any]) -> None:
    """Register the deployment and start its runs when they are due, one at a time."""
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.orchestration.scheduled import RUNNER, scheduled_run

    os.environ[RUNNER] = str(os.getpid())
    scheduled_run.serve(
        name=spec["name"],
        schedule=Cron(spec["cron"], timezone=spec["timezone"]),
        parameters={name: spec[name] for name in ("config", "overrides", "cron", "timezone", "catch_up")},
        entrypoint_type=EntrypointType.MODULE_PATH,
        print_starting_message=False,
        limit=1,
    )


async def settle(name: str, *, missed: bool) -> None:
    """Mark runs of a deployment that nobody works on as crashed, and delete those that were due and never begun."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
    from prefect.states import Crashed

    only = DeploymentFilter(name=DeploymentFilterName(any_=[name]))
    async with get_client() as client:
        for run in await client.read_flow_runs(deployment_filter=only, limit=200):
            kind = run.state.type.value if run.state else ""
            due = run.next_scheduled_start_time or run.expected_start_time
            if kind in ORPHANED:
                await client.set_flow_run_state(run.id, Crashed(message="its deployment was stopped"), force=True)
            elif missed and kind == "SCHEDULED" and due is not None and due < datetime.now(UTC):
                await client.delete_flow_run(run.id)


if __name__ == "__main__":
    main(sys.argv[1:])
