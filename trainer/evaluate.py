"""From Scores to what a report may say: per cell and macro, with intervals over problems. Asks no policy.

Law: the unit of resampling is the problem, never the rollout, and a rate that its counts cannot support is refused
or left out, never filled in.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.curriculum import cell_of
from pipeline.difficulty import bootstrap, exact_interval, pass_at_k, report_counts
from pipeline.errors import ConfigError
from pipeline.mixture import Cell
from pipeline.problem import Json, Problem
from pipeline.score import Score
from pipeline.seeds import array_rng

_DRAWS = 2000
Values = Mapping[str, Mapping[str, float]]
"""Metric -> uid -> value."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over problems and its interval; `problems` is how many have a value."""

    mean: float
    low: float
    high: float
    problems: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Estimates by metric, for each cell and for their unweighted mean (`macro`).

    Metrics: "pass@1" and "pass@k" at the temperature measured, "quality" (mean approximation ratio), "truncated" and
    "malformed" (shares of draws), "greedy" where greedy scores were given.
    """

    cells: Mapping[Cell, Mapping[str, Estimate]]
    macro: Mapping[str, Estimate]

    def to_json(self) -> Json:
        """Return the evaluation as a JSON object; a cell is its text."""
        plain: dict[str, Any] = {"macro": {name: asdict(found) for name, found in self.macro.items()}}
        plain["cells"] = {
            str(cell): {name: asdict(found) for name, found in metrics.items()} for cell, metrics in self.cells.items()
        }
        return plain


def evaluate(
    problems: Sequence[Problem],
    *,
    scores: Iterable[Score],
    greedy: Iterable[Score] = (),
    k: int = 8,
    level: float = 0.95,
    name: tuple[Any, ...] = (),
) -> Evaluation:
    """Return the table of one policy on these problems; `name` names the resampling.

    A metric is left out of a cell where a problem has too few draws for it (pass@k needs k).

    Raises:
        ConfigError: for biased or mixed scores, and for problems without any.
    """
    values = dict(rates(scores, k=k))
    found_greedy = list(greedy)
    if found_greedy:
        values["greedy"] = rates(found_greedy, k=1)["pass@1"]
    return _table(problems, values, level=level, name=("evaluate", *name), signed=False)


def compare(
    problems: Sequence[Problem],
    *,
    before: Iterable[Score],
    after: Iterable[Score],
    k: int = 8,
    level: float = 0.95,
    name: tuple[Any, ...] = (),
) -> Evaluation:
    """Return after minus before, paired by problem, with intervals over problems.

    Raises:
        ConfigError: as `evaluate`.
    """
    old, new = rates(before, k=k), rates(after, k=k)
    _refuse_missing(problems, old["pass@1"])
    gains = {
        metric: {uid: new[metric][uid] - value for uid, value in old[metric].items() if uid in new[metric]}
        for metric in old
    }
    return _table(problems, gains, level=level, name=("compare", *name), signed=True)


def rates(scores: Iterable[Score], *, k: int) -> dict[str, dict[str, float]]:
    """Return metric -> uid -> value of scores fit for a report; undecided draws are in no denominator.

    Raises:
        ConfigError: for sequential or selection counts, or scores of more than one policy, protocol or purpose.
    """
    listed = list(scores)
    counts = report_counts(listed)
    values = {"pass@1": {uid: c / n for uid, (n, c) in counts.items() if n}}
    if k > 1:
        values[f"pass@{k}"] = {uid: pass_at_k(n, c, k) for uid, (n, c) in counts.items() if n >= k}
    for metric, field in (("quality", "quality_sum"), ("truncated", "truncated"), ("malformed", "malformed")):
        sums: dict[str, float] = {}
        for score in listed:
            sums[score.uid] = sums.get(score.uid, 0.0) + getattr(score, field)
        values[metric] = {uid: sums[uid] / n for uid, (n, _) in counts.items() if n}
    return values


def _table(
    problems: Sequence[Problem], values: Values, *, level: float, name: tuple[Any, ...], signed: bool
) -> Evaluation:
    _refuse_missing(problems, values["pass@1"])
    members: dict[Cell, list[str]] = {}
    for uid, cell in sorted({problem.uid: cell_of(problem) for problem in problems}.items()):
        members.setdefault(cell, []).append(uid)
    cells: dict[Cell, dict[str, Estimate]] = {cell: {} for cell in sorted(members)}
    macro: dict[str, Estimate] = {}
    for metric, of_uid in values.items():
        complete = {
            cell: [of_uid[uid] for uid in members[cell]]
            for cell in cells
            if all(uid in of_uid for uid in members[cell])
        }
        for cell, found in complete.items():
            cells[cell][metric] = _estimate(found, (*name, metric, list(cell)), level=level, signed=signed)
        if len(complete) == len(cells):
            macro[metric] = _macro(list(complete.values()), (*name, metric), level=level, signed=signed)
    return Evaluation(cells, macro)


def _estimate(values: Sequence[float], name: tuple[Any, ...], *, level: float, signed: bool) -> Estimate:
    mean, low, high = bootstrap(values, *name, level=level, draws=_DRAWS)
    return Estimate(mean, *_doubtful(mean, low, high, len(values), level=level, signed=signed), len(values))


def _doubtful(
    mean: float, low: float, high: float, problems: int, *, level: float, signed: bool
) -> tuple[float, float]:
    """Return an interval that shows doubt where resampling cannot: of one problem, and of equal rates of 0 or 1.

    0 of n problems says no more than "below about 3/n"; one problem alone bounds nothing.
    """
    if not signed and low == high and mean in (0.0, 1.0):
        return exact_interval(problems, round(mean * problems), level=level)
    return (-1.0 if signed else 0.0, 1.0) if problems == 1 else (low, high)


def _macro(cells: Sequence[Sequence[float]], name: tuple[Any, ...], *, level: float, signed: bool) -> Estimate:
    """Return the mean of cell means, problems resampled inside their cells."""
    source = array_rng("macro", *name)
    total_D = np.zeros(_DRAWS)
    for values in cells:
        values_P = np.asarray(values, dtype=np.float64)
        total_D += values_P[source.integers(0, values_P.size, size=(_DRAWS, values_P.size))].mean(axis=1)
    tail = (1.0 - level) / 2
    low, high = map(float, np.quantile(total_D / len(cells), [tail, 1.0 - tail]))
    mean = math.fsum(math.fsum(values) / len(values) for values in cells) / len(cells)
    problems = sum(len(values) for values in cells)
    return Estimate(mean, *_doubtful(mean, low, high, problems, level=level, signed=signed), problems)


def _refuse_missing(problems: Sequence[Problem], scored: Mapping[str, float]) -> None:
    if not problems:
        raise ConfigError("0 problems make no table: give the set that was measured")
    missing = [problem.uid for problem in problems if problem.uid not in scored]
    if missing:
        raise ConfigError(
            f"{len(missing)} of {len(problems)} problems have no decided draw (first {missing[0]}): measure them, or "
            "leave them out openly"
        )
