"""Which problems next: a pool to draw from and the policies that move its mixture. Not the diagnosis itself.

Law: a draw is a pure function of (pool, weights, k, name, offset), every problem of a cell comes before any comes
twice, and every policy but `fixed` keeps the coverage quota.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.weakness import CellHistory, WeaknessConfig, diagnose, next_mixture, refuse_test
from pipeline.errors import ShortageError
from pipeline.problem import Problem
from pipeline.seeds import array_rng, derive

Curriculum = Callable[[Mapping[Cell, CellHistory], Mixture, int, "CurriculumConfig"], Mixture]


def cell_of(problem: Problem) -> Cell:
    """Return the cell of a problem."""
    return Cell(problem.family, problem.level, problem.region)


class Pool:
    """The problems a trainer may draw, by cell. Order of arrival and repeats of a uid do not matter.

    `name` names the order inside each cell (a seed goes here). Holds no cursor: what was drawn before is told by
    `offset`, so a resumed run draws the same.

    Raises:
        ConfigError: for a problem of the test split.
    """

    def __init__(self, problems: Sequence[Problem], *, name: tuple[Any, ...] = ()) -> None:
        refuse_test(problems, reader="a training pool")
        groups: dict[Cell, dict[str, Problem]] = {}
        for problem in problems:
            groups.setdefault(cell_of(problem), {})[problem.uid] = problem
        self._problems = {cell: [groups[cell][uid] for uid in sorted(groups[cell])] for cell in sorted(groups)}
        self._name = name
        self._orders: dict[Cell, tuple[int, npt.NDArray[np.int64]]] = {}

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that have problems, sorted."""
        return tuple(self._problems)

    def __len__(self) -> int:
        return sum(len(problems) for problems in self._problems.values())

    def problems(self, cell: Cell) -> tuple[Problem, ...]:
        """Return the problems of a cell by uid; empty for an unknown cell."""
        return tuple(self._problems.get(cell, ()))

    def uniform(self) -> Mixture:
        """Return the mixture that weighs every cell of the pool alike."""
        return Mixture.of(dict.fromkeys(self._problems, 1.0))

    def draw(
        self,
        weights: Mapping[Cell, float] | Mixture,
        k: int,
        *name: Any,
        offset: Mapping[Cell, int] | None = None,
    ) -> list[Problem]:
        """Draw k problems: a cell gets floor or ceiling of its share (its share on average), order shuffled by name.

        `offset` says how many were drawn from each cell before: the draw goes on there, through one permutation of
        the cell after another, so coverage precedes repeats across calls too. Without it the cell is entered at a
        place named by `name`, and problems repeat only where the cell is smaller than its count.

        Raises:
            ShortageError: for a cell of positive weight without problems.
        """
        mixture = weights if isinstance(weights, Mixture) else Mixture.of(weights)
        drawn: list[Problem] = []
        for cell, count in _counts(mixture, k, name).items():
            problems = self._problems.get(cell)
            if not problems:
                raise ShortageError(
                    f"cell {cell} is asked for {count} problems and the pool has 0: generate some first"
                )
            if offset is None:
                start, epoch = derive("enter", *name, list(cell)) % len(problems), False
            else:
                start, epoch = offset.get(cell, 0), True
            drawn += [problems[self._place(cell, start + i, cycle=epoch)] for i in range(count)]
        order = array_rng("shuffle", *name).permutation(len(drawn))
        return [drawn[int(i)] for i in order]

    def _place(self, cell: Cell, position: int, *, cycle: bool) -> int:
        size = len(self._problems[cell])
        epoch = position // size if cycle else 0
        known = self._orders.get(cell)
        if known is None or known[0] != epoch:
            # only the newest epoch is remembered: memory stays one index per problem
            known = (epoch, array_rng("pool", *self._name, list(cell), epoch).permutation(size))
            self._orders[cell] = known
        return int(known[1][position % size])


def _counts(mixture: Mixture, k: int, name: tuple[Any, ...]) -> dict[Cell, int]:
    """Return whole counts summing to k by systematic sampling: small weights get their turn over many draws."""
    source = array_rng("counts", *name)
    order = source.permutation(len(mixture.weights))
    edges = np.cumsum([mixture.weights[int(i)][1] for i in order]) * k
    edges[-1] = k
    marks = np.floor(edges + source.random()).astype(int)
    marks[-1] = k
    counts = np.diff(marks, prepend=0)
    return {mixture.weights[int(i)][0]: int(count) for i, count in zip(order, counts, strict=True) if count}


def advanced(offset: Mapping[Cell, int], drawn: Sequence[Problem]) -> dict[Cell, int]:
    """Return the offsets after a draw: what a checkpoint keeps."""
    result = dict(offset)
    for problem in drawn:
        cell = cell_of(problem)
        result[cell] = result.get(cell, 0) + 1
    return result


class CurriculumConfig(BaseModel):
    """How the mixture moves inside a training round."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["uniform", "fixed", "weakness", "easy_to_hard"] = Field(default="fixed", description="which policy")
    refresh_every: int = Field(default=20, ge=1, description="steps between two mixtures")
    total_steps: int = Field(default=200, ge=1, description="steps over which easy_to_hard goes from easy to hard")
    weakness: WeaknessConfig = Field(
        default=WeaknessConfig(half_life=10.0), description="for the policy `weakness`; its visits are training steps"
    )


def uniform(histories: Mapping[Cell, CellHistory], base: Mixture, step: int, config: CurriculumConfig) -> Mixture:
    """Weigh every cell of the base alike, whatever was seen."""
    return Mixture.of({cell: 1.0 for cell, _ in base.weights})


def fixed(histories: Mapping[Cell, CellHistory], base: Mixture, step: int, config: CurriculumConfig) -> Mixture:
    """Keep the base mixture."""
    return base


def weakness(histories: Mapping[Cell, CellHistory], base: Mixture, step: int, config: CurriculumConfig) -> Mixture:
    """Diagnose the cells of the base on what training saw up to `step`, and weigh them for reinforcement.

    A cell never visited stands at its prior: uncertain, hence worth trying. Before any visit the base stands: it
    comes from the diagnosis of the round.
    """
    if not histories:
        return base
    seen = {cell: histories.get(cell, CellHistory()) for cell, _ in base.weights}
    return next_mixture(diagnose(seen, {}, config.weakness, now=step), config.weakness)


def easy_to_hard(histories: Mapping[Cell, CellHistory], base: Mixture, step: int, config: CurriculumConfig) -> Mixture:
    """Move each family's weight from its low levels to its high ones on a fixed schedule, coverage quota kept.

    Of a family's K levels in the base, level i weighs a (K - i) + (1 - a)(i + 1), a = (1 + cos(pi t / T)) / 2, times
    its base weight. Source: E2H reasoner (divelab), cosine schedule.
    """
    early = (1 + math.cos(math.pi * min(1.0, step / config.total_steps))) / 2
    levels: dict[str, list[int]] = {}
    for cell, _ in base.weights:
        levels.setdefault(cell.family, []).append(cell.level)
    pull: dict[Cell, float] = {}
    for cell, weight in base.weights:
        ladder = sorted(set(levels[cell.family]))
        place, rungs = ladder.index(cell.level), len(ladder)
        pull[cell] = weight * 2 * (early * (rungs - place) + (1 - early) * (place + 1)) / (rungs + 1)
    total, quota = sum(pull.values()), config.weakness.coverage
    return Mixture.of({cell: quota / len(pull) + (1 - quota) * value / total for cell, value in pull.items()})


CURRICULA: dict[str, Curriculum] = {
    "uniform": uniform,
    "fixed": fixed,
    "weakness": weakness,
    "easy_to_hard": easy_to_hard,
}
"""Every policy, by the name a config uses."""
