"""Held-out cells add to test alone: never trained on, never probed, never a hole, refused at the door."""

import pytest

from flows.config import ArmConfig, CellsConfig
from flows.loop.loop import draw_holes, plan_round, traceable
from flows.run import Run
from flows.stages.publish import dataset, fixed_sets, problems_of
from pipeline.choice.curriculum import cell_of
from pipeline.choice.mixture import Cell
from pipeline.choice.weakness import CellHistory, WeaknessConfig, diagnose
from pipeline.errors import ConfigError, FamilyError
from tests.flows.tiny import tiny

DECLARED = (
    {"family": "seq/sort", "levels": [1], "regions": ["ascending"]},  # a cell among those of `cells`
    {"family": "seq/sort", "levels": [2], "regions": ["descending"]},  # a further level
    {"family": "seq/reverse", "levels": [1]},  # a further family
)
HELD = {Cell("seq/sort", 1, "ascending"), Cell("seq/sort", 2, "descending"), Cell("seq/reverse", 1)}


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny(tmp_path / "run", held_out=DECLARED)


def test_held_out_cells_are_declared_like_cells_and_win_over_them(run):
    assert run.config.held_out_cells() == HELD
    assert set(run.config.all_cells()) == set(tiny(run.root).config.all_cells()) - HELD
    assert tiny(run.root).config.held_out_cells() == frozenset()


def test_they_are_measured_on_test_and_absent_from_probe(run):
    cells = {split: {cell_of(p) for p in problems_of(run, version)} for split, version in fixed_sets(run).items()}
    assert cells["test"] == set(run.config.all_cells()) | HELD
    assert cells["probe"] == set(run.config.all_cells())


@pytest.mark.parametrize("split", ["train", "probe"])
@pytest.mark.parametrize("cell", sorted(HELD))
def test_no_stage_makes_them_but_for_test(run, split, cell):
    with pytest.raises(ConfigError, match=f"{cell} is held out"):
        dataset(run, "a", {run.config.all_cells()[0]: 1, cell: 1}, split=split, seed=1)
    assert run.store.versions() == []
    assert dataset(run, "a", {cell: 1}, split="test", seed=1).cells == {cell: 1}


@pytest.mark.parametrize("mixture", ["uniform", "easy_to_hard", "weakness", "placebo"])
@pytest.mark.parametrize("operator", ["sft", "grpo", "chosen"])
def test_no_plan_and_no_hole_names_one(run, mixture, operator):
    every = sorted({*run.config.all_cells(), *HELD})
    histories = {cell: CellHistory().extended(1, 64, correct=8 * i, problems=8) for i, cell in enumerate(every)}
    diagnosis = diagnose(histories, {cell: traceable(cell) for cell in every}, WeaknessConfig())
    parts = plan_round(run, ArmConfig(name="a", mixture=mixture, operator=operator), 1, diagnosis, [])
    assert not HELD & {cell for part in parts for cell, _ in part.mixture.weights}
    assert not HELD & draw_holes(run)


def test_what_cannot_be_held_out_is_refused(run):
    with pytest.raises(FamilyError, match="did you mean 'seq/sort'"):
        tiny(run.root, held_out=({"family": "seq/sorted", "levels": [1]},)).config.held_out_cells()
    everything = [CellsConfig(**node.model_dump()) for node in run.config.cells]
    with pytest.raises(ConfigError, match="none is left to train on"):
        tiny(run.root, held_out=everything).config.all_cells()
