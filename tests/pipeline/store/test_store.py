"""The store: identity by content, atomic publishing, one clear error for what is broken, resume by shards."""

import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError, StoreError
from pipeline.problem import PROBLEM_SCHEMA, from_table, row_hash, to_table
from pipeline.store.files import temporary_name, write_atomic
from pipeline.store.garbage import collect_garbage
from pipeline.store.query import left_behind
from pipeline.store.store import Store, diff
from pipeline.store.version import recipe_id, row_hashes, version_id
from tests.pipeline.examples import addition, additions, dropped_table
from tests.pipeline.store.test_leases import left_by_the_dead
from tests.pipeline.store.test_sealed import flipped

RECIPE = {"stage": "generate", "levels": [1, 2, 3]}


def publish(root: Path, count: int = 60, *, name: str = "sums", recipe: object = RECIPE):
    return Store(root).publish(name, recipe=recipe, rows=[to_table(additions(count))])


def test_published_rows_come_back_sorted_and_whole(tmp_path: Path) -> None:
    problems = additions(60)
    version = publish(tmp_path)
    table = Store(tmp_path).table(version)
    keys = list(zip(*(table.column(key).to_pylist() for key in ("family", "level", "region", "uid")), strict=True))
    assert keys == sorted(keys)
    assert sorted(from_table(table), key=lambda p: p.uid) == sorted(problems, key=lambda p: p.uid)
    assert version.rows == 60
    assert version.cells == {Cell("arith/add", level): 20 for level in (1, 2, 3)}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 40))
def test_id_ignores_order_and_batching_of_what_arrives(tmp_path_factory, seed: int, size: int) -> None:
    problems = additions(60)
    random.Random(seed).shuffle(problems)
    tables = [to_table(problems[i : i + size]) for i in range(0, 60, size)]
    here = tmp_path_factory.mktemp("root")
    reference = tmp_path_factory.mktemp("reference")
    version = Store(here).publish("sums", recipe=RECIPE, rows=tables)
    expected = publish(reference)
    assert version.id == expected.id
    assert version.files == expected.files, "equal writers give equal bytes"


def test_id_is_the_hash_of_recipe_and_row_hashes_in_order(tmp_path: Path) -> None:
    version = publish(tmp_path)
    ordered = sorted(additions(60), key=lambda p: (p.family, p.level, p.region, p.uid))
    assert version.id == version_id(recipe_id(RECIPE, ()), [row_hash(problem) for problem in ordered])
    assert row_hashes(Store(tmp_path).table(version)) == [row_hash(problem) for problem in ordered]


def test_id_follows_recipe_inputs_and_rows_but_not_name_or_circumstances(tmp_path: Path) -> None:
    store, rows = Store(tmp_path), [to_table(additions(9))]
    first = store.publish("a", recipe=RECIPE, rows=rows)
    assert store.publish("b", recipe=RECIPE, rows=rows, circumstances={"commit": "f00"}) == first
    assert store.publish("a", recipe={"x": 1}, rows=rows).id != first.id
    assert store.publish("a", recipe=RECIPE, rows=rows, inputs=["i"]).id != first.id
    changed = [to_table([*additions(8), addition(8, level=3, trace="8+3=11")])]
    assert store.publish("a", recipe=RECIPE, rows=changed).id != first.id


def test_publishing_again_changes_no_byte(tmp_path: Path) -> None:
    first = publish(tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "versions").rglob("*") if path.is_file()}
    assert publish(tmp_path) == first
    assert stamps == {p: p.stat().st_mtime_ns for p in (tmp_path / "versions").rglob("*") if p.is_file()}


def test_find_knows_the_work_before_it_is_done(tmp_path: Path) -> None:
    assert Store(tmp_path).find(recipe_id(RECIPE, ())) is None
    version = publish(tmp_path)
    assert Store(tmp_path).find(recipe_id(RECIPE, ())) == version
    assert Store(tmp_path).find(recipe_id(RECIPE, ["other"])) is None


def test_get_by_id_name_and_prefix(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old, new = publish(tmp_path, 10), publish(tmp_path, 20)
    assert store.get(old.id) == old
    assert store.get("sums") == new
    assert store.get(old.id[:10]) == old
    assert store.versions() == [old, new]
    with pytest.raises(StoreError, match=r"no version 'sumz'.*did you mean 'sums'"):
        store.get("sumz")
    with pytest.raises(StoreError, match="nothing published yet"):
        Store(tmp_path / "empty").get("sums")


def test_a_name_finds_content_first_published_under_another(tmp_path: Path) -> None:
    first = publish(tmp_path, name="a")
    publish(tmp_path, name="b/c")
    assert Store(tmp_path).get("b/c") == first


def test_dropped_rows_are_kept_beside_and_counted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    lost = dropped_table(additions(5), rule="length", reason="prompt over 10 tokens")
    version = store.publish("sums", recipe=RECIPE, rows=[to_table(additions(60)[5:])], dropped=[lost])
    assert (version.rows, version.dropped) == (55, {"length": 5})
    assert store.table(version, part="dropped").column("reason").to_pylist() == ["prompt over 10 tokens"] * 5
    assert store.table(version, columns=["answer"]).column_names == ["answer"]
    with pytest.raises(ConfigError, match="did you mean 'answer'"):
        store.table(version, columns=["anser"])


def test_no_rows_are_a_version_too(tmp_path: Path) -> None:
    version = Store(tmp_path).publish("none", recipe=RECIPE, rows=[])
    assert Store(tmp_path).table(version).schema.equals(PROBLEM_SCHEMA)
    assert Store(tmp_path).table(version).num_rows == version.rows == 0


def test_more_rows_than_memory_may_hold_give_the_same_cells(tmp_path: Path) -> None:
    from pipeline.store.spill import CellSpill

    spill = CellSpill(tmp_path / "spill", rows_in_memory=7)
    problems = additions(50)
    for start in range(0, 50, 5):
        spill.add(to_table(problems[start : start + 5]))
    assert len(list((tmp_path / "spill").iterdir())) > 3
    taken = [spill.take(cell) for cell in spill.cells()]
    expected = [to_table([p for p in problems if p.level == level]) for level in (1, 2, 3)]
    assert [t.column("uid").to_pylist() for t in taken] == [t.column("uid").to_pylist() for t in expected]
    assert not list((tmp_path / "spill").iterdir())


def test_a_uid_twice_or_a_missing_column_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    store, table = Store(tmp_path), to_table(additions(4))
    with pytest.raises(StoreError, match="occurs twice"):
        store.publish("sums", recipe=RECIPE, rows=[table, table])
    with pytest.raises(StoreError, match=r"lack the columns \['answer'\]"):
        store.publish("sums", recipe=RECIPE, rows=[table.drop_columns(["answer"])])
    with pytest.raises(ConfigError, match="version name"):
        store.publish(".hidden", recipe=RECIPE, rows=[table])
    assert list((tmp_path / "versions").iterdir()) == []


def test_an_error_of_the_rows_is_not_called_a_full_disk(tmp_path: Path) -> None:
    def rows():
        yield to_table(additions(3))
        raise TimeoutError("the endpoint hangs")

    with pytest.raises(TimeoutError):
        Store(tmp_path).publish("sums", recipe=RECIPE, rows=rows())
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove"])
def test_check_finds_every_damage_and_publishing_again_heals_it(tmp_path: Path, damage: str) -> None:
    store, version = Store(tmp_path), publish(tmp_path)
    store.check(version)
    path = store.folder(version) / version.files[-1].path
    content = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(StoreError, match=r"(corrupt|missing).*publish the version again"):
        store.check(version)
    assert store.find(version.recipe_id) is None
    for read in (store.table, lambda v: list(store.batches(v))):
        with pytest.raises(StoreError, match="publish the version again"):
            read(version)
    publish(tmp_path)
    store.check(version)
    assert store.find(version.recipe_id).id == version.id


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', '{"format": 99}', "[]", "\x00"])
def test_a_corrupt_manifest_is_one_clear_error(tmp_path: Path, text: str) -> None:
    store, version = Store(tmp_path), publish(tmp_path)
    (store.folder(version) / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match="publish the version again"):
        store.get(version.id)
    assert store.versions() == []
    assert publish(tmp_path).id == version.id
    assert store.get(version.id).rows == 60


def test_a_folder_without_a_manifest_is_no_version(tmp_path: Path) -> None:
    store, version = Store(tmp_path), publish(tmp_path)
    (store.folder(version) / "manifest.json").unlink()
    assert store.versions() == []
    with pytest.raises(StoreError, match="cut short"):
        store.get(version.id)


def _publish_many(root: str, names: list[str]) -> None:
    for name in names:
        publish(Path(root), 30, name=name)


def test_processes_that_publish_the_same_content_all_succeed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    workers = [context.Process(target=_publish_many, args=(str(tmp_path), [f"n{i}"] * 4)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(Store(tmp_path).versions()) == 1
    assert [path.name for path in (tmp_path / "versions").iterdir()] == [Store(tmp_path).get("n2").id]


def test_kill_in_mid_publish_leaves_no_version_and_garbage_is_collected(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from pipeline.problem import to_table
        from pipeline.store.store import Store
        from tests.pipeline.examples import additions
        root = Path(sys.argv[1])
        number = 0
        while True:
            number += 1
            Store(root).publish("sums", recipe={"n": number}, rows=[to_table(additions(200))])
            (root / "started").touch()
        """
    )
    left = 0
    for attempt in range(4):
        process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
        deadline = time.monotonic() + 30
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.013 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        (tmp_path / "started").unlink()
        left += len(list((tmp_path / "versions").glob(".tmp-*")))
    store = Store(tmp_path)
    for version in store.versions():
        store.check(version)
    (tmp_path / "versions" / left_by_the_dead(1)).mkdir()
    assert len(collect_garbage(store.root, keep_days=0, delete=True)) >= 1
    assert not list(tmp_path.rglob(".tmp-*"))
    assert store.versions()


def test_garbage_of_the_living_and_of_the_young_stays(tmp_path: Path) -> None:
    store = Store(tmp_path)
    mine, young = tmp_path / temporary_name("x"), tmp_path / left_by_the_dead(1, "x")
    mine.touch(), young.touch()
    store.write_shard("aa", to_table(additions(2)))
    outer = left_by_the_dead(2)
    nested = tmp_path / "versions" / outer / left_by_the_dead(3, "y")
    nested.mkdir(parents=True), (nested / "part").write_bytes(b"12345")
    assert collect_garbage(store.root, keep_days=1) == []
    found = collect_garbage(store.root, keep_days=0)
    wanted = [young.name, "shards/aa/aa.parquet", f"versions/{outer}"]
    assert [(item.path, item.kind) for item in found] == [
        (path, "shard" if path.startswith("shards") else "unfinished") for path in wanted
    ]
    assert (found[0].bytes, found[-1].bytes, found[1].bytes > 100) == (0, 5, True)
    assert store.read_shard("aa") is not None, "nothing goes unless told"
    assert collect_garbage(store.root, keep_days=0, delete=True) == found
    assert collect_garbage(store.root, keep_days=0) == []
    assert store.read_shard("aa") is None
    assert mine.exists()


def test_what_killed_questions_spilled_goes_and_that_of_others_and_of_the_living_stays(tmp_path: Path) -> None:
    dead, mine, other = (
        left_by_the_dead(1, "veriloop-duckdb"),
        temporary_name("veriloop-duckdb"),
        left_by_the_dead(3, "other"),
    )
    for name in (dead, mine, other):
        (tmp_path / "tmp" / name).mkdir(parents=True)
        (tmp_path / "tmp" / name / "spilled").write_bytes(b"12345")
    left = left_behind(tmp_path / "tmp")
    (found,) = collect_garbage(tmp_path / "root", keep_days=0, delete=True, elsewhere=left)
    assert found == (str(tmp_path / "tmp" / dead), "unfinished", 5)
    assert sorted(path.name for path in (tmp_path / "tmp").iterdir()) == sorted([mine, other])


def test_a_shard_comes_back_and_a_damaged_one_counts_as_absent(tmp_path: Path) -> None:
    store, table = Store(tmp_path), to_table(additions(20))
    assert store.read_shard("k/1") is None
    store.write_shard("k/1", table)
    assert store.read_shard("k/1").equals(table)
    path = next((tmp_path / "shards").rglob("*.parquet"))
    content = path.read_bytes()
    for damage in (content[:-1], flipped(content, len(content) // 2, 3), b"", content[:-600] + b"x" + content[-599:]):
        path.write_bytes(damage)
        assert store.read_shard("k/1") is None
    store.write_shard("k/1", table)
    assert store.read_shard("k/1").equals(table)
    pq.write_table(table, path)
    assert store.read_shard("k/1") is None, "one of an earlier veriloop carries no seal"


def test_a_failed_write_keeps_the_old_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_atomic(path, b"old")
    with pytest.raises(StoreError, match=r"No space left on device.*Nothing already written is lost"):
        write_atomic(path, lambda _: Path("/dev/full").write_bytes(b"x"))
    assert path.read_bytes() == b"old"
    write_atomic(path, lambda temporary: temporary.write_bytes(b"new"))
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def _publish_within(root: str, limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        publish(Path(root), 5000, recipe={"big": True})
    except StoreError as error:
        if "Nothing already written is lost" in str(error):
            os._exit(7)


def test_a_disk_that_refuses_in_mid_publish_is_one_error_and_loses_nothing(tmp_path: Path) -> None:
    version = publish(tmp_path)
    worker = multiprocessing.get_context("forkserver").Process(target=_publish_within, args=(str(tmp_path), 20_000))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 7
    assert Store(tmp_path).versions() == [version]
    Store(tmp_path).check(version)
    assert not list((tmp_path / "versions").glob(".tmp-*"))


def test_diff_names_what_came_went_and_changed(tmp_path: Path) -> None:
    store, problems = Store(tmp_path), additions(10)
    before = store.publish("a", recipe={"n": 1}, rows=[to_table(problems[:9])])
    edited = addition(1, level=2, trace="1+2=3")
    after = store.publish("a", recipe={"n": 2}, rows=[to_table([problems[0], edited, *problems[2:8], problems[9]])])
    found = diff(store, before.id, after)
    assert found.added == (problems[9].uid,)
    assert found.removed == (problems[8].uid,)
    assert found.changed == (edited.uid,)
    assert found.cells == {Cell("arith/add", 1): (3, 4), Cell("arith/add", 3): (3, 2)}


def test_adopt_takes_a_copied_version_and_refuses_a_damaged_one(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    version = publish(tmp_path / "here")
    assert there.adopt(here.folder(version)) == version
    there.check(version)
    assert there.get("sums") == version
    path = here.folder(version) / version.files[0].path
    path.write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="corrupt"):
        Store(tmp_path / "third").adopt(here.folder(version))


def test_batches_hold_every_row_once(tmp_path: Path) -> None:
    version = publish(tmp_path)
    batches = list(Store(tmp_path).batches(version, rows=7))
    assert max(batch.num_rows for batch in batches) <= 7
    assert sorted(pa.concat_tables(batches).column("uid").to_pylist()) == sorted(p.uid for p in additions(60))


def test_row_groups_stay_large_however_small_the_cells(tmp_path: Path) -> None:
    problems = [addition(n, level=1 + n) for n in range(300)]
    version = Store(tmp_path).publish("many", recipe=RECIPE, rows=[to_table(problems)])
    train = Store(tmp_path).folder(version) / "train-00000-of-00001.parquet"
    assert pq.ParquetFile(train).num_row_groups == 1
