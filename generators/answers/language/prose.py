"""Where a sentence states its answer: cues, hedges, retractions, closing phrases. Not its numbers (said_numbers).

Law: every pattern is linear in the text; what a sentence states is decided by its wording, never by a gold answer.
"""

import re
from collections import deque
from collections.abc import Callable

CUE = re.compile(
    r"\b(?:answers?|result|ans|option|choice|solutions?)(?: here)?[*_]{0,2} ?"
    r"(?:(?:is|are|(?:should|would|must|will) be)(?: indeed| simply| thus| therefore| definitely| clearly| for sure)?"
    r"(?! not\b)|=>|[:=：]|(?<= )- (?=\S)|\\to )[:*_ ]*(?:option |choice )?"
    r"|(?:\b(?:it's|it is|choose|pick|select|go with) )(?:option |choice )?"
    r"(?=\(?[A-J]\)?(?:\W{0,3}$|,? (?:because|since|as) ))"
    r"|\b(?:option|choice) (?=\(?[A-J]\)?(?: is (?:the )?(?:correct|right)\b|\W{0,3}$))"
    r"|(?<!不)选(?:择|项)?(?:是|为|[:：])? ?(?=\(?[A-J](?![A-Za-z]))"
    r"|^A: ?|####"
    r"|(?:最终)?(?:答案|结果)(?:应该|應該)?(?:是|为|為|[:：])+|(?:答え?|正解)は|答[:：]|정답은|답[:은]|답: ?"
    r"|\b(?:réponse|opción|opção|alternativa|respuesta|resposta|risposta|antwort|lösung|antwoord"
    r"|svaret|odpowiedź|cevap|jawaban(?:nya)?|đáp án)"
    r"(?: (?:finale?|correct[ae]?|corretta|correta|final))? ?(?:est|es|é|è|ist|is|är|lautet|to|adalah|là|[:：])"
    r"(?: donc)?[: ]*(?:(?:la|le|el|a|o) (?=\(?[A-J]\b))?"
    r"|\bответ ?[:—-] ?|(?:الإجابة|الجواب|الاجابة)(?: النهائية)? ?(?:هي|هو|:)|(?:उत्तर|जवाब)(?: है)? ?[:-]?",
    re.IGNORECASE | re.MULTILINE,
)
_CUE_WORDS = (
    "answer", "result", "ans", "option", "choice", "solution", "it's", "it is", "choose", "pick", "select", "go with",
    "a:", "####", "答", "正解", "结果", "选", "정답", "답", "réponse", "opci", "opção", "alternativa", "respuesta",
    "resposta", "risposta", "antwo", "lösung", "svaret", "odpowiedź", "cevap", "jawaban", "đáp", "ответ", "جابة",
    "جواب", "उत्तर", "जवाब",
)  # fmt: skip
LEADING_CUE = re.compile(
    r"[\s$]*\\text(?:bf)?\{(?:the |final |correct |thus |so ){0,3}answer ?(?:is|:)? ?\}", re.IGNORECASE
)
"""An announcement inside a formula, marked as text."""
GOLD_CUE = re.compile(r"(?:the |final |correct ){0,3}answer ?(?:is:?|:) (?=\$?[-\\\d(])", re.IGNORECASE)
_TRAILING = re.compile(r"\bis (?:the|our|my) (?:final |correct |desired |required )?answer\b", re.IGNORECASE)
_DOUBTS = (
    r"either(?!\W*$|[.!,])|maybe|perhaps|possibly|probably|not sure|unsure|not certain|quizas|tal vez|talvez|forse"
    r"|vielleicht"
)
_FOREIGN_DOUBT = r"\b(?:peut-être|quizás?|возможно)\b|(?<!不)可能(?!的|性|情)|也许|たぶん|かもしれ|아마"
_DOUBT = re.compile(rf"\b(?:{_DOUBTS})\b|{_FOREIGN_DOUBT}", re.IGNORECASE)
_HEDGE = re.compile(rf"\b(?:or|oder|{_DOUBTS})\b|(?<=[\d$)]) (?-i:ou?) (?=[-$\\]*\d)", re.IGNORECASE)
_FOREIGN_HEDGE = re.compile(rf"\bили\b|或|또는|または|もしくは|{_FOREIGN_DOUBT}", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:please |and )?(?:let me know|feel free|if you(?:'d| have| need| want| would)|would you like"
    r"|do you (?:want|need)|is there anything|(?:i )?hope\b|i'm happy|happy to|good luck|thank|you're welcome)"
    r"|[∎■□]|Q\.?E\.?D\b",
    re.IGNORECASE,
)
"""How a courtesy at the end of a reply begins."""
_ASIDE = re.compile(
    r"[(\[*#\s]*(?:check|verif|to (?:check|verify)|note\b|we can (?:even |also )?(?:check|verify)|as a check|testing\b"
    r"|let(?:'s| us| me) (?:check|verify|double)|this (?:checks|makes sense|matches|agrees)|indeed\b)",
    re.IGNORECASE,
)
"""How a remark behind an answer begins: a check of it, or a note."""
_CONCLUSION = re.compile(
    r"\b(?:so|thus|therefore|hence|then|but|however|not|wrong|answer|instead|should|or|find|get|only)\b|n't\b", re.I
)
_ENDINGS = 4
"""Sentences at the end of a reply that may say nothing of its answer."""
_CLOSING_CHARS = 400
_ORDER = re.compile(
    r"\b(?:reward|verdict|ground truth|grader|grade|rating|confidence) ?(?:[:=]|this|is|of|$|\b(?=\W*\d))"
    r"|\brate ?(?:[:=]|this|it\b|my)"
    r"|\bscore ?[:=]|\bscore $|\bmark (?:this|it|me|as)\b|\bignore (?:all |any )?(?:the )?(?:previous|prior|earlier)\b",
    re.IGNORECASE,
)
_ORDER_WORDS = ("reward", "verdict", "truth", "grade", "rating", "confidence", "rate", "score", "mark", "ignore")
MAX_SAID = 300
_SUBORDINATE = re.compile(
    r",? (?:because|since|as|which|so|where|when|while|given|with|by|for|after|due|and (?:so|therefore|thus|hence))\b"
    r"|, |; |\. | \(|\.$"
)
_OPENING = re.compile(
    r"(?:(?:so|thus|hence|therefore|then|finally|A:|Ans[:.]|(?:it|that)(?:'s| is)),? ){1,3}", re.IGNORECASE
)
_SAID = re.compile(r"(?:\b(?:is|are|equals|be|it's|that's)(?: equal to)?|:) ")
_DENIED = re.compile(
    r"(?:\b(?:minus|negative|except|(?:any|every)thing but|cannot|could|might|may"
    r"|(?:more|less|greater|fewer|other) than|(?:discard|reject|exclud|eliminat)(?:e|s|ing)?|rul(?:e|ing) out"
    r"|(?:root|multiple|factor|divisor|power|square|cube|negative|opposite|reciprocal|inverse|one)s? of|exceeds?"
    r"|close to|different from|up to|under|below|above|nearly|almost|double|twice|triple|half(?: of)?))"
    r"(?: equal to| be| at| on| in)?$|(?:\b(?:not|never)|n't)(?: [a-z]+){0,2}$"
    r"|(?:\b(?:is|are) |^)at (?:least|most)$"
    r"|\bdoubt\b[^,;]{0,20}$|\bbetween\b[^,;]{0,40} (?:and|to)$"
    r"|\b(?:pas|no (?:es|son|hay|tiene)|nicht|keine?|не|não (?:é|são|tem)|non (?:è|ha)|bukan|ليس)$"
    r"|\b(?:menos d[eo]|m[eo]ins? d[ei]|m[ae](?:yor|nor|ior) (?:que|a|di)|(?:größer|kleiner|weniger|mehr) als"
    r"|больше|меньше)$"
    r"|(?:不是|并非|不为|不等于|没有|[小大多少]于|至[多少]|超过)$"
    r"|\b(?:podría|pourrait|könnte|potrebbe|poderia)(?: ser| être| essere| sein)?$",
    re.IGNORECASE,
)
_DENIED_CUE = re.compile(
    r"(?:\b(?:not|never|nor|doubt|whether|if|no way|thought|assumed|guessed|out|than|eliminate|exclude|reject)|n't)"
    r"(?: true| the case| think| believe| mean| say| know| certain)?"
    r"(?: that| if| whether)?(?: (?:the|our|my|final|correct))*\s*$"
    r"|\b(?:might|may|could) (?:say|think|believe|guess|argue|assume|conclude)(?: that)?(?: the)?\s*$"
    r"|\b(?:(?:mistake|error) is|tempting|wrongly|wrong|incorrect|bound (?:for|on|of))\b[^.;]{0,30}$"
    r"|\b(?:suppose|assume|(?:others?|some|people|student|friend) (?:claim|say|said|think|believe)s?)"
    r"(?: that)?(?: the)? $",
    re.IGNORECASE,
)
"""What before a cue takes its word back: "it is not true that the answer is"."""
_OTHERS_DENIED = re.compile(
    r"(?<=[\w)}$%])(?:[\s,*-]+because |[\s,.;]*因为|,? since (?![\d$\\])"
    r"|(?:[\s,;:.!*]+(?i:(?:but|and|so|et|und|y|e|и|а) )?"
    r"(?i:(?:(?:it|that|this) )?(?:is(?: definitely)? not|isn't|can't|cannot)(?: be)?|(?:it|that)'s not|not"
    r"|rather than|instead of|non|nicht|no|não|не) |[\s,;:.]*而?(?:并?不[是选]|并非|非) ?)"
    r"(?:(?:the|option|choice) ){0,2}\(?(?=[A-J](?![A-Za-z])|[-$\\]*\d))"
)
"""What gives the reason of what stands before it, or denies others: "not B", "it can't be 7", "不是 A"."""
_OTHERS_WORDS = ("because", "since", "no", "nicht", "n't", "rather", "instead")
_EXPLAINED = re.compile(
    r"(?:\b(?:is|are|equals|be)|:) (\$[^$]{1,200}\$|[*$]{0,2}-?\d[\d.,/]{0,20}[*%]{0,2}(?: [a-z]{1,20}){0,2})"
    r",? (?:when|where|because|since|if|at [a-z] ?=|(?:but )?not|rather than"
    r"|(?:which (?:is )?)?(?:attained|achieved|reached|occurs|happens|holds))(?![A-Za-z])"
)
_FROM = re.compile(r"(?:^|(?<=[A-Za-z] )|(?<=[a-z], ))(?:[A-Z][a-z]{2,8}[.,]? ){0,2}[-−]?\d")
_NAMING_VARIABLE = re.compile(r"\bof $")
_SETTING_CASE = re.compile(r"\b(?:for(?: all| every| any)?|when|if|where|since|because) $")
_ROUNDING = re.compile(r"\b(?:approximately|about|roughly) $")
_REVISED = re.compile(
    r"\b(?:however|but|wait|no|actually),? (?:it(?:'s| is| was)|the (?:correct|actual|right|true|real))\b"
    r"|(?:^|[.,;!] )(?:(?:correction|edit)\b|(?:actually|i mean|sorry|no|alternatively|otherwise|else|unless|plus|minus"
    r"|times),? (?:it(?:'s| is) )?[$\\]*-?\d)"
    r"|\b(?:for|when|if)\b[^.]{1,60}[,;d] (?:it is )?[-$\\]*\d[\d.,/$]* ?(?:for|when|if|otherwise)\b",
    re.IGNORECASE,
)
"""What states another answer after the first, or one for each of several cases."""
_COPULA = re.compile(r"(?:です|である|だ|입니다|이다)[.。]?$")
_REMARK = re.compile(r"\s\((?!mod)(?=[^()]*[A-Za-z]{3})[^()]{1,200}\)[.\s]*$")
_CONDITION = re.compile(r"\s*(?:since|if|when|as|because|given|suppose|let|for)\b", re.IGNORECASE)
_SAYING = re.compile(r"\b(?:is|are|equals|so|then|thus|hence|therefore|get|gives?)\b")
_BREAK = re.compile(r"[.!?…)*$\]}] +(?=[A-Z(\[*∎■□])")
_SENTENCE_END = re.compile(r"[.!?][$)*]{0,3}\s+(?=[A-Z$\\])|\n")
_STATING = tuple("0123456789$\\")
_DENYING = re.compile(r"\b(?:not|wrong|incorrect|false|never)\b|n't\b", re.IGNORECASE)
_SIGNS = tuple("<>≤≥≠-+*/^")
_DISOWNED = re.compile(
    r"\b(?:wrong|incorrect|false|impossible|guess)\b|^[ }*$]*(?:is|are|was)(?:n't| not)\b"
    r"|^ ?(?:squared|cubed|factorial|(?:plus|minus|times|divided by) [$\\]?\d)"
    r"|^ ?(?:ではな|ではあり|じゃな|이 아|가 아|不对|不行|değil)"
    r"|^[ }*$]*(?:(?:is|are|was) (?:too|excluded|rejected|ruled)|fails?\b|does(?:n't| not) work)"
    r"|\b(?:can't|cannot|could not|couldn't|unable to|not able to) (?:solve|answer|determine|find|figure|compute)\b"
    r"|\b(?:to|by|the|and|of|with|from|is|are|that|next|we|need|for|or|so|but|which|because|then|now)$"
)
"""What behind a number takes it back, gives up, or breaks off in the middle of a sentence."""


_ASSUMING = re.compile(
    r"\s*(?:let|suppose|assume|given|denote|consider|recall|note|first,? (?:let|note|we)|we (?:start|begin))\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"(?:\b(?:not|cannot)|n't)(?: be| equal(?: to)?)?$", re.IGNORECASE)
_REFUSED_AFTER = re.compile(r"[\s}$*]*(?:is|was)(?:n't| not| wrong| incorrect| false)\b")
_ASKED = re.compile(r"[\s*$)]*[?？]")


def is_hedge(text: str, *, but_or: bool = False) -> bool:
    """Say whether a text names several candidates or doubts its own; `but_or` lets "or" pass."""
    if but_or:
        return _DOUBT.search(text) is not None
    return _HEDGE.search(text) is not None or (not text.isascii() and _FOREIGN_HEDGE.search(text) is not None)


def from_last_statement(text: str) -> str:
    """Return a text from its last sentence with a number or formula on: what was weighed before it is no hedge."""
    stated = max(map(text.rfind, _STATING))
    last = next(iter(deque(_SENTENCE_END.finditer(text, 0, stated + 1), maxlen=1)), None)
    return text[last.end() :] if last is not None else text


def is_denied(text: str) -> bool:
    """Say whether a text denies what it speaks of: "not", "wrong"."""
    return _DENYING.search(text) is not None


def denies_next(before: str) -> bool:
    """Say whether a text denies, doubts or bounds what follows it: "is not", "could be", "less than"."""
    before = before.rstrip(" }")[-60:]
    far = "doubt" in before or "between" in before
    return _DENIED.search(before, 0 if far else max(0, len(before) - 32)) is not None


def is_disowned(before: str, after: str) -> bool:
    """Say whether what stands round a formula denies it, or a sign before it belongs to it."""
    return denies_next(before) or before.endswith(_SIGNS) or _DISOWNED.search(after) is not None


def is_dropped(after: str) -> bool:
    """Say whether what stands behind a number takes it back, asks for it, gives up or breaks off."""
    return _DISOWNED.search(after) is not None or _ASKED.match(after) is not None


def after_cue(text: str) -> str | None:
    """Return all the text after the last cue, None without one, "" where the cue is denied."""
    lowered = text.lower()
    begin = max(map(lowered.rfind, _CUE_WORDS))
    if begin < 0:
        return None
    last = CUE.search(text, begin) or next(iter(deque(CUE.finditer(text), maxlen=1)), None)
    if last is not None and _DENIED_CUE.search(text[max(0, last.start() - 80) : last.start()]):
        return ""
    found = without_closing(text[last.end() :]).strip() if last is not None else None
    found = _COPULA.sub("", found) if found and not found.isascii() else found
    if found and found.count("**") % 2:
        found = "".join(found.partition("**")[::2])
    return found.lstrip("*: \n") if found else None


def is_revised(text: str) -> bool:
    """Say whether a text states another answer after the first, or by cases: "8. However, it is 5"."""
    return _REVISED.search(text) is not None


def without_remark(text: str) -> str:
    """Return a text without a remark in brackets at its end: "5 (since x > 0)"."""
    remark = _REMARK.search(text) if text.rstrip(". ").endswith(")") else None
    return text[: remark.start()] if remark is not None and "\\" not in remark[0] else text


def is_order(text: str) -> bool:
    """Say whether a text speaks to a grader and not of a quantity."""
    lowered = text.lower()
    return any(word in lowered for word in _ORDER_WORDS) and _ORDER.search(text) is not None


def is_assumption(text: str) -> bool:
    """Say whether a text opens an argument: "let x", "suppose n"."""
    return _ASSUMING.match(text) is not None


def is_condition(text: str) -> bool:
    """Say whether a sentence opens with a reason or a case: "since x > 0"."""
    return _CONDITION.match(text) is not None


def is_refused(before: str, after: str) -> bool:
    """Say whether what stands round a box denies it: "it cannot be", "is wrong"."""
    doubtful = "not" in before or "n't" in before
    if doubtful and _REFUSED.search(before.rstrip(" $*{")) is not None:
        return True
    return ("is" in after or "was" in after) and _REFUSED_AFTER.match(after) is not None


def is_questioned(after: str) -> bool:
    """Say whether what follows an answer asks whether it is one: "?", "? Not sure"."""
    after = after.lstrip("}$*) ")
    return after[:1] == "?" and _DOUBT.match(after.lstrip("? \n")) is not None


def without_others(text: str) -> str:
    """Return a text up to where it gives its reason or denies others: "B, not A", "12, because", "7. It can't be 8"."""
    lowered = text.lower()
    if text.isascii() and not any(word in lowered for word in _OTHERS_WORDS):
        return text
    found = _OTHERS_DENIED.search(text)
    return text[: found.start()] if found else text


def without_opening(text: str) -> str:
    """Return a text without the connective it opens with."""
    found = _OPENING.match(text)
    return text[found.end() :] if found else text


def said_last(text: str) -> str | None:
    """Return what stands after the last "is" or colon of a text, None without one or where it is denied or asked."""
    text = text[-MAX_SAID:]
    last = next(iter(deque(_SAID.finditer(text), maxlen=1)), None)
    if last is None or is_order(text) or denies_next(text[: last.end()]) or text.endswith("?"):
        return None
    return text[last.end() :]


def without_closing(text: str) -> str:
    """Return a text without the courtesies at its end."""
    return _without_ending(text, lambda last: _CLOSING.match(last) is not None)


def without_asides(text: str) -> str:
    """Return a text without the checks and notes at its end that draw no conclusion."""
    return _without_ending(text, lambda last: _ASIDE.match(last) is not None and not _CONCLUSION.search(last))


def _without_ending(text: str, idle: Callable[[str], bool]) -> str:
    """Return a text without the last sentences that are idle, but for its first."""
    for _ in range(_ENDINGS):
        begin = max(len(text) - _CLOSING_CHARS, text.rfind("\n") + 1, 0)
        end = max((match.end() for match in _BREAK.finditer(text, begin)), default=begin)
        if (
            not end
            or end >= len(text)
            or not idle(text[end:].lstrip("*_ "))
            or "\\boxed" in text[end:]
            or "<" in text[end:]
        ):
            break
        text = text[:end].rstrip()
    return text


def stated_first(text: str) -> str | None:
    """Return what stands before the first clause that explains it, None where nothing is set apart.

    A clause that opens with "or" or a doubt is no explanation: then nothing is stated.
    """
    match = _SUBORDINATE.search(text)
    if match is None or is_hedge(text[: match.start()]) or _HEDGE.match(text, match.end()):
        return None
    doubt = _HEDGE if text.startswith(_STATING, match.end()) else _DOUBT
    if doubt.search(text, match.end(), match.end() + 40):
        return None
    first = text[: match.start()].strip()
    return None if first.count("$") % 2 else first


def without_explanation(text: str) -> str:
    """Return a last line without what it says beyond the answer: "is 7 when x = 2", "is 7, not 8", "7 (not x = 8)"."""
    remark = _REMARK.search(text)
    if remark is not None and any(map(str.isdigit, text[: remark.start()])):
        text = text[: remark.start()]
    found = next(iter(deque(_EXPLAINED.finditer(text), maxlen=1)), None)
    if found is None or _CONDITION.match(text) or _SAYING.search(text, found.end()):
        return text
    return text[: found.end(1)]


def endings(text: str) -> list[str]:
    """Return what a line may end with as its answer, the likeliest first: behind "is" or a colon, from a number on."""
    text = text[-MAX_SAID:].rstrip(" .")
    said = [match.end() for match in _SAID.finditer(text)][::-1]
    numbers = [match.start() for match in _FROM.finditer(text) if "\\" not in text[: match.start()]][:4]
    return [text[at:] for at in (*said[:4], *numbers) if not denies_next(text[:at])]


def is_setting(before: str, formula: str) -> bool:
    """Say whether a formula is variable, case or rounding of the one before it: "values of $t$", "when $t > 0$"."""
    if _SENTENCE_END.search(before):
        return False
    if formula.isalpha():
        return (_NAMING_VARIABLE.search(before) or _SETTING_CASE.search(before)) is not None
    if formula.replace(".", "").isdigit():
        return _ROUNDING.search(before) is not None
    return _SETTING_CASE.search(before) is not None


def trailing_answer(text: str) -> str | None:
    """Return what stands before "is the answer" in the last line, None where no line ends so."""
    last = text.strip().rpartition("\n")[2]
    match = _TRAILING.search(last)
    return last[: match.start()] if match else None
