"""Second opinions on answers made of parts: lists, sets, mappings, rows of cells. Not the scalars alone (typed).

A text is read as the literal it is, in the notation of JSON, Python or LaTeX, bounded in length and depth; nothing is
evaluated. Law: a part that cannot be read makes the whole unreadable; no code is shared with the graders.
"""

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from generators.second.plain import all_of, margin_of, number, plain, same_number, same_words
from pipeline.problem import Json

MAX_CHARS, MAX_DEPTH, MAX_PARTS = 4000, 6, 400
"""What is read: characters of an answer, brackets within brackets, parts compared in any order."""
_MATRIX = re.compile(r"\\begin\{[pb]?matrix\}(.*)\\end\{[pb]?matrix\}", re.DOTALL)
_FRACTION = re.compile(r"\\[dt]?frac\{([0-9]{1,50})\}\{([0-9]{1,50})\}")
_THOUSANDS = re.compile(r"[0-9],[0-9]{3}(?![0-9])")
_CELL = re.compile(r"[-+]?[0-9.]{1,50}|[^\W\d_]{1,20}")

Scalar = Fraction | str | bool | None


@dataclass(frozen=True, slots=True)
class Parts:
    """A list ("[" or "(", "" where bare), a set ("{") or a mapping (":", its items in pairs) that was read."""

    mark: str
    items: "tuple[Tree, ...]"


Tree = Scalar | Parts


@dataclass(frozen=True, slots=True)
class Rule:
    """How parts compare: in which order, which symmetry, how far numbers may be off, as the problem declares them.

    `stated`: the problem said that its answer is of this type; else another order than the gold's is no certain error.
    """

    order: Literal["given", "any"] = "given"
    symmetry: str = "none"
    tolerance: str | None = None
    stated: bool = True


def read(text: str) -> Tree:
    """Return the literal that a text is.

    Raises:
        ValueError: when it is none, or beyond a limit.
    """
    matrix = _MATRIX.fullmatch(text.strip())
    if matrix is not None:
        return _rows([row.split("&") for row in re.split(r"\\\\", matrix[1]) if row.strip()])
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(_CELL.fullmatch(cell) for line in lines for cell in line.split()):
        return _rows([line.split() for line in lines])
    bare = plain(_FRACTION.sub(r"\1/\2", text))
    if len(bare) > MAX_CHARS or _depth(bare) > MAX_DEPTH:
        raise ValueError("beyond a limit")
    if "\\" in bare or "\n" in bare:
        raise ValueError("no literal")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd literals, to whoever runs the audit
            node = ast.parse(bare, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        if not re.match(r"[\w'\" ]+:", bare):
            raise ValueError("no literal") from None
        return read("{" + bare + "}")  # a mapping without its braces
    return _tree(node, bare.encode())


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += (letter in "[({") - (letter in "])}")
        most = max(most, depth)
    return most


def _rows(rows: Sequence[Sequence[str]]) -> Tree:
    return Parts("[", tuple(Parts("[", tuple(_cell(cell) for cell in row)) for row in rows))


def _cell(text: str) -> Tree:
    found = number(text)
    if found is None and not re.fullmatch(r"[^\W\d_]{1,20}", text.strip()):
        raise ValueError("no plain cell")
    return text.strip() if found is None else found


_CONSTANTS = {"true": True, "false": False, "null": None}


def _tree(node: ast.expr, source: bytes) -> Tree:
    """Return what a syntax tree of literals says. ValueError for anything that is no literal."""
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError("no literal")
        pairs = zip(node.keys, node.values, strict=True)
        found = [Parts("(", (_tree(k, source), _tree(v, source))) for k, v in pairs if k is not None]
        return Parts(":", tuple(found))
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        written = source[node.col_offset : node.col_offset + 1].decode(errors="replace")
        mark = "{" if isinstance(node, ast.Set) else "[" if isinstance(node, ast.List) else written
        return Parts(
            mark if mark in "[({" and _closes(node, source) else "", tuple(_tree(e, source) for e in node.elts)
        )
    if isinstance(node, ast.Name):
        return _CONSTANTS.get(node.id, node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bool | None):
        return node.value
    text = source[node.col_offset : node.end_col_offset].decode()
    found_number = number(text.replace(" ", "")) if isinstance(node, ast.Constant | ast.UnaryOp | ast.BinOp) else None
    if found_number is None:
        raise ValueError("no literal")
    return found_number


def _closes(node: ast.expr, source: bytes) -> bool:
    """Say whether what a list begins with is its own bracket: not so in `(1, 2), (3, 4)`."""
    end = node.end_col_offset or 0
    inner = node.elts[0] if isinstance(node, ast.Tuple) and node.elts else None
    return source[end - 1 : end] in (b"]", b")", b"}") and (inner is None or inner.col_offset > node.col_offset)


def tree_of(value: Json) -> Tree:
    """Return a JSON value as a tree.

    Raises:
        ValueError: for a text or number that is not plain.
    """
    if isinstance(value, dict):
        return Parts(":", tuple(Parts("(", (key, tree_of(item))) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return Parts("[", tuple(map(tree_of, value)))
    if isinstance(value, bool | str | None):
        return value
    return Fraction(repr(value))


def same(gold: Tree, given: Tree, rule: Rule) -> bool | None:
    """Say whether two trees are the same; sets within others are not compared."""
    if isinstance(gold, Parts) and isinstance(given, Parts):
        return _same_parts(gold, given, rule)
    if isinstance(gold, Parts) or isinstance(given, Parts):
        return None
    if isinstance(gold, bool) or isinstance(given, bool) or gold is None or given is None:
        return True if gold is given else False if isinstance(gold, bool) and isinstance(given, bool) else None
    if isinstance(gold, Fraction) and isinstance(given, Fraction):
        return same_number(gold, given, margin_of(rule.tolerance, gold))
    if isinstance(gold, str) and isinstance(given, str):
        other = not _digits(gold + given) and same_words(gold, given) is False
        return True if gold == given else False if other else None  # may capitals be labels of their own?
    texts = [number(side) if isinstance(side, str) else side for side in (gold, given)]
    return None if None in texts or texts[0] == texts[1] else False  # quotes: may a number be a text?


def _digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _same_parts(gold: Parts, given: Parts, rule: Rule) -> bool | None:
    within = Rule(tolerance=rule.tolerance)
    if ":" in (gold.mark, given.mark):
        return _same_mappings(gold, given, within) if gold.mark == given.mark else None
    if "{" in (gold.mark, given.mark):
        return None
    brackets = True if gold.mark == given.mark or not gold.mark or not given.mark else None
    if len(gold.items) != len(given.items):
        return False
    return all_of([brackets, *(same(a, b, within) for a, b in zip(gold.items, given.items, strict=True))])


def _same_mappings(gold: Parts, given: Parts, rule: Rule) -> bool | None:
    golds, givens = ([_pair(part) for part in side.items] for side in (gold, given))
    said: list[bool | None] = []
    for pairs in (golds, givens):
        if any(_same_key(pairs[i][0], pairs[j][0]) for i in range(len(pairs)) for j in range(i)):
            return None  # a key that stands twice
    for key, value in golds:
        matches = [(other, _same_key(key, name)) for name, other in givens]
        sure = [other for other, alike in matches if alike]
        if sure:
            said.append(same(value, sure[0], rule))
        else:
            said.append(None if any(alike is None for _, alike in matches) else False)
    return all_of([*said, len(golds) == len(givens)])


def _pair(part: Tree) -> tuple[Tree, Tree]:
    assert isinstance(part, Parts)
    key, value = part.items
    return key, value


def _same_key(one: Tree, other: Tree) -> bool | None:
    """Compare keys; JSON has no other than texts, so that a number in quotes is that number."""
    plain_keys = [found if isinstance(k, str) and (found := number(k)) is not None else k for k in (one, other)]
    return same(plain_keys[0], plain_keys[1], Rule())


def _in_any_order(golds: Sequence[Tree], givens: Sequence[Tree], rule: Rule) -> bool | None:
    """Compare as multisets; an uncertain pair leaves all uncertain unless their number tells."""
    if len(golds) != len(givens):
        return False
    if len(golds) > MAX_PARTS or rule.tolerance is not None:
        return None
    left, lost = list(givens), []
    for part in golds:
        place = next((i for i, other in enumerate(left) if same(part, other, rule)), None)
        if place is None:
            lost.append(part)
        else:
            left.pop(place)
    if not lost:
        return True
    return None if any(same(a, b, rule) is None for a in lost for b in left) else False


def sequence(gold: Tree, given: Tree, rule: Rule) -> bool | None:
    """Compare lists, in the orders that the problem declares or any symmetry gives."""
    if not isinstance(gold, Parts) or gold.mark == ":":
        return None
    if not isinstance(given, Parts):
        return same(gold.items[0], given, Rule(tolerance=rule.tolerance)) if len(gold.items) == 1 else None
    if given.mark in ("{", ":"):
        return None
    free = Parts("", gold.items)
    if rule.order == "any":
        return _in_any_order(gold.items, given.items, Rule(tolerance=rule.tolerance))
    said = {same(Parts("", row), given, rule) for row in _turned(free.items, rule.symmetry)}
    if True in said or None in said:
        return True if True in said else None
    return False if rule.stated or _in_any_order(gold.items, given.items, Rule()) is False else None


def _turned(items: tuple[Tree, ...], symmetry: str) -> list[tuple[Tree, ...]]:
    """Return the rows that a symmetry takes for one."""
    turns = range(len(items)) if symmetry in ("rotation", "dihedral") else (0,)
    rows = [items[i:] + items[:i] for i in turns] or [items]
    return rows + [row[::-1] for row in rows] if symmetry in ("reversal", "dihedral") else rows


def collection(gold: Tree, given: Tree, rule: Rule, *, distinct: bool) -> bool | None:
    """Compare sets (`distinct`) or multisets; round brackets mean an order, a repetition is no plain set."""
    golds, givens = (_members(side) for side in (gold, given))
    if golds is None or givens is None or (isinstance(given, Parts) and given.mark == "("):
        return None
    if distinct:
        golds = [part for i, part in enumerate(golds) if not any(same(part, golds[j], Rule()) for j in range(i))]
        if any(same(givens[i], givens[j], Rule()) is not False for i in range(len(givens)) for j in range(i)):
            return None
    return _in_any_order(golds, givens, rule)


def _members(side: Tree) -> list[Tree] | None:
    if isinstance(side, Parts):
        return list(side.items) if side.mark != ":" and len(side.items) <= MAX_PARTS else None
    return [side]


def mapping(gold: Tree, given: Tree, rule: Rule) -> bool | None:
    """Compare mappings: the same keys, and equal values at each."""
    if not isinstance(gold, Parts) or not isinstance(given, Parts) or len(gold.items) > MAX_PARTS:
        return None
    return same(gold, given, rule) if gold.mark == ":" == given.mark else None


def grid(gold: Tree, given: Tree, rule: Rule) -> bool | None:
    """Compare rows of cells: the same shape, and equal cells at each place."""
    wanted, found = _shape(gold), _shape(given)
    if wanted is None or found is None:
        return None
    return False if wanted != found else same(_listed(gold), _listed(given), rule)


def _shape(side: Tree) -> tuple[int, int] | None:
    if not isinstance(side, Parts) or side.mark in ("{", ":") or not side.items:
        return None
    widths = {len(row.items) if isinstance(row, Parts) and row.mark in "[(" else 0 for row in side.items}
    return (len(side.items), widths.pop()) if len(widths) == 1 and 0 not in widths else None


def _listed(side: Tree) -> Tree:
    """Return rows with the brackets of lists."""
    if not isinstance(side, Parts) or side.mark in ("{", ":"):
        return side
    return Parts("[", tuple(map(_listed, side.items)))


Compare = Callable[[Tree, Tree, Rule], bool | None]
COMPARE: dict[str, Compare] = {
    "sequence": sequence,
    "tuple": sequence,
    "set": lambda gold, given, rule: collection(gold, given, rule, distinct=True),
    "multiset": lambda gold, given, rule: collection(gold, given, rule, distinct=False),
    "mapping": mapping,
    "grid": grid,
    "matrix": grid,
}


def judged(type_: str, gold: Json, given: str, rule: Rule) -> bool | None:
    """Judge an answer made of parts; None where it, or the gold, is not plainly written."""
    try:
        wanted = read(gold) if isinstance(gold, str) else tree_of(gold)
        found = read(given)
    except ValueError:
        return None
    said = COMPARE[type_](wanted, found, rule)
    return None if said is False and _THOUSANDS.search(given) else said
