"""Error rates from audits: Bayes' rule by hand, coverage on simulated verifiers, and what must never be claimed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.choice.noise import Checked, Rate, allocate, as_percent, chosen, error_rates
from pipeline.errors import ConfigError
from pipeline.seeds import array_rng


@st.composite
def strata(draw: Any, *, audited: bool = True) -> Checked:
    n = draw(st.integers(1 if audited else 0, 60))
    abstained = draw(st.integers(0, 20))
    population = draw(st.integers(max(1, n + abstained), 5000))
    return Checked(population, n, draw(st.integers(0, n)), abstained)


sides = st.lists(strata(), min_size=1, max_size=3)


def both(accepts: list[Checked], rejects: list[Checked]) -> dict[str, Rate]:
    return {rate.kind: rate for rate in error_rates(accepts, rejects)}


def test_one_stratum_is_bayes_rule():
    found = both([Checked(1000, 100, 5)], [Checked(3000, 200, 20)])
    wrong_accepts, right_rejects = 1000 * 0.05, 3000 * 0.1
    assert found["false_accept"].rate == pytest.approx(wrong_accepts / (wrong_accepts + 3000 * 0.9))
    assert found["false_reject"].rate == pytest.approx(right_rejects / (right_rejects + 1000 * 0.95))
    assert (found["false_reject"].population, found["false_reject"].n, found["false_reject"].errors) == (3000, 200, 20)


def test_strata_weigh_by_population_not_by_what_was_audited():
    even = both([Checked(100, 50, 25), Checked(9900, 50, 0)], [Checked(10_000, 100, 0)])
    assert even["false_accept"].rate == pytest.approx(50 / (50 + 10_000))


SETTINGS = [(0.02, 0.05, 0.3, 100), (0.005, 0.1, 0.5, 200), (0.1, 0.3, 0.6, 30)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_estimate_is_unbiased_and_its_interval_covers(setting):
    """A verifier with known rates, judged by a perfect auditor of n accepts and n rejects."""
    rho0, rho1, base, n = setting
    source, rounds, size = array_rng("simulated verifier", *setting), 250, 20_000
    covered, means = [0, 0], [0.0, 0.0]
    for _ in range(rounds):
        right = source.binomial(size, base)
        rejected, accepted = source.binomial(right, rho1), source.binomial(size - right, rho0)
        accepts, rejects = right - rejected + accepted, size - right - accepted + rejected
        wrong_seen = int(source.hypergeometric(accepted, accepts - accepted, n))
        right_seen = int(source.hypergeometric(rejected, rejects - rejected, n))
        found = error_rates([Checked(accepts, n, wrong_seen)], [Checked(rejects, n, right_seen)])
        for i, (rate, truth) in enumerate(zip(found, (rho0, rho1), strict=True)):
            covered[i] += rate.low <= truth <= rate.high
            means[i] += (rate.rate or 0.0) / rounds
    assert min(covered) >= 0.925 * rounds  # 95% is meant; 250 rounds tell it from 92.5%
    assert means == [pytest.approx(rho0, rel=0.12), pytest.approx(rho1, rel=0.12)]


def test_stratified_intervals_cover_when_strata_differ():
    source, rounds, covered = array_rng("simulated strata"), 250, 0
    shares, sizes, rejects = (0.3, 0.01, 0.0), (2000, 9000, 500), 8000
    wrong = sum(share * size for share, size in zip(shares, sizes, strict=True))
    truth = wrong / (wrong + rejects * 0.95)
    for _ in range(rounds):
        accepts = [
            Checked(size, 40, int(source.hypergeometric(round(share * size), size - round(share * size), 40)))
            for share, size in zip(shares, sizes, strict=True)
        ]
        rate = error_rates(accepts, [Checked(rejects, 100, int(source.binomial(100, 0.05)))])[0]
        covered += rate.low <= truth <= rate.high
    assert covered >= 0.925 * rounds


@given(sides, sides)
def test_rates_stay_within_their_intervals_and_these_within_0_and_1(accepts, rejects):
    for rate in error_rates(accepts, rejects):
        if rate.rate is None:
            assert rate.why and (rate.low, rate.high) == (0.0, 1.0)
        else:
            assert 0.0 <= rate.low <= rate.rate <= rate.high <= rate.worst <= 1.0


@given(strata(), strata())
def test_more_errors_never_lower_a_rate(accept, reject):
    more = Checked(accept.population, accept.n, min(accept.n, accept.errors + 1), accept.abstained)
    before, after = error_rates([accept], [reject])[0], error_rates([more], [reject])[0]
    if before.rate is not None and after.rate is not None:
        assert after.rate >= before.rate
        assert after.low >= before.low - 1e-9 and after.high >= before.high - 1e-9


@given(strata(audited=False), strata())
def test_nothing_audited_is_no_rate(accept, reject):
    unaudited = Checked(accept.population, 0, 0, min(accept.abstained, accept.population))
    for rate in error_rates([unaudited], [reject]):
        assert rate.rate is None and rate.said() == "not audited (no accept could be audited)"


def test_an_outcome_that_never_occurred_needs_no_audit():
    found = both([], [Checked(500, 100, 0)])
    assert (found["false_accept"].rate, found["false_accept"].high) == (0.0, pytest.approx(3 / 500))
    assert found["false_accept"].said() == "below 0.60% (no accept was given)"
    assert found["false_reject"].said() == "not audited (no reply was found truly right)"
    assert both([Checked(2, 2, 0)], [])["false_reject"].said() == "no bound (no reject was given)"


def test_no_errors_read_below_three_in_n():
    rate = error_rates([Checked(1000, 200, 0)], [Checked(1000, 200, 0)])[0]
    assert rate.high >= 1000 * (3 / 200) / (1000 * (3 / 200) + 1000)
    assert rate.said() == f"below {as_percent(rate.high)} (0 of 200)"


def test_abstentions_are_counted_bounded_and_in_no_rate():
    plain, doubtful = (both([Checked(1000, 90, 3, n)], [Checked(1000, 90, 0)])["false_accept"] for n in (0, 10))
    assert doubtful.rate == plain.rate and (doubtful.low, doubtful.high) == (plain.low, plain.high)
    assert doubtful.abstained == 10 and doubtful.worst > 0.12 > plain.worst == plain.high


def test_counts_that_cannot_be_are_refused():
    for counts in ((10, 5, 6), (10, 8, 0, 3), (10, 5, 0, -1)):
        with pytest.raises(ValueError, match="do not hold"):
            Checked(*counts)


sizes = st.dictionaries(st.text(max_size=3), st.integers(0, 500), max_size=8)


@given(sizes, st.integers(1, 60), st.integers(0, 900))
def test_every_stratum_gets_its_floor_and_the_total_is_met(sizes, floor, total):
    given = allocate(sizes, floor=floor, total=total)
    assert given.keys() == sizes.keys()
    assert all(min(floor, size) <= given[key] <= size for key, size in sizes.items())
    base = sum(min(floor, size) for size in sizes.values())
    assert sum(given.values()) == max(base, min(total, sum(sizes.values())))


def test_what_is_left_goes_by_size():
    assert allocate({"a": 1000, "b": 100, "c": 2}, floor=5, total=122) == {"a": 105, "b": 15, "c": 2}
    with pytest.raises(ConfigError, match="0 audited verdicts per stratum say nothing"):
        allocate({"a": 1}, floor=0)


def test_a_sample_is_named_spread_and_only_grows():
    items = [("uid", i) for i in range(2000)]
    small, large = chosen(items, 50, "stratum"), chosen(reversed(items), 200, "stratum")
    assert small == large[:50] and len(set(large)) == 200
    assert chosen(items, 50, "other") != small
    assert 800 < sum(i for _, i in large) / 200 < 1200


@pytest.mark.parametrize("truth", [0.001, 0.003])
def test_one_error_in_a_small_audit_does_not_rule_out_that_errors_are_rare(truth):
    source, rounds, covered = array_rng("rare errors", truth), 400, 0
    for _ in range(rounds):
        seen = int(source.binomial(100, truth))
        rate = error_rates([Checked(10_000, 100, seen)], [Checked(10_000, 100, 0)])[0]
        covered += rate.low <= truth / (1 + truth) <= rate.high
    assert covered >= 0.95 * rounds  # 91% where the lower end at one error is Jeffreys' own
