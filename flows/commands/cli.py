"""The veriloop command: each subcommand does one thing, says what it wrote and what to try next.

Not here: what a command does (stages, making, inspect). Law: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer

from flows.commands.judging import judging
from flows.commands.options import DEFAULT_ROOT, Json, Root, Sets, Workers, existing, progress
from flows.commands.output import dump, err, out, say, say_table
from flows.commands.versions import stored
from pipeline.errors import ConfigError, PipelineError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
ROWS_SHOWN = 200


@app.command()
def families(
    as_json: Json = False, cards: Annotated[Path | None, typer.Option(help="write family cards here")] = None
) -> None:
    """List the problem families."""
    from flows.commands.inspect import family_rows, write_cards

    rows = family_rows()
    if cards is not None:
        say(f"wrote {write_cards(cards)} family cards to {cards}")
        return
    if as_json:
        dump(rows)
        return
    say_table(
        ("family", "versions", "renderings", "regions", "proof", "levels"),
        (
            (
                row["name"],
                f"{row['family_version']}/{row['verifier_version']}",
                " ".join(row["renderings"]),
                " ".join(row["regions"]),
                row["certificate"],
                f"1..{row['max_level'] or ''}",
            )
            for row in rows
        ),
        title=f"{len(rows)} families (versions: family/verifier)",
    )
    say("try: veriloop generate np/knapsack --level 2 --count 5 --seed 0 --out data/knapsack")


@app.command()
def generate(
    family: Annotated[str, typer.Argument(help="e.g. np/tsp; `veriloop families` lists them")],
    out_dir: Annotated[Path, typer.Option("--out", help="a folder: new, empty or with versions in it")],
    level: Annotated[int, typer.Option(help="difficulty, from 1")] = 1,
    count: Annotated[int, typer.Option(help="distinct problems")] = 100,
    seed: Annotated[int, typer.Option(help="names every draw")] = 0,
    workers: Workers = 1,
    rendering: Annotated[str | None, typer.Option(help="absent: each problem draws one")] = None,
    region: Annotated[str | None, typer.Option(help="absent: even over the family's regions")] = None,
    as_json: Json = False,
) -> None:
    """Generate verified problems of one family into a Parquet dataset version."""
    from flows.stages.making import generate_version

    with progress() as note:
        version = generate_version(
            family, level=level, count=count, seed=seed, out_dir=out_dir, workers=workers, rendering=rendering,
            region=region, note=note,
        )  # fmt: skip
    if as_json:
        dump(version.to_json() | {"root": str(out_dir), "path": str(out_dir / "versions" / version.id)})
        return
    say(f"wrote {version.rows} problems as Parquet to {out_dir / 'versions' / version.id}")
    say(f'try: veriloop query "SELECT prompt, answer FROM problems LIMIT 3" --root {out_dir}')


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="YAML, e.g. flows/configs/demo.yaml")],
    set_: Sets = None,
    prefect: Annotated[bool, typer.Option(help="run the stages as Prefect flows")] = True,
) -> None:
    """Run a config end to end: sets, cold start, arms, report."""
    from flows.config import load_config
    from flows.stages.stages import Run

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


@app.command()
def report(root: Root = DEFAULT_ROOT, run_id: Annotated[str | None, typer.Option("--run")] = None) -> None:
    """Write the HTML report of a run from its ledger alone."""
    from flows.report.report import write_report

    say(f"report: {write_report(existing(root), run_id)}")


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="one SELECT over problems, scores, rounds, ... (SHOW TABLES lists them)")],
    root: Root = DEFAULT_ROOT,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="print CSV")] = False,
) -> None:
    """Ask the ledger and the versions a question in SQL."""
    import pyarrow.csv

    from pipeline.store.query import query as ask

    found = ask(existing(root), sql)
    if as_json:
        dump(found.to_pylist())
        return
    if csv:
        sys.stdout.flush()
        pyarrow.csv.write_csv(found, sys.stdout.buffer)
        return
    say_table(found.column_names, (row.values() for row in found.slice(0, ROWS_SHOWN).to_pylist()))
    if found.num_rows > ROWS_SHOWN:
        say(f"{ROWS_SHOWN} of {found.num_rows} rows shown: use --csv, --json or LIMIT")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSONL or Parquet")],
    map_: Annotated[str, typer.Option("--map", help="prompt=COLUMN,answer=COLUMN; absent: the verl layout")] = "",
    name: Annotated[str, typer.Option(help="name of the version; the file's by default")] = "",
    root: Root = DEFAULT_ROOT,
    license_: Annotated[str, typer.Option("--license")] = "unknown",
    held_out: Annotated[bool, typer.Option(help="an imported benchmark: every row goes to test")] = False,
    as_json: Json = False,
) -> None:
    """Turn JSONL or Parquet rows into a version of verifiable problems."""
    from flows.stages.making import import_version

    version, faults = import_version(
        file, mapping=map_, name=name or file.stem, root=root, license_=license_, held_out=held_out
    )
    if as_json:
        dump(version.to_json() | {"faults": faults})
        return
    for fault in faults[:10]:
        say(f"line {fault['line']} refused: {fault['reason']}")
    if len(faults) > 10:
        say(f"... and {len(faults) - 10} more")
    dropped = sum(version.dropped.values())
    say(
        f"imported {version.rows} problems as {version.name} to {root / 'versions' / version.id}; "
        f"{dropped} dropped by rules, {len(faults)} rows refused"
    )
    say(f"try: veriloop show {version.id[:8]} --root {root}")


@app.command()
def measure(
    version: str,
    root: Root = DEFAULT_ROOT,
    path: Annotated[str, typer.Option(help="folder of a transformers causal LM")] = "",
    url: Annotated[str, typer.Option(help="base of an OpenAI-compatible endpoint, ending in /v1")] = "",
    model: Annotated[str, typer.Option(help="model name at the endpoint")] = "",
    sampler: Annotated[str, typer.Option(help="torch or vllm, for a folder")] = "torch",
    draws: Annotated[int, typer.Option(help="attempts per problem; the most of them when sequential")] = 8,
    sequential: Annotated[bool, typer.Option(help="stop a problem as soon as its pass band is clear")] = False,
    temperature: Annotated[float, typer.Option()] = 1.0,
    max_prompt_tokens: Annotated[int, typer.Option()] = 1024,
    max_completion_tokens: Annotated[int, typer.Option()] = 2048,
    template: Annotated[str, typer.Option(help="base or chat")] = "base",
    limit: Annotated[int | None, typer.Option(help="only the version's first problems")] = None,
    timeout_s: Annotated[float, typer.Option(help="per call to an endpoint")] = 60.0,
    as_json: Json = False,
) -> None:
    """Measure a version with a model: append Scores, show pass rates by cell."""
    from flows.stages.measuring import Asked, measure_version
    from pipeline.protocol import Protocol

    for name, value, known in (("sampler", sampler, ("torch", "vllm")), ("template", template, ("base", "chat"))):
        if value not in known:
            raise ConfigError(f"--{name} {value!r}: choose one of {', '.join(known)}")
    protocol = Protocol(max_prompt_tokens, max_completion_tokens, temperature, cast(Any, template))
    asked = Asked(path=path, url=url, model=model, sampler=cast(Any, sampler), timeout_s=timeout_s)
    with progress() as note:
        rows = measure_version(
            existing(root), version, asked, protocol=protocol, draws=draws, limit=limit, note=note,
            design="sequential" if sequential else "fixed",
        )  # fmt: skip
    if as_json:
        dump(rows)
        return
    shown = (
        (
            f"{row['family']}/{row['level']}" + (f"/{row['region']}" if row["region"] else ""),
            row["problems"],
            row["n"],
            "-" if sequential else f"{row['pass_rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]",
            row["truncated"],
        )
        for row in rows
    )
    say_table(("cell", "problems", "attempts", "pass rate [95%]", "truncated"), shown)
    if sequential:
        say("no pass rates: attempts stop where a problem's count looks settled, which biases them")
    say(f'try: veriloop query "SELECT uid, n, correct FROM scores ORDER BY correct / n LIMIT 5" --root {root}')


@app.command()
def deploy(
    config: Annotated[Path, typer.Argument(help="YAML, e.g. flows/configs/demo.yaml")],
    cron: Annotated[str, typer.Option(help="when to run, e.g. '0 3 * * *'")],
    set_: Sets = None,
) -> None:
    """Serve a run on a schedule until stopped."""
    from flows.orchestration.deploy import serve

    serve(config, cron=cron, overrides=set_ or [], say=say)


@app.command()
def doctor(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Check this installation: versions, engines, disk, families, stored versions."""
    from flows.commands.inspect import examine

    rows = examine(root)
    if as_json:
        dump(rows)
    else:
        for row in rows:
            say(f"{'ok  ' if row['ok'] else 'FAIL'}  {row['check']:<24} {row['found']}")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; errors meant for the user become one message, bugs keep their traceback."""
    try:
        app(list(arguments) if arguments is not None else None)
    except PipelineError as error:
        _fail(error)
    except BrokenPipeError:  # the reader has seen enough; nothing may be flushed into the closed pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno not in DISK:
            raise
        _fail(
            PipelineError(
                f"{error.filename or 'a file'}: {error.strerror}. What was written before is kept: " + _REMEDY
            )
        )


DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
"""What a disk or its permissions refuse: trouble of the place, not of the program."""
_REMEDY = "free space or mend the permissions, then run the same command again"


def _fail(error: PipelineError) -> NoReturn:
    err.print(f"{type(error).__name__}: {error}", markup=False, highlight=False, soft_wrap=True)
    sys.exit(error.exit_code)


app.add_typer(stored)
app.add_typer(judging)


if __name__ == "__main__":
    main()
