"""Vectors written as sums of unit vectors or of tuples: i + 2j + 3k, 2(1, 0, 1). Not their equality (equality).

Law: a sum is a vector only where every summand has one unit vector, or one tuple, as a factor.
"""

from generators.answers.language.nodes import Node, number

_UNITS = {Node("const", (), "i"): "i", Node("sym", (), "j"): "j", Node("sym", (), "k"): "k"}
_NAMES = ("i", "j", "k")


def components(node: Node, size: int) -> tuple[Node, ...] | None:
    """Return the components of a sum of unit vectors, or of tuples, in so many dimensions; None for any other tree."""
    found = _coefficients(node)
    if found and set(found) == set(range(size)):
        return tuple(found[k] for k in range(size))
    if not found or size not in (2, 3) or not set(found) & {"j", "k"} or (size == 2 and "k" in found):
        return None
    return tuple(found.get(name, number(0)) for name in _NAMES[:size])


def _coefficients(node: Node) -> dict[str | int, Node] | None:
    """Return the factor of every unit vector, by name or, in a tuple, by place; {} without any, None for no sum."""
    if node.op == "seq":
        return dict(enumerate(node.args)) if node.leaf == "()" else None
    if node in _UNITS:
        return {_UNITS[node]: number(1)}
    if not node.args:
        return {}
    parts = []
    for argument in node.args:
        part = _coefficients(argument)
        if part is None:
            return None
        parts.append(part)
    if not any(parts):
        return {}
    first, last = parts[0], parts[-1]
    if node.op == "+" and all(parts):
        return {
            name: Node("+", (first[name], last[name])) if name in first and name in last else (first | last)[name]
            for name in first | last
        }
    if node.op == "neg":
        return {name: Node("neg", (factor,)) for name, factor in first.items()}
    if node.op == "*" and not (first and last):
        scalar = node.args[1] if first else node.args[0]
        return {name: Node("*", (scalar, factor)) for name, factor in (first or last).items()}
    if node.op == "/" and not last:
        return {name: Node("/", (factor, node.args[1])) for name, factor in first.items()}
    return None


def entries(node: Node) -> tuple[Node, ...]:
    """Return what a tuple, or a matrix of one column or row, is made of; () for any other tree."""
    if node.op == "seq" and node.leaf == "()":
        return node.args
    if node.op != "matrix" or node.leaf is not None:
        return ()
    if len(node.args) == 1:
        return node.args[0].args
    return tuple(row.args[0] for row in node.args) if all(len(row.args) == 1 for row in node.args) else ()
