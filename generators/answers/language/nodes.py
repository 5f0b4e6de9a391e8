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
    sum, prod, int (args: body, first, last; leaf: the number of its variable), bound (leaf: such a variable's number),
    opaque (leaf: an operator that is not carried out), forall, exists (args: what they run through, what holds),
    decimal (a num written with a point, its digits in `digits`).
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


def variables(node: Node) -> frozenset[str]:
    """Return the names a tree leaves free, and the bound variables in it as "<0>"."""
    found = ((part.op, str(part.leaf)) for part in walk(node) if part.op in ("sym", "bound"))
    return frozenset(name if op == "sym" else f"<{name}>" for op, name in found)


def number(value: int | Fraction) -> Node:
    """Return the tree of a number."""
    return Node("num", (), Fraction(value))
