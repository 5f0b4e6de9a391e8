"""What is installed: the problem families and their cards. Nothing stored.

Law: every row is read from the families themselves.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generators.family import load, names
from pipeline.store.files import write_atomic


def family_rows(chosen: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return one JSON object per family, sorted by name; of those chosen, if any are."""
    return [_family_row(name) for name in sorted(chosen) or names()]


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


def write_cards(folder: Path, chosen: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Certify every procedural family, or those chosen, and write its card as JSON; return each one's violations."""
    from generators.certify.certify import certify

    found = {}
    for name in sorted(chosen) or names():
        if load(name).procedural:
            folder.mkdir(parents=True, exist_ok=True)
            card = certify(name)
            text = json.dumps(card.to_json(), indent=1, sort_keys=True, ensure_ascii=False)
            write_atomic(folder / f"{name.replace('/', '-')}.json", text.encode() + b"\n")
            found[name] = card.violations
    return found
