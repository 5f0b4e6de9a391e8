"""How often a verifier is wrong: which verdicts to audit, and rates with intervals from what the audit found.

Not here: who audits (generators.second, a model judge), nor attacks, which say what can be fooled and not how often
it happens. Law: everything is a pure function of counts and names; a rate that nothing was audited for is absent,
never 0, and a verdict the auditor abstained on is never counted as right.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.errors import ConfigError
from pipeline.seeds import derive

Kind = Literal["false_accept", "false_reject"]
Array = npt.NDArray[np.float64]
Key = TypeVar("Key")

QUANTILES = 200
"""Points of equal probability by which each posterior is represented when two are combined."""
_GRID = 4001


class Noise(NamedTuple):
    """A verifier's two error rates: P(accept | truly wrong) and P(reject | truly right)."""

    false_accept: float
    false_reject: float


class Stratum(NamedTuple):
    """What audited verdicts have in common. `split` is "open" (train and probe) or "test"."""

    family: str
    verifier_version: int
    answer_type: str
    policy: str
    protocol: str
    split: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """One stratum after its audit: `population` verdicts given, `n` of them decided by the auditor, `errors` of these
    found wrong, `abstained` more on which it said nothing.
    """

    population: int
    n: int
    errors: int
    abstained: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.errors <= self.n and self.abstained >= 0 and self.n + self.abstained <= self.population):
            raise ValueError(f"{self}: 0 <= errors <= n and n + abstained <= population do not hold")

    @property
    def worst(self) -> "Checked":
        """The same with every abstention taken for an error."""
        return Checked(self.population, self.n + self.abstained, self.errors + self.abstained)


@dataclass(frozen=True, slots=True)
class Rate:
    """One error rate with its 95% interval.

    `population, n, errors, abstained` are of the verdicts of this kind: accepts for false_accept, rejects for
    false_reject. `worst` is the upper end of the interval if every abstention was an error. `rate` is None where
    nothing can be said; `why` then says why.
    """

    kind: Kind
    population: int
    n: int
    errors: int
    abstained: int
    rate: float | None
    low: float
    high: float
    worst: float
    why: str = ""

    def said(self) -> str:
        """Return the rate in words: "not audited", "below 1.5% (0 of 200)" where no error was found, or an interval."""
        if self.rate is None:
            return f"not audited ({self.why})"
        if self.errors or self.rate:
            return self.estimate()
        found = f"0 of {self.n}" if self.population else f"no {self.kind.removeprefix('false_')} was given"
        return f"{self.estimate()} ({found})"

    def estimate(self) -> str:
        """Return the interval alone in words; a bound above 99.5% is none."""
        if self.errors or self.rate:
            return f"{as_percent(self.rate or 0.0)} [{as_percent(self.low)}, {as_percent(self.high)}]"
        return f"below {as_percent(self.high)}" if self.high <= 0.995 else "no bound"


def allocate(sizes: Mapping[Key, int], *, floor: int, total: int = 0) -> dict[Key, int]:
    """Return how many verdicts to audit in each stratum: `floor` in each, what `total` leaves in proportion to size.

    A stratum smaller than its share is audited whole and its rest goes to the others. Ties go to the first key.

    Raises:
        ConfigError: for a floor below 1.
    """
    if floor < 1:
        raise ConfigError(f"{floor} audited verdicts per stratum say nothing: ask for at least 1")
    given = {key: min(floor, size) for key, size in sizes.items()}
    left = min(total, sum(sizes.values())) - sum(given.values())
    while left > 0:
        open_ = {key: size for key, size in sizes.items() if given[key] < size}
        mass = sum(open_.values())
        shares = {key: left * size / mass for key, size in open_.items()}
        whole = {key: min(int(share), sizes[key] - given[key]) for key, share in shares.items()}
        if not any(whole.values()):  # less than one each is left: one to the largest remainders
            ranked = sorted(open_, key=lambda key: -shares[key])[:left]
            return {key: n + (key in ranked) for key, n in given.items()}
        given = {key: n + whole.get(key, 0) for key, n in given.items()}
        left -= sum(whole.values())
    return given


def chosen(names: Iterable[Key], k: int, *name: Any) -> list[Key]:
    """Return k of the named items, by hash: the same on any machine, and a larger k only adds.

    `names` are JSON-plain (tuples of text and integers).
    """
    plain = ((list(item) if isinstance(item, tuple) else item, item) for item in names)
    ranked = ((derive("audit", *name, key), index, item) for index, (key, item) in enumerate(plain))
    return [item for _, _, item in heapq.nsmallest(k, ranked)]


def error_rates(accepts: Sequence[Checked], rejects: Sequence[Checked], *, level: float = 0.95) -> tuple[Rate, Rate]:
    """Return P(accept | truly wrong) and P(reject | truly right) of the verdicts that the audited ones stand for.

    Audits sample verdicts, the rates condition on the truth: with q the share of wrong ones among A accepts and m the
    share of right ones among R rejects, rho0 = A q / (A q + R (1 - m)) and rho1 = R m / (R m + A (1 - q)). q and m
    are means over strata weighted by population, each with a Jeffreys posterior at its effective sample size; the
    interval is that of rho over both posteriors. Its upper end is at least that of a share of 3 / n, what no error
    found in n allows; where at most one was found, its lower end is 0.

    Source: the re-weighting is Bayes' rule over verdicts (rates as in arXiv 2510.00915); effective sizes from Kish
    1965 and Korn and Graubard 1998 (Survey Methodology 24), the smaller of the two; Jeffreys intervals, and their
    lower end at one error, from Brown, Cai and DasGupta 2001 (section 4.1.2); 3 / n from Hanley and Lippman-Hand 1983.
    """
    if not 0 < level < 1:
        raise ConfigError(f"level {level} is no confidence: choose between 0 and 1, such as 0.95")
    wrong_accepts, right_rejects = _side(accepts), _side(rejects)
    worst = _side([c.worst for c in accepts]), _side([c.worst for c in rejects])
    return (
        _rate("false_accept", accepts, wrong_accepts, right_rejects, worst=worst, level=level),
        _rate("false_reject", rejects, right_rejects, wrong_accepts, worst=worst[::-1], level=level),
    )


class _Side(NamedTuple):
    """Accepts or rejects: how many, the share of errors among them and the sample size that share is worth."""

    population: int
    share: float
    size: float

    @property
    def known(self) -> bool:
        return self.population == 0 or self.size > 0


def _side(strata: Sequence[Checked]) -> _Side:
    """Pool the strata of one outcome. Unaudited ones count in the population and are taken to be like the others."""
    total = sum(c.population for c in strata)
    audited = [c for c in strata if c.n]
    mass = sum(c.population for c in audited)
    if not audited:
        return _Side(total, 0.0, 0.0)
    weights = [c.population / mass for c in audited]
    share = math.fsum(w * c.errors / c.n for w, c in zip(weights, audited, strict=True))
    smooth = [(c.errors + 0.5) / (c.n + 1) for c in audited]
    middle = math.fsum(w * p for w, p in zip(weights, smooth, strict=True))
    kish = 1 / math.fsum(w * w / c.n for w, c in zip(weights, audited, strict=True))
    variance = math.fsum(w * w * p * (1 - p) / c.n for w, p, c in zip(weights, smooth, audited, strict=True))
    return _Side(total, min(share, 1.0), min(kish, middle * (1 - middle) / variance))


def _rate(
    kind: Kind, strata: Sequence[Checked], own: _Side, other: _Side, *, worst: tuple[_Side, _Side], level: float
) -> Rate:
    """Return own errors over own errors and the other side's right verdicts: rho0 from accepts, rho1 from rejects."""
    blank = Rate(
        kind, sum(c.population for c in strata), sum(c.n for c in strata), sum(c.errors for c in strata),
        sum(c.abstained for c in strata), rate=None, low=0.0, high=1.0, worst=1.0,
    )  # fmt: skip
    names = ("accept", "reject") if kind == "false_accept" else ("reject", "accept")
    for side, name in zip((own, other), names, strict=True):
        if not side.known:
            return replace(blank, why=f"no {name} could be audited")
    share = _conditional(own.population, own.share, other.population, other.share)
    if share is None:
        truth = "wrong" if kind == "false_accept" else "right"
        return replace(blank, why=f"no reply was found truly {truth}")
    low, high = _interval(own, other, share, level)
    bound = _conditional(worst[0].population, worst[0].share, worst[1].population, worst[1].share)
    ceiling = 1.0 if bound is None else _interval(*worst, bound, level)[1]
    return replace(blank, rate=share, low=low, high=high, worst=max(high, ceiling))


def _conditional(own: float, share: float, other: float, other_share: float) -> float | None:
    errors = own * share
    whole = errors + other * (1 - other_share)
    return errors / whole if whole > 0 else None


def _interval(own: _Side, other: _Side, rate: float, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    errors = own.population * _posterior(own)[:, None]
    rights = other.population * (1 - _posterior(other))[None, :]
    spread = errors / np.maximum(errors + rights, np.finfo(np.float64).tiny)
    low, high = (float(value) for value in np.quantile(spread, [tail, 1 - tail]))
    if own.population == 0:  # none of so many: three of them might have been
        high = min(1.0, 3 / (other.population * (1 - other.share)))
    else:  # with an error found too: finding one more must not narrow the interval
        three = min(1.0, 3 / own.size)
        high = max(high, _conditional(own.population, three, other.population, other.share) or 0.0)
    if round(own.share * own.size) <= 1:  # one error may be the only one there is
        low = 0.0
    return max(0.0, min(low, rate)), min(1.0, max(high, rate))


def _posterior(side: _Side) -> Array:
    """Return QUANTILES points of equal probability of Beta(errors + 1/2, rights + 1/2).

    Integrated over the angle whose squared sine is the share: there the density has no poles.
    """
    if side.population == 0:
        return np.zeros(1)
    a, b = side.share * side.size + 0.5, (1 - side.share) * side.size + 0.5
    centre, half = math.asin(math.sqrt(a / (a + b))), 6 / math.sqrt(a + b)  # twelve standard deviations
    angle = np.linspace(max(0.0, centre - half), min(math.pi / 2, centre + half), _GRID)
    with np.errstate(divide="ignore"):
        log_density = _times_log(2 * a - 1, np.sin(angle)) + _times_log(2 * b - 1, np.cos(angle))
    density = np.exp(log_density - log_density.max())
    mass = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES * mass[-1]
    shares: Array = np.sin(np.interp(at, mass, angle)) ** 2
    return shares


def _times_log(power: float, base: Array) -> Array:
    """Return power * log(base), 0 where the power is 0."""
    return power * np.log(np.maximum(base, 0.0)) if power > 0 else np.zeros_like(base)


def as_percent(share: float) -> str:
    """Return a rate in percent, with the digits a small one needs."""
    digits = 1 if share >= 0.01 or share == 0 else 2 if share >= 0.001 else 3
    return f"{100 * share:.{digits}f}%"
