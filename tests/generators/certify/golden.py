"""What every family makes and how it judges, as digests: a change without a new version is an accident.

Regenerate after a deliberate change: python -m tests.generators.certify.golden
"""

import json
from pathlib import Path

from generators.certify.certify import digest, verdict_digest
from generators.family import load, names

PATH = Path(__file__).with_name("golden.json")


def current() -> dict[str, dict[str, object]]:
    """Return versions and digests of every family that makes problems, by name."""
    return {
        name: {
            "family_version": load(name).family_version,
            "digest": digest(name),
            "verifier_version": load(name).verifier_version,
            "verdicts": verdict_digest(name),
        }
        for name in names()
        if load(name).procedural
    }


def main() -> None:
    """Write the present digests."""
    PATH.write_text(json.dumps(current(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
