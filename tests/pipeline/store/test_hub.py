"""A version for Hugging Face: load_dataset finds it, the rows are ours, and what is pushed comes back the same."""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import StoreError
from pipeline.problem import from_row, to_table
from pipeline.store.hub import as_dataset, card, pull, push
from pipeline.store.store import Store
from tests.pipeline.examples import additions, dropped_table


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store, problems = Store(tmp_path_factory.mktemp("root")), additions(80)
    lost = dropped_table(problems[:5], rule="length", reason="long")
    store.publish("sums", recipe={"n": 1}, rows=[to_table(problems[5:])], dropped=[lost])
    return store


class FakeHub:
    """Keeps repositories as folders, as the real client would see them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tags: list[str] = []
        self.revisions: list[str | None] = []
        self.private: dict[str, bool] = {}

    def create_repo(self, repo_id: str, *, private: bool | None = None, **_: Any) -> str:
        self.private[repo_id] = bool(private)
        (self.root / repo_id).mkdir(parents=True, exist_ok=True)
        return f"https://hub/datasets/{repo_id}"

    def upload_folder(self, *, repo_id: str, folder_path: str, **_: Any) -> None:
        shutil.copytree(folder_path, self.root / repo_id, dirs_exist_ok=True)

    def create_tag(self, repo_id: str, *, tag: str, **_: Any) -> None:
        self.tags.append(tag)

    def snapshot_download(self, repo_id: str, *, local_dir: str, revision: str | None, **_: Any) -> str:
        self.revisions.append(revision)
        if not (self.root / repo_id).is_dir():
            raise OSError(f"404: no repository {repo_id}")
        shutil.copytree(self.root / repo_id, local_dir)
        return local_dir


def test_as_dataset_holds_our_rows_under_the_usual_split_names(store: Store) -> None:
    version = store.get("sums")
    loaded = as_dataset(store, version)
    assert set(loaded) <= {"train", "validation", "test"}
    assert sorted(from_row(row).uid for split in loaded.values() for row in split) == sorted(
        store.table(version).column("uid").to_pylist()
    )
    assert loaded["train"].cache_files, "memory-mapped, not in memory"
    assert {row["split"] for row in loaded["validation"]} <= {"probe"}


def test_load_dataset_finds_the_splits_through_the_card(store: Store, tmp_path: Path) -> None:
    import datasets

    version = store.get("sums")
    loaded = datasets.load_dataset(str(store.folder(version)), cache_dir=str(tmp_path))
    assert sum(split.num_rows for split in loaded.values()) == version.rows == 75, "dropped rows are not loaded"
    assert loaded["train"].column_names == store.table(version).column_names


def test_the_card_says_what_is_inside(store: Store) -> None:
    text = card(store.get("sums"), licenses={"Apache-2.0": 75})
    assert text == (store.folder(store.get("sums")) / "README.md").read_text()
    assert text.startswith("---\nlicense: apache-2.0\n")
    assert "| arith/add | 1 |  | 25 |" in text
    assert "| length | 5 |" in text and "| Apache-2.0 | 75 |" in text


@pytest.mark.parametrize(
    ("licenses", "front"),
    [
        (("MIT",), {"license": "mit"}), (("mit", "Apache-2.0"), {"license": ["apache-2.0", "mit"]}),
        ((), {"license": "unknown"}),
        (("", "CC-BY-4.0"), {"license": ["cc-by-4.0", "unknown"]}),
        (("texts (c) MAA", "house"), {"license": "other", "license_name": "house, texts (c) MAA"}),
        (("MIT", "texts (c) MAA"), {"license": ["mit", "other"], "license_name": "texts (c) MAA"}),
    ],
)  # fmt: skip
def test_the_card_names_the_licences_of_its_rows(tmp_path: Path, licenses: tuple[str, ...], front: Any) -> None:
    rows = [replace(problem, license=name) for problem, name in zip(additions(len(licenses)), licenses, strict=True)]
    others = [replace(problem, license="gpl-3.0") for problem in additions(9)[6:]]
    lost = dropped_table(others, rule="length", reason="x")
    store = Store(tmp_path)
    version = store.publish("x", recipe={"n": 1}, rows=[to_table(rows)], dropped=[lost])
    text = (store.folder(version) / "README.md").read_text()
    said = yaml.safe_load(text.split("---\n")[1])
    assert {key: said.get(key) for key in ("license", "license_name") if key in said} == front
    assert all(f"| {name or 'unknown'} | 1 |" in text for name in licenses)


def test_what_is_pushed_comes_back_the_same(store: Store, tmp_path: Path) -> None:
    hub, version, elsewhere = FakeHub(tmp_path / "hub"), store.get("sums"), Store(tmp_path / "elsewhere")
    assert push(store, version, "me/sums", api=hub) == "https://hub/datasets/me/sums"
    assert hub.tags == [version.id]
    assert pull(elsewhere, "me/sums", api=hub) == version
    elsewhere.check(version)
    assert elsewhere.table(version).equals(store.table(version))
    assert not list(elsewhere.root.glob(".tmp-*"))


def test_a_repository_is_private_unless_it_is_told_not_to_be(store: Store, tmp_path: Path) -> None:
    hub = FakeHub(tmp_path / "hub")
    push(store, "sums", "me/mine", api=hub)
    push(store, "sums", "me/everyones", private=False, api=hub)
    assert hub.private == {"me/mine": True, "me/everyones": False}


def test_the_revision_and_the_token_reach_the_hub(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, tokens = FakeHub(tmp_path / "hub"), []
    monkeypatch.setattr("huggingface_hub.HfApi", lambda token=None: tokens.append(token) or hub)
    push(store, "sums", "me/sums", token="to push")
    pull(Store(tmp_path / "other"), "me/sums", revision=store.get("sums").id, token="to pull")
    assert tokens == ["to push", "to pull"]
    assert hub.revisions == [store.get("sums").id]


def test_a_damaged_download_is_refused(store: Store, tmp_path: Path) -> None:
    hub, elsewhere = FakeHub(tmp_path / "hub"), Store(tmp_path / "elsewhere")
    push(store, "sums", "me/sums", api=hub)
    path = hub.root / "me/sums" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="corrupt"):
        pull(elsewhere, "me/sums", api=hub)
    assert elsewhere.versions() == []


def test_a_hub_that_refuses_is_one_clear_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"pulling me/none: 404.*check the repository's name"):
        pull(Store(tmp_path), "me/none", api=FakeHub(tmp_path / "hub"))


def test_the_real_client_against_a_closed_port_is_one_clear_error(store: Store) -> None:
    program = """
import sys
from huggingface_hub import HfApi
from pipeline.errors import StoreError
from pipeline.store.hub import push
from pipeline.store.store import Store
try:
    push(Store(sys.argv[1]), "sums", "me/sums", api=HfApi(endpoint=sys.argv[2], token="none"))
except StoreError as error:
    print(error)
"""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        command = [sys.executable, "-c", program, str(store.root), endpoint]
        online = {**os.environ, "HF_HUB_OFFLINE": "0"}
        ran = subprocess.run(command, env=online, capture_output=True, text=True, timeout=120)
    assert "pushing sums to me/sums" in ran.stdout and "refused" in ran.stdout, ran.stderr
