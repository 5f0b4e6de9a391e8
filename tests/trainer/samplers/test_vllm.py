"""VLLMSampler's own promises on the real engine; agreement with the trainer is in test_parity."""

import dataclasses
import importlib.util
import os

import pytest
import torch

from pipeline.errors import ConfigError, PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import Finish
from pipeline.sampling import SampleRequest
from trainer.policy import TinyConfig, tiny_policy
from trainer.samplers.vllm import VLLMSampler, draw_seeds

HERE = importlib.util.find_spec("vllm") is not None
real = [pytest.mark.vllm, pytest.mark.skipif(not HERE, reason="no vLLM here: make test-vllm")]

PROTOCOL = Protocol(max_prompt_tokens=20, max_completion_tokens=8, temperature=0.7)
SMALL = TinyConfig(hidden=64, layers=1, heads=2, head_dim=32, mlp=64, positions=64)


@pytest.mark.skipif(HERE, reason="vLLM is installed: what is said without it cannot be seen here")
def test_without_vllm_the_remedy_is_named():
    with pytest.raises(ConfigError, match=r"sampler 'vllm' needs vLLM.*choose sampler 'torch'"):
        VLLMSampler(tiny_policy(SMALL, seed=0))


def ask(prompt: str = "k12>", **changes) -> list[SampleRequest]:
    return [SampleRequest(prompt=prompt, n=2, seed=1, protocol=dataclasses.replace(PROTOCOL, **changes))]


def test_a_draw_has_its_seed_whichever_request_asks_for_it():
    (whole,) = ask()
    seeds = draw_seeds(dataclasses.replace(whole, n=6))
    assert draw_seeds(dataclasses.replace(whole, n=2, first_draw=4)) == seeds[4:]
    assert len({*seeds, *draw_seeds(dataclasses.replace(whole, n=6, seed=2))}) == 12


class TestEngine:
    pytestmark = real

    @pytest.fixture(scope="class")
    def sampler(self):
        started = VLLMSampler(tiny_policy(SMALL, seed=0), max_rows=16)
        yield started
        started.close()

    def test_starts_with_the_policys_own_weights_and_name(self, sampler):
        policy = tiny_policy(SMALL, seed=0)
        assert sampler.policy_id == policy.policy_id
        inner = sampler._llm.apply_model(lambda model: model.model.embed_tokens.weight.clone())[0]
        assert torch.equal(inner[:64], policy.model.get_input_embeddings().weight)

    def test_more_draws_than_rows_and_no_requests(self, sampler):
        many = [dataclasses.replace(ask()[0], n=50)]
        assert len(sampler.sample(many)[0]) == 50
        assert sampler.sample([]) == []

    def test_leaves_the_threads_and_the_precision_of_the_process_alone(self, sampler):
        assert torch.get_default_dtype() is torch.float32
        assert torch.get_num_threads() == int(os.environ["OMP_NUM_THREADS"])
        assert len(os.sched_getaffinity(0)) == os.cpu_count()

    def test_limits_are_told_before_the_engine_is_asked(self, sampler):
        for requests, words in (
            (ask(max_completion_tokens=61), "max_completion_tokens 61 make 65, over the engine's limit of 64"),
            (ask("1" * 30), "prompt of 30 tokens is over the limit max_prompt_tokens 20"),
        ):
            ((reply, *_),) = sampler.sample(requests)
            assert reply.finish is Finish.UNASKED and words in reply.note

    def test_truncated_support_is_sampled_as_asked(self, sampler):
        replies = sampler.sample([dataclasses.replace(ask(top_k=1)[0], n=4)])[0]
        assert len({tuple(reply.token_ids) for reply in replies}) == 1
        assert all(abs(value) < 1e-6 for reply in replies for value in reply.logprobs)  # of the processed distribution

    def test_closing_is_final_and_makes_room_for_another(self, sampler):
        sampler.close()
        sampler.close()
        with pytest.raises(PipelineError, match="closed"):
            sampler.sample(ask())
        again = VLLMSampler(tiny_policy(SMALL, seed=1))
        try:
            assert again.policy_id == tiny_policy(SMALL, seed=1).policy_id
            assert len(again.sample(ask())[0]) == 2
        finally:
            again.close()
