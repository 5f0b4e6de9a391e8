"""Cells as answers and levels: as written, a list of one its element, nothing made of nothing."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rows.values import BadRow, gold_of, kept, level_of, listed, plain

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("cell", "gold"),
    [
        ("3", "3"), (["3"], "3"), ([["3"]], "3"), ('["3"]', "3"), ("['3']", "3"), ("[['3']]", "3"), ([3], 3),
        ([[3]], 3), ([True], True), (["1", "2"], ["1", "2"]), ('["1", "2"]', ["1", "2"]), ([["1", "2"]], ["1", "2"]),
        ([[1, 2]], [[1, 2]]), ([[1, 2], [3, 4]], [[1, 2], [3, 4]]), ([1, 2], [1, 2]), ("[3]", "[3]"),
        ("[1, 2]", "[1, 2]"), ("[0, 1)", "[0, 1)"), ("['a]", "['a]"), ("[{x}, y]", "[{x}, y]"), ("", ""),
        ("array(['3'], dtype=object)", "3"), ("array(x)", "array(x)"),
        ("[{1, 2}]", "[{1, 2}]"),
        (Decimal("2.50"), "2.50"), (Decimal("3.00"), "3.00"), (Decimal("1E+3"), "1000"), ([Decimal("0.1")], "0.1"),
        (2.0, 2.0), (0.1, 0.1), (10**30, 10**30), (b"3", "3"), ({"a": Decimal("1.5")}, {"a": "1.5"}),
        (datetime.date(2024, 3, 5), "2024-03-05"), (datetime.datetime(2024, 3, 5), "2024-03-05"),
        (datetime.datetime(2024, 3, 5, 7, 8), "2024-03-05 07:08:00"), (datetime.time(7, 8), "07:08:00"),
    ],
)  # fmt: skip
def test_a_gold_is_what_was_written(cell: object, gold: object) -> None:
    assert gold_of(cell) == gold and type(gold_of(cell)) is type(gold)


@pytest.mark.parametrize(
    "cell",
    [
        None, NAN, INFINITY, -INFINITY, [NAN], [None], [], [[]], "nan", "NaN", "<NA>", "NaT", '["nan"]',
        Decimal("NaN"), Decimal("Infinity"), b"\xff", object(), datetime.timedelta(1),
    ],
)  # fmt: skip
def test_what_is_no_value_is_no_gold(cell: object) -> None:
    with pytest.raises(BadRow):
        gold_of(cell)


@given(st.text(max_size=40))
def test_text_is_read_as_a_list_or_left_alone(text: str) -> None:
    for cell in (text, f"[{text}]", f"['{text}']", f'["{text}"'):
        assert isinstance(listed(cell), list) or listed(cell) == cell
    assert plain(text) == text


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("Level 5", 5), ("level_3", 3), ("lvl 2", 2), ("L4", 4), ("5", 5), (" 5 ", 5), (5, 5), (5.0, 5), (6.5, 6),
        ("6.5", 6), (Decimal("3.00"), 3), ("easy", 1), ("Medium", 2), ("HARD", 3), ("introductory", 1),
        ("interview", 2), ("competition", 3), (["Level 2"], 2), (None, None), ("", None), ("nan", None), (NAN, None),
        ("difficulty: 7", 7),
    ],
)  # fmt: skip
def test_levels_of_every_form(cell: object, level: int | None) -> None:
    assert level_of(cell) == level


@pytest.mark.parametrize("cell", [0, -1, 0.35, "Level ?", "very", 1e22, INFINITY, True, {"a": 1}, [1, 2], 10**7, "1e3"])
def test_what_is_no_level_is_named(cell: object) -> None:
    with pytest.raises(BadRow):
        level_of(cell)


def test_what_is_kept_is_plain_and_empty_cells_are_not() -> None:
    assert [kept(cell) for cell in (None, "", NAN, 0, False, [])] == [None, None, None, 0, False, []]
    assert kept({"a": [NAN, Decimal("NaN"), 1]}) == {"a": [None, None, 1]}
    assert kept({"a": [Decimal("1.0"), datetime.date(2024, 1, 2)]}) == {"a": ["1.0", "2024-01-02"]}
