"""Laws on identity: the same question put differently is one instance, and different questions are different ones.

Not the canonical form (each family's own). Law: every family is tried with the symmetries it declares and with those
that its params suggest; a difference in wording, order or numbering alone never passes for a new instance, and no two
instances share a form whose answers differ.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from generators.answers.reading.extract import place
from generators.certify.moves import Move, suggestions
from generators.certify.proofs import MOST_ANSWERS, posed
from generators.certify.specimen import REFUSALS, Request, Specimen, cells
from generators.family import Exhaustion, Solution
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


def recognised(specimen: Specimen) -> Iterator[str]:
    """A question put differently has the same form, level and claims, and its answer, put alike, is right."""
    yield from _declared(specimen)
    for move in suggestions([problem.params for problem in specimen.problems]):
        if (shown := _shown_symmetry(specimen, move)) is not None:
            before, after = shown
            yield f"{specimen.name}: {move.name} changes no answer, and {before} and {after} have different forms"


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
            accepted = accepted and _accepts(specimen, other, move.answer(problem.answer, problem.params, params))
            accepted = accepted and _accepts(specimen, problem, move.answer(solution.answer, params, problem.params))
            if _form(specimen, params) != _form(specimen, problem.params):
                parted = parted or (problem.params, params)
        except REFUSALS:
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
            for one, other, drawn in islice(_sharing(specimen, level, region), PAIRS)
            if (fault := _different(specimen, one, other, drawn=drawn))
        )
        yield from islice(faults, NAMED)


def _sharing(specimen: Specimen, level: int, region: str) -> Iterator[tuple[Json, Json, bool]]:
    """Yield pairs of different params that share a canonical form, and whether `make` drew both."""
    forms: dict[str, Json] = {}
    for params, drawn in _drawn(specimen, level, region):
        first = forms.setdefault(_form(specimen, params), params)
        if first != params:
            yield first, params, drawn


def _drawn(specimen: Specimen, level: int, region: str) -> Iterator[tuple[Json, bool]]:
    """Yield instances of a cell, then neighbours of some of them in which one number is larger by one."""
    drawn = [specimen.params(Request(level, region, i, specimen.family.renderings[0])) for i in range(DRAWN)]
    yield from ((params, True) for params in drawn)
    for params in drawn[:SUGGESTED]:
        yield from ((nudged, False) for nudged in _nudged(params) if _readable(specimen, nudged))


def _readable(specimen: Specimen, params: Json) -> bool:
    """Say whether every wording of params reads back as just these, so that they are such as `make` might draw."""
    family = specimen.family
    try:
        back = [family.parse(family.render(params, rendering)[0], rendering) for rendering in family.renderings]
        return {canonical(read) for read in back} == {canonical(params)} and _form(specimen, params) != ""
    except REFUSALS:
        return False


def _nudged(params: Json) -> Iterator[Json]:
    """Yield params with one of their whole numbers one larger: a field, or one of a list of numbers."""
    for key, value in params.items() if isinstance(params, dict) else ():
        if type(value) is int:
            yield {**params, key: value + 1}
        elif isinstance(value, list) and all(type(item) is int for item in value):
            for spot in range(len(value)):
                yield {**params, key: [item + (i == spot) for i, item in enumerate(value)]}


def _different(specimen: Specimen, one: Json, other: Json, *, drawn: bool) -> str | None:
    """Return how two instances that share a form are different questions, None where they may be one.

    Of two that `make` drew both, a declared symmetry must make one of the other.
    """
    family = specimen.family
    try:
        here, there = family.solve(one), family.solve(other)
    except REFUSALS:
        return None
    if _claims(here) != _claims(there):
        return f"their claims differ: {here.certificate} and {there.certificate}"
    if (spectrum := _spectrum(specimen, one)) != _spectrum(specimen, other) and spectrum is not None:
        return "their answers are not worth the same"
    orbit = _orbit(specimen, one, here.answer)
    if not drawn or canonical(other) in orbit:
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
