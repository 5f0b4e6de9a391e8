"""Compare a reply with a gold answer by the type of the gold: exact where it can be, symbolic last.

Not here: reading (answers, latex) or numbers (symbolic). Law: equal text is equal; a reply is CORRECT only if its one
stated answer is the gold's value, in the gold's structure; nothing in a reply is evaluated without a bound.

Policies. Percent: 25% and 25 agree where the gold has the sign; a gold without it means the fraction, so 25% is
0.25. Order: sets, solutions given as tuples or equations and plus-minus in any order, other lists as written.
Units: ignored where one side has none. Decimals: exact, except that four or more digits may round an irrational or
endless value.
"""

from fractions import Fraction
from typing import Literal

from generators.answers import Answer, final_answer, normal_text, parse_answer
from generators.extract import Malformed, boxes, undressed
from generators.latex import MAX_CHARS, Node
from generators.symbolic import approximates, exact, proportional, same
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from pipeline.problem import Json, Verdict, correct, malformed, wrong

MAX_UNORDERED = 24
"""Parts of a set that are compared in every order; a larger one is compared by its text."""

AnswerType = Literal["integer", "rational", "sequence", "set", "relation", "matrix", "interval", "expression", "word"]


def grade(gold: Json, reply: str, type: AnswerType | None = None) -> Verdict:
    """Judge a free reply against a gold answer (text, or a JSON value); `type` overrides what the gold looks like.

    Raises:
        FamilyError: when the gold itself cannot be read.
    """
    wanted = as_text(gold)
    target = read_gold(wanted)
    if _by_text(wanted, reply, _OTHER) is not _OTHER:
        return correct(reply[:100])
    try:
        found = final_answer(reply)
    except Malformed as error:
        return malformed(error.reason, error.extracted)
    return compare(wanted, found, target=target, type=type)


def compare(gold: str, text: str, *, target: Answer | None = None, type: AnswerType | None = None) -> Verdict:
    """Judge an answer text that is already out of its reply."""
    target = target or read_gold(gold)
    try:
        given = parse_answer(text)
        if type is not None and answer_type(given) != type and type != "expression":
            return wrong(f"not of type {type}", text)
        if _equal_answers(target, given):
            return correct(text)
    except Malformed as error:
        return _by_text(gold, text, malformed(error.reason, text[:100]))
    return _by_text(gold, text, wrong("another value", text))


def _by_text(gold: str, text: str, otherwise: Verdict) -> Verdict:
    """Accept what cannot be read but is written alike."""
    bare = gold_text(gold)
    if len(text) > 2 * len(bare) + 100 or len(bare) > MAX_CHARS:
        return otherwise
    wanted = normal_text(undressed(bare))
    return correct(text) if wanted and wanted == normal_text(undressed(text)) else otherwise


def as_text(gold: Json) -> str:
    """Return a gold answer as text: text as it is, a list as its parts, any other JSON value as JSON."""
    if isinstance(gold, list):
        return ", ".join(map(as_text, gold))
    return gold if isinstance(gold, str) else canonical(gold)


def gold_text(gold: str) -> str:
    """Return the answer within a gold text: what follows the last ####, else its boxes, else all of it.

    Raises:
        FamilyError: when its last box is empty or never closed.
    """
    try:
        return gold.rpartition("####")[2].strip() if "####" in gold else boxes(gold) or gold
    except Malformed as error:
        raise FamilyError(f"gold answer {gold[:80]!r} cannot be read ({error.reason}): mend or drop it") from error


def read_gold(gold: str) -> Answer:
    """Read a gold answer; one that is neither mathematics nor words is compared by its text.

    Raises:
        FamilyError: when it is empty or over a limit.
    """
    text = gold_text(gold)
    try:
        return parse_answer(text)
    except Malformed as error:
        if len(text) > MAX_CHARS or not normal_text(text):
            raise FamilyError(f"gold answer {gold[:80]!r} cannot be read ({error.reason}): mend or drop it") from error
        return Answer(text, None, None)


def answer_type(answer: Answer) -> AnswerType:
    """Return the type an answer has by its form."""
    node = answer.node
    if node is None:
        return "word"
    if node.op == "seq":
        return "set" if node.leaf == "{}" else "interval" if node.leaf in ("(]", "[)") else "sequence"
    if node.op in ("rel", "matrix", "union"):
        return {"rel": "relation", "matrix": "matrix", "union": "interval"}[node.op]  # type: ignore[return-value]
    value = exact(node)
    return "expression" if value is None else "integer" if value.denominator == 1 else "rational"


def _equal_answers(gold: Answer, given: Answer) -> bool:
    if gold.node is None or given.node is None or (gold.words and given.words):
        return gold.words is not None and gold.words == given.words
    if gold.unit and given.unit and gold.unit != given.unit:
        return False
    if given.percent != gold.percent:
        hundredth = Node("/", (given.node, _HUNDRED)) if given.percent else None
        if hundredth is not None:
            return _equal(gold.node, hundredth)
        return _equal(gold.node, given.node) or _equal(Node("/", (gold.node, _HUNDRED)), given.node)
    return _equal(gold.node, given.node)


def _equal(gold: Node, given: Node) -> bool:
    """Say whether two trees are the same answer: structure first, then values."""
    gold, given = _aligned(gold, given)
    if _has_signs(gold) or _has_signs(given):
        return _matched(_expanded(gold), _expanded(given))
    kinds = {gold.op, given.op} & {"seq", "rel", "matrix", "union"}
    if not kinds:
        if not (_is_value(gold) and _is_value(given)):
            return gold == given
        return same(gold, given) or approximates(given, gold) or approximates(gold, given)
    if gold.op != given.op:
        return False
    if gold.op == "rel":
        return _equal_relations(gold, given)
    if gold.op == "seq":
        return _equal_sequences(gold, given)
    pairs = zip(gold.args, given.args, strict=False)
    if gold.op == "union":
        return _matched(gold.args, given.args)
    return len(gold.args) == len(given.args) and all(_equal(a, b) for a, b in pairs)


def _aligned(gold: Node, given: Node) -> tuple[Node, Node]:
    """Strip `x =` where only one side names the value, and the steps before the last sign of a chain."""
    if gold.op == given.op == "rel":
        return gold, given
    if given.op == "rel" and _is_chain(given):
        given = _last_side(given)
    if gold.op == "rel" and given.op != "rel" and _named(gold):
        gold = gold.args[1]
    if given.op == "seq" and given.args[0].op != "rel" and _names_first(gold):
        gold = Node("seq", (gold.args[0].args[1], *gold.args[1:]), "")
    return gold, given


def _names_first(node: Node) -> bool:
    """Say whether a list is `n = 1, 2, 3`: one name for all its values."""
    return node.op == "seq" and node.leaf == "" and _named(node.args[0]) and all(p.op != "rel" for p in node.args[1:])


def _is_chain(node: Node) -> bool:
    return set(str(node.leaf).split(" ")) <= {"=", "~"} and str(node.leaf).startswith("=")


def _last_side(node: Node) -> Node:
    """Return the value a chain ends with, before any rounding."""
    signs = str(node.leaf).split(" ")
    return node.args[signs.index("~") if "~" in signs else -1]


def _named(node: Node) -> bool:
    """Say whether a relation only gives a value to a name, or to a tuple of names."""
    if node.op != "rel":
        return False
    left = node.args[0]
    names = left.args if left.op == "seq" else (left,)
    return node.leaf == "=" and all(name.op == "sym" for name in names)


def _equal_relations(gold: Node, given: Node) -> bool:
    """Compare relations up to the direction of writing and a constant factor."""
    gold, given = _forward(gold), _forward(given)
    if gold.leaf != given.leaf:
        return False
    if gold.leaf not in ("=", "<", "<="):
        return all(_equal(a, b) for a, b in zip(gold.args, given.args, strict=True))
    if gold.leaf == "=" and gold.args[1].op in ("seq", "union", "matrix"):
        return _equal(gold.args[0], given.args[0]) and _equal(gold.args[1], given.args[1])
    return proportional(_difference(gold), _difference(given), positive=gold.leaf != "=")


def _forward(node: Node) -> Node:
    """Return a chain written with < and <= only."""
    signs = str(node.leaf).split(" ")
    if any(sign in (">", ">=") for sign in signs) and all(sign in (">", ">=") for sign in signs):
        return Node("rel", node.args[::-1], " ".join({">": "<", ">=": "<="}[sign] for sign in signs[::-1]))
    return node


def _difference(node: Node) -> Node:
    return Node("+", (node.args[1], Node("neg", (node.args[0],))))


def _equal_sequences(gold: Node, given: Node) -> bool:
    """Compare lists, tuples, intervals and sets: same length, same brackets, sets and solutions in any order."""
    if len(gold.args) != len(given.args):
        return False
    if "{}" in (gold.leaf, given.leaf):
        return {gold.leaf, given.leaf} <= {"{}", ""} and _matched(gold.args, given.args)
    if gold.leaf != given.leaf:
        return False
    if gold.leaf == "" and all(part.op in ("seq", "rel") for part in gold.args):
        return _matched(gold.args, given.args)
    return all(_equal(a, b) for a, b in zip(gold.args, given.args, strict=True))


def _matched(golds: tuple[Node, ...], givens: tuple[Node, ...]) -> bool:
    """Say whether two collections hold equal answers in some order (equality is transitive: first fit suffices)."""
    if len(golds) != len(givens):
        return False
    if len(golds) > MAX_UNORDERED:
        raise Malformed(f"over {MAX_UNORDERED} answers in any order")
    rest = list(givens)
    for gold in golds:
        fit = next((given for given in rest if _equal(gold, given)), None)
        if fit is None:
            return False
        rest.remove(fit)
    return not rest


def _has_signs(node: Node) -> bool:
    return node.op == "pm" or any(_has_signs(argument) for argument in node.args)


def _expanded(node: Node) -> tuple[Node, ...]:
    """Return the values a tree with plus-minus stands for; a set or list gives those of its parts."""
    if node.op == "seq" and node.leaf in ("{}", ""):
        return tuple(value for part in node.args for value in _expanded(part))
    if not _has_signs(node):
        return (node,)
    return _signed(node, False), _signed(node, True)


def _signed(node: Node, negative: bool) -> Node:
    args = tuple(_signed(argument, negative) for argument in node.args)
    if node.op == "pm":
        return Node("neg", args) if negative else args[0]
    return Node(node.op, args, node.leaf, node.digits)


def _is_value(node: Node) -> bool:
    bare = node.args[0] if node.op == "neg" else node
    return not (bare.op == "const" and bare.leaf in ("inf", "emptyset"))


_OTHER = wrong("another text")
_HUNDRED = Node("num", (), Fraction(100))
