"""The one truth that a reply affirms: "Yes, it is", "the statement is false". Not what equals what (choices).

Law: as for letters: a truth that is denied, asked, or one of two that are offered is not affirmed.
"""

import re

from generators.answers.language.patterns import words
from generators.answers.reading.affirmed import Affirmed, last_affirmed
from generators.answers.reading.letters import OPENERS
from generators.answers.wording.denials import DENIAL, HEDGE, refuses_last
from generators.answers.wording.standing import fault_before
from generators.malformed import Malformed

_TRUE = (
    "yes", "yep", "yeah", "true", "oui", "vrai", "ja", "wahr", "richtig", "sí", "si", "verdadero", "verdadera",
    "cierto", "sim", "verdadeiro", "verdadeira", "vraie", "vera",
    "sì", "vero", "да", "верно", "истина", "tak", "prawda", "evet", "doğru", "ya",
    "benar", "có", "đúng", "waar", "sant", "是", "是的", "对", "對", "正确", "真", "はい", "正しい",
    "예", "네", "참", "نعم", "صحيح", "हाँ", "हां", "सत्य",
)  # fmt: skip
_FALSE = (
    "no", "nope", "nah", "false", "non", "faux", "nein", "falsch", "falso", "falsa", "fausse",
    "não", "нет", "неверно", "ложь",
    "nie", "fałsz", "hayır", "yanlış", "tidak", "salah", "không", "sai", "nee", "onwaar", "nej", "falskt", "否", "不是",
    "不", "不对", "不對", "错误", "错", "假", "いいえ", "誤り", "아니요", "아니오", "거짓", "لا", "خطأ", "नहीं", "असत्य",
)  # fmt: skip
_SAID_ALOUD = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}
TRUTHS = {**_SAID_ALOUD, "t": True, "y": True, "f": False, "n": False}
"""What says yes and no in the languages that are read; a single letter does so only where nothing else stands."""
_WORD = "(?<!\\w)(?:" + "|".join(sorted(_SAID_ALOUD, key=len, reverse=True)) + ")"
_OFFERED = re.compile(
    r"[(\[](?:please )?(?:answer )?(?:yes|no|true|false|oui|non|ja|nein|sí|да|нет|是|否|对|错)\s?(?:/|,|\||or|ou|oder|o"
    r"|или|或|还是)\s?"
    r"(?:yes|no|true|false|oui|non|ja|nein|да|нет|是|否|对|错)[)\]]"
    r"|\b(?:(?:with|by|as|in|a|an|the|of|this|that|simple)\s+)?(?:yes|true|no|false)(?:\s?/\s?|[- ]or[- ])(?:no|false"
    r"|yes|true)"
    r"(?=[- ]?(?:question|answer|problem|statement|format|:))"
    r"|\b(?:with|by|as|in)\s+(?:an?\s+|the\s+|either\s+)?(?:yes|true|no|false)(?:\s?/\s?|[- ]or[- ])(?:no|false|yes"
    r"|true)",
    re.IGNORECASE,
)
"""Both truths as the question offers them: "(Yes or No)", "the yes-or-no question"."""
_LEADING = re.compile(
    rf"\W*{OPENERS}({_WORD})(?:(?!\w)\W*$|\s*[,.:;!—–，。！、]|\s-|"
    r"\s+(?:because|since|as|it|they|he|she|there|this|that|we|you|the|denn|car|weil|porque|perché|indeed)\b)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:(?<!\w)(?:is|are|was|be|est|es|ist|è|é|är|jest|adalah|là|this|that|say|means)(?!\w)|[:=：—]|=>|→|是|为|為"
    r"|は|은|는)\s?"
    rf"(?:(?:indeed|thus|therefore|clearly|simply|definitely|always|in fact|certainly|obviously|just|also|donc|also"
    r"|an? (?:clear|definite|definitive|resounding|firm|simple|straightforward|big)) )*"
    rf"({_WORD})(?!\w)(?:(?=[\s.,:;!?。，！)]|$)|(?=です|だ|입니다|이다))",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    rf"\w+\W+\w.*(?:[,:;，：；]|\s[-–—])\s*(?:so |thus |then |hence |the answer is )?({_WORD})\W*",
    re.IGNORECASE | re.DOTALL,
)
"""What a sentence ends with, behind its reason: "Since the sum is odd, no."."""
_ANNOUNCED = re.compile(
    r"\b(?:answer(?:s|ing)?|ans|conclusion|verdict|result|réponse|respuesta|resposta|risposta|antwort|ответ"
    r"|cevap|jawaban\w*"
    r"|odpowiedź|svaret"
    r"|antwoord|đáp án)\b|答案|答え|正解|정답|답|結論|结论|الجواب|الإجابة|उत्तर|जवाब",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(
    r"[\s,;:—–-]*(?:(?:but |and )?only (?:if|when|for|in|under|as long)\b|(?:but )?(?:if|provided|providing|unless"
    r"|assuming|(?:as|so) long as|on condition|except|in (?:the|that|this) case)\b"
    r"(?! and only| we\b| you\b| one\b))",
    re.IGNORECASE,
)
"""What makes a truth one of some cases: "yes, but only if x > 0"."""
_TURNED = re.compile(r"[\s,.;:!…—–-]*(?:wait|hold on|hmm+|actually)\b", re.IGNORECASE)
"""A change of mind behind a truth."""
_COURTESY = re.compile(
    r"\W*(?:let me|let['’]s|i (?:see|understand|can|will|would|['’]ll)|(?:that|this)(?:['’]s| is) an? (?:very )?"
    r"(?:great|good|nice|interesting|tricky|classic)\b|of course|sure\b|i['’]d be)",
    re.IGNORECASE,
)
"""What makes an opening yes one to the request and not to the question."""
_OTHER = re.compile(rf"\W*(?:or|and|ou|oder|o|или|/|或|还是|,)\W*({_WORD})(?!\w)(?! \w)", re.IGNORECASE)
_SAID_LAST = re.compile(rf"\bsays? ({_WORD})\W*$", re.IGNORECASE)
_OF_A_TRUTH = re.compile(r"\b(?:false|untrue|incorrect|wrong) that\b.*\b(?:false|true|untrue)\b", re.IGNORECASE)
"""What calls a truth of a statement about a truth false."""
_NOT_SO = re.compile(
    r"\b(?:statement|claim|assertion|proposition|conjecture|sentence)(?: is not|['’]s not| isn['’]t)"
    r"(?: necessarily| always| actually)? (true|correct|false|incorrect)\W*$",
    re.IGNORECASE,
)
"""What a sentence says of a statement by denying the contrary: "the statement is not true"."""
_PREDICATES = frozenset(
    words(
        "true false vrai vraie faux fausse wahr falsch verdadero verdadera falso falsa verdadeiro verdadeira"
        " vero vera 真 假 正确 错误"
    )
)


def affirmed_truth(text: str) -> bool:
    """Return the one truth that a text affirms.

    Raises:
        Malformed: for none, both, or one that is denied, doubted or taken back.
    """
    value, behind = last_affirmed(text, _truths, "boolean", offered=_OFFERED)
    if _CONDITIONAL.match(behind) is not None or _TURNED.match(behind) is not None:
        raise Malformed(HEDGE, text[:100])
    return value == "true"


def _named(word: str) -> str:
    return "true" if TRUTHS[word.lower()] else "false"


def _truths(sentence: str) -> list[Affirmed]:
    """Return the truths that a sentence affirms."""
    found: list[Affirmed] = []
    if _OF_A_TRUTH.search(sentence) is not None:
        return []
    leading = _LEADING.match(sentence)
    if leading is not None and _COURTESY.match(sentence, leading.end(1)) is None:
        found.append(Affirmed(_named(leading[1]), 3, *leading.span(1)))
    elif (trailing := _TRAILING.fullmatch(sentence)) is not None:
        found.append(Affirmed(_named(trailing[1]), 2, *trailing.span(1)))
    if (denied := _NOT_SO.search(sentence)) is not None and fault_before(sentence[: denied.start()]) == "":
        return [Affirmed("false" if denied[1].lower() in ("true", "correct") else "true", 1, *denied.span())]
    if leading is not None and (said := _SAID_LAST.search(sentence, leading.end(1))) is not None:
        found.append(Affirmed(_named(said[1]), 3, *said.span(1)))
    announced = _ANNOUNCED.search(sentence)
    for match in _SAID.finditer(sentence):
        if announced is not None and announced.start() < match.start(1):
            found.append(Affirmed(_named(match[1]), 2, *match.span(1)))
        elif match[1].lower() in _PREDICATES:
            found.append(Affirmed(_named(match[1]), 1, *match.span(1)))
    kept: list[Affirmed] = []
    for one in found:
        if fault_before(sentence[: one.begin]) == DENIAL or refuses_last(sentence[one.end :]):
            continue
        kept.append(one)
        if (other := _OTHER.match(sentence, one.end)) is not None:
            kept.append(Affirmed(_named(other[1]), one.strength, *other.span(1)))
    strongest = max((one.strength for one in kept), default=0)
    return [one for one in kept if one.strength == strongest or strongest < 3]
