"""What the questions answer: families, versions, differences, a problem's story, proofs, health."""

import json
import shutil

import pytest

from flows.inspection.doctor import examine
from flows.inspection.installed import family_rows
from flows.inspection.regenerate import prove
from flows.inspection.stored import compare, describe, explain
from flows.stages.publish import generate_version
from flows.telling.tell import difference_lines, story_lines, version_lines
from generators.family import names
from pipeline.errors import ConfigError, StoreError
from pipeline.store.store import Store
from tests.pipeline.store.test_sealed import flipped


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    path = tmp_path_factory.mktemp("made")
    for seed in (0, 1):
        generate_version("np/knapsack", level=1, count=20, seed=seed, out_dir=path)
    return path


def ids(root):
    return [version.id for version in Store(root).versions()]


def test_every_family_is_a_row_with_the_fixed_names():
    rows = family_rows()
    assert [row["name"] for row in rows] == list(names())
    fixed = {"name", "domain", "family_version", "verifier_version", "renderings", "certificate", "max_level"}
    assert all(fixed <= set(row) for row in rows)
    known = {row["name"]: row for row in rows}
    assert known["np/knapsack"]["certificate"] == "optimal"
    assert known["seq/sort"]["certificate"] == "exact"
    assert known["text/math"]["certificate"] == "none"
    assert known["np/tsp"]["domain"] == "np"


def test_a_version_is_described_with_an_example(root):
    described = describe(root, ids(root)[0][:10])
    lines = "\n".join(version_lines(described))
    assert described["id"] in lines
    assert "np/knapsack level 1: 20" in lines
    assert described["example"]["prompt"][:40] in lines


def test_versions_are_compared_row_by_row(root):
    a, b = ids(root)
    compared = compare(root, a, b)
    assert compared["recipe"] == {"seed": [0, 1]}
    assert compared["added"] == compared["removed"] <= 20
    assert "recipe seed: 0 -> 1" in list(difference_lines(compared))
    assert "no difference: same recipe, same rows" in list(difference_lines(compare(root, a, a)))


def test_a_problem_tells_its_story(tiny_run):
    (row,) = tiny_run.ledger.read("exposures").slice(0, 1).to_pylist()
    explained = explain(tiny_run.root, row["uid"])
    assert explained["versions"]
    assert explained["decisions"][0]["action"] == "keep"
    assert row["operator"] in {taught["operator"] for taught in explained["taught"]}
    text = "\n".join(story_lines(explained))
    assert "taught" in text
    assert explained["problem"][0]["family"] in text


def test_a_test_problem_was_scored_and_taught_nothing(tiny_run):
    scores = tiny_run.ledger.read("scores", purpose="report").to_pylist()
    explained = explain(tiny_run.root, scores[0]["uid"][:12])
    assert explained["problem"][0]["split"] == "test"
    assert {score["purpose"] for score in explained["scores"]} == {"report"}
    assert explained["taught"] == []


@pytest.mark.parametrize("uid", ["", "xyz", "0' OR 1=1 --", "f" * 32])
def test_a_uid_that_names_no_problem_is_bad_input(root, uid):
    with pytest.raises(ConfigError, match="uid"):
        explain(root, uid)


def test_a_version_is_proven_by_making_it_again(root, tiny_run):
    assert prove(root, ids(root)[0]) == {
        "version": ids(root)[0],
        "remade": ids(root)[0],
        "rows": 20,
        "equal": 20,
        "same_id": True,
    }
    assert all(prove(tiny_run.root, version.id)["same_id"] for version in tiny_run.store.versions())


def test_a_version_of_another_family_version_or_from_a_file_is_not_proven(root, tmp_path):
    store, version = Store(root), Store(root).versions()[0]
    rows = store.table(version)
    elsewhere = Store(tmp_path)
    elsewhere.publish("old", recipe={**version.recipe, "families": {"np/knapsack": 0}}, rows=[rows])
    with pytest.raises(ConfigError, match="made with np/knapsack version 0, installed is 1"):
        prove(tmp_path, "old")
    elsewhere.publish("older", recipe={**version.recipe, "stage_version": 1}, rows=[rows])
    with pytest.raises(ConfigError, match="made with stage generate version 1, installed is 2"):
        prove(tmp_path, "older")
    elsewhere.publish("other", recipe={**version.recipe, "seed": 9}, rows=[rows])
    assert not prove(tmp_path, "other")["same_id"]
    elsewhere.publish("file", recipe={"stage": "import"}, rows=[rows])
    with pytest.raises(ConfigError, match="import its file again"):
        prove(tmp_path, "file")


def test_damage_is_named_and_the_rest_still_answers(tmp_path):
    whole = generate_version("seq/sort", level=1, count=5, seed=0, out_dir=tmp_path)
    hurt = generate_version("seq/sort", level=1, count=5, seed=1, out_dir=tmp_path)
    file = next((tmp_path / "versions" / hurt.id).glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    (tmp_path / "versions" / ("a" * 32)).mkdir()
    for question in (describe, prove):
        with pytest.raises(StoreError, match=file.name):
            question(tmp_path, hurt.id)
    assert describe(tmp_path, whole.id)["rows"] == 5
    bad = {row["check"] for row in examine(tmp_path) if not row["ok"]}
    assert bad == {f"version {hurt.id[:8]}", "version aaaaaaaa"}


def test_a_whole_root_is_examined_thing_by_thing(tiny_run, tmp_path):
    rows = {row["check"]: row for row in examine(tiny_run.root)}
    assert {"checkpoints", "rounds", "ledger parts"} <= set(rows)
    assert all(row["ok"] for check, row in rows.items() if check.startswith(("checkpoint", "round", "ledger")))
    root = shutil.copytree(tiny_run.root, tmp_path / "run")
    hurt = [
        next(path for path in (root / "checkpoints").glob("*/model.safetensors")),
        next((root / "rounds").rglob("*.json")),
        next((root / "ledger" / "scores").rglob("*.parquet")),
    ]
    for path in hurt:
        path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 2, 0))
    bad = [row for row in examine(root) if not row["ok"]]
    assert sorted(row["check"].split()[0] for row in bad) == ["checkpoint", "ledger", "round"]
    assert all(any(str(path) in row["found"] for row in bad) for path in hurt)


def test_examine_answers_for_a_root_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    assert [row["check"] for row in examine(tmp_path / "file") if not row["ok"]] == ["root"]


def test_examine_answers_for_a_root_that_is_not_there(tmp_path):
    rows = examine(tmp_path / "nowhere")
    assert {"python", "torch", "prefect", "disk", "families"} <= {row["check"] for row in rows}
    assert json.dumps(rows)


@pytest.mark.parametrize(
    "recipe", [{}, {"stage": "dataset"}, {"stage": "generate", "cells": 1}, {"stage": "generate", "cells": [[1]]}]
)
def test_a_recipe_that_no_stage_writes_is_told(tmp_path, recipe):
    version = Store(tmp_path).publish("odd", recipe=recipe, rows=[])
    with pytest.raises(ConfigError, match=version.id):
        prove(tmp_path, version.id)
    assert describe(tmp_path, "odd")["recipe"] == recipe
