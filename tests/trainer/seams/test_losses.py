"""Losses against plain Python loops, and the reductions' denominators."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.seeds import array_rng
from trainer.seams.losses import LossOptions, TokenBatch, clamped_ratio, k3, objective, token_weights

LIMIT = 7


def batch_of(
    seed: int, lengths: list[int], *, options: LossOptions, spread: float = 0.5
) -> tuple[torch.Tensor, TokenBatch]:
    draw = array_rng("losses", seed)
    shape = (len(lengths), max(lengths))
    mask = torch.from_numpy(np.arange(shape[1])[None, :] < np.array(lengths)[:, None])
    lp, old, sampled, reference = (
        torch.from_numpy(-draw.random(shape) - spread * draw.random(shape)) for _ in range(4)
    )  # fmt: skip
    advantage = torch.from_numpy(np.repeat(draw.normal(size=(shape[0], 1)), shape[1], axis=1))
    weight = token_weights(np.array(lengths), np.array([*lengths, 2, 3]), limit=LIMIT, options=options)
    batch = TokenBatch(old, sampled, advantage, mask, torch.from_numpy(weight)[:, None], reference)
    return lp.requires_grad_(), batch


def plain_loop(lp: torch.Tensor, batch: TokenBatch, lengths: list[int], options: LossOptions) -> float:
    rows = lengths if options.denominator == "trained" else [*lengths, 2, 3]
    total = 0.0
    for b, length in enumerate(lengths):
        row = 0.0
        for t in range(length):
            ratio = math.exp(max(-20.0, min(20.0, float(lp[b, t].detach() - batch.old_BT[b, t]))))
            advantage = float(batch.advantage_BT[b, t])
            limited = max(1 - options.clip_low, min(1 + options.clip_high, ratio))
            term = -min(ratio * advantage, limited * advantage)
            if options.mismatch_cap > 0:
                term *= min(math.exp(float(batch.old_BT[b, t] - batch.sampled_BT[b, t])), options.mismatch_cap)
            if options.kl > 0:
                assert batch.reference_BT is not None
                d = float(batch.reference_BT[b, t] - lp[b, t].detach())
                term += options.kl * (math.exp(d) - d - 1)
            row += term
        if options.reduction == "token_mean":
            total += row / sum(rows)
        elif options.reduction == "sequence_mean":
            total += row / length / len(rows)
        else:
            total += row / (len(rows) * LIMIT)
    return total


@pytest.mark.parametrize("reduction", ["token_mean", "sequence_mean", "constant"])
@pytest.mark.parametrize("denominator", ["trained", "sampled"])
@pytest.mark.parametrize("extra", [{}, {"kl": 0.3}, {"mismatch_cap": 0.0}, {"clip_low": 0.1, "clip_high": 0.28}])
def test_the_objective_is_the_plain_loop(reduction: str, denominator: str, extra: dict[str, float]) -> None:
    options = LossOptions.model_validate({"reduction": reduction, "denominator": denominator, **extra})
    lengths = [3, 1, 5, 4]
    lp, batch = batch_of(1, lengths, options=options)
    loss, _ = objective(lp, batch, options=options)
    assert float(loss.detach()) == pytest.approx(plain_loop(lp, batch, lengths, options), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, LIMIT), min_size=1, max_size=5))
def test_the_objective_is_the_plain_loop_for_any_lengths(seed: int, lengths: list[int]) -> None:
    options = LossOptions(kl=0.1, reduction="sequence_mean")
    lp, batch = batch_of(seed, lengths, options=options, spread=3.0)
    loss, _ = objective(lp, batch, options=options)
    assert float(loss.detach()) == pytest.approx(plain_loop(lp, batch, lengths, options), abs=1e-9)


def test_the_first_on_policy_step_is_reinforce() -> None:
    options = LossOptions(mismatch_cap=0.0, reduction="token_mean")
    lp, batch = batch_of(2, [4, 2], options=options)
    loss, stats = objective(lp, batch._replace(old_BT=lp.detach()), options=options)
    loss.backward()
    expected = torch.where(batch.mask_BT, -batch.advantage_BT / 6, 0.0)
    torch.testing.assert_close(lp.grad, expected)
    assert stats.means()["clip_share"] == 0.0


def test_clipping_stops_the_gradient_only_where_it_binds() -> None:
    options = LossOptions(clip_low=0.2, clip_high=0.28, reduction="token_mean")
    ratios = torch.tensor([[1.5, 1.5, 0.5, 0.5, 1.1]], dtype=torch.float64)
    advantage = torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0]], dtype=torch.float64)
    lp = ratios.log().requires_grad_()
    zeros, mask = torch.zeros_like(ratios), torch.ones_like(ratios, dtype=torch.bool)
    loss, stats = objective(lp, TokenBatch(zeros, zeros, advantage, mask, torch.ones(1, 1) / 5), options=options)
    loss.backward()
    assert lp.grad is not None
    assert (lp.grad != 0).tolist() == [[False, True, True, False, True]]
    assert stats.means()["clip_share"] == pytest.approx(2 / 5)


def test_the_mismatch_weight_is_capped_per_token_and_reported_uncapped() -> None:
    options = LossOptions(mismatch_cap=2.0, reduction="token_mean")
    sampled = torch.tensor([[0.0, -math.log(1.5), -math.log(8.0)]], dtype=torch.float64)
    zeros, mask = torch.zeros_like(sampled), torch.ones_like(sampled, dtype=torch.bool)
    lp = torch.zeros_like(sampled).requires_grad_()
    loss, stats = objective(lp, TokenBatch(zeros, sampled, zeros + 1, mask, torch.ones(1, 1)), options=options)
    loss.backward()
    torch.testing.assert_close(lp.grad, torch.tensor([[-1.0, -1.5, -2.0]], dtype=torch.float64))
    means = stats.means()
    assert means["mismatch_weight"] == pytest.approx((1 + 1.5 + 8) / 3)
    assert means["mismatch_ess"] == pytest.approx(10.5**2 / (3 * (1 + 2.25 + 64)))
    assert means["mismatch_k3"] == pytest.approx(sum(w - math.log(w) - 1 for w in (1, 1.5, 8)) / 3)


def test_k3_is_never_negative_zero_at_equality_and_finite_at_any_distance() -> None:
    lp = torch.tensor([-0.5, -0.5, -100.0, 0.0], requires_grad=True)
    values = k3(lp, torch.tensor([-0.5, -1.5, 0.0, -100.0]))
    values.sum().backward()
    assert values[0] == 0
    assert bool((values >= 0).all())
    assert bool(torch.isfinite(values).all())
    assert lp.grad is not None
    assert bool(torch.isfinite(lp.grad).all())


def test_ratios_are_clamped_before_exp() -> None:
    ratio = clamped_ratio(torch.tensor([500.0, -500.0]), torch.zeros(2))
    assert ratio.tolist() == pytest.approx([math.exp(20), math.exp(-20)])


def test_token_weights_sum_to_what_the_reduction_says() -> None:
    lengths, sampled = np.array([2, 5]), np.array([2, 5, 3])
    for reduction, total in (("token_mean", 1.0), ("sequence_mean", 1.0), ("constant", 7 / (2 * LIMIT))):
        options = LossOptions.model_validate({"reduction": reduction})
        assert (token_weights(lengths, sampled, limit=LIMIT, options=options) * lengths).sum() == pytest.approx(total)
    options = LossOptions(reduction="sequence_mean", denominator="sampled")
    assert (token_weights(lengths, sampled, limit=LIMIT, options=options) * lengths).sum() == pytest.approx(2 / 3)


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown loss 'pppo', did you mean 'ppo'"):
        LossOptions(name="pppo")
