"""One batch becomes one or more optimiser steps. Not what the batch is (collect, compose, advantages).

Law: the gradient is that of the whole batch, however rows are split into micro-batches: token weights are computed
before the first backward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import IntArray
from trainer.grpo_config import GRPOConfig
from trainer.seams.group_stats import Indices, Mask, Rewards
from trainer.seams.losses import LossStats, TokenBatch, objective, token_weights

if TYPE_CHECKING:
    from torch import Tensor

    from trainer.policy import Policy

Logprobs = Callable[[Sequence[IntArray], Sequence[IntArray]], "Tensor"]
"""(prompt ids, completion ids) -> log-probabilities (B, T) of the completions, at the sampling temperature; whatever
lies beyond a row's length may hold anything. Rows with equal prompts stand together."""


@dataclass(frozen=True, slots=True)
class TrainRows:
    """M rows that train: ids, the sampler's log-probabilities and one advantage per row."""

    prompts: tuple[IntArray, ...]
    completions: tuple[IntArray, ...]
    sampled: tuple[npt.NDArray[np.float32], ...]
    advantage_M: Rewards

    @property
    def length_M(self) -> Indices:
        """Tokens of each completion."""
        return np.array([len(ids) for ids in self.completions], dtype=np.int64)


def update(
    rows: TrainRows,
    optimiser: Any,
    *,
    logprobs: Logprobs,
    reference: Logprobs | None,
    sampled_K: Indices,
    limit: int,
    config: GRPOConfig,
) -> dict[str, float]:
    """Take `config.updates` optimiser steps on the rows and return loss, gradient norm and loss statistics.

    sampled_K are the completion lengths of all sampled rows, limit the completion limit in tokens. The metrics are
    means over updates. Old log-probabilities are those of the first update, which costs no extra forward pass.

    Raises:
        PipelineError: when the gradient is not finite; the weights are then still those before the update.
    """
    weight_M = token_weights(rows.length_M, sampled_K, limit=limit, options=config.losses)
    parts = _parts(rows, config.micro_rows)
    batches: list[TokenBatch] = []
    stats, loss_sum, norm_sum = LossStats(), 0.0, 0.0
    for turn in range(config.updates):
        optimiser.zero_grad(set_to_none=True)
        for index, part in enumerate(parts):
            lp_BT = logprobs(rows.prompts[part], rows.completions[part])
            if turn == 0:
                batches.append(_token_batch(rows, part, weight_M, lp_BT=lp_BT, reference=reference, config=config))
            loss, found = objective(lp_BT, batches[index], options=config.losses)
            loss.backward()  # type: ignore[no-untyped-call]
            stats, loss_sum = stats + found, loss_sum + float(loss.detach())
        norm_sum += _step(optimiser, config.grad_clip)
    turns = config.updates
    return {"loss": loss_sum / turns, "grad_norm": norm_sum / turns, **stats.means()}


def _parts(rows: TrainRows, micro_rows: int) -> list[slice]:
    """Cut the rows, in order, where a part would hold more than `micro_rows` distinct replies."""
    cuts = [0]
    seen: set[tuple[bytes, ...]] = set()
    for index, pair in enumerate(zip(rows.prompts, rows.completions, strict=True)):
        key = tuple(ids.tobytes() for ids in pair)
        if key not in seen and len(seen) == micro_rows:
            cuts.append(index)
            seen = set()
        seen.add(key)
    return [slice(start, end) for start, end in pairwise([*cuts, len(rows.completions)])]


def policy_logprobs(policy: Policy, protocol: Protocol) -> Logprobs:
    """Return the forward pass of a policy at the protocol's temperature.

    Equal replies to one prompt are run once and their gradients added, which is exact: a small or sharp policy
    repeats itself often.
    """
    from trainer.forward import completion_logprobs

    def logprobs(prompts: Sequence[IntArray], completions: Sequence[IntArray]) -> Tensor:
        group_of: dict[bytes, int] = {}
        row_of: dict[tuple[int, bytes], int] = {}
        row_B = [
            row_of.setdefault((group_of.setdefault(prompt.tobytes(), len(group_of)), reply.tobytes()), len(row_of))
            for prompt, reply in zip(prompts, completions, strict=True)
        ]
        found_UT = completion_logprobs(
            policy.model,
            [np.frombuffer(key, dtype=np.int32) for key in group_of],
            [np.frombuffer(key, dtype=np.int32) for _, key in row_of],
            [group for group, _ in row_of],
            temperature=protocol.temperature,
        ).logprobs_BT
        return found_UT if len(row_of) == len(row_B) else found_UT[row_B]

    return logprobs


def _token_batch(
    rows: TrainRows,
    part: slice,
    weight_M: Rewards,
    *,
    lp_BT: Tensor,
    reference: Logprobs | None,
    config: GRPOConfig,
) -> TokenBatch:
    import torch

    width = lp_BT.shape[1]
    mask_BT: Mask = np.arange(width)[None, :] < rows.length_M[part, None]
    sampled_BT = np.zeros(mask_BT.shape, dtype=np.float32)
    sampled_BT[mask_BT] = np.concatenate(rows.sampled[part])
    advantage_BT = config.credit.apply(rows.advantage_M[part], mask_BT)

    def on_device(values: npt.NDArray[Any], dtype: torch.dtype) -> Tensor:
        return torch.from_numpy(values).to(device=lp_BT.device, dtype=dtype)

    reference_BT = None
    if reference is not None:
        with torch.no_grad():
            reference_BT = reference(rows.prompts[part], rows.completions[part]).float()
    return TokenBatch(
        old_BT=lp_BT.detach(),
        sampled_BT=on_device(sampled_BT, torch.float32),
        advantage_BT=on_device(advantage_BT, torch.float32),
        mask_BT=on_device(mask_BT, torch.bool),
        weight_B1=on_device(weight_M[part, None], torch.float32),
        reference_BT=reference_BT,
    )


def _step(optimiser: Any, grad_clip: float) -> float:
    import torch

    parameters = [p for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, grad_clip))
    if not np.isfinite(norm):
        raise PipelineError(f"gradient norm is {norm}, not finite: lower lr, or look at the reported mismatch")
    optimiser.step()
    return norm
