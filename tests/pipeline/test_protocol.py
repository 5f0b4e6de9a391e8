"""Protocol: every field enters its hash, and training refuses what biases it."""

from dataclasses import fields, replace

import pytest

from pipeline.errors import ConfigError
from pipeline.protocol import COMPACT_ALPHABET, Protocol

BASE = Protocol(max_prompt_tokens=32, max_completion_tokens=16)
CHANGES = {
    "max_prompt_tokens": 33, "max_completion_tokens": 17, "temperature": 0.7, "template": "chat", "system": "s",
    "thinking": True, "stop_ids": (2,), "top_p": 0.9, "top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1,
    "presence_penalty": 0.1, "frequency_penalty": 0.1,
}  # fmt: skip


def test_every_field_enters_the_hash() -> None:
    assert set(CHANGES) == {field.name for field in fields(Protocol)}
    hashes = {BASE.hash, *(replace(BASE, **{name: value}).hash for name, value in CHANGES.items())}
    assert len(hashes) == len(CHANGES) + 1
    assert Protocol(max_prompt_tokens=32, max_completion_tokens=16).hash == BASE.hash


@pytest.mark.parametrize(
    "name", ["top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty"]
)
def test_training_refuses_truncated_support_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} .* training needs {name}"):
        replace(BASE, **{name: CHANGES[name]}).refuse_truncated_support()


def test_training_refuses_greedy_and_takes_any_temperature_above() -> None:
    with pytest.raises(ConfigError, match="greedy"):
        replace(BASE, temperature=0).refuse_truncated_support()
    replace(BASE, temperature=0.7).refuse_truncated_support()


@pytest.mark.parametrize("change", [{"temperature": -1}, {"max_prompt_tokens": 0}, {"max_completion_tokens": -3}])
def test_impossible_values_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        replace(BASE, **change)


def test_the_compact_alphabet_has_no_character_twice() -> None:
    assert len(set(COMPACT_ALPHABET)) == len(COMPACT_ALPHABET)
