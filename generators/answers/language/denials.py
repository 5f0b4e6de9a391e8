"""What a sentence denies, doubts, bounds, asks or takes back, in the languages that are read. Not where it answers.

Law: every pattern is linear in the text; what is denied is decided by the wording round it, never by a gold answer.
"""

import re

from generators.answers.language.joiners import joins_by_or

MAX_TAIL = 1200
"""Characters behind an answer that may take it back."""
HEDGE, DENIAL, RETRACTION = "a hedge is no answer", "the answer is denied", "the answer is taken back"
FAULTS = frozenset((HEDGE, DENIAL, RETRACTION))
"""What is wrong with an answer that does not stand."""
_NEAR = 100
"""Characters before an answer that may deny it."""

_DOUBTS = (
    r"either(?!\W*$|[.!,])|maybe|perhaps|possibly|probably|not(?: (?:entirely|completely|quite|really|fully))? "
    r"(?:sure|certain)|unsure|uncertain|(?:don't|do not) know|unless|no idea|hard to (?:say|tell)|quizas"
    r"|tal vez|talvez|forse"
    r"|vielleicht|possivelmente|probablement|probablemente|wahrscheinlich|misschien|kanske|może|belki|mungkin"
)
_FOREIGN_DOUBT = (
    r"\b(?:peut-être|quizás?|возможно|наверное|có lẽ)\b|(?<!不)可能(?!的|性|情)|也许|也許|或许|たぶん|かもしれ|おそらく"
    r"|아마|ربما|शायद"
)
_DOUBT = re.compile(rf"\b(?:{_DOUBTS})\b|{_FOREIGN_DOUBT}", re.IGNORECASE)
_HEDGE = re.compile(rf"\b(?:or|oder|{_DOUBTS})\b", re.IGNORECASE)
_FOREIGN_HEDGE = re.compile(rf"\bили\b|或|또는|または|もしくは|{_FOREIGN_DOUBT}", re.IGNORECASE)
_DENIED = re.compile(
    r"(?:\b(?:minus|negative|except|(?:any|every)thing but|cannot|could|might|may"
    r"|(?:more|less|greater|fewer|other|larger|smaller) than|(?:discard|reject|exclud|eliminat)(?:e|s|ing)?"
    r"|rul(?:e|ing) out"
    r"|(?:root|multiple|factor|divisor|power|square|cube|negative|opposite|reciprocal|inverse|one)s? of|exceeds?"
    r"|close to|different from|up to|under|below|above|nearly|almost|double|twice|triple|half(?: of)?))"
    r"(?: equal to| be| at| on| in)?$"
    r"|(?:\b(?:not|never)|n't)(?: (?!(?:is|are|was|were|equals)\b)[a-z]+){0,2}(?: [A-Za-z](?:_\w)? ?=)?$"
    r"|(?:\b(?:is|are) |^)at (?:least|most)$"
    r"|\bdoubt\b[^,;]{0,20}$|\bbetween\b[^,;]{0,40} (?:and|to)$"
    r"|\b(?:pas|no (?:es|son|hay|tiene)|nicht|keine?|не|não (?:é|são|tem)|non (?:è|ha|sono)|niet|geen|inte|nie|bukan"
    r"|không phải(?: là)?|ليس|ليست|नहीं)(?: (?:de|la|le|el|il|a|o|die|der|das))?$"
    r"|\b(?:menos d[eo]|m[eo]ins? d[ei]|m[ae](?:yor|nor|ior) (?:que|a|di)|(?:größer|kleiner|weniger|mehr) als"
    r"|больше|меньше)$"
    r"|(?:不是|并非|不为|不等于|没有|不可能是|[小大多少]于|至[多少]|超过)$"
    r"|\b(?:podría|pourrait|könnte|potrebbe|poderia|puede|peut|kann|może|kan|мож[ео]т)"
    r"(?: ser| être| essere| sein| być| zijn| vara| быть)?$",
    re.IGNORECASE,
)
_DENIED_CUE = re.compile(
    r"(?:\b(?:not|never|nor|doubt|whether|if|no way|thought|assumed|guessed|out|than|eliminate|exclude|reject)|n't)"
    r"(?: true| the case| correct(?: to say)?| right| think| believe| mean| say| know| certain)?"
    r"(?: that| if| whether)?(?: (?:the|our|my|final|correct))*\s*$"
    r"|\b(?:might|may|could) (?:say|think|believe|guess|argue|assume|conclude)(?: that)?(?: the)?\s*$"
    r"|\bunless\b[^.;]{0,60}$|\b(?:(?:mistake|error) is|tempting|wrongly|wrong|incorrect|bound (?:for|on"
    r"|of))\b[^.;]{0,30}$"
    r"|\b(?:suppose|assume|(?:others?|some|someone|somebody|many|anyone|people|students?|friend) (?:claim|say"
    r"|said|think|believe)s?)"
    r"(?: that)?(?: the)? $",
    re.IGNORECASE,
)
"""What before a cue takes its word back: "it is not true that the answer is"."""
_LINK = (
    r"(?:the|a|an|our|my|final|correct|right|true|case|think|believe|mean|say|know|that|if|whether|answer|result|value"
    r"|solution|option|choice|letter|is|are|it|it's|this|be|been|equals?|equal|to|as|simply|just|really|actually|even"
    r"|possibly|possible|exactly|necessarily|all|any|at|on|word|statement|choose|pick|select|both|either|of|called"
    r"|la|le|el|il|lo|los|les|de|du|réponse|respuesta|risposta|resposta|est|es|è|é|die|der|das|ein|eine|antwort|ist"
    r"|sein"
    r"|ser|être|essere|une?|o|a|答案|是)"
)
"""Small words that may stand between a denial and what it denies."""
_NAME = r"(?:\(?[A-Za-z](?:_\{?\w{1,3}\}?)?(?:, ?[A-Za-z])*\)? ?[=≈:] ?)?"
_REFUSED = re.compile(
    r"(?:"
    r"(?:\b(?:not|never|cannot|nor|neither|doubt|hardly|pas|nicht|keine?|no (?:es|son|está|sería)|non (?:è|sono)"
    r"|não (?:é|são)"
    r"|не|ни|niet|inte|nie|bukan)|n['’]t)"
    rf"(?: {_LINK}){{0,8}}"
    r"|(?:不是|并非|不为|不等于|不可能是|不能是|不会是|没有|ليس|ليست|không phải(?: là)?)"
    r"|\b(?:rather than|instead of|other than|(?:any|every)thing but|except(?: for)?|suppose|assum(?:e|ing)|imagine"
    r"|(?:wrong|incorrect|tempting) (?:answer|option|choice|value|result)|(?:wrong|incorrect|mistaken)ly|mistake|trap"
    r"|(?:common|typical|frequent|easy) error|whether|one of)"
    rf"(?: {_LINK}){{0,6}}"
    r"|\b(?:(?:one|many|you|someone|we) (?:might|may|could|would|can be)"
    r"|(?:some|many|others?|people|students?)(?: people| students)?(?: (?:might|may|could|would|will))?)"
    r"(?: wrongly| incorrectly| be)?(?: tempted to)? (?:say|think|believe|guess|claim|answer|argue|conclude|assume"
    r"|choose)"
    rf"(?: {_LINK}){{0,6}}"
    r"|\b(?:if|had|were)\b[^.;]{1,100}\b(?:answer|option|choice|result)\b[^.;,]{0,20} would(?: have)?(?: been| be"
    r"| then)*"
    rf")[ :：]*{_NAME}$",
    re.IGNORECASE,
)
"""What before an answer denies it, supposes it, or lays it in somebody else's mouth."""
_REFUSING_CLAUSE = re.compile(
    r"(?:\bno way\b|(?:^|[.;!?] )\W*(?:nobody|no one|nothing|none of (?:us|them|the \w+))\b|\bfar from\b"
    r"|\b(?:wrong|incorrect|mistaken|false|a mistake|an error) to (?:say|claim|think|conclude|answer|assume|believe)\b"
    r"|\b(?:careless|naive|hasty|sloppy|inattentive) (?:reader|student|person|solver|reading|approach|guess)s?\b"
    r"|\b(?:doubt|disagree|deny|denies|refutes?|unlikely|impossible|implausible) (?:that|to be|it)\b"
    r"|\btempt(?:ed|ing) to\b)"
    r"(?!.*(?:[,;:]\s|\b(?:so|but|thus|therefore|hence)\b|\bwe (?:get|have|find)\b"
    r"|\b(?:correct|right|true|actual) (?:answer|value|option|choice|one|result)\b))[^.;]{0,70}$",
    re.IGNORECASE,
)
"""What opens a clause that affirms nothing, however it goes on: "there is no way", "a careless reader"."""
_UNCERTAIN = re.compile(
    r"(?:\b(?:i(?:['’]d| would)?|my(?: best)?) guess(?: is)?"
    r"|\b(?:could|might|may|maybe|perhaps|possibly|probably|peut-être|pourrait|vielleicht|könnte|quizás?|tal vez"
    r"|podría"
    r"|talvez|poderia|forse|potrebbe|возможно|misschien|kanske|belki|mungkin)(?: (?:be|also|even|well|is|it|the|answer"
    r"|ser|être|sein|essere|a|an|equal|to|have|been|option|choice|end|start|begin|arrive|leave|finish|fall|at"
    r"|on|in))*|可能是?|也许是?|也許是?|或许是?|たぶん|아마)"
    rf"[ :,]*{_NAME}$",
    re.IGNORECASE,
)
_BAD = (
    r"(?:wrong|incorrect|false|invalid|impossible|excluded|rejected|ruled out|too (?:large|small|big|high|low|many|few"
    r"|much)"
    r"|a (?:trap|mistake|distractor|common)|an error|not (?:right|correct|possible|valid|true|the (?:answer|right"
    r"|correct)))"
)
_REFUSED_AFTER = re.compile(
    r"[\s}$*`\"”’)\]]*(?:(?!(?:which|that|this|it|there|and|but|so|he|she|they|we|or|because"
    r"|since)\b)[A-Za-z°%²³/]{1,12} ){0,2}?"
    r"(?:(?:is|was|are|were|would be|seems|looks|must be|has been|will be)(?:n['’]t\b| not\b| (?:definitely |clearly "
    r"|simply "
    rf"|also |just |obviously )?{_BAD})"
    r"|(?:ca|could|do|does|did|would|wo)n['’]t(?= (?:be|work|hold|fit|satisfy|match|make|seem))|fails?\b"
    r"|(?:can|could|may|must|should) be (?:ruled out|eliminated|excluded|rejected|discarded|dismissed)"
    r"|(?:can(?:not| not)|(?:could|do|does|did|will) not)(?= (?:be|work|hold|fit|satisfy|match|make|seem))"
    r"|n'est pas\b|est fau(?:x|sse)\b|no es\b|es (?:incorrect|fals)|ist (?:nicht|falsch|keine?)\b|non è\b|não é\b"
    r"|è (?:sbagliat|errat|fals)|(?:это )?не(?:верн|правильн)|- это не)"
    r"|[\s}$*`\"”’)\]]*(?:(?:ca|could|do|does|did|would|wo)n['’]t\b|(?:can|could|do|does|did|will) not\b|cannot\b)"
    rf"|[\s}}$*`\"”’)\]]*[,.;—-]?\s*(?:which|that|this|but (?:that|this|it))(?:'s| is| was| would be"
    rf"| seems) (?:\w+ly )?{_BAD}"
    r"|[\s}$*`\"”’)\]]*(?:[A-Za-z°%]{1,12}\s?)?(?:是?错|是?不对|是?错误|不行|不正确|不是(?:正确)?答案|ではな"
    r"|ではあり|じゃな|は間違|は誤"
    r"|이 아|가 아|은 틀|는 틀|yanlış|değil)",
    re.IGNORECASE,
)
"""What behind an answer denies it: "is wrong", "can't be right", "fails", "不对"."""
_OR_LAST = re.compile(
    r"(?<![\w-])(?:or|ou|oder|oppure|ovvero|o|eller|lub|albo|veya|ya da|atau|hoặc|или|либо|alternatively|otherwise"
    rf"|else|أو|या)[ ,:]*{_NAME}$|(?:或|还是|または|もしくは|あるいは|또는|혹은)[ ,:]*{_NAME}$",
    re.IGNORECASE,
)
_RESTATED = re.compile(r"(?:=[^=,;.]{1,40}=[^=,;]{1,40}|[\w)] ?[-+*/] ?[^=,;.]{1,30}=[^=,;]{1,30}),\s*$")
"""A calculation before "or", which the answer says in other words: "360 + 2x = 600, or x = 120"."""
_MARKS_BEFORE = " $*`(\"“'[{\\"
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
_REVISED = re.compile(
    r"\b(?:however|but|wait|no|actually),? (?:now |in fact |really )?(?:it(?:'s| is| was)|the (?:correct|actual|right"
    r"|true|real))\b"
    r"|(?:^|[.,;!] )(?:(?:correction|edit)\b|(?:actually|i mean|sorry|no|alternatively|otherwise|else|unless|plus|minus"
    r"|times),? (?:it(?:'s| is) )?[$\\]*-?\d)"
    r"|\b(?:for|when|if)\b[^.]{1,60}[,;d] (?:it is )?[-$\\]*\d[\d.,/$]* ?(?:for|when|if|otherwise)\b",
    re.IGNORECASE,
)
"""What states another answer after the first, or one for each of several cases."""
_TAKING_BACK = (
    "wrong", "correct", "right", "mistake", "error", "cratch", "ait", "gnore", "isregard", "ctually", "ops", "mind",
    "think", "take", "edo", "thought", "fau", "fals", "错", "不对", "等等", "間違", "틀", "невер", "ошиб", "equivoc",
    "bagli", "rrad",
)  # fmt: skip
_RETRACTION = re.compile(
    r"\b(?:(?:that|this|it|which|my (?:answer|result))(?:'s| is| was| looks| seems) (?:wrong|incorrect|not (?:right|"
    r"correct)|a mistake|an error|false)|(?:that|this|it)(?: is|'s)n't (?:right|correct)"
    r"|actually,? (?:it|that|the (?:final )?answer)(?:'s| is| was| should)"
    r"|(?:that|this|it) (?:can't|cannot|can not) be(?: right| correct)?[.!,]"
    r"|i (?:was wrong|(?:have )?made an? (?:\w+ )?(?:mistake|error)|take (?:that|it) back|need to re(?:do|think"
    r"|consider))"
    r"|scratch that|never ?mind|my (?:mistake|bad)\b|oops|on second thoughts?|wait,? (?:no\b|that's not|that is not)"
    r"|(?:ignore|disregard) (?:that|the above|this|my)|let me (?:redo|reconsider|rethink|start over|try again))"
    r"|\b(?:c'est (?:faux|incorrect|une erreur)|(?:eso|esto) (?:es incorrecto|es falso|está mal)|me equivoqué"
    r"|das (?:ist|war) (?:falsch|nicht richtig)|è sbagliato|está errado|это (?:неверно|неправильно|ошибка))"
    r"|这(?:是错|不对|不正确)|等等，?不对|搞错了|算错了|これは間違|これは誤|이것은 틀",
    re.IGNORECASE,
)
_CONFIRMATION = re.compile(r"\b(?:is|was|are)(?: indeed)? (?:right|correct)\b|\bconfirm", re.IGNORECASE)
_ASKED = re.compile(r"[\s*$)]*[?？]")


def is_hedge(text: str, *, but_or: bool = False) -> bool:
    """Say whether a text names several candidates or doubts its own; `but_or` lets "or" pass."""
    if but_or:
        return _DOUBT.search(text) is not None
    if _HEDGE.search(text) is not None or joins_by_or(text):
        return True
    return not text.isascii() and _FOREIGN_HEDGE.search(text) is not None


_OPENING_DOUBT = re.compile(rf"(?:or|oder|alternatively|otherwise|{_DOUBTS})\b", re.IGNORECASE)


def opens_doubt(text: str, begin: int, *, end: int | None = None, but_or: bool = False) -> bool:
    """Say whether what stands in a text from `begin` on, or up to `end`, names a candidate or doubts."""
    if end is None:
        return (_DOUBT if but_or else _OPENING_DOUBT).match(text, begin) is not None
    return (_DOUBT if but_or else _HEDGE).search(text, begin, end) is not None


def is_denied(text: str) -> bool:
    """Say whether a text denies what it speaks of: "not", "wrong"."""
    return _DENYING.search(text) is not None


def denies_next(before: str) -> bool:
    """Say whether a text denies, doubts or bounds what follows it: "is not", "could be", "less than"."""
    before = before.rstrip(" }")[-60:]
    far = "doubt" in before or "between" in before
    return _DENIED.search(before, 0 if far else max(0, len(before) - 32)) is not None


def denies_cue(before: str) -> bool:
    """Say whether a text takes back the cue that follows it: "it is not true that", "some might say"."""
    return _DENIED_CUE.search(before[-_NEAR:]) is not None


def refuses_next(before: str) -> bool:
    """Say whether a text denies the answer that follows it, or only supposes it, and does no more than that."""
    near = before[-_NEAR:].rstrip(_MARKS_BEFORE)
    return _REFUSED.search(near) is not None or _REFUSING_CLAUSE.search(near) is not None


def follows_or(before: str) -> bool:
    """Say whether a text ends in "or": another candidate stands before the answer that follows."""
    return _OR_LAST.search(before[-_NEAR:].rstrip(_MARKS_BEFORE)) is not None


def refuses_last(after: str) -> bool:
    """Say whether a text denies the answer that stands right before it."""
    return _REFUSED_AFTER.match(after[:_NEAR]) is not None


def fault_before(before: str) -> str:
    """Return how what stands before an answer denies it, doubts it or sets another beside it, "" where it does not."""
    if refuses_next(before):
        return DENIAL
    near = before[-_NEAR:].rstrip(_MARKS_BEFORE)
    beside = _OR_LAST.search(near)
    if beside is not None and _RESTATED.search(near[: beside.start()]) is not None:
        beside = None
    return HEDGE if beside is not None or _UNCERTAIN.search(near) is not None else ""


def fault_behind(behind: str) -> str:
    """Return how what stands behind an answer denies it, asks for it or takes it back, "" where it does not."""
    if refuses_last(behind):
        return DENIAL
    if is_questioned(behind):
        return HEDGE
    return RETRACTION if retracts(behind) or is_revised(behind[: 2 * _NEAR]) else ""


def is_disowned(before: str, after: str) -> bool:
    """Say whether what stands round a formula denies it, or a sign before it belongs to it."""
    return denies_next(before) or before.endswith(_SIGNS) or _DISOWNED.search(after) is not None


def is_dropped(after: str) -> bool:
    """Say whether what stands behind a number takes it back, asks for it, gives up or breaks off."""
    return _DISOWNED.search(after) is not None or _ASKED.match(after) is not None


def is_revised(text: str) -> bool:
    """Say whether a text states another answer after the first, or by cases: "8. However, it is 5"."""
    found = _REVISED.search(text)
    return found is not None and _CONFIRMATION.search(text, found.start()) is None


def is_questioned(after: str) -> bool:
    """Say whether what follows an answer asks whether it is one: "?", "? Not sure"."""
    after = after.lstrip("}$*) ")
    return after[:1] in ("?", "？") and _DOUBT.match(after.lstrip("?？ \n")) is not None


def retracts(text: str) -> bool:
    """Say whether a text takes back what stands before it, and does not confirm it afterwards."""
    tail = text[-MAX_TAIL:]
    if not any(word in tail for word in _TAKING_BACK):
        return False
    ends = [match.end() for match in _RETRACTION.finditer(tail)]
    return bool(ends) and _CONFIRMATION.search(tail, ends[-1]) is None
