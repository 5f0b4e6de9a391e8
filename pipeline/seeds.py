"""The only source of randomness: every choice is a hash of its full name. No global state.

Law: two choices with different names are independent; `seed + index` never occurs.
"""

import hashlib
import random
from typing import Any

import numpy as np

from pipeline.fingerprint import canonical


def derive(*name: Any) -> int:
    """Return the 63-bit seed of the choice called `name` (JSON-plain parts)."""
    digest = hashlib.blake2b(canonical(list(name)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def rng(*name: Any) -> random.Random:
    """Return Python's generator for the choice called `name`; its stream is stable across versions."""
    return random.Random(derive(*name))


def array_rng(*name: Any) -> np.random.Generator:
    """Return NumPy's generator for the choice called `name`, for vectorised draws."""
    return np.random.Generator(np.random.PCG64(derive(*name)))


def uniform(*name: Any) -> float:
    """Return one number in [0, 1) that is a function of its name alone."""
    return derive(*name) / 2**63
