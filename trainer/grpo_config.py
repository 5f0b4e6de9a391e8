"""GRPOConfig: one options node per seam, and presets that name known variants. Not the loop (grpo).

Law: a variant is a bundle of options; the loop names none.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import ConfigError, nearest
from trainer.seams.advantages import BASELINE_FREE, AdvantageOptions
from trainer.seams.budget import BudgetOptions
from trainer.seams.compose import ComposeOptions
from trainer.seams.credit import CreditOptions
from trainer.seams.losses import LossOptions
from trainer.seams.reward import RewardOptions, noise_effect
from trainer.seams.views import ViewOptions

PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "grpo": {"advantages": {"name": "grpo"}, "losses": {"name": "ppo", "reduction": "sequence_mean"}},
    "dr_grpo": {"advantages": {"name": "dr_grpo"}, "losses": {"name": "ppo", "reduction": "constant"}},
    "rloo": {"advantages": {"name": "rloo"}, "losses": {"name": "ppo", "reduction": "constant"}},
    "dapo": {
        "advantages": {"name": "dapo"},
        "compose": {"name": "dapo", "refill_rounds": 3},
        "losses": {"name": "ppo", "reduction": "token_mean", "clip_high": 0.28},
    },
}
"""Options of each variant; what a config says itself goes over them, key by key."""


class GRPOConfig(BaseModel):
    """How policy-gradient training on groups runs: `preset` fills the seams that the config does not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = Field(default="grpo", description="named bundle of seam options: grpo, dr_grpo, rloo, dapo")
    views: ViewOptions = ViewOptions()
    budget: BudgetOptions = BudgetOptions()
    reward: RewardOptions = RewardOptions()
    compose: ComposeOptions = ComposeOptions()
    advantages: AdvantageOptions = AdvantageOptions()
    credit: CreditOptions = CreditOptions()
    losses: LossOptions = LossOptions()
    prompts: int = Field(default=64, ge=1, description="problems drawn per step [problems]")
    updates: int = Field(default=1, ge=1, description="optimiser steps per batch; above 1 the clip can bind")
    lr: float = Field(
        default=2e-4, gt=0, description="AdamW learning rate; 2e-4 for the tiny policy, about 1e-6 for 1B and up"
    )
    betas: tuple[float, float] = Field(
        default=(0.9, 0.95), description="AdamW moments; .95 forgets a spike in about 20 steps"
    )
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW decoupled weight decay")
    grad_clip: float = Field(default=1.0, gt=0, description="largest gradient norm of one update")
    micro_rows: int = Field(
        default=128, ge=1, description="distinct replies per forward and backward [rows]; memory and speed, not results"
    )
    max_truncated: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="share of truncated replies that stops training after two steps; 1 allows all",
    )
    max_undecided: float = Field(
        default=0.001,
        gt=0,
        le=1,
        description="share of replies nobody could judge, of at least 1000, that stops training; 1 allows all",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        preset = given.get("preset", "grpo")
        if preset not in PRESETS:
            raise ConfigError(f"unknown preset {preset!r}{nearest(str(preset), list(PRESETS))}: {sorted(PRESETS)}")
        filled = dict(given)
        for seam, options in PRESETS[preset].items():
            own = filled.get(seam, {})
            if isinstance(own, Mapping):
                # a config that names another function of the seam gets none of the preset's options for it
                other = own.get("name", options["name"]) != options["name"]
                filled[seam] = dict(own) if other else {**options, **own}
        return filled

    @model_validator(mode="after")
    def _keeps_its_signal(self) -> Self:
        if self.advantages.name in BASELINE_FREE and self.compose.name != "keep_all":
            raise ConfigError(
                f"advantage {self.advantages.name!r} has no baseline and learns from groups of equal rewards, which "
                f"compose {self.compose.name!r} drops: set compose.name to keep_all"
            )
        return self

    @model_validator(mode="after")
    def _correction_does_something(self) -> Self:
        correction = self.reward.correction
        if correction == "none":
            return self
        if self.reward.name != "correctness" or self.reward.format_weight:
            raise ConfigError(
                f"reward.correction {correction!r} is defined for rewards 0 and 1, not for {self.reward.name} with "
                f"format_weight {self.reward.format_weight:g}: use reward correctness alone"
            )
        effect = noise_effect(self.advantages.name, correction)
        if effect.startswith(("a no-op", "undefined")):
            raise ConfigError(
                f"reward.correction {correction!r} with advantage {self.advantages.name!r} is, for judged replies, "
                f"{effect}. Set reward.correction to none, or advantages.name to reinforce (or, for backward, to "
                "dr_grpo or rloo)"
            )
        return self
