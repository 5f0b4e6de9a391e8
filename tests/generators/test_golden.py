import json

import pytest

from generators.certify import digest
from generators.family import load, names
from tests.generators.golden import PATH

GOLDEN = json.loads(PATH.read_text())
REMEDY = "if the change is meant, raise family_version and run `python -m tests.generators.golden`"


def test_golden_lists_every_family() -> None:
    assert sorted(GOLDEN) == [name for name in names() if load(name).procedural], REMEDY


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_family_makes_what_its_version_made(name: str) -> None:
    assert load(name).family_version == GOLDEN[name]["family_version"], REMEDY
    assert digest(name) == GOLDEN[name]["digest"], f"{name} makes other problems under the same version: {REMEDY}"
