"""What a problem declares about the comparison with its answer. Not the comparison itself (grade, structures).

Law: nothing here is guessed from an answer; a declaration survives a JSON round trip; one that cannot be meant is
refused when it is made. One that a type has no use for (the tolerance of a choice) is refused by whoever knows the type
(honoured), never passed over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Literal, get_args

from pipeline.errors import ConfigError, nearest
from pipeline.problem import Json

Order = Literal["given", "any"]
Symmetry = Literal["none", "reversal", "rotation", "dihedral"]
Unit = Literal["required", "ignored"]
DateOrder = Literal["day", "month"]

MAX_PRECISION = 100
"""Digits or places that may be declared: what the arithmetic of `symbolic` carries."""
MAX_CHOICES = 26
"""Options of a question: one letter each."""
_TOLERANCE = re.compile(r"(\d{1,50}(?:\.\d{1,50})?|\.\d{1,50})(?:[eE](-?\d{1,2}))?(%?)")


@dataclass(frozen=True, slots=True)
class Declared:
    """What a problem says of its answer; the default says nothing, and each type then keeps its own rule.

    order: of the parts of a sequence, tuple or list ("any" compares them as a multiset). symmetry: which
    rearrangements of a sequence are the same answer; "dihedral" is rotation and reversal, as for a closed tour.
    tolerance: how far a number may be off, as text: "0.01" absolute, "1%" relative to the gold; also for integers,
    which nothing else loosens. digits, places: significant digits or decimal places at which numbers are compared.
    At most one of these three. choices: texts of the options A, B, ... unit: "required" rejects a bare number,
    "ignored" compares numbers alone. first: "day" or "month", which of them 03/04/2024 begins with.
    """

    order: Order | None = None
    symmetry: Symmetry = "none"
    tolerance: str | None = None
    digits: int | None = None
    places: int | None = None
    choices: tuple[str, ...] = ()
    unit: Unit | None = None
    first: DateOrder | None = None

    def __post_init__(self) -> None:
        _one_of("order", self.order, (None, *get_args(Order)))
        _one_of("symmetry", self.symmetry, get_args(Symmetry))
        _one_of("unit", self.unit, (None, *get_args(Unit)))
        _one_of("first", self.first, (None, *get_args(DateOrder)))
        _precision("digits", self.digits, 1)
        _precision("places", self.places, 0)
        if self.tolerance is not None and not (
            isinstance(self.tolerance, str) and _TOLERANCE.fullmatch(self.tolerance)
        ):
            raise ConfigError(
                f"declared tolerance {self.tolerance!r} is no decimal text: write '0.01' (absolute) or '1%' (relative)"
            )
        if sum(value is not None for value in (self.tolerance, self.digits, self.places)) > 1:
            raise ConfigError("tolerance, digits and places are declared together: keep one of the three")
        if self.order == "any" and self.symmetry != "none":
            raise ConfigError(f"order 'any' leaves symmetry {self.symmetry!r} no meaning: keep one of the two")
        _check_choices(self.choices)

    @property
    def loose(self) -> bool:
        """Whether numbers are compared at a declared tolerance or precision instead of exactly."""
        return self.tolerance is not None or self.digits is not None or self.places is not None

    def margin(self, gold: Fraction) -> Fraction | None:
        """Return how far from the gold a number may be by the declared tolerance, None without one."""
        if self.tolerance is None:
            return None
        found = _TOLERANCE.fullmatch(self.tolerance)
        assert found is not None
        size = Fraction(found[1]) * Fraction(10) ** int(found[2] or 0)
        return size / 100 * abs(gold) if found[3] else size

    def to_json(self) -> Json:
        """Return what is declared as a JSON object; what is left at its default is left out."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }


def from_json(value: Json) -> Declared:
    """Return the declaration that a JSON object states; None and {} state nothing.

    Raises:
        ConfigError: for an unknown key or an impossible value.
    """
    if value is None:
        return Declared()
    if not isinstance(value, Mapping):
        raise ConfigError(f"declared {value!r} is a JSON {type(value).__name__}: give an object")
    known = tuple(field.name for field in fields(Declared))
    for key in value:
        if key not in known:
            raise ConfigError(f"unknown declared key {key!r}{nearest(str(key), known)}: choose from {', '.join(known)}")
    stated = dict(value)
    if isinstance(stated.get("choices"), list):
        stated["choices"] = tuple(stated["choices"])
    return Declared(**stated)


def _one_of(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known or isinstance(value, bool):
        names = [str(option) for option in known if option is not None]
        near = nearest(str(value), names)
        raise ConfigError(f"declared {name} {value!r} is unknown{near}: choose one of {', '.join(names)}")


def _precision(name: str, value: object, least: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_PRECISION:
        raise ConfigError(f"declared {name} {value!r} is outside {least}..{MAX_PRECISION}: give a whole number within")


def _check_choices(choices: object) -> None:
    if not isinstance(choices, tuple) or not all(isinstance(text, str) and text.strip() for text in choices):
        raise ConfigError(f"declared choices {choices!r} are no list of texts: give the text of every option in order")
    if len(choices) > MAX_CHOICES or len(choices) == 1:
        raise ConfigError(f"{len(choices)} declared choices are outside 2..{MAX_CHOICES}: give the options in order")


NOTHING = Declared()
"""No declaration: every type keeps its own rule."""
