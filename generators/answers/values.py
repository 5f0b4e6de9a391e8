"""Equality of two answer texts as values, at the precision a problem declares. Not their reading (answers), no types.

Law: exact unless the problem declared a tolerance or a precision; both texts are then compared at that alone.
"""

from fractions import Fraction

from generators.answers.declared import NOTHING, Declared
from generators.answers.language.exact import magnitude
from generators.answers.language.nodes import Node
from generators.answers.maths.equality import equal_answers, hundredth
from generators.answers.maths.symbolic import value
from generators.answers.maths.typed import Answer, marks_conflict, parse_answer


def equal_values(gold: str, given: str, declared: Declared = NOTHING) -> bool:
    """Say whether two answer texts have the same value.

    Raises:
        Malformed: when one of them cannot be read or is beyond a limit.
    """
    wanted, found = parse_answer(gold, gold=True), parse_answer(given)
    if declared.unit == "required" and wanted.unit and not found.unit:
        return False
    if declared.loose and wanted.node is not None and found.node is not None:
        return _near_answers(wanted, found, declared)
    return equal_answers(wanted, found)


def _near_answers(gold: Answer, given: Answer, declared: Declared) -> bool:
    assert gold.node is not None and given.node is not None
    if declared.unit != "ignored" and marks_conflict(gold, given):
        return False
    if gold.percent == given.percent:
        return _near(gold.node, given.node, declared)
    if given.percent:
        return _near(gold.node, hundredth(given.node), declared)
    return _near(gold.node, given.node, declared) or _near(hundredth(gold.node), given.node, declared)


def _near(gold: Node, given: Node, declared: Declared) -> bool:
    """Compare numbers at the declared precision, the numbers of lists and matrices each, all else exactly."""
    gold, given = _bare(gold), _bare(given)
    wanted, found = value(gold), value(given)
    if wanted is not None and found is not None:
        return close(wanted, found, declared)
    if (gold.op, gold.leaf, len(gold.args)) == (given.op, given.leaf, len(given.args)) and gold.op in _LISTS:
        return all(_near(a, b, declared) for a, b in zip(gold.args, given.args, strict=True))
    return equal_answers(Answer("", gold, None), Answer("", given, None))


_LISTS = ("seq", "matrix")


def _bare(node: Node) -> Node:
    """Return the value of `name = value`."""
    return node.args[1] if node.op == "rel" and node.leaf == "=" and node.args[0].op == "sym" else node


def close(gold: Fraction, given: Fraction, declared: Declared) -> bool:
    """Say whether two numbers agree at the declared tolerance, digits or places; a tie rounds either way."""
    margin = declared.margin(gold)
    if margin is not None:
        return abs(gold - given) <= margin
    if declared.digits is not None:
        unit = max(abs(gold), abs(given))
        if unit == 0 or gold == given:
            return gold == given
        return bool(
            _rounded(gold, magnitude(gold) - declared.digits + 1)
            & _rounded(given, magnitude(given) - declared.digits + 1)
        )
    if declared.places is not None:
        return bool(_rounded(gold, -declared.places) & _rounded(given, -declared.places))
    return gold == given


def _rounded(number: Fraction, place: int) -> set[Fraction]:
    """Return a number rounded to a power of ten, up and down where it lies half way."""
    unit = Fraction(10) ** place
    parts = number / unit
    low = parts.numerator // parts.denominator
    rest = parts - low
    half = Fraction(1, 2)
    return {step * unit for step, kept in ((low, rest <= half), (low + 1, rest >= half)) if kept}
