"""Mathematics as text, LaTeX or plain, read into a tree. Not its tokens, value (symbolic) nor comparison (equality).

Law: reading is bounded by the limits of tokens and by MAX_DEPTH, evaluates nothing and raises only Malformed.
"""

from generators.answers.language import known_forms
from generators.answers.language.atoms import DEGREE, NO_FACTORS, Atoms
from generators.answers.language.matrices import carried, transposed
from generators.answers.language.nodes import Node, number
from generators.answers.language.tokens import DIGITS, GREEK, QUANTIFIERS, RELATIONS, tokens
from generators.malformed import Malformed

_SETS = {"cup": "union", "cap": "cap", "minus": "minus"}
_CLOSING = frozenset(("", "cup", "cap", "minus", ")", "\\}", ",", ";"))
"""What may follow the bracket that closes [1, 5[."""


class Parser(Atoms):
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
        """Read an expression, a chain of them joined by relations, or a statement for all or some of its names."""
        if self.peek() in QUANTIFIERS:
            return self.quantified()
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

    def quantified(self) -> Node:
        """Read what holds for all or for some values of names: `\\forall x \\in A, x > 0`."""
        self.deeper()
        mark, said = self.take(), [self.named() or self.relation()]
        if known_forms.builds(said[0]):
            said = list(known_forms.built(said[0]))
        elif self.peek() in QUANTIFIERS or self.starts_factor(self.peek()):
            said.append(self.relation())
        while self.accept(","):
            said.append(self.relation())
        self.depth -= 1
        if len(said) < 2:
            raise Malformed("nothing is said")
        return Node(mark, tuple(said))

    def named(self) -> Node | None:
        """Read a name that what is said of it follows at once; None where a sign, or nothing, does."""
        name, following = self.peek(), self.tokens[self.at + 1] if self.peek() else ""
        letter = name in GREEK or (len(name) == 1 and name.isalpha())
        return self.atom() if letter and (following in QUANTIFIERS or self.starts_factor(following)) else None

    def union(self) -> Node:
        """Read sets joined by union, intersection or difference, or one expression; a:b:c is a time or a ratio."""
        node = self.joined_set()
        if self.peek() in ("over", "choose"):
            return Node("/" if self.take() == "over" else "binom", (node, self.sum()))
        if self.peek() in _SETS:
            parts = [node]
            while sign := self.accept("cup", "cap", "minus"):
                parts.append(self.joined_set(joined=True))
                if sign != "cup" or self.peek() != "cup":
                    parts = [Node(_SETS[sign], tuple(parts))]
            return parts[0]
        if self.peek() != ":":
            return node
        parts = [node]
        while self.accept(":"):
            parts.append(self.sum())
        return Node("seq", tuple(parts), ":")

    def joined_set(self, *, joined: bool = False) -> Node:
        """Read an expression; beside a sign that joins sets plain braces are those of a set of one."""
        start = self.at
        node = self.sum()
        braced = self.tokens[start] == "{" and self.tokens[self.at - 1] == "}" and node.op not in ("seq", "builder")
        return Node("seq", (node,), "{}") if braced and (joined or self.peek() in _SETS) else node

    def sum(self) -> Node:
        """Read terms joined by +, - and plus-minus."""
        node = Node("pm", (self.term(),)) if self.accept("pm") else self.term()
        while sign := self.accept("+", "-", "pm"):
            right = self.term()
            right = Node("neg", (right,)) if sign == "-" else Node("pm", (right,)) if sign == "pm" else right
            node = Node("+", (node, right))
        return node

    def term(self) -> Node:
        """Read factors joined by *, /, mod or nothing; behind one d/dx what is differentiated."""
        node, raised = self.signed(), False
        while True:
            token = self.tokens[self.at]
            if token in ("*", "/", "mod"):
                self.at += 1
                node = Node(token, (node, self.signed()))
            elif self.starts_factor(token):
                if token[0] in DIGITS and self.tokens[self.at - 1][0] in DIGITS:
                    raised = raised or self.behind_power()
                    if not raised:
                        raise Malformed("two numbers side by side")
                if (name := known_forms.differential_operator(node)) and token != ".":
                    return Node("opaque", (self.term(), Node("sym", (), name)), "d")
                if token == "(" and self.tokens[self.at + 1] in ("mod", "pmod"):
                    return self.modulo(node)
                node = known_forms.product(
                    node, self.power(), bracket=token == "(", closed=self.tokens[self.at - 1] == ")"
                )
            else:
                return self.modulo(node) if token == "pmod" else node

    def behind_power(self) -> bool:
        """Say whether the number before this one is an exponent: 2^6 3^5 is a product."""
        before = self.tokens[max(0, self.at - 3) : self.at - 1]
        return before[-1:] == ["^"] or before == ["^", "-"]

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
        if token[0] in DIGITS or token in ("(", "{"):
            return True
        if token == "[":
            return self.tokens[self.at + 1] not in _CLOSING
        return (token[0].isalpha() and token not in NO_FACTORS) or (token == "|" and not self.bars)

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
        if token not in ("!", "^", "deg", "_", "%"):
            return node
        if self.accept("%"):
            if self.starts_factor(self.peek()):
                raise Malformed("a factor behind a percent sign")
            return Node("/", (node, number(100)))
        if token == "_" and node.op == "num" and self.tokens[self.at - 1] == ")":
            self.at += 1
            return Node("based", (node,), "".join(self.braced()))
        if self.accept("!"):
            node = Node("!", (node,))
        if self.accept("^"):
            if self.peek() == "deg" or self.tokens[self.at : self.at + 3] == ["{", "deg", "}"]:
                self.at += 1 if self.peek() == "deg" else 3
                return Node("*", (node, DEGREE))
            exponent = self.exponent()
            if node.op == "sym" and self.peek() == "_":
                node = Node("sym", (), f"{node.leaf}{self.subscript()}")
            node = transposed(node, exponent) or Node("^", (node, exponent))
            if self.accept("!"):
                node = Node("!", (node,))
        if self.accept("deg"):
            node = Node("*", (node, DEGREE))
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


def read(text: str) -> Node:
    """Read a text as one answer.

    Raises:
        Malformed: when it is not mathematics, or beyond a limit.
    """
    found = tokens(text)
    if not found:
        raise Malformed("empty answer")
    node = Parser(found).whole()
    return carried(node) if "begin" in found or "determinant" in found else node
