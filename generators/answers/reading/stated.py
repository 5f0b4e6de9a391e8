"""What a text without span or box states in mathematics, and whether it stands. Not boxes (boxes), not other types.

The place, first of: the one answer of a JSON object; the whole text, if it is an answer; what follows the last cue
("the answer is"); several values side by side or line by line; the last formula; the last number of the last line.
Law: one place is chosen without knowing the gold answer; several candidates in it are a hedge; what stands round it
must not deny it, doubt it, suppose it or take it back.
"""

import re
from collections import deque
from string import ascii_letters, digits

from generators.answers.language.joiners import with_plain_joins
from generators.answers.language.patterns import mentions
from generators.answers.language.tokens import MAX_CHARS
from generators.answers.language.writing import plain_characters
from generators.answers.maths.number_words import number_in_words
from generators.answers.maths.typed import LONG_WORD, RELATION, is_answer, is_readable, worded
from generators.answers.reading.extract import undressed
from generators.answers.reading.sentences import explains
from generators.answers.reading.several import (
    MATH,
    agreed,
    candidates,
    counted,
    counted_things,
    joined_equations,
    joined_formulas,
    joined_values,
    keyed,
    listed_lines,
)
from generators.answers.reading.stated_numbers import is_known, is_measured, last_number, with_prices
from generators.answers.reading.thinking import MAX_TAIL
from generators.answers.wording.afterthoughts import gives_up
from generators.answers.wording.denials import (
    HEDGE,
    RETRACTION,
    denies_next,
    is_disowned,
    is_hedge,
    is_revised,
    offers,
    retracts,
)
from generators.answers.wording.prose import (
    MAX_SAID,
    after_cue,
    from_last_statement,
    hedged_part,
    is_condition,
    is_setting,
    said_last,
    stated_first,
    trailing_answer,
    without_asides,
    without_explanation,
    without_opening,
    without_others,
    without_remark,
)
from generators.answers.wording.standing import fault_round, last_sentence
from generators.malformed import Malformed

_EMPHASIS = re.compile(r"\*\*|(?<!\\)\$|\\[()\[\]]")
_SEEN = 12
"""Characters of an announced text by which it is found again."""
_VALUE = re.compile(r"(?:[^\d=<>]{0,40}[=≈ ] ?)?([-+−]?[(\[{\\]*[\d.][^A-Za-z]*)")
"""The name and the value that an answer begins with, before its unit or what else was taken for one."""
_SCRIPT = re.compile("[\u0370-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_GOES_ON_TO = re.compile(r",? (?:and )?(?:so|therefore|thus|hence)\b[^=]*\d")
"""What an equation goes on to conclude."""
_QUOTED = re.compile(r"\A([\"'])([^\"']*)\1\.?\Z")
_ENDING = re.compile(
    r"\b((?:[Ss]o|[Tt]hus|[Hh]ence|[Tt]herefore),? )\(?[A-J]\)?[.!]?$|[(\[][-+\d. /]+(?:,[-+\d. /]+)+[)\]][.!]?$"
)
"""What a line may end with that is one answer: a letter behind "so", a tuple of numbers."""
_HOW_MANY = re.compile(
    r"\b(?:[Tt]here (?:are|is|were|will be)|has|have|obtain|get|find|needs?|makes?|gets?|is|are|equals|[Ee]xactly"
    r"|[Oo]nly|sold|bought|ate|left|made|scored|won|paid|spent|walked|used)(?: (?:exactly|only|just|a total of))? "
    r"([a-z]+(?:[ -][a-z]+){0,5})[.!]?$"
)
"""What a line says that something is, or how many there are, in words alone."""
_NOT_COUNTED = frozenset(("of", "more", "less", "times"))
_MOST_NOUNS = 3
_FENCED = re.compile(r"```[a-z]*\n([^`\n]{1,80})\n```$")
"""An answer in a block of its own that ends a reply."""
_ONE_CELL = re.compile(r"\|[^|\n]{1,60}\|\s*\n\|[ :-]{3,40}\|\s*\n\|([^|\n]{1,200})\|\s*")
"""A table of one column and one row."""
_FIRST = re.compile(r"(\S{1,40}) [—–-]{1,2} (?=(?:that|this|which|it|because|since|as)\b)")
"""An answer, and behind a dash what explains it."""
_SINGLED_OUT = re.compile(
    r"(?:^|[,;:] |\b(?:that|so|find|see|hence|thus|therefore|then) )(?:[A-Za-z] ?= ?)?([-−]?\d[\d.,/]*)"
    r" is (?:thus |therefore |indeed )?the (?:only|unique|smallest|largest|least|greatest|minimum|maximum|lowest"
    r"|highest) (?!(?:wrong|incorrect)\b)[^.,;?]*\.?$"
)
"""What a line says to be the only one or the smallest of its kind."""
_SINGLING = ("only", "unique", "est ", "imum")
_LONG_LINE = 500
_ENDS = re.compile(r"[.!?] ")
_REACHED = re.compile(
    r"\b(?:is|are|equals) \S{1,20},? (?:when|where|attained|achieved|reached|at|for) (?:at |when )?[A-Za-z] ?= "
)
"""A value, and where it is reached: what stands behind is no candidate."""
_SETTING_OUT = re.compile(
    r"\s*(?:where|substituting|with|using|setting)\b(?![^$]*\b(?:get|gives?|yields?|have|find|obtain|so|is)\b)[^,:]*$"
    r"|.{0,40}\bwant to [a-z]+ $"
    r"|.{0,40}\b(?:we|i) (?:now |first |then |next |will |can |must )*(?:need to )?(?:factor|divide|multiply|consider"
    r"|expand|differentiate|integrate|solve|plot|graph|look at|start|begin|substitute|examine|evaluate|simplify)"
    r"(?: both sides| it| each side| through)?(?: by| with| into| from)? $",
    re.IGNORECASE,
)
"""What sets a formula out before anything is concluded from it."""
_UNFIT = re.compile(
    r"(?:where|using|with)\b|.*\d\s*\(?(?:rejected|discarded|excluded|extraneous|invalid)\)?\.?$", re.IGNORECASE
)
"""What is no answer though mathematics is in it: a setting, a value that is rejected."""
_EXCLAIMED = re.compile(r"[-−]?\d[\d,]*!")
"""A factorial, or a number said with emphasis."""
_NEGATIVE = re.compile(r"\b[Nn]egative (?=\$?\d)")
_WORD_OR_POINT = frozenset(ascii_letters + digits + "_.")
_GOES_ON = re.compile(r"[A-Za-z0-9_]|\.\d")
"""What behind a piece makes it part of a longer one."""
_NEGATED = re.compile("不|非|没|[小大多少]于|至[多少]|超过|ない|ません|아니|않|ليس|больше|меньше|\\bне\\b")
_BOLD = re.compile(r"(?<![\w)*])\*\*(?=[^\s*])([^*\n]+)(?<=[^\s*])\*\*(?![\w(*])")
_DISPLAY = re.compile(
    r"\\begin\{(?:align|aligned|gather|gathered|split|eqnarray)\*?\}((?:(?!\\begin).)*)"
    r"\\end\{(?:align|aligned|gather|gathered|split|eqnarray)\*?\}[$\]\\. \n]*$",
    re.DOTALL,
)


def stated_values(text: str) -> tuple[str, ...]:
    """Return the readings of what a text without span or box states: one, or a list and its length.

    Raises:
        Malformed: when nothing does, or a hedge, or what is denied or taken back.
    """
    if not text:
        raise Malformed("empty answer")
    if text[0] in "{[`" and (named := keyed(undressed(text))) is not None:
        if len(named) > 1:
            raise Malformed("several answers", text[:100])
        text = named[0]
    if text[0] == "|" and (cell := _ONE_CELL.fullmatch(text)) is not None:
        text = cell[1].strip()
    if text.endswith("```") and (fenced := _FENCED.search(text)) is not None and is_answer(fenced[1]):
        text = fenced[1]
    if gives_up(text):
        raise Malformed(HEDGE, text[:100])
    found = _several(text) or (_stated(text),)
    if fault := _fault_round(text, found[0]):
        raise Malformed(fault, found[0][:100])
    return (*found, found[0][:-1]) if len(found) == 1 and _EXCLAIMED.fullmatch(found[0]) else found


def _plain(text: str) -> str:
    """Return the end of a text in plain characters, with its values joined by English words and its prices escaped."""
    plain = with_plain_joins(plain_characters(text[-MAX_TAIL:])[-MAX_TAIL:])
    return with_prices(_NEGATIVE.sub("-", plain) if "egative" in plain else plain)


def _several(text: str) -> tuple[str, ...] | None:
    """Return the readings of a text that ends with several values, or with one in two spellings; None for any other."""
    after = _plain(text)
    last = after.rpartition("\n")[2].strip()
    if len(last) > _LONG_LINE and (end := _ENDS.search(last, len(last) - _LONG_LINE)) is not None:
        last = last[end.end() :]  # several values stand in the last sentences of a paragraph
    last = _unmarked(without_opening(last))
    if _UNFIT.match(last) is not None:
        return None
    if (same := agreed(last)) is not None:
        return (same,)
    if (found := counted(last.replace("**", ""))) is not None:
        return found
    if "=" in last and _REACHED.search(last) is not None:
        return None
    if mentions(last, _SINGLING) and (single := _SINGLED_OUT.search(last)) is not None:
        return (single[1],)
    cued = after_cue(after)
    if cued is not None:
        line = _unmarked(cued)
        values = listed_lines(cued) if "\n" in cued else agreed(line) or joined_equations(line) or candidates(line)
        return (values,) if values is not None else None
    values = (
        listed_lines(after) or joined_equations(last) or joined_values(last) or counted_things(last) or candidates(last)
    )
    values = values or agreed(said := said_last(last) or "") or candidates(said)
    return (values,) if values is not None else None


def _unmarked(line: str) -> str:
    """Return a line without the marks round several formulas or emphasised values."""
    return _EMPHASIS.sub("", line) if line.count("$") > 3 or line.count("**") > 3 or line.count("\\(") > 1 else line


def _fault_round(text: str, found: str) -> str:
    """Return what is wrong with an answer by what stands round it in its text, "" where it stands."""
    plain = _EMPHASIS.sub("", plain_characters(text[-MAX_TAIL:]))
    cued = after_cue(plain)
    begin = max(plain.rfind(cued[:_SEEN]), 0) if cued else 0
    places = _places(plain, found.strip(), begin)
    start, end = places[0 if cued else -1] if places else (0, 0)
    within = plain if places else found
    value = _VALUE.match(within, start, end if places else len(found)) if "\\" not in found else None
    if value is None and not places:
        return ""
    start, end = (value.start(1), value.end()) if value is not None else (start, end)
    return fault_round(within[:start], within[end:])


def _places(text: str, piece: str, begin: int) -> list[tuple[int, int]]:
    """Return where a piece stands in a text, from a place on, as no part of a longer word or number."""
    places: list[tuple[int, int]] = []
    at = text.find(piece, begin) if piece else -1
    while at >= 0:
        end = at + len(piece)
        if not (at and text[at - 1] in _WORD_OR_POINT) and _GOES_ON.match(text, end) is None:
            places.append((at, end))
        at = text.find(piece, end)
    return places


def _stated(text: str) -> str:
    """Return the one answer that a text states, whatever stands round it."""
    if (first_of_all := _FIRST.match(text)) is not None and is_answer(first_of_all[1]):
        return first_of_all[1]
    first, line, rest = text.partition("\n")
    if line and explains(rest.lstrip("*_# \n")) and after_cue(rest) is None and not retracts(rest):
        alone = without_opening(first.strip().strip("*_").rstrip("."))
        if is_answer(alone):
            return alone
    bare = _BOLD.sub(r"\1", without_opening(text)) if text.count("**") > 1 else without_opening(text)
    if "\n" not in bare and (shorter := without_remark(bare)) != bare and is_answer(shorter):
        return shorter
    if "\n" not in bare and _answers(bare) and not is_condition(bare):
        return bare
    after = _plain(text)
    cued = after_cue(after)
    if cued is not None:
        line, _, rest = cued.partition("\n")
        following = rest.lstrip().partition("\n")[0][:MAX_SAID]
        if retracts(following) or is_revised(following):
            raise Malformed(RETRACTION, line[:100])
        return _within(line, cued=True)
    if "\n" in text and is_answer(text):
        return text
    if retracts(from_last_statement(after)):
        raise Malformed(RETRACTION, after[-100:])
    return _within(trailing_answer(after) or _concluded(without_asides(after)), cued=False)


def _concluded(text: str) -> str:
    """Return the last row of a display of several that ends a text; else the text without what explains its end."""
    ending = text[-40:].rstrip("$]\\. \n")
    if ending.endswith("}") and "\\end{" in ending and (display := _DISPLAY.search(text)) is not None:
        return re.split(r"\\\\", display[1].rstrip("\\ \n"))[-1].replace("&", "").strip()
    before, line, last = text.rpartition("\n")
    return before + line + without_explanation(last)


def _answers(text: str) -> bool:
    """Say whether a text is an answer, and neither sets out nor ends with a value that is rejected."""
    return is_answer(text) and _UNFIT.match(text) is None


def _within(text: str, *, cued: bool) -> str:
    """Return the answer within what a cue announced, or within a whole reply."""
    text = without_opening(_QUOTED.sub(r"\2", text.strip()[-MAX_CHARS:]))
    bare = _BOLD.sub(r"\1", text.rstrip(".")) if text.count("**") > 1 else text.rstrip(".")
    line = text.rpartition("\n")[2]
    if (_answers(bare) and ", so " not in bare) or (bare.startswith("\\text") and is_readable(bare)):
        return bare
    if cued and (retracts(text) or is_revised(text)):
        raise Malformed(RETRACTION, text[:100])
    kept = without_others(line)
    if kept != line and is_answer(kept) and not is_hedge(line[len(kept) :], but_or=True):
        return kept
    said = said_last(kept) if kept != line else None
    if said is not None and is_answer(said) and not is_hedge(line[len(kept) :], but_or=True):
        return said
    first = stated_first(text) if cued else None
    if first is not None and (is_answer(first) or worded(first) is not None):
        return first
    if (same := agreed(bare if cued else said_last(bare) or "")) is not None:
        return same
    if offers(hedged_part(text if cued else from_last_statement(text))):
        raise Malformed(HEDGE, text[:100])
    if (values := joined_formulas(line)) is not None:
        return values
    return _last_stated(text, bare, cued=cued)


def _last_stated(text: str, bare: str, *, cued: bool) -> str:
    """Return the last formula, number or equation of a text.

    Raises:
        Malformed: when there is none.
    """
    formula, behind = _last_formula(text)
    line = text.rpartition("\n")[2]
    if formula is None and (ending := _ENDING.search(line)) is not None and not denies_next(line[: ending.start()]):
        return ending[0].strip(" .!").rpartition(" ")[2] if ending[1] else ending[0].strip(" .")
    stated = _sentence(text.rstrip(".")) if not cued and formula is None else None
    if stated is not None:
        return stated
    number = last_number(behind)
    if number is not None and not (formula is not None and is_known(behind[: behind.find(number)].rstrip())):
        return number
    if formula is not None and is_disowned(text[: formula.start()], text[formula.end() :]):
        raise Malformed("no answer found", text[:100])
    if formula is not None and _SETTING_OUT.match(last_sentence(text[: formula.start()])):
        raise Malformed("no answer found", text[:100])
    said = said_last(bare)
    if said is not None and is_answer(said):
        return said
    if formula is None and (alone := _amid_letters(bare)):
        return alone
    if formula is None and (counted_in_words := _number_said(bare)) is not None:
        return counted_in_words
    stated = next(filter(None, formula.groups()), "") if formula is not None else bare
    if worded(stated) is None and (formula is None or not is_answer(stated)):
        raise Malformed("no answer found", text[:100])
    return stated


def _number_said(line: str) -> str | None:
    """Return the number in words that a line says of something: "there are three such integers"; None without one."""
    found = _HOW_MANY.search(line)
    said = found[1].split() if found is not None else []
    for end in range(len(said), max(0, len(said) - _MOST_NOUNS - 1), -1):
        number = number_in_words(" ".join(said[:end]))
        if number is not None and not number[1] and _NOT_COUNTED.isdisjoint(said[end:]):
            return " ".join(said[:end])
    return None


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
    before, last = [None, None, *deque(MATH.finditer(text), maxlen=2)][-2:]
    if last is None:
        return None, text.rpartition("\n")[2]
    inner = next(filter(None, last.groups())).strip(" .,")
    between = text[before.end() : last.start()] if before is not None else ""
    if before is not None and (is_setting(between, inner) or (inner.isdigit() and is_known(between.rstrip(" $")))):
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
    goes_on = _GOES_ON_TO.search(line) is not None
    first = stated_first(line) if RELATION.search(line) and not goes_on else None
    part = line.rpartition(", ")[2] if is_condition(line) else first
    return part if part and "=" in part and is_answer(part) else None
