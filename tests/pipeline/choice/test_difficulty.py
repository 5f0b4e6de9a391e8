"""Difficulty against brute force: enumeration, numerical integration and coverage by simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.choice.difficulty import (
    beta_cdf,
    beta_quantile,
    bootstrap,
    exact_interval,
    interval,
    p_mixed,
    pass_at_k,
    posterior_mean,
    probability_between,
    rate_interval,
)
from pipeline.errors import ConfigError

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def integral(a, b, low, high, function=lambda x: 1.0, cells=20_000):
    x = (np.arange(cells) + 0.5) / cells
    density = x ** (a - 1) * (1 - x) ** (b - 1)
    density /= density.sum()
    return float((density * np.vectorize(function)(x) * ((x >= low) & (x <= high))).sum())


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (3.0, 9.0), (1.5, 40.25), (60.0, 2.0)])
@pytest.mark.parametrize("x", [0.05, 0.3, 0.5, 0.9])
def test_beta_cdf_is_the_integral(a, b, x):
    assert beta_cdf(x, a, b) == pytest.approx(integral(a, b, 0, x), abs=2e-4)


def test_beta_cdf_is_the_binomial_tail_at_whole_parameters():
    n, x = 12, 0.37
    for k in range(1, n + 1):
        tail = sum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(k, n + 1))
        assert beta_cdf(x, k, n - k + 1) == pytest.approx(tail, abs=1e-12)


@given(counts, st.floats(0.001, 0.999))
def test_quantile_inverts_cdf(pair, q):
    n, c = pair
    a, b = c + 1.0, n - c + 1.0
    assert beta_cdf(beta_quantile(q, a, b), a, b) == pytest.approx(q, abs=1e-9)


def test_interval_matches_published_upper_bounds():
    assert interval(8, 0)[1] == pytest.approx(0.336, abs=0.001)
    assert interval(32, 0)[1] == pytest.approx(0.106, abs=0.001)


@given(counts)
def test_interval_is_symmetric_and_holds_the_mean(pair):
    n, c = pair
    low, high = interval(n, c)
    mirrored = interval(n, n - c)
    assert 0 <= low <= posterior_mean(n, c) <= high <= 1
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-9)


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_exact_interval_covers_at_least_its_level_by_enumeration(rate):
    n = 25
    covered = sum(
        math.comb(n, c) * rate**c * (1 - rate) ** (n - c)
        for c in range(n + 1)
        if exact_interval(n, c)[0] <= rate <= exact_interval(n, c)[1]
    )
    assert covered >= 0.95


def test_pass_at_k_is_the_share_of_subsets_with_a_success():
    for n in range(1, 8):
        for c in range(n + 1):
            draws = [1] * c + [0] * (n - c)
            for k in range(1, n + 1):
                subsets = list(itertools.combinations(draws, k))
                assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))
    assert math.isnan(pass_at_k(4, 2, 5))
    assert pass_at_k(16, 1, 8) == pytest.approx(0.5)
    with pytest.raises(ConfigError, match="pass@0"):
        pass_at_k(4, 2, 0)


@pytest.mark.parametrize(("n", "c"), [(0, 0), (5, 1), (12, 12)])
@pytest.mark.parametrize("group", [1, 2, 8])
def test_p_mixed_is_an_expectation_over_the_posterior(n, c, group):
    a, b = c + 1.0, n - c + 1.0
    mixed = integral(a, b, 0, 1, lambda p: 1 - p**group - (1 - p) ** group)
    assert p_mixed(n, c, group) == pytest.approx(mixed, abs=1e-3)


def test_probability_between_sums_to_one():
    assert probability_between(9, 4, 0, 0.4) + probability_between(9, 4, 0.4, 1) == pytest.approx(1)


def test_bootstrap_is_repeatable_named_and_of_the_right_width():
    values = [i / 99 for i in range(100)]
    first = bootstrap(values, "a")
    assert first == bootstrap(values, "a")
    assert first != bootstrap(values, "b")
    mean, low, high = first
    assert mean == pytest.approx(0.5)
    assert high - low == pytest.approx(2 * 1.96 * 0.2887 / 10, rel=0.1)


def test_bootstrap_in_chunks_stays_in_the_range_of_its_values():
    values = [i / 4999 for i in range(5000)]
    mean, low, high = bootstrap(values, "chunked", draws=900)
    assert low < mean < high
    assert high - low == pytest.approx(2 * 1.96 * 0.2887 / 5000**0.5, rel=0.15)


@pytest.mark.parametrize("values", [[], [math.nan, 1.0]])
def test_bootstrap_refuses_what_has_no_mean(values):
    with pytest.raises(ConfigError, match="finite"):
        bootstrap(values, "x")


@pytest.mark.parametrize(
    "call", [lambda: interval(3, 4), lambda: posterior_mean(3, -1), lambda: interval(3, 1, level=1)]
)
def test_impossible_arguments_are_named(call):
    with pytest.raises(ConfigError):
        call()


def test_a_rates_interval_counts_draws_where_problems_agree_and_problems_where_they_do_not():
    assert rate_interval([(40, 10)]) == pytest.approx(exact_interval(40, 10))  # one problem: its draws
    assert rate_interval([(8, 2)] * 5) == pytest.approx(exact_interval(40, 10))  # alike as can be: every draw
    split = rate_interval([(8, 8)] * 5 + [(8, 0)] * 5)  # all or nothing: about as many draws as problems
    assert split[0] < exact_interval(10, 5)[0] < exact_interval(80, 40)[0]
    assert rate_interval([(8, 0)] * 4) == pytest.approx(exact_interval(4, 0))  # nothing seen to vary: problems
    assert rate_interval([(8, 8)] * 4) == pytest.approx(exact_interval(4, 4))
    assert rate_interval([(1, 0)] * 32) == pytest.approx(exact_interval(32, 0))
    with pytest.raises(ConfigError, match="no draws"):
        rate_interval([(0, 0)])


@given(st.lists(counts, min_size=1, max_size=12).filter(lambda pairs: any(n for n, _ in pairs)))
def test_a_rate_lies_within_its_interval(pairs):
    low, high = rate_interval(pairs)
    rate = sum(c for _, c in pairs) / sum(n for n, _ in pairs)
    assert 0 <= low <= rate + 1e-9 and rate - 1e-9 <= high <= 1


def test_an_interval_over_problems_covers_what_problems_vary_by():
    """Rates of problems are drawn from Beta(1, 3): an interval that took draws for independent would miss far more."""
    source, covered, naive = np.random.default_rng(7), 0, 0
    for _ in range(300):
        rates = source.beta(1, 3, size=20)
        pairs = [(8, int(c)) for c in source.binomial(8, rates)]
        low, high = rate_interval(pairs)
        covered += low <= 0.25 <= high
        plain = exact_interval(160, sum(c for _, c in pairs))
        naive += plain[0] <= 0.25 <= plain[1]
    assert covered / 300 > 0.92 > 0.85 > naive / 300
