"""A run small enough to train in seconds on one core, and what must be equal when it is done again."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from flows.config import RunConfig
from flows.run import Run

TINY = """
name: tiny
workers: 1
verifier: {workers: 0}
cells:
  - {family: seq/sort, levels: [1]}
  - {family: seq/maximum, levels: [1], regions: [max]}
  - {family: arith/signs, levels: [1]}
policy: {tiny: {hidden: 32, layers: 1, heads: 1, mlp: 64}}
protocol: {max_prompt_tokens: 40, max_completion_tokens: 24}
sets: {rendering: compact, probe_per_cell: 8, test_per_cell: 8}
cold_start: {steps: 80, rows_per_cell: 300, holes: {trace_cells: 1}}
measure: {test_draws: 2}
loop:
  rounds: 2
  budget_s: 1
  rows: 128
  checkpoint_every: 3
  price: {sample_tokens_per_s: 25000, sft_tokens_per_s: 8000, grpo_tokens_per_s: 25000}
  arms: [{name: loop, mixture: weakness, operator: chosen}, {name: uniform, mixture: uniform, operator: grpo}]
"""


class Result(NamedTuple):
    """What one command did."""

    code: int
    out: str
    err: str


def tiny(root: Path, **changes: Any) -> Run:
    """Return the tiny run bound to a root, with top-level keys of its config replaced."""
    return Run(RunConfig.model_validate({**yaml.safe_load(TINY), "data_dir": root, **changes}))


def rounds_of(run: Run) -> dict[str, dict[str, Any]]:
    """Return the Round records by "arm-number"."""
    paths = sorted((run.root / "rounds" / run.run_id).glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def outcome(run: Run) -> dict[str, Any]:
    """Return what a run made: the ids of its versions and the id of the policy after every round."""
    policies = {name: turn["policy_after"] for name, turn in rounds_of(run).items()}
    return {"versions": sorted(version.id for version in run.store.versions()), "policies": policies}
