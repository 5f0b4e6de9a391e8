"""DatasetVersion: its invariants, its JSON, and identities that know no circumstances."""

import json
from dataclasses import replace

import pytest

from pipeline.choice.mixture import Cell
from pipeline.errors import StoreError
from pipeline.problem import row_hash, to_table
from pipeline.store.version import DatasetVersion, StoredFile, recipe_id, row_hashes, version_id
from tests.pipeline.examples import additions

RECIPE = {"stage": "generate", "seed": 1}
VERSION = DatasetVersion(
    name="sums",
    id="0" * 32,
    recipe=RECIPE,
    recipe_id=recipe_id(RECIPE, ("a", "b")),
    inputs=("a", "b"),
    files=(StoredFile("train-00000-of-00001.parquet", "f" * 64, 10),),
    rows=5,
    cells={Cell("x/y", 2): 3, Cell("x/y", 1, "r"): 2},
    dropped={"length": 1},
    schema=(("uid", "string"),),
    quality={"rate": 0.5},
    created_utc="2026-01-01T00:00:00+00:00",
)


def test_json_round_trip() -> None:
    assert DatasetVersion.from_json(json.loads(json.dumps(VERSION.to_json()))) == VERSION


def test_invariants_are_enforced() -> None:
    with pytest.raises(ValueError, match="sum"):
        replace(VERSION, rows=6)
    with pytest.raises(ValueError, match="recipe_id"):
        replace(VERSION, recipe={"seed": 2})
    with pytest.raises(ValueError, match="recipe_id"):
        replace(VERSION, inputs=("b", "a"))


@pytest.mark.parametrize("field", sorted(set(VERSION.to_json())))
def test_a_manifest_without_a_field_is_refused(field: str) -> None:
    value = VERSION.to_json()
    del value[field]
    with pytest.raises(StoreError, match="publish the version again"):
        DatasetVersion.from_json(value)


def test_a_manifest_of_another_format_or_kind_is_refused() -> None:
    for value in ({**VERSION.to_json(), "format": 2}, {**VERSION.to_json(), "rows": 6}, [], "x", None):
        with pytest.raises(StoreError, match="manifest"):
            DatasetVersion.from_json(value)


def test_recipe_id_knows_content_and_refuses_what_does_not_repeat() -> None:
    assert recipe_id({"a": 1, "b": (2, 3)}) == recipe_id({"b": [2, 3], "a": 1})
    assert recipe_id({"a": 1}) != recipe_id({"a": 1}, ["x"])
    with pytest.raises(TypeError):
        recipe_id({"a": object()})


def test_row_hashes_of_a_table_are_those_of_its_problems() -> None:
    problems = additions(5)
    assert row_hashes(to_table(problems)) == [row_hash(problem) for problem in problems]


def test_version_id_depends_on_every_row_and_their_order() -> None:
    rows = [row_hash(problem) for problem in additions(3)]
    ids = {version_id("r", rows), version_id("r", rows[::-1]), version_id("r", rows[:2]), version_id("s", rows)}
    assert len(ids) == 4
