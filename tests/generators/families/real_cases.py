"""Public instances of NP problems, read in place from the folder named by VERILOOP_CASES; not committed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest


def instances(problem: str) -> list[dict[str, Any]]:
    """Return the public instances of one problem, or skip the test where there are none."""
    folder = os.environ.get("VERILOOP_CASES")
    if not folder:
        pytest.skip("VERILOOP_CASES is not set: it names the folder of public instances")
    path = Path(folder) / "np" / "np_instances_dev.jsonl"
    if not path.exists():
        pytest.skip(f"{path} does not exist: there are no public instances here")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if row["problem"] == problem]


def candidates(row: dict[str, Any]) -> list[tuple[list[int], dict[str, Any]]]:
    """Return every candidate solution of an instance with what an independent evaluator says of it."""
    own = row["optimal_solution"]
    return [(own if isinstance(check["solution"], str) else check["solution"], check) for check in row["checks"]]
