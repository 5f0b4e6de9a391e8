"""How many more draws each group gets. Not the sampling, not the choice of problems (curriculum).

Law: a budget sees counts and spreads only; 0 for every group ends the rounds, and every budget ends.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from trainer.seams.group_stats import Indices, Rewards
from trainer.seams.seam import SeamOptions


def fixed(round: int, drawn_P: Indices, spread_P: Rewards, *, group: int) -> Indices:
    """Give every group `group` draws in the first round and none later."""
    return np.full(len(drawn_P), group if round == 0 else 0, dtype=np.int64)


def rounds(round: int, drawn_P: Indices, spread_P: Rewards, *, group: int, cap: int) -> Indices:
    """Give `group` draws per round until rewards differ inside the group, or `cap` draws are made.

    Stopping when mixed makes a group's own mean a biased pass rate (hard problems stop at their first success), so
    such groups count for pass rates with their first round alone.

    Source: Reinforce-Ada (arXiv 2510.04996), positive-and-negative exit.
    """
    extra_P = np.minimum(group, cap - drawn_P)
    return np.where(spread_P > 0, 0, np.maximum(extra_P, 0)).astype(np.int64)


BUDGETS: Mapping[str, Callable[..., Indices]] = {"fixed": fixed, "rounds": rounds}
"""(round, drawn_P, spread_P) -> extra_P: draws so far, highest minus lowest reward so far, draws to add (0: done)."""


class BudgetOptions(SeamOptions):
    """Options of the budget seam."""

    seam: ClassVar[str] = "budget"
    table: ClassVar[Mapping[str, Callable[..., Indices]]] = BUDGETS
    name: str = "fixed"
    group: int = Field(default=8, ge=2, description="draws of a group per round [rollouts]; about 4 for rounds")
    cap: int = Field(default=32, ge=2, description="most draws of a group over all rounds [rollouts]")
