"""The answer inside a reply. Not its comparison (grade), not its meaning (families).

Law: an answer is read from one declared place; a hedge is not an answer; never raises anything but Malformed.
"""

import re

MAX_REPLY_CHARS = 200_000
"""A reply longer than this is MALFORMED: 50k tokens at 4 characters each."""
MAX_ANSWER_CHARS = 10_000


class Malformed(Exception):
    """Raised by extraction and parsing for text that is no answer; the guard around verify turns it into a Verdict."""

    def __init__(self, reason: str, extracted: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.extracted = extracted


_TAG = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL)
_THINK_END = "</think>"


def answer_text(reply: str, answer_format: str) -> str:
    """Return the stripped answer text of a reply.

    answer_format "tag": the last `<answer>...</answer>` span after the thinking, else the last `\\boxed{...}`;
    "hash": what follows the last '#'.

    Raises:
        Malformed: no answer in its place, an empty one, or a limit exceeded.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    if answer_format == "hash":
        _, mark, found = reply.rpartition("#")
        if not mark:
            raise Malformed("no '#' before an answer")
    elif answer_format == "tag":
        found = _tagged(reply)
    else:
        raise ValueError(f"unknown answer_format {answer_format!r}")
    found = found.strip()
    if not found:
        raise Malformed("empty answer")
    if len(found) > MAX_ANSWER_CHARS:
        raise Malformed(f"answer over {MAX_ANSWER_CHARS} characters", found[:100])
    return found


def _tagged(reply: str) -> str:
    if "<think>" in reply and _THINK_END not in reply:
        raise Malformed("thinking never ends")
    after = reply.rpartition(_THINK_END)[2]
    spans = _TAG.findall(after)
    if spans:
        return str(spans[-1])
    boxed = _last_boxed(after)
    if boxed is None:
        raise Malformed("no <answer> span or box")
    return boxed


def _last_boxed(text: str) -> str | None:
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    begin = start + len("\\boxed{")
    depth = 1
    for position in range(begin, min(len(text), begin + MAX_ANSWER_CHARS)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return text[begin:position]
    return None


def place(answer: str, answer_format: str) -> str:
    """Return a reply that is nothing but `answer` in its declared place."""
    return f"#{answer}" if answer_format == "hash" else f"<answer>{answer}</answer>"
