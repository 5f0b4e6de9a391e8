"""Cards: a lawful family is certified, one that a newcomer adds with a false proof is refused by the command itself."""

import json
import shutil
import subprocess
import sys

import pytest

from generators.certify.certify import certify
from pipeline.fingerprint import canonical
from tests.house.source import PACKAGES, ROOT


def test_a_card_says_what_certify_says(veriloop, tmp_path):
    told = veriloop("families", "np/subset_sum", "--cards", tmp_path)
    assert told.code == 0 and "wrote 1 family cards" in told.out and "not certified" not in told.out
    (path,) = tmp_path.iterdir()
    card = json.loads(path.read_text())
    assert card == json.loads(canonical(certify("np/subset_sum").to_json()))
    assert card["certified"] and card["again"]["by"] == "exhaustion" and card["again"]["instances"] > 50


def test_families_may_be_chosen(veriloop):
    rows = json.loads(veriloop("families", "seq/sort", "np/tsp", "--json").out)
    assert [row["name"] for row in rows] == ["np/tsp", "seq/sort"]
    wrong = veriloop("families", "seq/sorted")
    assert wrong.code == 2 and "did you mean 'seq/sort'" in wrong.err


FIRST_FIT = '''
from dataclasses import replace
from tests.generators.broken import bins
from generators.family import Solution
from pipeline.problem import Certificate

def solve(params):
    """Put every item into the first bin with room, and call that the optimum."""
    packing = bins.first_fit(params)
    value = bins.bins(params, packing)
    return Solution(packing, Certificate("optimal", "enumeration", value=value, bound=value))

FAMILY = replace(bins.BINS, solve={solve}, again={again}, trace=None)
'''


@pytest.mark.parametrize(
    ("solve", "again", "code", "says"),
    [
        ("bins.solve", "bins.BINS.again", 0, "wrote 1 family cards"),
        ("solve", "bins.BINS.again", 1, "np/packed is not certified"),
        ("solve", "None", 1, "gives no way to prove it again"),
    ],
)
def test_a_new_file_is_found_and_its_false_optimum_refused(tmp_path, solve, again, code, says):
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    new = tmp_path / "generators" / "families" / "np" / "packed.py"
    new.write_text(FIRST_FIT.format(solve=solve, again=again))
    command = [sys.executable, "-m", "flows.commands.cli", "families", "np/packed", "--cards", tmp_path / "cards"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code and says in " ".join(done.stdout.split()), done.stdout + done.stderr
    card = json.loads((tmp_path / "cards" / "np-packed.json").read_text())
    assert card["certified"] == (code == 0)
    if again != "None" and code:
        assert "reproven: np/packed level" in done.stdout and "solved again the least is" in done.stdout
