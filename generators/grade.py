"""Compare a reply with a gold answer by the type of the gold: exact where it can be, symbolic last.

Not here: where a reply states its answer (places, extract), how each type is compared (comparers). Law: equal text is
equal; a reply is CORRECT only if its one stated answer is the gold's value, in the gold's structure; nothing in a reply
is evaluated without a bound. The fast ways below (one box, plain integers) decide exactly as the slow ones do.

One hedge rule, for every type. The answer is read from one place (head of `places`). Several candidates there, joined
by "or", "either", "maybe" and the like, are no answer: MALFORMED, even if one is the gold. So is a place that is taken
back. An answer stated again later replaces the earlier one. Candidates set side by side without such a word are one
list: WRONG unless the gold is that list.

Policies. Percent: 25% and 25 agree where the gold has the sign; a gold without it means the fraction, so 25% is
0.25. Order: sets, solutions given as tuples or equations and plus-minus in any order, other lists as written.
Units: ignored where one side has none, else converted. Decimals: exact, except that four or more digits may round an
irrational or endless value. What the problem declares (`declared`) overrides these.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache

from generators.answers.comparers import COMPARERS, AnswerType, Comparer, answer_type, fits, special_type, type_of
from generators.answers.declared import NOTHING, Declared
from generators.answers.language.prose import endings, is_hedge, without_closing
from generators.answers.language.tokens import MAX_CHARS
from generators.answers.maths.typed import Answer, normal_text, parse_answer
from generators.answers.reading.extract import MAX_ANSWER_CHARS, MAX_REPLY_CHARS, boxes, retracts, spoken, undressed
from generators.answers.reading.places import announced, final_answer, placed
from generators.answers.structures import unquoted
from generators.malformed import Malformed
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from pipeline.problem import Json, Outcome, Verdict, correct, malformed, wrong

__all__ = ["AnswerType", "Declared", "answer_type", "as_text", "compare", "gold_text", "grade", "read_gold", "type_of"]

KEPT_GOLDS = 4096
"""Golds that are read once and kept, each up to MAX_ANSWER_CHARS long."""
_BY_FORM = frozenset(("integer", "rational", "decimal", "percent", "interval", "polynomial", "relation", "expression"))
_EXACT = (None, "integer", "rational", "decimal", "expression")
_INTEGER = re.compile(r"-?[0-9]{1,100}")
_INTEGERS = re.compile(r"([\[(]?)(-?[0-9]{1,100}(?:, ?-?[0-9]{1,100})+)([\])]?)")
_SPACED = re.compile(r"(\[?)(-?[0-9]{1,100}(?:, -?[0-9]{1,100}){1,99})(\]?)")
_LONG = frozenset(("set", "multiset", "sequence", "tuple", "mapping", "grid", "matrix"))
_LETTERED = frozenset(("choice", "boolean", "date", "time"))
"""Types of which a number or a letter somewhere in a sentence is no answer."""
_LISTED = frozenset(("set", "multiset", "sequence", "tuple", "grid"))
_SAID = _LISTED | {"date", "time", "duration", "quantity", "mapping"}
"""Types that are read behind "is", a colon or from a number on to the end of the last line."""
_SHORT = 300
"""Characters that other types are looked for in, behind a cue; and that those may have beyond their gold's."""
_BRACKETS = frozenset(("", "[]", "()"))
_CLAUSE = re.compile(r",? (?:because|since|as|which|where|so|given|for|when)\b|\. (?=[A-Z][a-z]+ )|\n")
_CLAUSES = 6
_WIDE = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}


@dataclass(frozen=True, slots=True)
class Target:
    """A gold answer that was read: its text, what compares it, and its value where that is plain integers.

    type: the declared type, or the one that its JSON type or text imposes; None where its form decides. textual: it is
    no mathematics, so that a whole reply may be it.
    """

    text: str
    type: AnswerType | None
    comparer: Comparer
    declared: Declared
    textual: bool = False
    stated: bool = False
    integer: int | None = None
    integers: list[int] | None = None
    brackets: str = ""


def grade(gold: Json, reply: str, type: AnswerType | None = None, *, declared: Declared = NOTHING) -> Verdict:
    """Judge a free reply against a gold answer (text, or a JSON value); `type` overrides what the gold looks like.

    Raises:
        FamilyError: when the gold itself cannot be read, or is not of the given type.
    """
    target = target_of(gold, type, declared)
    try:
        verdict = _judged(target, _place(target, reply))
    except Malformed as error:
        verdict = malformed(error.reason, error.extracted)
    if verdict.outcome is Outcome.MALFORMED or (verdict.outcome is Outcome.WRONG and target.textual):
        return _alike(target, reply, verdict)
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
    if target.integer is not None and _INTEGER.fullmatch(text):
        return correct(text) if int(text) == target.integer else wrong("another value", text)
    if target.integers is not None and len(text) <= _most(target):
        listed = (_SPACED if target.type is None else _INTEGERS).fullmatch(text)
        brackets = listed[1] + listed[3] if listed is not None else ""
        if listed is not None and (brackets == target.brackets if target.type is None else brackets in _BRACKETS):
            same = list(map(int, listed[2].split(","))) == target.integers
            return correct(text) if same else wrong("another value", text)
    return judged_slowly(target, text)


def judged_slowly(target: Target, text: str) -> Verdict:
    """Judge an answer text by the comparer of its target's type, whatever it looks like."""
    most = _most(target)
    if len(text) > most:
        return malformed(f"answer over {most} characters", text[:100])
    bare = _bare(text)
    try:
        if target.comparer(target.text, bare, target.declared):
            return correct(text)
        if target.stated and target.type is not None and target.type in _BY_FORM:
            return wrong("another value" if fits(parse_answer(bare), target.type) else _not_of(target.type), text)
    except Malformed as error:
        return _by_text(target, text, malformed(error.reason, text[:100]))
    return wrong("another value", text)


def _most(target: Target) -> int:
    """Return the characters that an answer may have: for types made of parts twenty times those of the gold."""
    return min(MAX_ANSWER_CHARS, 20 * len(target.text) + _SHORT) if target.type in _LONG else 2 * MAX_CHARS


def _not_of(type_: AnswerType) -> str:
    return f"not of type {type_}"


def _bare(text: str) -> str:
    """Return an answer text without full-width letters, fences, quotes and a trailing comma."""
    if not text.isascii():
        text = text.translate(_WIDE).strip()
    text = text.rstrip(",; ")
    if text[:1] in ("`", "*") or text[-1:] == ".":
        text = undressed(text)
    return unquoted(text) if text[:1] in ('"', "'") else text


def _by_text(target: Target, text: str, otherwise: Verdict) -> Verdict:
    """Accept what cannot be read but is written alike."""
    if len(text) > 2 * len(target.text) + 100 or len(target.text) > MAX_CHARS:
        return otherwise
    wanted = normal_text(undressed(target.text))
    return correct(text) if wanted and wanted == normal_text(undressed(text)) else otherwise


def _alike(target: Target, reply: str, otherwise: Verdict) -> Verdict:
    """Accept a whole reply, all that its last cue announces, or an unreadable box, that is written like the gold."""
    verdict = _by_text(target, reply, otherwise)
    if verdict is otherwise and otherwise.outcome is Outcome.MALFORMED and len(reply) <= MAX_REPLY_CHARS:
        try:
            after = spoken(reply)
            found = boxes(after)
            cued = announced(after[-2 * len(target.text) - 2 * _SHORT :]) if found is None else None
            if found is not None and otherwise.reason == "no answer found":
                cued = found
        except Malformed:
            return otherwise
        verdict = _by_text(target, cued, otherwise) if cued is not None else otherwise
    return verdict


def _place(target: Target, reply: str) -> str:
    """Return the text that states the answer of a reply: at once where it holds one box and no span."""
    if len(reply) <= MAX_REPLY_CHARS:
        spoken_part = _untagged(reply) if "<" in reply else reply
        at = spoken_part.find("box")
        if at > 0 and spoken_part.startswith("\\boxed{", at - 1) and spoken_part.find("box", at + 3) < 0:
            before, end = spoken_part[max(0, at - 40) : at - 1], spoken_part.find("}", at)
            inner = spoken_part[at + 6 : end]
            plain = not ("{" in inner or "\\" in inner or (" " in inner and any(map(str.isalpha, inner))))
            if not plain or "not" in before or "n't" in before or spoken_part[end:].strip("}.$ \n"):
                return (placed if _has_form(target) else boxes)(before + spoken_part[at - 1 :]) or ""
            if inner.strip() and len(inner) < MAX_CHARS:
                return inner
    return placed_slowly(target, reply)


def _untagged(reply: str) -> str:
    """Return what a reply with a < says after its thinking; "" where spans or control tokens ask for a closer look."""
    if "<answer>" in reply or "<|" in reply:
        return ""
    after = reply.rpartition("</think>")[2]
    return "" if "<think>" in after else after


def placed_slowly(target: Target, reply: str) -> str:
    """Return the text that states the answer of any reply.

    Raises:
        Malformed: when there is none, a hedge, or one taken back.
    """
    if len(reply) <= MAX_CHARS and not reply.isascii():
        reply = reply.translate(_WIDE)
    return final_answer(reply) if _has_form(target) else _typed_place(target, reply)


def _has_form(target: Target) -> bool:
    """Say whether an answer is mathematics by its form, or not said to be anything else."""
    return target.type is None or target.type in _BY_FORM or target.type == "matrix"


def _typed_place(target: Target, reply: str) -> str:
    """Return the place of an answer that need not be mathematics: box or span, what a cue announces, or all of it.

    Raises:
        Malformed: when there is none, or one taken back.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    after = without_closing(spoken(reply))
    found = boxes(after)
    if found is not None:
        return found
    most = _most(target) if target.type in _LONG else _SHORT
    cued = announced(after[-most - _SHORT :])
    if cued is not None:
        cued = cued[:most]
        if retracts(cued):
            raise Malformed("the answer is taken back", cued[:100])
        stated = _longest_stated(target, cued)
        if stated is not None:
            return stated
        if target.type in _LETTERED:
            raise Malformed(f"not a {target.type}", cued[:100])
        return _ending(target, cued) or final_answer(reply)
    whole = len(after) <= most and _readable(target, after)
    ending = None if whole and target.type not in _LISTED else _ending(target, after)
    return ending or (after if whole else final_answer(reply))


def _ending(target: Target, text: str) -> str | None:
    """Return what the last line of a text ends with and can be read as the type, in brackets where it has parts."""
    if target.type not in _SAID or retracts(text):
        return None
    ends = endings(text.rpartition("\n")[2])
    listed = target.type in _LISTED
    return next((end for end in ends if (not listed or end[:1] in ("[", "(", "{")) and _readable(target, end)), None)


def _longest_stated(target: Target, text: str) -> str | None:
    """Return the longest start of an announced text, up to the end of a clause, that can be read as the type."""
    if _readable(target, text):
        return text
    ends = [match.start() for match, _ in zip(_CLAUSE.finditer(text), range(_CLAUSES), strict=False)]
    for end in reversed(ends):
        if _readable(target, text[:end]):
            if is_hedge(text[end : end + 40]):
                raise Malformed("a hedge is no answer", text[:100])
            return text[:end]
    return None


def _readable(target: Target, text: str) -> bool:
    bare = _bare(undressed(text))
    if not bare or (target.type == "word" and is_hedge(bare)):
        return False
    try:
        return target.comparer(bare, bare, target.declared)
    except Malformed:
        return False


def as_text(gold: Json) -> str:
    """Return a gold answer as text: text as it is, a list of plain values as its parts, any other value as JSON."""
    if isinstance(gold, list) and gold and not any(isinstance(part, list | dict) for part in gold):
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
        raise _data_error(gold, error.reason) from error


def read_gold(gold: str) -> Answer:
    """Read a gold answer; one that is neither mathematics nor words is compared by its text.

    Raises:
        FamilyError: when it is empty or over a limit.
    """
    text = gold_text(gold)
    try:
        return parse_answer(text, gold=True)
    except Malformed as error:
        if len(text) > MAX_CHARS or not normal_text(text):
            raise _data_error(gold, error.reason) from error
        return Answer(text, None, None)


def _data_error(gold: Json, reason: str) -> FamilyError:
    return FamilyError(f"gold answer {str(gold)[:80]!r} cannot be read ({reason}): mend or drop it")


def target_of(gold: Json, type_: AnswerType | None, declared: Declared) -> Target:
    """Return a gold as a target; short ones are read once."""
    if isinstance(gold, str):
        return (_kept_target if len(gold) <= MAX_ANSWER_CHARS else _target)(gold, "", type_, declared)
    if gold is None:
        raise _data_error("null", "no answer")
    try:
        text = json.dumps(gold, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _data_error(gold, str(error)) from error
    return (_kept_target if len(text) <= MAX_ANSWER_CHARS else _target)("", text, type_, declared)


def _target(gold: str, stored: str, type_: AnswerType | None, declared: Declared) -> Target:
    """Read a gold text, or (gold "") a gold stored as JSON text; a list of one is that one.

    Raises:
        FamilyError: when it cannot be read, or is not of the type.
    """
    value: Json = json.loads(stored) if stored else gold
    while isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list | dict):
        value = value[0]
    if value is None:
        raise _data_error("null", "no answer")
    text = gold_text(as_text(value)).strip()
    if type_ is not None and type_ not in COMPARERS:
        raise FamilyError(f"unknown answer type {type_!r}: choose one of {', '.join(COMPARERS)}")
    if declared == NOTHING and type_ in _EXACT and not isinstance(value, bool) and _INTEGER.fullmatch(text):
        name: AnswerType | None = "integer" if type_ is None and isinstance(value, int) else type_
        comparer = COMPARERS[name or "expression"]
        return Target(text, name, comparer, declared, stated=type_ is not None, integer=int(text))
    special = type_ or special_type(value if not isinstance(value, str) else text, declared)
    if special is not None and special not in _BY_FORM:
        fault = _self_fault(special, text, declared)
        if not fault:
            return _special_target(text, special, declared, stated=type_ is not None)
        if type_ is not None or not isinstance(value, str):
            raise _data_error(value, f"{_not_of(special)}: {fault}")
        special = None
    answer = read_gold(text)
    if special is not None and special != "expression" and not fits(answer, special):
        raise _data_error(value, _not_of(special))
    plain = answer.node is not None and not declared.loose and declared.order is None and declared.symmetry == "none"
    plain = plain and not answer.percent and not answer.unit and answer.words is None and special != "percent"
    node = answer.node.args[0] if answer.node is not None and answer.node.op == "neg" else answer.node
    is_integer = plain and node is not None and node.op == "num" and answer_type(answer) == "integer"
    listed = _SPACED.fullmatch(text) if plain and special is None else None
    return Target(
        text,
        special,
        COMPARERS[special or "expression"],
        declared,
        textual=answer.node is None,
        stated=type_ is not None,
        integer=int(answer.text) if is_integer and _INTEGER.fullmatch(answer.text) else None,
        integers=list(map(int, listed[2].split(","))) if listed is not None else None,
        brackets=listed[1] + listed[3] if listed is not None else "",
    )


_kept_target = lru_cache(maxsize=KEPT_GOLDS)(_target)


def _special_target(text: str, type_: AnswerType, declared: Declared, *, stated: bool) -> Target:
    """Return the target of a gold whose type reads its own text."""
    free = declared.order is None and declared.symmetry == "none" and not declared.loose
    listed = _INTEGERS.fullmatch(text) if type_ in ("sequence", "tuple") and free else None
    known = listed is not None and listed[1] + listed[3] in _BRACKETS
    return Target(
        text,
        type_,
        COMPARERS[type_],
        declared,
        stated=stated,
        integers=list(map(int, listed[2].split(","))) if listed is not None and known else None,
    )


def _self_fault(type_: AnswerType, text: str, declared: Declared) -> str:
    """Return why a gold is no answer of its type, "" where it equals itself."""
    try:
        return "" if COMPARERS[type_](text, text, declared) else "not equal to itself"
    except Malformed as error:
        return error.reason
