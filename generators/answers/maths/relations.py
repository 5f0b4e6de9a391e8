"""Relations as answers: names given a value, chains, solutions, plus-minus. Not intervals (ranges), not equality.

Law: what is taken off says nothing about the value: a name, the steps before the last sign of a chain.
"""

from fractions import Fraction
from itertools import pairwise

from generators.answers.language.exact import exact
from generators.answers.language.nodes import Node, number, symbols, walk
from generators.answers.maths.symbolic import stated, value
from generators.malformed import Malformed

STRUCTURES = frozenset(
    ("seq", "rel", "matrix", "union", "cap", "minus", "builder", "based", "class", "forall", "exists")
)
MAX_FRACTIONS = 8
_I = Node("const", (), "i")
_NEARLY = Fraction(1, 10**40)
_OPERATORS = frozenset(("opaque", "sum", "prod", "int"))
_INVERSE = Node("neg", (number(1),))
_FUNCTION_NAMES = frozenset("fghFGHPQRTW")
_UNKNOWNS = frozenset("xyztw")
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def signs(node: Node) -> list[str]:
    """Return the signs of a relation from left to right."""
    return str(node.leaf).split(" ")


def named(node: Node) -> bool:
    """Say whether a relation only gives a value to a name: a letter, f(x), a length AB, or a tuple of letters."""
    if node.op != "rel" or node.leaf not in ("=", "in", "equiv"):
        return False
    left = node.args[0]
    if left.op == "seq":
        return all(part.op == "sym" for part in left.args)
    return is_name(left)


def is_name(left: Node) -> bool:
    """Say whether an expression is a name: a letter, a function at a place, or a measure of capital letters."""
    if left.op == "sym" or (left.op in ("max", "min") and all(part.op == "sym" for part in left.args)):
        return True
    if left.op == "^" and left.args[0].op == "sym" and left.args[1] == _INVERSE:
        return str(left.args[0].leaf)[0].isupper()
    if left.op == "*" and left.args[1].op in ("sym", "num", "seq", "*", "neg", "+"):
        head = left.args[0].args[0] if left.args[0].op == "^" else left.args[0]
        if head.op == "sym" and str(head.leaf)[0] in _FUNCTION_NAMES:
            return True
    if left.op in ("abs", "/") and all(part.op == "sym" for part in left.args):
        return left.op == "/" or str(left.args[0].leaf) in "zw"
    parts = list(walk(left))
    return all(p.op in ("*", "/", "abs", "sym") and (p.op != "sym" or str(p.leaf)[0].isupper()) for p in parts)


def same_name(one: Node, other: Node) -> bool:
    """Say whether two different names are of one thing: y and f(x), x_{1,2} and x."""
    for left, right in ((one, other), (other, one)):
        if left.op == "*" and left.args[0].op == left.args[1].op == "sym" and right.leaf == "y":
            return str(left.args[0].leaf) in ("f", "g", "h") and left.args[1].leaf != "y"
        if left.op == right.op == "sym" and str(left.leaf).partition("_")[::2] == (right.leaf, "1,2"):
            return True
    return False


def numbered(gold: Node, given: Node) -> bool:
    """Say whether one list gives x_1, x_2 what the other gives x."""
    parts = (*gold.args, *given.args)
    if not all(part.op == "rel" and part.args[0].op == "sym" for part in parts):
        return False
    names = {str(part.args[0].leaf).partition("_")[0] for part in parts}
    return len(names) == 1 and names <= _UNKNOWNS


def residue(node: Node) -> Node:
    """Return x = 3 (mod 7) as the class of remainders that it names."""
    return node.args[1] if node.op == "rel" and node.leaf == "equiv" and is_name(node.args[0]) else node


def is_chain(node: Node) -> bool:
    """Say whether a relation is a = b = c, perhaps rounded at its end, and does not equate two values that differ."""
    found = signs(node)
    return found[0] == "=" and set(found) <= {"=", "~"} and not contradicts(node)


def contradicts(node: Node) -> bool:
    """Say whether two sides joined by = have values that differ by more than a percent sign or a rounding."""
    found = signs(node)
    equated = node.args[: found.index("~") + 1 if "~" in found else None]
    sides = [(side, known) for side in equated if (known := _known(side)) is not None]
    if sides and any(_is_imaginary(side) for side in equated if side not in dict(sides)):
        return True
    return any(not (_percent(a, b) or rounds(one, b) or rounds(other, a)) for (one, a), (other, b) in pairwise(sides))


def _is_imaginary(side: Node) -> bool:
    """Say whether a side without a real value is made of numbers and i."""
    return (
        not symbols(side)
        and any(part == _I for part in walk(side))
        and all(part.op not in STRUCTURES and part.op not in _OPERATORS for part in walk(side))
    )


def _known(side: Node) -> Fraction | None:
    if side.op in STRUCTURES or symbols(side):
        return None
    try:
        return value(side)
    except Malformed:
        return None


def _percent(one: Fraction, other: Fraction) -> bool:
    return one in (other, 100 * other) or other == 100 * one


def rounds(literal: Node, wanted: Fraction) -> bool:
    """Say whether a number as it is written is a value rounded or cut to its places; a whole number rounds none."""
    shown = stated(literal)
    if shown is None:
        known = _known(literal)
        return known is not None and abs(known - wanted) <= _NEARLY * (1 + abs(wanted))
    written, place = shown
    cut = 0 <= abs(wanted) - abs(written) < place and written * wanted >= 0
    return cut or abs(written - wanted) <= place * Fraction(5_000_001, 10_000_000)


def last_side(node: Node) -> Node:
    """Return the value a chain ends with, before any rounding."""
    found = signs(node)
    return node.args[found.index("~") if "~" in found else -1]


def _rounded(chain: Node) -> bool:
    """Say whether a chain ends with a number that its value is rounded to, though = stands before it."""
    before, last = (_known(side) for side in chain.args[-2:])
    return signs(chain)[-1] == "=" and stated(chain.args[-1]) is not None and before not in (None, last)


def excluding(node: Node) -> Node:
    """Return x != +-1 as all numbers but the two."""
    if node.op != "rel" or node.leaf != "!=" or not has_signs(node.args[1]):
        return node
    return Node("minus", (Node("const", (), "RR"), Node("seq", expanded(node.args[1]), "{}")))


def stated_side(gold: Node, given: Node) -> Node:
    """Return what a chain ends with: its rounding where the gold is that number, else the value before any rounding."""
    last = given.args[-1]
    rounding = signs(given)[-1] == "~" or _rounded(given)
    if rounding and last.op in ("decimal", "num", "neg") and exact(last) == exact(gold) is not None:
        before = _known(given.args[-2])
        return last if before is None or rounds(last, before) else last_side(given)
    return given.args[-2] if _rounded(given) else last_side(given)


def has_signs(node: Node) -> bool:
    """Say whether a tree has a plus-minus."""
    return "pm" in [part.op for part in walk(node)]


def expanded(node: Node) -> tuple[Node, ...]:
    """Return the values a tree with plus-minus stands for; a set or list gives those of its parts."""
    if node.op == "seq" and node.leaf in ("{}", ""):
        return tuple(value for part in node.args for value in expanded(part))
    if not has_signs(node):
        return (node,)
    return _signed(node, False), _signed(node, True)


def _signed(node: Node, negative: bool) -> Node:
    args = tuple(_signed(argument, negative) for argument in node.args)
    if node.op == "pm":
        return Node("neg", args) if negative else args[0]
    return Node(node.op, args, node.leaf, node.digits)


def shortened(node: Node) -> Node:
    """Return a chain as name = last side, 3 = x as x = 3, 1 + 1 = 2 as 2, A(1, 2) as A = (1, 2); else the tree."""
    if (
        node.op == "rel"
        and node.leaf == "="
        and len(node.args) == 2
        and not symbols(node.args[0])
        and is_name(node.args[1])
    ):
        return Node("rel", node.args[::-1], "=")
    if node.op == "rel" and node.leaf == "mapsto" and node.args[0].op == "sym":
        return Node("rel", (Node("*", (Node("sym", (), "f"), node.args[0])), node.args[1]), "=")
    if node.op == "*" and node.args[0].op == "sym" and node.args[1].op == "seq" and node.args[1].leaf == "()":
        return Node("rel", node.args, "=") if str(node.args[0].leaf)[0].isupper() else node
    if node.op == "rel" and node.leaf == "in" and is_name(node.args[0]) and node.args[1].leaf == "{}":
        return node.args[1]
    if node.op == "rel" and node.args[0].op not in STRUCTURES and not symbols(node) and is_chain(node):
        return node if _rounded(node) else last_side(node)
    if node.op == "rel" and len(node.args) > 2 and is_chain(node) and is_name(node.args[0]) and not _rounded(node):
        return Node("rel", (node.args[0], last_side(node)), "=")
    return node


def states_value(node: Node) -> bool:
    """Say whether a chain says what something is: a name, a sum of names, or a calculation without free letters."""
    left = node.args[0]
    if len(node.args) > 2 or is_name(left) or any(part.op in _OPERATORS for part in walk(left)):
        return True
    if left.op in ("seq", "union") or not symbols(left):
        return not symbols(node)
    return len(symbols(left)) > 1


def unnamed(node: Node) -> Node:
    """Return a list without the names of its values: `n = 1, 2` in any order, `a = 1, b = 2` in that of the names."""
    if node.op != "seq" or node.leaf not in ("", "{}") or not node.args:
        return node
    first, rest = node.args[0], node.args[1:]
    if rest and named(first) and all(part.op != "rel" for part in rest):
        return Node("seq", (first.args[1], *rest), "{}")
    if all(named(part) for part in node.args):
        names = [part.args[0] for part in node.args]
        if len(set(names)) == len(names):
            return Node("seq", tuple(part.args[1] for part in node.args), "")
        if len(set(names)) == 1:
            return Node("seq", tuple(part.args[1] for part in node.args), "{}")
    return node


def solutions(node: Node) -> Node:
    """Return p = 5, q = 2, p = 7, q = 2 as the list of its solutions, (x, y) = (1, 2) as x = 1, y = 2."""
    if (
        node.op == "rel"
        and node.leaf == "="
        and node.args[0].op == node.args[1].op == "seq"
        and node.args[0].leaf == "()"
        and named(node)
    ):
        unknowns, parts = node.args[0].args, node.args[1].args
        if len(unknowns) == len(parts):
            return Node("seq", tuple(Node("rel", pair, "=") for pair in zip(unknowns, parts, strict=True)), "")
    if node.op != "seq" or node.leaf != "" or len(node.args) < 4 or not all(map(named, node.args)):
        return node
    names = [part.args[0] for part in node.args]
    size = names.index(names[0], 1) if names[0] in names[1:] else len(names)
    groups = [node.args[k : k + size] for k in range(0, len(names), size)]
    if size < 2 or size == len(names) or any([part.args[0] for part in group] != names[:size] for group in groups):
        return node
    return Node("seq", tuple(Node("seq", group, "()") for group in groups), "")


def tupled(node: Node) -> Node:
    """Return a solution y = 2, x = 1 as the tuple (1, 2), by the names; any other tree as it is."""
    names = {part.args[0] for part in node.args} if all(map(named, node.args)) else set()
    if node.op == "seq" and node.leaf in ("", "()") and node.args and len(names) == len(node.args):
        parts = sorted(node.args, key=lambda part: str(part.args[0].leaf))
        return Node("seq", tuple(part.args[1] for part in parts), "()")
    return node


def unknowns(node: Node) -> frozenset[str]:
    """Return the names that inequalities of one name speak of; the variable of a set builder is none."""
    if node.op == "builder":
        return frozenset()
    if node.op == "rel":
        return symbols(node) if len(symbols(node)) == 1 else frozenset()
    return frozenset(name for part in node.args if node.op != "seq" or part.op == "rel" for name in unknowns(part))


def cleared(node: Node) -> Node | None:
    """Return the numerator of a sum of fractions over the product of their denominators; None where there is none."""
    terms = [_fraction(term) for term in _summands(node)]
    bottoms = list(dict.fromkeys(bottom for _, bottom in terms if bottom is not None))
    if not bottoms or len(terms) > MAX_FRACTIONS:
        return None
    total: Node | None = None
    for top, own in terms:
        for bottom in bottoms:
            top = top if bottom == own else Node("*", (top, bottom))
        total = top if total is None else Node("+", (total, top))
    return total


def _summands(node: Node) -> list[Node]:
    if node.op == "+":
        return [term for part in node.args for term in _summands(part)]
    if node.op == "neg" and node.args[0].op in ("+", "neg"):
        return [Node("neg", (term,)) for term in _summands(node.args[0])]
    return [node]


def _fraction(node: Node) -> tuple[Node, Node | None]:
    """Return the top and the bottom of a summand, None for a bottom without names."""
    if node.op == "neg":
        top, bottom = _fraction(node.args[0])
        return Node("neg", (top,)), bottom
    if node.op == "/" and symbols(node.args[1]):
        return node.args[0], node.args[1]
    if node.op == "*" and node.args[1].op == "/" and symbols(node.args[1].args[1]):
        return Node("*", (node.args[0], node.args[1].args[0])), node.args[1].args[1]
    return node, None


def forward(node: Node) -> Node:
    """Return a chain written with < and <= only."""
    found = signs(node)
    if all(sign in (">", ">=") for sign in found):
        return Node("rel", node.args[::-1], " ".join(FLIPPED[sign] for sign in found[::-1]))
    return node
