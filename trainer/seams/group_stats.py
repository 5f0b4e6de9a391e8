"""Statistics of rewards per group, in float64, where nan means not scored. Not an estimator (advantages).

Law: a row that was not scored changes no statistic of its group.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rewards = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroupStats:
    """Per group (P,): how many rows are scored, and their mean, population std, lowest and highest reward.

    A group with no scored row has count 0 and nan elsewhere.
    """

    count_P: Indices
    mean_P: Rewards
    std_P: Rewards
    low_P: Rewards
    high_P: Rewards

    @property
    def spread_P(self) -> Rewards:
        """Highest minus lowest scored reward; 0 for a group with fewer than two scored rows."""
        return np.where(self.count_P >= 2, self.high_P - self.low_P, 0.0)


def group_stats(reward_N: Rewards, group_N: Indices, *, groups: int | None = None) -> GroupStats:
    """Return the statistics of each group; group_N holds indices in [0, groups), in any order."""
    size = int(groups if groups is not None else group_N.max(initial=-1) + 1)
    reward_N = np.asarray(reward_N, dtype=np.float64)
    scored_N = ~np.isnan(reward_N)
    reward_M, group_M = reward_N[scored_N], group_N[scored_N]
    count_P = np.bincount(group_M, minlength=size)
    low_P, high_P = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low_P, group_M, reward_M)
    np.maximum.at(high_P, group_M, reward_M)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_P = np.bincount(group_M, weights=reward_M, minlength=size) / count_P
        # the mean of equal numbers is that number, which rounding of the sum can miss
        mean_P = np.where(low_P == high_P, low_P, mean_P)
        squares_P = np.bincount(group_M, weights=(reward_M - mean_P[group_M]) ** 2, minlength=size)
        std_P = np.sqrt(squares_P / count_P)
    empty_P = count_P == 0
    low_P[empty_P] = high_P[empty_P] = np.nan
    return GroupStats(count_P, mean_P, std_P, low_P, high_P)
