"""Versions made by hand: the same for any workers, imports that answer for every row."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.stages.imports import import_version
from flows.stages.publish import generate_version
from pipeline.errors import ConfigError, FamilyError, ShortageError
from pipeline.exchange import verl
from pipeline.store.store import Store
from tests.jsonl import jsonl
from tests.real_cases import case_file, needs_cases


def knapsacks(root: Path, **changes):
    request = {"level": 1, "count": 30, "seed": 0, "out_dir": root, **changes}
    return generate_version("np/knapsack", **request)


def test_workers_change_no_id(tmp_path):
    assert knapsacks(tmp_path / "a", workers=1).id == knapsacks(tmp_path / "b", workers=2).id
    assert knapsacks(tmp_path / "a", seed=1).id != knapsacks(tmp_path / "a").id


def test_a_version_that_is_there_is_not_made_again(tmp_path):
    first, notes = knapsacks(tmp_path), []
    assert knapsacks(tmp_path, note=lambda *note: notes.append(note)) == first
    assert not notes


def test_the_files_are_parquet_of_the_whole_count(tmp_path):
    version = knapsacks(tmp_path)
    tables = [pq.read_table(path) for path in (tmp_path / "versions" / version.id).glob("*.parquet")]
    assert sum(table.num_rows for table in tables) == 30
    assert {"uid", "prompt", "answer", "certificate", "params"} <= set(tables[0].column_names)


def test_a_count_is_even_over_regions_and_one_region_can_be_asked_for(tmp_path):
    both = generate_version("seq/sort", level=2, count=11, seed=0, out_dir=tmp_path)
    assert sorted(both.cells.values()) == [5, 6]
    one = generate_version("seq/sort", level=2, count=11, seed=0, out_dir=tmp_path, region="descending")
    assert [cell.region for cell in one.cells] == ["descending"]


@pytest.mark.parametrize(
    ("family", "changes", "error", "message"),
    [
        ("np/knapsak", {}, FamilyError, "did you mean 'np/knapsack'"),
        ("np/knapsack", {"level": 0}, FamilyError, "choose 1 and up"),
        ("arith/countdown", {"level": 99}, FamilyError, "no level 99: choose 1 to"),
        ("np/knapsack", {"rendering": "plian"}, FamilyError, "no rendering 'plian'"),
        ("seq/sort", {"region": "up"}, FamilyError, "no region 'up'"),
        ("text/math", {}, FamilyError, "veriloop import"),
        ("np/knapsack", {"count": 0}, ConfigError, "at least 1"),
        ("seq/maximum", {"count": 10**6}, ShortageError, r"asked for 500000 .* has 4977"),
    ],
)
def test_a_bad_request_names_the_limit_and_writes_nothing(tmp_path, family, changes, error, message):
    request = {"level": 1, "count": 5, "seed": 0, **changes}
    with pytest.raises(error, match=message):
        generate_version(family, out_dir=tmp_path / "out", **request)
    assert not (tmp_path / "out").exists()


def test_out_must_be_a_folder_of_ours(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        knapsacks(tmp_path / "file")
    with pytest.raises(ConfigError, match="holds no versions"):
        knapsacks(tmp_path)


def bring(path: Path, root: Path, mapping: str = "prompt=q,answer=a", **options):
    return import_version(path, mapping=mapping, name="brought", root=root, **options)


def test_an_import_answers_for_every_line(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        {"q": "What is 2+2?", "a": "#### 4"},
        {"q": "what  is 2+2?", "a": "4"},
        {"q": "And 3+3?", "a": None},
        "broken",
        {"q": "And 4+4?", "a": "8"},
    )
    version, faults = bring(path, tmp_path / "run")
    assert [fault["line"] for fault in faults] == [3, 4]
    assert version.rows == 2
    assert sum(version.dropped.values()) == 1
    assert version.rows + sum(version.dropped.values()) + len(faults) == 5
    assert bring(path, tmp_path / "run")[0].id == version.id


def test_a_held_out_benchmark_is_all_test(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", *({"q": f"What is {n}+1?", "a": str(n + 1)} for n in range(40)))
    version, _ = bring(path, tmp_path / "run", held_out=True)
    assert set(Store(tmp_path / "run").table(version)["split"].to_pylist()) == {"test"}


def test_a_file_of_which_nothing_can_be_used_is_bad_input_and_publishes_nothing(tmp_path):
    with pytest.raises(ConfigError, match=r"none of its 1 rows .* not JSON"):
        bring(jsonl(tmp_path / "a.jsonl", "broken"), tmp_path / "run")
    with pytest.raises(ConfigError, match=r"no column 'q'.*did you mean 'qs'"):
        bring(jsonl(tmp_path / "b.jsonl", {"qs": "x", "a": "1"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_rows_we_exported_go_back_to_their_own_family(tmp_path, suffix):
    version = generate_version("np/knapsack", level=1, count=12, seed=0, out_dir=tmp_path / "a")
    table = Store(tmp_path / "a").table(version)
    verl.write(table, tmp_path / f"rows.{suffix}")
    back, faults = bring(tmp_path / f"rows.{suffix}", tmp_path / "b", mapping="")
    assert not faults
    again = Store(tmp_path / "b").table(back)
    columns = ["uid", "prompt", "answer", "certificate", "split", "level"]
    assert again.select(columns).equals(table.select(columns))


def test_an_exported_row_that_was_changed_is_refused(tmp_path):
    version = generate_version("np/knapsack", level=1, count=2, seed=0, out_dir=tmp_path / "a")
    verl.write(Store(tmp_path / "a").table(version), tmp_path / "rows.jsonl")
    first, second = map(json.loads, (tmp_path / "rows.jsonl").read_text().splitlines())
    first["extra_info"]["params"] = "{}"
    path = jsonl(tmp_path / "rows.jsonl", first, second)
    _, faults = bring(path, tmp_path / "b", mapping="")
    assert [fault["line"] for fault in faults] == [1]
    assert "params lacks capacity" in faults[0]["reason"]


@needs_cases
@pytest.mark.parametrize(
    ("file", "mapping", "rows"),
    [
        ("train/gsm8k_train_3000.jsonl", "prompt=question,answer=answer", 3000),
        ("train/math_train_2000.jsonl", "prompt=problem,answer=answer", 1999),
        ("formats/verl_aime25_30.parquet", "", 30),
        ("formats/verl_countdown_1024.parquet", "", 1024),
    ],
)
def test_real_files_come_in_place(tmp_path, file, mapping, rows):
    version, faults = bring(case_file(file), tmp_path, mapping)
    total = version.rows + sum(version.dropped.values()) + len(faults)
    assert version.rows == rows
    assert total == (2000 if "math" in file else rows)
