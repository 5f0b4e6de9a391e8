"""What problems with many right answers ask for, each in a few lines of its own: second opinions for audits.

Not a verifier and never a reward. Law: it shares no code with a family, its verify or its solver; a row of params and
a proven value are all it reads, and None says that an answer is not written plainly enough to judge.
"""

import ast
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from pipeline.problem import Json


def tour(params: Json, value: Any, cities: list[int]) -> bool | None:
    """Say whether a closed tour visits every city once at the proven length; in a tag it may return to its start."""
    distances = params["distances"]
    if len(cities) == len(distances) + 1 and cities[0] == cities[-1]:
        if params["place"] != "tag":
            return None
        cities = cities[:-1]
    if sorted(cities) != list(range(len(distances))):
        return False
    return bool(sum(distances[a][b] for a, b in pairwise([*cities, cities[0]])) == value)


def knapsack(params: Json, value: Any, items: list[int]) -> bool:
    """Say whether distinct items fit and have the proven value."""
    if len(set(items)) < len(items) or not set(items) <= set(range(len(params["weights"]))):
        return False
    fits = sum(params["weights"][item] for item in items) <= params["capacity"]
    return fits and bool(sum(params["values"][item] for item in items) == value)


def coins(params: Json, value: Any, paid: list[int]) -> bool:
    """Say whether as few coins as proven, all of a known kind, pay the amount."""
    return set(paid) <= set(params["coins"]) and sum(paid) == params["amount"] and len(paid) == value


def subset(params: Json, value: Any, numbers: list[int]) -> bool:
    """Say whether given numbers, none more often than given, add up to the target."""
    return not Counter(numbers) - Counter(params["numbers"]) and bool(sum(numbers) == params["target"])


def rising(params: Json, value: Any, row: list[int]) -> bool:
    """Say whether a row is a strictly monotone subsequence of the proven length."""
    up, places = params["order"] == "increasing", iter(params["numbers"])
    monotone = all(a < b if up else a > b for a, b in pairwise(row))
    return monotone and len(row) == value and all(number in places for number in row)


def signs(params: Json, value: Any, text: str) -> bool | None:
    """Say whether one sign per number makes the target."""
    row = "".join(text.replace("−", "-").split())
    if not row or set(row) - {"+", "-"}:
        return None
    numbers = params["numbers"]
    if len(row) != len(numbers):
        return False
    return bool(sum(int(f"{sign}{number}") for sign, number in zip(row, numbers, strict=True)) == params["target"])


_STEPS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def countdown(params: Json, value: Any, text: str) -> bool | None:
    """Say whether + - * / over all the numbers, each used once, make the target."""
    if set(text) - set("0123456789+-*/() ") or len(text) > 200:
        return None
    used: list[int] = []
    try:
        made = _value(ast.parse(text.strip(), mode="eval").body, used)
    except ZeroDivisionError:
        return False
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return sorted(used) == sorted(params["numbers"]) and made == params["target"]


def _value(node: ast.expr, used: list[int]) -> Fraction:
    """Return the value of a tree of the four operations over integers, which are noted; ValueError for all else."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        used.append(node.value)
        return Fraction(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _STEPS:
        return _STEPS[type(node.op)](_value(node.left, used), _value(node.right, used))
    raise ValueError("another operation")


class Objective(NamedTuple):
    """How an answer is read, as a row of integers or as text, and whether it meets (params, proven value)."""

    reads: Literal["row", "text"]
    meets: Callable[[Json, Any, Any], bool | None]


OBJECTIVES: Mapping[str, Objective] = {
    "np/tsp": Objective("row", tour),
    "np/knapsack": Objective("row", knapsack),
    "np/coin_change": Objective("row", coins),
    "np/subset_sum": Objective("row", subset),
    "seq/lis": Objective("row", rising),
    "arith/signs": Objective("text", signs),
    "arith/countdown": Objective("text", countdown),
}
"""By family; one with several right answers that is not here has no second opinion. `params` are the problem's, with
`place`, where its answer stands, added."""
