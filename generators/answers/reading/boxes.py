"""The declared place of a reply: its last `<answer>` spans or boxes, and what stands round them. Not what they mean.

Law: the last place counts, with those before it that say the same thing with it: set side by side they are one list,
joined by "or" they are candidates. A place that is denied, doubted, supposed, asked, taken back, empty or never closed
holds no answer. Every pattern is linear in the text.
"""

import re
from typing import NamedTuple

from generators.answers.wording.denials import DENIAL, HEDGE
from generators.answers.wording.standing import MAX_SENTENCE, fault_before, fault_behind, is_suspect
from generators.malformed import Malformed

MAX_ANSWER_CHARS = 10_000
MAX_BOXES = 64
"""The last so many boxes of a reply are read."""
MAX_BRACES = 1000
"""Braces inside one another that a box may hold."""
MAX_BETWEEN = 160
"""Characters between two boxes that say one thing together."""
_OPEN_TAG, _CLOSE_TAG, _OPENING = "<answer>", "</answer>", "\\boxed{"
_NESTED = 3
_THOUGHT = "</think>"
_IDLE = " \n$.}*\\)]"
"""What may stand behind an answer and says nothing."""
_TAG = re.compile(r"<[A-Za-z/|]")
_BRACKETED = re.compile(r"\[[/TtuIEr]")
"""How thinking and turns in square brackets begin."""
_ANNOUNCING = frozenset("Hh \n")
_BOX = re.compile(r"\\boxed\s*(\{|[0-9A-Za-z])")
_OTHER_BOXES = re.compile(r"\\(?:beginboxed|fboxed|f(?:rame)?box)(?=\s*\{)")
_BRACE = re.compile(r"(?:\\\\)+|\\.|[{}]")
_MARKUP = re.compile(
    r"\$|\*\*|\\[()\[\]]|\\(?:q?quad|text(?:bf|rm|it)?|mathrm|left|right)(?![A-Za-z])|\\[,;:! ]|[`{}]|&|<\S+?>"
)
_OR = re.compile(
    r"(?<![\w-])(?:or|ou|oder|oppure|ovvero|o|eller|lub|albo|veya|ya da|atau|hoặc|или|либо|alternatively|otherwise"
    r"|else|أو|या)(?![\w-])|或|还是|または|もしくは|あるいは|또는|혹은|หรือ",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(
    r"(?<!\w)(?:maybe|perhaps|possibly|probably|could|might|may|unless|peut-être|vielleicht|quizás?|tal vez|talvez"
    r"|forse"
    r"|возможно|belki|mungkin|misschien)(?!\w)|可能|也许|たぶん|아마",
    re.IGNORECASE,
)
_CASES = re.compile(
    r"\b(?:if|when(?:ever)?|in (?:the )?(?:first|second|other|one|either|this|that) case|assuming|depending|si|wenn"
    r"|falls"
    r"|se|если)\b|如果|若|的时候|の場合|라면",
    re.IGNORECASE,
)
_FLOW = re.compile(
    r"\b(?:then|so|thus|hence|therefore|thereby|giv\w+|get\w*|got|yield\w*|impl\w+|mean\w*|lead\w*|next|finally|final"
    r"|total\w*|which|since|because|where|rather|instead|result\w*|answer|simplif\w+|becomes?|equals?|now|check\w*|but"
    r"|however|not|wait|actually|hmm+|no|verif\w*|substitut\w+|plug\w*|comput\w+|calculat\w+|adding|after"
    r"|altogether|make[sn]?|making|minus|plus|times|from|donc|alors|also gilt|daraus|entonces|por lo tanto|quindi|luego"
    r"|поэтому|значит|итого)\b|n't\b|因此|所以|从而|得到|共|よって|따라서|=>|[⇒→≈]|\\(?:Right|Long|right|to|implies"
    r"|therefore|approx)",
    re.IGNORECASE,
)
"""What says that the second of two boxes follows from the first and stands in its place."""
_AND = re.compile(
    r"(?<![\w-])(?:and|et|und|y|e|i|en|och|og|oraz|ve|dan|và|и|while|with|plus|along|together|as well as)(?![\w-])"
    r"|[,;/|、，；]|以及|和|与|と|および|그리고|와|과",
    re.IGNORECASE,
)
_SCALE = re.compile(r"[\s$*})\]]* (thousand|million|billion|trillion)(?![\w-])", re.IGNORECASE)
_NUMERIC = re.compile(r"\$?-?[\d.,]+")
"""A number in a box, and behind it what it is a number of."""
_SENTENCE = re.compile(r"[.!?。！？]\s*(?=\S)|\n\s*\n")
_STOP = re.compile(r"[.!?。！？]\s")
_LABELLED = re.compile(
    r"[\s.,;:)]*(?:(?:the )?(?:\w+ )?(?:answer|solution|case|option|part|result|root|value|candidate|possibility"
    r"|question"
    r"|réponse|respuesta|lösung|antwort|решение) ?)?\(?(?:[A-H]|[1-9]|i{1,3}|iv|v|one|two|three|first|second|third)"
    r"(?:\)|\s?[:=])[^.!?]{0,40}",
    re.IGNORECASE,
)
"""What names the next of several answers that stand in sentences of their own: "Answer B:", "(ii)"."""
_ITEM = re.compile(r"\s*(?:[-*•–]|\(?(?:\d{1,2}|[a-h]|i{1,3}|iv|v)[.)]|\|)[^.!?]{0,80}")
_NAMED = re.compile(
    r"(?<![\w\\})])(\(?[A-Za-z](?:_\{?\w{1,3}\}?|['′])?(?:, ?[A-Za-z](?:_\{?\w{1,3}\}?)?)*\)?(?:\([a-z0-9]\))?"
    r"|\\(?:alpha|beta|gamma|delta|theta|lambda|mu|phi|omega|sigma|rho)(?:_\{?\w\}?)?) ?= ?$"
)
_RIVAL = re.compile(
    r"[\s$*`\\)\]},;:.—–-]*(?:(?<!\w)(?:or|ou|oder|oppure|eller|veya|atau|или|alternatively)(?!\w)|或者?|または|또는)"
    r"[\s,:]*(?:(?:else|equivalently|simply|just|in (?:other words|decimals?|decimal form)|as a (?:decimal|fraction)"
    r"|also"
    r"|about|approximately|roughly|even|is it|écrit|soit)[\s,:]*)*"
    r"(?P<rest>(?:[*$({\[`]|\\[(\[])*(?:[A-Za-z] ?= ?)?(?:[-+−]?\$?[\d.]|\\(?:d?frac|sqrt|pi)|[-+]?[√π]|[A-J]\b|yes\b"
    r"|no\b"
    r"|true\b|false\b)[^\n]{0,60})"
)
"""A candidate, in no place of its own, that "or" sets beside the answer before it."""


class Placed(NamedTuple):
    """What stands in a declared place, in one text, and what stands behind it.

    several: how its parts were joined, "" for one, "list" for a list, "or" for candidates. fault: why it is no answer
    where it is, "" where it is one.
    """

    text: str
    parts: tuple[str, ...]
    several: str
    behind: str
    fault: str = ""


class _Mark(NamedTuple):
    """One span or box: where it begins and ends, and its content."""

    begin: int
    end: int
    content: str


def declared_place(text: str) -> Placed | None:
    """Return what the last spans or boxes of a text state together, spans before boxes; None without any.

    Raises:
        Malformed: for a place that is empty, never closed, denied, doubted, supposed, asked or taken back.
    """
    found = last_place(text)
    if found is not None and found.fault:
        raise Malformed(found.fault, found.text[:100])
    return found


def last_place(text: str) -> Placed | None:
    """Return the last declared place of a text with what is wrong with it; None without any.

    Raises:
        Malformed: for one that is empty or never closed.
    """
    marks = _spans(text) if _OPEN_TAG in text else []
    if not marks:
        if "box" not in text:
            return None
        if "fbox" in text or "framebox" in text or "beginboxed" in text:
            text = _OTHER_BOXES.sub(r"\\boxed", text)
        if "\\boxed" not in text:
            return None
        marks = _boxes(text)
    run, several = _run(text, marks)
    before, behind = text[max(0, run[0].begin - MAX_SENTENCE) : run[0].begin], text[run[-1].end :]
    if not all(mark.content.strip() for mark in run):
        raise Malformed("empty answer")
    found = _together(text, run, several)
    if several == "doubt":
        return found._replace(fault=HEDGE)
    fault = fault_before(_MARKUP.sub("", before)) if is_suspect(before) else ""
    if not fault and behind.strip(_IDLE):
        fault = fault_behind(_MARKUP.sub("", behind[:MAX_BETWEEN]) + behind[MAX_BETWEEN:])
    return found._replace(fault=fault)


def lone_place(reply: str) -> str | None:
    """Return at once what stands in the one box or span of a reply that ends with it, where nothing is said against it.

    None for any other reply: then a closer look decides (last_place).
    """
    tagged = "<" in reply
    begin = reply.rfind(_THOUGHT) + len(_THOUGHT) if tagged and _THOUGHT in reply else 0
    at = reply.find(_OPENING, begin)
    if at >= 0:
        inside = at + len(_OPENING)
        end = reply.find("}", inside)
        if reply.find("{", inside, end) >= 0:
            end = _closing(reply, inside) or -1
        stop = end + 1
        if (
            reply.find("box", inside) >= 0
            or reply.find("box", begin, at) >= 0
            or (tagged and _TAG.search(reply, begin))
        ):
            return None
    else:
        at = reply.find(_OPEN_TAG, begin) if tagged else -1
        inside, end = at + len(_OPEN_TAG), reply.find(_CLOSE_TAG, at)
        stop = end + len(_CLOSE_TAG)
        if reply.find("<", begin) != at or reply.find("<", inside) != end or reply.find("<", stop) >= 0:
            return None
    if at < 0 or end < 0 or reply[stop:].strip(_IDLE):
        return None
    if "[" in reply and _BRACKETED.search(reply) is not None:
        return None
    if (not begin and "◁" in reply) or (reply[:1] in _ANNOUNCING and "response:" in reply):
        return None
    before = reply[max(begin, at - MAX_SENTENCE) : at]
    if is_suspect(before):
        return None
    return reply[inside:end] if reply[inside:end].strip() else None


def rival(behind: str) -> str | None:
    """Return the candidate that "or" sets beside the answer right before it, None without one."""
    found = _RIVAL.match(behind[:MAX_BETWEEN])
    return found["rest"] if found is not None else None


def _together(text: str, run: list[_Mark], several: str) -> Placed:
    """Return several places in one text: with their names where all have one, joined as they were."""
    parts = list(dict.fromkeys(mark.content.strip() for mark in run))
    behind = text[run[-1].end :]
    if len(parts) == 1 and (scale := _SCALE.match(behind)) is not None and _NUMERIC.fullmatch(parts[0]):
        parts, behind = [f"{parts[0]} {scale[1]}"], behind[scale.end() :]
    if len(parts) == 1:
        return Placed(parts[0], (parts[0],), "", behind)
    named = [_NAMED.search(_MARKUP.sub("", text[max(0, mark.begin - 40) : mark.begin]).rstrip()) for mark in run]
    if all(found is not None for found in named):
        parts = [f"{found[1]} = {mark.content.strip()}" for found, mark in zip(named, run, strict=True) if found]
    return Placed((" or " if several == "or" else ", ").join(parts), tuple(parts), several, behind)


def _run(text: str, marks: list[_Mark]) -> tuple[list[_Mark], str]:
    """Return the last of some places with those before it that say one thing with it, and how they are joined."""
    run, several = marks[-1:], ""
    for mark in reversed(marks[:-1]):
        joined = _joined(text[mark.end : run[0].begin], same=mark.content.strip() == run[0].content.strip())
        before = text[max(0, mark.begin - MAX_SENTENCE) : mark.begin] if joined else ""
        if not joined or (is_suspect(before) and fault_before(_MARKUP.sub("", before)) == DENIAL):
            break
        run.insert(0, mark)
        several = max(several, joined, key=("", "list", "or", "doubt").index)
    if several == "list" and _CASES.search(_MARKUP.sub("", text[run[-1].end :][:40])):
        several = "or"
    return run, several


def _joined(between: str, *, same: bool) -> str:
    """Return how two places are joined: "list", "or", "doubt", "" where the second stands in the place of the first."""
    if len(between) > MAX_BETWEEN:
        return ""
    plain = _MARKUP.sub(" ", between)
    if same or not plain.strip(" \n,;.*-"):
        return "list"
    if plain.lstrip().startswith("="):
        return ""
    if _DOUBTFUL.search(plain):
        return "doubt"
    if _NAMED.fullmatch(plain.strip(" .,;\n")) is not None:
        return "list"
    if "rather" not in plain and (found := _OR.search(plain)) is not None:
        return "" if _STOP.search(plain, found.end()) else "or"
    numbered = _SENTENCE.search(plain) is not None or plain.lstrip(" .,;").startswith("(")
    if (numbered and _LABELLED.fullmatch(plain)) or _is_item(plain):
        return "list"
    if _SENTENCE.search(plain) or _FLOW.search(plain):
        return ""
    if _CASES.search(plain):
        return "or"
    return "list" if _AND.search(plain) else ""


def _is_item(plain: str) -> bool:
    """Say whether what stands before a place opens the next item of a list, or names the next of several values."""
    line = plain.rpartition("\n")[2] if "\n" in plain else ""
    if not line.strip() or (_FLOW.search(line) is not None and "answer" not in line):
        return False
    first = plain.partition("\n")[0]
    found = _ITEM.fullmatch(line) or _NAMED.fullmatch(line.strip()) or _LABELLED.fullmatch(line)
    return found is not None and len(first) < 40


def _spans(text: str) -> list[_Mark]:
    """Return the `<answer>` spans of the end of a text.

    Raises:
        Malformed: where the last one never ends.
    """
    marks: list[_Mark] = []
    stop = len(text)
    while len(marks) < MAX_BOXES and (begin := text.rfind(_OPEN_TAG, 0, stop)) >= 0:
        end = text.find(_CLOSE_TAG, begin, stop)
        if end < 0:
            if marks:
                break
            raise Malformed("<answer> never ends")
        marks.insert(0, _Mark(begin, end + len(_CLOSE_TAG), text[begin + len(_OPEN_TAG) : end]))
        stop = begin
    return marks


def _boxes(text: str) -> list[_Mark]:
    """Return the outermost of the last MAX_BOXES boxes of a text.

    Raises:
        Malformed: where the last one is never closed.
    """
    start = 0
    if text.count("\\boxed") > MAX_BOXES:
        start = len(text) - len("\\boxed" + "\\boxed".join(text.rsplit("\\boxed", MAX_BOXES)[1:]))
    marks: list[_Mark] = []
    last = text.rfind("\\boxed")
    while (match := _BOX.search(text, start)) is not None:
        if match[1] != "{":
            marks.append(_Mark(match.start(), match.end(), match[1]))
        elif (end := _closing(text, match.end())) is not None:
            marks.append(_Mark(match.start(), end + 1, _inmost(text[match.end() : end])))
        elif match.start() == last:
            raise Malformed("a box that never ends")
        else:
            start = match.end()
            continue
        start = marks[-1].end
    if not marks or marks[-1].end < last:
        raise Malformed("a box that never ends")
    return marks


def unboxed(text: str) -> str:
    """Return the content of a text that is one box and nothing else; any other text as it is."""
    whole = text.startswith(_OPENING) and _closing(text, len(_OPENING)) == len(text) - 1
    return text[len(_OPENING) : -1] if whole else text


def _inmost(content: str) -> str:
    """Return the content of a box that holds nothing but other boxes inside one another."""
    for _ in range(_NESTED):
        inner = unboxed(content.strip())
        if inner == content.strip():
            break
        content = inner
    return content


def _closing(text: str, begin: int) -> int | None:
    """Return where the brace opened just before `begin` closes, None beyond MAX_BRACES; escaped braces do not count."""
    depth = 1
    for match in _BRACE.finditer(text, begin, begin + MAX_ANSWER_CHARS):
        mark = match[0]
        if mark == "}":
            depth -= 1
            if depth == 0:
                return match.start()
        elif mark == "{":
            depth += 1
            if depth > MAX_BRACES:
                return None
    return None
