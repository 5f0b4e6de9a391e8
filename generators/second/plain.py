"""What the second opinions on typed answers agree on: what a plain number and a plain word are, and when two agree.

Not the types themselves (typed). Law: True and False are for what is beyond doubt, None is for the rest: a word
that may be another's name, a number that may be another's rounding.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

NEAR = Fraction(1, 100)
"""Numbers with decimals that differ by less may be one number, rounded."""
_LATEX = re.compile(r"\\(?:text|mathrm|textbf|mathbf|textit|mbox|mathbf)\s*\{([^{}]*)\}")
_GAPS = re.compile(r"\\[,;:! ]|~|\\(?:left|right|quad)(?![A-Za-z])")
_NUMBER = re.compile(
    r"([+-]?)(?:\\[dt]?frac\{([0-9]{1,50})\}\{([0-9]{1,50})\}|([0-9]{1,50})/([0-9]{1,50})"
    r"|([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,50})?(\.[0-9]{1,50})?)"
)
_MARKS = re.compile(r"[\s.,;:!'\"()*_`-]+")
_UNSURE = re.compile(
    r"\b(?:or|not|no|nor|maybe|perhaps|either|neither|probably|possibly|likely|unless|except|than|but|unknown|unsure|guess)\b"
)


def plain(text: str) -> str:
    """Return a text without the marks of LaTeX round its words, and with one space where there were several."""
    text = _GAPS.sub(" ", text.replace("\u2212", "-"))
    return " ".join(_LATEX.sub(r" \1 ", text).replace("\\{", "{").replace("\\}", "}").split())


def number(text: str) -> Fraction | None:
    """Return the number that a text plainly is: digits, with decimals, thousands or as a fraction; None for others."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    sign, *parts, whole, decimals = found.groups()
    top, bottom = parts[:2] if parts[0] else parts[2:]
    if top is None and whole is None and decimals is None:
        return None
    if top is None:
        size = Fraction((whole or "0").replace(",", "") + (decimals or ""))
    elif int(bottom or 0) == 0:
        return None
    else:
        size = Fraction(int(top), int(bottom or 1))
    return -size if sign == "-" else size


def same_number(
    gold: Fraction, given: Fraction, margin: Fraction | None = None, *, whole: bool | None = None
) -> bool | None:
    """Say whether two numbers are equal, or within a declared margin; None where one may be the other rounded.

    `whole`: neither was written with decimals, so that neither is rounded; by their values unless given.
    """
    if margin is not None:
        return abs(gold - given) <= margin
    if gold == given:
        return True
    whole = gold.denominator == given.denominator == 1 if whole is None else whole
    return None if not whole and abs(gold - given) < NEAR * abs(gold) else False


def margin_of(tolerance: str | None, gold: Fraction) -> Fraction | None:
    """Return how far a number may be off by a declared tolerance: "0.01", or "1%" of the gold."""
    if tolerance is None:
        return None
    size = Fraction(tolerance.removesuffix("%"))
    return size * abs(gold) / 100 if tolerance.endswith("%") else size


def is_unsure(text: str) -> bool:
    """Say whether a text has a word of doubt or denial."""
    return _UNSURE.search(text.lower()) is not None


def same_words(gold: str, given: str) -> bool | None:
    """Say whether two short texts are the same words; None where one may be another name of the other."""
    wanted, found = _words(gold), _words(given)
    if wanted == found and wanted:
        return True
    if len(wanted) == len(found) == len(wanted[0]) == len(found[0]) == 1:
        return False if wanted[0].isalpha() and found[0].isalpha() else None
    if not all(re.fullmatch(r"[^\W\d_]{2,20}", word) for word in (*wanted, *found)) or not wanted or not found:
        return None
    doubts = is_unsure(given) or set(wanted) & set(found) or len(wanted) + len(found) > 8
    starts = any(one[:3] == other[:3] or one[-3:] == other[-3:] for one in wanted for other in found)
    letters = sorted("".join(wanted)) == sorted("".join(found))
    named = "".join(w[0] for w in wanted) == "".join(found) or "".join(f[0] for f in found) == "".join(wanted)
    return None if doubts or starts or letters or named else False


def _words(text: str) -> list[str]:
    words = _MARKS.sub(" ", plain(text).casefold()).split()
    return words[1:] if len(words) > 1 and words[0] in ("a", "an", "the") else words


def all_of(said: Iterable[bool | None]) -> bool | None:
    """Return False when one is False, else None when one is None, else True."""
    found = set(said)
    return False if False in found else None if None in found else True
