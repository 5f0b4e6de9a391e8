"""The mutation run itself: its faults still apply, are faults, and one that is put in is noticed and taken out."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks._wiring_faults import Fault
from benchmarks._wiring_faults_later import FAULTS
from benchmarks.mutate import ROOT, put

LEAST = 60


def test_there_are_enough_and_each_has_its_own_name():
    assert len(FAULTS) >= LEAST
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert len({(fault.path, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_applies_once_and_changes_what_is_said(fault):
    text = (ROOT / fault.path).read_text(encoding="utf-8")
    changed = fault.applied(text)
    if fault.path.endswith(".yaml"):
        assert yaml.safe_load(changed) != yaml.safe_load(text)
    else:
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
    assert all((ROOT / name.partition("::")[0]).exists() for name in fault.tests)


def test_a_fault_that_no_longer_applies_is_named():
    with pytest.raises(ValueError, match=r"stands 2 times in a\.py, not once"):
        Fault("twice", "a.py", "x", "y").applied("x = x")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "a.py").write_text("def f(x):\n    return x + 1\n")
    (tmp_path / "tests" / "test_a.py").write_text("from a import f\n\n\ndef test_f():\n    assert f(1) == 2\n")
    return tmp_path


def test_a_fault_is_noticed_by_the_test_that_fails_and_taken_out_again(tree):
    noticed = put(Fault("plus", "a.py", "x + 1", "x + 2", ("tests",)), tree)
    assert noticed.noticed_by == "FAILED tests/test_a.py::test_f"
    assert put(Fault("same", "a.py", "x + 1", "1 + x", ("tests",)), tree).noticed_by == ""
    assert (tree / "a.py").read_text() == "def f(x):\n    return x + 1\n"


def test_a_test_beyond_those_named_notices_too_unless_it_fails_anyway(tree):
    (tree / "tests" / "near.py").write_text("def test_nothing():\n    pass\n")
    near = ("tests/near.py",)
    assert put(Fault("plus", "a.py", "x + 1", "x + 2", near), tree).noticed_by == "FAILED tests/test_a.py::test_f"
    (tree / "tests" / "test_a.py").write_text("def test_f():\n    assert False\n")
    outcome = put(Fault("plus", "a.py", "x + 1", "x + 2", near), tree)
    assert (outcome.noticed_by, outcome.failing) == ("", "tests/test_a.py::test_f")


def test_this_file_notices_no_fault(tree):
    """It fails wherever a text of the table has changed: left in, it would notice every fault."""
    (tree / "tests" / "benchmarks").mkdir()
    (tree / "tests" / "benchmarks" / "test_mutate.py").write_text("def test_f():\n    assert False\n")
    (tree / "tests" / "test_a.py").write_text("def test_f():\n    pass\n")
    assert put(Fault("plus", "a.py", "x + 1", "x + 2", ("tests/test_a.py",)), tree).noticed_by == ""


def test_the_command_runs_those_asked_for_and_fails_below_the_share():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.mutate", "--only", "no such fault"],
        cwd=Path(ROOT), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no fault" in done.stderr
