"""Public instances of NP problems, read in place from the folder named by VERILOOP_CASES; not committed."""

from typing import Any

from tests.real_cases import case_file, case_rows


def instances(problem: str) -> list[dict[str, Any]]:
    """Return the public instances of one problem, or skip the test where there are none."""
    name = "np/np_instances_dev.jsonl"
    case_file(name)
    return [row for row in case_rows(name) if row["problem"] == problem]


def candidates(row: dict[str, Any]) -> list[tuple[list[int], dict[str, Any]]]:
    """Return every candidate solution of an instance with what an independent evaluator says of it."""
    own = row["optimal_solution"]
    return [(own if isinstance(check["solution"], str) else check["solution"], check) for check in row["checks"]]
