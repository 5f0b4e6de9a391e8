"""The types of answers: what a gold answer is, and the one comparer of every type. Not the reading of replies (grade).

Law: one table, COMPARERS: a new type is one function (gold, given, declared) -> equal, which raises Malformed for a
text that it cannot read, and one line. A type that is not given follows from the gold alone: from its JSON type, or
from its text where that can be one thing only; all other mathematics is an "expression", compared by its structure.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from generators.answers.choices import equal_booleans, equal_choices, equal_words
from generators.answers.dates import (
    equal_dates,
    equal_durations,
    equal_times,
    is_clock,
    is_named_time,
    looks_like_date,
    looks_like_duration,
    looks_like_time,
)
from generators.answers.declared import NOTHING, Declared
from generators.answers.grids import equal_grids, read_grid
from generators.answers.language.nodes import Node, symbols, walk
from generators.answers.maths.equality import equal_answers
from generators.answers.maths.symbolic import exact, value
from generators.answers.maths.typed import Answer, parse_answer
from generators.answers.quantities import equal_quantities, is_summed, looks_like_quantity
from generators.answers.structures import (
    equal_mappings,
    equal_multisets,
    equal_sequences,
    equal_sets,
    opened,
    pairs,
    split,
)
from generators.answers.values import equal_values
from generators.malformed import Malformed
from pipeline.problem import Json

AnswerType = Literal[
    "integer", "rational", "decimal", "percent", "quantity", "date", "time", "duration", "choice", "boolean", "word",
    "set", "multiset", "sequence", "tuple", "mapping", "grid", "interval", "matrix", "polynomial", "relation",
    "expression",
]  # fmt: skip
Comparer = Callable[[str, str, Declared], bool]

_TRUTHS = frozenset(("true", "false", "yes", "no"))
_POLYNOMIAL = frozenset(("num", "decimal", "sym", "const", "+", "*", "neg", "^", "/"))


def _percents(gold: str, given: str, declared: Declared) -> bool:
    """Compare percentages: 25%, 25 and 0.25 are one; a gold without a sign is a number of percent."""
    wanted = parse_answer(gold, gold=True)
    if wanted.node is None:
        raise Malformed("not a number", given[:100])
    return equal_values(gold if wanted.percent else gold + "%", given, declared)


def _numbers(gold: str, given: str, declared: Declared) -> bool:
    """Compare numbers: exactly, or at the declared precision."""
    if declared.order == "any" or declared.symmetry != "none":
        return equal_sequences(gold, given, declared)
    if declared is not NOTHING and declared != NOTHING:
        return equal_values(gold, given, declared)
    wanted, found = parse_answer(gold, gold=True), parse_answer(given)
    if equal_answers(wanted, found):
        return True
    return bool(wanted.unit or found.unit) and _otherwise_read(gold, given, wanted, found)


def _otherwise_read(gold: str, given: str, wanted: Answer, found: Answer) -> bool:
    """Say whether two texts agree where the letters behind a number are no unit, or every part of a list has one."""
    if wanted.node is None or found.node is None:
        return False
    if "," in gold and "," in given and opened(gold)[0] == opened(given)[0] == "":
        parts = [[parse_answer(part, gold=True) for part in split(text, (",",))] for text in (gold, given)]
        stated = [
            [replace(part, unit=part.unit or own) for part in some]
            for some, own in zip(parts, (wanted.unit, found.unit), strict=True)
        ]
        return len(stated[0]) == len(stated[1]) and all(map(equal_answers, *stated))
    named = symbols(found.node if wanted.unit else wanted.node)
    return bool(named) and equal_answers(*(parse_answer(f"({text.strip(' $')})") for text in (gold, given)))


def _integers(gold: str, given: str, declared: Declared) -> bool:
    """Compare integers as integers: only a declared tolerance, never a number of digits, lets one be off."""
    return equal_values(gold, given, replace(declared, digits=None, places=None))


def _times(gold: str, given: str, declared: Declared) -> bool:
    """Compare times of day; a gold such as 12:30 may be a ratio too, and is one where the reply is no time."""
    try:
        return equal_times(gold, given, declared)
    except Malformed:
        if not is_clock(gold):
            raise
        return ":" in given and _same_form(gold, given)


def _same_form(gold: str, given: str) -> bool:
    return equal_answers(parse_answer(gold, gold=True), parse_answer(given))


def _durations(gold: str, given: str, declared: Declared) -> bool:
    """Compare durations; a bare number is one in the gold's unit, as with quantities."""
    try:
        return equal_durations(gold, given, declared)
    except Malformed:
        return equal_quantities(gold, given, declared)


def _matrices(gold: str, given: str, declared: Declared) -> bool:
    if not declared.loose and _readable(given) and _same_form(gold, given):
        return True
    return equal_grids(gold, given, declared)


def _sequences(gold: str, given: str, declared: Declared) -> bool:
    """Compare lists, by form too where nothing is declared: `x = 1, y = 2` has no order."""
    if equal_sequences(gold, given, declared):
        return True
    solved = declared == NOTHING and ("=" in gold or "\\pm" in gold)
    return solved and _readable(given) and _same_form(gold, given)


def _readable(text: str) -> bool:
    try:
        parse_answer(text)
    except Malformed:
        return False
    return True


def _quantities(gold: str, given: str, declared: Declared) -> bool:
    """Compare quantities; lists of them, and products that read like one, in their other reading too."""
    try:
        if equal_quantities(gold, given, declared) or _otherwise_quantities(gold, given, declared):
            return True
    except Malformed:
        if not (_otherwise_quantities(gold, given, declared) or _equal_as_durations(gold, given, declared)):
            raise
        return True
    return "hour" in given and _equal_as_durations(gold, given, declared)


def _equal_as_durations(gold: str, given: str, declared: Declared) -> bool:
    try:
        return equal_durations(gold, given, declared)
    except Malformed:
        return False


def _otherwise_quantities(gold: str, given: str, declared: Declared) -> bool:
    if declared != NOTHING or is_summed(gold) or is_summed(given) or not (_readable(gold) and _readable(given)):
        return False
    return _otherwise_read(gold, given, parse_answer(gold, gold=True), parse_answer(given))


COMPARERS: dict[AnswerType, Comparer] = {
    "integer": _integers,
    "rational": equal_values,
    "decimal": equal_values,
    "percent": _percents,
    "quantity": _quantities,
    "date": equal_dates,
    "time": _times,
    "duration": _durations,
    "choice": equal_choices,
    "boolean": equal_booleans,
    "word": equal_words,
    "set": equal_sets,
    "multiset": equal_multisets,
    "sequence": _sequences,
    "tuple": _sequences,
    "mapping": equal_mappings,
    "grid": equal_grids,
    "interval": equal_values,
    "matrix": _matrices,
    "polynomial": equal_values,
    "relation": equal_values,
    "expression": _numbers,
}
"""What compares the golds of each type with replies."""


def type_of(gold: Json, declared: Declared | None = None) -> AnswerType:
    """Return the type a gold answer has: by its JSON type, else by what its text can only be, else by its form.

    Raises:
        Malformed: for text that is neither mathematics nor words, nor of any other type.
    """
    known = special_type(gold, declared or NOTHING)
    return known if known is not None else answer_type(parse_answer(gold, gold=True))


def special_type(gold: Json, declared: Declared) -> AnswerType | None:
    """Return the type of a gold that is not to be compared by its mathematical form, None for one that is."""
    if declared.choices:
        return "choice"
    if not isinstance(gold, str):
        return _json_type(gold)
    text = gold.strip().strip("$").strip()
    if _word(text).lower() in _TRUTHS:
        return "boolean"
    if text[:1] == "{" and _is_mapping(text):
        return "mapping"
    if text[:2] in ("[[", "[ ") or "\n" in text or "\\begin" in text:
        return _rows_type(text)
    if is_named_time(text):
        return "time"
    if not any(map(str.isdigit, text)) or len(text) > 300:
        return None
    if looks_like_date(text):
        return "date"
    if looks_like_time(text):
        return "time"
    if looks_like_duration(text):
        return "duration"
    return "quantity" if looks_like_quantity(text) else None


def _word(text: str) -> str:
    found = re.fullmatch(r"\\text(?:bf)?\s*\{([^{}]*)\}", text)
    return (found[1] if found else text).strip(" .")


def _json_type(gold: Json) -> AnswerType:
    if isinstance(gold, bool):
        return "boolean"
    if isinstance(gold, int):
        return "integer"
    if isinstance(gold, float):
        return "decimal"
    if isinstance(gold, dict):
        return "mapping"
    rows = isinstance(gold, list) and len(gold) > 0 and all(isinstance(row, list) and row for row in gold)
    return "grid" if rows and len({len(row) for row in gold}) == 1 else "sequence"


def _is_mapping(text: str) -> bool:
    """Say whether a text in braces is made of pairs alone, and is no set described by a condition."""
    try:
        found = pairs(text)
    except Malformed:
        return False
    keys = all(re.fullmatch(r"-?\d+|\w{2,}|[\w -]{2,}|[A-Za-z]", key) for key, _ in found)
    return bool(found) and keys and ":" in text and not (len(found) == 1 and re.search(r"[<>=]|\\", found[0][1]))


def _rows_type(text: str) -> AnswerType | None:
    """Return "grid" for a JSON list of lists or lines of equal length, "matrix" for a LaTeX matrix alone."""
    if "\\begin" in text:
        return (
            "matrix"
            if re.fullmatch(r"\\begin\{[a-uw-zA-UW-Z]?matrix\*?\}.*\\end\{[a-zA-Z]*matrix\*?\}", text, re.S)
            else None
        )
    try:
        rows = read_grid(text)
        if "\n" not in text and (opened(text)[0] != "[" or not isinstance(json.loads(text), list)):
            return None
    except (Malformed, ValueError, RecursionError):
        return None
    return "grid" if len(rows) > 1 and (len(rows[0]) > 1 or text[0] == "[") else None


def answer_type(answer: Answer) -> AnswerType:
    """Return the type an answer has by its form."""
    node = answer.node
    if node is None:
        return "word"
    if node.op == "seq":
        return "set" if node.leaf == "{}" else "interval" if node.leaf in ("(]", "[)") else "sequence"
    if node.op in ("rel", "matrix", "union"):
        return {"rel": "relation", "matrix": "matrix", "union": "interval"}[node.op]  # type: ignore[return-value]
    known = exact(node)
    return "expression" if known is None else "integer" if known.denominator == 1 else "rational"


def fits(answer: Answer, wanted: AnswerType) -> bool:
    """Say whether an answer may be of a type that is compared by form; the other types read their texts themselves."""
    found = answer_type(answer)
    node = answer.node
    if wanted in ("integer", "rational", "decimal", "percent"):
        known = exact(node) if node is not None else None
        if node is not None and known is None and wanted == "decimal":
            return value(node) is not None
        return known is not None and (wanted != "integer" or known.denominator == 1)
    if wanted == "interval":
        return found in ("interval", "relation", "set") or (node is not None and node.op in ("seq", "minus", "cap"))
    if wanted == "polynomial":
        return node is not None and _is_polynomial(node.args[-1] if node.op == "rel" else node)
    return wanted not in ("relation",) or found == wanted or (node is not None and node.op == "seq")


def _is_polynomial(node: Node) -> bool:
    """Say whether a tree is made of sums, products and whole powers, and divided by numbers alone."""
    for part in walk(node):
        named = any(inner.op == "sym" for inner in walk(part))
        if named and part.op not in _POLYNOMIAL:
            return False
        if part.op in ("^", "/") and any(inner.op == "sym" for inner in walk(part.args[1])):
            return False
        if part.op == "^" and any(inner.op == "sym" for inner in walk(part.args[0])):
            power = exact(part.args[1])
            if power is None or power.denominator != 1 or power < 0:
                return False
    return True
