"""A reply in sentences: split, without markup and what only closes it. Not what they state (letters, truths, words).

Law: linear in the text; a mark of emphasis is dropped and never a word.
"""

import re

from generators.answers.language.writing import TEXT
from generators.answers.reading.thinking import MAX_TAIL
from generators.answers.wording.prose import without_asides, without_closing

MAX_SENTENCES = 40
_MARKUP = re.compile(
    r"\\(?:boxed|fbox|underline|overline|quad|qquad|left|right|displaystyle)(?![A-Za-z])|\\[()\[\],;:! ]|\*+|(?<!\w)_+"
    r"|_+(?!\w)"
    r"|[`$\"“”„«»「」『』{}]|^\s{0,3}(?:#{1,6}|>)\s|^\s*[-•*+]\s(?=\S)|</?[a-z]{1,12}>",
    re.MULTILINE,
)
_BREAK = re.compile(r"(?<=[.!?])[)\]'’]{0,3}\s+(?=[\[¿¡'‘]{0,2}[A-Z0-9À-ÖØ-ÞА-Я])|(?<=[。！？])[”」』）)]{0,2}|\n+")
_ABBREVIATED = re.compile(
    r"(?:(?:^|[\s(])(?:e\.g|i\.e|cf|vs|etc|approx|Mr|Mrs|Ms|Dr|St|Prof|No|Nr|Fig|Eq|al|resp|viz|U\.S"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|^[\s(]*(?:[A-J]|\d{1,2}))\.$"
)
"""What ends in a full stop and ends no sentence: an abbreviation, the label of an option or of an item."""
_SECOND_LABEL = re.compile(r"[\s(]*[A-J][.):].*[^a-z,;:] [A-J]\.", re.DOTALL)
"""Options side by side, each behind its label: "A. 3 B. 4"."""
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u25a0-\u25ff]+")


def without_markup(text: str) -> str:
    """Return a text without emphasis, quotes, formula marks, headings and emoji; words marked as text stay."""
    text = TEXT.sub(r" \1 ", text) if "\\" in text else text
    text = _MARKUP.sub(" ", text)
    text = text if text.isascii() else _EMOJI.sub(" ", text)
    return re.sub(r"[ \t]+", " ", text).strip()


_EXPLAINING = re.compile(
    r"\W*(?:explanation|reason(?:ing)?|because|here(?:'s| is) why|why|justification|details?|proof|note|this is because"
    r"|steps?|solution|that's because|to (?:find|get|see|obtain|solve|calculate|compute|determine) (?:this|that|it)\b"
    r"|explication|begründung|explicación|spiegazione|原因|理由|解释|解析|説明"
    r"|설명)(?:\b|[:：])",
    re.IGNORECASE,
)


def explains(sentence: str) -> bool:
    """Say whether a sentence opens the explanation of what stands before it."""
    return _EXPLAINING.match(sentence) is not None


def sentences(text: str) -> list[str]:
    """Return the last sentences of a text, in order, without the courtesies and checks at its end."""
    tail = without_asides(without_closing(text))[-MAX_TAIL:]
    found: list[str] = []
    begin = 0
    for match in _BREAK.finditer(tail):
        part = tail[begin : match.start()]
        if "\n" not in match[0] and not _ends(part):
            continue
        found.append(part.strip())
        begin = match.end()
    found.append(tail[begin:].strip())
    return [part for part in found if part][-MAX_SENTENCES:]


def _ends(part: str) -> bool:
    """Say whether a full stop ends a sentence and no abbreviation, and no label of an option or item."""
    if _ABBREVIATED.search(part) is not None:
        return False
    return _SECOND_LABEL.fullmatch(part) is None
