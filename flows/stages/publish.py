"""Publish generated problems as dataset versions: sets of a run, and one family by count.

Not the making (generate) nor imported rows (imports). Law: a version is found by its recipe, so that publishing again
after any interruption redoes only what is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from filters.rule import Configured, apply, decisions_table, resolve, versions_of
from flows.config import RunConfig
from flows.judging.audited import carried_noise
from flows.run import Note, Run, silent
from flows.stages.curate import dropped_table, rule_context
from flows.stages.generate import generate, made
from flows.stages.held_out import NOTHING, HeldOut, declared
from generators.family import check_request, load
from generators.supply import supply
from pipeline.choice.mixture import Cell, Mixture
from pipeline.errors import ConfigError, ShortageError
from pipeline.problem import Problem, from_table, to_table
from pipeline.seeds import derive
from pipeline.split import Split
from pipeline.store.quality import quality_report
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion, recipe_id

DATASET_STAGE = 3
"""Version of the dataset stage: raise it when the same recipe would give other rows."""
GENERATE_STAGE = 2
"""The same of `generate_version`."""


def dataset(
    run: Run,
    name: str,
    counts: Mapping[Cell, int],
    *,
    split: Split,
    seed: int,
    allow_shortage: bool = False,
) -> DatasetVersion:
    """Generate, curate and publish the first K distinct problems of each cell; found by recipe when already there.

    Raises:
        ShortageError: when a cell cannot supply its count, unless allow_shortage.
        ConfigError: for a held-out cell, unless for test.
    """
    held_out = NOTHING
    if split != "test":
        Mixture.of(counts, held_out=run.config.held_out_cells())  # the door where a held-out cell is refused
        held_out = declared(run.store, {cell.family for cell in counts})
    rules = resolve((*run.config.sets.rules, *_held_out_rule(held_out)))
    recipe = _dataset_recipe(run.config, counts, split=split, seed=seed, rules=rules)
    identity = recipe_id(recipe, held_out.versions)
    if (found := run.store.find(identity)) is not None:
        run.store.point(name, found)
        return found
    problems = generate(run, counts, split=split, seed=seed, allow_shortage=allow_shortage, label=name)
    curated = apply(problems, rules, rule_context(held_out=held_out.places))
    run.ledger.append("decisions", decisions_table(curated.decisions), part=identity, run=run.run_id)
    rows, dropped = to_table(curated.kept), dropped_table(problems, curated.decisions)
    quality = quality_report(curated.kept) | carried_noise(run.root, {cell.family for cell in counts})
    return run.store.publish(
        name, recipe=recipe, inputs=held_out.versions, rows=[rows], dropped=[dropped], quality=quality
    )


def _held_out_rule(held_out: HeldOut) -> tuple[dict[str, str], ...]:
    """Return the rule that leaves out what is held out, where there is anything: else no recipe changes."""
    return ({"name": "held_out"},) if held_out.versions else ()


def _dataset_recipe(
    config: RunConfig, counts: Mapping[Cell, int], *, split: Split, seed: int, rules: Sequence[Configured]
) -> dict[str, Any]:
    families = sorted({cell.family for cell in counts})
    return {
        "stage": "dataset",
        "stage_version": DATASET_STAGE,
        "cells": [[*cell, count] for cell, count in sorted(counts.items())],
        "split": split,
        "seed": seed,
        "rendering": config.sets.rendering,
        "rules": versions_of(rules),
        "families": {name: load(name).family_version for name in families},
        "verifiers": {name: load(name).verifier_version for name in families},
    }


def problems_of(run: Run, version: DatasetVersion) -> list[Problem]:
    """Return the problems of a version, in order."""
    return from_table(run.store.table(version))


def fixed_sets(run: Run) -> dict[Split, DatasetVersion]:
    """Publish (or find) the probe and test sets of a run: one seed, for ever; held-out cells add to test alone."""
    cells, held_out = run.config.all_cells(), run.config.held_out_cells()
    sizes: dict[Split, dict[Cell, int]] = {
        "probe": dict.fromkeys(cells, run.config.sets.probe_per_cell),
        "test": dict.fromkeys(sorted({*cells, *held_out}), run.config.sets.test_per_cell),
    }
    return {
        split: dataset(
            run,
            f"{run.config.name}-{split}",
            counts,
            split=split,
            seed=derive("sets", run.config.seed),
            allow_shortage=True,
        )
        for split, counts in sizes.items()
    }


def generate_version(
    name: str,
    *,
    level: int,
    count: int,
    seed: int,
    out_dir: Path,
    workers: int = 1,
    rendering: str | None = None,
    region: str | None = None,
    note: Note = silent,
) -> DatasetVersion:
    """Publish the first `count` distinct problems of a family's level in the store at `out_dir`.

    With region None the count is split evenly over the family's regions. The version is the same for any number of
    workers; one that is already there is not made again.

    Raises:
        FamilyError, ConfigError: for a bad request or a folder that holds something else.
        ShortageError: when the level has too few distinct problems.
    """
    check_request(name, level=level, region=region, rendering=rendering)
    if count < 1 or workers < 1:
        raise ConfigError(f"count {count} and workers {workers} must be at least 1")
    regions = load(name).regions if region is None else (region,)
    counts = {
        Cell(name, level, r): count // len(regions) + (i < count % len(regions)) for i, r in enumerate(sorted(regions))
    }
    counts = {cell: number for cell, number in counts.items() if number}
    _check_capacity(counts)
    recipe = {
        "stage": "generate",
        "stage_version": GENERATE_STAGE,
        "cells": [[*cell, number] for cell, number in counts.items()],
        "seed": seed,
        "rendering": rendering,
        "families": {name: load(name).family_version},
    }
    store = _store_at(out_dir)
    held_out = declared(store, [name])
    rules = resolve(_held_out_rule(held_out))
    recipe |= {"rules": versions_of(rules)} if rules else {}
    if (found := store.find(recipe_id(recipe, held_out.versions))) is not None:
        return found
    dropped: list[pa.Table] = []

    def rows() -> Iterator[pa.Table]:
        done = 0
        run = partial(made, workers=workers)
        for _, table in supply(counts, seed=seed, run=run, rendering=rendering):
            done += table.num_rows
            note(f"generate {name}", done, count)
            yield _shown(table, rules, held_out, dropped) if rules else table

    # rows are taken before what they dropped
    return store.publish(
        f"{name.replace('/', '-')}-{level}", recipe=recipe, inputs=held_out.versions, rows=rows(), dropped=dropped,
        quality=carried_noise(store.root, [name]),
    )  # fmt: skip


def _shown(table: pa.Table, rules: Sequence[Configured], held_out: HeldOut, dropped: list[pa.Table]) -> pa.Table:
    """Return the rows of a table that are not held out, and add the others to what was dropped."""
    problems = from_table(table)
    curated = apply(problems, rules, rule_context(held_out=held_out.places))
    dropped.append(dropped_table(problems, curated.decisions))
    return to_table(curated.kept)


def _check_capacity(counts: Mapping[Cell, int]) -> None:
    """Raise ShortageError where a family states that a cell has fewer distinct problems, before any is made."""
    for cell, wanted in counts.items():
        capacity = load(cell.family).capacity
        if capacity is not None and (most := capacity(cell.level, cell.region)) < wanted:
            raise ShortageError(
                f"cell {cell} is asked for {wanted} distinct problems and has {most}: "
                "lower --count or choose a higher level"
            )


def _store_at(out_dir: Path) -> Store:
    """Return the store of a folder that is new, empty or already holds versions."""
    if out_dir.exists() and not out_dir.is_dir():
        raise ConfigError(f"--out {out_dir} is a file: name a new folder")
    occupied = out_dir.is_dir() and any(out_dir.iterdir())
    if occupied and not (out_dir / "versions").is_dir():
        raise ConfigError(f"--out {out_dir} is not empty and holds no versions: name a new folder")
    return Store(out_dir)
