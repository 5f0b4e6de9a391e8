"""Equality of two read answers: structure first, then values. Not their reading (answers, latex), no verdicts (grade).

Law: symmetric up to the direction of a policy (percent signs, plus-minus, chains); exact where it can be.
"""

import re
from functools import partial
from typing import Any

from generators.answers.language.exact import exact
from generators.answers.language.nodes import Node, number, walk
from generators.answers.maths.maths_words import SYNONYMS, counting
from generators.answers.maths.names import bound_alike, constants, same_variable, without_constant
from generators.answers.maths.parameters import equal_parametric, parametric, periodic
from generators.answers.maths.ranges import SETS, Interval, intervals
from generators.answers.maths.relations import (
    STRUCTURES,
    cleared,
    contradicts,
    excluding,
    expanded,
    forward,
    has_signs,
    is_chain,
    last_side,
    named,
    numbered,
    residue,
    same_name,
    shortened,
    solutions,
    stated_side,
    states_value,
    tupled,
    unknowns,
    unnamed,
)
from generators.answers.maths.symbolic import approximates, is_constant, proportional, refuse_large, same, sample
from generators.answers.maths.typed import Answer, marks_conflict, meant
from generators.answers.maths.vectors import components, entries
from generators.malformed import Malformed

MAX_UNORDERED = 24
"""Parts of a set that are compared in every order; a larger one is compared by its text."""
_FEW = 4
_HUNDRED = number(100)
_DEGREE = Node("/", (Node("const", (), "pi"), number(180)))
_CONVERTED = {("dollar", "cent"): _HUNDRED, ("cent", "dollar"): Node("/", (number(1), _HUNDRED))}
"""What a value with the gold's unit is multiplied by to have the given one's."""
_CUSTOM = re.compile(r"(?<!\\)C|(?<![A-Za-z\\])c(?![A-Za-z])|A_|P\(")
"""Letters that may count or be arbitrary constants."""
_DRESSED = frozenset(("rel", "class", "seq", "*"))
"""Operators of trees that may hold a name or a calculation."""


def equal_answers(gold: Answer, given: Answer) -> bool:
    """Say whether two answers agree in value, structure, percent sign and unit.

    Raises:
        Malformed: when one of them is beyond a limit.
    """
    if gold.node is None or given.node is None:
        if gold.words is not None and given.words is not None and _worded(gold.words) == _worded(given.words):
            return True
        gold, given = meant(gold), meant(given)
        if gold.node is None or given.node is None:
            return False
    if gold.unit or given.unit:
        units = (gold.unit, given.unit)
        if units in _CONVERTED:
            return _equal(Node("*", (gold.node, _CONVERTED[units])), given.node)
        if "degree" in units and "" in units and not gold.percent and not given.percent and _in_radians(gold, given):
            return True
    if marks_conflict(gold, given):
        return False
    if gold.node == given.node and gold.percent == given.percent:
        return True
    refuse_large(gold.node, given.node)
    if "pi" in gold.text or "\\in" in gold.text or "\\in" in given.text:
        runs, others = (parametric(node) or periodic(node) for node in (gold.node, given.node))
        if runs is not None and others is not None and equal_parametric(runs, others, _equal):
            return True
    if given.percent != gold.percent:
        if given.percent:
            return _equal(gold.node, hundredth(given.node))
        return _equal(gold.node, given.node) or _equal(hundredth(gold.node), given.node)
    return _equal(gold.node, given.node) or _equal_rounded(gold, given) or _equal_by_custom(gold, given)


def _equal_rounded(gold: Answer, given: Answer) -> bool:
    """Say whether the gold is what a reply rounds its value to: 0.33 of 1/3 ~ 0.33."""
    if (
        given.rounded is None
        or gold.node is None
        or given.node is None
        or gold.node.op not in ("decimal", "num", "neg")
    ):
        return False
    return exact(gold.node) == exact(given.rounded) and not contradicts(Node("rel", (given.node, given.rounded), "="))


def _equal_by_custom(gold: Answer, given: Answer) -> bool:
    """Say whether two answers agree where C_n^k or P(5, 3) counts, and a constant has another name than C."""
    if gold.node is None or given.node is None or not (_CUSTOM.search(gold.text) or _CUSTOM.search(given.text)):
        return False
    one, other = counting(gold.node, given.node), counting(given.node, gold.node)
    if (one, other) != (gold.node, given.node) and _equal(one, other):
        return True
    return any(_equal(one, form) or _equal_but_for_constant(one, form) for form in constants(one, other))


def _equal_but_for_constant(gold: Node, given: Node) -> bool:
    """Say whether two antiderivatives, perhaps with the same name, differ by a constant that their C takes up."""
    if gold.op == given.op == "rel" and gold.leaf == given.leaf == "=" and gold.args[0] == given.args[0]:
        gold, given = gold.args[1], given.args[1]
    found = None if {gold.op, given.op} & STRUCTURES else without_constant(gold, given)
    return found is not None and is_constant(*found)


def _worded(words: str) -> str:
    return SYNONYMS.get(words, words)


def _in_radians(gold: Answer, given: Answer) -> bool:
    """Say whether an angle in degrees is one with pi, in radians."""
    angle, other = (gold.node, given.node) if gold.unit else (given.node, gold.node)
    if angle is None or other is None or not any(part.leaf == "pi" for part in walk(other)):
        return False
    return angle.op not in STRUCTURES and other.op not in STRUCTURES and same(Node("*", (angle, _DEGREE)), other)


def hundredth(node: Node) -> Node:
    """Return the hundredth of a value, or of what a chain ends with: what a percent sign makes of it.

    Behind a rounding the sign is the rounding's own: 1/6 ~ 16.7% says 1/6.
    """
    if node.op == "rel" and is_chain(node):
        rounded = str(node.leaf).endswith("~")
        node = last_side(node)
        if rounded:
            return node
    return Node("/", (node, _HUNDRED))


def _equal(gold: Node, given: Node) -> bool:
    """Say whether two trees are the same answer: structure first, then values."""
    if gold == given:
        return True
    if "counted" in (gold.op, given.op):
        return _equal_counted(gold, given)
    gold, given = _aligned(gold, given)
    if has_signs(gold) or has_signs(given):
        return _matched(expanded(gold), expanded(given))
    if gold.op not in STRUCTURES and given.op not in STRUCTURES:
        if not (_is_value(gold) and _is_value(given)):
            return gold == given
        return same(gold, given) or approximates(given, gold) or approximates(gold, given)
    if gold.op != given.op:
        return _equal_ranges(gold, given) or _equal_grids(gold, given) or _equal_unlike(gold, given)
    if gold.op == "rel":
        return _equal_relations(gold, given) or _equal_ranges(gold, given)
    if gold.op == "seq":
        said = "rel" in {part.op for part in (*gold.args, *given.args)}
        return _equal_sequences(gold, given) or (said and _equal_ranges(gold, given))
    if gold.op in ("union", "cap", "minus"):
        alike = _matched if gold.op in ("union", "cap") else _equal_parts
        return alike(gold.args, given.args) or _equal_ranges(gold, given)
    if gold.op in ("builder", "forall", "exists"):
        if _equal_parts(gold.args, given.args) or _equal_ranges(gold, given):
            return True
        return any(_equal_parts(gold.args, form.args) for form in bound_alike(gold, given))
    if gold.op == "class":
        return _equal(gold.args[1], given.args[1]) and _congruent(gold, given)
    if gold.op == "matrix" and gold.leaf == given.leaf == "cases":
        return _matched(gold.args, given.args)
    return gold.leaf == given.leaf and _equal_parts(gold.args, given.args)


def _equal_counted(gold: Node, given: Node) -> bool:
    """Compare numbers of things; a thing that stands on one side alone says nothing."""
    if gold.op == given.op and gold.leaf != given.leaf:
        return False
    return _equal(*(node.args[0] if node.op == "counted" else node for node in (gold, given)))


def _equal_unlike(gold: Node, given: Node) -> bool:
    """Compare a ratio with a quotient, a column with a vector, a set of one with its value, a class with a member."""
    if gold.op == "class":
        return given.op not in STRUCTURES and _equal(gold.args[0], given)
    part, whole = (given, gold) if gold.leaf in (":", "()", "{}") or gold.op == "matrix" else (gold, given)
    parts = entries(whole)
    if part.op not in STRUCTURES and parts:
        found = components(part, len(parts))
        return found is not None and _equal_parts(parts, found)
    if part.op not in STRUCTURES and whole.leaf == "{}" and len(whole.args) == 1:
        return _is_value(part) and _equal(whole.args[0], part)
    if whole.op == "seq" and whole.leaf == ":" and len(whole.args) == 2 and part.op not in STRUCTURES:
        return _equal(Node("/", whole.args), part)
    if {whole.op, part.op} == {"matrix", "seq"} and "()" in (part.leaf, whole.leaf):
        return bool(parts) and _equal_parts(parts, entries(part))
    return False


def _congruent(gold: Node, given: Node) -> bool:
    """Say whether two numbers leave the same remainder by the gold's modulus."""
    one, modulus, other = exact(gold.args[0]), exact(gold.args[1]), exact(given.args[0])
    if one is None or not modulus or other is None:
        return _equal(gold.args[0], given.args[0])
    return (one - other) % modulus == 0


def _equal_parts(golds: tuple[Node, ...], givens: tuple[Node, ...]) -> bool:
    return len(golds) == len(givens) and all(_equal(a, b) for a, b in zip(golds, givens, strict=True))


def _aligned(gold: Node, given: Node) -> tuple[Node, Node]:
    """Strip names and calculations where only one side has them, and the steps before the last sign of a chain."""
    if gold.op not in _DRESSED and given.op not in _DRESSED:
        return gold, given
    gold, given = shortened(gold), shortened(given)
    if gold.leaf == "!=" or given.leaf == "!=":
        gold, given = excluding(gold), excluding(given)
    if gold.op == "rel" and given.op == "rel":
        given = same_variable(gold, given)
        if gold.leaf == given.leaf == "=" and same_name(gold.args[0], given.args[0]):
            return gold.args[-1], given.args[-1]
    elif gold.op == "class" or given.op == "class":
        return residue(gold), residue(given)
    if given.op == "seq" or gold.op == "seq":
        gold, given = solutions(gold), solutions(given)
    if given.op == "rel" and gold.op != "rel" and is_chain(given) and states_value(given):
        given = stated_side(gold, given)
    elif gold.op == "rel" and given.op != "rel" and named(gold) and gold.leaf == "=":
        gold = gold.args[1]
    if gold.op == given.op == "seq":
        return _unnamed_lists(gold, given)
    return gold, given


def _unnamed_lists(gold: Node, given: Node) -> tuple[Node, Node]:
    """Strip the names of listed values where only one list has them."""
    gold, given = (Node("seq", tuple(map(shortened, node.args)), node.leaf) for node in (gold, given))
    gold_named = any(part.op == "rel" for part in gold.args)
    given_named = any(part.op == "rel" for part in given.args)
    if "()" in (gold.leaf, given.leaf):
        return gold, given
    one_name = unnamed(gold), unnamed(given)
    leaves = {one_name[0].leaf, one_name[1].leaf}
    alike = leaves == {"{}"} and gold.args[0].args[:1] == given.args[0].args[:1]
    listed = gold if gold_named else given
    stems = {str(part.args[0].leaf).partition("_")[0] for part in listed.args if part.op == "rel"}
    if gold_named != given_named and "{}" in (gold.leaf, given.leaf) and len(stems) > 1:
        return (tupled(gold), given) if gold_named else (gold, tupled(given))  # x = 1, y = 2 is no set
    if gold_named != given_named or alike or (leaves == {"{}", ""} and numbered(gold, given)):
        return one_name
    return gold, given


def _equal_ranges(gold: Node, given: Node) -> bool:
    """Compare an inequality, a membership, an interval or a union of them by their intervals."""
    if gold.op not in SETS or given.op not in SETS:
        return False
    if gold.op == given.op == "rel" and not {gold.leaf, given.leaf} & {"in", "!="}:
        return False
    golds, givens = intervals(gold), intervals(given)
    if golds is None or givens is None or len(golds) != len(givens):
        return False
    if len(unknowns(gold) | unknowns(given)) > 1:
        return False
    rest = list(givens)
    for wanted in golds:
        fit = next((one for one in rest if _equal_intervals(wanted, one)), None)
        if fit is None:
            return False
        rest.remove(fit)
    return True


def _equal_intervals(gold: Interval, given: Interval) -> bool:
    same_ends = (gold[1], gold[3]) == (given[1], given[3])
    return same_ends and _equal(gold[0], given[0]) and _equal(gold[2], given[2])


def _equal_grids(gold: Node, given: Node) -> bool:
    """Compare a matrix with a list of its rows."""
    grid, rows = (gold, given) if gold.op == "matrix" else (given, gold)
    if grid.op != "matrix" or rows.op != "seq" or grid.leaf is not None:
        return False
    lists = all(row.op == "seq" and row.leaf in ("[]", "()", "{}") for row in rows.args)
    return lists and _equal_parts(
        tuple(Node("seq", row.args, "row") for row in grid.args),
        tuple(Node("seq", row.args, "row") for row in rows.args),
    )


def _equal_relations(gold: Node, given: Node) -> bool:
    """Compare relations up to the direction of writing and a constant factor."""
    gold, given = forward(gold), forward(given)
    if gold.leaf != given.leaf:
        return False
    if gold.leaf not in ("=", "<", "<=", "!="):
        return _equal_parts(gold.args, given.args)
    if any(side.op in STRUCTURES or not _is_value(side) for tree in (gold, given) for side in tree.args):
        swapped = gold.leaf in ("=", "!=") and _equal_parts(gold.args, given.args[::-1])
        return swapped or _equal_parts(gold.args, given.args)
    one, other = _difference(gold), _difference(given)
    if proportional(one, other, positive=gold.leaf in ("<", "<=")):
        return True
    tops = cleared(one), cleared(other)
    return gold.leaf == "=" and tops != (None, None) and proportional(tops[0] or one, tops[1] or other)


def _difference(node: Node) -> Node:
    return Node("+", (node.args[1], Node("neg", (node.args[0],))))


def _equal_sequences(gold: Node, given: Node) -> bool:
    """Compare lists, tuples, intervals and sets: same length, same brackets, sets and solutions in any order."""
    if "{}" in (gold.leaf, given.leaf):
        return {gold.leaf, given.leaf} <= {"{}", ""} and _matched(gold.args, given.args)
    if gold.leaf == given.leaf == ":":
        return _proportions(gold.args, given.args)
    if {gold.leaf, given.leaf} == {"", "()"}:
        one, other = tupled(gold), tupled(given)
        return one.leaf == other.leaf and _equal_parts(one.args, other.args)
    if gold.leaf != given.leaf:
        return False
    if gold.leaf == "" and _are_named(gold.args) and _are_named(given.args):
        return _matched(gold.args, given.args)
    if gold.leaf == "" and all(part.op in ("seq", "rel") for part in gold.args):
        golds, givens = (tuple(dict.fromkeys(map(tupled, node.args))) for node in (gold, given))
        return _matched(golds, givens) or _matched(gold.args, given.args)
    if gold.leaf == "()" and any(part.op == "rel" for part in (*gold.args, *given.args)):
        return _equal_parts(tupled(gold).args, tupled(given).args) or _matched(gold.args, given.args)
    return _equal_parts(gold.args, given.args)


def _are_named(parts: tuple[Node, ...]) -> bool:
    """Say whether all parts are numbers of different things."""
    return all(part.op == "counted" for part in parts) and len({part.leaf for part in parts}) == len(parts)


def _proportions(golds: tuple[Node, ...], givens: tuple[Node, ...]) -> bool:
    """Compare ratios up to a common factor."""
    if len(golds) != len(givens):
        return False
    first = golds[0], givens[0]
    crossed = [(Node("*", (a, first[1])), Node("*", (b, first[0]))) for a, b in zip(golds, givens, strict=True)]
    return all(exact(node) != 0 for node in (*golds, *givens)) and all(_equal(a, b) for a, b in crossed[1:])


def _matched(golds: tuple[Node, ...], givens: tuple[Node, ...]) -> bool:
    """Say whether two collections hold equal answers in some order (equality is transitive: first fit suffices).

    The likeliest candidates are tried first: the one alike, then the nearest in value at one point.
    """
    if len(golds) != len(givens):
        return False
    if len(golds) > MAX_UNORDERED:
        raise Malformed(f"over {MAX_UNORDERED} answers in any order")
    rest = list(givens)
    values = {id(node): _sampled(node) for node in (*golds, *givens)} if len(golds) > _FEW else {}
    for gold in golds:
        if gold in rest:
            rest.remove(gold)
            continue
        if values:
            rest.sort(key=partial(_distance, values, gold))
        fit = next((given for given in rest if _equal(gold, given)), None)
        if fit is None:
            return False
        rest.remove(fit)
    return not rest


def _distance(values: dict[int, Any], gold: Node, given: Node) -> Any:
    return abs(values[id(given)] - values[id(gold)])


def _sampled(node: Node) -> Any:
    """Return a number to order candidates by: the value at one point, or nought where there is none."""
    if node.op in STRUCTURES or not _is_value(node) or has_signs(node):
        return 0
    try:
        return sample(node) or 0
    except Malformed:
        return 0


def _is_value(node: Node) -> bool:
    bare = node.args[0] if node.op == "neg" else node
    return not (bare.op == "const" and bare.leaf not in ("pi", "e", "i"))
