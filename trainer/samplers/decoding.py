"""Next-token logits of a batch that shrinks as rows finish: prefill once per prompt, then one token per row.

Not drawing (torch_sampler). Law: both decoders give the logits of the full forward pass, to rounding.
"""

import inspect
from collections.abc import Sequence
from typing import Any
from typing import Protocol as Typing

import numpy as np
import torch
import torch.nn.functional as F

from pipeline.rollout import IntArray
from trainer.samplers import qwen3

_FIRST_COLUMNS = 16
_SHORT = 32
"""Own tokens up to which one pass over them beats a batched matrix product (measured, one thread)."""


class Decoder(Typing):
    """Decodes one batch; rows stand in request order, each prompt `copies` times."""

    def prefill(self, prompts: Sequence[IntArray], copies: Sequence[int]) -> torch.Tensor:
        """Read the prompts and return the logits (B, V) of each row's first token."""
        ...

    def step(self, token_B: torch.Tensor) -> torch.Tensor:
        """Append one token to each row and return the logits (B, V) of the next."""
        ...

    def keep(self, row_K: torch.Tensor) -> None:
        """Drop all rows but these (indices, ascending)."""
        ...


def decoder_of(model: Any) -> Decoder:
    """Return the fastest exact decoder for a model, reading its weights as they are now."""
    return SharedPromptDecoder(model) if qwen3.supports(model) else ModuleDecoder(model)


def token_bytes(model: Any) -> int:
    """Return the bytes of cache that one token of one row takes."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size: int = model.get_input_embeddings().weight.element_size()
    return 2 * int(config.num_hidden_layers) * int(heads) * int(width) * size


class ModuleDecoder:
    """Any transformers causal LM with its own cache; prompts are padded on the left."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._device = model.get_input_embeddings().weight.device
        self._takes_positions = "position_ids" in inspect.signature(model.forward).parameters

    def prefill(self, prompts: Sequence[IntArray], copies: Sequence[int]) -> torch.Tensor:
        """Read the prompts and return the logits (B, V) of each row's first token."""
        longest = max(len(prompt) for prompt in prompts)
        ids_PL = np.zeros((len(prompts), longest), dtype=np.int64)
        mask_PL = np.zeros_like(ids_PL)
        for p, prompt in enumerate(prompts):
            ids_PL[p, longest - len(prompt) :], mask_PL[p, longest - len(prompt) :] = prompt, 1
        mask = torch.from_numpy(mask_PL).to(self._device)
        out = self._call(torch.from_numpy(ids_PL).to(self._device), mask, (mask.cumsum(-1) - 1).clamp(min=0), None)
        prompt_B = torch.arange(len(prompts)).repeat_interleave(torch.tensor(list(copies))).to(self._device)
        self._cache = out.past_key_values
        self._cache.batch_select_indices(prompt_B)
        self._mask_BL = mask[prompt_B]
        self._position_B = mask.sum(-1)[prompt_B]
        logits: torch.Tensor = out.logits[:, -1][prompt_B]
        return logits

    def step(self, token_B: torch.Tensor) -> torch.Tensor:
        """Append one token to each row and return the logits (B, V) of the next."""
        self._mask_BL = F.pad(self._mask_BL, (0, 1), value=1)
        out = self._call(token_B[:, None], self._mask_BL, self._position_B[:, None], self._cache)
        self._position_B = self._position_B + 1
        logits: torch.Tensor = out.logits[:, -1]
        return logits

    def keep(self, row_K: torch.Tensor) -> None:
        """Drop all rows but these (indices, ascending)."""
        self._cache.batch_select_indices(row_K)
        self._mask_BL, self._position_B = self._mask_BL[row_K], self._position_B[row_K]

    def _call(self, ids_BT: torch.Tensor, mask_BL: torch.Tensor, position_BT: torch.Tensor, cache: Any) -> Any:
        positions = {"position_ids": position_BT} if self._takes_positions else {}
        return self._model(
            input_ids=ids_BT,
            attention_mask=mask_BL,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
            **positions,
        )


class SharedPromptDecoder:
    """Qwen3 with one copy of each prompt's keys and values for all its rows.

    Rows live in slots (P, C), C the most copies of a prompt: queries of a prompt's rows meet its keys in one matrix
    product, and rows that finish cost no copy of the prompt's cache. Own tokens are kept as (T, B, K, D).
    """

    def __init__(self, model: Any) -> None:
        with torch.no_grad():
            self._trunk = qwen3.trunk(model)

    def prefill(self, prompts: Sequence[IntArray], copies: Sequence[int]) -> torch.Tensor:
        """Read the prompts and return the logits (B, V) of each row's first token."""
        trunk, device = self._trunk, self._trunk.embedding.device
        longest, width = max(len(prompt) for prompt in prompts), max(copies)
        ids_PL = np.zeros((len(prompts), longest), dtype=np.int64)
        for p, prompt in enumerate(prompts):
            ids_PL[p, : len(prompt)] = prompt
        length_P = torch.tensor([len(prompt) for prompt in prompts], device=device)
        copies_P = torch.tensor(list(copies), device=device)
        self._prompt_B = torch.arange(len(prompts), device=device).repeat_interleave(copies_P)
        draw_B = torch.cat([torch.arange(n, device=device) for n in copies])
        self._slot_B = self._prompt_B * width + draw_B
        self._shape = (len(prompts), width)
        self._bias_P11L = torch.zeros(len(prompts), 1, 1, longest, device=device, dtype=trunk.embedding.dtype)
        padding_PL = torch.arange(longest, device=device) >= length_P[:, None]
        self._bias_P11L.masked_fill_(padding_PL[:, None, None], float("-inf"))
        self._prompt_keys: list[torch.Tensor] = []
        self._prompt_values: list[torch.Tensor] = []
        x_NH = self._read(torch.from_numpy(ids_PL).to(device))
        rows, self._columns = len(self._slot_B), 0
        empty = (0, rows, trunk.kv_heads, trunk.head_dim)
        self._keys = [x_NH.new_empty(empty) for _ in trunk.blocks]
        self._values = [x_NH.new_empty(empty) for _ in trunk.blocks]
        self._position_B = length_P[self._prompt_B]
        last_PH = torch.unflatten(x_NH, 0, (len(prompts), longest))[
            torch.arange(len(prompts), device=device), length_P - 1
        ]
        return self._logits(last_PH)[self._prompt_B]

    def step(self, token_B: torch.Tensor) -> torch.Tensor:
        """Append one token to each row and return the logits (B, V) of the next."""
        trunk = self._trunk
        x_BH = F.embedding(token_B, trunk.embedding)
        rotated = qwen3.rotation(trunk, self._position_B)
        self._position_B = self._position_B + 1
        self._columns += 1
        if self._columns > len(self._keys[0]):
            self._grow()
        for index, block in enumerate(trunk.blocks):
            query_BhD, key_BkD, value_BkD = qwen3.attention_inputs(x_BH, block, trunk, rotated)
            self._keys[index][self._columns - 1] = key_BkD
            self._values[index][self._columns - 1] = value_BkD
            attended_BA = self._attend(torch.unflatten(query_BhD, 1, (trunk.kv_heads, -1)), index).flatten(1)
            x_BH = qwen3.block_output(x_BH, attended_BA, block, trunk)
        return self._logits(x_BH)

    def keep(self, row_K: torch.Tensor) -> None:
        """Drop all rows but these (indices, ascending)."""
        self._slot_B, self._position_B = self._slot_B[row_K], self._position_B[row_K]
        self._prompt_B = self._prompt_B[row_K]
        for index in range(len(self._keys)):
            self._keys[index] = self._keys[index].index_select(1, row_K)
            self._values[index] = self._values[index].index_select(1, row_K)
        alive_P, compact_B = torch.unique(self._prompt_B, return_inverse=True)
        if 2 * len(alive_P) > self._shape[0]:
            return
        width = self._shape[1]
        self._slot_B = compact_B * width + self._slot_B % width
        self._prompt_B, self._shape = compact_B, (len(alive_P), width)
        self._bias_P11L = self._bias_P11L[alive_P]
        self._prompt_keys = [keys[alive_P] for keys in self._prompt_keys]
        self._prompt_values = [values[alive_P] for values in self._prompt_values]

    def _read(self, ids_PL: torch.Tensor) -> torch.Tensor:
        """Run the prompts, keep their keys (P, K, D, L) and values (P, K, L, D), return the stream (P L, H)."""
        trunk, shape = self._trunk, ids_PL.shape
        x_NH = F.embedding(ids_PL.flatten(), trunk.embedding)
        rotated = qwen3.rotation(trunk, torch.arange(shape[1], device=ids_PL.device).repeat(shape[0]))
        for block in trunk.blocks:
            query, key, value = (
                torch.unflatten(part, 0, shape).transpose(1, 2)
                for part in qwen3.attention_inputs(x_NH, block, trunk, rotated)
            )
            self._prompt_keys.append(key.transpose(2, 3).contiguous())
            self._prompt_values.append(value.contiguous())
            grouped = trunk.heads != trunk.kv_heads
            attended = F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0, enable_gqa=grouped)
            x_NH = qwen3.block_output(x_NH, attended.transpose(1, 2).flatten(2).flatten(0, 1), block, trunk)
        return x_NH

    def _attend(self, query_BkrD: torch.Tensor, index: int) -> torch.Tensor:
        """Return what each query sees of its prompt and its own tokens, (B, k, r, D); r queries share a key head."""
        longest = self._bias_P11L.shape[-1]
        keys, values = self._keys[index][: self._columns], self._values[index][: self._columns]
        prompt_BkrL = self._from_slots(
            self._to_slots(query_BkrD) @ self._prompt_keys[index] + self._bias_P11L, query_BkrD.shape[2]
        )
        weight_Bkrl = torch.cat([prompt_BkrL, _own_scores(query_BkrD, keys)], dim=-1).softmax(-1)
        seen_BkrD = self._from_slots(
            self._to_slots(weight_Bkrl[..., :longest]) @ self._prompt_values[index], query_BkrD.shape[2]
        )
        return seen_BkrD + _own_values(weight_Bkrl[..., longest:], values)

    def _to_slots(self, part_BkrX: torch.Tensor) -> torch.Tensor:
        """Return rows laid out by prompt, (P, k, C r, X); empty slots hold zeros."""
        prompts, width = self._shape
        if len(part_BkrX) < prompts * width:
            slots = part_BkrX.new_zeros(prompts * width, *part_BkrX.shape[1:])
            slots[self._slot_B] = part_BkrX
            part_BkrX = slots
        return torch.unflatten(part_BkrX, 0, self._shape).transpose(1, 2).flatten(2, 3)

    def _from_slots(self, slots_PkCX: torch.Tensor, repeats: int) -> torch.Tensor:
        """Return the rows (B, k, r, X) of a layout by prompt."""
        rows = torch.unflatten(slots_PkCX, 2, (self._shape[1], repeats)).transpose(1, 2).flatten(0, 1)
        return rows if len(rows) == len(self._slot_B) else rows[self._slot_B]

    def _grow(self) -> None:
        for cache in (self._keys, self._values):
            for index, old in enumerate(cache):
                cache[index] = old.new_empty(max(_FIRST_COLUMNS, 2 * len(old)), *old.shape[1:])
                cache[index][: len(old)] = old

    def _logits(self, x_NH: torch.Tensor) -> torch.Tensor:
        return F.linear(qwen3.final_norm(x_NH, self._trunk), self._trunk.head)


def _own_scores(query_BkrD: torch.Tensor, key_TBkD: torch.Tensor) -> torch.Tensor:
    if len(key_TBkD) <= _SHORT:
        return (key_TBkD[:, :, :, None] * query_BkrD).sum(-1).permute(1, 2, 3, 0)
    return query_BkrD @ key_TBkD.permute(1, 2, 3, 0)


def _own_values(weight_BkrT: torch.Tensor, value_TBkD: torch.Tensor) -> torch.Tensor:
    if len(value_TBkD) <= _SHORT:
        return (value_TBkD[:, :, :, None] * weight_BkrT.permute(3, 0, 1, 2)[..., None]).sum(0)
    return weight_BkrT @ value_TBkD.permute(1, 2, 0, 3)
