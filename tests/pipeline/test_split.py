"""Splits: a function of the instance alone, in the proportions promised, and strictest for children."""

import itertools

import pytest

from pipeline.fingerprint import content_hash
from pipeline.split import SPLITS, split_of, strictest


def test_proportions_are_90_5_5() -> None:
    count = 40_000
    found = [split_of(content_hash(["split", i])) for i in range(count)]
    for split, share in (("train", 0.90), ("probe", 0.05), ("test", 0.05)):
        deviation = (count * share * (1 - share)) ** 0.5
        assert abs(found.count(split) - count * share) < 4 * deviation


@pytest.mark.parametrize(
    ("start", "split"),
    [
        ("0000000000000000", "train"), ("e666666666666000", "train"), ("e666666666667000", "probe"),
        ("f333333333332000", "probe"), ("f333333333334000", "test"), ("ffffffffffffffff", "test"),
    ],
)  # fmt: skip
def test_borders_are_fixed_for_ever_and_only_the_first_64_bits_count(start: str, split: str) -> None:
    assert split_of(start + "0" * 16) == split_of(start + "f" * 16) == split


def test_the_strictest_wins_in_any_order() -> None:
    assert [strictest(split) for split in SPLITS] == list(SPLITS)
    for several in itertools.product(SPLITS, repeat=3):
        expected = next(split for split in ("test", "probe", "train") if split in several)
        assert strictest(*several) == expected
