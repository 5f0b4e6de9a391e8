"""The canonical form of a labelled graph: equal for two graphs exactly when one is the other renumbered. No heuristic.

Law: `canonical_graph` of a matrix and of any renumbering of it are equal, and unequal for matrices that are no
renumbering of each other. Two nodes that symmetry makes alike are tried once, so that the usual small graphs are
cheap; a graph built to be hard is not.

Source: McKay and Piperno 2014, "Practical graph isomorphism, II": refinement, individualisation, automorphisms.
"""

from collections.abc import Sequence
from typing import Any

from pipeline.problem import Json

Matrix = Sequence[Sequence[Any]]


def canonical_graph(labels: Matrix, colours: Sequence[Any] | None = None) -> Json:
    """Return [colours, labels] of the graph in its canonical order of nodes.

    labels[i][j]: what stands on the way from i to j (the diagonal is ignored), colours[i]: what is known of node i;
    labels are of one sortable JSON type, and so are colours. Directed graphs are allowed.
    """
    search = _Search(labels, list(colours) if colours is not None else [0] * len(labels))
    search.explore(search.refined(_ranked(search.colours)), ())
    return [[search.colours[i] for i in search.best_order], search.best]


def _ranked(keys: list[Any]) -> list[int]:
    """Return the place of each key among the different ones, in order."""
    ranks = {key: place for place, key in enumerate(sorted(set(keys)))}
    return [ranks[key] for key in keys]


class _Search:
    """One search for the least matrix over the leaves of the tree of individualised nodes."""

    def __init__(self, labels: Matrix, colours: list[Any]) -> None:
        self.labels, self.colours, self.nodes = labels, colours, range(len(labels))
        self.best: list[list[Any]] | None = None
        self.best_order: list[int] = []
        self.best_path: tuple[int, ...] = ()
        self.automorphisms: list[dict[int, int]] = []

    def refined(self, ranks: list[int]) -> list[int]:
        """Split classes by what their nodes see of each other until none splits any more."""
        while True:
            seen = [
                (ranks[i], sorted((self.labels[i][j], self.labels[j][i], ranks[j]) for j in self.nodes if j != i))
                for i in self.nodes
            ]
            order = sorted(self.nodes, key=seen.__getitem__)
            finer, place = [0] * len(order), 0
            for before, node in zip([None, *order], order, strict=False):
                place += before is not None and seen[before] != seen[node]
                finer[node] = place
            if max(finer, default=0) == max(ranks, default=0):
                return finer
            ranks = finer

    def explore(self, ranks: list[int], path: tuple[int, ...]) -> int:
        """Visit the leaves below a node; return the depth to go on from, less than here after an automorphism."""
        cells: dict[int, list[int]] = {}
        for node, rank in enumerate(ranks):
            cells.setdefault(rank, []).append(node)
        open_cells = [cell for _, cell in sorted(cells.items()) if len(cell) > 1]
        if not open_cells:
            return self.leaf(sorted(self.nodes, key=ranks.__getitem__), path)
        tried: list[int] = []
        for node in min(open_cells, key=len):
            if tried and self.alike(node, tried, path):
                continue
            tried.append(node)
            split = [2 * rank + 1 for rank in ranks]
            split[node] -= 1
            depth = self.explore(self.refined(_ranked(split)), (*path, node))
            if depth < len(path):
                return depth
        return len(path)

    def leaf(self, order: list[int], path: tuple[int, ...]) -> int:
        """Keep the least matrix; an equal one is an automorphism, after which only the fork from it is of interest."""
        rows = [[self.labels[i][j] if i != j else 0 for j in order] for i in order]
        if self.best is None or rows < self.best:
            self.best, self.best_order, self.best_path = rows, order, path
        elif rows == self.best:
            self.automorphisms.append(dict(zip(self.best_order, order, strict=True)))
            return _shared(self.best_path, path)
        return len(path)

    def alike(self, node: int, tried: list[int], path: tuple[int, ...]) -> bool:
        """Say whether known automorphisms that keep the path lead from a node already tried to this one."""
        kept = [found for found in self.automorphisms if all(found[fixed] == fixed for fixed in path)]
        reached, fresh = set(tried), list(tried)
        while fresh:
            here = fresh.pop()
            steps = {found[here] for found in kept} | {a for found in kept for a, b in found.items() if b == here}
            fresh += steps - reached
            reached |= steps
        return node in reached


def _shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Return how long two paths go together."""
    apart = (depth for depth, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(apart, min(len(one), len(other)))
