"""Whether an answer stands in its sentence: the one place where that is decided, for every type. Not which it is.

The clause that leads to the answer is walked word by word (walk); what stands behind it may deny it, doubt it or take
it back (denials), or disclaim it (disclaimed). Law: an answer stands only where nothing governs it; linear in the text;
no gold answer is ever looked at.
"""

import re
from functools import lru_cache

from generators.answers.language.patterns import mentions
from generators.answers.wording.afterthoughts import gives_up, rethinks
from generators.answers.wording.denials import (
    DENIAL,
    HEDGE,
    MARKS_BEFORE,
    NEAR,
    RETRACTION,
    doubts_next,
    follows_or,
    is_questioned,
    is_revised,
    refuses_last,
    refuses_next,
    retracts,
    unsure_behind,
)
from generators.answers.wording.disclaimed import fails, is_aside, is_disclaimed
from generators.answers.wording.walk import ASIDES, MOUTHS, SPEAKERS, SUSPECTS, TRIGGERS, Walk

_SENTENCE = re.compile(r"[.!?](?:[)\"”’*$\s]*\s)(?=\S)|[。！？]|\n\s*\n")
_LINE_LEFT_OPEN = re.compile(r"(?:\b(?:is|are|not|be|says?|that|equals|n't|answer|wrong|est|ist|es)|[^.]:)[ *]*$", re.I)
_WORDS = re.compile(r"[^\W\d_]+")
_TOKENS = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_IF_BEHIND = re.compile(r"[^\w.!?]*(?:[A-Za-z]{1,12} )?if\b(?! and only)", re.IGNORECASE)
_WOULD = re.compile(r"\bwould\b[^,;:]*$", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*[A-Za-z]{2}[^()]*\)")
"""A remark in brackets, which governs nothing outside them."""
_OF_ANSWER = ("f the answer", "f my answer", "f our answer", "f your answer", "n the answer", "n my answer")
"""What opens talk of a part or a property of the answer."""
MAX_SENTENCE = 320
NEAR_WORDS = 9
"""Words before an answer among which those stand that set it aside."""


def last_sentence(before: str) -> str:
    """Return the last sentence of what stands before an answer; a line that is left open goes on in the next."""
    before = before[-MAX_SENTENCE:]
    end = 0
    for match in _SENTENCE.finditer(before):
        end = match.end()
    line = before.rfind("\n", end)
    while line >= 0:
        if _LINE_LEFT_OPEN.search(before, max(end, line - 30), line) is None:
            return before[line + 1 :]
        line = before.rfind("\n", end, line)
    return before[end:]


def is_suspect(before: str) -> bool:
    """Say at once whether what stands before an answer may govern it."""
    end = len(before.rstrip())
    return _suspect(before[max(before.rfind(". ", 0, end), before.rfind(".\n", 0, end)) + 1 :])


@lru_cache(maxsize=4096)
def _suspect(sentence: str) -> bool:
    """Say so of the last sentence; models lead to their answers in few ways, so that what was said once is kept."""
    if not sentence.isascii():
        return True
    found = _WORDS.findall(sentence.lower())
    if "mis" in sentence or "Mis" in sentence or not ASIDES.isdisjoint(found[-NEAR_WORDS:]):
        return True
    if SUSPECTS.isdisjoint(found):
        return False
    if not TRIGGERS.isdisjoint(found) or ("answer" in found and mentions(sentence, _OF_ANSWER)):
        return True
    return not (SPEAKERS.isdisjoint(found) or MOUTHS.isdisjoint(found))


def fault_before(before: str) -> str:
    """Return how what stands before an answer, in its sentence, keeps it from standing, "" where it stands."""
    before = last_sentence(before)
    if not is_suspect(before):
        return ""
    if is_aside(before):
        return DENIAL
    if gives_up(before):
        return HEDGE
    if not before.isascii() and refuses_next(before):
        return DENIAL
    if not before.isascii() and doubts_next(before):
        return HEDGE
    if follows_or(before):
        return HEDGE
    before = before.replace("n't", " not").replace("n’t", " not")
    walk = Walk(_TOKENS.findall(_ASIDE.sub(" ", before.rstrip(MARKS_BEFORE))))
    return walk.fault()


def fault_round(before: str, behind: str, *, explained: bool = False) -> str:
    """Return how what stands round an answer keeps it from standing, "" where it stands; `explained` as behind it."""
    if fault := fault_before(before) or fault_behind(behind, explained=explained):
        return fault
    return HEDGE if _IF_BEHIND.match(behind) is not None and _WOULD.search(last_sentence(before)) is not None else ""


def fault_behind(behind: str, *, explained: bool = False) -> str:
    """Return how what stands behind an answer keeps it from standing, "" where it stands.

    explained: what fails behind it is its reason and no denial of it, as behind "no".
    """
    if not behind or behind.isspace():
        return ""
    if refuses_last(behind) or is_disclaimed(behind) or (not explained and fails(behind)):
        return DENIAL
    if is_questioned(behind) or unsure_behind(behind):
        return HEDGE
    remark = behind.lstrip().startswith("(") and ")" in behind
    return RETRACTION if retracts(behind) or rethinks(behind) or (not remark and is_revised(behind[: 2 * NEAR])) else ""
