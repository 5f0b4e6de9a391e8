"""YAML that people write, read within limits: plain JSON values alone. Not what any key means (config).

Law: whatever the text, the answer is a small tree that no two keys share a part of, or one ConfigError.
"""

import math
from typing import Any

import yaml

from pipeline.errors import ConfigError, brief, shortened

MOST_BYTES, MOST_NODES, MOST_DEPTH = 2**20, 100_000, 40
"""What a text may hold: bytes, values (every alias counted as what it stands for), and values within values."""
MOST_INTEGER = 2**63
"""Integers are below it, either way."""


def read_yaml(data: bytes, where: str) -> Any:
    """Return the value of a YAML text; `where` names it in messages.

    Raises:
        ConfigError: for what is no UTF-8 or no YAML, more than the limits above, or no plain value (`plain`).
    """
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{where} has more than {MOST_BYTES} bytes, the limit: a config is a page of text")
    try:
        text = data.decode()
        _refuse_bombs(text, where)
        return plain(yaml.safe_load(text), where)
    except (yaml.YAMLError, ValueError) as error:  # a date or an integer that is none is a ValueError
        raise ConfigError(f"{where} is not readable YAML: {shortened(error)}") from error


def plain(value: Any, where: str, place: str = "") -> Any:
    """Return a copy of a value in which nothing is shared, made of null, booleans, numbers, texts, lists and mappings.

    Raises:
        ConfigError: for anything else (a date, a set, bytes), an infinite or undefined number, an integer of more
            than 63 bits, a text that UTF-8 cannot write or that holds NUL, a key that is no text; names the place.
    """
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise ConfigError(f"{_at(where, place)}: key {brief(key)} is a {type(key).__name__}: put it in quotes")
            _check_text(key, _at(where, place))
        return {key: plain(item, where, f"{place}.{key}") for key, item in value.items()}
    if kind in (list, tuple):
        return [plain(item, where, f"{place}.{index}") for index, item in enumerate(value)]
    if kind is float and not math.isfinite(value):
        raise ConfigError(f"{_at(where, place)} is {value}, numbers must be finite: give one that is")
    if kind is int and abs(value) >= MOST_INTEGER:
        raise ConfigError(f"{_at(where, place)} is {brief(value)}, integers are below {MOST_INTEGER}: give a smaller")
    if kind is str:
        _check_text(value, _at(where, place))
    elif value is not None and kind not in (bool, int, float):
        raise ConfigError(f"{_at(where, place)} is the {kind.__name__} {brief(value)}: put it in quotes to be a text")
    return value


def _at(where: str, place: str) -> str:
    return f"{where}: {shortened(place.removeprefix('.'))}" if place else where


def _check_text(text: str, where: str) -> None:
    try:
        fits = b"\0" not in text.encode()
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise ConfigError(f"{where} is {brief(text)}, which no file can hold: take out NUL and lone surrogates")


def _refuse_bombs(text: str, where: str) -> None:
    """Raise ConfigError where aliases would make the tree too large or endless, or it is too deep; builds nothing."""
    sizes: dict[str | None, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # anchor, values counted before it
    total = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                raise ConfigError(f"{where}: alias *{event.anchor} stands within what it names: it has no end")
            total += sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.NodeEvent):
            if not isinstance(event, yaml.ScalarEvent):
                open_nodes.append((event.anchor, total))
            elif event.anchor:
                sizes[event.anchor] = 1
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before
        if len(open_nodes) > MOST_DEPTH or total > MOST_NODES:
            raise ConfigError(
                f"{where} holds more than {MOST_NODES} values, aliases counted as what they stand for, or values "
                f"within more than {MOST_DEPTH} others: write it out, smaller"
            )
