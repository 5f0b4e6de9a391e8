"""DatasetVersion: the manifest of one immutable published set. Not its bytes (store), nor its page for readers (card).

Law: `id` is a function of the recipe, its inputs and the rows; when, where and by which commit it was made
are circumstances and enter no identity.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.choice.mixture import Cell
from pipeline.errors import StoreError
from pipeline.fingerprint import content_hash
from pipeline.problem import PROBLEM_SCHEMA, Json

FORMAT = 1
"""Layout of manifest and files; a reader refuses others."""

DROPPED_SCHEMA = pa.schema([*PROBLEM_SCHEMA, ("rule", pa.string()), ("reason", pa.string())])
"""Arrow schema of the rows a rule dropped: the problem, who dropped it and why."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a version: `path` relative to its folder, `bytes` its size."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """What is known of one published set without opening it.

    `cells` counts the kept rows of each cell, `dropped` the dropped ones by rule, `inputs` the ids of what the
    recipe read, `parents` the versions it came from, `schema` the columns and their types. Circumstances
    (created_utc, circumstances: host, commit) say how it came about. Laws: rows = sum of cells; recipe_id is the
    hash of (recipe, inputs).
    """

    name: str
    id: str
    recipe: Json
    recipe_id: str
    files: tuple[StoredFile, ...]
    rows: int
    cells: dict[Cell, int]
    dropped: dict[str, int] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    schema: tuple[tuple[str, str], ...] = ()
    quality: Json = None
    created_utc: str = ""
    circumstances: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rows != sum(self.cells.values()):
            raise ValueError(f"rows {self.rows} is not the sum {sum(self.cells.values())} of the cells")
        if self.recipe_id != recipe_id(self.recipe, self.inputs):
            raise ValueError(f"recipe_id {self.recipe_id} is not the hash of recipe and inputs")

    def to_json(self) -> Json:
        """Return the manifest as a JSON object."""
        return {
            "format": FORMAT,
            "name": self.name,
            "id": self.id,
            "recipe": self.recipe,
            "recipe_id": self.recipe_id,
            "inputs": list(self.inputs),
            "parents": list(self.parents),
            "files": [{"path": f.path, "sha256": f.sha256, "bytes": f.bytes} for f in self.files],
            "rows": self.rows,
            "cells": [{**cell._asdict(), "rows": rows} for cell, rows in sorted(self.cells.items())],
            "dropped": self.dropped,
            "schema": [list(column) for column in self.schema],
            "quality": self.quality,
            "created_utc": self.created_utc,
            "circumstances": self.circumstances,
        }

    @staticmethod
    def from_json(value: Json) -> "DatasetVersion":
        """Return the version of a manifest.

        Raises:
            StoreError: when a field is missing, of another format, or breaks a law.
        """
        try:
            if value["format"] != FORMAT:
                raise ValueError(f"format {value['format']} where this program reads {FORMAT}")
            return DatasetVersion(
                name=value["name"],
                id=value["id"],
                recipe=value["recipe"],
                recipe_id=value["recipe_id"],
                files=tuple(StoredFile(**item) for item in value["files"]),
                rows=value["rows"],
                cells={Cell(c["family"], c["level"], c["region"]): c["rows"] for c in value["cells"]},
                dropped=value["dropped"],
                inputs=tuple(value["inputs"]),
                parents=tuple(value["parents"]),
                schema=tuple((name, kind) for name, kind in value["schema"]),
                quality=value["quality"],
                created_utc=value["created_utc"],
                circumstances=value["circumstances"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"the manifest is not valid ({error!r}): publish the version again") from error


def recipe_id(recipe: Json, inputs: Iterable[str] = ()) -> str:
    """Return the identity of a piece of work, known before it is done: hash of its recipe and its inputs' ids."""
    return content_hash([recipe, list(inputs)])


def version_id(recipe: str, row_hashes: Iterable[str]) -> str:
    """Return the id of a version: hash of its recipe_id and its row hashes in order."""
    digest = hashlib.blake2b(recipe.encode(), digest_size=16)
    for row in row_hashes:
        digest.update(bytes.fromhex(row))
    return digest.hexdigest()


def row_hashes(table: pa.Table) -> list[str]:
    """Return pipeline.problem.row_hash of every row of a PROBLEM_SCHEMA table, without building the problems."""
    return [_hash_of(row) for row in table.select(PROBLEM_SCHEMA.names).to_pylist()]


def schema_columns(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    """Return the (name, type) pairs of a schema."""
    return tuple((column.name, str(column.type)) for column in schema)


def _hash_of(row: Mapping[str, Any]) -> str:
    return content_hash({**row, "parents": row["parents"] or [], "concepts": row["concepts"] or []})
