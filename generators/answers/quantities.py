"""Numbers with units: 5 km, 9.8 m/s^2, 25 °C, 5 ft 11 in. Not bare numbers (values), not times of day (dates).

Law: two quantities are equal when their values in base units are, exactly (each unit has a rational size), or at the
declared precision. A unit that pint does not know is compared as text. Where one side has no unit, the numbers alone
are compared, unless the problem requires the unit. Only single unit words reach pint, which evaluates what it is given;
products, quotients and powers of units are read here, with bounded exponents.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from generators.answers.declared import NOTHING, Declared
from generators.answers.language.nodes import Node, number, symbols
from generators.answers.language.writing import MONEY, TEXT
from generators.answers.maths.equality import equal_answers
from generators.answers.maths.symbolic import value
from generators.answers.maths.typed import Answer, parse_answer
from generators.answers.values import close
from generators.answers.wording.denials import is_hedge
from generators.malformed import Malformed

MAX_CHARS = 300
MAX_UNREAD = 80
"""Characters of a reply that only its unit may keep from being read; longer ones are prose."""
MAX_UNIT_LETTERS = 30
MAX_POWER = 12
_MISREAD = frozenset(
    ("point", "points", "unit", "units", "count", "counts", "dozen", "pi", "e", "i", "x", "n", "and", "or")
)
"""Words that pint takes for units of print, light or nothing, and that answers use as words or names."""
_PREFIXED_PLURAL = 7
"""Letters a prefixed plural has at least: "kilometers" is one, "cats" is no number of centi-atmospheres."""

_ALIASES = {"amp": "ampere", "amps": "ampere"}
"""Words that pint reads as prefixed units."""
_SPACE = re.compile(r"\\[,;:! ]|~|\\(?:quad|left|right)(?![A-Za-z])|\s+")
_DEGREES = re.compile(
    r"(?:°|\^?\s*\{?\s*\\(?:circ|degree)(?![A-Za-z])\s*\}?)\s*(C|F|celsius|fahrenheit)?(?![A-Za-z])", re.IGNORECASE
)
_MINUTES = re.compile(
    r"(?:°|\^?\s*\{?\s*\\circ\s*\}?)\s*(\d{1,2}(?:\.\d+)?) ?(?:'|\^ ?\{?\\prime\}?|\u2032)"
    r"(?: ?(\d{1,2}(?:\.\d+)?) ?(?:''|\"|\^ ?\{?\\prime ?\\prime\}?|\u2033))?\s*$"
)
_BRACED = re.compile(r"\\(?:mathrm|text) ?\{((?:[^{}]|\{-?\d\})*)\}")
_OHMS = re.compile(r"(?<=[\d })])([kM]?) ?(?:\\Omega|\u03a9|\u2126)$")
_MICRO = re.compile(r"\\mu\s*(?=[A-Za-z])")
_SCALE = re.compile(r"\b(?:degrees?|deg\.?) ?(C|F|K|celsius|fahrenheit|kelvins?)\b", re.IGNORECASE)
_LINKS = {"cdot": "*", "times": "*", "per": "/", "·": "*", "⋅": "*", "µ": "u", "μ": "u"}
_POWERS = {"squared": 2, "cubed": 3}
_SHAPES = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_UNIT = re.compile(r"[A-Za-zµμΩÅ°_]+|\^|\*\*|[*/·⋅()]|-?\d{1,2}|[²³]|\\(?:cdot|times)(?![A-Za-z])| |\{|\}|\.")
_START = re.compile(r"(?:(?<=[\d)}.! ])|(?<=pi))(?:per |/ ?)?(?=[A-Za-zµμΩÅ°(])")
"""Where a unit may begin: behind a number, a bracket or a space."""
_STARTS = 8
_PART = re.compile(r"([-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?) ?([A-Za-z]+)\.?(?:,? and |, ?| |$|(?=\d))")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as pint knows it: base units with their powers, its size in them, and the offset of its zero."""

    base: tuple[tuple[str, Fraction], ...]
    size: Fraction
    offset: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit; `unit` is None for a bare number, its text where pint does not know it.

    summed: it was written in several units, so that no bare number says the same.
    """

    node: Node
    unit: Unit | str | None
    percent: bool = False
    summed: bool = False


@cache
def _registry() -> Any:
    """Return pint's units, with rational sizes."""
    import pint

    return pint.UnitRegistry(non_int_type=Fraction)


@lru_cache(maxsize=1024)
def unit_word(word: str) -> Unit | None:
    """Return the unit of one word, None where pint knows none."""
    if (
        len(word) > MAX_UNIT_LETTERS
        or (word if len(word) == 1 else word.lower()) in _MISREAD
        or not word.replace("_", "").isalpha()
    ):
        return None
    word, registry = _ALIASES.get(word.lower(), word), _registry()
    for name in dict.fromkeys((word, word.lower()) if len(word) > 3 else (word,)):
        found = registry.parse_unit_name(name)
        if found and not _is_short_plural(registry, name, found[0]):
            return _measured(registry, name)
    return None


def _is_short_plural(registry: Any, name: str, parsed: tuple[str, str, str]) -> bool:
    """Say whether a word is the plural of a prefixed symbol: an English word, not a unit."""
    return (
        bool(parsed[0])
        and name.endswith("s")
        and len(name) < _PREFIXED_PLURAL
        and parsed in registry.parse_unit_name(name[:-1])
    )


def _measured(registry: Any, name: str) -> Unit | None:
    """Return a unit by the base values of 0 and of 1 of it; None where these are not rational or not linear."""
    import pint

    try:
        zero, one, two = (registry.Quantity(Fraction(k), name).to_base_units() for k in (0, 1, 2))
        base = tuple(sorted((str(unit), Fraction(power)) for unit, power in one._units.items()))
    except (pint.PintError, ArithmeticError, TypeError, ValueError):
        return None
    sizes = [found.magnitude for found in (zero, one, two)]
    if not all(isinstance(size, Fraction) for size in sizes) or sizes[2] - sizes[1] != sizes[1] - sizes[0]:
        return None
    return Unit(base, sizes[1] - sizes[0], sizes[0])


def unit(text: str) -> Unit | None:
    """Return the unit of a text such as "m/s^2", "kg m^2", "square feet", "kilometers per hour"; None for no unit."""
    tokens = [token for token in _UNIT.findall(text) if token not in (" ", "{", "}", ".")]
    if not tokens or len(tokens) > 30 or _UNIT.sub("", text).strip():
        return None
    words = [_LINKS.get(token.lstrip("\\"), token) for token in tokens]
    found = _product(words)
    return found if found is not None and not words else None


def _product(words: list[str]) -> Unit | None:
    """Read units from the front of a list: products and quotients, with brackets; takes what it read."""
    total, sign, shape = Unit((), Fraction(1)), 1, 1
    first = True
    while words and words[0] != ")":
        word = words.pop(0)
        if word in ("*", "/"):
            sign = -1 if word == "/" else 1
            continue
        if word.lower() in _SHAPES and words:
            shape = _SHAPES[word.lower()]
            continue
        part = _bracket(words) if word == "(" else unit_word(word.replace("µ", "u").replace("μ", "u"))
        power = _power(words)
        if part is None or power is None or (part.offset and not (first and not words and sign == power == shape == 1)):
            return None
        total = part if first and sign == power == shape == 1 else _times(total, part, sign * power * shape)
        sign, shape, first = 1, 1, False
    return None if first else total


def _bracket(words: list[str]) -> Unit | None:
    inner = _product(words)
    return inner if words and words.pop(0) == ")" else None


def _power(words: list[str]) -> int | None:
    """Take the power written after a unit; 1 without one, None for one that is no small integer."""
    marks = ("^", "**", "²", "³", *_POWERS)
    if not words or (words[0].lower() not in marks and not words[0].lstrip("-").isdigit()):
        return 1
    word = words.pop(0)
    if word in ("^", "**"):
        word = words.pop(0) if words else ""
    known = {"²": 2, "³": 3, **_POWERS}.get(word.lower())
    if known is None and word.lstrip("-").isdigit():
        known = int(word)
    return known if known is not None and abs(known) <= MAX_POWER else None


def _times(left: Unit, right: Unit, power: int) -> Unit:
    base = dict(left.base)
    for name, exponent in right.base:
        base[name] = base.get(name, Fraction(0)) + exponent * power
    return Unit(tuple(sorted((name, e) for name, e in base.items() if e)), left.size * right.size**power)


def plain(text: str) -> str:
    """Return a text without the LaTeX round its unit."""
    text = _OHMS.sub(r" \1ohm ", TEXT.sub(lambda found: f" {found[1]} ", text.strip().strip("$")))
    text = _BRACED.sub(r" \1 ", text).replace("electron volt", "electron_volt")
    text = _MINUTES.sub(lambda found: f" degree {found[1]} arcminute " + f"{found[2]} arcsecond" * bool(found[2]), text)
    text = _DEGREES.sub(lambda found: f" deg{(found[1] or '').upper()[:1]} " if found[1] else " degree ", text)
    text = _SCALE.sub(lambda found: f" deg{found[1].upper()[0]} " if found[1].upper()[0] != "K" else " K ", text)
    text = _MICRO.sub("u", text)
    return _SPACE.sub(" ", text).strip().rstrip(".").strip()


def read_quantity(text: str) -> Quantity:
    """Return the quantity a text states.

    Raises:
        Malformed: for a hedge, or text whose number cannot be read.
    """
    if len(text) > MAX_CHARS:
        raise Malformed(f"quantity over {MAX_CHARS} characters", text[:100])
    bare = plain(text)
    if is_hedge(bare):
        raise Malformed("a hedge is no answer", text[:100])
    if (summed := _summed(bare)) is not None:
        return summed
    parted = _parted(bare)
    if parted is not None:
        return Quantity(_number(parted[0], text), parted[1])
    found = parse_answer(text)
    if found.node is None:
        raise Malformed("no number", text[:100])
    return Quantity(found.node, found.unit or None, found.percent)


def _parted(bare: str) -> tuple[str, Unit] | None:
    """Return the number's text and the unit behind it, the longest unit first; None without a unit that pint knows."""
    bare = bare.rpartition("=")[2].strip()
    for match in islice(_START.finditer(bare), _STARTS):
        found = unit(bare[match.start() :]) if _is_number(bare[: match.start()]) else None
        if found is not None:
            return bare[: match.start()].strip(), found
    return None


def _is_number(text: str) -> bool:
    if not any(map(str.isdigit, text)) and "\\" not in text:
        return False
    try:
        found = parse_answer(text.strip())
    except Malformed:
        return False
    return found.node is not None and not found.unit


def _number(text: str, whole: str) -> Node:
    found = parse_answer(text.strip())
    if found.node is None or found.unit or found.percent:
        raise Malformed("no number before its unit", whole[:100])
    return found.node


def _summed(text: str) -> Quantity | None:
    """Return the sum of "5 ft 11 in": like units, each smaller than the one before; None for any other text."""
    total, base, at, last, count = Fraction(0), None, 0, None, 0
    while at < len(text):
        part = _PART.match(text, at)
        known = unit_word(part[2]) if part is not None else None
        if part is None or known is None or known.offset or (base is not None and known.base != base):
            return None
        if (last is not None and known.size >= last) or part[1].endswith("/0") or (at and part[1][0] in "+-"):
            return None
        top, _, bottom = part[1].replace(",", "").partition("/")
        if bottom and int(bottom) == 0:
            return None
        total += Fraction(top) / int(bottom or 1) * known.size
        base, last, at, count = known.base, known.size, part.end(), count + 1
    return Quantity(number(total / last), Unit(base or (), last), summed=count > 1) if last else None


def equal_quantities(gold: str, given: str, declared: Declared) -> bool:
    """Compare quantities in base units, exactly or at the declared precision.

    Precision (digits, places) counts in the gold's unit.

    Raises:
        Malformed: when the given one cannot be read.
    """
    known = _without_pint(gold, given) if declared == NOTHING and not (is_summed(gold) or is_summed(given)) else None
    if known is not None:
        return known
    found, wanted = read_quantity(given), read_quantity(gold)
    if wanted.unit is not None and found.unit is None and (declared.unit == "required" or wanted.summed):
        return False
    if declared.unit == "ignored" or wanted.unit is None or found.unit is None:
        return _equal_numbers(wanted, found, declared)
    if isinstance(wanted.unit, str) or isinstance(found.unit, str):
        return _name(wanted) == _name(found) and _equal_numbers(wanted, found, declared)
    if wanted.unit.base != found.unit.base:
        return False
    return _equal_numbers(wanted, Quantity(_converted(found.node, found.unit, wanted.unit), wanted.unit), declared)


def is_summed(text: str) -> bool:
    """Say whether a text is a quantity in several units, "5 ft 6 in", whose letters are no factors."""
    if len(text) > MAX_CHARS or not _PAIR.search(text):
        return False
    bare = plain(text)
    return (
        _PAIRS.fullmatch(bare.replace(" and ", " ")) is not None
        and (found := _summed(bare)) is not None
        and found.summed
    )


def _name(quantity: Quantity) -> str | None:
    """Return the name of a unit that pint does not know, None for one that it knows."""
    return quantity.unit.lower() if isinstance(quantity.unit, str) else None


def _without_pint(gold: str, given: str) -> bool | None:
    """Decide what needs no conversion: equal forms, and the same unit in words or none in the reply; else None.

    Raises:
        Malformed: for a hedge.
    """
    if is_hedge(given):
        raise Malformed("a hedge is no answer", given[:100])
    try:
        wanted, found = parse_answer(gold, gold=True), parse_answer(given)
        if wanted.node is None:
            raise Malformed("no number", gold[:100])
        if equal_answers(wanted, found):
            return _same_case(wanted.unit, found.unit)
    except Malformed:
        if len(given) > MAX_UNREAD:
            raise
        return None
    if not wanted.unit:
        return None
    named = found.node is None or bool(symbols(found.node))
    bare = not found.unit and (not named or _NUMERIC.search(given) is None)
    units = {wanted.unit, found.unit}
    apart = found.unit and (("degree" in units and not units <= _ANGLES) or not units.isdisjoint(MONEY))
    return False if bare or found.unit == wanted.unit or apart else None


def _same_case(wanted: str, found: str) -> bool:
    """Say whether two names of a unit, alike but perhaps for case, are one unit: mW and MW are two."""
    if not wanted or not found or wanted == found:
        return True
    sizes = unit(wanted), unit(found)
    return None in sizes or sizes[0] == sizes[1]


def _converted(node: Node, given: Unit, wanted: Unit) -> Node:
    """Return a number of one unit as a number of another."""
    if given == wanted:
        return node
    scaled = Node("*", (node, number(given.size / wanted.size)))
    shift = (given.offset - wanted.offset) / wanted.size
    return Node("+", (scaled, number(shift))) if shift else scaled


_NEARLY = Fraction(1, 10**40)
"""Relative difference that the 50 digits of a degree's size in radians leave."""


def _equal_numbers(gold: Quantity, given: Quantity, declared: Declared) -> bool:
    wanted, found = value(gold.node), value(given.node)
    if wanted is not None and found is not None:
        if gold.percent != given.percent and given.percent:
            found /= 100
        if declared.loose:
            return close(wanted, found, declared)
        if abs(wanted - found) <= _NEARLY * abs(wanted):
            return True
    return equal_answers(Answer("", gold.node, None, gold.percent), Answer("", given.node, None, given.percent))


def looks_like_quantity(text: str) -> bool:
    """Say whether a gold text is a number with a unit in words, or a sum of two such; pint is not asked."""
    if len(text) > MAX_CHARS or not any(map(str.isalpha, text)):
        return False
    summed = _PAIR.search(text) or _MINUTES.search(text)
    if summed and len(_PAIR.findall(plain(text))) > 1 and _PAIRS.fullmatch(plain(text).replace(" and ", " ")):
        return True
    if _OHMS.search(text):
        return _is_number(_OHMS.sub("", text))
    try:
        found = parse_answer(text, gold=True).unit
        return bool(found) and found not in MONEY
    except Malformed:
        return False


_ANGLES = frozenset(("degree", "deg", "rad", "radian", "grad", "turn", "rev", "revolution", "arcminute", "arcsecond"))
_NUMERIC = re.compile(r"\d|\u03c0|\\(?:pi|sqrt)")
_PAIR = re.compile(r"\d ?[A-Za-z]{1,12}")
_PAIRS = re.compile(r"(?:\d+(?:\.\d+)? ?[A-Za-z]{1,12}\.?,? ?){2,4}")
