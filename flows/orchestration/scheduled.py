"""The flow a deployment runs, found by name because Prefect's runner loads it in a process of its own.

Not here: the schedule (deploy). Law: nothing imports prefect before its settings are made, so the flow comes to be
when `scheduled_run` is first asked of this module.
"""

from pathlib import Path
from typing import Any

from flows.config import load_config
from flows.orchestration.flows import run_nested
from flows.run import Run


def __getattr__(name: str) -> Any:
    if name != "scheduled_run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _flow()


def _flow() -> Any:
    from prefect import flow, runtime

    @flow(name="veriloop-scheduled", persist_result=False)
    def scheduled_run(config: str, overrides: list[str]) -> str:
        """Run a config with the scheduled minute as its seed; return the report's path."""
        minute = f"{runtime.flow_run.scheduled_start_time:%Y%m%d%H%M}"
        return str(run_nested(Run(load_config(Path(config), [*overrides, f"seed={minute}"]))))

    return scheduled_run
