"""Rewards from verdicts, and what a verifier's known error rates make of them: the only place where a verdict becomes
a number. Not advantages.

Law: nan means not scored (our own fault: undecided, or a sampler that gave up); nan never becomes 0. A correction is
one increasing line per verifier over the replies it judged, so it means nothing to an advantage that takes away both
its ends.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from pipeline.choice.noise import Noise
from pipeline.errors import ConfigError
from pipeline.problem import Outcome, Verdict
from pipeline.rollout import Finish
from trainer.seams.advantages import BINARY, CENTRED, NORMALISED
from trainer.seams.group_stats import Mask, Rewards
from trainer.seams.seam import SeamOptions


def correctness(verdicts: Sequence[Verdict]) -> Rewards:
    """Pay 1 for a correct reply and 0 for any other."""
    return np.array([float(verdict.outcome is Outcome.CORRECT) for verdict in verdicts], dtype=np.float64)


def quality(verdicts: Sequence[Verdict]) -> Rewards:
    """Pay the verdict's quality in [0, 1]: the approximation ratio where a family has one."""
    return np.array([verdict.quality for verdict in verdicts], dtype=np.float64)


def readable(verdicts: Sequence[Verdict]) -> Rewards:
    """Pay 1 for a reply whose answer could be read, right or wrong (the format term)."""
    return np.array([float(verdict.outcome is not Outcome.MALFORMED) for verdict in verdicts], dtype=np.float64)


REWARDS: Mapping[str, Callable[[Sequence[Verdict]], Rewards]] = {"correctness": correctness, "quality": quality}


class RewardOptions(SeamOptions):
    """Options of the reward seam: one channel, plus `format_weight` times the format term."""

    seam: ClassVar[str] = "reward"
    table: ClassVar[Mapping[str, Callable[..., Rewards]]] = REWARDS
    shared: ClassVar[frozenset[str]] = frozenset({"format_weight", "correction"})
    name: str = "correctness"
    format_weight: float = Field(default=0.0, ge=0.0, description="reward of a readable answer [reward]; 0 is off")
    correction: Literal["none", "backward", "forward"] = Field(
        default="none", description="what audited error rates of the verifier make of a reward before its advantage"
    )


def rewards(verdicts: Sequence[Verdict], finishes: Sequence[Finish], *, options: RewardOptions) -> Rewards:
    """Return the reward (N,) of each reply; nan where it is not scored, 0 where it was truncated."""
    total_N = np.asarray(options.apply(verdicts), dtype=np.float64)
    if options.format_weight > 0:
        total_N = total_N + options.format_weight * readable(verdicts)
    truncated_N = np.array([finish is Finish.LENGTH for finish in finishes], dtype=bool)
    not_scored_N = np.array(
        [
            verdict.outcome is Outcome.UNDECIDED or finish is Finish.ABORT
            for verdict, finish in zip(verdicts, finishes, strict=True)
        ],
        dtype=bool,
    )
    return np.where(not_scored_N, np.nan, np.where(truncated_N, 0.0, total_N))


def backward(reward_N: Rewards, noise: Sequence[Noise], *, truncated_N: Mask) -> Rewards:
    """Return (r - rho0) / (1 - rho0 - rho1), r itself where truncated: unbiased for the clean reward.

    Source: backward correction of arXiv 2510.00915. rho0 is P(accept | wrong), rho1 is P(reject | right).
    """
    rho0_N, rho1_N = _rates(noise)
    return np.where(truncated_N, reward_N, (reward_N - rho0_N) / (1.0 - rho0_N - rho1_N))


def forward(reward_N: Rewards, noise: Sequence[Noise], *, truncated_N: Mask) -> Rewards:
    """Return rho1 for an accepted and rho1 - 1 for a rejected reply: the weight of its score function.

    Its mean is 0 for right and rho0 + rho1 - 1 for wrong replies, so that to weigh a verdict only rho1 need be known;
    a truncated reply, known to earn nothing, weighs that mean of wrong ones. Never centre it.

    Source: forward correction of arXiv 2510.00915.
    """
    rho0_N, rho1_N = _rates(noise)
    return np.where(truncated_N, (reward_N - 1.0) * (1.0 - rho0_N - rho1_N), reward_N - (1.0 - rho1_N))


CORRECTIONS: Mapping[str, Callable[..., Rewards]] = {"backward": backward, "forward": forward}
"""(reward_N in {0, 1, nan}, rates of each row, truncated_N) -> the number its advantage is made from."""


def corrected(reward_N: Rewards, noise: Sequence[Noise], *, truncated_N: Mask, options: RewardOptions) -> Rewards:
    """Return rewards as the advantages shall see them; group statistics, filters and reports keep the plain ones.

    Error rates are of verdicts given. A malformed reply was given one: a right answer that was not found is a false
    reject, audited and corrected like any. A truncated reply earns 0 whatever is said of it: nothing in that is noise,
    and its true reward is 0. One that is not scored stays nan.
    """
    if options.correction == "none":
        return reward_N
    return CORRECTIONS[options.correction](reward_N, noise, truncated_N=truncated_N)


def _rates(noise: Sequence[Noise]) -> tuple[Rewards, Rewards]:
    """Return the rates as arrays.

    Raises:
        ConfigError: for rates that add up to 1 or more: such a verifier says nothing, or the opposite.
    """
    rho0_N, rho1_N = (np.array([rates[i] for rates in noise], dtype=np.float64) for i in (0, 1))
    if (rho0_N + rho1_N >= 1.0).any():
        worst = max(noise, key=sum)
        raise ConfigError(
            f"a verifier with error rates {worst.false_accept:.3g} and {worst.false_reject:.3g} says nothing about the "
            "truth, their sum must stay below 1: mend it, or train without a correction"
        )
    return rho0_N, rho1_N


def noise_effect(advantage: str, correction: str) -> str:
    """Say what a correction does to an advantage of judged replies; "a no-op..." and "undefined..." are refused.

    Source: the rates of one problem are one affine map of its group's rewards, but for truncated replies, which stand
    at rho0 between 0 and 1; the rest is arithmetic, tested.
    """
    if correction == "none":
        return "the verifier's verdicts are taken as they are"
    if advantage in NORMALISED:
        return "a no-op, but for eps: dividing by the group's mean and std takes away any shift and scale"
    if advantage in BINARY:
        return "undefined: this advantage is only defined for rewards 0 and 1, and corrected ones are neither"
    if advantage in CENTRED and correction == "forward":
        return "a no-op: taking away the group's mean takes away the shift, which is all that forward correction is"
    if advantage in CENTRED:
        return (
            "a scale per verifier, 1 / (1 - rho0 - rho1): noisier verifiers weigh more, one global rate is a step size"
        )
    if correction == "forward":
        return "rho1 for accepted and rho1 - 1 for rejected replies: negatives count less where right ones are rejected"
    return "the unbiased clean reward, at a variance of 1 / (1 - rho0 - rho1) squared"
