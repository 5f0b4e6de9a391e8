"""Policy-gradient training on groups of verified replies. Names no variant: every choice is a seam's option.

Each step: select -> view -> sample in rounds -> verify -> reward -> compose -> advantage -> credit -> loss -> step.
Law: a step is a function of weights, optimiser state, `TrainState` and names: a run stopped after any step and
resumed takes the same next step, bit for bit on the one-thread float32 torch sampler.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.choice.curriculum import CURRICULA, CurriculumConfig, Pool, advanced
from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.noise import Noise
from pipeline.choice.weakness import CellHistory
from pipeline.errors import ConfigError, PipelineError, refuse_undecided
from pipeline.problem import Problem
from pipeline.protocol import Protocol
from pipeline.rollout import Group
from pipeline.sampling import TrainableSampler, Verifier
from trainer.collect import Batch, Clock, Collector, joined
from trainer.grpo_config import PRESETS, GRPOConfig
from trainer.seams.compose import kept_groups, kept_rows, missing
from trainer.seams.group_stats import Mask, Rewards, group_stats
from trainer.seams.reward import corrected
from trainer.step_metrics import cell_counts, step_metrics
from trainer.train_state import Resume, Totals, TrainState, spent
from trainer.update import Logprobs, TrainRows, policy_logprobs, update

if TYPE_CHECKING:
    from trainer.policy import Policy

__all__ = ["PRESETS", "GRPOConfig", "GRPOResult", "Resume", "Totals", "TrainState", "TrainedGroup", "train_grpo"]


@dataclass(frozen=True, slots=True)
class GRPOResult:
    """What training came to. `resume` continues it exactly; the trained weights are in the policy itself."""

    steps: int
    histories: Mapping[Cell, CellHistory]
    totals: Totals
    resume: Resume


@dataclass(frozen=True, slots=True)
class TrainedGroup(Group):
    """A group with its mean reward (nan: none was scored) and whether it trained: one row of exposures."""

    reward_mean: float = float("nan")
    trained: bool = False


Sink = Callable[[int, Mapping[str, float], Sequence[TrainedGroup]], None]
"""Called after every step with (step, metrics, groups)."""


@dataclass(frozen=True, slots=True)
class _Run:
    """The unchanging parts of one call."""

    policy: Policy
    pool: Pool
    mixture: Mixture
    collector: Collector
    optimiser: Any
    logprobs: Logprobs
    reference: Logprobs | None
    config: GRPOConfig
    curriculum: CurriculumConfig
    name: tuple[Any, ...]
    noise: Callable[[Problem], Noise] | None = None


def train_grpo(
    policy: Policy,
    pool: Pool,
    mixture: Mixture,
    *,
    sampler: TrainableSampler,
    verifier: Verifier,
    protocol: Protocol,
    config: GRPOConfig,
    steps: int,
    seed_name: tuple[Any, ...],
    curriculum: CurriculumConfig | None = None,
    sink: Sink | None = None,
    resume: Resume | None = None,
    reference: Policy | None = None,
    stop: Callable[[Totals], bool] | None = None,
    logprobs: Callable[[Policy, Protocol], Logprobs] | None = None,
    noise: Callable[[Problem], Noise] | None = None,
) -> GRPOResult:
    """Train the policy in place until `steps` steps are done in all (resumed ones included) or `stop` says so.

    `stop` sees the totals after every step. `reference` is the policy of the KL term. `logprobs` replaces the
    forward pass (a fake in tests). `curriculum` moves the mixture from the run's own first-round draws. `noise` gives
    the error rates of a problem's verifier, which a reward correction reads.

    Raises:
        ConfigError: for a protocol with truncated support, a sampler that cannot train, or a KL without reference, or
            a reward correction without `noise`.
        ShortageError: for a cell of positive weight without problems.
        UndecidedError: when more than `max_undecided` of all replies (of at least 1000) could not be judged.
        PipelineError: when more than `max_truncated` of replies are truncated in two steps running, or a gradient
            is not finite.

    Source: GRPO (arXiv 2402.03300); the seams' own sources in their modules.
    """
    _refuse_what_lacks(config, protocol, reference=reference, noise=noise)
    forward = logprobs or policy_logprobs
    run = _Run(
        policy=policy,
        pool=pool,
        mixture=mixture,
        collector=Collector(
            sampler, verifier, protocol, encode=lambda text: policy.encode(text, protocol), config=config, clock=Clock()
        ),
        optimiser=_optimiser(policy, config, resume),
        logprobs=forward(policy, protocol),
        reference=forward(reference, protocol) if reference is not None and config.losses.kl > 0 else None,
        config=config,
        curriculum=curriculum or CurriculumConfig(name="fixed"),
        name=seed_name,
        noise=noise,
    )
    state = resume.state if resume else TrainState(0, policy.policy_id, mixture, {}, {}, Totals())
    while state.step < steps and not (stop is not None and stop(state.totals)):
        state, metrics, groups = _step(run, state)
        if sink is not None:
            sink(state.step - 1, metrics, groups)
        _refuse_truncation(state, metrics, protocol=protocol, allowed=config.max_truncated)
        _refuse_doubt(state.totals, allowed=config.max_undecided)
    return GRPOResult(state.step, state.histories, state.totals, Resume(state, run.optimiser.state_dict()))


def _refuse_what_lacks(
    config: GRPOConfig, protocol: Protocol, *, reference: Policy | None, noise: Callable[[Problem], Noise] | None
) -> None:
    """Raise ConfigError for a config that asks for what the call did not bring."""
    protocol.refuse_truncated_support()
    if config.losses.kl > 0 and reference is None:
        raise ConfigError(f"losses.kl {config.losses.kl} needs a reference policy: pass one, or set kl to 0")
    if config.reward.correction != "none" and noise is None:
        raise ConfigError(
            f"reward.correction {config.reward.correction} needs error rates of the verifiers: pass noise"
        )


def _refuse_truncation(state: TrainState, metrics: Mapping[str, float], *, protocol: Protocol, allowed: float) -> None:
    if state.truncated_streak >= 2:
        raise PipelineError(
            f"{metrics['truncated_share']:.0%} of replies were truncated at {protocol.max_completion_tokens} tokens, "
            f"over {allowed:.0%} for {state.truncated_streak} steps: raise max_completion_tokens, train the format "
            "first, or allow it with max_truncated 1"
        )


def _refuse_doubt(totals: Totals, *, allowed: float) -> None:
    remedy = "mend the verifier or the sampler (`veriloop measure` keeps why), or allow it with max_undecided 1"
    refuse_undecided(totals.undecided, totals.rollouts, "replies", remedy=remedy, share=allowed)


def _optimiser(policy: Policy, config: GRPOConfig, resume: Resume | None) -> Any:
    import torch

    optimiser = torch.optim.AdamW(
        [parameter for parameter in policy.model.parameters() if parameter.requires_grad],
        lr=config.lr, betas=config.betas, weight_decay=config.weight_decay, fused=True,
    )  # fmt: skip
    if resume is not None:
        optimiser.load_state_dict(dict(resume.optimiser))
    return optimiser


def _step(run: _Run, state: TrainState) -> tuple[TrainState, dict[str, float], list[TrainedGroup]]:
    before = dict(run.collector.clock.cpu_s)
    if state.step % run.curriculum.refresh_every == 0:
        moved = CURRICULA[run.curriculum.name](state.histories, run.mixture, state.step, run.curriculum)
        state = dataclasses.replace(state, mixture=moved)
    policy_name = f"{state.start_policy}+{state.step}"
    run.collector.sampler.load(run.policy.state(), policy_name)
    batch, offsets, refills = _collect(run, state, policy_name)
    kept_P = _kept(run, batch)
    trained_N = kept_rows(batch.reward_N, batch.group_N, batch.truncated_N, kept_P, run.config.compose)
    with run.collector.clock.phase("train"):
        learnt = _train(run, batch, trained_N)
    cpu_s = {f"cpu_s_{phase}": total - before[phase] for phase, total in run.collector.clock.cpu_s.items()}
    metrics = {**step_metrics(batch, kept_P, trained_N), **learnt, "refills": float(refills), **cpu_s}
    over = metrics["truncated_share"] > run.config.max_truncated
    next_state = TrainState(
        state.step + 1, state.start_policy, state.mixture, _seen(run, state, batch, offsets), offsets,
        spent(state.totals, metrics, cpu_s), state.truncated_streak + 1 if over else 0,
    )  # fmt: skip
    return next_state, metrics, _groups(batch, kept_P)


def _collect(run: _Run, state: TrainState, policy: str) -> tuple[Batch, Mapping[Cell, int], int]:
    """Collect groups, and again for dropped ones where compose refills; return all that was sampled."""
    offsets, batches, kept, refills = state.offsets, [], 0, 0
    asked = run.config.prompts
    while asked:
        name = (*run.name, "grpo", state.step, refills)
        problems = run.pool.draw(state.mixture, asked, *name, offset=offsets)
        offsets = advanced(offsets, problems)
        batches.append(run.collector.collect(problems, policy=policy, step=state.step, name=name))
        kept += int(_kept(run, batches[-1]).sum())
        asked = missing(kept, run.config.prompts, round=refills, options=run.config.compose)
        refills += 1 if asked else 0
    return joined(batches), offsets, refills


def _kept(run: _Run, batch: Batch) -> Mask:
    return kept_groups(batch.reward_N, batch.group_N, groups=len(batch.problems), options=run.config.compose)


def _train(run: _Run, batch: Batch, trained_N: Mask) -> dict[str, float]:
    """Update on the trained rows; a step without any skips the optimiser and is counted as empty."""
    chosen = _by_length(batch, trained_N)
    if not chosen:
        return {"empty": 1.0, "loss": 0.0, "grad_norm": 0.0}
    advantage_N = run.config.advantages.apply(_corrected(run, batch), batch.group_N)
    completions, token_ids = [batch.rollouts[i].completion for i in chosen], batch.token_ids
    rows = TrainRows(
        tuple(batch.prompt_ids[i] for i in chosen),
        tuple(token_ids[i] for i in chosen),
        tuple(completion.logprobs for completion in completions if completion.logprobs is not None),
        advantage_N[chosen],
    )
    limit = run.collector.protocol.max_completion_tokens
    learnt = update(
        rows, run.optimiser, logprobs=run.logprobs, reference=run.reference, sampled_K=batch.length_N, limit=limit,
        config=run.config,
    )  # fmt: skip
    return {"empty": 0.0, **learnt}


def _corrected(run: _Run, batch: Batch) -> Rewards:
    """Return the rewards that advantages are made from: as sampled, or corrected for the verifier's errors."""
    if run.noise is None:
        return batch.reward_N
    rates = [run.noise(problem) for problem in batch.problems]
    per_row = [rates[p] for p in batch.group_N]
    return corrected(batch.reward_N, per_row, truncated_N=batch.truncated_N, options=run.config.reward)


def _by_length(batch: Batch, trained_N: Mask) -> list[int]:
    """Return the trained rows with groups of like length side by side: micro-batches then hold little padding."""
    tokens_P = np.bincount(batch.group_N, weights=batch.length_N * trained_N, minlength=len(batch.problems))
    chosen = [int(i) for i in np.flatnonzero(trained_N)]
    return sorted(chosen, key=lambda i: (tokens_P[batch.group_N[i]] + len(batch.prompt_ids[i]), batch.group_N[i], i))


def _seen(run: _Run, state: TrainState, batch: Batch, offsets: Mapping[Cell, int]) -> dict[Cell, CellHistory]:
    """Return the histories with this step's visits; a problem counts as new until its cell has given all it has."""
    histories = dict(state.histories)
    for cell, (n, c) in sorted(cell_counts(batch).items()):
        size = len(run.pool.problems(cell))
        new = min(size, offsets[cell]) - min(size, state.offsets.get(cell, 0))
        histories[cell] = histories.get(cell, CellHistory()).extended(state.step, n, correct=c, problems=new)
    return histories


def _groups(batch: Batch, kept_P: Mask) -> list[TrainedGroup]:
    stats = group_stats(batch.reward_N, batch.group_N, groups=len(batch.problems))
    edges = np.searchsorted(batch.group_N, np.arange(len(batch.problems) + 1))
    return [
        TrainedGroup(problem.uid, batch.rollouts[edges[p] : edges[p + 1]], float(stats.mean_P[p]), bool(kept_P[p]))
        for p, problem in enumerate(batch.problems)
    ]
