"""What must be said: every module its law, every public thing its sentence, every method its source."""

import ast

from tests.house.source import Source, definitions, sources

SOURCED = ("trainer/seams/losses.py", "trainer/seams/advantages.py")
"""Modules whose tables hold methods from the literature; a function named in a table there states its source."""


def docstring_faults(source: Source) -> list[str]:
    """Name every missing docstring, module law and `Source:` of a file."""
    head = ast.get_docstring(source.tree)
    if not head:
        return [f"{source.path} has no module docstring: what it is, what it is not, its one law"]
    faults = []
    if not source.path.endswith(("__init__.py", "__main__.py")) and not source.plugin and "law" not in head.lower():
        faults.append(f"{source.path}: the module docstring states no law")
    if source.path.startswith("generators/families/") and source.plugin and "Source:" not in source.text:
        faults.append(f"{source.path}: a family states its 'Source:'")
    for name, node, local in definitions(source.tree):
        if not local and not any(part.startswith("_") for part in name.split(".")) and not ast.get_docstring(node):
            faults.append(f"{source.at(node.lineno)} {name} is public and has no docstring")
    return faults + _unsourced(source)


def _unsourced(source: Source) -> list[str]:
    if source.path not in SOURCED:
        return []
    named = {
        item.id
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)
        for value in node.value.values
        for item in ast.walk(value)
        if isinstance(item, ast.Name)
    }
    return [
        f"{source.at(node.lineno)} {name} stands in a table and states no 'Source:'"
        for name, node, _ in definitions(source.tree)
        if name in named and isinstance(node, ast.FunctionDef) and "Source:" not in (ast.get_docstring(node) or "")
    ]


def test_everything_public_is_documented():
    faults = [fault for source in sources() for fault in docstring_faults(source)]
    assert not faults, "\n".join(faults)


def test_checker_catches_silence():
    def broken(path: str, text: str) -> str:
        return " | ".join(docstring_faults(Source(path, text)))

    assert "no module docstring" in broken("pipeline/a.py", "x = 1\n")
    assert "states no law" in broken("pipeline/a.py", '"""Things."""\n')
    assert "A.f is public" in broken("pipeline/a.py", '"""Law: x."""\nclass A:\n    """A."""\n    def f(self): pass\n')
    assert broken("pipeline/a.py", '"""Law: x."""\ndef _f(): pass\nclass _A:\n    def f(self): pass\n') == ""
    assert broken("pipeline/a.py", '"""Law: x."""\ndef f():\n    """Do."""\n    def g(): pass\n') == ""
    assert "states its 'Source:'" in broken("generators/families/np/a.py", '"""A family."""\n')
    assert broken("generators/families/np/a.py", '"""A family.\n\nSource: Karp 1972.\n"""\n') == ""
    loss = '"""Law: x."""\ndef f():\n    """Do."""\nLOSSES = {"f": f}\n'
    assert "stands in a table" in broken("trainer/seams/losses.py", loss)
    assert broken("trainer/seams/losses.py", loss.replace("Do.", "Do.\n\n    Source: arXiv.\n    ")) == ""
    assert broken("trainer/seams/budget.py", loss) == ""
