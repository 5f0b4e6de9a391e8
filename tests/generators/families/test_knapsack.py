"""knapsack against all item sets and public instances, and its verdicts."""

from itertools import product

import pytest

from generators.families.np import knapsack
from generators.family import from_params, generate, verify
from pipeline.problem import Outcome, instance_hash
from tests.generators.families.real_cases import candidates, instances

PARAMS = {"weights": [2, 4, 6, 7], "values": [6, 10, 12, 13], "capacity": 11}


@pytest.mark.parametrize("level", [1, 2, 3, 5])
def test_optimum_and_count_agree_with_every_item_set(level: int) -> None:
    for index in range(8):
        problem = generate("np/knapsack", level=level, seed=1, index=index)
        weights, values, capacity = (problem.params[key] for key in ("weights", "values", "capacity"))
        worths = [
            sum(v for v, on in zip(values, chosen, strict=True) if on)
            for chosen in product((False, True), repeat=len(weights))
            if sum(w for w, on in zip(weights, chosen, strict=True) if on) <= capacity
        ]
        proof = problem.certificate
        assert (proof.status, proof.value, proof.bound) == ("optimal", max(worths), max(worths))
        assert (proof.optima, proof.optima_kind) == (worths.count(max(worths)), "count")
        assert knapsack.worth(problem.params, problem.answer) == proof.value
        assert proof.baseline <= proof.value
        assert level < 3 or proof.baseline < proof.value


@pytest.mark.parametrize(
    ("text", "outcome", "reason", "quality"),
    [
        ("[1, 3]", Outcome.CORRECT, "correct", 1.0),
        ("3 1", Outcome.CORRECT, "correct", 1.0),
        ("[0, 1]", Outcome.WRONG, "suboptimal", 16 / 23),
        ("[]", Outcome.WRONG, "suboptimal", 0.0),
        ("[0, 0, 1]", Outcome.WRONG, "names an item twice", 0.0),
        ("[4]", Outcome.WRONG, "names an item that does not exist", 0.0),
        ("[-1]", Outcome.WRONG, "names an item that does not exist", 0.0),
        ("[0, 1, 2]", Outcome.WRONG, "exceeds the capacity", 0.0),
        ("{1: 3}", Outcome.MALFORMED, "not a list of integers", 0.0),
    ],
)
def test_verdicts(text: str, outcome: Outcome, reason: str, quality: float) -> None:
    verdict = verify(from_params("np/knapsack", PARAMS, rendering="plain"), f"<answer>{text}</answer>")
    assert (verdict.outcome, verdict.reason, verdict.quality) == (outcome, reason, quality)
    assert verdict.feasible == (reason in ("correct", "suboptimal"))


def test_permuted_items_are_one_instance() -> None:
    turned = {key: value[::-1] if isinstance(value, list) else value for key, value in PARAMS.items()}
    crossed = {**PARAMS, "values": PARAMS["values"][::-1]}
    forms = [instance_hash("np/knapsack", knapsack.canonical(p)) for p in (PARAMS, turned, crossed)]
    assert forms[0] == forms[1] != forms[2]


def test_public_instances() -> None:
    for row in instances("knapsack"):
        params = row["data"]
        certificate = knapsack.solve(params).certificate
        assert certificate.value == row["optimum"], row["name"]
        for chosen, check in candidates(row):
            verdict = knapsack.judge(params, certificate.value, chosen, "")
            assert verdict.feasible == check["feasible"], (row["name"], check["why"])
            assert (verdict.outcome is Outcome.CORRECT) == check["optimal"], (row["name"], check["why"])
            if check["feasible"]:
                assert verdict.quality == check["value"] / row["optimum"]
