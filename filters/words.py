"""Text as words and n-grams, for rules that compare wordings. Not a tokenizer.

Law: of a row the question is compared, never what is asked for around it; what differs only in its spelling
(pipeline.question) or, for words, in punctuation is equal.
"""

import json
import re
from collections.abc import Sequence
from itertools import islice

import pyarrow as pa

from pipeline.question import question_of, question_text

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def questions(table: pa.Table) -> list[str]:
    """Return the question of every row of a PROBLEM_SCHEMA table: what its params keep of it, else the prompt."""
    rows = zip(table["params"].to_pylist(), table["prompt"].to_pylist(), strict=True)
    # most params hold no question, and reading them all as JSON would be the most of the work
    return [question_of(json.loads(params), prompt) if '"question":' in params else prompt for params, prompt in rows]


def words(text: str) -> list[str]:
    """Return the words and numbers of a question, in order, without punctuation."""
    return _WORD.findall(question_text(text))


def template(text: str) -> str:
    """Return a question's words with every number replaced by 0: equal for number-only variants."""
    return " ".join(_WORD.findall(_NUMBER.sub("0", question_text(text))))


def ngrams(tokens: Sequence[str], n: int) -> list[str]:
    """Return the word n-grams of tokens, joined by spaces; the whole as one when shorter, none when empty."""
    if len(tokens) <= n:
        return [" ".join(tokens)] if tokens else []
    return [" ".join(gram) for gram in zip(*(islice(tokens, i, None) for i in range(n)), strict=False)]
