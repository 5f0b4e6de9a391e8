"""Live policies and samplers from their configs. Not what is asked of them, nor any training.

Law: a live sampler never crosses a process: whoever samples builds its own here.
"""

from pathlib import Path
from typing import Any

from flows.config import SamplerConfig
from trainer.policy import Policy, PolicyConfig, load_policy, to_accelerator


def build_policy(config: PolicyConfig, *, seed: int = 0, path: Path | None = None) -> Policy:
    """Return the policy of a checkpoint, or the configured one; on an accelerator where there is one."""
    return to_accelerator(load_policy(path) if path is not None else config.build(seed=seed))


def build_sampler(config: SamplerConfig, policy: Policy) -> Any:
    """Return the sampler that a config names, holding the policy's weights."""
    if config.name == "torch":
        from trainer.samplers.torch import TorchSampler

        return TorchSampler(policy, batch_rows=config.batch_rows)
    from trainer.samplers.vllm import VLLMSampler

    return VLLMSampler(policy)
