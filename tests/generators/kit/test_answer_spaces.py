"""Spaces hold every answer of their form once."""

from itertools import combinations, permutations

from generators.kit.answer_spaces import sub_multisets, subsequences, subsets, tours


def test_subsets_are_all_and_different():
    assert sorted(map(tuple, subsets(4))) == sorted({c for n in range(5) for c in combinations(range(4), n)})


def test_equal_values_are_one_value():
    values = [7, 2, 7, 5]
    found = list(map(tuple, sub_multisets(values)))
    assert len(found) == len(set(found)) == 2 * 3 * 2
    assert set(found) == {tuple(sorted(c)) for n in range(5) for c in combinations(values, n)}


def test_rows_keep_their_order_and_come_once():
    values = [3, 1, 3, 2]
    found = list(map(tuple, subsequences(values)))
    assert len(found) == len(set(found))
    assert set(found) == {c for n in range(5) for c in combinations(values, n)}


def test_every_closed_tour_is_one_of_them_turned_or_reversed():
    found = {tuple(tour) for tour in tours(5)}
    assert len(found) == 12
    for order in permutations(range(5)):
        turned = {order[i:] + order[:i] for i in range(5)} | {order[::-1][i:] + order[::-1][:i] for i in range(5)}
        assert len(turned & found) == 1
