"""Checkpoints resume bit for bit, survive kills, and say so when their bytes are not what was saved."""

import json
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.store.sealed import HASHES
from tests.pipeline.store.test_sealed import flipped
from tests.trainer.lessons import PROTOCOL, pool, small_policy
from trainer import checkpoint
from trainer.policy import load_policy
from trainer.sft import SFTConfig, train_sft
from trainer.train_state import Resume, TrainState


def train(policy, *, steps, config, resume=None):
    chosen = pool()
    return train_sft(
        policy, chosen, chosen.uniform(), config=config, protocol=PROTOCOL, steps=steps, seed_name=("resume",),
        resume=resume,
    )  # fmt: skip


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_two_steps_then_two_from_disk_equal_four(optimiser, tmp_path):
    config = SFTConfig(batch=16, optimiser=optimiser, warmup=3, weight_decay=0.01)
    straight = small_policy()
    whole = train(straight, steps=4, config=config)
    policy = small_policy()
    half = train(policy, steps=2, config=config)
    checkpoint.save(tmp_path / "c", policy=policy, optimiser=half.resume.optimiser, state=half.resume.state.to_json())
    found = checkpoint.load(tmp_path / "c")
    resume = Resume(TrainState.from_json(found.state), found.optimiser)
    rest = train(found.policy, steps=4, config=config, resume=resume)
    assert half.losses + rest.losses == whole.losses
    assert found.policy.policy_id == straight.policy_id != policy.policy_id
    assert rest.steps == 4 and rest.resume.state.totals.tokens_trained == whole.tokens
    for left, right in zip(_tensors(whole.resume.optimiser), _tensors(rest.resume.optimiser), strict=True):
        assert torch.equal(left, right)


def _tensors(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for item in value for tensor in _tensors(item)] if isinstance(value, list | tuple) else []


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_LEAVES = _SCALARS | st.sampled_from([torch.tensor(1.5), torch.zeros(2, 0), torch.arange(3).to(torch.bfloat16)])
_NESTED = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.integers() | st.text(), inner),
    max_leaves=8,
)


@given(_NESTED)
def test_any_nesting_of_tensors_and_scalars_comes_back_as_it_was(value):
    tensors = {}
    skeleton = json.loads(json.dumps(checkpoint._flat(value, tensors)))
    assert _equal(checkpoint._nested(skeleton, tensors), value)


def _equal(left, right) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, torch.Tensor):
        return left.dtype == right.dtype and torch.equal(left, right)
    if isinstance(left, dict):
        return list(left) == list(right) and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(_equal(a, b) for a, b in zip(left, right, strict=True))
    return bool(left == right)


def test_a_newer_checkpoint_takes_the_place_of_an_older_one_without_leftovers_or_pickles(tmp_path):
    path = tmp_path / "deep" / "c"
    for step in range(3):
        checkpoint.save(path, policy=small_policy(step), state={"step": step})
    assert (
        checkpoint.load(path).state == checkpoint.read_state(path) == {"step": 2}
        and checkpoint.load(path).optimiser == {}
    )
    assert [child.name for child in path.parent.iterdir()] == ["c"]
    assert {file.suffix for file in path.iterdir()} <= {".json", ".safetensors", ".jinja"}


def test_low_precision_weights_come_back_in_theirs(tmp_path):
    policy = small_policy()
    policy.model.to(torch.bfloat16)
    checkpoint.save(tmp_path / "c", policy=policy, state=None)
    found = checkpoint.load(tmp_path / "c").policy
    assert found.policy_id == policy.policy_id and found.model.model.norm.weight.dtype == torch.bfloat16


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path):
    path = tmp_path / "c"
    checkpoint.save(path, policy=small_policy(), state=1)
    path.rename(tmp_path / "c.old")
    (tmp_path / ".tmp-1-c").mkdir()  # what the killed process was writing
    assert checkpoint.exists(path) and checkpoint.load(path).state == 1
    checkpoint.save(path, policy=small_policy(), state=2)
    assert checkpoint.load(path).state == 2 and not (tmp_path / "c.old").exists()


def test_an_unfinished_or_missing_checkpoint_is_none(tmp_path):
    assert not checkpoint.exists(tmp_path / "c")
    small_policy().save(tmp_path / "c")
    assert not checkpoint.exists(tmp_path / "c")
    with pytest.raises(StoreError, match="no checkpoint"):
        checkpoint.load(tmp_path / "c")


@pytest.mark.parametrize("file", ["model.safetensors", checkpoint.OPTIMISER, checkpoint.STATE, "config.json", HASHES])
def test_every_flipped_bit_of_a_checkpoint_is_refused_by_name(file, tmp_path):
    path = tmp_path / "c"
    checkpoint.save(path, policy=small_policy(), state={"step": 1}, optimiser={"m": torch.ones(3)})
    content, rng = (path / file).read_bytes(), random.Random(6)
    for _ in range(20):
        changed = flipped(content, rng.randrange(len(content)), rng.randrange(8))
        (path / file).write_bytes(changed)
        if file == HASHES and changed.split() == content.split():
            continue  # white space
        for read in (checkpoint.load, checkpoint.read_state, checkpoint.read_optimiser, load_policy):
            with pytest.raises(StoreError, match=rf"{path}.*delete this folder.*it is made again"):
                read(path)
    (path / file).write_bytes(content)
    assert checkpoint.load(path).state == {"step": 1}


@pytest.mark.parametrize("damage", ["gone", "empty", "swapped"])
def test_files_that_were_not_saved_are_refused(damage, tmp_path):
    path = tmp_path / "c"
    checkpoint.save(path, policy=small_policy(), state=1, optimiser={"m": torch.ones(3)})
    if damage == "swapped":
        small_policy(5).save(path)
    elif damage == "gone":
        (path / checkpoint.OPTIMISER).unlink()
    else:
        (path / checkpoint.OPTIMISER).write_bytes(b"")
    for read in (checkpoint.load, checkpoint.read_optimiser):
        with pytest.raises(StoreError, match=r"delete this folder"):
            read(path)


@pytest.mark.parametrize("damage", ["", "weights", "optimiser", "state"])
def test_a_checkpoint_of_an_earlier_veriloop_is_read_with_what_it_has_and_said(damage, tmp_path, caplog):
    path = tmp_path / "c"
    checkpoint.save(path, policy=small_policy(), state=1, optimiser={"m": torch.ones(3)})
    (path / HASHES).unlink()
    if damage == "weights":
        (path / "model.safetensors").write_bytes(flipped((path / "model.safetensors").read_bytes(), -5, 0))
    elif damage:
        (path / {"optimiser": checkpoint.OPTIMISER, "state": checkpoint.STATE}[damage]).write_bytes(b"{}")
    if damage:
        with pytest.raises(StoreError, match=r"delete this folder"):
            checkpoint.load(path)
    else:
        assert checkpoint.load(path).state == 1
    assert "read unchecked" in caplog.text


def test_a_disk_that_refuses_leaves_the_older_checkpoint(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="cannot write"):
        checkpoint.save(tmp_path / "file" / "c", policy=small_policy(), state=1)
    path = tmp_path / "c"
    checkpoint.save(path, policy=small_policy(), state=1)
    with pytest.raises((TypeError, ValueError)):
        checkpoint.save(path, policy=small_policy(), state={"rate": float("nan")})
    assert checkpoint.load(path).state == 1
    assert [child.name for child in tmp_path.iterdir() if child.name.startswith(".tmp")] == []
