"""Mathematics as text, LaTeX or plain, read into a tree. Not its tokens, value (symbolic) nor comparison (equality).

Law: reading is bounded by the limits of tokens and by MAX_DEPTH, evaluates nothing and raises only Malformed.
"""

import re
from fractions import Fraction

from generators.answers.language import known_forms
from generators.answers.language.cursor import Cursor
from generators.answers.language.matrices import carried
from generators.answers.language.nodes import Node, number
from generators.answers.language.tokens import (
    BIG,
    CONSTANTS,
    DECORATIONS,
    DIGITS,
    FUNCTIONS,
    RELATIONS,
    tokens,
)
from generators.malformed import Malformed

_BRACKETS = {"(": ")", "{": "}", "\\{": "\\}"}
_STEPS = {"|": ("|", "abs"), "lbar": ("rbar", "abs"), "lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}
_SETS = {"cup": "union", "cap": "cap", "minus": "minus"}
_NO_FACTORS = RELATIONS | frozenset(
    (
        "cup", "cap", "minus", "mod", "pmod", "pm", "rfloor", "rceil", "rbar", "newline", "end", "to", "determinant",
        "over", "choose", "deg", "and", "or", "if",
    )
)  # fmt: skip
_MATRICES = {"begin": None, "determinant": "det", "cases": "cases"}
_MINUS_ONE = Node("neg", (Node("num", (), Fraction(1)),))
_DEGREE = Node("/", (Node("const", (), "pi"), Node("num", (), Fraction(180))))


class Parser(Cursor):
    """Reads one token list by precedence climbing."""

    def whole(self) -> Node:
        """Read all tokens: a relation, a bare list of them, or an expression."""
        node = self.listed("")
        if self.peek():
            raise Malformed("text after the answer")
        return node

    def listed(self, brackets: str) -> Node:
        """Read relations set apart by commas or semicolons; where both occur, semicolons part lists."""
        groups, items, signs = [], [self.relation()], set()
        while sign := self.accept(",", ";", "and"):
            if sign == "," and self.peek() in ("", "&", "newline", "end"):
                break
            self.accept("and" if sign == "," else ",")
            signs.add("," if sign == "and" else sign)
            if sign == ";":
                groups.append(items)
                items = []
            items.append(self.relation())
        groups.append(items)
        if len(signs) == 2:
            parts = [group[0] if len(group) == 1 else Node("seq", tuple(group), "()") for group in groups]
        else:
            parts = [item for group in groups for item in group]
        return parts[0] if len(parts) == 1 else Node("seq", tuple(parts), brackets)

    def relation(self) -> Node:
        """Read an expression, or a chain of them joined by relations."""
        first = self.union()
        sides, signs = [first], []
        while self.peek() in RELATIONS and not (self.bars and self.peek() == "mid"):
            signs.append(self.take())
            sides.append(self.union())
        if not signs:
            return first
        if signs[-1] == "equiv" and sides[-1].op == "mod":
            sides[-1] = Node("class", sides[-1].args)
        return Node("rel", tuple(sides), " ".join(signs))

    def union(self) -> Node:
        """Read sets joined by union, intersection or difference, or one expression; a:b:c is a time or a ratio."""
        node = self.sum()
        if self.peek() in ("over", "choose"):
            return Node("/" if self.take() == "over" else "binom", (node, self.sum()))
        if self.peek() in _SETS:
            parts = [node]
            while sign := self.accept("cup", "cap", "minus"):
                parts.append(self.sum())
                if sign != "cup" or self.peek() != "cup":
                    parts = [Node(_SETS[sign], tuple(parts))]
            return parts[0]
        if self.peek() != ":":
            return node
        parts = [node]
        while self.accept(":"):
            parts.append(self.sum())
        return Node("seq", tuple(parts), ":")

    def sum(self) -> Node:
        """Read terms joined by +, - and plus-minus."""
        node = Node("pm", (self.term(),)) if self.accept("pm") else self.term()
        while sign := self.accept("+", "-", "pm"):
            right = self.term()
            right = Node("neg", (right,)) if sign == "-" else Node("pm", (right,)) if sign == "pm" else right
            node = Node("+", (node, right))
        return node

    def term(self) -> Node:
        """Read factors joined by *, /, mod or nothing."""
        node = self.signed()
        while True:
            token = self.tokens[self.at]
            if token in ("*", "/", "mod"):
                self.at += 1
                node = Node(token, (node, self.signed()))
            elif self.starts_factor(token):
                if token[0] in DIGITS and self.tokens[self.at - 1][0] in DIGITS:
                    raise Malformed("two numbers side by side")
                if token == "(" and self.tokens[self.at + 1] in ("mod", "pmod"):
                    return self.modulo(node)
                node = known_forms.product(node, self.power())
            else:
                return self.modulo(node) if token == "pmod" else node

    def modulo(self, node: Node) -> Node:
        """Read the modulus behind a number, which makes it a class of remainders: 3 (mod 7)."""
        bracket = self.accept("(")
        self.take()
        modulus = self.sum() if bracket else self.argument()
        if bracket:
            self.take(")")
        return Node("class", (node, modulus))

    def starts_factor(self, token: str) -> bool:
        """Say whether a token can begin a factor that is multiplied without a sign."""
        if not token:
            return False
        if token[0] in DIGITS or token in ("(", "{", "["):
            return True
        return (token[0].isalpha() and token not in _NO_FACTORS) or (token == "|" and not self.bars)

    def signed(self) -> Node:
        """Read a sign, then a power."""
        sign = self.accept("+", "-")
        if sign and self.peek() in ("+", "-"):
            raise Malformed("a double sign")
        node = self.power()
        return Node("neg", (node,)) if sign == "-" else node

    def power(self) -> Node:
        """Read a factor with its exponent, factorial or degree marks."""
        node = self.primary()
        token = self.tokens[self.at]
        if token not in ("!", "^", "deg", "_"):
            return node
        if token == "_" and node.op == "num" and self.tokens[self.at - 1] == ")":
            self.at += 1
            return Node("based", (node,), "".join(self.braced()))
        if self.accept("!"):
            node = Node("!", (node,))
        if self.accept("^"):
            if self.peek() == "deg" or self.tokens[self.at : self.at + 3] == ["{", "deg", "}"]:
                self.at += 1 if self.peek() == "deg" else 3
                return Node("*", (node, _DEGREE))
            exponent = self.exponent()
            if node.op == "sym" and self.peek() == "_":
                node = Node("sym", (), f"{node.leaf}{self.subscript()}")
            node = Node("^", (node, exponent))
            if self.accept("!"):
                node = Node("!", (node,))
        if self.accept("deg"):
            node = Node("*", (node, _DEGREE))
        if self.peek() == "!":
            raise Malformed("a double factorial")
        return node

    def exponent(self) -> Node:
        """Read what stands above, one level deeper."""
        self.deeper()
        token = self.peek()
        if token.isdigit() and self.tokens[self.at + 1] not in ("^", "!"):
            node = number(int(self.take()))
        else:
            node = self.signed() if token in ("-", "+") else self.argument()
        self.depth -= 1
        return node

    def argument(self) -> Node:
        """Read a braced group, or one digit, name or command: what LaTeX takes without braces."""
        token = self.peek()
        if token.isdigit() and len(token) > 1 and self.tokens[self.at - 1] in ("frac", "sqrt", "binom"):
            self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
        return self.power() if token != "{" else self.primary()

    def primary(self) -> Node:
        """Read a number, a name, a function, or a bracketed group."""
        self.deeper()
        node = self.atom()
        self.depth -= 1
        return node

    def atom(self) -> Node:
        """Read what `primary` reads; nesting is counted there."""
        token = self.take()
        if token[0] in DIGITS:
            return self.number(token)
        if token in ("(", "[", "{", "\\{"):
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
            return Node("const", (), "".join(self.braced()) * 2)
        if token[0].isalpha() and token not in _NO_FACTORS:
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
            node = known_forms.repeating(token, "".join(self.braced()))
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
            return Node("based", (whole,), "".join(self.braced()))
        return whole

    def decorated(self, mark: str) -> Node:
        """Read a name under a bar, an arrow or a hat as a name of its own; unit vectors i, j, k as these letters."""
        name = "".join(self.braced())
        if mark in ("vec", "hat") and name in ("i", "j", "k"):
            return Node("const", (), "i") if name == "i" else Node("sym", (), name)
        return Node("sym", (), f"{mark} {name}" + self.subscript())

    def big(self, name: str) -> Node:
        """Read a sum, product, integral or limit with its bounds: an operator that is not carried out."""
        bounds: list[Node] = []
        while mark := self.accept("_", "^"):
            inner = Parser(self.braced())
            inner.depth = self.depth
            bounds.append(Node("opaque", (inner.bound(),), mark))
        bounds.sort(key=lambda bound: str(bound.leaf))
        return Node("opaque", (self.term(), *bounds), name)

    def bound(self) -> Node:
        """Read all of what stands below or above a large operator; an arrow pairs two expressions."""
        node = self.relation()
        if self.accept("to"):
            node = Node("seq", (node, self.sum()), "to")
            self.accept("+", "-")
        if self.peek():
            raise Malformed("unreadable bound")
        return node

    def group(self, opened: str) -> Node:
        """Read a bracketed expression, tuple, interval or set; plain brackets round one expression vanish."""
        if opened == "\\{":
            if self.accept("\\}"):
                return Node("const", (), "emptyset")
            self.bars = True
        node = self.listed("?")
        if opened == "\\{" and (self.accept("|", "mid") or known_forms.builds(node)):
            return self.builder(node)
        several = node.op == "seq" and node.leaf == "?"
        pair = opened + self.take()
        if pair not in ("()", "[]", "{}", "\\{\\}", "(]", "[)"):
            raise Malformed("brackets do not match")
        leaf = {"\\{\\}": "{}"}.get(pair, pair)
        if several:
            return Node("seq", node.args, "" if leaf == "[]" and len(node.args) > 2 else leaf)
        return node if pair in ("()", "[]", "{}") else Node("seq", (node,), leaf)

    def builder(self, node: Node) -> Node:
        """Read the rest of a set given by a condition."""
        if known_forms.builds(node):
            node, condition = known_forms.built(node)
        else:
            condition = self.listed("()")
        while self.accept("or"):
            condition = Node("union", (condition, self.listed("()")))
        self.take("\\}")
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
            if self.peek() not in ("end", "determinant"):
                cells.append(self.listed("()"))
            mark = self.take()
            if mark == "&":
                self.accept("if")
                continue
            if cells:
                rows.append(Node("seq", tuple(cells), "row"))
            cells = []
            if mark in ("end", "determinant"):
                return known_forms.system(Node("matrix", tuple(rows), leaf))
            if mark != "newline":
                raise Malformed("no matrix")


def read(text: str) -> Node:
    """Read a text as one answer.

    Raises:
        Malformed: when it is not mathematics, or beyond a limit.
    """
    found = tokens(text)
    if not found:
        raise Malformed("empty answer")
    node = Parser(found).whole()
    return carried(node) if "begin" in found else node
