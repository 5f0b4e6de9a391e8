"""Answers with a free whole number: x = pi/4 + k pi, k in Z. Not the equality of their members (equality).

Law: two such answers are equal when one becomes the other by naming, shifting or turning round its parameter: what runs
through the same values. A parameter over the naturals is only named.
"""

from collections.abc import Callable, Iterator

from generators.answers.language.nodes import Node, number, symbols, walk
from generators.answers.maths.numeric import weight
from generators.answers.maths.symbolic import refuse_costly

_DOMAINS = {"ZZ": "Z", "Z": "Z", "NN": "N", "N": "N"}
_SHIFTS = (0, 1, -1, 2, -2)
_PERIODIC = frozenset("knml")
"""Names of whole numbers in front of pi, by custom."""
MAX_FAMILIES = 4
"""Families of solutions in one answer."""

Parametric = tuple[tuple[Node, ...], tuple[str, ...], str]
"""What is stated, the parameters it runs through, and what they are: Z or N."""


def parametric(node: Node) -> Parametric | None:
    """Return an answer that ends with `k in Z` as what it states and its parameter; None for any other."""
    if node.op == "builder" and node.args[1].op == "seq":
        found = parametric(Node("seq", node.args[1].args, ""))
        named = found is not None and all(part.op == "rel" and part.args[0] == node.args[0] for part in found[0])
        if found is None:
            return None
        return (tuple(part.args[-1] for part in found[0]) if named else (node.args[0], *found[0]), *found[1:])
    if node.op != "seq" or node.leaf not in ("", "()"):
        parted = _parted(node)
        return None if parted is None else parametric(Node("seq", parted, ""))
    last = node.args[-1]
    if last.op != "rel" or last.leaf != "in":
        parted = _parted(last)
        return None if parted is None else parametric(Node("seq", (*node.args[:-1], *parted), ""))
    if last.args[0].op != "sym" or last.args[1].op not in ("const", "sym"):
        return None
    domain = _DOMAINS.get(str(last.args[1].leaf))
    stated, names = node.args[:-1], [str(last.args[0].leaf)]
    while stated and stated[-1].op == "sym" and len(stated) > 1:
        names.append(str(stated[-1].leaf))
        stated = stated[:-1]
    known = domain is not None and stated and all(name in symbols(Node("seq", stated)) for name in names)
    return (stated, tuple(names), domain) if known and domain is not None else None


def periodic(node: Node) -> Parametric | None:
    """Return an answer with a multiple k pi whose k is not said to be whole as one where it is; None for any other."""
    stated = node.args if node.op == "seq" and node.leaf == "" else (node,)
    names = symbols(node) & _PERIODIC
    if len(names) != 1:
        return None
    (name,) = names
    turns = all(any(part.op == "*" and _turns(part, name) for part in walk(one)) for one in stated)
    return (stated, (name,), "Z") if turns else None


def _turns(product: Node, name: str) -> bool:
    parts = list(walk(product))
    return name in symbols(product) and any(part.op == "const" and part.leaf == "pi" for part in parts)


def _parted(node: Node) -> tuple[Node, Node] | None:
    """Return `2 k pi (k in Z)`, which reads as a product, as its two parts."""
    if node.op == "*" and node.args[1].op == "rel":
        return node.args[0], node.args[1]
    if node.op not in ("+", "neg", "rel", "*", "union") or not node.args:
        return None
    inner = _parted(node.args[-1])
    return None if inner is None else (Node(node.op, (*node.args[:-1], inner[0]), node.leaf), inner[1])


def equal_parametric(gold: Parametric, given: Parametric, equal: Callable[[Node, Node], bool]) -> bool:
    """Say whether two answers with parameters state the same, in any order."""
    if (len(gold[0]), len(gold[1]), gold[2]) != (len(given[0]), len(given[1]), given[2]) or len(gold[0]) > MAX_FAMILIES:
        return False
    tries = len(gold[0]) ** 2 * 2 * len(_SHIFTS)
    refuse_costly(sum(map(weight, (*gold[0], *given[0]))) // len(gold[0]) * tries)
    rest = list(given[0])
    for wanted in gold[0]:
        fit = next((one for one in rest if any(equal(wanted, form) for form in _forms(one, gold, given))), None)
        if fit is None:
            return False
        rest.remove(fit)
    return True


def _forms(node: Node, gold: Parametric, given: Parametric) -> Iterator[Node]:
    """Yield a statement with the gold's parameter for its own: as it is, shifted, and turned round."""
    if len(gold[1]) > 1:
        yield from (node,) if set(gold[1]) == set(given[1]) else ()
        return
    wanted, own = gold[1][0], given[1][0]
    if wanted != own and wanted in symbols(node):
        return
    name = Node("sym", (), wanted)
    for turned in (name, Node("neg", (name,))) if gold[2] == "Z" else (name,):
        for shift in _SHIFTS if gold[2] == "Z" else (0,):
            yield renamed(node, {own: Node("+", (turned, number(shift))) if shift else turned})


def renamed(node: Node, names: dict[str, Node]) -> Node:
    """Return a tree with other trees in the place of some of its names."""
    if node.op == "sym":
        return names.get(str(node.leaf), node)
    return Node(node.op, tuple(renamed(part, names) for part in node.args), node.leaf, node.digits)
