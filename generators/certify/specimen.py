"""A family under test and the sample of its problems that laws are checked on. No law.

Law: a specimen is a function of the family, the levels, the number of samples and the seed.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from generators.family import Family, generate, make_params, verify
from pipeline.errors import PipelineError
from pipeline.problem import Json, Problem, Verdict

REFUSALS = (PipelineError, ValueError, LookupError, TypeError, ArithmeticError, AssertionError, RecursionError)
"""What a family's own code may raise on params or levels that it would never make."""


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of generate() behind one problem of a sample."""

    level: int
    region: str
    index: int
    rendering: str


@dataclass(frozen=True)
class Specimen:
    """A family under test and the sample of problems its laws are checked on."""

    name: str
    family: Family
    requests: tuple[Request, ...]
    seed: int = 0

    def make(self, request: Request) -> Problem:
        """Make the problem of one request anew."""
        return generate(self.name, **asdict(request), seed=self.seed, family=self.family)

    def params(self, request: Request) -> Json:
        """Make only the params of one request, unsolved."""
        return make_params(self.name, **asdict(request), seed=self.seed, family=self.family)[0]

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The sample, one problem per request."""
        return tuple(self.make(request) for request in self.requests)

    @cached_property
    def known(self) -> dict[str, Any]:
        """What laws have found out about this specimen and share, by its name."""
        return {}

    @property
    def pairs(self) -> Iterator[tuple[Problem, Problem]]:
        """Every problem with a neighbour of the same rendering, to borrow the neighbour's answer."""
        by_rendering: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_rendering.setdefault(problem.rendering, []).append(problem)
        for group in by_rendering.values():
            yield from zip(group, group[1:] + group[:1], strict=True)

    def gold(self, problem: Problem) -> str:
        """Return the witness as text in the problem's rendering."""
        return self.family.write(problem.answer, problem.rendering)

    def judge(self, problem: Problem, reply: str) -> Verdict:
        """Judge one reply with the family under test."""
        return verify(problem, reply, family=self.family)

    def at(self, problem: Problem, what: str) -> str:
        """Return one line that names a problem and what is wrong with it."""
        return f"{self.name} level {problem.level} {problem.rendering} {problem.origin}: {what}"


def sample(name: str, family: Family, *, levels: tuple[int, ...], samples: int, seed: int = 0) -> Specimen:
    """Choose `samples` problems per level, in turn over renderings and regions, up to the family's max_level."""
    renderings, regions = family.renderings, family.regions
    requests = tuple(
        Request(level, regions[i % len(regions)], i, renderings[(i // len(regions)) % len(renderings)])
        for level in levels
        if family.max_level is None or level <= family.max_level
        for i in range(max(samples, len(renderings), len(regions)))
    )
    return Specimen(name, family, requests, seed)


def cells(specimen: Specimen) -> list[tuple[int, str]]:
    """Return the (level, region) pairs of a sample, each once."""
    return sorted({(request.level, request.region) for request in specimen.requests})
