"""lis against exhaustion over all subsequences, and its verdicts."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.families.seq import lis
from generators.family import Reject, generate, verify
from pipeline.problem import Outcome
from pipeline.seeds import rng


def best_rows(numbers: list[int]) -> set[tuple[int, ...]]:
    """All rows of values of the longest increasing subsequences."""
    for length in range(len(numbers), 0, -1):
        found = {row for row in combinations(numbers, length) if all(a < b for a, b in pairwise(row))}
        if found:
            return found
    return set()


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
def test_length_and_count_match_exhaustion(numbers: list[int]) -> None:
    rows = best_rows(numbers)
    assert lis.longest(numbers) == (len(min(rows)), len(rows))
    assert max(length for length, _ in lis.ends(numbers)) == len(min(rows))


@pytest.mark.parametrize("region", lis.FAMILY.regions)
@pytest.mark.parametrize("level", [1, 3, 6])
def test_answer_is_the_only_optimum(level: int, region: str) -> None:
    for index in range(30):
        problem = generate("seq/lis", level=level, seed=5, index=index, region=region)
        numbers = problem.params["numbers"]
        sign = 1 if region == "increasing" else -1
        assert best_rows([sign * n for n in numbers]) == {tuple(sign * n for n in problem.answer)}
        proof = problem.certificate
        assert (proof.status, proof.value, proof.optima) == ("optimal", len(problem.answer), 1)
        assert proof.baseline is not None and 1 <= proof.baseline <= len(problem.answer)


def test_a_tie_is_rejected_and_equal_values_are_no_tie() -> None:
    assert lis.longest([3, 4, 1, 2]) == (2, 2)
    assert lis.longest([3, 3, 5]) == (2, 1)
    with pytest.raises(Reject, match="not unique"):
        for index in range(100):
            lis.make(rng("lis", index), 2, "increasing")


def test_verdicts() -> None:
    problem = generate("seq/lis", level=3, seed=0, index=0, region="increasing", rendering="compact")
    best = problem.answer
    shorter = verify(problem, "#" + "".join(map(str, best[:-1])))
    assert (shorter.outcome, shorter.reason, shorter.feasible) == (Outcome.WRONG, "suboptimal", True)
    assert shorter.quality == pytest.approx((len(best) - 1) / len(best))
    assert verify(problem, "#" + "".join(map(str, best))).quality == 1.0
    assert verify(problem, "#" + "".join(map(str, best[::-1]))).reason == "not strictly increasing"
    absent = next(n for n in range(10) if n not in problem.params["numbers"])
    verdict = verify(problem, f"#{absent}")
    assert (verdict.reason, verdict.feasible, verdict.quality) == ("not a subsequence", False, 0.0)


def test_nothing_is_no_subsequence() -> None:
    problem = generate("seq/lis", level=1, seed=0, index=0, rendering="plain")
    assert verify(problem, "<answer>[]</answer>").reason == "empty"


def test_patience_tops_can_have_the_length_and_still_be_wrong() -> None:
    params = {"numbers": [2, 5, 3, 7, 9, 1], "order": "increasing"}
    assert lis.tails(params) == "1, 3, 7, 9"
    assert lis.first_and_larger(params) == "2, 5, 7, 9"
    assert lis.first_and_larger({"numbers": [5, 2, 6, 1], "order": "decreasing"}) == "5, 2, 1"


def test_compact_trace_gives_the_lengths_then_the_answer() -> None:
    assert lis.trace({"numbers": [3, 1, 4, 1, 5], "order": "decreasing"}, "compact").startswith("12121#")
    assert lis.trace({"numbers": [4, 1, 2, 0, 3], "order": "increasing"}, "compact") == "11213#123"
