"""Dates, times of day and durations. Not quantities of other kinds (quantities).

Law: a text is read in one way or not at all: 03/04/2024 only where the problem declared what comes first, a time
without am or pm is on the 24 hour clock, 1:30 is no duration. A date that does not exist is no date.
"""

import re
from datetime import date
from fractions import Fraction

from generators.answers.declared import Declared
from generators.answers.language.patterns import words
from generators.answers.values import close
from generators.answers.wording.denials import is_hedge
from generators.malformed import Malformed

MAX_DATE_CHARS = 100
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MARKUP = re.compile(r"\\(?:text|mathrm|textbf|mathbf|operatorname|rm)\s*\{([^{}]*)\}|\\[,;:! ]|[${}~]")
_FOREIGN_MONTHS = {
    name: 1 + number % 12
    for number, name in enumerate(
        words(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
            " enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
            " januar februar märz april mai juni juli august september oktober november dezember"
            " gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
            " janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
            " января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
        )
    )
}
_FOREIGN = re.compile(
    r"(?:(?:le|el|il|den|am|em|a) )?(\d{1,2})(?:er|\.|º)?(?: de)? ([^\W\d_]{3,10})(?:,? (?:de |del "
    r"|do )?(\d{4}))?(?: ?г\.?)?"
)
_SIGNED = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월](?: ?(\d{1,2}) ?[日일])?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_WORDED = re.compile(
    r"(?:(?P<month>[a-z]{3,9})\.? (?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>\d{4}))?"
    r"|(?:the )?(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month2>[a-z]{3,9})\.?(?:,? (?P<year2>\d{4}))?"
    r"|(?P<month3>[a-z]{3,9})\.?,? (?P<year3>\d{4}))"
)
_CLOCK = re.compile(
    r"(\d{1,2})(?: ?: ?(\d{2})(?: ?: ?(\d{2}))?|\.(\d{2})(?= ?[ap]))?(?: ?([ap])\.? ?m\.?)?(?: ?o'?clock)?"
)
_HOURS = words("twelve one two three four five six seven eight nine ten eleven")
_HALF = r"(?: (?P<half>[ap])\.? ?m\.?| (?:in the (?P<day>morning|afternoon|evening)|at (?P<night>night)))?"
_SPOKEN = re.compile(
    rf"(?:(?:(?P<minutes>half|an? quarter|quarter|\d{{1,2}}(?: minutes)?) )?(?P<side>past|to) )?"
    rf"(?P<hour>\d{{1,2}}|{'|'.join(_HOURS)})(?: o'?clock)?{_HALF}"
)
_DIGITAL = re.compile(
    rf"(?P<hour>\d{{1,2}})(?: ?[:.h] ?(?P<minute>\d{{2}})(?: ?: ?(?P<second>\d{{2}}))?| ?h)?(?: uhr| h| hrs)?{_HALF}"
)
_SIGNED_TIME = re.compile(
    r"(?:(?P<am>上午|凌晨|早上|午前|오전)|(?P<pm>下午|晚上|午後|오후))? ?(?P<hour>\d{1,2}) ?[点點时時시] ?"
    r"(?:(?P<minute>\d{1,2}) ?[分분]|(?P<thirty>半))?"
)
_NAMED_TIMES = {
    **dict.fromkeys(("noon", "12 noon", "midday", "12:00 noon", "12:00 pm noon"), 43200),
    **dict.fromkeys(("midnight", "12 midnight", "12:00 midnight"), 0),
}
_DATE_HINT = re.compile(r"\d{4}[-/]\d|\d/\d{1,2}/\d{4}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_DURATION_HINT = re.compile(r"\d ?[a-z]+[^a-z]*\d+ ?[a-z]", re.IGNORECASE)
_PLAIN_CLOCK = re.compile(r"([01]?\d|2[0-3]) ?: ?[0-5]\d(?: ?: ?[0-5]\d)?")
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7 * 86400),
}
_NUMBER = r"(?:\d{1,12} )?\d{1,12}/\d{1,12}|\d{1,12}(?:\.\d{1,12})?"
_SPAN = re.compile(rf"({_NUMBER}) ?([a-z]+)\.?(?:(?:,| and|, and)? (?=\d)|$|(?=\d))")
_COUNTED = re.compile(r"(\d{1,9}):([0-5]\d):([0-5]\d)")


def _plain(text: str, kind: str) -> str:
    """Return a short text in lower case without markup; a hedge is no answer."""
    if len(text) > MAX_DATE_CHARS:
        raise Malformed(f"not a {kind}", text[:100])
    if is_hedge(text):
        raise Malformed("a hedge is no answer", text[:100])
    text = (
        text.replace("half an hour", "30 minutes").replace("an hour and a half", "90 minutes")
        if "hour" in text
        else text
    )
    bare = _MARKUP.sub(lambda found: f" {found[1] or ''} ", text).replace("\u2212", "-")
    return " ".join(bare.strip(" .").lower().split())


def read_date(text: str, declared: Declared) -> tuple[int, int, int]:
    """Return (year, month, day) of a date; a part that is not stated is 0.

    Raises:
        Malformed: for what is no date, does not exist, or may be two dates.
    """
    plain = _plain(text, "date")
    weekday, _, rest = plain.partition(" ")
    weekday = weekday.strip(",.")
    day_name = next((k for k, name in enumerate(_DAYS) if weekday in (name, name[:3])), None)
    year, month, day = _date_parts(rest.lstrip(", ") if day_name is not None else plain, declared)
    try:
        found = date(year or 2000, month, day or 1)
    except ValueError:
        raise Malformed("a date that does not exist", text[:100]) from None
    if day_name is not None and year and day and found.weekday() != day_name:
        raise Malformed("a weekday that does not fit its date", text[:100])
    return year, month, day


def _date_parts(plain: str, declared: Declared) -> tuple[int, int, int]:
    if iso := _ISO.fullmatch(plain):
        year, month, day = (int(part) for part in iso.groups() if part is not None)
        return year, month, day
    if slashed := _SLASHED.fullmatch(plain):
        first, second, year = map(int, slashed.groups())
        if declared.first is None and first <= 12 and second <= 12 and first != second:
            raise Malformed("a date that may be two: day or month first", plain)
        month_first = declared.first == "month" if declared.first else second > 12
        return (year, first, second) if month_first else (year, second, first)
    if signed := _SIGNED.fullmatch(plain):
        return int(signed[1]), int(signed[2]), int(signed[3] or 0)
    foreign = _FOREIGN.fullmatch(plain)
    if foreign is not None and foreign[2] in _FOREIGN_MONTHS:
        return int(foreign[3] or 0), _FOREIGN_MONTHS[foreign[2]], int(foreign[1])
    worded = _WORDED.fullmatch(plain)
    if worded is None:
        raise Malformed("not a date", plain)
    name = worded["month"] or worded["month2"] or worded["month3"]
    month = next((k for k, known in enumerate(_MONTHS, 1) if name in (known, known[:3], "sept"[: 4 * (k == 9)])), 0)
    if not month:
        raise Malformed("not a date", plain)
    year = int(worded["year"] or worded["year2"] or worded["year3"] or 0)
    return year, month, int(worded["day"] or worded["day2"] or 0)


def equal_dates(gold: str, given: str, declared: Declared) -> bool:
    """Compare dates: year, month and day, whatever their notation.

    Raises:
        Malformed: when the given one is no date.
    """
    return read_date(gold, declared) == read_date(given, declared)


def read_time(text: str) -> int:
    """Return a time of day in seconds after midnight; without am or pm it is on the 24 hour clock.

    Raises:
        Malformed: for what is no time of day.
    """
    plain = _plain(text, "time")
    if (named := _NAMED_TIMES.get(plain.removeprefix("at "))) is not None:
        return named
    found = _CLOCK.fullmatch(plain)
    if found is not None and not (found[2] is None and found[4] is None and plain.isdigit()):
        return _seconds(text, int(found[1]), int(found[2] or found[4] or 0), int(found[3] or 0), half=found[5])
    parts = None if plain.isdigit() else _DIGITAL.fullmatch(plain)
    if parts is not None and (parts["minute"] or len(plain) > len(parts["hour"])):
        half = _half(parts, int(parts["hour"]))
        return _seconds(text, int(parts["hour"]), int(parts["minute"] or 0), int(parts["second"] or 0), half=half)
    if (signed := _SIGNED_TIME.fullmatch(plain)) is not None:
        half = "a" if signed["am"] else "p" if signed["pm"] else None
        return _seconds(
            text, int(signed["hour"]), int(signed["minute"] or (30 if signed["thirty"] else 0)), 0, half=half
        )
    return _spoken(text, plain)


def _spoken(text: str, plain: str) -> int:
    """Return a time of day in words, in seconds: "quarter to ten", "half past 9 in the evening"."""
    found = _SPOKEN.fullmatch(plain)
    if found is None or (found["side"] is None) != (found["minutes"] is None) or plain in _HOURS or plain.isdigit():
        raise Malformed("not a time", text[:100])
    hour = _HOURS.index(found["hour"]) or 12 if found["hour"] in _HOURS else int(found["hour"])
    said = found["minutes"] or "0"
    minutes = 30 if said == "half" else 15 if "quarter" in said else int(said.partition(" ")[0])
    total = _seconds(text, hour, 0, 0, half=_half(found, hour)) + 60 * minutes * (-1 if found["side"] == "to" else 1)
    if minutes > 59:
        raise Malformed("not a time", text[:100])
    return total % 86400


def _half(found: re.Match[str], hour: int) -> str | None:
    """Return "a" or "p" for the half of the day that a time says it is in, None where it says nothing."""
    if found["night"]:
        return "p" if 6 <= hour < 12 else "a"
    return {"morning": "a", "afternoon": "p", "evening": "p"}.get(found["day"] or "") or found["half"]


def _seconds(text: str, hour: int, minute: int, second: int, *, half: str | None) -> int:
    """Return a time of day in seconds after midnight.

    Raises:
        Malformed: for one that the clock never shows.
    """
    if minute > 59 or second > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        raise Malformed("not a time", text[:100])
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return 3600 * hour + 60 * minute + second


def equal_times(gold: str, given: str, declared: Declared) -> bool:
    """Compare times of day to the second.

    Raises:
        Malformed: when the given one is no time.
    """
    return read_time(gold) == read_time(given)


def read_duration(text: str) -> Fraction:
    """Return a duration in seconds: "1 h 30 min", "90 minutes", "1.5 hours", "1:30:00" (hours, minutes, seconds).

    Raises:
        Malformed: for what is no duration, or may be two.
    """
    plain = _plain(text, "duration")
    if counted := _COUNTED.fullmatch(plain):
        hours, minutes, seconds = map(int, counted.groups())
        return Fraction(3600 * hours + 60 * minutes + seconds)
    total, at, last = Fraction(0), 0, None
    while at < len(plain):
        span = _SPAN.match(plain, at)
        size = _SECONDS.get(span[2]) if span is not None else None
        if span is None or size is None or (last is not None and size >= last):
            raise Malformed("not a duration", text[:100])
        whole, _, part = span[1].rpartition(" ")
        if "/" in part and not part.partition("/")[2].strip("0"):
            raise Malformed("not a duration", text[:100])
        total += (Fraction(part) + int(whole or 0)) * size
        at, last = span.end(), size
    if last is None:
        raise Malformed("not a duration", text[:100])
    return total


def equal_durations(gold: str, given: str, declared: Declared) -> bool:
    """Compare durations, at the declared precision in the gold's seconds.

    Raises:
        Malformed: when the given one is no duration.
    """
    return close(read_duration(gold), read_duration(given), declared)


def looks_like_date(text: str) -> bool:
    """Say whether a gold text is a date and nothing else that it could be: an ISO date, one with a month's
    name, or a slashed one of which only one part can be the month.
    """
    plain = text.strip()
    if len(plain) > MAX_DATE_CHARS or _DATE_HINT.search(plain) is None:
        return False
    return _reads(read_date, plain, Declared())


def is_named_time(text: str) -> bool:
    """Say whether a text is the name of a time of day: noon, midnight."""
    return text.strip().lower() in _NAMED_TIMES


def is_clock(text: str) -> bool:
    """Say whether a text is like 12:30, a time on the 24 hour clock or a ratio."""
    return _PLAIN_CLOCK.fullmatch(text.strip()) is not None


def looks_like_time(text: str) -> bool:
    """Say whether a gold text is a time of day: with am or pm, or like 12:30."""
    plain = text.strip()
    if len(plain) > MAX_DATE_CHARS or (not plain[:1].isdigit() and not plain.startswith("\\text")):
        return False
    if is_clock(plain):
        return True
    return plain[-2:].lower() in ("m.", "m}", "am", "pm", ".}", "on", "ht") and _reads(read_time, plain)


def looks_like_duration(text: str) -> bool:
    """Say whether a gold text is a duration of several parts: "1 hour 30 minutes"."""
    if len(text) > MAX_DATE_CHARS or "/" in text:
        return False
    bare = " ".join(_MARKUP.sub(lambda found: f" {found[1] or ''} ", text).split())
    if _DURATION_HINT.search(bare) is None:
        return False
    return _reads(read_duration, text) and len(_SPAN.findall(_plain(text, "duration"))) > 1


def _reads(reader: object, *arguments: object) -> bool:
    assert callable(reader)
    try:
        reader(*arguments)
    except Malformed:
        return False
    return True
