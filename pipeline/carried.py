"""What a row written for others carries of its problem, so that replies to it can be judged. No layout.

Law: a row that carries its problem is judged by the verifier of its family or refused by name, never by its answer's
text alone: many answers may be right. What was changed on the way is noticed by its uid.
"""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import StoreError
from pipeline.problem import Problem, from_row, problem_uid
from pipeline.split import SPLITS, Split
from pipeline.store.version import HUB_SPLITS

COLUMN = "extra_info"
"""Where a row carries it: verl's own place for what a reward function needs; a struct, or its JSON text."""
FIELDS = (
    "uid",
    "family",
    "family_version",
    "verifier_version",
    "rendering",
    "level",
    "region",
    "answer_format",
    "params",
    "answer",
    "certificate",
)
_MARKS = ("uid", "family", "params", "rendering")
_FOREIGN = {"instance_hash": "", "prompt": "", "trace": None, "split": "train", "origin": "",
            "license": "", "parents": (), "concepts": ()}  # fmt: skip


def carry(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row of PROBLEM_SCHEMA carries; params, answer and certificate as JSON text."""
    return {name: row[name] for name in FIELDS if name in row}


def carried(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a row of a file carries, None where it carries no problem of ours."""
    found = record.get(COLUMN)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return None
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _MARKS):
        return None
    return found


def split_carried(found: Mapping[str, Any]) -> Split:
    """Return the split that a carried problem was written from, "train" where it says none."""
    return next((ours for ours in SPLITS if found.get("split") in (ours, HUB_SPLITS[ours])), "train")


def problem_of(found: Mapping[str, Any]) -> Problem:
    """Return the problem that a row carries, for judging: its prompt and split stay behind.

    Raises:
        StoreError: when something is missing, does not parse, or is not what the uid says.
    """
    missing = [name for name in FIELDS if found.get(name) is None]
    if missing:
        raise StoreError(f"its {COLUMN} lacks {', '.join(missing)}: export the version again")
    problem = from_row({**_FOREIGN, **{name: found[name] for name in FIELDS}})
    if problem.uid != problem_uid(problem.family, problem.family_version, problem.params, problem.rendering):
        raise StoreError(f"its {COLUMN} is not that of uid {problem.uid}: its params were changed; export it again")
    return problem
