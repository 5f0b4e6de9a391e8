"""What a mathematical text is made of: numbers, names, functions, brackets, large operators. Not how they join (latex).

Law: as that of latex: reading is bounded, evaluates nothing and raises only Malformed.
"""

import re
from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Self

from generators.answers.language import binding, known_forms
from generators.answers.language.nodes import Cursor, Node, number
from generators.answers.language.tokens import (
    BIG,
    CONSTANTS,
    DECORATIONS,
    DIGITS,
    FUNCTIONS,
    GREEK,
    QUANTIFIERS,
    RELATIONS,
)
from generators.malformed import Malformed

_BRACKETS = {"(": ")", "{": "}", "\\{": "\\}"}
_STEPS = {"|": ("|", "abs"), "lbar": ("rbar", "abs"), "lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}
NO_FACTORS = (
    RELATIONS
    | QUANTIFIERS
    | frozenset(
        (
            "cup", "cap", "minus", "mod", "pmod", "pm", "rfloor", "rceil", "rbar", "newline", "end", "to", "over",
            "choose", "deg", "and", "or", "if",
        )
    )
)  # fmt: skip
"""Names that are no factor of a product."""
_MATRICES = {"begin": None, "determinant": "det", "cases": "cases"}
_MINUS_ONE = Node("neg", (number(1),))
DEGREE = Node("/", (Node("const", (), "pi"), number(180)))
_OUTWARD = {"][": "()", "]]": "(]", "[[": "[)"}
"""Intervals whose brackets turn away from what they leave out: ]1, 5[."""
_OPENING, _CLOSING = (
    frozenset(("(", "[", "{", "\\{", "begin", "cases", "determinant")),
    frozenset((")", "]", "}", "\\}", "end")),
)


class Atoms(Cursor, ABC):
    """Reads what stands alone; what joins it is read by those who know how."""

    @abstractmethod
    def listed(self, brackets: str) -> Node:
        """Read what commas set apart."""

    @abstractmethod
    def relation(self) -> Node:
        """Read what signs such as = join."""

    @abstractmethod
    def sum(self) -> Node:
        """Read what + and - join."""

    @abstractmethod
    def term(self) -> Node:
        """Read a product."""

    @abstractmethod
    def power(self) -> Node:
        """Read a factor."""

    @abstractmethod
    def argument(self) -> Node:
        """Read what LaTeX takes without braces."""

    @abstractmethod
    def starts_factor(self, token: str) -> bool:
        """Say whether a token begins a factor."""

    def atom(self) -> Node:
        """Read what `primary` reads; nesting is counted there."""
        token = self.take()
        if token[0] in DIGITS:
            return self.number(token)
        if token in ("(", "[", "{", "\\{", "]"):
            return self.within(False, lambda: self.group(token))
        if token in _STEPS:
            closing, op = _STEPS[token]
            inner = self.within(token == "|", self.sum)
            self.take(closing)
            return Node(op, (inner,))
        if token in ("frac", "binom"):
            return self.pair(token)
        if token in _MATRICES:
            return self.within(False, lambda: self.matrix(_MATRICES[token]))
        if token in FUNCTIONS:
            return self.function(token)
        if token in CONSTANTS:
            return Node("const", (), token)
        if token in BIG:
            return self.big(token)
        if token in DECORATIONS:
            return self.decorated(token)
        if token == "mathbb":
            return self.domain()
        if token[0].isalpha() and token not in NO_FACTORS:
            return Node("sym", (), token + self.subscript() + self.place())
        raise Malformed(f"unexpected {token[:20]}")

    def pair(self, token: str) -> Node:
        """Read the two arguments of a fraction or a binomial coefficient, braced or as a pair in brackets."""
        if token == "binom" and self.accept("("):
            pair = self.listed("?")
            self.take(")")
            return known_forms.counted("binom", pair.args)
        first = self.argument()
        if self.peek().isdigit() and len(self.peek()) > 1:
            self.tokens[self.at : self.at + 1] = [self.peek()[0], self.peek()[1:]]
        return Node("/" if token == "frac" else "binom", (first, self.argument()))

    def number(self, token: str) -> Node:
        """Return a number; one followed by a proper fraction, repeating digits or a base is read with it."""
        following = self.tokens[self.at]
        if following == "dots" and (period := known_forms.shown_period(token)):
            self.at += 1
            return known_forms.repeating(token, period)
        if following in ("overline", "bar", "dot") and "." in token:
            self.at += 1
            period = "".join(self.braced())
            if following == "dot" and self.tokens[self.at + self.peek().isdigit()] == "dot":
                period += self.take() if self.peek() != "dot" else ""
                self.take("dot")
                period += "".join(self.braced())
            node = known_forms.repeating(token, period)
            if self.peek()[:1].isdigit():
                raise Malformed("digits after a period")
            return node
        if "." in token.rstrip(".") or "e" in token or "E" in token:
            digits = len(re.split("[eE]", token)[0].replace(".", "").lstrip("0"))
            return Node("decimal", (), Fraction(token), digits)
        whole = Node("num", (), Fraction(int(token.rstrip("."))))
        if following == "frac":
            before = self.at
            self.at += 1
            part = self.pair("frac")
            top, bottom = (argument.leaf for argument in part.args)
            if isinstance(top, Fraction) and isinstance(bottom, Fraction) and 0 < top < bottom:
                return Node("+", (whole, part))
            self.at = before
        if following == "_":
            self.at += 1
            return Node("based", (whole,), known_forms.base("".join(self.braced())))
        return whole

    def decorated(self, mark: str) -> Node:
        """Read a name under a bar, an arrow or a hat as a name of its own; unit vectors i, j, k as these letters.

        A bar over a complex number is its conjugate.
        """
        inner = self.braced()
        name, mark = "".join(inner), "bar" if mark == "overline" else mark
        if mark in ("vec", "hat") and name in ("i", "j", "k"):
            return Node("const", (), "i") if name == "i" else Node("sym", (), name)
        if mark == "bar" and "i" in inner and not name.isalpha():
            return Node("conj", (self.apart(inner).sum(),))
        return Node("sym", (), f"{mark} {name}" + self.subscript())

    def domain(self) -> Node:
        """Read a set of numbers, and what its marks leave of it: the positive, the negative, all but nought."""
        name = "".join(self.braced())
        found = Node("const", (), name * 2)
        while self.peek() in ("^", "_"):
            before = self.at
            self.at += 1
            part = known_forms.part_of(name, "".join(self.braced()))
            if part is None:
                self.at = before
                break
            found = part
        return found

    def apart(self, inner: list[str]) -> Self:
        """Return a reader of tokens that stand by themselves, as deep as they are."""
        reader = type(self)(inner)
        reader.depth = self.depth
        return reader

    def big(self, name: str) -> Node:
        """Read a sum, product, integral or limit with its bounds; its variable is bound."""
        bounds: dict[str, Node] = {}
        while mark := self.accept("_", "^"):
            bounds[mark] = self.apart(self.braced()).bound()
        below, above = bounds.get("_"), bounds.get("^")
        if name in ("int", "iint", "oint"):
            return self.integral(name, below, above)
        body = self.term()
        return binding.limit(body, below) if name == "lim" else binding.ranged(name, body, below, above)

    def integral(self, name: str, below: Node | None, above: Node | None) -> Node:
        """Read what is integrated, up to its own dx or with the dx within it."""
        end = self.differential()
        if end:
            inner, variable = self.tokens[self.at : end], self.tokens[end + 1]
            body = number(1)
            if inner:
                reader = self.apart(inner)
                body = reader.sum()
                if reader.peek():
                    raise Malformed("unreadable integral")
            self.at = end + 2
            return binding.integral(name, body, variable, below, above)
        body = self.term()
        found = binding.without_differential(body)
        if found is None:
            return binding.ranged(name, body, below, above, opaque=True)
        return binding.integral(name, *found, below, above)

    def differential(self) -> int:
        """Return where the d of this integral's own dx stands, 0 where none does."""
        depth, wanted = 0, 1
        for at in range(self.at, len(self.tokens) - 1):
            token, following = self.tokens[at], self.tokens[at + 1]
            depth += (token in _OPENING) - (token in _CLOSING)
            if depth < 0 or (depth == 0 and token in RELATIONS):
                return 0
            wanted += depth == 0 and token == "int"
            if depth == 0 and token == "d" and (following in GREEK or (len(following) == 1 and following.isalpha())):
                wanted -= 1
                if not wanted:
                    return at
        return 0

    def bound(self) -> Node:
        """Read all of what stands below or above a large operator; an arrow pairs two expressions."""
        if self.tokens.count("|") == 1:
            self.tokens[self.tokens.index("|")] = "mid"
        side = self.sided() if "to" in self.tokens else ""
        node = self.listed("()")
        if self.accept("to"):
            node = Node("seq", (node, self.sum()), "to" + side)
        if self.peek():
            raise Malformed("unreadable bound")
        return node

    def sided(self) -> str:
        """Take the sign that says from which side a limit comes off the end of the tokens: 0^+."""
        for end in (["^", "+"], ["^", "{", "+", "}"], ["+"], ["^", "-"], ["^", "{", "-", "}"], ["-"]):
            if self.tokens[-1 - len(end) : -1] == end:
                del self.tokens[-1 - len(end) : -1]
                return "+" if "+" in end else "-"
        return ""

    def group(self, opened: str) -> Node:
        """Read a bracketed expression, tuple, interval or set; plain brackets round one expression vanish."""
        if opened in ("{", "\\{") and self.accept(_BRACKETS[opened]):
            return Node("const", (), "emptyset")
        if opened == "\\{" and self.peek() in ("begin", "cases") and not self.closes():
            self.take()
            return self.matrix("cases")
        self.bars = opened == "\\{" or (opened == "{" and self.has_bar())
        node = self.listed("?")
        if opened in ("{", "\\{") and (self.accept("|", "mid") or known_forms.builds(node)):
            return self.builder(node, _BRACKETS[opened])
        several = node.op == "seq" and node.leaf == "?"
        pair = opened + self.take()
        pair = _OUTWARD.get(pair, pair) if several and len(node.args) == 2 else pair
        if pair not in ("()", "[]", "{}", "\\{\\}", "(]", "[)"):
            raise Malformed("brackets do not match")
        leaf = {"\\{\\}": "{}"}.get(pair, pair)
        if several:
            return Node("seq", node.args, "" if leaf == "[]" and len(node.args) > 2 else leaf)
        return node if pair in ("()", "[]", "{}") else Node("seq", (node,), leaf)

    def closes(self) -> bool:
        """Say whether a brace closes behind the environment that stands here; one left open is that of cases."""
        depth = 0
        for at in range(self.at, len(self.tokens)):
            token = self.tokens[at]
            depth += (token in _MATRICES) - (token == "end")
            if not depth:
                return self.tokens[at + 1] == "\\}"
        return True

    def has_bar(self) -> bool:
        """Say whether an odd number of bars stands within the brace that was opened: the bar of a set builder."""
        depth, bars = 1, 0
        for token in self.tokens[self.at :]:
            depth += (token == "{") - (token == "}")
            if not depth:
                break
            bars += token in ("|", "mid")
        return bars % 2 == 1

    def builder(self, node: Node, closing: str) -> Node:
        """Read the rest of a set given by a condition."""
        if known_forms.builds(node):
            node, condition = known_forms.built(node)
        else:
            condition = self.listed("()")
        while self.accept("or"):
            condition = Node("union", (condition, self.listed("()")))
        self.take(closing)
        condition = known_forms.members(condition)
        if node.op == "rel" and (node.leaf == "mid" or (node.leaf == "in" and node.args[1].leaf in ("RR", "R"))):
            node = node.args[0]
        return Node("builder", (node, condition))

    def function(self, name: str) -> Node:
        """Read a function with its power or base and its argument, bracketed or not."""
        power = base = None
        if name == "sqrt" and self.accept("["):
            base = self.sum()
            self.take("]")
        elif self.accept("_"):
            base = self.argument()
        if self.accept("^"):
            power = self.argument()
        arguments = self.arguments(name)
        known_forms.counted(name, arguments)
        if name in known_forms.PRINTED:
            return known_forms.printed(name, arguments)
        if name in ("sqrt", "cbrt"):
            base = Node("num", (), Fraction(3)) if name == "cbrt" else base
            node = Node("root", (*arguments, base)) if base else Node("sqrt", arguments)
        elif name in ("factorial", "Mod"):
            node = Node("!" if name == "factorial" else "mod", arguments)
        else:
            node = Node(name, (*arguments, base) if base else arguments)
        if power == _MINUS_ONE and "arc" + name in FUNCTIONS:
            return Node("arc" + name, arguments)
        return Node("^", (node, power)) if power else node

    def arguments(self, name: str) -> tuple[Node, ...]:
        """Read the arguments of a function: a bracket, or the factors up to the next sign."""
        if opened := self.accept("(", "{", "\\{"):
            found = self.within(False, lambda: self.listed("?"))
            self.take(_BRACKETS[opened])
            return found.args if found.op == "seq" and found.leaf == "?" else (found,)
        if name == "sqrt":
            self.tokens[self.at - 1] = "sqrt"
            return (self.argument(),)
        node = Node("neg", (self.power(),)) if self.accept("-") else self.power()
        while self.starts_factor(self.peek()) and self.peek() not in FUNCTIONS and self.peek() not in "([":
            node = Node("*", (node, self.power()))
        return (node,)

    def matrix(self, leaf: str | None) -> Node:
        """Read a matrix environment whose begin was taken: cells by &, rows by newlines."""
        rows: list[Node] = []
        cells: list[Node] = []
        while True:
            if self.peek() != "end":
                cells.append(self.listed("()"))
            mark = self.take()
            if mark == "&":
                self.accept("if")
                continue
            if cells:
                rows.append(Node("seq", tuple(cells), "row"))
            cells = []
            if mark == "end":
                return known_forms.system(Node("matrix", tuple(rows), leaf))
            if mark != "newline":
                raise Malformed("no matrix")
