"""Values of foreign cells as answers, levels and what is kept beside: plain JSON, as written. Not their comparison.

Answers: a missing one (null, NaN, an infinite number) is none; a list of one is its element, however deep and even as
text ("['3']"); dates are ISO text, decimals as written, floats without a fraction integers, bytes UTF-8.
Levels: a whole number from 1; "Level 5" is 5; 6.5 lies in level 6; easy, medium and hard are 1, 2 and 3.
Law: what cannot be meant is refused with its value, never guessed.
"""

import ast
import datetime
import decimal
import json
import math
import re
from typing import Any

from pipeline.problem import Json

MAX_LEVEL = 1_000_000
MAX_TEXT_LIST = 1_000_000
"""Characters of a text that is read as a list."""
_MISSING = ("nan", "<na>", "nat")
"""What pandas writes where there is nothing."""
_ARRAY = re.compile(r"array\((\[.*\])(?:, dtype=[^()]{1,20})?\)", re.DOTALL)
_LEVEL = re.compile(r"(?:(?:level|lvl|lv|l|difficulty|grade)[\s_:.-]*)?(\d{1,7}(?:\.\d{1,9})?)", re.IGNORECASE)
_WORDS = {
    "easy": 1, "introductory": 1, "beginner": 1, "basic": 1, "medium": 2, "intermediate": 2, "interview": 2, "hard": 3,
    "difficult": 3, "advanced": 3, "competition": 3,
}  # fmt: skip


class BadRow(Exception):
    """Raised for a row, or a value of it, that cannot be used; its words say why."""


def plain(value: Any, *, missing: bool = False) -> Json:
    """Return a value as plain JSON; with `missing`, null for a number that is none.

    Raises:
        BadRow: for a number that is none, bytes that are no text, or a value JSON has no form for.
    """
    if isinstance(value, float | decimal.Decimal) and not math.isfinite(value):
        if missing:
            return None
        raise BadRow(f"{value} is no value")
    if isinstance(value, float):
        return value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, list | tuple):
        return [plain(item, missing=missing) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item, missing=missing) for key, item in value.items()}
    raise BadRow(f"a value of type {type(value).__name__}")


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadRow(f"bytes that are no UTF-8: 0x{value[error.start]:02x} at position {error.start}") from error


def listed(text: str) -> Any:
    """Return the list in a text that is a JSON, Python or NumPy list of texts or objects; any other text as it is.

    A list of numbers stays text: "[3]" may be an interval, a vector or a matrix, and is read as mathematics.
    """
    bare = text.strip()
    if bare.startswith("array(") and (array := _ARRAY.fullmatch(bare)):
        bare = array[1]
    if len(bare) > MAX_TEXT_LIST or not re.match(r"\[[\s\[]*['\"{]", bare) or not bare.endswith("]"):
        return text
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(bare)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    return value if isinstance(value, list) and _of_texts(value) else text


def _of_texts(value: list[Any]) -> bool:
    return all(_of_texts(item) if isinstance(item, list) else isinstance(item, str | dict | None) for item in value)


def unlisted(value: Json) -> Json:
    """Return the element of a list of one, however deep; any other value as it is."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


def gold_of(value: Any) -> Json:
    """Return a gold answer as plain JSON: a value, or a list of several.

    Raises:
        BadRow: when there is none.
    """
    value = plain(value)
    value = listed(value) if isinstance(value, str) else value
    inner = unlisted(value)
    if not isinstance(inner, list) or all(isinstance(item, str) for item in inner):
        value = inner  # but [[1, 2]] is a matrix of one row
    if value is None or value == [] or (isinstance(value, str) and value.strip().casefold() in _MISSING):
        raise BadRow(f"{value!r} is no answer")
    return value


def level_of(value: Any) -> int | None:
    """Return the level a cell gives, None where it is empty.

    Raises:
        BadRow: for what is no level from 1.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(plain(unlisted(plain(value)))).strip()
    if not text or text.casefold() in _MISSING:
        return None
    number = _WORDS.get(text.casefold())
    if number is None and (match := _LEVEL.fullmatch(text)):
        number = int(float(match[1]))
    if number is None or not 1 <= number <= MAX_LEVEL:
        raise BadRow(f"level {value!r} is no level from 1 to {MAX_LEVEL}: bin it, or leave the column out")
    return number


def kept(value: Any) -> Json:
    """Return a cell as it is kept beside a question, None where it is empty.

    Raises:
        BadRow: when JSON has no form for it.
    """
    return None if isinstance(value, str) and value == "" else plain(value, missing=True)
