"""What a program finds around it inside the sandbox that a plain interpreter would give it: exit and quit, its streams,
its file, standard input by its name, integers of any length, threads with a large stack. No wall and no limit.

Law: nothing here gives a program anything it does not already hold; it only answers to another name.
"""

import builtins
import io
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

PROGRAM_FILE = "program.py"
STREAMS = {
    **{f"/dev/{name}": number for number, name in enumerate(("stdin", "stdout", "stderr"))},
    **{f"{folder}/{number}": number for folder in ("/dev/fd", "/proc/self/fd") for number in range(3)},
}
"""Paths that name a stream of the program's own; the sandbox has no such files."""
BOM = "\ufeff"
_SMALLEST_STACK = 32 << 20


def furnish() -> None:
    """Give what every program finds; once, before programs are forked."""
    import _sitebuiltins  # left out with the site-packages, which it has nothing to do with

    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
    sys.set_int_max_str_digits(0)  # the time and the output of a program are limited, not the length of a number


def enter(source: str, *, memory: int) -> io.TextIOWrapper:
    """Open the streams of one program, let it find its file, and return its standard output.

    `memory`, in bytes, bounds the stacks of its threads.
    """
    sys.stdin = sys.__stdin__ = _text(io.BufferedReader(io.FileIO(0, closefd=False)))  # type: ignore[misc]
    out = _text(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
    sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
    builtins.open = io.open = _opening(io.open, source)
    os.open = _descriptor(os.open)
    threading.stack_size = _stack_size(threading.stack_size, max(memory // 2, _SMALLEST_STACK))
    return out


def _text(raw: io.BufferedReader | io.BufferedWriter) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding="utf-8")


def _path(file: Any) -> str:
    """Return the path that names a file, "" where it is none."""
    try:
        return "" if isinstance(file, int) else os.fsdecode(file)
    except TypeError:
        return ""


def _opening(own: Callable[..., Any], source: str) -> Any:
    """Return `open` that knows the streams and the program's own text by their paths."""

    def open(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        path = _path(file)
        if path in STREAMS:
            return own(os.dup(STREAMS[path]), mode, *more, **named)
        if path.endswith(PROGRAM_FILE) and os.path.abspath(path) == f"/{PROGRAM_FILE}" and mode in ("r", "rt", "rb"):  # noqa: PTH100
            content = io.BytesIO(source.encode(errors="replace"))
            return content if mode == "rb" else io.TextIOWrapper(content, encoding="utf-8")
        return own(file, mode, *more, **named)

    return open


def _descriptor(own: Callable[..., int]) -> Any:
    """Return os.open that knows the streams by their paths."""

    def open(path: Any, *more: Any, **named: Any) -> int:
        known = STREAMS.get(_path(path))
        return own(path, *more, **named) if known is None else os.dup(known)

    return open


def _stack_size(own: Callable[..., int], most: int) -> Any:
    """Return threading.stack_size that reserves at most `most` bytes: what is only reserved would count as memory."""
    asked = 0

    def stack_size(size: int | None = None, /) -> int:
        nonlocal asked
        before = asked
        if size is not None:
            own(min(size, most))
            asked = size
        return before

    return stack_size
