"""Measure problems with a live sampler and keep the Scores. Not the measurement itself (filters.measure).

Law: the protocol behind a Score can be read back from the ledger.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from filters.measure import measure
from flows.run import Run
from generators.judge_pool import shared_verifier
from pipeline.problem import Problem
from pipeline.protocol import Protocol
from pipeline.sampling import Sampler
from pipeline.score import Purpose, Score
from pipeline.store.ledger import Ledger


def score(
    run: Run,
    problems: Sequence[Problem],
    sampler: Sampler,
    *,
    temperature: float,
    draws: int,
    purpose: Purpose,
    seed: int,
    context: Mapping[str, Any],
    label: str,
) -> list[Score]:
    """Measure problems with a sampler and append Scores; draws already in the ledger are not repeated."""
    protocol = run.config.protocol.protocol(temperature)
    register_protocol(run.ledger, protocol)
    return measure(
        problems,
        sampler=sampler,
        verifier=shared_verifier(run.config.verifier),
        protocol=protocol,
        n=draws,
        purpose=purpose,
        seed=seed,
        ledger=run.ledger,
        context=dict(context),
        keep_rollouts=run.config.measure.keep_rollouts,
        on_progress=lambda done, total: run.note(label, done, total),
    )


def register_protocol(ledger: Ledger, protocol: Protocol) -> None:
    """Write a protocol's fields to the ledger, so that its hash can be read back as a temperature and limits."""
    fields = json.dumps({**asdict(protocol), "stop_ids": list(protocol.stop_ids)}, sort_keys=True)
    row = pa.Table.from_pylist([{"protocol": protocol.hash, "fields": fields}])
    ledger.append("protocols", row, part=protocol.hash)
