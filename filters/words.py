"""Text as words and n-grams, for rules that compare wordings. Not a tokenizer.

Law: what differs only in case, Unicode form, spacing or (for words) punctuation is equal.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def normalised(text: str) -> str:
    """Return text in NFKC, case-folded, with runs of white space as one space; punctuation stays."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words(text: str) -> list[str]:
    """Return the words and numbers of normalised text, in order, without punctuation."""
    return _WORD.findall(normalised(text))


def template(text: str) -> str:
    """Return normalised words with every number replaced by 0: equal for number-only variants."""
    return " ".join(words(_NUMBER.sub("0", normalised(text))))


def ngrams(tokens: Sequence[str], n: int) -> list[str]:
    """Return the word n-grams of tokens, joined by spaces; the whole as one when shorter, none when empty."""
    if len(tokens) <= n:
        return [" ".join(tokens)] if tokens else []
    return [" ".join(gram) for gram in zip(*(islice(tokens, i, None) for i in range(n)), strict=False)]
