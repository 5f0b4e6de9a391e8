"""TrainState: what a resumed training run needs beside weights and optimiser. Not the run (grpo).

Law: it survives a JSON round trip, and holds everything but weights and optimiser that the next step depends on.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.weakness import CellHistory
from pipeline.problem import Json


@dataclass(frozen=True, slots=True)
class Totals:
    """What training has spent so far. Tokens are of completions; cpu_s are CPU-seconds of this process by phase.

    `undecided` of the `rollouts` could not be judged, through our own fault.
    """

    steps: int = 0
    empty_steps: int = 0
    groups: int = 0
    rollouts: int = 0
    tokens_sampled: int = 0
    tokens_trained: int = 0
    undecided: int = 0
    cpu_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainState:
    """Everything but weights and optimiser that the next step depends on; survives a JSON round trip.

    `start_policy` is the identity of the weights at step 0, `offsets` how many problems each cell has given,
    `truncated_streak` how many steps in a row had too many truncated replies.
    """

    step: int
    start_policy: str
    mixture: Mixture
    histories: Mapping[Cell, CellHistory]
    offsets: Mapping[Cell, int]
    totals: Totals
    truncated_streak: int = 0

    def to_json(self) -> Json:
        """Return the state as a JSON object."""
        return {
            "step": self.step,
            "start_policy": self.start_policy,
            "mixture": [[*cell, weight] for cell, weight in self.mixture.weights],
            "histories": [
                [*cell, history.problems, [list(visit) for visit in history.visits]]
                for cell, history in sorted(self.histories.items())
            ],
            "offsets": [[*cell, count] for cell, count in sorted(self.offsets.items())],
            "totals": {**dataclasses.asdict(self.totals), "cpu_s": dict(self.totals.cpu_s)},
            "truncated_streak": self.truncated_streak,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Return the state of a JSON object made by `to_json`."""
        return cls(
            step=value["step"],
            start_policy=value["start_policy"],
            mixture=Mixture(tuple((Cell(*cell), weight) for *cell, weight in value["mixture"])),
            histories={
                Cell(*cell): CellHistory(tuple((s, n, c) for s, n, c in visits), problems)
                for *cell, problems, visits in value["histories"]
            },
            offsets={Cell(*cell): count for *cell, count in value["offsets"]},
            totals=Totals(**value["totals"]),
            truncated_streak=value["truncated_streak"],
        )


@dataclass(frozen=True, slots=True)
class Resume:
    """Where to go on: the state and the optimiser's state dict, live like the weights; all three of one step."""

    state: TrainState
    optimiser: Mapping[str, Any]


def spent(totals: Totals, metrics: Mapping[str, float], cpu_s: Mapping[str, float]) -> Totals:
    """Return the totals after one more step of these metrics and CPU-seconds (keys `cpu_s_<phase>`)."""
    return Totals(
        steps=totals.steps + 1,
        empty_steps=totals.empty_steps + int(metrics["empty"]),
        groups=totals.groups + int(metrics["groups"]),
        rollouts=totals.rollouts + int(metrics["rollouts"]),
        tokens_sampled=totals.tokens_sampled + int(metrics["tokens_sampled"]),
        tokens_trained=totals.tokens_trained + int(metrics["tokens_trained"]),
        undecided=totals.undecided + round(metrics["undecided_share"] * metrics["rollouts"]),
        cpu_s={
            phase.removeprefix("cpu_s_"): totals.cpu_s.get(phase.removeprefix("cpu_s_"), 0.0) + spent
            for phase, spent in cpu_s.items()
        },
    )
