"""Laws of the operators' shares: room, measured gain per cost, and nobody starved."""

import pytest

from pipeline.choice.mixture import Cell
from pipeline.choice.operators import Stretch, achieved, operator_shares
from pipeline.choice.weakness import CellHistory, WeaknessConfig, diagnose


def test_operator_shares_follow_the_room_and_what_each_operator_was_seen_to_close() -> None:
    histories = {
        Cell("a", 1): CellHistory(((1, 48.0, 6.0),), 48),
        Cell("b", 1): CellHistory(((1, 48.0, 12.0),), 48),
        **{Cell("c", level): CellHistory(((1, 48.0, 48.0),), 48) for level in range(1, 8)},
    }
    config = WeaknessConfig()
    found = diagnose(histories, {cell: cell.family != "b" for cell in histories}, config)
    assert {cell.operator for cell in found.cells if cell.cell.family == "b"} == {"grpo"}
    prior = operator_shares(found, config)
    assert sum(prior.values()) == pytest.approx(1.0)
    assert prior["sft"] > 0.5 > prior["grpo"] >= config.least_share
    taught = [Stretch("sft", 0.9, 0.0, 20.0), Stretch("grpo", 0.75, 0.7, 20.0)]
    assert operator_shares(found, config, past=taught)["grpo"] > 0.5
    stuck = [Stretch("sft", 0.9, 0.8, 20.0), Stretch("grpo", 0.75, -0.3, 20.0)]
    assert operator_shares(found, config, past=stuck)["grpo"] == pytest.approx(config.least_share, abs=0.05)


def test_achieved_counts_only_the_cells_an_operator_was_given() -> None:
    before = diagnose(
        {Cell("a", 1): CellHistory(((1, 40.0, 4.0),), 40), Cell("b", 1): CellHistory(((1, 40.0, 40.0),), 40)},
        {Cell("a", 1): True, Cell("b", 1): True},
        WeaknessConfig(),
    )
    after = diagnose(
        {Cell("a", 1): CellHistory(((2, 40.0, 40.0),), 40), Cell("b", 1): CellHistory(((2, 40.0, 0.0),), 40)},
        {Cell("a", 1): True, Cell("b", 1): True},
        WeaknessConfig(),
    )
    (stretch,) = achieved(before, after, {"sft": 3.0})
    assert stretch.room == pytest.approx(1 - before.cells[0].mean)
    assert stretch.closed == pytest.approx(after.cells[0].mean - before.cells[0].mean) and stretch.priced_s == 3.0
