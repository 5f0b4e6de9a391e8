"""Policies, samplers and training: the only package that may import torch, transformers or vllm.

Not here: verifiers; they arrive as arguments. Its law: everything before the loss is NumPy on rows.
"""
