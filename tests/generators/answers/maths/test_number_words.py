"""Numbers in words: written by the test, read back."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.answers.maths.number_words import number_in_words

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def words(number: int, joined: str) -> str:
    """Write a number in words, with "and" before what is below a hundred where `joined` is that."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        return TENS[number // 10 - 2] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{SMALL[number // 100]} hundred" + (f" {joined}{words(number % 100, '')}" if number % 100 else "")
    size, name = next((size, name) for size, name in SCALES if number >= size)
    rest = number % size
    return f"{words(number // size, '')} {name}" + (f" {joined * (rest < 100)}{words(rest, joined)}" if rest else "")


@given(st.integers(0, 10**12 - 1), st.sampled_from(["", "and "]))
def test_every_number_is_read_back(number: int, joined: str) -> None:
    assert number_in_words(words(number, joined)) == (number, "")
    assert number_in_words("minus " + words(number, joined)) == (-number, "")


@pytest.mark.parametrize(
    ("text", "value", "thing"),
    [
        ("two thirds", Fraction(2, 3), ""), ("a half", Fraction(1, 2), ""), ("half", Fraction(1, 2), ""),
        ("two and a half", Fraction(5, 2), ""), ("three-quarters", Fraction(3, 4), ""),
        ("one third", Fraction(1, 3), ""),
        ("fifteen hundred", 1500, ""), ("half a dozen eggs", 6, "eggs"), ("two dozen", 24, ""),
        ("a thousand", 1000, ""), ("seventeen apples", 17, "apples"),
        ("negative one half", Fraction(-1, 2), ""),
    ],
)  # fmt: skip
def test_fractions_and_things(text: str, value: Fraction, thing: str) -> None:
    assert number_in_words(text) == (value, thing)


@pytest.mark.parametrize(
    "text",
    ["two third", "one thirds", "twenty eleven", "six seven", "hundred", "one and two", "five of", "two and dozen",
     "and five",
     "one hundred and", "thousand two", "two and three halves", "red apples", ""],
)  # fmt: skip
def test_other_words_are_no_number(text: str) -> None:
    assert number_in_words(text) is None
