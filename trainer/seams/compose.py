"""Which sampled rows train. Not their weight (advantages, losses).

Law: groups are judged whole, on their own rewards; what is left out of training stays in its group's baseline.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from trainer.seams.group_stats import GroupStats, Indices, Mask, Rewards, group_stats
from trainer.seams.seam import SeamOptions


def keep_all(stats: GroupStats) -> Mask:
    """Keep every group with at least two scored rows (one alone has no baseline)."""
    return stats.count_P >= 2


def zero_variance(stats: GroupStats, *, eps: float) -> Mask:
    """Keep groups whose highest and lowest reward differ by more than `eps`.

    Equality is judged on the full group. Judging it on leave-one-out values would drop the one differing row of
    [1, 0, 0, 0] and keep the equal rest (NeMo-RL issues 3469, 4158).

    Source: dynamic sampling of DAPO (arXiv 2503.14476), as a filter.
    """
    return stats.spread_P > eps


COMPOSERS: Mapping[str, Callable[..., Mask]] = {
    "keep_all": keep_all,
    "zero_variance": zero_variance,
    "dapo": zero_variance,  # the same filter; what differs is that missing groups are asked for again (`missing`)
}
"""(statistics of the groups) -> kept_P."""


class ComposeOptions(SeamOptions):
    """Options of the compose seam."""

    seam: ClassVar[str] = "compose"
    table: ClassVar[Mapping[str, Callable[..., Mask]]] = COMPOSERS
    shared: ClassVar[frozenset[str]] = frozenset({"mask_truncated", "refill_rounds"})
    name: str = "zero_variance"
    eps: float = Field(default=1e-6, ge=0.0, description="rewards closer than this are equal [reward]")
    mask_truncated: bool = Field(
        default=False, description="leave truncated rows out of the loss, not out of the baseline"
    )
    refill_rounds: int = Field(
        default=0, ge=0, description="times that dropped groups are replaced by new draws [rounds]"
    )


def kept_groups(reward_N: Rewards, group_N: Indices, *, groups: int, options: ComposeOptions) -> Mask:
    """Return which groups (P,) train."""
    kept_P: Mask = options.apply(group_stats(reward_N, group_N, groups=groups))
    return kept_P


def kept_rows(reward_N: Rewards, group_N: Indices, truncated_N: Mask, kept_P: Mask, options: ComposeOptions) -> Mask:
    """Return which rows (N,) train: scored rows of kept groups, without truncated ones where these are masked."""
    rows_N = kept_P[group_N] & ~np.isnan(reward_N)
    return rows_N & ~truncated_N if options.mask_truncated else rows_N


def missing(kept: int, wanted: int, *, round: int, options: ComposeOptions) -> int:
    """Return how many new groups to draw after `round` refills: exactly those missing, 0 when rounds are used up.

    Source: dynamic sampling of DAPO (arXiv 2503.14476), bounded.
    """
    return max(0, wanted - kept) if round < options.refill_rounds else 0
