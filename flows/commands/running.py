"""The commands about runs: run, deploy, report. What they do lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_ROOT, Root, Sets, existing, progress
from flows.telling.output import out, say

running = typer.Typer()


@running.command()
def run(
    config: Annotated[Path, typer.Argument(help="YAML, e.g. flows/configs/demo.yaml")],
    set_: Sets = None,
    prefect: Annotated[bool, typer.Option(help="run the stages as Prefect flows")] = True,
) -> None:
    """Run a config end to end: sets, cold start, arms, report."""
    from flows.config import load_config
    from flows.run import Run

    loaded = load_config(config, set_ or [])
    with progress() as note:
        bound = Run(loaded, note)
        if prefect:
            from flows.orchestration.flows import run_flow

            path = run_flow(bound)
        else:
            from flows.orchestration.whole import run_whole

            path = run_whole(bound)
    from flows.report.summary import print_summary

    print_summary(bound, out)
    say(f"report: {path}")
    say(
        'try: veriloop query "SELECT arm, round, sum(correct) AS correct, sum(n) AS n FROM scores '
        f"WHERE purpose = 'report' GROUP BY ALL ORDER BY ALL\" --root {loaded.data_dir}"
    )


@running.command()
def report(root: Root = DEFAULT_ROOT, run_id: Annotated[str | None, typer.Option("--run")] = None) -> None:
    """Write the HTML report of a run from its ledger alone."""
    from flows.report.report import write_report

    say(f"report: {write_report(existing(root), run_id)}")


@running.command()
def deploy(
    config: Annotated[Path, typer.Argument(help="YAML, e.g. flows/configs/demo.yaml")],
    cron: Annotated[str, typer.Option(help="when to run, e.g. '0 3 * * *'")],
    set_: Sets = None,
    timezone: Annotated[str, typer.Option(help="IANA name of the cron's time zone; absent: this machine's")] = "",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="of the server; absent: the root's own")] = None,
    catch_up: Annotated[bool, typer.Option(help="run what was missed while nobody served; else it is skipped")] = False,
) -> None:
    """Serve a run on a schedule until stopped (Ctrl-C or SIGTERM); each run's seed is its minute."""
    from flows.orchestration.deploy import serve

    serve(config, cron=cron, overrides=set_ or [], timezone=timezone, port=port, catch_up=catch_up, say=say)
