"""Advantage estimators: one number per sampled reply from the rewards of its group. Not per-token credit.

Law: pure float64 functions of (rewards, groups); a row that is not scored gets 0 and touches no other row.
Where all rewards of a group are equal, the group-relative estimators give exact zeros.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from pipeline.errors import ConfigError
from trainer.seams.group_stats import Indices, Rewards, group_stats
from trainer.seams.seam import SeamOptions


def grpo(reward_N: Rewards, group_N: Indices, *, eps: float) -> Rewards:
    """Return (r - mean) / (std + eps), with the population std and eps outside the root.

    Source: GRPO (arXiv 2402.03300, section 4.1.2, outcome supervision).
    """
    stats = group_stats(reward_N, group_N)
    return _filled((reward_N - stats.mean_P[group_N]) / (stats.std_P[group_N] + eps))


def dr_grpo(reward_N: Rewards, group_N: Indices) -> Rewards:
    """Return r - mean: no division, so no bias towards groups of extreme pass rate.

    Source: Dr. GRPO (arXiv 2503.20783).
    """
    return _filled(reward_N - group_stats(reward_N, group_N).mean_P[group_N])


def rloo(reward_N: Rewards, group_N: Indices) -> Rewards:
    """Return r minus the mean of the other scored rows of the group: (r - mean) n / (n - 1); 0 where n is 1.

    Source: RLOO (arXiv 2402.14740).
    """
    stats = group_stats(reward_N, group_N)
    count_N = stats.count_P[group_N]
    return _filled((reward_N - stats.mean_P[group_N]) * count_N / np.maximum(count_N - 1, 1))


def maxrl(reward_N: Rewards, group_N: Indices) -> Rewards:
    """Return (r - p) / p for binary rewards, 0 where nothing is right: rare successes weigh most.

    Source: MaxRL (arXiv 2602.02710).
    """
    _require_binary(reward_N, "maxrl")
    mean_N = group_stats(reward_N, group_N).mean_P[group_N]
    return _filled(np.where(mean_N > 0, (reward_N - mean_N) / np.where(mean_N > 0, mean_N, 1.0), 0.0))


def w_reinforce(reward_N: Rewards, group_N: Indices, *, positive_weight: float) -> Rewards:
    """Return `positive_weight` for right and -1 for wrong replies, for binary rewards; no baseline.

    Source: W-REINFORCE (arXiv 2506.01347): positive_weight 0 is negative-sample reinforcement alone.
    """
    _require_binary(reward_N, "w_reinforce")
    return _filled(np.where(reward_N == 1, positive_weight, np.where(reward_N == 0, -1.0, np.nan)))


def reinforce(reward_N: Rewards, group_N: Indices) -> Rewards:
    """Return the reward itself: no baseline, so a shift of the reward is not taken away again.

    Source: REINFORCE (Williams 1992), episodic, without a baseline.
    """
    return _filled(reward_N)


ADVANTAGES: Mapping[str, Callable[..., Rewards]] = {
    "grpo": grpo,
    "dr_grpo": dr_grpo,
    "rloo": rloo,
    "dapo": grpo,  # DAPO changes clip, filter and reduction; its advantage is GRPO's (arXiv 2503.14476)
    "maxrl": maxrl,
    "w_reinforce": w_reinforce,
    "reinforce": reinforce,
}
"""(reward_N, group_N) -> advantage_N."""
BASELINE_FREE = frozenset({"w_reinforce", "reinforce"})
"""Those that learn from groups of equal rewards too, which a zero-variance filter would drop."""
NORMALISED, CENTRED, BINARY = (
    frozenset({"grpo", "dapo"}),
    frozenset({"dr_grpo", "rloo"}),
    frozenset({"maxrl", "w_reinforce"}),
)
"""Those that take away the group's mean and std, those that take away its mean, those only defined for 0 and 1."""


class AdvantageOptions(SeamOptions):
    """Options of the advantage seam."""

    seam: ClassVar[str] = "advantage"
    table: ClassVar[Mapping[str, Callable[..., Rewards]]] = ADVANTAGES
    name: str = "grpo"
    eps: float = Field(default=1e-4, gt=0.0, description="added to the group's std [reward]; 1e-4 as in TRL")
    positive_weight: float = Field(default=0.1, ge=0.0, description="weight of right replies against 1 for wrong ones")


def _filled(advantage_N: Rewards) -> Rewards:
    return np.nan_to_num(advantage_N, nan=0.0)


def _require_binary(reward_N: Rewards, name: str) -> None:
    odd = sorted({float(r) for r in reward_N[~np.isnan(reward_N)]} - {0.0, 1.0})
    if odd:
        raise ConfigError(
            f"advantage {name!r} is only defined for rewards 0 and 1, got {odd[0]:g}: "
            "use reward correctness without a format term, or another advantage"
        )
