"""The diagnosis: holes found against a known truth, quotas kept, the test split refused."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.weakness import (
    CellHistory,
    Diagnosis,
    WeaknessConfig,
    decayed,
    diagnose,
    histories_from_json,
    histories_to_json,
    next_mixture,
    permuted,
    record,
    trend,
)
from pipeline.errors import ConfigError
from pipeline.problem import Certificate, make_problem
from pipeline.score import Score
from pipeline.seeds import array_rng, rng

CONFIG = WeaknessConfig()


def seen(n, c, step=0, problems=None):
    return CellHistory(((step, n, c),), n if problems is None else problems)


def cells_of(*counts):
    return {Cell(f"f{i:02d}", 1): seen(n, c) for i, (n, c) in enumerate(counts)}


def test_holes_are_found_by_interval_relative_to_the_median():
    """24 cells, 4 holes at 5 to 60%, 2 search cells at 50%, 48 probes each: what the demo sees."""
    source, found, right, holes = rng("test", "holes"), 0, 0, 0
    for _ in range(40):
        truth = [source.choice([0.05, 0.2, 0.4, 0.6]) for _ in range(4)] + [0.5, 0.5]
        truth += [source.uniform(0.87, 1.0) for _ in range(18)]
        counts = [(48, sum(source.random() < p for _ in range(48))) for p in truth]
        histories = cells_of(*counts)
        traceable = {cell: i not in (4, 5) for i, cell in enumerate(histories)}
        burst = {cell.cell for cell in diagnose(histories, traceable, CONFIG).of("sft") if cell.weak}
        hole_cells = set(list(histories)[:4])
        holes, right, found = holes + 4, right + len(burst & hole_cells), found + len(burst)
    assert right / holes > 0.95
    assert right / found > 0.95


def test_an_absolute_threshold_would_miss_what_the_relative_one_finds():
    histories = cells_of(*[(64, 62)] * 20, (64, 40))
    diagnosis = diagnose(histories, {}, CONFIG)
    assert diagnosis.weak == (Cell("f20", 1),)
    assert diagnosis.cells[-1].mean > 0.6


def test_states_and_operators():
    cells = [Cell("a", 1), Cell("b", 1), Cell("c", 1), Cell("d", 1), Cell("e", 1)]
    histories = dict(zip(cells, [seen(64, 64), seen(64, 20), seen(64, 20), seen(64, 0), seen(64, 0)], strict=True))
    traceable = {cells[1]: True, cells[3]: True}
    found = {d.cell: d for d in diagnose({**histories, Cell("z", 1): seen(64, 63)}, traceable, CONFIG).cells}
    assert [found[cell].state for cell in cells] == ["solved", "learnable", "learnable", "unreachable", "unreachable"]
    assert [found[cell].operator for cell in cells] == ["rehearse", "sft", "grpo", "sft", "grpo"]
    assert found[cells[4]].weight == 0
    assert found[cells[3]].weight > found[cells[1]].weight > 0
    assert found[cells[2]].weight == pytest.approx((1 - 21 / 66) * found[cells[2]].p_mixed)


def test_a_burst_goes_where_something_is_wrong_and_polishes_where_nothing_is():
    healthy = dict.fromkeys(cells_of((48, 42), (48, 43)), True)
    assert {d.operator for d in diagnose(cells_of((48, 42), (48, 43)), healthy, CONFIG).cells} == {"sft"}
    histories = cells_of((48, 42), (48, 43), (48, 44), (48, 10), (48, 36))
    diagnosis = diagnose(histories, dict.fromkeys(histories, True), CONFIG)
    assert [d.operator for d in diagnosis.cells] == ["rehearse", "rehearse", "rehearse", "sft", "sft"]
    assert [d.weak for d in diagnosis.cells] == [False, False, False, True, False]


def test_repeats_of_few_problems_say_less_than_as_many_problems():
    wide, narrow = (diagnose({Cell("a", 1): seen(64, 0, problems=p)}, {}, CONFIG).cells[0] for p in (64, 2))
    assert narrow.high > wide.high
    assert (wide.state, narrow.state) == ("unreachable", "learnable")


def test_a_trend_of_few_problems_asked_again_is_less_sure():
    history = CellHistory(((0, 64, 8), (1, 64, 24), (2, 64, 40)), 6)

    def width(intraclass: float) -> float:
        (cell,) = diagnose({Cell("a", 1): history}, {}, WeaknessConfig(intraclass=intraclass)).cells
        return cell.trend_high - cell.trend_low

    assert width(0.5) > 1.5 * width(0)


def test_decay_is_the_beta_update_with_forgetting():
    lam, alpha, beta, visits = 0.8, 1.0, 1.0, {0: (4, 1), 2: (8, 6), 5: (2, 0)}
    for step in range(7):
        alpha, beta = lam * alpha + (1 - lam), lam * beta + (1 - lam)
        n, c = visits.get(step, (0, 0))
        alpha, beta = alpha + c, beta + n - c
    n, c = decayed(CellHistory(tuple((s, *v) for s, v in visits.items()), 14), 6, lam)
    assert (1 + c, 1 + n - c) == pytest.approx((alpha, beta))


def test_later_visits_are_not_read():
    history = CellHistory(((0, 10, 1), (5, 10, 9)), 20)
    now = diagnose({Cell("a", 1): history}, {}, CONFIG, now=0)
    assert now == diagnose({Cell("a", 1): CellHistory(history.visits[:1], 20)}, {}, CONFIG, now=0)


def test_trend_is_the_weighted_least_squares_line():
    visits = ((0, 40, 8), (10, 10, 4), (30, 80, 50))
    slope, low, high = trend(CellHistory(visits, 130), level=0.9)
    import numpy as np

    steps = np.array([step for step, _, _ in visits])
    good, bad = (np.array([c + 0.5 for _, _, c in visits]), np.array([n - c + 0.5 for _, n, c in visits]))
    expected = np.polyfit(steps, np.log(good / bad), 1, w=np.sqrt(1 / (1 / good + 1 / bad)))[0]
    assert slope == pytest.approx(expected)
    assert low < slope < high
    assert trend(CellHistory(((3, 8, 2), (3, 8, 4)), 16), level=0.9) is None


def test_a_constant_cell_is_rarely_called_improving():
    """The released weak-set rule flips a coin here (C.9); the lower bound does not."""
    source = array_rng("test", "constant")
    draws = source.binomial(16, 0.2, size=(400, 5))
    bounds = [trend(CellHistory(tuple((i, 16, int(c)) for i, c in enumerate(row)), 80), level=0.9) for row in draws]
    assert sum(bound[1] > 0 for bound in bounds) / 400 < 0.08
    assert 0.35 < sum(bound[0] > 0 for bound in bounds) / 400 < 0.65


def test_what_improves_can_be_spared():
    rising = CellHistory(((0, 60, 3), (20, 60, 15), (40, 60, 30)), 180)
    histories = {**{Cell(f"f{i}", 1): seen(60, 58, step=40) for i in range(4)}, Cell("r", 1): rising}
    plain, spared = (diagnose(histories, {}, WeaknessConfig(spare_improving=s), now=40) for s in (False, True))
    assert plain.weak == (Cell("r", 1),)
    assert spared.weak == ()


def test_mixture_of_an_operator_keeps_quota_and_rehearsal():
    histories = cells_of((64, 64), (64, 64), (64, 10), (64, 30), (64, 20))
    traceable = {Cell("f02", 1): True, Cell("f03", 1): True}
    weights = dict(next_mixture(diagnose(histories, traceable, CONFIG), CONFIG, operator="sft").weights)
    quota = 0.2 / 5
    assert weights[Cell("f04", 1)] == pytest.approx(quota)
    assert weights[Cell("f00", 1)] == pytest.approx(quota + 0.13 / 2)
    shares = [weights[Cell(name, 1)] - quota for name in ("f02", "f03")]
    assert sum(shares) == pytest.approx(0.67)
    assert shares[0] / shares[1] == pytest.approx((1 - 11 / 66) / (1 - 31 / 66))


def test_mixture_without_operator_reinforces_every_cell_by_its_signal():
    histories = cells_of((64, 64), (64, 32), (64, 4), (64, 0))
    diagnosis = diagnose(histories, dict.fromkeys(histories, True), CONFIG)
    weights = dict(next_mixture(diagnosis, CONFIG).weights)
    assert weights[Cell("f03", 1)] == pytest.approx(0.05)
    drives = [(1 - d.mean) * d.p_mixed for d in diagnosis.cells[1:3]]
    ratio = (weights[Cell("f01", 1)] - 0.05) / (weights[Cell("f02", 1)] - 0.05)
    assert ratio == pytest.approx(drives[0] / drives[1])


def test_a_mixture_can_be_limited_to_what_can_be_supplied():
    diagnosis = diagnose(cells_of((64, 64), (64, 10), (64, 30)), {}, CONFIG)
    assert [c for c, _ in next_mixture(diagnosis, CONFIG, among=[Cell("f01", 1)]).weights] == [Cell("f01", 1)]
    with pytest.raises(ConfigError, match="none is left"):
        next_mixture(diagnosis, CONFIG, among=[])


histories_strategy = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 64), st.floats(0, 1)), max_size=3), min_size=1, max_size=8
).map(
    lambda rows: {
        Cell(f"f{i}", 1): CellHistory(tuple((s, n, int(n * p)) for s, n, p in sorted(row)), sum(n for _, n, _ in row))
        for i, row in enumerate(rows)
    }
)


@settings(max_examples=60, deadline=None)
@given(histories_strategy, st.data())
def test_laws_of_any_diagnosis(histories, data):
    traceable = {cell: data.draw(st.booleans()) for cell in histories}
    diagnosis = diagnose(histories, traceable, CONFIG)
    assert diagnosis == diagnose(dict(reversed(histories.items())), traceable, CONFIG)
    assert Diagnosis.from_json(json.loads(json.dumps(diagnosis.to_json(), allow_nan=False))) == diagnosis
    assert histories_from_json(json.loads(json.dumps(histories_to_json(histories)))) == histories
    for operator in (None, "sft", "grpo", "rehearse"):
        weights = dict(next_mixture(diagnosis, CONFIG, operator=operator).weights)
        assert sum(weights.values()) == pytest.approx(1)
        assert set(weights) == set(histories)
        assert min(weights.values()) >= 0.2 / len(histories) - 1e-12
        placebo = permuted(Mixture.of(weights), "seed", 1)
        assert sorted(w for _, w in placebo.weights) == sorted(w for _, w in Mixture.of(weights).weights)


def test_placebo_is_a_function_of_its_name():
    mixture = Mixture.of({Cell(f"f{i}", 1): i + 1.0 for i in range(12)})
    assert permuted(mixture, "a", 1) == permuted(mixture, "a", 1)
    assert len({permuted(mixture, "a", i) for i in range(5)}) == 5


def problem(index, split="probe", **fields):
    return make_problem(
        family="seq/toy", family_version=1, params={"i": index}, rendering="plain", canonical_form=index, level=1,
        region="", prompt="p", answer_format="tag", answer=1, certificate=Certificate("exact", "execution"),
        trace=None, split=split, **fields,
    )  # fmt: skip


def score(uid, n=8, correct=2, undecided=0):
    return Score(uid, "p", "q", 1, "eval", "fixed", 0, n, correct, correct, undecided=undecided)


def test_record_counts_decided_draws_by_cell():
    problems = [problem(0), problem(1), problem(2)]
    scores = [score(problems[0].uid), score(problems[1].uid, undecided=2), score("elsewhere")]
    histories = record({}, scores, problems=problems, step=3)
    assert histories == {Cell("seq/toy", 1): CellHistory(((3, 14, 4),), 2)}
    again = record(histories, scores[:1], problems=problems, step=9)[Cell("seq/toy", 1)]
    assert again == CellHistory(((3, 14, 4), (9, 8, 2)), 3)


def test_the_test_split_cannot_be_joined():
    with pytest.raises(ConfigError, match="test split"):
        record({}, [], problems=[problem(0), problem(1, split="test")], step=0)


@pytest.mark.parametrize("bad", [{"coverage": 0.1}, {"coverage": 0.6, "rehearsal": 0.5}, {"unknown": 1}])
def test_config_refuses_what_breaks_a_law(bad):
    with pytest.raises(ValidationError):
        WeaknessConfig(**bad)


@pytest.mark.parametrize("visits", [((3, 8, 2), (1, 8, 2)), ((0, 8, 9),), ((0, 8, math.nan),)])
def test_history_refuses_impossible_visits(visits):
    with pytest.raises(ConfigError):
        CellHistory(visits, 8)
