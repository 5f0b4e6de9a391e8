"""A place in a list of tokens. Not the grammar (latex).

Law: never moves beyond the end, never deeper than MAX_DEPTH.
"""

from collections.abc import Callable

from generators.answers.language.nodes import Node
from generators.malformed import Malformed

MAX_DEPTH = 40


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
