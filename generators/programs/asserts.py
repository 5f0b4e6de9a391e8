"""Unit tests that are written as assertions, turned into cases whose comparison stays outside. Not their running.

`assert f(1, 2) == 3` becomes the expression `f(1, 2)` and the value 3: the expression goes into the sandbox, the value
does not. So do the other forms of assertions.cases_of_test, what is expected to raise, loops over values that stand in
the test, and all of these inside HumanEval's `def check(candidate)` and pytest's functions. Law: what has another form
is kept, word for word, as one "assert" case; nothing of a test is dropped, and no case sees what an earlier assertion
left undone or did not do.
"""

import ast
import builtins
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from generators.programs.assertions import Scope, cases_of_test, mentioned
from generators.programs.cases import Case
from generators.programs.literals import literal, python
from generators.programs.outside import HOLE
from generators.sandbox.sandbox import BOM
from pipeline.errors import FamilyError

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What ast.parse raises for text that is no program: null bytes and towers of brackets included."""
MOST_TURNS = 200
"""Turns of a loop that are written out, and cases one piece of test code may give in that way."""
_BINDING = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef)
_QUIET = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef, ast.Pass)
_EVERYTHING = ("Exception", "BaseException", "AssertionError")


def parse_program(source: str) -> ast.Module | None:
    """Return the syntax tree of Python text, None where it is not Python or too deeply nested to read."""
    try:
        return ast.parse(source.removeprefix(BOM))
    except _UNREADABLE:
        return None


def cases_of_asserts(source: str, *, setup: str = "", entry: str = "", prelude: str = "") -> list[Case]:
    """Return the cases of test code; `entry` is what HumanEval's `check(candidate)` is to be called with: a name, or
    LeetCodeDataset's "Solution().name". `prelude` is code before the program.

    Raises:
        FamilyError: when the code is not Python, tests nothing, or is a class of unittest, which would not be run.
    """
    return list(_cases_of(source, setup, entry, prelude))


@lru_cache(maxsize=2048)
def _cases_of(source: str, setup: str, entry: str, prelude: str) -> tuple[Case, ...]:
    tree, before, around = parse_program(source), parse_program(setup), parse_program(prelude)
    if tree is None or before is None or around is None:
        raise FamilyError(f"test code is not Python: {(source if tree is None else setup or prelude)[:80]!r}")
    if any(isinstance(node, ast.ClassDef) and "TestCase" in ast.unparse(node) for node in tree.body):
        raise FamilyError("a class of unittest is not run by itself: bring its assertions as plain code")
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    body = _inside(checks[0], tree, entry) if checks and entry else tree.body
    given = (*around.body, *before.body, *tree.body)
    own = {node.name for node in given if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    told = _Told(setup=setup, own=own, given=before.body)
    whole = told.body(body) and bool(told.cases)
    return tuple(told.cases) if whole else (*told.cases, _kept(source, tree, setup, entry if checks else ""))


def _inside(check: ast.FunctionDef, tree: ast.Module, entry: str) -> list[ast.stmt]:
    """Return the body of `check(candidate)` about `entry` itself, after what stands around the function."""
    others = [node for node in tree.body if node is not check and not _is_call_of(node, "check")]
    if len(check.args.args) != 1:
        return tree.body
    renamed = _Put({check.args.args[0].arg: ast.parse(entry, mode="eval").body})
    return [*others, *(renamed.visit(node) for node in ast.parse(ast.unparse(check)).body[0].body)]  # type: ignore[attr-defined]


class _Put(ast.NodeTransformer):
    """Writes expressions in place of names that are read."""

    def __init__(self, put: dict[str, ast.expr]) -> None:
        self._put = put

    def visit_Name(self, node: ast.Name) -> ast.expr:
        put = self._put.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return copy.deepcopy(put) if put is not None else node


@dataclass(slots=True)
class _Told:
    """Test code read statement by statement: the cases so far, and what stands before the next."""

    setup: str
    own: set[str]
    given: Sequence[ast.stmt] = ()
    """The statements of the setup."""
    before: list[ast.stmt] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    """Names of values that answers are compared with."""
    turned: set[str] = field(default_factory=set)
    """Functions of pytest's that are turned, so that a call of theirs adds nothing."""
    cases: list[Case] = field(default_factory=list)
    undone: bool = False
    """A statement stands before that no case has run yet."""

    def body(self, body: Sequence[ast.stmt]) -> bool:
        """Turn statements; False, and nothing more is turned, where one may do what a case alone would not show."""
        whole = True
        for node in body:
            if _says_nothing(node):
                continue
            if isinstance(node, ast.Assert):
                turned = self._assertion(node.test)
                whole = whole and turned
                if not turned and mentioned(node.test) & self._bound():
                    return False
            elif not self._statement(node):
                return False
        if self.undone:
            self.cases.append(Case(kind="call", source="True", setup=self._setup([]), expected=True))
            self.undone = False
        return whole

    def _statement(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            self.turned.add(node.name)
            return self._inner(_as_code(node))
        if any(_is_call_of(node, name) for name in self.turned):
            return True
        if isinstance(node, _BINDING):
            return self._binding(node)
        if isinstance(node, ast.For) and not node.orelse:
            return self._loop(node)
        if isinstance(node, ast.Try | ast.With):
            return self._raises(node)
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if not called or mentioned(node) & self.own or len(self.before) > MOST_TURNS:
            return False
        self._note(node)
        self.undone = True
        return True

    def _inner(self, body: Sequence[ast.stmt] | None) -> bool:
        """Turn code whose own statements end with it, wholly or not at all."""
        inner = _Told(self.setup, self.own, self.given, [*self.before], {**self.names}, {*self.answers})
        whole = body is not None and inner.body(body)
        self.cases += inner.cases if whole else []
        return whole

    def _binding(self, node: ast.stmt) -> bool:
        self._note(node)
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        for name in [name.id for name in ast.walk(node) if isinstance(name, ast.Name) and name.id in self.names]:
            if isinstance(self.names[name], list | dict | set) or name in _stored(node):
                del self.names[name]
        if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and literal(node.value, self.names)[0]:
            self.names[target.id] = python(node.value, self.names)
        return True

    def _note(self, node: ast.stmt) -> None:
        """Put a statement before all later cases; a value it may change is known no longer."""
        self.before.append(node)
        if not isinstance(node, ast.Assign):
            for name in mentioned(node) & self.names.keys():
                if isinstance(self.names[name], list | dict | set):
                    del self.names[name]

    def _assertion(self, test: ast.expr) -> bool:
        if (loop := _all_of(test)) is not None and self._loop(loop):
            return True
        found = list(cases_of_test(test, "", self.names, self._scope()))
        for case in found:
            if case is not None:
                asked = ast.parse(case.source).body
                self.answers |= mentioned(test) - mentioned(*asked)
                self.cases.append(replace(case, setup=self._setup(asked)))
                self.undone = False
                if mentioned(*asked) & self._bound() and len(self.before) <= MOST_TURNS:
                    for statement in asked:
                        self._note(statement)
        return None not in found

    def _scope(self) -> Scope:
        """Return what names stand for at this place."""
        imported: dict[str, str] = {}
        bound: dict[str, ast.expr | None] = {}
        for node in (*self.given, *self.before):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                for name in node.names:
                    first = name.name if module or name.asname else name.name.partition(".")[0]
                    imported[name.asname or first] = f"{module}{first}"
                continue
            value = node.value if isinstance(node, ast.Assign) and all(map(_is_names, node.targets)) else None
            bound |= dict.fromkeys(_stored(node), value)
        return Scope(frozenset(self.own), imported, bound)

    def _bound(self) -> set[str]:
        """Return the names of the test's own that stand for something an assertion may change."""
        fixed = {name for name, value in self.names.items() if not isinstance(value, list | dict | set)}
        return {name for node in self.before for name in _stored(node)} - fixed

    def _setup(self, asked: Sequence[ast.stmt]) -> str:
        """Return the code before a case, without the values that only the comparison is about."""
        kept: list[ast.stmt] = []
        needed = mentioned(*asked)
        for node in reversed(self.before):
            if isinstance(node, ast.Assign) and _stored(node) <= self.answers - needed and literal(node.value)[0]:
                continue
            if isinstance(node, ast.Import) and [name.name for name in node.names] == ["pytest"]:
                continue
            kept.append(node)
            needed |= mentioned(node)
        return "\n".join([*([self.setup] if self.setup.strip() else []), *map(ast.unparse, reversed(kept))])

    def _loop(self, node: ast.For) -> bool:
        """Write out a loop over values: a case for every turn."""
        try:
            turns = [dict(_pairs(node.target, item)) for item in python(node.iter, self.names)]
        except (*_UNREADABLE, TypeError, ArithmeticError):
            return False
        names = {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        if len(self.cases) + len(turns) > MOST_TURNS or any(_stored(inner) & names for inner in node.body):
            return False
        self.answers |= mentioned(node.iter)
        body: list[ast.stmt] = []
        for turn in turns:
            put = _Put({name: ast.parse(repr(value), mode="eval").body for name, value in turn.items()})
            body += [put.visit(copy.deepcopy(inner)) for inner in node.body]
        kept = len(self.cases), [*self.before], {**self.names}
        if "inf" in repr(turns) or not self.body(body):
            del self.cases[kept[0] :]
            _, self.before, self.names = kept
            return False
        return True

    def _raises(self, node: ast.Try | ast.With) -> bool:
        """Turn code that is expected to raise: pytest.raises, or a try that fails where nothing was raised."""
        body, kind = _expected_to_raise(node)
        if kind is None or any(isinstance(inner, ast.Assert) for part in body for inner in ast.walk(part)):
            return False
        names = _kinds(kind, self._scope().imported)
        if not names:
            return False
        function = ast.parse(_RAISES).body[0]
        assert isinstance(function, ast.FunctionDef) and isinstance(function.body[0], ast.Try)
        function.body[0].body = list(body)
        self.before.append(ast.fix_missing_locations(function))
        setup = self._setup([])
        self.before.pop()
        expected = " or ".join(f"{name!r} in {HOLE}0" for name in names)
        asked = f"[{function.name}()]"
        self.cases.append(Case(kind="call", source=asked, setup=setup, expected=expected, relation="holds"))
        self.undone = False
        return not mentioned(*body) & self._bound()


_RAISES = """
def _veriloop_raises():
    try:
        pass
    except BaseException as error:
        return [kind.__name__ for kind in error.__class__.__mro__]
    return []
"""
"""What is asked of code that is expected to raise: the names of the kinds that what it raised is of."""


def _kinds(kind: ast.expr, imported: Mapping[str, str]) -> list[str]:
    """Return the names of the exceptions that a handler takes, none where one of them is no name."""
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    dotted = [imported.get(text := ast.unparse(part), text).rpartition(".")[2] for part in parts]
    known = [getattr(getattr(builtins, name, None), "__name__", name) for name in dotted]
    return known if all(name.isidentifier() for name in known) else []


def _is_names(target: ast.expr) -> bool:
    """Say whether a target gives a value, or the parts of one, to plain names."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    return all(isinstance(part, ast.Name) for part in parts)


def _as_code(test: ast.FunctionDef) -> list[ast.stmt] | None:
    """Return the body of a test function, a loop for pytest's parametrize; None where it needs anything more."""
    names = [argument.arg for argument in test.args.args]
    if not names and not test.decorator_list:
        return test.body
    made = test.decorator_list[0] if len(test.decorator_list) == 1 else None
    if not isinstance(made, ast.Call) or not ast.unparse(made.func).endswith("mark.parametrize") or made.keywords:
        return None
    given = made.args[0].value if len(made.args) == 2 and isinstance(made.args[0], ast.Constant) else ""
    if [name.strip() for name in str(given).split(",")] != names:
        return None
    targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
    return [ast.For(targets[0] if len(names) == 1 else ast.Tuple(targets, ast.Store()), made.args[1], test.body, [])]


def _all_of(test: ast.expr) -> ast.For | None:
    """Return `all(a for x in y)` as a loop of assertions."""
    made = test.args[0] if isinstance(test, ast.Call) and ast.unparse(test.func) == "all" and test.args else None
    if not isinstance(made, ast.GeneratorExp | ast.ListComp) or len(made.generators) != 1 or made.generators[0].ifs:
        return None
    over = made.generators[0]
    return ast.For(over.target, over.iter, [ast.Assert(made.elt, None)], [])


def _expected_to_raise(node: ast.Try | ast.With) -> tuple[Sequence[ast.stmt], ast.expr | None]:
    """Return the statements that are to raise and the kind of exception; no kind where it is nothing of that."""
    if isinstance(node, ast.With):
        made = node.items[0].context_expr if len(node.items) == 1 and node.items[0].optional_vars is None else None
        plainly = isinstance(made, ast.Call) and len(made.args) == 1 and not made.keywords
        raises = plainly and isinstance(made, ast.Call) and ast.unparse(made.func) == "pytest.raises"
        return node.body, made.args[0] if raises and isinstance(made, ast.Call) else None
    *body, last = node.body
    quiet = len(node.handlers) == 1 and all(map(_says_nothing, node.handlers[0].body)) and not node.finalbody
    fails = not node.orelse and bool(body) and _fails(last)
    if not fails and len(node.orelse) == 1 and _fails(node.orelse[0]):
        body, fails = node.body, True
    kind = node.handlers[0].type if quiet and fails else None
    return body, None if kind is None or mentioned(kind) & {*_EVERYTHING} else kind


def _fails(node: ast.stmt) -> bool:
    """Say whether a statement is `assert False` or raises an AssertionError."""
    if isinstance(node, ast.Assert):
        return isinstance(node.test, ast.Constant) and not node.test.value
    return isinstance(node, ast.Raise) and node.exc is not None and "AssertionError" in mentioned(node.exc)


def _pairs(target: ast.expr, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names a loop gives to a value.

    Raises:
        ValueError: where it would give none.
    """
    if isinstance(target, ast.Name):
        yield target.id, value
        return
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, list | tuple):
        raise ValueError("a target of another form")
    for part, item in zip(target.elts, value, strict=True):
        yield from _pairs(part, item)


def _stored(node: ast.AST) -> set[str]:
    """Return the names that code gives a value."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}


def _is_call_of(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == name


def _says_nothing(node: ast.stmt) -> bool:
    """Say whether a statement is a docstring, a builtin's bare name, a `pass` or an `assert True`."""
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant):
        return bool(node.test.value)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
        return hasattr(builtins, node.value.id)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_test(node: ast.stmt) -> bool:
    """Say whether a statement is a function that pytest would call."""
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args


def _kept(source: str, tree: ast.Module, setup: str, entry: str) -> Case:
    """Return test code as one "assert" case, with the calls it needs in order to test anything."""
    for node in tree.body:
        named = isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not _is_test(node)
        if named and isinstance(node, ast.FunctionDef) and node.name not in mentioned(tree):
            raise FamilyError(f"only pytest would call {node.name} as it stands: bring its assertions as plain code")
    called = [f"check({entry})"] if entry and not any(_is_call_of(node, "check") for node in tree.body) else []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_test(node):
            called += [] if any(_is_call_of(other, node.name) for other in tree.body) else [f"{node.name}()"]
    if not called and all(isinstance(node, _QUIET) or _says_nothing(node) for node in tree.body):
        raise FamilyError(f"test code tests nothing when it runs: {source[:80]!r}")
    return Case(kind="assert", source="\n".join([source, *called]), setup=setup)
