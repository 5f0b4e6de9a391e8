"""Visit every city once and return, on the shortest closed tour.

Not metric: distances are symmetric random integers, 1 to 9 up to level 3 and 1 to 99 above. Level L has L + 3 cities;
from level 3 on the best nearest-neighbour tour is never optimal. Beyond 12 cities the optimum comes from CP-SAT within
a deterministic limit: where it proves nothing, status is bounded. The trace only states an answer.
Law: the answer lists every city once, from any start, in either direction; shorter is better. The compact answer does
not repeat its start; any other may, since a closed tour is often written so.

Source: Held and Karp 1962 (dynamic programming); Garey and Johnson 1979, ND22.
"""

import re
from functools import lru_cache
from itertools import combinations
from random import Random

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.answer_spaces import tours
from generators.kit.isomorphism import canonical_graph
from generators.kit.tours import held_karp, length, nearest_from, nearest_neighbour, prove, two_opt_helps
from generators.kit.wording import (
    RENDERINGS,
    answer_format,
    fill,
    json_fields,
    json_prompt,
    listed,
    match,
    stated,
    unlisted,
    write_list,
)
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = "Answer with all {} in order, each once, in brackets and separated by commas, between <answer> and </answer>."
_CITIES, _STOPS = _ASK.format("cities"), _ASK.format("stops")
TEMPLATES = {
    "plain": "Find the shortest closed tour that visits every city once. Distances, the same in both directions: "
    "{edges}. The way back to the start counts and is not written. " + _CITIES,
    "story": "A van starts at any of the stops numbered from 0, serves every stop once and drives back to where it "
    "started. Row i of this table gives the minutes from stop i to every stop: {rows}. Find the quickest round. "
    + _STOPS,
    "compact": "t{triangle}>",
}
_TASK = "Find the shortest closed tour that visits every city once; distances[i][j] is the distance. " + _CITIES
EXACT = 12
"""Up to so many cities dynamic programming gives the optimum and counts all optimal tours."""


def make(rng: Random, level: int, region: str) -> Json:
    """Draw a symmetric matrix of distances."""
    n, most = level + 3, 9 if level <= 3 else 99
    distances = [[0] * n for _ in range(n)]
    for i, j in combinations(range(n), 2):
        distances[i][j] = distances[j][i] = rng.randint(1, most)
    if level >= 3 and not two_opt_helps(distances, nearest_neighbour(distances)):
        raise Reject("greed may find it")
    return {"distances": distances}


def level_of(params: Json) -> int:
    """Return the level: the number of cities less 3."""
    return len(params["distances"]) - 3


def solve(params: Json) -> Solution:
    """Return a tour, what is proven about its length, and how many optimal closed tours there are."""
    tour, certificate = _solved(tuple(map(tuple, params["distances"])))
    return Solution(list(tour), certificate)


@lru_cache(maxsize=64)  # a problem is solved for its answer and again for its trace
def _solved(distances: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], Certificate]:
    baseline = length(distances, nearest_neighbour(distances))
    if len(distances) <= EXACT:
        tour, optima = held_karp(distances)
        value = length(distances, tour)
        proven = Certificate("optimal", "enumeration", optima, "count", value, value, baseline, "Held-Karp")
        return tuple(tour), proven
    found = prove(distances)
    optimal = found.cost == found.bound
    certificate = Certificate(
        status="optimal" if optimal else "bounded",
        evidence="solver",
        optima=found.optima if optimal else None,
        optima_kind=found.kind if optimal else "unknown",
        value=found.cost,
        bound=found.bound,
        baseline=baseline,
        solver="OR-Tools CP-SAT circuit, one worker",
    )
    return tuple(found.tour), certificate


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: every city once, then the length of the closed tour."""
    text = answer_text(reply, problem.answer_format)
    tour = read_integers(text)
    if problem.answer_format == "tag" and len(tour) > len(problem.params["distances"]) and tour[0] == tour[-1]:
        del tour[-1]
    return judge(problem.params, problem.certificate, tour, text)


def judge(params: Json, certificate: Certificate, tour: list[int], text: str) -> Verdict:
    """Judge a tour against the proven optimum; against a best known one no tour is called correct."""
    distances = params["distances"]
    if len(set(tour)) < len(tour):
        return wrong("visits a city twice", text)
    if sorted(tour) != list(range(len(distances))):
        return wrong("not every city exactly once", text)
    assert certificate.value
    found = length(distances, tour)
    quality = certificate.value / found
    if found > certificate.value:
        return wrong("suboptimal", text, feasible=True, quality=quality)
    if certificate.status == "bounded":
        return wrong("no proven optimum to compare with", text, feasible=True, quality=quality)
    return correct(text, quality=quality)


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Word the instance."""
    distances = params["distances"]
    pairs = combinations(range(len(distances)), 2)
    if rendering == "json":
        return json_prompt(_TASK, params), "tag"
    if rendering == "plain":
        fields = {"edges": ", ".join(f"{i}-{j}: {distances[i][j]}" for i, j in pairs)}
    elif rendering == "story":
        fields = {"rows": "; ".join(listed(row, rendering) for row in distances)}
    else:
        fields = {"triangle": "|".join(listed(row[i + 1 :], rendering) for i, row in enumerate(distances[:-1]))}
    return fill(TEMPLATES[rendering], fields), answer_format(rendering)


def parse(text: str, rendering: str) -> Json:
    """Read the instance back from its wording."""
    if rendering == "json":
        return json_fields(text)
    fields = match(TEMPLATES[rendering], text)
    if rendering == "story":
        return {"distances": [unlisted(row) for row in fields["rows"].split(";")]}
    if rendering == "plain":
        found = [int(number) for _, _, number in re.findall(r"(\d+)-(\d+): (\d+)", fields["edges"])]
    else:
        found = [number for row in fields["triangle"].split("|") for number in unlisted(row)]
    return {"distances": _matrix(found)}


def _matrix(triangle: list[int]) -> list[list[int]]:
    """Return the symmetric matrix of the distances above its diagonal, row by row."""
    n = round((1 + (1 + 8 * len(triangle)) ** 0.5) / 2)
    distances = [[0] * n for _ in range(n)]
    for (i, j), distance in zip(combinations(range(n), 2), triangle, strict=True):
        distances[i][j] = distances[j][i] = distance
    return distances


def canonical(params: Json) -> Json:
    """Return the distances in the one order of the cities that no renumbering changes."""
    return canonical_graph(params["distances"])[1]


def renumbered(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
    """Give the cities other numbers."""
    distances = params["distances"]
    order = rng.sample(range(len(distances)), len(distances))
    return {"distances": [[distances[i][j] for j in order] for i in order]}, [order.index(city) for city in answer]


def nearest_first(params: Json) -> str:
    """Guess by always going to the nearest city left, from city 0."""
    return write_list(nearest_from(params["distances"], 0), "plain")


def as_numbered(params: Json) -> str:
    """Guess the order of the numbers."""
    return write_list(list(range(len(params["distances"]))), "plain")


FAMILY = Family(
    family_version=2,  # 1 took a few different instances for one
    judges=(1,),
    verifier_version=6,
    answer_type="id_list",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=parse,
    canonical=canonical,
    level_of=level_of,
    write=write_list,
    trace=stated(solve, write_list),
    heuristics=(nearest_first, as_numbered),
    concepts=("travelling salesman", "optimisation"),
    learnable_trace=False,
    again=Exhaustion(
        lambda params: tours(len(params["distances"])), lambda params, tour: length(params["distances"], tour), "least"
    ),
    same=renumbered,
)
