"""DatasetVersion: the manifest of one immutable published set. Not its bytes (store), nor its page for readers (card).

Law: `id` is a function of the recipe, its inputs and the rows; when, where and by which commit it was made
are circumstances and enter no identity.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from pipeline.choice.mixture import Cell
from pipeline.errors import StoreError, brief, shortened
from pipeline.fingerprint import canonical, content_hash
from pipeline.problem import PROBLEM_SCHEMA, Json

FORMAT = 1
"""Layout of manifest and files; a reader refuses others."""
HUB_SPLITS: dict[str, str] = {"train": "train", "probe": "validation", "test": "test"}
"""Our split -> the name under which Hugging Face tools expect it."""
DROPPED_FILE = "dropped/dropped-00000-of-00001.parquet"
ID = re.compile("[0-9a-f]{32}")
"""The form of an id, a recipe_id and every other hash of content."""

DROPPED_SCHEMA = pa.schema([*PROBLEM_SCHEMA, ("rule", pa.string()), ("reason", pa.string())])
"""Arrow schema of the rows a rule dropped: the problem, who dropped it and why."""


def split_file(split: str) -> str:
    """Return the file name of one of our splits inside a version folder."""
    return f"{HUB_SPLITS[split]}-00000-of-00001.parquet"


FILES = (*map(split_file, HUB_SPLITS), DROPPED_FILE)
"""All files a version may have."""


def name_fault(name: object) -> str | None:
    """Return what is wrong with a name for a version; None when it can be one."""
    if not isinstance(name, str) or not 1 <= len(name) <= 100 or name != name.strip() or not name.isprintable():
        return "use 1 to 100 printable characters without spaces around them"
    if name.startswith(".") or len(quote(name, safe="")) > MOST_NAME:
        return f"use no leading dot and at most {MOST_NAME} characters when quoted as in a URL"
    return None


MOST_NAME = 240
"""Bytes of the file that a name has below a root."""


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
            StoreError: when a field is missing or too many, of another kind or form, or breaks a law.
        """
        try:
            _check_manifest(value)
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
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            shown = shortened(repr(error))
            raise StoreError(f"the manifest is not valid ({shown}): publish the version again") from error


def _check_manifest(value: Json) -> None:
    """Raise ValueError, KeyError or TypeError where a manifest is not of the kinds and forms that `to_json` writes."""
    canonical(value).encode()  # finite, no lone surrogates, not too deep
    if type(value) is not dict or value.get("format") != FORMAT:
        raise ValueError(f"it is no object of format {FORMAT}, which is what this program reads")
    if odd := sorted(set(value) ^ _FIELDS):
        raise ValueError(f"it lacks or adds {odd}")
    if fault := name_fault(value["name"]):
        raise ValueError(f"name {brief(value['name'])}: {fault}")
    for name in ("id", "recipe_id"):
        if not isinstance(value[name], str) or not ID.fullmatch(value[name]):
            raise ValueError(f"{name} {brief(value[name])} is not 32 hexadecimal digits")
    for name, kind in (("recipe", dict), ("dropped", dict), ("circumstances", dict), ("created_utc", str)):
        if type(value[name]) is not kind:
            raise ValueError(f"{name} is {brief(value[name])}")
    for name in ("inputs", "parents"):
        _check_each(name, value[name], lambda item: type(item) is str)
    _check_each("files", value["files"], _is_file)
    paths = [item["path"] for item in value["files"]]
    if len(paths) != len(set(paths)):
        raise ValueError(f"files name a path twice: {brief(paths)}")
    _check_each("cells", value["cells"], _is_cell)
    if len(value["cells"]) != len({(c["family"], c["level"], c["region"]) for c in value["cells"]}):
        raise ValueError("cells name a cell twice")
    _check_each("schema", value["schema"], lambda item: len(item) == 2 and all(type(text) is str for text in item))
    _check_each("counts", [value["rows"], *value["dropped"].values()], _is_count)
    _check_each("circumstances", list(value["circumstances"].values()), lambda item: type(item) is str)


_FIELDS = {
    "format", "name", "id", "recipe", "recipe_id", "inputs", "parents", "files", "rows", "cells", "dropped", "schema",
    "quality", "created_utc", "circumstances",
}  # fmt: skip


def _check_each(name: str, items: Json, holds: Callable[[Json], bool]) -> None:
    if type(items) is not list:
        raise ValueError(f"{name} is {brief(items)}, no list")
    for item in items:
        if not holds(item):
            raise ValueError(f"{name} hold {brief(item)}")


def _is_count(item: Json) -> bool:
    return type(item) is int and 0 <= item < 2**63


def _is_file(item: Json) -> bool:
    return (
        type(item) is dict
        and set(item) == {"path", "sha256", "bytes"}
        and item["path"] in FILES
        and type(item["sha256"]) is str
        and re.fullmatch("[0-9a-f]{64}", item["sha256"]) is not None
        and _is_count(item["bytes"])
    )


def _is_cell(item: Json) -> bool:
    return (
        type(item) is dict
        and set(item) == {"family", "level", "region", "rows"}
        and all(type(item[name]) is str for name in ("family", "region"))
        and type(item["level"]) is int
        and _is_count(item["rows"])
    )


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
    return [hash_of(row) for row in table.select(PROBLEM_SCHEMA.names).to_pylist()]


def schema_columns(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    """Return the (name, type) pairs of a schema."""
    return tuple((column.name, str(column.type)) for column in schema)


def hash_of(row: Mapping[str, Any]) -> str:
    """Return pipeline.problem.row_hash of one row of PROBLEM_SCHEMA."""
    return content_hash({**row, "parents": row["parents"] or [], "concepts": row["concepts"] or []})
