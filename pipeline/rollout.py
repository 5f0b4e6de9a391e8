"""Completion, Rollout, Group, Finish: what a policy said, and what became of it.

Not here: how it was sampled or what it is worth (rewards live in the trainer alone).
Law: token ids are the truth; text is a view of them and is never tokenised again.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.problem import Verdict

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]


class Finish(Enum):
    """Why a completion ended: an end token, the token limit, or the sampler gave up (ask again).

    REFUSED: a filter or a safety rule withheld it. UNASKED: the prompt was not taken (over a limit, or refused), so
    there is no reply to count.
    """

    STOP = "stop"
    LENGTH = "length"
    ABORT = "abort"
    REFUSED = "refused"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Completion:
    """One draw from a policy.

    `token_ids` (T,) int32, the end token included when finish is STOP. `logprobs` (T,) float32 under the
    *sampled* distribution (at the protocol's temperature), None where the sampler cannot tell: such a sampler
    may measure, never train. `prompt_ids` (L,) int32 as the policy saw them, None from an endpoint. `tokens` were
    sampled; `prompt_tokens` were read for this draw alone, as an endpoint bills them (0 where it does not say).
    `note` says in words what was not plain about its end.
    """

    text: str
    finish: Finish
    token_ids: IntArray | None = None
    logprobs: FloatArray | None = None
    prompt_ids: IntArray | None = None
    tokens: int = 0
    prompt_tokens: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A problem attempted once. Only view "plain" with source "policy" feeds Scores; "training" is kept to read."""

    uid: str
    draw: int
    completion: Completion
    verdict: Verdict
    policy: str
    protocol: str
    verifier_version: int
    policy_version: int = 0
    view: str = "plain"
    source: str = "policy"


@dataclass(frozen=True, slots=True)
class Group:
    """A problem attempted G times; rollouts share the uid."""

    uid: str
    rollouts: tuple[Rollout, ...]

    def __post_init__(self) -> None:
        if any(rollout.uid != self.uid for rollout in self.rollouts):
            raise ValueError(f"group {self.uid} holds rollouts of other problems")


ROLLOUT_SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("draw", pa.int32()),
        ("policy", pa.string()),
        ("protocol", pa.string()),
        ("verifier_version", pa.int32()),
        ("policy_version", pa.int32()),
        ("view", pa.string()),
        ("source", pa.string()),
        ("text", pa.string()),
        ("finish", pa.string()),
        ("tokens", pa.int32()),
        ("outcome", pa.string()),
        ("feasible", pa.bool_()),
        ("quality", pa.float64()),
        ("reason", pa.string()),
        ("extracted", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("logprobs", pa.list_(pa.float32())),
    ]
)
"""Arrow schema of rollouts in the ledger."""


def rollouts_table(rollouts: list[Rollout]) -> pa.Table:
    """Return rollouts as a table of ROLLOUT_SCHEMA, in order."""
    rows = [
        {
            "uid": r.uid,
            "draw": r.draw,
            "policy": r.policy,
            "protocol": r.protocol,
            "verifier_version": r.verifier_version,
            "policy_version": r.policy_version,
            "view": r.view,
            "source": r.source,
            "text": r.completion.text,
            "finish": r.completion.finish.value,
            "tokens": r.completion.tokens,
            "outcome": r.verdict.outcome.value,
            "feasible": r.verdict.feasible,
            "quality": r.verdict.quality,
            "reason": r.verdict.reason,
            "extracted": r.verdict.extracted,
            "token_ids": None if r.completion.token_ids is None else r.completion.token_ids.tolist(),
            "logprobs": None if r.completion.logprobs is None else r.completion.logprobs.tolist(),
        }
        for r in rollouts
    ]
    return pa.Table.from_pylist(rows, schema=ROLLOUT_SCHEMA)
