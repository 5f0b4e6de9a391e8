"""Words and notations that mean mathematics: "twenty-five", "no solution", C_n^2, A(2, 5). Not their reading (latex).

Law: words mean a value only where all of them do; a notation that may be a name is one, unless the other answer, which
has no such name, shows what is meant.
"""

import re

from generators.answers.language.latex import read
from generators.answers.language.nodes import Node, number, symbols, walk
from generators.answers.maths.parameters import renamed

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: k for k, word in enumerate(_SMALL)} | {word: 10 * k for k, word in enumerate(_TENS, 2)}
_SETS = {
    **dict.fromkeys(("all real numbers", "all reals", "real numbers", "all real values", "any real number"), "RR"),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "empty set", "there are no solutions",
         "there is no solution", "no such solution exists"), "emptyset",
    ),
}  # fmt: skip
_COUNTED = re.compile(r"([CA])_([0-9]{1,9}|[a-zA-Z]|[0-9]?[a-z][-+][0-9]|[0-9][a-z])")


def meant(words: str) -> Node | None:
    """Return what words mean as mathematics: a number below a hundred, no solution, all reals; None for others."""
    if words in _SETS:
        return Node("const", (), _SETS[words])
    parts = words.replace("-", " ").split()
    values = [_NUMBERS.get(part) for part in parts]
    if len(values) == 1 and values[0] is not None:
        return number(values[0])
    if len(values) == 2 and parts[0] in _TENS and parts[1] in _SMALL[1:10]:
        return number((values[0] or 0) + (values[1] or 0))
    return None


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


def constants(gold: Node, given: Node) -> Node:
    """Return an answer with its arbitrary constants c, c_1 or C, C_1 by the gold's names; else as it is."""
    own, wanted = symbols(given) - symbols(gold), symbols(gold) - symbols(given)
    names = {name: name[0].swapcase() + name[1:] for name in own}
    alone = not {"a", "b", "A", "B"} & symbols(given)  # in a + b + c it is one of the letters
    arbitrary = all(name[0] in "cC" and ("_" in name or (alone and _is_added(name, given))) for name in own)
    if not own or set(names.values()) != wanted or not arbitrary:
        return given
    return renamed(given, {name: Node("sym", (), other) for name, other in names.items()})


def _is_added(name: str, tree: Node) -> bool:
    return any(part.op == "+" and Node("sym", (), name) in part.args for part in walk(tree))
