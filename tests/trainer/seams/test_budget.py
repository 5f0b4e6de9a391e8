"""Budgets: they end, never exceed the cap, and stop at the first mixed round."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.seeds import array_rng
from trainer.seams.budget import BudgetOptions


def play(options: BudgetOptions, replies: list[list[float]]) -> list[int]:
    """Draw from scripted rewards until the budget gives nothing; return the draws of each group."""
    drawn = [0] * len(replies)
    for round in range(100):
        spread = [max(r[:n], default=0.0) - min(r[:n], default=0.0) for r, n in zip(replies, drawn, strict=True)]
        extra = options.apply(round, np.array(drawn), np.array(spread))
        if not extra.any():
            return drawn
        drawn = [n + int(more) for n, more in zip(drawn, extra, strict=True)]
    raise AssertionError("the budget never ends")


def test_fixed_gives_every_group_its_draws_once() -> None:
    assert play(BudgetOptions(name="fixed", group=5), [[0.0] * 40, [1.0] * 40]) == [5, 5]


def test_rounds_stop_when_mixed_and_at_the_cap() -> None:
    late = [0.0] * 9 + [1.0] + [0.0] * 30
    options = BudgetOptions(name="rounds", group=4, cap=14)
    assert play(options, [[0.0, 1.0] * 20, late, [1.0] * 40]) == [4, 12, 14]


@given(st.integers(2, 9), st.integers(2, 40), st.integers(0, 10**6))
def test_rounds_never_exceed_the_cap_and_stop_at_the_first_mixed_round(group: int, cap: int, seed: int) -> None:
    replies = [[float(r) for r in array_rng("replies", seed, i).random(60) < 0.1] for i in range(5)]
    drawn = play(BudgetOptions(name="rounds", group=group, cap=cap), replies)
    for rewards, n in zip(replies, drawn, strict=True):
        assert n <= cap
        assert n == cap or len(set(rewards[:n])) == 2
        assert n < group or len(set(rewards[: n - group])) < 2


def test_an_option_the_budget_does_not_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="'fixed' does not read cap = 16"):
        BudgetOptions(name="fixed", cap=16)
