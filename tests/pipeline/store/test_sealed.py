"""Sealed bytes: every flipped bit is seen or changes nothing, equal rows give equal bytes, what decayed is named."""

import logging
import os
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import StoreError
from pipeline.problem import to_table
from pipeline.store import sealed
from pipeline.store.sealed import check_folder, check_parquet, read_parquet, seal_folder, sha256_of, write_parquet
from tests.pipeline.examples import additions

TABLE = to_table(additions(300))


def flipped(content: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return bytes(changed)


def test_what_is_written_comes_back_and_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_parquet(TABLE, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_parquet(tmp_path / "a").equals(TABLE)
    assert read_parquet(tmp_path / "a", ["uid"]).equals(TABLE.select(["uid"]))
    assert pq.read_table(tmp_path / "a").equals(TABLE), "any reader of Parquet reads it"
    write_parquet(TABLE.slice(0, 0), tmp_path / "none")
    assert read_parquet(tmp_path / "none").num_rows == 0


@pytest.mark.parametrize("unsealed", [False, True])
def test_every_flipped_bit_is_seen_or_changes_nothing(tmp_path: Path, unsealed: bool) -> None:
    path = tmp_path / "a"
    write_parquet(TABLE, path)
    content, rng = path.read_bytes(), random.Random(0)
    tail = range(len(content) - 600, len(content))  # the footer and the seal itself
    places = [*(rng.randrange(len(content)) for _ in range(300)), *rng.sample(tail, 150)]
    seen = 0
    for place in places:
        path.write_bytes(flipped(content, place, rng.randrange(8)))
        try:
            assert read_parquet(path, unsealed=unsealed).equals(TABLE), place
        except StoreError as error:
            assert str(path) in str(error) and "delete that file" in str(error)
            seen += 1
    assert seen >= 0.95 * len(places)


def test_pages_carry_their_own_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_parquet(TABLE, path)
    column = pq.read_metadata(path).row_group(0).column(TABLE.column_names.index("prompt"))
    place = column.dictionary_page_offset + column.total_compressed_size // 3
    path.write_bytes(flipped(path.read_bytes(), place, 0))
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(path, page_checksum_verification=True)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"x" * 1000, b"\0" * 100_000])
def test_what_is_no_parquet_is_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    for unsealed in (False, True):
        with pytest.raises(StoreError, match="is damaged"):
            read_parquet(path, unsealed=unsealed)
    with pytest.raises(StoreError, match="is damaged"):
        check_parquet([tmp_path / "absent"])


def test_a_file_without_a_seal_is_refused_or_read_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sealed._unsealed_told.clear()
    pq.write_table(TABLE, tmp_path / "old")
    with pytest.raises(StoreError, match="carries no seal"):
        read_parquet(tmp_path / "old")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert read_parquet(tmp_path / "old", unsealed=True).equals(TABLE)
    assert caplog.text.count("carries no seal") == 1


def test_the_name_of_the_seal_among_the_rows_confuses_nobody(tmp_path: Path) -> None:
    table = pa.table({"text": [(sealed.SEAL + b"\x18\x40" + b"0" * 64).decode("latin1")] * 3})
    write_parquet(table, tmp_path / "a")
    assert read_parquet(tmp_path / "a").equals(table)


def test_a_hash_is_read_once_and_again_when_the_file_changed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    first = sha256_of(path)
    stamps = path.stat()
    path.write_bytes(b"two")
    assert sha256_of(path) != first
    path.write_bytes(b"one")
    os.utime(path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    assert sha256_of(path) == first
    known = sealed._hashed[path, False]
    sealed._hashed[path, False] = (known[0], "remembered", "")
    assert sha256_of(path) == "remembered"
    assert sha256_of(path, fresh=True) == first == sha256_of(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f").mkdir()
    for name in ("a.bin", "b.json"):
        (tmp_path / "f" / name).write_bytes(name.encode() * 100)
    seal_folder(tmp_path / "f")
    check_folder(tmp_path / "f", remedy="mend it")
    return tmp_path / "f"


def test_every_flipped_bit_of_a_sealed_folder_is_seen(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        content, rng = path.read_bytes(), random.Random(1)
        for _ in range(60):
            place = rng.randrange(len(content))
            changed = flipped(content, place, rng.randrange(8))
            path.write_bytes(changed)
            if changed.split() == content.split():
                continue  # white space of the list itself
            with pytest.raises(StoreError, match=r"(damaged|cannot be read).*: mend it"):
                check_folder(folder, remedy="mend it")
        path.write_bytes(content)
    check_folder(folder, remedy="mend it")


@pytest.mark.parametrize(
    "listed",
    ["", "[]", "{}", '{"sha256": {}}', '{"sha256": {"../x": "0"}}', '{"sha256": {"..": "0"}}', '{"sha256": 1}',
     '{"sha256": {"a.bin": 1}}', '{"sha256": {"a.bin": null}}', "[" * 100_000, '{"sha256": {"absent": "0"}}'],
)  # fmt: skip
def test_a_list_of_hashes_that_is_none_is_damaged(folder: Path, listed: str) -> None:
    (folder / sealed.HASHES).write_text(listed)
    with pytest.raises(StoreError, match="mend it"):
        check_folder(folder, remedy="mend it")
