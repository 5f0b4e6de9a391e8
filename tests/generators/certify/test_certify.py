"""The checker is checked: the lawful toy passes, each broken family fails the law it breaks."""

import json
import re
from dataclasses import replace
from random import Random

import pytest

from generators.certify.capacity import enumerated
from generators.certify.certify import certify, digest
from generators.certify.laws import LAWS
from generators.certify.specimen import sample
from generators.family import Family, Reject, load
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from tests.generators.broken.bins import BINS
from tests.generators.broken.families import BROKEN
from tests.generators.broken.toy import TOY, make


def test_lawful_family_is_certified() -> None:
    card = certify("toy", levels=(1, 2, 3, 4), family=TOY)
    assert card.violations == () and card.certified
    assert set(card.laws) == set(LAWS)
    assert card.problems == 48 and card.certificate == "exact"
    assert all("correct" not in counts for kind, counts in card.outcomes.items() if kind in ("hedge", "misplaced"))
    assert card.capacity["1"] == {"kind": "enumerated", "count": 45}
    assert card.capacity["4"] == {"kind": "stated", "count": 9000 * 9001 // 2}
    assert card.forms["spaces"] == 1.0 and card.forms["bold"] == 1.0
    assert {example["rendering"] for example in card.examples} == set(TOY.renderings)
    assert json.loads(canonical(card.to_json())) == card.to_json()


def test_a_lawful_family_that_optimises_is_certified() -> None:
    card = certify("bins", family=BINS)
    assert card.violations == () and card.certificate == "optimal"
    assert card.again == {"by": "exhaustion", "instances": 62, "levels": [1, 4], "answers": 37446}


def test_a_first_fit_called_optimal_is_named_with_a_better_answer() -> None:
    broken = BROKEN["reproven"]["first fit, and whatever is no worse accepted"]
    card = certify("bins", family=broken)
    assert not card.certified and card.laws["reproven"] > 3
    found = next(line for line in card.violations if "solved again the least is" in line)
    said = re.fullmatch(
        r"reproven: bins level \d .*'sizes': .* claims (\d) as optimal, solved again the least is (\d)", found
    )
    assert said and said[1] > said[2]


def test_a_family_that_claims_proofs_says_how_they_are_proven_again() -> None:
    card = certify("toy", family=replace(TOY, again=None), levels=(1,))
    assert any("gives no way to prove it again: fill in `again`" in line for line in card.violations)


def test_every_law_has_a_broken_family() -> None:
    assert set(BROKEN) == set(LAWS)


@pytest.mark.parametrize(("law", "change"), [(law, change) for law, families in BROKEN.items() for change in families])
def test_broken_family_fails_its_law(law: str, change: str) -> None:
    specimen = sample("toy", BROKEN[law][change], levels=(1, 2, 3), samples=9)
    assert "toy" in next(LAWS[law](specimen), "nothing found")


@pytest.mark.parametrize("law", sorted(LAWS))
@pytest.mark.parametrize("family", [TOY, BINS], ids=["toy", "bins"])
def test_a_lawful_family_passes_each_law(family: Family, law: str) -> None:
    assert list(LAWS[law](sample("toy", family, levels=(1, 2, 3), samples=9))) == []


def test_capacity_is_estimated_where_none_is_stated_and_the_choices_are_no_whole_numbers() -> None:
    real = replace(TOY, capacity=None, make=lambda rng, level, region: _real(rng, level))
    card = certify("toy", levels=(1, 6), family=real)
    assert card.capacity["1"]["kind"] in ("estimated", "at_least") and 40 <= card.capacity["1"]["count"] <= 60
    assert card.capacity["6"] == {"kind": "at_least", "count": 200}


def test_capacity_is_enumerated_where_the_choices_of_make_are_few() -> None:
    card = certify("toy", levels=(1, 2, 3), family=replace(TOY, capacity=None))
    assert card.capacity["2"] == {"kind": "enumerated", "count": 90 * 91 // 2}
    assert card.capacity["3"]["kind"] != "enumerated"


def test_a_formula_is_tried_below_level_one_where_levels_go_on() -> None:
    counted = LAWS["counted"]
    right = load("seq/differences")
    assert right.capacity is not None and right.capacity(1, "") == 50_500
    assert list(counted(sample("rows", right, levels=(1,), samples=3))) == []
    twice = replace(right, capacity=lambda level, region: 10 ** (level + 4))
    (line,) = counted(sample("rows", twice, levels=(1,), samples=3))
    assert "continued to level 0, capacity says 10000 and all choices of make give 5050 instances" in line
    only_from_one = replace(twice, level_of=lambda params: max(1, right.level_of(params)))
    assert list(counted(sample("rows", only_from_one, levels=(1,), samples=3))) == []


def test_every_sequence_of_choices_is_run_through_once() -> None:
    def pick(rng: Random, level: int, region: str) -> dict[str, int]:
        first = rng.choice([2, 4])
        if first == 2 and rng.randrange(3) == 0:
            raise Reject("thrown away")
        rows.append((first, tuple(rng.sample(range(first), 2)), rng.randint(1, 2)))
        return {"a": len(rows), "b": 0}

    rows: list[object] = []
    family = replace(TOY, make=pick, canonical=lambda params: params["a"], level_of=lambda params: 1)
    assert enumerated(sample("toy", family, levels=(1,), samples=3), 1, "") == len(rows)
    assert len(rows) == 2 * 2 * 2 + 12 * 2 and len(set(rows)) == 4 + 24


def test_a_make_that_draws_until_something_fits_is_not_run_through() -> None:
    def until_even(rng: Random, level: int, region: str) -> dict[str, int]:
        while (a := rng.randint(1, 9)) % 2:
            rng.choice([1])
        return {"a": a, "b": 1}

    assert enumerated(sample("toy", replace(TOY, make=until_even), levels=(1,), samples=3), 1, "") is None


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


def _real(rng: Random, level: int) -> dict[str, int]:
    low = 10 ** (level - 1)
    return {name: low + int(rng.random() * 9 * low) for name in "ab"}


def _total(params: dict[str, int]) -> str:
    return str(params["a"] + params["b"])


def _first(params: dict[str, int]) -> str:
    return str(params["a"])
