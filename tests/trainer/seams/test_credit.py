"""Credit: repeat gives each token its reply's advantage and nothing outside the mask."""

import numpy as np
import pytest

from pipeline.errors import ConfigError
from trainer.seams.credit import CreditOptions


def test_repeat_is_the_plain_loop() -> None:
    advantage = np.array([1.5, -0.5, 0.0])
    lengths = [3, 1, 2]
    mask = np.arange(4)[None, :] < np.array(lengths)[:, None]
    credit = CreditOptions().apply(advantage, mask)
    for row, length in enumerate(lengths):
        for t in range(4):
            assert credit[row, t] == (advantage[row] if t < length else 0.0)


def test_an_infinite_advantage_outside_the_mask_is_gone() -> None:
    credit = CreditOptions().apply(np.array([np.inf]), np.zeros((1, 2), dtype=bool))
    assert credit.tolist() == [[0.0, 0.0]]


def test_an_unknown_credit_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'repeat'"):
        CreditOptions(name="repat")
