"""Questions about what a root stores: a version, two versions, one problem's story. Not SQL (pipeline.store.query).

Law: nothing here changes a root.
"""

from pathlib import Path
from typing import Any

from flows.judging.audited import noise_report
from pipeline.errors import ConfigError
from pipeline.problem import from_table
from pipeline.store.store import Store, diff


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
