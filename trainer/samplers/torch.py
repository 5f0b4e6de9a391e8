"""Our own sampler: batched decoding of a transformers causal LM on torch, with every draw named by its seed.

Not an engine for large models (vllm_sampler), not judging. Law: draw i of a request depends on (seed, first_draw +
i), prompt, protocol and weights; on its batch only through float32 rounding, and the same requests repeat bit for bit.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pipeline.errors import ConfigError, PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, FloatArray, IntArray
from pipeline.sampling import SampleRequest
from trainer.policy import Policy, PromptTooLong
from trainer.samplers.decoding import Decoder, decoder_of, token_bytes

_DROP_SHARE = 0.25
"""Share of finished rows at which the batch is compacted (measured: 0.1 and 0.4 are a few percent slower)."""
_DRAW_LIMIT = 2**24
"""Probabilities held in float64 at once [floats]: 128 MiB."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """Draws [first, first + n) of one request, decoded together."""

    request: int
    prompt: IntArray
    n: int
    seed: int
    first: int
    offset: int


class TorchSampler:
    """A TrainableSampler over its own copy of a policy's weights.

    `batch_rows` bounds the rows decoded together, `cache_mb` the memory of their keys and values: longer sequences
    run in smaller batches.
    """

    def __init__(self, policy: Policy, *, batch_rows: int = 512, cache_mb: int = 1024) -> None:
        if min(batch_rows, cache_mb) < 1:
            raise ConfigError(f"batch_rows {batch_rows} and cache_mb {cache_mb} must be at least 1")
        self._policy = policy
        self._model: Any = copy.deepcopy(policy.model).eval()
        self._decoder: Decoder = decoder_of(self._model)
        self._batch_rows, self._cache_bytes = batch_rows, cache_mb * 2**20
        self._policy_id = policy.policy_id

    @property
    def policy_id(self) -> str:
        """The identity of the weights now sampled from."""
        return self._policy_id

    def load(self, state: dict[str, Any], policy_id: str) -> None:
        """Take a torch state dict as the weights of the policy called `policy_id`, without touching disk."""
        self._open().load_state_dict(state)
        self._decoder = decoder_of(self._model)
        self._policy_id = policy_id

    def close(self) -> None:
        """Release the weights; sampling afterwards is an error."""
        self._model = None
        del self._decoder

    @torch.inference_mode()
    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        """Return n completions for each request, in order; UNASKED ones, with a note, of a prompt over its limit.

        Raises:
            ConfigError: for penalties.
        """
        self._open()
        pieces: dict[tuple[int, int], list[Completion]] = {}
        by_protocol: dict[Protocol, list[int]] = {}
        for index, request in enumerate(requests):
            by_protocol.setdefault(request.protocol, []).append(index)
        for protocol, indices in by_protocol.items():
            _refuse_penalties(protocol)
            units: list[_Unit] = []
            for index in indices:
                try:
                    units += self._units(index, requests[index])
                except PromptTooLong as error:
                    pieces[index, 0] = [Completion("", Finish.UNASKED, note=str(error))] * requests[index].n
            # equal counts and lengths side by side waste the fewest padded slots
            units.sort(key=lambda unit: (unit.n, len(unit.prompt), unit.request, unit.offset))
            for batch in self._batches(units, protocol):
                for unit, completions in zip(batch, self._decode(batch, protocol), strict=True):
                    pieces[unit.request, unit.offset] = completions
        results: list[list[Completion]] = [[] for _ in requests]
        for index, offset in sorted(pieces):
            results[index].extend(pieces[index, offset])
        return results

    def _open(self) -> Any:
        if self._model is None:
            raise RuntimeError("the sampler is closed")
        return self._model

    def _units(self, index: int, request: SampleRequest) -> Iterator[_Unit]:
        prompt = self._policy.encode(request.prompt, request.protocol)
        limit = getattr(self._model.config, "max_position_embeddings", None)
        length = len(prompt) + request.protocol.max_completion_tokens
        if limit is not None and length > limit:
            raise PromptTooLong(
                f"prompt of {len(prompt)} and completion of up to {request.protocol.max_completion_tokens} tokens are "
                f"over the policy's {limit} positions: lower max_completion_tokens or drop the problem"
            )
        for offset in range(0, request.n, self._batch_rows):
            n = min(self._batch_rows, request.n - offset)
            yield _Unit(index, prompt, n, request.seed, request.first_draw + offset, offset)

    def _batches(self, units: Sequence[_Unit], protocol: Protocol) -> Iterator[list[_Unit]]:
        per_token = token_bytes(self._model)
        batch: list[_Unit] = []
        rows = longest = 0
        for unit in units:
            length = max(longest, len(unit.prompt)) + protocol.max_completion_tokens
            most = min(self._batch_rows, self._cache_bytes // (per_token * length))
            if batch and rows + unit.n > most:
                yield batch
                batch, rows, longest = [], 0, 0
            batch.append(unit)
            rows, longest = rows + unit.n, max(longest, len(unit.prompt))
        if batch:
            yield batch

    def _decode(self, batch: Sequence[_Unit], protocol: Protocol) -> list[list[Completion]]:
        copies = [unit.n for unit in batch]
        logits_BV = self._decoder.prefill([unit.prompt for unit in batch], copies)
        stop = torch.tensor(protocol.stop_ids or self._policy.end_ids, device=logits_BV.device)
        keys = row_keys(
            np.repeat(np.array([unit.seed % 2**64 for unit in batch], dtype=np.uint64), copies),
            np.concatenate([np.arange(unit.first, unit.first + unit.n, dtype=np.uint64) for unit in batch]),
        )
        tape = _Tape(len(keys))
        live = np.arange(len(keys))  # the row of each row still in the decoder
        done = np.zeros(len(keys), dtype=bool)
        for step in range(protocol.max_completion_tokens):
            token_B, logprob_B = draw(logits_BV, uniforms(keys[live], step), protocol)
            tape.append(live[~done], token_B.cpu().numpy()[~done], logprob_B.cpu().numpy()[~done])
            done |= torch.isin(token_B, stop).cpu().numpy()
            tape.stopped[live[done]] = True
            if done.all() or step + 1 == protocol.max_completion_tokens:
                break
            if done.sum() >= _DROP_SHARE * len(done):
                kept = np.flatnonzero(~done)
                row_K = torch.from_numpy(kept).to(token_B.device)
                self._decoder.keep(row_K)
                live, done, token_B = live[kept], done[kept], token_B[row_K]
            logits_BV = self._decoder.step(token_B)
        flat = iter(tape.rows())
        return [[self._completion(unit.prompt, protocol, *next(flat)) for _ in range(unit.n)] for unit in batch]

    def _completion(
        self, prompt: IntArray, protocol: Protocol, ids: IntArray, logprobs: FloatArray, stopped: bool
    ) -> Completion:
        return Completion(
            text=self._policy.decode(ids, protocol),
            finish=Finish.STOP if stopped else Finish.LENGTH,
            token_ids=ids,
            logprobs=logprobs,
            prompt_ids=prompt,
            tokens=len(ids),
        )


class _Tape:
    """What was drawn, step by step, for rows that finish at different times."""

    def __init__(self, rows: int) -> None:
        self.stopped = np.zeros(rows, dtype=bool)
        self._length = np.zeros(rows, dtype=np.int64)
        self._tokens = np.zeros((rows, 16), dtype=np.int32)
        self._logprobs = np.zeros((rows, 16), dtype=np.float32)
        self._steps = 0

    def append(self, rows: npt.NDArray[np.int64], tokens: Any, logprobs: Any) -> None:
        """Write one token for each of these rows."""
        if self._steps == self._tokens.shape[1]:
            self._tokens = np.pad(self._tokens, ((0, 0), (0, self._steps)))
            self._logprobs = np.pad(self._logprobs, ((0, 0), (0, self._steps)))
        self._tokens[rows, self._steps] = tokens
        self._logprobs[rows, self._steps] = logprobs
        self._length[rows] += 1
        self._steps += 1

    def rows(self) -> Iterator[tuple[IntArray, FloatArray, bool]]:
        """Yield ids, log-probabilities and whether an end token was drawn, row by row."""
        for row, length in enumerate(self._length):
            yield self._tokens[row, :length].copy(), self._logprobs[row, :length].copy(), bool(self.stopped[row])


def draw(
    logits_BV: torch.Tensor, uniform_B: npt.NDArray[np.float64], protocol: Protocol
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one token (B,) per row by inverse CDF, and its log-probability (B,) under the sampled distribution.

    At temperature 0 the most likely token (the first of equals) and its log-probability at temperature 1.

    Raises:
        PipelineError: when the logits are not numbers.
    """
    size = max(1, _DRAW_LIMIT // logits_BV.shape[1])
    pieces = [
        _draw(logits_BV[at : at + size], torch.from_numpy(uniform_B[at : at + size]).to(logits_BV.device), protocol)
        for at in range(0, len(logits_BV), size)
    ]
    if len(pieces) == 1:
        return pieces[0]
    return torch.cat([piece[0] for piece in pieces]), torch.cat([piece[1] for piece in pieces])


def _draw(logits_BV: torch.Tensor, uniform_B: torch.Tensor, protocol: Protocol) -> tuple[torch.Tensor, torch.Tensor]:
    logits_BV = logits_BV.float()
    if protocol.temperature not in (0, 1):
        logits_BV = logits_BV / protocol.temperature
    if protocol.temperature > 0:
        logits_BV = truncated(logits_BV, protocol)
    logprob_BV = torch.log_softmax(logits_BV, dim=-1)
    if protocol.temperature == 0:
        token_B = logits_BV.argmax(-1)
        _refuse_nan(logprob_BV[:, 0])
    else:
        cumulative_BV = logprob_BV.double().exp_().cumsum_(-1)
        _refuse_nan(cumulative_BV[:, -1])
        # right=True finds the first place strictly above the draw, which always has positive probability
        threshold_B1 = (uniform_B * cumulative_BV[:, -1])[:, None]
        token_B = torch.searchsorted(cumulative_BV, threshold_B1, right=True)[:, 0]
    return token_B, logprob_BV.gather(-1, token_B[:, None])[:, 0]


def truncated(logits_BV: torch.Tensor, protocol: Protocol) -> torch.Tensor:
    """Return logits with -inf outside min-p, top-k and top-p (applied in this order, ties at the edge kept)."""
    if protocol.min_p > 0:
        floor_B1 = logits_BV.amax(-1, keepdim=True) + float(np.log(protocol.min_p))
        logits_BV = logits_BV.masked_fill(logits_BV < floor_B1, float("-inf"))
    if 0 < protocol.top_k < logits_BV.shape[-1]:
        edge_B1 = logits_BV.topk(protocol.top_k, dim=-1).values[:, -1:]
        logits_BV = logits_BV.masked_fill(logits_BV < edge_B1, float("-inf"))
    if protocol.top_p < 1:
        sorted_BV = logits_BV.sort(-1, descending=True).values
        probability_BV = sorted_BV.double().softmax(-1)
        outside_BV = probability_BV.cumsum(-1) - probability_BV >= protocol.top_p
        outside_BV[:, 0] = False
        edge_B1 = sorted_BV.masked_fill(outside_BV, float("inf")).amin(-1, keepdim=True)
        logits_BV = logits_BV.masked_fill(logits_BV < edge_B1, float("-inf"))
    return logits_BV


def row_keys(seed_B: npt.NDArray[np.uint64], draw_B: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the key (B,) uint64 of each draw's stream of uniforms: a hash of (seed, draw)."""
    return _mixed(_mixed(seed_B) ^ (draw_B * _GOLDEN + _GOLDEN))


def uniforms(key_B: npt.NDArray[np.uint64], step: int) -> npt.NDArray[np.float64]:
    """Return the uniform in [0, 1) of each row at a step: a counter-based generator, no state.

    Source: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
    """
    bits_B = _mixed(key_B + np.array([step + 1], dtype=np.uint64) * _GOLDEN)
    return (bits_B >> np.uint64(11)).astype(np.float64) * 2.0**-53


_GOLDEN = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.array([0xBF58476D1CE4E5B9], dtype=np.uint64)
    x = (x ^ (x >> np.uint64(27))) * np.array([0x94D049BB133111EB], dtype=np.uint64)
    return x ^ (x >> np.uint64(31))


def _refuse_nan(value_B: torch.Tensor) -> None:
    if bool(torch.isnan(value_B).any()):
        raise PipelineError("the policy's logits are not numbers (nan): its weights diverged, lower the learning rate")


def _refuse_penalties(protocol: Protocol) -> None:
    neutral = {"repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
    for name, value in neutral.items():
        if getattr(protocol, name) != value:
            raise ConfigError(
                f"{name} {getattr(protocol, name)}: the torch sampler has no penalties; use {value}, or another sampler"
            )
