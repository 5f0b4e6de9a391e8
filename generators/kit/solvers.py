"""Thin helpers over OR-Tools CP-SAT: solve, prove, count optima. Not any problem's model.

Law: one worker, a fixed seed and a deterministic limit, so the same model gives the same result on any machine; what
was not proven within the limit is never called optimal. A wall-clock deadline, where wanted, is the caller's.

Source: Perron and Furnon, OR-Tools CP-SAT (developers.google.com/optimization).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

EFFORT = 60.0
"""Deterministic time one solve may take; one unit is near a second of one core."""


class Model(NamedTuple):
    """A CP-SAT model without objective, the expression to minimise, and 0/1 expressions that tell solutions apart."""

    model: Any
    cost: Any
    decisions: list[Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a solve found: the best cost, a proven lower bound on it, and the value of every decision.

    `optimal`: cost = bound, proven. `feasible`: bound <= cost. `infeasible`: proven, no cost. `unknown`: neither a
    solution nor a proof within the limit.
    """

    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    cost: int | None = None
    bound: int | None = None
    choice: tuple[bool, ...] = ()


def minimise(build: Callable[[], Model], *, effort: float = EFFORT) -> Proof:
    """Minimise a model's cost and say what is proven; `effort` is deterministic time."""
    model, cost, decisions = build()
    model.minimize(cost)
    return _solve(model, cost, decisions, effort)


def count_optima(
    build: Callable[[], Model], cost: int, *, known: Sequence[tuple[bool, ...]] = (), most: int, effort: float = EFFORT
) -> tuple[int, Literal["count", "at_least"]]:
    """Count the solutions of exactly this cost that differ in their decisions, stopping at `most`.

    Those in `known` are counted without a solve. Each one found is forbidden (a no-good) and the model solved again;
    `effort` bounds every one of those solves. The count is exact when infeasibility is proven before `most`.
    """
    model, expression, decisions = build()
    model.add(expression == cost)
    for choice in known:
        _forbid(model, decisions, choice)
    for found in range(len(known), most):
        proof = _solve(model, expression, decisions, effort)
        if proof.status == "infeasible":
            return found, "count"
        if not proof.choice:
            return found, "at_least"
        _forbid(model, decisions, proof.choice)
    return most, "at_least"


def _forbid(model: Any, decisions: list[Any], choice: tuple[bool, ...]) -> None:
    kept = [decision if on else 1 - decision for decision, on in zip(decisions, choice, strict=True)]
    model.add(sum(kept) <= len(kept) - 1)


def _solve(model: Any, cost: Any, decisions: list[Any], effort: float) -> Proof:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Proof("infeasible")
    if status == cp_model.UNKNOWN:
        return Proof("unknown")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise ValueError(f"CP-SAT says {solver.status_name(status)}: the model is not valid")
    value = int(solver.value(cost))
    choice = tuple(bool(solver.value(decision)) for decision in decisions)
    if status == cp_model.OPTIMAL:
        return Proof("optimal", value, value, choice)
    return Proof("feasible", value, min(value, _rounded_up(solver.best_objective_bound)), choice)


def _rounded_up(bound: float) -> int:
    """Round a bound on an integer cost up, forgiving the last digits of a float."""
    return math.ceil(bound - 1e-6)
