"""Variables that an operator binds: the k of a sum, the x of an integral or a limit. No values (exact, numeric).

Law: a bound variable is told by how many operators stand within its own, so that two texts which name it differently
give one tree; what is not bound keeps its name.
"""

import re

from generators.answers.language.nodes import Node, number

_ORDERS = frozenset(("<", "<="))
_PART = r"(?:[a-z]|<\d+>)"
_INDEX = re.compile(rf"[0-9]?{_PART}{{1,3}}(?:[-+](?:[0-9]|{_PART}))?|{_PART}(?:,{_PART}){{1,2}}")
"""What hangs below a name and may be made of indices: a_k, a_{ij}, a_{2k+1}."""
_D = Node("sym", (), "d")
_I = Node("const", (), "i")


def bound(nodes: tuple[Node, ...], names: tuple[str, ...]) -> tuple[tuple[Node, ...], int]:
    """Return trees in which names are variables that the operator above them binds, and the number of the first."""
    first = max(map(_height, nodes), default=0)
    numbers = {name: first + k for k, name in enumerate(dict.fromkeys(names))}
    return tuple(_renamed(node, numbers) for node in nodes), first


def _height(node: Node) -> int:
    """Return how many bound variables stand in one another within a tree."""
    inner = max(map(_height, node.args), default=0)
    return max(inner, int(str(node.leaf)) + 1) if node.op in ("bound", "sum", "prod", "int") else inner


def _renamed(node: Node, numbers: dict[str, int]) -> Node:
    if _is_letter(node) and str(node.leaf) in numbers:
        return Node("bound", (), str(numbers[str(node.leaf)]))
    if node.op == "sym":
        name = str(node.leaf)
        stem, mark, below = name.partition("_")
        if mark and _INDEX.fullmatch(below):
            return Node("sym", (), stem + mark + "".join(f"<{numbers[c]}>" if c in numbers else c for c in below))
        return node
    return Node(node.op, tuple(_renamed(part, numbers) for part in node.args), node.leaf, node.digits)


def _is_letter(node: Node) -> bool:
    """Say whether a tree is a name that may be bound: also i, which elsewhere is imaginary."""
    return node.op == "sym" or node == _I


def ranged(name: str, body: Node, below: Node | None, above: Node | None, *, opaque: bool = False) -> Node:
    """Return a sum or product over what stands below and above its sign.

    `k = 1` below and n above, or `1 <= k <= n` below, give the node (body, first, last); any other condition is kept as
    one, and the operator is opaque, as it is where that is asked for.
    """
    if below is not None and below.op == "rel" and not opaque:
        sides = below.args
        if above is not None and below.leaf == "=" and _is_letter(sides[0]):
            return _from_to(name, body, str(sides[0].leaf), sides[1], above)
        if above is None and below.leaf == "<= <=" and _is_letter(sides[1]):
            return _from_to(name, body, str(sides[1].leaf), sides[0], sides[2])
    parts, _ = bound((body, *_bounds(below, above)), _named(below) if below is not None else ())
    return Node("opaque", parts, name)


def _from_to(name: str, body: Node, variable: str, first: Node, last: Node) -> Node:
    (inner,), level = bound((body,), (variable,))
    return Node(name, (inner, first, last), str(level))


def _bounds(below: Node | None, above: Node | None) -> tuple[Node, ...]:
    marked = () if above is None else (Node("opaque", (above,), "^"),)
    return marked if below is None else (below, *marked)


def _named(condition: Node) -> tuple[str, ...]:
    """Return the names that a condition below an operator binds: all of i < j, the d of d | n, an index alone."""
    if _is_letter(condition):
        return (str(condition.leaf),)
    if condition.op == "seq":
        return tuple(name for part in condition.args for name in _named(part))
    if condition.op != "rel":
        return ()
    sides = condition.args
    if set(str(condition.leaf).split(" ")) <= _ORDERS and len(sides) > 2:
        sides = sides[1:-1]
    elif condition.leaf not in _ORDERS or not all(map(_is_letter, sides)):
        sides = sides[:1]
    return tuple(name for side in sides for name in _named(side) if _is_letter(side) or side.op == "seq")


def integral(name: str, body: Node, variable: str, below: Node | None, above: Node | None) -> Node:
    """Return an integral; one with bounds binds its variable, one without is a function of it."""
    if below is None:
        return Node("opaque", (body, Node("sym", (), variable), *_bounds(None, above)), name)
    if above is not None and name == "int":
        return _from_to(name, body, variable, below, above)
    parts, _ = bound((body,), (variable,))
    return Node("opaque", (*parts, *_bounds(below, above)), name)


def limit(body: Node, below: Node | None) -> Node:
    """Return a limit, whose variable is bound; the side that it comes from is kept."""
    if below is None or below.op != "seq" or not str(below.leaf).startswith("to"):
        return Node("opaque", (body, *_bounds(below, None)), "lim")
    parts, _ = bound((body, below), _named(below.args[0]))
    return Node("opaque", parts, "lim")


def without_differential(node: Node) -> tuple[Node, str] | None:
    """Return a product or fraction without the dx in it, and the x; None where there is none."""
    if node.op == "*" and node.args[1].op == "sym":
        left, name = node.args[0], str(node.args[1].leaf)
        if left == _D:
            return number(1), name
        if left.op == "*" and left.args[1] == _D:
            return left.args[0], name
    if node.op not in ("/", "*", "neg"):
        return None
    for k, part in enumerate(node.args):
        if (found := without_differential(part)) is not None:
            return Node(node.op, (*node.args[:k], found[0], *node.args[k + 1 :])), found[1]
    return None
