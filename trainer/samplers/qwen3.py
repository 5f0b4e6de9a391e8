"""Qwen3's blocks over a flat list of tokens, for those who attend in their own way (packed training, decoding).

Not a model: weights are read from the transformers module, which stays their only owner. Law: with full causal
attention the result is the module's own, to rounding.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

Rotation = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Block:
    """Weights of one decoder block, projections that read the same input joined; head norms are (heads, D)."""

    attention_norm: torch.Tensor
    qkv: torch.Tensor
    head_norm: torch.Tensor
    out: torch.Tensor
    mlp_norm: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor


@dataclass(frozen=True, slots=True)
class Trunk:
    """Weights and shape of a Qwen3; `heads` queries and `kv_heads` keys of width `head_dim`."""

    embedding: torch.Tensor
    blocks: tuple[Block, ...]
    norm: torch.Tensor
    head: torch.Tensor
    frequency: torch.Tensor
    heads: int
    kv_heads: int
    head_dim: int
    eps: float


def supports(model: Any) -> bool:
    """Return whether a transformers module is a Qwen3 that these blocks compute exactly."""
    config = model.config
    return bool(
        config.model_type == "qwen3"
        and type(model).__name__ == "Qwen3ForCausalLM"
        and config.hidden_act == "silu"
        and not config.attention_bias
        and all(kind == "full_attention" for kind in config.layer_types)
        and config.rope_parameters["rope_type"] == "default"
    )


def trunk(model: Any) -> Trunk:
    """Return the weights of a supported module; gradients flow back to it where they are enabled."""
    config = model.config
    return Trunk(
        embedding=model.model.embed_tokens.weight,
        blocks=tuple(_block(layer, config) for layer in model.model.layers),
        norm=model.model.norm.weight,
        head=model.lm_head.weight,
        frequency=model.model.rotary_emb.inv_freq,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_dim=config.head_dim,
        eps=config.rms_norm_eps,
    )


def _block(layer: Any, config: Any) -> Block:
    attention, mlp = layer.self_attn, layer.mlp
    # the softmax scale sits in the norm of the queries, which saves a pass over the scores
    query_norm = (attention.q_norm.weight * attention.scaling).expand(config.num_attention_heads, -1)
    key_norm = attention.k_norm.weight.expand(config.num_key_value_heads, -1)
    return Block(
        attention_norm=layer.input_layernorm.weight,
        qkv=torch.cat([attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight]),
        head_norm=torch.cat([query_norm, key_norm]),
        out=attention.o_proj.weight,
        mlp_norm=layer.post_attention_layernorm.weight,
        gate_up=torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight]),
        down=mlp.down_proj.weight,
    )


def rotation(trunk: Trunk, position_N: torch.Tensor) -> Rotation:
    """Return cosines and signed sines (N, 1, D) of rotary positions."""
    angle_NF = position_N[:, None].float() * trunk.frequency
    cosine, sine = angle_NF.cos(), angle_NF.sin()
    dtype = trunk.embedding.dtype
    return torch.cat([cosine, cosine], -1)[:, None].to(dtype), torch.cat([-sine, sine], -1)[:, None].to(dtype)


def attention_inputs(
    x_NH: torch.Tensor, block: Block, trunk: Trunk, rotated: Rotation
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return queries (N, heads, D), already scaled, and keys and values (N, kv_heads, D)."""
    normed_NH = F.rms_norm(x_NH, x_NH.shape[-1:], block.attention_norm, trunk.eps)
    qkv_NhD = torch.unflatten(F.linear(normed_NH, block.qkv), -1, (-1, trunk.head_dim))
    split = trunk.heads + trunk.kv_heads
    qk_NhD = F.rms_norm(qkv_NhD[:, :split], (trunk.head_dim,), None, trunk.eps) * block.head_norm
    low, high = qk_NhD.chunk(2, dim=-1)
    cosine, sine = rotated
    qk_NhD = qk_NhD * cosine + torch.cat([high, low], dim=-1) * sine
    return qk_NhD[:, : trunk.heads], qk_NhD[:, trunk.heads :], qkv_NhD[:, split:]


def block_output(x_NH: torch.Tensor, attended_NA: torch.Tensor, block: Block, trunk: Trunk) -> torch.Tensor:
    """Return the residual stream after a block, given what its heads attended to (N, heads x D)."""
    x_NH = torch.addmm(x_NH, attended_NA, block.out.t())
    normed_NH = F.rms_norm(x_NH, x_NH.shape[-1:], block.mlp_norm, trunk.eps)
    gate, up = F.linear(normed_NH, block.gate_up).chunk(2, dim=-1)
    return torch.addmm(x_NH, F.silu(gate) * up, block.down.t())


def final_norm(x_NH: torch.Tensor, trunk: Trunk) -> torch.Tensor:
    """Return the normalised residual stream that the head reads."""
    return F.rms_norm(x_NH, x_NH.shape[-1:], trunk.norm, trunk.eps)
