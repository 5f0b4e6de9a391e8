"""How values are joined: "or", "and" and their sisters in the languages that are read. Not what a join means (typed).

Law: a word of another language joins only where values stand on both sides of it, so that a variable called e or o and
an English "of" stay what they are; every pattern is linear in the text.
"""

import re

_OR_WORDS = (
    "ou bien|ou|oder|oppure|ovvero|o bien|eller|lub|albo|veya|ya da|atau|hoặc|или|либо|або|أو|या|sau|vagy|nebo|or else"
)
_OR_LETTERS = "o|u"
_AND_WORDS = "et|und|ed|en|och|og|oraz|ve|dan|và|as well as|और"
_AND_LETTERS = "y|e|i|и|і|و"
"""Words that are variables elsewhere: they join only what begins and ends with a number or a formula."""
_OR_SIGNS = "或者是?|或是?|还是|還是|または|もしくは|あるいは|또는|혹은|หรือ"
_AND_SIGNS = "以及|和|与|及|と|および|그리고|와|과|และ"
_BEFORE = r"(?<=[\w)\]}$%°'!*])"
_AFTER = r"(?=[*$]{0,4}[-+−]?[(\[\d√π\\]|[*$]{0,3}[A-Za-z](?:_\{?\w{1,3}\}?)? ?[=≈<>])"
_LETTER_BEFORE = r"(?<=[\d)\]}$%°!])"
_LETTER_AFTER = r"(?=[*$]{0,4}[-+−]?[\d\\]|[*$]{0,3}[A-Za-z](?:_\{?\w{1,3}\}?)? ?=)"


def _joiner(words: str, letters: str, signs: str) -> re.Pattern[str]:
    """Return the pattern of a join between values."""
    return re.compile(
        rf"{_BEFORE}[,;]?[*\s]{{1,4}}(?:{words})\s{{1,3}}{_AFTER}"
        rf"|{_LETTER_BEFORE}[,;]?[*\s]{{1,4}}(?:{letters})\s{{1,3}}{_LETTER_AFTER}"
        rf"|{_BEFORE}\s{{0,3}}[,，;、]?\s{{0,3}}(?:{signs})\s{{0,3}}{_AFTER}"
    )


_OR = _joiner(_OR_WORDS, _OR_LETTERS, _OR_SIGNS)
_AND = _joiner(_AND_WORDS, _AND_LETTERS, _AND_SIGNS)
_ANY_WORD = re.compile(rf"\s(?:{_OR_WORDS}|{_OR_LETTERS}|{_AND_WORDS}|{_AND_LETTERS})\s|{_OR_SIGNS}|{_AND_SIGNS}")
_ASCII_WORDS = frozenset(f"{_OR_WORDS}|{_OR_LETTERS}|{_AND_WORDS}|{_AND_LETTERS}".replace(" ", "|").split("|"))


def _may_join(text: str) -> bool:
    """Say at once whether a text holds a word of another language that may join values."""
    if text.isascii():
        return not _ASCII_WORDS.isdisjoint(text.split())
    return _ANY_WORD.search(text) is not None


def with_plain_joins(text: str) -> str:
    """Return a text whose values are joined by the English words alone: "x=1 ou x=-2" as "x=1 or x=-2"."""
    if not _may_join(text):
        return text
    return _AND.sub(" and ", _OR.sub(" or ", text))


def joins_by_or(text: str) -> bool:
    """Say whether a text joins values by the "or" of a language other than English."""
    return _may_join(text) and _OR.search(text) is not None
