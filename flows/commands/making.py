"""The commands that bring problems in: families, generate, import. What they do lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DAY_S, DEFAULT_ROOT, FILES, Declare, Json, Root, Workers, progress
from flows.telling.output import dump, say, say_table

making = typer.Typer()
MAP = (
    "prompt=COLUMN (text or chat turns) and answer=COLUMN or solution=COLUMN (marked #### or \\boxed{}); level=COLUMN "
    "('Level 5', 3, 6.5 or easy) and subject=COLUMN make the cell; tests=COLUMN for programs; any other NAME=COLUMN is "
    "kept. Absent: the verl layout"
)


@making.command()
def families(
    chosen: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="absent: all of them")] = None,
    as_json: Json = False,
    cards: Annotated[Path | None, typer.Option(help="certify, write family cards here; 1 if one is refused")] = None,
) -> None:
    """List the problem families, or certify them."""
    from flows.inspection.installed import family_rows, write_cards

    rows = family_rows(chosen or ())
    if cards is not None:
        found = write_cards(cards, chosen or ())
        say(f"wrote {len(found)} family cards to {cards}")
        refused = {name: lines for name, lines in found.items() if lines}
        for name, lines in refused.items():
            say(f"{name} is not certified; its card has the rest of these:")
            for line in {line.partition(":")[0]: line for line in reversed(lines)}.values():
                say(f"  {line}")
        if refused:
            raise typer.Exit(1)
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
    rendering: Annotated[
        str | None, typer.Option(help="one or several: plain,story; absent: each problem draws one that uses words")
    ] = None,
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
    file: Annotated[Path, typer.Argument(help=FILES)],
    map_: Annotated[str, typer.Option("--map", metavar="FIELD=COLUMN,...", help=MAP)] = "",
    name: Annotated[str, typer.Option(help="name of the version; the file's by default")] = "",
    root: Root = DEFAULT_ROOT,
    license_: Annotated[str, typer.Option("--license", help="of the rows, e.g. mit; the version's card names it")] = (
        "unknown"
    ),
    held_out: Annotated[bool, typer.Option(help="an imported benchmark: every row goes to test")] = False,
    declare: Declare = None,
    timeout: Annotated[
        float, typer.Option(min=0.01, max=DAY_S, help="seconds to solve the params of one exported row")
    ] = 20.0,
    as_json: Json = False,
) -> None:
    """Turn the rows of a file into a version of verifiable problems."""
    from flows.judging.grading import declared_by
    from flows.stages.imports import findings, import_version
    from flows.telling.tell import finding_lines

    version, faults = import_version(
        file, mapping=map_, name=name or file.name.partition(".")[0] or file.name, root=root, license_=license_,
        held_out=held_out, declared=declared_by(declare or ()), timeout_s=timeout,
    )  # fmt: skip
    found = findings(root, version)
    if as_json:
        dump(version.to_json() | {"faults": faults} | found)
        return
    for fault in faults[:10]:
        say(f"line {fault['line']} refused: {fault['reason']}")
    if len(faults) > 10:
        say(f"... and {len(faults) - 10} more")
    for note in version.quality["notes"]:
        say(f"note: {note}")
    dropped = sum(version.dropped.values())
    say(
        f"imported {version.rows} problems as {version.name} to {root / 'versions' / version.id}; "
        f"{dropped} dropped by rules, {len(faults)} rows refused"
    )
    say(*finding_lines(found))
    say(f"try: veriloop show {version.id[:8]} --root {root}")
