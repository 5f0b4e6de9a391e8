"""Real cases of foreign rows, read in place: each comes through with its meaning, or is refused by name."""

import json
from pathlib import Path

import pytest

from flows.judging.grading import Grading, grade_rows
from flows.stages.imports import import_version
from generators.family import verify
from pipeline.errors import ConfigError
from pipeline.problem import Problem, from_table
from pipeline.store.store import Store
from tests.real_cases import case_file, case_rows, needs_cases

pytestmark = needs_cases
PLAIN = "prompt=question,answer=answer"


def brought(root: Path, path: Path, mapping: str = "") -> list[Problem]:
    version, faults = import_version(path, mapping=mapping, name="case", root=root)
    assert not faults
    return from_table(Store(root).table(version))


def right_of(problems: list[Problem], dressing: str = "So \\boxed{{{}}}.") -> int:
    return sum(verify(p, dressing.format(p.answer)).outcome.value == "correct" for p in problems)


@pytest.mark.parametrize(
    ("file", "mapping", "rows"),
    [
        ("verl_list.jsonl", "", 5), ("trl.jsonl", "prompt=prompt,solution=solution", 5), ("a.jsonl.gz", PLAIN, 5),
        ("a.jsonl.zst", PLAIN, 5), ("data.ndjson", PLAIN, 5), ("array.json", PLAIN, 5), ("array1.json", PLAIN, 5),
        ("c.csv", PLAIN, 5),
    ],
)  # fmt: skip
def test_sums_come_through_and_a_right_reply_is_right(tmp_path: Path, file: str, mapping: str, rows: int) -> None:
    problems = brought(tmp_path, case_file(f"realcases/{file}"), mapping)
    assert len(problems) == right_of(problems) == rows
    for problem in problems:
        first, _, second = problem.params["question"].removeprefix("What is ").removesuffix("?").partition(" plus ")
        assert problem.answer == str(int(first) + int(second))
    assert {p.params.get("system", "") for p in problems} == ({"Put the answer in a box."} if "trl" in file else {""})


def test_decimals_are_as_written(tmp_path: Path) -> None:
    problems = brought(tmp_path, case_file("realcases/dec.parquet"), PLAIN)
    assert sorted(p.answer for p in problems) == ["2.50", "3.00"]
    assert right_of(problems) == 2 and sum(verify(p, "\\boxed{2.5}").outcome.value == "correct" for p in problems) == 1


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="2 columns called 'answer'"):
        brought(tmp_path, case_file("realcases/dupcol.parquet"), PLAIN)
    with pytest.raises(ConfigError, match="2 columns called 'answer'"):
        list(grade_rows(case_file("realcases/dupcol.parquet"), Grading("answer", "question")))


def test_a_gold_that_is_no_number_is_refused(tmp_path: Path) -> None:
    (case,) = (row for row in case_rows("realcases/import.jsonl") if row["id"] == "nan-gold")
    (tmp_path / "x.jsonl").write_text(case["input"]["line"] + '\n{"question": "1+1?", "answer": 2}\n')
    version, faults = import_version(
        tmp_path / "x.jsonl", mapping=case["input"]["map"], name="case", root=tmp_path / "run"
    )
    assert version.rows == 1 and [fault["line"] for fault in faults] == [1]


def test_a_prompt_with_its_own_format_is_asked_once_and_read_as_asked(tmp_path: Path) -> None:
    problems = brought(tmp_path, case_file("realcases/dapo.jsonl"))
    assert [p.prompt for p in problems] == [p.params["question"] for p in problems] and len(problems) == 3
    assert not any("boxed" in p.prompt for p in problems)
    for dressing, right in (("1 + 2 ...\nAnswer: {}", 3), ("**Answer:** ${}$", 3), ("\\boxed{{9}}\nAnswer: 1{}", 0)):
        assert right_of(problems, dressing) == right


def test_every_reply_of_a_list_gets_its_verdict(tmp_path: Path) -> None:
    found = list(grade_rows(case_file("realcases/g_list.jsonl"), Grading("gold", "pred")))
    assert [(row["id"], row["sample"]) for row in found] == [(f"r{n}", k) for n in range(1, 7) for k in (0, 1)]
    assert [row["outcome"] for row in found[::2]] == ["correct", "wrong", "correct", "wrong", "correct", "wrong"]
    assert [row["outcome"] for row in found[1::2]] == ["wrong", "wrong", "correct", "wrong", "wrong", "wrong"]
    (case,) = (row for row in case_rows("realcases/import.jsonl") if row["id"] == "pred-list")
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(case["input"]))
    assert [row["outcome"] for row in grade_rows(path, Grading("gold", "pred"))] == ["correct", "wrong"]
