"""Compare a reply with a gold answer by the type of the gold: exact where it can be, symbolic last.

Not here: what a reply answers (replies, reading), what a gold is (targets), how each type is compared (comparers).
Law: equal text is equal; a reply is CORRECT only if its one stated answer is the gold's value, in the gold's
structure; nothing in a reply is evaluated without a bound. The fast ways (one box, plain integers) decide exactly as
the slow ones do.

One hedge rule, for every type. The answer is read from one place (head of `places`). Several candidates there, joined
by "or", "either", "maybe" and the like, are no answer: MALFORMED, even if one is the gold; they are one answer only
where the gold has several values and they are all of them. So is a place that is denied or taken back. An answer stated
again later replaces the earlier one. Answers set side by side without such a word are one list: WRONG unless the gold
is that list.

Policies. Percent: 25% and 25 agree where the gold has the sign; a gold without it means the fraction, so 25% is
0.25. Order: sets, solutions given as tuples or equations and plus-minus in any order, other lists as written.
Units: ignored where one side has none, else converted. Decimals: exact, except that four or more digits may round an
irrational or endless value. What the problem declares (`declared`) overrides these.
"""

import re
from dataclasses import replace
from typing import Literal

from generators.answers.choices import equal_words
from generators.answers.comparers import AnswerType, answer_type, fits, type_of
from generators.answers.declared import NOTHING, Declared
from generators.answers.language.nodes import Node
from generators.answers.language.tokens import MAX_CHARS
from generators.answers.maths.equality import equal_answers
from generators.answers.maths.typed import normal_text, parse_answer
from generators.answers.reading.extract import MAX_REPLY_CHARS, said_aloud, undressed
from generators.answers.reading.places import announced, boxed
from generators.answers.replies import bare, most, readings
from generators.answers.targets import (
    BRACKETS,
    BY_FORM,
    INTEGER,
    INTEGERS,
    SPACED,
    Target,
    as_text,
    gold_text,
    not_of,
    read_gold,
    target_of,
)
from generators.answers.wording.denials import FAULTS, is_hedge
from generators.malformed import Malformed
from pipeline.problem import Json, Outcome, Verdict, correct, malformed, wrong

__all__ = ["AnswerType", "Declared", "answer_type", "as_text", "compare", "gold_text", "grade", "read_gold", "type_of"]

Place = Literal["free", "tag"]
_SHORT = 300
_READ_WHOLE = frozenset(("choice", "boolean", "date", "time", "duration"))
"""Types of which what a reply states is always read: text that is written alike says nothing more."""
_OR = re.compile(r"\bor\b")
_NAMED = re.compile(r"\A[A-Za-z](?:_\{?\w\}?)? ?= ?")
_AND = re.compile(r",? and (?=\d)|,(?=\d)")


def grade(
    gold: Json, reply: str, type: AnswerType | None = None, *, declared: Declared = NOTHING, place: Place = "free"
) -> Verdict:
    """Judge a reply against a gold answer (text, or a JSON value); `type` overrides what the gold looks like.

    place: "free" reads the answer wherever the reply states it, "tag" in `<answer>` spans and boxes alone.

    Raises:
        FamilyError: when the gold itself cannot be read, or is not of the given type.
    """
    target = target_of(gold, type, declared)
    try:
        found = readings(target, reply, boxed=place == "tag")
    except Malformed as error:
        verdict = malformed(error.reason, error.extracted)
    else:
        verdict = _judged(target, found[0])
        if verdict.outcome is Outcome.CORRECT:
            return verdict
        others = (_judged(target, reading) for reading in found[1:])
        verdict = next((other for other in others if other.outcome is Outcome.CORRECT), verdict)
    if verdict.outcome is Outcome.MALFORMED or (verdict.outcome is Outcome.WRONG and target.textual):
        return _alike(target, reply, verdict, place)
    return verdict


def compare(gold: Json, text: str, *, type: AnswerType | None = None, declared: Declared = NOTHING) -> Verdict:
    """Judge an answer text that is already out of its reply.

    Raises:
        FamilyError: when the gold itself cannot be read, or is not of the given type.
    """
    return _judged(target_of(gold, type, declared), text)


def _judged(target: Target, text: str) -> Verdict:
    """Judge an answer text: plain integers at once, all else by the comparer of the type."""
    text = text.strip()
    if text == target.text:
        return correct(text)
    if target.integer is not None and INTEGER.fullmatch(text):
        return correct(text) if int(text) == target.integer else wrong("another value", text)
    if target.integers is not None and len(text) <= most(target):
        listed = (SPACED if target.type is None else INTEGERS).fullmatch(text)
        brackets = listed[1] + listed[3] if listed is not None else ""
        if listed is not None and (brackets == target.brackets if target.type is None else brackets in BRACKETS):
            same = list(map(int, listed[2].split(","))) == target.integers
            return correct(text) if same else wrong("another value", text)
    return judged_slowly(target, text)


def judged_slowly(target: Target, text: str) -> Verdict:
    """Judge an answer text by the comparer of its target's type, whatever it looks like."""
    limit = most(target)
    if len(text) > limit:
        return malformed(f"answer over {limit} characters", text[:100])
    plain = bare(text)
    try:
        if target.comparer(target.text, plain, target.declared):
            return correct(text)
        if target.textual and equal_words(target.text, plain, target.declared):
            return correct(text)
        if target.stated and target.type is not None and target.type in BY_FORM:
            return wrong("another value" if fits(parse_answer(plain), target.type) else not_of(target.type), text)
    except Malformed as error:
        if _OR.search(plain) is not None and _all_cases(target, plain):
            return correct(text)
        return _by_text(target, text, malformed(error.reason, text[:100]))
    return wrong("another value", text)


def _all_cases(target: Target, text: str) -> bool:
    """Say whether candidates joined by "or" are all the values of a gold that has several, in any order."""
    if target.type not in (None, "set", "multiset", "sequence", "expression") or is_hedge(text, but_or=True):
        return False
    text = _NAMED.sub("", text) if text.count("=") == 1 else text
    try:
        wanted, found = parse_answer(target.text, gold=True), parse_answer(text, gold=True)
    except Malformed:
        return False
    if wanted.node is None or found.node is None or wanted.node.op != "seq" or len(wanted.node.args) < 2:
        return False
    if wanted.node.leaf not in ("", "{}") or found.node.op != "seq":
        return False
    return equal_answers(
        *(replace(side, node=Node("seq", side.node.args, "{}")) for side in (wanted, found) if side.node)
    )


def _by_text(target: Target, text: str, otherwise: Verdict) -> Verdict:
    """Accept what cannot be read but is written alike."""
    if len(text) > 2 * len(target.text) + 100 or len(target.text) > MAX_CHARS:
        return otherwise
    wanted, found = (_AND.sub(",", normal_text(undressed(side))) for side in (target.text, text))
    return correct(text) if wanted and wanted == found else otherwise


def _alike(target: Target, reply: str, otherwise: Verdict, place: Place) -> Verdict:
    """Accept a whole reply, all that its last cue announces, or an unreadable box, that is written like the gold."""
    verdict = _by_text(target, reply, otherwise) if place == "free" else otherwise
    if verdict is otherwise and otherwise.outcome is Outcome.MALFORMED and len(reply) <= MAX_REPLY_CHARS:
        if otherwise.reason in FAULTS or target.lettered or target.type in _READ_WHOLE:
            return otherwise
        try:
            after = said_aloud(reply)
            found = boxed(after)
            cued = announced(after[-2 * len(target.text) - 2 * _SHORT :]) if found is None and place == "free" else None
            if found is not None and otherwise.reason == "no answer found":
                cued = found
        except Malformed:
            return otherwise
        verdict = _by_text(target, cued, otherwise) if cued is not None else otherwise
    return verdict
