"""What evidence says of a made run, against plain counting and against what its scripted policies were given."""

import io
import json
import shutil
from types import SimpleNamespace

import pyarrow as pa
import pytest
from rich.console import Console

from flows.report.evidence import load_evidence, run_ids
from flows.report.summary import print_summary
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError
from pipeline.protocol import Protocol
from pipeline.store.ledger import Ledger
from pipeline.store.query import query
from tests.flows.made_run import RUN, Shape, make_run

HOLE = Cell("seq/reverse", 1)


@pytest.fixture(scope="module")
def evidence(made_root):
    return load_evidence(made_root)


def test_the_newest_run_is_read_and_an_unknown_one_refused(made_root, evidence, tmp_path):
    assert run_ids(made_root) == [RUN]
    assert evidence.run_id == RUN
    with pytest.raises(ConfigError, match="holds no run nothing"):
        load_evidence(made_root, "nothing")
    with pytest.raises(ConfigError, match="veriloop run"):
        load_evidence(tmp_path)


def test_arms_cells_and_holes(evidence):
    assert evidence.arms == ["loop", "uniform", "sft"]
    assert evidence.holes == {HOLE}
    assert len(evidence.cells) == 3
    assert evidence.problems() == 24
    assert evidence.problems({HOLE}) == 8
    assert evidence.last_round("loop") == 2
    assert evidence.last_round("nobody") == 0


def test_rates_are_those_of_a_plain_count(made_root, evidence):
    rows = query(
        made_root,
        "SELECT sum(correct) / sum(n) AS rate FROM scores WHERE split = 'test' "
        "AND policy = 'loop2' AND family = 'seq/reverse' AND n = 8",
    ).to_pylist()
    assert evidence.cell_rates("loop", 2, "pass@1")[HOLE] == pytest.approx(rows[0]["rate"])


def test_the_mean_over_cells_weighs_cells_alike(evidence):
    for measure in ("pass@1", "greedy", "pass@8"):
        rates = evidence.cell_rates("sft", 1, measure)
        level = evidence.level("sft", 1, measure)
        assert level.mean == pytest.approx(sum(rates.values()) / len(rates))
        assert level.low <= level.mean <= level.high


def test_the_cold_start_is_round_0_of_every_arm(evidence):
    assert evidence.values("loop", 0, "pass@1") == evidence.values("sft", 0, "pass@1") != {}


def test_gain_and_versus_are_differences_of_means(evidence):
    start = evidence.level("sft", 0, "pass@1", {HOLE}).mean
    loop, sft = (evidence.level(arm, 2, "pass@1", {HOLE}).mean for arm in ("loop", "sft"))
    gain = evidence.gain("sft", "pass@1", {HOLE})
    assert gain.mean == pytest.approx(sft - start)
    assert gain.low > 0.15, "the script lifts this hole from 30% to 94%"
    assert evidence.versus("sft", "loop", "pass@1", {HOLE}).mean == pytest.approx(sft - loop)
    forth, back = evidence.versus("loop", "sft", "pass@1"), evidence.versus("sft", "loop", "pass@1")
    assert forth.mean == pytest.approx(-back.mean)
    assert evidence.cell_gains("sft", "pass@1")[HOLE].mean == pytest.approx(gain.mean)
    middle = evidence.level("sft", 1, "pass@1", {HOLE}).mean
    assert evidence.gain("sft", "pass@1", {HOLE}, since=1).mean == pytest.approx(sft - middle)


def test_found_holes_and_prices(evidence):
    called, right, total = evidence.found_holes("loop", 1)
    assert (called, right, total) == (1, 1, 1)
    assert evidence.found_holes("uniform", 1) is None
    assert evidence.spent_s("loop", 1) == pytest.approx(14)
    assert evidence.spent_s("loop", 2) == pytest.approx(28)
    assert evidence.spent_s("loop", 0) == 0


def test_what_was_spent_at_fixed_prices_and_what_was_measured_are_told_apart(made_root, evidence):
    assert evidence.spent_s("loop", 2) == pytest.approx(28.0)
    assert evidence.measured_s("loop", 2) == pytest.approx(2 * 16.2)
    run = SimpleNamespace(root=made_root, run_id=RUN, config=SimpleNamespace(seed=0))
    shown = Console(file=io.StringIO(), width=200)
    print_summary(run, shown)
    table = shown.file.getvalue()
    assert table.count("28 s") == len(evidence.arms) and "32 s" not in table


def test_what_was_not_measured_is_none(tmp_path):
    make_run(tmp_path, Shape(per_cell=3, rounds=1, draws=2, greedy=False))
    evidence = load_evidence(tmp_path)
    assert evidence.level("loop", 1, "greedy") is None
    assert evidence.level("loop", 1, "pass@8") is None
    assert evidence.level("loop", 1, "pass@1") is not None
    assert evidence.gain("loop", "greedy") is None


def test_writing_the_same_part_twice_counts_draws_once(made_root, tmp_path):
    root = tmp_path / "run"
    shutil.copytree(made_root, root)
    before = load_evidence(root).tests
    ledger = Ledger(root)
    ledger.append("scores", ledger.read("scores"), part="again")
    assert load_evidence(root).tests == before


def test_no_rate_mixes_in_other_protocols_older_verifiers_or_biased_counts(made_root, tmp_path):
    root = tmp_path / "run"
    shutil.copytree(made_root, root)
    before = load_evidence(root).tests
    ledger = Ledger(root)
    scores = ledger.read("scores", purpose="report").to_pylist()
    right = {"correct": 1, "feasible": 1, "n": 1, "undecided": 0}
    longer = Protocol(max_prompt_tokens=40, max_completion_tokens=91, temperature=1.0)
    fields = {"protocol": longer.hash, "fields": json.dumps({"temperature": 1.0})}
    ledger.append("protocols", pa.Table.from_pylist([fields]), part="longer")
    for part, change in (
        ("longer", {"protocol": longer.hash}),
        ("older", {"verifier_version": 0, "first_draw": 100}),
        ("sequential", {"design": "sequential", "first_draw": 200}),
        ("select", {"purpose": "select", "first_draw": 300}),
    ):
        others = [{**row, **right, **change, "run": "other"} for row in scores]
        ledger.append("scores", pa.Table.from_pylist(others, schema=ledger.read("scores").schema), part=part)
    assert load_evidence(root).tests == before


def test_a_policy_that_ends_several_rounds_is_read_for_each(made_root, tmp_path):
    """Training that changed nothing ends with the policy it began with, whose draws are not repeated."""
    root = tmp_path / "run"
    shutil.copytree(made_root, root)
    ledger = Ledger(root)
    (record,) = (json.loads(r) for r in ledger.read("rounds", arm="sft", round=1)["record"].to_pylist())
    row = pa.Table.from_pylist([{"record": json.dumps({**record, "policy_after": "0"})}])
    ledger.append("rounds", row, part="sft-1", run=RUN, round=1, arm="sft")
    evidence = load_evidence(root)
    assert evidence.places["0"] == [("", 0), ("sft", 1)]
    assert evidence.values("sft", 1, "pass@1") == evidence.values("sft", 0, "pass@1") != {}


def test_all_right_still_leaves_doubt(evidence):
    cell = next(iter(evidence.cells))
    uids = [uid for uid, c in evidence.cell_of.items() if c == cell]
    perfect = evidence._resampled(dict.fromkeys(uids, 1.0), {cell}, ("level", "perfect"))
    assert perfect.mean == 1.0 and perfect.low < 1.0 - 1.0 / len(uids)
