"""Inputs like those of a program's cases, for second opinions: within the domain that the cases show. Nothing is run.

Outside a problem's domain two right programs may differ, and no problem states its domain in a form that is read
here. So one place of an input is changed at a time, and only as far as everything that holds of all cases still holds:
the ranges of numbers, lengths and counts, how any two of these compare, order, parity, the letters of texts and which
follow which. Law: the same cases give the same inputs on any machine.

Source: Ernst et al. 2001 (IEEE Transactions on Software Engineering 27), likely invariants from executions.
"""

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice, pairwise
from random import Random
from typing import NamedTuple

from generators.programs.differential import nearby
from pipeline.fingerprint import canonical
from pipeline.problem import Json
from pipeline.seeds import rng

TRIED = 500
"""Changed inputs that are looked through."""
VARIED, SHORT = 20, 400
"""Inputs that are changed, each with at most so many characters."""
DRAWN = 8
"""Values drawn for each place of an input: a number from its range, a letter from those that occur."""
MAX_LINES, MAX_WIDTH = 6, 6
"""Lines of a text, and words of a line whose every word is a place of its own."""

FEW = 4
"""Different letters that texts may be made of in any order."""


def _is_multiple(one: float, of: float) -> bool:
    return of != 0 and one % of == 0


_RELATIONS: tuple[Callable[[float, float], bool], ...] = (operator.le, operator.ge, operator.ne, _is_multiple)
_Relation = tuple[int, int, Callable[[float, float], bool]]


class Inputs(NamedTuple):
    """The inputs of the cases, and new ones within everything that holds of these: texts, or lists of arguments."""

    seen: list[Json]
    new: list[Json]


def inputs_like(given: Sequence[Json], *, text: bool, most: int) -> Inputs | None:
    """Return at most `most` new inputs, or None where those given have no one form: arguments, or lines."""
    rows = _rows(given) if text else [list(row) for row in given]
    if rows is None or len({len(row) for row in rows}) != 1 or not rows[0]:
        return None
    domain, names = _Domain(rows), [canonical(row) for row in rows]
    known, source = set(names), rng("second inputs", names)
    short = [row for row, name in zip(rows, names, strict=True) if len(name) <= SHORT][:VARIED]
    tried = [*nearby(short, most=TRIED), *_drawn(short, domain, source)]
    source.shuffle(tried)
    named = {canonical(row): row for row in tried}
    new: list[Json] = [row for name, row in named.items() if name not in known and domain.holds(row)][:most]
    if text:
        widths, fixed = [len(line.split()) for line in str(given[0]).splitlines()], _fixed(given)
        new = [_text(row, widths, fixed) for row in new]
    return Inputs(list(given), new)


def _lines(text: str) -> list[list[Json]]:
    return [
        [int(w) if w.lstrip("-").isdecimal() and len(w) < 19 else w for w in line.split()] for line in text.splitlines()
    ]


def _fixed(texts: Sequence[str]) -> list[bool]:
    """Say of each line whether it has the same few words in every text."""
    columns = zip(*(map(len, _lines(text)) for text in texts), strict=True)
    return [len(set(widths)) == 1 and widths[0] <= MAX_WIDTH for widths in columns]


def _rows(texts: Sequence[str]) -> list[list[Json]] | None:
    """Return texts as arguments: each word of a line of fixed width, each other line as a list; or None."""
    lines = [_lines(text) for text in texts]
    if len({len(line) for line in lines}) != 1 or len(lines[0]) > MAX_LINES:
        return None
    fixed = _fixed(texts)
    return [
        [place for line, flat in zip(one, fixed, strict=True) for place in (line if flat else [line])] for one in lines
    ]


def _text(row: list[Json], widths: list[int], fixed: list[bool]) -> str:
    places, lines = iter(row), []
    for width, flat in zip(widths, fixed, strict=True):
        lines.append(" ".join(map(str, islice(places, width) if flat else next(places))))
    return "\n".join(lines) + "\n"


def _drawn(rows: list[list[Json]], domain: "_Domain", source: Random) -> Iterator[list[Json]]:
    """Yield each input with one number or letter in it drawn from those of its place."""
    for row in rows:
        for place, shape in enumerate(domain.places):
            for _ in range(DRAWN):
                yield [*row[:place], _redrawn(row[place], shape, source), *row[place + 1 :]]


def _redrawn(value: Json, shape: "_Shape", source: Random) -> Json:
    if type(value) is int:
        return source.randint(math.ceil(shape.least), math.floor(shape.greatest))
    if isinstance(value, str) and value and shape.letters:
        place = source.randrange(len(value))
        return value[:place] + source.choice(sorted(shape.letters)) + value[place + 1 :]
    if isinstance(value, list) and value and shape.inner is not None:
        place = source.randrange(len(value))
        return [*value[:place], _redrawn(value[place], shape.inner, source), *value[place + 1 :]]
    return value


class _Domain:
    """What the cases show of each argument, of what can be counted in it, and of each two such counts."""

    def __init__(self, rows: list[list[Json]]) -> None:
        self.places = [_Shape(list(column)) for column in zip(*rows, strict=True)]
        counts = [_counts(row) for row in rows]
        self._ranges = [(min(column), max(column)) for column in zip(*counts, strict=True)]
        self._relations: list[_Relation] = [
            (a, b, holds)
            for a, b in combinations(range(len(counts[0])), 2)
            for holds in _RELATIONS
            if all(holds(row[a], row[b]) for row in counts)
        ]

    def holds(self, row: list[Json]) -> bool:
        """Say whether all that holds of the cases holds of an input."""
        if not all(shape.holds(value) for shape, value in zip(self.places, row, strict=True)):
            return False
        counts = _counts(row)
        within = all(low <= count <= high for count, (low, high) in zip(counts, self._ranges, strict=True))
        return within and all(holds(counts[a], counts[b]) for a, b, holds in self._relations)


def _counts(row: list[Json]) -> list[float]:
    """Return what can be counted in each argument, as many numbers for each: what promises are made about.

    Of a list or text its length, different items, items that stand once, twice the times that the commonest stands, the
    length of its first list; of its numbers, or of a number alone, in how many places they fall going round, where they
    turn, the greatest and the last. What there is not is 0.
    """
    counts: list[float] = []
    for value in row:
        items = value if isinstance(value, list | str) else [value]
        times = Counter(map(_named, items)).values()
        numbers = list(_numbers(value)) or [0.0]
        steps = [(a > b) - (a < b) for a, b in pairwise([*numbers, numbers[0]])]
        turns = sum(a * b < 0 for a, b in pairwise(steps[:-1]))
        once, most = sum(n == 1 for n in times), 2 * max(times, default=0)
        counts += [len(items), len(times), once, most, steps.count(1), turns, max(numbers), numbers[-1]]
        counts += [len(items[0]) if items and isinstance(items[0], list) else 0]
    return counts


def _numbers(value: Json) -> Iterator[float]:
    """Yield the numbers in a value, also in lists within lists."""
    if type(value) in (int, float):
        yield float(value)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)


def _named(value: Json) -> Json:
    """Return a value that stands for this one in sets."""
    return value if type(value) in (int, str) else f"\n{canonical(value)}"


class _Shape:
    """What values at one place have in common."""

    def __init__(self, values: list[Json]) -> None:
        self.types = {type(value) for value in values}
        numbers = [value for value in values if type(value) in (int, float)]
        self.least, self.greatest = min(numbers, default=0), max(numbers, default=0)
        texts = [value for value in values if isinstance(value, str)]
        self.letters = set("".join(texts))
        lists = [value for value in values if isinstance(value, list)]
        lengths = [len(value) for value in (*texts, *lists)]
        self.shortest, self.longest = min(lengths, default=0), max(lengths, default=0)
        items = [item for value in lists for item in value]
        self.inner: _Shape | None = _Shape(items) if items else None
        self.rules = [(kind, is_so) for kind, is_so in _RULES if all(is_so(v) for v in values if type(v) is kind)]
        self.known = {canonical(value) for value in values if isinstance(value, dict)}
        self.triples = None if self._is_free() else {part for text in texts for part in _triples(text)}

    def _is_free(self) -> bool:
        """Say whether letters may follow each other in any order: few, no capitals, no digits among other marks."""
        few = len(self.letters) <= FEW and len(set(map(str.isdigit, self.letters))) < 2
        return few and not any(map(str.isupper, self.letters))

    def holds(self, value: Json) -> bool:
        """Say whether a value is like the others."""
        if type(value) not in self.types or not all(is_so(value) for kind, is_so in self.rules if type(value) is kind):
            return False
        if type(value) in (int, float):
            return bool(self.least <= value <= self.greatest)
        if isinstance(value, dict):
            return canonical(value) in self.known
        if not isinstance(value, list | str):
            return True
        if not self.shortest <= len(value) <= self.longest:
            return False
        if isinstance(value, str):
            return set(value) <= self.letters and (self.triples is None or _triples(value) <= self.triples)
        return all(self.inner is not None and self.inner.holds(item) for item in value)


def _triples(text: str) -> set[str]:
    return {text[i : i + 3] for i in range(max(1, len(text) - 2))}


def _is_sorted(items: Json) -> bool:
    kinds = {type(item) for item in items}
    return len(kinds) < 2 and not kinds & {dict, type(None), list} and all(a <= b for a, b in pairwise(items))


def _is_table(items: Json) -> bool:
    """Say whether inner lists are of one length."""
    return len({len(item) for item in items if isinstance(item, list)}) < 2


def _is_balanced(text: Json) -> bool:
    """Say whether brackets close."""
    depth, lowest = 0, 0
    for letter in text:
        depth += (letter in "([{<") - (letter in ")]}>")
        lowest = min(lowest, depth)
    return depth == lowest == 0


_RULES: tuple[tuple[type, Callable[[Json], bool]], ...] = (
    (int, lambda number: number % 2 == 0),
    (int, lambda number: number % 2 == 1),
    (int, lambda number: number > 0 and number & (number - 1) == 0),
    (list, lambda items: len(items) % 2 == 0),
    (list, _is_sorted),
    (list, _is_table),
    (str, _is_balanced),
)
"""What may be true of all values of a type at one place."""
