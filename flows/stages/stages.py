"""The stages as plain functions: what every flow, every test and `--no-prefect` calls.

Not here: the loop over rounds (loop.py) and any orchestration. Law: a stage's output is found by its recipe, so
calling a stage again after any interruption redoes only what is missing.
"""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from filters.measure import measure
from filters.rule import Decision, apply, decisions_table, resolve, versions_of
from flows.config import RunConfig
from flows.judging.audited import carried_noise
from generators.family import load, verify
from generators.judge_pool import shared_verifier
from generators.supply import Shard, make_shard, supply
from pipeline.choice.mixture import Cell, Mixture
from pipeline.fingerprint import content_hash
from pipeline.problem import Outcome, Problem, from_table, to_row, to_table
from pipeline.protocol import Protocol
from pipeline.rule_context import RuleContext
from pipeline.sampling import Sampler
from pipeline.score import Purpose, Score
from pipeline.seeds import derive
from pipeline.split import Split
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from pipeline.store.version import DROPPED_SCHEMA, DatasetVersion, recipe_id
from pipeline.workers.shards import map_shards

DATASET_STAGE = 2
"""Version of the dataset stage: raise it when the same recipe would give other rows."""

WORTH_PROCESSES_S = 4.0
"""Work that is left, in seconds of one core, from which starting worker processes pays."""

Note = Callable[[str, int, int], None]
"""Progress: (what is being done, done so far, total)."""


def silent(label: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Run:
    """A config bound to its run root; picklable, so that a worker can open the same run."""

    config: RunConfig
    note: Note = silent

    @property
    def root(self) -> Path:
        """The run root."""
        return self.config.data_dir

    @property
    def run_id(self) -> str:
        """The run's name and a hash of its config: two configs under one name never mix."""
        return f"{self.config.name}-{content_hash(self.config.identity())[:8]}"

    @property
    def store(self) -> Store:
        """The versions of this run."""
        return Store(self.root)

    @property
    def ledger(self) -> Ledger:
        """The ledger of this run."""
        return Ledger(self.root)


def dataset(
    run: Run,
    name: str,
    counts: Mapping[Cell, int],
    *,
    split: Split,
    seed: int,
    allow_shortage: bool = False,
) -> DatasetVersion:
    """Generate, curate and publish the first K distinct problems of each cell; found by recipe when already there.

    Raises:
        ShortageError: when a cell cannot supply its count, unless allow_shortage.
        ConfigError: for a held-out cell, unless for test.
    """
    if split != "test":
        Mixture.of(counts, held_out=run.config.held_out_cells())  # the door where a held-out cell is refused
    recipe = _dataset_recipe(run.config, counts, split=split, seed=seed)
    if (found := run.store.find(recipe_id(recipe))) is not None:
        run.store.point(name, found)
        return found
    problems = generate(run, counts, split=split, seed=seed, allow_shortage=allow_shortage, label=name)
    rules = resolve(run.config.sets.rules)
    curated = apply(problems, rules, rule_context())
    run.ledger.append("decisions", decisions_table(curated.decisions), part=recipe_id(recipe), run=run.run_id)
    rows, dropped = to_table(curated.kept), dropped_table(problems, curated.decisions)
    quality = quality_report(curated.kept) | carried_noise(run.root, {cell.family for cell in counts})
    return run.store.publish(name, recipe=recipe, rows=[rows], dropped=[dropped], quality=quality)


def quality_report(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return what a version says of its proofs: certificate statuses, unique optima, traces, longest texts."""
    statuses = Counter(problem.certificate.status for problem in problems)
    return {
        "certificates": dict(sorted(statuses.items())),
        "unique_optimum": sum(problem.certificate.optima == 1 for problem in problems),
        "with_trace": sum(problem.trace is not None for problem in problems),
        "max_prompt_chars": max((len(problem.prompt) for problem in problems), default=0),
        "max_trace_chars": max((len(problem.trace or "") for problem in problems), default=0),
    }


def _dataset_recipe(config: RunConfig, counts: Mapping[Cell, int], *, split: Split, seed: int) -> dict[str, Any]:
    families = sorted({cell.family for cell in counts})
    return {
        "stage": "dataset",
        "stage_version": DATASET_STAGE,
        "cells": [[*cell, count] for cell, count in sorted(counts.items())],
        "split": split,
        "seed": seed,
        "rendering": config.sets.rendering,
        "rules": versions_of(resolve(config.sets.rules)),
        "families": {name: load(name).family_version for name in families},
        "verifiers": {name: load(name).verifier_version for name in families},
    }


def generate(
    run: Run,
    counts: Mapping[Cell, int],
    *,
    split: Split | None,
    seed: int,
    allow_shortage: bool = False,
    label: str = "problems",
) -> list[Problem]:
    """Return the first K distinct problems of each cell; shards already on disk are read, not made again."""
    wanted = sum(counts.values())
    done = 0
    problems: list[Problem] = []
    supplied = supply(
        counts,
        seed=seed,
        run=lambda shards: _run_shards(run, shards),
        rendering=run.config.sets.rendering,
        split=split,
        allow_shortage=allow_shortage,
    )
    for _, table in supplied:
        problems.extend(from_table(table))
        done += table.num_rows
        run.note(f"generate {label}", done, wanted)
    run.note(f"generate {label}", done, done)  # cells that have fewer than was asked end the bar too
    return problems


def _run_shards(run: Run, shards: Sequence[Shard]) -> Iterable[pa.Table]:
    store = run.store
    stored = {shard.key: store.read_shard(shard.key) for shard in shards}
    missing = [shard for shard in shards if stored[shard.key] is None]
    for shard, table in zip(missing, made(missing, workers=run.config.workers), strict=True):
        store.write_shard(shard.key, table)
        stored[shard.key] = table
    return [stored[shard.key] for shard in shards]


def made(shards: Sequence[Shard], *, workers: int) -> Iterator[pa.Table]:
    """Yield the tables of shards in order; processes start only when the first shard says the rest is worth it."""
    for place, shard in enumerate(shards):
        started = time.monotonic()
        yield make_shard(shard)
        rest = shards[place + 1 :]
        if workers > 1 and (time.monotonic() - started) * len(rest) > WORTH_PROCESSES_S:
            yield from map_shards(make_shard, rest, workers=workers)
            return


def rule_context() -> RuleContext:
    """Return the context rules are given: a check that a stored witness passes."""
    return RuleContext(check=witness_fault)


def witness_fault(problem: Problem) -> str | None:
    """Return why a problem's own witness or trace does not pass its verifier, or None."""
    for what, reply in own_replies(problem).items():
        verdict = verify(problem, reply)
        if verdict.outcome is not Outcome.CORRECT:
            return f"{what} judged {verdict.outcome.value}"
    return None


def own_replies(problem: Problem) -> dict[str, str]:
    """Return the replies a problem brings with it and its verifier must accept: its witness, and its trace if any."""
    from generators.answers.reading.extract import place

    family = load(problem.family)
    replies = {"witness": place(family.write(problem.answer, problem.rendering), problem.answer_format)}
    return replies if problem.trace is None else {**replies, "trace": problem.trace}


def dropped_table(problems: Sequence[Problem], decisions: Iterable[Decision]) -> pa.Table:
    """Return the dropped problems with the rule and reason that decided, in order."""
    by_uid = {problem.uid: problem for problem in problems}
    rows = [
        {**to_row(by_uid[decision.uid]), "rule": decision.rule, "reason": decision.reason}
        for decision in decisions
        if decision.action == "drop"
    ]
    return pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA)


def problems_of(run: Run, version: DatasetVersion) -> list[Problem]:
    """Return the problems of a version, in order."""
    return from_table(run.store.table(version))


def fixed_sets(run: Run) -> dict[Split, DatasetVersion]:
    """Publish (or find) the probe and test sets of a run: one seed, for ever; held-out cells add to test alone."""
    cells, held_out = run.config.all_cells(), run.config.held_out_cells()
    sizes: dict[Split, dict[Cell, int]] = {
        "probe": dict.fromkeys(cells, run.config.sets.probe_per_cell),
        "test": dict.fromkeys(sorted({*cells, *held_out}), run.config.sets.test_per_cell),
    }
    return {
        split: dataset(
            run,
            f"{run.config.name}-{split}",
            counts,
            split=split,
            seed=derive("sets", run.config.seed),
            allow_shortage=True,
        )
        for split, counts in sizes.items()
    }


def score(
    run: Run,
    problems: Sequence[Problem],
    sampler: Sampler,
    *,
    temperature: float,
    draws: int,
    purpose: Purpose,
    seed: int,
    context: Mapping[str, Any],
    label: str,
) -> list[Score]:
    """Measure problems with a sampler and append Scores; draws already in the ledger are not repeated."""
    protocol = run.config.protocol.protocol(temperature)
    register_protocol(run.ledger, protocol)
    return measure(
        problems,
        sampler=sampler,
        verifier=shared_verifier(run.config.verifier),
        protocol=protocol,
        n=draws,
        purpose=purpose,
        seed=seed,
        ledger=run.ledger,
        context=dict(context),
        keep_rollouts=run.config.measure.keep_rollouts,
        on_progress=lambda done, total: run.note(label, done, total),
    )


def register_protocol(ledger: Ledger, protocol: Protocol) -> None:
    """Write a protocol's fields to the ledger, so that its hash can be read back as a temperature and limits."""
    fields = json.dumps({**asdict(protocol), "stop_ids": list(protocol.stop_ids)}, sort_keys=True)
    row = pa.Table.from_pylist([{"protocol": protocol.hash, "fields": fields}])
    ledger.append("protocols", row, part=protocol.hash)


def record_start(run: Run) -> None:
    """Write the resolved config and the circumstances of the start to the ledger, once per run id."""
    row = {
        "config": json.dumps(run.config.identity(), sort_keys=True),
        "commit": _commit(),
        "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if not run.ledger.read("runs", run=run.run_id).num_rows:
        run.ledger.append("runs", pa.Table.from_pylist([row]), part="start", run=run.run_id)


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parent,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
