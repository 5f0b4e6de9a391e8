"""What a reply answers, for a gold of each type. Not where text states something (reading), not what equals what.

Law: a reply is read once, by the type that its gold has and never by the gold's value: its declared place, else what it
states. One statement may have several readings ("a prime number", "prime"); two statements never are one answer.
"""

import re

from generators.answers.choices import names_another
from generators.answers.language.tokens import MAX_CHARS
from generators.answers.maths.typed import PROSE
from generators.answers.reading.boxes import MAX_ANSWER_CHARS, lone_place
from generators.answers.reading.extract import MAX_REPLY_CHARS, said_aloud, undressed
from generators.answers.reading.letters import affirmed_letter
from generators.answers.reading.moments import Kind, stated_moment
from generators.answers.reading.places import announced, final_answers, given, placed
from generators.answers.reading.stated import stated_values
from generators.answers.reading.truths import affirmed_truth
from generators.answers.reading.words import said_words
from generators.answers.structures import unquoted
from generators.answers.targets import BY_FORM, Target
from generators.answers.wording.denials import FAULTS, RETRACTION, is_hedge, retracts
from generators.answers.wording.prose import endings, without_closing
from generators.answers.wording.standing import fault_before
from generators.malformed import Malformed

_LONG = frozenset(("set", "multiset", "sequence", "tuple", "mapping", "grid", "matrix"))
_LISTED = frozenset(("set", "multiset", "sequence", "tuple", "grid"))
_SAID = _LISTED | {"duration", "quantity", "mapping"}
"""Types that are read behind "is", a colon or from a number on to the end of the last line."""
_MOMENTS: dict[str, Kind] = {"date": "date", "time": "time", "duration": "duration"}
_SHORT = 300
"""Characters that other types are looked for in, behind a cue; and that those may have beyond their gold's."""
_CLAUSE = re.compile(r",? (?:because|since|as|which|where|so|given|for|when)\b|\. (?=[A-Z][a-z]+ )|\n")
_CLAUSES = 6
_LETTER = re.compile(r"[^\W\d_]")
_WIDE = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}


def readings(target: Target, reply: str, *, boxed: bool = False) -> tuple[str, ...]:
    """Return the readings of what a reply answers, the likeliest first; at once where it holds one box and no span.

    boxed: an answer counts only in a span or box.

    Raises:
        Malformed: when there is none, a hedge, or one that is denied or taken back.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    lone = lone_place(reply)
    if lone is not None and len(lone) < MAX_CHARS and "\\boxed" not in lone:
        if _has_form(target) and (" " not in lone or PROSE.search(lone) is None):
            return (lone,)
        if target.type in _SAID and _LETTER.search(lone) is None:
            return (lone,)
    return readings_slowly(target, reply, boxed=boxed)


def readings_slowly(target: Target, reply: str, *, boxed: bool = False) -> tuple[str, ...]:
    """Return the readings of what any reply answers.

    Raises:
        Malformed: when there is none, a hedge, or one that is denied or taken back.
    """
    if len(reply) <= MAX_CHARS and not reply.isascii():
        reply = reply.translate(_WIDE)
    if not boxed and _has_form(target):
        return final_answers(reply)
    after = without_closing(said_aloud(reply))
    if _has_form(target):
        found = placed(after)
        if found is None:
            raise Malformed("no <answer> span or box")
        return found
    content = given(after)
    if content is None and boxed:
        raise Malformed("no <answer> span or box")
    return _typed(target, after if content is None else content, whole=content is not None)


def _typed(target: Target, text: str, *, whole: bool) -> tuple[str, ...]:
    """Return the readings of a text by a type that need not be mathematics.

    whole: all of it is said to be the answer.

    Raises:
        Malformed: when there is none, or one taken back.
    """
    if target.textual or target.type == "word":
        return _words(target, text, whole=whole)
    short = len(text) <= (most(target) if target.type in _LONG else _SHORT)
    if target.lettered or target.type == "choice":
        return (_option(target, text, whole=whole),)
    if whole and target.type in _SAID and _LETTER.search(text) is None:
        return (text,)
    if (whole or (short and target.type not in _SAID)) and is_readable(target, text):
        return (text,)
    if whole and not (target.type in _SAID or PROSE.search(text)):
        raise Malformed(f"not a {target.type or 'answer'}", text[:100])
    if target.type == "boolean":
        return ("true" if affirmed_truth(text) else "false",)
    if target.type in _MOMENTS:
        return (_moment(target, text),)
    return (_listed(target, text),)


def _words(target: Target, text: str, *, whole: bool) -> tuple[str, ...]:
    """Return the readings of a text that answers in words: all of it where it is short, and what it says."""
    bare = undressed(text)
    if retracts(bare):
        raise Malformed(RETRACTION, bare[:100])
    own = (bare,) if whole or (len(bare) <= len(target.text) + 40 and "\n" not in bare) else ()
    if whole and PROSE.search(bare) is None:
        return own
    try:
        return (*own, *said_words(text))
    except Malformed as error:
        if not own or error.reason in FAULTS:
            raise
        return own


def _option(target: Target, text: str, *, whole: bool) -> str:
    """Return the option that a text affirms, by its letter or, where the options are known, by its content.

    Raises:
        Malformed: for none, several, or one taken back.
    """
    if target.declared.choices:
        if len(text) <= _SHORT and is_readable(target, text):
            return text
        cued = announced(text[-2 * _SHORT :])
        stated = _longest_stated(target, cued[:_SHORT]) if cued else None
        if stated is not None and not retracts(cued or ""):
            return stated
    try:
        letter, content = affirmed_letter(text, whole=whole)
    except Malformed as error:
        if error.reason != "not a choice":
            raise
    else:
        if content and len(content) <= _SHORT and names_another(letter, content, target.declared):
            raise Malformed("a letter and another option's content", text[:100])
        return letter
    if target.declared.choices:
        named = [reading for reading in said_words(text) if is_readable(target, reading)]
        if named:
            return named[0]
    if target.lettered and whole:
        return text
    raise Malformed("not a choice", text[:100])


def _moment(target: Target, text: str) -> str:
    """Return the date, time or duration that a text states; a time such as 12:30 may be a ratio too."""
    assert target.type is not None
    kind = _MOMENTS[target.type]
    try:
        return stated_moment(text, kind, lambda piece: is_readable(target, piece))
    except Malformed as error:
        if error.reason in FAULTS or kind == "date" or (kind == "time" and ":" not in text[-_SHORT:]):
            raise
        return _listed(target, text) if kind == "duration" else stated_values(text)[0]


def _listed(target: Target, text: str) -> str:
    """Return the list, table, mapping or quantity that a text states: announced, or at the end of its last line.

    Raises:
        Malformed: when there is none, or one taken back.
    """
    limit = most(target) if target.type in _LONG else _SHORT
    cued = announced(text[-limit - _SHORT :])
    if cued is not None:
        cued = cued[:limit]
        if retracts(cued):
            raise Malformed("the answer is taken back", cued[:100])
        return _longest_stated(target, cued) or _ending(target, cued) or stated_values(text)[0]
    whole = len(text) <= limit and is_readable(target, text)
    ending = None if whole and target.type not in _LISTED else _ending(target, text)
    return ending or (text if whole else stated_values(text)[0])


def _ending(target: Target, text: str) -> str | None:
    """Return what the last line of a text ends with and can be read as the type, in brackets where it has parts."""
    if target.type not in _SAID or retracts(text):
        return None
    line = text.rpartition("\n")[2].rstrip(" .")
    for end in endings(line):
        if (target.type not in _LISTED or end[:1] in ("[", "(", "{")) and is_readable(target, end):
            if fault := fault_before(line[: len(line) - len(end)]):
                raise Malformed(fault, end[:100])
            return end
    return None


def _longest_stated(target: Target, text: str) -> str | None:
    """Return the longest start of an announced text, up to the end of a clause, that can be read as the type."""
    if is_readable(target, text):
        return text
    ends = [match.start() for match, _ in zip(_CLAUSE.finditer(text), range(_CLAUSES), strict=False)]
    for end in reversed(ends):
        if is_readable(target, text[:end]):
            if is_hedge(text[end : end + 40]):
                raise Malformed("a hedge is no answer", text[:100])
            return text[:end]
    return None


def _has_form(target: Target) -> bool:
    """Say whether an answer is mathematics by its form, or not said to be anything else."""
    return not (target.textual or target.lettered) and (
        target.type is None or target.type in BY_FORM or target.type == "matrix"
    )


def most(target: Target) -> int:
    """Return the characters that an answer may have: for types made of parts twenty times those of the gold."""
    return min(MAX_ANSWER_CHARS, 20 * len(target.text) + _SHORT) if target.type in _LONG else 2 * MAX_CHARS


def bare(text: str) -> str:
    """Return an answer text without full-width letters, fences, quotes and a trailing comma."""
    if not text.isascii():
        text = text.translate(_WIDE).strip()
    text = text.rstrip(",; ")
    if text[:1] in ("`", "*") or text[-1:] == ".":
        text = undressed(text)
    return unquoted(text) if text[:1] in ('"', "'") else text


def is_readable(target: Target, text: str) -> bool:
    """Say whether a text can be read as the type of a gold."""
    plain = bare(undressed(text))
    if not plain or (target.type == "word" and is_hedge(plain)):
        return False
    try:
        return target.comparer(plain, plain, target.declared)
    except Malformed:
        return False
