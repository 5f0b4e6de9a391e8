"""How long things may be. A longer function is listed with its length and reason; the list may only shrink."""

import ast

from tests.house.source import Source, definitions, sources

FILE_LIMIT = 400
FUNCTION_LIMIT = 60

LONG_FUNCTIONS: dict[str, tuple[int, str]] = {}
"""`path:qualified.name` -> (lines now, why it is one function)."""


def lengths(source: Source) -> dict[str, int]:
    """Return the lines of every function of a file, docstring included, decorators not."""
    return {
        f"{source.path}:{name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, node, _ in definitions(source.tree)
        if not isinstance(node, ast.ClassDef)
    }


def size_faults(files: list[Source], listed: dict[str, tuple[int, str]]) -> list[str]:
    """Name every file and function that is too long, and every listed one that is no longer as long as listed."""
    faults = [
        f"{source.path} has {lines} lines, over {FILE_LIMIT}: split it by what it does"
        for source in files
        if (lines := source.text.count("\n")) > FILE_LIMIT
    ]
    found = {name: lines for source in files for name, lines in lengths(source).items()}
    for name, lines in found.items():
        limit = listed[name][0] if name in listed else FUNCTION_LIMIT
        if lines > limit:
            faults.append(f"{name} has {lines} lines, over {limit}: split it")
    for name, (lines, _) in listed.items():
        if found.get(name, 0) <= FUNCTION_LIMIT:
            faults.append(f"{name} is within {FUNCTION_LIMIT} lines or gone: take it off the list")
        elif found[name] < lines:
            faults.append(f"{name} has {found[name]} lines and is listed with {lines}: the list may only shrink")
    return faults


def test_files_and_functions_are_short():
    faults = size_faults(sources(), LONG_FUNCTIONS)
    assert not faults, "\n".join(faults)


def test_checker_catches_long_things():
    long = Source("pipeline/a.py", "class A:\n    def f(self):\n" + "        x = 1\n" * 60)
    assert size_faults([long], {}) == ["pipeline/a.py:A.f has 61 lines, over 60: split it"]
    assert size_faults([long], {"pipeline/a.py:A.f": (61, "one formula")}) == []
    assert "may only shrink" in size_faults([long], {"pipeline/a.py:A.f": (70, "")})[0]
    assert "take it off" in size_faults([], {"pipeline/a.py:A.f": (70, "")})[0]
    assert "over 400" in size_faults([Source("pipeline/b.py", "x = 1\n" * 401)], {})[0]
    assert size_faults([Source("pipeline/b.py", "x = 1\n" * 400)], {}) == []
