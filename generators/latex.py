"""Mathematics as text, LaTeX or plain, read into a tree. Not its value (symbolic) nor its comparison (grade).

Law: reading is bounded by MAX_CHARS, MAX_TOKENS, MAX_DEPTH and MAX_DIGITS, evaluates nothing and raises only Malformed.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from generators.extract import Malformed

MAX_CHARS = 2000
MAX_DEPTH = 40
MAX_TOKENS = 300
MAX_DIGITS = 400

FUNCTIONS = frozenset(
    (
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "exp", "ln",
        "log", "sqrt", "gcd", "lcm", "max", "min", "floor", "ceil", "abs",
    )
)  # fmt: skip
_SYNONYMS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log", "ceiling": "ceil", "operatorname": ""}
CONSTANTS = frozenset(("pi", "e", "i", "inf"))
_GREEK = frozenset(
    (
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "kappa",
        "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta",
        "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega", "ell", "hbar",
    )
)  # fmt: skip
_RENAMED = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=",
    "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=", "approx": "~", "in": "in",
    "cup": "cup", "pm": "pm", "mp": "pm", "bmod": "mod", "mod": "mod", "infty": "inf", "{": "\\{", "}": "\\}",
    "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "lfloor": "lfloor", "rfloor": "rfloor", "lceil": "lceil",
    "rceil": "rceil", "emptyset": "emptyset", "varnothing": "emptyset", "dfrac": "frac", "tfrac": "frac",
    "cfrac": "frac", "dbinom": "binom", "tbinom": "binom", "langle": "(", "rangle": ")", "lbrace": "\\{",
    "rbrace": "\\}", "equiv": "equiv", "to": "to", "rightarrow": "to",
}  # fmt: skip
_PLAIN = frozenset(("frac", "binom", "sqrt"))
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d+(?:[eE][-+]?\d{1,3}(?![A-Za-z\d]))?|\.\d+|\d+\.?(?:[eE][-+]?\d{1,3}(?![A-Za-z\d]))?)"
    r"|\\(?P<environment>begin|end)\s*\{[a-z]+\*?\}(?:\s*\{[clr|\s]*\})?"
    r"|\\(?P<command>[A-Za-z]+|[{}])|(?P<name>[A-Za-z]+)|(?P<sign>\*\*|<=|>=|!=|==|[-+*/^_=<>(){}\[\]|,;:!%&'~]|\\\\))"
)
_DIGITS = frozenset(".0123456789")
RELATIONS = frozenset(("=", "<", ">", "<=", ">=", "!=", "~", "in", "equiv"))


@dataclass(frozen=True, slots=True)
class Node:
    """A tree: `op` with `args`; `leaf` holds a number (Fraction), a name, or the brackets of a sequence.

    ops: num, sym, const, + * / ^ neg ! mod pm, function names, rel (leaf: the relation), seq (leaf: brackets),
    union, matrix (args: rows as seq), decimal (a num written with a point; leaf the Fraction, digits in `digits`).
    """

    op: str
    args: tuple["Node", ...] = ()
    leaf: Fraction | str | None = None
    digits: int = 0


def tokens(text: str) -> list[str]:
    """Split text into tokens: numbers, names, commands by their plain name, signs.

    Raises:
        Malformed: for a foreign character, or beyond MAX_CHARS, MAX_TOKENS or MAX_DIGITS.
    """
    if len(text) > MAX_CHARS:
        raise Malformed(f"expression over {MAX_CHARS} characters")
    found: list[str] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed("unreadable character")
        position = match.end()
        if match["number"]:
            if len(match["number"]) > MAX_DIGITS:
                raise Malformed(f"number over {MAX_DIGITS} digits")
            found.append(match["number"])
        elif match["environment"]:
            found.append(match["environment"])
        elif match["command"]:
            found += _command(match["command"])
        elif match["name"]:
            found += _names(match["name"])
        else:
            found.append({"**": "^", "==": "=", "\\\\": "newline"}.get(match["sign"], match["sign"]))
    if len(found) > MAX_TOKENS:
        raise Malformed(f"expression over {MAX_TOKENS} parts")
    return found


def _command(name: str) -> list[str]:
    if name in _RENAMED:
        return [_RENAMED[name]]
    if name in FUNCTIONS or name in _GREEK or name in _PLAIN or name in CONSTANTS:
        return [name]
    raise Malformed(f"unknown command {name[:20]}")


def _names(name: str) -> list[str]:
    name = _SYNONYMS.get(name, name)
    if name in FUNCTIONS or name in _GREEK or name in ("pi", "inf", "infty", "oo", "mod", "frac"):
        return ["inf" if name in ("infty", "oo") else name]
    if len(name) > 2 and name.lower() in ("infinity",):
        return ["inf"]
    for known in sorted(FUNCTIONS | {"pi"}, key=len, reverse=True):
        if name.endswith(known) and len(name) - len(known) <= 2:
            return [*name[: -len(known)], known]
    if len(name) > 3 and not name.isupper():
        raise Malformed("words among mathematics")
    return list(name)


class Parser:
    """Reads one token list by precedence climbing; `depth` bounds the recursion."""

    def __init__(self, found: list[str]) -> None:
        self.tokens, self.at, self.depth = list(found), 0, 0

    def peek(self) -> str:
        """Return the next token, or an empty string at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        """Return the next token and step over it; with `wanted`, any other is Malformed."""
        token = self.peek()
        if not token or (wanted is not None and token != wanted):
            raise Malformed(f"expected {wanted or 'more'}" if not token or wanted else "unexpected end")
        self.at += 1
        return token

    def accept(self, *wanted: str) -> str:
        """Step over the next token if it is one of `wanted`, and return it or an empty string."""
        token = self.peek()
        if token and token in wanted:
            self.at += 1
            return token
        return ""

    def whole(self) -> Node:
        """Read all tokens: a relation, a bare list of them, or an expression."""
        items = self.items()
        if self.peek():
            raise Malformed("text after the answer")
        return items[0] if len(items) == 1 else Node("seq", tuple(items), "")

    def items(self) -> list[Node]:
        """Read relations separated by commas or semicolons."""
        found = [self.relation()]
        while self.accept(",", ";"):
            found.append(self.relation())
        return found

    def relation(self) -> Node:
        """Read an expression, or a chain of them joined by relations."""
        sides, signs = [self.union()], []
        while self.peek() in RELATIONS:
            signs.append(self.take())
            sides.append(self.union())
        return Node("rel", tuple(sides), " ".join(signs)) if signs else sides[0]

    def union(self) -> Node:
        """Read a union of intervals and sets, or one expression; a:b:c is a time or a ratio."""
        parts = [self.sum()]
        while self.accept("cup"):
            parts.append(self.sum())
        if len(parts) > 1:
            return Node("union", tuple(parts))
        while self.accept(":"):
            parts.append(self.sum())
        return parts[0] if len(parts) == 1 else Node("seq", tuple(parts), ":")

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
            if sign := self.accept("*", "/", "mod"):
                node = Node(sign, (node, self.signed()))
            elif self.starts_factor():
                if self.peek()[0] in _DIGITS and self.tokens[self.at - 1][0] in _DIGITS:
                    raise Malformed("two numbers side by side")
                node = Node("*", (node, self.power()))
            else:
                return node

    def starts_factor(self) -> bool:
        """Say whether the next token can begin a factor that is multiplied without a sign."""
        token = self.peek()
        return bool(token) and (
            token[0].isdigit() or token[0] == "." or token in ("(", "{", "[", "frac", "binom", "lfloor", "lceil")
            or (token[0].isalpha() and not _closes(token))
        )  # fmt: skip

    def signed(self) -> Node:
        """Read signs, then a power."""
        signs = 0
        while sign := self.accept("+", "-"):
            signs += sign == "-"
        node = self.power()
        return Node("neg", (node,)) if signs % 2 else node

    def power(self) -> Node:
        """Read a factor with its exponent, factorial, percent or degree marks."""
        node = self.primary()
        if self.accept("!"):
            node = Node("!", (node,))
        if self.accept("^"):
            self.deeper()
            exponent = self.signed() if self.peek() in ("-", "+") else self.argument()
            self.depth -= 1
            node = Node("^", (node, exponent))
            if self.accept("!"):
                node = Node("!", (node,))
        if self.peek() == "!":
            raise Malformed("a double factorial")
        return node

    def argument(self) -> Node:
        """Read a braced group, or one digit, name or command: what LaTeX takes without braces."""
        token = self.peek()
        if token.isdigit() and len(token) > 1 and self.tokens[self.at - 1] in ("frac", "sqrt", "binom", "half"):
            self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
        return self.power() if self.peek() != "{" else self.primary()

    def deeper(self) -> None:
        """Count one level of nesting; whoever calls it takes it back when done."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH}")

    def primary(self) -> Node:
        """Read a number, a name, a function, or a bracketed group."""
        self.deeper()
        node = self.atom()
        self.depth -= 1
        return node

    def atom(self) -> Node:
        """Read what `primary` reads; nesting is counted there."""
        token = self.take()
        if token[0].isdigit() or token[0] == ".":
            return self.mixed(token)
        if token in ("(", "[", "{", "\\{"):
            return self.group(token)
        if token in ("|", "lfloor", "lceil"):
            inner = self.sum()
            self.take({"|": "|", "lfloor": "rfloor", "lceil": "rceil"}[token])
            return Node({"|": "abs", "lfloor": "floor", "lceil": "ceil"}[token], (inner,))
        if token in ("frac", "binom"):
            return self.pair(token)
        if token == "begin":
            return self.matrix()
        if token in FUNCTIONS:
            return self.function(token)
        if token in CONSTANTS or token == "emptyset":
            return Node("const", (), token)
        if token[0].isalpha() and not _closes(token):
            return Node("sym", (), token + self.subscript())
        raise Malformed(f"unexpected {token[:20]}")

    def pair(self, token: str) -> Node:
        """Read the two arguments of a fraction or a binomial coefficient."""
        first = self.argument()
        if self.peek().isdigit() and len(self.peek()) > 1:
            self.tokens[self.at : self.at + 1] = [self.peek()[0], self.peek()[1:]]
        return Node("/" if token == "frac" else "binom", (first, self.argument()))

    def mixed(self, token: str) -> Node:
        """Return a number, or an integer with the proper fraction that follows it."""
        if "." not in token.rstrip(".") and not re.search("[eE]", token):
            whole = Node("num", (), Fraction(int(token.rstrip("."))))
            before = self.at
            if self.accept("frac"):
                part = self.pair("frac")
                top, bottom = (argument.leaf for argument in part.args)
                if isinstance(top, Fraction) and isinstance(bottom, Fraction) and 0 < top < bottom:
                    return Node("+", (whole, part))
                self.at = before
            return whole
        digits = len(re.split("[eE]", token)[0].replace(".", "").lstrip("0"))
        return Node("decimal", (), Fraction(token), digits)

    def subscript(self) -> str:
        """Read what hangs below a name, as part of the name."""
        if not self.accept("_"):
            return ""
        if not self.accept("{"):
            return "_" + self.take()
        start = self.at
        while self.take() != "}":
            pass
        return "_" + "".join(self.tokens[start : self.at - 1])

    def group(self, opened: str) -> Node:
        """Read a bracketed expression, tuple, interval or set; plain brackets round one expression vanish."""
        if opened == "\\{" and self.accept("\\}"):
            return Node("const", (), "emptyset")
        items = self.items()
        closed = self.take()
        pair = opened + closed
        if pair not in ("()", "[]", "{}", "\\{\\}", "(]", "[)"):
            raise Malformed("brackets do not match")
        if len(items) == 1 and pair in ("()", "[]", "{}"):
            return items[0]
        return Node("seq", tuple(items), {"\\{\\}": "{}"}.get(pair, pair))

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
        if name == "sqrt":
            node = Node("root", (*arguments, base)) if base else Node("sqrt", arguments)
        else:
            node = Node(name, (*arguments, base) if base else arguments)
        if (
            power is not None
            and power == Node("neg", (Node("num", (), Fraction(1)),))
            and name in ("sin", "cos", "tan")
        ):
            return Node("arc" + name, arguments)
        return Node("^", (node, power)) if power else node

    def arguments(self, name: str) -> tuple[Node, ...]:
        """Read the arguments of a function: a bracket, or the factors up to the next sign."""
        if opened := self.accept("(", "{"):
            found = self.items()
            self.take({"(": ")", "{": "}"}[opened])
            return tuple(found)
        if name == "sqrt":
            self.tokens[self.at - 1] = "sqrt"
            return (self.argument(),)
        node = Node("neg", (self.power(),)) if self.accept("-") else self.power()
        while self.starts_factor() and self.peek() not in FUNCTIONS and self.peek() != "(":
            node = Node("*", (node, self.power()))
        return (node,)

    def matrix(self) -> Node:
        """Read a matrix environment whose begin was taken: cells by &, rows by newlines."""
        rows: list[Node] = []
        cells: list[Node] = []
        while True:
            if self.peek() != "end":
                cells.append(self.relation())
            mark = self.take()
            if mark == "&":
                continue
            if cells:
                rows.append(Node("seq", tuple(cells), "row"))
            cells = []
            if mark == "end":
                return Node("matrix", tuple(rows))
            if mark != "newline":
                raise Malformed("no matrix")


def _closes(token: str) -> bool:
    return token in RELATIONS or token in (
        "cup", "mod", "pm", "rfloor", "rceil", "newline", "end", "to", "begin",
    )  # fmt: skip


def read(text: str) -> Node:
    """Read a text as one answer.

    Raises:
        Malformed: when it is not mathematics, or beyond a limit.
    """
    found = tokens(text)
    if not found:
        raise Malformed("empty answer")
    return Parser(found).whole()
