"""A policy with two numbers, its sampler and its verifier: the smallest thing that the training loop can train.

Not a language model: a reply is one token, arm 0 or arm 1, whatever the prompt. Law: draws are a function of names.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from pipeline.problem import Certificate, Problem, Verdict, correct, make_problem, malformed, undecided, wrong
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, IntArray
from pipeline.sampling import SampleRequest
from pipeline.seeds import uniform

PROTOCOL = Protocol(max_prompt_tokens=8, max_completion_tokens=4)


class Arms(torch.nn.Module):
    """Logits of the two arms, in the float32 of real policies."""

    def __init__(self, first: float = 0.0) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(torch.tensor([first, 0.0]))


class BanditPolicy:
    """What the loop reads of a policy."""

    def __init__(self, first: float = 0.0) -> None:
        self.model = Arms(first)
        self.policy_id = "bandit"

    def state(self) -> dict[str, Any]:
        return self.model.state_dict()

    def encode(self, prompt: str, protocol: Protocol) -> IntArray:
        return np.array([ord(c) % 100 for c in prompt], dtype=np.int32)

    @property
    def first_arm(self) -> float:
        return float(self.model.logits.detach().softmax(-1)[0])


class BanditSampler:
    """Draws arms by hash; `finish` and `with_logprobs` make it misbehave."""

    def __init__(self, *, finish: Finish = Finish.STOP, with_logprobs: bool = True, shift: float = 0.0) -> None:
        self.policy_id = ""
        self.loaded: list[str] = []
        self._logprobs = torch.zeros(2)
        self._finish, self._with_logprobs, self._shift = finish, with_logprobs, shift

    def load(self, state: dict[str, Any], policy_id: str) -> None:
        self.policy_id = policy_id
        self.loaded.append(policy_id)
        self._logprobs = state["logits"].log_softmax(-1).clone()

    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        return [[self._draw(r, r.first_draw + i) for i in range(r.n)] for r in requests]

    def close(self) -> None:
        pass

    def _draw(self, request: SampleRequest, draw: int) -> Completion:
        arm = int(uniform(request.seed, draw) >= float(self._logprobs[0].exp()))
        logprobs = np.array([float(self._logprobs[arm]) + self._shift], dtype=np.float32)
        return Completion(
            text=str(arm), finish=self._finish, token_ids=np.array([arm], dtype=np.int32),
            logprobs=logprobs if self._with_logprobs else None,
            prompt_ids=np.array([1], dtype=np.int32), tokens=1,
        )  # fmt: skip


class ArmVerifier:
    """Calls arm 0 right; some problems can be made undecided or malformed by a function of the problem."""

    def __init__(self, odd: Callable[[Problem], str] = lambda problem: "") -> None:
        self._odd = odd

    def version(self, family: str) -> int:
        return 3

    def verify(self, problems: Sequence[Problem], replies: Sequence[str]) -> list[Verdict]:
        return [self._judge(p, r) for p, r in zip(problems, replies, strict=True)]

    def _judge(self, problem: Problem, reply: str) -> Verdict:
        if self._odd(problem):
            return undecided("bug") if self._odd(problem) == "undecided" else malformed("unreadable")
        return correct(reply) if reply == "0" else wrong("other arm", reply)


def problems(count: int, *, family: str = "toy/arms", level: int = 1) -> list[Problem]:
    """Return `count` different problems of one cell."""
    return [
        make_problem(
            family=family, family_version=1, params={"i": i}, rendering="compact", canonical_form=[family, level, i],
            split="train", level=level, region="", prompt=f"p{i}", answer_format="hash", answer=0,
            certificate=Certificate("exact", "execution"), trace=None,
        )
        for i in range(count)
    ]  # fmt: skip


def arm_logprobs(policy: Any, protocol: Protocol) -> Any:
    """The forward pass of the bandit: (B, T) log-probabilities of the arms drawn."""

    def logprobs(prompts: Sequence[IntArray], completions: Sequence[IntArray]) -> torch.Tensor:
        arms = torch.tensor([[int(ids[0])] for ids in completions])
        return policy.model.logits.log_softmax(-1)[arms]

    return logprobs
