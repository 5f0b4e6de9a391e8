"""Several values that a free reply states together: formulas side by side, a list of lines. Not boxes (boxes).

Law: they are one answer of several values; joined by "or" they are its cases. Lines of a calculation are no list.
"""

import re

from generators.answers.language.exact import exact
from generators.answers.language.patterns import words
from generators.answers.maths.typed import is_answer, parse_answer
from generators.answers.reading.boxes import rival
from generators.answers.reading.thinking import MAX_TAIL
from generators.answers.wording.denials import is_hedge, restates

MATH = re.compile(
    r"\$\$((?:[^$\\]|\\.)+)\$\$|(?<!\\)\$((?:[^$\\]|\\.)+)\$|\\\(((?:[^\\]|\\[^()])+)\\\)|\\\[((?:[^\\]"
    r"|\\[^\[\]])+)\\\]",
    re.DOTALL,
)
"""A formula between its delimiters."""
MAX_LINES = 12
MAX_CANDIDATES = 200
_ITEM = re.compile(r"\s*(?:[-*•–]|\(?(?:\d{1,2}|[a-h]|i{1,3}|iv|v)[.)])\s+(?=\S)")
_NAMED = re.compile(r"(?:\*\*)?\$?\(?([A-Za-z](?:_\{?\w{1,3}\}?)?)\)? ?= ?([^=<>]+?)\$?(?:\*\*)?")
_LABELLED = re.compile(r"(?:\*\*)?([A-Za-z][A-Za-z '-]{0,40}?)(?:\*\*)?:(?:\*\*)? ?([^:=]+)")
_NUMBERED = re.compile(
    r"(?:\*\*)?(?:answer|solution|option|case|root|value|possibility|result) ?\(?(?:\d|[A-H]|i{1,3})\)?(?:\*\*)?"
    r"(?::| =| is)(?:\*\*)? ?(.+)",
    re.IGNORECASE,
)
"""One of several answers that are numbered: "Answer 2: 8"."""
_LAST = re.compile(r"\b(?:total|final|answer|result|sum|overall|altogether|therefore|so|thus)\b", re.IGNORECASE)
_JOIN = re.compile(r"(?:[\s,;]|\band\b|\bor\b|\\quad)*")


def joined_formulas(line: str) -> str | None:
    """Return the last formulas of a line that "and", "or" or a comma alone joins, in one text; None for fewer."""
    if line.count("$") < 4 and line.count("\\(") < 2 and line.count("\\[") < 2:
        return None
    found = list(MATH.finditer(line))
    run = found[-1:]
    joined = ""
    for match in reversed(found[:-1]):
        between = line[match.end() : run[0].start()]
        if not between.strip() or not _JOIN.fullmatch(between):
            break
        if "or" in between and restates(line[: match.end()].replace("$", "") + ","):
            break
        joined = " or " if "or" in between else joined or ", "
        run.insert(0, match)
    if len(run) < 2 or line[run[-1].end() :].strip(" .!"):
        return None
    text = joined.join(next(filter(None, match.groups())).strip(" .,") for match in run)
    return text if is_answer(text) else None


_EQUATION = r"(?:[A-Za-z](?:_\{?\w{1,3}\}?)?) ?= ?[^,;=<>]{1,40}?"
_EQUATIONS = re.compile(
    rf"(?P<lead>.*?)(?P<run>(?<![\w^*/+\\-]){_EQUATION}(?:(?:,? (?:and|or) |[,;] ){_EQUATION}){{1,7}})[.!]?", re.DOTALL
)
_INTRODUCING = re.compile(
    r"(?:^|[:：]|\b(?:here|where|with|is|are|have|get|find|gives?|so|then|thus|hence|therefore|either|solutions?|roots?|sont|sind|son"
    r"|sono|são"
    r"|soluciones|lösungen|donc|also|entonces|quindi|решения|корни|ответ)\b|[为是解得は])[\s:：,]*(?:either )?$",
    re.IGNORECASE,
)
"""What stands before equations that are all of the answer."""
_WHOLE = r"[-−]?\d+(?:[./]\d+)?"
_JOINED_VALUES = re.compile(
    r"(?:.*\b(?:are|is|sont|sind|son|sono|são|zijn|är|est|es|ist|è|é|Lösungen|Werte) |.*: ?|.*\b[Bb]oth )?"
    rf"(?P<items>(?:{_WHOLE}, ){{0,6}}{_WHOLE},? and {_WHOLE})"
    r"(?: (?:work|hold|are (?:solutions|valid|roots)|satisfy [^.]{1,40}))?[.!]?"
)
"""Numbers that "and" joins at the end of a line, and nothing else behind the verb."""
_COUNTED = re.compile(
    r"[^.]*?\b(?P<count>\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\b (?:[a-z-]+ ){0,3}?"
    r"(?:solutions?|roots?|values?|answers?|numbers?|pairs?|zeros?|zeroes|integers?|ways|primes?|factors?|divisors?)"
    r"(?: (?:below|above|under|between|up to|less than|greater than|of|in) [\w ]{1,30})?"
    r"(?:, (?:namely|which are)?|: | namely |\s?\((?:namely )?| - | – )(?P<items>[^()]{1,200})\)?[.!]?",
    re.IGNORECASE,
)
_NUMBER_IS = re.compile(
    r"[^.]*\bnumber of [^.:=]{1,60} (?:is|=|equals) (?P<count>\d{1,3})(?::|,? namely|,) (?P<items>[^()]{1,200})[.!]?",
    re.IGNORECASE,
)
_SMALL_NUMBERS = words("zero one two three four five six seven eight nine ten")
_NOUNS = re.compile(
    r"(?:[A-Z][a-z' ,]{0,60}? )?(?P<first>\d{1,9}) (?P<noun>[a-z]{2,20})(?:,? and "
    r"|, )(?P<second>\d{1,9}) (?P<other>[a-z]{2,20})[.!]?"
)
_PARTS_OF_ONE = frozenset(
    words(
        "hours hour minutes minute seconds second days day weeks week months month years year feet foot inches inch"
        " dollars"
        " dollar cents cent pounds pound ounces ounce meters metres kilometers grams kilograms yards miles euros"
    )
)
"""Units of which several make one amount: "2 hours and 15 minutes"."""


def candidates(line: str) -> str | None:
    """Return values that "or" joins, where a line states nothing else; None for any other line."""
    line = line.strip(" .!")
    if " or " not in line or len(line) > MAX_CANDIDATES or is_hedge(line, but_or=True):
        return None
    parts = [part for part in re.split(r",? or |, ", line) if part.strip()]
    return line if len(parts) > 1 and all(map(is_answer, parts)) else None


def joined_equations(line: str) -> str | None:
    """Return the equations that "and", "or" or commas join at the end of a line: all of the answer; None for fewer."""
    if line.count("=") < 2 or (found := _EQUATIONS.fullmatch(line)) is None:
        return None
    names = re.findall(r"(?:^|[,;] |(?:and|or) )([A-Za-z](?:_\{?\w{1,3}\}?)?) ?=", found["run"])
    if len(set(names)) > 1 and not _INTRODUCING.search(found["lead"]):
        return None
    return found["run"] if is_answer(found["run"]) else None


def joined_values(line: str) -> str | None:
    """Return the numbers that a line ends with as its values: "les solutions sont 1 et 6"; None for any other line."""
    found = _JOINED_VALUES.fullmatch(line)
    return found["items"] if found is not None else None


def counted(line: str) -> tuple[str, str] | None:
    """Return the values that a line lists and how many they are: "There are 2 roots, 3 and 5"; None for no such."""
    found = _NUMBER_IS.fullmatch(line) or _COUNTED.fullmatch(line)
    if found is None:
        return None
    items, count = found["items"].strip(), found["count"].lower()
    number = _SMALL_NUMBERS.index(count) if count in _SMALL_NUMBERS else int(count) if count.isdigit() else 0
    parts = [part for part in re.split(r",? and |,? or |[,;] ?(?![^(\[]*[)\]])", items) if part.strip()]
    return (items, str(number)) if len(parts) == number and is_answer(items) else None


def counted_things(line: str) -> str | None:
    """Return the two numbers of a line that counts two kinds of things and says nothing else; None for any other."""
    found = _NOUNS.fullmatch(line)
    if found is None or found["noun"] == found["other"] or {found["noun"], found["other"]} & _PARTS_OF_ONE:
        return None
    return f"{found['first']}, {found['second']}"


def listed_lines(text: str) -> str | None:
    """Return the values of the lines that end a text, where each states one: "x = 1" above "x = 3"; else None."""
    lines = [line.strip().rstrip(".,;") for line in text.rstrip().splitlines()[-MAX_LINES:]]
    items: list[tuple[str, str, bool]] = []
    for line in reversed(lines):
        if not line and items:
            continue
        item = _item(line)
        if item is None:
            break
        items.insert(0, item)
    if len(items) < 2:
        return None
    names, values, marked = [name for name, _, _ in items], [value for _, value, _ in items], [m for _, _, m in items]
    before = [line for line in lines[: len(lines) - len(items)] if line]
    headed = not before or before[-1].endswith((":", "："))
    if _LAST.search(names[-1]) or not all(map(is_answer, values)):
        return None
    exactly = [exact(node) if (node := parse_answer(value).node) is not None else None for value in values]
    if None in exactly or len(set(exactly)) < len(exactly):
        return None
    same = len(set(names)) == 1 and names[0] != ""
    if not (same or (headed and (all(marked) or all(names)))):
        return None
    lettered = all(len(name.partition("_")[0]) == 1 for name in names)
    return ", ".join(f"{name} = {value}" if lettered else value for name, value in zip(names, values, strict=True))


def _item(line: str) -> tuple[str, str, bool] | None:
    """Return the name, the value and the mark of a line that states one value; None for any other line."""
    mark = _ITEM.match(line)
    rest = line[mark.end() :] if mark is not None else line
    if (named := _NAMED.fullmatch(rest)) is not None:
        return named[1], named[2], mark is not None
    if (numbered := _NUMBERED.fullmatch(rest)) is not None:
        inner = _NAMED.fullmatch(numbered[1])
        return (inner[1], inner[2], False) if inner is not None else ("numbered", numbered[1], False)
    if mark is not None and (labelled := _LABELLED.fullmatch(rest)) is not None:
        return labelled[1], labelled[2], True
    return ("", rest.strip("*$ "), True) if mark is not None and len(rest) <= 40 else None


_KEYED = re.compile(
    r'"(?:final[_ ])?answers?"\s*:\s*(?:"((?:[^"\\\n]|\\.){1,300})"|(\[[^\[\]{}]{0,300}\])|([^"{}\[\],\n]{1,200}))'
    r"\s*(?=[,}\n])",
    re.IGNORECASE,
)
"""The answer's place in a whole reply that is JSON."""


def keyed(text: str) -> list[str] | None:
    """Return the different answers that a text in JSON names; None where it is no JSON or names none."""
    text = text.strip()
    if (text[:1], text[-1:]) not in (("{", "}"), ("[", "]")):
        return None
    found = [next(filter(None, match.groups()), "") for match in _KEYED.finditer(text[-MAX_TAIL:])]
    return list(dict.fromkeys(value.replace("\\\\", "\\").strip() for value in found)) or None


_OR = re.compile(r"\bor\b")
_REST = re.compile(r"[.,;!?)](?=\s|$)|\s(?=[(\[]|(?:is|if|as|because|since|which|in|when)\b)")
"""Where a sentence goes on behind a value."""
_BESIDE = re.compile(
    r"(?P<first>[^()]{1,80}?)(?:,? \(?or[ ,]|,? (?:that is|i\.e\.|which is|equivalently|in other words),? "
    r"|\s\((?:=|≈|that is,? |i\.e\.,? |about )?)"
)
"""A value and what joins another spelling to it."""


def agreed(text: str) -> str | None:
    """Return the first of two values that are one value in two spellings: "5/2, or 2.5", "3/8 (37.5%)"; else None."""
    found = _BESIDE.match(text) if len(text) <= 300 else None
    if found is None:
        return None
    first = found["first"].rstrip(", ")
    second = rival(text[len(first) :].replace("(", " ")) if _OR.search(found[0], len(first)) else text[found.end() :]
    return first if second and same_value(first, second.rstrip(" .!")) else None


def same_value(first: str, second: str) -> bool:
    """Say whether two texts are one number in two spellings, up to where a sentence may go on behind the second."""
    second = _REST.split(second, maxsplit=1)[0].rstrip("*$ ")
    if not (is_answer(first) and is_answer(second)):
        return False
    answers = [parse_answer(part) for part in (first, second)]
    values = [exact(answer.node) if answer.node is not None else None for answer in answers]
    scaled = [value / 100 if answer.percent else value for value, answer in zip(values, answers, strict=True) if value]
    units = {answer.unit for answer in answers if answer.unit}
    return len(scaled) == len(answers) and scaled[0] == scaled[1] and len(units) <= 1
