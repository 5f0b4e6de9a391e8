"""The answer inside a reply. Not its comparison (grade), not its meaning (families).

Law: an answer is read from one declared place; a hedge is not an answer; never raises anything but Malformed.
"""

import re

from generators.answers.reading.boxes import MAX_ANSWER_CHARS, declared_place, lone_place, rival, unboxed
from generators.answers.reading.thinking import after_thinking, said_aloud, spoken
from generators.malformed import Malformed

__all__ = ["MAX_ANSWER_CHARS", "MAX_REPLY_CHARS", "answer_text", "place", "said_aloud", "spoken", "undressed"]

MAX_REPLY_CHARS = 200_000
"""A reply longer than this is MALFORMED: 50k tokens at 4 characters each."""
AFTER = "after "
"""How the format of an answer behind a cue begins; the cue, as its question writes it, follows (asked)."""
WITHIN = "within "
"""How the format of an answer in a tag of its question's own begins; the tag's name follows."""
MAX_LAYERS = 6
"""Wrappings taken off one answer: "**$\\boxed{7}$**." has four."""


def answer_text(reply: str, answer_format: str) -> str:
    """Return the stripped answer text of a reply.

    answer_format "tag": the last `<answer>...</answer>` spans after the thinking, else the last boxes, undressed, where
    nothing round them denies, doubts or takes back (boxes); "hash": what follows the last '#', as it stands.

    Raises:
        Malformed: no answer in its place, an empty one, or a limit exceeded.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    if answer_format == "hash":
        _, mark, found = after_thinking(reply).rpartition("#")
        if not mark:
            raise Malformed("no '#' before an answer")
    elif answer_format == "tag":
        found = _tagged(reply)
    else:
        raise ValueError(f"unknown answer_format {answer_format!r}")
    found = found.strip()
    if len(found) > MAX_ANSWER_CHARS:
        raise Malformed(f"answer over {MAX_ANSWER_CHARS} characters", found[:100])
    found = undressed(found) if answer_format == "tag" else found
    if not found:
        raise Malformed("empty answer")
    return found


def undressed(text: str) -> str:
    """Return an answer without what chat models put round the whole of one and that says nothing, stripped.

    Taken off, from outside in: a full stop, bold, a code span or fence, the delimiters of a formula, one box. A mark
    round a part of the text stays, so that two answers stay two and a doubt stays a doubt.
    """
    text = text.strip()
    for _ in range(MAX_LAYERS):
        inner = _unwrapped(text).strip()
        if inner == text:
            break
        text = inner
    return text


_WRAPPINGS = (("```", "```"), ("`", "`"), ("**", "**"), ("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_LANGUAGE = re.compile(r"\A[a-z]*\n")


def _unwrapped(text: str) -> str:
    """Return a text without its outermost wrapping; as it is when nothing wraps all of it."""
    if text.endswith(".") and not text.endswith(("..", "\\right.")):
        return text[:-1]
    for opened, closed in _WRAPPINGS:
        inner = text[len(opened) : -len(closed)]
        whole = text.startswith(opened) and text.endswith(closed) and len(text) > len(opened + closed)
        if whole and opened not in inner and closed not in inner:
            return _LANGUAGE.sub("", inner) if opened == "```" else inner
    return unboxed(text)


def _tagged(reply: str) -> str:
    if (lone := lone_place(reply)) is not None:
        return lone
    found = declared_place(said_aloud(reply))
    if found is None:
        raise Malformed("no <answer> span or box")
    if found.several == "or" or rival(found.behind) is not None:
        raise Malformed("a hedge is no answer", found.text[:100])
    return found.text


def place(answer: str, answer_format: str) -> str:
    """Return a reply that is nothing but `answer` in its declared place ("after CUE": behind that cue)."""
    if answer_format.startswith(WITHIN):
        name = answer_format.removeprefix(WITHIN)
        return f"<{name}>{answer}</{name}>"
    if answer_format.startswith(AFTER):
        return f"{answer_format.removeprefix(AFTER)} {answer}"
    return f"#{answer}" if answer_format == "hash" else f"<answer>{answer}</answer>"
