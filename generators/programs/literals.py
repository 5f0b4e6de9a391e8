"""Values that the text of a test names by itself, worked out here, in JSON words. Not an evaluator: no name of the
program, no method and no unbounded arithmetic is ever followed.

Law: what is no literal, or could be long to work out, is no value; and a value has the same words here as the same
value has inside the sandbox.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from generators.programs.words import plain

MOST_FACTOR = 10**9
"""Largest number that the arithmetic of a test is worked out on."""
MOST_ITEMS = 10_000
"""Longest list or text that is worked out."""
_MOST: dict[type[ast.operator], int] = {ast.Pow: 64}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_BUILDERS: dict[str, Callable[..., Any]] = {
    "set": set,
    "frozenset": set,
    "tuple": tuple,
    "list": list,
    "dict": dict,
    "sorted": sorted,
    "float": float,
    "str": str,
    "len": len,
    "sum": sum,
    "zip": lambda *lists: list(zip(*lists, strict=False)),
    "enumerate": lambda items: list(enumerate(items)),
}
_EMPTY = ("set", "frozenset", "tuple", "list", "str", "dict")
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, TypeError, ArithmeticError)
_INFINITY = ("math.inf", "inf")
Names = Mapping[str, Any]


def literal(node: ast.expr, names: Names | None = None) -> tuple[bool, object]:
    """Return (True, the value in JSON words) of a literal that has one, else (False, None).

    `names` are those of the test's own that stand for a value. NaN has no value: it equals nothing.
    """
    try:
        value = plain(python(node, names or {}))
    except _UNREADABLE:
        return False, None
    found = repr(value)
    return ("$other" not in found and "'nan'" not in found), value


def number(node: ast.expr, names: Names | None = None) -> tuple[bool, float]:
    """Return (True, its value) of a finite number, else (False, 0.0)."""
    known, value = literal(node, names)
    if not known or isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False, 0.0
    return True, value


def python(node: ast.expr, names: Names) -> Any:
    """Return the value of a literal, or of what tests write in place of one: 3 * 5; sorted, range or sum of literals.

    Raises:
        ValueError: for anything else, and for what could be long. Others of _UNREADABLE: where Python would fail.
    """
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        items = [python(item, names) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items) if isinstance(node, ast.Tuple) else set(items)
    if isinstance(node, ast.Dict) and None not in node.keys:
        pairs = zip(node.keys, node.values, strict=True)
        return {python(key, names): python(value, names) for key, value in pairs if key}
    if isinstance(node, ast.Call) and not node.keywords:
        return _built(node, names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -python(node.operand, names)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _worked_out(node.op, python(node.left, names), python(node.right, names))
    return math.inf if ast.unparse(node) in _INFINITY else ast.literal_eval(node)


def _built(node: ast.Call, names: Names) -> Any:
    called = ast.unparse(node.func)
    if called == "range":
        found = range(*[python(argument, names) for argument in node.args])
        if len(found) <= MOST_ITEMS:
            return list(found)
    if called == "range" or called not in _BUILDERS or not (node.args or called in _EMPTY):
        raise ValueError(f"{called} is no literal")
    return _BUILDERS[called](*[python(argument, names) for argument in node.args])


def _worked_out(sign: ast.operator, a: Any, b: Any) -> Any:
    kinds = {type(a), type(b)}
    if kinds <= {int, float, complex}:
        if abs(a) <= MOST_FACTOR and abs(b) <= _MOST.get(type(sign), MOST_FACTOR):
            return _ARITHMETIC[type(sign)](a, b)
    elif isinstance(sign, ast.Add) and kinds in ({list}, {str}, {tuple}) and len(a) + len(b) <= MOST_ITEMS:
        return a + b
    elif isinstance(sign, ast.Mult) and kinds in ({list, int}, {str, int}, {tuple, int}):
        items, times = (b, a) if isinstance(a, int) else (a, b)
        if len(items) * times <= MOST_ITEMS and not any(isinstance(item, list | tuple | dict | set) for item in items):
            return items * times
    raise ValueError("too long to work out, or no arithmetic of literals")
