"""The diagnosis of cells and the next mixture: pure functions on counts. Not a trainer and not a sampler.

Law: everything is a function of stored counts, reads nothing of the test split, survives a JSON round trip, and
leaves every cell at least its share of the coverage quota.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.choice.difficulty import interval, normal_quantile, p_mixed, posterior_mean
from pipeline.choice.mixture import Cell, Mixture
from pipeline.errors import ConfigError
from pipeline.problem import Json, Problem
from pipeline.score import Score
from pipeline.seeds import array_rng

State = Literal["solved", "learnable", "unreachable"]
Operator = Literal["sft", "grpo", "rehearse"]


class WeaknessConfig(BaseModel):
    """How a diagnosis reads counts and what the next mixture does with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: int = Field(default=8, ge=2, description="rollouts per training group, for P(mixed group)")
    level: float = Field(default=0.9, gt=0, lt=1, description="credible level of a cell's interval and trend")
    half_life: float = Field(default=1.0, gt=0, description="steps (or rounds, as visits count) to half weight")
    intraclass: float = Field(default=0.3, ge=0, le=1, description="assumed correlation of rollouts of one problem")
    relative_threshold: float = Field(
        default=0.9, gt=0, le=1, description="weak: interval below this x the median cell"
    )
    solved_above: float = Field(default=0.9, gt=0, lt=1, description="solved: lower bound above this pass rate")
    unreachable_below: float = Field(
        default=0.2, ge=0, le=1, description="unreachable: no success and P(mixed) below this"
    )
    spare_improving: bool = Field(default=False, description="do not call weak what already improves significantly")
    coverage: float = Field(default=0.2, ge=0.2, le=1, description="share of the mixture spread evenly over all cells")
    rehearsal: float = Field(default=0.13, ge=0, le=0.5, description="share of the mixture for what is to be kept")

    sft_rate: float = Field(default=0.1, gt=0, description="prior: room closed per priced second of SFT")
    grpo_rate: float = Field(default=0.015, gt=0, description="prior: room closed per priced second of GRPO")
    prior_s: float = Field(default=5.0, gt=0, description="priced seconds of experience the priors are worth")
    least_share: float = Field(default=0.1, ge=0, le=0.5, description="budget share of an operator that has cells")

    @model_validator(mode="after")
    def _shares(self) -> "WeaknessConfig":
        if self.coverage + self.rehearsal > 1:
            raise ValueError(f"coverage {self.coverage} and rehearsal {self.rehearsal} exceed 1: lower one")
        return self

    @property
    def lam(self) -> float:
        """The factor by which counts shrink per step."""
        return float(0.5 ** (1 / self.half_life))


@dataclass(frozen=True, slots=True)
class CellHistory:
    """What was seen of a cell: (step, draws, correct) of each visit in step order, and how many distinct problems.

    Draws are decided draws. `problems` tells how far the draws repeat problems and so how much less they say.
    """

    visits: tuple[tuple[int, float, float], ...] = ()
    problems: int = 0

    def __post_init__(self) -> None:
        steps = [step for step, _, _ in self.visits]
        if steps != sorted(steps):
            raise ConfigError(f"visits at steps {steps} are out of order: append them as they happen")
        for step, n, c in self.visits:
            if not 0 <= c <= n:
                raise ConfigError(f"visit at step {step} has {c} correct of {n}: counts must be 0 <= correct <= draws")

    @property
    def repeats(self) -> float:
        """Draws per distinct problem, at least 1."""
        return max(1.0, sum(n for _, n, _ in self.visits) / max(1, self.problems))

    def extended(self, step: int, n: float, *, correct: float, problems: int) -> "CellHistory":
        """Return the history with one more visit, on `problems` further distinct problems."""
        return CellHistory((*self.visits, (step, n, correct)), self.problems + problems)


@dataclass(frozen=True, slots=True)
class CellDiagnosis:
    """What is thought of one cell: effective (decayed) counts, posterior, trend in logits per step, and what to do.

    `trend*` are None where fewer than two steps were visited. `weight` is the cell's claim on the mixture of its
    operator before quotas (0 for none); `drive` is its claim when every cell is trained by reinforcement.
    """

    cell: Cell
    n: float
    correct: float
    mean: float
    low: float
    high: float
    trend: float | None
    trend_low: float | None
    trend_high: float | None
    p_mixed: float
    state: State
    weak: bool
    operator: Operator
    weight: float
    drive: float
    traceable: bool


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All cells at one step, sorted by cell, with the median pass rate that weak is relative to."""

    cells: tuple[CellDiagnosis, ...]
    step: int
    median: float

    def of(self, operator: Operator) -> tuple[CellDiagnosis, ...]:
        """Return the cells that one operator should work on."""
        return tuple(found for found in self.cells if found.operator == operator)

    @property
    def weak(self) -> tuple[Cell, ...]:
        """The weak cells, sorted."""
        return tuple(found.cell for found in self.cells if found.weak)

    def to_json(self) -> Json:
        """Return the diagnosis as a JSON object."""
        cells = [{**asdict(found), "cell": list(found.cell)} for found in self.cells]
        return {"step": self.step, "median": self.median, "cells": cells}

    @staticmethod
    def from_json(value: Json) -> "Diagnosis":
        """Return the diagnosis that `to_json` wrote."""
        cells = tuple(CellDiagnosis(**{**found, "cell": Cell(*found["cell"])}) for found in value["cells"])
        return Diagnosis(cells, value["step"], value["median"])


def decayed(history: CellHistory, now: int, lam: float) -> tuple[float, float]:
    """Return (draws, correct) with every visit shrunk by lam per step up to `now`; later visits are not read.

    With a prior kept apart this is alpha <- lam alpha + (1 - lam) alpha0 + c at every step: an unvisited cell
    returns to the prior. Source: MoPPS (arXiv 2507.04632), the Beta update with forgetting.
    """
    kept = [(lam ** (now - step), n, c) for step, n, c in history.visits if step <= now]
    return sum(factor * n for factor, n, _ in kept), sum(factor * c for factor, _, c in kept)


def effective(history: CellHistory, now: int, config: WeaknessConfig) -> tuple[float, float]:
    """Return decayed counts divided by the design effect of drawing the same problem several times."""
    n, c = decayed(history, now, config.lam)
    inflation = 1 + (history.repeats - 1) * config.intraclass
    return n / inflation, c / inflation


def trend(history: CellHistory, *, level: float, intraclass: float = 0.0) -> tuple[float, float, float] | None:
    """Return (slope, low, high) of the logit pass rate per step; None below two visited steps.

    Weighted least squares; a visit's variance is 1/(c + 1/2) + 1/(n - c + 1/2), times the design effect, and all
    are inflated by the scatter about the line where that exceeds chance.
    """
    inflation = 1 + (history.repeats - 1) * intraclass
    points = [(step, *_logit(n / inflation, c / inflation)) for step, n, c in history.visits if n > 0]
    if len({step for step, _, _ in points}) < 2:
        return None
    total = sum(weight for _, _, weight in points)
    middle = sum(weight * step for step, _, weight in points) / total
    height = sum(weight * value for _, value, weight in points) / total
    spread = sum(weight * (step - middle) ** 2 for step, _, weight in points)
    slope = sum(weight * (step - middle) * (value - height) for step, value, weight in points) / spread
    scatter = sum(weight * (value - height - slope * (step - middle)) ** 2 for step, value, weight in points)
    dispersion = max(1.0, scatter / (len(points) - 2)) if len(points) > 2 else 1.0
    half = normal_quantile((1 + level) / 2) * math.sqrt(dispersion / spread)
    return slope, slope - half, slope + half


def _logit(n: float, c: float) -> tuple[float, float]:
    good, bad = c + 0.5, n - c + 0.5
    return math.log(good / bad), 1 / (1 / good + 1 / bad)


def diagnose(
    histories: Mapping[Cell, CellHistory],
    traceable: Mapping[Cell, bool],
    config: WeaknessConfig,
    *,
    now: int | None = None,
) -> Diagnosis:
    """Diagnose every cell as of step `now` (default: the last visit of any cell).

    Weak: the upper bound of the cell's interval lies below relative_threshold x the median cell's mean. Solved: the
    lower bound lies above solved_above. Unreachable: no success and P(mixed group) tiny. The operator: solved ->
    rehearse; a learnable trace -> sft; else grpo. While some traceable cell is weak, those that may well be solved
    (upper bound above solved_above) are only rehearsed. A cell missing from `traceable` has no learnable trace.
    """
    last = max((visit[0] for history in histories.values() for visit in history.visits), default=0)
    step = last if now is None else now
    found = [_measure(cell, histories[cell], step, traceable.get(cell, False), config) for cell in sorted(histories)]
    middle = median([cell.mean for cell in found]) if found else 0.5
    marked = [replace(cell, weak=_is_weak(cell, middle, config)) for cell in found]
    burst = any(cell.weak and cell.traceable for cell in marked)
    return Diagnosis(tuple(_decide(cell, burst, config) for cell in marked), step, middle)


def _measure(cell: Cell, history: CellHistory, now: int, traceable: bool, config: WeaknessConfig) -> CellDiagnosis:
    n, c = effective(history, now, config)
    mean, (low, high) = posterior_mean(n, c), interval(n, c, level=config.level)
    seen = CellHistory(tuple(visit for visit in history.visits if visit[0] <= now), history.problems)
    slope = trend(seen, level=config.level, intraclass=config.intraclass)
    mixed = p_mixed(n, c, config.group)
    state: State = "learnable"
    if low > config.solved_above:
        state = "solved"
    elif c < 0.5 and mixed < config.unreachable_below:
        # decayed successes of an older policy never quite reach 0: half a success is none
        state = "unreachable"
    drive = (1 - mean) * mixed if state == "learnable" else 0.0
    return CellDiagnosis(
        cell=cell,
        n=n,
        correct=c,
        mean=mean,
        low=low,
        high=high,
        trend=slope[0] if slope else None,
        trend_low=slope[1] if slope else None,
        trend_high=slope[2] if slope else None,
        p_mixed=mixed,
        state=state,
        weak=False,
        operator="grpo",
        weight=drive,
        drive=drive,
        traceable=traceable,
    )


def _is_weak(cell: CellDiagnosis, middle: float, config: WeaknessConfig) -> bool:
    improving = cell.trend_low is not None and cell.trend_low > 0
    if cell.state == "solved" or (config.spare_improving and improving):
        return False
    return cell.high < config.relative_threshold * middle


def _decide(cell: CellDiagnosis, burst: bool, config: WeaknessConfig) -> CellDiagnosis:
    nearly = cell.traceable and burst and not cell.weak and cell.high > config.solved_above
    if cell.state == "solved" or nearly:
        return replace(cell, operator="rehearse", weight=0.0)
    if cell.traceable:
        return replace(cell, operator="sft", weight=1 - cell.mean)
    return cell


def next_mixture(
    diagnosis: Diagnosis,
    config: WeaknessConfig,
    *,
    operator: Operator | None = None,
    among: Collection[Cell] | None = None,
) -> Mixture:
    """Return the mixture for one operator, or with None for reinforcement on every cell.

    Operator's cells share by weight: 1 - p for sft, (1 - p) x P(mixed group) for grpo and None. `rehearsal` goes
    evenly to the cells to be rehearsed and `coverage` evenly to all; a share without takers goes to the operator's
    cells, then to all. `among` limits the mixture to cells that can be supplied (such as those with traces).

    Raises:
        ConfigError: when no cell is left.
    """
    cells = [cell for cell in diagnosis.cells if among is None or cell.cell in among]
    if not cells:
        raise ConfigError("a mixture needs at least one diagnosed cell: none is left")
    claims = {cell.cell: _claim(cell, operator) for cell in cells}
    kept = [
        cell.cell for cell in cells if (cell.state == "solved" if operator is None else cell.operator == "rehearse")
    ]
    rehearsal = config.rehearsal if kept else 0.0
    focus, claimed = 1 - config.coverage - rehearsal, sum(claims.values())
    weights: dict[Cell, float] = {}
    for cell, claim in claims.items():
        share = claim / claimed if claimed > 0 else 1 / len(cells)
        weights[cell] = config.coverage / len(cells) + focus * share
        weights[cell] += rehearsal / len(kept) if cell in kept else 0.0
    return Mixture.of(weights)


def _claim(cell: CellDiagnosis, operator: Operator | None) -> float:
    if operator is None:
        return cell.drive
    return cell.weight if cell.operator == operator else 0.0


def permuted(mixture: Mixture, *name: Any) -> Mixture:
    """Return the placebo: the same weights, permuted over the same cells by the hash of `name`."""
    order = array_rng("placebo", *name).permutation(len(mixture.weights))
    cells = [cell for cell, _ in mixture.weights]
    return Mixture(tuple((cell, mixture.weights[int(i)][1]) for cell, i in zip(cells, order, strict=True)))


def record(
    histories: Mapping[Cell, CellHistory], scores: Iterable[Score], *, problems: Sequence[Problem], step: int
) -> dict[Cell, CellHistory]:
    """Return the histories with one visit per cell more, counted from scores of `problems` at `step`.

    A problem is counted as a further distinct one; scores of other problems are ignored.

    Raises:
        ConfigError: for a problem of the test split, which no diagnosis may read.
    """
    refuse_test(problems, reader="the diagnosis")
    cells = {problem.uid: Cell(problem.family, problem.level, problem.region) for problem in problems}
    counts: dict[Cell, list[int]] = {}
    uids: dict[Cell, set[str]] = {}
    for score in scores:
        if score.uid in cells:
            count = counts.setdefault(cells[score.uid], [0, 0])
            count[0] += score.n - score.undecided
            count[1] += score.correct
            uids.setdefault(cells[score.uid], set()).add(score.uid)
    result = dict(histories)
    for cell, (n, c) in sorted(counts.items()):
        before = result.get(cell, CellHistory())
        result[cell] = before.extended(step, n, correct=c, problems=len(uids[cell]))
    return result


def refuse_test(problems: Iterable[Problem], *, reader: str) -> None:
    """Raise ConfigError if any problem belongs to the test split."""
    for problem in problems:
        if problem.split == "test":
            raise ConfigError(f"problem {problem.uid} is of the test split, which {reader} may not read: leave it out")


def histories_to_json(histories: Mapping[Cell, CellHistory]) -> Json:
    """Return histories as a JSON list, sorted by cell."""
    return [
        {"cell": list(cell), "visits": [list(visit) for visit in history.visits], "problems": history.problems}
        for cell, history in sorted(histories.items())
    ]


def histories_from_json(value: Json) -> dict[Cell, CellHistory]:
    """Return the histories that `histories_to_json` wrote."""
    return {
        Cell(*row["cell"]): CellHistory(tuple((s, n, c) for s, n, c in row["visits"]), row["problems"]) for row in value
    }
