"""Sums, multiples, products and transposes of matrices that are written out. No inverses, no equality.

Law: what is carried out is bounded by MAX_CELLS; shapes that do not fit are left as they are written.
"""

from collections.abc import Callable

from generators.answers.language.exact import exact
from generators.answers.language.nodes import Node, number, walk

MAX_CELLS = 36
"""Cells of a matrix that a product is carried out of."""
MAX_PARTS = 100
"""Parts of the tree of a cell that a product may have."""
_TRANSPOSED = frozenset(("T", "top", "'"))


def carried(node: Node) -> Node:
    """Return a tree with the arithmetic of its matrices carried out."""
    if not any(part.op == "matrix" for part in walk(node)):
        return node
    args = tuple(map(carried, node.args))
    if node.op == "neg" and _is_plain(args[0]):
        return _each(args[0], lambda cell: Node("neg", (cell,)))
    if node.op == "^" and _is_plain(args[0]) and str(args[1].leaf) in _TRANSPOSED and args[1].op == "sym":
        return _matrix([list(column) for column in zip(*_cells(args[0]), strict=True)])
    if node.op in ("+", "*", "/") and len(args) == 2:
        return _combined(node.op, args[0], args[1]) or Node(node.op, args)
    return Node(node.op, args, node.leaf, node.digits)


def transposed(node: Node, exponent: Node) -> Node | None:
    """Return a list to the power T as a column; None for anything else."""
    listed = node.op == "seq" and node.leaf in ("[]", "()", "")
    if not listed or exponent.op != "sym" or exponent.leaf not in _TRANSPOSED:
        return None
    return _matrix([[part] for part in node.args])


def _combined(op: str, left: Node, right: Node) -> Node | None:
    """Return a sum, product or quotient of which at least one side is a matrix; None where it is not defined."""
    both = _is_plain(left) and _is_plain(right)
    if op == "+" and both:
        a, b = _cells(left), _cells(right)
        if (len(a), len(a[0])) != (len(b), len(b[0])):
            return None
        return _matrix([[Node("+", pair) for pair in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)])
    if op == "*" and both:
        return _product(_cells(left), _cells(right))
    if op in ("*", "/") and _is_plain(left) and _is_scalar(right):
        return _each(left, lambda cell: Node(op, (cell, right)))
    if op == "*" and _is_scalar(left) and _is_plain(right):
        return _each(right, lambda cell: Node("*", (left, cell)))
    return None


def _product(left: list[list[Node]], right: list[list[Node]]) -> Node | None:
    columns = [list(column) for column in zip(*right, strict=True)]
    if len(left[0]) != len(right) or len(left) * len(columns) > MAX_CELLS or len(right) ** 2 > MAX_CELLS:
        return None
    rows = [[_dot(row, column) for column in columns] for row in left]
    return None if any(_is_long(cell) for row in rows for cell in row) else _matrix(rows)


def _dot(row: list[Node], column: list[Node]) -> Node:
    """Return the sum of products, as a number where it is one."""
    total, *rest = [Node("*", pair) for pair in zip(row, column, strict=True)]
    for product in rest:
        total = Node("+", (total, product))
    known = exact(total)
    return total if known is None else number(known)


def _is_long(cell: Node) -> bool:
    return any(count >= MAX_PARTS for count, _ in enumerate(walk(cell)))


def _each(node: Node, change: Callable[[Node], Node]) -> Node:
    return _matrix([[change(cell) for cell in row] for row in _cells(node)])


def _cells(node: Node) -> list[list[Node]]:
    return [list(row.args) for row in node.args]


def _matrix(rows: list[list[Node]]) -> Node:
    return Node("matrix", tuple(Node("seq", tuple(row), "row") for row in rows))


def _is_plain(node: Node) -> bool:
    """Say whether a tree is a matrix of single values, no determinant and no cases."""
    return (
        node.op == "matrix" and node.leaf is None and bool(node.args) and len({len(row.args) for row in node.args}) == 1
    )


def _is_scalar(node: Node) -> bool:
    return not any(part.op in ("matrix", "seq", "rel") for part in walk(node))
