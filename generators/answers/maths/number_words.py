"""Numbers in words: "one hundred and five", "minus two thirds", "seventeen apples". Not their signs (latex).

Law: words are a number only where all of them do; what follows a number is one thing that is counted.
"""

from fractions import Fraction

MAX_WORDS = 30
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = {word: k for k, word in enumerate(_SMALL)}
_NUMBERS = _UNITS | {word: 10 * k for k, word in enumerate(_TENS, 2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "sixteenth": 16, "twentieth": 20, "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
_SIGNS = {"minus": -1, "negative": -1, "plus": 1, "positive": 1}
_JOINING = frozenset(("and", "a", "an", "of", *_SIGNS, *_SCALES, "hundred", "dozen", "tens", "past"))


def number_in_words(words: str) -> tuple[Fraction, str] | None:
    """Return the number that words in lower case say, and what it counts ("" for nothing); None for other words."""
    parts = words.replace("-", " ").split()
    if not parts or len(parts) > MAX_WORDS:
        return None
    sign = _SIGNS.get(parts[0])
    parts = parts[sign is not None :]
    for thing in (0, 1):
        counted = "".join(parts[len(parts) - thing :])
        if counted and (_denominator(counted) or counted in _NUMBERS or counted in _JOINING or len(counted) < 3):
            return None
        found = _value(parts[: len(parts) - thing])
        if found is not None:
            return found * (sign or 1), counted
    return None


def _value(parts: list[str]) -> Fraction | None:
    """Return a whole number, a fraction, or a whole number "and" a fraction."""
    if parts[-1:] in (["dozen"], ["dozens"]):
        some = {(): Fraction(1), ("a",): Fraction(1), ("half", "a"): Fraction(1, 2), ("half",): Fraction(1, 2)}.get(
            tuple(parts[:-1])
        )
        count = _whole(parts[:-1])
        return 12 * some if some is not None else None if count is None else Fraction(12 * count)
    whole = _whole(parts)
    if whole is not None or not parts:
        return None if whole is None else Fraction(whole)
    bottom = _denominator(parts[-1])
    if not bottom:
        return None
    for at in range(len(parts) - 1, 0, -1):
        if parts[at] == "and" and (before := _whole(parts[:at])) is not None:
            top = _top(parts[at + 1 : -1], parts[-1])
            return None if top is None or top >= bottom else before + Fraction(top, bottom)
    top = _top(parts[:-1], parts[-1])
    return None if top is None else Fraction(top, bottom)


def _top(parts: list[str], below: str) -> int | None:
    """Return how many parts there are: "a", a number before a plural, or none before "half"."""
    if parts in (["a"], ["an"]) or (not parts and below == "half"):
        return 1
    top = _whole(parts)
    return top if top is not None and (top == 1) == (below in _PARTS) else None


def _denominator(word: str) -> int:
    """Return the parts of a whole that a word names, in singular or plural; 0 for another word."""
    single = "half" if word == "halves" else word.removesuffix("s") if word != "tens" else word
    return _PARTS.get(single, 0)


def _whole(parts: list[str]) -> int | None:
    """Return a whole number below a million millions; None for other words."""
    total, group, last = 0, 0, 10**12
    seen = joined = False
    for k, word in enumerate(parts):
        if word == "and" and seen and k + 1 < len(parts) and (group >= 100 or (total and not group)):
            joined = True
            continue
        if word in ("a", "an") and k == 0 and parts[1:2] and parts[1] in ("hundred", *_SCALES):
            group = 1
        elif word in _SCALES and seen and group > 0 and _SCALES[word] < last and not joined:
            total, group, last = total + group * _SCALES[word], 0, _SCALES[word]
        elif word == "hundred" and 0 < group < 20 and not joined:
            group *= 100
        elif word in _NUMBERS and _fits(group, _NUMBERS[word]) and (word != "zero" or len(parts) == 1):
            group, joined = group + _NUMBERS[word], False
        else:
            return None
        seen = True
    return total + group if seen and not joined else None


def _fits(group: int, more: int) -> bool:
    """Say whether a number may follow what a group of three digits has so far: seven behind twenty, not behind six."""
    rest = group % 100
    return rest == 0 or (rest >= 20 and rest % 10 == 0 and 0 < more < 10)
