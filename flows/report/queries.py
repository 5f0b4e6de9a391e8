"""What only the report asks of a run's ledger and versions. Not what a run achieved (evidence), no looks.

Law: every answer is SQL over the views, asked of one connection, and is empty where nothing was recorded.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.report.evidence import Evidence
from pipeline.choice.mixture import Cell
from pipeline.seeds import derive
from pipeline.store.ledger import Ledger
from pipeline.store.query import asking, quoted

Rows = list[dict[str, Any]]

PROBLEMS_READ_PER_CELL = 3
READ_LIMIT = 240
CURVES = ("loss", "reward_mean", "effective_groups", "entropy", "length_mean", "truncated_share", "grad_norm")


@dataclass(frozen=True)
class Facts:
    """The answers, as rows."""

    start: dict[str, Any]
    duration_s: float | None
    seeds: int
    curves: Rows
    cold_start: Mapping[str, float]
    outcomes: Rows
    reasons: Rows
    drawn: Mapping[tuple[str, int], Mapping[Cell, int]]
    reading: Rows
    versions: Rows
    certificates: Mapping[str, Mapping[str, int]]
    drops: Rows
    shared_instances: tuple[int, int, int] | None
    examples: list[tuple[str, str, list[str], list[list[str]]]]


def gather(evidence: Evidence) -> Facts:
    """Ask everything."""
    with asking(evidence.root) as connection:

        def ask(sql: str) -> Rows:
            rows: Rows = connection.sql(sql).to_arrow_table().to_pylist()
            return rows

        run = f"run = {quoted(evidence.run_id)}"
        start = ask(f"SELECT commit, started_utc FROM runs WHERE {run} LIMIT 1")[0]
        versions = _versions(evidence, ask("SELECT * FROM versions ORDER BY created_utc, id"))
        ids = ", ".join(quoted(row["id"]) for row in versions) or "''"
        certificates: dict[str, dict[str, int]] = {}
        for row in ask(
            "SELECT version, json_extract_string(certificate, '$.status') status, count(*)::BIGINT n "
            f"FROM problems WHERE version IN ({ids}) GROUP BY ALL ORDER BY version, status"
        ):
            certificates.setdefault(row["version"], {})[row["status"]] = row["n"]
        return Facts(
            start=start,
            duration_s=_duration(evidence, start["started_utc"]),
            seeds=_seeds(evidence, ask("SELECT DISTINCT config FROM runs")),
            curves=_curves(run, ask),
            cold_start={
                row["name"].removeprefix("stretch_"): row["value"]
                for row in ask(f"SELECT name, value FROM metrics WHERE {run} AND arm = '' AND stage = 'sft total'")
            },
            outcomes=_outcomes(evidence, ask),
            reasons=_reasons(evidence, ask),
            drawn=_drawn(run, ask),
            reading=_reading(evidence, ask),
            versions=versions,
            certificates=certificates,
            drops=ask(
                "SELECT version, rule, split_part(reason, ': ', 1) reason, count(*)::BIGINT n FROM dropped "
                f"WHERE version IN ({ids}) GROUP BY ALL ORDER BY n DESC, version, rule, reason"
            ),
            shared_instances=_shared(ids, ask),
            examples=[(*example, *_answer(connection, example[1])) for example in example_queries(evidence)],
        )


def _answer(connection: Any, sql: str, most: int = 5) -> tuple[list[str], list[list[str]]]:
    found = connection.sql(sql).to_arrow_table().slice(0, most)
    return found.column_names, [[_short(value) for value in row.values()] for row in found.to_pylist()]


def _short(value: Any) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _duration(evidence: Evidence, started: str) -> float | None:
    """Return seconds from the start to the last round's part: the ledger tells no end but the time of its files."""
    parts = Ledger(evidence.root).parts("rounds", run=evidence.run_id)
    if not parts or not started:
        return None
    begun = datetime.fromisoformat(started)
    begun = begun if begun.tzinfo else begun.replace(tzinfo=UTC)
    return max(part.stat().st_mtime for part in parts) - begun.timestamp()


def _seeds(evidence: Evidence, configs: Rows) -> int:
    """Count the seeds under which this root holds the same config."""

    def without_seed(config: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in config.items() if key != "seed"}

    alike = [json.loads(row["config"]) for row in configs]
    ours = without_seed(evidence.config)
    return len({config.get("seed") for config in alike if without_seed(config) == ours})


def _versions(evidence: Evidence, found: Rows) -> Rows:
    """Return the versions this run made or read, with their recipe parsed; the order is of making."""
    config = evidence.config
    ours = {record["dataset"] for record in evidence.rounds} | set(evidence.sets.values())
    start = (f"{config['name']}-coldstart", derive("cold start", config["seed"]))
    rows = [{**row, "recipe": json.loads(row["recipe"])} for row in found]
    return [row for row in rows if row["id"] in ours or (row["name"], row["recipe"].get("seed")) == start]


def _curves(run: str, ask: Any) -> Rows:
    names = ", ".join(quoted(name) for name in CURVES)
    rows: Rows = ask(
        "SELECT arm, round, stage, step, name, any_value(value) value FROM metrics "
        f"WHERE {run} AND name IN ({names}) GROUP BY ALL ORDER BY arm, stage, name, round, step"
    )
    return rows


def _placed(evidence: Evidence, rows: Rows) -> Rows:
    """Replace the policy of every row by each (arm, round) it is the end of."""
    return [
        {**row, "arm": arm, "round": number} for row in rows for arm, number in evidence.places.get(row["policy"], [])
    ]


def _outcomes(evidence: Evidence, ask: Any) -> Rows:
    """Return counts of what became of the draws on test, by checkpoint and temperature."""
    return _placed(
        evidence,
        ask(
            "SELECT policy, temperature, sum(n)::BIGINT n, sum(correct)::BIGINT correct, "
            "sum(feasible - correct)::BIGINT suboptimal, sum(malformed)::BIGINT malformed, "
            "sum(truncated)::BIGINT truncated, sum(undecided)::BIGINT undecided FROM "
            "(SELECT DISTINCT ON (uid, policy, protocol, verifier_version, first_draw) * FROM ledger.scores "
            f"WHERE purpose = 'report' AND design = 'fixed' QUALIFY {_NEWEST}) JOIN {_TEMPERATURES} USING (protocol) "
            f"JOIN {_test(evidence)} USING (uid) GROUP BY ALL ORDER BY policy, temperature DESC"
        ),
    )


_NEWEST = "verifier_version = max(verifier_version) OVER (PARTITION BY uid, policy, protocol)"
"""Of draws that several verifiers have judged, what the newest said."""
_TEMPERATURES = (
    "(SELECT DISTINCT protocol, json_extract_string(fields, '$.temperature')::DOUBLE temperature FROM protocols)"
)


def _test(evidence: Evidence) -> str:
    columns = "uid, family, level, region, prompt, answer, certificate, trace"
    return f"(SELECT {columns} FROM problems WHERE version = {quoted(evidence.sets['test'])})"


def _reasons(evidence: Evidence, ask: Any) -> Rows:
    return _placed(
        evidence,
        ask(
            "SELECT policy, outcome, reason, count(*)::BIGINT n FROM "
            "(SELECT DISTINCT ON (uid, policy, protocol, draw) * FROM rollouts "
            "WHERE view = 'plain' AND source = 'policy' ORDER BY verifier_version DESC) "
            f"JOIN {_test(evidence)} USING (uid) JOIN {_TEMPERATURES} USING (protocol) WHERE temperature > 0 "
            "GROUP BY ALL ORDER BY n DESC, reason"
        ),
    )


def _drawn(run: str, ask: Any) -> dict[tuple[str, int], dict[Cell, int]]:
    """Return how many groups or rows training drew from each cell, by arm and round."""
    found: dict[tuple[str, int], dict[Cell, int]] = {}
    for row in ask(
        "SELECT arm, round, family, level, region, sum(coalesce(group_n, 1))::BIGINT n "
        f"FROM (SELECT * FROM exposures WHERE {run}) "
        "JOIN cells USING (uid) GROUP BY ALL"
    ):
        cell = Cell(row["family"], row["level"], row["region"])
        found.setdefault((row["arm"], row["round"]), {})[cell] = row["n"]
    return found


def _reading(evidence: Evidence, ask: Any) -> Rows:
    """Return first draws at the sampled temperature on a few test problems per cell: cold start and each arm's end.

    Per cell: the first problem by uid that the cold start solved, then the first ones that it did not.
    """
    ends = {("", 0), *((arm, evidence.last_round(arm)) for arm in evidence.arms)}
    policies = [policy for policy, places in evidence.places.items() if ends & set(places)]
    first = next((policy for policy, places in evidence.places.items() if ("", 0) in places), "")
    rows = ask(
        "WITH read AS (SELECT * FROM (SELECT DISTINCT ON (uid, policy, protocol) uid, policy, protocol, text, outcome, "
        "reason, extracted, quality, finish, tokens FROM rollouts WHERE view = 'plain' AND source = 'policy' "
        f"AND draw = 0 AND policy IN ({', '.join(map(quoted, policies))}) ORDER BY verifier_version DESC) "
        f"JOIN {_test(evidence)} USING (uid) JOIN {_TEMPERATURES} USING (protocol) WHERE temperature > 0), "
        "ranked AS (SELECT uid, family, level, region, outcome = 'correct' AS solved, row_number() OVER "
        "(PARTITION BY family, level, region, outcome = 'correct' ORDER BY uid) AS place FROM read "
        f"WHERE policy = {quoted(first)}), chosen AS (SELECT uid, row_number() OVER (PARTITION BY family, level, "
        "region ORDER BY (solved AND place = 1) DESC, solved, place) AS place FROM ranked) "
        f"SELECT read.* FROM read JOIN chosen USING (uid) WHERE chosen.place <= {PROBLEMS_READ_PER_CELL} "
        "ORDER BY chosen.place, family, level, region, uid, policy"
    )
    placed = [row for row in _placed(evidence, rows) if (row["arm"], row["round"]) in ends]
    kept = placed[: READ_LIMIT // len(ends) * len(ends)]
    return sorted(kept, key=lambda row: (row["family"], row["level"], row["region"]))


def _shared(ids: str, ask: Any) -> tuple[int, int, int] | None:
    """Return (instances in both, in train, in test) over this run's versions, measured and not assumed."""
    (row,) = ask(
        f"WITH own AS (SELECT DISTINCT instance_hash h, split FROM problems WHERE version IN ({ids})) "
        "SELECT (SELECT count(*) FROM (SELECT h FROM own WHERE split = 'train' INTERSECT "
        "SELECT h FROM own WHERE split = 'test'))::BIGINT shared, "
        "(SELECT count(*) FROM own WHERE split = 'train')::BIGINT train, "
        "(SELECT count(*) FROM own WHERE split = 'test')::BIGINT test"
    )
    return (row["shared"], row["train"], row["test"]) if row["train"] and row["test"] else None


def example_queries(evidence: Evidence) -> list[tuple[str, str]]:
    """Return (question, SQL) worth trying on this run."""
    run = f"run = {quoted(evidence.run_id)}"
    return [
        (
            "Which cells scored lowest on test, and when?",
            "SELECT arm, round, family, level, region, sum(correct) / sum(n - undecided) AS rate FROM scores "
            f"WHERE {run} AND purpose = 'report' GROUP BY ALL ORDER BY rate, arm, round, family, level LIMIT 10",
        ),
        (
            "What did replies that were not correct say?",
            "SELECT outcome, reason, prompt, answer, text FROM rollouts JOIN (SELECT DISTINCT uid, prompt, answer "
            f"FROM problems) USING (uid) WHERE {run} AND outcome <> 'correct' ORDER BY uid, policy, draw LIMIT 10",
        ),
        (
            "Which problems could training learn from (mixed groups), by arm and round?",
            "SELECT arm, round, operator, count(*) AS groups, avg((reward_mean > 0 AND reward_mean < 1)::INT) AS mixed "
            f"FROM exposures WHERE {run} AND operator = 'grpo' GROUP BY ALL ORDER BY arm, round",
        ),
        (
            "Why were rows dropped, and by which rule?",
            "SELECT rule, split_part(reason, ': ', 1) AS cause, count(*) AS rows FROM dropped GROUP BY ALL "
            "ORDER BY rows DESC, rule, cause",
        ),
        (
            "What is proven about the answers?",
            "SELECT family, json_extract_string(certificate, '$.status') AS status, "
            "json_extract_string(certificate, '$.solver') AS solver, count(*) AS rows FROM problems GROUP BY ALL "
            "ORDER BY family, rows DESC, status",
        ),
    ]


def root_option(root: Path) -> str:
    """Return the option that points the command at a root."""
    return f"--root {root}"
