"""Answer text to a typed value. Not where a reply states it (places), not the comparison (equality, grade).

Law: several candidates are a hedge, and no answer. Equations joined by "or" are no hedge: they are the cases of one
answer, and all of them must be right.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from generators.answers.language.latex import read
from generators.answers.language.nodes import Node, walk
from generators.answers.language.patterns import mentions
from generators.answers.language.tokens import FUNCTIONS, GREEK, MAX_CHARS
from generators.answers.language.writing import MONEY, written
from generators.answers.maths.counted import counted, told
from generators.answers.maths.maths_words import set_in_words
from generators.answers.maths.number_words import number_in_words
from generators.answers.wording.denials import is_denied, is_hedge
from generators.answers.wording.prose import GOLD_CUE, LEADING_CUE, is_assumption, is_order
from generators.malformed import Malformed

MAX_WORDS = 200
"""Characters of an answer in words."""
CACHED = 2048
CACHED_CHARS = 500

_WORDS = re.compile(r"\(?[A-Za-z][A-Za-z' -]*[.)]?")
PROSE = re.compile(r"(?<![\\A-Za-z])(?!and |or )[A-Za-z]{2,} (?!and |or )[A-Za-z]{2,}\b|\bI [a-z]{2,}\b")
_CHOICE = re.compile(
    r"(?:(?:option|choice|answer) )?"
    r"(?:\(?([A-J])(?:[).:]+ ?| (?=[A-Z][a-z]))(?:(?![A-J]\b)[A-Za-z][\w' ,-]*)?"
    r"|(?:\(([A-J])\) ?|([A-J])[.)] (?!.*\b[A-J][.)])|([B-J]): (?!.*\b[A-J]:))(?![A-J]$)[\w .%$]+)"
    r"|(?:(?i:option|choice|answer|(?:I(?:'d| would|'ll)? )?(?:go with|choose|pick|select)) ){1,2}\(?([A-J])\)?"
    r"|(?:(?i:only|option|choice) )?\(?([A-J])\)? is (?:the )?(?:correct|right|best)(?: (?:answer|option|choice|one))?"
)
_MARKED_CHOICE = re.compile(
    r"[\s$]*\\(?:text|math)(?:bf|rm|sf)?\s*\{\s*\(([A-J])\)\s*\}"
    r"(?![\s~\\]*[,;+=<>/*^!'&|]|\s*\\(?:p?mod|cup|cap|times|cdot|to|in|[lg]eq?|ne)(?![A-Za-z]))(?=.*\w)",
    re.DOTALL,
)
_MARKED_LABEL = re.compile(r"\\(?:text|math)(?:bf|rm|sf)?\s*\{\s*\([A-J]\)")
"""The label of an option before its content: "\\textbf{(E) } 12\\sqrt3"."""
_LABELLED = re.compile(r"\W*(?:[A-J]\b|(?i:option|choice|answer|only|i)\b)")
_UNIT_CHARS = 80
"""Characters that a unit in words may have, at the end of an answer, or an announcement at its start."""
_NAMING = re.compile(r"[A-Za-z][A-Za-z '()-]*[A-Za-z)] ?(?:= ?[A-Za-z0-9 .+*/^()-]* ?)?")
_MIXED_CASE = re.compile(r"\b[A-Za-z]?[a-z][A-Z]\b|\b[A-Z]{2}[a-z]\b")
"""Two or three letters in a case that no word has: a product, "abC"."""
_ARTICLE = re.compile(r"(?:an?|the) (?=[a-z]{2})")
LONG_WORD = re.compile("[A-Za-z]{2}")
_OR = re.compile(r"(?<![A-Za-z])or(?![A-Za-z])")
_SMALL_WORDS = frozenset(
    (
        "no", "on", "of", "in", "it", "is", "at", "am", "an", "as", "be", "by", "do", "go", "he", "if", "me", "my",
        "or", "so", "to", "up", "us", "we", "ok",
    )
)  # fmt: skip
_BASED = re.compile(
    r"\$?\(?([0-9A-Fa-f]{1,30})\)?\$? ?(?:\\text ?\{)? ?\(?(?:in )?base[- ]?\$?(\d{1,2}|[a-z]{2,8})\$?\)? ?\}?\.?"
)
_ALL_REALS = r"(?:the set of )?(?:all )?(?:real numbers?|reals|real values)(?: \$?x\$?)?,?"
_WITHOUT = re.compile(
    _ALL_REALS + r" (?:except|excluding|other than|but|besides)(?: for)? (?:\$?x ?= ?)?([-\d\\$][^;]{0,80}?)\.?"
)
_SPOKEN = ("base", "nteger", "real", " to ", "const")
"""Words that say what signs could, or a part of them."""
_RATIO = re.compile(r"(\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)")
_SOME = re.compile(r"\+ ?(?:\\text ?\{ ?)?(?:an? |any |some |arbitrary )*const(?:ant)?\.?(?: of integration)?[ }.$]*$")
"""A constant of integration in words."""
_AND = re.compile(r"\$|,? ?\b(?:and|or)\b ?(?:x ?= ?)?")
_DIGITS = re.compile(r"\(?((?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{1,30})\)? ?_ ?\{? ?(1[1-6]) ?\}?")
"""Digits of a base over ten."""
_MIXED = re.compile(r"([-+]?\d{1,9}) (\d{1,9})/(\d{1,9})")
_LETTER = r"\$?\\?\(? ?([a-z]) ?\\?\)?\$?"
_ANY = r"(?:any|all|every|some|each|an)?"
_INTEGER = re.compile(
    rf"(?:for|where|with|and) ?\}}? ?{_LETTER} ?(?:\\text ?\{{)? ?(?:is|being)? ?{_ANY} ?integer[\s}}).$]*$"
    rf"|(?:for|where|with)? ?{_ANY} ?integers?\b ?(?:values? of )?\}}? ?{_LETTER}[\s}}).$]*$"
    rf"|\}}?{_LETTER} ?(?:\\text ?\{{)? ?(?:is )?(?:an|any|some) integer[\s}}).$]*$"
)
"""What says of a name at the end that it is any whole number."""
_BETWEEN = " \t\n\r,;("
"""What stands between a value and the words about its names."""
_COUNTED = re.compile(r"[-+]?\d[\d.]* ?[A-Za-z]+ ?(?:,|;|and\b)")
"""How a list begins whose first part counts a thing."""
_BRACKETED = re.compile(r"[(\[][^()\[\]]*,[^()\[\]]*[)\]]")
_NAMED = re.compile(r"(?:[A-Za-z](?:_\{?\w\}?)?|\\[a-z]+|\([A-Za-z](?:, ?[A-Za-z])+\)) ?= ?")
RELATION = re.compile(r"[=<>]|\\(?:in|[gl]eq?|ne|neq|[lg]t)(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Answer:
    """A typed answer: normalised text, its tree (None for words), what was written round the value, its rounding."""

    text: str
    node: Node | None
    words: str | None
    percent: bool = False
    unit: str = ""
    rounded: Node | None = None


def is_answer(text: str) -> bool:
    """Say whether a text is mathematics as it stands, and nothing else."""
    if len(text) > MAX_CHARS or _is_prose(text):
        return False
    found = _parsed(text)
    return isinstance(found, Answer) and found.node is not None


def _is_prose(text: str) -> bool:
    """Say at once of a long text that it is prose: words side by side, before its unit, behind no label of a choice."""
    if len(text) < 2 * _UNIT_CHARS or "\\text" in text[:_UNIT_CHARS] or _LABELLED.match(text):
        return False
    return PROSE.search(text, 0, len(text) - _UNIT_CHARS) is not None


def is_readable(text: str) -> bool:
    """Say whether a text is mathematics or words."""
    return isinstance(_parsed(text), Answer)


def parse_answer(text: str, *, gold: bool = False) -> Answer:
    """Read an answer text as a typed answer; in a gold one, "or" lists several values.

    Raises:
        Malformed: for a hedge, or text that is neither mathematics nor words.
    """
    found = _parsed(text, gold)
    if isinstance(found, Malformed):
        raise Malformed(found.reason, found.extracted)
    return found


def _parsed(text: str, gold: bool = False) -> Answer | Malformed:
    return _remembered(text, gold) if len(text) <= CACHED_CHARS else _attempted(text, gold)


def _attempted(text: str, gold: bool) -> Answer | Malformed:
    try:
        return _parse(text, gold)
    except Malformed as error:
        things = counted(text)
        return (
            Answer(text, things[0], None, things[1] == "%", things[1].strip("%"))
            if things
            else Malformed(error.reason, text[:100])
        )


_remembered = lru_cache(maxsize=CACHED)(_attempted)


def _parse(text: str, gold: bool) -> Answer:
    if "\\" in text and (marked := _MARKED_CHOICE.match(text)) is not None:
        rest = text[marked.end() :]
        if not (is_hedge(rest) or is_denied(rest) or _MARKED_LABEL.search(rest) or "and" in rest):
            return Answer(text, Node("sym", (), marked[1]), marked[1])
    if "nswer" in text and (cue := (GOLD_CUE if gold else LEADING_CUE).match(text)) is not None:
        text = text[cue.end() :]
    if mentions(text, _SPOKEN):
        text = _in_signs(text)
    tidy, percent, unit = written(text)
    if not tidy:
        raise Malformed("empty answer")
    if tidy.isdigit():
        return Answer(tidy, read(tidy), None, percent, unit)
    if (unit or percent or _COUNTED.match(tidy)) and (things := counted(text)) is not None:
        return Answer(tidy, things[0], None, things[1] == "%", things[1].strip("%"))
    if "_" in tidy and (digits := _DIGITS.fullmatch(tidy)) is not None:
        return Answer(tidy, Node("based", (Node("sym", (), digits[1].upper()),), digits[2]), None)
    if "/" in tidy and " " in tidy and (mixed := _MIXED.fullmatch(tidy)) is not None:
        tidy = f"{mixed[1]}\\frac{{{mixed[2]}}}{{{mixed[3]}}}"
    lettered = tidy[0] == "(" or tidy[0].isalpha()
    if lettered and (choice := _CHOICE.fullmatch(tidy)) is not None and not (is_hedge(tidy) or is_denied(tidy)):
        letter = next(filter(None, choice.groups()))
        return Answer(tidy, Node("sym", (), letter), letter, percent, unit)
    cases = "or" in tidy and _OR.search(tidy) is not None
    if is_hedge(tidy, but_or=cases and (gold or _all_cases(tidy))):
        raise Malformed("a hedge is no answer")
    words = worded(tidy) if lettered else None
    if words is not None and not _is_product(words):
        return Answer(tidy, None, words, percent, unit)
    if " " in tidy and PROSE.search(tidy):
        raise Malformed("prose")
    within = tidy.startswith("\\{") and tidy.endswith("\\}") and tidy.count("\\{") == 1
    node = _cases(tidy) if cases and not within else _read_sides(tidy)
    value = _without_name(node)
    exact = percent and node.op == "rel" and value is node.args[0]  # the sign is the rounding's: 1/6 ~ 16.7%
    rounded = node.args[-1] if value is not node and not percent else None
    return Answer(tidy, value, words, percent and not exact, unit, rounded)


def _in_signs(text: str) -> str:
    """Return a text with signs for some words.

    "101 base 2" is 101_2, "3 to 4" is 3:4, "all reals but 0" a difference of sets, "+ constant" is + C, and a last
    "where n is an integer" is `n \\in \\mathbb{Z}`.
    """
    bare = text.strip()
    without, based, ratio = _WITHOUT.fullmatch(bare), _BASED.fullmatch(bare), _RATIO.fullmatch(bare)
    if without is not None:
        return f"\\mathbb{{R}} \\setminus \\{{{_AND.sub(',', without[1])}\\}}"
    if based is not None:
        return f"{based[1]}_{{{based[2]}}}"
    if ratio is not None:
        return f"{ratio[1]}:{ratio[2]}"
    text = _SOME.sub("+ C", text)
    whole = _INTEGER.search(text) if "nteger" in text else None
    if whole is None:
        return text
    before = text[: whole.start()].rstrip(_BETWEEN).removesuffix("{").rstrip().removesuffix("\\text").rstrip(_BETWEEN)
    return f"{before}, {whole[1] or whole[2] or whole[3]} \\in \\mathbb{{Z}}"


def meant(answer: Answer) -> Answer:
    """Return an answer in words as the mathematics that they mean; any other as it is."""
    if answer.words is None or len(answer.words) < 2:
        return answer
    found = set_in_words(answer.words)
    if found is not None:
        return Answer(answer.text, found, None, answer.percent, answer.unit)
    if " and " in answer.words and (things := counted(answer.text)) is not None:
        return Answer(answer.text, things[0], None, False, things[1])
    said = number_in_words(" ".join(answer.text.lower().strip("(). ").split())) or number_in_words(answer.words)
    if said is None:
        return answer
    thing = written(f"2 {said[1]}")
    if said[1] and (thing.text != "2" or not (thing.unit or thing.percent)):
        return answer
    return Answer(
        answer.text, Node("num", (), said[0]), None, answer.percent or thing.percent, answer.unit or thing.unit
    )


def marks_conflict(gold: Answer, given: Answer) -> bool:
    """Say whether both answers have a mark (unit, currency, percent sign) and not the same; one alone says nothing.

    A sum of money may say further what it is for: "$15" agrees with "$15 per hour".
    """
    if gold.percent != given.percent:
        return bool(gold.unit or given.unit)
    if not gold.unit or not given.unit or gold.unit == given.unit:
        return False
    one, other = told(gold.unit), told(given.unit)
    if not one or not other or one == other:
        return False
    return not any(a in MONEY and b.startswith(a) for a, b in ((one, other), (other, one)))


def _all_cases(text: str) -> bool:
    """Say whether all that "or" joins are cases of one answer, where bare values are a hedge.

    They are where all are relations, where a name is given to the first and the others are bare, or where all stand in
    brackets: tuples and intervals.
    """
    parts = [part.strip(" ,") for part in _OR.split(text)]
    related = [RELATION.search(part) is not None for part in parts]
    if all(related) or all(_BRACKETED.fullmatch(part) for part in parts):
        return True
    return related[0] and not any(related[1:]) and _NAMED.match(parts[0]) is not None


def _cases(text: str) -> Node:
    """Read what "or" joins: equations and values as a list in any order, inequalities and intervals as a union."""
    texts = [part.strip(" ,") for part in _OR.split(text)]
    if (named := _NAMED.match(texts[0])) is not None and not any(RELATION.search(part) for part in texts[1:]):
        texts = [texts[0], *(named[0] + part for part in texts[1:])]
    parts = tuple(map(_read_sides, texts))
    if all(part.op == "rel" for part in parts) and any(set(str(part.leaf)) & set("<>i") for part in parts):
        return Node("union", parts)
    if any(part.leaf in ("(]", "[)") for part in parts) or any(
        part.leaf == "inf" for side in parts for part in walk(side)
    ):
        return Node("union", parts)
    flat = [item for part in parts for item in (part.args if part.op == "seq" and part.leaf == "" else (part,))]
    tuples = all(part.op == "seq" and part.leaf == "()" for part in flat)
    return Node("seq", tuple(flat), "{}" if not tuples and all(part.op != "rel" for part in flat) else "")


def _read_sides(text: str) -> Node:
    """Read a text; where an equation starts with words, or a chain cannot be read, its last side is the value."""
    try:
        return read(text)
    except Malformed:
        start, equals, value = text.rpartition("=")
        joined = "," in start or ". " in start or " and " in start or " or " in start
        named = _NAMING.fullmatch(start) or ("=" in start and not joined)
        if not equals or not named or is_order(start) or is_assumption(start) or is_denied(start):
            raise
        return read(value)


def worded(text: str) -> str | None:
    """Return words without case, brackets and full stop; a single letter keeps its case: it may be a variable."""
    if len(text) > MAX_WORDS or not _WORDS.fullmatch(text):
        return None
    bare = " ".join(text.strip("().").split())
    return bare if len(bare) == 1 or _MIXED_CASE.search(bare) else _ARTICLE.sub("", bare.lower())


def _is_product(words: str) -> bool:
    """Say whether words may be products of variables, a difference of them or a named number: "xy", "p - q", "pi"."""
    parts = words.replace("-", " ").split()
    if all(len(part) <= 2 and part not in _SMALL_WORDS for part in parts):
        return True
    return len(words) > 2 and (
        words in GREEK
        or words in ("inf", "infinity")
        or (words[-2:-1] == " " and words[:-2] in FUNCTIONS)
        or (len(words) == 3 and words.isalpha() and not set(words) & set("aeiouy"))
    )


def _without_name(node: Node) -> Node:
    """Return the side of `value ~ rounded` that is the value; other relations stay, and whole numbers round to none."""
    if node.op == "rel" and node.leaf == "~" and node.args[0].op != "num":
        return node.args[1] if node.args[0].op == "sym" else _without_name(node.args[0])
    return node


def normal_text(text: str) -> str:
    """Return a text without the marks that carry no meaning: what two unreadable answers are compared by."""
    return _kept_normal(text) if len(text) <= CACHED_CHARS else _normal(text)


def _normal(text: str) -> str:
    tidy, percent, unit = written(text)
    tidy = re.sub(r"([_^])\{(\w)\}", r"\1\2", tidy)
    return re.sub(r"(?<!\w)\s+|\s+(?!\w)", "", tidy) + "%" * percent + unit.lower()


_kept_normal = lru_cache(maxsize=CACHED)(_normal)
