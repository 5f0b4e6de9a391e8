"""A family of the house with other versions for a while, as a release that raises them would bring it. Not tests."""

import dataclasses
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from generators.family import load


@contextmanager
def changed(name: str, **fields: Any) -> Iterator[None]:
    """Let a family have other fields while the block runs, in this process."""
    module = importlib.import_module("generators.families." + name.replace("/", "."))
    before = module.FAMILY
    module.FAMILY = dataclasses.replace(before, **fields)
    load.cache_clear()
    try:
        yield
    finally:
        module.FAMILY = before
        load.cache_clear()
