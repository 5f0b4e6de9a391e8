"""Advantages against plain loops and the laws of the (A+, A-) table: zero sum, sign, permutation, no signal."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.seeds import array_rng
from trainer.seams.advantages import ADVANTAGES, AdvantageOptions

RELATIVE = ["grpo", "dr_grpo", "rloo", "dapo"]
EPS = 1e-4
TABLE = {
    "grpo": lambda p, n: ((1 - p) / (math.sqrt(p * (1 - p)) + EPS), -p / (math.sqrt(p * (1 - p)) + EPS)),
    "dapo": lambda p, n: ((1 - p) / (math.sqrt(p * (1 - p)) + EPS), -p / (math.sqrt(p * (1 - p)) + EPS)),
    "dr_grpo": lambda p, n: (1 - p, -p),
    "rloo": lambda p, n: ((1 - p) * n / (n - 1), -p * n / (n - 1)),
    "maxrl": lambda p, n: ((1 - p) / p, -1.0),
    "w_reinforce": lambda p, n: (0.1, -1.0),
    "reinforce": lambda p, n: (1.0, 0.0),
}
"""(pass rate, group size) -> (advantage of a right reply, of a wrong one)."""

groups_of_rewards = st.lists(
    st.lists(st.floats(-2, 2, allow_subnormal=False).map(lambda x: round(x, 3)), min_size=1, max_size=9),
    min_size=1, max_size=5,
)  # fmt: skip


def advantages(name: str, groups: list[list[float]]) -> list[list[float]]:
    sizes = [len(group) for group in groups]
    flat = np.concatenate([np.array(group, dtype=np.float64) for group in groups])
    values = AdvantageOptions(name=name).apply(flat, np.repeat(np.arange(len(groups)), sizes))
    assert values.dtype == np.float64
    return [part.tolist() for part in np.split(values, np.cumsum(sizes)[:-1])]


def test_the_table_covers_every_estimator() -> None:
    assert set(TABLE) == set(ADVANTAGES)


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.parametrize("n", [2, 4, 8])
def test_binary_groups_give_the_two_numbers_of_the_table(name: str, n: int) -> None:
    for c in range(1, n):
        right, wrong = TABLE[name](c / n, n)
        np.testing.assert_allclose(advantages(name, [[1.0] * c + [0.0] * (n - c)])[0], [right] * c + [wrong] * (n - c))


def plain_loop(name: str, group: list[float]) -> list[float]:
    mean = math.fsum(group) / len(group)
    if name == "rloo":
        others = [(math.fsum(group) - r) / (len(group) - 1) if len(group) > 1 else r for r in group]
        return [r - other for r, other in zip(group, others, strict=True)]
    if name == "dr_grpo":
        return [r - mean for r in group]
    std = math.sqrt(math.fsum((r - mean) ** 2 for r in group) / len(group))
    return [(r - mean) / (std + EPS) for r in group]


@pytest.mark.parametrize("name", RELATIVE)
@given(groups_of_rewards)
def test_any_rewards_match_the_plain_loop_and_sum_to_zero(name: str, groups: list[list[float]]) -> None:
    for group, found in zip(groups, advantages(name, groups), strict=True):
        np.testing.assert_allclose(found, plain_loop(name, group), atol=1e-9)
        assert abs(math.fsum(found)) < 1e-9
        mean = math.fsum(group) / len(group)
        assert all(
            a * (r - mean) >= -1e-12 for a, r in zip(found, group, strict=True)
        )  # better than the mean: never punished


@pytest.mark.parametrize("name", RELATIVE)
@given(st.floats(-5, 5), st.integers(1, 33))
def test_a_group_without_signal_is_exactly_zero(name: str, value: float, n: int) -> None:
    assert advantages(name, [[value] * n])[0] == [0.0] * n


@pytest.mark.parametrize("name", sorted(ADVANTAGES))
@given(st.integers(0, 10**6))
def test_order_of_rows_does_not_matter(name: str, seed: int) -> None:
    draw = array_rng("permutation", seed)
    reward, group = (draw.random(24) < 0.4).astype(np.float64), draw.integers(0, 4, 24)
    order = draw.permutation(24)
    options = AdvantageOptions(name=name)
    np.testing.assert_allclose(
        options.apply(reward, group)[order], options.apply(reward[order], group[order]), atol=1e-12
    )


@pytest.mark.parametrize("name", sorted(ADVANTAGES))
def test_rows_that_are_not_scored_get_zero_and_change_nothing(name: str) -> None:
    nan = float("nan")
    with_gap = advantages(name, [[1.0, nan, 0.0, 0.0], [nan, nan], [1.0, 0.0]])
    without = advantages(name, [[1.0, 0.0, 0.0], [1.0, 0.0]])
    assert with_gap[0] == [without[0][0], 0.0, *without[0][1:]]
    assert with_gap[1] == [0.0, 0.0]
    assert with_gap[2] == without[1]


@pytest.mark.parametrize("name", ["maxrl", "w_reinforce"])
def test_binary_estimators_refuse_other_rewards(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}' is only defined for rewards 0 and 1, got 0.5"):
        advantages(name, [[1.0, 0.5, 0.0]])
    assert advantages(name, [[1.0, float("nan"), 0.0]])  # not scored is no reward


def test_an_unknown_estimator_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown advantage 'grop', did you mean 'grpo'"):
        AdvantageOptions(name="grop")


def test_an_option_of_another_estimator_is_refused() -> None:
    with pytest.raises(ConfigError, match="'rloo' does not read eps"):
        AdvantageOptions(name="rloo", eps=0.5)
