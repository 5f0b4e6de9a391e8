"""subset_sum against all subsets and public instances, and its verdicts."""

from itertools import combinations

import pytest

from generators.families.np import subset_sum
from generators.family import from_params, generate, verify
from pipeline.problem import Outcome, instance_hash
from tests.generators.families.real_cases import candidates, instances

PARAMS = {"numbers": [7, 2, 7, 5], "target": 14}


@pytest.mark.parametrize("level", [1, 2, 3, 6])
def test_count_and_verdicts_agree_with_every_subset(level: int) -> None:
    for index in range(6):
        problem = generate("np/subset_sum", level=level, seed=1, index=index, rendering="compact")
        numbers, target = problem.params["numbers"], problem.params["target"]
        right = set()
        for size in range(1, len(numbers) + 1):
            for chosen in combinations(numbers, size):
                verdict = verify(problem, "#" + ",".join(map(str, chosen)))
                assert (verdict.outcome is Outcome.CORRECT) == (sum(chosen) == target)
                if sum(chosen) == target:
                    right.add(tuple(sorted(chosen)))
        assert (problem.certificate.optima, problem.certificate.optima_kind) == (len(right), "count")
        assert target not in numbers and target < sum(numbers)


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("[7, 7]", Outcome.CORRECT, "correct"),
        ("5 2 7", Outcome.CORRECT, "correct"),
        ("[7, 7, 7]", Outcome.WRONG, "uses a number more often than it is given"),
        ("[2, 5, 5, 2]", Outcome.WRONG, "uses a number more often than it is given"),
        ("[14]", Outcome.WRONG, "uses a number more often than it is given"),
        ("[7, 5]", Outcome.WRONG, "misses the target"),
        ("[]", Outcome.WRONG, "misses the target"),
        ("7+7", Outcome.MALFORMED, "not a list of integers"),
    ],
)
def test_verdicts(text: str, outcome: Outcome, reason: str) -> None:
    verdict = verify(from_params("np/subset_sum", PARAMS, rendering="plain"), f"<answer>{text}</answer>")
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_equal_numbers_make_no_second_answer() -> None:
    proof = from_params("np/subset_sum", {"numbers": [3, 3, 3, 2, 4], "target": 6}, rendering="plain").certificate
    assert (proof.optima, proof.optima_kind) == (2, "count")  # 3 + 3 and 2 + 4, whichever of the threes are meant


def test_permuted_numbers_are_one_instance() -> None:
    forms = [
        instance_hash("np/subset_sum", subset_sum.canonical({"numbers": numbers, "target": target}))
        for numbers, target in (([7, 2, 7, 5], 14), ([2, 5, 7, 7], 14), ([2, 5, 7, 7], 9))
    ]
    assert forms[0] == forms[1] != forms[2]


def test_public_instances() -> None:
    for row in instances("subset_sum"):
        params = {"numbers": row["data"]["items"], "target": row["data"]["target"]}
        assert subset_sum.solve(params).certificate.optima == len(row["all_solutions"])
        for chosen, check in candidates(row):
            verdict = subset_sum.judge(params, [params["numbers"][i] for i in chosen], "")
            assert verdict.feasible == check["feasible"]
            assert (verdict.outcome is Outcome.CORRECT) == check["optimal"]
