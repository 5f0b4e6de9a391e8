"""Every family found by folder obeys every law, and makes the same problems in every process."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from generators.answers.reading.extract import place
from generators.certify.certify import certify, digest
from generators.certify.laws import LAWS
from generators.certify.specimen import sample
from generators.family import from_params, generate, load, names, verify
from pipeline.fingerprint import canonical
from pipeline.problem import Outcome

CARDS = Path(__file__).parents[3] / "data" / "cards"
PROCEDURAL = [name for name in names() if load(name).procedural]


@pytest.mark.parametrize("name", PROCEDURAL)
def test_family_obeys_every_law(name: str) -> None:
    card = certify(name)
    assert card.violations == ()
    assert card.laws == dict.fromkeys(LAWS, 0)
    stored = CARDS / f"{name.replace('/', '-')}.json"
    assert stored.exists() and json.loads(stored.read_text()) == json.loads(canonical(card.to_json())), "make families"


@pytest.mark.parametrize("name", PROCEDURAL)
def test_witness_holds_at_higher_levels(name: str) -> None:
    specimen = sample(name, load(name), levels=(4, 5, 8), samples=4, seed=7)
    for law in ("witnessed", "traced", "parsed", "compact", "placed", "proven", "near_missed"):
        assert list(LAWS[law](specimen)) == []


@pytest.mark.parametrize("name", PROCEDURAL)
def test_a_stored_row_gives_its_problem_again(name: str) -> None:
    for rendering in load(name).renderings:
        for index in range(4):
            problem = generate(name, level=2, seed=3, index=index, rendering=rendering)
            params = json.loads(canonical(problem.params))
            assert from_params(name, params, rendering=rendering, origin=problem.origin) == problem


@pytest.mark.parametrize("name", [name for name in PROCEDURAL if load(name).judges])
def test_rows_of_older_versions_are_still_judged(name: str) -> None:
    problem = generate(name, level=1, seed=0, index=0)
    gold = place(load(name).write(problem.answer, problem.rendering), problem.answer_format)
    for version in load(name).judges:
        assert verify(replace(problem, family_version=version), gold).outcome is Outcome.CORRECT


_DIGESTS = "import json; from generators.certify.certify import digest; from generators.family import load, names; \
print(json.dumps({n: digest(n, count=6) for n in names() if load(n).procedural}))"


def test_two_fresh_processes_agree() -> None:
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", _DIGESTS], env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        found.append(json.loads(done.stdout))
    assert found[0] == found[1] == {name: digest(name, count=6) for name in PROCEDURAL}
