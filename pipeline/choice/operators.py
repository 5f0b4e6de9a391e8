"""Which operator gets which share of a round's budget: expected gain per cost. Not the diagnosis, nor any training.

Law: shares are a function of stored diagnoses and prices, and no operator that has cells is starved.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.choice.weakness import Diagnosis, Operator, WeaknessConfig


class Stretch(NamedTuple):
    """What one operator achieved in one round: room its cells had (sum of 1 - p), room closed, priced seconds."""

    operator: Operator
    room: float
    closed: float
    priced_s: float


def operator_shares(
    diagnosis: Diagnosis, config: WeaknessConfig, *, past: Iterable[Stretch] = ()
) -> dict[Operator, float]:
    """Return each operator's share of the next round's budget: its expected gain per cost, normalised.

    Expected gain per cost is the room of its cells times the share of room it closes per priced second. That rate
    starts at a prior (`sft_rate`, `grpo_rate`, worth `prior_s` seconds of experience) and moves with what earlier
    rounds measured on probe. An operator with cells keeps at least `least_share`, or it could never be measured again.
    """
    rooms: dict[Operator, float] = {}
    for cell in diagnosis.cells:
        if cell.operator != "rehearse" and cell.weight > 0:
            rooms[cell.operator] = rooms.get(cell.operator, 0.0) + 1 - cell.mean
    rates: dict[Operator, float] = {"sft": config.sft_rate, "grpo": config.grpo_rate}
    stretches = list(past)
    gains = {}
    for operator, room in rooms.items():
        mine = [s for s in stretches if s.operator == operator and s.room > 0]
        closed = rates[operator] * config.prior_s + sum(max(0.0, s.closed) / s.room for s in mine)
        gains[operator] = room * closed / (config.prior_s + sum(s.priced_s for s in mine))
    total = sum(gains.values())
    floor = config.least_share
    return {op: floor + (1 - floor * len(gains)) * gain / total for op, gain in gains.items()} if total > 0 else {}


def achieved(before: Diagnosis, after: Diagnosis, costs: Mapping[Operator, float]) -> list[Stretch]:
    """Return what each operator closed between two diagnoses, on the cells it was given by the first."""
    later = {cell.cell: cell.mean for cell in after.cells}
    stretches = []
    for operator, priced_s in costs.items():
        mine = [cell for cell in before.of(operator) if cell.weight > 0 and cell.cell in later]
        room = sum(1 - cell.mean for cell in mine)
        stretches.append(Stretch(operator, room, sum(later[c.cell] - c.mean for c in mine), priced_s))
    return stretches
