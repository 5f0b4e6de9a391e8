"""What a run's ledger says: test rates per arm and round, holes, gains with intervals, prices. Not their looks.

Read by the report, the summary and the benchmark alone. Law: everything here is a query over the ledger and the
versions; training and diagnosis never import it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from flows.config import ProtocolConfig
from pipeline.choice.difficulty import bootstrap, exact_interval, pass_at_k
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError
from pipeline.store.query import query, quoted

Measure = Literal["pass@1", "greedy", "pass@8"]
MEASURES: tuple[Measure, ...] = ("pass@1", "greedy", "pass@8")
Counts = Mapping[str, tuple[int, int]]


class Estimate(NamedTuple):
    """A mean with its 95% interval over problems."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Evidence:
    """The readable state of one run.

    `sets` are the ids of its probe and test versions by split; `places` says which (arm, round) each policy id is the
    end of, the cold start being ("", 0): one policy may end several.
    """

    root: Path
    run_id: str
    config: dict[str, Any]
    cell_of: Mapping[str, Cell]
    holes: frozenset[Cell]
    sets: Mapping[str, str]
    places: Mapping[str, list[tuple[str, int]]]
    tests: Mapping[tuple[str, int, str], Counts]
    rounds: tuple[dict[str, Any], ...]

    @property
    def arms(self) -> list[str]:
        """Arm names in config order, those that have at least one round."""
        present = {record["arm"] for record in self.rounds}
        return [arm["name"] for arm in self.config["loop"]["arms"] if arm["name"] in present]

    @cached_property
    def cells(self) -> list[Cell]:
        """Cells measured on test, sorted."""
        return sorted(set(self.cell_of.values()))

    def last_round(self, arm: str) -> int:
        """Return the number of an arm's newest round; 0 is the cold start."""
        return max((record["round"] for record in self.rounds if record["arm"] == arm), default=0)

    def spent_s(self, arm: str, number: int) -> float:
        """Return the priced seconds an arm had spent after a round, diagnosis included."""
        done = [r for r in self.rounds if r["arm"] == arm and r["round"] <= number]
        return float(sum(sum(record["cost_s"].values()) for record in done))

    def measured_s(self, arm: str, number: int) -> float:
        """Return the CPU-seconds an arm really took up to a round: diagnosis, generation and training."""
        done = [r for r in self.rounds if r["arm"] == arm and r["round"] <= number]
        return float(sum(sum(record["cpu_s"].values()) for record in done))

    def values(self, arm: str, number: int, measure: Measure) -> dict[str, float]:
        """Return one value per test problem; the cold start is round 0 of every arm."""
        key = ("", 0) if number == 0 else (arm, number)
        counts = self.tests.get((*key, "greedy" if measure == "greedy" else "sampled"), {})
        if measure == "pass@8":
            return {uid: pass_at_k(n, c, 8) for uid, (n, c) in counts.items() if n >= 8}
        return {uid: c / n for uid, (n, c) in counts.items() if n}

    def cell_rates(self, arm: str, number: int, measure: Measure) -> dict[Cell, float]:
        """Return the mean of each cell."""
        sums: dict[Cell, list[float]] = {}
        for uid, value in self.values(arm, number, measure).items():
            sums.setdefault(self.cell_of[uid], []).append(value)
        return {cell: sum(found) / len(found) for cell, found in sums.items()}

    def level(self, arm: str, number: int, measure: Measure, cells: Collection[Cell] | None = None) -> Estimate | None:
        """Return the mean over cells (each cell weighs alike) with its interval over problems."""
        return self._estimate(self.values(arm, number, measure), cells, ("level", arm, number, measure))

    def gain(
        self, arm: str, measure: Measure, cells: Collection[Cell] | None = None, *, since: int = 0
    ) -> Estimate | None:
        """Return an arm's last round minus an earlier one (0: the cold start), paired by problem."""
        before, after = self.values(arm, since, measure), self.values(arm, self.last_round(arm), measure)
        paired = {uid: after[uid] - before[uid] for uid in before if uid in after}
        return self._estimate(paired, cells, ("gain", arm, measure, since))

    def versus(self, arm: str, other: str, measure: Measure, cells: Collection[Cell] | None = None) -> Estimate | None:
        """Return an arm's last round minus another arm's last round, paired by problem."""
        ours = self.values(arm, self.last_round(arm), measure)
        theirs = self.values(other, self.last_round(other), measure)
        paired = {uid: ours[uid] - theirs[uid] for uid in ours if uid in theirs}
        return self._estimate(paired, cells, ("versus", arm, other, measure))

    def cell_gains(self, arm: str, measure: Measure, *, since: int = 0) -> dict[Cell, Estimate]:
        """Return `gain` cell by cell, for cells measured before and after."""
        found = {cell: self.gain(arm, measure, {cell}, since=since) for cell in self.cells}
        return {cell: gain for cell, gain in found.items() if gain is not None}

    def problems(self, cells: Collection[Cell] | None = None) -> int:
        """Return how many test problems were measured in some cells, or in all."""
        return sum(cells is None or cell in cells for cell in self.cell_of.values())

    def _estimate(
        self, values: Mapping[str, float], cells: Collection[Cell] | None, name: tuple[Any, ...]
    ) -> Estimate | None:
        key = (name, None if cells is None else frozenset(cells))
        if key not in self._estimates:
            self._estimates[key] = self._resampled(values, cells, name)
        return self._estimates[key]

    @cached_property
    def _estimates(self) -> dict[Any, Estimate | None]:
        return {}

    def _resampled(
        self, values: Mapping[str, float], cells: Collection[Cell] | None, name: tuple[Any, ...]
    ) -> Estimate | None:
        kept = {uid: v for uid, v in values.items() if cells is None or self.cell_of[uid] in cells}
        if not kept:
            return None
        sizes: dict[Cell, int] = {}
        for uid in kept:
            sizes[self.cell_of[uid]] = sizes.get(self.cell_of[uid], 0) + 1
        # every cell weighs alike: a problem of a small cell stands for more
        if name[0] == "level" and set(kept.values()) in ({0.0}, {1.0}):
            # resampling equal values shows no doubt where there is some: all of n right still leaves about 3/n
            share = next(iter(kept.values()))
            return Estimate(share, *exact_interval(len(kept), round(share) * len(kept)))
        scaled = [v * len(kept) / (len(sizes) * sizes[self.cell_of[uid]]) for uid, v in sorted(kept.items())]
        return Estimate(*bootstrap(scaled, *name))

    def found_holes(self, arm: str, number: int) -> tuple[int, int, int] | None:
        """Return (weak cells called, holes among them, holes in all) of a round's diagnosis, or None without one."""
        record = next((r for r in self.rounds if r["arm"] == arm and r["round"] == number), None)
        if record is None or record["diagnosis"] is None:
            return None
        called = {Cell(*c["cell"]) for c in record["diagnosis"]["cells"] if c["weak"]}
        return len(called), len(called & self.holes), len(self.holes)


def run_ids(root: Path) -> list[str]:
    """Return the runs of a root, oldest first."""
    return [str(r) for r in query(root, "SELECT run FROM runs ORDER BY started_utc")["run"].to_pylist()]


def load_evidence(root: Path, run_id: str | None = None) -> Evidence:
    """Read a run (the newest by default) from its root.

    Raises:
        ConfigError: when the root holds no such run.
    """
    known = run_ids(root)
    run_id = run_id or (known[-1] if known else None)
    if run_id is None or run_id not in known:
        raise ConfigError(
            f"{root} holds no run {run_id or ''}: it has {known or 'none'}; start one with `veriloop run`"
        )
    run = f"run = {quoted(run_id)}"
    config = json.loads(_first(root, f"SELECT config FROM runs WHERE {run}", "config"))
    asked = ProtocolConfig.model_validate(config["protocol"])
    modes = {asked.protocol(1.0).hash: "sampled", asked.protocol(0.0).hash: "greedy"}
    start = json.loads(_first(root, f"SELECT detail FROM events WHERE {run} AND kind = 'start'", "detail"))
    records = query(root, f"SELECT record FROM rounds WHERE {run} ORDER BY arm, round")["record"].to_pylist()
    rounds = tuple(json.loads(record) for record in records)
    test = start["sets"]["test"]
    found = query(root, f"SELECT uid, family, level, region FROM problems WHERE version = {quoted(test)}").to_pylist()
    places: dict[str, list[tuple[str, int]]] = {start["policy"]: [("", 0)]}
    for turn in rounds:
        places.setdefault(turn["policy_after"], []).append((turn["arm"], turn["round"]))
    # a policy's scores may come from several runs: only those asked this run's way, judged by the newest verifier;
    # selection and sequential counts are biased as rates (by what was chosen, and by when it stopped)
    rows = query(
        root,
        "SELECT policy, protocol, uid, sum(n - undecided)::BIGINT n, sum(correct)::BIGINT c FROM "
        "(SELECT DISTINCT ON (uid, policy, protocol, first_draw) * FROM ledger.scores "
        f"WHERE purpose = 'report' AND design = 'fixed' AND protocol IN {tuple(modes)} "
        f"AND uid IN (SELECT uid FROM problems WHERE version = {quoted(test)}) "
        "QUALIFY verifier_version = max(verifier_version) OVER (PARTITION BY uid, policy, protocol) "
        "ORDER BY n DESC) GROUP BY ALL",
    ).to_pylist()
    tests: dict[tuple[str, int, str], dict[str, tuple[int, int]]] = {}
    for row in rows:
        for place in places.get(row["policy"], []):
            tests.setdefault((*place, modes[row["protocol"]]), {})[row["uid"]] = (row["n"], row["c"])
    return Evidence(
        root=root,
        run_id=run_id,
        config=config,
        cell_of={r["uid"]: Cell(r["family"], r["level"], r["region"]) for r in found},
        holes=frozenset(Cell(*cell) for cell in start["holes"]),
        sets=start["sets"],
        places=places,
        tests=tests,
        rounds=rounds,
    )


def _first(root: Path, sql: str, column: str) -> str:
    found = query(root, sql)[column].to_pylist()
    if not found:
        raise ConfigError(f"{root}: the run has not reached its cold start yet; run it on with `veriloop run`")
    return str(found[0])
