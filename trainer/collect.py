"""View, sample in rounds, verify, reward: from problems to a batch of judged replies. Not what trains (grpo).

Law: rows of a group stand together, in draw order; replies that cannot train are refused here.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.problem import Outcome, Problem
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, IntArray, Rollout
from pipeline.sampling import SampleRequest, TrainableSampler, Verifier
from pipeline.seeds import derive
from trainer.grpo_config import GRPOConfig
from trainer.seams.group_stats import Indices, Mask, Rewards, group_stats
from trainer.seams.reward import rewards
from trainer.seams.views import View, ViewContext


class Clock:
    """CPU-seconds of this process, by phase."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = {"sample": 0.0, "verify": 0.0, "train": 0.0}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add what the block spends to phase `name`."""
        start = time.process_time()
        try:
            yield
        finally:
            self.cpu_s[name] += time.process_time() - start


@dataclass(frozen=True, slots=True)
class Batch:
    """N judged replies to P problems, rows sorted by group.

    first_N marks the draws of round 0, whose number nobody chose after seeing rewards. prompt_ids is what each row
    is trained on. reward_N is nan where a row is not scored.
    """

    problems: tuple[Problem, ...]
    rollouts: tuple[Rollout, ...]
    prompt_ids: tuple[IntArray, ...]
    group_N: Indices
    first_N: Mask
    reward_N: Rewards

    @property
    def length_N(self) -> Indices:
        """Tokens of each completion."""
        return np.array([len(ids) for ids in self.token_ids], dtype=np.int64)

    @property
    def token_ids(self) -> list[IntArray]:
        """Token ids of each completion."""
        return [row.completion.token_ids for row in self.rollouts if row.completion.token_ids is not None]

    @property
    def truncated_N(self) -> Mask:
        """Which completions ended at the token limit."""
        return np.array([row.completion.finish is Finish.LENGTH for row in self.rollouts], dtype=bool)

    def outcome_N(self, outcome: Outcome) -> Mask:
        """Which rows were judged so."""
        return np.array([row.verdict.outcome is outcome for row in self.rollouts], dtype=bool)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return several batches as one; groups keep their order."""
    if len(batches) == 1:
        return batches[0]
    starts = np.cumsum([0, *(len(batch.problems) for batch in batches)])
    return Batch(
        tuple(problem for batch in batches for problem in batch.problems),
        tuple(row for batch in batches for row in batch.rollouts),
        tuple(ids for batch in batches for ids in batch.prompt_ids),
        np.concatenate([batch.group_N + start for batch, start in zip(batches, starts, strict=False)]),
        np.concatenate([batch.first_N for batch in batches]),
        np.concatenate([batch.reward_N for batch in batches]),
    )


@dataclass(frozen=True, slots=True)
class Collector:
    """What collection needs and does not change during training; `encode` gives the prompt ids of a user text."""

    sampler: TrainableSampler
    verifier: Verifier
    protocol: Protocol
    encode: Callable[[str], IntArray]
    config: GRPOConfig
    clock: Clock

    def collect(self, problems: Sequence[Problem], *, policy: str, step: int, name: tuple[Any, ...]) -> Batch:
        """Sample each problem in rounds until the budget gives no more draws; `name` names the draws.

        Raises:
            ConfigError: when the sampler returns no token ids, prompt ids or log-probabilities.
        """
        size = len(problems)
        drawn_P, rows = np.zeros(size, dtype=np.int64), _Rows()
        round = 0
        while True:
            reward_N, group_N = rows.arrays()
            spread_P = group_stats(reward_N, group_N, groups=size).spread_P
            extra_P = self.config.budget.apply(round, drawn_P, spread_P)
            if not extra_P.any():
                break
            asked = [int(p) for p in np.flatnonzero(extra_P)]
            views = [self.config.views.apply(problems[p], ViewContext(step, round)) for p in asked]
            requests = [
                SampleRequest(view.sampled, int(extra_P[p]), derive(*name, p), self.protocol, int(drawn_P[p]))
                for p, view in zip(asked, views, strict=True)
            ]
            self._round(rows, problems, asked, views, requests, policy=policy, step=step, first=round == 0)
            drawn_P = drawn_P + extra_P
            round += 1
        return rows.batch(problems)

    def _round(
        self,
        rows: "_Rows",
        problems: Sequence[Problem],
        asked: list[int],
        views: list[View],
        requests: list[SampleRequest],
        *,
        policy: str,
        step: int,
        first: bool,
    ) -> None:
        with self.clock.phase("sample"):
            replies = self.sampler.sample(requests)
        flat = [
            (p, view, request.first_draw + i, completion)
            for p, view, request, completions in zip(asked, views, requests, replies, strict=True)
            for i, completion in enumerate(completions)
        ]
        completions = [_trainable(completion) for _, _, _, completion in flat]
        with self.clock.phase("verify"):
            verdicts = self.verifier.verify([problems[p] for p, _, _, _ in flat], [c.text for c in completions])
        versions = {family: self.verifier.version(family) for family in {problems[p].family for p in asked}}
        protocol = self.protocol.hash
        rows.reward.append(rewards(verdicts, [c.finish for c in completions], options=self.config.reward))
        for (p, view, draw, completion), verdict in zip(flat, verdicts, strict=True):
            problem = problems[p]
            rows.group.append(p)
            rows.first.append(first)
            prompt_ids = completion.prompt_ids if view.trained == view.sampled else self.encode(view.trained)
            assert prompt_ids is not None  # _trainable has refused it
            rows.prompt_ids.append(prompt_ids)
            version = versions[problem.family]
            rows.rollouts.append(
                Rollout(problem.uid, draw, completion, verdict, policy, protocol, version, step, view.tag)
            )


class _Rows:
    """Rows as they arrive, round by round."""

    def __init__(self) -> None:
        self.reward: list[Rewards] = []
        self.group: list[int] = []
        self.first: list[bool] = []
        self.prompt_ids: list[IntArray] = []
        self.rollouts: list[Rollout] = []

    def arrays(self) -> tuple[Rewards, Indices]:
        reward_N = np.concatenate(self.reward) if self.reward else np.zeros(0)
        return reward_N, np.array(self.group, dtype=np.int64)

    def batch(self, problems: Sequence[Problem]) -> Batch:
        reward_N, group_N = self.arrays()
        order = np.argsort(group_N, kind="stable")
        return Batch(
            tuple(problems),
            tuple(self.rollouts[i] for i in order),
            tuple(self.prompt_ids[i] for i in order),
            group_N[order],
            np.array(self.first, dtype=bool)[order],
            reward_N[order],
        )


def _trainable(completion: Completion) -> Completion:
    if completion.finish is Finish.UNASKED:
        raise ConfigError(completion.note)
    if completion.token_ids is None or completion.logprobs is None or completion.prompt_ids is None:
        raise ConfigError(
            "the sampler returns no token ids, prompt ids or log-probabilities: it may measure, never train; "
            "use the torch or vllm sampler"
        )
    least = 0 if completion.finish is Finish.ABORT else 1
    if not len(completion.token_ids) == len(completion.logprobs) >= least:
        raise ConfigError(
            f"the sampler returned {len(completion.token_ids)} token ids and {len(completion.logprobs)} "
            "log-probabilities for one reply: training needs one for each token, and at least one"
        )
    return completion
