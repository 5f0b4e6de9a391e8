"""Arithmetic and integers in model text: read, evaluate, write. Not symbolic mathematics, and never `eval`.

Law: whatever the text, the answer is a value or Malformed, in time linear in a bounded length; values are exact
rationals.
"""

import re
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from generators.malformed import Malformed

MAX_CHARS = 1_000
MAX_DIGITS = 12
MAX_DEPTH = 50
MAX_OPERANDS = 100
MAX_INTEGERS = 2_000


class Operation(NamedTuple):
    """Two operands joined by one of + - * /."""

    operator: str
    left: "Node"
    right: "Node"


Node: TypeAlias = int | Operation
"""An arithmetic expression: a non-negative integer or an operation on two expressions."""

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-"})
_TOKEN = re.compile(r"[0-9]+|[-+*/()\[\]]")
_CLOSING = {"(": ")", "[": "]"}
_LATEX = {"\\times": "*", "\\cdot": "*", "\\div": "/", "\\left": " ", "\\right": " ", "\\{": "{", "\\}": "}"}
_COMMAND = re.compile(r"\\(?:(?:times|cdot|div|left|right)(?![A-Za-z])|[{}])")
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2}


def _plain(text: str) -> str:
    """Return a text with other spellings of signs and brackets, Unicode and LaTeX, as their plain characters."""
    return _COMMAND.sub(lambda found: _LATEX[found[0]], text.translate(_SPELLINGS))


def parse(text: str) -> Node:
    """Read an expression of non-negative integers, + - * / and brackets, round or square.

    No signs, powers, points or names.

    Raises:
        Malformed: for anything else, or beyond the limits on characters, digits, depth and operands.
    """
    tokens = _tokens(text)
    reader = _Reader(tokens)
    node = reader.sum(0)
    if reader.position < len(tokens):
        raise Malformed("not an expression", text)
    return node


def _tokens(text: str) -> list[str]:
    if len(text) > MAX_CHARS:
        raise Malformed(f"expression over {MAX_CHARS} characters", text[:100])
    plain = _plain(text)
    tokens = _TOKEN.findall(plain)
    if sum(map(len, tokens)) != len(re.sub(r"\s", "", plain)):
        raise Malformed("character outside arithmetic", text)
    if re.search(r"[0-9]\s+[0-9]", plain):
        raise Malformed("two numbers side by side", text)
    if any(len(token) > MAX_DIGITS for token in tokens):
        raise Malformed(f"number over {MAX_DIGITS} digits", text)
    if sum(token.isdigit() for token in tokens) > MAX_OPERANDS:
        raise Malformed(f"over {MAX_OPERANDS} operands", text)
    return tokens


class _Reader:
    """Recursive descent over tokens; each method consumes what it names."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def sum(self, depth: int) -> Node:
        node = self.product(depth)
        while self.peek() in ("+", "-"):
            node = Operation(self.take(), node, self.product(depth))
        return node

    def product(self, depth: int) -> Node:
        node = self.operand(depth)
        while self.peek() in ("*", "/"):
            node = Operation(self.take(), node, self.operand(depth))
        return node

    def operand(self, depth: int) -> Node:
        token = self.take()
        if token.isdigit():
            return int(token)
        if token not in _CLOSING:
            raise Malformed("not an expression")
        if depth >= MAX_DEPTH:
            raise Malformed(f"brackets over {MAX_DEPTH} deep")
        node = self.sum(depth + 1)
        if self.take() != _CLOSING[token]:
            raise Malformed("unbalanced brackets")
        return node


def evaluate(node: Node) -> Fraction | None:
    """Return the exact value of an expression, None where it divides by zero."""
    if isinstance(node, int):
        return Fraction(node)
    left, right = evaluate(node.left), evaluate(node.right)
    if left is None or right is None:
        return None
    if node.operator == "+":
        return left + right
    if node.operator == "-":
        return left - right
    if node.operator == "*":
        return left * right
    return left / right if right else None


def operands(node: Node) -> list[int]:
    """Return the integers of an expression from left to right."""
    if isinstance(node, int):
        return [node]
    return operands(node.left) + operands(node.right)


def write(node: Node) -> str:
    """Write an expression with no spaces and only the brackets it needs; `parse` gives its value back."""
    if isinstance(node, int):
        return str(node)
    rank = _RANK[node.operator]
    left = _bracketed(node.left, _rank(node.left) < rank)
    # - and / do not associate: an operand of equal rank on their right needs its brackets.
    tight = _rank(node.right) == rank and node.operator in "-/"
    right = _bracketed(node.right, _rank(node.right) < rank or tight)
    return f"{left}{node.operator}{right}"


def _rank(node: Node) -> int:
    return 3 if isinstance(node, int) else _RANK[node.operator]


def _bracketed(node: Node, needed: bool) -> str:
    return f"({write(node)})" if needed else write(node)


_INTEGER = re.compile(r"-?[0-9]+")


def read_integer(text: str) -> int:
    """Read one integer of at most MAX_DIGITS digits.

    Raises:
        Malformed: for anything else.
    """
    stripped = text.strip().translate(_SPELLINGS)
    if not _INTEGER.fullmatch(stripped):
        raise Malformed("not an integer", text[:100])
    if len(stripped.lstrip("-")) > MAX_DIGITS:
        raise Malformed(f"number over {MAX_DIGITS} digits", text[:100])
    return int(stripped)


def read_integers(text: str) -> list[int]:
    """Read a list of integers separated by commas or blanks, with or without one pair of brackets round it.

    Raises:
        Malformed: for anything else, an empty item, or more than MAX_INTEGERS of them.
    """
    inner = _plain(text).strip()
    for opening, closing in ("[]", "()", "{}"):
        if inner.startswith(opening) and inner.endswith(closing) and len(inner) >= 2:
            inner = inner[1:-1].strip()
            break
    if not inner:
        return []
    items = re.split(r"\s*,\s*|\s+", inner)
    if len(items) > MAX_INTEGERS:
        raise Malformed(f"over {MAX_INTEGERS} numbers", text[:100])
    try:
        return [read_integer(item) for item in items]
    except Malformed as error:
        raise Malformed(error.reason.replace("not an integer", "not a list of integers"), text[:100]) from error
