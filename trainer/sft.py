"""Supervised training on solver traces: the cold start, and bursts where reinforcement cannot reach.

Not the choice of problems (curriculum). Law: a step is a function of weights, optimiser state, `TrainState` and
names: stopped after any step and resumed it takes the same next step, bit for bit on one float32 thread.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipeline.choice.curriculum import Pool, advanced
from pipeline.choice.mixture import Mixture
from pipeline.errors import ConfigError, PipelineError
from pipeline.problem import Problem
from pipeline.protocol import Protocol
from pipeline.rollout import IntArray
from trainer.train_state import Resume, Totals, TrainState

if TYPE_CHECKING:
    from trainer.optimiser import Optimiser
    from trainer.policy import Policy


class SFTConfig(BaseModel):
    """How supervised training on traces runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(default=96, ge=1, description="traces per step [rows]")
    optimiser: Literal["muon", "adamw"] = Field(default="muon", description="muon learns the tiny policy faster")
    lr: float = Field(default=3e-3, gt=0, description="highest learning rate; 3e-3 for the tiny policy, measured")
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled weight decay")
    warmup: int = Field(default=10, ge=0, description="steps over which the rate rises from 0 to lr [steps]")
    schedule: Literal["constant", "linear", "cosine"] = Field(
        default="constant", description="the rate after warm-up: constant, or down to 0 at the last step"
    )
    grad_clip: float = Field(default=1.0, gt=0, description="largest gradient norm of one step")
    micro_rows: int = Field(default=512, ge=1, description="rows per forward and backward; memory, not results")


@dataclass(frozen=True, slots=True)
class SFTResult:
    """What training came to. `tokens` (trained on, end tokens included), `cpu_s` and `losses` (nats per token, one
    a step) are of this call alone; `resume` continues it exactly; the trained weights are in the policy itself.
    """

    steps: int
    tokens: int
    cpu_s: float
    losses: tuple[float, ...]
    resume: Resume


Log = Callable[[int, Mapping[str, float], Sequence[Problem]], None]
"""Called after every step with (step, metrics, problems)."""


def train_sft(
    policy: "Policy",
    pool: Pool,
    mixture: Mixture,
    *,
    config: SFTConfig,
    protocol: Protocol,
    steps: int,
    seed_name: tuple[Any, ...],
    log: Log | None = None,
    resume: Resume | None = None,
    stop: Callable[[Totals], bool] | None = None,
) -> SFTResult:
    """Train the policy in place until `steps` steps are done in all (resumed ones included) or `stop` says so.

    The completion is the problem's trace and the end token; only it is in the loss, as a mean over tokens. `stop`
    sees the totals after every step.

    Raises:
        ConfigError: for a problem without a trace, or one over the protocol's limits.
        ShortageError: for a cell of positive weight without problems.
        PipelineError: when loss or gradient is not finite; the weights are then still those before the step.
    """
    from trainer.optimiser import Optimiser

    optimiser = Optimiser(policy.model, name=config.optimiser, lr=config.lr, weight_decay=config.weight_decay)
    if resume is not None:
        optimiser.load_state_dict(resume.optimiser)
    state = resume.state if resume else TrainState(0, policy.policy_id, mixture, {}, {}, Totals())
    first, losses = state.totals, []
    while state.step < steps and not (stop is not None and stop(state.totals)):
        started = time.process_time()
        problems = pool.draw(mixture, config.batch, *seed_name, "sft", state.step, offset=state.offsets)
        rate = learning_rate(state.step, steps=steps, config=config)
        metrics = _step(policy, optimiser, problems, protocol=protocol, config=config, rate=rate)
        metrics["cpu_s"] = time.process_time() - started
        losses.append(metrics["loss"])
        if log is not None:
            log(state.step, metrics, problems)
        state = replace(
            state,
            step=state.step + 1,
            offsets=advanced(state.offsets, problems),
            totals=_spent(state.totals, metrics),
        )
    return SFTResult(
        steps=state.step,
        tokens=state.totals.tokens_trained - first.tokens_trained,
        cpu_s=state.totals.cpu_s.get("train", 0.0) - first.cpu_s.get("train", 0.0),
        losses=tuple(losses),
        resume=Resume(state, optimiser.state_dict()),
    )


def learning_rate(step: int, *, steps: int, config: SFTConfig) -> float:
    """Return the learning rate of a step (from 0) of `steps`: linear warm-up, then the schedule."""
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    if config.schedule == "constant":
        return config.lr
    left = (steps - step) / max(1, steps - config.warmup)
    return config.lr * (left if config.schedule == "linear" else (1 - math.cos(math.pi * left)) / 2)


def lesson(policy: "Policy", problem: Problem, protocol: Protocol) -> tuple[IntArray, IntArray]:
    """Return what is read and what is learnt: prompt ids (L,), and trace ids with the end token (T,).

    Raises:
        ConfigError: when the problem has no trace, or either is over its limit.
    """
    if problem.trace is None:
        raise ConfigError(
            f"{problem.family} level {problem.level} rendering {problem.rendering!r} has no trace to learn from: "
            "train it by reinforcement, or leave its cell out"
        )
    completion = np.append(policy.tokens(problem.trace), policy.end_ids[0]).astype(np.int32)
    if len(completion) > protocol.max_completion_tokens:
        raise ConfigError(
            f"{problem.family} level {problem.level}: a trace of {len(completion)} tokens is over the limit "
            f"max_completion_tokens {protocol.max_completion_tokens}: raise the limit or leave the cell out"
        )
    return policy.encode(problem.prompt, protocol), completion


def _step(
    policy: "Policy",
    optimiser: "Optimiser",
    problems: Sequence[Problem],
    *,
    protocol: Protocol,
    config: SFTConfig,
    rate: float,
) -> dict[str, float]:
    import torch

    from trainer.forward import completion_logprobs

    lessons = [lesson(policy, problem, protocol) for problem in problems]
    tokens = sum(len(completion) for _, completion in lessons)
    loss = 0.0
    for start in range(0, len(lessons), config.micro_rows):
        part = lessons[start : start + config.micro_rows]
        prompts, completions = [prompt for prompt, _ in part], [completion for _, completion in part]
        found = completion_logprobs(policy.model, prompts, completions, range(len(part)))
        # one denominator for all parts: any split gives the same gradient
        part_loss = -found.logprobs_BT.sum() / tokens
        part_loss.backward()  # type: ignore[no-untyped-call]
        loss += float(part_loss.detach())
    norm = float(torch.nn.utils.clip_grad_norm_(policy.model.parameters(), config.grad_clip))
    if not math.isfinite(loss + norm):
        policy.model.zero_grad(set_to_none=True)
        raise PipelineError(
            f"loss {loss} and gradient norm {norm} are not finite: lower lr {config.lr} or warm up longer"
        )
    optimiser.step(rate)
    return {"loss": loss, "grad_norm": norm, "lr": rate, "tokens": float(tokens)}


def _spent(totals: Totals, metrics: Mapping[str, float]) -> Totals:
    return replace(
        totals,
        steps=totals.steps + 1,
        tokens_trained=totals.tokens_trained + int(metrics["tokens"]),
        cpu_s={"train": totals.cpu_s.get("train", 0.0) + metrics["cpu_s"]},
    )
