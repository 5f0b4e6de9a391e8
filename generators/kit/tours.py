"""Closed tours on a symmetric matrix of distances: measured, guessed, improved, proven. Not their wording.

Law: a tour lists every node once; its length includes the way back; two tours are the same when one is the other
turned or reversed.

Source: Held and Karp 1962, "A dynamic programming approach to sequencing problems"; Croes 1958 (2-opt).
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

from generators.kit.solvers import EFFORT, Model, count_optima, minimise
from pipeline.errors import FamilyError

Matrix = Sequence[Sequence[int]]


def length(distances: Matrix, tour: Sequence[int]) -> int:
    """Return the length of the closed tour."""
    return sum(distances[a][b] for a, b in zip(tour, [*tour[1:], tour[0]], strict=True))


def nearest_neighbour(distances: Matrix) -> list[int]:
    """Return the shortest of the tours that always go to the nearest node left, one from every start."""
    return min((nearest_from(distances, start) for start in range(len(distances))), key=lambda t: length(distances, t))


def nearest_from(distances: Matrix, start: int) -> list[int]:
    """Return the tour from `start` that always goes to the nearest node left."""
    tour, left = [start], set(range(len(distances))) - {start}
    while left:
        here = distances[tour[-1]]
        tour.append(min(left, key=lambda node: (here[node], node)))
        left.remove(tour[-1])
    return tour


def two_opt_helps(distances: Matrix, tour: Sequence[int]) -> bool:
    """Say whether reversing one stretch shortens the tour, which proves that it is not optimal."""
    n = len(tour)
    for i, j in combinations(range(n), 2):
        a, b, c, d = tour[i], tour[(i + 1) % n], tour[j], tour[(j + 1) % n]
        if distances[a][c] + distances[b][d] < distances[a][b] + distances[c][d]:
            return True
    return False


def held_karp(distances: Matrix) -> tuple[list[int], int]:
    """Return an optimal tour from node 0 towards the smaller of its neighbours, and the number of optimal tours.

    Time and memory grow as n^2 2^n.

    Raises:
        FamilyError: for fewer than 3 nodes or more than 16.
    """
    n = len(distances)
    if not 3 <= n <= 16:
        raise FamilyError(f"{n} nodes: Held-Karp takes 3 to 16, use `prove` for more")
    table = _shortest_paths(distances)
    full = (1 << (n - 1)) - 1
    ends = {node: (cost + distances[node][0], ways) for node, (cost, ways) in table[full].items()}
    best = min(cost for cost, _ in ends.values())
    tours = sum(ways for cost, ways in ends.values() if cost == best)
    last = min(node for node, (cost, _) in ends.items() if cost == best)
    tour, subset = [last], full
    while subset != _bit(tour[-1]):
        rest = subset ^ _bit(tour[-1])
        cost = table[subset][tour[-1]][0]
        tour.append(min(k for k, (before, _) in table[rest].items() if before + distances[k][tour[-1]] == cost))
        subset = rest
    return [0, *(tour if tour[0] < tour[-1] else reversed(tour))], tours // 2


def _bit(node: int) -> int:
    return 1 << (node - 1)


def _shortest_paths(distances: Matrix) -> list[dict[int, tuple[int, int]]]:
    """Return table[subset][end] = (shortest path from 0 through all of subset to end, number of such paths)."""
    nodes = range(1, len(distances))
    table: list[dict[int, tuple[int, int]]] = [{} for _ in range(1 << len(nodes))]
    for node in nodes:
        table[_bit(node)][node] = (distances[0][node], 1)
    for subset, ends in enumerate(table):
        for node in nodes:
            before = table[subset ^ _bit(node)] if subset & _bit(node) else {}
            if before:
                costs = [(cost + distances[k][node], ways) for k, (cost, ways) in before.items()]
                best = min(costs)[0]
                ends[node] = (best, sum(ways for cost, ways in costs if cost == best))
    return table


class Proven(NamedTuple):
    """A tour, its length, a lower bound on every tour's, and how many tours of that length are known."""

    tour: list[int]
    cost: int
    bound: int
    optima: int
    kind: Literal["count", "at_least"]


def prove(distances: Matrix, *, effort: float = EFFORT, most: int = 2) -> Proven:
    """Minimise with CP-SAT within a deterministic effort; an optimum is counted by no-goods up to `most`.

    Raises:
        FamilyError: when the effort ends before any tour is found.
    """
    edges = list(combinations(range(len(distances)), 2))

    def build() -> Model:
        return _circuit(distances, edges)

    proof = minimise(build, effort=effort)
    if proof.cost is None or proof.bound is None:
        raise FamilyError(f"no tour of {len(distances)} nodes within effort {effort}: choose a lower level")
    tour = _ordered([edge for edge, on in zip(edges, proof.choice, strict=True) if on])
    if proof.status != "optimal":
        return Proven(tour, proof.cost, proof.bound, 1, "at_least")
    optima, kind = count_optima(build, proof.cost, known=(proof.choice,), most=most, effort=effort)
    return Proven(tour, proof.cost, proof.bound, optima, kind)


def _circuit(distances: Matrix, edges: list[tuple[int, int]]) -> Model:
    from ortools.sat.python import cp_model

    model: Any = cp_model.CpModel()
    arcs = {(i, j): model.new_bool_var(f"{i}-{j}") for a, b in edges for i, j in ((a, b), (b, a))}
    model.add_circuit([(i, j, arc) for (i, j), arc in arcs.items()])
    used = [arcs[a, b] + arcs[b, a] for a, b in edges]
    cost = sum(distances[i][j] * arc for (i, j), arc in arcs.items())
    return Model(model, cost, used)


def _ordered(edges: list[tuple[int, int]]) -> list[int]:
    """Return the tour of n edges, from node 0 towards the smaller of its neighbours."""
    beside: dict[int, list[int]] = {}
    for a, b in edges:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    tour = [0, min(beside[0])]
    while len(tour) < len(edges):
        tour.append(next(node for node in beside[tour[-1]] if node != tour[-2]))
    return tour
