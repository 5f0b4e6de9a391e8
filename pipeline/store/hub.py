"""A version as Hugging Face sees it: a memory-mapped DatasetDict, pushed, pulled. Not the truth, which is the store.

The one import of datasets and huggingface_hub. Law: what is pushed and pulled back is the same version, bit for bit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.errors import StoreError
from pipeline.store.card import card
from pipeline.store.files import unfinished
from pipeline.store.store import Store
from pipeline.store.version import FILES, HUB_SPLITS, ID, DatasetVersion, split_file
from pipeline.store.version_files import MANIFEST

__all__ = ["as_dataset", "card", "pull", "push"]


def as_dataset(store: Store, version: DatasetVersion | str) -> Any:
    """Return a version as a `datasets.DatasetDict` of memory-mapped Arrow (splits train, validation, test).

    The first call writes an uncompressed Arrow copy below `root`/cache; later ones map it.

    Raises:
        StoreError: when a file of the version is missing or corrupt.
    """
    import datasets

    version = store.get(version) if isinstance(version, str) else version
    present = {item.path for item in version.files}
    store.check(version)
    return datasets.DatasetDict(
        {
            name: datasets.Dataset.from_parquet(
                str(store.folder(version) / split_file(split)),
                split=name,
                cache_dir=str(store.root / "cache" / "datasets" / version.id),
            )
            for split, name in HUB_SPLITS.items()
            if split_file(split) in present
        }
    )


def push(
    store: Store,
    version: DatasetVersion | str,
    repo: str,
    *,
    private: bool = True,
    token: str | None = None,
    api: Any = None,
) -> str:
    """Upload a version's folder to the dataset repository `repo` and tag it with the version id; return its URL.

    `api` is a huggingface_hub.HfApi (or a fake); None makes one with `token`.

    Raises:
        StoreError: when the version is damaged or the hub refuses.
    """
    version = store.get(version) if isinstance(version, str) else version
    store.check(version)
    api = api or _api(token)
    with _hub_errors(f"pushing {version.name} to {repo}"):
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=str(store.folder(version)),
            commit_message=f"{version.name} {version.id}",
        )
        api.create_tag(repo, repo_type="dataset", tag=version.id, exist_ok=True)
    return str(url)


def pull(
    store: Store, repo: str, *, revision: str | None = None, token: str | None = None, api: Any = None
) -> DatasetVersion:
    """Download a pushed version into the store after checking all of it; `revision` is a version id or a branch.

    Raises:
        StoreError: when the hub refuses, or what arrives is not a whole version, or not the one that was asked for.
    """
    api = api or _api(token)
    with unfinished(store.root, "pull") as folder:
        with _hub_errors(f"pulling {repo}"):
            api.snapshot_download(
                repo, repo_type="dataset", revision=revision, local_dir=str(folder), allow_patterns=[MANIFEST, *FILES]
            )
        return store.adopt(folder, expected=revision if revision and ID.fullmatch(revision) else None)


def _api(token: str | None) -> Any:
    from huggingface_hub import HfApi

    return HfApi(token=token)


@contextmanager
def _hub_errors(doing: str) -> Iterator[None]:
    """Turn what the hub or the network refuses into one StoreError."""
    from huggingface_hub.errors import HfHubHTTPError

    # the bases are OSError and the HTTP client's own root, which also holds refused and timed-out connections
    try:
        yield
    except (*HfHubHTTPError.__bases__, OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise StoreError(f"{doing}: {reason}; check the repository's name, the token and the network") from error
