"""What the ledger's audits say now: the newest error rates per verifier, for training, publishing and showing.

Not here: auditing (audit) or estimates (choice.noise). Law: a verifier without an audit has no rate; nothing stands
in for it.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from generators.family import load, names
from generators.grade import type_of
from generators.malformed import Malformed
from pipeline.choice.noise import Kind, Noise, Rate
from pipeline.errors import ConfigError, FamilyError
from pipeline.problem import Json, Problem
from pipeline.store.ledger import Ledger

KINDS: tuple[Kind, ...] = ("false_accept", "false_reject")
APPEAL = "appeal: "
"""Begins the name of a judge whose rates come from appeals to a model."""
NOT_AUDITED = "not audited"
FREE = "mathematics"
"""The answer_type of families whose problems bring answers of several types."""

Row = dict[str, Any]


class Judged(NamedTuple):
    """What has error rates of its own: one version of a family's verifier on one type of answer."""

    family: str
    verifier_version: int
    answer_type: str


def judged(problem: Problem, verifier_version: int | None = None) -> Judged:
    """Return which rates a verdict on a problem has; by the installed verifier unless told otherwise."""
    family = load(problem.family)
    version = family.verifier_version if verifier_version is None else verifier_version
    stated = family.answer_type
    return Judged(problem.family, version, stated if stated != FREE else free_type(problem.answer, problem.params))


def free_type(gold: Json, params: Json = None) -> str:
    """Return the type of a gold answer: what its problem's params state, else by its form."""
    if isinstance(params, dict) and isinstance(params.get("type"), str):
        return str(params["type"])
    try:
        return str(type_of(gold))
    except (FamilyError, Malformed):
        return FREE


def newest(ledger: Ledger, *, split: str = "", policy: str = "") -> dict[Judged, dict[Kind, Row]]:
    """Return one row of each rate: one that could be estimated goes before one that could not, a second verifier's
    before a model judge's, one that speaks for more verdicts (a root's before a version's), then the newest.
    """
    best: dict[tuple[Judged, Kind], Row] = {}
    for row in ledger.read("audits").to_pylist():
        if (row["split"], row["policy"]) == (split, policy):
            key = (Judged(row["family"], row["verifier_version"], row["answer_type"]), row["kind"])
            if key not in best or _worth(row) > _worth(best[key]):
                best[key] = row
    found: dict[Judged, dict[Kind, Row]] = {}
    for (verdicts, kind), row in sorted(best.items()):
        found.setdefault(verdicts, {})[kind] = row
    return found


def _worth(row: Row) -> tuple[bool, bool, int, str]:
    return row["rate"] is not None, not row["judge"].startswith(APPEAL), row["population"], row["audited_utc"]


def rate_of(row: Mapping[str, Any]) -> Rate:
    """Return the Rate of an audits row."""
    return Rate(**{name: row[name] for name in Rate.__slots__})


def carried_noise(root: Path, families: Iterable[str]) -> dict[str, list[Row]]:
    """Return the part of a version's quality report that says how noisy its verifiers are known to be.

    JSON: one object per rate of an installed verifier, or one that says there is none. No part of any identity.
    """
    return {"verifier_noise": noise_report(root, families)}


def noise_report(root: Path, families: Iterable[str]) -> list[Row]:
    """Return the newest rates over all policies of these families' installed verifiers, each with its words."""
    known = newest(Ledger(root))
    report: list[Row] = []
    installed = set(names())
    for family in sorted(set(families)):
        version = load(family).verifier_version if family in installed else None
        rates = [row for key, kinds in known.items() if key[:2] == (family, version) for row in kinds.values()]
        said = NOT_AUDITED if version is not None else "not installed"
        report += [_reported(row) for row in rates] or [{"family": family, "verifier_version": version, "said": said}]
    return report


def _reported(row: Row) -> Row:
    names = (
        "family", "verifier_version", "answer_type", "kind", "judge", "population", "n", "errors", "abstained",
        "rate", "low", "high", "worst", "audited_utc",
    )  # fmt: skip
    return {**{name: row[name] for name in names}, "said": rate_of(row).said()}


def training_noise(ledger: Ledger, problems: Iterable[Problem]) -> dict[Judged, Noise]:
    """Return the error rates of these problems' verifiers, from audits of train and probe alone.

    Raises:
        ConfigError: naming the command to run, for a verifier of these problems without both rates.
    """
    known = newest(ledger, split="open")
    rates: dict[Judged, Noise] = {}
    for key in sorted({judged(problem) for problem in problems}):
        pair = [known.get(key, {}).get(kind, {}).get("rate") for kind in KINDS]
        if None in pair:
            missing = " and ".join(
                kind.replace("_", "-") for kind, rate in zip(KINDS, pair, strict=True) if rate is None
            )
            raise ConfigError(
                f"a reward correction needs the {missing} rate of {key.family}, verifier version "
                f"{key.verifier_version}, {key.answer_type} answers, and train and probe were not audited for it: run "
                f"`veriloop audit --root {ledger.root}` where replies are stored, or set reward.correction to none"
            )
        rates[key] = Noise(cast(float, pair[0]), cast(float, pair[1]))
    return rates


@cache
def attack_counts(family: str, verifier_version: int) -> dict[str, tuple[int, int]] | None:
    """Return per kind of attack (accepted, tried) from the family's shipped card; None without one of this version."""
    path = Path(__file__).parents[2] / "data" / "cards" / f"{family.replace('/', '-')}.json"
    if not path.is_file():
        return None
    card = json.loads(path.read_text(encoding="utf-8"))
    if card["verifier_version"] != verifier_version:
        return None
    return {kind: (found.get("correct", 0), sum(found.values())) for kind, found in card["outcomes"].items()}
