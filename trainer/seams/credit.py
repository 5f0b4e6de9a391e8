"""From one advantage per reply to one per token. Not the estimator (advantages).

Law: tokens outside the mask get exactly 0.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from trainer.seams.group_stats import Mask, Rewards
from trainer.seams.seam import SeamOptions


def repeat(advantage_N: Rewards, mask_NT: Mask) -> Rewards:
    """Give every token its reply's advantage, the end token included."""
    return np.where(mask_NT, advantage_N[:, None], 0.0)


CREDITS: Mapping[str, Callable[..., Rewards]] = {"repeat": repeat}
"""(advantage_N, mask_NT) -> advantage_NT."""


class CreditOptions(SeamOptions):
    """Options of the credit seam."""

    seam: ClassVar[str] = "credit"
    table: ClassVar[Mapping[str, Callable[..., Rewards]]] = CREDITS
    name: str = "repeat"
