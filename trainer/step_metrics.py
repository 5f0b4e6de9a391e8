"""What one training step sampled, as numbers. Not what it spent or learnt (grpo, update).

Law: rates are over scored rows, shares over all rows; nothing here feeds back into the step.
"""

import numpy as np

from pipeline.choice.curriculum import cell_of
from pipeline.choice.mixture import Cell
from pipeline.problem import Outcome
from trainer.collect import Batch
from trainer.seams.group_stats import Mask, group_stats


def step_metrics(batch: Batch, kept_P: Mask, trained_N: Mask) -> dict[str, float]:
    """Return what was sampled, as numbers; rates are over scored rows, shares over all.

    `entropy` is minus the mean log-probability of sampled tokens, an unbiased estimate of the mean token entropy;
    `distinct_share` the share of replies left when equal ones of a group count once.
    """
    stats = group_stats(batch.reward_N, batch.group_N, groups=len(batch.problems))
    scored_N, length_N = ~np.isnan(batch.reward_N), batch.length_N
    logprobs = np.concatenate(
        [row.completion.logprobs for row in batch.rollouts if row.completion.logprobs is not None]
    )
    metrics = {
        "reward_mean": float(batch.reward_N[scored_N].mean()) if scored_N.any() else float("nan"),
        "groups": float(len(batch.problems)),
        "effective_groups": float((stats.spread_P > 0).mean()),
        "kept_groups": float(kept_P.sum()),
        "rollouts": float(len(batch.rollouts)),
        "rows_trained": float(trained_N.sum()),
        "truncated_share": float(batch.truncated_N.mean()),
        "undecided_share": float(batch.outcome_N(Outcome.UNDECIDED).mean()),
        "malformed_share": float(batch.outcome_N(Outcome.MALFORMED).mean()),
        "entropy": float(-logprobs.mean(dtype=np.float64)) if len(logprobs) else 0.0,
        "distinct_share": len({(p, ids.tobytes()) for p, ids in zip(batch.group_N, batch.token_ids, strict=True)})
        / len(batch.rollouts),
        "length_mean": float(length_N.mean()),
        "tokens_sampled": float(length_N.sum()),
        "tokens_trained": float(length_N[trained_N].sum()),
    }
    for cell, (n, c) in cell_counts(batch).items():
        metrics[f"n/{cell}"], metrics[f"correct/{cell}"] = float(n), float(c)
    return metrics


def cell_counts(batch: Batch) -> dict[Cell, tuple[int, int]]:
    """Return (decided draws, correct ones) per cell over the first round, whose size no reward has chosen."""
    decided_N = batch.first_N & ~np.isnan(batch.reward_N)
    correct_N = decided_N & batch.outcome_N(Outcome.CORRECT) & ~batch.truncated_N
    size = len(batch.problems)
    counts: dict[Cell, tuple[int, int]] = {}
    by_group = (np.bincount(batch.group_N[rows], minlength=size) for rows in (decided_N, correct_N))
    for problem, n, c in zip(batch.problems, *by_group, strict=True):
        seen = counts.get(cell_of(problem), (0, 0))
        counts[cell_of(problem)] = (seen[0] + int(n), seen[1] + int(c))
    return counts
