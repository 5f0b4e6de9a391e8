"""The commands that bring problems in: families, generate, import. What they do lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_ROOT, Json, Root, Workers, progress
from flows.telling.output import dump, say, say_table

making = typer.Typer()


@making.command()
def families(
    as_json: Json = False, cards: Annotated[Path | None, typer.Option(help="write family cards here")] = None
) -> None:
    """List the problem families."""
    from flows.inspection.installed import family_rows, write_cards

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


@making.command()
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
    from flows.stages.publish import generate_version

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


@making.command("import")
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
    from flows.stages.imports import import_version

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
