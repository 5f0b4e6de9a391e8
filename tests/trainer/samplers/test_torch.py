"""The sampler draws from the policy it says it draws from, and the same draws whatever the batch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from pipeline.errors import ConfigError, PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import Finish
from pipeline.sampling import SampleRequest
from pipeline.seeds import array_rng
from trainer.forward import completion_logprobs
from trainer.policy import TINY_VOCABULARY, Policy, TinyConfig, character_tokenizer, tiny_policy
from trainer.samplers.decoding import ModuleDecoder, SharedPromptDecoder, decoder_of
from trainer.samplers.torch import TorchSampler, draw, row_keys, truncated, uniforms

PROMPTS = ("k12,3:15>", "x7", "s31420>", "m1+1+4:6>", "o9")
SMALL = TinyConfig(hidden=32, layers=2, heads=2, head_dim=16, mlp=48)


def lively(policy: Policy, *, factor: float = 8.0) -> Policy:
    """Scale the matrices, so that an untrained policy has clear preferences that depend on what stands before."""
    with torch.no_grad():
        for weight in policy.model.parameters():
            if weight.ndim == 2:
                weight.mul_(factor)
    return policy


def foreign(kind: str) -> Policy:
    common = {
        "vocab_size": TINY_VOCABULARY,
        "max_position_embeddings": 256,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        if kind == "llama":
            model = LlamaForCausalLM(LlamaConfig(**common))
        elif kind == "gpt2":
            model = GPT2LMHeadModel(GPT2Config(vocab_size=64, n_embd=32, n_layer=2, n_head=2, n_positions=256))
        else:
            model = Qwen3ForCausalLM(Qwen3Config(**common))
    return lively(Policy(model.eval(), character_tokenizer()), factor=6.0)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return lively(tiny_policy(SMALL, seed=3))


def protocol(**changes) -> Protocol:
    return Protocol(**{"max_prompt_tokens": 40, "max_completion_tokens": 24, **changes})


def ask(asked: Protocol, *, n: int = 6, prompts=PROMPTS):
    return [SampleRequest(prompt, n, 1000 + i, asked) for i, prompt in enumerate(prompts)]


def flat(groups):
    return [completion for group in groups for completion in group]


def same(left, right) -> bool:
    return len(left) == len(right) and all(
        np.array_equal(a.token_ids, b.token_ids) and a.finish is b.finish and a.text == b.text
        for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("kind", ["tiny", "qwen3", "llama", "gpt2"])
@pytest.mark.parametrize("temperature", [1.0, 0.7, 0.0])
def test_logprobs_are_those_of_the_training_forward_pass_end_token_included(policy, kind, temperature):
    asked = policy if kind == "tiny" else foreign(kind)
    stops = tuple(range(20))  # a third of the vocabulary ends a reply, so that rows drop out at every step
    found = TorchSampler(asked).sample(ask(protocol(temperature=temperature, stop_ids=stops), n=12))
    completions = flat(found)
    stopped = [c for c in completions if c.finish is Finish.STOP]
    assert stopped and all(c.token_ids[-1] in stops and not set(c.token_ids[:-1]) & set(stops) for c in stopped)
    assert all(len(c.token_ids) == len(c.logprobs) == c.tokens for c in completions)
    expected = completion_logprobs(
        asked.model,
        [group[0].prompt_ids for group in found],
        [c.token_ids for c in completions],
        np.repeat(np.arange(len(PROMPTS)), 12),
        temperature=temperature or 1.0,
    )
    logprobs = np.concatenate([c.logprobs for c in completions])
    np.testing.assert_allclose(logprobs, expected.logprobs_BT[expected.mask_BT].detach().numpy(), atol=1e-4)


def test_both_decoders_agree_on_rows_that_finish_apart_and_run_long():
    for asked in (foreign("qwen3"), lively(tiny_policy(SMALL, seed=3))):
        assert isinstance(decoder_of(asked.model), SharedPromptDecoder)
        with torch.inference_mode():
            decoders = [SharedPromptDecoder(asked.model), ModuleDecoder(asked.model)]
            source = array_rng("decoders")
            prompts = [source.integers(3, 56, size).astype(np.int32) for size in (3, 9, 1, 6, 5)]
            copies, rows = [3, 1, 4, 2, 2], 12
            logits = [decoder.prefill(prompts, copies) for decoder in decoders]
            for step in range(45):
                torch.testing.assert_close(logits[0], logits[1], atol=1e-4, rtol=1e-4)
                token_B = torch.from_numpy(source.integers(3, 56, rows))
                if step in (4, 5, 20, 40):
                    kept = torch.from_numpy(np.sort(source.choice(rows, size=max(1, rows * 2 // 3), replace=False)))
                    for decoder in decoders:
                        decoder.keep(kept)
                    token_B, rows = token_B[kept], len(kept)
                logits = [decoder.step(token_B) for decoder in decoders]
            assert logits[0].shape == (rows, TINY_VOCABULARY)


def test_first_tokens_follow_the_policys_distribution(policy):
    for temperature in (1.0, 0.7):
        n = 8000
        (group,) = TorchSampler(policy).sample(ask(protocol(temperature=temperature, max_completion_tokens=1), n=n)[:1])
        ids = torch.from_numpy(policy.encode(PROMPTS[0], protocol())).long()
        expected = (policy.model(ids[None]).logits[0, -1] / temperature).softmax(-1).detach().numpy()
        counts = np.bincount([c.token_ids[0] for c in group], minlength=TINY_VOCABULARY)
        assert 1 - expected.max() > 0.02  # not a point mass, or the test would say nothing
        error = np.sqrt(expected * (1 - expected) / n)
        assert (np.abs(counts / n - expected) < 5 * error + 1e-3).all()


def test_the_same_requests_repeat_bit_for_bit(policy):
    sampler = TorchSampler(policy)
    first, second = (flat(sampler.sample(ask(protocol()))) for _ in range(2))
    assert same(first, second)
    assert all(np.array_equal(a.logprobs, b.logprobs) for a, b in zip(first, second, strict=True))
    assert len({c.text for c in first[:6]}) > 1


@pytest.mark.parametrize("kind", ["tiny", "llama"])
def test_a_draw_depends_on_its_name_and_not_on_its_batch(policy, kind):
    asked = policy if kind == "tiny" else foreign(kind)
    whole = TorchSampler(asked).sample(ask(protocol(), n=7))
    alone = [TorchSampler(asked).sample([request])[0] for request in ask(protocol(), n=7)]
    assert same(flat(whole), flat(alone))
    small = TorchSampler(asked, batch_rows=3, cache_mb=1).sample(ask(protocol(), n=7))
    assert same(flat(whole), flat(small))
    reverse = TorchSampler(asked).sample(ask(protocol(), n=7)[::-1])[::-1]
    assert same(flat(whole), flat(reverse))
    later = [SampleRequest(r.prompt, 3, r.seed, r.protocol, first_draw=4) for r in ask(protocol())]
    assert same([c for group in whole for c in group[4:]], flat(TorchSampler(asked).sample(later)))


def test_requests_of_several_protocols_and_counts_come_back_in_order(policy):
    requests = [
        SampleRequest(prompt, n, 5, protocol(temperature=t, max_completion_tokens=limit))
        for prompt, n, t, limit in zip(
            PROMPTS, (1, 5, 2, 0, 3), (1.0, 0.0, 1.0, 1.0, 0.0), (3, 6, 3, 4, 9), strict=True
        )
    ]
    found = TorchSampler(policy).sample(requests)
    assert [len(group) for group in found] == [1, 5, 2, 0, 3]
    for request, group in zip(requests, found, strict=True):
        for completion in group:
            assert policy.decode(completion.prompt_ids) == request.prompt
            assert completion.tokens <= request.protocol.max_completion_tokens
        if request.protocol.temperature == 0:
            assert len({c.text for c in group}) == 1
    assert TorchSampler(policy).sample([]) == []


def test_greedy_is_the_most_likely_continuation(policy):
    (group,) = TorchSampler(policy).sample(ask(protocol(temperature=0, max_completion_tokens=6), n=1)[:1])
    ids = policy.encode(PROMPTS[0], protocol()).tolist()
    for token in group[0].token_ids:
        with torch.no_grad():
            assert int(policy.model(torch.tensor([ids])).logits[0, -1].argmax()) == token
        ids.append(int(token))


def test_finish_says_whether_an_end_token_was_drawn(policy):
    everything = tuple(range(TINY_VOCABULARY))
    for completion in flat(TorchSampler(policy).sample(ask(protocol(stop_ids=everything)))):
        assert completion.finish is Finish.STOP and completion.tokens == 1
    # the end token may be the last one allowed: that is an end, not a truncation
    for completion in flat(TorchSampler(policy).sample(ask(protocol(stop_ids=everything, max_completion_tokens=1)))):
        assert completion.finish is Finish.STOP
    unending = [c for c in flat(TorchSampler(policy).sample(ask(protocol()))) if 1 not in c.token_ids]
    assert unending and all(c.finish is Finish.LENGTH and c.tokens == 24 for c in unending)


def test_load_swaps_the_weights_and_nothing_leaks_back(policy):
    other = lively(tiny_policy(SMALL, seed=4))
    sampler, before = TorchSampler(policy), policy.policy_id
    sampler.load(other.state(), other.policy_id)
    assert sampler.policy_id == other.policy_id and policy.policy_id == before
    assert same(flat(sampler.sample(ask(protocol()))), flat(TorchSampler(other).sample(ask(protocol()))))
    known = flat(sampler.sample(ask(protocol())))
    with torch.no_grad():
        for weight in other.model.parameters():
            weight.zero_()  # training goes on; the sampler keeps what it was given
    assert same(known, flat(sampler.sample(ask(protocol()))))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repetition_penalty": 1.1}, "repetition_penalty 1.1"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
    ],
)
def test_what_it_cannot_do_is_refused(policy, changes, words):
    with pytest.raises(ConfigError, match=words):
        TorchSampler(policy).sample(ask(protocol(**changes)))


@pytest.mark.parametrize(
    ("changes", "words", "taken"),
    [
        ({"max_prompt_tokens": 3}, "over the limit max_prompt_tokens 3", 2),
        ({"max_completion_tokens": 505}, "over the policy's 512 positions", 3),
    ],
)
def test_a_prompt_over_a_limit_comes_back_unasked_and_the_others_are_drawn(policy, changes, words, taken):
    requests = ask(protocol(**changes))
    replies = TorchSampler(policy).sample(requests)
    assert [len(row) for row in replies] == [request.n for request in requests]
    unasked = [row for row in replies if row[0].finish is Finish.UNASKED]
    assert len(unasked) == len(PROMPTS) - taken
    assert all(words in completion.note for completion in flat(unasked))
    short = [request for request, row in zip(requests, replies, strict=True) if row[0].finish is not Finish.UNASKED]
    asked = [row for row in replies if row[0].finish is not Finish.UNASKED]
    assert same(flat(asked), flat(TorchSampler(policy).sample(short)))


def test_sizes_below_one_a_diverged_policy_and_a_closed_sampler_are_refused(policy):
    with pytest.raises(ConfigError, match="batch_rows 0"):
        TorchSampler(policy, batch_rows=0)
    broken = tiny_policy(SMALL, seed=1)
    with torch.no_grad():
        broken.model.model.norm.weight.fill_(math.nan)
    for temperature in (0.0, 1.0):
        with pytest.raises(PipelineError, match="nan"):
            TorchSampler(broken).sample(ask(protocol(temperature=temperature)))
    sampler = TorchSampler(policy)
    sampler.close()
    with pytest.raises(RuntimeError, match="closed"):
        sampler.sample(ask(protocol()))


@given(
    st.integers(0, 2**32),
    st.sampled_from([1.0, 0.9, 0.5, 0.01]),
    st.sampled_from([0, 1, 3, 100]),
    st.sampled_from([0.0, 0.05, 0.6]),
)
def test_truncation_equals_a_plain_loop(seed, top_p, top_k, min_p):
    logits = array_rng("truncation", seed).normal(size=12).astype(np.float32) * 2
    kept = list(range(12))
    if min_p:
        chance = np.exp(logits - logits.max())
        kept = [i for i in kept if chance[i] >= min_p]
    kept.sort(key=lambda i: -logits[i])
    kept = kept[:top_k] if top_k else kept
    chance = np.exp(logits[kept].astype(np.float64) - logits.max())
    chance /= chance.sum()
    nucleus, total = [], 0.0
    for i, p in zip(kept, chance, strict=True):
        if nucleus and total >= top_p:
            break
        nucleus.append(i)
        total += p
    asked = protocol(top_p=top_p, top_k=top_k, min_p=min_p)
    found = truncated(torch.from_numpy(logits)[None], asked)[0]
    assert {i for i in range(12) if torch.isfinite(found[i])} == set(nucleus)
    token_B, logprob_B = draw(torch.from_numpy(logits)[None], np.array([0.999999]), asked)
    assert int(token_B) in nucleus
    weights = np.exp(logits[sorted(nucleus)].astype(np.float64))
    expected = np.log(np.exp(float(logits[int(token_B)])) / weights.sum())
    assert float(logprob_B) == pytest.approx(expected, abs=1e-4)


def test_a_token_of_probability_zero_is_never_drawn():
    logits = torch.full((3, 8), float("-inf"))
    logits[:, 3], logits[:, 5] = 0.0, 1.0
    for uniform in (0.0, 0.2, 0.999999999999):
        token_B, _ = draw(logits, np.full(3, uniform), protocol())
        assert set(token_B.tolist()) <= {3, 5}


def test_uniforms_are_uniform_and_independent_across_rows_and_steps():
    seed_B = np.repeat(np.arange(50, dtype=np.uint64), 40)
    draw_B = np.tile(np.arange(40, dtype=np.uint64), 50)
    keys = row_keys(seed_B, draw_B)
    assert len(set(keys.tolist())) == len(keys)
    table = np.stack([uniforms(keys, step) for step in range(20)])
    assert table.min() >= 0 and table.max() < 1 and len(np.unique(table)) == table.size
    histogram = np.histogram(table, bins=20, range=(0, 1))[0] / table.size
    assert np.abs(histogram - 0.05).max() < 0.005
    by_draw = table.reshape(20, 50, 40)
    for left, right in (
        (table[:-1], table[1:]),
        (by_draw[:, :, :-1], by_draw[:, :, 1:]),
        (by_draw[:, :-1], by_draw[:, 1:]),
    ):
        assert abs(np.corrcoef(left.ravel(), right.ravel())[0, 1]) < 0.02
