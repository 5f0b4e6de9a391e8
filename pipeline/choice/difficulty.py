"""Difficulty from counts: posteriors, intervals, pass@k, bootstraps. Not a store of rates and not a policy.

Law: everything is a pure function of counts of decided draws (n tried, c correct); counts may be fractional where
older draws were decayed.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import ConfigError
from pipeline.seeds import array_rng

_TINY = 1e-300
_CHUNK = 2_000_000
"""Resampled values held at once by a bootstrap, so that memory stays flat in the number of problems."""


def posterior_mean(n: float, c: float, a: float = 1.0, b: float = 1.0) -> float:
    """Return the mean pass rate of the Beta(a + c, b + n - c) posterior."""
    _check_counts(n, c)
    return (c + a) / (n + a + b)


@lru_cache(maxsize=65536)
def beta_cdf(x: float, a: float, b: float) -> float:
    """Return P(X <= x) of X ~ Beta(a, b), the regularised incomplete beta function, to about 1e-12.

    Source: the continued fraction of Abramowitz and Stegun 26.5.8, evaluated by Lentz's method.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1.0) / (a + b + 2.0):
        return math.exp(log_front) * _fraction(x, a, b) / a
    return 1.0 - math.exp(log_front) * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 / _nonzero(1.0 + term * d)
            c = _nonzero(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < 1e-14:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=65536)
def beta_quantile(q: float, a: float, b: float) -> float:
    """Return x with P(X <= x) = q for X ~ Beta(a, b), by bisection to about 1e-12."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if beta_cdf(middle, a, b) < q:
            low = middle
        else:
            high = middle
        if high - low < 1e-13:
            break
    return (low + high) / 2


def interval(n: float, c: float, *, level: float = 0.95, a: float = 1.0, b: float = 1.0) -> tuple[float, float]:
    """Return the central credible interval of the pass rate under a Beta(a, b) prior."""
    _check_counts(n, c)
    tail = _tail(level)
    return beta_quantile(tail, c + a, n - c + b), beta_quantile(1.0 - tail, c + a, n - c + b)


def probability_between(n: float, c: float, low: float, high: float, *, a: float = 1.0, b: float = 1.0) -> float:
    """Return the posterior probability that the pass rate lies in [low, high]."""
    _check_counts(n, c)
    return max(0.0, beta_cdf(high, c + a, n - c + b) - beta_cdf(low, c + a, n - c + b))


def exact_interval(n: int, c: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a rate: it covers at least `level`, also for 0 of n."""
    _check_counts(n, c)
    tail = _tail(level)
    low = 0.0 if c == 0 else beta_quantile(tail, c, n - c + 1)
    high = 1.0 if c == n else beta_quantile(1.0 - tail, c + 1, n - c)
    return low, high


def rate_interval(counts: Sequence[tuple[int, int]], *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a pass rate over problems, from (n tried, c correct) of each.

    Draws of one problem are alike, so they count for fewer than their number: for as many independent ones as have
    the spread that the problems show. Where none failed or none passed there is no spread to see, and each problem
    counts once; the draws of a single problem count each.

    Source: Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data": Clopper-Pearson at the effective sample size.

    Raises:
        ConfigError: for no draws.
    """
    tried = [(n, c) for n, c in counts if n]
    total, correct = sum(n for n, _ in tried), sum(c for _, c in tried)
    if not total:
        raise ConfigError("no draws have no pass rate: measure at least one")
    _check_counts(total, correct)
    rate, problems = correct / total, len(tried)
    if problems == 1:
        effective = float(total)
    elif rate in (0.0, 1.0):
        effective = float(problems)
    else:
        spread = sum((c - rate * n) ** 2 for n, c in tried) * problems / (problems - 1) / total**2
        effective = min(float(total), rate * (1 - rate) / spread) if spread > 0 else float(total)
    tail, hits = _tail(level), rate * effective
    low = 0.0 if correct == 0 else beta_quantile(tail, hits, effective - hits + 1)
    high = 1.0 if correct == total else beta_quantile(1.0 - tail, hits + 1, effective - hits)
    return low, high


def normal_quantile(q: float) -> float:
    """Return the standard normal quantile."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(q)


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the unbiased estimate of P(at least one of k draws is correct); nan when k > n.

    Source: Chen et al. 2021 (arXiv 2107.03374), equation 1.
    """
    _check_counts(n, c)
    if k < 1:
        raise ConfigError(f"pass@{k} has no meaning: k must be at least 1")
    if k > n:
        return math.nan
    if n - c < k:
        return 1.0
    return 1.0 - math.prod((n - c - i) / (n - i) for i in range(k))


def p_mixed(n: float, c: float, group: int, a: float = 1.0, b: float = 1.0) -> float:
    """Return the posterior probability that the next `group` draws hold both a success and a failure.

    1 - E[p^G] - E[(1-p)^G] over Beta(a + c, b + n - c): the chance that a group carries signal.
    """
    _check_counts(n, c)
    if group < 1:
        raise ConfigError(f"group {group} is no number of rollouts: use at least 2 for a mixed group to exist")
    good, bad = c + a, n - c + b
    return max(0.0, 1.0 - _all_alike(good, bad, group) - _all_alike(bad, good, group))


def _all_alike(this: float, other: float, draws: int) -> float:
    return math.prod((this + j) / (this + other + j) for j in range(draws))


def bootstrap(
    values_per_problem: Sequence[float], *name: Any, level: float = 0.95, draws: int = 2000
) -> tuple[float, float, float]:
    """Return (mean, low, high) of one value per problem, resampling problems, never pooled rollouts.

    `name` names the resampling: the same name and values give the same interval.

    Raises:
        ConfigError: for no values or a value that is not finite.
    """
    values_P = np.asarray(values_per_problem, dtype=np.float64)
    if values_P.size == 0 or not np.isfinite(values_P).all():
        raise ConfigError(
            f"a bootstrap needs finite values, got {values_P.size} of which {int((~np.isfinite(values_P)).sum())} "
            "are not finite: leave out problems without one (pass@k needs n >= k)"
        )
    means = np.sort(_resampled_means(values_P, draws, name))
    tail = _tail(level)
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(values_P.mean()), float(low), float(high)


def _resampled_means(values_P: npt.NDArray[np.float64], draws: int, name: tuple[Any, ...]) -> npt.NDArray[np.float64]:
    source, size = array_rng("bootstrap", *name), values_P.size
    at_once = max(1, _CHUNK // size)
    parts = []
    for start in range(0, draws, at_once):
        picks = source.integers(0, size, size=(min(at_once, draws - start), size))
        parts.append(values_P[picks].mean(axis=1))
    return np.concatenate(parts)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ConfigError(f"level {level} is no confidence: choose between 0 and 1, such as 0.95")
    return (1.0 - level) / 2


def _check_counts(n: float, c: float) -> None:
    if not 0 <= c <= n:
        raise ConfigError(f"counts n = {n}, c = {c} are impossible: 0 <= c <= n")
