"""A Round is found again only where it belongs: same config, arm, start and code."""

from pathlib import Path

import pyarrow as pa
import pytest

from flows.loop.loop import cold_start
from flows.loop.rounds import forget_rounds, read_round, round_key, round_path, write_round
from flows.run import Run
from tests.flows.tiny import tiny
from tests.generators.changed import changed
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
    for versions in ({"family_version": 99}, {"verifier_version": 99}):
        with changed("seq/sort", **versions):
            assert read_round(run, loop, 1, start) is None, "made or judged by other code"


def test_a_moved_root_keeps_its_rounds(run, tmp_path):
    written(run, run.root / "checkpoints" / "a")
    moved = tiny(run.root.rename(tmp_path / "moved"), workers=4)
    assert read_round(moved, moved.config.loop.arms[0], 1, moved.root / "checkpoints" / "a") is not None


def test_rounds_that_no_longer_belong_are_taken_back_with_what_they_wrote(run):
    for arm in run.config.loop.arms:
        for number in (1, 2):
            write_round(run, {"key": "of older code", "arm": arm.name, "round": number})
            row = pa.Table.from_pylist([{"stage": "sft", "name": "loss", "value": 1.0, "unit": "", "step": 0}])
            run.ledger.append("metrics", row, part=f"{number}", run=run.run_id, round=number, arm=arm.name)
    forget_rounds(run, "loop", since=2)
    forget_rounds(run, "loop", since=2)
    left = [("loop", 1), ("uniform", 1), ("uniform", 2)]
    for table in ("rounds", "metrics"):
        rows = run.ledger.read(table).to_pylist()
        assert sorted((row["arm"], row["round"]) for row in rows) == left
    records = sorted(path.stem for path in round_path(run, "loop", 1).parent.iterdir())
    assert records == [f"{arm}-{number}" for arm, number in left]


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
