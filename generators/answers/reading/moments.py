"""The date, time of day or duration that a sentence states as its result. Not what it means (dates).

Law: one is read: the only one, the emphasised one, or the one that is not said to be given, denied or a beginning.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Literal, NamedTuple

from generators.answers.reading.sentences import sentences, without_markup
from generators.answers.wording.denials import DENIAL, HEDGE, RETRACTION, is_hedge, refuses_last
from generators.answers.wording.prose import after_cue, is_order, without_remark
from generators.answers.wording.standing import fault_behind, fault_round
from generators.malformed import Malformed

Kind = Literal["date", "time", "duration"]
_MONTH = r"(?!the\b)[^\W\d_]{3,10}\.?"
"""A word where a month may stand; what is none cannot be read as a date."""
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)\.?,? (?:the )?"
_DATE = (
    rf"(?:{_DAY})?(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{4}}/\d{{1,2}}/\d{{1,2}}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}"
    rf"|{_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?(?: of| de)? {_MONTH}(?:,?(?: de| of)? \d{{4}})?(?!\d)"
    rf"|{_MONTH},? (?:of )?\d{{4}}"
    r"|\d{4} ?年 ?\d{1,2} ?月(?: ?\d{1,2} ?日)?|\d{4}년 ?\d{1,2}월(?: ?\d{1,2}일)?)"
)
_HALF = (
    r"(?: ?[ap]\.? ?m\b\.?| ?o'?clock(?: [ap]\.? ?m\b\.?)?| in the (?:morning|afternoon|evening)| at (?:night|noon))"
)
_HOUR_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight"
_TIME = (
    rf"(?:12 )?(?:noon|midnight|midday)|(?:half past|(?:a )?quarter (?:past|to)|\d{{1,2}} (?:minutes )?(?:past|to)) "
    rf"(?:\d{{1,2}}|{_HOUR_WORDS})(?:{_HALF})?|(?:{_HOUR_WORDS})(?:{_HALF})"
    rf"|\d{{1,2}}(?: ?: ?\d{{2}}(?: ?: ?\d{{2}})?(?: ?{_HALF}| ?(?:uhr|h|hrs|hours)\b)?|[.h] ?\d{{2}}(?={_HALF}"
    rf"| uhr)(?:{_HALF}| uhr)"
    rf"| ?h ?\d{{2}}(?! ?min)|{_HALF}| uhr| heures?)|(?:上午|下午|晚上|早上|凌晨"
    rf"|中午)?\d{{1,2}} ?[点點时時](?:\d{{1,2}} ?分|半)?"
)
_UNIT = r"(?:weeks?|wks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[hms])\b\.?"
_DURATION = (
    rf"(?:\d+(?:\.\d+)?(?: \d+/\d+)?|\d+/\d+|an?|one|half an?) ?{_UNIT}"
    rf"(?:(?:,? and | and |, | )(?:\d+(?:\.\d+)?|\d+/\d+|a half) ?(?:{_UNIT})?){{0,3}}|\d{{1,4}}:\d{{2}}:\d{{2}}"
)
_PIECES: dict[str, re.Pattern[str]] = {
    kind: re.compile(rf"(?<![\w:/.-])(?:{pattern})(?![\w:/]|[.-]\d)", re.IGNORECASE)
    for kind, pattern in (("date", _DATE), ("time", _TIME), ("duration", _DURATION))
}
_GIVEN = re.compile(
    r"\b(?:from|since|after|before|until|till|starting|starts?|leaves?|leaving|depart\w*|left|began|begins?|opened"
    r"|opens?"
    r"|started|than|between|born|set off|past|given|instead of|rather than|if|when|each|every|per|not|à partir|depuis"
    r"|von|ab"
    r"|desde|salió|sale|partió)\b[^,;]{0,25}$",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:\b(?:after|before|until|till|since|between|(?:more|less|earlier|later|longer|shorter|rather) than|at (?:least"
    r"|most)"
    r"|over|under|nearly|almost|instead of|if it (?:is|were))(?: at| on)?|\b(?:not|never)\b[^,;.]{0,40}"
    r"|n['’]t\b[^,;.]{0,40})\s*$",
    re.IGNORECASE,
)
"""What before a date or time bounds or denies it."""
_RESULT = re.compile(
    r"(?:\b(?:so|thus|therefore|hence|arriv\w*|ends?|ended|ending|finish\w*|lands?|reach\w*|is|are|was|will be|equals"
    r"|gets?"
    r"|takes?|took|total\w*|giv\w+|ist|est|es|è|é|llega|arrive|kommt|answer)\b|[=:→]|是|为|は)[^,;]{0,25}$",
    re.IGNORECASE,
)
_ITSELF_GIVEN = re.compile(r"\w+(?: time)? (?:is|was)(?: at)?\s*", re.IGNORECASE)
"""A beginning of which a sentence says when it is: "departure is at"."""
_NEAR_CUE = 3
"""Words between a cue and what it announces."""
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")


_CHANGE = re.compile(
    r"\W*(?:or|however|actually|wait|no|correction|alternatively|maybe|perhaps|possibly)\b", re.IGNORECASE
)
_RIVAL = re.compile(r"\W{0,4}(?:(?:or|ou|oder|o|или)(?!\w)|或|または)", re.IGNORECASE)
_BESIDE = re.compile(r"(?:[\s,;.]|and|et|und|y|和|と)*", re.IGNORECASE)
"""What stands between two pieces that are set side by side."""


class _Piece(NamedTuple):
    """A date, time or duration in a sentence, with what stands before it and behind."""

    text: str
    before: str
    behind: str


def stated_moment(text: str, kind: Kind, readable: Callable[[str], bool]) -> str:
    """Return the date, time or duration that a text states.

    Raises:
        Malformed: for none, several, or one that is denied, doubted or taken back.
    """
    cued = after_cue(text)
    if cued == "":
        raise Malformed("no answer found", text[:100])
    parts = sentences(cued if cued is not None else text)
    order = range(len(parts)) if cued is not None else range(len(parts) - 1, -1, -1)
    for k in order:
        found = _pieces(parts[k], kind, readable)
        if not found or (cued is None and k and all(_is_given(piece.before) for piece in found)):
            continue
        if any(map(_CHANGE.match, parts[k + 1 :])) or fault_behind(found[-1].behind + "\n" + " ".join(parts[k + 1 :])):
            raise Malformed(RETRACTION, text[:100])
        return _result(parts[k], found, cued=cued is not None)
    raise Malformed(f"not a {kind}", text[:100])


def _pieces(part: str, kind: Kind, readable: Callable[[str], bool]) -> list[_Piece]:
    """Return the pieces of a sentence that are of a kind; of those in bold, where they are one, that one alone."""
    bold = [m[1].strip(" .:") for m in _BOLD.finditer(part)]
    marked = [piece for piece in bold if readable(piece)]
    plain = without_remark(without_markup(part))
    found = [_Piece(m[0].strip(), plain[: m.start()], plain[m.end() :]) for m in _PIECES[kind].finditer(plain)]
    found = [piece for piece in found if readable(piece.text)]
    if len(set(marked)) == 1 and len(bold) == 1:
        chosen = without_markup(marked[0])
        return [piece for piece in found if piece.text == chosen][-1:] or [_Piece(marked[0], "", "")]
    return found


def _result(part: str, found: list[_Piece], *, cued: bool) -> str:
    """Return the one piece of a sentence that is its result.

    Raises:
        Malformed: where it is asked, doubted, denied or bounded, or where there are several.
    """
    if part.rstrip().endswith(("?", "？")) or is_hedge(part, but_or=True) or is_order(part):
        raise Malformed(HEDGE, part[:100])
    between = [later.before[len(piece.before) + len(piece.text) :] for piece, later in pairwise(found)]
    if any(map(_BESIDE.fullmatch, between)) or any(map(_RIVAL.match, (piece.behind for piece in found))):
        raise Malformed(HEDGE, part[:100])
    kept = [piece for piece in found if not (_BOUND.search(piece.before[-60:]) or refuses_last(piece.behind))]
    faults = [fault_round(piece.before, piece.behind) for piece in kept]
    if HEDGE in faults:
        raise Malformed(HEDGE, part[:100])
    kept = [piece for piece, fault in zip(kept, faults, strict=True) if not fault]
    if not kept:
        raise Malformed(DENIAL, part[:100])
    if cued and len(kept[0].before.split()) <= _NEAR_CUE:
        return kept[0].text
    if len({piece.text for piece in kept}) > 1:
        given = [piece for piece in kept if not _is_given(piece.before)]
        results = [piece for piece in given if _RESULT.search(piece.before)]
        kept = given if len({piece.text for piece in given}) == 1 else results
    if len({piece.text for piece in kept}) != 1:
        raise Malformed("several answers", part[:100])
    return kept[-1].text


def _is_given(before: str) -> bool:
    """Say whether what stands before a piece makes it a given or a beginning, unless a result is announced since."""
    given = _GIVEN.search(before[-60:])
    if given is None:
        return False
    result = _RESULT.search(before[-60:]) if _ITSELF_GIVEN.fullmatch(given[0]) is None else None
    return result is None or result.start() < given.start()
