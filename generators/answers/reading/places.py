"""The place of a free reply that states its answer. Not what the text in it means (answers).

Law: one place is chosen without knowing the gold answer; several candidates in it are a hedge, and no answer.

The place, first of: the last `<answer>` span, else the last box or run of boxes, after the thinking; the whole reply,
if it is an answer; what follows the last cue ("the answer is"); the last formula; the last number of the last line.
A sentence in a span or box is read in turn by this rule. An answer given again counts at its last place. Candidates
joined by "or", or called uncertain, are a hedge: MALFORMED. So is a place that is taken back ("wait, that is wrong")
without another after it.
"""

import re
from collections import deque

from generators.answers.language.exact import exact
from generators.answers.language.prose import (
    MAX_SAID,
    after_cue,
    denies_next,
    from_last_statement,
    is_condition,
    is_disowned,
    is_hedge,
    is_questioned,
    is_refused,
    is_revised,
    is_setting,
    said_last,
    stated_first,
    trailing_answer,
    without_asides,
    without_closing,
    without_explanation,
    without_opening,
    without_others,
    without_remark,
)
from generators.answers.language.tokens import MAX_CHARS
from generators.answers.language.writing import TEXT, plain_characters
from generators.answers.maths.typed import LONG_WORD, PROSE, RELATION, is_answer, is_readable, parse_answer, worded
from generators.answers.reading.extract import (
    MAX_ANSWER_CHARS,
    MAX_REPLY_CHARS,
    MAX_TAIL,
    boxes,
    retracts,
    spoken,
    undressed,
)
from generators.answers.reading.stated_numbers import is_known, is_measured, last_number, with_prices
from generators.malformed import Malformed

_MATH = re.compile(
    r"\$\$((?:[^$\\]|\\.)+)\$\$|(?<!\\)\$((?:[^$\\]|\\.)+)\$|\\\(((?:[^\\]|\\[^()])+)\\\)|\\\[((?:[^\\]|\\[^\[\]])+)\\\]",
    re.DOTALL,
)
_KEYED = re.compile(
    r'[{,]\s*"(?:final[_ ])?answer"\s*:\s*(?:"((?:[^"\\\n]|\\.){1,300})"|([^"{}\[\],\n]{1,200}))\s*(?=[,}])'
)
"""The answer's place in a whole reply that is a JSON object."""
_SCRIPT = re.compile("[\u0370-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_QUOTED = re.compile(r"\A([\"'])([^\"']*)\1\.?\Z")
_ENDING = re.compile(
    r"\b((?:[Ss]o|[Tt]hus|[Hh]ence|[Tt]herefore),? )\(?[A-J]\)?[.!]?$|[(\[][-+\d. /]+(?:,[-+\d. /]+)+[)\]][.!]?$"
)
"""What a line may end with that is one answer: a letter behind "so", a tuple of numbers."""
_NEGATED = re.compile("不|非|没|[小大多少]于|至[多少]|超过|ない|ません|아니|않|ليس|больше|меньше|\\bне\\b")
_DISPLAY = re.compile(
    r"\\begin\{(?:align|aligned|gather|gathered|split|eqnarray)\*?\}((?:(?!\\begin).)*)"
    r"\\end\{(?:align|aligned|gather|gathered|split|eqnarray)\*?\}[$\]\\. \n]*$",
    re.DOTALL,
)


_CLOSED = len("\\boxed{}$.")
"""Characters of a box and its formula beside its content: where there are no more, nothing is said behind it."""


def final_answer(reply: str) -> str:
    """Return the one text in a free reply that states its answer, by the rule at the head of this module.

    Raises:
        Malformed: when there is none, or a hedge, or one taken back.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    after = without_closing(spoken(reply))
    found = placed(after)
    return found if found is not None else _unplaced(after)


def placed(text: str) -> str | None:
    """Return what stands in the last span or box of a text, read as a sentence where it is one; None without any.

    Raises:
        Malformed: for a place that is empty, never closed, a hedge, denied, taken back, or asked.
    """
    found = boxes(text)
    if found is None:
        return None
    begin = max(text.rfind("\\boxed"), text.rfind("</answer>"))
    behind = ""
    if len(text) > begin + len(found) + _CLOSED:
        tail = text[begin:][-MAX_TAIL:]
        behind = tail.partition(found)[2]
        if (restated := _restated(tail)) is not None:
            return restated
    if is_refused(text[max(0, begin - 40) : begin], behind) or ("?" in behind and is_questioned(behind)):
        raise Malformed("a hedge is no answer", found[:100])
    return _unplaced(TEXT.sub(r"\1", found).strip()) if _is_sentence(found) else found


def _is_sentence(text: str) -> bool:
    """Say whether what stands in an answer's place is a sentence with an answer in it."""
    if len(text) > MAX_ANSWER_CHARS:
        return False
    return " " in text and PROSE.search(text) is not None and not is_answer(text) and worded(text) is None


def _unplaced(after: str) -> str:
    """Return what states the answer of a text without box or span.

    Raises:
        Malformed: when nothing does, or a hedge, or what is taken back.
    """
    if not after:
        raise Malformed("empty answer")
    if after[0] in "{`" and (keyed := _keyed(undressed(after))):
        after = keyed
    bare = without_opening(after)
    if "\n" not in bare and (shorter := without_remark(bare)) != bare and is_answer(shorter):
        return shorter
    if "\n" not in bare and is_answer(bare):
        return bare
    whole, after = after, with_prices(plain_characters(after[-MAX_TAIL:])[-MAX_TAIL:])
    cued = after_cue(after)
    if cued is not None:
        line, _, rest = cued.partition("\n")
        following = rest.lstrip().partition("\n")[0][:MAX_SAID]
        if retracts(following) or is_revised(following):
            raise Malformed("the answer is taken back", line[:100])
        return _stated(line, cued=True)
    if "\n" in whole and is_answer(whole):
        return whole
    if retracts(from_last_statement(after)):
        raise Malformed("the answer is taken back", after[-100:])
    return _stated(trailing_answer(after) or _concluded(without_asides(after)), cued=False)


def _concluded(text: str) -> str:
    """Return the last row of a display of several that ends a text; else the text without what explains its end."""
    ending = text[-40:].rstrip("$]\\. \n")
    if ending.endswith("}") and "\\end{" in ending and (display := _DISPLAY.search(text)) is not None:
        return re.split(r"\\\\", display[1].rstrip("\\ \n"))[-1].replace("&", "").strip()
    before, line, last = text.rpartition("\n")
    return before + line + without_explanation(last)


def _keyed(text: str) -> str | None:
    """Return the one answer that a JSON object names, None where it is none or names several."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    found = _KEYED.findall(text[-MAX_TAIL:])
    return (found[0][0] or found[0][1]).replace("\\\\", "\\").strip() if len(found) == 1 else None


def _restated(tail: str) -> str | None:
    """Return the answer that a "final answer" after the last box announces: the later place counts."""
    if "inal answer" not in tail and "inal Answer" not in tail:
        return None
    found = (after_cue(tail) or "").split("\n")[0].rstrip(".")
    return found if found and is_answer(found) else None


def announced(reply: str) -> str | None:
    """Return all the text after the last cue ("the answer is", "####") without closing phrases; None without a cue.

    Only the last MAX_ANSWER_CHARS characters are searched.

    Raises:
        Malformed: when the thinking never ends.
    """
    text = plain_characters(without_closing(spoken(reply))[-MAX_ANSWER_CHARS:])
    return after_cue(text[-MAX_ANSWER_CHARS:])


def _stated(text: str, *, cued: bool) -> str:
    """Return the answer within what a cue announced, or within a whole reply."""
    text = without_opening(_QUOTED.sub(r"\2", text.strip()[-MAX_CHARS:]))
    bare = text.rstrip(".")
    line = text.rpartition("\n")[2]
    if is_answer(bare) or (bare.startswith("\\text") and is_readable(bare)):
        return bare
    if cued and (retracts(text) or is_revised(text)):
        raise Malformed("the answer is taken back", text[:100])
    kept = without_others(line)
    if kept != line and is_answer(kept) and not is_hedge(line[len(kept) :], but_or=True):
        return kept
    first = stated_first(text) if cued else None
    if first is not None and (is_answer(first) or worded(first) is not None):
        return first
    if agreed := _agreed(bare if cued else said_last(bare) or ""):
        return agreed
    if is_hedge(text if cued else from_last_statement(text)):
        raise Malformed("a hedge is no answer", text[:100])
    formula, behind = _last_formula(text)
    if formula is None and (ending := _ENDING.search(line)) is not None and not denies_next(line[: ending.start()]):
        return ending[0].strip(" .!").rpartition(" ")[2] if ending[1] else ending[0].strip(" .")
    stated = _sentence(bare) if not cued and formula is None else None
    if stated is not None:
        return stated
    number = last_number(behind)
    if number is not None and not (formula is not None and is_known(behind[: behind.find(number)].rstrip())):
        return number
    if formula is not None and is_disowned(text[: formula.start()], text[formula.end() :]):
        raise Malformed("no answer found", text[:100])
    said = said_last(bare)
    if said is not None and is_answer(said):
        return said
    if formula is None and (alone := _amid_letters(bare)):
        return alone
    stated = next(filter(None, formula.groups()), "") if formula is not None else bare
    if worded(stated) is None and (formula is None or not is_answer(stated)):
        raise Malformed("no answer found", text[:100])
    return stated


def _agreed(text: str) -> str | None:
    """Return the first of two values that "or" joins where they are one value in two spellings: "5/2, or 2.5"."""
    first, joined, second = text.partition(" or ")
    if not joined or len(text) > MAX_SAID or not (is_answer(first.rstrip(", ")) and is_answer(second)):
        return None
    answers = [parse_answer(part) for part in (first.rstrip(", "), second)]
    values = [exact(answer.node) if answer.node is not None else None for answer in answers]
    same = values[0] is not None and values[0] == values[1] and not any(answer.percent for answer in answers)
    return first.rstrip(", ") if same and answers[0].unit == answers[1].unit else None


def _amid_letters(text: str) -> str | None:
    """Return the one piece of mathematics among the words of a script other than Latin, None where it is not one."""
    line = text.rpartition("\n")[2]
    if line.isascii() or _SCRIPT.search(line) is None or _NEGATED.search(line):
        return None
    found = [piece.strip(" .,:;") for piece in _SCRIPT.split(line)]
    found = [piece for piece in found if "\\" in piece or any(map(str.isdigit, piece))]
    return found[0] if len(found) == 1 and is_answer(found[0]) else None


def _last_formula(text: str) -> tuple[re.Match[str] | None, str]:
    """Return the last formula of a text and what is behind it, of a text without one its last line.

    A formula that is merely the variable, the case or the rounding of the one before it is none.
    """
    before, last = [None, None, *deque(_MATH.finditer(text), maxlen=2)][-2:]
    if last is None:
        return None, text.rpartition("\n")[2]
    inner = next(filter(None, last.groups())).strip(" .,")
    if before is not None and is_setting(text[before.end() : last.start()], inner):
        return before, ""
    return last, text[last.end() :]


def _sentence(text: str) -> str | None:
    """Return what a sentence says that something is, where that is more than a number and mathematics as it stands.

    Also the equation that is explained after a comma, or that follows its reason: "x = 5, since x > 0".
    """
    line = without_opening(text.rpartition("\n")[2])
    said = said_last(line)
    if said is not None:
        bold = said.partition("**")[2] if said.partition("**")[0] in ("", "a ", "an ", "the ") else ""
        if bold and worded(bold.strip("*")) is not None:
            return bold.strip("*")
        if "=" in said and said[:1].isdigit() and "\\" not in said and LONG_WORD.search(said):
            return None
        stated = (not said[:1].isalpha() or "=" in said) and not is_measured(said) and is_answer(said)
        return said if stated else None
    part = line.rpartition(", ")[2] if is_condition(line) else stated_first(line) if RELATION.search(line) else None
    return part if part and "=" in part and is_answer(part) else None
