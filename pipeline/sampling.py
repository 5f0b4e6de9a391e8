"""Sampler and Verifier: the two live things that siblings hand each other. Not their implementations.

Law: a live sampler or verifier never crosses a process or a task; a worker receives a picklable spec and
builds its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, runtime_checkable
from typing import Protocol as Typing

from pipeline.problem import Problem, Verdict
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """Ask for n completions of one prompt (user text; the sampler applies the protocol's template).

    `seed` names the draws: completion i of the request is a function of (seed, first_draw + i), the prompt, the
    protocol and the weights, and not of what else is in the batch.
    """

    prompt: str
    n: int
    seed: int
    protocol: Protocol
    first_draw: int = 0


class Sampler(Typing):
    """Whatever answers prompts. `policy_id` is the hash of weights and tokenizer, or an endpoint's identity."""

    @property
    def policy_id(self) -> str:
        """The identity of the policy now being asked."""
        ...

    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        """Return n completions for each request, in order."""
        ...

    def close(self) -> None:
        """Release engine and memory; sampling afterwards is an error."""
        ...


class Drawn(NamedTuple):
    """One draw as it comes: completion `offset` of request number `request`."""

    request: int
    offset: int
    completion: Completion


@runtime_checkable
class StreamingSampler(Sampler, Typing):
    """A sampler whose draws are slow or cost money: they are handed over one by one, so that each is kept."""

    def stream(
        self, requests: Sequence[SampleRequest], *, arrived: Callable[[Drawn], None] | None = None
    ) -> Iterator[Drawn]:
        """Yield every draw of every request as it comes, in any order; `arrived` hears of each first, in any thread.

        Leaving the iterator stops the asking.
        """
        ...


class TrainableSampler(Sampler, Typing):
    """A sampler that returns token ids and log-probabilities and takes new weights between steps."""

    def load(self, state: dict[str, Any], policy_id: str) -> None:
        """Take a torch state dict as the weights of the policy called `policy_id`, without touching disk."""
        ...


class Verifier(Typing):
    """Whatever judges replies."""

    def version(self, family: str) -> int:
        """Return the verifier version of a family."""
        ...

    def verify(self, problems: Sequence[Problem], replies: Sequence[str]) -> list[Verdict]:
        """Return one verdict per (problem, reply) pair, in order; never raises for model text."""
        ...


class ScriptedSampler:
    """The fake every CPU test uses: replies come from a function of (prompt, draw)."""

    def __init__(self, reply: Callable[[str, int], str], policy_id: str = "scripted") -> None:
        self._reply = reply
        self.policy_id = policy_id
        self.requests: list[SampleRequest] = []

    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        """Return what the script says; LENGTH when a reply has more characters than the token limit."""
        self.requests.extend(requests)
        return [[self._complete(request, draw) for draw in range(request.n)] for request in requests]

    def close(self) -> None:
        """Do nothing."""

    def _complete(self, request: SampleRequest, draw: int) -> Completion:
        text = self._reply(request.prompt, request.first_draw + draw)
        limit = request.protocol.max_completion_tokens
        finish = Finish.LENGTH if len(text) > limit else Finish.STOP
        return Completion(text=text[:limit], finish=finish, tokens=min(len(text), limit))
