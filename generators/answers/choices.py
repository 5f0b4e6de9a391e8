"""Choices, booleans and words. Not mathematics, though the content of an option may be some (values).

Law: a choice is one letter, the content of one option, or both where they agree. A boolean is one of
true, yes, t, y and false, no, f, n, in any case, or their like in another language; 1 and 0 are numbers, no booleans.
Words are equal without regard to case, spacing, quotes and the marks round them.
"""

import re

from generators.answers.declared import Declared
from generators.answers.language.writing import TEXT
from generators.answers.maths.typed import normal_text
from generators.answers.reading.extract import undressed
from generators.answers.reading.truths import TRUTHS
from generators.answers.structures import unquoted
from generators.answers.values import equal_values
from generators.answers.wording.denials import is_denied, is_hedge
from generators.malformed import Malformed

MAX_TEXT = 2000
_LABEL = re.compile(
    r"(?i:(?:so|thus|hence|therefore),? )?(?i:(?:the )?(?:correct )?(?:option|choice|answer)(?: is)?:? )?"
    r"(?:\(([A-Za-z])\)|([A-Za-z])(?=[.):]|\Z)|([A-Z])(?= [A-Z–-]|,? (?:because|since|as|is correct)\b))"
    r"[.):]* ?[–-]? *(.*)",
    re.DOTALL,
)
_OTHER_LABEL = re.compile(r"(?:^|[\s,;/&(])[B-H](?:$|[).,;:\s])")
_ARTICLE = re.compile(r"\A(?:an?|the) (?=\w{2})")


def bare(text: str) -> str:
    """Return a short text without LaTeX text marks, quotes, emphasis and full stop.

    Raises:
        Malformed: when it is too long for words.
    """
    if len(text) > MAX_TEXT:
        raise Malformed(f"words over {MAX_TEXT} characters", text[:100])
    text = undressed(TEXT.sub(r" \1 ", text))
    return " ".join(unquoted(text.strip("*_ ")).split())


def read_boolean(text: str) -> bool:
    """Return the truth value that a word states, in any language that is read.

    Raises:
        Malformed: for anything but such a word.
    """
    word = bare(text).strip("().!").lower()
    if word not in TRUTHS:
        raise Malformed("not a boolean", text[:100])
    return TRUTHS[word]


def equal_booleans(gold: str, given: str, declared: Declared) -> bool:
    """Compare truth values.

    Raises:
        Malformed: when the given one is none.
    """
    return read_boolean(gold) == read_boolean(given)


def equal_words(gold: str, given: str, declared: Declared) -> bool:
    """Compare words.

    Raises:
        Malformed: for a hedge that the gold does not hold, and for no words at all.
    """
    wanted, found = (_ARTICLE.sub("", bare(text).strip(" .!()").casefold()) for text in (gold, given))
    if not found or (is_hedge(found) and wanted != found):
        raise Malformed("a hedge is no answer" if found else "no words", given[:100])
    return wanted == found or re.sub(r"[\s-]+", " ", wanted) == re.sub(r"[\s-]+", " ", found)


def read_choice(text: str, declared: Declared) -> tuple[str, str]:
    """Return the (letter, content) that a choice states; one of them may be "".

    Raises:
        Malformed: for a letter beyond the options, a content that is none of theirs, two letters, or a hedge.
    """
    plain = bare(text)
    options = declared.choices
    whole = _option(plain, options)
    label = _LABEL.fullmatch(plain)
    if label is None or (whole and len(plain) > 1):
        if options and not whole:
            raise Malformed("none of the options", text[:100])
        if not options and (not plain or is_hedge(plain)):
            raise Malformed("not a choice", text[:100])
        return whole, plain
    letter, content = (label[1] or label[2] or label[3]).upper(), label[4].strip(" .")
    if options and ord(letter) - 65 >= len(options):
        raise Malformed(f"a letter beyond the {len(options)} options", text[:100])
    if content and options and _option(content, options) != letter:
        raise Malformed("a letter and another option's content", text[:100])
    if content and not options and (is_hedge(content) or _OTHER_LABEL.search(content) or is_denied(content)):
        raise Malformed("a hedge is no answer", text[:100])
    return letter, content


def names_another(letter: str, content: str, declared: Declared) -> bool:
    """Say whether a text behind a letter is the content of another option than the letter's."""
    other = _option(bare(content), declared.choices)
    return other not in ("", letter)


def _option(content: str, options: tuple[str, ...]) -> str:
    """Return the letter of the one option with this content, "" where there is none or several."""
    texts = [bare(option) for option in options]
    same = [k for k, option in enumerate(texts) if _alike(option, content)]
    if not same:
        same = [k for k, option in enumerate(texts) if _equal(option, content)]
    return chr(65 + same[0]) if len(same) == 1 else ""


def _alike(option: str, content: str) -> bool:
    return option.strip(" .").casefold() == content.strip(" .").casefold()


def _equal(option: str, content: str) -> bool:
    try:
        return equal_values(option, content) or normal_text(option) == normal_text(content) != ""
    except Malformed:
        return False


def equal_choices(gold: str, given: str, declared: Declared) -> bool:
    """Compare choices: by letter where both have one, else by content.

    Raises:
        Malformed: when the given one is no choice.
    """
    wanted, found = read_choice(gold, declared), read_choice(given, declared)
    if wanted[0] and found[0]:
        return wanted[0] == found[0]
    return bool(wanted[1]) and wanted[1].casefold() == found[1].casefold()
