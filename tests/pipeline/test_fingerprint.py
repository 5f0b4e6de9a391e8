"""Canonical JSON: one text per value, a round trip through JSON, and no value softened into it."""

import datetime
import decimal
import enum
import json
import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pipeline.fingerprint import bytes_hash, canonical, content_hash

text = st.text(st.characters(codec="utf-8"))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_canonical_survives_a_json_round_trip(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(text, st.integers(), min_size=2))
def test_key_order_does_not_matter(value: dict[str, int]) -> None:
    assert content_hash(value) == content_hash(dict(reversed(value.items())))


@given(plain, plain)
def test_different_values_have_different_hashes(a: object, b: object) -> None:
    assert (content_hash(a) == content_hash(b)) == (canonical(a) == canonical(b))


def test_list_order_and_type_matter_and_tuples_are_lists() -> None:
    assert content_hash([1, 2]) != content_hash([2, 1])
    assert len({content_hash(value) for value in (1, 1.0, "1", True, [1], {"1": 1}, None)}) == 7
    assert content_hash((1, (2,))) == content_hash([1, [2]])


class _Str(str):
    pass


class _Level(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [
        object(), {1, 2}, frozenset(), b"x", 1j, decimal.Decimal(1), pathlib.Path("x"), datetime.date(2026, 1, 1),
        np.int64(1), np.float64(1.0), np.array([1]), np.bool_(True), _Str("x"), _Level.ONE, {1: "a"}, {None: 1},
        {("a",): 1}, lambda: 0, range(3), iter([]), ...,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_does_not_repeat_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(TypeError, match=r"cannot fingerprint .* at \$"):
        canonical(value)
    with pytest.raises(TypeError, match=r"at \$\.a\[1\]"):
        canonical({"a": [0, value]})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"at \$\[0\]"):
        canonical([value])


def test_a_model_is_its_fields() -> None:
    class Config(BaseModel):
        rate: float = 0.5
        names: tuple[str, ...] = ("a",)

    assert canonical(Config()) == '{"names":["a"],"rate":0.5}'


def test_hashes_are_32_hex_digits_and_fixed_for_ever() -> None:
    assert canonical({"b": [1, 2.5, "é"], "a": None}) == '{"a":null,"b":[1,2.5,"é"]}'
    assert content_hash({"b": [1, 2.5, "é"], "a": None}) == "f8df62ed4c32a3a1138f3eab72524768"
    assert bytes_hash(b"") == bytes_hash(memoryview(b""))
    assert len(bytes_hash(b"")) == 32


def test_hashes_are_the_same_in_another_process() -> None:
    program = "from pipeline.fingerprint import content_hash; print(content_hash({'k': ['x', {'z': 1, 'y': 2}]}))"
    for seed in ("0", "1"):
        ran = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True
        )
        assert ran.stdout.strip() == content_hash({"k": ["x", {"z": 1, "y": 2}]}), ran.stderr
