"""Laws of the stages: a dataset is found by its recipe, shards are read and not made again, drops lie beside."""

import pyarrow as pa
import pytest

from flows.run import Run, record_start
from flows.stages.curate import dropped_table
from flows.stages.generate import generate, made
from flows.stages.publish import dataset, fixed_sets, problems_of
from generators.family import generate as generate_one
from generators.family import load
from generators.supply import Shard
from generators.witness import witness_fault
from pipeline.choice.mixture import Cell
from pipeline.errors import ShortageError, StoreError
from pipeline.problem import PROBLEM_SCHEMA
from pipeline.store.store import Store
from tests.flows.tiny import tiny
from tests.generators.changed import changed
from tests.pipeline.store.test_sealed import flipped

SORT = Cell("seq/sort", 1, "ascending")


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny(tmp_path / "run")


def test_a_dataset_is_found_and_not_made_again(run):
    first = dataset(run, "a", {SORT: 20}, split="train", seed=1)
    notes = []
    again = dataset(Run(run.config, lambda *note: notes.append(note)), "a", {SORT: 20}, split="train", seed=1)
    assert again.id == first.id
    assert notes == []
    assert dataset(run, "a", {SORT: 20}, split="train", seed=2).id != first.id


def test_a_forged_set_under_the_honest_recipe_is_never_handed_out(run, tmp_path):
    """The forger computes everything anew, id included: what a recipe finds is what this root made by it."""
    honest = dataset(tiny(tmp_path / "other"), "a", {SORT: 20}, split="train", seed=1)
    rows = [row | {"answer": "[0]"} for row in tiny(tmp_path / "other").store.table(honest).to_pylist()]
    forger = Store(tmp_path / "forger")
    forged = forger.publish("a", recipe=honest.recipe, rows=[pa.Table.from_pylist(rows, schema=PROBLEM_SCHEMA)])
    assert forged.recipe_id == honest.recipe_id
    run.store.adopt(forger.folder(forged))
    assert dataset(run, "a", {SORT: 20}, split="train", seed=1).id == honest.id
    assert {problem.answer != [0] for problem in problems_of(run, run.store.get("a"))} == {True}


def test_a_set_that_decayed_is_made_again(run):
    first = dataset(run, "a", {SORT: 20}, split="train", seed=1)
    path = run.store.part_files(first, "rows")[0]
    path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 2, 0))
    with pytest.raises(StoreError, match=first.id):
        problems_of(run, first)
    assert dataset(run, "a", {SORT: 20}, split="train", seed=1).id == first.id
    assert len(problems_of(run, first)) == 20


def test_rows_and_drops_add_up_and_every_row_is_decided_once(run):
    rules = ({"name": "lawful"}, {"name": "length", "max_prompt_chars": 7})
    strict = tiny(run.root, sets={"rules": rules})
    version = dataset(strict, "a", {SORT: 30}, split="train", seed=1)
    dropped = strict.store.table(version, part="dropped")
    assert version.rows + dropped.num_rows == 30
    assert dropped.num_rows == sum(version.dropped.values()) > 0
    assert sum(version.quality["certificates"].values()) == version.rows
    decisions = strict.ledger.read("decisions", run=strict.run_id).to_pylist()
    assert len({row["uid"] for row in decisions}) == len(decisions) == 30
    assert set(dropped["uid"].to_pylist()) == {row["uid"] for row in decisions if row["action"] == "drop"}


def test_a_damaged_shard_is_made_again_and_gives_the_same_rows(run):
    first = generate(run, {SORT: 20}, split="train", seed=1)
    for path in (run.root / "shards").rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:-9])
    assert generate(run, {SORT: 20}, split="train", seed=1) == first
    assert generate(run, {SORT: 20}, split="train", seed=1) == first


def test_shards_are_read_when_they_are_there(run):
    generate(run, {SORT: 20}, split="train", seed=1)
    before = {path: path.stat().st_mtime_ns for path in (run.root / "shards").rglob("*")}
    assert before
    generate(run, {SORT: 20}, split="train", seed=1)
    assert before == {path: path.stat().st_mtime_ns for path in (run.root / "shards").rglob("*")}


def test_what_a_family_makes_anew_is_another_shard_and_what_it_judges_anew_another_set(run):
    shard, first = Shard(SORT, "compact", 3, "train", 0), dataset(run, "a", {SORT: 20}, split="train", seed=1)
    family = load("seq/sort")
    assert first.recipe["families"] == {"seq/sort": family.family_version}
    assert first.recipe["verifiers"] == {"seq/sort": family.verifier_version} != first.recipe["families"]
    key = shard.key
    with changed("seq/sort", family_version=family.family_version + 1):
        assert shard.key != key
    with changed("seq/sort", verifier_version=family.verifier_version + 1):
        assert shard.key == key
        assert dataset(run, "a", {SORT: 20}, split="train", seed=1).recipe_id != first.recipe_id


def test_workers_change_no_row():
    shards = [Shard(SORT, "compact", 3, "test", start) for start in (0, 512, 1024)]
    one, two = (list(made(shards, workers=workers)) for workers in (1, 2))
    assert all(a.equals(b) for a, b in zip(one, two, strict=True))


def test_a_run_asks_in_the_renderings_of_its_config_and_for_the_same_instances(run):
    in_words = tiny(run.root, sets={"rendering": ["plain", "story"]})
    short, long = (problems_of(r, dataset(r, "a", {SORT: 30}, split="train", seed=1)) for r in (run, in_words))
    assert {problem.rendering for problem in short} == {"compact"}
    assert {problem.rendering for problem in long} == {"plain", "story"}
    assert {problem.instance_hash for problem in short} == {problem.instance_hash for problem in long}
    assert not {problem.uid for problem in short} & {problem.uid for problem in long}


def test_fixed_sets_are_of_their_split_and_share_no_instance(run):
    sets = fixed_sets(run)
    problems = {split: problems_of(run, version) for split, version in sets.items()}
    for split, found in problems.items():
        assert {problem.split for problem in found} == {split}
    seen = [{problem.instance_hash for problem in found} for found in problems.values()]
    assert not seen[0] & seen[1]
    assert {version.id for version in fixed_sets(run).values()} == {version.id for version in sets.values()}


def test_a_shortage_says_both_numbers_unless_allowed(run):
    few = Cell("arith/modular", 1)  # 1183 instances, about 59 of them in probe
    with pytest.raises(ShortageError, match=r"asked for 90 .* has about [3-6]\d"):
        dataset(run, "a", {few: 90}, split="probe", seed=1)
    version = dataset(run, "a", {few: 90}, split="probe", seed=1, allow_shortage=True)
    assert 30 < version.rows < 90
    assert run.store.versions() == [version]


def test_a_start_is_recorded_once_a_run(run):
    record_start(run)
    record_start(run)
    record_start(tiny(run.root, seed=1))
    assert run.ledger.read("runs").num_rows == 2
    assert run.ledger.read("runs", run=run.run_id).num_rows == 1


def test_two_configs_under_one_name_never_mix(run):
    assert tiny(run.root, seed=1).run_id != run.run_id
    assert tiny(run.root.parent / "elsewhere", workers=4).run_id == run.run_id


def test_a_witness_is_judged_by_its_own_verifier():
    problem = generate_one("seq/sort", level=1, seed=0, index=0, rendering="compact")
    other = generate_one("seq/sort", level=2, seed=0, index=0, rendering="compact")
    assert witness_fault(problem) is None
    spoilt = type(problem)(**{**{n: getattr(problem, n) for n in problem.__slots__}, "answer": other.answer})
    assert "judged wrong" in str(witness_fault(spoilt))


def test_the_table_of_drops_is_empty_and_typed_without_drops():
    assert dropped_table([], []).column_names[-2:] == ["rule", "reason"]
