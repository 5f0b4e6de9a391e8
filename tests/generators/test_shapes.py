"""Foreign params look like what their family makes, or are refused with the place; what it makes always passes."""

from itertools import product

import pytest

from generators.family import generate, load, names
from generators.shapes import check_shape, shape_of
from pipeline.errors import FamilyError

PROCEDURAL = [name for name in names() if load(name).procedural]


@pytest.mark.parametrize("name", PROCEDURAL)
def test_what_a_family_makes_has_its_shape_at_levels_it_was_not_learned_from(name):
    family = load(name)
    levels = [level for level in (4, 6, 9) if family.max_level is None or level <= family.max_level]
    for level, region, index in product(levels, family.regions, range(10)):
        check_shape(name, generate(name, level=level, seed=8, index=index, region=region).params)


@pytest.mark.parametrize("name", PROCEDURAL)
def test_another_kind_of_value_in_any_place_is_refused(name):
    params = generate(name, level=3, seed=0, index=0).params
    for place, value in params.items():
        for strange in (None, True, 1.5, {}, [None], "1" if not isinstance(value, str) else 1):
            with pytest.raises(FamilyError, match=rf"params\.{place}"):
                check_shape(name, {**params, place: strange})
        if isinstance(value, list):
            with pytest.raises(FamilyError, match=rf"params\.{place}\[0\]"):
                check_shape(name, {**params, place: [None, *value[1:]]})


@pytest.mark.parametrize("name", PROCEDURAL)
def test_one_field_more_or_less_is_refused(name):
    params = generate(name, level=3, seed=0, index=0).params
    with pytest.raises(FamilyError, match="params has a field 'zz' that is none of"):
        check_shape(name, {**params, "zz": 1})
    first = next(iter(params))
    with pytest.raises(FamilyError, match=f"params lacks {first}"):
        check_shape(name, {key: value for key, value in params.items() if key != first})


def test_a_fraction_is_no_integer_however_whole():
    params = generate("np/tsp", level=2, seed=3, index=0).params
    distances = [[float(value) for value in row] for row in params["distances"]]
    with pytest.raises(FamilyError, match=r"params\.distances\[0\]\[0\] is a fraction, not an integer"):
        check_shape("np/tsp", {"distances": distances})


def test_imported_questions_judge_their_params_themselves():
    assert not load("text/math").procedural
    check_shape("text/math", {"question": "Q?", "answer": "7", "anything": [None]})


def test_a_shape_is_learned_once():
    assert shape_of("seq/count") is shape_of("seq/count")
