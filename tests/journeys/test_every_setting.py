"""Every leaf of the run's config, changed on its own, changes what a run does where it says it does.

The leaves are read off the config's own models: one that is added without a line here fails the last test. A run is
looked at from outside: the versions it made, the policies it left, and what it wrote to the ledger.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from pydantic import BaseModel

from flows.config import RunConfig, load_config
from flows.loop.loop import traceable
from flows.orchestration.whole import train_all
from flows.run import Run
from generators.family import load
from pipeline.choice.mixture import Cell
from pipeline.choice.operators import achieved, operator_shares
from pipeline.choice.weakness import WeaknessConfig, diagnose, histories_from_json, next_mixture
from pipeline.errors import PipelineError
from pipeline.fingerprint import content_hash
from tests.house.source import ROOT
from tests.journeys.facts import facts_of

BASE = """
name: mini
workers: 1
verifier: {workers: 0}
cells:
  - {family: seq/sort, levels: [1]}
  - {family: seq/maximum, levels: [1], regions: [max]}
  - {family: arith/signs, levels: [1]}
policy: {tiny: {hidden: 48, layers: 1, heads: 1, head_dim: 48, mlp: 64}}
protocol: {max_prompt_tokens: 40, max_completion_tokens: 24}
sets: {rendering: compact, probe_per_cell: 6, test_per_cell: 4}
measure: {test_draws: 1, greedy: false}
"""
COLD = {
    "cold_start": {"steps": 3, "rows_per_cell": 24, "sft": {"batch": 8, "warmup": 1}, "holes": {"trace_cells": 1}},
    "loop": {"rounds": 0, "arms": []},
}
"""A cold start of three steps, read on test."""
TAUGHT = {"steps": 300, "rows_per_cell": 400, "sft": {"batch": 32, "lr": 0.006}, "holes": {"trace_cells": 1}}
PRICE = {"sample_tokens_per_s": 600, "sft_tokens_per_s": 800, "grpo_tokens_per_s": 600}
GRPO = {
    "cold_start": TAUGHT,
    "loop": {
        "rounds": 1, "budget_s": 3, "rows": 24, "price": PRICE,
        "grpo": {"prompts": 6, "max_truncated": 1, "budget": {"group": 4}, "compose": {"name": "keep_all"}},
        "arms": [{"name": "only", "mixture": "uniform", "operator": "grpo"}],
    },
}  # fmt: skip
"""One round of a few GRPO steps from a policy that gets some answers right."""
LOOP = {
    "cold_start": TAUGHT,
    "loop": {
        **GRPO["loop"], "rounds": 2, "sft": {"batch": 8, "warmup": 1},
        "arms": [{"name": "only", "mixture": "weakness", "operator": "chosen"}],
    },
}  # fmt: skip
"""Two rounds of the weakness loop, diagnosis and both operators included."""


class Case(NamedTuple):
    """A leaf's other value; `sees` is the fact that must change, "" where none may; `beside` holds in both runs."""

    start: Mapping[str, Any]
    value: Any
    sees: str
    beside: tuple[str, ...] = ()


TWICE = ("loop.grpo.updates=3", "loop.grpo.lr=0.02")
"""Several updates a batch at a high rate, so that ratios leave 1 and a clip binds."""
STRETCH = (
    "loop.arms.0.operator=grpo",
    "loop.arms.0.mixture=weakness",
    "loop.budget_s=12",
    "loop.rounds=1",
    "loop.grpo.prompts=12",
)
"""One long stretch of a weakness arm, inside which the curriculum moves the mixture."""
MOVES = (*STRETCH, "loop.curriculum.refresh_every=1")
ZERO = ("loop.grpo.compose.name=zero_variance",)
SHORT = (
    "protocol.max_completion_tokens=9", "cells=[{family: seq/maximum, levels: [1], regions: [max]}]",
    "cold_start.steps=60", "cold_start.holes.trace_cells=0",
)  # fmt: skip
"""A policy that often does not end in time."""
BRIEF = "cold_start.steps=100"
"""Where other cells need a cold start of their own."""
IMITATES = ("loop.arms.0.operator=sft", "loop.sft.batch=8", "loop.sft.warmup=1")
BASELINE_FREE = ("loop.grpo.advantages.name=w_reinforce",)

CASES: dict[str, Case] = {
    "name": Case(COLD, "other", "", ("seed=0",)),
    "seed": Case(COLD, 7, "cold"),
    "workers": Case(LOOP, 2, ""),
    "verifier.workers": Case(GRPO, 1, ""),
    "verifier.timeout_s": Case(GRPO, 9.0, ""),
    "verifier.memory_mb": Case(GRPO, 1024, ""),
    "cells.family": Case(COLD, "seq/reverse", "start"),
    "cells.levels": Case(COLD, [1, 2], "start"),
    "cells.regions": Case(COLD, ["min"], "start", ("cells=[{family: seq/maximum, levels: [1]}]",)),
    "held_out.family": Case(COLD, "arith/signs", "cold", ("held_out=[{family: seq/sort, levels: [1]}]",)),
    "held_out.levels": Case(COLD, [2], "start", ("held_out=[{family: seq/sort, levels: [1]}]",)),
    "held_out.regions": Case(
        COLD, ["min"], "start", ("held_out=[{family: seq/maximum, levels: [1], regions: [max]}]",)
    ),
    "policy.tiny.hidden": Case(COLD, 32, "cold"),
    "policy.tiny.layers": Case(COLD, 2, "cold"),
    "policy.tiny.heads": Case(COLD, 2, "cold"),
    "policy.tiny.head_dim": Case(COLD, 16, "cold"),
    "policy.tiny.mlp": Case(COLD, 32, "cold"),
    "policy.tiny.positions": Case(COLD, 256, "cold"),
    "protocol.max_prompt_tokens": Case(COLD, 44, "replies"),
    "protocol.max_completion_tokens": Case(COLD, 12, "replies"),
    "protocol.template": Case(COLD, "chat", "replies", ("protocol.max_prompt_tokens=80",)),
    "protocol.system": Case(COLD, "12", "replies", ("protocol.max_prompt_tokens=80", "protocol.template=chat")),
    "sampler.batch_rows": Case(GRPO, 4, "steps"),
    "sets.probe_per_cell": Case(COLD, 5, "start"),
    "sets.test_per_cell": Case(COLD, 5, "start"),
    "sets.rules": Case(COLD, [{"name": "length", "max_prompt_chars": 17}], "start"),
    "cold_start.steps": Case(COLD, 4, "cold"),
    "cold_start.rows_per_cell": Case(COLD, 5, "start"),
    "cold_start.sft.batch": Case(COLD, 9, "cold"),
    "cold_start.sft.optimiser": Case(COLD, "adamw", "cold"),
    "cold_start.sft.lr": Case(COLD, 0.001, "cold"),
    "cold_start.sft.weight_decay": Case(COLD, 0.5, "cold"),
    "cold_start.sft.warmup": Case(COLD, 3, "cold"),
    "cold_start.sft.schedule": Case(COLD, "cosine", "cold"),
    "cold_start.sft.grad_clip": Case(COLD, 0.001, "cold"),
    "cold_start.sft.micro_rows": Case(COLD, 4, "cold"),
    "cold_start.holes.trace_cells": Case(COLD, 0, "cold"),
    "cold_start.holes.search_cells": Case(COLD, 1, "cold", ("cells.2.family=np/coin_change",)),
    "cold_start.holes.mass": Case(COLD, 1.0, "cold"),
    "measure.probe_draws": Case(LOOP, 2, "probed"),
    "measure.test_draws": Case(COLD, 3, "reported"),
    "measure.greedy": Case(COLD, True, "replies"),
    "measure.keep_rollouts": Case(COLD, 0, "replies"),
    "measure.keep_training": Case(GRPO, 2, "read"),
    "loop.rounds": Case(GRPO, 2, "policies"),
    "loop.budget_s": Case(GRPO, 2, "policies"),
    "loop.rows": Case(GRPO, 30, "plan"),
    "loop.arms.name": Case(GRPO, "another", "arms"),
    "loop.arms.mixture": Case(LOOP, "uniform", "taught", ("loop.arms.0.operator=grpo", "loop.grpo.prompts=12")),
    "loop.arms.operator": Case(GRPO, "sft", "policies"),
    "loop.checkpoint_every": Case(GRPO, 3, ""),
    "loop.price.sample_tokens_per_s": Case(GRPO, 1200, "policies"),
    "loop.price.sft_tokens_per_s": Case(GRPO, 400, "policies", ("loop.arms.0.operator=sft",)),
    "loop.price.grpo_tokens_per_s": Case(GRPO, 1200, "policies"),
    "loop.grpo.preset": Case(GRPO, "dr_grpo", "policies"),
    "loop.grpo.budget.name": Case(GRPO, "rounds", "policies"),
    "loop.grpo.budget.group": Case(GRPO, 5, "policies"),
    "loop.grpo.budget.cap": Case(GRPO, 12, "policies", ("loop.grpo.budget.name=rounds",)),
    "loop.grpo.reward.name": Case(GRPO, "quality", "policies", ("cells.2.family=seq/lis", BRIEF)),
    "loop.grpo.reward.format_weight": Case(GRPO, 0.5, "policies"),
    "loop.grpo.compose.name": Case(GRPO, "zero_variance", "steps"),
    "loop.grpo.compose.eps": Case(GRPO, 2.0, "policies", ZERO),
    "loop.grpo.compose.mask_truncated": Case(GRPO, True, "policies", SHORT),
    "loop.grpo.compose.refill_rounds": Case(GRPO, 2, "steps", ZERO),
    "loop.grpo.advantages.name": Case(GRPO, "rloo", "policies"),
    "loop.grpo.advantages.positive_weight": Case(GRPO, 0.9, "policies", BASELINE_FREE),
    "loop.grpo.advantages.eps": Case(GRPO, 1.0, "policies"),
    "loop.grpo.losses.clip_low": Case(GRPO, 0.01, "policies", TWICE),
    "loop.grpo.losses.clip_high": Case(GRPO, 0.01, "policies", TWICE),
    "loop.grpo.losses.reduction": Case(GRPO, "token_mean", "policies"),
    "loop.grpo.losses.denominator": Case(GRPO, "sampled", "policies", ZERO),
    "loop.grpo.losses.kl": Case(GRPO, 0.5, "policies"),
    "loop.grpo.losses.mismatch_cap": Case(GRPO, 0.5, "policies"),
    "loop.grpo.prompts": Case(GRPO, 5, "policies"),
    "loop.grpo.updates": Case(GRPO, 2, "policies"),
    "loop.grpo.lr": Case(GRPO, 0.001, "policies"),
    "loop.grpo.betas": Case(GRPO, [0.5, 0.9], "policies"),
    "loop.grpo.weight_decay": Case(GRPO, 0.5, "policies"),
    "loop.grpo.grad_clip": Case(GRPO, 0.001, "policies"),
    "loop.grpo.micro_rows": Case(GRPO, 2, "steps"),
    "loop.sft.batch": Case(GRPO, 9, "policies", IMITATES),
    "loop.sft.optimiser": Case(GRPO, "adamw", "policies", IMITATES),
    "loop.sft.lr": Case(GRPO, 0.001, "policies", IMITATES),
    "loop.sft.weight_decay": Case(GRPO, 0.5, "policies", IMITATES),
    "loop.sft.warmup": Case(GRPO, 2, "policies", IMITATES),
    "loop.sft.schedule": Case(GRPO, "linear", "policies", IMITATES),
    "loop.sft.grad_clip": Case(GRPO, 0.001, "policies", IMITATES),
    "loop.sft.micro_rows": Case(GRPO, 2, "steps", IMITATES),
    "loop.curriculum.name": Case(LOOP, "uniform", "taught", MOVES),
    "loop.curriculum.refresh_every": Case(LOOP, 2, "taught", (*STRETCH, "loop.curriculum.name=weakness")),
    "loop.curriculum.total_steps": Case(
        LOOP, 3, "taught", (*MOVES, "loop.curriculum.name=easy_to_hard", "cells.1.levels=[1, 2]", BRIEF)
    ),
}
UNMOVED = ("loop.budget_s=6", "loop.grpo.prompts=12", "loop.curriculum.refresh_every=1")
"""Half the stretch of MOVES on an arm whose mixture no diagnosis chooses: a curriculum is none of its business."""
REFUSED: dict[str, tuple[str, str]] = {
    "policy.path": ("/nowhere/model", "both path"),
    "sampler.name": ("gpu", "torch"),
    "sets.rendering": ("plain", "unknown to the character tokenizer"),
    "loop.grpo.views.name": ("hinted", "unknown view"),
    "loop.grpo.credit.name": ("branches", "unknown credit"),
    "loop.grpo.losses.name": ("gspo", "unknown loss"),
}
"""Leaves with one value that a tiny policy can use: another must be refused by name, so it was read."""


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every option of a config, list positions left out."""
    for name, field in model.model_fields.items():
        inner = _models(field.annotation)
        if not inner:
            yield prefix + name
        for part in inner:
            yield from leaves(part, f"{prefix}{name}.")


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Return what runs a variant under overrides, once each, in a root with the common cold start and some shards.

    What a variant shares with them is found there; what it changes is made anew.
    """
    folder = tmp_path_factory.mktemp("settings")
    done: dict[str, dict[str, Any]] = {}

    def run(start: Mapping[str, Any], overrides: tuple[str, ...], root: Path) -> Run:
        path = folder / "mini.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(BASE), **start, "data_dir": str(root)}))
        bound = Run(load_config(path, overrides))
        train_all(bound)
        return bound

    def facts(start: Mapping[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
        key = content_hash([json.loads(json.dumps(start)), list(overrides)])
        if key not in done:
            if not (taught := folder / "taught").exists():
                run(GRPO, ("loop.rounds=0",), taught)
                for variant in (GRPO, LOOP, COLD):
                    run(variant, (), folder / "whole")
                shutil.copytree(folder / "whole" / "shards", taught / "shards", dirs_exist_ok=True)
            common = Path("shards") if start is COLD else Path()
            shutil.copytree(taught / common, folder / key / common)
            done[key] = facts_of(run(start, overrides, folder / key))
        return done[key]

    return facts


def place(path: str) -> str:
    """Return where `--set` finds a leaf: the first entry of a list of nodes."""
    for lists in ("cells", "held_out", "loop.arms"):
        if path.startswith(lists + "."):
            return f"{lists}.0{path.removeprefix(lists)}"
    return path


def cases() -> list[Any]:
    """Return every case, those of one variant side by side."""
    return [pytest.param(path, id=path) for path in CASES]


@pytest.mark.parametrize("path", cases())
def test_a_setting_changes_what_it_names_and_a_circumstance_nothing(bench, path):
    case = CASES[path]
    before = bench(case.start, case.beside)
    after = bench(case.start, (*case.beside, f"{place(path)}={json.dumps(case.value)}"))
    changed = {name for name in before if before[name] != after[name]} - {"turns"}
    if case.sees:
        assert case.sees in changed, f"{path} = {case.value!r} changed {sorted(changed) or 'nothing'}"
    else:
        assert not changed, f"{path} is a circumstance and changed {sorted(changed)}"


@pytest.mark.parametrize("path", REFUSED)
def test_a_value_that_cannot_be_used_is_refused_by_name(bench, path):
    value, why = REFUSED[path]
    with pytest.raises(PipelineError, match=why):
        bench(COLD, (f"{place(path)}={json.dumps(value)}",))


def test_the_curriculum_moves_no_arm_but_the_weakness_arm(bench):
    moved, still = (bench(GRPO, (*UNMOVED, f"loop.curriculum.name={name}")) for name in ("weakness", "uniform"))
    assert moved["taught"] == still["taught"] and moved["policies"] == still["policies"]


ODD = {
    "group": 4, "level": 0.6, "half_life": 3.0, "intraclass": 0.1, "relative_threshold": 0.5, "solved_above": 0.6,
    "unreachable_below": 0.05, "spare_improving": True, "coverage": 0.3, "rehearsal": 0.2, "sft_rate": 0.3,
    "grpo_rate": 0.2, "prior_s": 2.0, "least_share": 0.3,
}  # fmt: skip
"""Another value for every option of the diagnosis."""


def test_the_diagnosis_and_the_plan_are_those_of_the_config(bench):
    assert set(ODD) == set(WeaknessConfig.model_fields)
    config = WeaknessConfig(**ODD)
    overrides = tuple(f"loop.weakness.{name}={json.dumps(value)}" for name, value in ODD.items())
    turns = bench(LOOP, overrides)["turns"]
    assert len(turns) == 2
    past: list[Any] = []
    for before, turn in zip([None, *turns], turns, strict=False):
        histories = histories_from_json(turn["probe"])
        learnable = {cell: traceable(cell) for cell in histories}
        found = diagnose(histories, learnable, config)
        assert turn["diagnosis"] == found.to_json() != diagnose(histories, learnable, WeaknessConfig()).to_json()
        if before is not None:
            costs = {operator: took["priced_s"] for operator, took in before["training"].items()}
            earlier = diagnose(histories_from_json(before["probe"]), learnable, config)
            past += achieved(earlier, found, costs)
        shares = operator_shares(found, config, past=past)
        assert {part["operator"]: pytest.approx(part["share"]) for part in turn["parts"]} == shares
        for part in turn["parts"]:
            among = [cell for cell in learnable if part["operator"] == "grpo" or load(cell.family).trace is not None]
            wanted = next_mixture(found, config, operator=part["operator"], among=among)
            assert dict(wanted.weights) == {Cell(*cell): weight for *cell, weight in part["mixture"]}


ELSEWHERE = {
    "data_dir": "tests/journeys/test_every_setting.py::bench",
    "protocol.thinking": "tests/journeys/test_starts.py::test_a_model_folder_is_read_and_asked_as_told",
    "measure.audit_per_stratum": "tests/flows/orchestration/test_whole.py::test_as_many_verdicts_are_audited_as_told",
    "loop.grpo.max_truncated": (
        "tests/trainer/test_grpo.py::test_two_steps_of_truncated_replies_stop_training_unless_allowed"
    ),
    "loop.grpo.max_undecided": "tests/trainer/test_grpo.py::test_replies_that_nobody_could_judge_stop_training",
    "loop.grpo.reward.correction": (
        "tests/flows/loop/test_corrected_training.py::test_with_one_the_stretch_trains_and_records_what_it_corrected_by"
    ),
}
"""Leaves whose effect another test holds, by file and name."""


def test_no_setting_is_left_out():
    covered = ("loop.weakness.", "loop.curriculum.weakness.")
    every = {path for path in leaves(RunConfig) if not path.startswith(covered)}
    told = {*CASES, *REFUSED, *ELSEWHERE}
    assert every - told == set(), "a new option: say in CASES what it changes"
    assert told <= every
    for leaf, test in ELSEWHERE.items():
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{leaf}: there is no {test}"
