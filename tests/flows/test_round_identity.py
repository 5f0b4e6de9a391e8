"""A Round is found again only where it belongs: same config, arm, start and code."""

from pathlib import Path

import pytest

from flows.loop import cold_start, read_round, round_key, write_round
from flows.stages import Run
from tests.flows.tiny import tiny
from trainer.policy import TinyConfig, tiny_policy


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny(tmp_path / "run")


def written(run: Run, start: Path) -> None:
    (arm, _) = run.config.loop.arms
    write_round(run, {"key": round_key(run, arm, 1, start), "arm": arm.name, "round": 1})


def test_a_round_is_found_by_what_it_comes_from(run):
    loop, uniform = run.config.loop.arms
    start = run.root / "checkpoints" / "a"
    assert read_round(run, loop, 1, start) is None
    written(run, start)
    assert read_round(run, loop, 1, start)["round"] == 1
    assert read_round(run, loop, 1, run.root / "checkpoints" / "b") is None, "another start: the chain is another"
    assert read_round(run, loop.model_copy(update={"operator": "grpo"}), 1, start) is None
    assert read_round(run, loop, 2, start) is None
    assert read_round(run, uniform, 1, start) is None


def test_a_moved_root_keeps_its_rounds(run, tmp_path):
    written(run, run.root / "checkpoints" / "a")
    moved = tiny(run.root.rename(tmp_path / "moved"), workers=4)
    assert read_round(moved, moved.config.loop.arms[0], 1, moved.root / "checkpoints" / "a") is not None


def no_training(root: Path, **changes) -> Run:
    run = tiny(root, cold_start={"steps": 0}, **changes)
    return Run(run.config)


def test_the_common_start_depends_on_what_the_policy_is_and_how_it_is_asked(tmp_path):
    config = TinyConfig(hidden=32, layers=1, heads=1, mlp=64)
    for place, seed in (("one", 1), ("copy", 1), ("other", 2)):
        tiny_policy(config, seed=seed).save(tmp_path / place)
    at = {place: no_training(tmp_path / "run", policy={"path": str(tmp_path / place)}) for place in ("one", "copy")}
    first = cold_start(at["one"])
    assert cold_start(at["copy"]) == first, "where a model lies is a circumstance"
    tiny_policy(config, seed=2).save(tmp_path / "one")
    assert cold_start(at["one"]) != first, "other weights at the same path are another start"
    longer = {"max_prompt_tokens": 40, "max_completion_tokens": 30}
    assert cold_start(no_training(tmp_path / "run", policy={"path": str(tmp_path / "copy")}, protocol=longer)) != first
