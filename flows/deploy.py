"""A run on a schedule, served by this process against its own or a given Prefect server.

Not here: what a run does. Law: the parameters of a deployment are builtins.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ConfigError


def serve(config: Path, *, cron: str, overrides: Sequence[str] = ()) -> None:
    """Serve the run of a config by a cron schedule until the process is stopped.

    Raises:
        ConfigError: for a config that does not load or a cron line that does not parse.
    """
    from flows.config import load_config
    from flows.prefect_flows import configure, run_deployed

    loaded = load_config(config, overrides)
    configure(loaded.data_dir)
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ConfigError(
            f"cron {cron!r} does not parse: five fields, e.g. '0 3 * * *' for every night at three"
        ) from error
    flow = run_deployed()
    flow.serve(
        name=loaded.name,
        cron=cron,
        parameters={"config": str(config.resolve()), "overrides": list(overrides)},
    )
