import json
from dataclasses import replace

import pytest

from generators.certify.certify import digest, verdict_digest
from generators.family import load, names
from pipeline.problem import Problem, Verdict
from tests.generators.broken.toy import TOY
from tests.generators.certify.golden import PATH

GOLDEN = json.loads(PATH.read_text())
REMEDY = "if the change is meant, raise its version and run `make families`"


def test_golden_lists_every_family() -> None:
    assert sorted(GOLDEN) == [name for name in names() if load(name).procedural], REMEDY


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_family_makes_what_its_version_made(name: str) -> None:
    assert load(name).family_version == GOLDEN[name]["family_version"], REMEDY
    assert digest(name) == GOLDEN[name]["digest"], f"{name} makes other problems under the same version: {REMEDY}"


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_family_judges_as_its_verifier_version_judged(name: str) -> None:
    assert load(name).verifier_version == GOLDEN[name]["verifier_version"], REMEDY
    found = verdict_digest(name)
    assert found == GOLDEN[name]["verdicts"], f"{name} judges otherwise under the same verifier_version: {REMEDY}"


def test_another_judge_has_another_digest() -> None:
    def lenient(problem: Problem, reply: str) -> Verdict:
        return TOY.verify(problem, reply.replace(" or ", ""))

    assert verdict_digest("toy", family=TOY) == verdict_digest("toy", family=TOY)
    assert verdict_digest("toy", family=replace(TOY, verify=lenient)) != verdict_digest("toy", family=TOY)
