"""Where a reply states its answer: in its last spans or boxes, else where its text does. Not what it means (answers).

Law: one place is chosen without knowing the gold answer; several candidates in it are a hedge, and no answer; a
sentence in a span or box is read as any text is (stated). An answer given again counts at its last place.
"""

import re

from generators.answers.language.writing import TEXT, plain_characters
from generators.answers.maths.typed import PROSE, is_answer, worded
from generators.answers.reading.boxes import MAX_ANSWER_CHARS, Placed, last_place, rival
from generators.answers.reading.extract import MAX_REPLY_CHARS
from generators.answers.reading.several import same_value
from generators.answers.reading.stated import stated_values
from generators.answers.reading.thinking import MAX_TAIL, said_aloud
from generators.answers.wording.denials import HEDGE
from generators.answers.wording.prose import after_cue, without_closing
from generators.malformed import Malformed

_FINAL = re.compile(r"inal [aA]nswer")
_ANOTHER = re.compile(
    r"\b(?:[Tt]he|[Mm]y|[Oo]ur) (?:correct |right |actual |true |real )?(?:answer|result) (?:is|should be|becomes)\b"
)
"""What announces an answer behind another."""


def final_answer(reply: str) -> str:
    """Return the one text in a free reply that states its answer in mathematics.

    Raises:
        Malformed: when there is none, or a hedge, or one denied or taken back.
    """
    found = final_answers(reply)[0]
    if " or " in found and not is_answer(found):
        raise Malformed(HEDGE, found[:100])
    return found


def final_answers(reply: str) -> tuple[str, ...]:
    """Return the readings of the one statement of a free reply that answers in mathematics, the likeliest first.

    Raises:
        Malformed: when there is none, or a hedge, or one denied or taken back.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    after = without_closing(said_aloud(reply))
    found = placed(after)
    return found if found is not None else stated_values(after)


def placed(text: str) -> tuple[str, ...] | None:
    """Return the readings of what stands in the last spans or boxes of a text; None without any.

    Raises:
        Malformed: for a place that is empty, never closed, a hedge, denied, taken back, or asked.
    """
    found = last_place(text)
    if found is None:
        return None
    if found.behind and (restated := _restated(found.behind[-MAX_TAIL:])) is not None:
        if _FINAL.search(found.behind) is None and not same_value(found.text, restated):
            raise Malformed(HEDGE, found.text[:100])
        return (restated,)
    content = _one_of(_checked(found))
    return stated_values(TEXT.sub(r"\1", content).strip()) if _is_sentence(content) else (content,)


def given(text: str) -> str | None:
    """Return what stands in the last spans or boxes of a text, as it stands; None without any.

    Raises:
        Malformed: for a place that is empty, never closed, a hedge, denied, taken back, or asked.
    """
    found = last_place(text)
    if found is None:
        return None
    found = _checked(found)
    if found.several == "or":
        raise Malformed(HEDGE, found.text[:100])
    if (other := rival(found.behind)) is not None and other[: len(found.text)] != found.text:
        raise Malformed(HEDGE, found.text[:100])
    return TEXT.sub(r" \1 ", found.text).strip()


def boxed(text: str) -> str | None:
    """Return what stands in the last spans or boxes of a text that is no reply but a gold; None without any.

    Raises:
        Malformed: for a place that is empty or never closed.
    """
    found = last_place(text)
    inner = last_place(found.text) if found is not None and "\\boxed" in found.text else None
    return (inner or found).text if found is not None else None  # type: ignore[union-attr]


def _checked(found: Placed) -> Placed:
    """Return a place without a fault; of a span with boxes in it, these.

    Raises:
        Malformed: for a place with a fault.
    """
    if found.fault:
        raise Malformed(found.fault, found.text[:100])
    inner = last_place(found.text) if "\\boxed" in found.text else None
    if inner is not None and inner.fault:
        raise Malformed(inner.fault, inner.text[:100])
    return inner._replace(behind=inner.behind or found.behind) if inner is not None else found


def _one_of(found: Placed) -> str:
    """Return the content of a place: of candidates that are one value in two spellings, the first.

    Raises:
        Malformed: for a candidate beside the place that is another value.
    """
    other = rival(found.behind) if found.behind else None
    if other is not None and not same_value(found.text, other):
        raise Malformed(HEDGE, found.text[:100])
    if found.several == "or" and all(same_value(found.parts[0], part) for part in found.parts[1:]):
        return found.parts[0]
    return found.text


def _is_sentence(text: str) -> bool:
    """Say whether what stands in an answer's place is a sentence with an answer in it."""
    if len(text) > MAX_ANSWER_CHARS:
        return False
    return " " in text and PROSE.search(text) is not None and not is_answer(text) and worded(text) is None


def _restated(tail: str) -> str | None:
    """Return the answer that is announced after the last box: called final, it counts; else it may say no other."""
    if _FINAL.search(tail) is None and _ANOTHER.search(tail) is None:
        return None
    found = (after_cue(tail) or "").split("\n")[0].rstrip(".")
    return found if found and is_answer(found) else None


def announced(reply: str) -> str | None:
    """Return all the text after the last cue ("the answer is", "####") without closing phrases; None without a cue.

    Only the last MAX_ANSWER_CHARS characters are searched.

    Raises:
        Malformed: when the thinking never ends.
    """
    text = plain_characters(without_closing(said_aloud(reply))[-MAX_ANSWER_CHARS:])
    return after_cue(text[-MAX_ANSWER_CHARS:])
