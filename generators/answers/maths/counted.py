"""Lists whose parts say what they count: "10 chickens and 20 rabbits", "x: 3, y: 4 cm". Not one value (typed).

Law: all parts have a thing or none has; one thing for all is the unit of the list; a thing is the same in singular and
plural.
"""

import re

from generators.answers.language.latex import read
from generators.answers.language.nodes import Node
from generators.answers.language.writing import TEXT, written
from generators.answers.maths.number_words import number_in_words
from generators.malformed import Malformed

MAX_PARTS = 8
MAX_CHARS = 300
_BETWEEN = re.compile(r"\s*(?:[,;](?!\d{3}(?!\d))\s*(?:and\b)?|\band\b|&)\s*")
_NAMED = re.compile(r"([A-Za-z][A-Za-z ]{2,30}?)\s*(?::|=|\bis\b|\bare\b)\s*(.+)")
_PLAIN = frozenset(("num", "decimal", "neg", "+", "/", "*", "^", "sqrt", "root"))
_COUNTED_NOUN = re.compile(
    r"([-+]?\d[\d.]*) (?:((?:quarter|solution|integer|number|prime|root|real|even|odd|half dollar)s)"
    r"|([A-Za-z]{3,}(?: [A-Za-z]{3,})?))"
)
"""Things that are counted beside others, and elsewhere say something of a value."""
_HEDGES = re.compile(r"\b(?:or|not|maybe|either)\b")


_PLAIN_UNITS = {
    "unit": "", "squareunit": "unit2", "squnit": "unit2", "cubicunit": "unit3", "cuunit": "unit3",
    "unitsquared": "unit2", "unitcubed": "unit3",
}  # fmt: skip
"""What units without a name are called."""
_IRREGULAR = {
    "people": "person", "men": "man", "children": "child", "feet": "foot", "mice": "mouse", "geese": "goose",
    "teeth": "tooth", "dice": "die", "oxen": "ox",
}  # fmt: skip
_PLURALS = (
    (re.compile(r"(?<=[a-z]{2})ie$"), "y"),
    (re.compile(r"(x|z|s|ch|sh|o)e$"), r"\1"),
    (re.compile("[vf]e$"), "f"),
)
"""What is left of a plural without its s."""


def told(unit: str) -> str:
    """Return a unit by the one name that its spellings share; a single letter keeps its case, but for the litre."""
    if len(unit) == 1:
        return "L" if unit == "l" else unit
    name = unit.lower()
    name = _PLAIN_UNITS.get(name, name)
    for plural, single in _IRREGULAR.items():
        if name.endswith(plural):
            name = name[: -len(plural)] + single
    for pattern, ending in _PLURALS:
        name = pattern.sub(ending, name)
    return name


def counted(text: str) -> tuple[Node, str] | None:
    """Return a list of counted things, and the unit that all of them share ("" for different ones); None for others."""
    if len(text) > MAX_CHARS or not _BETWEEN.search(text) or _HEDGES.search(text):
        return None
    bare = TEXT.sub(lambda found: f" {found[1]} ", text.strip().strip("$")).strip(" .")
    parts = _BETWEEN.split(bare, maxsplit=MAX_PARTS)
    if not 2 <= len(parts) <= MAX_PARTS:
        return None
    found = [_part(part.strip()) for part in parts]
    known = [part for part in found if part is not None]
    if len(known) < len(parts):
        return None
    units = [unit for _, unit in known]
    if len(set(units)) == 1:
        return Node("seq", tuple(node for node, _ in known), ""), units[0]
    return Node("seq", tuple(Node("counted", (node,), unit) for node, unit in known), ""), ""


def _part(text: str) -> tuple[Node, str] | None:
    """Return the number and the thing of one part; None where it has not both."""
    named = _NAMED.fullmatch(text)
    if named is not None:
        thing, text = written(f"2 {named[1]}").unit, named[2]
    try:
        value = written(text)
        if named is None:
            thing = "%" if value.percent else value.unit
            if not thing and (said := _COUNTED_NOUN.fullmatch(text)) is not None:
                value = written(said[1] if said[2] else f"{said[1]}\\text{{ {said[3]}}}")
                thing = said[2] or value.unit
            if not thing and (spoken := number_in_words(text.lower())) is not None and spoken[1]:
                node, thing = Node("num", (), spoken[0]), written(f"2 {spoken[1]}").unit
                return (node, told(thing)) if thing else None
        if not thing:
            return None
        node = read(value.text)
    except Malformed:
        return None
    return (node, told(thing)) if _is_number(node) else None


def _is_number(node: Node) -> bool:
    return node.op in _PLAIN and all(map(_is_number, node.args))
