"""What may leave a question the same, read off the shape of its params: lists, words, matrices, edges and names.

Not the judgement whether it does (sameness). Law: a move returns new params of the same shape, a function of the
params and the source alone.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from random import Random
from typing import NamedTuple

from pipeline.problem import Json


class Move(NamedTuple):
    """A way to put any params of a family differently, and its answer with them; `name` says it in words."""

    name: str
    params: Callable[[Json, Random], Json]
    answer: Callable[[Json, Json, Json], Json] = lambda answer, before, after: answer


def suggestions(shapes: Sequence[Json]) -> Iterator[Move]:
    """Yield the moves that all of these params allow; none where they are no objects."""
    if not all(isinstance(shape, dict) for shape in shapes):
        return
    lists = [key for key in shapes[0] if all(isinstance(shape.get(key), list) for shape in shapes)]
    squares = [key for key in lists if all(_square(shape[key]) for shape in shapes)]
    rows = [key for key in lists if key not in squares]
    for key in rows:
        yield from (_reordering((key,)), _turning(key))
        if all(_paired(shape[key]) for shape in shapes):
            yield _flipping(key)
    for key in lists:
        if all(_nested(shape[key]) for shape in shapes):
            yield from _inner(key, grid=all(len(set(map(len, shape[key]))) == 1 for shape in shapes))
    numbers = [key for key in shapes[0] if all(type(shape.get(key)) is int for shape in shapes)]
    yield from (_exchanging(one, other) for one, other in combinations(numbers, 2))
    lengths = {key: tuple(len(shape[key]) for shape in shapes) for key in rows}
    for length in dict.fromkeys(lengths.values()):
        together = tuple(key for key in rows if lengths[key] == length)
        if len(together) > 1:
            yield _reordering(together)
    yield from (_renumbering(key) for key in squares)
    for key, count in product(rows, (key for key in shapes[0] if key not in lists)):
        if all(_edges(shape[key], shape.get(count)) for shape in shapes):
            yield _relabelling(key, count)
    for key in (key for key in shapes[0] if all(isinstance(shape.get(key), str) for shape in shapes)):
        yield from (_rewriting(key, cut) for cut in ("", " ", "\n", ",") if all(cut in shape[key] for shape in shapes))
        yield _turning(key)
    if all(len(set(_names(shape))) > 2 for shape in shapes):
        yield _RENAMING


def _square(value: Json) -> bool:
    return len(value) > 1 and all(isinstance(row, list) and len(row) == len(value) for row in value)


def _nested(value: Json) -> bool:
    return len(value) > 0 and all(isinstance(row, list) and row for row in value)


def _inner(key: str, *, grid: bool) -> Iterator[Move]:
    """Yield what may be done inside every list of a list, and with the whole where all are equally long."""

    def on_rows(change: Callable[[list[Json], Random], list[Json]]) -> Callable[[Json, Random], Json]:
        return lambda params, source: {**params, key: [change(row, source) for row in params[key]]}

    yield Move(f"another order within each of {key}", on_rows(_shuffled))
    if grid:
        yield Move(f"exchanging the first two of each of {key}", on_rows(lambda row, _: [*row[1::-1], *row[2:]]))
        yield Move(f"mirroring {key}", on_rows(lambda row, _: row[::-1]))
        yield Move(
            f"making the rows of {key} its columns",
            lambda params, _: {**params, key: [list(column) for column in zip(*params[key], strict=True)]},
        )


def _exchanging(one: str, other: str) -> Move:
    return Move(f"exchanging {one} and {other}", lambda params, _: {**params, one: params[other], other: params[one]})


def _paired(rows: Json) -> bool:
    """Say whether every row starts with two things of one kind."""
    return all(isinstance(row, list) and len(row) >= 2 and type(row[0]) is type(row[1]) for row in rows)


def _edges(rows: Json, count: Json) -> bool:
    """Say whether rows start with two numbers below a count of nodes."""
    nodes = range(count) if type(count) is int else range(0)
    return _paired(rows) and all(type(end) is int and end in nodes for row in rows for end in row[:2])


def _shuffled(items: Sequence[Json], source: Random) -> list[Json]:
    return source.sample(list(items), len(items))


def _reordering(keys: tuple[str, ...]) -> Move:
    def move(params: Json, source: Random) -> Json:
        order = _shuffled(range(len(params[keys[0]])), source)
        return {**params, **{key: [params[key][i] for i in order] for key in keys}}

    return Move(f"another order of {' and '.join(keys)}", move)


def _turning(key: str) -> Move:
    return Move(
        f"reading {key} from the other end",
        lambda params, source: {**params, key: params[key][::-1]},
        lambda answer, before, after: answer[::-1] if isinstance(answer, list | str) else answer,
    )


def _flipping(key: str) -> Move:
    def move(params: Json, source: Random) -> Json:
        flipped = [[row[1], row[0], *row[2:]] if source.randrange(2) else row for row in params[key]]
        return {**params, key: flipped}

    return Move(f"exchanging the two ends of some of {key}", move)


def _renumbering(key: str) -> Move:
    def move(params: Json, source: Random) -> Json:
        order = _shuffled(range(len(params[key])), source)
        return {**params, key: [[params[key][i][j] for j in order] for i in order]}

    return Move(f"another numbering of the rows and columns of {key}", move)


def _relabelling(key: str, count: str) -> Move:
    def move(params: Json, source: Random) -> Json:
        names = _shuffled(range(params[count]), source)
        return {**params, key: [[names[row[0]], names[row[1]], *row[2:]] for row in params[key]]}

    return Move(f"another numbering of the nodes in {key}", move)


def _rewriting(key: str, cut: str) -> Move:
    def move(params: Json, source: Random) -> Json:
        return {**params, key: cut.join(_shuffled(params[key].split(cut) if cut else params[key], source))}

    return Move(f"another order of what {key} holds" + (f" between {cut!r}" if cut else ""), move)


def _names(params: Json) -> list[str]:
    """Return the texts that stand in lists of the params, in order and as often as they do."""
    return [text for key, value in sorted(params.items()) for text in _listed(value) if isinstance(value, list)]


def _listed(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value if isinstance(value, list) else ():
        yield from _listed(inner)


def _put(value: Json, new: dict[str, str]) -> Json:
    if isinstance(value, list):
        return [_put(inner, new) for inner in value]
    return new.get(value, value) if isinstance(value, str) else value


def _renamed(params: Json, source: Random) -> Json:
    names = sorted(set(_names(params)))
    new = dict(zip(names, _shuffled(names, source), strict=True))
    return {key: _put(value, new) if isinstance(value, list) else value for key, value in params.items()}


def _renamed_answer(answer: Json, before: Json, after: Json) -> Json:
    return _put(answer, dict(zip(_names(before), _names(after), strict=True)))


_RENAMING = Move("exchanging names", _renamed, _renamed_answer)
