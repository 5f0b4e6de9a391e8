"""Why a call to an endpoint brought no completion, and whether asking again may help. No network, no retrying.

Law: what an endpoint answers instead of a reply is one of three kinds, each with a sentence: it may pass, it is about
this prompt alone, or it is for good.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple


class Trouble(NamedTuple):
    """Why a call brought no completion: it may pass (ask again), is about this prompt alone, or is for good."""

    kind: Literal["passing", "prompt", "fatal"]
    why: str
    pause_s: float = 0.0


_ERROR_KEYS = ("error", "errors", "detail", "message", "msg", "error_message", "error_msg")
_CODES = ("code", "status", "status_code", "statusCode", "http_code", "error_code")


def trouble_within(reply: Mapping[str, Any], content: bytes) -> Trouble | None:
    """Return the error that a successful answer carries in its body, None where it carries none."""
    if not reply.get("error") and not any(isinstance(reply.get(name), str | list) for name in _ERROR_KEYS):
        return None
    told = f"answered an error in a success: {_said(content)}"
    status = _status_within(reply)
    return trouble_of(status, content, answered=True)._replace(why=told) if status else Trouble("passing", told)


def _status_within(reply: Mapping[str, Any]) -> int:
    """Return the HTTP status that the body of an error names, 0 where it names none."""
    places = [reply["error"], reply] if isinstance(reply.get("error"), dict) else [reply]
    for place in places:
        for name in _CODES:
            if re.fullmatch("[45][0-9][0-9]", str(place.get(name))):
                return int(place[name])
    return 0


_FOR_GOOD = (401, 402, 404, 405, 407, 410, 501)
_MAY_PASS = (408, 409, 425, 429)
_NO_MONEY = re.compile(r"insufficient_quota|insufficient (?:balance|credit|funds)|credit balance is too low", re.I)
_BUSY = re.compile(r"throttl|rate.?limit|too many requests|overloaded|temporarily", re.I)
_ASKED_PAUSE = re.compile(
    r'(?:try again|retry) (?:in|after) (\d+(?:\.\d+)?) ?(ms|s|m)\b|"retryDelay": ?"(\d+(?:\.\d+)?)s"', re.I
)


def trouble_of(status: int, content: bytes, *, answered: bool, pause_s: float = 0.0) -> Trouble:
    """Return what an unsuccessful status means. `answered`: the endpoint has answered another call before.

    Address, key, money and model are for good; a busy or broken server may pass; every other refusal is about the
    prompt alone, such as one over the context length or one that a filter stops.
    """
    why = f"answered {status}: {_said(content)}"
    text = content.decode(errors="replace")
    if status < 400 or status in _FOR_GOOD or (status == 403 and not answered) or _NO_MONEY.search(text):
        return Trouble("fatal", why)
    if status in _MAY_PASS or status >= 500 or _BUSY.search(text):
        return Trouble("passing", why, max(pause_s, _pause_told(text)))
    return Trouble("prompt", why)


def _pause_told(text: str) -> float:
    found = _ASKED_PAUSE.search(text)
    if found is None:
        return 0.0
    return float(found[3]) if found[3] else float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[found[2].lower()]


def _said(content: bytes) -> str:
    """Return what an error body says for people: its message, else its beginning."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return excerpt(content)
    for _ in range(4):
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, dict):
            break
        value = next((value[name] for name in _ERROR_KEYS if value.get(name)), None)
    return excerpt(value.encode(errors="replace")) if isinstance(value, str) and value else excerpt(content)


def excerpt(content: bytes) -> str:
    """Return the beginning of a body on one line, quoted."""
    text = " ".join(content.decode(errors="replace").split())
    return repr(text[:200]) if text else "an empty body"
