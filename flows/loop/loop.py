"""The weakness loop: one cold start, then arms that each run their own chain of rounds from it.

A round: diagnose on probe, choose operator and mixture, generate there, train within a priced budget, read test.
Not here: the diagnosis (choice.weakness) or the objectives (trainer). Law: between rounds the records on disk are
the loop's only state; test results are written by the report's measurement and read by nothing here.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from flows.config import ArmConfig
from flows.loop.rounds import LOOP_STAGE, checkpoints_of, forget_rounds, read_round, round_key, round_path, write_round
from flows.loop.training import TrainPart, sft_steps, train_part
from flows.policies import build_policy, build_sampler
from flows.run import Run
from flows.stages.publish import dataset, fixed_sets, problems_of
from flows.stages.score import score
from generators.family import load
from pipeline.choice.curriculum import CurriculumConfig, Pool, easy_to_hard
from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.operators import Stretch, achieved, operator_shares
from pipeline.choice.weakness import (
    CellHistory,
    Diagnosis,
    diagnose,
    histories_from_json,
    histories_to_json,
    next_mixture,
    permuted,
    record,
)
from pipeline.errors import ConfigError
from pipeline.fingerprint import content_hash
from pipeline.seeds import derive, uniform
from pipeline.store.version import DatasetVersion

TrainedBy = Literal["sft", "grpo"]
"""The operators that spend a training budget."""


class Part(NamedTuple):
    """A stretch of one round: an operator on a mixture with a share of the round's training budget."""

    operator: TrainedBy
    mixture: Mixture
    share: float


def traceable(cell: Cell) -> bool:
    """Say whether imitation of the cell's traces can teach it: the family has traces that derive the answer."""
    family = load(cell.family)
    return family.trace is not None and family.learnable_trace


def traced(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the cells whose family writes traces at all: what imitation can be given."""
    return tuple(cell for cell in cells if load(cell.family).trace is not None)


def draw_holes(run: Run) -> frozenset[Cell]:
    """Choose the cells the cold start leaves nearly untaught: by hash of the seed, at most one a family."""
    holes = run.config.cold_start.holes
    chosen: list[Cell] = []
    for wanted, is_trace in ((holes.trace_cells, True), (holes.search_cells, False)):
        cells = [cell for cell in run.config.all_cells() if traceable(cell) is is_trace]
        cells.sort(key=lambda cell: uniform("hole", run.config.seed, *cell))
        families: set[str] = set()
        for cell in cells:
            if len(families) < wanted and cell.family not in families:
                families.add(cell.family)
                chosen.append(cell)
    return frozenset(chosen)


def cold_start(run: Run) -> Path:
    """Train the common start by SFT on traces, holes nearly left out; return its checkpoint."""
    config = run.config.cold_start
    holes = draw_holes(run)
    cells = traced(run.config.all_cells()) or run.config.all_cells()
    weights = {cell: config.holes.mass if cell in holes else 1.0 for cell in cells}
    mixture = Mixture.of({cell: weight for cell, weight in weights.items() if weight > 0})
    rows = {
        cell: min(config.rows_per_cell, max(1, round(share * config.steps * config.sft.batch)))
        for cell, share in mixture.weights
    }
    seed = derive("cold start", run.config.seed)
    version = dataset(run, f"{run.config.name}-coldstart", rows, split="train", seed=seed, allow_shortage=True)
    policy = build_policy(run.config.policy, seed=seed)
    recipe = [version.id, config.model_dump(mode="json"), policy.policy_id, run.config.protocol.protocol().hash]
    path = run.root / "checkpoints" / content_hash(["cold start", LOOP_STAGE, *recipe])
    if path.exists():
        return path
    part = TrainPart("sft", mixture, name=("cold start", run.config.seed), max_steps=config.steps, sft=config.sft)
    train_part(
        run,
        policy,
        Pool(problems_of(run, version)),
        part,
        path=path,
        context=context_of(run),
        label="cold start",
    )
    return path


def context_of(run: Run, arm: str = "", number: int = 0) -> dict[str, Any]:
    """Return the ledger columns of what an arm's round writes."""
    return {"run": run.run_id, "arm": arm, "round": number, "step": 0}


@dataclass(frozen=True)
class ArmSpec:
    """What a worker needs to run one arm; picklable."""

    run: Run
    arm: ArmConfig
    start: Path


def run_arm(spec: ArmSpec) -> list[dict[str, Any]]:
    """Run an arm's rounds in order; a round that is complete is not run again, unless a checkpoint of it is gone."""
    from trainer.policy import single_thread

    single_thread()
    records: list[dict[str, Any]] = []
    checkpoint = spec.start
    for number in range(1, spec.run.config.loop.rounds + 1):
        turn = read_round(spec.run, spec.arm, number, checkpoint)
        if turn is None and round_path(spec.run, spec.arm.name, number).exists():
            forget_rounds(spec.run, spec.arm.name, since=number)
        if turn is None or not all(path.exists() for path in checkpoints_of(spec.run, turn)):
            turn = run_round(spec.run, spec.arm, number, checkpoint, records)
        records.append(turn)
        checkpoint = spec.run.root / turn["checkpoint_after"]
    return records


class Diagnosed(NamedTuple):
    """What probing a policy said and cost. `policy` is the one that was asked last."""

    diagnosis: Diagnosis | None
    histories: Mapping[Cell, CellHistory]
    priced_s: float
    policy: str = ""


def run_round(
    run: Run, arm: ArmConfig, number: int, start: Path, earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Turn the loop once for one arm and write the Round."""
    clock = _Clock()
    label = f"{arm.name} round {number}"
    found = probe_round(run, arm, number, start, earlier, label=label)
    clock.lap("diagnose")
    budget = _left_to_train(run, found)
    parts = plan_round(run, arm, number, found.diagnosis, earlier)
    wanted = Mixture.of(_blend(parts), held_out=run.config.held_out_cells()).allocate(run.config.loop.rows)
    version = dataset(
        run, f"{run.config.name}-{arm.name}-{number}", {cell: max(1, n) for cell, n in wanted.items()}, split="train",
        seed=derive("round", run.config.seed, number), allow_shortage=True,
    )  # fmt: skip
    clock.lap("generate")
    path, trained = _train(run, arm, number, start, version, parts, earlier, budget=budget, label=label)
    clock.lap("train")
    turn = {
        "key": round_key(run, arm, number, start),
        "run": run.run_id, "arm": arm.name, "round": number, "dataset": version.id,
        "checkpoint_before": str(start.relative_to(run.root)), "checkpoint_after": str(path.relative_to(run.root)),
        "probe": histories_to_json(found.histories), "policy_probed": found.policy,
        "diagnosis": found.diagnosis.to_json() if found.diagnosis else None,
        "parts": [_part_json(part) for part in parts],
        "cost_s": {"diagnose_s": found.priced_s, **{f"{op}_s": outcome["priced_s"] for op, outcome in trained.items()}},
        "cpu_s": clock.laps, "training": trained,
    }  # fmt: skip
    turn["policy_after"] = read_test(run, path, context_of(run, arm.name, number), label)
    write_round(run, turn)
    return turn


def _left_to_train(run: Run, found: Diagnosed) -> float:
    """Return the priced seconds of a round that its diagnosis leaves; raises ConfigError when there are none."""
    loop = run.config.loop
    if found.priced_s >= loop.budget_s:
        raise ConfigError(
            f"a diagnosis cost {found.priced_s:.1f} priced s of the {loop.budget_s:g} a round has, none is left to "
            "train: raise loop.budget_s, or lower measure.probe_draws or sets.probe_per_cell"
        )
    return loop.budget_s - found.priced_s


class _Clock:
    """CPU-seconds of this process between laps; work that an earlier, killed process did is not in them."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.laps[name], self._last = now - self._last, now


def probe_round(
    run: Run, arm: ArmConfig, number: int, start: Path, earlier: Sequence[Mapping[str, Any]], *, label: str
) -> Diagnosed:
    """Measure the policy on probe and diagnose it, for the arms that read a diagnosis; others pay nothing.

    Draws that another arm asked of the same policy are used and charged alike. A policy that the last round left as
    it was is not asked again: the same draws would count as a second visit.
    """
    if arm.mixture not in ("weakness", "placebo") and arm.operator != "chosen":
        return Diagnosed(None, {}, 0.0)
    histories, tokens = histories_from_json(earlier[-1]["probe"]) if earlier else {}, 0
    with closing(build_sampler(run.config.sampler, build_policy(run.config.policy, path=start))) as sampler:
        policy = sampler.policy_id
        if not earlier or earlier[-1]["policy_probed"] != policy:
            probe = problems_of(run, fixed_sets(run)["probe"])
            scores = score(
                run, probe, sampler, temperature=1.0, draws=run.config.measure.probe_draws, purpose="select",
                seed=derive("probe", run.config.seed, number), context=context_of(run, arm.name, number),
                label=f"{label}: diagnose",
            )  # fmt: skip
            histories, tokens = record(histories, scores, problems=probe, step=number), sum(s.tokens for s in scores)
    diagnosis = diagnose(histories, {cell: traceable(cell) for cell in histories}, run.config.loop.weakness)
    return Diagnosed(diagnosis, histories, tokens / run.config.loop.price.sample_tokens_per_s, policy)


def _train(
    run: Run, arm: ArmConfig, number: int, start: Path, version: DatasetVersion, parts: Sequence[Part],
    earlier: Sequence[Mapping[str, Any]], *, budget: float, label: str,
) -> tuple[Path, dict[str, Any]]:  # fmt: skip
    """Train the parts of a round one after the other; return the last checkpoint and what each operator took."""
    pool = Pool(problems_of(run, version))
    key = content_hash([round_key(run, arm, number, start), version.id])
    trained: dict[str, Any] = {}
    path = start
    for order, part in enumerate(parts):
        policy = build_policy(run.config.policy, path=path)
        loop, share_s = run.config.loop, budget * part.share
        steps = None
        if part.operator == "sft":
            rate = loop.price.sft_tokens_per_s
            steps = sft_steps(policy, pool, part.mixture, config=loop.sft, budget_s=share_s, rate=rate)
        job = TrainPart(
            part.operator, part.mixture, name=("round", run.config.seed, arm.name, number, order),
            budget_s=share_s if steps is None else None, max_steps=steps,
            curriculum=loop.curriculum if arm.mixture == "weakness" else None, reference=path,
            optimiser=_last_checkpoint(run, part.operator, earlier),
        )  # fmt: skip
        path = run.root / "checkpoints" / (key if order == len(parts) - 1 else f"{key}-{order}")
        trained[part.operator] = train_part(
            run, policy, pool, job, path=path, context=context_of(run, arm.name, number),
            label=f"{label}: {part.operator}",
        )  # fmt: skip
    return path, trained


def _last_checkpoint(run: Run, operator: str, earlier: Sequence[Mapping[str, Any]]) -> Path | None:
    """Return the newest checkpoint that an operator left in this arm's chain."""
    left = [turn["training"][operator]["checkpoint"] for turn in earlier if operator in turn["training"]]
    return run.root / left[-1] if left else None


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "operator": part.operator,
        "share": part.share,
        "mixture": [[*cell, weight] for cell, weight in part.mixture.weights],
    }


def plan_round(
    run: Run, arm: ArmConfig, number: int, diagnosis: Diagnosis | None, earlier: Sequence[Mapping[str, Any]]
) -> list[Part]:
    """Decide what a round trains: which operator on which mixture, with which share of the budget."""
    if arm.operator != "chosen":
        return [Part(arm.operator, _mixture(run, arm, number, diagnosis, operator=arm.operator), 1.0)]
    assert diagnosis is not None
    shares = operator_shares(diagnosis, run.config.loop.weakness, past=_achieved(earlier, diagnosis)) or {"sft": 1.0}
    # imitation last: its schedule anneals, and a round's policy is measured as it ends
    operators: tuple[TrainedBy, ...] = ("grpo", "sft")
    return [
        Part(op, _mixture(run, arm, number, diagnosis, operator=op), shares[op]) for op in operators if op in shares
    ]


def _mixture(run: Run, arm: ArmConfig, number: int, diagnosis: Diagnosis | None, *, operator: TrainedBy) -> Mixture:
    """Return what an operator of an arm trains on; imitation is limited to the cells that have traces."""
    config = run.config.loop
    cells = run.config.all_cells() if operator == "grpo" else traced(run.config.all_cells())
    if not cells:
        raise ConfigError(f"arm {arm.name} trains by sft and no family of the run has traces: choose operator grpo")
    if arm.mixture in ("uniform", "easy_to_hard"):
        base = Mixture.of(dict.fromkeys(cells, 1.0))
        schedule = CurriculumConfig(total_steps=max(1, config.rounds - 1), weakness=config.weakness)
        return base if arm.mixture == "uniform" else easy_to_hard({}, base, number - 1, schedule)
    assert diagnosis is not None
    claims = None if arm.operator == "grpo" else operator  # reinforcement alone works on every cell
    mixture = next_mixture(diagnosis, config.weakness, operator=claims, among=cells)
    return mixture if arm.mixture == "weakness" else permuted(mixture, "placebo", run.config.seed, number)


def _achieved(earlier: Sequence[Mapping[str, Any]], now: Diagnosis) -> list[Stretch]:
    """Return what each operator closed in each earlier round, read from the diagnoses the rounds stored."""
    diagnoses = [Diagnosis.from_json(turn["diagnosis"]) for turn in earlier] + [now]
    return [
        stretch
        for turn, before, after in zip(earlier, diagnoses, diagnoses[1:], strict=False)
        for stretch in achieved(before, after, {op: took["priced_s"] for op, took in turn["training"].items()})
    ]


def _blend(parts: Sequence[Part]) -> dict[Cell, float]:
    blended: dict[Cell, float] = {}
    for part in parts:
        for cell, weight in part.mixture.weights:
            blended[cell] = blended.get(cell, 0.0) + part.share * weight
    return blended


def read_test(run: Run, checkpoint: Path, context: Mapping[str, Any], label: str) -> str:
    """Measure a checkpoint on test for the report: temperature 1 with several draws, and greedy. Uncharged.

    Returns the policy's id: scores belong to policies, whichever run asked first.
    """
    test = problems_of(run, fixed_sets(run)["test"])
    modes = [(1.0, run.config.measure.test_draws)] + ([(0.0, 1)] if run.config.measure.greedy else [])
    with closing(build_sampler(run.config.sampler, build_policy(run.config.policy, path=checkpoint))) as sampler:
        for temperature, draws in modes:
            score(
                run, test, sampler, temperature=temperature, draws=draws, purpose="report",
                seed=derive("test", run.config.seed), context=context, label=f"{label}: test at T={temperature:g}",
            )  # fmt: skip
        return str(sampler.policy_id)


def write_start(run: Run, checkpoint: Path, *, policy: str) -> None:
    """Write what all arms share, for the report alone: the diagnosis never reads events, so it cannot see the holes."""
    detail = {
        "checkpoint": str(checkpoint.relative_to(run.root)),
        "policy": policy,
        "sets": {split: version.id for split, version in fixed_sets(run).items()},
        "holes": [list(cell) for cell in sorted(draw_holes(run))],
    }
    row = {"kind": "start", "message": "the common start of all arms", "detail": json.dumps(detail)}
    run.ledger.append("events", pa.Table.from_pylist([row]), part="start", run=run.run_id)
