"""What a run did, looked at from outside: the versions it made, the policies it left, and what its ledger says."""

import json
from typing import Any

from flows.run import Run


def facts_of(run: Run) -> dict[str, Any]:
    """Return what a run did, as JSON by kind, free of times and of which run of the root did it first."""
    rounds = [json.loads(path.read_text()) for path in sorted((run.root / "rounds" / run.run_id).glob("*.json"))]
    events = run.ledger.read("events", run=run.run_id).to_pylist()
    (start,) = (json.loads(row["detail"]) for row in events if row["kind"] == "start")
    policies = {start["policy"], *(turn["policy_after"] for turn in rounds)}
    tables = {name: run.ledger.read(name).to_pylist() for name in ("scores", "rollouts")}
    scores, replies = ([row for row in rows if row["policy"] in policies] for rows in tables.values())
    trained_on = [row for row in tables["rollouts"] if row["source"] == "training" and row["run"] == run.run_id]
    steps = [row for row in run.ledger.read("metrics", run=run.run_id).to_pylist() if "cpu" not in row["name"]]
    cold = run.store.get(f"{run.config.name}-coldstart").rows if run.config.cold_start.steps else 0
    return {
        "start": [start["sets"], start["holes"], cold],
        "cold": start["policy"],
        "arms": sorted({turn["arm"] for turn in rounds}),
        "policies": [turn["policy_after"] for turn in rounds],
        "plan": [[turn["parts"], turn["dataset"]] for turn in rounds],
        "turns": rounds,
        "steps": _rows([row for row in steps if row["arm"]], "arm", "round", "stage", "step", "name", "value"),
        "taught": _rows(run.ledger.read("exposures", run=run.run_id).to_pylist(), "arm", "round", "step", "uid"),
        "probed": _rows([row for row in scores if row["purpose"] == "select"], "uid", "first_draw", "n"),
        "reported": _rows([row for row in scores if row["purpose"] == "report"], "uid", "protocol", "first_draw", "n"),
        "read": _rows(trained_on, "arm", "round", "step", "uid", "draw", "text"),
        "replies": _rows(replies, "uid", "protocol", "text", "finish"),
    }


def _rows(rows: list[dict[str, Any]], *columns: str) -> list[list[Any]]:
    return sorted(([row[column] for column in columns] for row in rows), key=repr)
