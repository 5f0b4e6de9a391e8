"""Samplers are interchangeable only when proven so: each is held against the trainer's own forward pass.

The model's folder carries a generation config with penalties and top-k, which must reach nobody.
"""

import dataclasses
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish
from pipeline.sampling import SampleRequest, TrainableSampler
from trainer.forward import completion_logprobs
from trainer.policy import Policy, TinyConfig, load_policy, tiny_policy

TOLERANCE = 1e-4
PROMPTS = ("k12345>", "x907>", "s31>")
PROTOCOL = Protocol(max_prompt_tokens=300, max_completion_tokens=12)
LEAK = {"repetition_penalty": 1.9, "top_k": 3, "top_p": 0.5, "temperature": 0.2, "do_sample": True, "min_p": 0.3}

ENGINES = [
    "torch",
    pytest.param(
        "vllm",
        marks=[
            pytest.mark.vllm,
            pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="no vLLM here: make test-vllm"),
        ],
    ),
]


def scaled(policy: Policy, *, factor: float) -> Policy:
    """Scale every matrix in place: an untrained policy then prefers some tokens clearly, by what stands before."""
    with torch.no_grad():
        for weight in policy.model.parameters():
            if weight.dim() == 2:
                weight.mul_(factor)
    return policy


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("policy")
    scaled(tiny_policy(TinyConfig(hidden=64, layers=2, heads=2, head_dim=32, mlp=128), seed=3), factor=6.0).save(path)
    written = path / "generation_config.json"
    found = json.loads(written.read_text()) if written.exists() else {}
    written.write_text(json.dumps({**found, **LEAK}))
    return path


@pytest.fixture
def policy(folder) -> Policy:
    """The trainer's policy, fresh for each test."""
    return load_policy(folder)


@pytest.fixture(scope="module", params=ENGINES)
def started(request, folder):
    """One engine for all tests of this file: starting vLLM takes seconds."""
    policy = load_policy(folder)
    if request.param == "torch":
        from trainer.samplers.torch import TorchSampler

        sampler: TrainableSampler = TorchSampler(policy)
    else:
        from trainer.samplers.vllm import VLLMSampler

        sampler = VLLMSampler(policy)
    yield sampler
    sampler.close()


@pytest.fixture
def sampler(started, policy):
    """The engine with the first weights again, whatever the last test loaded."""
    if started.policy_id != policy.policy_id:
        started.load(policy.state(), policy.policy_id)
    return started


def requests(protocol: Protocol, *, n: int = 6, prompts: tuple[str, ...] = PROMPTS) -> list[SampleRequest]:
    return [SampleRequest(prompt=prompt, n=n, seed=5, protocol=protocol) for prompt in prompts]


def largest_gap(sampler: Any, policy: Policy, protocol: Protocol, **options: Any) -> float:
    """Return the largest difference of log-probabilities between a sampler and the trainer's forward."""
    groups = sampler.sample(requests(protocol, **options))
    replies = [reply for group in groups for reply in group]
    group_B = [at for at, group in enumerate(groups) for _ in group]
    with torch.no_grad():
        expected = completion_logprobs(
            policy.model,
            [group[0].prompt_ids for group in groups],
            [reply.token_ids for reply in replies],
            group_B,
            temperature=protocol.temperature,
        ).logprobs_BT.numpy()
    return max(
        float(np.abs(reply.logprobs - row[: len(reply.logprobs)]).max())
        for reply, row in zip(replies, expected, strict=True)
    )


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_logprobs_agree_before_and_after_an_update(sampler, policy, folder, temperature):
    protocol = dataclasses.replace(PROTOCOL, temperature=temperature)
    assert largest_gap(sampler, policy, protocol) < TOLERANCE
    updated = scaled(load_policy(folder), factor=1.1)
    assert largest_gap(sampler, updated, protocol) > 100 * TOLERANCE  # the update is one that shows
    sampler.load(updated.state(), updated.policy_id)
    assert sampler.policy_id == updated.policy_id
    assert largest_gap(sampler, updated, protocol) < TOLERANCE


def test_long_prompts_forget_their_cache_at_an_update(sampler, policy, folder):
    long = ("k" + "0123456789" * 28 + ">",)  # over two blocks of a key-value cache
    assert largest_gap(sampler, policy, PROTOCOL, prompts=long) < TOLERANCE
    updated = scaled(load_policy(folder), factor=0.9)
    sampler.load(updated.state(), updated.policy_id)
    assert largest_gap(sampler, updated, PROTOCOL, prompts=long) < TOLERANCE


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_tokens_are_drawn_as_often_as_they_say(sampler, policy, temperature):
    """A leak of top-k could hide behind log-probabilities of the untouched distribution; frequencies tell."""
    protocol = dataclasses.replace(PROTOCOL, temperature=temperature, max_completion_tokens=1)
    [replies] = sampler.sample(requests(protocol, n=1500, prompts=PROMPTS[:1]))
    with torch.no_grad():
        logits_V = policy.model(torch.tensor([policy.encode(PROMPTS[0], PROTOCOL).tolist()])).logits[0, -1]
    expected_V = len(replies) * torch.softmax(logits_V / temperature, dim=-1).numpy().astype(np.float64)
    seen_V = np.bincount([reply.token_ids[0] for reply in replies], minlength=len(expected_V))
    common = expected_V >= 5
    rest = expected_V[~common].sum()
    squares = float(((seen_V - expected_V)[common] ** 2 / expected_V[common]).sum())
    squares += (float(seen_V[~common].sum()) - rest) ** 2 / max(rest, 1.0)
    freedom = int(common.sum())
    assert freedom > 10  # otherwise top-k 3 could not show
    assert squares < freedom + 5 * (2 * freedom) ** 0.5


def test_greedy_tokens_are_the_argmax(sampler, policy):
    protocol = dataclasses.replace(PROTOCOL, temperature=0.0)
    for [reply], prompt in zip(sampler.sample(requests(protocol, n=1)), PROMPTS, strict=True):
        assert reply.token_ids.tolist() == greedy(policy, policy.encode(prompt, protocol).tolist(), protocol)


def greedy(policy: Policy, ids: list[int], protocol: Protocol) -> list[int]:
    found: list[int] = []
    while len(found) < protocol.max_completion_tokens and not set(found) & set(policy.end_ids):
        with torch.no_grad():
            found.append(int(policy.model(torch.tensor([ids + found])).logits[0, -1].argmax()))
    return found


def content(reply: Completion) -> tuple[list[int], Finish]:
    return reply.token_ids.tolist(), reply.finish


def test_a_draw_is_named_by_seed_and_number_alone(sampler):
    together = sampler.sample(requests(PROTOCOL))
    alone = sampler.sample(requests(PROTOCOL, prompts=PROMPTS[1:2]))
    late = sampler.sample([dataclasses.replace(requests(PROTOCOL)[1], first_draw=4, n=2)])
    assert [content(c) for c in alone[0]] == [content(c) for c in together[1]]
    assert [content(c) for c in late[0]] == [content(c) for c in together[1][4:]]
    assert len({tuple(c.token_ids) for c in together[1]}) == 6
    other = sampler.sample([dataclasses.replace(requests(PROTOCOL)[1], seed=6)])
    assert [content(c) for c in other[0]] != [content(c) for c in together[1]]


def test_ids_text_and_finish_agree(sampler, policy):
    protocol = dataclasses.replace(PROTOCOL, max_completion_tokens=100)
    stops = 0
    for group, prompt in zip(sampler.sample(requests(protocol, n=32)), PROMPTS, strict=True):
        for reply in group:
            assert reply.prompt_ids.tolist() == policy.encode(prompt, protocol).tolist()
            assert reply.token_ids.dtype == reply.prompt_ids.dtype == np.int32 and reply.logprobs.dtype == np.float32
            assert len(reply.logprobs) == len(reply.token_ids) == reply.tokens <= 100
            assert reply.text == policy.decode(reply.token_ids)
            ended = reply.token_ids[-1] in policy.end_ids
            assert reply.finish is (Finish.STOP if ended else Finish.LENGTH)
            assert not set(reply.token_ids[:-1].tolist()) & set(policy.end_ids)
            assert ended or len(reply.token_ids) == 100
            stops += ended
    assert stops > 10


def test_stop_ids_of_the_protocol_replace_the_end_token(sampler, policy):
    stop = int(policy.tokens("5")[0])
    protocol = dataclasses.replace(PROTOCOL, max_completion_tokens=100, stop_ids=(stop,))
    replies = [reply for group in sampler.sample(requests(protocol, n=32)) for reply in group]
    assert {int(r.token_ids[-1]) for r in replies if r.finish is Finish.STOP} == {stop}
    assert any(set(r.token_ids.tolist()) & set(policy.end_ids) for r in replies)


class Tempered:
    """A broken sampler: draws at one temperature and reports log-probabilities of another."""

    def __init__(self, sampler: Any, temperature: float) -> None:
        self.sampler, self.temperature = sampler, temperature

    def sample(self, asked: list[SampleRequest]) -> list[list[Completion]]:
        protocol = dataclasses.replace(asked[0].protocol, temperature=self.temperature)
        return self.sampler.sample([dataclasses.replace(one, protocol=protocol) for one in asked])


def test_the_checker_catches_untempered_logprobs(sampler, policy):
    protocol = dataclasses.replace(PROTOCOL, temperature=0.7)
    assert largest_gap(Tempered(sampler, 1.0), policy, protocol) > TOLERANCE
