"""What a test says of values that a program gave, worked out here, away from the program. Not Python: a few operators,
functions and methods of plain values, and no name of the program.

An assertion becomes what is asked of the program, whose values leave the sandbox as plain data, and a text about them
in which they are called _0, _1 and so on: "isinstance(_0, list) and len(_0) == 3". Law: whatever the values, it ends
soon, and it is true only where Python's own assertion about equal values of Python's own types would hold; about a
value of a type that the program made nothing is known but its own word for being true or not, which it never has here.
"""

import ast
import collections
import decimal
import fractions
import math
import operator
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from generators.programs.words import LARGEST_POWER, Opaque, Unknown, check_size, size_of, value_of
from pipeline.problem import Json

MOST_STEPS = 300_000
"""Parts of a text that are worked out, those in loops each time."""
HOLE = "_"
"""What stands before the number of a value."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor, ast.Pow: operator.pow,
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
TYPES: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, range, type)
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(abs, all, any, divmod, enumerate, filter, isinstance, len, map, max, min, reversed, repr, round, sorted),
        *(sum, zip, ord, chr),
    )
}
MODULES: Mapping[str, Mapping[str, Any]] = {
    module.__name__.lstrip("_"): {name: getattr(module, name) for name in names.split()}
    for module, names in (
        (
            math,
            "isclose fabs sqrt floor ceil trunc isnan isinf isfinite gcd hypot dist log log2 log10 exp sin cos tan "
            "fsum copysign pi e tau inf nan",
        ),
        (
            operator,
            "eq ne lt le gt ge is_ is_not not_ truth contains countOf add sub __eq__ __ne__ __lt__ __le__ __gt__ "
            "__ge__ __contains__ itemgetter",
        ),
        (fractions, "Fraction"),
        (decimal, "Decimal"),
        (collections, "Counter OrderedDict deque"),
    )
}
TRUTHS = frozenset(
    ("issubset", "issuperset", "isdisjoint", "startswith", "endswith", "is_integer", "isalnum", "isalpha", "isascii",
     "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper",
     "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__")
)  # fmt: skip
"""Methods that decide a truth: asked of a value out here, never of the program's own object."""
_METHODS = TRUTHS | frozenset(
    ("count", "index", "find", "rfind", "lower", "upper", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines",
     "title", "capitalize", "swapcase", "keys", "values", "items", "get", "union", "intersection", "difference",
     "symmetric_difference", "bit_length", "copy", "removeprefix", "removesuffix", "partition", "as_integer_ratio",
     "__len__")
)  # fmt: skip
_OWNERS = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, range, deque, Fraction, Decimal)
_FAILURES = (
    TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, StopIteration, MemoryError
)  # fmt: skip


def holds(text: str, found: Json) -> bool:
    """Say whether a text is true of the values a program gave, in the words of `literals.plain`, typed."""
    node = _parsed(text)
    if node is None or not isinstance(found, list):
        return False
    try:
        names = {f"{HOLE}{number}": value_of(word) for number, word in enumerate(found)}
        return bool(_Worked(names).of(node))
    except _FAILURES:
        return False


def readable(text: str) -> bool:
    """Say whether a text is made of nothing but what is worked out here."""
    node = _parsed(text)
    if node is None or not all(map(_known, ast.walk(node))):
        return False
    parts = list(ast.walk(node))
    bound = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    bound |= {part.arg for part in parts if isinstance(part, ast.arg)}
    free = {part.id for part in parts if isinstance(part, ast.Name)} - bound - {*TYPES, *FUNCTIONS, *MODULES}
    return all(name.startswith(HOLE) and name[len(HOLE) :].isdecimal() for name in free)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_NODES = (
    ast.Constant, ast.Name, ast.expr_context, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.unaryop,
    ast.BinOp, ast.BoolOp, ast.boolop, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Call, ast.keyword,
    ast.Attribute, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Lambda,
    ast.arguments, ast.arg,
)  # fmt: skip


def _known(node: ast.AST) -> bool:
    if isinstance(node, ast.operator | ast.cmpop):
        return type(node) in _BINARY or type(node) in _COMPARED
    if isinstance(node, ast.Attribute):
        return node.attr in _METHODS or node.attr == "__name__" or module_value(node) is not None
    return isinstance(node, _NODES)


def module_value(node: ast.AST) -> Any:
    """Return what an attribute such as `math.isclose` stands for, None for any other node."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return MODULES.get(node.value.id, {}).get(node.attr)
    return None


class _Worked:
    """The working out of one text: names that stand for values, and how many steps are left."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = dict(names)
        self._left = [MOST_STEPS]

    def of(self, node: ast.AST) -> Any:
        """Return the value of a node. Raises one of _FAILURES where Python would fail, or for what is not known."""
        self._left[0] -= 1
        if self._left[0] < 0:
            raise Unknown("too much to work out")
        work = _WORK.get(type(node))
        if work is None:
            raise Unknown(f"{type(node).__name__} is not worked out here")
        return _bounded(work(self, node))

    def name(self, node: ast.Name) -> Any:
        for known in (self._names, TYPES, FUNCTIONS):
            if node.id in known:
                return known[node.id]
        raise Unknown(node.id)

    def binary(self, node: ast.BinOp) -> Any:
        a, b = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Mult):
            check_size(*(size_of(one) * other for one, other in ((a, b), (b, a)) if isinstance(other, int)))
        if isinstance(node.op, ast.Pow):
            check_size(size_of(a) * abs(b) if isinstance(a, int) and isinstance(b, int) else 1)
            if isinstance(a, Fraction | Decimal) and abs(b) > LARGEST_POWER:
                raise Unknown("such a power")
        if isinstance(node.op, ast.Mod) and isinstance(a, str | bytes):
            raise Unknown("a format")
        return _BINARY[type(node.op)](a, b)

    def boolean(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.of(part)
            if bool(value) is isinstance(node.op, ast.Or):
                return value
        return value

    def compare(self, node: ast.Compare) -> bool:
        left = self.of(node.left)
        for sign, right in zip(node.ops, map(self.of, node.comparators), strict=True):
            if isinstance(sign, ast.Is | ast.IsNot) and not any(_is_single(side) for side in (left, right)):
                raise Unknown("which values are one object")
            if not _COMPARED[type(sign)](left, right):
                return False
            left = right
        return True

    def subscript(self, node: ast.Subscript) -> Any:
        value = self.of(node.value)
        if isinstance(node.slice, ast.Slice):
            ends = (node.slice.lower, node.slice.upper, node.slice.step)
            return value[slice(*(None if end is None else self.of(end) for end in ends))]
        return value[self.of(node.slice)]

    def call(self, node: ast.Call) -> Any:
        arguments = [self.of(argument) for argument in node.args]
        named = {keyword.arg: self.of(keyword.value) for keyword in node.keywords if keyword.arg}
        if len(named) != len(node.keywords):
            raise Unknown("keywords from a dict")
        function = self._function(node.func)
        if function is range:
            check_size(len(range(*arguments)))
        if function is isinstance and isinstance(arguments[0], Opaque):
            raise Unknown("its type decides what it is")
        if function is round and len(arguments) > 1 and abs(arguments[1]) > LARGEST_POWER:
            raise Unknown("rounding so far")
        value = function(*arguments, **named)
        if value is NotImplemented:
            raise Unknown("types that do not compare")
        return value

    def _function(self, node: ast.expr) -> Callable[..., Any]:
        if isinstance(node, ast.Attribute) and module_value(node) is None:
            owner = self.of(node.value)
            if node.attr not in _METHODS or not (isinstance(owner, _OWNERS) and type(owner) in _OWNERS):
                raise Unknown(node.attr)
            return _method(owner, node.attr)
        found: Callable[..., Any] = self.of(node)
        if not callable(found):
            raise Unknown("no function")
        return found

    def attribute(self, node: ast.Attribute) -> Any:
        if (known := module_value(node)) is not None:
            return known
        owner = self.of(node.value)
        if node.attr != "__name__" or owner not in TYPES.values():
            raise Unknown(node.attr)
        return owner.__name__

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Any:
        inner = _Worked(self._names)
        inner._left = self._left
        turns = inner._turns(node.generators)
        if isinstance(node, ast.DictComp):
            return {inner.of(node.key): inner.of(node.value) for _ in turns}
        items = (inner.of(node.elt) for _ in turns)
        made: dict[type[ast.AST], Callable[[Any], Any]] = {ast.ListComp: list, ast.SetComp: set}
        return made.get(type(node), iter)(items)

    def _turns(self, generators: list[ast.comprehension]) -> Iterator[None]:
        if not generators:
            yield None
            return
        for item in self.of(generators[0].iter):
            self._bind(generators[0].target, item)
            if all(self.of(test) for test in generators[0].ifs):
                yield from self._turns(generators[1:])

    def _bind(self, target: ast.expr, item: Any) -> None:
        if isinstance(target, ast.Name):
            self._names[target.id] = item
            return
        if not isinstance(target, ast.Tuple | ast.List):
            raise Unknown("such a target")
        for part, inner in zip(target.elts, item, strict=True):
            self._bind(part, inner)

    def function(self, node: ast.Lambda) -> Callable[..., Any]:
        names = [argument.arg for argument in node.args.args]

        def called(*given: Any) -> Any:
            before = self._names
            self._names = {**before, **dict(zip(names, given, strict=True))}
            try:
                return self.of(node.body)
            finally:
                self._names = before

        return called


_WORK: dict[type[ast.AST], Callable[[_Worked, Any], Any]] = {
    ast.Constant: lambda work, node: node.value,
    ast.Name: _Worked.name,
    ast.Tuple: lambda work, node: tuple(map(work.of, node.elts)),
    ast.List: lambda work, node: list(map(work.of, node.elts)),
    ast.Set: lambda work, node: set(map(work.of, node.elts)),
    ast.Dict: lambda work, node: {work.of(k): work.of(v) for k, v in zip(node.keys, node.values, strict=True)},
    ast.UnaryOp: lambda work, node: _UNARY[type(node.op)](work.of(node.operand)),
    ast.BinOp: _Worked.binary,
    ast.BoolOp: _Worked.boolean,
    ast.Compare: _Worked.compare,
    ast.IfExp: lambda work, node: work.of(node.body if work.of(node.test) else node.orelse),
    ast.Subscript: _Worked.subscript,
    ast.Call: _Worked.call,
    ast.Attribute: _Worked.attribute,
    ast.ListComp: _Worked.comprehension,
    ast.SetComp: _Worked.comprehension,
    ast.GeneratorExp: _Worked.comprehension,
    ast.DictComp: _Worked.comprehension,
    ast.Lambda: _Worked.function,
}


def _method(owner: Any, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(owner, name)
    return found


def _is_single(value: Any) -> bool:
    """Say whether a value is the only object that equals it."""
    return value is None or isinstance(value, bool | type)


def _bounded(value: Any) -> Any:
    check_size(size_of(value))
    return value
