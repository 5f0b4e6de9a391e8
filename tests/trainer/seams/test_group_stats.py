"""Statistics per group against plain loops, with rows that are not scored and groups that are empty."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.seams.group_stats import group_stats

rows = st.lists(
    st.tuples(st.integers(0, 4), st.one_of(st.just(math.nan), st.floats(-3, 3, allow_subnormal=False))), max_size=40
)


@given(rows)
def test_statistics_are_those_of_a_plain_loop(rows: list[tuple[int, float]]) -> None:
    stats = group_stats(
        np.array([r for _, r in rows], dtype=np.float64), np.array([g for g, _ in rows], dtype=np.int64), groups=6
    )
    for p in range(6):
        scored = [r for g, r in rows if g == p and not math.isnan(r)]
        assert stats.count_P[p] == len(scored)
        assert stats.spread_P[p] == (max(scored) - min(scored) if len(scored) >= 2 else 0.0)
        if not scored:
            assert all(math.isnan(v[p]) for v in (stats.mean_P, stats.std_P, stats.low_P, stats.high_P))
            continue
        mean = math.fsum(scored) / len(scored)
        np.testing.assert_allclose(stats.mean_P[p], mean, atol=1e-12)
        np.testing.assert_allclose(
            stats.std_P[p], math.sqrt(math.fsum((r - mean) ** 2 for r in scored) / len(scored)), atol=1e-9
        )


def test_equal_rewards_have_exactly_their_value_as_mean() -> None:
    stats = group_stats(np.full(7, 0.1), np.zeros(7, dtype=np.int64))
    assert (stats.mean_P[0], stats.std_P[0], stats.spread_P[0]) == (0.1, 0.0, 0.0)


def test_no_rows_make_empty_groups() -> None:
    assert group_stats(np.zeros(0), np.zeros(0, dtype=np.int64), groups=2).count_P.tolist() == [0, 0]
