"""coin_change against all multisets, and its verdicts."""

from itertools import combinations_with_replacement

import pytest

from generators.families.np import coin_change
from generators.family import from_params, generate, verify
from pipeline.problem import Outcome, instance_hash

PARAMS = {"coins": [4, 1, 3], "amount": 6}


@pytest.mark.parametrize("level", [1, 2, 3])
def test_optimum_and_count_agree_with_every_multiset(level: int) -> None:
    for index in range(8):
        problem = generate("np/coin_change", level=level, seed=1, index=index)
        coins, amount = problem.params["coins"], problem.params["amount"]
        for size in range(1, coin_change.MOST + 1):
            found = [chosen for chosen in combinations_with_replacement(coins, size) if sum(chosen) == amount]
            if found:
                break
        proof = problem.certificate
        assert (proof.status, proof.value, proof.bound) == ("optimal", size, size)
        assert (proof.optima, proof.optima_kind) == (len(found), "count")
        assert tuple(sorted(problem.answer)) in {tuple(sorted(chosen)) for chosen in found}
        assert proof.baseline is None or proof.baseline >= size
        assert level < 3 or proof.baseline != size


@pytest.mark.parametrize(
    ("text", "outcome", "reason", "quality"),
    [
        ("[3, 3]", Outcome.CORRECT, "correct", 1.0),
        ("[4, 1, 1]", Outcome.WRONG, "suboptimal", 2 / 3),
        ("[1, 1, 1, 1, 1, 1]", Outcome.WRONG, "suboptimal", 2 / 6),
        ("[6]", Outcome.WRONG, "uses a coin that does not exist", 0.0),
        ("[4, -1, 3]", Outcome.WRONG, "uses a coin that does not exist", 0.0),
        ("[3]", Outcome.WRONG, "does not pay the amount", 0.0),
        ("[]", Outcome.WRONG, "does not pay the amount", 0.0),
        ("3+3", Outcome.MALFORMED, "not a list of integers", 0.0),
    ],
)
def test_verdicts(text: str, outcome: Outcome, reason: str, quality: float) -> None:
    verdict = verify(from_params("np/coin_change", PARAMS, rendering="plain"), f"<answer>{text}</answer>")
    assert (verdict.outcome, verdict.reason, verdict.quality) == (outcome, reason, quality)
    assert verdict.feasible == (quality > 0)


def test_beating_the_proof_is_our_fault_and_not_the_replys() -> None:
    verdict = coin_change.judge(PARAMS, 2, [3, 3], "")
    assert verdict.outcome is Outcome.CORRECT
    with pytest.raises(ValueError, match="solver or verifier bug"):
        coin_change.judge(PARAMS, 3, [3, 3], "")


def test_permuted_coins_are_one_instance() -> None:
    forms = [
        instance_hash("np/coin_change", coin_change.canonical({"coins": coins, "amount": amount}))
        for coins, amount in (([4, 1, 3], 6), ([1, 3, 4], 6), ([1, 3, 4], 7))
    ]
    assert forms[0] == forms[1] != forms[2]
