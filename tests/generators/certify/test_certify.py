"""The checker is checked: the lawful toy passes, each broken family fails the law it breaks."""

import json

import pytest

from generators.certify.certify import certify, digest
from generators.certify.laws import LAWS, sample
from generators.family import Family
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from tests.generators.broken.families import BROKEN
from tests.generators.broken.toy import TOY, make


def test_lawful_family_is_certified() -> None:
    card = certify("toy", levels=(1, 2, 3, 4), family=TOY)
    assert card.violations == () and card.certified
    assert set(card.laws) == set(LAWS)
    assert card.problems == 48 and card.certificate == "exact"
    assert all("correct" not in counts for kind, counts in card.outcomes.items() if kind in ("hedge", "misplaced"))
    assert card.capacity["1"] == {"kind": "stated", "count": 45}
    assert card.forms["spaces"] == 1.0 and card.forms["bold"] == 1.0
    assert {example["rendering"] for example in card.examples} == set(TOY.renderings)
    assert json.loads(canonical(card.to_json())) == card.to_json()


def test_every_law_has_a_broken_family() -> None:
    assert set(BROKEN) == set(LAWS)


@pytest.mark.parametrize(("law", "change"), [(law, change) for law, families in BROKEN.items() for change in families])
def test_broken_family_fails_its_law(law: str, change: str) -> None:
    specimen = sample("toy", BROKEN[law][change], levels=(1, 2, 3), samples=9)
    assert "toy" in next(LAWS[law](specimen), "nothing found")
    assert list(LAWS[law](sample("toy", TOY, levels=(1, 2, 3), samples=9))) == []


def test_capacity_is_estimated_where_none_is_stated() -> None:
    card = certify("toy", levels=(1, 6), family=_without_capacity())
    assert card.capacity["1"]["kind"] in ("estimated", "at_least") and 40 <= card.capacity["1"]["count"] <= 60
    assert card.capacity["6"] == {"kind": "at_least", "count": 200}


def test_guess_rate_counts_a_common_answer() -> None:
    narrow = Family(**{**_fields(TOY), "make": lambda rng, level, region: {"a": rng.choice([2, 3]), "b": 4}})
    assert certify("toy", levels=(1,), samples=30, family=narrow).guess_rate["1"] > 0.3
    assert certify("toy", levels=(6,), samples=30, family=TOY).guess_rate["6"] == 0.0


def test_heuristic_rates_are_measured() -> None:
    family = Family(**{**_fields(TOY), "heuristics": (_total, _first)})
    assert certify("toy", levels=(2,), family=family).heuristic_rates == {"_total": 1.0, "_first": 0.0}


def test_levels_beyond_the_last_are_left_out() -> None:
    family = Family(**{**_fields(TOY), "max_level": 2})
    assert certify("toy", levels=(1, 2, 3), samples=3, family=family).problems == 6


def test_what_is_imported_is_not_certified() -> None:
    with pytest.raises(FamilyError, match="makes no problems of its own"):
        certify("toy", family=Family(**{**_fields(TOY), "procedural": False}))


def test_digest_follows_what_is_made() -> None:
    assert digest("toy", family=TOY) == digest("toy", family=TOY)
    shifted = Family(**{**_fields(TOY), "make": lambda rng, level, region: make(rng, level, region) | {"b": 1}})
    assert digest("toy", family=TOY) != digest("toy", family=shifted)


def _fields(family: Family) -> dict[str, object]:
    return {name: getattr(family, name) for name in family.__dataclass_fields__}


def _without_capacity() -> Family:
    return Family(**{**_fields(TOY), "capacity": None})


def _total(params: dict[str, int]) -> str:
    return str(params["a"] + params["b"])


def _first(params: dict[str, int]) -> str:
    return str(params["a"])
