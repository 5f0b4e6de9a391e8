"""The tree of a mathematical text, and the place in its tokens while it grows. Not the grammar (latex) nor values.

Law: a tree is immutable and says what was written; equal trees are equal answers, different trees may be. A cursor
never moves beyond the end, never deeper than MAX_DEPTH.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from generators.malformed import Malformed

MAX_DEPTH = 40


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


class Cursor:
    """Steps through tokens; `depth` bounds the recursion, `bars` says whether a | closes what one opened."""

    def __init__(self, found: list[str]) -> None:
        self.tokens, self.at, self.depth, self.bars = [*found, ""], 0, 0, False

    def peek(self) -> str:
        """Return the next token, or an empty string at the end."""
        return self.tokens[self.at]

    def take(self, wanted: str | None = None) -> str:
        """Return the next token and step over it; with `wanted`, any other is Malformed."""
        token = self.tokens[self.at]
        if not token or (wanted is not None and token != wanted):
            raise Malformed(f"expected {wanted or 'more'}")
        self.at += 1
        return token

    def accept(self, *wanted: str) -> str:
        """Step over the next token if it is one of `wanted`, and return it or an empty string."""
        token = self.tokens[self.at]
        if token in wanted:
            self.at += 1
            return token
        return ""

    def deeper(self) -> None:
        """Count one level of nesting; whoever calls it takes it back when done."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH}")

    def within(self, bars: bool, reading: Callable[[], Node]) -> Node:
        """Read with `|` closing or opening, as it was again afterwards."""
        before, self.bars = self.bars, bars
        node = reading()
        self.bars = before
        return node

    def braced(self) -> list[str]:
        """Take a braced run of tokens, or one token, as it stands."""
        if not self.accept("{"):
            return [self.take()]
        start, depth = self.at, 1
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
        return self.tokens[start : self.at - 1]

    def subscript(self) -> str:
        """Read what hangs below a name, and its primes, as part of the name."""
        name = ""
        while mark := self.accept("_", "'"):
            name += mark if mark == "'" else "_" + "".join(self.braced())
        return name

    def place(self) -> str:
        """Read a bracketed number after a name as part of the name: f(0) is a value of f, no product."""
        found = self.tokens[self.at : self.at + 3]
        if found[0] != "(" or found[2:] != [")"] or not found[1].isdigit():
            return ""
        self.at += 3
        return f"({found[1]})"
