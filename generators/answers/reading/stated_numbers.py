"""The number that a line of prose states as its result. Not cues, formulas or words (prose, places).

Law: every pattern is linear in the text; a number that is only mentioned, denied or a part of a calculation is none.
"""

import re

from generators.answers.wording.denials import denies_next, is_dropped
from generators.answers.wording.prose import MAX_SAID, is_assumption, is_order

_UNITS = "m|cm|mm|km|kg|g|mg|s|h|ft|in|lb|l|ml|°"
_OPERATOR = re.compile(r"[-+] ")
_OPERANDS = re.compile(r"(?<![A-Za-z]{2})[\w)\]}]$")
_OPERAND = re.compile(r"[\w)\]}] ?(?:[×·÷/+]|(?<!\*)\*)$")
"""What before a number makes it one part of a calculation."""
_MEASURED = re.compile(rf"[-+]?[\d.,]+ ?(?:{_UNITS})(?![A-Za-z]).*")
_CODE = re.compile(
    r"[{}\"<>\\]|(?<=\w\w)_|(?<!\w)_|!=|['(\[]['\"]|[A-Za-z]{2} ?=(?! ?[-−]?[$\d(])"
    r"|[a-z]{3}\(",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,/^])[-+]?[$€£¥]? ?(?:[0-9]{1,3}(?:[, ][0-9]{3})+(?![0-9])"
    r"|[0-9]{1,9} (?=[0-9]{1,9}/[0-9])[0-9]+|[0-9]+)?(?:\.[0-9]+|(?<=[0-9]))(?:/[0-9]+)?"
    r"(?: ?\\?%| percent\b)?(?:(?![A-Za-z0-9_/^])(?![.,][0-9])|(?=(?:" + _UNITS + r")(?:\^|[^A-Za-z0-9]|$)))"
)
_LABEL = re.compile(
    r"\b(?:step|case|problem|part|question|example|figure|equation|page|chapter|section|theorem|lemma|line|exercise"
    r"|method|approach|return)s?\.? ?[(#]?$",
    re.IGNORECASE,
)
_MENTIONED = re.compile(
    r"\b(?:question|problem|exercise|task) (?:asks|wants|is asking|mentions)\b[^.]*$"
    r"|\b(?:integers?|numbers?|values?|terms?|pages?|ranging|ranges?|all) from \S+ (?:up )?(?:to|through) ?$"
    r"|^(?:as|when) [^,.=]{1,40} (?:tends|goes|approaches|approach|increases|decreases)(?: to)? ?$",
    re.IGNORECASE,
)
"""What before a number sets out a question, a range or a limit."""
_UNFINISHED = re.compile(
    r"[.!;] (?:then|next|now|after that|finally)?,? ?(?:(?:we|you|one|i) )?(?:still )?(?:must|need to|have to|should"
    r"|will|want to|it remains to|remains to) (?!(?:note|mention|check|verify|remember|be|observe|also)\b)[^\d]*$",
    re.IGNORECASE,
)
"""What behind a number says that more is to be done, and does not do it."""
_SUFFIXED = re.compile(r"['’][dt][ıiuü]r(?!\w)")
"""How Turkish says "is" behind a number."""
_IN_ALL = re.compile(r"\W*(?:so |thus |therefore )?,?(?:in total|in all|altogether|overall)\b", re.IGNORECASE)
"""How a line opens that gives a total: what stands behind the total is known."""
_BULLET = re.compile(r"\s*\(?\d+\)\s*")
_CONCLUDING = re.compile(
    r"\b(?:so|then|thus|therefore|hence|gives?|gets?|equals|total|is|are)\b|[-+*/×]", re.IGNORECASE
)
_BEYOND = re.compile(r"[^\s.,;:!*=$€£¥()\[\]-]|\.\.(?!\.)|!!|--")
"""What a line without letters holds only where it says more than its one number."""
_CALCULATED = re.compile("<<[^<>]*>>")
_NOTHING = re.compile(
    r"\b(?:none of|not the case|no (?:solutions?|answers?|such)|do(?:es)?(?: not|n't) exist|not possible|impossible)\b",
    re.IGNORECASE,
)
_UNPRICED = re.compile(r"(?<!\\)\$(?! ?-?\.?\d)")
_BOLD_NUMBER = re.compile(r"\*\*[$€£]?-?\d+(?:[.,/]\d+)*%?(?: [A-Za-z²³]+){0,3}\*\*")
_OF_KNOWN = re.compile(
    r"\b(?:for|of|from|in|on|over|after|before|during|within|with|than)"
    r" (?:the|his|her|their|its|our|my|all|each|every|these|those)(?: (?:first|last|next|other|remaining))? ?[$€£]?$"
    r"|\b(?:out of|(?:up|down) from) ?[$€£]?$|\bmore (?:[a-z]+ ){0,3}to (?:reach|get to|make|have) ?[$€£]?$"
    r"|\bto (?!(?:the|an?|be|at|get|make|give|reach|have|equal|obtain|find|yield|arrive|become|total|form|produce|see"
    r"|conclude)\b)[a-z]{2,12}(?: (?:the|all|his|her|their|its|these|those|another))? ?[$€£]?$"
)
"""What before a number makes it a thing known and not the result: "for the 16 glasses", "to buy 7 tickets"."""
_OF_GIVEN = re.compile(r"\b(?:for|from|in|on|over|after|before|during|within|than)(?: [a-z]+ing)? ?[$€£]?$")
"""What makes it one where the result was calculated before: "= 50 miles in 5 days"."""
_GIVING = re.compile(r"(?:=|\b(?:is|are|was|were|be|has|have|equals)) ?[$€£]?$")
_LEADING_ON = re.compile(
    r"(?:(?!\b(?:so|and|then|is|are|was|were|leav|giv|mak|total|left\b(?! (?:after|over|when|for))|mean|get"
    r"|round)\w*)[\w ,'’$€£%-])*",
    re.IGNORECASE,
)
"""What may stand between a result and the thing known: no new statement."""
_LISTED = re.compile(r"\d(?: [a-z]+)?, \d[\d.]*(?: [a-z]+)?,? (?:and |or )?$")
"""What makes a number the last of several that are listed."""
_RAISED = re.compile(r"\^\{-?[0-9]\}")


def is_measured(text: str) -> bool:
    """Say whether a text is a plain number with a short unit, which may look like a product of letters."""
    return _MEASURED.fullmatch(text) is not None


def is_known(before: str) -> bool:
    """Say whether what stands between a formula and a number makes it known or a rounding: "of the", "divided by"."""
    if before.endswith(("approximately", "about", "roughly", "≈")):
        return True
    known = before.endswith("divided by") or _OF_KNOWN.search(before) or _OF_GIVEN.search(before)
    return bool(known) and _LEADING_ON.fullmatch(before) is not None


def _sets_out(text: str, before: str) -> bool:
    """Say whether a line with a number sets out and does not conclude: a label, an assumption, an announcement."""
    if text.rstrip().endswith((":", "：")) or _LABEL.search(before[-30:]) or _BULLET.fullmatch(text):
        return True
    return is_assumption(text) and _CONCLUDING.search(text) is None


def _is_nothing(before: str) -> bool:
    """Say whether what stands before a number says that there is none: "none of the 8", "no solution among 8"."""
    begin = max(len(before) - MAX_SAID, *(before.rfind(mark) + 1 for mark in (". ", ", ", "; ")))
    return _NOTHING.search(before, max(begin, 0)) is not None


def with_prices(text: str) -> str:
    """Return a text without calculator notes, and with $ escaped in lines where it always stands before a number."""
    text = _CALCULATED.sub("", text) if "<<" in text else text
    if "$" not in text:
        return text
    lines = (line if _UNPRICED.search(line) else re.sub(r"(?<!\\)\$", r"\\$", line) for line in text.split("\n"))
    return "\n".join(lines)


def _result(text: str, found: list[re.Match[str]]) -> re.Match[str]:
    """Return the number of a line that is its result: the one in bold, else the last one not said to be known."""
    bold = [match.span() for match in _BOLD_NUMBER.finditer(text)]
    marked = [number for number in found if bold and bold[0][0] <= number.start() < bold[0][1]]
    if len(bold) == 1 and len(marked) == 1:
        return marked[0]
    result, before = found[0], found[0]
    for number in found[1:]:
        begin = max(0, number.start() - 40)
        known = _OF_KNOWN.search(text, begin, number.start()) is not None
        calculated = text[max(0, before.start() - 4) : before.start()].rstrip(" $€£").endswith("=")
        if not known and calculated and text[before.end() : number.start()].strip()[:1].isalpha():
            known = True
        elif not known and (_GIVING.search(text, max(0, result.start() - 20), result.start()) or _IN_ALL.match(text)):
            known = _OF_GIVEN.search(text, begin, number.start()) is not None
        if not known or not _LEADING_ON.fullmatch(text, before.end(), number.start()):
            result = number
        before = number
    return result


def _is_mentioned(text: str, chosen: re.Match[str]) -> bool:
    """Say whether a number of a line is quoted, listed, a mark's, or stands in what only sets out or is not done."""
    begin, after = chosen.start(), text[chosen.end() :]
    if after[:1] == "'" and text[:begin].rstrip()[-1:] != "'" and _SUFFIXED.match(after) is None:
        return True
    if after[:1] != "'" == text[:begin].rstrip()[-1:] or text[:begin].endswith("!"):
        return True
    near = max(0, begin - MAX_SAID)
    if _LISTED.search(text, max(0, begin - 40), begin) or _MENTIONED.search(text[near:begin]):
        return True
    return _UNFINISHED.search(after[:MAX_SAID]) is not None


def last_number(text: str) -> str | None:
    """Return the last number of a line of prose, with its fraction bar and percent sign; None among code or numbers."""
    text = _RAISED.sub("", _CALCULATED.sub("", text[-2000:]).replace("\\%", "%").replace("\\$", "$"))
    if _CODE.search(text) or is_order(text):
        return None
    found = list(_NUMBER.finditer(text))
    if not found or (not any(map(str.isalpha, text)) and _BEYOND.search(_NUMBER.sub("", text, count=1))):
        return None
    chosen = _result(text, found)
    number, before, after = chosen[0].strip(), text[: chosen.start()].rstrip(), text[chosen.end() :]
    if _is_mentioned(text, chosen):
        return None
    if denies_next(before) or is_dropped(after) or _is_nothing(before) or _sets_out(text, before):
        return None
    if _OPERAND.search(before) or (_OPERATOR.match(number) and _OPERANDS.search(before)):
        return None
    if (
        number[0] in "-+"
        and before
        and (_OPERATOR.match(number) or text[chosen.start() - 1].isalnum() or before[-1].isdigit())
    ):
        number = number[1:]
    return number.strip()
