"""Which questions are one instance, family by family: canonical forms against plain definitions on small instances."""

from itertools import combinations, permutations, product

import pytest

from generators.family import load
from pipeline.fingerprint import canonical
from pipeline.seeds import rng


def shuffled(*lists):
    """One is the other with the items of `lists`, together, in another order, and all else equal."""

    def same(a, b):
        rest = [key for key in a if key not in lists]
        rows = [sorted(zip(*(params[key] for key in lists), strict=True)) for params in (a, b)]
        return all(a[key] == b[key] for key in rest) and rows[0] == rows[1]

    return same


def turned(a, b):
    return a["numbers"] in (b["numbers"], b["numbers"][::-1])


def opposite(a, b):
    reverse = b["numbers"][::-1]
    return a == b or (a["order"] != b["order"] and a["numbers"] == reverse)


def congruent(a, b):
    operators = [[p["modulus"], *(operator for operator, _ in p["steps"])] for p in (a, b)]
    numbers = [[p["start"], *(operand for _, operand in p["steps"])] for p in (a, b)]
    return operators[0] == operators[1] and all((x - y) % a["modulus"] == 0 for x, y in zip(*numbers, strict=True))


def resorted(a, b):
    return sorted(a["numbers"]) == sorted(b["numbers"])


def renumbered(a, b):
    one, other = a["distances"], b["distances"]
    return len(one) == len(other) and any(
        all(one[i][j] == other[p[i]][p[j]] for i in range(len(one)) for j in range(len(one)))
        for p in permutations(range(len(one)))
    )


def rows(length, top, **fields):
    """All params of so many numbers below top, with every combination of the other fields."""
    names = list(fields)
    return [
        {"numbers": list(numbers), **dict(zip(names, others, strict=True))}
        for numbers in product(range(1, top), repeat=length)
        for others in product(*fields.values())
    ]


def matrices(nodes, top):
    pairs = list(combinations(range(nodes), 2))
    for chosen in product(range(1, top), repeat=len(pairs)):
        distances = [[0] * nodes for _ in range(nodes)]
        for (i, j), distance in zip(pairs, chosen, strict=True):
            distances[i][j] = distances[j][i] = distance
        yield {"distances": distances}


def sums():
    steps = [[operator, operand] for operator in "+*" for operand in (1, 4, 6)]
    return [
        {"start": start, "steps": [one, other], "modulus": modulus}
        for start, one, other, modulus in product((1, 2, 6), steps, steps, (5, 7))
    ]


def sacks():
    items = list(product((1, 2), (1, 2)))
    return [
        {"weights": [w for w, _ in chosen], "values": [v for _, v in chosen], "capacity": capacity}
        for chosen in product(items, repeat=3)
        for capacity in (3, 4)
    ]


CASES = {
    "seq/sort": (rows(3, 4, order=("ascending", "descending")), resorted),
    "seq/maximum": (rows(3, 4, pick=("max", "min")), shuffled("numbers")),
    "seq/count": (rows(3, 4, target=(1, 2)), shuffled("numbers")),
    "seq/reverse": (rows(4, 4), turned),
    "seq/differences": (rows(4, 4), turned),
    "seq/running_sum": (rows(3, 4), lambda a, b: a == b),
    "seq/parity": (rows(3, 4), lambda a, b: a == b),
    "seq/unique": (rows(3, 4), lambda a, b: a == b),
    "seq/lis": (rows(3, 4, order=("increasing", "decreasing")), opposite),
    "arith/modular": (sums(), congruent),
    "arith/signs": (rows(3, 4, target=(2, 4)), shuffled("numbers")),
    "arith/countdown": (rows(3, 4, target=(5, 6)), shuffled("numbers")),
    "np/subset_sum": (rows(3, 4, target=(3, 5)), shuffled("numbers")),
    "np/knapsack": (sacks(), shuffled("weights", "values")),
    "np/coin_change": (
        [{"coins": list(coins), "amount": n} for coins in permutations((1, 2, 3, 5), 3) for n in (7, 8)],
        shuffled("coins"),
    ),
    "np/tsp": (list(matrices(4, 4))[::11], renumbered),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_form_is_shared_exactly_by_what_is_one_question(name):
    instances, same = CASES[name]
    source, form = rng("pairs", name), load(name).canonical
    forms = [canonical(form(params)) for params in instances]
    pairs = [source.choices(range(len(instances)), k=2) for _ in range(3000)]
    by_form = {}
    for place, found in enumerate(forms):
        by_form.setdefault(found, []).append(place)
    pairs += [(places[0], place) for places in by_form.values() for place in places[1:]]
    met = 0
    for i, j in pairs:
        assert (forms[i] == forms[j]) == same(instances[i], instances[j]), (instances[i], instances[j])
        met += i != j and forms[i] == forms[j]
    assert met or name in ("seq/running_sum", "seq/parity", "seq/unique")


def test_two_triangles_are_no_hexagon():
    """Cities that all see the same distances: what comparing neighbours alone takes for one instance."""
    near = {
        "hexagon": {(i, (i + 1) % 6) for i in range(6)},
        "triangles": {(3 * t + i, 3 * t + (i + 1) % 3) for t in range(2) for i in range(3)},
    }
    forms = set()
    for edges in near.values():
        distances = [[0] * 6 for _ in range(6)]
        for i, j in combinations(range(6), 2):
            distances[i][j] = distances[j][i] = 1 if (i, j) in edges or (j, i) in edges else 2
        forms.add(canonical(load("np/tsp").canonical({"distances": distances})))
    assert len(forms) == 2
