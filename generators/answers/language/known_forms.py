"""Trees of written forms that mean more than their signs: C(5, 2), Matrix([[1, 2]]), 0.1\\overline{6}. No reading.

Law: a form is taken for what it is only where nothing else could be meant; else it stays what its signs say.
"""

import re
from fractions import Fraction

from generators.answers.language.nodes import Node, number, walk
from generators.malformed import Malformed

_ARGUMENTS = {
    **dict.fromkeys(("max", "min", "gcd", "lcm", "Matrix"), (1, 100)),
    **dict.fromkeys(("Mod", "Eq", "Ne", "binom"), (2, 2)),
    "log": (1, 2),
}
CALL, RAISED_CALL = "call", "raised call"
"""Marks of products that may be f(x), f(x)^2."""
_FUNCTION_NAMES = frozenset((*"fghFGH", "phi", "psi", "Gamma", "zeta"))
_COUNTS = frozenset("nmkrNM")
"""Names of whole numbers, by custom."""
_D = Node("sym", (), "d")
_INFINITE = Node("const", (), "inf")
_NEGATIVE = Node("neg", (_INFINITE,))
PRINTED = {"Matrix": "", "Eq": "=", "Ne": "!="}


def counted(name: str, arguments: tuple[Node, ...]) -> Node:
    """Return a function of its arguments; Malformed where their number is not the function's."""
    least, most = _ARGUMENTS.get(name, (1, 1))
    if not least <= len(arguments) <= most:
        raise Malformed(f"{name} of {len(arguments)} arguments")
    return Node(name, arguments)


def product(left: Node, right: Node, *, bracket: bool = False, closed: bool = False) -> Node:
    """Return a product written without a sign; C(5, 2), C(n, k) is a binomial coefficient.

    One of the name of a function and a bracket says that it may be its value; `closed`: no exponent stands behind.
    """
    pair = right.args if right.op == "seq" and right.leaf == "()" and len(right.args) == 2 else ()
    if left.op == "sym" and left.leaf == "C" and pair and _counts(*pair):
        return Node("binom", pair)
    last = left.args[1] if left.op == "*" else left
    if bracket and last.op == "sym" and last.leaf in _FUNCTION_NAMES:
        called = Node("*", (last, right), CALL if closed or right.op != "^" else RAISED_CALL)
        return called if last is left else Node("*", (left.args[0], called))
    return Node("*", (left, right))


def called(node: Node, names: frozenset[str]) -> Node:
    """Return a tree with what may be values of some functions as those."""
    args = tuple(called(part, names) for part in node.args)
    if node.leaf not in (CALL, RAISED_CALL) or node.op != "*" or args[0].leaf not in names:
        return Node(node.op, args, node.leaf, node.digits) if args else node
    if node.leaf == CALL:
        return Node("opaque", args[1:], f"{args[0].leaf}(")
    return Node("^", (Node("opaque", args[1].args[:1], f"{args[0].leaf}("), args[1].args[1]))


def functions(node: Node) -> frozenset[str]:
    """Return the names that stand before a bracket as those of functions do."""
    parts = (part for part in walk(node) if part.op == "*" and part.leaf in (CALL, RAISED_CALL))
    return frozenset(str(part.args[0].leaf) for part in parts)


_BASES = {
    "two": "2", "binary": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "octal": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "sixteen": "16", "hex": "16",
}  # fmt: skip
_PARTS = {
    **dict.fromkeys(("+", ">0"), ((number(0), False), (_INFINITE, False))),
    **dict.fromkeys((">=0", "+0", "0+"), ((number(0), True), (_INFINITE, False))),
    **dict.fromkeys(("-", "<0"), ((_NEGATIVE, False), (number(0), False))),
    "<=0": ((_NEGATIVE, False), (number(0), True)),
}
_WHOLE_PARTS = {"+": "ZZ+", ">0": "ZZ+", ">=1": "ZZ+", ">=0": "ZZ0+", "-": "ZZ-", "<0": "ZZ-"}


def base(written: str) -> str:
    """Return the base of a number as it is written below it, as a number: two, (2)."""
    bare = written.strip("()")
    return _BASES.get(bare, bare)


def part_of(name: str, marks: str) -> Node | None:
    """Return what the marks at a set of numbers leave of it: R^+ is (0, inf), Z^+ a set of its own; None for others."""
    if name == "R" and marks in _PARTS:
        (low, has_low), (high, has_high) = _PARTS[marks]
        return Node("seq", (low, high), "(["[has_low] + ")]"[has_high])
    if name == "R" and marks in ("*", "!=0"):
        return Node("minus", (Node("const", (), "RR"), Node("seq", (number(0),), "{}")))
    if name == "N" and marks in ("+", "*", ">0", ">=1"):
        return Node("const", (), "ZZ+")
    if name == "Q" and marks in ("+", ">0"):
        return Node("const", (), "QQ+")
    return Node("const", (), _WHOLE_PARTS[marks]) if name == "Z" and marks in _WHOLE_PARTS else None


def _counts(size: Node, chosen: Node) -> bool:
    """Say whether so many can be chosen of so many: (5, 6) is a point."""
    if isinstance(size.leaf, Fraction) and isinstance(chosen.leaf, Fraction):
        return size.op == chosen.op == "num" and chosen.leaf <= size.leaf
    return all(part.op == "num" or part.leaf in _COUNTS for part in (size, chosen))


def printed(name: str, arguments: tuple[Node, ...]) -> Node:
    """Return what a computer algebra system prints as Matrix([[1, 2]]) or Eq(x, 1)."""
    if name != "Matrix":
        return Node("rel", arguments, PRINTED[name])
    rows = arguments[0].args if arguments[0].op == "seq" else arguments
    return Node("matrix", tuple(Node("seq", row.args if row.op == "seq" else (row,), "row") for row in rows))


def builds(node: Node) -> bool:
    """Say whether a relation, or the first of several, is `x : condition` or `x in R : condition`, read as a ratio."""
    if node.op == "seq" and node.leaf == "?":
        return builds(node.args[0]) or (_is_pair(node.args[0]) and node.args[-1].op == "rel")
    if node.op != "rel":
        return False
    return _is_pair(node.args[1 if str(node.leaf).startswith("in ") else 0])


def _is_pair(node: Node) -> bool:
    """Say whether a tree is `x : y`, read as a ratio."""
    return node.op == "seq" and node.leaf == ":" and len(node.args) == 2


def built(node: Node) -> tuple[Node, Node]:
    """Return the element and the condition of what `builds`."""
    if node.op == "seq":
        element, first = node.args[0].args if _is_pair(node.args[0]) else built(node.args[0])
        return element, Node("seq", (first, *node.args[1:]), "()")
    element, rest, leaf = node.args[0], node.args[1:], str(node.leaf)
    if element.op == "seq" and element.leaf == ":":
        return element.args[0], Node("rel", (element.args[1], *rest), leaf)
    domain, first = rest[0].args
    return Node("rel", (element, domain), "in"), Node("rel", (first, *rest[1:]), leaf.partition(" ")[2])


def members(condition: Node) -> Node:
    """Return `m, n in Z` with the set said of every name; any other condition as it is."""
    if condition.op != "seq" or condition.args[-1].op != "rel" or condition.args[-1].leaf != "in":
        return condition
    domain = condition.args[-1].args[1]
    parts = (Node("rel", (part, domain), "in") if part.op == "sym" else part for part in condition.args)
    return Node("seq", tuple(parts), condition.leaf)


def differential_operator(node: Node) -> str:
    """Return the x of d/dx, "" for any other tree."""
    if node.op != "/" or node.args[0] != _D or node.args[1].op != "*":
        return ""
    below, name = node.args[1].args
    return str(name.leaf) if below == _D and name.op == "sym" else ""


def system(node: Node) -> Node:
    """Return cases of one column as the list of their equations; any other matrix as it is."""
    if node.leaf != "cases" or any(len(row.args) != 1 for row in node.args):
        return node
    return Node("seq", tuple(row.args[0] for row in node.args), "")


_PERIODS = re.compile(r"\d*?\.\d*?(\d)\1\1+|\d*?\.\d*?(\d{2,10}?)\2+")


def shown_period(token: str) -> str:
    """Return the digits that a decimal before dots repeats to its end: a digit three times, more of them twice."""
    found = _PERIODS.fullmatch(token)
    return "" if found is None else found[1] or found[2]


def repeating(token: str, period: str) -> Node:
    """Return a decimal whose last digits repeat for ever."""
    if not period.isdigit() or len(period) > 50:
        raise Malformed("no repeating digits")
    fixed = len(token.partition(".")[2])
    value = Fraction(token if not token.endswith(".") else token + "0")
    return Node("num", (), value + Fraction(int(period), (10 ** len(period) - 1) * 10**fixed))
