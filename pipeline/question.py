"""What a question asks, whatever its spelling: the text by which two questions are one. Not a comparison of meanings.

Law: spellings of one question share a text (case, Unicode forms, spacing, the marks of LaTeX and Markdown round it,
punctuation at its end, a request for how to answer); questions that differ in a word, a digit, a sign, an exponent or
an operator never do.
"""

import html
import re
import unicodedata

from pipeline.problem import Json

MAX_CHARS = 100_000
"""A longer text is only put into one case, form and spacing."""

_SIGNS = {
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("‘’‚‛′＇`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("∕⁄", "/"),
    **dict.fromkeys("⋅∙•‧", "·"),
    **dict.fromkeys("✕✖⨯", "×"),
    "º": "°",
    "˚": "°",
    "。": ".",
}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_FORMULA = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<!\\)\$(?=\S)((?:[^$\\]|\\.)+?)(?<=\S)(?<!\\)\$(?!\d)", re.DOTALL)
_BOLD = re.compile(r"(?<![\w)*])\*\*(?=\S)([^*]+?)(?<=\S)\*\*(?![\w(*])")
_COMMAND = re.compile(
    r"\\(?:(?P<keep>\\)|(?P<drop>[()\[\]!]|(?:left|right|displaystyle)(?![a-z]))|(?P<space>[,;:> ]|q?quad(?![a-z]))"
    r"|(?P<bare>[$%&#_])|(?:text|mathrm|textrm|textbf|mathbf|mbox)\{(?P<inner>[^{}\\]*)\}|(?P<name>[a-z]+))"
)
_NAMES = {
    **dict.fromkeys(("dfrac", "tfrac", "frac"), "\\frac"),
    **dict.fromkeys(("le", "leq", "leqslant"), "≤"),
    **dict.fromkeys(("ge", "geq", "geqslant"), "≥"),
    **dict.fromkeys(("ne", "neq"), "≠"),
    **dict.fromkeys(("ldots", "dots", "cdots"), "..."),
    "times": "×",
    "cdot": "·",
    "div": "÷",
    "pm": "±",
    "pi": "π",
    "infty": "∞",
    "degree": "°",
}
_DEGREE = re.compile(r"\^\{?\\circ\}?")
_SCRIPT = re.compile(r"([\^_])\{(-?\w+)\}(?!\w)")
_RELATION = {"<=": "≤", ">=": "≥"}
_OPERATOR = re.compile(r" ?([=*/^<>×·÷≤≥≠]) ?")
_SIGN = re.compile(r"(?<=\S) ([-+±]) (?=\S)")
"""With a space on one side alone it may stand before a number of its own."""
_BEFORE_MARK = re.compile(r" +(?=[,;:.?](?:\s|$))")
_INSIDE = re.compile(r"(?<=[(\[{]) +| +(?=[)\]}])")
_LABEL = re.compile(r"^\W*(?:question|problem|q)\s*:\s+")
_SENTENCE = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][$)\]\"']))\s+|\s*\n\s*|\s+(?=(?:let's|please)\s)")
_TAIL = " \t\n.?:;,"
_ASKING = """
please let's let us you should must can be reason think solve work explain show give put output write place present
return provide state box enclose your the a an final in within inside into after on at end of to it this following math
by and then only with as its own line carefully remember tag tags <answer> </answer> $answer between
"""
_OF_ANSWERS = """
answer answers solution step steps step-by-step problem question reasoning boxed \\boxed \\boxed{} ####
"""
_ASKS_HOW = frozenset(_OF_ANSWERS.split())
_REQUEST = _ASKS_HOW | frozenset(_ASKING.split())
"""Words that ask for how to answer and for nothing else: no digit, no quantity, no thing."""
_LAST_LINE = re.compile(r"the last line of your response should be of the form answer: \$answer\b[^?\d]*")
_ANSWER_LABEL = re.compile(r"[#*\s]*(?:answer|a|solution|response)\s*:[*\s]*")
_WORD_MARKS = ".,:;!\"'()*`"


def question_of(params: Json, prompt: str) -> str:
    """Return the question a problem asks: what its params keep of it, without what is asked for around it, else all."""
    kept = params.get("question") if isinstance(params, dict) else None
    return kept if isinstance(kept, str) else prompt


def question_text(text: str) -> str:
    """Return the text that all spellings of a question share."""
    if len(text) > MAX_CHARS:
        return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    plain = _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text
    plain = plain if plain.isascii() else _compatible(plain)
    plain = _without_marks(plain.casefold())
    spaced = " ".join(_asked(plain).split())
    spaced = _INSIDE.sub("", _BEFORE_MARK.sub("", _SIGN.sub(r"\1", _OPERATOR.sub(r"\1", spaced))))
    return spaced.rstrip(_TAIL) or " ".join(plain.split())


def asked_text(text: str) -> str:
    """Return a question in lower case and single spaces, without requests for how to answer and its last marks.

    Weaker than `question_text` and quicker: what SQL_ASKED makes of a text without requests.
    """
    return " ".join(_asked(text.lower()).split()).rstrip(_TAIL)


SQL_ASKED = "rtrim(regexp_replace(lower({}), '\\s+', ' ', 'g'), ' .?:;,')"
"""The SQL of `asked_text` for a column of questions, but for labels and requests, which stay."""


def _compatible(text: str) -> str:
    """Return a text in NFKC that keeps apart what NFKC would merge: exponents, indices and fractions of one sign."""
    found = []
    script = ""
    for sign in text:
        kind = unicodedata.decomposition(sign).partition(" ")[0]
        mark = {"<super>": "^", "<sub>": "_"}.get(kind, "") if sign not in _SIGNS else ""
        if mark != script:
            found.append(("}" if script else "") + (f"{mark}{{" if mark else ""))
            script = mark
        if kind in ("<fraction>", "<circle>"):
            found.append(f" {unicodedata.normalize('NFKC', sign).replace('⁄', '/')} ")
        elif unicodedata.category(sign) != "Cf":
            found.append(_SIGNS.get(sign, sign))
    plain = unicodedata.normalize("NFKC", "".join([*found, "}" if script else ""]))
    return "".join(_SIGNS.get(sign, sign) for sign in plain)


def _without_marks(text: str) -> str:
    """Return a text without the marks of LaTeX and Markdown that say nothing, symbols in one spelling."""
    text = text.replace("`", "'")
    if "$" in text:
        text = _FORMULA.sub(lambda found: found[1] if found[1] is not None else found[2], text)
    if "**" in text:
        text = _BOLD.sub(r"\1", text)
    if "\\" in text:
        text = _COMMAND.sub(_written, _DEGREE.sub("°", text))
    for ascii_, sign in _RELATION.items():
        text = text.replace(ascii_, sign)
    return _SCRIPT.sub(r"\1\2", text)


def _written(found: re.Match[str]) -> str:
    if found["keep"]:
        return "\\\\"
    if found["name"]:
        return _NAMES.get(found["name"], found[0])
    return "" if found["drop"] else " " if found["space"] else found["bare"] or found["inner"] or ""


def _asked(text: str) -> str:
    """Return a text without its label and without the sentences before and after it that only say how to answer."""
    sentences = [part for part in _SENTENCE.split(_LABEL.sub("", text.strip())) if part]
    while len(sentences) > 1 and _is_request(sentences[-1]):
        sentences.pop()
    while len(sentences) > 1 and _is_request(sentences[0]):
        sentences.pop(0)
    return " ".join(sentences)


def _is_request(sentence: str) -> bool:
    if _ANSWER_LABEL.fullmatch(sentence):
        return True
    words = {word.strip(_WORD_MARKS) for word in sentence.split()} - {""}
    return (words <= _REQUEST and not words.isdisjoint(_ASKS_HOW)) or _LAST_LINE.fullmatch(sentence) is not None
