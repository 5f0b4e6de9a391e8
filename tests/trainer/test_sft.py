"""Supervised training: the loss is what it says, it learns, and every refusal names its remedy."""

import itertools
import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from pipeline.choice.curriculum import Pool
from pipeline.choice.mixture import Cell, Mixture
from pipeline.errors import ConfigError, PipelineError, ShortageError
from pipeline.sampling import SampleRequest
from tests.trainer.lessons import PROTOCOL, pool, problem, small_policy
from trainer.samplers.torch import TorchSampler
from trainer.sft import SFTConfig, learning_rate, lesson, train_sft

QUICK = SFTConfig(batch=16, warmup=0)


def train(policy, *, config=QUICK, steps=3, problems=None, **rest):
    chosen = problems or pool()
    return train_sft(
        policy, chosen, chosen.uniform(), config=config, protocol=PROTOCOL, steps=steps, seed_name=("sft",), **rest
    )


def test_the_loss_is_the_mean_over_completion_tokens_alone():
    policy, drawn = small_policy(), pool(6)
    chosen = drawn.draw(drawn.uniform(), 16, "sft", "sft", 0, offset={})
    total, tokens = 0.0, 0
    for one in chosen:
        prompt, completion = policy.tokens(one.prompt), [*policy.tokens(one.trace), policy.end_ids[0]]
        ids = torch.tensor([[*prompt, *completion]]).long()
        with torch.no_grad():
            logits = policy.model(ids).logits[0, len(prompt) - 1 : -1]
        total += float(torch.nn.functional.cross_entropy(logits, torch.tensor(completion).long(), reduction="sum"))
        tokens += len(completion)
    result = train(policy, steps=1, problems=drawn)
    assert result.tokens == tokens and result.steps == 1
    assert result.losses[0] == pytest.approx(total / tokens, abs=1e-5)


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_it_learns_to_copy_and_to_stop(optimiser):
    policy, digits = small_policy(), Pool([problem(digit) for digit in "0123456789"])
    config = SFTConfig(batch=20, optimiser=optimiser, lr=6e-3, schedule="linear")
    result = train(policy, config=config, steps=120, problems=digits)
    assert np.mean(result.losses[-5:]) < 0.1 < 2 < result.losses[0]
    assert result.cpu_s > 0 and result.resume.state.totals.tokens_trained == result.tokens == 120 * 20 * 3
    requests = [SampleRequest(f"c{digit}>", 4, 0, PROTOCOL) for digit in range(10)]
    replies = [reply.text for group in TorchSampler(policy).sample(requests) for reply in group]
    assert sum(text == f"#{i // 4}" for i, text in enumerate(replies)) >= 36


def test_every_weight_moves_and_matrices_of_hidden_layers_go_to_muon():
    from trainer.optimiser import Optimiser

    policy = small_policy()
    before = {name: weight.clone() for name, weight in policy.model.named_parameters()}
    train(policy, steps=1)
    for name, weight in policy.model.named_parameters():
        assert not torch.equal(before[name], weight), name
    optimiser = Optimiser(policy.model, name="muon", lr=1e-3, weight_decay=0.0)
    groups = {name: part["param_groups"][0]["params"] for name, part in optimiser.state_dict().items()}
    hidden = [name for name, weight in before.items() if weight.ndim == 2 and "embed" not in name]
    assert len(groups["muon"]) == len(hidden) == 14 and len(groups["adamw"]) == len(before) - 14


def test_the_gradient_does_not_depend_on_the_split_into_micro_batches():
    whole, split = small_policy(), small_policy()
    train(whole, steps=2)
    train(split, steps=2, config=SFTConfig(batch=16, warmup=0, micro_rows=5))
    for left, right in zip(whole.model.parameters(), split.model.parameters(), strict=True):
        torch.testing.assert_close(left, right, atol=2e-4, rtol=0)


def test_the_same_names_give_the_same_weights_and_others_do_not():
    first, again = small_policy(), small_policy()
    assert train(first).losses == train(again).losses and first.policy_id == again.policy_id
    other, drawn = small_policy(), pool()
    train_sft(other, drawn, drawn.uniform(), config=QUICK, protocol=PROTOCOL, steps=3, seed_name=("another",))
    assert other.policy_id != first.policy_id


def test_log_and_stop_see_every_step():
    seen = []
    result = train(
        small_policy(),
        steps=50,
        log=lambda step, metrics, problems: seen.append((step, metrics)),
        stop=lambda totals: totals.tokens_trained > 300,
    )
    assert [step for step, _ in seen] == list(range(result.steps)) and result.steps < 50
    assert sum(metrics["tokens"] for _, metrics in seen) == result.tokens > 300
    assert sum(metrics["tokens"] for _, metrics in seen[:-1]) <= 300
    assert all({"loss", "grad_norm", "lr", "cpu_s"} <= set(metrics) for _, metrics in seen)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_the_rate_warms_up_then_follows_its_schedule(schedule):
    config = SFTConfig(lr=0.1, warmup=4, schedule=schedule)
    rates = [learning_rate(step, steps=20, config=config) for step in range(20)]
    assert rates[:4] == pytest.approx([0.025, 0.05, 0.075, 0.1]) and rates[4] == pytest.approx(0.1)
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[4:]))
    expected = {"constant": 0.1, "linear": 0.1 / 16, "cosine": 0.1 * (1 - math.cos(math.pi / 16)) / 2}[schedule]
    assert rates[-1] == pytest.approx(expected)


def test_what_cannot_be_learnt_is_refused():
    policy = small_policy()
    with pytest.raises(ConfigError, match=r"test/copy.*no trace.*reinforcement"):
        lesson(policy, problem("1", trace=None), PROTOCOL)
    with pytest.raises(ConfigError, match=r"11 tokens.*max_completion_tokens 10"):
        lesson(policy, problem("1" * 9), PROTOCOL)
    with pytest.raises(ConfigError, match="max_prompt_tokens 12"):
        lesson(policy, problem("1", prompt="c" * 13), PROTOCOL)
    with pytest.raises(ShortageError):
        train_sft(
            policy, Pool([problem("1")]), Mixture.of({Cell("test/copy", 9): 1.0}), config=QUICK, protocol=PROTOCOL,
            steps=1, seed_name=(),
        )  # fmt: skip
    with pytest.raises(ValidationError, match="optimizer"):
        SFTConfig(optimizer="muon")


def test_a_loss_that_is_no_number_stops_before_the_step():
    policy = small_policy()
    with torch.no_grad():
        policy.model.model.norm.weight[0] = math.nan
    before = policy.policy_id
    with pytest.raises(PipelineError, match=r"not finite.*lower lr"):
        train(policy, steps=1)
    assert policy.policy_id == before


def test_a_call_that_resumes_says_what_it_read_itself():
    policy = small_policy()
    first = train(policy, steps=2)
    more = train(policy, steps=5, resume=first.resume)
    assert (more.steps, len(more.losses)) == (5, 3)
    assert first.tokens + more.tokens == more.resume.state.totals.tokens_trained
    assert 0 < more.cpu_s < more.resume.state.totals.cpu_s["train"]
