"""Nothing foreign is believed: forged manifests, rows, ids, paths and links are refused by name and leave nothing."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import StoreError
from pipeline.fingerprint import canonical
from pipeline.problem import PROBLEM_SCHEMA, row_fault, to_row, to_table
from pipeline.store.sealed import sha256_of
from pipeline.store.store import Store
from pipeline.store.version import (
    DROPPED_FILE,
    DatasetVersion,
    recipe_id,
    row_hashes,
    split_file,
    version_id,
)
from tests.pipeline.examples import addition, additions, dropped_table
from tests.pipeline.store.test_sealed import flipped

RECIPE = {"stage": "generate", "seed": 1}
Row = dict[str, Any]


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    """The folder of an honest version in a root of its own."""
    store, problems = Store(tmp_path / "honest"), additions(90)
    lost = dropped_table(problems[:4], rule="length", reason="long")
    return store.folder(store.publish("sums", recipe=RECIPE, rows=[to_table(problems[4:])], dropped=[lost]))


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def write(folder: Path, value: dict[str, Any]) -> Path:
    """Write a manifest whose files are told as they now are."""
    for item in value["files"]:
        path = folder / item["path"]
        item |= {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    (folder / "manifest.json").write_text(json.dumps(value))
    return folder


def rows_of(folder: Path, split: str = "test") -> list[Row]:
    return pq.read_table(folder / split_file(split)).to_pylist()


def forge(
    folder: Path, change: Callable[[list[Row]], object], *, split: str = "test", consistent: bool = False
) -> Path:
    """Change the rows of one split and tell the manifest; `consistent` also takes the id that the new rows have."""
    rows = rows_of(folder, split)
    rows = found if isinstance(found := change(rows), list) else rows
    pq.write_table(pa.Table.from_pylist(rows, schema=PROBLEM_SCHEMA), folder / split_file(split))
    value = manifest(folder)
    if consistent:
        tables = [pq.read_table(folder / f["path"]) for f in value["files"] if f["path"] != DROPPED_FILE]
        keys = ("family", "level", "region", "uid")
        whole = pa.concat_tables(tables).sort_by([(key, "ascending") for key in keys])
        value["id"] = version_id(value["recipe_id"], row_hashes(whole))
    return write(folder, value)


def wrong_answers(rows: list[Row]) -> None:
    for row in rows:
        row["answer"] = canonical(json.loads(row["answer"]) + 1)


def refused(folder: Path, root: Path, match: str) -> None:
    """Expect that a folder is adopted nowhere, neither by a copy nor where it is laid by hand, and leaves nothing."""
    before = sorted(root.rglob("*"))
    with pytest.raises(StoreError, match=match) as error:
        Store(root).adopt(folder)
    assert len(str(error.value)) < 2500
    left = [path for path in sorted(root.rglob("*")) if path not in before]
    assert [path for path in left if path.name != "versions"] == []
    assert Store(root).versions() == []


def test_a_version_that_holds_is_adopted_whole_and_found_by_id_and_name_but_not_by_its_recipe(
    honest: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path / "root")
    version = store.adopt(honest)
    assert (store.get(version.id), store.get("sums")) == (version, version)
    assert store.table(version).num_rows == 86 and store.table(version, part="dropped").num_rows == 4
    assert store.find(version.recipe_id) is None
    again = store.publish(
        "sums", recipe=RECIPE, rows=[store.table(version)], dropped=[store.table(version, part="dropped")]
    )
    assert again == version == store.find(version.recipe_id), "made here it is found, and the same"


def test_forged_answers_are_refused_and_never_found_under_the_honest_recipe(honest: Path, tmp_path: Path) -> None:
    refused(forge(honest, wrong_answers), tmp_path / "root", r"id [0-9a-f]{32}, so it is not what it says")
    store, forged = Store(tmp_path / "root"), DatasetVersion.from_json(manifest(honest))
    shutil.copytree(honest, store.folder(forged))
    assert store.find(forged.recipe_id) is None
    for use in (store.table, store.check, lambda v: list(store.batches(v))):
        with pytest.raises(StoreError, match=f"version {forged.id} .*is refused"):
            use(forged)


def test_a_forgery_that_is_consistent_is_another_version_that_no_recipe_finds(honest: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "root")
    mine = store.publish("sums", recipe=RECIPE, rows=[to_table(additions(90)[4:])])
    other = store.adopt(forge(honest, wrong_answers, consistent=True))
    assert other.id != mine.id and other.recipe_id == mine.recipe_id
    assert store.find(mine.recipe_id) == mine
    assert store.get("sums") == mine, "a name of what was made here is not taken over"
    assert Store(tmp_path / "fresh").adopt(store.folder(other)) == other
    assert Store(tmp_path / "fresh").find(mine.recipe_id) is None


def test_a_version_made_here_whose_folder_was_exchanged_is_made_again(honest: Path, tmp_path: Path) -> None:
    store, rows = Store(tmp_path / "honest"), Store(tmp_path / "honest").table(honest.name)
    (version,) = store.versions()
    forge(honest, wrong_answers)
    assert store.find(version.recipe_id) is None
    with pytest.raises(StoreError, match="so it is not what it says"):
        store.table(version)
    assert store.publish("sums", recipe=RECIPE, rows=[rows]).id == version.id
    assert store.table(version).equals(rows)


_OUT = "../../escaped/train.parquet"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"id": "../../../elsewhere"}, "is not 32 hexadecimal digits"),
        ({"id": "/abs"}, "is not 32 hexadecimal digits"),
        ({"id": "0" * 32}, "so it is not what it says"),
        ({"id": "A" * 32}, "is not 32 hexadecimal digits"),
        ({"id": "1" * 32 + "\n"}, "is not 32 hexadecimal digits"),
        ({"id": 7}, "is not 32 hexadecimal digits"),
        ({"recipe_id": "f" * 32}, "not the hash of recipe and inputs"),
        ({"recipe": {"stage": "other"}}, "not the hash of recipe and inputs"),
        ({"recipe": [1]}, "recipe is"),
        ({"inputs": ["x"]}, "not the hash of recipe and inputs"),
        ({"inputs": "x"}, "inputs is 'x', no list"),
        ({"inputs": [{}]}, "inputs hold {}"),
        ({"parents": None}, "parents is None"),
        ({"name": "../up"}, "leading dot"),
        ({"name": ""}, "printable characters"),
        ({"name": "a\nb"}, "printable characters"),
        ({"name": "x" * 10**6}, "printable characters"),
        ({"name": "\u6f22" * 90}, "when quoted"),
        ({"rows": 85}, "not the sum"),
        ({"rows": "86"}, "counts hold '86'"),
        ({"rows": -1}, "counts hold -1"),
        ({"rows": True}, "counts hold True"),
        ({"rows": 10**5000}, "(integer|limit)"),
        ({"cells": []}, "not the sum"),
        ({"cells": [{"family": "arith/add", "level": 1, "region": "", "rows": 86}]}, "not those of its manifest"),
        ({"cells": [{"family": 1, "level": 1, "region": "", "rows": 86}]}, "cells hold"),
        ({"cells": [{"family": "a", "level": 1, "region": "", "rows": 43}] * 2}, "twice"),
        ({"cells": {}}, "no list"),
        ({"dropped": {"length": 5}}, "dropped rows are"),
        ({"dropped": {}}, "dropped rows are"),
        ({"dropped": {"length": "4"}}, "counts hold"),
        ({"dropped": None}, "dropped is None"),
        ({"schema": []}, "its columns are"),
        ({"schema": [["uid", "int64"]]}, "its columns are"),
        ({"schema": [1]}, "manifest is not valid"),
        ({"files": []}, "not those of its manifest"),
        ({"files": [{"path": _OUT, "sha256": "0" * 64, "bytes": 1}]}, "files hold"),
        ({"files": [{"path": "/etc/hostname", "sha256": "0" * 64, "bytes": 1}]}, "files hold"),
        ({"files": [{"path": "manifest.json", "sha256": "0" * 64, "bytes": 1}]}, "files hold"),
        ({"files": [{"path": ["x"], "sha256": "0" * 64, "bytes": 1}]}, "(files hold|not valid)"),
        ({"files": [{"path": split_file("test"), "sha256": "0" * 63 + "z", "bytes": 1}]}, "files hold"),
        ({"files": [{"path": "absent.parquet"}]}, "files hold"),
        ({"files": "x"}, "files is 'x'"),
        ({"format": 2}, "format 1"),
        ({"format": None}, "format 1"),
        ({"more": 1}, "lacks or adds"),
        ({"created_utc": 5}, "created_utc is 5"),
        ({"circumstances": {"host": 1}}, "circumstances hold 1"),
        ({"quality": {"a": float("nan")}}, "not valid"),
        ({"quality": "\ud800"}, "not valid"),
    ],
)
def test_a_forged_manifest_is_refused(honest: Path, tmp_path: Path, change: Row, match: str) -> None:
    value = manifest(honest) | change
    (honest / "manifest.json").write_text(json.dumps(value) if change.get("rows") != 10**5000 else _huge(value))
    refused(honest, tmp_path / "root", match)
    assert not list(tmp_path.rglob("escaped*"))
    shutil.copytree(honest, tmp_path / "root" / "versions" / ("a" * 32))
    assert Store(tmp_path / "root").versions() == [], "laid there by hand it is no version either"


def _huge(value: Row) -> str:
    return json.dumps(value | {"rows": 0}).replace('"rows": 0', '"rows": ' + "9" * 5000)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 10**6, b'{"format": 1}', b"9" * 10_000, b'{"a":' * 10**5],
)
def test_a_manifest_of_anything_is_refused(honest: Path, tmp_path: Path, content: bytes) -> None:
    (honest / "manifest.json").write_bytes(content)
    refused(honest, tmp_path / "root", r"manifest\.json")


def test_a_manifest_beyond_the_limit_or_of_another_kind_is_refused(honest: Path, tmp_path: Path) -> None:
    path = honest / "manifest.json"
    with path.open("r+b") as file:
        file.truncate(2**26 + 1)
    refused(honest, tmp_path / "root", "at most 67108864 bytes")
    path.unlink()
    os.mkfifo(path)
    refused(honest, tmp_path / "root", "is no file of at most")
    path.unlink(), path.mkdir()
    refused(honest, tmp_path / "root", "is no file of at most")
    path.rmdir(), path.symlink_to(tmp_path / "elsewhere")
    refused(honest, tmp_path / "root", "is no file of at most")
    refused(tmp_path / "nowhere", tmp_path / "root", "is no version")


def _doubled(rows: list[Row]) -> list[Row]:
    return [rows[0], *rows]


def _unordered(rows: list[Row]) -> list[Row]:
    return rows[::-1]


def _changed(**changes: object) -> Callable[[list[Row]], None]:
    return lambda rows: rows[0].update(changes)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_doubled, "out of order, or twice"),
        (_unordered, "out of order, or twice"),
        (_changed(uid="0" * 32), "uid is not that of the content"),
        (_changed(uid="../x"), "uid is '../x'"),
        (_changed(uid=None), "uid is None"),
        (_changed(instance_hash="0" * 32), None),
        (_changed(instance_hash="g" * 32), "instance_hash is"),
        (_changed(params='{"a":1}'), "uid is not that of the content"),
        (_changed(params="{"), "is no problem"),
        (_changed(params='{"a": 1}'), "not written as canonical JSON"),
        (_changed(params="[" * 100_000), "is no problem"),
        (_changed(answer="null"), "is no problem"),
        (_changed(answer="NaN"), "finite"),
        (_changed(answer='"\\ud800"'), "not written as canonical JSON"),
        (_changed(certificate="[]"), "is no problem"),
        (_changed(certificate='{"status":"sure","evidence":"execution"}'), "a certificate says 'sure'"),
        (_changed(level=0), "level below 1"),
        (_changed(family="../../evil"), "family is '../../evil'"),
        (_changed(family="/evil"), "family is"),
        (_changed(split="train"), "split looser than its instance's: train"),
        (_changed(split="gold"), "split is 'gold'"),
        (_changed(prompt=None), "prompt is None"),
        (_changed(parents=None), "no list of texts"),
        (_changed(license=None), "license is no text"),
        (_changed(answer_format="exec"), "answer_format is 'exec'"),
    ],
)
def test_unlawful_rows_are_refused_however_consistent_the_rest(
    honest: Path, tmp_path: Path, change: Callable[[list[Row]], object], match: str | None
) -> None:
    forge(honest, change, consistent=True)
    if match is None:  # its canonical form is for its family to say; the id is another
        assert Store(tmp_path / "root").adopt(honest).id != honest.name
    else:
        refused(honest, tmp_path / "root", match)


def test_test_rows_told_as_train_are_refused(honest: Path, tmp_path: Path) -> None:
    """A leak: an instance of the test range, laid among the training rows, with everything else computed anew."""
    leaked = {**rows_of(honest)[0], "split": "train"}

    def move(rows: list[Row]) -> list[Row]:
        return sorted([leaked, *rows], key=lambda r: (r["family"], r["level"], r["region"], r["uid"]))

    forge(honest, lambda rows: rows[1:])
    forge(honest, move, split="train", consistent=True)
    refused(honest, tmp_path / "root", "split looser than its instance's: train")


def test_rows_in_the_file_of_another_split_are_refused(honest: Path, tmp_path: Path) -> None:
    forge(honest, _changed(split="test"), split="train", consistent=True)
    refused(honest, tmp_path / "root", "of split test lies among those of train")


def test_a_held_out_set_is_adopted(tmp_path: Path) -> None:
    rows = to_table([addition(n, split="test") for n in range(20)])
    store = Store(tmp_path / "here")
    version = store.publish("bench", recipe={"stage": "import", "held_out": True}, rows=[rows])
    assert Store(tmp_path / "there").adopt(store.folder(version)) == version


@pytest.mark.parametrize("damage", ["columns", "types", "more", "text"])
def test_files_of_other_columns_are_refused(honest: Path, tmp_path: Path, damage: str) -> None:
    path = honest / split_file("test")
    table = pq.read_table(path)
    if damage == "columns":
        pq.write_table(table.drop_columns(["trace"]), path)
    elif damage == "types":
        pq.write_table(table.set_column(4, "level", table["level"].cast("int64")), path)
    elif damage == "more":
        pq.write_table(table.append_column("code", table["prompt"]), path)
    else:
        path.write_text("no parquet")
    refused(write(honest, manifest(honest)), tmp_path / "root", "(has the columns|cannot be read)")


def test_forged_dropped_rows_are_refused(honest: Path, tmp_path: Path) -> None:
    table = pq.read_table(honest / DROPPED_FILE)
    pq.write_table(table.slice(0, 3), honest / DROPPED_FILE)
    refused(write(honest, manifest(honest)), tmp_path / "root", "its dropped rows are")


@pytest.mark.parametrize("name", [split_file("train"), DROPPED_FILE, "dropped"])
def test_links_are_refused(honest: Path, tmp_path: Path, name: str) -> None:
    path = honest / name
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    refused(honest, tmp_path / "root", "symbolic link")


def test_a_linked_folder_is_adopted_by_copy_but_is_no_version_where_it_is(honest: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(honest)
    version = Store(tmp_path / "root").adopt(tmp_path / "link")
    root = tmp_path / "other"
    (root / "versions").mkdir(parents=True)
    (root / "versions" / version.id).symlink_to(honest)
    with pytest.raises(StoreError, match="symbolic link"):
        Store(root).table(version)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(honest: Path, tmp_path: Path) -> None:
    (honest / split_file("train")).unlink()
    os.mkfifo(honest / split_file("train"))
    refused(honest, tmp_path / "root", "corrupt")


def test_another_version_than_asked_for_is_refused(honest: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"asked for was {'0' * 32}"):
        Store(tmp_path / "root").adopt(honest, expected="0" * 32)
    assert Store(tmp_path / "root").adopt(honest, expected=honest.name).id == honest.name


def test_only_what_the_manifest_names_is_copied_and_the_card_is_written_anew(honest: Path, tmp_path: Path) -> None:
    (honest / "README.md").write_text("---\nconfigs: [{data_files: elsewhere}]\n---\n")
    (honest / "loader.py").write_text("import os")
    store = Store(tmp_path / "root")
    folder = store.folder(store.adopt(honest))
    named = [*(item["path"] for item in manifest(honest)["files"]), "README.md", "manifest.json"]
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == sorted(named)
    assert "elsewhere" not in (folder / "README.md").read_text()


def test_every_flipped_bit_of_a_version_is_refused_or_changes_nothing(honest: Path, tmp_path: Path) -> None:
    store, rng = Store(tmp_path / "honest"), random.Random(4)
    (version,) = store.versions()
    rows, dropped = store.table(version), store.table(version, part="dropped")
    paths = [honest / "manifest.json", *(honest / item.path for item in version.files)]
    seen = 0
    for _ in range(200):
        path = rng.choice(paths)
        content = path.read_bytes()
        path.write_bytes(flipped(content, rng.randrange(len(content)), rng.randrange(8)))
        try:
            assert store.table(version).equals(rows) and store.table(version, part="dropped").equals(dropped)
        except StoreError as error:
            assert version.id in str(error)
            seen += 1
        path.write_bytes(content)
    assert seen > 150
    store.check(version)


def test_a_root_that_cannot_be_written_is_checked_all_the_same(honest: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(honest, root / "versions" / honest.name)
    (root / "checked").write_text("a file where a folder is needed")
    assert Store(root).table(honest.name).num_rows == 86


def test_pointers_to_elsewhere_point_nowhere(honest: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for place, name in (("refs", "sums"), ("recipes", recipe_id(RECIPE))):
        (root / place).mkdir(parents=True)
        for text in (f"../../honest/versions/{honest.name}", "..", "", "\udc80", "x" * 10_000):
            (root / place / name).write_bytes(text.encode("utf-8", "surrogateescape"))
            assert Store(root).find(recipe_id(RECIPE)) is None
            with pytest.raises(StoreError, match="no version 'sums'"):
                Store(root).get("sums")
    for ref in ("", "..", "/", "x" * 10_000, "\udc80", "a\0b", "../versions"):
        with pytest.raises(StoreError, match="no version"):
            Store(root).get(ref)
    assert Store(root).find("../refs/sums") is None


def test_rows_written_here_have_no_fault() -> None:
    for problem in [*additions(30), addition(1, split="test", trace="1", concepts=("a",), parents=("b",))]:
        assert row_fault(to_row(problem)) is None
