"""Moves are read off the shape of params, change nothing given, and carry an answer along."""

import copy

import pytest

from generators.certify.moves import suggestions
from pipeline.seeds import rng


def moves(*shapes):
    return {move.name: move for move in suggestions(shapes)}


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"numbers": [3, 1, 2]}, {"another order of numbers", "reading numbers from the other end"}),
        ({"a": 3, "b": 5}, {"exchanging a and b"}),
        ({"w": [1, 2], "v": [3, 4]}, {"another order of w", "another order of v", "another order of w and v"}),
        ({"m": [[0, 1], [1, 0]]}, {"another numbering of the rows and columns of m", "mirroring m"}),
        ({"m": [[0, 1, 2], [1, 0, 3]]}, {"making the rows of m its columns", "another order within each of m"}),
        ({"n": 3, "e": [[0, 1, 5], [1, 2, 4]]}, {"another numbering of the nodes in e"}),
        ({"n": 3, "e": [[0, 1, 5], [1, 2, 4]]}, {"exchanging the two ends of some of e"}),
        ({"text": "ab cd"}, {"another order of what text holds", "another order of what text holds between ' '"}),
        ({"pairs": [["Ann", "Bob"], ["Bob", "Cat"]]}, {"exchanging names"}),
    ],
)  # fmt: skip
def test_a_shape_suggests_its_moves(params, names):
    assert names <= moves(params, copy.deepcopy(params)).keys()


def test_what_not_all_params_share_is_not_suggested():
    assert moves([1, 2], [3]) == {}
    assert "exchanging a and b" not in moves({"a": 1, "b": 2}, {"a": 1, "b": "x"})
    assert not any("nodes" in name for name in moves({"n": 2, "e": [[0, 1]]}, {"n": 2, "e": [[0, 2]]}))


def test_a_move_keeps_what_is_given_and_all_that_it_holds():
    params = {"n": 4, "e": [[0, 1, 7], [1, 2, 8], [0, 3, 9]], "names": ["Ann", "Bob", "Cat"], "text": "b,a,c"}
    before = copy.deepcopy(params)
    for move in suggestions([params]):
        again = move.params(params, rng("moves", move.name))
        assert params == before and again.keys() == params.keys(), move.name
        assert move.params(params, rng("moves", move.name)) == again
        for key in params:
            assert len(str(again[key])) == len(str(params[key])), move.name


def test_exchanged_names_are_exchanged_in_the_answer():
    before = {"pairs": [["Ann", "Bob"], ["Bob", "Cat"]], "order": "up"}
    (move,) = (move for move in suggestions([before]) if move.name == "exchanging names")
    seen = set()
    for index in range(30):
        after = move.params(before, rng("names", index))
        assert move.answer(["Ann", "Bob", "Cat"], before, after) == [*after["pairs"][0], after["pairs"][1][1]]
        assert after["order"] == "up"
        seen.add(str(after))
    assert len(seen) == 6
