"""The report on verifier noise: rates with intervals, attacks apart from them, and "not audited" where that is so."""

import re
import shutil

import pyarrow as pa
import pytest

from flows.judging.audit import audit_root
from flows.report.evidence import load_evidence
from flows.report.noise import noise
from flows.report.report import write_report
from pipeline.store.ledger import Ledger
from tests.flows.judging.test_audit import asked_here


@pytest.fixture
def root(made_root, tmp_path):
    return shutil.copytree(made_root, tmp_path / "made")


def _rows(shown):
    return shown.partition("<tbody>")[2].partition("</tbody>")[0]


def test_an_unaudited_run_says_so_in_every_row(root):
    shown = noise(load_evidence(root))
    assert "No verdict of this run was audited" in shown and "<svg" not in shown
    rows = _rows(shown).split("<tr>")[1:]
    assert len(rows) == 3 and all(row.count("not audited") >= 3 for row in rows)
    assert "attacks: hedge" in shown


def test_an_audited_run_shows_rates_intervals_and_attacks_apart(root):
    audit_root(root, ask=asked_here)
    shown = noise(load_evidence(root))
    assert "below" in shown and "0 errors in" in shown and "plain integers 1" in shown
    assert shown.count("<svg") == shown.count(">False accepts<") + shown.count(">False rejects<") == 2
    assert len(re.findall("<circle", shown)) == shown.count('class="whisker') > 0
    assert shown.index("abstained") < shown.index("attacks: hedge")
    assert "By policy" in shown and "cold start" in shown
    page = write_report(root, None).read_text()
    assert page.count("Verifier noise</a>") == 1


def test_each_policy_has_its_own_rates(root):
    audit_root(root, ask=asked_here)
    ledger, worse = Ledger(root), {"n": 400, "errors": 200, "rate": 0.5, "low": 0.45, "high": 0.55, "why": ""}
    rows = [row | worse if row["policy"] == "loop2" else row for row in ledger.read("audits").to_pylist()]
    for part in ledger.parts("audits"):
        part.unlink()
    ledger.append("audits", pa.Table.from_pylist(rows), part="all", run="audit")
    shown = noise(load_evidence(root)).partition("By policy")[2]
    planted = [row for row in _rows(shown).split("<tr>") if "50.0%" in row]
    assert planted and all("loop 2" in row for row in planted)


def test_an_installed_verifier_without_an_audit_says_so_beside_an_older_one_that_has_one(root):
    audit_root(root, ask=asked_here)
    ledger = Ledger(root)
    older = [{**row, "verifier_version": row["verifier_version"] - 1} for row in ledger.read("audits").to_pylist()]
    for part in ledger.parts("audits"):
        part.unlink()
    ledger.append("audits", pa.Table.from_pylist(older), part="older", run="audit")
    assert _rows(noise(load_evidence(root))).count("<tr>") == 2 * len({row["family"] for row in older})
