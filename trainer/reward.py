"""Rewards from verdicts: the only place where a verdict becomes a number. Not advantages.

Law: nan means not scored (our own fault: undecided, or a sampler that gave up); nan never becomes 0.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from pipeline.problem import Outcome, Verdict
from pipeline.rollout import Finish
from trainer.group_stats import Rewards
from trainer.seam import SeamOptions


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
    shared: ClassVar[frozenset[str]] = frozenset({"format_weight"})
    name: str = "correctness"
    format_weight: float = Field(default=0.0, ge=0.0, description="reward of a readable answer [reward]; 0 is off")


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
