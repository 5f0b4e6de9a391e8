"""Laws on identity: the same question put differently is one instance, and different questions are different ones.

Not the canonical form (each family's own). Law: every family is tried with the symmetries it declares and with those
that its params suggest; a difference in wording, order or numbering alone never passes for a new instance, and no two
instances share a form whose answers differ.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, product
from random import Random
from typing import Any, NamedTuple

from generators.answers.reading.extract import place
from generators.certify.proofs import MOST_ANSWERS, posed
from generators.certify.specimen import Request, Specimen, cells
from generators.family import Exhaustion, Solution
from pipeline.errors import PipelineError
from pipeline.fingerprint import canonical
from pipeline.problem import Json, Outcome, Problem
from pipeline.seeds import rng

DRAWN = 300
"""Instances drawn per cell to find two that share a form."""
PAIRS = 20
"""Pairs that share a form and are looked into, per cell."""
NAMED = 3
"""Pairs of a cell that are named when they should not share a form."""
ORBIT = 24
"""Up to so many presentations of one instance are taken for all of them, after ten times as many draws."""
SUGGESTED = 12
"""Problems a suggested symmetry must hold on before it counts as one."""

_REFUSALS = (PipelineError, ValueError, LookupError, TypeError, ArithmeticError, AssertionError, RecursionError)
"""What a family's own code may raise on params that it would never make."""


def recognised(specimen: Specimen) -> Iterator[str]:
    """A question put differently has the same form, level and claims, and its answer, put alike, is right."""
    yield from _declared(specimen)
    for name, move in _suggestions(specimen):
        shown = _shown_symmetry(specimen, move)
        if shown is not None:
            before, after = shown
            yield (
                f"{specimen.name}: {name} changes no answer, and yet the canonical forms of {before} and {after} differ"
            )


def _declared(specimen: Specimen) -> Iterator[str]:
    family, moved = specimen.family, 0
    if family.same is None:
        return
    for problem in specimen.problems:
        source = rng("same", specimen.name, problem.uid)
        before, form = canonical(problem.params), _form(specimen, problem.params)
        for _ in range(3):
            params, answer = family.same(problem.params, problem.answer, source)
            if canonical(problem.params) != before:
                yield specimen.at(problem, "same changed its params")
            moved += canonical(params) != before
            if _form(specimen, params) != form:
                yield specimen.at(problem, f"the same question as {params} has another canonical form")
            if family.level_of(params) != problem.level:
                yield specimen.at(problem, f"the same question as {params} is on level {family.level_of(params)}")
            solution = family.solve(params)
            if _claims(solution) != _claims(Solution(problem.answer, problem.certificate)):
                yield specimen.at(problem, f"the same question as {params} is certified {solution.certificate}")
            if not _accepts(specimen, _posed(specimen, params, solution), answer):
                yield specimen.at(problem, f"its answer, put as {answer}, is not right for the same question {params}")
    if not moved:
        yield f"{specimen.name}: same gives every question back as it was"


def _form(specimen: Specimen, params: Json) -> str:
    return canonical(specimen.family.canonical(params))


def _claims(solution: Solution) -> tuple[Any, ...]:
    """Return what is claimed of an answer, its baseline left out: a cheap guess may depend on the order of things."""
    proof = solution.certificate
    return (proof.status, proof.value, proof.bound, proof.optima, proof.optima_kind)


def _posed(specimen: Specimen, params: Json, solution: Solution) -> Problem:
    family = specimen.family
    region = family.region_of(params) if family.region_of else ""
    request = Request(family.level_of(params), region, 0, family.renderings[0])
    return posed(specimen, request, params, solution)


def _accepts(specimen: Specimen, problem: Problem, answer: Json) -> bool:
    text = place(specimen.family.write(answer, problem.rendering), problem.answer_format)
    return specimen.judge(problem, text).outcome is Outcome.CORRECT


class Move(NamedTuple):
    """A way to rearrange any params of a family, and what it does to an answer if it is read along."""

    params: Callable[[Json, Random], Json]
    answer: Callable[[Json], Json] = lambda answer: answer


def _suggestions(specimen: Specimen) -> Iterator[tuple[str, Move]]:
    """Yield what may be a symmetry by the shape of the params: lists in another order, nodes under other numbers."""
    shapes = [problem.params for problem in specimen.problems if isinstance(problem.params, dict)]
    if len(shapes) < len(specimen.problems):
        return
    lists = [key for key in shapes[0] if all(isinstance(shape.get(key), list) for shape in shapes)]
    squares = [key for key in lists if all(_square(shape[key]) for shape in shapes)]
    rows = [key for key in lists if key not in squares]
    for key in rows:
        yield f"another order of {key}", Move(_permuting((key,)))
        yield f"reading {key} from the other end", Move(_turning(key), _turned)
    for size in {tuple(len(shape[key]) for shape in shapes) for key in rows}:
        together = tuple(key for key in rows if tuple(len(shape[key]) for shape in shapes) == size)
        if len(together) > 1:
            yield f"another order of {' and '.join(together)} together", Move(_permuting(together))
    for key in squares:
        yield f"another numbering of the rows and columns of {key}", Move(_renumbering(key))
    for key, count in product(rows, (key for key in shapes[0] if key not in lists)):
        if all(_edges(shape[key], shape.get(count)) for shape in shapes):
            yield f"another numbering of the nodes in {key}", Move(_relabelling(key, count))


def _square(value: Json) -> bool:
    return len(value) > 1 and all(isinstance(row, list) and len(row) == len(value) for row in value)


def _edges(rows: Json, count: Json) -> bool:
    """Say whether rows start with two different numbers below a count of nodes."""
    return isinstance(count, int) and all(
        isinstance(row, list)
        and len(row) >= 2
        and all(type(end) is int and 0 <= end < count for end in row[:2])
        and row[0] != row[1]
        for row in rows
    )


def _permuting(keys: tuple[str, ...]) -> Callable[[Json, Random], Json]:
    def move(params: Json, source: Random) -> Json:
        order = source.sample(range(len(params[keys[0]])), len(params[keys[0]]))
        return {**params, **{key: [params[key][i] for i in order] for key in keys}}

    return move


def _turning(key: str) -> Callable[[Json, Random], Json]:
    return lambda params, source: {**params, key: params[key][::-1]}


def _turned(answer: Json) -> Json:
    return answer[::-1] if isinstance(answer, list | str) else answer


def _renumbering(key: str) -> Callable[[Json, Random], Json]:
    def move(params: Json, source: Random) -> Json:
        order = source.sample(range(len(params[key])), len(params[key]))
        return {**params, key: [[params[key][i][j] for j in order] for i in order]}

    return move


def _relabelling(key: str, count: str) -> Callable[[Json, Random], Json]:
    def move(params: Json, source: Random) -> Json:
        names = source.sample(range(params[count]), params[count])
        return {**params, key: [[names[row[0]], names[row[1]], *row[2:]] for row in params[key]]}

    return move


def _shown_symmetry(specimen: Specimen, move: Move) -> tuple[Json, Json] | None:
    """Return two params that a symmetry joins and the canonical form tells apart, None where it is none or is known.

    It is one when, on SUGGESTED problems that it changes, either every answer is right for both presentations, or
    what is claimed of them agrees while differing from problem to problem.
    """
    accepted, claimed, tried = True, set(), 0
    parted: tuple[Json, Json] | None = None
    for problem in specimen.problems:
        source = rng("suggested", specimen.name, problem.uid)
        params = move.params(problem.params, source)
        if canonical(params) == canonical(problem.params):
            continue
        if not _readable(specimen, params):
            return None
        try:
            solution = specimen.family.solve(params)
            if _claims(solution) != _claims(Solution(problem.answer, problem.certificate)):
                return None
            other = _posed(specimen, params, solution)
            accepted = accepted and _accepts(specimen, other, move.answer(problem.answer))
            accepted = accepted and _accepts(specimen, problem, move.answer(solution.answer))
            if _form(specimen, params) != _form(specimen, problem.params):
                parted = parted or (problem.params, params)
        except _REFUSALS:
            return None
        claimed.add(_claims(solution))
        tried += 1
        if tried == SUGGESTED:
            break
    shown = tried == SUGGESTED and (accepted or len(claimed) > 2)
    return parted if shown else None


def told_apart(specimen: Specimen) -> Iterator[str]:
    """Two instances that share a form have the same claims, and a declared symmetry makes one of the other."""
    for level, region in cells(specimen):
        faults = (
            f"{specimen.name} level {level}: {one} and {other} share a form, and {fault}"
            for one, other in islice(_sharing(specimen, level, region), PAIRS)
            if (fault := _different(specimen, one, other))
        )
        yield from islice(faults, NAMED)


def _sharing(specimen: Specimen, level: int, region: str) -> Iterator[tuple[Json, Json]]:
    """Yield pairs of different params of a cell that share a canonical form."""
    forms: dict[str, Json] = {}
    for params in _drawn(specimen, level, region):
        first = forms.setdefault(_form(specimen, params), params)
        if first != params:
            yield first, params


def _drawn(specimen: Specimen, level: int, region: str) -> Iterator[Json]:
    """Yield instances of a cell and, of some, neighbours in which one number is another."""
    for index in range(DRAWN):
        params = specimen.params(Request(level, region, index, specimen.family.renderings[0]))
        yield params
        if index < SUGGESTED:
            yield from (nudged for nudged in _nudged(params) if _readable(specimen, nudged))


def _readable(specimen: Specimen, params: Json) -> bool:
    """Say whether every wording of params reads back as just these, so that they are such as `make` might draw."""
    family = specimen.family
    try:
        back = [family.parse(family.render(params, rendering)[0], rendering) for rendering in family.renderings]
        return {canonical(read) for read in back} == {canonical(params)}
    except _REFUSALS:
        return False


def _nudged(params: Json) -> Iterator[Json]:
    """Yield params with one of their whole numbers one larger."""
    for path in islice(_numbers(params, ()), ORBIT):
        yield _with(params, path)


def _numbers(value: Json, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if type(value) is int:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _numbers(inner, (*path, key))


def _with(value: Json, path: tuple[Any, ...]) -> Json:
    if not path:
        return value + 1
    if isinstance(value, dict):
        return {**value, path[0]: _with(value[path[0]], path[1:])}
    return [_with(inner, path[1:]) if place == path[0] else inner for place, inner in enumerate(value)]


def _different(specimen: Specimen, one: Json, other: Json) -> str | None:
    """Return how two instances that share a form are different questions, None where they may be one."""
    family = specimen.family
    try:
        here, there = family.solve(one), family.solve(other)
    except _REFUSALS:
        return None
    if _claims(here) != _claims(there):
        return f"their claims differ: {here.certificate} and {there.certificate}"
    if (spectrum := _spectrum(specimen, one)) != _spectrum(specimen, other) and spectrum is not None:
        return "their answers are not worth the same"
    orbit = _orbit(specimen, one, here.answer)
    if canonical(other) in orbit:
        return None
    if len(orbit) <= ORBIT:
        return f"no symmetry that `same` declares makes one of the other (answers {here.answer} and {there.answer})"
    unique = here.certificate.optima == 1 and not family.answer_type.startswith("id")
    if unique and here.certificate.value is None and _parts(here) != _parts(there):
        return f"their answers {here.answer} and {there.answer} are made of other parts"
    return None


def _spectrum(specimen: Specimen, params: Json) -> Counter[Any] | None:
    """Return how many answers are worth how much: the same for one question however it is put."""
    again = specimen.family.again
    if not isinstance(again, Exhaustion):
        return None
    answers = list(islice(again.answers(params), MOST_ANSWERS + 1))
    return Counter(again.worth(params, answer) for answer in answers) if len(answers) <= MOST_ANSWERS else None


def _orbit(specimen: Specimen, params: Json, answer: Json) -> set[str]:
    """Return presentations of an instance that `same` draws, all of them where they are few."""
    found = {canonical(params)}
    if specimen.family.same is not None:
        source = rng("orbit", specimen.name, canonical(params))
        for _ in range(10 * ORBIT):
            found.add(canonical(specimen.family.same(params, answer, source)[0]))
    return found


def _parts(solution: Solution) -> list[str]:
    return sorted(map(str, solution.answer)) if isinstance(solution.answer, list | str) else [str(solution.answer)]
