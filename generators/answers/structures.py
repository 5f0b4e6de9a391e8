"""Answers made of parts: sequences, tuples, sets, multisets, mappings. Not the parts' own values (values), no grids.

Law: the parts of both sides are found by the same splitting and none is dropped; only what the problem declared (order,
symmetry) or the type means (a set) lets them stand elsewhere. Quotes, and the outermost brackets, carry no meaning, but
braces mean a set and are no sequence. Inside a gold that is JSON, lists are lists whatever their brackets.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from generators.answers.declared import Declared
from generators.answers.maths.typed import normal_text
from generators.answers.reading.extract import MAX_ANSWER_CHARS
from generators.answers.values import equal_values
from generators.malformed import Malformed

MAX_PARTS = 64
"""Parts that are compared in every order when they are not integers; longer lists are beyond the limit."""
MAX_NESTED = 8

_MARK = re.compile(
    r"\"[^\"\n]*\"|\\[{}]|\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\text\{\s*and\s*\}|\\[lr]angle(?![A-Za-z])|\\to(?![A-Za-z])|\\.|->|[()\[\]{},;:=→\n]"
    r"|\band\b"
)
_OPEN = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "\\langle": "\\rangle"}
_CLOSE = frozenset(_OPEN.values())
_LEFT = re.compile(r"\\(?:left|right)(?![A-Za-z])\s*")
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_JOINING = ("and", "\\text{and}")
_NAMING = (":", "->", "\\to", "→", "=")
_EMPTY = frozenset(("", "\\emptyset", "\\varnothing", "∅"))


def split(text: str, separators: Sequence[str] = (",", ";", *_JOINING)) -> list[str]:
    """Return the parts of a text between separators outside of brackets and quotes, stripped; a trailing one ends it.

    Raises:
        Malformed: when brackets do not close, an inner part is empty, or the text is over a limit.
    """
    if len(text) > MAX_ANSWER_CHARS:
        raise Malformed(f"answer over {MAX_ANSWER_CHARS} characters", text[:100])
    parts, begin, depth = [], 0, 0
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark in _OPEN or mark.startswith("\\begin"):
            depth += 1
        elif mark in _CLOSE or mark.startswith("\\end{"):
            depth -= 1
        elif depth == 0 and (mark in separators or ("and" in mark and mark[0] != '"' and "and" in separators)):
            parts.append(text[begin : match.start()].strip())
            begin = match.end()
    if depth:
        raise Malformed("brackets do not match", text[:100])
    last = text[begin:].strip()
    if last:
        parts.append(last)
    merged = [part for k, part in enumerate(parts) if part or not _before_and(text, parts, k)]
    if not all(merged):
        raise Malformed("an empty part", text[:100])
    return merged


def _before_and(text: str, parts: list[str], k: int) -> bool:
    """Say whether an empty part is only what stands between the comma and the "and" of a list in words."""
    return 0 < k == len(parts) - 2 and re.search(r",\s*(?:\\text\{\s*)?and\b", text) is not None


def opened(text: str) -> tuple[str, str]:
    """Return the brackets that enclose all of a text, "" where none do, and what stands within."""
    text = _LEFT.sub("", text).strip()
    for bracket, closing in _OPEN.items():
        if text.startswith(bracket) and text.endswith(closing) and len(text) >= len(bracket) + len(closing):
            inner = text[len(bracket) : len(text) - len(closing)]
            return (bracket.lstrip("\\"), inner.strip()) if _encloses(text, bracket) else ("", text)
    return "", text


def _encloses(text: str, bracket: str) -> bool:
    depth = 0
    for match in _MARK.finditer(text):
        depth += (match[0] in _OPEN) - (match[0] in _CLOSE)
        if depth == 0 and match[0] in _CLOSE:
            return match.end() == len(text)
    return False


def items(text: str) -> tuple[str, list[str]]:
    """Return the brackets and the parts of a list: between commas, semicolons or "and", lines, or bare integers.

    Raises:
        Malformed: for brackets that do not close, an empty part, or a limit exceeded.
    """
    bracket, inner = opened(text)
    if inner in _EMPTY or (inner == text.strip() and inner.strip("$") in _EMPTY):
        return bracket, []
    parts = split(inner)
    if len(parts) == 1 and "\n" in inner:
        parts = [part for part in split(inner, ("\n",)) if part]
    if len(parts) == 1 and ("->" in inner or "→" in inner):
        parts = split(inner, ("->", "→"))
    if len(parts) == 1 and " " in inner:
        words = inner.split()
        parts = words if all(map(_INTEGER.fullmatch, words)) else parts
    return bracket, parts


def equal_items(gold: str, given: str, declared: Declared, *, free: bool = False, depth: int = 0) -> bool:
    """Say whether two parts are equal: as integers, values, text, or again as lists or mappings; `free` frees brackets.

    Raises:
        Malformed: when they are nested too deeply.
    """
    if depth > MAX_NESTED:
        raise Malformed(f"nested deeper than {MAX_NESTED}")
    gold, given = unquoted(gold), unquoted(given)
    if gold == given:
        return True
    if _INTEGER.fullmatch(gold) and _INTEGER.fullmatch(given) and declared.tolerance is None:
        return int(gold) == int(given)
    try:
        if equal_values(gold, given, declared):
            return True
    except Malformed:
        if _alike(gold, given):
            return True
    return _equal_nested(gold, given, declared, free, depth + 1)


def _equal_nested(gold: str, given: str, declared: Declared, free: bool, depth: int) -> bool:
    outer, inner = opened(gold), opened(given)
    if not outer[0] or not inner[0] or (not free and outer[0] != inner[0]):
        return False
    try:
        if outer[0] == "{" == inner[0] and ":" in gold:
            return _equal_pairs(pairs(gold), pairs(given), declared, free, depth)
        golds, givens = split(outer[1]), split(inner[1])
    except Malformed:
        return False
    if len(golds) != len(givens) or "{" in (outer[0], inner[0]) or golds == [gold]:
        return False
    return all(equal_items(a, b, declared, free=free, depth=depth) for a, b in zip(golds, givens, strict=True))


def unquoted(text: str) -> str:
    """Return a part without the quotes or dollars round all of it."""
    text = text.strip()
    for mark in ('"', "'", "$"):
        if len(text) > 2 and text[0] == mark == text[-1] and mark not in text[1:-1]:
            return text[1:-1].strip()
    return text


def _alike(gold: str, given: str) -> bool:
    try:
        return normal_text(gold).casefold() == normal_text(given).casefold() != ""
    except Malformed:
        return False


def _is_json(text: str) -> bool:
    if text[:1] not in ("[", "{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


Equal = Callable[[int, int], bool]


def equal_sequences(gold: str, given: str, declared: Declared) -> bool:
    """Compare lists in order, or in the orders that the problem declared.

    Raises:
        Malformed: when the given one is no list.
    """
    brackets, golds = items(gold)
    bracket, givens = items(given)
    if bracket == "{" != brackets:
        return False
    if declared.order == "any":
        return _same_multiset(golds, givens, declared, free=_is_json(gold))
    return _same_order(golds, givens, declared, free=_is_json(gold))


def equal_multisets(gold: str, given: str, declared: Declared) -> bool:
    """Compare collections in any order, each part as often as it stands.

    Raises:
        Malformed: when the given one is no list.
    """
    return _same_multiset(_collected(gold), _collected(given), declared, free=_is_json(gold))


def _collected(text: str) -> list[str]:
    """Return the parts of a collection: in braces, as a JSON list, or bare; round brackets mean an order."""
    bracket, parts = items(text)
    if bracket == "(" and len(parts) > 1:
        raise Malformed("a tuple, no set", text[:100])
    return parts


def equal_sets(gold: str, given: str, declared: Declared) -> bool:
    """Compare collections in any order; a reply that repeats a part is no set, a repetition in the gold is one part.

    Raises:
        Malformed: when the given one is no list.
    """
    golds, givens, free = _collected(gold), _collected(given), _is_json(gold)
    if gold == given:
        return True
    if len(set(givens)) < len(givens):
        return False
    distinct: list[str] = []
    integers = _integers(golds)
    if integers is not None:
        distinct = [str(number) for number in dict.fromkeys(integers)]
    elif len(golds) <= MAX_PARTS:
        for part in golds:
            if not any(equal_items(part, other, declared, free=free) for other in distinct):
                distinct.append(part)
    else:
        distinct = golds
    return _same_multiset(distinct, givens, declared, free=free)


def _integers(parts: list[str]) -> list[int] | None:
    plain = [unquoted(part) for part in parts]
    return [int(part) for part in plain] if all(map(_INTEGER.fullmatch, plain)) else None


def _same_multiset(golds: list[str], givens: list[str], declared: Declared, *, free: bool) -> bool:
    if len(golds) != len(givens):
        return False
    wanted, found = _integers(golds), _integers(givens)
    if wanted is not None and found is not None and declared.tolerance is None:
        return Counter(wanted) == Counter(found)
    if len(golds) > MAX_PARTS:
        if Counter(golds) == Counter(givens):
            return True
        raise Malformed(f"over {MAX_PARTS} parts in any order")
    rest = list(givens)
    for part in golds:
        fit = next((other for other in rest if equal_items(part, other, declared, free=free)), None)
        if fit is None:
            return False
        rest.remove(fit)
    return True


def _same_order(golds: list[str], givens: list[str], declared: Declared, *, free: bool) -> bool:
    if len(golds) != len(givens):
        return False
    wanted, found = _integers(golds), _integers(givens)
    if wanted is not None and found is not None and declared.tolerance is None:
        return any(wanted == line for line in _turned(found, declared.symmetry)) or (
            declared.symmetry in ("rotation", "dihedral")
            and any(_is_rotation(wanted, line) for line in _turned(found, declared.symmetry))
        )

    @cache
    def equal(k: int, other: int) -> bool:
        return equal_items(golds[k], givens[other], declared, free=free)

    size = len(golds)
    turns = range(size) if declared.symmetry in ("rotation", "dihedral") and size else range(1)
    if len(turns) > MAX_PARTS:
        raise Malformed(f"over {MAX_PARTS} parts in any rotation")
    lines = _turned(list(range(size)), declared.symmetry)
    return any(all(equal(k, line[(k + turn) % size]) for k in range(size)) for line in lines for turn in turns)


def _turned(line: list[int], symmetry: str) -> tuple[list[int], ...]:
    return (line, line[::-1]) if symmetry in ("reversal", "dihedral") else (line,)


def _is_rotation(wanted: list[int], found: list[int]) -> bool:
    """Say whether a list is another one turned, in linear time.

    Source: Knuth, Morris & Pratt 1977 (SIAM J. Comput. 6): `wanted` is searched in `found` written twice.
    """
    fail, matched = [0] * len(wanted), 0
    for k in range(1, len(wanted)):
        while matched and wanted[k] != wanted[matched]:
            matched = fail[matched - 1]
        matched += wanted[k] == wanted[matched]
        fail[k] = matched
    matched = 0
    for number in found + found:
        while matched and number != wanted[matched]:
            matched = fail[matched - 1]
        matched += number == wanted[matched]
        if matched == len(wanted):
            return True
    return not wanted


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the (key, value) texts of a mapping: JSON, Python, `a: 1, b: 2`, lines, or arrows.

    Raises:
        Malformed: for a part without a colon or arrow, or a key that stands twice.
    """
    bracket, inner = opened(text)
    if bracket not in ("", "{"):
        raise Malformed("not a mapping", text[:100])
    if inner in _EMPTY:
        return []
    parts = split(inner, (",", ";"))
    if len(parts) == 1 and "\n" in inner:
        parts = split(inner, ("\n",))
    found = []
    for part in parts:
        sides = next((sides for mark in _NAMING if len(sides := split(part, (mark,))) == 2), None)
        if sides is None:
            raise Malformed("not a mapping", text[:100])
        found.append((unquoted(sides[0]), sides[1]))
    if len({key for key, _ in found}) < len(found):
        raise Malformed("a key stands twice", text[:100])
    return found


def equal_mappings(gold: str, given: str, declared: Declared) -> bool:
    """Compare mappings: the same keys in any order, each with an equal value.

    Raises:
        Malformed: when the given one is no mapping.
    """
    return _equal_pairs(pairs(gold), pairs(given), declared, _is_json(gold), 0)


def _equal_pairs(
    golds: list[tuple[str, str]], givens: list[tuple[str, str]], declared: Declared, free: bool, depth: int
) -> bool:
    if len(golds) != len(givens):
        return False
    rest = dict(givens)
    for key, wanted in golds:
        if key not in rest:
            if len(golds) > MAX_PARTS:
                return False
            near = (other for other in rest if equal_items(key, other, Declared(), free=free, depth=depth))
            found = next(near, None)
        else:
            found = key
        if found is None or not equal_items(wanted, rest.pop(found), declared, free=free, depth=depth):
            return False
    return True
