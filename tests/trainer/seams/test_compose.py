"""Compose: whole groups stay or go, on their full spread; refill asks for what is missing and ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.seams.advantages import rloo
from trainer.seams.compose import ComposeOptions, kept_groups, kept_rows, missing

NAN = float("nan")


def kept(rewards: list[list[float]], options: ComposeOptions) -> list[bool]:
    group = np.repeat(np.arange(len(rewards)), [len(r) for r in rewards])
    flat = np.concatenate([np.array(r, dtype=np.float64) for r in rewards])
    return [bool(k) for k in kept_groups(flat, group, groups=len(rewards), options=options)]


@pytest.mark.parametrize("name", ["zero_variance", "dapo"])
def test_only_groups_with_different_rewards_stay(name: str) -> None:
    groups = [[0.0, 0, 0, 0], [1.0, 1, 1, 1], [1.0, 0, 0, 0], [0.1 + 0.2, 0.3], [NAN, 1, 1], [NAN, NAN, 1], [NAN, 0, 1]]
    assert kept(groups, ComposeOptions(name=name)) == [False, False, True, False, False, False, True]


def test_keep_all_needs_two_scored_rows() -> None:
    assert kept([[0.0, 0], [1.0, NAN], [NAN, NAN]], ComposeOptions(name="keep_all")) == [True, False, False]


def test_a_single_success_keeps_its_whole_group() -> None:
    """Filtering on leave-one-out values keeps three equal rows and drops the one that differs."""
    reward, group = np.array([1.0, 0, 0, 0]), np.zeros(4, dtype=np.int64)
    leave_one_out = (reward.sum() - reward) / 3
    assert {round(v, 6) for v in leave_one_out} == {0.0, round(1 / 3, 6)}  # what the bug filters on
    options = ComposeOptions(name="zero_variance")
    keep = kept_groups(reward, group, groups=1, options=options)
    rows = kept_rows(reward, group, np.zeros(4, dtype=bool), keep, options)
    assert rows.tolist() == [True] * 4
    np.testing.assert_allclose(rloo(reward, group), [1, -1 / 3, -1 / 3, -1 / 3])


def test_rows_that_are_not_scored_or_masked_as_truncated_do_not_train() -> None:
    reward, group = np.array([1.0, 0, NAN, 0, 0, 0]), np.array([0, 0, 0, 0, 1, 1])
    truncated = np.array([False, False, False, True, False, True])
    keep = np.array([True, False])
    plain = kept_rows(reward, group, truncated, keep, ComposeOptions())
    assert plain.tolist() == [True, True, False, True, False, False]
    masked = kept_rows(reward, group, truncated, keep, ComposeOptions(mask_truncated=True))
    assert masked.tolist() == [True, True, False, False, False, False]


@given(st.integers(0, 64), st.integers(1, 64), st.integers(0, 4))
def test_refill_asks_for_exactly_what_is_missing_and_ends(kept_count: int, wanted: int, rounds: int) -> None:
    options = ComposeOptions(name="dapo", refill_rounds=rounds)
    asked = [missing(kept_count, wanted, round=r, options=options) for r in range(rounds + 2)]
    assert asked == [max(0, wanted - kept_count)] * rounds + [0, 0]
