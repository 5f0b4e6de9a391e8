"""Small problems for the tests of this folder: addition, made without any family."""

import pyarrow as pa

from pipeline.problem import Certificate, Problem, make_problem, to_table
from pipeline.store.version import DROPPED_SCHEMA


def addition(number: int, *, level: int = 1, family: str = "arith/add", **changes: object) -> Problem:
    fields: dict[str, object] = {
        "family": family,
        "family_version": 1,
        "level": level,
        "region": "",
        "params": {"a": number, "b": level},
        "rendering": "plain",
        "canonical_form": sorted([number, level]),
        "prompt": f"What is {number} + {level}?",
        "answer_format": "tag",
        "answer": number + level,
        "certificate": Certificate(status="exact", evidence="execution"),
        "trace": None,
        **changes,
    }
    return make_problem(**fields)  # type: ignore[arg-type]


def additions(count: int, *, levels: int = 3) -> list[Problem]:
    return [addition(n, level=1 + n % levels) for n in range(count)]


def dropped_table(problems: list[Problem], *, rule: str, reason: str) -> pa.Table:
    rows = [{**row, "rule": rule, "reason": reason} for row in to_table(problems).to_pylist()]
    return pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA)
