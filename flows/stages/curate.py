"""What rules are handed, and the rows they dropped with the reasons. Not the rules (filters).

Law: rows in = rows kept + rows dropped.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from filters.rule import Decision
from generators.family import verify
from generators.witness import own_replies, witness_fault
from pipeline.problem import Json, Outcome, Problem, to_row
from pipeline.question import question_of
from pipeline.rule_context import Reference, RuleContext
from pipeline.store.store import Store
from pipeline.store.version import DROPPED_SCHEMA


def rule_context(
    *,
    check: Callable[[Problem], str | None] = witness_fault,
    held_out: Mapping[str, str] | None = None,
    references: Sequence[Reference | str] = (),
) -> RuleContext:
    """Return the context rules are given: whether a witness passes and answers agree, what is held out, references."""
    return RuleContext(check=check, held_out=held_out or {}, references=references, agrees=agrees)


def references_of(store: Store, refs: Sequence[str]) -> tuple[Reference, ...]:
    """Return the questions of stored versions as references, each called by its version's name and its uid."""
    found = []
    for version in map(store.get, refs):
        for table in store.batches(version, columns=["uid", "params", "prompt"]):
            rows = zip(*(table[name].to_pylist() for name in ("uid", "params", "prompt")), strict=True)
            found += [Reference(f"{version.name} {u[:8]}", question_of(json.loads(p), text)) for u, p, text in rows]
    return tuple(found)


def agrees(problem: Problem, other: Json) -> bool:
    """Return whether another answer to a problem's question is the same answer: each passes as the other's gold."""
    params = {**problem.params, "answer": other} if "answer" in problem.params else problem.params
    turned = dataclasses.replace(problem, answer=other, params=params)
    return _passes(problem, turned) and _passes(turned, problem)


def _passes(problem: Problem, other: Problem) -> bool:
    """Return whether a problem's verifier accepts the witness of another."""
    return verify(problem, own_replies(other)["witness"]).outcome is Outcome.CORRECT


def dropped_table(problems: Sequence[Problem], decisions: Sequence[Decision]) -> pa.Table:
    """Return the dropped problems with the rule and the whole reason that decided, in order; one decision a problem."""
    rows = [
        {**to_row(problem), "rule": decision.rule, "reason": decision.told}
        for problem, decision in zip(problems, decisions, strict=True)
        if decision.action == "drop"
    ]
    return pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA)
