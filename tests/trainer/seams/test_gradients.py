"""Gradients of the objective: independent of micro-batches, safe from what is masked, equal to finite differences."""

import itertools

import numpy as np
import pytest
import torch

from pipeline.seeds import array_rng
from trainer.seams.losses import LossOptions, TokenBatch, objective, token_weights

ROWS, LENGTH, WIDTH = 12, 6, 5
OPTIONS = [
    LossOptions.model_validate({"reduction": reduction, "kl": kl, "denominator": denominator})
    for reduction in ("token_mean", "sequence_mean", "constant")
    for kl in (0.0, 0.2)
    for denominator in ("trained", "sampled")
]


def model_and_batch(options: LossOptions) -> tuple[torch.nn.Linear, torch.Tensor, TokenBatch]:
    """A one-layer policy in float64 whose log-probabilities of fixed tokens are trained."""
    draw = array_rng("gradients")
    lengths = draw.integers(1, LENGTH + 1, ROWS)
    model = torch.nn.Linear(3, WIDTH).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.from_numpy(draw.normal(size=tuple(parameter.shape))))
    inputs = torch.from_numpy(draw.normal(size=(ROWS, LENGTH, 3)))
    mask = torch.from_numpy(np.arange(LENGTH)[None, :] < lengths[:, None])
    old, sampled, reference = (torch.from_numpy(-1.6 - 0.4 * draw.random((ROWS, LENGTH))) for _ in range(3))
    advantage = torch.from_numpy(np.repeat(draw.normal(size=(ROWS, 1)), LENGTH, axis=1))
    weight = token_weights(lengths, np.append(lengths, [3, 3]), limit=LENGTH, options=options)
    return model, inputs, TokenBatch(old, sampled, advantage, mask, torch.from_numpy(weight)[:, None], reference)


def logprobs(model: torch.nn.Linear, inputs: torch.Tensor) -> torch.Tensor:
    return model(inputs).log_softmax(-1)[..., 0]


def gradient(
    model: torch.nn.Linear, inputs: torch.Tensor, batch: TokenBatch, parts: list[slice], options: LossOptions
) -> torch.Tensor:
    model.zero_grad()
    for part in parts:
        piece = TokenBatch(*(value[part] if value is not None else None for value in batch))
        loss, _ = objective(logprobs(model, inputs[part]), piece, options=options)
        loss.backward()
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None])


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: f"{o.reduction}-{o.kl}-{o.denominator}")
def test_gradients_do_not_depend_on_the_split_into_micro_batches(options: LossOptions) -> None:
    model, inputs, batch = model_and_batch(options)
    whole = gradient(model, inputs, batch, [slice(0, ROWS)], options)
    assert float(whole.abs().max()) > 1e-3
    for cuts in ([0, 6, ROWS], [0, 1, 2, 11, ROWS], list(range(ROWS + 1))):
        parts = [slice(a, b) for a, b in itertools.pairwise(cuts)]
        torch.testing.assert_close(gradient(model, inputs, batch, parts, options), whole, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: f"{o.reduction}-{o.kl}-{o.denominator}")
def test_the_gradient_is_the_finite_difference(options: LossOptions) -> None:
    model, inputs, batch = model_and_batch(options)
    found = gradient(model, inputs, batch, [slice(0, ROWS)], options)[:3]
    with torch.no_grad():
        for i in range(3):
            weight = model.weight.view(-1)
            values = []
            for step in (1e-6, -1e-6):
                weight[i] += step
                values.append(float(objective(logprobs(model, inputs), batch, options=options)[0]))
                weight[i] -= step
            assert (values[0] - values[1]) / 2e-6 == pytest.approx(float(found[i]), abs=1e-6)


@pytest.mark.parametrize("bad", [float("inf"), float("-inf"), float("nan")])
def test_what_is_masked_cannot_reach_a_gradient(bad: float) -> None:
    """0 * inf is nan: multiplying by the mask after exp would poison the step (prime-rl issue 2972)."""
    options = LossOptions(kl=0.2)
    model, inputs, batch = model_and_batch(options)
    clean = gradient(model, inputs, batch, [slice(0, ROWS)], options)
    spoiled = TokenBatch(
        *(torch.where(batch.mask_BT, value, bad) for value in batch[:3]),
        batch.mask_BT, batch.weight_B1, torch.where(batch.mask_BT, batch.reference_BT, bad),
    )  # fmt: skip
    leaf = torch.where(batch.mask_BT, logprobs(model, inputs).detach(), bad).requires_grad_()
    loss, stats = objective(leaf, spoiled, options=options)
    loss.backward()
    assert leaf.grad is not None
    assert bool(torch.isfinite(leaf.grad).all())
    assert bool((leaf.grad[~batch.mask_BT] == 0).all())
    assert all(np.isfinite(value) for value in stats.means().values())
    torch.testing.assert_close(gradient(model, inputs, spoiled, [slice(0, ROWS)], options), clean)


def test_an_overflowing_ratio_on_a_trained_token_stays_finite() -> None:
    options = LossOptions()
    model, inputs, batch = model_and_batch(options)
    far = batch._replace(old_BT=batch.old_BT - 1e4, sampled_BT=batch.sampled_BT + 1e4)
    assert bool(torch.isfinite(gradient(model, inputs, far, [slice(0, ROWS)], options)).all())
