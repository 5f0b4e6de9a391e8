"""Words and notations that mean mathematics: "no solution", C_n^2, A(2, 5). Not numbers in words (number_words).

Law: words mean a value only where all of them do; a notation that may be a name is one, unless the other answer, which
has no such name, shows what is meant.
"""

import re

from generators.answers.language.latex import read
from generators.answers.language.nodes import Node, number, symbols

_INFINITE = Node("const", (), "inf")
_EMPTY = Node("const", (), "emptyset")
_SETS = {
    **dict.fromkeys(
        ("all real numbers", "all reals", "real numbers", "all real values", "any real number", "reals",
         "set of all real numbers", "set of real numbers", "all real x", "any real value", "every real number"),
        Node("const", (), "RR"),
    ),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "empty set", "there are no solutions",
         "there is no solution", "no such solution exists", "none", "no real roots", "no roots", "no real root",
         "there are no real solutions", "null set", "no values", "no value"), _EMPTY,
    ),
    **dict.fromkeys(("all integers", "integers", "any integer", "every integer", "set of integers",
                     "set of all integers"), Node("const", (), "ZZ")),
    **dict.fromkeys(("natural numbers", "all natural numbers"), Node("const", (), "NN")),
    **dict.fromkeys(("rational numbers", "all rational numbers", "rationals"), Node("const", (), "QQ")),
    **dict.fromkeys(("complex numbers", "all complex numbers"), Node("const", (), "CC")),
    **dict.fromkeys(("positive integers", "all positive integers"), Node("const", (), "ZZ+")),
    **dict.fromkeys(("negative integers", "all negative integers"), Node("const", (), "ZZ-")),
    **dict.fromkeys(("nonnegative integers", "non-negative integers", "all nonnegative integers"),
                    Node("const", (), "ZZ0+")),
    **dict.fromkeys(("positive real numbers", "all positive real numbers", "positive reals", "all positive reals"),
                    Node("seq", (number(0), _INFINITE), "()")),
    **dict.fromkeys(("negative real numbers", "all negative real numbers", "negative reals", "all negative reals"),
                    Node("seq", (Node("neg", (_INFINITE,)), number(0)), "()")),
    **dict.fromkeys(("nonnegative real numbers", "non-negative real numbers", "all nonnegative real numbers",
                     "all non-negative real numbers", "nonnegative reals"),
                    Node("seq", (number(0), _INFINITE), "[)")),
}  # fmt: skip
SYNONYMS = {
    "dne": "does not exist",
    "doesn't exist": "does not exist",
    "it does not exist": "does not exist",
    "limit does not exist": "does not exist",
    "it is undefined": "undefined",
    "not defined": "undefined",
    "is undefined": "undefined",
}
"""Words by the words that they stand for."""
_COUNTED = re.compile(r"([CA])_([0-9]{1,9}|[a-zA-Z]|[0-9]?[a-z][-+][0-9]|[0-9][a-z])")


def set_in_words(words: str) -> Node | None:
    """Return the set of numbers that words mean: no solution, all reals; None for others."""
    return _SETS.get(words)


def counting(node: Node, other: Node) -> Node:
    """Return a tree with C_n^k, A_n^k and P(5, 3) as what they count, where the other has no such C or A."""
    return node if any(name[0] in "CA" for name in symbols(_counting(other))) else _counting(node)


def _counting(node: Node) -> Node:
    args = tuple(map(_counting, node.args))
    pair = args[1].args if node.op == "*" and args[0].leaf == "P" and args[1].leaf == "()" else ()
    if len(pair) == 2 and all(part.op == "num" for part in pair):
        return _arranged(*pair)
    found = _COUNTED.fullmatch(str(args[0].leaf)) if node.op == "^" and args[0].op == "sym" else None
    if found is None or args[1].op not in ("num", "sym", "+"):
        return Node(node.op, args, node.leaf, node.digits)
    size = read(found[2])
    return Node("binom", (size, args[1])) if found[1] == "C" else _arranged(size, args[1])


def _arranged(size: Node, count: Node) -> Node:
    return Node("*", (Node("binom", (size, count)), Node("!", (count,))))
