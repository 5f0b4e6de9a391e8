"""Rows are written and read back; a family's capacity is what can be drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.family import Reject, load
from generators.kit.sequences import parse, read_row, top, write_row
from generators.kit.wording import RENDERINGS
from generators.malformed import Malformed
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from pipeline.seeds import rng

ROW_FAMILIES = ("sort", "maximum", "reverse", "running_sum", "differences", "unique", "parity", "count")


@given(st.lists(st.integers(0, 120), min_size=1, max_size=30), st.sampled_from(RENDERINGS))
def test_rows_are_read_back(row: list[int], rendering: str) -> None:
    assert read_row(write_row(row, rendering), rendering) == row


@given(st.text(alphabet="0123456789,- ()x", max_size=30))
def test_compact_text_is_a_row_or_malformed(text: str) -> None:
    try:
        row = read_row(text, "compact")
    except Malformed:
        return
    assert row == read_row(write_row(row, "compact"), "compact")


@pytest.mark.parametrize("text", ["", " ", "1 2", "[1]", "-1", "1,,2", ",1", ",", "12,13,14,x", "١٢"])
def test_compact_rows_have_one_form(text: str) -> None:
    with pytest.raises(Malformed):
        read_row(text, "compact")


def test_rows_of_any_length_are_cheap_to_refuse() -> None:
    assert len(read_row("7" * 10_000, "compact")) == 10_000
    with pytest.raises(Malformed):
        read_row("7," * 5_000, "compact")


def test_levels_grow_length_before_width() -> None:
    assert [top(level) for level in (1, 6, 7, 30)] == [9, 9, 99, 99]


@pytest.mark.parametrize("name", ["lis", *ROW_FAMILIES])
def test_another_familys_question_is_refused(name: str) -> None:
    family = load(f"seq/{name}")
    for rendering in RENDERINGS:
        with pytest.raises(FamilyError, match=r"no \w+ question of this family"):
            family.parse("h3142>", rendering)


def test_parse_says_which_wording() -> None:
    wordings = {"up": {"compact": "u{numbers}>"}, "down": {"compact": "w{numbers}>"}}
    assert parse(wordings, "w312>", "compact") == ("down", {"numbers": [3, 1, 2]})


CELLS = [(name, region) for name in ROW_FAMILIES for region in load(f"seq/{name}").regions]


@pytest.mark.parametrize(("name", "region"), CELLS)
def test_capacity_is_what_can_be_drawn(name: str, region: str) -> None:
    """Below level 1 the formulas still hold, and rows are short enough to draw every instance."""
    family = load(f"seq/{name}")
    assert family.capacity is not None
    two_or_three_numbers = -3 if name in ("parity", "count") else -2
    drawn = set()
    for index in range(4000):
        try:
            params = family.make(rng("drawn", index), two_or_three_numbers, region)
            drawn.add(canonical(family.canonical(params)))
        except Reject:
            continue
    assert len(drawn) == family.capacity(two_or_three_numbers, region)


@pytest.mark.parametrize("name", ROW_FAMILIES)
def test_level_one_has_thousands_of_instances(name: str) -> None:
    family = load(f"seq/{name}")
    assert family.capacity is not None
    assert all(family.capacity(1, region) >= 4000 for region in family.regions)
