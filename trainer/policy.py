"""Policy: a causal language model and its tokenizer, from a folder or tiny from scratch. Neither samples nor trains.

Law: `policy_id` names exactly these weights and this tokenizer; saving and loading keeps it.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import ConfigError, PipelineError, brief, shortened
from pipeline.protocol import COMPACT_ALPHABET, Protocol
from pipeline.rollout import IntArray
from pipeline.seeds import derive
from pipeline.store.sealed import check_folder, is_sealed

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
PAD, EOS, BOS = "<pad>", "<eos>", "<bos>"
TINY_VOCABULARY = 64
"""Rows of the tiny policy's embedding: three specials, the compact alphabet, and reserved ids."""
_ONE_CHARACTER = r"[\s\S]"
_RESERVED_BASE = 0xE000
_INITIALISING = threading.Lock()
"""Weights are drawn from torch's one global generator: threads that draw at once would each get other weights."""
_PLAIN_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


class PromptTooLong(ConfigError):
    """Raised for a prompt that the limits have no room for: a matter of this prompt, not of how the policy is asked."""


class TinyConfig(BaseModel):
    """Sizes of the tiny policy: a Qwen3 with tied embeddings; the defaults make 0.34M parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(default=96, gt=0, description="width of the residual stream")
    layers: int = Field(default=3, gt=0, description="decoder blocks")
    heads: int = Field(default=3, gt=0, description="attention heads, keys and values alike")
    head_dim: int = Field(default=32, gt=0, multiple_of=2, description="width of one head")
    mlp: int = Field(default=256, gt=0, description="inner width of the feed-forward block")
    positions: int = Field(default=512, gt=0, description="longest sequence, prompt and completion [tokens]")


class PolicyConfig(BaseModel):
    """Where the policy comes from: a Hugging Face folder or name (`path`), or a tiny one from scratch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | None = Field(
        default=None, description="folder of a transformers causal LM; None builds the tiny policy"
    )
    tiny: TinyConfig | None = Field(
        default=None, description="sizes of the tiny policy; its defaults when no path is given"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.tiny is not None:
            raise ConfigError(f"policy has both path {self.path!r} and tiny sizes: remove one of them")
        return self

    def build(self, *, seed: int) -> "Policy":
        """Return the policy of this config; the seed only matters to a tiny one."""
        if self.path is not None:
            return load_policy(self.path)
        return tiny_policy(self.tiny or TinyConfig(), seed=seed)


class Policy:
    """A transformers causal LM and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model
        self.tokenizer = tokenizer
        marked = (number for number, token in tokenizer.added_tokens_decoder.items() if token.special)
        self._specials = frozenset([*tokenizer.all_special_ids, *marked])
        self._characters = _character_table(tokenizer)
        self._text_of = {i: c for c, i in self._characters.items()} if self._characters else {}
        if self._characters:
            self._text_of |= dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))

    @property
    def policy_id(self) -> str:
        """The 128-bit hash of weights and tokenizer as they are now, 32 hex digits."""
        return identity(self.state(), self.tokenizer)

    @property
    def end_ids(self) -> tuple[int, ...]:
        """The ids that end a completion unless the protocol names others; the tokenizer's own comes first."""
        from_config = getattr(self.model.generation_config, "eos_token_id", None)
        listed = from_config if isinstance(from_config, list) else [from_config]
        found = [i for i in (self.tokenizer.eos_token_id, *listed) if i is not None]
        if odd := [i for i in found if type(i) is not int]:
            raise ConfigError(f"the model's generation config ends replies by {brief(odd[0])}: token ids are integers")
        if not found:
            raise ConfigError("the tokenizer has no end token: name stop_ids in the protocol")
        return tuple(dict.fromkeys(found))

    def state(self) -> dict[str, "torch.Tensor"]:
        """Return the live state dict (views of the weights, not copies)."""
        state: dict[str, torch.Tensor] = self.model.state_dict()
        return state

    def encode(self, prompt: str, protocol: Protocol) -> IntArray:
        """Return the ids (L,) int32 of a user text under a protocol's template.

        Raises:
            PromptTooLong: for a prompt over the protocol's limit.
            ConfigError: for a character the tiny policy has no id for, or a template that the tokenizer lacks or that
                refuses the conversation.
        """
        ids = self._templated(prompt, protocol)
        if len(ids) > protocol.max_prompt_tokens:
            raise PromptTooLong(
                f"prompt of {len(ids)} tokens is over the limit max_prompt_tokens {protocol.max_prompt_tokens}: "
                f"raise the limit or drop the problem ({prompt[:60]!r}...)"
            )
        if not ids:
            raise ConfigError("prompt of 0 tokens: a policy needs at least one token to continue")
        return np.array(ids, dtype=np.int32)

    def tokens(self, text: str) -> IntArray:
        """Return the ids (T,) int32 of a text as it stands: no template, no specials, no end token."""
        if self._characters is not None:
            return np.array(self._character_ids(text), dtype=np.int32)
        return np.array(self.tokenizer.encode(text, add_special_tokens=False), dtype=np.int32)

    def decode(self, ids: IntArray, protocol: Protocol | None = None) -> str:
        """Return the text of drawn ids; an end token in last place is left out, if it is no ordinary text.

        Every other special token stays visible: one that vanished would join what stands on its two sides into an
        answer that nobody gave, or make a thought look like a reply.
        """
        ends = (protocol.stop_ids if protocol else ()) or self.end_ids
        ended = len(ids) > 0 and int(ids[-1]) in ends and int(ids[-1]) in self._specials
        kept = ids.tolist()[: -1 if ended else None]
        if self._characters is not None:
            return "".join([self._text_of.get(i, "") for i in kept])
        return str(
            self.tokenizer.decode(
                kept,
                skip_special_tokens=False,
                clean_up_tokenization_spaces=False,
                spaces_between_special_tokens=False,
            )
        )

    def save(self, path: Path) -> None:
        """Write weights (safetensors) and tokenizer as a Hugging Face folder; not atomic, see trainer.checkpoint."""
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        self.model.save_pretrained(path)
        self.tokenizer.save_pretrained(path)

    def _templated(self, prompt: str, protocol: Protocol) -> list[int]:
        if protocol.template == "base":
            if protocol.system:
                raise ConfigError("template 'base' has no place for a system prompt: use template 'chat' or system ''")
            if self._characters is not None:
                return self._character_ids(prompt)
            return [int(i) for i in self.tokenizer.encode(prompt)]
        if not self.tokenizer.chat_template:
            raise ConfigError("template 'chat' needs a chat template and the tokenizer has none: use template 'base'")
        messages = [{"role": "system", "content": protocol.system}] if protocol.system else []
        messages.append({"role": "user", "content": prompt})
        from jinja2 import TemplateError

        try:
            text = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, enable_thinking=protocol.thinking
            )
        except (TemplateError, TypeError, ValueError) as error:
            remedy = "set system '' (its words can stand in the prompt)" if protocol.system else "use template 'base'"
            raise ConfigError(
                f"the tokenizer's chat template refuses the conversation ({type(error).__name__}: {error}): {remedy}"
            ) from error
        return [int(i) for i in self.tokens(str(text))]

    def _character_ids(self, text: str) -> list[int]:
        assert self._characters is not None
        table = self._characters
        try:
            return [table[character] for character in text]
        except KeyError as missing:
            raise ConfigError(
                f"character {missing.args[0]!r} in {text[:60]!r} is unknown to the character tokenizer "
                f"({len(table)} characters): use the compact rendering, or a policy with a full vocabulary"
            ) from None


def identity(state: dict[str, "torch.Tensor"], tokenizer: Any) -> str:
    """Return the 128-bit BLAKE2b hash of a state dict (in key order) and a tokenizer, 32 hex digits."""
    digest = hashlib.blake2b(_tokenizer_text(tokenizer).encode(), digest_size=16)
    for key in sorted(state):
        tensor = state[key].detach().cpu().contiguous()
        digest.update(f"{key}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(_byte_type()).numpy().data)
    return digest.hexdigest()


def tiny_policy(config: TinyConfig, *, seed: int) -> Policy:
    """Build an untrained tiny Qwen3 with a character tokenizer over the compact alphabet, float32, on the CPU."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = character_tokenizer()
    shape = Qwen3Config(
        vocab_size=TINY_VOCABULARY,
        hidden_size=config.hidden,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        head_dim=config.head_dim,
        intermediate_size=config.mlp,
        max_position_embeddings=config.positions,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        dtype="float32",
    )
    with _INITIALISING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive("policy", "tiny", config, seed))
        model = Qwen3ForCausalLM(shape)
    return Policy(model.eval(), tokenizer)


def check_askable(config: PolicyConfig, protocol: Protocol) -> None:
    """Refuse a protocol that the policy's tokenizer cannot be asked with; no weights are loaded.

    Raises:
        ConfigError: for a template it lacks or that refuses the system prompt, or where there is no tokenizer.
    """
    tokenizer = character_tokenizer() if config.path is None else _load(config.path, _tokenizer_of)
    Policy(None, tokenizer).encode("0", replace(protocol, max_prompt_tokens=10**6))


def load_policy(path: str | Path, *, dtype: str = "float32") -> Policy:
    """Load a transformers causal LM and its tokenizer from a folder, or by its name on the Hugging Face hub.

    `dtype` is a torch dtype's name, or "auto" for the one it was saved in. A folder that carries the hashes of its
    files, as a checkpoint does, is compared with them first; code and pickles of a folder are never run.

    Raises:
        ConfigError: when there is no model there, its files are broken, or its weights are missing or not finite.
        StoreError: when a file of a checkpoint is not the one that was saved.
    """
    folder = Path(path)
    if is_sealed(folder):
        check_folder(folder, remedy=MADE_AGAIN)

    def read(place: str) -> tuple[Any, Any]:
        from transformers import AutoModelForCausalLM

        model, told = AutoModelForCausalLM.from_pretrained(
            place, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
        if lacking := sorted(told["missing_keys"]):
            raise ValueError(f"its files lack {len(lacking)} weights of such a model, {lacking[0]} for one")
        return model, _tokenizer_of(place)

    model, tokenizer = _load(path, read)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ConfigError(f"{path} is no model to work with: its weight {name} is not finite; take it anew")
    return Policy(model.eval(), tokenizer)


MADE_AGAIN = (
    "delete this folder and run the same command again, it is made again (a model from elsewhere is copied again)"
)
"""What to do about a checkpoint whose bytes are not those that were saved."""


def _tokenizer_of(folder: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def _load(path: str | Path, read: Callable[[str], T]) -> T:
    """Read a model's folder; whatever is wrong with it is one ConfigError."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = Path(path)
    if folder.exists() and not (folder / "config.json").is_file():
        raise ConfigError(f"{folder} is no model: it has no config.json; {_REMEDY}")
    if not folder.exists() and (folder.is_absolute() or len(folder.parts) != 2):
        raise ConfigError(f"{path} is no model: there is no such folder; {_REMEDY}")
    with _Loading(str(path)):
        return read(str(path))


_REMEDY = "give the folder of a transformers causal LM (config.json, model.safetensors, tokenizer.json)"


class _Loading:
    """A block in which whatever is raised is the fault of the folder that is read, told as one ConfigError.

    A guard: for broken files transformers raises what its libraries do, some of them nothing but Exception itself.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> Literal[False]:
        if isinstance(error, Exception) and not isinstance(error, PipelineError):
            reason = f"{type(error).__name__}: {shortened(' '.join(str(error).split()) or '?')}"
            raise ConfigError(f"{self._path} is no model that can be loaded ({reason}); {_REMEDY}") from error
        return False


def character_tokenizer() -> Any:
    """Return the tiny policy's tokenizer: one id per character of the compact alphabet, a trivial chat template."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = [PAD, EOS, BOS, *COMPACT_ALPHABET]
    # ids the embedding has and the alphabet lacks decode to private-use characters, so that a reply with one is
    # never read as if it were not there
    names += [chr(_RESERVED_BASE + i) for i in range(len(names), TINY_VOCABULARY)]
    backend = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(_ONE_CHARACTER), behavior="isolated")
    backend.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=PAD,
        eos_token=EOS,
        bos_token=BOS,
        clean_up_tokenization_spaces=False,
        chat_template=_PLAIN_TEMPLATE,
    )


def to_accelerator(policy: Policy) -> Policy:
    """Move a policy's weights to the accelerator, where there is one, and return it."""
    import torch

    if torch.accelerator.is_available():
        policy.model.to(torch.accelerator.current_accelerator())
    return policy


def accelerator_name() -> str:
    """Say what this process computes on."""
    import torch

    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return f"CPU, {torch.get_num_threads()} threads" if found is None else str(found)


def single_thread() -> None:
    """Give torch one thread in this process: two such processes beat one with two threads."""
    import torch

    torch.set_num_threads(1)


def _character_table(tokenizer: Any) -> dict[str, int] | None:
    """Return character -> id for a tokenizer that maps each character to one id, None for any other."""
    if not getattr(tokenizer, "is_fast", False):
        return None
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    splitter = backend.get("pre_tokenizer") or {}
    if backend["model"]["type"] != "WordLevel" or splitter.get("pattern") != {"Regex": _ONE_CHARACTER}:
        return None
    return {name: int(i) for name, i in backend["model"]["vocab"].items() if len(name) == 1}


def _tokenizer_text(tokenizer: Any) -> str:
    fields = {"specials": tokenizer.special_tokens_map, "template": tokenizer.chat_template}
    if getattr(tokenizer, "is_fast", False):
        backend = json.loads(tokenizer.backend_tokenizer.to_str())
        fields["backend"] = {key: part for key, part in backend.items() if key not in ("padding", "truncation")}
    else:
        fields["vocabulary"] = tokenizer.get_vocab()
    return json.dumps(fields, sort_keys=True, default=str)


def _byte_type() -> Any:
    import torch

    return torch.uint8
