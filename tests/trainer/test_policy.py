"""A policy's identity, its character tokenizer, and what happens where there is no model."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from generators.grade import grade
from pipeline.errors import ConfigError
from pipeline.problem import Outcome
from pipeline.protocol import COMPACT_ALPHABET, Protocol
from trainer.policy import (
    TINY_VOCABULARY,
    Policy,
    PolicyConfig,
    TinyConfig,
    character_tokenizer,
    check_askable,
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


def test_only_an_end_token_in_last_place_leaves_no_text(policy):
    every = np.arange(TINY_VOCABULARY, dtype=np.int32)
    assert policy.end_ids == (policy.tokenizer.eos_token_id,)
    text = policy.decode(every)
    assert text.startswith("<pad><eos><bos>" + COMPACT_ALPHABET) and text == policy.tokenizer.decode(every.tolist())
    (end,) = policy.end_ids
    assert policy.decode(np.array([3, end, 4, end], dtype=np.int32)) == text[15] + "<eos>" + text[16]
    named = dataclasses.replace(PROTOCOL, stop_ids=(0, 4))
    assert policy.decode(np.array([3, end, 0], dtype=np.int32), named) == text[15] + "<eos>"
    assert policy.decode(np.array([3, 4], dtype=np.int32), named) == text[15:17]  # ordinary text that ends a reply
    assert policy.decode(np.array([], dtype=np.int32)) == ""


SPECIALS = ("<|fim|>", "[THINK]", "[/THINK]")


@pytest.fixture(scope="module")
def wordy() -> Policy:
    """A policy whose byte-level tokenizer has special tokens that may turn up in a reply."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator([], trainers.BpeTrainer(initial_alphabet=alphabet, special_tokens=["<eos>", *SPECIALS]))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<eos>", extra_special_tokens=list(SPECIALS)
    )
    return Policy(_shared().model, tokenizer)


@pytest.mark.parametrize(
    "said", ["The answer is 4<|fim|>2.", "[THINK]maybe \\boxed{42}", "[THINK]hm[/THINK]The answer is \\boxed{42}."]
)
def test_special_tokens_of_a_reply_stay_visible_and_the_end_does_not(wordy, said):
    ids = np.append(wordy.tokens(said), np.int32(wordy.tokenizer.eos_token_id))
    assert set(wordy.tokenizer.all_special_ids) >= {wordy.tokenizer.convert_tokens_to_ids(name) for name in SPECIALS}
    assert wordy.decode(ids) == said
    if "<|fim|>" in said:
        assert grade("42", wordy.decode(ids)).outcome is not Outcome.CORRECT


def template_policy(template: str) -> Policy:
    tokenizer = character_tokenizer()
    tokenizer.chat_template = template
    return Policy(_shared().model, tokenizer)


@pytest.mark.parametrize(
    ("template", "system", "says"),
    [
        ("{{ raise_exception('System role not supported') }}", "be brief", "System role not supported.*set system ''"),
        ("{{ raise_exception('roles must alternate') }}", "", "roles must alternate.*use template 'base'"),
        ("{{ messages[7]['content'] }}", "", "use template 'base'"),
        ("{{ messages[0]['content'] + 1 }}", "", "use template 'base'"),
        ("{% for m in messages %}", "", "use template 'base'"),
    ],
)
def test_a_chat_template_that_refuses_is_one_clear_error(template, system, says, tmp_path):
    chat = dataclasses.replace(PROTOCOL, template="chat", system=system)
    policy = template_policy(template)
    with pytest.raises(ConfigError, match=f"chat template refuses .*{says}"):
        policy.encode("k1>", chat)
    policy.save(tmp_path)
    (tmp_path / "model.safetensors").unlink()  # found without the weights
    with pytest.raises(ConfigError, match=says):
        check_askable(PolicyConfig(path=str(tmp_path)), chat)


def test_what_can_be_asked_is_not_refused(tmp_path):
    _shared().save(tmp_path)
    chat = dataclasses.replace(PROTOCOL, template="chat", system="be brief")
    for config in (PolicyConfig(path=str(tmp_path)), PolicyConfig()):
        check_askable(config, chat)
        check_askable(config, PROTOCOL)
    with pytest.raises(ConfigError, match="no model"):
        check_askable(PolicyConfig(path=str(tmp_path / "nowhere")), chat)


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


def _write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _pickled(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin").write_bytes(content)


def _configured(**changes: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def _weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], object]:
    def rewrite(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    return rewrite


def _spoilt(tensors: dict[str, torch.Tensor]) -> None:
    next(iter(tensors.values())).view(-1)[0] = float("nan")


@pytest.mark.parametrize(
    "damage",
    [
        _pickled(b""), _pickled(b"hello"), _pickled(b"PK\x03\x04" + b"0" * 100), _pickled(b"\x80\x04K\x03."),
        _write("model.safetensors", b""), _write("model.safetensors", b"garbage" * 50),
        _write("model.safetensors", (2**40).to_bytes(8, "little") + b"{}"),
        _weights(lambda tensors: tensors.pop(next(iter(tensors)))), _weights(_spoilt),
        _weights(lambda tensors: tensors.update({k: t[:-1].contiguous() for k, t in tensors.items()})),
        _write("tokenizer.json", b""), _write("tokenizer.json", b"[]"), _write("tokenizer.json", b"{}"),
        _write("tokenizer.json", b'{"added_tokens": [], "model": {"type": "Nope"}}'),
        _write("tokenizer.json", b"[" * 100_000), _write("tokenizer.json", b"\xff"),
        _write("tokenizer_config.json", b"[]"), _write("tokenizer_config.json", b'{"tokenizer_class": 5}'),
        _write("config.json", b""), _write("config.json", b"[]"), _write("config.json", b'{"a":' * 100_000),
        _configured(model_type="nope"), _configured(hidden_size="x"), _configured(hidden_size=-1),
        _configured(hidden_size=None), _configured(num_attention_heads=0), _configured(vocab_size=99),
        _configured(num_hidden_layers=3), _configured(dtype="float99"), _configured(model_type="bert"),
        _configured(model_type="evil", auto_map={"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"}),
        _write("generation_config.json", b"[]"),
    ],
)  # fmt: skip
def test_a_folder_of_garbage_is_one_clear_error(damage, tmp_path):
    _shared().save(tmp_path / "m")
    damage(tmp_path / "m")
    with pytest.raises(ConfigError, match=r"is no model (that can be loaded|to work with)") as refused:
        load_policy(tmp_path / "m")
    assert len(str(refused.value)) < 1000


def test_a_model_that_ends_replies_by_no_token_is_one_clear_error(tmp_path):
    _shared().save(tmp_path / "m")
    _write("generation_config.json", b'{"eos_token_id": [1, "x"]}')(tmp_path / "m")
    with pytest.raises(ConfigError, match="ends replies by 'x'"):
        _ = load_policy(tmp_path / "m").end_ids


def test_a_model_folder_without_hashes_is_loaded(tmp_path):
    _shared().save(tmp_path / "m")
    assert load_policy(tmp_path / "m").policy_id == _shared().policy_id
