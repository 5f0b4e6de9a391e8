"""What a reply affirms among the few things that it may: which sentence decides. Not what affirms it (letters, truths).

Law: the deciding sentence is the last that announces an answer or is nothing but one, else the last that affirms one;
an explanation behind an answer decides nothing. Two things affirmed in it, a doubt, a question, a denial or a change of
mind behind it, and there is no answer.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from generators.answers.reading.sentences import explains, sentences, without_markup
from generators.answers.wording.denials import HEDGE, RETRACTION, is_hedge
from generators.answers.wording.prose import is_order
from generators.answers.wording.standing import fault_round
from generators.malformed import Malformed

_CHANGE = re.compile(
    r"\W*(?:or|but|however|actually|wait|no|correction|alternatively|maybe|perhaps|possibly|otherwise|hmm+"
    r"|on second)\b",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"(?:[,;:]| -| –| —) (?=(?:so|therefore|thus|hence|but|then|rather|und zwar|donc|also|entonces|quindi)\b)|; "
    r"|, (?=not \w)",
    re.IGNORECASE,
)
"""Where a sentence goes on to what it concludes."""


class Affirmed(NamedTuple):
    """What one sentence affirms, where, and how plainly: 3 alone, 2 announced as the answer, 1 said of it."""

    value: str
    strength: int
    begin: int
    end: int


Find = Callable[[str], list[Affirmed]]


def last_affirmed(text: str, find: Find, kind: str, *, offered: re.Pattern[str] | None = None) -> tuple[str, str]:
    """Return what the deciding sentence of a text affirms, and what stands behind it there.

    offered: what a sentence only repeats of the question, as "(yes or no)"; it is not read.

    Raises:
        Malformed: where none affirms anything, or two things, or what is denied, doubted or taken back.
    """
    parts = [without_markup(part) for part in sentences(text)]
    if offered is not None:
        parts = [offered.sub(" ", part) for part in parts]
    found = [_concluded(part, find) for part in parts]
    place = _deciding(parts, found)
    if place is None:
        raise Malformed(f"not a {kind}", text[:100])
    part, behind = parts[place], parts[place + 1 :]
    chosen = found[place]
    if len({one.value for one in chosen}) > 1 or is_hedge(part, but_or=True) or part.endswith(("?", "？")):
        raise Malformed(HEDGE, part[:100])
    if is_order(part):
        raise Malformed(f"not a {kind}", part[:100])
    first, last = chosen[0], chosen[-1]
    rest = part[last.end :] + "\n" + " ".join(behind)
    if fault := fault_round(part[: first.begin], rest, explained=kind == "boolean"):
        raise Malformed(fault, part[:100])
    if any(
        _CHANGE.match(later) and any(one.value != first.value for one in some)
        for later, some in zip(behind, found[place + 1 :], strict=True)
    ):
        raise Malformed(RETRACTION, text[:100])
    return first.value, part[last.end :]


def _deciding(parts: list[str], found: list[list[Affirmed]]) -> int | None:
    """Return the place of the deciding sentence, None where nothing is affirmed."""
    strong = [k for k, some in enumerate(found) if any(one.strength > 1 for one in some)]
    if strong:
        ends = [k for k in range(strong[0] + 1, len(parts)) if explains(parts[k])]
        return next(k for k in reversed(strong) if not ends or k < ends[0])
    return next((k for k in range(len(found) - 1, -1, -1) if found[k]), None)


def _concluded(part: str, find: Find) -> list[Affirmed]:
    """Return what a sentence affirms; of several things, what its last clause concludes."""
    found = find(part)
    if len({one.value for one in found}) < 2:
        return found
    begin = max((match.end() for match in _CONCLUSION.finditer(part)), default=0)
    last = [one for one in found if one.begin >= begin]
    return last if begin and len({one.value for one in last}) == 1 else found
