"""Imports of every kind of file and row: the cell, what is kept, what is told, and the way out and back."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.judging.grading import declared_by
from flows.stages.exports import export_version
from flows.stages.imports import import_version
from generators.family import verify
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError
from pipeline.problem import Outcome, Problem, from_table
from pipeline.store.store import Store
from tests.jsonl import jsonl

QA = "prompt=q,answer=a"


def bring(path: Path, root: Path, mapping: str = QA, **options):
    return import_version(path, mapping=mapping, name="brought", root=root, **options)


def problems(root: Path, version) -> dict[str, Problem]:
    return {p.params["question"]: p for p in from_table(Store(root).table(version))}


LEVELS = [
    {"q": "How many apples?", "a": "1", "lvl": "Level 3", "topic": "Counting & Probability", "id": 7, "x": None},
    {"q": "How many pears?", "a": "2", "lvl": 1, "topic": "Algebra", "id": 8, "x": {"y": [1.5]}},
    {"q": "How many plums?", "a": "3", "lvl": None, "topic": "", "id": None, "x": None},
    {"q": "How many figs?", "a": "4", "lvl": "Level ?", "topic": "Algebra", "id": None, "x": None},
]
FULL = "prompt=q,answer=a,level=lvl,subject=topic,id=id,metadata.level=x.y"


def test_level_and_subject_are_the_cell_and_other_columns_are_kept(tmp_path: Path) -> None:
    version, faults = bring(jsonl(tmp_path / "a.jsonl", *LEVELS), tmp_path / "run", FULL)
    assert [fault["line"] for fault in faults] == [4] and "Level ?" in faults[0]["reason"]
    assert version.cells == {
        Cell("text/math", 1, ""): 1, Cell("text/math", 1, "Algebra"): 1,
        Cell("text/math", 3, "Counting & Probability"): 1,
    }  # fmt: skip
    found = problems(tmp_path / "run", version)
    assert found["How many apples?"].params["metadata"] == {"id": 7}
    assert found["How many pears?"].params["metadata"] == {"id": 8, "level": [1.5]}
    assert "metadata" not in found["How many plums?"].params


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_level_subject_and_metadata_go_out_and_come_back(tmp_path: Path, suffix: str) -> None:
    first, _ = bring(jsonl(tmp_path / "a.jsonl", *LEVELS), tmp_path / "run", FULL)
    there = problems(tmp_path / "run", first)
    for layout, mapping in (
        ("text", "prompt=prompt,answer=answer,level=level,subject=subject,id=id,metadata.level=metadata.level"),
        ("verl", ""),
    ):
        path = tmp_path / f"{layout}.{suffix}"
        export_version(tmp_path / "run", "brought", path, layout=layout, split="all")
        again, faults = bring(path, tmp_path / layout, mapping)
        back = problems(tmp_path / layout, again)
        assert not faults and again.cells == first.cells
        for question, problem in there.items():
            for key in ("metadata", "level", "subject", "answer"):
                assert back[question].params.get(key) == problem.params.get(key)


def test_kept_values_of_several_types_go_out_as_text_where_a_column_has_one(tmp_path: Path) -> None:
    rows = [{"q": f"{n}?", "a": "1", "x": value} for n, value in enumerate((7, "b", None, [1]))]
    bring(jsonl(tmp_path / "a.jsonl", *rows), tmp_path / "run", QA + ",x=x")
    for suffix, kept in (("jsonl", [7, "b", None, [1]]), ("parquet", ["7", "b", None, "[1]"])):
        path = tmp_path / f"x.{suffix}"
        export_version(tmp_path / "run", "brought", path, layout="text", split="all")
        out = pq.read_table(path).to_pylist() if suffix == "parquet" else map(json.loads, path.read_text().splitlines())
        assert [row["x"] for row in sorted(out, key=lambda row: row["prompt"])] == kept


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (QA + ",levle=lvl", r"did you mean 'level'.*write metadata\.levle=COLUMN"), (QA + ",id=idd", "no column 'idd'"),
        (QA + ",answer=q", "names answer twice"), ("level=lvl", "no column 'prompt'"), ("prompt=q", "must name"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_meant_is_refused(tmp_path: Path, mapping: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bring(jsonl(tmp_path / "a.jsonl", *LEVELS), tmp_path / "run", mapping)


def verl_row(number: int, **more):
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"What is {number}+1?"}]
    return {"data_source": "d", "prompt": turns, "reward_model": {"ground_truth": [str(number + 1)]}, **more}


def test_the_verl_layout_takes_more_columns(tmp_path: Path) -> None:
    rows = [verl_row(n, extra_info={"difficulty": "hard", "index": n}) for n in range(3)]
    path = jsonl(tmp_path / "a.jsonl", *rows)
    version, _ = bring(path, tmp_path / "run", "level=extra_info.difficulty,index=extra_info.index")
    found = problems(tmp_path / "run", version)
    assert version.cells == {Cell("text/math", 3): 3}
    assert {p.params["metadata"]["index"] for p in found.values()} == {0, 1, 2}
    assert all(p.params["system"] == "Be brief." and "Be brief" not in p.prompt for p in found.values())
    assert all(verify(p, f"\\boxed{{{p.answer}}}").outcome is Outcome.CORRECT for p in found.values())
    assert "3 rows have system turns" in version.quality["notes"][0]


def test_verl_rows_need_no_name_of_their_data_set(tmp_path: Path) -> None:
    rows = [{key: value for key, value in verl_row(n).items() if key != "data_source"} for n in range(2)]
    version, faults = bring(jsonl(tmp_path / "a.jsonl", *rows), tmp_path / "run", "")
    assert not faults
    assert {p.params["source"] for p in problems(tmp_path / "run", version).values()} == {"a.jsonl"}
    with pytest.raises(ConfigError, match="no column 'data_source'"):
        bring(tmp_path / "a.jsonl", tmp_path / "run", "source=data_source")


def test_what_cannot_be_kept_is_named_by_its_column(tmp_path: Path) -> None:
    table = pa.table({"q": ["a?", "b?"], "a": ["1", "2"], "m": pa.array([b"\xff", b"m"], pa.binary())})
    pq.write_table(table, tmp_path / "x.parquet")
    version, faults = bring(tmp_path / "x.parquet", tmp_path / "run", QA + ",m=m,subject=m")
    assert version.rows == 1 and "bytes that are no UTF-8" in faults[0]["reason"]
    version, faults = bring(tmp_path / "x.parquet", tmp_path / "run", QA + ",m=m")
    assert "column 'm' cannot be kept" in faults[0]["reason"]


def test_a_list_of_several_is_asked_for_whole(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"q": "Roots?", "a": ["1", "-2"]}, {"q": "Root?", "a": '["3"]'})
    for declare, turned in (((), Outcome.WRONG), (("order=any",), Outcome.CORRECT)):
        version, _ = bring(path, tmp_path / f"run{len(declare)}", declared=declared_by(declare))
        found = problems(tmp_path / f"run{len(declare)}", version)
        outcomes = [
            verify(found["Roots?"], f"\\boxed{{{said}}}").outcome for said in ("1, -2", "[1, -2]", "-2, 1", "1")
        ]
        assert outcomes == [Outcome.CORRECT, Outcome.CORRECT, turned, Outcome.WRONG]
        assert verify(found["Root?"], "\\boxed{3}").outcome is Outcome.CORRECT
        assert "1 answers are lists of several" in version.quality["notes"][0]


def test_golds_of_tables_are_as_written(tmp_path: Path) -> None:
    table = pa.table({"q": ["a?", "b?", "c?"], "a": pa.array([0.1, 2.0, None], pa.float32())})
    pq.write_table(table, tmp_path / "x.parquet")
    version, faults = bring(tmp_path / "x.parquet", tmp_path / "run")
    assert [p.answer for _, p in sorted(problems(tmp_path / "run", version).items())] == ["0.1", "2"]
    assert [fault["line"] for fault in faults] == [3]


def test_columns_that_look_swapped_are_told(tmp_path: Path) -> None:
    rows = [{"q": f"Tom has {n} pens and buys one. How many has he?", "a": f"{n}+1\n#### {n + 1}"} for n in range(9)]
    right, _ = bring(jsonl(tmp_path / "a.jsonl", *rows), tmp_path / "right")
    swapped, _ = bring(tmp_path / "a.jsonl", tmp_path / "swapped", "prompt=a,answer=q")
    assert right.quality["notes"] == []
    assert "9 of 9 answers look like questions" in swapped.quality["notes"][0]
    long = jsonl(tmp_path / "b.jsonl", *({"q": "#### 1", "a": "Why? " * 2000} for _ in range(3)))
    with pytest.raises(ConfigError, match="swapped in --map"):
        bring(long, tmp_path / "run")


def test_bytes_are_text_and_long_numbers_are_no_questions(tmp_path: Path) -> None:
    table = pa.table(
        {"q": pa.array([b"What is 10^80?"], pa.binary()), "a": pa.array([str(10**80).encode()], pa.binary())}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    version, _ = bring(tmp_path / "x.parquet", tmp_path / "run")
    assert problems(tmp_path / "run", version)["What is 10^80?"].answer == str(10**80)
    assert version.quality["notes"] == []


@pytest.mark.parametrize("indent", [None, 1])
def test_rows_within_an_object_are_pointed_at(tmp_path: Path, indent: int | None) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"version": 1, "rows": [{"q": "1?", "a": "1"}]}, indent=indent))
    with pytest.raises(ConfigError, match="its rows are within 'rows'"):
        bring(tmp_path / "x.json", tmp_path / "run")


def test_the_command_reads_packed_tables_and_tells_notes(veriloop, tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [["question", "gold", "lvl"], ["1, 2 or 3?\nSay it.", "['3']", "2"], ["Both?", "['1','2']", "x"]]
        )
    mapping = "prompt=question,answer=gold,level=lvl"
    told = veriloop("import", path, "--map", mapping, "--root", tmp_path / "run", "--declare", "order=any")
    assert told.code == 0 and "imported 1 problems as x " in told.out and "line 4 refused: level 'x'" in told.out
    assert veriloop("import", path, "--map", mapping, "--root", tmp_path / "run", "--declare", "ordr=any").code == 2
    told = veriloop("import", path, "--map", "prompt=question,answer=gold", "--root", tmp_path / "run")
    assert "note: 1 answers are lists of several" in told.out
    asked = veriloop("import", path, "--map", mapping, "--root", tmp_path / "run", "--json")
    assert json.loads(asked.out)["cells"] == [{"family": "text/math", "level": 2, "region": "", "rows": 1}]


def test_the_card_has_the_licence_that_was_named_and_what_was_told(veriloop, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"q": "Both?", "a": ["1", "2"]})
    for license_, named in (("MIT", "license: mit\n"), ("", "license: unknown\n")):
        options = ("--license", license_) if license_ else ()
        told = veriloop("import", path, "--map", QA, "--root", tmp_path / f"run{license_}", *options)
        assert told.code == 0
        (card,) = (tmp_path / f"run{license_}" / "versions").glob("*/README.md")
        assert named in card.read_text() and "- 1 answers are lists of several" in card.read_text()


@pytest.mark.parametrize(
    ("target", "message"),
    [("hf://datasets/me/x.parquet", "it is an address.*hf upload"), ("no/where/x.jsonl", "no folder no/where")],
)
def test_an_export_goes_to_a_file_in_a_folder(veriloop, tmp_path, monkeypatch, target: str, message: str) -> None:
    bring(jsonl(tmp_path / "a.jsonl", *LEVELS[:2]), tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    told = veriloop("export", "brought", target, "--root", "run", "--split", "all")
    assert told.code == 2 and "Traceback" not in told.err
    assert all(word in " ".join(told.err.split()) for word in message.split(".*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "run"]
