"""Per-token surrogates, their reduction to one number, KL and the correction for sampler mismatch.

Not the forward pass, not advantages. Law: denominators are fixed for the whole batch before the first backward, so
gradients do not depend on how rows are split into micro-batches; and what is masked cannot reach a gradient, even
where it is infinite: inputs are replaced by torch.where before any arithmetic, log-ratios clamped before exp.
Tensors are (B, T): B rows of a micro-batch, T completion positions, float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from trainer.seams.group_stats import Indices, Rewards
from trainer.seams.seam import SeamOptions

if TYPE_CHECKING:
    from torch import Tensor

MAX_LOG_RATIO = 20.0
"""Log-ratios are clamped to +-20 before exp: e^20 is finite in float32, and 0 * inf never arises."""


class Surrogate(NamedTuple):
    """Loss per token, and where the clip binds (no gradient flows there); both (B, T)."""

    loss_BT: Tensor
    clipped_BT: Tensor


def ppo(lp_BT: Tensor, old_BT: Tensor, advantage_BT: Tensor, *, clip_low: float, clip_high: float) -> Surrogate:
    """Return -min(ratio A, clip(ratio, 1 - clip_low, 1 + clip_high) A) per token.

    Source: PPO (arXiv 1707.06347, equation 7); separate bounds as DAPO's clip-higher (arXiv 2503.14476).
    """
    import torch

    ratio_BT = clamped_ratio(lp_BT, old_BT)
    limited_BT = ratio_BT.clamp(1.0 - clip_low, 1.0 + clip_high)
    gain_BT = torch.minimum(ratio_BT * advantage_BT, limited_BT * advantage_BT)
    clipped_BT = (limited_BT * advantage_BT < ratio_BT * advantage_BT).detach()
    return Surrogate(-gain_BT, clipped_BT)


LOSSES: Mapping[str, Callable[..., Surrogate]] = {"ppo": ppo}
"""(lp_BT, old_BT, advantage_BT) -> Surrogate, with masked places already made harmless."""


def token_mean(length_M: Indices, total_K: Indices, *, limit: int) -> Rewards:
    """Weigh every token alike: 1 / number of tokens in the batch.

    Source: DAPO (arXiv 2503.14476, token-level loss).
    """
    return np.full(len(length_M), 1.0 / max(int(total_K.sum()), 1))


def sequence_mean(length_M: Indices, total_K: Indices, *, limit: int) -> Rewards:
    """Weigh every reply alike, whatever its length: 1 / (replies x its tokens).

    Source: GRPO (arXiv 2402.03300, equation 3).
    """
    return 1.0 / (max(len(total_K), 1) * np.maximum(length_M, 1).astype(np.float64))


def constant(length_M: Indices, total_K: Indices, *, limit: int) -> Rewards:
    """Divide by a number that no reply changes: 1 / (replies x token limit).

    Source: Dr. GRPO (arXiv 2503.20783).
    """
    return np.full(len(length_M), 1.0 / (max(len(total_K), 1) * limit))


REDUCTIONS: Mapping[str, Callable[..., Rewards]] = {
    "token_mean": token_mean,
    "sequence_mean": sequence_mean,
    "constant": constant,
}
"""(lengths of the trained rows, lengths of the rows in the denominator) -> weight_M of each token of a row."""


class LossOptions(SeamOptions):
    """Options of the loss seam."""

    seam: ClassVar[str] = "loss"
    table: ClassVar[Mapping[str, Callable[..., Any]]] = LOSSES
    shared: ClassVar[frozenset[str]] = frozenset({"reduction", "denominator", "kl", "mismatch_cap"})
    name: str = "ppo"
    clip_low: float = Field(default=0.2, gt=0.0, lt=1.0, description="the ratio is clipped below 1 - clip_low")
    clip_high: float = Field(default=0.2, gt=0.0, description="the ratio is clipped above 1 + clip_high; dapo 0.28")
    reduction: Literal["token_mean", "sequence_mean", "constant"] = "sequence_mean"
    denominator: Literal["trained", "sampled"] = Field(
        default="trained", description="whether rows dropped by compose stay in the denominator; changes the step size"
    )
    kl: float = Field(
        default=0.0,
        ge=0.0,
        description="weight of k3 KL to the reference policy on rows that train; 0 loads no reference",
    )
    mismatch_cap: float = Field(
        default=2.0,
        ge=0.0,
        description="cap of the per-token weight exp(trainer - sampler log-prob); 0 is no correction",
    )


def token_weights(length_M: Indices, sampled_K: Indices, *, limit: int, options: LossOptions) -> Rewards:
    """Return the weight (M,) that multiplies each token's loss in a row, over all micro-batches.

    length_M are the completion lengths of the trained rows, sampled_K of all sampled rows, limit the token limit.
    """
    denominator_K = length_M if options.denominator == "trained" else sampled_K
    weight_M: Rewards = REDUCTIONS[options.reduction](length_M, denominator_K, limit=limit)
    return weight_M


def clamped_ratio(lp_BT: Tensor, old_BT: Tensor) -> Tensor:
    """Return exp(lp - old) with the exponent clamped to +-MAX_LOG_RATIO."""
    return (lp_BT - old_BT).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp()


def k3(lp_BT: Tensor, reference_BT: Tensor) -> Tensor:
    """Return the per-token estimate exp(d) - d - 1 of KL(policy || reference), d = reference - lp; never negative.

    Source: Schulman, "Approximating KL divergence" (2020), k3; GRPO (arXiv 2402.03300, equation 4).
    """
    difference_BT = (reference_BT - lp_BT).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    return difference_BT.exp() - difference_BT - 1.0


@dataclass(frozen=True, slots=True)
class LossStats:
    """Sums over the tokens of one or more micro-batches, for the metrics.

    weight and weight_squared are of the uncapped mismatch weights exp(trainer - sampler log-prob).
    """

    tokens: float = 0.0
    clipped: float = 0.0
    mismatch_k3: float = 0.0
    weight: float = 0.0
    weight_squared: float = 0.0
    kl: float = 0.0

    def __add__(self, other: LossStats) -> LossStats:
        return LossStats(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def means(self) -> dict[str, float]:
        """Return per-token means; mismatch_ess is the effective share of tokens, (sum w)^2 / (n sum w^2)."""
        count = max(self.tokens, 1.0)
        return {
            "clip_share": self.clipped / count,
            "mismatch_k3": self.mismatch_k3 / count,
            "mismatch_weight": self.weight / count,
            "mismatch_ess": self.weight**2 / (count * self.weight_squared) if self.weight_squared else 0.0,
            "kl": self.kl / count,
        }


class TokenBatch(NamedTuple):
    """What the loss reads of a micro-batch besides the policy's log-probabilities; all (B, T) but weight_B1 (B, 1).

    old_BT: log-probabilities under the weights at the start of the step; sampled_BT: as the sampler reported them.
    """

    old_BT: Tensor
    sampled_BT: Tensor
    advantage_BT: Tensor
    mask_BT: Tensor
    weight_B1: Tensor
    reference_BT: Tensor | None = None


def objective(lp_BT: Tensor, batch: TokenBatch, *, options: LossOptions) -> tuple[Tensor, LossStats]:
    """Return the micro-batch's share of the loss (a scalar) and its statistics.

    Shares of micro-batches add up to the loss of the batch, because weight_B1 carries the global denominator.

    Source: token-truncated importance weights as in TIS (Yao et al. 2025, "off-policy RL training secretly").
    """
    import torch

    mask_BT = batch.mask_BT
    lp_BT, old_BT, sampled_BT, advantage_BT = (
        torch.where(mask_BT, values_BT, 0.0)
        for values_BT in (lp_BT, batch.old_BT, batch.sampled_BT, batch.advantage_BT)
    )
    surrogate: Surrogate = options.apply(lp_BT, old_BT, advantage_BT)
    loss_BT = surrogate.loss_BT
    mismatch_BT = clamped_ratio(old_BT, sampled_BT)
    if options.mismatch_cap > 0:
        loss_BT = loss_BT * mismatch_BT.clamp(max=options.mismatch_cap)
    kl = 0.0
    if options.kl > 0 and batch.reference_BT is not None:
        k3_BT = k3(lp_BT, torch.where(mask_BT, batch.reference_BT, 0.0))
        loss_BT = loss_BT + options.kl * k3_BT
        kl = float(torch.where(mask_BT, k3_BT, 0.0).sum().detach())
    loss = torch.where(mask_BT, loss_BT * batch.weight_B1, 0.0).sum()
    return loss, _stats(surrogate.clipped_BT, mismatch_BT, mask_BT, kl)


def _stats(clipped_BT: Tensor, mismatch_BT: Tensor, mask_BT: Tensor, kl: float) -> LossStats:
    weight = mismatch_BT[mask_BT].double()
    return LossStats(
        tokens=float(weight.numel()),
        clipped=float(clipped_BT[mask_BT].sum()),
        mismatch_k3=float((weight - weight.log() - 1.0).sum()),
        weight=float(weight.sum()),
        weight_squared=float((weight**2).sum()),
        kl=kl,
    )
