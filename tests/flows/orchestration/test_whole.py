"""The last stages of a whole run: the verifiers it trained with are audited, for its own report."""

import shutil

from flows.orchestration import whole
from tests.flows.tiny import tiny


def test_a_run_that_kept_replies_ends_with_an_audit_of_its_verifiers(tiny_run, tmp_path):
    shutil.copytree(tiny_run.root, tmp_path / "run")
    run = tiny(tmp_path / "run")
    sampled = whole.audit(run)
    audits = run.ledger.read("audits").to_pylist()
    assert sampled > 0
    assert {row["family"] for row in audits} == {"seq/sort", "seq/maximum", "arith/signs"}
    assert sum(row["n"] for row in audits) > 0
    assert all(row["errors"] == 0 for row in audits)


def test_one_without_kept_replies_or_without_a_wish_for_it_has_none(tmp_path):
    assert whole.audit(tiny(tmp_path / "empty")) == 0
    off = tiny(tmp_path / "empty", measure={"audit_per_stratum": 0})
    assert whole.audit(off) == 0
    assert not off.ledger.read("audits").num_rows


def test_as_many_verdicts_are_audited_as_told(tiny_run, tmp_path):
    sampled = []
    for wanted in (1, 3):
        shutil.copytree(tiny_run.root, tmp_path / str(wanted))
        run = tiny(tmp_path / str(wanted), measure={"test_draws": 2, "audit_per_stratum": wanted})
        sampled.append(whole.audit(run))
    assert 0 < sampled[0] < sampled[1]
