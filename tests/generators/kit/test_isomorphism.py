"""Canonical graphs against every renumbering of small ones, and on graphs whose symmetry makes searches explode."""

from itertools import combinations, permutations, product
from random import Random

import pytest

from generators.kit.isomorphism import canonical_graph
from pipeline.seeds import rng


def renumbered(labels, order):
    return [[labels[i][j] for j in order] for i in order]


def least(labels):
    """The least of all renumberings: what isomorphic graphs share, at n! cost."""
    return min(renumbered(labels, order) for order in permutations(range(len(labels))))


def graph(nodes, edges):
    labels = [[0] * nodes for _ in range(nodes)]
    for i, j in edges:
        labels[i][j] = labels[j][i] = 1
    return labels


@pytest.mark.parametrize(("nodes", "graphs"), [(1, 1), (2, 2), (3, 4), (4, 11), (5, 34)])
def test_every_small_graph_shares_its_form_with_its_renumberings_alone(nodes, graphs):
    pairs = list(combinations(range(nodes), 2))
    forms = {}
    for chosen in product((0, 1), repeat=len(pairs)):
        labels = graph(nodes, [pair for pair, on in zip(pairs, chosen, strict=True) if on])
        forms.setdefault(str(canonical_graph(labels)), set()).add(str(least(labels)))
    assert len(forms) == graphs and all(len(classes) == 1 for classes in forms.values())


def drawn(source: Random, nodes: int):
    """A directed graph of three labels and two colours."""
    labels = [[0 if i == j else source.randint(0, 2) for j in range(nodes)] for i in range(nodes)]
    return labels, [source.randint(0, 1) for _ in range(nodes)]


def test_directions_and_colours_are_kept():
    source, seen = rng("graphs"), {}
    for _ in range(400):
        labels, colours = drawn(source, source.randint(2, 4))
        orders = permutations(range(len(labels)))
        naive = min(([colours[i] for i in order], renumbered(labels, order)) for order in orders)
        seen.setdefault(str(canonical_graph(labels, colours)), set()).add(str(naive))
    assert len(seen) > 100 and all(len(classes) == 1 for classes in seen.values())
    assert len({naive for classes in seen.values() for naive in classes}) == len(seen)


ROOK = [(a, b) for a, b in combinations(range(16), 2) if a // 4 == b // 4 or a % 4 == b % 4]
STEPS = {(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)}
SHRIKHANDE = [(a, b) for a, b in combinations(range(16), 2) if ((a // 4 - b // 4) % 4, (a % 4 - b % 4) % 4) in STEPS]
SYMMETRIC = {
    "none": graph(20, []),
    "complete": graph(25, combinations(range(25), 2)),
    "cycle": graph(12, [(i, (i + 1) % 12) for i in range(12)]),
    "three cycles": graph(12, [(4 * c + i, 4 * c + (i + 1) % 4) for c in range(3) for i in range(4)]),
    "cube": graph(32, [(i, i ^ 1 << bit) for i in range(32) for bit in range(5) if i < i ^ 1 << bit]),
    "rook": graph(16, ROOK),
    "shrikhande": graph(16, SHRIKHANDE),
}


@pytest.mark.parametrize("name", SYMMETRIC)
def test_symmetry_costs_nothing(name):
    labels, source = SYMMETRIC[name], rng("symmetric", name)
    form = canonical_graph(labels)
    for _ in range(2):
        assert canonical_graph(renumbered(labels, source.sample(range(len(labels)), len(labels)))) == form


def test_graphs_that_look_alike_from_every_node_are_told_apart():
    assert canonical_graph(SYMMETRIC["rook"]) != canonical_graph(SYMMETRIC["shrikhande"])
    assert canonical_graph(SYMMETRIC["cycle"]) != canonical_graph(SYMMETRIC["three cycles"])
