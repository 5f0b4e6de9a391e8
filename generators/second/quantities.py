"""Second opinions on quantities with units, durations and percentages, by sympy's units and plain "number unit" texts.

Not bare numbers, temperatures with a zero of their own, or money: these are not read. sympy is asked about names in a
table alone, never about text. Law: sizes of units are exact; what is not plainly a number and a unit is None.
"""

import re
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from generators.second.plain import is_unsure, margin_of, number, plain, same_number

_SYMPY: dict[str, str] = {
    "meter": "m meter metre", "kilometer": "km kilometer kilometre", "centimeter": "cm centimeter centimetre",
    "millimeter": "mm millimeter millimetre", "micrometer": "um micrometer", "nanometer": "nm nanometer",
    "inch": "inch inches", "foot": "ft foot feet", "yard": "yd yard", "mile": "mi mile",
    "gram": "g gram", "kilogram": "kg kilogram", "milligram": "mg milligram", "tonne": "tonne", "pound": "lb lbs pound",
    "second": "s sec second", "millisecond": "ms millisecond", "microsecond": "us microsecond",
    "minute": "min mins minute", "hour": "h hr hrs hour", "day": "day",
    "liter": "L l liter litre", "milliliter": "mL ml milliliter millilitre",
    "newton": "N newton", "joule": "J joule", "watt": "W watt", "pascal": "Pa pascal", "hertz": "Hz hertz",
    "volt": "V volt", "ampere": "A amp ampere", "ohm": "ohm", "coulomb": "coulomb", "farad": "farad",
    "tesla": "T tesla", "kelvin": "K kelvin", "mole": "mol mole", "degree": "degree deg",
}  # fmt: skip
"""sympy's names of units and how these are written; names of four letters and more also take an s."""
_SCALED: dict[str, tuple[Fraction, str]] = {
    "kN": (Fraction(1000), "newton"), "kJ": (Fraction(1000), "joule"), "kW": (Fraction(1000), "watt"),
    "kPa": (Fraction(1000), "pascal"), "MJ": (Fraction(10**6), "joule"), "MW": (Fraction(10**6), "watt"),
    "kHz": (Fraction(1000), "hertz"), "MHz": (Fraction(10**6), "hertz"), "mV": (Fraction(1, 1000), "volt"),
    "mA": (Fraction(1, 1000), "ampere"), "week": (Fraction(7), "day"), "weeks": (Fraction(7), "day"),
}  # fmt: skip
_TOKEN = re.compile(r"([A-Za-z]+)(?:\^\{?(-?[1-9])\}?)?")
_START = re.compile(
    r"(?P<number>[-+]?[0-9.,/]*[0-9])(?: ?(?:\\times|\\cdot|x|\*) ?10\^\{?(?P<power>-?[0-9]{1,2})\}?)? ?"
)
_PAIR = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)(?:,? and |, ?| |$)")
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
_FRACTION = re.compile(r"\\[dt]?frac\{([0-9]{1,50})\}\{([0-9]{1,50})\}")


class Size(NamedTuple):
    """A number of a unit, the size of the unit in base units, and which these are."""

    number: Fraction
    size: Fraction
    base: str


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, written in _SYMPY.items():
        for word in written.split():
            found[word] = name
            if len(word) > 3:
                found[word + "s"] = name
    return found


@cache
def _unit(name: str) -> tuple[Any, Fraction]:
    """Return a unit of sympy in base units as (their product, its exact size in it)."""
    from sympy.physics import units

    bases = [units.meter, units.kilogram, units.second, units.ampere, units.kelvin, units.mole, units.degree]
    size, base = units.convert_to(getattr(units, name), bases).as_coeff_Mul()
    return base, Fraction(int(size.p), int(size.q))


def _factors(words: str) -> list[tuple[str, Fraction, int]] | None:
    """Return (sympy's name, scale, power) of each unit of "m/s^2" or "km per hour"; else None."""
    tokens = re.sub(r"\bper\b|/", " / ", words).replace("*", " ").replace("\\cdot", " ").replace("·", " ").split()
    over = tokens[tokens.index("/") + 1 :] if "/" in tokens else ["1"]
    if not 0 < len(tokens) <= 8 or len(over) != 1 or over == ["/"]:
        return None  # a/b c and a/b/c have two readings
    found, sign = [], 1
    for token in tokens:
        unit = _TOKEN.fullmatch(token)
        if token == "/":
            sign = -1
        elif unit is None or not (unit[1] in _SCALED or unit[1] in _names()):
            return None
        else:
            scale, name = _SCALED.get(unit[1]) or (Fraction(1), _names()[unit[1]])
            found.append((name, scale, sign * int(unit[2] or 1)))
    return found


def _product(words: str) -> tuple[Fraction, str] | None:
    """Return (size, base units) of a text of units."""
    factors = _factors(words)
    if factors is None:
        return None
    size, base = Fraction(1), None
    for name, scale, power in factors:
        own, own_size = _unit(name)
        size *= (own_size * scale) ** power
        base = own**power if base is None else base * own**power
    return size, str(base)


def looks_like_quantity(text: str) -> bool:
    """Say whether a text is a number with units of the table; sympy is not asked."""
    return _parted(text) is not None


def _parted(text: str) -> tuple[Fraction, str] | None:
    """Return the number and the units of a text that is one number with known units."""
    for mark, raised in (("²", "^2"), ("³", "^3"), ("^\\circ", " deg "), ("^{\\circ}", " deg "), ("°", " deg ")):
        text = text.replace(mark, raised)
    bare = plain(_FRACTION.sub(r"\1/\2", text)).replace(" ^", "^").replace("$", "").strip()
    start = _START.match(bare) if len(bare) <= 120 and not is_unsure(bare) else None
    value = number(start["number"]) if start is not None else None
    if start is None or value is None or ("/" in start["number"] and start["power"]):
        return None
    words = bare[start.end() :].strip().removesuffix(".")
    return (value * Fraction(10) ** int(start["power"] or 0), words) if _factors(words) is not None else None


def read_quantity(text: str) -> Size | None:
    """Return the one number with a unit that a text is; None for anything else."""
    parted = _parted(text)
    unit = _product(parted[1]) if parted is not None else None
    return Size(parted[0], *unit) if parted is not None and unit is not None else None


def quantity(gold: str, given: str, declared: dict[str, Any]) -> bool | None:
    """Judge a quantity: equal in base units, or within the declared tolerance in the gold's unit."""
    wanted, found = read_quantity(gold), read_quantity(given)
    bare = number(plain(given)) if found is None else None
    if wanted is None or (found is None and bare is None):
        return None
    rule = declared.get("unit")
    if found is None or rule == "ignored":
        if rule is None:
            return None  # in which unit is a bare number?
        value = bare if found is None else found.number
        assert value is not None
        return False if rule == "required" else _near(wanted.number, value, declared)
    if wanted.base != found.base:
        return False
    value = found.number * found.size / wanted.size
    return _near(wanted.number, value, declared, whole=_is_whole(gold) and _is_whole(given))


def _near(gold: Fraction, given: Fraction, declared: dict[str, Any], *, whole: bool | None = None) -> bool | None:
    return same_number(gold, given, margin_of(declared.get("tolerance"), gold), whole=whole)


def _is_whole(text: str) -> bool:
    """Say whether a text has whole numbers alone."""
    return re.search(r"[0-9]\.[0-9]|[0-9]/[0-9]|frac|10\^", text) is None


def read_duration(text: str) -> Fraction | None:
    """Return the seconds of "1 h 30 min", "90 minutes" or "1:30:00"; None for anything else, 1:30 too."""
    bare = plain(text).strip(". ")
    if clock := _CLOCK.fullmatch(bare):
        return Fraction(3600 * int(clock[1]) + 60 * int(clock[2]) + int(clock[3]))
    total, at, last = Fraction(0), 0, None
    while at < len(bare) <= 120:
        pair = _PAIR.match(bare, at)
        unit = _product(pair[2]) if pair else None
        if pair is None or unit is None or unit[1] != "second" or (last is not None and unit[0] >= last):
            return None
        total += Fraction(pair[1]) * unit[0]
        at, last = pair.end(), unit[0]
    return total if last is not None else None


def duration(gold: str, given: str, declared: dict[str, Any]) -> bool | None:
    """Judge a duration, in seconds."""
    wanted, found = read_duration(gold), read_duration(given)
    if wanted is None or found is None:
        return None
    return _near(wanted, found, declared, whole=_is_whole(gold) and _is_whole(given))


def percent(gold: str, given: str, declared: dict[str, Any], *, stated: bool = True) -> bool | None:
    """Judge a percentage. A problem that states the type asks for one, so that the sign may be left out.

    A number without it that may mean the share instead (0.25 for 25%) is not judged.
    """
    (wanted, sign), (found, other) = _percentage(gold), _percentage(given)
    if wanted is None or found is None:
        return None
    said = _near(wanted, found, declared)
    if sign and other:
        return said
    shares = [_near(wanted / 100, found, declared), _near(wanted, found / 100, declared)]
    if stated and (said or (other and shares[0] is not True)):
        return said
    return False if {said, *shares} == {False} else None


def _percentage(text: str) -> tuple[Fraction | None, bool]:
    bare = plain(text.replace("\\%", "%").replace("$", "")).strip()
    sign = re.search(r" ?(?:%|percent|per cent)$", bare)
    return number(bare[: sign.start()] if sign else bare), sign is not None
