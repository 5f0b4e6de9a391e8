"""Seam options: what is unknown, or would be ignored, is refused; what is read is passed."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest

from pipeline.errors import ConfigError
from trainer.seams.seam import SeamOptions


def scaled(x: float, *, factor: float) -> float:
    return x * factor


def unchanged(x: float) -> float:
    return x


class ToyOptions(SeamOptions):
    seam: ClassVar[str] = "toy"
    table: ClassVar[Mapping[str, Callable[..., float]]] = {"scaled": scaled, "unchanged": unchanged}
    shared: ClassVar[frozenset[str]] = frozenset({"everywhere"})
    name: str = "scaled"
    factor: float = 2.0
    everywhere: int = 0


def test_the_named_function_gets_the_options_it_reads() -> None:
    assert ToyOptions(factor=3.0).apply(2.0) == 6.0
    assert ToyOptions(name="unchanged", everywhere=5).apply(2.0) == 2.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "scald"}, "unknown toy 'scald', did you mean 'scaled'"),
        ({"factr": 1.0}, "unknown option 'factr' of toy, did you mean 'factor'"),
        ({"name": "unchanged", "factor": 3.0}, "toy 'unchanged' does not read factor = 3.0"),
    ],
)
def test_what_would_be_ignored_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ToyOptions.model_validate(options)


def test_dumped_options_load_again() -> None:
    options = ToyOptions(name="unchanged")
    assert ToyOptions.model_validate(options.model_dump()) == options
