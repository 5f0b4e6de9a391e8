"""Tables of rates: means against plain loops, intervals that cover, and refusals of biased counts."""

import json

import numpy as np
import pytest

from pipeline.curriculum import cell_of
from pipeline.difficulty import pass_at_k
from pipeline.errors import ConfigError
from pipeline.score import Score
from pipeline.seeds import array_rng
from tests.trainer.lessons import problem
from trainer.evaluate import compare, evaluate, rates

PROBLEMS = [problem(f"{i:03d}", level=1 + i % 3) for i in range(45)]


def score(one, n: int, correct: int, **changes) -> Score:
    fields = {"policy": "p", "protocol": "q", "verifier_version": 1, "purpose": "report", "design": "fixed",
              "first_draw": 0, "feasible": correct, "quality_sum": float(correct), **changes}  # fmt: skip
    return Score(uid=one.uid, n=n, correct=correct, **fields)


def drawn(name: str, *, n: int = 8, rate=lambda one: 0.5):
    source = array_rng("scores", name)
    return [score(one, n, int(source.binomial(n, rate(one)))) for one in PROBLEMS]


def test_means_are_those_of_plain_loops_and_macro_is_the_mean_of_cells():
    scores = drawn("means", rate=lambda one: 0.2 * one.level)
    greedy = [score(one, 1, i % 2, protocol="greedy") for i, one in enumerate(PROBLEMS)]
    table = evaluate(PROBLEMS, scores=scores, greedy=greedy)
    by_uid = {one.uid: one for one in scores}
    for cell, metrics in table.cells.items():
        members = [by_uid[one.uid] for one in PROBLEMS if cell_of(one) == cell]
        assert metrics["pass@1"].mean == pytest.approx(np.mean([s.correct / s.n for s in members]))
        assert metrics["pass@8"].mean == pytest.approx(np.mean([pass_at_k(s.n, s.correct, 8) for s in members]))
        assert metrics["pass@1"].problems == len(members) == 15
        assert metrics["greedy"].mean in (7 / 15, 8 / 15)
        assert all(found.low <= found.mean <= found.high for found in metrics.values())
    for metric, found in table.macro.items():
        assert found.mean == pytest.approx(np.mean([metrics[metric].mean for metrics in table.cells.values()]))
    assert list(table.cells) == sorted(table.cells)
    assert json.loads(json.dumps(table.to_json()))["cells"]["test/copy/1"]["pass@1"]["problems"] == 15


def test_draw_ranges_of_a_problem_add_up_and_undecided_draws_are_in_no_denominator():
    one = PROBLEMS[0]
    found = rates([score(one, 4, 1, undecided=2, truncated=1), score(one, 4, 2, first_draw=4, malformed=1)], k=4)
    assert found["pass@1"][one.uid] == 3 / 6 and found["pass@4"][one.uid] == pass_at_k(6, 3, 4)
    assert found["truncated"][one.uid] == found["malformed"][one.uid] == 1 / 6 and found["quality"][one.uid] == 3 / 6


def test_intervals_cover_the_true_rate_about_as_often_as_they_say():
    hits = {"cell": 0, "macro": 0}
    for trial in range(60):
        table = evaluate(PROBLEMS, scores=drawn(f"trial {trial}", n=2), k=2, level=0.9, name=(trial,))
        cell = table.cells[cell_of(PROBLEMS[0])]["pass@1"]
        hits["cell"] += cell.low <= 0.5 <= cell.high
        hits["macro"] += table.macro["pass@1"].low <= 0.5 <= table.macro["pass@1"].high
        assert table.macro["pass@1"].high - table.macro["pass@1"].low < cell.high - cell.low
    assert min(hits.values()) >= 45  # 54 expected, and a bootstrap of 15 problems is a little too narrow


def test_a_cell_that_is_all_right_or_all_wrong_still_shows_doubt():
    for correct, low, high in ((0, 0.0, 0.3), (8, 0.7, 1.0)):
        table = evaluate(PROBLEMS, scores=[score(one, 8, correct) for one in PROBLEMS])
        found = table.cells[cell_of(PROBLEMS[0])]["pass@1"]
        assert (found.mean, found.problems) == (correct / 8, 15)
        assert low <= found.low <= found.high <= high and found.high - found.low > 0.1
        macro = table.macro["pass@1"]
        assert low <= macro.low <= macro.high <= high and 0.05 < macro.high - macro.low < found.high - found.low


def test_one_problem_bounds_nothing():
    one = PROBLEMS[0]
    alone = evaluate([one], scores=[score(one, 8, 4)])
    gain = compare([one], before=[score(one, 8, 2)], after=[score(one, 8, 6)])
    for found in (alone.cells[cell_of(one)]["pass@1"], alone.macro["pass@1"]):
        assert (found.mean, found.low, found.high) == (0.5, 0.0, 1.0)
    for found in (gain.cells[cell_of(one)]["pass@1"], gain.macro["pass@1"]):
        assert (found.mean, found.low, found.high) == (0.5, -1.0, 1.0)


def test_a_metric_without_enough_draws_is_left_out_never_filled_in():
    scores = [score(one, 8 if one.level > 1 else 4, 1) for one in PROBLEMS]
    table = evaluate(PROBLEMS, scores=scores)
    assert "pass@8" not in table.cells[cell_of(PROBLEMS[0])] and "pass@8" not in table.macro
    assert "pass@8" in table.cells[cell_of(PROBLEMS[1])]


def test_the_same_names_give_the_same_table_whatever_the_order():
    scores = drawn("order")
    assert evaluate(PROBLEMS, scores=scores) == evaluate(PROBLEMS[::-1], scores=scores[::-1])
    assert evaluate(PROBLEMS, scores=scores, name=("x",)) != evaluate(PROBLEMS, scores=scores)


def test_gains_are_paired_by_problem():
    before = drawn("before", rate=lambda one: int(one.params) / 60)
    after = [score(PROBLEMS[i], 8, min(8, s.correct + 1), policy="after") for i, s in enumerate(before)]
    gain = compare(PROBLEMS, before=before, after=after)
    alone = evaluate(PROBLEMS, scores=after)
    expected = np.mean([(a.correct - b.correct) / 8 for a, b in zip(after, before, strict=True)])
    assert gain.macro["pass@1"].mean == pytest.approx(expected) and gain.macro["pass@1"].low > 0
    width, unpaired = (found.high - found.low for found in (gain.macro["pass@1"], alone.macro["pass@1"]))
    assert width < unpaired / 2
    none = compare(PROBLEMS, before=before, after=before).macro["pass@1"]
    assert (none.low, none.mean, none.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"design": "sequential"}, "sequential"),
        ({"purpose": "select"}, "select"),
        ({"policy": "another"}, "one policy"),
    ],
)
def test_biased_or_mixed_counts_are_refused(change, words):
    scores = [*drawn("refused")[:-1], score(PROBLEMS[-1], 8, 1, **change)]
    with pytest.raises(ConfigError, match=words):
        evaluate(PROBLEMS, scores=scores)


def test_problems_without_a_decided_draw_are_refused():
    with pytest.raises(ConfigError, match="1 of 45"):
        evaluate(PROBLEMS, scores=drawn("missing")[1:])
    with pytest.raises(ConfigError, match="1 of 45"):
        evaluate(PROBLEMS, scores=[score(PROBLEMS[0], 2, 0, undecided=2), *drawn("missing")[1:]])
    with pytest.raises(ConfigError, match="0 problems"):
        evaluate([], scores=[])
    with pytest.raises(ConfigError, match="1 of 45"):
        compare(PROBLEMS, before=drawn("missing"), after=drawn("missing")[1:])
