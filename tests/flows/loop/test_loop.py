"""Laws of the loop: done once, the same anywhere, test read by nothing, holes drawn by hash."""

from collections import Counter
from pathlib import Path

import pytest

from flows.config import ArmConfig
from flows.loop.loop import context_of, draw_holes, plan_round, traceable
from flows.orchestration.whole import train_all
from flows.stages.publish import fixed_sets, problems_of
from pipeline.choice.weakness import CellHistory, WeaknessConfig, diagnose, histories_from_json, record
from pipeline.errors import ConfigError
from tests.flows.tiny import outcome, rounds_of, tiny


def files(root: Path) -> dict[str, int]:
    kept = ("versions", "checkpoints", "rounds", "shards")
    return {str(path): path.stat().st_mtime_ns for place in kept for path in (root / place).rglob("*")}


def test_every_round_of_every_arm_is_complete(tiny_run):
    turns = rounds_of(tiny_run)
    assert sorted(turns) == ["loop-1", "loop-2", "uniform-1", "uniform-2"]
    versions = {version.id for version in tiny_run.store.versions()}
    for name, turn in turns.items():
        assert turn["dataset"] in versions
        assert (tiny_run.root / turn["checkpoint_after"] / "state.json").is_file()
        assert (turn["diagnosis"] is not None) == name.startswith("loop")
        assert sum(part["share"] for part in turn["parts"]) == pytest.approx(1)
        assert sum(turn["cost_s"].values()) >= 0.5
        assert turn["cpu_s"].keys() == {"diagnose", "generate", "train"} and turn["cpu_s"]["train"] > 0
    for arm in ("loop", "uniform"):
        assert turns[f"{arm}-1"]["checkpoint_after"] == turns[f"{arm}-2"]["checkpoint_before"]
    assert turns["loop-1"]["checkpoint_before"] == turns["uniform-1"]["checkpoint_before"]
    assert len({turn["policy_after"] for turn in turns.values()}) == 4, "training changes the policy"


def test_every_round_probes_the_policy_that_the_last_one_left(tiny_run):
    turns = rounds_of(tiny_run)
    assert turns["loop-2"]["policy_probed"] == turns["loop-1"]["policy_after"]
    for number in (1, 2):
        probe = histories_from_json(turns[f"loop-{number}"]["probe"])
        assert {len(history.visits) for history in probe.values()} == {number}
        assert turns[f"loop-{number}"]["cost_s"]["diagnose_s"] > 0


def test_the_second_run_does_nothing(tiny_run):
    before, made = files(tiny_run.root), outcome(tiny_run)
    train_all(tiny_run)
    assert files(tiny_run.root) == before
    assert outcome(tiny_run) == made


def test_a_fresh_root_gives_the_same_whatever_is_read_from_test_and_wherever_replies_are_judged(tiny_run, tmp_path):
    again = tiny(tmp_path / "elsewhere", measure={"test_draws": 1, "greedy": False}, verifier={"workers": 2})
    train_all(again)
    assert outcome(again) == outcome(tiny_run)
    assert again.run_id != tiny_run.run_id


def test_diagnosis_refuses_test_problems(tiny_run):
    sets = fixed_sets(tiny_run)
    assert {p.split for p in problems_of(tiny_run, sets["probe"])} == {"probe"}
    with pytest.raises(ConfigError, match="test split"):
        record({}, [], problems=problems_of(tiny_run, sets["test"]), step=1)


def test_only_probe_is_charged_and_selected(tiny_run):
    scores = tiny_run.ledger.read("scores").to_pylist()
    test = {problem.uid for problem in problems_of(tiny_run, fixed_sets(tiny_run)["test"])}
    assert {row["purpose"] for row in scores if row["uid"] in test} == {"report"}
    assert {row["arm"] for row in scores if row["purpose"] == "select"} == {"loop"}


def test_holes_are_drawn_by_hash_at_most_one_a_family(tmp_path):
    drawn = Counter()
    for seed in range(40):
        run = tiny(tmp_path, seed=seed, cold_start={"holes": {"trace_cells": 2, "search_cells": 1}})
        holes = draw_holes(run)
        assert holes == draw_holes(run)
        assert len({cell.family for cell in holes}) == len(holes) == 3
        assert sum(traceable(cell) for cell in holes) == 2
        drawn.update(holes)
    assert len(drawn) == 4, "every cell is a hole for some seed"


def test_a_policy_that_has_a_hole_was_hardly_taught_there(tiny_run):
    (hole,) = draw_holes(tiny_run)
    version = next(v for v in tiny_run.store.versions() if v.name == "tiny-coldstart")
    others = [rows for cell, rows in version.cells.items() if cell != hole]
    assert version.cells.get(hole, 0) * 10 < min(others)


@pytest.mark.parametrize("mixture", ["uniform", "easy_to_hard", "weakness", "placebo"])
@pytest.mark.parametrize("operator", ["sft", "grpo", "chosen"])
def test_a_plan_covers_its_cells_and_spends_the_whole_budget(tmp_path, mixture, operator):
    run = tiny(tmp_path)
    cells = run.config.all_cells()
    histories = {cell: CellHistory().extended(1, 64, correct=8 * i, problems=8) for i, cell in enumerate(cells)}
    diagnosis = diagnose(histories, {cell: traceable(cell) for cell in cells}, WeaknessConfig())
    parts = plan_round(run, ArmConfig(name="a", mixture=mixture, operator=operator), 1, diagnosis, [])
    assert sum(part.share for part in parts) == pytest.approx(1)
    for part in parts:
        assert {cell for cell, _ in part.mixture.weights} <= set(cells)
    if operator != "chosen":
        assert [part.operator for part in parts] == [operator]


def test_context_names_the_place():
    run = tiny(Path("nowhere"))
    assert context_of(run, "loop", 3) == {"run": run.run_id, "arm": "loop", "round": 3, "step": 0}
