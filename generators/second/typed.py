"""Second opinions on typed answers: one table from the type of an answer to its judge. Not mathematics (second).

Dates and times are read with the standard library's formats, words and letters as they stand, quantities and answers
made of parts in modules of their own. Law: no code of the graders is shared; what may be read in two ways, or is not
plainly written, is None; a declaration is honoured exactly or the problem is not judged.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from generators.second import parts
from generators.second.parts import Rule
from generators.second.plain import is_unsure, margin_of, number, plain, same_number, same_words
from generators.second.quantities import duration, looks_like_quantity, percent, quantity
from pipeline.problem import Json

DATES, UNITS, WORDS, PARTS = "standard dates 1", "sympy units 1", "plain words 1", "plain parts 1"
"""The judges, by what they read with."""
PLAIN = "plain numbers 1"
MAX_CHARS = 400
"""A longer answer is not read, unless it is made of parts."""

Declared = Mapping[str, Any]


class Answers(NamedTuple):
    """A gold, text or a JSON value, and a reply's answer, with what the problem declares.

    `stated`: the problem states the type itself; otherwise it was seen in the gold.
    """

    gold: Json
    given: str
    declared: Declared
    stated: bool

    @property
    def text(self) -> str:
        """The gold as text."""
        return self.gold if isinstance(self.gold, str) else str(self.gold)


_DAYS = re.compile(r"(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]? ", re.IGNORECASE)
_FULL = ("%Y-%m-%d", "%Y/%m/%d", "%B %d %Y", "%d %B %Y", "%b %d %Y", "%d %b %Y")
_SLASHED = {"month": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"), "day": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")}
_PARTIAL = (("%B %Y", "ym"), ("%b %Y", "ym"), ("%B %d", "md"), ("%d %B", "md"), ("%b %d", "md"), ("%d %b", "md"))
Date = tuple[int, int, int]


def read_date(text: str, first: str | None) -> Date | None:
    """Return (year, month, day), 0 for what is not said; None for no date, and for one that may be two."""
    bare = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|[,.](?= |$)", "", plain(text)).replace(" of ", " ").strip()
    weekday = _DAYS.match(bare)
    bare = re.sub("(?i)^the ", "", bare[weekday.end() :] if weekday else bare)
    orders = [first] if first else ["month", "day"]
    formats = [*_FULL, *(form for order in orders for form in _SLASHED[order])]
    found = {day for form in formats if (day := _parsed(bare, form)) is not None}
    if len(found) == 1:
        day = found.pop()
        right_day = weekday is None or day.strftime("%A").lower().startswith(weekday[1].lower()[:3])
        return (day.year, day.month, day.day) if right_day else None
    for form, kind in _PARTIAL:
        day = _parsed(bare if kind == "ym" else f"{bare} 2000", form if kind == "ym" else f"{form} %Y")
        if day is not None:
            return (day.year, day.month, 0) if kind == "ym" else (0, day.month, day.day)
    return None


def _parsed(text: str, form: str) -> datetime | None:
    if len(text) > 40 or not text.isascii():
        return None
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def date(asked: Answers) -> bool | None:
    """Judge a date. One with fewer parts is wrong where a part differs, and else not judged."""
    wanted, found = (read_date(side, asked.declared.get("first")) for side in (asked.text, asked.given))
    if wanted is None or found is None:
        return None
    if any(a and b and a != b for a, b in zip(wanted, found, strict=True)):
        return False
    return True if wanted == found else None


_TIMES = (("%H:%M", False), ("%H:%M:%S", False), ("%I:%M %p", True), ("%I %p", True), ("%I:%M:%S %p", True))
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def read_time(text: str) -> tuple[int, bool] | None:
    """Return (seconds after midnight, whether it says which half of the day); None for no time."""
    bare = re.sub(r"(?i)(?<=\d) ?([ap])\.? ?m\b\.?", r" \1m", plain(text)).strip()
    if bare.lower() in ("noon", "midnight"):
        return (43200 if bare.lower() == "noon" else 0), True
    for form, halved in _TIMES if re.fullmatch(r"[0-9]{1,2}(?::[0-9]{2}){0,2}(?: [apAP]m)?", bare) else ():
        found = _parsed(bare, form)
        if found is not None:
            return 3600 * found.hour + 60 * found.minute + found.second, halved or not 0 < found.hour < 13
    return None


def time(asked: Answers) -> bool | None:
    """Judge a time of day. What one side leaves open is not judged: which half of the day, or a time or a ratio."""
    wanted, found = read_time(asked.text), read_time(asked.given)
    if wanted is None or found is None:
        return None
    if wanted[0] == found[0]:
        return True if wanted[1] == found[1] else None
    unclear = (wanted[0] - found[0]) % 43200 == 0 and not (wanted[1] and found[1])
    return None if unclear or (not asked.stated and _same_ratio(asked.text, asked.given)) else False


def _same_ratio(gold: str, given: str) -> bool:
    pairs = [_CLOCK.fullmatch(plain(side).strip()) for side in (gold, given)]
    a, b = ((int(pair[1]), int(pair[2])) if pair else (0, 0) for pair in pairs)
    return a[0] * b[1] == a[1] * b[0] and 0 not in (*a, *b)


_TRUTHS = {**dict.fromkeys(("true", "yes"), True), **dict.fromkeys(("false", "no"), False)}


def boolean(asked: Answers) -> bool | None:
    """Judge a truth value said in one word."""
    sides = [_TRUTHS.get(plain(side).strip(" .!()*'\"").lower()) for side in (asked.text, asked.given)]
    return None if None in sides else sides[0] is sides[1]


_LETTER = re.compile(r"\(([A-Z])\)|([A-Z])[.):]?|\(?([a-z])\)")
_LABELLED = re.compile(r"(?:\(([A-Z])\)|([A-Z])[.):]) ?(\S.*)")


def _choice(text: str, options: list[str]) -> str | None:
    """Return the letter that a text is, or whose option it names; None where neither is plain."""
    bare = plain(text).strip()
    same = [k for k, option in enumerate(options) if plain(option).casefold() == bare.casefold()]
    if len(same) == 1 and len(bare) > 1:
        return chr(65 + same[0])
    letter, label = _LETTER.fullmatch(bare), _LABELLED.fullmatch(bare)
    if letter is not None:
        return next(filter(None, letter.groups())).upper() if not same else None
    if label is None:
        return None
    found, rest = label[1] or label[2], label[3].strip(" .")
    if options:
        own = ord(found) - 65
        return found if own < len(options) and plain(options[own]).casefold() == rest.casefold() else None
    return None if is_unsure(rest) or re.search(r"(?<!\w)[A-Z](?!\w)", rest) else found


def choice(asked: Answers) -> bool | None:
    """Judge a choice by its letter, or by the text of the option that the problem declares."""
    options = [str(option) for option in asked.declared.get("choices", ())]
    wanted, found = _choice(asked.text, options), _choice(asked.given, options)
    if wanted is None or found is None or (options and ord(found) - 65 >= len(options)):
        return None
    return wanted == found


def word(asked: Answers) -> bool | None:
    """Judge words: the same ones, or others that are no other name of the same."""
    return same_words(asked.text, asked.given)


def plain_number(asked: Answers) -> bool | None:
    """Judge a number at a declared tolerance."""
    wanted, found = number(asked.text.replace("$", "")), number(asked.given.replace("$", ""))
    if wanted is None or found is None:
        return None
    return same_number(wanted, found, margin_of(asked.declared.get("tolerance"), wanted))


def _parts(type_: str) -> "Callable[[Answers], bool | None]":
    def judge(asked: Answers) -> bool | None:
        declared = asked.declared
        rule = Rule(
            declared.get("order") or "given",
            declared.get("symmetry", "none"),
            declared.get("tolerance"),
            stated=asked.stated or declared.get("order") == "given",
        )
        return parts.judged(type_, asked.gold, asked.given, rule)

    return judge


class Judge(NamedTuple):
    """Who judges a type, by what, and which declarations it honours; others leave a problem unjudged."""

    name: str
    judge: Callable[[Answers], bool | None]
    honours: tuple[str, ...] = ()


JUDGES: Mapping[str, Judge] = {
    "date": Judge(DATES, date, ("first",)),
    "time": Judge(DATES, time),
    "duration": Judge(UNITS, lambda a: duration(a.text, a.given, dict(a.declared)), ("tolerance",)),
    "quantity": Judge(UNITS, lambda a: quantity(a.text, a.given, dict(a.declared)), ("tolerance", "unit")),
    "percent": Judge(PLAIN, lambda a: percent(a.text, a.given, dict(a.declared), stated=a.stated), ("tolerance",)),
    "choice": Judge(WORDS, choice, ("choices",)),
    "boolean": Judge(WORDS, boolean),
    "word": Judge(WORDS, word),
    "sequence": Judge(PARTS, _parts("sequence"), ("order", "symmetry", "tolerance")),
    "tuple": Judge(PARTS, _parts("tuple"), ("order", "symmetry", "tolerance")),
    "set": Judge(PARTS, _parts("set")),
    "multiset": Judge(PARTS, _parts("multiset")),
    "mapping": Judge(PARTS, _parts("mapping"), ("tolerance",)),
    "grid": Judge(PARTS, _parts("grid"), ("tolerance",)),
    "matrix": Judge(PARTS, _parts("matrix"), ("tolerance",)),
    **dict.fromkeys(("integer", "rational", "decimal"), Judge(PLAIN, plain_number, ("tolerance",))),
}
"""By answer type; the last three only where a tolerance is declared."""


def type_of(gold: Json, stated: str | None, declared: Declared) -> str | None:
    """Return which judge of the table a problem has, None for mathematics: by the type it states, else by its gold."""
    if stated in ("integer", "rational", "decimal"):
        return stated if declared else None
    if stated is not None:
        return stated if stated in JUDGES else None
    if declared.get("choices"):
        return "choice"
    if isinstance(gold, bool):
        return "boolean"
    if isinstance(gold, dict):
        return "mapping"
    if isinstance(gold, list):
        rows = gold and all(isinstance(row, list) and row for row in gold) and len({len(row) for row in gold}) == 1
        return "grid" if rows else "sequence"
    if not isinstance(gold, str):
        return None
    found = _type_of_text(gold)
    if found is None and declared:
        return "sequence" if {"order", "symmetry"} & declared.keys() else "decimal"
    return found


def refuses(type_: str, declared: Declared) -> str:
    """Return why a problem of the table is not judged for what it declares, or ""."""
    judge = JUDGES[type_]
    free = set(declared) - set(judge.honours) - ({"choices"} if type_ != "choice" else set())
    return f"the declared {min(free)} is not honoured here" if free else ""


def most_chars(type_: str) -> int:
    """Return the characters that an answer of a type may have to be read."""
    return parts.MAX_CHARS if type_ in parts.COMPARE else MAX_CHARS


_LOOKS = (
    ("boolean", re.compile(r"(?i)true|false|yes|no")),
    ("choice", re.compile(r"\(?[A-J]\)?")),
    ("percent", re.compile(r"[-+]?[0-9.,/]+ ?(?:%|percent)")),
    ("time", re.compile(r"(?i)[0-9]{1,2}(?::[0-9]{2}){1,2}(?: ?[ap]\.?m\.?)?|[0-9]{1,2} ?[ap]\.?m\.?")),
    ("mapping", re.compile(r"\{[^<>=|\\]*:[^<>=|\\]*\}")),
    ("grid", re.compile(r"\[ ?\[.*\] ?, ?\[.*\] ?\]|\\begin\{[pb]?matrix\}.*\\end\{[pb]?matrix\}", re.DOTALL)),
    ("set", re.compile(r"\\?\{[^{}:|]*,[^{}:|]*\}")),
    ("word", re.compile(r"[A-Za-z][a-z]{3,20}")),
)


def _type_of_text(gold: str) -> str | None:
    """Return the type that a gold text can only be, None where mathematics reads it."""
    bare = plain(gold.replace("\\%", "%").replace("$", "")) if "matrix" not in gold else gold.strip()
    found = next((name for name, form in _LOOKS if form.fullmatch(bare)), None)
    if found is None and any(map(str.isdigit, bare)) and len(bare) <= MAX_CHARS:
        full = read_date(bare, None)
        found = "date" if full is not None and all(full) else "quantity" if looks_like_quantity(gold) else None
    return found
