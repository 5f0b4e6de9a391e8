"""Make a version again from its recipe alone and compare: the proof that a version can be rebuilt.

Law: nothing is written; a version that installed plug-ins cannot make again is refused by name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ValidationError

from flows.run import Note, silent
from flows.stages.held_out import declared
from generators.family import load
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError, shortened
from pipeline.problem import Problem, from_table, to_table
from pipeline.split import Split
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion, recipe_id, row_hashes, version_id
from pipeline.store.version_files import SORT_KEYS


class _Rule(BaseModel):
    name: str
    version: int


class _Recipe(BaseModel):
    """What the stages of generation write into a recipe, as far as it is read here."""

    stage_version: int
    cells: list[tuple[str, int, str, int]]
    seed: int
    rendering: str | None
    families: dict[str, int]
    split: Split | None = None
    rules: list[_Rule] = []


def prove(root: Path, ref: str, *, workers: int = 1, note: Note = silent) -> dict[str, Any]:
    """Make a version again from its recipe alone, in memory, and compare row hashes and id.

    Raises:
        ConfigError: for a version whose recipe is not one of generation (an import needs its file).
    """
    store = Store(root)
    version = store.get(ref)
    store.check(version)
    held_out = declared(store, {cell.family for cell in version.cells}, among=version.inputs).places
    remade = row_hashes(_remake(version, held_out, workers=workers, note=note))
    stored = row_hashes(store.table(version))
    again = version_id(recipe_id(version.recipe, version.inputs), remade)
    known = set(remade)
    return {
        "version": version.id,
        "remade": again,
        "rows": version.rows,
        "equal": sum(hash_ in known for hash_ in stored),
        "same_id": again == version.id,
    }


def _remake(version: DatasetVersion, held_out: Mapping[str, str], *, workers: int, note: Note) -> pa.Table:
    """Return the rows of the version's recipe, in the order of publishing."""
    from filters.rule import apply, resolve
    from flows.stages.curate import rule_context
    from flows.stages.generate import made
    from generators.supply import supply

    recipe = version.recipe
    if recipe.get("stage") not in ("dataset", "generate"):
        raise ConfigError(
            f"version {version.id} was made by {recipe.get('stage')!r}: only generated rows can be made again; "
            "import its file again and compare the ids"
        )
    try:
        _Recipe.model_validate(recipe)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise ConfigError(
            f"version {version.id} has a recipe that no stage here writes ({shortened(place)}: {fault['msg']}): "
            "nobody can make it again"
        ) from error
    _check_plugins(version)
    counts = {Cell(family, level, region): count for family, level, region, count in recipe["cells"]}
    supplied = supply(
        counts,
        seed=recipe["seed"],
        run=lambda shards: made(shards, workers=workers),
        rendering=recipe["rendering"],
        split=recipe.get("split"),
        allow_shortage=True,
    )
    problems: list[Problem] = []
    for _, table in supplied:
        problems.extend(from_table(table))
        note(f"make {version.name} again", len(problems), sum(counts.values()))
    if "rules" in recipe:
        rules = resolve([{key: value for key, value in rule.items() if key != "version"} for rule in recipe["rules"]])
        problems = apply(problems, rules, rule_context(held_out=held_out)).kept
    return to_table(problems).sort_by([(key, "ascending") for key in SORT_KEYS])


def _check_plugins(version: DatasetVersion) -> None:
    """Raise ConfigError unless the installed stage, families and rules have the versions of the recipe."""
    from filters.rule import load as load_rule
    from flows.stages.publish import DATASET_STAGE, GENERATE_STAGE

    stage = version.recipe["stage"]
    installed_stage = DATASET_STAGE if stage == "dataset" else GENERATE_STAGE
    made_with = [(f"stage {stage}", version.recipe["stage_version"], installed_stage)]
    made_with += [(name, number, load(name).family_version) for name, number in version.recipe["families"].items()]
    for rule in version.recipe.get("rules", ()):
        made_with.append((f"rule {rule['name']}", rule["version"], load_rule(rule["name"]).version))
    for name, number, installed in made_with:
        if installed != number:
            raise ConfigError(
                f"version {version.id} was made with {name} version {number}, installed is {installed}: "
                "install the matching code"
            )
