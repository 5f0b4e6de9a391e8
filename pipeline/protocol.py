"""Protocol: how a policy is asked. Not the asking itself (trainer), nor the judging (generators).

Law: every field that changes what a policy says is here, is always sent explicitly, and enters the hash that
Scores and Rollouts carry.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from pipeline.errors import ConfigError
from pipeline.fingerprint import content_hash

COMPACT_ALPHABET = " 0123456789abcdefghijklmnopqrstuvwxyz+-*/=()<>,:;.|#?"
"""The characters a compact rendering, its traces and its answers may use: small enough for a tiny policy."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a policy is asked.

    `template`: "chat" (the tokenizer's chat template), "base" (the user text as it stands). `thinking` allows a
    thinking block; extraction reads only after it ends. `stop_ids` empty means the tokenizer's end token.
    Limits are in tokens, temperature 0 means greedy. Sampling fields at their neutral value change nothing.
    """

    max_prompt_tokens: int
    max_completion_tokens: int
    temperature: float = 1.0
    template: Literal["chat", "base"] = "base"
    system: str = ""
    thinking: bool = False
    stop_ids: tuple[int, ...] = ()
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ConfigError(f"temperature {self.temperature} is below 0: use 0 for greedy, 1 for the policy itself")
        if min(self.max_prompt_tokens, self.max_completion_tokens) < 1:
            raise ConfigError(
                f"token limits {self.max_prompt_tokens} and {self.max_completion_tokens} must be at least 1"
            )

    @property
    def hash(self) -> str:
        """The 128-bit hash of every field."""
        return content_hash({**asdict(self), "stop_ids": list(self.stop_ids)})

    def refuse_truncated_support(self) -> None:
        """Raise ConfigError if sampling would bias training: top-p, top-k, min-p or penalties are in use."""
        neutral = {
            "top_p": 1.0, "top_k": 0, "min_p": 0.0,
            "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
        }  # fmt: skip
        for name, value in neutral.items():
            if getattr(self, name) != value:
                raise ConfigError(
                    f"{name} {getattr(self, name)} truncates or shifts the sampled distribution, whose "
                    f"log-probabilities then no longer match the policy: training needs {name} {value}"
                )
        if self.temperature == 0:
            raise ConfigError("temperature 0 is greedy and gives identical rollouts: training needs it above 0")
