"""The answer inside a reply. Not its comparison (grade), not its meaning (families).

Law: an answer is read from one declared place; a hedge is not an answer; never raises anything but Malformed.
"""

import re

from generators.malformed import Malformed

MAX_REPLY_CHARS = 200_000
"""A reply longer than this is MALFORMED: 50k tokens at 4 characters each."""
MAX_ANSWER_CHARS = 10_000
MAX_TAIL = 1200
"""Characters at the end of a reply that are read for control tokens, retractions, cues, formulas and numbers."""
MAX_BOXES = 64
"""The last so many boxes of a reply are read."""
MAX_BRACES = 1000
"""Braces inside one another that a box may hold."""
AFTER = "after "
"""How the format of an answer behind a cue begins; the cue, as its question writes it, follows (asked)."""
WITHIN = "within "
"""How the format of an answer in a tag of its question's own begins; the tag's name follows."""
MAX_LAYERS = 6
"""Wrappings taken off one answer: "**$\\boxed{7}$**." has four."""


_OPEN_TAG, _CLOSE_TAG = "<answer>", "</answer>"
_THINK_END = "</think>"


def answer_text(reply: str, answer_format: str) -> str:
    """Return the stripped answer text of a reply.

    answer_format "tag": the last `<answer>...</answer>` span after the thinking, else the last `\\boxed{...}` or run of
    boxes, undressed, unless what follows it takes it back; "hash": what follows the last '#', as it stands.

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
    if text.startswith("\\boxed{") and text.endswith("}") and _box_spans(text) == [(_OPENING, len(text) - 1)]:
        return text[_OPENING:-1]
    return text


def _tagged(reply: str) -> str:
    after = _after_thinking(reply)
    found = _span(after) or _last_boxes(after)
    if found is None:
        raise Malformed("no <answer> span or box")
    return _kept(after, *found)


def _kept(text: str, answer: str, end: int) -> str:
    """Return an answer that what stands behind its place does not take back.

    Raises:
        Malformed: for one that is.
    """
    if retracts(text[end:]):
        raise Malformed("the answer is taken back", answer[:100])
    return answer


def spoken(reply: str) -> str:
    """Return a reply without its thinking and without the control tokens of chat templates.

    Raises:
        Malformed: when the thinking never ends.
    """
    after = _after_thinking(reply)
    if "<|" in after[-MAX_TAIL:] or after[-20:].rstrip()[-1:] == ">":
        after = after[:-MAX_TAIL] + _CONTROL.sub("\n", after[-MAX_TAIL:])
    return after.strip()


def retracts(text: str) -> bool:
    """Say whether a text takes back what stands before it, and does not confirm it afterwards."""
    tail = text[-MAX_TAIL:]
    if not any(word in tail for word in _TAKING_BACK):
        return False
    ends = [match.end() for match in _RETRACTION.finditer(tail)]
    return bool(ends) and _CONFIRMATION.search(tail, ends[-1]) is None


def boxes(text: str) -> str | None:
    """Return the last `<answer>` span of a text, else its last box or run of boxes joined by commas, else None.

    A run is boxes with nothing between them but commas, "and" and mathematical brackets; equal boxes are one.

    Raises:
        Malformed: when the last span or box is empty, never closed, joined to another by "or", or taken back.
    """
    span = _span(text)
    if span is None:
        return _boxed(text)
    inner = _kept(text, *span)
    if not inner.strip():
        raise Malformed("empty answer")
    return _boxed(inner) or inner


def _boxed(text: str) -> str | None:
    """Return the last box or run of boxes of a text, None without one; all must be closed."""
    if "box" not in text:
        return None
    if "fbox" in text or "framebox" in text or "beginboxed" in text:
        text = _OTHER_BOXES.sub(r"\\boxed", text)
    if text.count("\\boxed") > MAX_BOXES:
        text = "\\boxed" + "\\boxed".join(text.rsplit("\\boxed", MAX_BOXES)[1:])
    if "\\boxed" not in text:
        return None
    run = _run(text, _box_spans(text))
    if not run or not all(text[begin:end].strip() for begin, end in run):
        raise Malformed("empty or unclosed box")
    contents = [text[begin:end] for begin, end in run]
    return _kept(text, contents[0] if len(set(contents)) == 1 else ", ".join(contents), run[-1][1])


_CONTROL = re.compile(r"<\|[A-Za-z_]{1,30}\|>(?:user|assistant|system)?|</s>$|<eos>$|<end_of_turn>$")
_BETWEEN = re.compile(r"(?:[\s,;$]|\band\b|\\[()\[\],; ]|\\quad|\\text\{\s*and\s*\})*")
_JOINED = re.compile(
    r"(?:[\s,;.$*`\\()\[\]]|\b(?:hmm+|well|wait|even|also)\b)*(?:\b(?:or|maybe|perhaps|possibly)\b"
    r"(?:[\s,;.$*`\\()\[\]]|\b(?:even|also|is it)\b)*)+",
    re.IGNORECASE,
)
"""What says that the answer before it and the one after it are candidates."""
_BOX = re.compile(r"\\boxed\s*(\{|[0-9A-Za-z])")
_OTHER_BOXES = re.compile(r"\\(?:beginboxed|fboxed|f(?:rame)?box)(?=\s*\{)")
_TAKING_BACK = ("wrong", "correct", "right", "mistake", "error", "cratch", "ait", "gnore", "ctually")
_RETRACTION = re.compile(
    r"\b(?:(?:that|this|it|which)(?:'s| is| was) (?:wrong|incorrect|not (?:right|correct))"
    r"|actually,? (?:it|that|the (?:final )?answer)(?:'s| is| was| should)"
    r"|(?:that|this) (?:can't|cannot) be (?:right|correct)|i (?:was wrong|made an? (?:mistake|error))|scratch that"
    r"|wait,? no\b|ignore (?:that|the above))",
    re.IGNORECASE,
)
_CONFIRMATION = re.compile(r"\b(?:is|was|are)(?: indeed)? (?:right|correct)\b|\bconfirm", re.IGNORECASE)
_OPENING = len("\\boxed{")


def _after_thinking(reply: str) -> str:
    if "<" not in reply:
        return reply
    after = reply.rpartition(_THINK_END)[2]
    if "<think>" in after:
        raise Malformed("thinking never ends")
    return after


def _span(text: str) -> tuple[str, int] | None:
    """Return the last `<answer>` span and its end, None without one; one opened after it takes it back.

    Raises:
        Malformed: for such a span, or two last spans joined by "or".
    """
    begin = text.rfind(_OPEN_TAG) if "<" in text else -1
    if begin < 0:
        return None
    end = text.find(_CLOSE_TAG, begin)
    if end < 0:
        raise Malformed("<answer> never ends")
    before = text.rfind(_CLOSE_TAG, 0, begin)
    if before >= 0 and _is_or(text[before + len(_CLOSE_TAG) : begin]):
        raise Malformed("a hedge is no answer")
    return text[begin + len(_OPEN_TAG) : end], end


def _last_boxes(text: str) -> tuple[str, int] | None:
    """Return the last box, or the run of boxes that it ends, joined by commas, and its end; equal boxes count once.

    Raises:
        Malformed: for two last boxes joined by "or".
    """
    start = text.rfind("\\boxed")
    last = _box_spans(text[start:]) if start >= 0 else []
    if not last:
        return None
    begin, end = start + last[-1][0], start + last[-1][1]
    spans = _box_spans(text)
    if not spans or spans[-1] != (begin, end):
        return text[begin:end], end
    return ", ".join(dict.fromkeys(text[begin:end].strip() for begin, end in _run(text, spans))), end


def _is_or(between: str) -> bool:
    """Say whether two answers are joined by "or", "maybe" and the like, and nothing else but marks."""
    return len(between) <= 60 and _JOINED.fullmatch(between) is not None


def _run(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the last of some boxes with those before it that nothing but commas and brackets sets apart.

    Raises:
        Malformed: for two boxes joined by "or" at the start of the run.
    """
    run = spans[-1:]
    for begin, end in reversed(spans[:-1]):
        between = text[end + 1 : run[0][0] - _OPENING]
        if _is_or(between):
            raise Malformed("a hedge is no answer")
        if not _BETWEEN.fullmatch(between):
            break
        run.insert(0, (begin, end))
    return run


def _box_spans(text: str) -> list[tuple[int, int]]:
    """Return (begin, end) of the content of every outermost box; an unclosed last box gives none at all."""
    spans: list[tuple[int, int]] = []
    position = 0
    while (match := _BOX.search(text, position)) is not None:
        if match[1] != "{":
            spans.append((match.start(1), match.end(1)))
        else:
            end = _closing(text, match.end())
            if end is None:
                return []
            spans.append((match.end(), end))
        position = spans[-1][1]
    return spans


def _closing(text: str, begin: int) -> int | None:
    """Return where the brace opened just before `begin` closes, None beyond MAX_BRACES; escaped braces do not count."""
    depth = 1
    for match in _BRACE.finditer(text, begin, begin + MAX_ANSWER_CHARS):
        mark = match[0]
        if mark == "}":
            depth -= 1
            if depth == 0:
                return match.start()
        elif mark == "{":
            depth += 1
            if depth > MAX_BRACES:
                return None
    return None


_BRACE = re.compile(r"(?:\\\\)+|\\.|[{}]")


def place(answer: str, answer_format: str) -> str:
    """Return a reply that is nothing but `answer` in its declared place ("after CUE": behind that cue)."""
    if answer_format.startswith(WITHIN):
        name = answer_format.removeprefix(WITHIN)
        return f"<{name}>{answer}</{name}>"
    if answer_format.startswith(AFTER):
        return f"{answer_format.removeprefix(AFTER)} {answer}"
    return f"#{answer}" if answer_format == "hash" else f"<answer>{answer}</answer>"
