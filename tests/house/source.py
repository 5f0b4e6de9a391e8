"""The project's own source as the house tests see it: files, syntax trees and imports. No rule lives here."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipeline", "generators", "filters", "trainer", "flows")
PLUGINS = ("generators/families/", "filters/rules/", "pipeline/exchange/")
SHARED = ("pipeline/exchange/foreign.py", "pipeline/exchange/questions.py")
"""What plug-ins of a folder share; they stand among them and are none."""


class Import(NamedTuple):
    """One imported dotted name; lazy when it stands inside a function."""

    name: str
    line: int
    lazy: bool


@dataclass(frozen=True)
class Source:
    """One file: its path from the root with forward slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        dotted = ".".join(PurePosixPath(self.path).with_suffix("").parts)
        return dotted.removesuffix(".__init__")

    @property
    def package(self) -> str:
        return PurePosixPath(self.path).parts[0]

    @property
    def plugin(self) -> bool:
        return self.path.startswith(PLUGINS) and not self.path.endswith(("__init__.py", *SHARED))

    def at(self, line: int) -> str:
        return f"{self.path}:{line}"


def sources(*, packages: Iterable[str] = PACKAGES) -> list[Source]:
    """Return every Python file of the packages, sorted by path; each is read, and parsed, once."""
    paths = sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))
    return [_source(path) for path in paths]


@cache
def _source(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def imports(source: Source) -> list[Import]:
    """Return every import of a file; `from a import b` gives "a.b", a relative one starts with a dot."""
    return [Import(name, node.lineno, lazy) for node, lazy in walk(source.tree) for name in _names(node)]


def walk(tree: ast.AST, *, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node and whether it stands inside a function."""
    for node in ast.iter_child_nodes(tree):
        yield node, inside
        yield from walk(node, inside=inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + f"{node.module or ''}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and dotted(node.func).endswith("import_module") and node.args:
        first = node.args[0]
        return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []
    return []


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of attributes on a name, else ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def within(name: str, parents: Iterable[str]) -> bool:
    """Say whether a dotted name is one of the parents or below one."""
    return any(name == parent or name.startswith(parent + ".") for parent in parents)


class Definition(NamedTuple):
    """A function or class and where it stands: `Class.method`, `outer.<locals>.inner`."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    local: bool


def definitions(tree: ast.AST, *, prefix: str = "", local: bool = False) -> Iterator[Definition]:
    """Yield every function and class, those inside functions marked local."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = prefix + node.name
            yield Definition(name, node, local)
            is_class = isinstance(node, ast.ClassDef)
            inner = f"{name}." if is_class else f"{name}.<locals>."
            yield from definitions(node, prefix=inner, local=local or not is_class)
        else:
            yield from definitions(node, prefix=prefix, local=local)
