"""Mixtures: normalised, exact, whole and reproducible."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.choice.mixture import Cell, Mixture
from pipeline.errors import ConfigError, ShortageError

cells = st.builds(
    Cell, st.sampled_from(["np/tsp", "arith/add", "seq/sort"]), st.integers(1, 6), st.sampled_from(["", "r"])
)
weights = st.dictionaries(cells, st.floats(1e-6, 1e6), min_size=1, max_size=12)


@given(weights, st.integers(0, 10_000))
def test_allocation_is_exact_whole_and_within_one_of_its_share(values: dict[Cell, float], total: int) -> None:
    mixture = Mixture.of(values)
    counts = mixture.allocate(total)
    assert sum(counts.values()) == total
    for cell, weight in mixture.weights:
        assert isinstance(counts[cell], int)
        assert abs(counts[cell] - weight * total) < 1 + 1e-6


@given(weights, st.integers(0, 500))
def test_neither_order_nor_scale_of_the_weights_matters(values: dict[Cell, float], total: int) -> None:
    expected = Mixture.of(values)
    assert Mixture.of(dict(reversed(values.items()))).allocate(total) == expected.allocate(total)
    doubled = Mixture.of({cell: 2 * weight for cell, weight in values.items()})  # a power of two scales exactly
    assert doubled == expected


@given(weights)
def test_weights_are_positive_sorted_and_sum_to_one(values: dict[Cell, float]) -> None:
    mixture = Mixture.of(values)
    assert math.isclose(sum(weight for _, weight in mixture.weights), 1.0)
    assert all(weight > 0 for _, weight in mixture.weights)
    assert [cell for cell, _ in mixture.weights] == sorted(values)


def test_equal_remainders_go_to_the_first_cells() -> None:
    three = {Cell("a/b", level): 1.0 for level in (3, 1, 2)}
    assert Mixture.of(three).allocate(4) == {Cell("a/b", 1): 2, Cell("a/b", 2): 1, Cell("a/b", 3): 1}


@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf])
def test_impossible_weights_are_refused_by_cell(weight: float) -> None:
    with pytest.raises(ConfigError, match="cell a/b/1"):
        Mixture.of({Cell("a/b", 1): weight, Cell("a/b", 2): 1.0})


def test_no_weight_at_all_is_refused() -> None:
    for values in ({}, {Cell("a/b", 1): 0.0}):
        with pytest.raises(ConfigError, match="at least one cell"):
            Mixture.of(values)


def test_a_held_out_cell_is_refused_unless_its_weight_is_zero() -> None:
    held, free = Cell("a/b", 1), Cell("a/b", 2)
    with pytest.raises(ConfigError, match="held out"):
        Mixture.of({held: 0.1, free: 1.0}, held_out=frozenset({held}))
    assert Mixture.of({held: 0.0, free: 1.0}, held_out=frozenset({held})).allocate(3) == {free: 3}


def test_a_cell_that_cannot_supply_raises_with_both_numbers() -> None:
    mixture = Mixture.of({Cell("a/b", 1): 1.0, Cell("a/b", 2): 1.0})
    assert mixture.allocate(10, capacity={Cell("a/b", 1): 5})[Cell("a/b", 1)] == 5
    with pytest.raises(ShortageError, match=r"a/b/1 is asked for 6 distinct problems and has 5"):
        mixture.allocate(12, capacity={Cell("a/b", 1): 5})


def test_a_cell_reads_as_its_path() -> None:
    assert (str(Cell("np/tsp", 3)), str(Cell("np/tsp", 3, "metric"))) == ("np/tsp/3", "np/tsp/3/metric")
