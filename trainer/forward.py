"""Log-probabilities of completions under a causal LM, for training: each prompt is run once for its whole group.

Not sampling (samplers), not a loss. Law: values and gradients equal those of one full sequence per row.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.checkpoint import checkpoint

from pipeline.rollout import IntArray

ROW_TOKENS = 512
"""Tokens of one packed row that a group is split at: attention grows with the square of a row."""
LOGITS_LIMIT = 2**25
"""Logits held at once [floats]: 128 MiB; beyond it they are recomputed in the backward pass, chunk by chunk."""


@dataclass(frozen=True, slots=True)
class CompletionLogprobs:
    """One row per completion, in the order asked, padded to the longest: (B, T).

    `logprobs_BT` float32, differentiable, at the temperature asked, 0 outside the mask; `mask_BT` bool;
    `entropy_BT` float32 nats of the tempered distribution at each position, None unless asked for.
    """

    logprobs_BT: torch.Tensor
    mask_BT: torch.Tensor
    entropy_BT: torch.Tensor | None = None


def completion_logprobs(
    model: Any,
    prompts: Sequence[IntArray],
    completions: Sequence[IntArray],
    group_B: Sequence[int] | npt.NDArray[Any],
    *,
    temperature: float = 1.0,
    want_entropy: bool = False,
) -> CompletionLogprobs:
    """Return log-probabilities of completions; completion b continues prompts[group_B[b]].

    A prompt and the completions of its group are packed into one row whose attention lets each completion see the
    prompt and itself alone. Every prompt and completion holds at least one token. Models whose attention or head
    needs more than that (sliding windows, flash kernels, capped logits) run one full sequence per row.
    """
    pack = _pack(prompts, completions, np.asarray(group_B, dtype=np.int64), shared=_shares_prompts(model))
    device = model.get_input_embeddings().weight.device
    mask_BT = torch.from_numpy(pack.mask_BT).to(device)
    target_N = torch.from_numpy(pack.target_N).to(device)
    if pack.shared:
        hidden_NH = _packed_hidden(model, pack, device)
        logprob_N, entropy_N = _scored(model.get_output_embeddings(), hidden_NH, target_N, temperature, want_entropy)
    else:
        logits_NV = model(
            input_ids=torch.from_numpy(pack.ids_RL).to(device),
            attention_mask=torch.from_numpy((pack.segment_RL >= 0).astype(np.int64)).to(device),
        ).logits.flatten(0, 1)[torch.from_numpy(pack.source_N).to(device)]
        logprob_N, entropy_N = _scored(torch.nn.Identity(), logits_NV, target_N, temperature, want_entropy)
    return CompletionLogprobs(
        logprobs_BT=_unpacked(logprob_N, mask_BT),
        mask_BT=mask_BT,
        entropy_BT=_unpacked(entropy_N, mask_BT) if want_entropy else None,
    )


@dataclass(frozen=True, slots=True)
class _Pack:
    """Rows of packed sequences (R, L): ids, positions, segments (-1 padding, 0 prompt, k the k-th completion).

    `source_N` is the flat place in (R, L) whose output predicts `target_N`; N runs over mask_BT in row order.
    """

    ids_RL: npt.NDArray[np.int64]
    position_RL: npt.NDArray[np.int64]
    segment_RL: npt.NDArray[np.int64]
    source_N: npt.NDArray[np.int64]
    target_N: npt.NDArray[np.int64]
    mask_BT: npt.NDArray[np.bool_]
    shared: bool


def _pack(
    prompts: Sequence[IntArray], completions: Sequence[IntArray], group_B: npt.NDArray[np.int64], *, shared: bool
) -> _Pack:
    rows = _rows(prompts, completions, group_B, shared=shared)
    used = [len(prompts[group_B[row[0]]]) + sum(len(completions[b]) - 1 for b in row) for row in rows]
    length, longest = max(used), max(len(completion) for completion in completions)
    ids_RL = np.zeros((len(rows), length), dtype=np.int64)
    position_RL, segment_RL = np.zeros_like(ids_RL), np.full_like(ids_RL, -1)
    source_BT = np.zeros((len(completions), longest), dtype=np.int64)
    target_BT, mask_BT = np.zeros_like(source_BT), np.zeros(source_BT.shape, dtype=bool)
    for r, row in enumerate(rows):
        prompt = prompts[group_B[row[0]]]
        at = start = len(prompt)
        ids_RL[r, :at], position_RL[r, :at], segment_RL[r, :at] = prompt, np.arange(at), 0
        for k, b in enumerate(row):
            inputs = completions[b][:-1]  # the last token is predicted, never read
            end = at + len(inputs)
            ids_RL[r, at:end], segment_RL[r, at:end] = inputs, k + 1
            position_RL[r, at:end] = np.arange(start, start + len(inputs))
            source_BT[b, 0] = r * length + start - 1
            source_BT[b, 1 : len(inputs) + 1] = np.arange(r * length + at, r * length + end)
            target_BT[b, : len(inputs) + 1], mask_BT[b, : len(inputs) + 1] = completions[b], True
            at = end
    return _Pack(ids_RL, position_RL, segment_RL, source_BT[mask_BT], target_BT[mask_BT], mask_BT, shared)


def _rows(
    prompts: Sequence[IntArray], completions: Sequence[IntArray], group_B: npt.NDArray[np.int64], *, shared: bool
) -> list[list[int]]:
    """Return which completions share a packed row: those of one group, up to a row's token limit."""
    if not shared:
        return [[b] for b in range(len(completions))]
    rows: list[list[int]] = []
    open_row: dict[int, tuple[int, int]] = {}  # group -> (its last row, tokens in it)
    for b, group in enumerate(group_B.tolist()):
        prompt, tokens = len(prompts[group]), len(completions[b]) - 1
        row, used = open_row.get(group, (-1, 0))
        if row < 0 or used + tokens > max(ROW_TOKENS, 2 * prompt):
            row, used = len(rows), prompt
            rows.append([])
        rows[row].append(b)
        open_row[group] = (row, used + tokens)
    return rows


def _packed_hidden(model: Any, pack: _Pack, device: torch.device) -> torch.Tensor:
    segment_RL = torch.from_numpy(pack.segment_RL).to(device)
    length = segment_RL.shape[1]
    query_RL1, key_R1L = segment_RL[:, :, None], segment_RL[:, None, :]
    causal_LL = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    seen_RLL = ((query_RL1 == key_R1L) | (key_R1L == 0)) & causal_LL
    mask_R1LL: torch.Tensor = seen_RLL[:, None]
    if model.config._attn_implementation == "eager":
        dtype = model.get_input_embeddings().weight.dtype
        lowest = torch.finfo(dtype).min
        mask_R1LL = torch.zeros(mask_R1LL.shape, dtype=dtype, device=device).masked_fill(~mask_R1LL, lowest)
    hidden_RLH = model.base_model(
        input_ids=torch.from_numpy(pack.ids_RL).to(device),
        attention_mask=mask_R1LL,
        position_ids=torch.from_numpy(pack.position_RL).to(device),
        use_cache=False,
    ).last_hidden_state
    chosen: torch.Tensor = hidden_RLH.flatten(0, 1)[torch.from_numpy(pack.source_N).to(device)]
    return chosen


def _scored(
    head: Any, hidden_NH: torch.Tensor, target_N: torch.Tensor, temperature: float, want_entropy: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log-probabilities and entropies (N,) of targets; logits live one chunk of tokens at a time."""
    vocabulary = getattr(head, "out_features", hidden_NH.shape[-1])
    size = max(1, LOGITS_LIMIT // vocabulary)
    if len(hidden_NH) <= size:
        return _score(head, hidden_NH, target_N, temperature, want_entropy)
    parts = [
        checkpoint(_score, head, hidden_CH, target_C, temperature, want_entropy, use_reentrant=False)
        for hidden_CH, target_C in zip(torch.split(hidden_NH, size), torch.split(target_N, size), strict=True)
    ]
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def _score(
    head: Any, hidden_NH: torch.Tensor, target_N: torch.Tensor, temperature: float, want_entropy: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    logits_NV = head(hidden_NH).float()
    logprob_NV = torch.log_softmax(logits_NV if temperature == 1 else logits_NV / temperature, dim=-1)
    logprob_N = logprob_NV.gather(-1, target_N[:, None])[:, 0]
    if not want_entropy:
        return logprob_N, logprob_N.new_zeros(0)
    return logprob_N, -(logprob_NV.exp() * logprob_NV).sum(-1)


def _unpacked(value_N: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
    return torch.zeros(mask_BT.shape, device=value_N.device).masked_scatter(mask_BT, value_N)


_HEAD_EXTRAS = ("final_logit_softcapping", "logit_scale", "logits_scaling")


def _shares_prompts(model: Any) -> bool:
    """Return whether a packed row with its own mask and positions is exact for this model."""
    config = model.config
    return (
        config._attn_implementation in ("sdpa", "eager")
        and all(kind == "full_attention" for kind in getattr(config, "layer_types", None) or ())
        and not any(getattr(config, name, None) for name in _HEAD_EXTRAS)
        and not getattr(config, "use_sliding_window", False)
        and "position_ids" in inspect.signature(model.forward).parameters
    )
