"""The commands about stored versions: versions, show, diff, why, regenerate, export, gc. What they do lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT_ROOT, Json, Root, Workers, existing, progress
from flows.telling.output import dump, say, say_table

stored = typer.Typer()


@stored.command()
def versions(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """List the dataset versions of a root."""
    from pipeline.store.store import Store

    found = Store(existing(root)).versions()
    if as_json:
        dump([version.to_json() for version in found])
        return
    rows = (
        (v.id[:12], v.name, v.rows, sum(v.dropped.values()), len(v.cells), v.recipe.get("stage", "")) for v in found
    )
    say_table(("id", "name", "rows", "dropped", "cells", "made by"), rows)
    say(f"try: veriloop show {found[-1].id[:12]} --root {root}" if found else f"no versions in {root} yet")


@stored.command()
def show(version: str, root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Show one version (id, prefix or name): its recipe, cells, drops and an example."""
    from flows.inspection.stored import describe
    from flows.telling.tell import version_lines

    described = describe(existing(root), version)
    dump(described) if as_json else say(*version_lines(described))


@stored.command()
def diff(a: str, b: str, root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Compare two versions: recipe, cells, rows only in one of them."""
    from flows.inspection.stored import compare
    from flows.telling.tell import difference_lines

    compared = compare(existing(root), a, b)
    dump(compared) if as_json else say(*difference_lines(compared))


@stored.command()
def why(uid: str, root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Say why a problem is where it is: origin, versions, decisions, scores, what it taught."""
    from flows.inspection.stored import explain
    from flows.telling.tell import story_lines

    explained = explain(existing(root), uid.strip(" \"'"))
    dump(explained) if as_json else say(*story_lines(explained))


@stored.command()
def regenerate(version: str, root: Root = DEFAULT_ROOT, workers: Workers = 1, as_json: Json = False) -> None:
    """Make a version again from its recipe and compare row hashes."""
    from flows.inspection.regenerate import prove

    with progress() as note:
        proof = prove(existing(root), version, workers=workers, note=note)
    if as_json:
        dump(proof)
    else:
        verdict = "the id is proven" if proof["same_id"] else f"the id is NOT proven, remade it is {proof['remade']}"
        say(f"{proof['equal']} of {proof['rows']} rows have the same hash: {verdict}")
    if not proof["same_id"]:
        raise typer.Exit(1)


@stored.command()
def export(
    version: str,
    file: Annotated[Path, typer.Argument(help="JSONL or Parquet, by its suffix")],
    root: Root = DEFAULT_ROOT,
    layout: Annotated[str, typer.Option(help="verl, text (prompt, answer, source) or programs (with tests)")] = "verl",
    split: Annotated[str, typer.Option(help="train, probe, test or all")] = "train",
) -> None:
    """Write a version's rows in a layout that others read, and `veriloop import` too."""
    from flows.stages.exports import export_version

    exported = export_version(existing(root), version, file, layout=layout, split=split)
    say(f"wrote {exported.written} of {exported.rows} problems (split {split}) to {file}")
    for name, count in exported.left_out.items():
        say(f"left out {count} that are held out by {name}")


@stored.command()
def gc(
    root: Root = DEFAULT_ROOT,
    delete: Annotated[bool, typer.Option("--delete", help="delete it; without this, only say what would go")] = False,
    keep_days: Annotated[
        float, typer.Option(min=0, max=36_500, help="keep what was written in so many last days")
    ] = 7.0,
    as_json: Json = False,
) -> None:
    """Find what no version needs: leavings of killed processes, and shards, which are made again when wanted."""
    from flows.telling.tell import garbage_lines
    from pipeline.store.garbage import collect_garbage
    from pipeline.store.query import left_behind

    found = collect_garbage(existing(root), keep_days=keep_days, delete=delete, elsewhere=left_behind())
    if as_json:
        dump({"deleted": delete, "bytes": sum(g.bytes for g in found), "found": [g._asdict() for g in found]})
        return
    say(*garbage_lines(found, deleted=delete))
    if found and not delete:
        say(f"try: veriloop gc --root {root} --keep-days {keep_days:g} --delete")
