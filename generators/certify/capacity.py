"""How many instances a cell can give: enumerated where its choices are few, compared with draws where they are many.

Not the statement itself (the family's `capacity`). Law: an enumeration runs `make` once for every sequence of choices
it can take, so that what it counts is exact; an estimate is never called more than that.

Source: Chao 1984, "Nonparametric estimation of the number of classes in a population", in the form that allows for no
class seen twice: S + f1 (f1 - 1) / (2 (f2 + 1)).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

from generators.certify.specimen import REFUSALS, Request, Specimen, cells
from generators.family import Reject
from pipeline.fingerprint import canonical
from pipeline.problem import Json, instance_hash

DRAWS = 200
"""Instances drawn per cell for a first look at how many there are."""
MORE_DRAWS = 2_000
"""Instances drawn of a cell of the first level, to compare its statement with an estimate."""
MOST_CHOICES = 20_000
"""Sequences of choices of one cell that are run through."""
MOST_STEPS = 1_000
"""Choices of one sequence."""
BELOW = 4
"""Levels below 1 on which a formula for capacity is tried."""
REPEATS = 20
"""Draws that gave an instance once more before an estimate means anything."""
OUT_OF_PROPORTION = 30
"""How many times the estimate a statement may be: seq/unique, whose rarest instances are hardly ever drawn, states 17
times as many."""


class _NotEnumerable(Exception):
    """Raised where `make` draws a real number, or has more sequences of choices than are run through."""


class _Script(Random):
    """A source whose whole choices are dictated in turn: 0 where the script has ended; real numbers are refused."""

    def __init__(self, script: list[int]) -> None:
        super().__init__(0)
        self.script, self.sizes, self.width = script, list[int](), 1

    def _randbelow(self, n: int) -> int:
        self.sizes.append(n)
        self.width *= n
        if self.width > 2 * MOST_CHOICES or len(self.sizes) > MOST_STEPS:
            raise _NotEnumerable  # before `make` ends: one that draws until something fits would never end
        if len(self.sizes) > len(self.script):
            self.script.append(0)
        return self.script[len(self.sizes) - 1]

    def choices(self, population: Any, weights: Any = None, *, cum_weights: Any = None, k: int = 1) -> list[Any]:
        if weights is not None or cum_weights is not None:
            raise _NotEnumerable
        return [population[self._randbelow(len(population))] for _ in range(k)]

    def random(self) -> float:
        raise _NotEnumerable

    def getrandbits(self, k: int) -> int:
        raise _NotEnumerable


def enumerated(specimen: Specimen, level: int, region: str) -> int | None:
    """Return the exact number of distinct instances of a cell, None where it has too many sequences of choices."""
    key = f"enumerated {level} {region}"
    if key not in specimen.known:
        try:
            forms = set(_forms(specimen, level, region))
            specimen.known[key] = len(forms)
        except _NotEnumerable:
            specimen.known[key] = None
    found: int | None = specimen.known[key]
    return found


def _forms(specimen: Specimen, level: int, region: str) -> Iterator[str]:
    family, script, runs = specimen.family, list[int](), 0
    while True:
        source = _Script(script)
        with suppress(Reject):
            params = family.make(source, level, region)
            if family.level_of(params) != level:
                raise _NotEnumerable  # below level 1, where a family need not know what its levels mean
            yield canonical(family.canonical(params))
        runs += 1
        if runs > MOST_CHOICES:
            raise _NotEnumerable
        while script and script[-1] + 1 == source.sizes[len(script) - 1]:
            script.pop()
        if not script:
            return
        script[-1] += 1


def counted(specimen: Specimen) -> Iterator[str]:
    """The stated capacity is the number of instances where they can be enumerated, and near an estimate elsewhere."""
    family = specimen.family
    if family.capacity is None:
        return
    yield from _counted_below(specimen)
    for level, region in cells(specimen):
        stated = family.capacity(level, region)
        where = f"{specimen.name} level {level} region {region!r}"
        exact = enumerated(specimen, level, region)
        if exact is not None:
            if exact != stated:
                yield f"{where}: capacity says {stated}, all choices of make give {exact} instances"
            continue
        draws = MORE_DRAWS if level == 1 else DRAWS
        times = Counter(draw(specimen, level, region, draws).values())
        found = sum(times.values())
        if found > stated:
            yield f"{where}: {found} instances drawn, capacity says {stated}"
        elif draws - found >= REPEATS and stated > OUT_OF_PROPORTION * chao(times):
            yield f"{where}: capacity says {stated}, {found} instances drawn suggest {chao(times)}"


def _counted_below(specimen: Specimen) -> Iterator[str]:
    """Yield where the statement fails on the first level below 1 that can be enumerated, if none above it can.

    Levels start at 1, but where `make`, `level_of` and `capacity` go on below, their smaller cells are enumerable.
    """
    capacity = specimen.family.capacity
    assert capacity is not None
    for region in specimen.family.regions:
        for level in range(1, -BELOW, -1):
            try:
                exact, stated = enumerated(specimen, level, region), capacity(level, region)
            except REFUSALS:
                break
            if exact and level < 1 and exact != stated:
                yield (
                    f"{specimen.name} region {region!r}: continued to level {level}, capacity says {stated} and all "
                    f"choices of make give {exact} instances: the formula is wrong, or raise below level 1"
                )
            if exact:
                break


def chao(times: Counter[int]) -> int:
    """Return the estimate of how many instances there are from how many were drawn once, twice and more often."""
    return sum(times.values()) + times[1] * (times[1] - 1) // (2 * (times[2] + 1))


def draw(specimen: Specimen, level: int, region: str, draws: int) -> dict[str, int]:
    """Return how often each instance came up in `draws` draws of a cell, by instance_hash; nothing is solved."""
    seen: dict[str, int] = {}
    for index in range(draws):
        params: Json = specimen.params(Request(level, region, index, specimen.family.renderings[0]))
        identity = instance_hash(specimen.name, specimen.family.canonical(params))
        seen[identity] = seen.get(identity, 0) + 1
    return seen
