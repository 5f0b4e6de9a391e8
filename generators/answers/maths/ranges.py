"""Sets of numbers as intervals: inequalities, memberships, set builders, finite sets, and what joins them. No equality.

Law: two texts that hold the same numbers give the same intervals, in order and none touching another, wherever all
ends have a value; an interval whose ends have none stays as it was written.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cmp_to_key, lru_cache
from typing import Any

from generators.answers.language.nodes import Node, symbols
from generators.answers.maths.relations import FLIPPED, is_name, signs
from generators.answers.maths.symbolic import value
from generators.malformed import Malformed

MAX_INTERVALS = 8
SETS = frozenset(("union", "cap", "minus", "+", "builder", "seq", "const", "rel"))
"""Operators of trees that may stand for a set of real numbers."""
_INFINITE = Node("const", (), "inf")
_OPEN = {"()": (False, False), "[]": (True, True), "(]": (False, True), "[)": (True, False)}
_NEARLY = Fraction(1, 10**50)

Interval = tuple[Node, bool, Node, bool]
"""Lower end, whether it belongs, upper end, whether it belongs; a single number is both its ends."""
_LINE: Interval = (Node("neg", (_INFINITE,)), False, _INFINITE, False)


def intervals(node: Node) -> list[Interval] | None:
    """Return the intervals that an answer in one unknown stands for; None where it is no set of real numbers.

    Raises:
        Malformed: beyond MAX_INTERVALS, or when an end is beyond a limit.
    """
    found = _held(node)
    return None if found is None else _tidy(found)


def _held(node: Node) -> list[Interval] | None:
    if node.op in ("union", "cap", "minus"):
        return _joined(node)
    if node.op == "+" and node.args[1].op == "neg" and node.args[0].op == "const":
        return _joined(Node("minus", (node.args[0], node.args[1].args[0])))
    if node.op == "builder":
        variable, condition = node.args
        return _held(condition) if variable.op == "sym" and symbols(condition) == {str(variable.leaf)} else None
    if node.op == "seq" and node.leaf == "{}":
        return [(point, True, point, True) for point in node.args]
    if node.op == "seq" and node.leaf in ("", "()") and all(_is_bound(part) for part in node.args):
        return _joined(Node("cap", node.args)) or None  # x < 1, x > 2 says "or"
    if node.op == "seq" and len(node.args) == 2 and node.leaf in _OPEN:
        closed = _OPEN[str(node.leaf)]
        return [(node.args[0], closed[0], node.args[1], closed[1])]
    if node.op == "const":
        return {"RR": [_LINE], "emptyset": []}.get(str(node.leaf))
    return _from_relation(node) if node.op == "rel" else None


def _is_bound(node: Node) -> bool:
    """Say whether a relation leaves more than one value: an inequality or a membership."""
    return node.op == "rel" and "=" not in signs(node)


def _joined(node: Node) -> list[Interval] | None:
    """Carry out unions, intersections and differences of sets; None too where an inequality adds nothing.

    It is a second candidate, and candidates side by side are no answer: x < 3 or x < 5.
    """
    if len(node.args) > MAX_INTERVALS:
        raise Malformed(f"over {MAX_INTERVALS} intervals")
    parts = []
    for part in node.args:
        held = _held(part)
        if held is None:
            return None
        parts.append(held)
    if node.op != "union" and not all(_is_valued(one) for held in parts for one in held):
        return None
    total = _folded(node.op, parts)
    said = len(parts) > 1 and any(part.op == "rel" for part in node.args)
    if said and all(_is_valued(one) for one in total):
        whole = _tidy(total)
        if any(_tidy(_folded(node.op, parts[:k] + parts[k + 1 :])) == whole for k in range(len(parts))):
            return None
    return total


def _folded(op: str, parts: list[list[Interval]]) -> list[Interval]:
    total = parts[0]
    for part in parts[1:]:
        total = total + part if op == "union" else _shared(total, part if op == "cap" else _outside(_tidy(part)))
        if len(total) > MAX_INTERVALS:
            raise Malformed(f"over {MAX_INTERVALS} intervals")
    return total


def _from_relation(node: Node) -> list[Interval] | None:
    found = signs(node)
    if found == ["!="] and is_name(node.args[0]) and not symbols(node.args[1]):
        return _outside([(node.args[1], True, node.args[1], True)])
    if found == ["="] and is_name(node.args[0]) and not symbols(node.args[1]):
        return [(node.args[1], True, node.args[1], True)]
    if found == ["in"]:
        return _held(node.args[1]) if node.args[1].op != "rel" and is_name(node.args[0]) else None
    if not set(found) <= set(FLIPPED) or len({sign[0] for sign in found}) > 1:
        return None
    sides = list(node.args)
    if found[0][0] == ">":
        sides, found = sides[::-1], [FLIPPED[sign] for sign in found[::-1]]
    if len(sides) == 3 and symbols(sides[1]):
        return [(sides[0], found[0] == "<=", sides[2], found[1] == "<=")]
    if len(sides) != 2 or bool(symbols(sides[0])) == bool(symbols(sides[1])):
        return None
    closed = found[0] == "<="
    if symbols(sides[0]):
        return [(*_LINE[:2], sides[1], closed)] if is_name(sides[0]) else None
    return [(sides[0], closed, *_LINE[2:])] if is_name(sides[1]) else None


def _outside(parts: list[Interval]) -> list[Interval]:
    """Return what tidy intervals leave out of the line."""
    ends: list[tuple[Node, bool]] = [_LINE[:2]]
    for low, has_low, high, has_high in parts:
        ends += [(low, not has_low), (high, not has_high)]
    ends.append(_LINE[2:])
    return [(*low, *high) for low, high in zip(ends[::2], ends[1::2], strict=True) if _holds((*low, *high))]


def _shared(left: list[Interval], right: list[Interval]) -> list[Interval]:
    found = []
    for a in left:
        for b in right:
            low = max((a[:2], b[:2]), key=cmp_to_key(_from_below))
            high = min((a[2:], b[2:]), key=cmp_to_key(_from_above))
            if _holds((*low, *high)):
                found.append((*low, *high))
    return found


def _tidy(parts: list[Interval]) -> list[Interval]:
    """Return intervals in order, those that meet as one; as they are where an end has no value."""
    if len(parts) > MAX_INTERVALS:
        raise Malformed(f"over {MAX_INTERVALS} intervals")
    if len(parts) < 2 or not all(map(_is_valued, parts)):
        return parts
    parts = sorted(parts, key=cmp_to_key(_from_below))
    merged = parts[:1]
    for part in parts[1:]:
        last = merged[-1]
        gap = _order(part[0], last[2])
        if gap > 0 or (gap == 0 and not part[1] and not last[3]):
            merged.append(part)
        else:
            high = max(last[2:], part[2:], key=cmp_to_key(_from_above))
            merged[-1] = (*last[:2], *high)
    return merged


def _from_below(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Compare where two intervals begin: what holds its end begins earlier."""
    return _order(one[0], other[0]) or other[1] - one[1]


def _from_above(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Compare where two intervals end, of which only the end and whether it belongs are given."""
    return _order(one[0], other[0]) or one[1] - other[1]


_value = lru_cache(maxsize=256)(value)


def _holds(part: Interval) -> bool:
    """Say whether an interval holds any number."""
    order = _order(part[0], part[2])
    return order < 0 or (order == 0 and part[1] and part[3])


def _is_valued(part: Interval) -> bool:
    return all(_infinity(end) or _value(end) is not None for end in (part[0], part[2]))


def _infinity(end: Node) -> int:
    if end.op == "neg":
        return -_infinity(end.args[0])
    return int(end == _INFINITE)


def _order(left: Node, right: Node) -> int:
    """Compare two ends; values nearer than the last digits of an approximation are one; 0 where one has none."""
    if _infinity(left) != _infinity(right) or _infinity(left):
        return _infinity(left) - _infinity(right)
    one, other = _value(left), _value(right)
    if one is None or other is None or abs(one - other) <= _NEARLY * (1 + abs(one)):
        return 0
    return 1 if one > other else -1
