"""Pools and curricula: coverage before repeats, draws named and unbiased, resume exact."""

import time
from collections import Counter

import pytest

from pipeline.choice.curriculum import CURRICULA, CurriculumConfig, Pool, advanced, cell_of
from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.weakness import CellHistory
from pipeline.errors import ConfigError, ShortageError
from pipeline.problem import Certificate, make_problem


def problem(index, level=1, split="train"):
    return make_problem(
        family="seq/toy", family_version=1, params={"i": index, "level": level}, rendering="plain",
        canonical_form=[index, level], level=level, region="", prompt="p", answer_format="tag", answer=1,
        certificate=Certificate("exact", "execution"), trace=None, split=split,
    )  # fmt: skip


PROBLEMS = [problem(i, level) for level in (1, 2, 3) for i in range(10 * level)]
CELLS = [Cell("seq/toy", level) for level in (1, 2, 3)]
EVEN = Mixture.of(dict.fromkeys(CELLS, 1.0))


def test_pool_ignores_order_and_repeats():
    one, other = Pool(PROBLEMS), Pool([*reversed(PROBLEMS), *PROBLEMS[:7]])
    assert one.cells == tuple(CELLS)
    assert len(one) == len(other) == 60
    assert one.draw(EVEN, 20, "a", 1) == other.draw(EVEN, 20, "a", 1)


def test_draws_are_named():
    pool = Pool(PROBLEMS)
    assert pool.draw(EVEN, 12, "a", 1) == pool.draw(dict(EVEN.weights), 12, "a", 1)
    assert len({tuple(p.uid for p in pool.draw(EVEN, 12, "a", step)) for step in range(6)}) == 6
    assert Pool(PROBLEMS, name=(2,)).draw(EVEN, 12, "a", 1) != pool.draw(EVEN, 12, "a", 1)


@pytest.mark.parametrize("k", [1, 5, 64])
def test_counts_are_floor_or_ceiling_and_right_on_average(k):
    weights = dict(zip(CELLS, [0.9, 0.08, 0.02], strict=True))
    pool, seen = Pool(PROBLEMS), Counter()
    for step in range(400):
        counts = Counter(map(cell_of, pool.draw(weights, k, "b", step)))
        assert sum(counts.values()) == k
        assert all(abs(counts[cell] - k * weight) < 1 for cell, weight in weights.items())
        seen.update(counts)
    for cell, weight in weights.items():
        assert seen[cell] / (400 * k) == pytest.approx(weight, abs=4 * (weight / (400 * k)) ** 0.5)


def test_coverage_precedes_repeats_across_calls():
    pool, offset, drawn = Pool(PROBLEMS), {}, Counter()
    for step in range(40):
        batch = pool.draw(EVEN, 7, "c", step, offset=offset)
        offset = advanced(offset, batch)
        drawn.update(p.uid for p in batch)
        for cell in CELLS:
            times = [drawn[p.uid] for p in pool.problems(cell)]
            assert max(times) - min(times) <= 1
    assert sum(drawn.values()) == 280


def test_coverage_precedes_repeats_inside_a_call_without_offset():
    drawn = Counter(p.uid for p in Pool(PROBLEMS).draw({CELLS[0]: 1.0}, 25, "d"))
    assert len(drawn) == 10
    assert set(drawn.values()) == {2, 3}


def test_resume_from_an_offset_takes_the_same_draw():
    offset: dict[Cell, int] = {}
    pool = Pool(PROBLEMS)
    for step in range(30):
        offset = advanced(offset, pool.draw(EVEN, 9, "e", step, offset=offset))
    fresh = Pool(PROBLEMS)
    assert fresh.draw(EVEN, 9, "e", 30, offset=offset) == pool.draw(EVEN, 9, "e", 30, offset=offset)


def test_a_draw_of_sixty_four_takes_under_a_millisecond_or_so():
    pool = Pool([problem(i, level) for level in range(1, 25) for i in range(200)])
    mixture = pool.uniform()
    pool.draw(mixture, 64, "warm")
    start = time.process_time()
    for step in range(50):
        pool.draw(mixture, 64, "f", step)
    assert (time.process_time() - start) / 50 < 0.005  # measured 0.3 ms; a loaded machine gets room


def test_test_problems_are_refused_and_absent_cells_named():
    with pytest.raises(ConfigError, match="test split"):
        Pool([problem(0, split="test")])
    with pytest.raises(ShortageError, match="seq/toy/9"):
        Pool(PROBLEMS).draw({Cell("seq/toy", 9): 1.0}, 3, "g")


LADDER = Mixture.of({Cell(f, level): 1.0 for f in ("a", "b") for level in (1, 2, 3)})


def seen(n, c):
    return CellHistory(((0, n, c),), n)


@pytest.mark.parametrize("name", sorted(CURRICULA))
def test_every_curriculum_is_pure_and_keeps_cells_and_quota(name):
    histories = {cell: seen(32, 4 * cell.level) for cell, _ in LADDER.weights}
    config = CurriculumConfig(name=name)
    for step in (0, 100, 500):
        mixture = CURRICULA[name](histories, LADDER, step, config)
        assert mixture == CURRICULA[name](dict(reversed(histories.items())), LADDER, step, config)
        assert [cell for cell, _ in mixture.weights] == [cell for cell, _ in LADDER.weights]
        assert min(weight for _, weight in mixture.weights) >= 0.2 / 6 - 1e-12
        assert CURRICULA[name]({}, LADDER, step, config).weights


def test_weakness_goes_where_signal_is_and_tries_the_unseen():
    histories = {cell: seen(200, 199) for cell, _ in LADDER.weights if cell != Cell("b", 3)}
    histories[Cell("a", 1)] = seen(200, 80)
    weights = dict(CURRICULA["weakness"](histories, LADDER, 0, CurriculumConfig()).weights)
    assert sorted(weights, key=weights.__getitem__)[-2:] == [Cell("b", 3), Cell("a", 1)]
    assert dict(CURRICULA["uniform"](histories, LADDER, 0, CurriculumConfig()).weights)[Cell("a", 1)] == pytest.approx(
        1 / 6
    )


def test_what_was_seen_long_ago_moves_the_mixture_less():
    histories = {cell: CellHistory(((10, 40, 4 * cell.level),), 40) for cell, _ in LADDER.weights}

    def spread(step: int) -> float:
        weights = [weight for _, weight in CURRICULA["weakness"](histories, LADDER, step, CurriculumConfig()).weights]
        return max(weights) - min(weights)

    assert 0 < spread(40) < spread(10)


def test_easy_to_hard_moves_weight_up_the_levels():
    config = CurriculumConfig(total_steps=100)
    ends = [dict(CURRICULA["easy_to_hard"]({}, LADDER, step, config).weights) for step in (0, 50, 100, 900)]
    early, middle, late, later = ([w[Cell("a", level)] for level in (1, 2, 3)] for w in ends)
    assert early == pytest.approx([0.2 / 6 + 0.8 * share / 12 for share in (3, 2, 1)])
    assert early == pytest.approx(late[::-1])
    assert middle == pytest.approx([1 / 6] * 3)
    assert later == late
