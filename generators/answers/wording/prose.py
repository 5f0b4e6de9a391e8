"""Where a sentence states its answer: cues, hedges, retractions, closing phrases. Not its numbers (said_numbers).

Law: every pattern is linear in the text; what a sentence states is decided by its wording, never by a gold answer.
"""

import re
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from generators.answers.language.patterns import mentions
from generators.answers.wording.denials import denies_next, is_hedge, opens_doubt
from generators.answers.wording.standing import fault_before

CUE = re.compile(
    r"\b(?:answers?|result|ans|option|choice|solutions?)(?: here)?[*_]{0,2} ?"
    r"(?:(?:is|are|(?:should|would|must|will) be)(?: indeed| simply| thus| therefore| definitely| clearly| for sure)?"
    r"(?! not\b)|=>|[:=：]|(?<= )- (?=\S)|\\to )[:*_ ]*(?:option |choice )?"
    r"|(?:\b(?:it's|it is|choose|pick|select|go with) )(?:option |choice )?"
    r"(?=\(?[A-J]\)?(?:\W{0,3}$|,? (?:because|since|as) ))"
    r"|\b(?:option|choice) (?=\(?[A-J]\)?(?: is (?:the )?(?:correct|right)\b|\W{0,3}$))"
    r"|(?<!不)选(?:择|项)?(?:是|为|[:：])? ?(?=\(?[A-J](?![A-Za-z]))|^A: ?|####"
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
_AND_THAT = re.compile(r",? and (?:that|this|it|which) $")
_CLOSING = re.compile(
    r"(?:please |and )?(?:let me know|feel free|if you(?:'d| have| need| want| would)|would you like"
    r"|do you (?:want|need)|is there anything|(?:i )?hope\b|i'm happy|happy to|good luck|thank|you're welcome"
    r"|reach out|(?:don't|do not) hesitate|(?:best|all the best) of luck|have a (?:great|nice|good)"
    r"|(?:note|disclaimer):? (?:as an ai|i(?:'m| am) an ai))"
    r"|[∎■□]|[-*_=#]{3,}$|Q\.?E\.?D\b",
    re.IGNORECASE,
)
"""How a courtesy at the end of a reply begins."""
_EMOJI = re.compile("[\\s\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u25a0-\u25ff]{1,40}$")
_CROSSED = re.compile("[✗✘❌╳👎🚫⛔][\\s\ufe0f]*$")
_BULLET = re.compile(r"\A[*_: ]*\n+[ ]{0,3}[-*•] (?=[^\n]+\s*$)")
"""A list of one item behind a cue."""
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
_OPENS = frozenset("sthfaieSTHFAIE")
_SUBORDINATE = re.compile(
    r",? (?:because|since|as|which|so|where|when|while|given|with|by|for|after|due|and (?:so|therefore|thus|hence))\b"
    r"|, |; |\. | \(|\.$|: (?=\S)"
)
_OPENING = re.compile(
    r"(?:(?:so|thus|hence|therefore|then|finally|A:|Ans[:.]|(?:it|that)(?:'s| is)|i(?:'d| would) say"
    r"|either(?= \S+ ?(?:=|or\b))),? ){1,3}",
    re.IGNORECASE,
)
_SAID = re.compile(r"(?:\b(?:is|are|equals|measures|be|it's|that's)(?: equal to)?|:) ")
_OTHERS_DENIED = re.compile(
    r"(?<=[\w)}$%])(?:[\s,*-]+because |[\s,.;]*因为|,? since (?![\d$\\])"
    r"|(?:[\s,;:.!*]+(?i:(?:but|and|so|et|und|y|e|и|а) )?"
    r"(?i:(?:(?:it|that|this) )?(?:is(?: definitely)? not|isn't|can't|cannot)(?: be)?|(?:it|that)'s not|not"
    r"|rather than|instead of|non|nicht|no|não|не) |[\s,;:.]*而?(?:并?不[是选]|并非|非) ?)"
    r"(?:(?:the|option|choice) ){0,2}\(?(?=[A-J](?![A-Za-z])|[-$\\{(\[]*\d))"
)
"""What gives the reason of what stands before it, or denies others: "not B", "it can't be 7", "不是 A"."""
_OTHERS_WORDS = ("because", "since", " not ", " no ", " non ", "nicht", "n't", "cannot", "rather", "instead")
_EXPLAINED = re.compile(
    r"(?:\b(?:is|are|equals|be)|:) (\$[^$]{1,200}\$|[*$]{0,2}-?\d[\d.,/]{0,20}[*%]{0,2}(?: [a-z]{1,20}){0,2})"
    r",? (?:when|where|because|since|if|at [a-z] ?=|(?:but )?not|rather than"
    r"|(?:which (?:is )?)?(?:attained|achieved|reached|occurs|happens|holds))(?![A-Za-z])"
)
_FROM = re.compile(r"(?:^|(?<=[A-Za-z] )|(?<=[a-z], ))(?:[A-Z][a-z]{2,8}[.,]? ){0,2}[-−]?\d")
_NAMING_VARIABLE = re.compile(r"\bof $")
_SETTING_CASE = re.compile(r"\b(?:for(?: all| every| any)?|when|if|where|since|because) $")
_ROUNDING = re.compile(r"\b(?:approximately|about|roughly) $")
_COPULA = re.compile(r"(?:です|である|だ|입니다|이다)[.。]?$")
_REMARK = re.compile(r"\s\((?!mod)(?=[^()]*[A-Za-z]{3})[^()]{1,200}\)[.\s]*$")
_ANOTHER = re.compile(r" \((?:or|alternatively|otherwise|maybe|perhaps|possibly)\b[^()]*\d", re.IGNORECASE)
"""A remark that sets another value beside the answer: "(or 7 if order matters)"."""
_RANGING = re.compile(
    r"(?<=[\w)]),? (?:counting |for \w+ (?:ranging |running |= )?)?from \S{1,12} (?:up )?"
    r"(?:to|through) [^\s.]{1,12}\.?$"
)
"""What a count or a sum runs over, behind it."""
_WORKING = re.compile(r"(?<=\d) \((?=[^()]*[-+*/×=])[\d\s+*/×=.,$%-]{3,80}\)[.\s]*$")
"""The calculation of a number, in brackets behind it."""
_EXAMPLES = re.compile(
    r",? (?:e\.g\.|i\.e\.|for example|for instance|such as|namely|viz\.|specifically|that is,)(?: |$).*", re.DOTALL
)
"""What names examples, or the same thing again, behind an answer."""
_IN_ALL = re.compile(r"\b(?:altogether|in (?:total|all))\b")
_COMPARED = re.compile(
    r", (?:while|whereas) [^=]*$|, (?:which (?:is|are) )?(?:\$?\d+ (?:[a-z]+ )?)?(?:fewer|less|more|greater"
    r"|larger|smaller|higher|lower|longer|shorter|below|above"
    r"|under|over)\b"
    r"[^,;]{0,60}$|,? of which [^=]{1,60}$|, (?:which|whom) (?:he|she|they|[A-Z][a-z]+) [^=,;]{1,80}$"
    r"|,? (?:and |but )?(?:not|rather than|instead of) [$€£]?\d[^=]{0,40}$"
)
"""What an answer is compared with, behind it."""
_REASON = re.compile(
    r"(?<=[\w)%$]),? (?:because|since|given that|seeing that|due to"
    r"|as (?:\d+ (?:is|are|was|were|of)\b|he|she|it|they|we|the|there|each)) "
)
_CONCLUDING = re.compile(r"\b(?:so|thus|then|hence|therefore)\b|=>")
_CONDITION = re.compile(r"\s*(?:since|if|when|as|because|given|suppose|let|for)\b", re.IGNORECASE)
_SAYING = re.compile(r"\b(?:is|are|equals|so|then|thus|hence|therefore|get|gives?)\b")
_BREAK = re.compile(r"[.!?…)*$\]}] +(?=[A-Z(\[*∎■□])")
_SENTENCE_END = re.compile(r"[.!?][$)*]{0,3}\s+(?=[A-Z$\\])|\n")
_STATING = tuple("0123456789$\\")
_ASSUMING = re.compile(
    r"\s*(?:let|suppose|assume|given|denote|consider|recall|note|first,? (?:let|note|we)|we (?:start|begin))\b",
    re.IGNORECASE,
)


def from_last_statement(text: str) -> str:
    """Return a text from its last sentence with a number or formula on: what was weighed before it is no hedge."""
    stated = max(map(text.rfind, _STATING))
    last = next(iter(deque(_SENTENCE_END.finditer(text, 0, stated + 1), maxlen=1)), None)
    return text[last.end() :] if last is not None else text


def hedged_part(text: str) -> str:
    """Return the first sentence of a text, with those behind it that name another candidate or doubt it."""
    ends = [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    doubted = [end for begin, end in pairwise(ends) if opens_doubt(text, begin)]
    return text[: doubted[-1] if doubted else ends[0]]


@lru_cache(maxsize=16)
def after_cue(text: str) -> str | None:
    """Return all the text after the last cue, None without one, "" where the cue is denied."""
    lowered = text.lower()
    begin = max(map(lowered.rfind, _CUE_WORDS))
    if begin < 0:
        return None
    last = CUE.search(text, begin) or next(iter(deque(CUE.finditer(text), maxlen=1)), None)
    if last is not None and fault_before(text[: last.end()]):
        return ""
    found = without_closing(_BULLET.sub("", text[last.end() :], count=1)).strip() if last is not None else None
    found = _COPULA.sub("", found) if found and not found.isascii() else found
    if found and found.count("**") % 2:
        found = "".join(found.partition("**")[::2])
    return found.lstrip("*: \n") if found else None


def without_remark(text: str) -> str:
    """Return a text without a remark in brackets at its end: "5 (since x > 0)"."""
    remark = _REMARK.search(text) if text.rstrip(". ").endswith(")") else None
    if remark is None or "\\" in remark[0] or _ANOTHER.match(remark[0]):
        return text
    return text[: remark.start()]


def is_order(text: str) -> bool:
    """Say whether a text speaks to a grader and not of a quantity."""
    lowered = text.lower()
    return mentions(lowered, _ORDER_WORDS) and _ORDER.search(text) is not None


def is_assumption(text: str) -> bool:
    """Say whether a text opens an argument: "let x", "suppose n"."""
    return _ASSUMING.match(text) is not None


def is_condition(text: str) -> bool:
    """Say whether a sentence opens with a reason or a case: "since x > 0"."""
    return _CONDITION.match(text) is not None


def without_others(text: str) -> str:
    """Return a text up to where it gives its reason or denies others: "B, not A", "12, because", "7. It can't be 8"."""
    lowered = text.lower()
    if text.isascii() and not mentions(lowered, _OTHERS_WORDS):
        return text
    found = _OTHERS_DENIED.search(text)
    return text[: found.start()] if found else text


def without_opening(text: str) -> str:
    """Return a text without the connective it opens with."""
    found = _OPENING.match(text) if text[:1] in _OPENS else None
    return text[found.end() :] if found else text


@lru_cache(maxsize=16)
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
        text = text if text.isascii() or _CROSSED.search(text) else _EMOJI.sub("", text)
        begin = max(len(text) - _CLOSING_CHARS, text.rfind("\n") + 1, 0)
        end = max((match.end() for match in _BREAK.finditer(text, begin)), default=begin)
        if (
            not end
            or end >= len(text)
            or not (idle(text[end:]) or idle(text[end:].lstrip("*_ ")))
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
    if match is None or is_hedge(text[: match.start()]) or opens_doubt(text, match.end()):
        return None
    named = text.startswith(_STATING, match.end())
    if opens_doubt(text, match.end(), end=match.end() + 40, but_or=not named):
        return None
    first = text[: match.start()].strip()
    return None if first.count("$") % 2 else first


def without_explanation(text: str) -> str:
    """Return a last line without what it says beyond the answer: "is 7 when x = 2", "is 7, not 8", "7 (not x = 8)"."""
    remark = _REMARK.search(text) or _WORKING.search(text)
    if remark is not None and any(map(str.isdigit, text[: remark.start()])) and not _ANOTHER.match(remark[0]):
        text = text[: remark.start()]
    if (ranging := _RANGING.search(text)) is not None and any(map(str.isdigit, text[: ranging.start()])):
        text = text[: ranging.start()]
    examples = _EXAMPLES.search(text)
    if examples is not None and any(map(str.isdigit, text[: examples.start()])) and not _IN_ALL.search(examples[0]):
        text = text[: examples.start()]
    if (compared := _COMPARED.search(text)) is not None and any(map(str.isdigit, text[: compared.start()])):
        text = text[: compared.start()]
    if _CONDITION.match(text):
        return text
    found = next(iter(deque(_EXPLAINED.finditer(text), maxlen=1)), None)
    if found is not None and not _SAYING.search(text, found.end()):
        return text[: found.end(1)]
    reason = _REASON.search(text)
    stated = reason is not None and any(map(str.isdigit, text[: reason.start()]))
    if reason is not None and stated and not _CONCLUDING.search(text, reason.end()):
        return text[: reason.start()]
    return text


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
    return _AND_THAT.sub("", last[: match.start()]) if match else None
