"""What a sentence denies, doubts, bounds, asks or takes back, in the languages that are read. Not where it answers.

Law: every pattern is linear in the text; what is denied is decided by the wording round it, never by a gold answer.
"""

import re

from generators.answers.language.joiners import joins_by_or
from generators.answers.language.patterns import mentions, one_of
from generators.answers.wording.afterthoughts import is_confirmed

MAX_TAIL = 1200
"""Characters behind an answer that may take it back."""
HEDGE, DENIAL, RETRACTION = "a hedge is no answer", "the answer is denied", "the answer is taken back"
FAULTS = frozenset((HEDGE, DENIAL, RETRACTION))
"""What is wrong with an answer that does not stand."""
NEAR = 100
"""Characters before an answer that may deny it."""

_DOUBTS = (
    r"either(?!\W*$|[.!,])|maybe|perhaps|possibly|probably|not(?: (?:entirely|completely|quite|really|fully))? "
    r"(?:sure|certain)|unsure|uncertain|(?:don't|do not) know|unless|no idea|hard to (?:say|tell)|quizas"
    r"|tal vez|talvez|forse"
    r"|vielleicht|possivelmente|probablement|probablemente|wahrscheinlich|misschien|kanske|może|belki|mungkin"
)
_DOUBT_WORDS = (
    "either", "maybe", "perhaps", "ossib", "robabl", "sure", "ertain", "know", "unless", "no idea", "hard to", "quizas",
    "tal vez", "talvez", "forse", "vielleicht", "ossivel", "wahrschein", "misschien", "kanske", "belki", "mungkin",
)  # fmt: skip
_FOREIGN_DOUBT = (
    r"\b(?:peut-être|quizás?|возможно|наверное|có lẽ)\b|(?<!不)可能(?!的|性|情)|也许|也許|或许|たぶん|かもしれ|おそらく"
    r"|아마|ربما|शायद"
)
_DOUBT = re.compile(rf"\b(?:{_DOUBTS})\b|{_FOREIGN_DOUBT}", re.IGNORECASE)
_HEDGE = re.compile(rf"\b(?:or|oder|{_DOUBTS})\b", re.IGNORECASE)
_FOREIGN_HEDGE = re.compile(rf"\bили\b|或|또는|または|もしくは|{_FOREIGN_DOUBT}", re.IGNORECASE)
_DENIED = re.compile(
    r"(?:\b(?:minus|negative|except|(?:any|every)thing but|cannot|could|might|may"
    r"|(?:more|less|greater|fewer|larger|smaller) than|(?:discard|reject|exclud|eliminat)(?:e|s|ing)?|outside"
    r"|undefined (?:on|at|for)"
    r"|rul(?:e|ing) out"
    r"|(?:root|multiple|factor|divisor|power|square|cube|negative|opposite|reciprocal|inverse|one"
    r"|derivative|degree|integral|antiderivative|gradient|complement|subset)s? of"
    r"|exceeds?"
    r"|close to|different from|up to|under|below|above|nearly|almost|double|twice|triple|half(?: of)?))"
    r"(?:(?: or)? equal to| be| at| on| in)?$"
    r"|(?:\b(?:not|never)|n't)(?: (?!(?:is|are|was|were|equals)\b)[a-z]+){0,2}(?: [A-Za-z](?:_\w)? ?=)?$"
    r"|(?:\b(?:is|are|get|have|find|obtain) |^)at (?:least|most)$"
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
_WORD = re.compile("[a-z]+")
_DENIED_WORDS = one_of(
    "minus negative except but cannot could might may than discard discards discarding reject rejects rejecting exclud"
    " exclude excludes excluding eliminat eliminate eliminates eliminating out of exceed exceeds to from under"
    " below above outside undefined for on at"
    " nearly almost double twice triple half not never t least most doubt between pas es son hay tiene nicht"
    " kein keine non"
    " niet geen inte nie bukan de do di que a als pourrait puede peut kann kan potrebbe poderia"
)
"""Words of which one stands near the end of every plain text that denies or bounds what follows."""
_NAME = r"(?:\(?[A-Za-z](?:_\{?\w{1,3}\}?)?(?:, ?[A-Za-z])*\)? ?[=≈:] ?)?"
_REFUSED = re.compile(
    r"(?:不是|并非|不为|不等于|不可能是|不能是|不会是|绝不(?:可能)?是?|决不(?:可能)?是?|不应该?是"
    r"|没有|错误答案|误以为|(?:неправильн|неверн|ошибочн)\w* ответ ?[:—-]?"
    r"|(?:有人|别人|他们|很多人|同学|学生|书上)(?:都)?(?:说|认为|觉得|以为)[^。，]{0,12}"
    r"|ليس|ليست|не(?: равно)?"
    r"|không phải(?: là)?)(?: (?:答案|là|это))*"
    rf"[ :：是为]*{_NAME}$",
    re.IGNORECASE,
)
"""What before an answer denies it in scripts that set no spaces, or is not walked through (standing)."""
_UNCERTAIN = re.compile(
    rf"(?:可能是?|也许是?|也許是?|或许是?|大概是?|たぶん|아마|возможно|мож[ео]т)[ :,]*{_NAME}$", re.IGNORECASE
)
_BAD = (
    r"(?:wrong|incorrect|false|invalid|impossible|excluded|rejected|discarded|ruled out|extraneous|eliminated|absurd"
    r"|nonsense|mistaken|misleading|tempting|unlikely|hardly|far (?:from|off|too)|off\b|out\b"
    r"|too (?:large|small|big|high|low|many|few|much)|an? (?:error|typo|misprint|mistake|slip|lie|guess|placeholder"
    r"|decoy)|not (?:right|correct|possible|valid|true|even"
    r"|the (?:answer|right|correct)))"
)
_TRAP = (
    r"(?:careless|hasty|naive|sloppy|trap|distractor|decoy|mistake|misread\w*|tempt\w*|wrong(?:ly)?|incorrect(?:ly)?"
    r"|reject(?:ed)?|discard(?:ed)?|exclude[ds]?|extraneous|fallacy|misconception|forget\w*|forgot|absurd|bogus)"
)
_MARKS = r"[\s}$*`\"”’)\]]*"
_FILLER = (
    r"(?:(?!(?:which|who|that|this|it|there|and|but|so|he|she|they|we|or|because|since|is|are|do|does|did)\b)"
    r"[A-Za-z°%²³/]{1,12} ){0,2}?"
)
_BE = r"(?:is|was|are|were|would be|seems|looks|must be|has been|will be|has to be|had to be|should be|can be|to be)"
_ADVERB = r"(?:definitely|clearly|simply|also|just|obviously|certainly|totally|completely|plainly|then|therefore|too) "
_CALLED_BAD = (
    rf"{_BE}(?: not|n['’]t)? (?:{_ADVERB})?{_BAD}|{_BE} a red herring|leads? to an? (?:contradiction|absurdity)"
    rf"|{_BE}(?:n['’]t| not) (?:{_ADVERB})?(?:right|correct|possible|valid|true|even"
    r"|(?:the|an?|my|our) (?:answer|right|correct|solution|option|choice))|(?:ca|could)n['’]t be\b"
    r"|(?:cannot|can not|could not) be\b|fails\b"
    r"|(?:do|does|did|will|would|ca|wo)(?:n['’]t| not) (?:work|hold|fit|satisfy|match)\b"
    r"|(?:can|could|may|must|should) be (?:ruled out|eliminated|excluded|rejected|discarded|dismissed"
    r"|thrown (?:out|away))"
    rf"|{_BE} (?:(?!\b(?:because|since|as|while|who|that|which|after|when|where|number|but|and|not|how)\b)[^.;:,])"
    rf"{{0,40}}?\b{_TRAP}\b"
    rf"|{_BE} (?:the|an?) (?:\w+ )?(?:answer|value|result|number|option|choice|count)(?: that| which)?"
    rf" (?:(?!\b(?:because|since|but)\b)[^.;:,]){{0,40}}?\b{_TRAP}\b"
    r"|n'est pas\b|est fau(?:x|sse)\b|no es\b|(?:est|es|è|é) une? (?:erreur|error|errore|faute|piège)"
    r"|ist ein (?:Fehler|Irrtum)|es (?:incorrect|fals)|ist (?:nicht|falsch|keine?)\b|non è\b|não é\b"
    r"|è (?:sbagliat|errat|fals)|(?:это )?не(?:верн|правильн)|- это не"
)
"""What behind an answer, or its unit or noun, says that it is none."""
_DENYING_VERB = (
    r"(?:is|was|wo|ca|could|does|did|would)n['’]t\b|cannot\b|fails?\b|only (?:if|when|by|under)\b"
    r"|(?:is|was|can|could|does|did|will|would) not\b|contradicts?\b|violates?\b|(?:is|was) never\b"
    r"|by (?:mistake|error)\b"
    r"|would (?:be|have been) (?:\w+ )?(?:correct|right|nice|true|tempting|the (?:answer|case|correct|right))"
)
"""What does so right behind it: behind a noun it may say what the things do, "20 people did not go"."""
_TAKEN_BACK = (
    r"\s?[(\[](?:wrong|incorrect|rejected|discarded|excluded|extraneous|invalid|false|impossible"
    r"|not (?:valid|correct|right|possible|accepted|allowed|a solution))"
    r"|,? but (?:that|this|it)(?:['’]s| is) (?:\w+ ){0,3}(?:error|mistake|misprint|typo|trap)"
    rf"|[ A-Za-z]{{0,12}}[,.;—–-]*\s*(?:which|that|this|but (?:that|this|it))(?:(?:'s| is| was| would be"
    rf"| seems) (?:\w+ly )?{_BAD}|(?: is|'s| was)(?:n['’]t| not) (?:right|correct|true|possible))"
    r"|,? (?:wrongly|mistakenly|incorrectly)\b|[,;.—–-]?\s*but (?:it )?(?:is|was|does|do)(?:n['’]t| not)\b"
    r"|[.,;—–-]*\s*(?:just kidding|not!|wrong[!.]|i(?:'m| am) (?:just )?kidding|as if\b)"
    r"|[.…,;!—–-]+\s*(?:well,? |hmm+,? |oh,? )?(?:actually|well|wait|sorry|i mean|correction:?|make that),? "
    r"(?:it'?s |it is |the answer is )?(?:yes|no|not|true|false|\(?[A-J]\)?)(?:\W*$|[.,!])"
)
"""What does so in a clause or a remark of its own."""
_REFUSED_AFTER = re.compile(
    rf"{_MARKS}(?:{_FILLER}(?:{_CALLED_BAD})|{_DENYING_VERB}|{_TAKEN_BACK}"
    r"|(?:[A-Za-z°%]{1,12}\s?|[(（]\s?)?(?:是?错|是?不对|是?错误|不行|不正确|不是(?:正确)?答案|ではな|は?正しくな"
    r"|ではあり|じゃな|は間違|は誤|이 아|가 아|은 틀|는 틀|은 오답|는 오답|yanlış|değil))",
    re.IGNORECASE,
)
"""What behind an answer denies it: "is wrong", "can't be right", "is what a careless reader says", "不对"."""
_COUNTED_OUT = re.compile(r" (?:[a-z]+ )?[a-z]{3,}s (?:were|are|get|got) (?:rejected|eliminated|discarded|excluded)\b")
"""Things that are counted and had been set aside: "42 items were rejected"."""
_UNSURE = re.compile(
    r"(?:\bnot|n['’]t|\bnever)(?: be| feel| entirely| completely| quite| really| fully| totally| so| very| too"
    r"| absolutely| \d+%)* (?:sure|certain|positive|confident)\b"
    r"|\b(?:unsure|uncertain|i guess|i suppose|just a guess|is unknown|or so(?:mething)?"
    r"|give or take|or thereabouts|haven['’]t (?:checked|verified)|(?:can['’]t|cannot) (?:verify|check|confirm"
    r"|guarantee|tell)|(?:may|might|could) be (?:wrong|mistaken|incorrect"
    r"|off|different))\b",
    re.IGNORECASE,
)
_UNSURE_WORDS = (
    "sure", "ertain", "positive", "confident", "guess", "suppose", "unknown", "or so", "give or", "thereabouts",
    "haven", "verify", "check", "confirm", "guarantee", "tell", "be wrong", "be mistaken", "be off", "incorrect",
    "different",
)  # fmt: skip
_BY_CASE = re.compile(
    r"[^\w.!?]*(?:if|when|for)\b(?! and only)[^.]{1,80}?(?:[,;]|\band\b|\bbut\b)[^.]{1,60}?\b(?:if|when"
    r"|otherwise|else)\b"
    r"|[^.]{0,80}[,;(] (?:and |but )?otherwise\b|[^.]{0,40}[,;] (?:and |while |but )?(?:another|the other)(?: \w+)?"
    r" (?:is|are|=|gives?)\b|[^\w.!?]*if\b[^.]{1,60}\b(?:were|had|weren['’]t|hadn['’]t)\b",
    re.IGNORECASE,
)
"""What behind an answer says that it holds in one of several cases."""
_OR_LAST = re.compile(
    r"(?<![\w-])(?:or|ou|oder|oppure|ovvero|o|eller|lub|albo|veya|ya da|atau|hoặc|или|либо|alternatively|otherwise"
    rf"|else|أو|या)[ ,:]*{_NAME}$|(?:或|还是|または|もしくは|あるいは|또는|혹은)[ ,:]*{_NAME}$",
    re.IGNORECASE,
)
_RESTATED = re.compile(
    r"(?:^[^\w]*|(?:\d\s?[A-Za-z]|[A-Za-z\d)] ?[-+*/] ?\w+)\s?=[^=,;]{1,40}"
    r"|=[^=,;.]{1,40}=[^=,;]{1,40}|[\w)] ?[-+*/] ?[^=,;.]{1,30}=[^=,;]{1,30}),\s*$"
)
"""A calculation before "or", which the answer says in other words: "360 + 2x = 600, or x = 120"."""
MARKS_BEFORE = " $*`(\"“'[{\\"
_DENYING = re.compile(r"\b(?:not|wrong|incorrect|false|never)\b|n't\b", re.IGNORECASE)
_SIGNS = tuple("<>≤≥≠-+*/^")
_DISOWNED = re.compile(
    r"\b(?:wrong|incorrect|false|impossible|guess)\b(?! (?!this|thus|always|was|has|is\b|as\b)[a-z]{3,}s\b)"
    r"|^[ }*$]*(?:is|are|was)(?:n't| not)\b"
    r"|^ ?(?:squared|cubed|factorial|times an? (?:constant|number|factor|scalar|power|unit"
    r"|function)|(?:plus|minus|times|divided by) [$\\]?\d)"
    r"|^ ?(?:ではな|ではあり|じゃな|이 아|가 아|不对|不行|değil)"
    r"|^[ }*$]*(?:(?:is|are|was) (?:too|excluded|rejected|ruled)|fails?\b|does(?:n't| not) work)"
    r"|\b(?:can't|cannot|could not|couldn't|unable to|not able to) (?:solve|answer|determine|find|figure|compute)\b"
    r"|\b(?:to|by|the|and|of|with|from|is|are|that|next|we|need|for|or|so|but|which|because|then)$"
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
    r"\b(?:(?:(?<!statement )(?<!one )(?<!option )(?<!claim )that|this|it|which"
    r"|my (?:answer|result))(?:'s| is| was| looks| seems) (?:wrong|incorrect|not (?:right|"
    r"correct)|a mistake|an error|false)|(?:that|this|it)(?: is|'s)n't (?:right|correct)"
    r"|actually,? (?:it|that|the (?:final )?answer)(?:'s| is| was| should)"
    r"|(?:that|this|it) (?:can't|cannot|can not) be(?: right| correct)?[.!,]"
    r"|i (?:was wrong|(?:have )?made an? (?:\w+ )?(?:mistake|error)|take (?:that|it) back|need to re(?:do|think"
    r"|consider))"
    r"|scratch that|never ?mind(?=\W*$|[.!,;])"
    r"|my (?:mistake|bad)\b|oops|on second thoughts?|wait,? (?:no\b|that's not|that is not)"
    r"|(?:ignore|disregard) (?:that|the above|this|my)|let me (?:redo|reconsider|rethink|start over|try again))"
    r"|\b(?:c'est (?:faux|incorrect|une erreur)|(?:eso|esto) (?:es incorrecto|es falso|está mal)|me equivoqué"
    r"|das (?:ist|war) (?:falsch|nicht richtig)|è sbagliato|está errado|это (?:неверно|неправильно|ошибка))"
    r"|这(?:是错|不对|不正确)|等等，?不对|搞错了|算错了|これは間違|これは誤|이것은 틀",
    re.IGNORECASE,
)
_CONFIRMATION = re.compile(r"\b(?:is|was|are)(?: indeed)? (?:right|correct)\b|\bconfirm", re.IGNORECASE)
_ASKED = re.compile(r"[\s*$)]*[?？]")


_ANSWERED_NO = re.compile(r"[?？]\s*(?:no|nope|not|nein|non|нет|不)(?!\w)", re.IGNORECASE)
_ASKING = re.compile(r"[,\s]*[a-z][^.!?\n(]{0,60}[?？]")
"""The rest of a question round an answer."""


def is_hedge(text: str, *, but_or: bool = False) -> bool:
    """Say whether a text names several candidates or doubts its own; `but_or` lets "or" pass."""
    if text.isascii():
        lowered = text.lower()
        doubted = mentions(lowered, _DOUBT_WORDS) and _DOUBT.search(text) is not None
        if doubted or but_or:
            return doubted
        named = ("or" in lowered or "oder" in lowered) and _OR_WORD.search(text) is not None
        return named or joins_by_or(text)
    if but_or:
        return _DOUBT.search(text) is not None
    if _HEDGE.search(text) is not None or joins_by_or(text):
        return True
    return _FOREIGN_HEDGE.search(text) is not None


_OR_WORD = re.compile(r"\b(?:or|oder)\b", re.IGNORECASE)
_OFFERED = re.compile(
    r"[,:]?\s*(?:(?:maybe|perhaps|possibly|else|even|about|it(?:'s| is)|the (?:answer|total|result)(?: is| could be)?"
    r"|just|only|simply|rather)\s+)*[$*(\[{\\]*(?:[-+−]?[\d√]|\\|[A-Za-z](?:_\w)? ?[=<>]|(?-i:[A-J])\b"
    r"|(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|fewer|less|thereabouts)\b"
    r"|more\b(?! (?:precisely|exactly|simply))|so\b)",
    re.IGNORECASE,
)
"""What behind "or" is another candidate."""
_CALCULATED = re.compile(
    r"[^;.=]{0,60}\d[^;.=]{0,30}[-+*/×÷][^;.=]{0,30}=|\s*(?:more|to be) (?:precise|exact)"
    r"|[^,;.]{0,30}\b(?:in total|in all|altogether|total)\b"
)
"""What behind "or" is a calculation, in other words: "a sixth, or 150/5 = 30"."""
_VALUE_LAST = re.compile(r"(?:[\d})\]%°$*]|\b[b-hj-zB-HJ-Z]\b)(?:\s?[A-Za-z%°]+){0,3}[\s,;*$(]*$")
_CHOOSING = re.compile(r";|\b(?:but|so|hence|thus|therefore)\b")
_CONCLUDED = re.compile(r"\b(?:so|hence|thus|therefore)\b \S{0,3}\d")
_CHOSEN = re.compile(r"\b(?:is|are|get|only)\b")
_DIGIT = re.compile(r"\d")


def restates(before: str) -> bool:
    """Say whether what stands before "or" is an equation or calculation that the answer behind it says again."""
    return _RESTATED.search(before[-NEAR:]) is not None


_LEFT_BEHIND = re.compile(r"[^\d;$\\]*(?:;|, but )[^?]*\d")
"""Behind a doubt, another statement without one."""
_CAN = ("could ", "can ", "as ")


def _chooses(text: str) -> bool:
    """Say whether a text ends by choosing among the candidates before it: "so 7", "but only x = 7"."""
    opened = _CHOOSING.search(text)
    if opened is None:
        return False
    end = max(text.rfind(mark) for mark in ";=")
    if _CONCLUDED.search(text, end + 1) is not None:
        return True
    begin = max(end + 1, opened.end())
    if end < opened.end() or text[end] != "=":
        chosen = _CHOSEN.search(text, begin)
        begin = chosen.end() if chosen is not None else len(text)
    return _DIGIT.search(text, begin) is not None


def offers(text: str) -> bool:
    """Say whether a text in numbers doubts, or sets a value beside another with "or" and does not choose afterwards."""
    for doubt in _DOUBT.finditer(text):
        if text.endswith(_CAN, 0, doubt.start()) and doubt[0].lower() == "possibly":
            continue
        if doubt[0].lower() in ("perhaps", "maybe", "possibly") and _LEFT_BEHIND.match(text, doubt.end()) is not None:
            continue
        if doubt[0].lower() != "either" or _OFFERED.match(text, doubt.end()) is not None:
            return True
    if not text.isascii() and (joins_by_or(text) or _FOREIGN_HEDGE.search(text) is not None):
        return True
    last = None
    for found in _OR_WORD.finditer(text):
        before = text[max(0, found.start() - NEAR) : found.start()]
        if _CALCULATED.match(text, found.end()) or restates(before) or _VALUE_LAST.search(before) is None:
            continue
        last = found if _OFFERED.match(text, found.end()) is not None else last
    return joins_by_or(text) or (last is not None and not _chooses(text[last.end() :]))


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
    if before.isascii() and _DENIED_WORDS.isdisjoint(_WORD.findall(before.lower())):
        return False
    far = "doubt" in before or "between" in before
    return _DENIED.search(before, 0 if far else max(0, len(before) - 32)) is not None


def refuses_next(before: str) -> bool:
    """Say whether a text in a script without spaces denies the answer that follows it."""
    return _REFUSED.search(before[-NEAR:].rstrip(MARKS_BEFORE)) is not None


def doubts_next(before: str) -> bool:
    """Say whether a text in a script without spaces doubts the answer that follows it."""
    return _UNCERTAIN.search(before[-NEAR:].rstrip(MARKS_BEFORE)) is not None


def follows_or(before: str) -> bool:
    """Say whether a text ends in "or" and sets another candidate beside the answer that follows."""
    near = before[-NEAR:].rstrip(MARKS_BEFORE)
    beside = _OR_LAST.search(near)
    return beside is not None and not restates(near[: beside.start()])


def refuses_last(after: str) -> bool:
    """Say whether a text denies the answer that stands right before it."""
    return _REFUSED_AFTER.match(after[:NEAR]) is not None and _COUNTED_OUT.match(after) is None


def unsure_behind(behind: str) -> bool:
    """Say whether what stands right behind an answer is not sure of it, or makes it the answer of one case."""
    near = behind[: 2 * NEAR]
    if ("f" in near or "when" in near or "other" in near) and _BY_CASE.match(near) is not None:
        return True
    return mentions(near, _UNSURE_WORDS) and _UNSURE.search(near) is not None


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
    if after[:1] in ("吗", "嗎", "か") or _ANSWERED_NO.match(after) is not None:
        return True
    if _ASKING.match(after) is not None:
        return True
    return after[:1] in ("?", "？") and not is_confirmed(after[: 2 * NEAR])


def retracts(text: str) -> bool:
    """Say whether a text takes back what stands before it, and does not confirm it afterwards."""
    tail = text[-MAX_TAIL:]
    if not mentions(tail, _TAKING_BACK):
        return False
    ends = [match.end() for match in _RETRACTION.finditer(tail)]
    return bool(ends) and _CONFIRMATION.search(tail, ends[-1]) is None
