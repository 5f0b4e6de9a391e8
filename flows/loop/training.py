"""One stretch of training for the loop: an operator on a mixture within a priced budget, resumable, recorded.

Not here: the objectives (trainer) or what to train (loop). Law: what is spent is counted in fixed prices, so that a
stretch stops after the same step on every machine; measured seconds stand beside, in the ledger alone.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from flows.config import PriceConfig
from flows.judging.audited import Judged, judged, training_noise
from flows.policies import build_policy, build_sampler
from flows.run import Run
from flows.stages.score import register_protocol
from generators.judge_pool import shared_verifier
from pipeline.choice.curriculum import CurriculumConfig, Pool
from pipeline.choice.mixture import Mixture
from pipeline.choice.noise import Noise
from pipeline.fingerprint import content_hash
from pipeline.problem import Json, Problem
from pipeline.rollout import Rollout, rollouts_table
from pipeline.store.files import one_at_a_time
from trainer.grpo import TrainedGroup, train_grpo
from trainer.policy import Policy, to_accelerator
from trainer.sft import SFTConfig, train_sft
from trainer.train_state import Resume, Totals, TrainState

NO_LIMIT = 10**9
"""Steps of a stretch that only its budget ends."""


@dataclass(frozen=True)
class TrainPart:
    """What to train: `name` names every draw; the stretch ends at budget_s (priced) or max_steps, whichever is set.

    `sft` replaces the loop's own SFT settings; `reference` is the checkpoint that a KL term holds the policy to,
    `optimiser` the one whose optimiser state goes on: a fresh Adam takes full-sized steps in every weight.
    """

    operator: Literal["sft", "grpo"]
    mixture: Mixture
    name: tuple[Any, ...]
    budget_s: float | None = None
    max_steps: int | None = None
    curriculum: CurriculumConfig | None = None
    sft: SFTConfig | None = None
    reference: Path | None = None
    optimiser: Path | None = None


def train_part(
    run: Run, policy: Policy, pool: Pool, part: TrainPart, *, path: Path, context: Mapping[str, Any], label: str
) -> dict[str, Any]:
    """Train the policy, write the checkpoint at `path`, and return what it took.

    A finished checkpoint is not trained again; an unfinished one goes on from its last resumable step. Of processes
    that ask for the same checkpoint one trains and the others wait for it.
    """
    from trainer import checkpoint

    if not checkpoint.exists(path):
        with one_at_a_time(path.with_name(path.name + ".lock")):
            if not checkpoint.exists(path):
                _train_to(run, policy, pool, part, path=path, context=context, label=label)
    done: dict[str, Any] = checkpoint.read_state(path)
    return done


def _train_to(
    run: Run, policy: Policy, pool: Pool, part: TrainPart, *, path: Path, context: Mapping[str, Any], label: str
) -> None:
    from trainer import checkpoint

    partial = path.with_name(path.name + ".partial")
    resume, rates = _carried(policy, part), dict[Judged, Noise]()
    if checkpoint.exists(partial):
        loaded = checkpoint.load(partial)
        policy = to_accelerator(loaded.policy)
        resume = Resume(TrainState.from_json(loaded.state), loaded.optimiser)
        rates = _from_rows(loaded.state.get("noise", []))
    book = _Book(run, part, dict(context), label)
    if part.operator == "grpo" and run.config.loop.grpo.reward.correction != "none":
        rates = _rates(run, pool, known=rates)
        book.corrects_by(_to_rows(rates))
    price = run.config.loop.price
    while True:
        first = resume.state.step if resume else 0
        until = first + run.config.loop.checkpoint_every
        resume = _advance(run, policy, pool, part, resume=resume, until=until, book=book, rates=rates)
        book.write(first)
        spent = stretch_price(price, part.operator, totals=resume.state.totals)
        over = part.budget_s is not None and spent >= part.budget_s
        if over or resume.state.step < until or resume.state.step == part.max_steps:
            break
        state = {**resume.state.to_json(), "noise": _to_rows(rates)}
        checkpoint.save(partial, policy=policy, state=state, optimiser=resume.optimiser)
    outcome = {
        "steps": resume.state.step,
        "checkpoint": str(path.relative_to(run.root)),
        "priced_s": spent,
        "cpu_s": sum(resume.state.totals.cpu_s.values()),
        "tokens_sampled": resume.state.totals.tokens_sampled,
        "tokens_trained": resume.state.totals.tokens_trained,
    }
    book.finish({name: value for name, value in outcome.items() if name != "checkpoint"})
    checkpoint.save(path, policy=policy, state=outcome, optimiser=resume.optimiser)
    shutil.rmtree(partial, ignore_errors=True)


def _carried(policy: Policy, part: TrainPart) -> Resume | None:
    """Return step 0 of a stretch with the optimiser state of an earlier one, or None where there is none."""
    from trainer import checkpoint

    if part.optimiser is None:
        return None
    start = TrainState(0, policy.policy_id, part.mixture, {}, {}, Totals())
    return Resume(start, checkpoint.read_optimiser(part.optimiser))


def _advance(
    run: Run, policy: Policy, pool: Pool, part: TrainPart, *, resume: Resume | None, until: int, book: "_Book",
    rates: Mapping[Judged, Noise],
) -> Resume:  # fmt: skip
    """Train up to step `until`, the part's own limit or its budget, whichever comes first."""
    loop = run.config.loop
    protocol = run.config.protocol.protocol(1.0)
    steps = part.max_steps if part.max_steps is not None else NO_LIMIT

    def stop(totals: Totals) -> bool:
        spent = stretch_price(loop.price, part.operator, totals=totals)
        return totals.steps >= until or (part.budget_s is not None and spent >= part.budget_s)

    if part.operator == "sft":
        return train_sft(
            policy, pool, part.mixture, config=part.sft or loop.sft, protocol=protocol, steps=steps,
            seed_name=part.name, log=book.supervised, resume=resume, stop=stop,
        ).resume  # fmt: skip
    register_protocol(run.ledger, protocol)
    held = build_policy(run.config.policy, path=part.reference) if loop.grpo.losses.kl > 0 else None
    sampler = build_sampler(run.config.sampler, policy)
    try:
        return train_grpo(
            policy, pool, part.mixture, sampler=sampler, verifier=shared_verifier(run.config.verifier),
            protocol=protocol,
            config=loop.grpo, steps=steps, seed_name=part.name, curriculum=part.curriculum, sink=book.reinforced,
            resume=resume, stop=stop, reference=held,
            noise=(lambda problem: rates[judged(problem)]) if rates else None,
        ).resume  # fmt: skip
    finally:
        sampler.close()


def _rates(run: Run, pool: Pool, *, known: Mapping[Judged, Noise]) -> dict[Judged, Noise]:
    """Return the audited error rates that a stretch corrects its rewards by.

    They are read as it begins, recorded, and kept with it: what an audit says later changes no stretch under way.
    """
    problems = (problem for cell in pool.cells for problem in pool.problems(cell))
    return {**known, **training_noise(run.ledger, (p for p in problems if judged(p) not in known))}


def _to_rows(rates: Mapping[Judged, Noise]) -> list[list[Json]]:
    return [[*key, *noise] for key, noise in rates.items()]


def _from_rows(rows: Sequence[Sequence[Any]]) -> dict[Judged, Noise]:
    return {Judged(*row[:3]): Noise(*row[3:]) for row in rows}


def sft_steps(policy: Policy, pool: Pool, mixture: Mixture, *, config: SFTConfig, budget_s: float, rate: float) -> int:
    """Return how many SFT steps a priced budget buys, so that a schedule knows its last step; at least 1."""
    tokens = 0.0
    for cell, weight in mixture.weights:
        traces = [problem.trace or "" for problem in pool.problems(cell)[:64]]
        tokens += weight * sum(len(policy.tokens(trace)) + 1 for trace in traces) / max(1, len(traces))
    return max(1, round(budget_s * rate / (config.batch * tokens)))


def stretch_price(price: PriceConfig, operator: str, *, totals: Totals) -> float:
    """Return the priced seconds of the completion tokens that an operator sampled and trained on."""
    rate = price.sft_tokens_per_s if operator == "sft" else price.grpo_tokens_per_s
    return totals.tokens_sampled / price.sample_tokens_per_s + totals.tokens_trained / rate


class _Book:
    """What training says of itself, gathered by step and written to the ledger chunk by chunk."""

    def __init__(self, run: Run, part: TrainPart, context: dict[str, Any], label: str) -> None:
        self._run, self._part, self._context, self._label = run, part, context, label
        self._metrics: list[dict[str, Any]] = []
        self._exposures: list[dict[str, Any]] = []
        self._rollouts: list[pa.Table] = []
        self._spent = 0.0

    def supervised(self, step: int, metrics: Mapping[str, float], problems: Sequence[Problem]) -> None:
        """Take one SFT step: a problem whose trace was shown is a group of one without a reward."""
        self._note(step, metrics)
        row = {"operator": "sft", "group_n": 1, "reward_mean": None, "trained": True, "step": step}
        self._exposures += [{**row, "uid": problem.uid} for problem in problems]

    def reinforced(self, step: int, metrics: Mapping[str, float], groups: Sequence[TrainedGroup]) -> None:
        """Take one GRPO step."""
        self._note(step, metrics)
        for group in groups:
            mean = None if group.reward_mean != group.reward_mean else group.reward_mean
            row = {"uid": group.uid, "operator": "grpo", "group_n": len(group.rollouts), "reward_mean": mean}
            self._exposures.append({**row, "trained": group.trained, "step": step})
        if kept := [r for group in groups for r in group.rollouts[: self._run.config.measure.keep_training]]:
            table = rollouts_table([_to_read(rollout) for rollout in kept])
            self._rollouts.append(table.append_column("step", pa.array([step] * len(kept), pa.int64())))

    def _note(self, step: int, metrics: Mapping[str, float]) -> None:
        stage = self._part.operator
        for name, value in metrics.items():
            if "/" not in name:
                row = {"stage": stage, "name": name, "value": value, "unit": _unit(name), "step": step}
                self._metrics.append(row)
        limit = self._part.max_steps
        if limit is not None:
            self._run.note(self._label, step + 1, limit)
            return
        price = self._run.config.loop.price
        trained = metrics.get("tokens", metrics.get("tokens_trained", 0.0))
        totals = Totals(tokens_sampled=int(metrics.get("tokens_sampled", 0)), tokens_trained=int(trained))
        self._spent += stretch_price(price, stage, totals=totals)
        budget = self._part.budget_s or 0.0
        self._run.note(f"{self._label} [priced s]", min(int(self._spent), int(budget)), int(budget))

    def write(self, first: int) -> None:
        """Append what was gathered since step `first`; the same chunk done again replaces its part."""
        part = content_hash([self._label, list(self._part.name), first])
        context = {key: value for key, value in self._context.items() if key != "step"}
        for table, rows in (("metrics", self._metrics), ("exposures", self._exposures)):
            if rows:
                self._run.ledger.append(table, pa.Table.from_pylist(rows), part=part, **context)
        if self._rollouts:
            self._run.ledger.append("rollouts", pa.concat_tables(self._rollouts), part=part, **context)
        self._metrics, self._exposures, self._rollouts = [], [], []

    def corrects_by(self, rates: Sequence[Sequence[object]]) -> None:
        """Append the error rates of verifiers that rewards are corrected by, as an event."""
        message = "family, verifier version, answer type, P(accept | wrong), P(reject | right)"
        row = {"kind": "noise", "message": message, "detail": json.dumps(rates)}
        part = content_hash([self._label, list(self._part.name), "noise"])
        self._run.ledger.append("events", pa.Table.from_pylist([row]), part=part, **self._context)

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Append what the whole stretch took, under names of its own: each is the sum of what its steps say."""
        stage = f"{self._part.operator} total"
        rows = [
            {"stage": stage, "name": f"stretch_{name}", "value": float(value), "unit": _unit(name)}
            for name, value in outcome.items()
        ]
        part = content_hash([self._label, list(self._part.name), "total"])
        self._run.ledger.append("metrics", pa.Table.from_pylist(rows), part=part, **self._context)


def _to_read(rollout: Rollout) -> Rollout:
    """Return a training reply as it is kept: to read, in no Score, audit or report, and without its token ids."""
    said = replace(rollout.completion, token_ids=None, logprobs=None, prompt_ids=None)
    return replace(rollout, completion=said, source="training")


def _unit(name: str) -> str:
    """Return the unit of a metric, "" for shares, losses and other pure numbers."""
    units = {"steps": "steps", "priced_s": "priced s", "tokens": "tokens"}
    by_start = {"cpu_s": "CPU-s", "tokens_": "tokens"}
    return units.get(name) or next((unit for start, unit in by_start.items() if name.startswith(start)), "")
