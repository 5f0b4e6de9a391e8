"""The veriloop command: each subcommand does one thing, says what it wrote and what to try next.

Not here: what a command does (stages, loop, inspect). Law: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from rich.console import Console
from rich.table import Table

from pipeline.errors import ConfigError, PipelineError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="print JSON for a program to read")]
Root = Annotated[Path, typer.Option("--root", help="the run root (data_dir of a run)")]
DEFAULT_ROOT = Path("data/demo")


def say(text: str) -> None:
    """Print a line for a person, without markup."""
    out.print(text, markup=False, highlight=False)


def dump(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


@app.command()
def families(
    as_json: Json = False, cards: Annotated[Path | None, typer.Option(help="write family cards here")] = None
) -> None:
    """List the problem families."""
    from flows.inspect import family_rows, write_cards

    rows = family_rows()
    if cards is not None:
        say(f"wrote {write_cards(cards)} family cards to {cards}")
        return
    if as_json:
        dump(rows)
        return
    table = Table("family", "versions", "renderings", "proof", "levels", title=f"{len(rows)} families")
    for row in rows:
        limit = "1.." + (str(row["max_level"]) if row["max_level"] else "")
        versions = f"{row['family_version']}/{row['verifier_version']}"
        table.add_row(row["name"], versions, " ".join(row["renderings"]), row["certificate"], limit)
    out.print(table)
    say("try: veriloop generate np/knapsack --level 2 --count 5 --seed 0 --out data/knapsack")


@app.command()
def generate(
    family: str,
    out_dir: Annotated[Path, typer.Option("--out", help="a new folder for the version")],
    level: Annotated[int, typer.Option()] = 1,
    count: Annotated[int, typer.Option()] = 100,
    seed: Annotated[int, typer.Option()] = 0,
    workers: Annotated[int, typer.Option()] = 1,
    rendering: Annotated[str | None, typer.Option()] = None,
    region: Annotated[str | None, typer.Option()] = None,
    as_json: Json = False,
) -> None:
    """Generate verified problems of one family into a Parquet dataset version."""
    from flows.making import generate_version

    with progress() as note:
        version = generate_version(
            family, level=level, count=count, seed=seed, out_dir=out_dir, workers=workers, rendering=rendering,
            region=region, note=note,
        )  # fmt: skip
    if as_json:
        dump(version.to_json() | {"path": str(out_dir)})
        return
    say(f"wrote {version.rows} problems to {out_dir} (version {version.id})")
    say(f'try: veriloop query "SELECT prompt, answer FROM problems LIMIT 3" --root {out_dir}')


@app.command()
def run(
    config: Path,
    set_: Annotated[list[str] | None, typer.Option("--set", help="key.path=value, repeatable")] = None,
    prefect: Annotated[bool, typer.Option(help="run the stages as Prefect flows")] = True,
) -> None:
    """Run a config end to end: sets, cold start, arms, report."""
    from flows.config import load_config
    from flows.stages import Run

    loaded = load_config(config, set_ or [])
    with progress() as note:
        bound = Run(loaded, note)
        if prefect:
            from flows.prefect_flows import run_flow

            path = run_flow(bound)
        else:
            from flows.whole import run_whole

            path = run_whole(bound)
    from flows.summary import print_summary

    print_summary(bound, out)
    say(f"report: {path}")
    say(
        'try: veriloop query "SELECT family, level, sum(correct) c, sum(n) n FROM scores JOIN problems USING (uid) '
        f"WHERE arm = 'loop' GROUP BY ALL\" --root {loaded.data_dir}"
    )


@app.command()
def report(root: Root = DEFAULT_ROOT, run_id: Annotated[str | None, typer.Option("--run")] = None) -> None:
    """Write the HTML report of a run from its ledger alone."""
    from flows.report import write_report

    say(f"report: {write_report(root, run_id)}")


@app.command()
def query(
    sql: str,
    root: Root = DEFAULT_ROOT,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv")] = False,
) -> None:
    """Ask the ledger and the versions a question in SQL."""
    import pyarrow.csv

    from pipeline.query import query as ask

    found = ask(root, sql)
    if as_json:
        sys.stdout.write(json.dumps(found.to_pylist(), default=str, ensure_ascii=False) + "\n")
        return
    if csv:
        pyarrow.csv.write_csv(found, sys.stdout.buffer)
        return
    table = Table(*found.column_names)
    for row in found.slice(0, 200).to_pylist():
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)
    if found.num_rows > 200:
        say(f"200 of {found.num_rows} rows shown: use --csv or LIMIT")


@app.command()
def grade(
    file: Path,
    gold: Annotated[str, typer.Option()],
    pred: Annotated[str, typer.Option()],
    type_: Annotated[str | None, typer.Option("--type", help="answer type; inferred from gold when absent")] = None,
    as_json: Json = False,
) -> None:
    """Judge the replies of a JSONL file against its golds, row by row."""
    from flows.making import grade_rows

    counts: dict[str, int] = {}
    for row in grade_rows(file, gold=gold, pred=pred, type_=type_):
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
        if as_json:
            dump(row)
        else:
            say(f"{row['row']:>6}  {row['outcome']:<10} {row['reason']}")
    if not as_json:
        say(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))


@app.command("import")
def import_(
    file: Path,
    map_: Annotated[str, typer.Option("--map", help="prompt=COLUMN,answer=COLUMN; absent: the verl layout")] = "",
    name: Annotated[str, typer.Option(help="name of the version; the file's by default")] = "",
    root: Root = DEFAULT_ROOT,
    license_: Annotated[str, typer.Option("--license")] = "unknown",
    held_out: Annotated[bool, typer.Option(help="an imported benchmark: every row goes to test")] = False,
    as_json: Json = False,
) -> None:
    """Turn JSONL or Parquet rows into a version of verifiable text/math problems."""
    from flows.making import import_version

    version, faults = import_version(
        file, mapping=map_, name=name or file.stem, root=root, license_=license_, held_out=held_out
    )
    if as_json:
        dump(version.to_json() | {"faults": faults})
        return
    for fault in faults[:10]:
        say(f"row {fault['row']}: {fault['reason']}")
    if len(faults) > 10:
        say(f"... and {len(faults) - 10} more")
    say(f"imported {version.rows} problems as {version.name} (version {version.id}); {len(faults)} rows refused")
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
    from flows.measuring import Asked, measure_version
    from pipeline.protocol import Protocol

    for name, value, known in (("sampler", sampler, ("torch", "vllm")), ("template", template, ("base", "chat"))):
        if value not in known:
            raise ConfigError(f"--{name} {value!r}: choose one of {', '.join(known)}")
    protocol = Protocol(max_prompt_tokens, max_completion_tokens, temperature, cast(Any, template))
    asked = Asked(path=path, url=url, model=model, sampler=cast(Any, sampler), timeout_s=timeout_s)
    with progress() as note:
        rows = measure_version(
            root, version, asked, protocol=protocol, draws=draws, design="sequential" if sequential else "fixed",
            limit=limit, note=note,
        )  # fmt: skip
    if as_json:
        dump(rows)
        return
    table = Table("cell", "problems", "attempts", "pass rate [95%]", "truncated")
    for row in rows:
        cell = f"{row['family']}/{row['level']}" + (f"/{row['region']}" if row["region"] else "")
        rate = f"{row['pass_rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
        table.add_row(cell, str(row["problems"]), str(row["n"]), rate, str(row["truncated"]))
    out.print(table)
    say(f'try: veriloop query "SELECT uid, n, correct FROM scores ORDER BY correct / n LIMIT 5" --root {root}')


@app.command()
def versions(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """List the dataset versions of a root."""
    from pipeline.store import Store

    found = Store(root).versions()
    if as_json:
        dump([version.to_json() for version in found])
        return
    table = Table("id", "name", "rows", "dropped", "cells")
    for version in found:
        table.add_row(
            version.id[:12],
            version.name,
            str(version.rows),
            str(sum(version.dropped.values())),
            str(len(version.cells)),
        )
    out.print(table)


@app.command()
def show(version: str, root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Show one version: its recipe, cells, drops and an example."""
    from flows.inspect import describe

    described = describe(root, version)
    dump(described) if as_json else say(json.dumps(described, indent=2, ensure_ascii=False))


@app.command()
def diff(a: str, b: str, root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Compare two versions: recipe, cells, rows only in one of them."""
    from flows.inspect import compare

    compared = compare(root, a, b)
    dump(compared) if as_json else say(json.dumps(compared, indent=2, ensure_ascii=False))


@app.command()
def why(uid: str, root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Say why a problem is where it is: origin, versions, decisions, scores, what it taught."""
    from flows.inspect import explain

    explained = explain(root, uid)
    dump(explained) if as_json else say(json.dumps(explained, indent=2, ensure_ascii=False))


@app.command()
def regenerate(
    version: str, root: Root = DEFAULT_ROOT, workers: Annotated[int, typer.Option()] = 1, as_json: Json = False
) -> None:
    """Make a version again from its recipe and compare row hashes."""
    from flows.inspect import prove

    proof = prove(root, version, workers=workers)
    if as_json:
        dump(proof)
    else:
        verdict = "the id is proven" if proof["same_id"] else "the version CANNOT be made again"
        say(f"{proof['equal']} of {proof['rows']} rows have the same hash: {verdict}")
    if not proof["same_id"]:
        raise typer.Exit(1)


@app.command()
def deploy(
    config: Path,
    cron: Annotated[str, typer.Option(help="when to run, e.g. '0 3 * * *'")],
    set_: Annotated[list[str] | None, typer.Option("--set")] = None,
) -> None:
    """Serve a run on a schedule until stopped."""
    from flows.deploy import serve

    serve(config, cron=cron, overrides=set_ or [])


@app.command()
def doctor(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Check this installation: versions, engines, disk, families, stored versions."""
    from flows.inspect import examine

    rows = examine(root)
    if as_json:
        dump(rows)
    else:
        for row in rows:
            say(f"{'ok  ' if row['ok'] else 'FAIL'}  {row['check']:<24} {row['found']}")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def progress() -> Any:
    """Return a context manager that gives a Note drawing rich progress bars on stderr."""
    from flows.progress import bars

    return bars(err)


def fail(error: PipelineError) -> NoReturn:
    """Print one message and leave with the error's exit code."""
    err.print(f"{type(error).__name__}: {error}", markup=False, highlight=False)
    sys.exit(error.exit_code)


def main() -> None:
    """Run the command; errors meant for the user become one message, bugs keep their traceback."""
    try:
        app()
    except PipelineError as error:
        fail(error)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            fail(PipelineError(f"no space left on the disk of {error.filename}: free some; what is written is kept"))
        raise


if __name__ == "__main__":
    main()
