"""The optimisers of supervised training behind one step, one rate and one state. Not a schedule.

Law: every trainable weight is in exactly one of them.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch

_BETAS = (0.9, 0.95)


class Optimiser:
    """Muon for the weight matrices of hidden layers and AdamW for the rest, or AdamW for all.

    Muon's update is scaled to AdamW's root mean square, so both read one learning rate.

    Source: Muon (Jordan 2024); the scaling of Liu et al. 2025 (arXiv 2502.16982, section 2.2).
    """

    def __init__(self, model: Any, *, name: Literal["muon", "adamw"], lr: float, weight_decay: float) -> None:
        weights = {id(p): p for p in model.parameters() if p.requires_grad}
        outer = {id(part.weight) for part in (model.get_input_embeddings(), model.get_output_embeddings()) if part}
        hidden = {i for i, p in weights.items() if p.ndim == 2 and i not in outer} if name == "muon" else set()
        self._parts: dict[str, torch.optim.Optimizer] = {}
        if hidden:
            self._parts["muon"] = torch.optim.Muon(
                [weights[i] for i in weights if i in hidden],
                lr=lr,
                weight_decay=weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
        rest = [p for i, p in weights.items() if i not in hidden]
        if rest:
            self._parts["adamw"] = torch.optim.AdamW(rest, lr=lr, betas=_BETAS, weight_decay=weight_decay, fused=True)

    def step(self, lr: float) -> None:
        """Move the weights once at this learning rate and forget their gradients."""
        for part in self._parts.values():
            for group in part.param_groups:
                group["lr"] = lr
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each part, live like the weights."""
        return {name: part.state_dict() for name, part in self._parts.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take a state made by `state_dict` for the same model and options."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
