"""The small faults that can be put in place of a node of a program's syntax tree, and where. Not which are drawn or
run (mutants).

Law: a fault is made from its node alone and changes nothing until it is put.

Source: Jia and Harman 2011 (IEEE TSE 37:5) for the operators.
"""

import ast
from collections.abc import Callable, Iterator
from functools import partial

Put = Callable[[ast.AST], None]


def slots(node: ast.AST) -> Iterator[tuple[ast.AST, Put]]:
    """Yield every node that may change and what puts another in its place; not what only says something."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or _silent(child):
                continue
            put = partial(value.__setitem__, place) if isinstance(value, list) else partial(setattr, node, field)
            if not (isinstance(child, ast.If) and _silent(child.test)):
                yield child, put
            yield from slots(child)


def _silent(node: ast.AST) -> bool:
    """Say whether a node is a docstring or the question whether the program is run as one."""
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or (isinstance(node, ast.Compare) and _is_name(node.left, "__name__"))


def one_line(node: ast.AST) -> str:
    """Return how a node is written, shortened, on one line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 80 else text[:77] + "..."


_FLIPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
_SWAPS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add, ast.FloorDiv), ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Div), ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,), ast.BitXor: (ast.BitAnd,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
}  # fmt: skip


def _comparisons(node: ast.AST) -> Iterator[ast.AST]:
    """a < b: its boundary (a <= b) and its opposite (a >= b)."""
    if isinstance(node, ast.Compare):
        for place, sign in enumerate(node.ops):
            for other in _FLIPS[type(sign)]:
                yield ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)


def _arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """a + b: a - b; also in a += b."""
    if isinstance(node, ast.BinOp):
        for other in _SWAPS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node, ast.AugAssign):
        for other in _SWAPS.get(type(node.op), ()):
            yield ast.AugAssign(node.target, other(), node.value)


def _constants(node: ast.AST) -> Iterator[ast.AST]:
    """An integer: one more, one less; a boolean: the other; a text: the empty one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield ast.Constant("" if node.value else " ")


def _bounds(node: ast.AST) -> Iterator[ast.AST]:
    """range(a, b): one longer and one shorter; x[a:b]: one further."""
    if isinstance(node, ast.Call) and _is_name(node.func, "range") and node.args and not node.keywords:
        last = min(len(node.args), 2) - 1
        for sign in (ast.Add(), ast.Sub()):
            moved = ast.BinOp(node.args[last], sign, ast.Constant(1))
            yield ast.Call(node.func, [*node.args[:last], moved, *node.args[last + 1 :]], [])
    if isinstance(node, ast.Slice) and node.upper is not None:
        yield ast.Slice(node.lower, ast.BinOp(node.upper, ast.Add(), ast.Constant(1)), node.step)


def _conditions(node: ast.AST) -> Iterator[ast.AST]:
    """if a: if not a, while too; a and b: a or b, a, b; not a: a."""
    if isinstance(node, ast.If | ast.While) and not isinstance(node.test, ast.Compare | ast.Constant):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield from node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def _removals(node: ast.AST) -> Iterator[ast.AST]:
    """A statement that does something: nothing in its place; break and continue: each other."""
    if isinstance(node, ast.AugAssign | ast.Assert | ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()
    if isinstance(node, ast.If) and not node.orelse:
        yield ast.Pass()
    if isinstance(node, ast.Break):
        yield ast.Continue()
    if isinstance(node, ast.Continue):
        yield ast.Break()


def _arguments(node: ast.AST) -> Iterator[ast.AST]:
    """f(a, b): f(b, a), for every pair of neighbours; max: min, any: all and back."""
    if not isinstance(node, ast.Call):
        return
    for i in range(len(node.args) - 1):
        swapped = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
        if not any(isinstance(part, ast.Starred) for part in swapped):
            yield ast.Call(node.func, swapped, node.keywords)
    for one, other in (("max", "min"), ("min", "max"), ("any", "all"), ("all", "any")):
        if _is_name(node.func, one):
            yield ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)


def _returns(node: ast.AST) -> Iterator[ast.AST]:
    """return x: return None, 0, an empty list; nothing where x is that already."""
    if isinstance(node, ast.Return) and node.value is not None:
        for value in (ast.Constant(None), ast.Constant(0), ast.List([], ast.Load())):
            yield ast.Return(value)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


OPERATORS: dict[str, Callable[[ast.AST], Iterator[ast.AST]]] = {
    "comparison": _comparisons,
    "arithmetic": _arithmetic,
    "constant": _constants,
    "boundary": _bounds,
    "condition": _conditions,
    "removal": _removals,
    "arguments": _arguments,
    "return": _returns,
}
"""Name of a kind of fault -> the changed forms of a node."""
