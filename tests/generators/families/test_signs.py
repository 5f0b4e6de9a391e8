"""signs against all sign patterns, and its verdicts."""

from itertools import product

import pytest

from generators.families.arith import signs
from generators.family import from_params, generate, verify
from pipeline.problem import Outcome, instance_hash

PARAMS = {"numbers": [6, 9, 4, 7], "target": 8}


@pytest.mark.parametrize("level", [1, 2, 3, 6])
def test_count_and_verdicts_agree_with_every_pattern(level: int) -> None:
    for index in range(8):
        problem = generate("arith/signs", level=level, seed=1, index=index, rendering="compact")
        numbers, target = problem.params["numbers"], problem.params["target"]
        right = 0
        for pattern in product((1, -1), repeat=len(numbers)):
            text = "".join("+" if sign > 0 else "-" for sign in pattern)
            hit = sum(sign * number for sign, number in zip(pattern, numbers, strict=True)) == target
            right += hit
            assert (verify(problem, f"#{text}").outcome is Outcome.CORRECT) == hit
        assert problem.certificate.optima == right > 0
        assert problem.certificate.optima_kind == "count"


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("+-++", Outcome.CORRECT, "correct"),
        ("+ - + +", Outcome.CORRECT, "correct"),
        ("[+, -, +, +]", Outcome.CORRECT, "correct"),
        ("+−++", Outcome.CORRECT, "correct"),
        ("++++", Outcome.WRONG, "misses the target"),
        ("+-+", Outcome.WRONG, "needs one sign per number"),
        ("+-+++", Outcome.WRONG, "needs one sign per number"),
        ("+6-9+4+7", Outcome.MALFORMED, "not a row of signs"),
        ("plus minus", Outcome.MALFORMED, "not a row of signs"),
        ("[]", Outcome.MALFORMED, "not a row of signs"),
    ],
)
def test_verdicts(text: str, outcome: Outcome, reason: str) -> None:
    verdict = verify(from_params("arith/signs", PARAMS, rendering="plain"), f"<answer>{text}</answer>")
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_permuted_numbers_are_one_instance() -> None:
    other = {"numbers": [9, 7, 6, 4], "target": 8}
    third = {"numbers": [9, 7, 6, 4], "target": 6}
    forms = [instance_hash("arith/signs", signs.canonical(p)) for p in (PARAMS, other, third)]
    assert forms[0] == forms[1] != forms[2]


def test_greed_fails_from_level_three() -> None:
    for index in range(40):
        params = generate("arith/signs", level=3, seed=2, index=index).params
        assert signs.signed_sum(params["numbers"], signs.towards(params)) != params["target"]


def test_wide_levels_stay_exact() -> None:
    problem = generate("arith/signs", level=14, seed=0, index=0, rendering="compact")
    assert signs.signed_sum(problem.params["numbers"], problem.answer) == problem.params["target"]
