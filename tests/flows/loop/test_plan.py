"""Laws of a round's plan: schedules move one way, a placebo is no diagnosis, imitation needs traces."""

import pytest

from flows.config import ArmConfig
from flows.loop.loop import plan_round, traceable
from flows.run import Run
from pipeline.choice.weakness import CellHistory, Diagnosis, WeaknessConfig, diagnose, next_mixture
from tests.flows.tiny import tiny

CELLS = (
    {"family": "seq/reverse", "levels": [1, 2, 3]},
    {"family": "seq/unique", "levels": [1, 2, 3]},
    {"family": "arith/signs", "levels": [1]},
)
ROUNDS = 7


@pytest.fixture
def run(tmp_path) -> Run:
    plain = tiny(tmp_path, cells=CELLS)
    loop = plain.config.loop.model_copy(update={"rounds": ROUNDS})
    return Run(plain.config.model_copy(update={"loop": loop}))


@pytest.fixture
def diagnosis(run) -> Diagnosis:
    cells = run.config.all_cells()
    histories = {cell: CellHistory().extended(1, 64, correct=9 * i, problems=8) for i, cell in enumerate(cells)}
    return diagnose(histories, {cell: traceable(cell) for cell in cells}, WeaknessConfig())


def test_easy_to_hard_moves_weight_up_the_levels_round_by_round(run):
    arm = ArmConfig(name="e", mixture="easy_to_hard", operator="grpo")
    hardness = []
    for number in range(1, ROUNDS + 1):
        ((_, mixture, _),) = plan_round(run, arm, number, None, [])
        weights = dict(mixture.weights)
        assert set(weights) == set(run.config.all_cells()), "every cell keeps its share of the coverage quota"
        hardness.append(sum(weight * cell.level for cell, weight in weights.items() if cell.family != "arith/signs"))
    assert hardness == sorted(hardness)
    assert hardness[0] < hardness[ROUNDS // 2] < hardness[-1]


def test_a_placebo_has_the_weights_of_the_diagnosis_on_other_cells(run, diagnosis):
    for operator in ("chosen", "sft", "grpo"):
        real, fake = (
            plan_round(run, ArmConfig(name="a", mixture=mixture, operator=operator), 1, diagnosis, [])
            for mixture in ("weakness", "placebo")
        )
        for one, other in zip(real, fake, strict=True):
            assert (one.operator, one.share) == (other.operator, other.share)
            assert sorted(w for _, w in one.mixture.weights) == sorted(w for _, w in other.mixture.weights)
            assert one.mixture != other.mixture


def test_a_chosen_operator_on_a_uniform_mixture_is_uniform(run, diagnosis):
    for part in plan_round(run, ArmConfig(name="a", mixture="uniform", operator="chosen"), 1, diagnosis, []):
        assert len({weight for _, weight in part.mixture.weights}) == 1


def test_reinforcement_alone_works_on_the_cells_that_it_would_leave_to_imitation(run, diagnosis):
    def mixture(operator):
        arm = ArmConfig(name="a", mixture="weakness", operator=operator)
        return next(p.mixture for p in plan_round(run, arm, 1, diagnosis, []) if p.operator == "grpo")

    cells = run.config.all_cells()
    every, some = (next_mixture(diagnosis, WeaknessConfig(), operator=op, among=cells) for op in (None, "grpo"))
    assert every != some
    assert (mixture("grpo"), mixture("chosen")) == (every, some)
