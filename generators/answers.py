"""Free text to one answer text, and answer text to a typed value. Not the comparison (grade).

Law: one place is chosen without knowing the gold answer; several candidates in it are a hedge, and no answer.
"""

import re
from collections import deque
from dataclasses import dataclass

from generators.extract import MAX_REPLY_CHARS, Malformed, boxes, spoken
from generators.latex import MAX_CHARS, Node, read

MAX_WORDS = 200
"""Characters of an answer in words."""

_CUE = re.compile(r"(?:\b(?:final answer|answer|result|ans)\b\s*(?:is|:|=)+|(?m:^A:)|####)\s*", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:or|either|maybe|perhaps|possibly|not sure|unsure)\b", re.IGNORECASE)
_CLOSING = re.compile(r"(?<!\s)\s*I hope (?:it|this) is correct\.?\s*$", re.IGNORECASE)
_MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,])[-+−]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?![\w])")
_CODE = re.compile(r"[{}\[\]()<>_'\"=]")
_TEXT = re.compile(r"\\(?:text|textbf|textit|mbox|mathrm|mathbf|mathit|rm|operatorname)\s*\{([^{}]*)\}")
_UNIT = re.compile(
    r"(?<=[\d)}%.])(?:\s|\\[ ,;:!]|~)*"
    r"(?P<unit>[A-Za-z]{2,}\.?(?:[ /]+[A-Za-z]+\.?){0,3}(?:\s*\^\s*\{?[23]\}?)?)\s*$"
)
_WORDS = re.compile(r"\(?[A-Za-z][A-Za-z' -]*[.)]?")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:,|\{,\}|\\,|(?:,|\{,\})\\!\s?)\d{3})+(?!\d)")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}\s+[A-Za-z]{2,}\b")
_NOT_UNITS = frozenset(("sin", "cos", "tan", "log", "ln", "sqrt", "pi", "exp", "inf", "infinity", "mod", "and"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A typed answer: normalised text, its tree (None for words), and what was written round the value."""

    text: str
    node: Node | None
    words: str | None
    percent: bool = False
    unit: str = ""


def final_answer(reply: str) -> str:
    """Return the one text in a free reply that states its answer.

    In order: the last tagged span or run of boxes after the thinking; the whole reply, if it is an answer; what
    follows the last cue ("the answer is"); the last formula; the last number of the last line of plain prose.

    Raises:
        Malformed: when there is none.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    after = _CLOSING.sub("", spoken(reply)).strip()
    found = boxes(after)
    if found is not None:
        return found
    if not after:
        raise Malformed("empty answer")
    if is_answer(after):
        return after
    cues = list(_CUE.finditer(after))
    if cues:
        return _stated(_CLOSING.sub("", after[cues[-1].end() :].strip().split("\n")[0]))
    return _stated(after)


def _stated(text: str) -> str:
    """Return the answer within what a cue announced, or within a whole reply."""
    text = text.strip()[-MAX_CHARS:]
    bare = text.rstrip(".")
    if is_answer(bare):
        return bare
    if _HEDGE.search(text):
        raise Malformed("a hedge is no answer", text[:100])
    formula = next(iter(deque(_MATH.finditer(text), maxlen=1)), None)
    tail = text[formula.end() :] if formula else text.splitlines()[-1] if text else ""
    numbers = [] if _CODE.search(tail) else _NUMBER.findall(tail)
    if len(numbers) == 1 or (numbers and any(map(str.isalpha, tail))):
        return str(numbers[-1])
    stated = next(filter(None, formula.groups()), "") if formula else bare
    if not is_answer(stated) and _worded(stated) is None:
        raise Malformed("no answer found", text[:100])
    return stated


def is_answer(text: str) -> bool:
    """Say whether a text is mathematics as it stands, and nothing else."""
    if len(text) > MAX_CHARS:
        return False
    try:
        return parse_answer(text).node is not None
    except Malformed:
        return False


def parse_answer(text: str) -> Answer:
    """Read an answer text as a typed answer.

    Raises:
        Malformed: for a hedge, or text that is neither mathematics nor words.
    """
    tidy, percent, unit = _tidy(text)
    if not tidy:
        raise Malformed("empty answer", text[:100])
    if _HEDGE.search(tidy):
        raise Malformed("a hedge is no answer", text[:100])
    words = _worded(tidy)
    if words is not None and (len(words) > 1 and words not in ("pi", "inf", "infinity")):
        return Answer(tidy, None, words, percent, unit)
    if _PROSE.search(tidy):
        raise Malformed("prose", text[:100])
    try:
        node = _read_sides(tidy)
    except Malformed as error:
        raise Malformed(error.reason, text[:100]) from None
    return Answer(tidy, _without_name(node), words, percent, unit)


def _read_sides(text: str) -> Node:
    """Read a text; where only the start of an equation cannot be read, its last side is the value."""
    try:
        return read(text)
    except Malformed:
        start, equals, value = text.rpartition("=")
        if not equals or "," in start or start.endswith(("<", ">", "!")) or not start.strip():
            raise
        return read(value)


def _worded(text: str) -> str | None:
    """Return words without case, brackets and full stop; a single letter keeps its case: it may be a variable."""
    if len(text) > MAX_WORDS or not _WORDS.fullmatch(text):
        return None
    bare = " ".join(text.strip("().").split())
    return bare if len(bare) == 1 else bare.lower()


def _without_name(node: Node) -> Node:
    """Return the side of `name = value` or of `value ~ rounded` that is the value; other relations stay."""
    if node.op != "rel":
        return node
    signs = str(node.leaf).split(" ")
    if signs[-1] == "~" and len(signs) == 1:
        return _without_name(node.args[0])
    return node


def normal_text(text: str) -> str:
    """Return a text without the marks that carry no meaning: what two unreadable answers are compared by."""
    tidy, percent, unit = _tidy(text)
    tidy = re.sub(r"([_^])\{(\w)\}", r"\1\2", tidy)
    return re.sub(r"(?<!\w)\s+|\s+(?!\w)", "", tidy) + "%" * percent + unit


_DROPPED = (
    "\\left", "\\right", "\\displaystyle", "\\limits", "\\bigl", "\\bigr", "\\big", "\\Big", "\\!", "\\;", "\\:",
    "\\quad", "\\qquad",
)  # fmt: skip
_LOOK_ALIKES = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "°": "\\circ", "≤": "<=", "≥": ">=",
                              "π": "\\pi", "∞": "\\infty", "√": "\\sqrt ", "≠": "!=", "∪": "\\cup", "±": "\\pm",
                              "∈": "\\in", "≈": "~"})  # fmt: skip
_DEGREES = re.compile(r"\^?\s*\{?\s*\\(?:circ|degree)\b\s*\}?|(?<=\d)\s*degrees?\b")
_PERCENT = re.compile(r"(?<=[\d)}])\s*(?:\\?%|percent\b|per cent\b)\s*$")
_CURRENCY = re.compile(r"^\s*([-+]?)\s*(?:\\?\$|€|£|\\euro|\\pounds)\s*(?=[\d.(\\])|(?<=\d)\s*(?:€|£|\\?\$)\s*$")
_SHELL = re.compile(
    r"^\s*(?:\$\$(?P<a>[^$]*)\$\$|\$(?P<b>[^$]*)\$|\\\((?P<c>.*)\\\)|\\\[(?P<d>.*)\\\])\s*[.,]?\s*$", re.S
)


def _tidy(text: str) -> tuple[str, bool, str]:
    """Return a text without dollars, styles, thousands marks and units; whether it had a percent sign; its unit."""
    if len(text) > 2 * MAX_CHARS:
        raise Malformed(f"answer over {2 * MAX_CHARS} characters", text[:100])
    text = re.sub(r"\s+", " ", text.strip())
    text = re.sub(r"^\*\*(.*)\*\*$", r"\1", text)
    if re.fullmatch(r"\{[^{}]*,[^{}]*\}", text):
        text = "\\{" + text[1:-1] + "\\}"
    shell = _SHELL.match(text)
    if shell:
        text = next(part for part in shell.groups() if part is not None).strip()
    if re.fullmatch(r"\{[^{}]*,[^{}]*\}", text):
        text = "\\{" + text[1:-1] + "\\}"
    text = _currency(text.translate(_LOOK_ALIKES)).rstrip(".")
    text = _THOUSANDS.sub(_joined, text)
    text = text.replace("\\$", " ").replace("$", " ")
    for mark in _DROPPED:
        text = re.sub(re.escape(mark) + r"(?![A-Za-z])" if mark[-1].isalpha() else re.escape(mark), " ", text)
    text = re.sub(r"(?<!\\)\\[,~ ]|~(?=\s)", " ", text).replace("\\%", "%")
    text = _TEXT.sub(lambda found: f" {found[1]} ", text)
    text = _DEGREES.sub(" ", text).strip()
    percent = bool(_PERCENT.search(text))
    text = _PERCENT.sub("", text).strip()
    unit = _UNIT.search(text)
    name = unit["unit"].lower() if unit else ""
    if unit and not _HEDGE.search(name) and name.split()[0] not in _NOT_UNITS and not name.startswith("x"):
        return text[: unit.start()].strip(), percent, re.sub(r"s\b|[\s.{}]", "", name)
    return re.sub(r"\band\b", ",", text), percent, ""


def _joined(found: re.Match[str]) -> str:
    """Return a number without its thousands marks; inside brackets a bare comma separates."""
    before = found.string[: found.start()]
    inside = sum(before.count(opened) - before.count(closed) for opened, closed in ("()", "[]")) > 0
    return found[0] if inside and "," in found[0] and "\\" not in found[0] else re.sub(r"\D", "", found[0])


def _currency(text: str) -> str:
    return _CURRENCY.sub(lambda found: found[1] or "", text)
