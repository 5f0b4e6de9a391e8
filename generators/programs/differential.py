"""Two programs on the same inputs: do they do the same, and where first not? No expected values, no judgement.

Inputs are stdin texts, or argument lists for a function of both programs. Law: an input on which the reference
itself does not end well, or the machine let the program not end, counts for neither side; agreement on some inputs is
never called equality.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from generators.programs.cases import Case, matches
from generators.programs.executions import Runner
from generators.programs.judge import job_of
from generators.sandbox.sandbox import Execution, Limits
from pipeline.fingerprint import canonical
from pipeline.problem import Json

SHRINKS = 60
"""Smaller inputs tried for the first difference."""
_INTEGER = re.compile(r"-?\d{1,18}(?!\d)")


@dataclass(frozen=True, slots=True)
class Difference:
    """An input on which two programs differ, and what each did: its output or value, or why it gave none."""

    input: Json
    expected: Json
    found: Json


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two programs agree: of `total` inputs the reference could answer, `agreed`; `unusable` it could not."""

    agreed: int
    total: int
    unusable: int
    first: Difference | None


def differential(
    source: str,
    reference: str,
    inputs: Sequence[Json],
    *,
    sandbox: Runner,
    call: str = "",
    limits: Limits | None = None,
    like: Case | None = None,
    shrink: bool = True,
    whole: bool = True,
) -> Agreement:
    """Compare a program with a reference on inputs: texts for stdin, lists of arguments where `call` names a function.

    `like` is a case whose checker and tolerances decide what is the same, and whose prelude both have. The first
    difference is made smaller by halving its numbers, texts and lists for as long as the programs still differ. Without
    `whole` the inputs after it are not run.
    """
    compared = _Compared(source, reference, call, sandbox, limits, like)
    agreed = total = unusable = 0
    first: Difference | None = None
    for this, expected, found in compared.on(inputs):
        if expected.status != "ok" or found.status == "starved":
            unusable += 1
            continue
        total += 1
        if compared.same(expected, found):
            agreed += 1
        elif first is None:
            first = Difference(this, compared.shown(expected), compared.shown(found))
        if first is not None and not whole:
            break
    if first is not None and shrink:
        first = compared.smaller(first)
    return Agreement(agreed, total, unusable, first)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A program and its reference, asked the same."""

    source: str
    reference: str
    call: str
    sandbox: Runner
    limits: Limits | None
    like: Case | None

    def on(self, inputs: Sequence[Json]) -> Iterator[tuple[Json, Execution, Execution]]:
        """Yield (input, what the reference did, what the program did)."""
        cases = [self._case(this) for this in inputs]
        jobs = [job_of(program, case) for case in cases for program in (self.reference, self.source)]
        ran = self.sandbox.run_all(jobs, limits=self.limits)
        for this in inputs:
            yield this, next(ran), next(ran)

    def _case(self, this: Json) -> Case:
        prelude = self.like.prelude if self.like is not None else ""
        if self.call:
            return Case(kind="call", call=self.call, args=tuple(this), prelude=prelude)
        return Case(kind="stdin", stdin=this, expected="", prelude=prelude)

    def same(self, expected: Execution, found: Execution) -> bool:
        like = self.like or Case(kind="call" if self.call else "stdin", expected="")
        case = replace(like, kind="call" if self.call else "stdin", expected=self.shown(expected), relation="==")
        return found.status == "ok" and matches(case, self.shown(found))

    def shown(self, execution: Execution) -> Json:
        if execution.status != "ok":
            return f"({execution.status}) {execution.error[:200]}".strip()
        return execution.value if self.call else execution.stdout

    def _less(self, this: Json) -> Iterator[Json]:
        """Yield smaller inputs; a function keeps as many arguments."""
        if not self.call:
            return halves(this)
        return ([*this[:i], less, *this[i + 1 :]] for i in range(len(this)) for less in halves(this[i]))

    def smaller(self, difference: Difference) -> Difference:
        """Return the difference at the smallest input found within SHRINKS tries."""
        tries = 0
        progress = True
        while progress and tries < SHRINKS:
            progress = False
            for this in islice(self._less(difference.input), SHRINKS - tries):
                tries += 1
                ((_, expected, found),) = self.on([this])
                if expected.status == "ok" and not self.same(expected, found):
                    difference = Difference(this, self.shown(expected), self.shown(found))
                    progress = True
                    break
        return difference


def halves(value: Json) -> Iterator[Json]:
    """Yield smaller values of the same type, the smallest first: lists and texts cut, numbers nearer to 0.

    A text of several lines loses lines; what is inside a list is made smaller after the list itself.
    """
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        half, less = (value // 2, value - 1) if value > 0 else (-(-value // 2), value + 1)
        yield from dict.fromkeys(v for v in (0, half, less) if abs(v) < abs(value))
    elif isinstance(value, float):
        yield from (v for v in (0.0, float(int(value / 2))) if abs(v) < abs(value))
    elif isinstance(value, str):
        lines = value.splitlines(keepends=True)
        yield from _cuts(value) if len(lines) < 2 else map("".join, _cuts(lines))
    elif isinstance(value, list):
        yield from _cuts(value)
        for place, item in enumerate(value):
            for less in halves(item):
                yield [*value[:place], less, *value[place + 1 :]]


def _cuts(value: Any) -> Iterator[Any]:
    """Yield a sequence without its first or last half, then without one end."""
    middle = len(value) // 2
    for part in (value[:middle], value[middle:], value[1:], value[:-1]):
        if len(part) < len(value):
            yield part


def nearby(inputs: Sequence[Json], *, most: int = 200) -> list[Json]:
    """Return new inputs like the given ones, taken from each in turn: texts, or lists of as many arguments.

    Numbers one off, negated and doubled, lists reversed, cut, doubled and with other elements; where these are too
    few, what is near them. Always the same ones.
    """
    known = {canonical(this) for this in inputs}
    found: dict[str, Json] = {}
    for _ in range(2):
        around = [*inputs, *found.values()]
        for this in _in_turn(_inside(this) if isinstance(this, list) else _around(this) for this in around):
            if len(found) >= most:
                break
            key = canonical(this)
            if key not in known:
                found.setdefault(key, this)
    return list(found.values())


def _in_turn(sources: Iterable[Iterator[Json]]) -> Iterator[Json]:
    """Yield one of each source, then the next of each, until all are at their end."""
    going = deque(sources)
    while going:
        source = going.popleft()
        for this in islice(source, 1):
            yield this
            going.append(source)


def _inside(value: list[Json]) -> Iterator[Json]:
    """Yield the list with one element changed, each place in turn."""
    return _in_turn(_changed(value, place) for place in range(len(value)))


def _changed(value: list[Json], place: int) -> Iterator[Json]:
    for other in _around(value[place]):
        yield [*value[:place], other, *value[place + 1 :]]


def _around(value: Json) -> Iterator[Json]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value, 2 * value + 1, 0)
    elif isinstance(value, float):
        yield from (value + 0.5, -value, 0.0)
    elif isinstance(value, str):
        yield from _around_text(value)
    elif isinstance(value, list):
        yield value[::-1]
        yield from islice(_cuts(value), 2)
        yield from islice(_inside(value), 4 * len(value))
        yield value + value
        yield from _cuts(value)


def _around_text(text: str) -> Iterator[str]:
    """Yield texts with one of their integers changed, then shorter ones."""
    numbers = list(islice(_INTEGER.finditer(text), 8))
    yield from _in_turn(_rewritten(text, number) for number in numbers)
    yield from () if numbers else (text[::-1], text + text)
    yield from halves(text)


def _rewritten(text: str, number: re.Match[str]) -> Iterator[str]:
    for other in _around(int(number[0])):
        yield f"{text[: number.start()]}{other}{text[number.end() :]}"
