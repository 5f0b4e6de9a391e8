"""Questions put differently: items keep together, and an answer that names places follows them."""

from generators.kit.presentations import renumbered, reordered
from pipeline.seeds import rng

PARAMS = {"weights": [3, 1, 2, 9], "values": [30, 10, 20, 90], "capacity": 5}


def test_lists_move_together_and_nothing_given_changes():
    before = {name: list(value) if isinstance(value, list) else value for name, value in PARAMS.items()}
    seen = set()
    for index in range(60):
        params, answer = reordered("weights", "values")(PARAMS, [3, 2], rng("reordered", index))
        assert answer == [3, 2] and params["capacity"] == 5
        assert params["values"] == [10 * weight for weight in params["weights"]]
        seen.add(tuple(params["weights"]))
    assert before == PARAMS and len(seen) > 12


def test_an_answer_of_places_names_the_same_items():
    for index in range(30):
        params, answer = renumbered("weights", "values")(PARAMS, [0, 2], rng("renumbered", index))
        assert sorted(params["weights"][place] for place in answer) == [2, 3] and answer == sorted(answer)
