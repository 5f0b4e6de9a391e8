"""One assertion turned into what is asked of a program and how its answer must compare. Not the code around it
(asserts), and no running.

`f(x) == 3` asks for f(x) and compares it with 3; `isinstance(f(x), list)` asks for f(x) and works the rest out from its
plain value (outside). Law: the value an answer is compared with is worked out here and stays here; what is asked
mentions none of it; and nothing that the program's own objects decide, what they equal, contain or are instances of,
decides an assertion. One of another form is none of these, never half of one.
"""

import ast
import builtins
import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from generators.programs.cases import Case, Relation
from generators.programs.literals import Names, literal, number
from generators.programs.outside import FUNCTIONS, HOLE, TRUTHS, TYPES, module_value, readable

_SIGNS: dict[type[ast.cmpop], tuple[Relation, Relation]] = {
    ast.Eq: ("==", "=="), ast.Is: ("==", "=="), ast.NotEq: ("!=", "!="), ast.Lt: ("<", ">"), ast.LtE: ("<=", ">="),
    ast.Gt: (">", "<"), ast.GtE: (">=", "<="), ast.In: ("in", "contains"), ast.NotIn: ("not in", "lacks"),
}  # fmt: skip
"""Sign -> the relation with the value on its right, and with the value on its left."""
_SCALAR = (str, int, float, type(None))
_MUTABLE = (list, dict, set)
_TELLING = ("list", "tuple", "set", "frozenset", "sorted", "dict", "str", "repr", "next")
"""Functions that make plain data of what an object says of itself; they are asked inside, with it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of a test stand for, as far as that can be read.

    own: functions and classes of the test itself; the program runs beside them and can call them. imported: name -> the
    dotted name it was imported as. bound: name -> the expression it was last given, None where that is not plain.
    """

    own: frozenset[str] = frozenset()
    imported: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[str, ast.expr | None] = field(default_factory=dict)

    def builtin(self, name: str) -> bool:
        """Say whether a name is Python's own."""
        return hasattr(builtins, name) and name not in self.own and name not in self.imported and name not in self.bound


def cases_of_test(test: ast.expr, setup: str, names: Names, scope: Scope) -> Iterator[Case | None]:
    """Yield a case for each part of an assertion's test that has a known form, None for each that has none.

    `setup` is the code before it, `names` those of the test's own that stand for a value.
    """
    if any(isinstance(part, ast.NamedExpr) for part in ast.walk(test)):
        yield None
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from cases_of_test(part, setup, names, scope)
    elif isinstance(test, ast.Compare) and len(test.ops) > 1:
        values = [test.left, *test.comparators]
        for left, sign, right in zip(values, test.ops, values[1:], strict=False):
            yield from cases_of_test(ast.Compare(left, [sign], [right]), setup, names, scope)
    elif not (isinstance(test, ast.Constant) and test.value):
        told = _Told(names, scope)
        yield (
            told.closeness(test, setup)
            or told.comparison(test, setup)
            or told.either(test, setup)
            or told.holds(test, setup)
        )


def mentioned(*nodes: ast.AST) -> set[str]:
    """Return every name that stands in code."""
    return {part.id for node in nodes for part in _names(node)}


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Name))


def _is_unclear(node: ast.expr) -> bool:
    """Say whether a display holds another dict, or a comparison asks whether two values are one object."""
    if isinstance(node, ast.Dict):
        return None in node.keys
    asked = isinstance(node, ast.Compare) and any(isinstance(sign, ast.Is | ast.IsNot) for sign in node.ops)
    sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
    single = (isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, bool)) for side in sides)
    return asked and not any(single) and not any(isinstance(side, ast.Name) and side.id in TYPES for side in sides)


_UNKNOWN = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred, ast.JoinedStr)


class _Kept(Exception):
    """Raised where a part of a test can be neither asked nor worked out outside."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The forms of assertions that are known, where names stand for what they do."""

    names: Names
    scope: Scope

    def comparison(self, test: ast.expr, setup: str) -> Case | None:
        """Turn `f(x) == 3`, `f(x) in (1, 2)`, `2 < f(x)` and the like, where one side is a value."""
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None
        left, sign, right = test.left, test.ops[0], test.comparators[0]
        if isinstance(sign, ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
            sign = ast.NotEq()
        relations = _SIGNS.get(type(sign))
        for asked, wanted, relation in zip((left, right), (right, left), relations or (), strict=False):
            known, value = literal(wanted, self._untouched(asked))
            if known and _comparable(relation, value) and self._is_asked(asked, told=_tells(relation, value)):
                return _asked(asked, setup, value, relation=relation)
        return None

    def either(self, test: ast.expr, setup: str) -> Case | None:
        """Turn `f(x) == 1 or f(x) == 2` into `f(x) in [1, 2]`."""
        if not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.Or):
            return None
        found = [self.comparison(part, setup) for part in test.values]
        kept = [case for case in found if case is not None and case.relation == "=="]
        if len(kept) != len(test.values) or len({(case.call, str(case.args), case.source) for case in kept}) != 1:
            return None
        return replace(kept[0], expected=[case.expected for case in kept], relation="in")

    def closeness(self, test: ast.expr, setup: str) -> Case | None:
        """Turn `abs(f(x) - 0.5) < 1e-6`, `math.isclose(f(x), 0.5, ...)` and `f(x) == pytest.approx(0.5, ...)`."""
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Lt | ast.LtE):
            known, bound = number(test.comparators[0], self.names)
            inner = test.left.args[0] if isinstance(test.left, ast.Call) and len(test.left.args) == 1 else None
            absolute = isinstance(test.left, ast.Call) and _called(test.left) in ("abs", "math.fabs")
            if known and absolute and bound >= 0 and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
                return self._near(inner.left, inner.right, setup, {"abs": bound, "rel": 0.0})
        if isinstance(test, ast.Call) and _called(test) in ("math.isclose", "isclose") and len(test.args) == 2:
            bounds = self._bounds(test, {"rel_tol": 1e-9, "abs_tol": 0.0})
            near = {"abs": bounds["abs_tol"], "rel": bounds["rel_tol"]} if bounds else None
            return self._near(test.args[0], test.args[1], setup, near)
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            for asked, made in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
                if isinstance(made, ast.Call) and _called(made) in ("pytest.approx", "approx") and len(made.args) == 1:
                    return self._near(asked, made.args[0], setup, self._bounds(made, {"rel": 1e-6, "abs": 1e-12}))
        return None

    def _bounds(self, call: ast.Call, bounds: dict[str, float]) -> dict[str, float] | None:
        for keyword in call.keywords:
            known, bound = number(keyword.value, self.names)
            if not known or keyword.arg not in bounds:
                return None
            bounds[keyword.arg] = bound
        return bounds

    def _near(self, a: ast.expr, b: ast.expr, setup: str, bounds: Mapping[str, float] | None) -> Case | None:
        for asked, wanted in ((a, b), (b, a)):
            known, value = literal(wanted, self._untouched(asked))
            numeric = known and not isinstance(value, bool) and isinstance(value, int | float | list)
            if bounds and numeric and self._is_asked(asked, told=True):
                case = _asked(asked, setup, value)
                return replace(case, absolute=bounds["abs"], relative=bounds["rel"])
        return None

    def holds(self, test: ast.expr, setup: str) -> Case | None:
        """Turn any test of plain operators and functions round what the program gives: `len(f(x)) in (1, 2)`."""
        split = _Split(self, test)
        try:
            text = ast.unparse(ast.fix_missing_locations(split.of(copy.deepcopy(test), frozenset())))
        except (_Kept, ValueError, RecursionError):
            return None
        branches = any(isinstance(part, ast.BoolOp | ast.IfExp) for part in ast.walk(test))
        if not split.holes or (branches and len(split.holes) > 1) or not readable(text):
            return None
        source = f"[{', '.join(map(ast.unparse, split.holes))}]"
        return Case(kind="call", source=source, setup=setup, expected=text, relation="holds")

    def _untouched(self, asked: ast.expr) -> Names:
        """Return the names whose value the asked expression cannot change."""
        used = mentioned(asked)
        return {
            name: value for name, value in self.names.items() if name not in used or not isinstance(value, _MUTABLE)
        }

    def _is_asked(self, node: ast.expr, *, told: bool) -> bool:
        """Say whether an expression gives a value of the program's as it is, or, where that tells enough, of two of its
        functions, one within the other.
        """
        return not literal(node)[0] and self.gives(node) == "data" and (told or not self.composed(node))

    def gives(self, node: ast.expr) -> str:
        """Return what an expression gives: "data" that the program answers for, an "object" of a class, or "" where it
        must be worked out, or cannot be told.
        """
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Subscript):
            return "data" if self.gives(node.value) else ""
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id[:1].isupper() and self._free(node.value.id):
                return "object"
            return "data" if self.gives(node.value) else ""
        if not isinstance(node, ast.Call):
            return ""
        if isinstance(node.func, ast.Attribute):
            of_class = isinstance(node.func.value, ast.Name) and self._free(node.func.value.id)
            return "data" if node.func.attr not in TRUTHS and (of_class or self.gives(node.func.value)) else ""
        if not isinstance(node.func, ast.Name):
            return ""
        name = self._alias(node.func.id)
        if name == "len" and self.scope.builtin(name):
            return "data" if node.args and self.gives(node.args[0]) == "object" else ""
        if name in _TELLING and self.scope.builtin(name):
            return "data" if node.args and self.gives(node.args[0]) else ""
        if not self._free(name):
            return ""
        return "object" if name[:1].isupper() else "data"

    def _alias(self, name: str) -> str:
        """Return the function that a name was given to, or the name."""
        given = self.scope.bound.get(name)
        return given.id if isinstance(given, ast.Name) else name

    def _named(self, name: str) -> str:
        if name in self.scope.bound:
            value = self.scope.bound[name]
            if value is None or mentioned(value) & {name}:
                return ""
            return "data" if literal(value, self.names)[0] else self.gives(value)
        return "data" if self._free(name) and not name[:1].isupper() else ""

    def _free(self, name: str) -> bool:
        """Say whether a name is the program's: neither Python's, nor the test's own, nor imported by it."""
        scope = self.scope
        return not (hasattr(builtins, name) or name in scope.own or name in scope.imported or name in scope.bound)

    def composed(self, node: ast.expr) -> bool:
        """Say whether a call of the program's gets what another call of the program's gives."""
        calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
        inner = (part for call in calls for argument in call.args for part in ast.walk(argument))
        functions = {part.func.id for part in inner if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}
        tells = isinstance(node, ast.Call) and _called(node) in _TELLING and len(node.args) == 1
        if tells and isinstance(node, ast.Call):
            return self.composed(node.args[0])
        return any(self._free(name) and not name[:1].isupper() for name in functions)


class _Split:
    """A test taken apart: `of` returns it with what the program is asked in holes, which are collected in order."""

    def __init__(self, told: _Told, test: ast.expr) -> None:
        self.holes: list[ast.expr] = []
        self._told = told
        asked = [part for part in ast.walk(test) if isinstance(part, ast.Call) and told.gives(part)]
        self._values = {
            name: value
            for name, value in told.names.items()
            if not (isinstance(value, _MUTABLE) and name in mentioned(*asked))
        }

    def of(self, node: ast.expr, bound: frozenset[str]) -> ast.expr:
        """Return an expression with holes; `bound` are the names that it binds itself round this place.

        Raises:
            _Kept: where a part can be neither asked nor worked out.
        """
        if isinstance(node, ast.Name):
            return self._name(node, bound)
        if isinstance(node, ast.Call) and (done := self._call(node, bound)) is not None:
            return done
        if isinstance(node, ast.Attribute):
            typed = isinstance(node.value, ast.Call) and _called(node.value) == "type"
            if module_value(node) is not None:
                return node
            if not typed or node.attr != "__name__":
                return self._hole(node, bound)
            return ast.Attribute(self.of(node.value, bound), node.attr, ast.Load())
        if isinstance(node, ast.Subscript | ast.Call) and self._told.gives(node):
            return self._hole(node, bound)
        if isinstance(node, ast.Lambda):
            return self._lambda(node, bound)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._comprehension(node, bound)
        if isinstance(node, _UNKNOWN) or _is_unclear(node):
            raise _Kept
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(node, name, self.of(value, bound))
            elif isinstance(value, list):
                setattr(node, name, [self.of(one, bound) if isinstance(one, ast.expr) else one for one in value])
        return node

    def _name(self, node: ast.Name, bound: frozenset[str]) -> ast.expr:
        told = self._told
        if node.id in bound or (node.id in TYPES and told.scope.builtin(node.id)):
            return node
        if node.id in self._values:
            return ast.parse(repr(self._values[node.id]), mode="eval").body
        return self._hole(node, bound)

    def _call(self, node: ast.Call, bound: frozenset[str]) -> ast.expr | None:
        """Return a call that is worked out outside, None where it is asked of the program."""
        told, function = self._told, node.func
        if isinstance(function, ast.Attribute) and module_value(function) is None:
            worked = function.attr in TRUTHS or not (told.gives(node) or mentioned(function.value) - bound)
            if not worked:
                return None
            made: ast.expr = ast.Attribute(self.of(function.value, bound), function.attr, ast.Load())
        elif isinstance(function, ast.Name) and function.id in bound:
            made = function
        elif isinstance(function, ast.Name) and told.scope.builtin(function.id):
            if told.gives(node):
                return None
            if function.id not in FUNCTIONS and function.id not in TYPES:
                raise _Kept
            if function.id == "isinstance" and any(part.id in told.scope.imported for part in _names(node)):
                raise _Kept
            made = function
        else:
            dotted = _called(node)
            first, _, rest = dotted.partition(".")
            dotted = ".".join(filter(None, (told.scope.imported.get(first, first), rest)))
            made = ast.parse(dotted, mode="eval").body
            if module_value(made) is None:
                return None
        arguments = [self.of(argument, bound) for argument in node.args]
        keywords = [ast.keyword(keyword.arg, self.of(keyword.value, bound)) for keyword in node.keywords]
        return ast.Call(made, arguments, keywords)

    def _lambda(self, node: ast.Lambda, bound: frozenset[str]) -> ast.expr:
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults or arguments.posonlyargs:
            raise _Kept
        return ast.Lambda(arguments, self.of(node.body, bound | {argument.arg for argument in arguments.args}))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, bound: frozenset[str]
    ) -> ast.expr:
        for over in node.generators:
            if over.is_async:
                raise _Kept
            over.iter = self.of(over.iter, bound)
            bound = bound | {part.id for part in ast.walk(over.target) if isinstance(part, ast.Name)}
            over.ifs = [self.of(test, bound) for test in over.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.of(node.key, bound), self.of(node.value, bound)
        else:
            node.elt = self.of(node.elt, bound)
        return node

    def _hole(self, node: ast.expr, bound: frozenset[str]) -> ast.expr:
        """Ask the program for an expression: what a loop of the test goes through more than once cannot be asked."""
        if bound or self._told.gives(node) != "data" or self._told.composed(node):
            raise _Kept
        self.holes.append(node)
        return ast.Name(f"{HOLE}{len(self.holes) - 1}", ast.Load())


def _tells(relation: Relation, value: object) -> bool:
    """Say whether a comparison is with a value that says more than yes or no."""
    return relation == "==" and value is not None and not isinstance(value, bool)


def _comparable(relation: Relation, value: object) -> bool:
    """Say whether a relation to a value means here what it means in Python, where (1, 2) != [1, 2]."""
    if relation in ("==", "contains"):
        return True
    if relation == "in":
        return isinstance(value, list | str | dict)
    if relation == "not in":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, _SCALAR) for item in value))
    return isinstance(value, _SCALAR)


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
