"""What versions of a root declare held out, for whoever makes rows. Not who met it (meetings), not the marking (rule).

An instance is held out by every version that has it in test; where its hash says so too, no maker puts it elsewhere.
Law: what is declared here is an input of whatever is made: its versions are named in the recipe.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pipeline.split import split_of
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion

MADE = ("dataset", "generate")
"""Stages that put an instance where its hash says, and so declare nothing."""


class HeldOut(NamedTuple):
    """Instances by their hash, each with a version that holds it out as "name id", and the ids of these versions."""

    places: Mapping[str, str]
    versions: tuple[str, ...]


NOTHING = HeldOut({}, ())


def declared(store: Store, families: Collection[str], *, among: Sequence[str] | None = None) -> HeldOut:
    """Return the instances of families that versions hold out though their hash does not; `among` names the versions.

    What a recipe of generation must name: versions brought from outside alone can declare it.
    """
    places: dict[str, str] = {}
    named = []
    for version in store.versions() if among is None else map(store.get, among):
        if version.recipe.get("stage") in MADE or not {cell.family for cell in version.cells} & set(families):
            continue
        found = _declared_by(store, version, families)
        named += [version.id] if found else []
        places = dict.fromkeys(found, place(version.name, version.id)) | places
    return HeldOut(places, tuple(sorted(named)))


def _declared_by(store: Store, version: DatasetVersion, families: Collection[str]) -> list[str]:
    found: list[str] = []
    wanted = ["instance_hash", "family", "split"]
    for table in store.batches(version, columns=wanted):
        rows = zip(*(table[name].to_pylist() for name in wanted), strict=True)
        found += [i for i, family, split in rows if split == "test" and family in families and split_of(i) != "test"]
    return found


def place(name: str, id_: str) -> str:
    """Return what a version is called in a reason."""
    return f"{name} {id_[:8]}"
