"""What decays on disk between two calls is refused by name, and made again as it was once it is deleted."""

import json
import logging
import random
import shutil

import pytest

from flows.loop.loop import cold_start
from flows.loop.rounds import SEAL, read_record, read_round, round_path
from flows.orchestration.whole import train_all
from flows.run import Run
from pipeline.errors import StoreError
from tests.flows.orchestration.test_crash import metrics, rates
from tests.flows.tiny import outcome, rounds_of, tiny
from tests.pipeline.store.test_sealed import flipped


@pytest.fixture
def run(tiny_run, tmp_path) -> Run:
    """A finished run, copied to be damaged."""
    return tiny(shutil.copytree(tiny_run.root, tmp_path / "run"))


def decay(path) -> None:
    content = path.read_bytes()
    path.write_bytes(flipped(content, random.Random(str(path.name)).randrange(len(content) // 2, len(content)), 4))


def same(run: Run, whole: Run) -> bool:
    return (outcome(run), rates(run), metrics(run)) == (outcome(whole), rates(whole), metrics(whole))


@pytest.mark.slow
def test_a_common_start_that_decayed_is_refused_and_made_again_once_deleted(run, tiny_run):
    start = cold_start(run)
    decay(start / "model.safetensors")
    with pytest.raises(StoreError, match=rf"{start.name}/model\.safetensors is damaged.*delete this folder"):
        train_all(run)
    shutil.rmtree(start)
    train_all(run)
    assert same(run, tiny_run)


@pytest.mark.slow
def test_a_checkpoint_between_two_rounds_that_decayed_is_refused_and_made_again_once_deleted(run, tiny_run):
    first = rounds_of(run)["loop-1"]
    left = run.root / first["checkpoint_after"]
    round_path(run, "loop", 2).unlink()
    decay(left / "model.safetensors")
    with pytest.raises(StoreError, match=rf"{left.name}/model\.safetensors is damaged.*delete this folder"):
        train_all(run)
    shutil.rmtree(left)
    train_all(run)
    assert same(run, tiny_run)


@pytest.mark.slow
def test_a_checkpoint_that_is_gone_is_made_again_and_no_later_round_is_forgotten(run, tiny_run):
    first = rounds_of(run)["uniform-1"]
    left = run.root / first["checkpoint_after"]
    before = {path: path.read_bytes() for path in (run.root / "rounds").rglob("*-2.json")}
    shutil.rmtree(left)
    train_all(run)
    assert left.is_dir() and same(run, tiny_run)
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.slow
def test_a_round_file_that_decayed_is_refused_and_told_again_once_deleted(run, tiny_run):
    path = round_path(run, "loop", 1)
    decay(path)
    with pytest.raises(StoreError, match=r"loop-1\.json is damaged .*delete it and run the same command again"):
        train_all(run)
    path.unlink()
    train_all(run)
    assert same(run, tiny_run)


def test_every_flipped_bit_of_a_round_file_is_seen_or_changes_nothing(run):
    path = round_path(run, "loop", 1)
    content, whole, rng = path.read_bytes(), read_record(path), random.Random(5)
    seen = 0
    for _ in range(150):
        path.write_bytes(flipped(content, rng.randrange(len(content)), rng.randrange(8)))
        try:
            assert read_record(path) == whole
        except StoreError as error:
            assert str(path) in str(error) and len(str(error)) < 1000
            seen += 1
    assert seen > 80  # a third of the file is white space


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 10**6, b'{"key": NaN'])
def test_a_round_file_of_anything_is_refused_by_name(run, content):
    round_path(run, "loop", 1).write_bytes(content)
    with pytest.raises(StoreError, match=r"loop-1\.json is damaged"):
        read_round(run, run.config.loop.arms[0], 1, cold_start(run))


def test_a_round_file_of_an_earlier_veriloop_is_read_and_said(run, caplog):
    path = round_path(run, "loop", 1)
    turn = json.loads(path.read_text())
    del turn[SEAL]
    path.write_text(json.dumps(turn))
    with caplog.at_level(logging.WARNING):
        assert read_round(run, run.config.loop.arms[0], 1, cold_start(run)) == turn
    assert "read unchecked" in caplog.text
