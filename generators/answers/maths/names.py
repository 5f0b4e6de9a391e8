"""Names that say nothing: arbitrary constants, the variable of a function or a set. Not whole numbers (parameters).

Law: a name is changed only for one that the other answer has in its place, and never into one that stands for something
else there.
"""

import re
from collections.abc import Iterator
from itertools import permutations

from generators.answers.language.nodes import Node, number, symbols, walk
from generators.answers.maths.parameters import renamed

MAX_NAMES = 3
_CONSTANT = re.compile(r"[Cc](?:_\{?\d\}?)?")
_OTHER_CONSTANT = re.compile(r"[CcKkDABM](?:_\{?\d\}?)?")
_VARIABLES = frozenset(("x", "y", "t", "z", "u", "s", "theta"))
"""Names of which an antiderivative or a solution is a function, by custom."""
_FUNCTIONS = frozenset("fghFGH")
_INDEXED = re.compile(r"([a-zA-Z])_([ijkmnr])")


def constants(gold: Node, given: Node) -> Iterator[Node]:
    """Yield an answer with its arbitrary constants by the gold's names, in every order, one of either sign.

    Arbitrary are numbered constants, a C that is added, and one that is a factor of a function of x alone.
    """
    names = symbols(gold)
    wanted = sorted(name for name in names if _CONSTANT.fullmatch(name))
    fixed = names - set(wanted)
    own = sorted(symbols(given) - fixed)
    if not wanted or len(wanted) != len(own) or len(own) > MAX_NAMES or not fixed <= symbols(given):
        return
    if not all(_is_arbitrary(name, gold, fixed) for name in wanted) or not all(map(_OTHER_CONSTANT.fullmatch, own)):
        return
    if wanted[0].islower() and "_" not in wanted[0] and own[0].lower() != wanted[0]:
        return
    for names_of in permutations(wanted):
        places = {name: Node("sym", (), other) for name, other in zip(own, names_of, strict=True)}
        yield renamed(given, places)
    if len(own) == 1 and wanted != ["c"]:
        yield renamed(given, {own[0]: Node("neg", (Node("sym", (), wanted[0]),))})


def _is_arbitrary(name: str, tree: Node, fixed: frozenset[str]) -> bool:
    if "_" in name:
        return True
    if not {"a", "b", "A", "B"} & fixed and _is_added(name, tree):
        return True  # in a + b + c it is one of the letters
    return name == "C" and bool(fixed) and fixed <= _VARIABLES


def _is_added(name: str, tree: Node) -> bool:
    return any(part.op == "+" and Node("sym", (), name) in part.args for part in walk(tree))


def without_constant(gold: Node, given: Node) -> tuple[Node, str] | None:
    """Return f(x) - g(x) of f(x) + C and g(x) + C, whose C takes up a constant difference, and the x.

    None where the two are not of that form, in one variable.
    """
    shared = symbols(gold) & symbols(given)
    constant = "C"
    variables = sorted(shared & _VARIABLES)
    if constant not in shared or len(variables) != 1 or symbols(gold) != symbols(given):
        return None
    parts = [_summands(tree) for tree in (gold, given)]
    name = Node("sym", (), constant)
    if any(part.count(name) != 1 or sum(constant in symbols(term) for term in part) != 1 for part in parts):
        return None
    nought = {constant: number(0)}
    return Node("+", (renamed(gold, nought), Node("neg", (renamed(given, nought),)))), variables[0]


def _summands(node: Node) -> list[Node]:
    return [term for part in node.args for term in _summands(part)] if node.op == "+" else [node]


def same_variable(gold: Node, given: Node) -> Node:
    """Return f(t) = t^2 as f(x) = x^2 where the gold is of f(x), a_k = 2k as a_n = 2n; any other tree as it is."""
    if not (gold.op == given.op == "rel" and gold.leaf == given.leaf == "=" and len(gold.args) == len(given.args) == 2):
        return given
    wanted, own = _argument(gold.args[0]), _argument(given.args[0])
    if wanted is None or own is None or wanted[0] != own[0] or wanted[1] == own[1] or wanted[1] in symbols(given):
        return given
    if wanted[1] not in symbols(gold.args[1]) or own[1] not in symbols(given.args[1]):
        return given
    right = renamed(given.args[1], {own[1]: Node("sym", (), wanted[1])})
    if any("_" in name for name in symbols(right)):
        return given
    return Node("rel", (gold.args[0], right), "=")


def _argument(node: Node) -> tuple[str, str] | None:
    """Return the function and the variable of f(x), the sequence and the index of a_n; None for any other tree."""
    if node.op == "*" and node.args[0].op == node.args[1].op == "sym" and str(node.args[0].leaf) in _FUNCTIONS:
        return str(node.args[0].leaf), str(node.args[1].leaf)
    found = _INDEXED.fullmatch(str(node.leaf)) if node.op == "sym" else None
    return (found[1], found[2]) if found is not None else None


def bound_alike(gold: Node, given: Node) -> Iterator[Node]:
    """Yield a set builder or a quantified statement with its variables by the gold's names, in every order."""
    wanted, own = _bound(gold), _bound(given)
    if len(wanted) != len(own) or not 0 < len(own) <= MAX_NAMES:
        return
    if (symbols(given) - set(own)) & set(wanted):
        return
    for names in permutations(wanted):
        yield renamed(given, {name: Node("sym", (), other) for name, other in zip(own, names, strict=True)})


def _bound(node: Node) -> list[str]:
    """Return the names of an element, of what is said to be in a set, and of what a quantifier stands before."""
    heads = node.args[:1] if node.op == "builder" else node.args[:-1]
    names = set().union(*(symbols(_head(head)) for head in heads))
    for part in walk(node):
        if part.op == "rel" and part.leaf == "in" and part.args[0].op == "sym":
            names.add(str(part.args[0].leaf))
    return sorted(names)


def _head(node: Node) -> Node:
    return node.args[0] if node.op == "rel" else node
