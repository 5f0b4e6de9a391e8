"""The place that a question itself gives the answer: a box, a tag, a line of a certain form. Not the answer's meaning.

A question that comes with such a request must not get another, and its replies are read where it asks. Formats: "tag"
(box or `<answer>`), "within NAME" (the last `<NAME>` span), "after CUE" (what follows the last CUE), "free" (wherever
answers are stated: a JSON object, a bare answer). Law: a request is a sentence about the answer's place; what the
question is about is never taken for one.
"""

import re

from generators.answers.reading.extract import AFTER, MAX_REPLY_CHARS, WITHIN, place, spoken
from generators.answers.wording.denials import DENIAL
from generators.answers.wording.standing import fault_before
from generators.malformed import Malformed

FREE = "free"
MAX_QUESTION_CHARS = 100_000
"""Of a longer question the ends alone are searched for a request."""
_NAMES = r"answers?|results?|solutions?|conclusion|response|choice|option|output"
_ANSWER = re.compile(
    r"\b(?:answers?|results?|solutions?|réponse|respuesta|resposta|risposta|antwort|ответ\w*)\b|答案|结果|結果|答え|정답|답",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?。])\s+|\n+")
_TELLS = re.compile(
    r"\b(?:lines?|form|format(?:ted)?|end(?:ing|s)?|finish|conclude|begin|start|respond|reply|output|write|put"
    r"|place|give"
    r"|provide|return|present|state|report|use|after|follow\w*|prefix\w*|preced\w*|last|final(?:ly)?|enclose\w*|wrap\w*"
    r"|within|inside|between|must|should|please)\b|请|請|输出|放在|最后",
    re.IGNORECASE,
)
"""What a sentence says that tells how to answer."""
_STAND_IN = (
    r"(?:(?:your|the|an?|insert|final)[ _]?(?=[a-z]{2})"
    r"|(?:answer|number|letter|value|result|choice|option|integer|solution)(?![a-z])|[xyn](?=\s*[)\]}>])|\.\.\.|…)"
)
_BOX = re.compile(
    rf"\\+f?box(?:ed)?(?!\w)(?:\s*\{{\s*[$<\[(]*(?:\}}|{_STAND_IN})|(?!\s*\{{))"
    r"|\b(?:in|inside|within|using) (?:a |the )?box\b|(?<!\\)\bboxed\b",
    re.IGNORECASE,
)
"""A box to be filled, never one that holds something."""
_BOX_IT = re.compile(r"\bbox (?:your|the|its|only|this) (?:\w+ ){0,2}(?:answer|result|solution)", re.IGNORECASE)
_TAG = re.compile(r"</?answer/?>", re.IGNORECASE)
_OTHER_TAG = re.compile(
    r"<([a-z_]{0,20}(?:ans|answer|solution|result|final|output|response)[a-z_]{0,20})>[^<>]{0,60}</\1>", re.IGNORECASE
)
_OPEN = (
    rf"(?:\$(?:[a-z]{{2,}}\b|\\+boxed)|[\[<{{(]+ ?{_STAND_IN}|\\+boxed|['\"“”‘’`」](?!\w)|\.\.\.|…"
    r"|(?-i:X|Y|N|ANSWER|LETTER|NUMBER)\b|your answer\b)"
)
"""What stands for the answer behind a cue, or ends its quotation."""
_CUE = re.compile(
    rf"(?<![\w<])((?:(?:the|my|final|correct),? ){{0,3}}(?:{_NAMES})(?: is)?[*_]{{0,2}} ?[:：])"
    rf"(?=[*_]{{0,2}} ?['\"“‘`「]?{_OPEN})",
    re.IGNORECASE,
)
"""A cue with its colon."""
_SAYING = re.compile(
    r"\b(?:form|format|with|by|line|as|saying|say|phrase|sentence|words)\b[^.\n]{0,30}?"
    rf"((?:the|my) (?:final |correct |best )?answer is)(?= ?:? ?['\"“‘`「]?{_OPEN})",
    re.IGNORECASE,
)
"""A cue in words, which is told to be said."""
_OTHER_CUE = re.compile(
    r"[\"'“«「‘`]((?:(?:la |die |o )?(?:réponse|antwort|respuesta|resposta|risposta|antwoord|svar|cevap|odpowiedź|jibu)"
    r"(?: final[ea]?)?|(?:окончательный )?ответ|(?:最终|最終)?(?:答案|答え|回答)|정답|답|উত্তর|సమాధానం|คำตอบ) ?[:：])"
    r"(?=[^\"'”»」’`\n]{0,30}[\"'”»」’`])",
    re.IGNORECASE,
)
"""A cue of another language, in quotation marks."""
_DIRECTLY = re.compile(
    r"(?:please |just |only )*(?:output|give|provide|return|write|state)\b (?:the|your) (?:final )?answer "
    r"(?:directly|alone|only)?,? ?(?:without (?:any )?(?:explanation|reasoning|steps|other text|further text)s?)?",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:please |just |only )*(?:answer|respond|reply|output|give|provide|return|write|state)\b(?: me| back| with| in)*"
    r"(?: only| just| nothing but| a single)+(?: with)? ?(?:the|your|a|an|one|its)? ?"
    r"(?:single |final |correct |numerical |numeric |exact |integer )*"
    r"(?:answer|number|letter|integer|option|choice|result|value|word)\b[^?]{0,40}",
    re.IGNORECASE,
)
_BETWEEN_TAGS = re.compile(rf"{_OTHER_TAG.pattern.partition('>')[0]}> and </\\1>", re.IGNORECASE)
_JSON = re.compile(r"\bjson\b", re.IGNORECASE)
_MARKS = r"[\s*_`'\"]{0,6}"


def asked_place(question: str) -> str:
    """Return the answer format that a question asks for itself, "" where it leaves the place open.

    Of several places that it names, a line that begins in a certain way goes before a tag, and that before a box.
    """
    if len(question) > MAX_QUESTION_CHARS:
        question = question[: MAX_QUESTION_CHARS // 2] + "\n" + question[-MAX_QUESTION_CHARS // 2 :]
    found = [place for sentence in _SENTENCE.split(question) if (place := _place_in(sentence))]
    return next((place for place in reversed(found) if place.startswith(AFTER)), found[-1] if found else "")


def _place_in(sentence: str) -> str:
    if "####" in sentence and (_ANSWER.search(sentence) or _TELLS.search(sentence)):
        return f"{AFTER}####"
    for cue in (_CUE, _SAYING, _OTHER_CUE):
        if (cue is _OTHER_CUE or _TELLS.search(sentence)) and (named := list(cue.finditer(sentence))):
            return AFTER + re.sub(r"[*_]|(?<=[a-z]) (?=[:：])", "", named[-1][1])
    if _TAG.search(sentence):
        return "tag"
    if (tag := _OTHER_TAG.search(sentence) or _BETWEEN_TAGS.search(sentence)) and _TELLS.search(sentence):
        return WITHIN + tag[1]
    if (_BOX.search(sentence) and _ANSWER.search(sentence) and _TELLS.search(sentence)) or _BOX_IT.search(sentence):
        return "tag"
    in_json = _JSON.search(sentence) and _ANSWER.search(sentence) and _TELLS.search(sentence)
    bare = sentence.strip(" .!:")
    alone = _ALONE.fullmatch(bare) or (_DIRECTLY.fullmatch(bare) and not bare.lower().endswith("answer"))
    return FREE if in_json or alone else ""


def answer_behind(reply: str, cue: str) -> str | None:
    """Return a reply that is nothing but what follows the last cue after the thinking; None for one without the cue.

    Raises:
        Malformed: when the thinking never ends, the cue is denied, or the reply is too long.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    words = re.escape(cue.rstrip(":：")).replace("\\ ", r"\s+")
    colon = "" if words.endswith(("is", "#")) else "[:：]"
    begin = r"(?<!\w)" if cue[:1].isascii() else ""  # other scripts set no spaces between words
    pattern = rf"{begin}{words}{_MARKS}{colon or '[:：]?'}{_MARKS}"
    after = spoken(reply)
    found = list(re.finditer(pattern, after, re.IGNORECASE))
    if found and fault_before(after[: found[-1].end()]):
        raise Malformed(DENIAL, after[found[-1].start() :][:100])
    return f"Answer: {after[found[-1].end() :].lstrip()}" if found else None


def answer_within(reply: str, name: str) -> str | None:
    """Return what a reply says, its last span of a tag as an `<answer>`; None for one without it.

    Raises:
        Malformed: when the thinking never ends, or the reply is too long.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    after = spoken(reply)
    opened, closed = f"<{name}>", f"</{name}>"
    begin = after.lower().rfind(opened.lower())
    end = after.lower().find(closed.lower(), begin)
    if begin < 0 or end < 0:
        return None
    before = after[:begin].rpartition(">")[2]
    return before + place(after[begin + len(opened) : end].strip(), "tag") + after[end + len(closed) :]
