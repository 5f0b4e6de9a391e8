"""countdown and its expression trees against a plain enumeration, and its verdicts."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from generators.answers.maths import expression
from generators.families.arith import countdown
from generators.family import from_params, generate, verify
from generators.kit.trees import count, every, find
from pipeline.errors import FamilyError
from pipeline.problem import Outcome, instance_hash
from pipeline.seeds import rng

PARAMS = {"numbers": [2, 6, 4], "target": 36}


def trees(items: list[tuple[Fraction, Any]], *, whole: bool) -> Iterator[tuple[Fraction, Any]]:
    """Yield (value, name) of every tree that joins all items; commuted sums and products share a name."""
    if len(items) == 1:
        yield items[0]
    for (i, (a, x)), (j, (b, y)) in combinations(enumerate(items), 2):
        rest = [item for k, item in enumerate(items) if k not in (i, j)]
        pair = tuple(sorted((str(x), str(y))))
        joined = [(a + b, f"({pair[0]}+{pair[1]})"), (a * b, f"({pair[0]}*{pair[1]})")]
        joined += [(a - b, f"({x}-{y})"), (b - a, f"({y}-{x})")]
        joined += [(a / b, f"({x}/{y})")] if b else []
        joined += [(b / a, f"({y}/{x})")] if a else []
        for value, name in joined:
            if not whole or (value > 0 and value.denominator == 1):
                yield from trees([(value, name), *rest], whole=whole)


@pytest.mark.parametrize("index", range(8))
def test_search_and_count_agree_with_enumeration(index: int) -> None:
    source = rng("countdown", index)
    numbers = [source.randint(1, 9 if index < 6 else 2) for _ in range(3 + index % 2)]
    leaves = [(Fraction(number), str(number)) for number in numbers]
    values = {name: value for value, name in trees(leaves, whole=False)}
    whole = [text for text in every(numbers) if expression.evaluate(expression.parse(text)) is not None]
    assert sorted(whole) == sorted(values)
    reachable = {value for value, _ in trees(leaves, whole=True)}
    for target in [*range(1, 30), 60]:
        assert count(numbers, target) == sum(value == target for value in values.values())
        found = find(numbers, target)
        assert (found is not None) == (target in reachable)
        if found is not None:
            assert expression.evaluate(found) == target
            assert sorted(expression.operands(found)) == sorted(numbers)


@pytest.mark.parametrize("level", [1, 2, 3, 4, 6])
def test_witness_uses_every_number_once(level: int) -> None:
    for index in range(5):
        problem = generate("arith/countdown", level=level, seed=4, index=index, rendering="plain")
        node = expression.parse(problem.answer)
        assert sorted(expression.operands(node)) == sorted(problem.params["numbers"])
        assert expression.evaluate(node) == problem.params["target"]
        assert problem.certificate.optima_kind == ("count" if level <= 2 else "at_least")


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("(4+2)*6", Outcome.CORRECT, "correct"),
        ("6 × (2 + 4)", Outcome.CORRECT, "correct"),
        ("4*6+2*6", Outcome.WRONG, "does not use every number exactly once"),
        ("6*6", Outcome.WRONG, "does not use every number exactly once"),
        ("36", Outcome.WRONG, "does not use every number exactly once"),
        ("42-6", Outcome.WRONG, "does not use every number exactly once"),
        ("6+4+2", Outcome.WRONG, "misses the target"),
        ("6^2*4/4", Outcome.MALFORMED, "character outside arithmetic"),
        ("6**2", Outcome.MALFORMED, "not an expression"),
        ("(4+2)*6=36", Outcome.MALFORMED, "character outside arithmetic"),
        ("6(4+2)", Outcome.MALFORMED, "not an expression"),
    ],
)
def test_verdicts(text: str, outcome: Outcome, reason: str) -> None:
    verdict = verify(from_params("arith/countdown", PARAMS, rendering="plain"), f"<answer>{text}</answer>")
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_fractions_count_and_dividing_by_zero_does_not() -> None:
    problem = from_params("arith/countdown", {"numbers": [4, 2, 6, 3], "target": 4}, rendering="plain")
    through_thirds = verify(problem, "<answer>6*(4/(2*3))</answer>")
    assert through_thirds.outcome is Outcome.CORRECT
    assert verify(problem, "<answer>4/(6-2*3)</answer>").reason == "divides by zero"


def test_equal_numbers_make_no_second_answer() -> None:
    assert count([2, 2], 4) == 2  # 2 + 2 and 2 * 2
    assert count([2, 2], 1) == 1  # 2 / 2, whichever is meant
    assert count([1, 1, 1, 1], 4) == 3  # (1 + 1) + (1 + 1), (1 + 1) * (1 + 1) and ((1 + 1) + 1) + 1


def test_permuted_numbers_are_one_instance() -> None:
    forms = [
        instance_hash("arith/countdown", countdown.canonical({"numbers": numbers, "target": target}))
        for numbers, target in (([2, 6, 4], 36), ([6, 4, 2], 36), ([6, 4, 2], 12))
    ]
    assert forms[0] == forms[1] != forms[2]


def test_a_target_out_of_reach_is_refused() -> None:
    with pytest.raises(FamilyError, match="cannot make"):
        from_params("arith/countdown", {"numbers": [1, 1, 1], "target": 50}, rendering="plain")
