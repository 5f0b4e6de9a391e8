"""An update is the same whatever the micro-batches, and a gradient that is not finite changes no weight."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.errors import PipelineError
from pipeline.seeds import array_rng
from tests.trainer.bandit import PROTOCOL, BanditPolicy, arm_logprobs
from trainer.forward import completion_logprobs
from trainer.grpo_config import GRPOConfig
from trainer.policy import TinyConfig, tiny_policy
from trainer.update import TrainRows, policy_logprobs, update


def rows(count: int = 23) -> TrainRows:
    draw = array_rng("update")
    arms = draw.integers(0, 2, count)
    return TrainRows(
        prompts=tuple(np.array([i // 3], dtype=np.int32) for i in range(count)),
        completions=tuple(np.array([arm], dtype=np.int32) for arm in arms),
        sampled=tuple(np.array([-0.7], dtype=np.float32) for _ in range(count)),
        advantage_M=draw.normal(size=count) + arms,
    )


def run(config: GRPOConfig, advantage_scale: float = 1.0) -> tuple[list[float], dict[str, float]]:
    policy, given = BanditPolicy(), rows()
    optimiser = torch.optim.SGD(policy.model.parameters(), lr=1.0)
    scaled = TrainRows(given.prompts, given.completions, given.sampled, given.advantage_M * advantage_scale)
    metrics = update(
        scaled, optimiser, logprobs=arm_logprobs(policy, PROTOCOL), reference=None,
        sampled_K=np.ones(30, dtype=np.int64), limit=4, config=config,
    )  # fmt: skip
    return policy.model.logits.tolist(), metrics


@pytest.mark.parametrize("updates", [1, 3])
@pytest.mark.parametrize("denominator", ["trained", "sampled"])
def test_micro_batches_change_nothing(updates: int, denominator: str) -> None:
    settings = {"updates": updates, "losses": {"denominator": denominator}}
    whole, metrics = run(GRPOConfig.model_validate(settings))
    for micro_rows in (1, 5, 22):
        split, found = run(GRPOConfig.model_validate({**settings, "micro_rows": micro_rows}))
        assert split == pytest.approx(whole, abs=1e-6)
        assert found == pytest.approx(metrics, abs=1e-6)


def test_later_updates_of_a_batch_can_reach_the_clip() -> None:
    """One on-policy update never clips: its ratio is 1 everywhere."""
    assert run(GRPOConfig(updates=1))[1]["clip_share"] == 0
    assert run(GRPOConfig(updates=6))[1]["clip_share"] > 0


def test_the_gradient_norm_is_clipped_and_reported_before_clipping() -> None:
    moved, metrics = run(GRPOConfig(grad_clip=0.05), advantage_scale=10.0)
    assert metrics["grad_norm"] > 0.5
    assert float(np.linalg.norm(moved)) == pytest.approx(0.05, rel=1e-3)


def test_a_gradient_that_is_not_finite_changes_no_weight() -> None:
    policy, given = BanditPolicy(), rows()
    optimiser = torch.optim.SGD(policy.model.parameters(), lr=1.0)
    broken = TrainRows(given.prompts, given.completions, given.sampled, given.advantage_M * np.inf)
    with pytest.raises(PipelineError, match=r"gradient norm is (nan|inf), not finite"):
        update(
            broken, optimiser, logprobs=arm_logprobs(policy, PROTOCOL), reference=None,
            sampled_K=np.ones(23, dtype=np.int64), limit=4, config=GRPOConfig(),
        )  # fmt: skip
    assert policy.model.logits.tolist() == [0.0, 0.0]


def test_equal_replies_run_once_and_every_one_of_them_counts() -> None:
    policy = tiny_policy(TinyConfig(hidden=32, layers=2, heads=2, head_dim=16, mlp=48), seed=3)
    prompts = [np.array(ids, dtype=np.int32) for ids in ([5, 6], [5, 6], [5, 6], [7], [7], [5, 6])]
    replies = [np.array(ids, dtype=np.int32) for ids in ([8, 1], [8, 1], [9, 4, 1], [8, 1], [8, 1], [8, 1])]
    weight_B1 = torch.arange(1.0, 7.0)[:, None]

    def gradients(lp_BT: torch.Tensor) -> list[torch.Tensor]:
        return list(torch.autograd.grad((lp_BT * weight_B1).sum(), list(policy.model.parameters())))

    shared_BT = policy_logprobs(policy, PROTOCOL)(prompts, replies)
    apart_BT = completion_logprobs(policy.model, prompts, replies, range(6)).logprobs_BT
    torch.testing.assert_close(shared_BT, apart_BT)
    for shared, apart in zip(gradients(shared_BT), gradients(apart_BT), strict=True):
        torch.testing.assert_close(shared, apart, rtol=1e-4, atol=1e-5)


def test_the_forward_pass_is_at_the_temperature_of_the_protocol() -> None:
    policy = tiny_policy(TinyConfig(hidden=32, layers=1, heads=2, head_dim=16, mlp=48), seed=3)
    prompt, reply = np.array([5, 6], dtype=np.int32), np.array([9, 4, 1], dtype=np.int32)
    with torch.no_grad():
        logits_TV = policy.model(torch.tensor([[5, 6, 9, 4]])).logits[0, 1:]
        for temperature in (1.0, 0.5):
            wanted_TV = torch.log_softmax(logits_TV.float() / temperature, dim=-1)
            wanted_T = wanted_TV[range(3), [9, 4, 1]]
            found_BT = policy_logprobs(policy, replace(PROTOCOL, temperature=temperature))([prompt], [reply])
            torch.testing.assert_close(found_BT[0], wanted_T, rtol=1e-4, atol=1e-5)
