"""CP-SAT helpers against enumeration, and tours against permutations."""

from itertools import combinations, permutations, product
from random import Random

import pytest

from generators.kit.solvers import Model, count_optima, minimise
from generators.kit.tours import held_karp, length, nearest_neighbour, prove, two_opt_helps
from pipeline.errors import FamilyError
from pipeline.seeds import rng


def cover(costs: list[int], sets: list[list[int]]) -> Model:
    """Build: choose columns of least cost so that every set holds a chosen one."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen = [model.new_bool_var(str(i)) for i in range(len(costs))]
    for members in sets:
        model.add(sum(chosen[i] for i in members) >= 1)
    return Model(model, sum(c * x for c, x in zip(costs, chosen, strict=True)), chosen)


def enumerated(costs: list[int], sets: list[list[int]]) -> tuple[int, int]:
    """Return the least cost and how many choices have it."""
    found = [
        sum(c for c, on in zip(costs, choice, strict=True) if on)
        for choice in product((False, True), repeat=len(costs))
        if all(any(choice[i] for i in members) for members in sets)
    ]
    return min(found), found.count(min(found))


@pytest.mark.parametrize("index", range(6))
def test_minimum_and_count_agree_with_enumeration(index: int) -> None:
    source = rng("cover", index)
    costs = [source.randint(1, 4) for _ in range(7)]
    sets = [source.sample(range(7), 3) for _ in range(6)]
    best, optima = enumerated(costs, sets)
    proof = minimise(lambda: cover(costs, sets))
    assert (proof.status, proof.cost, proof.bound) == ("optimal", best, best)
    assert sum(c for c, on in zip(costs, proof.choice, strict=True) if on) == best
    assert count_optima(lambda: cover(costs, sets), best, most=200) == (optima, "count")
    assert count_optima(lambda: cover(costs, sets), best, known=(proof.choice,), most=200) == (optima, "count")
    assert count_optima(lambda: cover(costs, sets), best, most=optima) == (optima, "at_least")
    assert minimise(lambda: cover(costs, sets)) == proof


def test_infeasible_is_proven_and_has_no_cost() -> None:
    def build() -> Model:
        model, cost, chosen = cover([1, 1], [[0], [1]])
        model.add(sum(chosen) <= 1)
        return Model(model, cost, chosen)

    proof = minimise(build)
    assert (proof.status, proof.cost, proof.choice) == ("infeasible", None, ())
    assert count_optima(build, 1, most=5) == (0, "count")


def matrix(source: Random, n: int, most: int) -> list[list[int]]:
    distances = [[0] * n for _ in range(n)]
    for i, j in combinations(range(n), 2):
        distances[i][j] = distances[j][i] = source.randint(1, most)
    return distances


@pytest.mark.parametrize("index", range(8))
def test_tours_agree_with_all_permutations(index: int) -> None:
    source = rng("tours", index)
    distances = matrix(source, 4 + index % 4, 5)
    rounds = [length(distances, [0, *rest]) for rest in permutations(range(1, len(distances))) if rest[0] < rest[-1]]
    tour, optima = held_karp(distances)
    assert (length(distances, tour), optima) == (min(rounds), rounds.count(min(rounds)))
    assert tour[0] == 0 and tour[1] < tour[-1] and sorted(tour) == list(range(len(distances)))
    proven = prove(distances, most=1000)
    assert (proven.cost, proven.bound, proven.optima, proven.kind) == (min(rounds), min(rounds), optima, "count")
    assert length(distances, proven.tour) == proven.cost
    guess = nearest_neighbour(distances)
    assert length(distances, guess) >= proven.cost
    assert not (two_opt_helps(distances, guess) and length(distances, guess) == proven.cost)


def test_two_methods_agree_at_twelve_cities() -> None:
    distances = matrix(rng("twelve"), 12, 99)
    tour, optima = held_karp(distances)
    proven = prove(distances, most=3)
    assert (length(distances, tour), optima) == (proven.cost, proven.optima)


def test_a_small_effort_proves_less_but_never_lies() -> None:
    distances = matrix(rng("effort"), 26, 99)
    optimum = prove(distances, most=1).cost
    statuses = set()
    for effort in (0.02, 0.05, 0.1):
        try:
            found = prove(distances, effort=effort, most=1)
        except FamilyError:
            statuses.add("none")
            continue
        assert found.bound <= optimum <= found.cost == length(distances, found.tour)
        statuses.add("proven" if found.bound == found.cost else "bounded")
    assert statuses - {"proven"}


def test_held_karp_refuses_sizes_it_cannot_do() -> None:
    with pytest.raises(FamilyError, match="17 nodes"):
        held_karp(matrix(rng("size"), 17, 9))
