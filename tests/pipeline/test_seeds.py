"""Seeds: a function of the full name, independent between names, the same everywhere and for ever."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.seeds import array_rng, derive, rng, uniform

part = st.text(st.characters(codec="utf-8"), max_size=5) | st.integers(-5, 5)
name = st.lists(part, max_size=4)


@given(name, name)
def test_equal_names_and_only_they_have_equal_seeds(a: list[object], b: list[object]) -> None:
    assert (derive(*a) == derive(*b)) == (a == b)
    assert 0 <= derive(*a) < 2**63


def test_parts_do_not_run_together() -> None:
    assert len({derive("ab", "c"), derive("a", "bc"), derive("abc"), derive(["ab", "c"]), derive("ab", "c", "")}) == 5
    assert derive("x", 1) != derive("x", "1")


def test_seed_and_index_never_add_up() -> None:
    seeds = {derive("cell", seed, index) for seed in range(50) for index in range(50)}
    assert len(seeds) == 2500


def test_streams_repeat_and_are_fixed_for_ever() -> None:
    assert derive("golden", 1) == 1952275824353500206
    assert rng("a", 1).random() == rng("a", 1).random() == random.Random(derive("a", 1)).random()
    assert np.array_equal(array_rng("a").integers(0, 100, 5), array_rng("a").integers(0, 100, 5))


def test_no_global_state_is_read_or_changed() -> None:
    random.seed(0)
    first = random.random()
    random.seed(0)
    rng("a").random(), array_rng("a").random(), uniform("a")
    assert random.random() == first


def test_uniform_numbers_are_uniform() -> None:
    values = np.array([uniform("u", i) for i in range(20_000)])
    assert values.min() >= 0 and values.max() < 1
    counts, _ = np.histogram(values, bins=20, range=(0, 1))
    chi_square = float(((counts - 1000) ** 2 / 1000).sum())
    assert chi_square < 43.8  # 99.9% quantile of chi-square with 19 degrees of freedom; the draw is fixed


def test_a_name_that_does_not_repeat_is_refused() -> None:
    with pytest.raises(TypeError):
        derive(object())
