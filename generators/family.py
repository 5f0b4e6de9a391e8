"""The Family contract and the way to every family: names, load, generate, verify.

Not here: any family. The path of a file below `generators/families/` is the family's name; there is no
registration. Law: making is a pure function of (name, version, level, region, seed, index); judging never raises
for model text and never reads the prompt.
"""

import importlib
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from generators.malformed import Malformed
from pipeline.errors import FamilyError, nearest
from pipeline.fingerprint import canonical
from pipeline.problem import Certificate, Json, Outcome, Problem, Verdict, make_problem, malformed, undecided
from pipeline.seeds import derive, rng
from pipeline.split import Split

MAX_ATTEMPTS = 10_000
"""Draws `make` may reject for one instance before the level is called too tight."""
COMPACT = "compact"
"""The rendering for tiny policies: no words, and drawn only where it is asked for by name."""


class Solution(NamedTuple):
    """One witness answer and what is proven about it."""

    answer: Json
    certificate: Certificate


class Reject(Exception):
    """Raised inside `make` to throw a draw away and try again; the reason is counted."""


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """Claims are proven again by looking at every answer of a small instance: for questions that leave a choice.

    answers: (params) -> every answer that may be right, each different one once; those that obviously are not may be
    left out. worth: (params, answer) -> what the question wants most or least of, None where the answer breaks a
    rule; with the goal "any" every answer that has a worth is right. Law: neither calls `solve`.
    """

    answers: Callable[[Json], Iterable[Json]]
    worth: Callable[[Json, Json], int | float | None]
    goal: Literal["most", "least", "any"]


@dataclass(frozen=True, slots=True)
class Recomputation:
    """Claims are proven again by a second way to the one right answer. Law: `answer` shares no step with `solve`."""

    answer: Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class SecondSolver:
    """Claims are proven again by a second way to the optimal value, where answers are too many to look at.

    Law: `value` shares no step with `solve`.
    """

    value: Callable[[Json], int | float]
    goal: Literal["most", "least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What one file defines as FAMILY. Pure functions, no state.

    make: (rng, level, region) -> params, JSON-plain; raises Reject to draw again.
    solve: (params) -> Solution. verify: (problem, reply) -> Verdict; reads params, answer, certificate,
    answer_format. render: (params, rendering) -> (user text, answer_format). parse: (text, rendering) -> params.
    canonical: (params) -> JSON, the same for relabelled or permuted instances. level_of: (params) -> level.
    write: (answer, rendering) -> the answer as text in that rendering. trace: (params, rendering) -> a worked
    solution ending with the answer in its place. regions: names of the regions; region_of: (params) -> region.
    capacity: (level, region) -> number of distinct instances, where known. heuristics: cheap guesses
    (params) -> answer text in the first rendering, for certification. judges: older family_versions the
    verifier still understands. learnable_trace: False where the trace only states what a search found, so that
    imitation cannot teach the search; the diagnosis then prefers reinforcement. again: how certify proves the claims
    of `solve` a second time; required of whoever claims a proof. same: (params, answer, rng) -> the same question put
    another way and its answer: items in another order, nodes renumbered, a row read from its other end.
    """

    family_version: int
    verifier_version: int
    answer_type: str
    renderings: tuple[str, ...]
    make: Callable[[Random, int, str], Json]
    solve: Callable[[Json], Solution]
    verify: Callable[[Problem, str], Verdict]
    render: Callable[[Json, str], tuple[str, str]]
    parse: Callable[[str, str], Json]
    canonical: Callable[[Json], Json]
    level_of: Callable[[Json], int]
    write: Callable[[Json, str], str]
    max_level: int | None = None
    trace: Callable[[Json, str], str] | None = None
    regions: tuple[str, ...] = ("",)
    region_of: Callable[[Json], str] | None = None
    capacity: Callable[[int, str], int] | None = None
    heuristics: tuple[Callable[[Json], str], ...] = ()
    concepts: tuple[str, ...] = ()
    judges: tuple[int, ...] = ()
    learnable_trace: bool = True
    procedural: bool = True
    again: Exhaustion | Recomputation | SecondSolver | None = None
    same: Callable[[Json, Json, Random], tuple[Json, Json]] | None = None


_ROOT = Path(__file__).parent / "families"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all families ("np/tsp"), sorted; found by folder, nothing is imported."""
    return tuple(
        sorted(
            path.relative_to(_ROOT).with_suffix("").as_posix()
            for path in _ROOT.glob("*/*.py")
            if not path.name.startswith("_")
        )
    )


@cache
def load(name: str) -> Family:
    """Return the family called `name`.

    Raises:
        FamilyError: when there is none, naming the nearest one.
    """
    if name not in names():
        raise FamilyError(f"unknown family {name!r}{nearest(name, names())} (`veriloop families` lists {len(names())})")
    module = importlib.import_module("generators.families." + name.replace("/", "."))
    found = module.FAMILY
    assert isinstance(found, Family)
    return found


def generate(
    name: str,
    *,
    level: int,
    seed: int,
    index: int,
    rendering: str | None = None,
    region: str | None = None,
    family: Family | None = None,
) -> Problem:
    """Make problem number `index` of a cell: a pure function of its arguments.

    With region None, one is drawn by hash from the family's own; a rendering is drawn from those that `rendering`
    names, separated by commas, with None from all that use words. Here and below, `family` is a value to use under
    this name instead of the installed file: how a family is tried before it has one.

    Raises:
        FamilyError: for an unknown family, level, region or rendering, a family that makes nothing, or a level
            at which `make` rejects too often; carries the one-line reproduction.
    """
    family = family or load(name)
    check_request(name, level=level, region=region, rendering=rendering, family=family)
    params, rendering = make_params(
        name, level=level, region=region, seed=seed, index=index, rendering=rendering, family=family
    )
    region = family.region_of(params) if family.region_of else ""
    origin = canonical({"index": index, "level": level, "region": region, "seed": seed})
    return from_params(name, params, rendering=rendering, origin=origin, family=family)


def make_params(
    name: str,
    *,
    level: int,
    region: str | None,
    seed: int,
    index: int,
    rendering: str | None,
    family: Family | None = None,
) -> tuple[Json, str]:
    """Draw the params of problem number `index` of a cell and choose its rendering; solves nothing.

    The instance never depends on the rendering: asking for another wording gives the same params.
    """
    family = family or load(name)
    place = (name, family.family_version, level, seed, index)
    if region is None:
        region = family.regions[derive("region", *place) % len(family.regions)]
    asked = asked_renderings(name, rendering, family=family)
    drawn = asked[derive("rendering", *place, region) % len(asked)] if len(asked) > 1 else asked[0]
    return _make(name, family, level=level, region=region, seed=seed, index=index), drawn


def asked_renderings(name: str, rendering: str | None, *, family: Family | None = None) -> tuple[str, ...]:
    """Return the renderings that "plain,story" asks for, in the family's own order; None asks for all but compact.

    Raises:
        FamilyError: for one that the family does not have.
    """
    family = family or load(name)
    if rendering is None:
        return tuple(known for known in family.renderings if known != COMPACT) or family.renderings
    asked = [part.strip() for part in rendering.split(",")]
    for part in asked:
        if part not in family.renderings:
            raise FamilyError(
                f"family {name} has no rendering {part!r}: choose from {list(family.renderings)}, several with commas"
            )
    return tuple(known for known in family.renderings if known in asked)


def check_request(
    name: str,
    *,
    level: int,
    region: str | None = None,
    rendering: str | None = None,
    family: Family | None = None,
) -> None:
    """Raise FamilyError unless the family can make this level, region and rendering (or renderings)."""
    family = family or load(name)
    if not family.procedural:
        raise FamilyError(f"family {name} makes no problems of its own: bring them with `veriloop import`")
    if level < 1 or (family.max_level is not None and level > family.max_level):
        limit = "1 and up" if family.max_level is None else f"1 to {family.max_level}"
        raise FamilyError(f"family {name} has no level {level}: choose {limit}")
    if region is not None and region not in family.regions:
        raise FamilyError(f"family {name} has no region {region!r}: choose one of {list(family.regions)}")
    asked_renderings(name, rendering, family=family)


def _make(name: str, family: Family, *, level: int, region: str, seed: int, index: int) -> Json:
    source = rng("make", name, family.family_version, level, region, seed, index)
    reasons: dict[str, int] = {}
    for _ in range(MAX_ATTEMPTS):
        try:
            return family.make(source, level, region)
        except Reject as rejected:
            reasons[str(rejected)] = reasons.get(str(rejected), 0) + 1
    raise FamilyError(
        f"{name} level {level} region {region!r} seed {seed} index {index}: {MAX_ATTEMPTS} draws rejected "
        f"({reasons}); the level is too tight, choose another"
    )


def from_params(
    name: str,
    params: Json,
    *,
    rendering: str,
    origin: str = "",
    parents: tuple[str, ...] = (),
    split: Split | None = None,
    license: str = "Apache-2.0",
    family: Family | None = None,
) -> Problem:
    """Build the Problem of known params: solve, render, trace and prove."""
    family = family or load(name)
    solution = family.solve(params)
    prompt, answer_format = family.render(params, rendering)
    return make_problem(
        family=name,
        family_version=family.family_version,
        params=params,
        rendering=rendering,
        canonical_form=family.canonical(params),
        split=split,
        level=family.level_of(params),
        region=family.region_of(params) if family.region_of else "",
        prompt=prompt,
        answer_format=answer_format,
        answer=solution.answer,
        certificate=solution.certificate,
        trace=family.trace(params, rendering) if family.trace else None,
        parents=parents,
        concepts=family.concepts,
        origin=origin,
        license=license,
    )


def verify(problem: Problem, reply: str, *, family: Family | None = None) -> Verdict:
    """Judge one reply. Model text never raises: an exception of ours becomes UNDECIDED with its traceback.

    Raises:
        FamilyError: when the installed family cannot judge rows of this family_version.
    """
    family = family or load(problem.family)
    check_judged(problem.family, problem.family_version, family=family)
    try:
        return family.verify(problem, reply)
    except Malformed as error:
        return malformed(error.reason, error.extracted)
    except Exception:  # the guard: whatever else escapes is our bug, kept with its traceback, never a wrong answer
        return undecided(traceback.format_exc(limit=6))


def check_judged(name: str, family_version: int, *, family: Family | None = None) -> None:
    """Raise FamilyError unless the installed family judges rows of this family_version."""
    family = family or load(name)
    if family_version != family.family_version and family_version not in family.judges:
        raise FamilyError(
            f"{name} version {family_version} cannot be judged by the installed version "
            f"{family.family_version} (it judges {[family.family_version, *family.judges]}): install the matching one"
        )


class FamilyVerifier:
    """The Verifier of installed families: picklable, stateless."""

    def version(self, family: str) -> int:
        """Return the installed verifier version of a family."""
        return load(family).verifier_version

    def verify(self, problems: Sequence[Problem], replies: Sequence[str]) -> list[Verdict]:
        """Return one verdict per pair; an undecided reply is tried once more before it stands."""
        first = [verify(problem, reply) for problem, reply in zip(problems, replies, strict=True)]
        return [
            verify(problem, reply) if verdict.outcome is Outcome.UNDECIDED else verdict
            for problem, reply, verdict in zip(problems, replies, first, strict=True)
        ]
