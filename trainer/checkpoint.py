"""Checkpoints: policy, optimiser and state in one folder, written whole or not at all. Not what the state means.

Law: what is loaded is bit for bit what was saved, by the hashes of its files; no pickles. The folder is also a Hugging
Face model folder.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError, StoreError, brief, shortened
from pipeline.problem import Json
from pipeline.store.files import sync, unfinished, writing
from pipeline.store.sealed import HASHES, check_folder, is_sealed, seal_folder
from trainer.policy import MADE_AGAIN, Policy, load_policy

if TYPE_CHECKING:
    import torch

STATE, OPTIMISER = "state.json", "optimiser.safetensors"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was saved: the policy, the optimiser's state dict and the caller's own state."""

    policy: Policy
    optimiser: dict[str, Any]
    state: Json


def save(path: Path, *, policy: Policy, state: Json, optimiser: Mapping[str, Any] | None = None) -> None:
    """Write a checkpoint folder and put it in the place of an older one.

    `state` is anything JSON; `optimiser` any nesting of dicts, lists and tuples over tensors and JSON scalars.

    Raises:
        StoreError: when the disk refuses; the older checkpoint stays.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    recover(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished(path.parent, path.name) as folder:
                policy.save(folder)
                tensors: dict[str, torch.Tensor] = {}
                skeleton = _flat(dict(optimiser or {}), tensors)
                save_file(tensors, folder / OPTIMISER)
                record = {"policy": policy.policy_id, "optimiser": skeleton, "state": state}
                (folder / STATE).write_text(json.dumps(record, allow_nan=False), encoding="utf-8")
                seal_folder(folder)
                for file in folder.iterdir():
                    sync(file)
                sync(folder)
                _swap(folder, path)
        except SafetensorError as error:  # what safetensors makes of a full disk
            raise OSError(str(error)) from error


def exists(path: Path) -> bool:
    """Return whether a whole checkpoint is at `path`."""
    recover(path)
    return (path / STATE).is_file()


def read_state(path: Path) -> Json:
    """Read the caller's own state alone, without weights.

    Raises:
        StoreError: when there is no checkpoint, or its state does not parse.
    """
    return _record(path)["state"]


def load(path: Path) -> Checkpoint:
    """Read a checkpoint, weights in the precision they were saved in.

    Raises:
        StoreError: when there is none, or its bytes are not those that were saved.
    """
    record = _record(path)
    optimiser = _optimiser(path, record)
    try:
        policy = load_policy(path, dtype="auto")
    except ConfigError as error:
        raise StoreError(f"checkpoint {path} is corrupt ({error}): {MADE_AGAIN}") from error
    expected = record["policy"]
    if policy.policy_id != expected:
        raise StoreError(f"checkpoint {path} holds policy {policy.policy_id} and says {expected}: {MADE_AGAIN}")
    return Checkpoint(policy, optimiser, record["state"])


def read_optimiser(path: Path) -> dict[str, Any]:
    """Return the optimiser's state dict of a checkpoint without loading its weights.

    Raises:
        StoreError: when there is none, or its bytes are not those that were saved.
    """
    return _optimiser(path, _record(path))


def _record(path: Path) -> dict[str, Any]:
    """Return what a checkpoint's state file says, once its files are known to be those that were saved."""
    if not exists(path):
        raise StoreError(f"{path} is no checkpoint (it has no {STATE}): {MADE_AGAIN}")
    if is_sealed(path):
        check_folder(path, remedy=MADE_AGAIN)
    else:
        _log.warning("checkpoint %s has no %s, as an earlier veriloop saved it: it is read unchecked", path, HASHES)
    try:
        record: dict[str, Any] = json.loads((path / STATE).read_bytes())
        if not {"policy", "optimiser", "state"} <= set(record):
            raise ValueError(f"it has only {brief(sorted(record))}")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"checkpoint {path} is corrupt ({STATE}: {shortened(error)}): {MADE_AGAIN}") from error
    return record


def _optimiser(path: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, Any] = _nested(record["optimiser"], load_file(path / OPTIMISER))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, SafetensorError) as error:
        why = f"{OPTIMISER}: {type(error).__name__}: {shortened(error)}"
        raise StoreError(f"checkpoint {path} is corrupt ({why}): {MADE_AGAIN}") from error
    return found


def recover(path: Path) -> None:
    """Put an older checkpoint back that a kill left aside between two renames."""
    aside = _aside(path)
    if aside.exists() and not path.exists():
        aside.rename(path)


def _swap(folder: Path, path: Path) -> None:
    """Rename `folder` to `path`; a folder is not replaced in one call, so the older one stands aside meanwhile."""
    aside = _aside(path)
    shutil.rmtree(aside, ignore_errors=True)
    if path.exists():
        path.rename(aside)
    folder.rename(path)
    sync(path.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ".old")


def _flat(value: Any, tensors: "dict[str, torch.Tensor]") -> Json:
    """Return the JSON skeleton of nested state; its tensors go into `tensors`, named in order."""
    import torch

    if isinstance(value, torch.Tensor):
        name = f"{len(tensors):06d}"
        tensors[name] = value.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[key, _flat(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_flat(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    raise TypeError(f"cannot keep {type(value).__name__} in a checkpoint: convert it to JSON scalars or tensors")


def _nested(skeleton: Json, tensors: "Mapping[str, torch.Tensor]") -> Any:
    ((kind, value),) = skeleton.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "dict":
        return {key: _nested(item, tensors) for key, item in value}
    if kind == "value":
        return value
    items = [_nested(item, tensors) for item in value]
    return tuple(items) if kind == "tuple" else items
