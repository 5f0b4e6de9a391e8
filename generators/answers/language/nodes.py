"""The tree of a mathematical text. Not its reading (latex), not its value (symbolic).

Law: a tree is immutable and says what was written; equal trees are equal answers, different trees may be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Node:
    """A tree: `op` with `args`; `leaf` holds a number (Fraction), a name, or the brackets of a sequence.

    ops: num, sym, const, + * / ^ neg ! mod pm, function names, rel (leaf: the relations), seq (leaf: brackets),
    union, cap, minus, builder (a variable and its condition), matrix (args: rows as seq), based (digits and base),
    class (of remainders: a number and its modulus),
    opaque (leaf: an operator that is not carried out), decimal (a num written with a point, its digits in `digits`).
    """

    op: str
    args: tuple["Node", ...] = ()
    leaf: Fraction | str | None = None
    digits: int = 0


def walk(node: Node) -> Iterator[Node]:
    """Yield a tree and all its parts."""
    rest = [node]
    while rest:
        part = rest.pop()
        yield part
        rest += part.args


def symbols(node: Node) -> frozenset[str]:
    """Return the names a tree leaves free."""
    return frozenset(str(part.leaf) for part in walk(node) if part.op == "sym")


def number(value: int | Fraction) -> Node:
    """Return the tree of a number."""
    return Node("num", (), Fraction(value))
