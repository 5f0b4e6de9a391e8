"""A policy's identity, its character tokenizer, and what happens where there is no model."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from transformers import GPT2Config, GPT2LMHeadModel

from pipeline.errors import ConfigError
from pipeline.protocol import COMPACT_ALPHABET, Protocol
from trainer.policy import (
    TINY_VOCABULARY,
    Policy,
    PolicyConfig,
    TinyConfig,
    character_tokenizer,
    load_policy,
    tiny_policy,
)

SMALL = TinyConfig(hidden=32, layers=2, heads=2, head_dim=16, mlp=48)
PROTOCOL = Protocol(max_prompt_tokens=80, max_completion_tokens=8)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return tiny_policy(SMALL, seed=1)


def test_the_default_tiny_policy_has_a_third_of_a_million_weights_in_float32():
    model = tiny_policy(TinyConfig(), seed=0).model
    assert 330_000 < sum(weight.numel() for weight in model.parameters()) < 350_000
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_a_seed_gives_the_same_policy_in_another_process_and_leaves_the_global_generator_alone(policy):
    before = torch.get_rng_state()
    assert tiny_policy(SMALL, seed=1).policy_id == policy.policy_id != tiny_policy(SMALL, seed=2).policy_id
    assert torch.equal(before, torch.get_rng_state())
    code = (
        "import torch; torch.manual_seed(5)\n"
        "from trainer.policy import TinyConfig, tiny_policy\n"
        f"print(tiny_policy(TinyConfig(**{SMALL.model_dump()!r}), seed=1).policy_id)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == policy.policy_id


def test_the_identity_changes_with_any_weight_and_with_the_tokenizer(policy):
    other = tiny_policy(SMALL, seed=1)
    with torch.no_grad():
        other.model.model.norm.weight[3] += 1e-6
    assert other.policy_id != policy.policy_id
    tokenizer = character_tokenizer()
    tokenizer.chat_template = "{{ messages[0]['content'] }}!"
    assert Policy(policy.model, tokenizer).policy_id != policy.policy_id


def test_saving_and_loading_keeps_identity_ids_and_text(policy, tmp_path):
    policy.save(tmp_path)
    loaded = load_policy(tmp_path)
    assert loaded.policy_id == policy.policy_id and loaded.end_ids == policy.end_ids
    assert loaded.encode("k12>", PROTOCOL).tolist() == policy.encode("k12>", PROTOCOL).tolist()
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".bin", ".pt", ".pkl")]


@given(st.text(alphabet=COMPACT_ALPHABET, min_size=1, max_size=60))
def test_text_survives_the_round_trip_and_the_tokenizer_agrees_with_the_table(text):
    policy = _shared()
    ids = policy.encode(text, PROTOCOL)
    assert ids.dtype == np.int32 and len(ids) == len(text)
    assert policy.decode(ids) == text
    assert policy.tokenizer.encode(text) == ids.tolist()
    assert policy.tokenizer.decode(ids.tolist()) == text
    chat = Protocol(max_prompt_tokens=80, max_completion_tokens=8, template="chat", system="s")
    assert policy.decode(policy.encode(text, chat)) == "s" + text


_POLICIES: list[Policy] = []


def _shared() -> Policy:
    if not _POLICIES:
        _POLICIES.append(tiny_policy(SMALL, seed=1))
    return _POLICIES[0]


def test_end_and_padding_leave_no_text_and_reserved_ids_do(policy):
    ids = np.arange(TINY_VOCABULARY, dtype=np.int32)
    text = policy.decode(ids)
    assert text.startswith(COMPACT_ALPHABET) and len(text) == TINY_VOCABULARY - 3
    assert text == policy.tokenizer.decode(ids.tolist(), skip_special_tokens=True)
    assert policy.end_ids == (policy.tokenizer.eos_token_id,)


@pytest.mark.parametrize(
    ("prompt", "changes", "words"),
    [
        ("kA1>", {}, "'A'"),
        ("k" * 9, {"max_prompt_tokens": 8}, "9 tokens"),
        ("", {}, "0 tokens"),
        ("k1>", {"system": "be brief"}, "system"),
    ],
)
def test_a_prompt_that_cannot_be_asked_is_refused(policy, prompt, changes, words):
    protocol = Protocol(**{"max_prompt_tokens": 80, "max_completion_tokens": 8, **changes})
    with pytest.raises(ConfigError, match=words):
        policy.encode(prompt, protocol)


def test_a_chat_needs_a_template():
    tokenizer = character_tokenizer()
    tokenizer.chat_template = None
    bare = Policy(_shared().model, tokenizer)
    with pytest.raises(ConfigError, match="chat template"):
        bare.encode("k1>", Protocol(max_prompt_tokens=8, max_completion_tokens=8, template="chat"))


def test_any_causal_lm_of_transformers_loads(tmp_path):
    GPT2LMHeadModel(GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2, n_positions=64)).save_pretrained(tmp_path)
    character_tokenizer().save_pretrained(tmp_path)
    loaded = PolicyConfig(path=str(tmp_path)).build(seed=0)
    assert loaded.model.config.model_type == "gpt2" and loaded.decode(loaded.encode("s12>", PROTOCOL)) == "s12>"


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "no json", "unknown type"])
def test_a_path_that_is_no_model_is_refused_with_a_remedy(policy, tmp_path, damage):
    folder = tmp_path / "a" / "model"
    if damage != "missing":
        folder.mkdir(parents=True)
    if damage in ("truncated", "no json", "unknown type"):
        policy.save(folder)
    if damage == "truncated":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    if damage == "no json":
        (folder / "config.json").write_text("{")
    if damage == "unknown type":
        (folder / "config.json").write_text(json.dumps({"model_type": "abacus"}))
    with pytest.raises(ConfigError, match=r"no model.*config\.json"):
        load_policy(folder)


def test_configs_refuse_two_sources_and_unknown_keys():
    with pytest.raises((ConfigError, ValidationError), match="remove one"):
        PolicyConfig(path="x/y", tiny=TinyConfig())
    with pytest.raises(ValidationError, match="hiden"):
        TinyConfig(hiden=8)
    assert PolicyConfig(tiny=SMALL).build(seed=1).policy_id == _shared().policy_id


def test_configs_import_no_torch():
    code = "import sys, trainer.policy, trainer.sft; assert not {'torch', 'transformers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
