"""One assertion turned into what is asked of a program and how its answer must compare. Not the code around it
(asserts), and no running.

Law: the value an answer is compared with is worked out here and stays here; what is asked mentions none of it. An
assertion of another form is none of these, never half of one.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import replace

from generators.programs.cases import Case, Relation
from generators.programs.literals import Names, literal, number

_SIGNS: dict[type[ast.cmpop], tuple[Relation, Relation]] = {
    ast.Eq: ("==", "=="), ast.Is: ("==", "=="), ast.NotEq: ("!=", "!="), ast.Lt: ("<", ">"), ast.LtE: ("<=", ">="),
    ast.Gt: (">", "<"), ast.GtE: (">=", "<="), ast.In: ("in", "contains"), ast.NotIn: ("not in", "lacks"),
}  # fmt: skip
"""Sign -> the relation with the value on its right, and with the value on its left."""
_SCALAR = (str, int, float, type(None))
_MUTABLE = (list, dict, set)


def cases_of_test(test: ast.expr, setup: str, names: Names) -> Iterator[Case | None]:
    """Yield a case for each part of an assertion's test that has a known form, None for each that has none.

    `setup` is the code before it, `names` those of the test's own that stand for a value.
    """
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from cases_of_test(part, setup, names)
    elif isinstance(test, ast.Compare) and len(test.ops) > 1:
        values = [test.left, *test.comparators]
        for left, sign, right in zip(values, test.ops, values[1:], strict=False):
            yield from cases_of_test(ast.Compare(left, [sign], [right]), setup, names)
    elif not (isinstance(test, ast.Constant) and test.value):
        yield _closeness(test, setup, names) or _truth(test, setup) or _comparison(test, setup, names)


def mentioned(*nodes: ast.AST) -> set[str]:
    """Return every name that stands in code."""
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def _truth(test: ast.expr, setup: str) -> Case | None:
    """Turn `f(x)` and `not f(x)`; a comparison would have to be made inside and is left."""
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    asked = test.operand if isinstance(test, ast.UnaryOp) and negated else test
    if not isinstance(asked, ast.Call) or _called(asked).split(".")[-1] in ("isclose", "allclose", "all", "any"):
        return None
    return Case(kind="call", source=f"bool({ast.unparse(asked)})", setup=setup, expected=not negated)


def _comparison(test: ast.expr, setup: str, names: Names) -> Case | None:
    """Turn `f(x) == 3`, `f(x) in (1, 2)`, `2 < f(x)` and the like, where one side is a value."""
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    test = test.operand if isinstance(test, ast.UnaryOp) and negated else test
    if negated or not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return _either(test, setup, names) if isinstance(test, ast.BoolOp) and not negated else None
    left, sign, right = test.left, test.ops[0], test.comparators[0]
    if isinstance(sign, ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
        sign = ast.NotEq()
    relations = _SIGNS.get(type(sign))
    for asked, wanted, relation in zip((left, right), (right, left), relations or (), strict=False):
        known, value = literal(wanted, _untouched(names, asked))
        if known and not literal(asked)[0] and _comparable(relation, value):
            return _asked(asked, setup, value, relation=relation)
    return None


def _either(test: ast.BoolOp, setup: str, names: Names) -> Case | None:
    """Turn `f(x) == 1 or f(x) == 2` into `f(x) in [1, 2]`."""
    found = [_comparison(part, setup, names) for part in test.values if isinstance(part, ast.Compare)]
    kept = [case for case in found if case is not None and case.relation == "=="]
    if len(kept) != len(test.values) or len({(case.call, str(case.args), case.source) for case in kept}) != 1:
        return None
    return replace(kept[0], expected=[case.expected for case in kept], relation="in")


def _comparable(relation: Relation, value: object) -> bool:
    """Say whether a relation to a value means here what it means in Python, where (1, 2) != [1, 2]."""
    if relation in ("==", "contains"):
        return True
    if relation == "in":
        return isinstance(value, list | str | dict)
    if relation == "not in":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, _SCALAR) for item in value))
    return isinstance(value, _SCALAR)


def _untouched(names: Names, asked: ast.expr) -> Names:
    """Return the names whose value the asked expression cannot change."""
    used = mentioned(asked)
    return {name: value for name, value in names.items() if name not in used or not isinstance(value, _MUTABLE)}


def _closeness(test: ast.expr, setup: str, names: Names) -> Case | None:
    """Turn `abs(f(x) - 0.5) < 1e-6` and `math.isclose(f(x), 0.5, ...)`."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Lt | ast.LtE):
        known, bound = number(test.comparators[0], names)
        inner = test.left.args[0] if isinstance(test.left, ast.Call) and len(test.left.args) == 1 else None
        absolute = isinstance(test.left, ast.Call) and _called(test.left) in ("abs", "math.fabs")
        if known and absolute and bound >= 0 and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
            return _near(inner.left, inner.right, setup, names, absolute=bound)
    if isinstance(test, ast.Call) and _called(test) in ("math.isclose", "isclose") and len(test.args) == 2:
        bounds = {"rel_tol": 1e-9, "abs_tol": 0.0}
        for keyword in test.keywords:
            known, bound = number(keyword.value, names)
            if not known or keyword.arg not in bounds:
                return None
            bounds[keyword.arg] = bound
        a, b = test.args
        return _near(a, b, setup, names, absolute=bounds["abs_tol"], relative=bounds["rel_tol"])
    return None


def _near(a: ast.expr, b: ast.expr, setup: str, names: Names, *, absolute: float, relative: float = 0.0) -> Case | None:
    for asked, wanted in ((a, b), (b, a)):
        known, value = number(wanted, _untouched(names, asked))
        if known and not literal(asked)[0]:
            return replace(_asked(asked, setup, value), absolute=absolute, relative=relative)
    return None


def _asked(node: ast.expr, setup: str, expected: object, *, relation: Relation = "==") -> Case:
    """Return the case that asks for an expression: a function's name and JSON arguments where that is all it is."""
    arguments = node.args if isinstance(node, ast.Call) and not node.keywords else None
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not hasattr(builtins, node.func.id)
    case = Case(kind="call", setup=setup, expected=expected, relation=relation)
    simple = relation == "==" and "$" not in repr(expected)
    if named and arguments is not None and simple and all(map(_is_json, arguments)):
        return replace(case, call=_called(node), args=tuple(literal(argument)[1] for argument in arguments))
    return replace(case, source=ast.unparse(node))


def _is_json(node: ast.expr) -> bool:
    """Say whether a node is a literal that arrives as itself after a journey through JSON: no tuple, no set."""
    known, value = literal(node)
    made = any(isinstance(part, ast.Tuple | ast.Call) for part in ast.walk(node))
    return known and not made and re.search(r"\$", repr(value)) is None


def _called(node: ast.AST) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)
