"""A gold answer that was read: its text, its type, and what compares it. Not the reading of replies (replies).

Law: short golds are read once and kept; a gold that cannot be read, or is not of its type, is a data error.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache

from generators.answers.comparers import COMPARERS, AnswerType, Comparer, answer_type, fits, special_type
from generators.answers.declared import NOTHING, Declared
from generators.answers.honoured import checked
from generators.answers.language.tokens import MAX_CHARS
from generators.answers.maths.typed import Answer, normal_text, parse_answer
from generators.answers.reading.extract import MAX_ANSWER_CHARS
from generators.answers.reading.places import boxed
from generators.malformed import Malformed
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from pipeline.problem import Json

KEPT_GOLDS = 4096
"""Golds that are read once and kept, each up to MAX_ANSWER_CHARS long."""
BY_FORM = frozenset(("integer", "rational", "decimal", "percent", "interval", "polynomial", "relation", "expression"))
_EXACT = (None, "integer", "rational", "decimal", "expression")
INTEGER = re.compile(r"-?[0-9]{1,100}")
INTEGERS = re.compile(r"([\[(]?)(-?[0-9]{1,100}(?:, ?-?[0-9]{1,100})+)([\])]?)")
SPACED = re.compile(r"(\[?)(-?[0-9]{1,100}(?:, -?[0-9]{1,100}){1,99})(\]?)")
MAX_OPTION = 30
"""Characters that a gold which is one option may have, with what is put round its letter."""
_OPTION = re.compile(r"[\s$({]*(?:\\text(?:bf)?\s*\{)?[(\s]*[A-J][)\s]*\}?[\s$)}.]*")
BRACKETS = frozenset(("", "[]", "()"))


@dataclass(frozen=True, slots=True)
class Target:
    """A gold answer that was read: its text, what compares it, and its value where that is plain integers.

    type: the declared type, or the one that its JSON type or text imposes; None where its form decides. textual: it is
    no mathematics but words. lettered: it is one capital letter, the option of a choice.
    """

    text: str
    type: AnswerType | None
    comparer: Comparer
    declared: Declared
    textual: bool = False
    lettered: bool = False
    stated: bool = False
    integer: int | None = None
    integers: list[int] | None = None
    brackets: str = ""


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
        return gold.rpartition("####")[2].strip() if "####" in gold else boxed(gold) or gold
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


def not_of(type_: AnswerType) -> str:
    """Return the words for an answer that is not of the type that was asked for."""
    return f"not of type {type_}"


def _data_error(gold: Json, reason: str) -> FamilyError:
    return FamilyError(f"gold answer {str(gold)[:80]!r} cannot be read ({reason}): mend or drop it")


def target_of(gold: Json, type_: AnswerType | None, declared: Declared) -> Target:
    """Return a gold as a target; short ones are read once."""
    if isinstance(gold, str):
        return checked((_kept_target if len(gold) <= MAX_ANSWER_CHARS else _target)(gold, "", type_, declared))
    if gold is None:
        raise _data_error("null", "no answer")
    try:
        text = json.dumps(gold, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _data_error(gold, str(error)) from error
    return checked((_kept_target if len(text) <= MAX_ANSWER_CHARS else _target)("", text, type_, declared))


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
    if declared == NOTHING and type_ in _EXACT and not isinstance(value, bool) and INTEGER.fullmatch(text):
        name: AnswerType | None = "integer" if type_ is None and isinstance(value, int) else type_
        comparer = COMPARERS[name or "expression"]
        return Target(text, name, comparer, declared, stated=type_ is not None, integer=int(text))
    special = type_ or special_type(value if not isinstance(value, str) else text, declared)
    if special is not None and special not in BY_FORM:
        fault = _self_fault(special, text, declared)
        if not fault:
            return _special_target(text, special, declared, stated=type_ is not None)
        if type_ is not None or not isinstance(value, str):
            raise _data_error(value, f"{not_of(special)}: {fault}")
        special = None
    answer = read_gold(text)
    if special is not None and special != "expression" and not fits(answer, special):
        raise _data_error(value, not_of(special))
    plain = answer.node is not None and not declared.loose and declared.order is None and declared.symmetry == "none"
    plain = plain and not answer.percent and not answer.unit and answer.words is None and special != "percent"
    node = answer.node.args[0] if answer.node is not None and answer.node.op == "neg" else answer.node
    is_integer = plain and node is not None and node.op == "num" and answer_type(answer) == "integer"
    listed = SPACED.fullmatch(text) if plain and special is None else None
    return Target(
        text,
        special,
        COMPARERS[special or "expression"],
        declared,
        textual=answer.node is None,
        lettered=special is None and len(text) <= MAX_OPTION and _OPTION.fullmatch(text) is not None,
        stated=type_ is not None,
        integer=int(answer.text) if is_integer and INTEGER.fullmatch(answer.text) else None,
        integers=list(map(int, listed[2].split(","))) if listed is not None else None,
        brackets=listed[1] + listed[3] if listed is not None else "",
    )


_kept_target = lru_cache(maxsize=KEPT_GOLDS)(_target)


def _special_target(text: str, type_: AnswerType, declared: Declared, *, stated: bool) -> Target:
    """Return the target of a gold whose type reads its own text."""
    free = declared.order is None and declared.symmetry == "none" and not declared.loose
    listed = INTEGERS.fullmatch(text) if type_ in ("sequence", "tuple") and free else None
    known = listed is not None and listed[1] + listed[3] in BRACKETS
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
