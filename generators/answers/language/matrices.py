"""Sums, products, powers, transposes and determinants of matrices that are written out. Not their equality.

Law: what is carried out is bounded by MAX_CELLS; shapes that do not fit are left as they are written.
"""

from collections.abc import Callable
from fractions import Fraction

from generators.answers.language.exact import exact
from generators.answers.language.nodes import Node, number, walk

MAX_CELLS = 36
"""Cells of a matrix that a product is carried out of."""
MAX_ROWS = 4
"""Rows of a determinant that is carried out."""
MAX_EXPONENT = 4
MAX_PARTS = 100
"""Parts of the tree of a cell that a product may have."""
_NOUGHT = number(0)
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
    if node.op == "^" and _is_plain(args[0]) and (power := exact(args[1])) is not None:
        return _raised(args[0], power) or Node(node.op, args)
    square = args[0] if node.op in ("det", "abs") and args else node
    if square.op == "matrix" and square.leaf == "det":
        square = Node("matrix", square.args if square is not node else args)
    elif square is node:
        square = Node("opaque")
    if _is_plain(square) and len(square.args) == len(square.args[0].args) <= MAX_ROWS:
        return _determinant(_cells(square))
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


def _raised(node: Node, power: Fraction) -> Node | None:
    """Return a small power of a square matrix, the inverse too; None where it is not defined or too large."""
    cells = _cells(node)
    if len(cells) != len(cells[0]) or len(cells) > MAX_ROWS - 1 or power.denominator > 1:
        return None
    if power == -1:
        whole = _determinant(cells)
        if exact(whole) == 0 or len(cells) < 2:
            return None
        turned = [[_minor(cells, k, j) for k in range(len(cells))] for j in range(len(cells))]
        found = _matrix([[Node("/", (_determinant(part), whole)) for part in row] for row in turned])
        signs = [[(k + j) % 2 for k in range(len(cells))] for j in range(len(cells))]
        rows = zip(_cells(found), signs, strict=True)
        return _matrix(
            [[Node("neg", (c,)) if odd else c for c, odd in zip(row, line, strict=True)] for row, line in rows]
        )
    if not 2 <= power <= MAX_EXPONENT:
        return None
    total: Node | None = node
    for _ in range(int(power) - 1):
        total = _product(_cells(total), cells) if total is not None else None
    return total


def _determinant(cells: list[list[Node]]) -> Node:
    """Return the determinant of a small matrix by its first row, as a number where it is one."""
    if len(cells) == 1:
        return cells[0][0]
    total: Node | None = None
    for k, cell in enumerate(cells[0]):
        if cell == _NOUGHT:
            continue
        term = Node("*", (cell, _determinant(_minor(cells, 0, k))))
        term = Node("neg", (term,)) if k % 2 else term
        total = term if total is None else Node("+", (total, term))
    known = exact(total) if total is not None else Fraction(0)
    return total if known is None and total is not None else number(known or 0)


def _minor(cells: list[list[Node]], row: int, column: int) -> list[list[Node]]:
    return [line[:column] + line[column + 1 :] for k, line in enumerate(cells) if k != row]


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
