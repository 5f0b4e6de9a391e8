"""Foreign formats: good rows come through unchanged, bad ones by line and reason, and what we write we read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.exchange import questions, text_math, verl
from pipeline.exchange.foreign import NeutralRow, RowError
from pipeline.problem import to_table
from tests.jsonl import jsonl
from tests.pipeline.examples import addition
from tests.real_cases import case_file, needs_cases


def good(rows) -> list[NeutralRow]:
    return [row for row in rows if isinstance(row, NeutralRow)]


def bad(rows) -> list[RowError]:
    return [row for row in rows if isinstance(row, RowError)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("She has 3+4 = <<3+4=7>>7.\n#### 7", "7"),
        ("#### 1,200 ", "1,200"),
        ("so $\\boxed{\\frac{1}{2}}$ and $\\boxed{\\{1,\\dots\\}}$.", "\\{1,\\dots\\}"),
        ("  plain  ", "plain"),
        (27.0, "27"),
        (0.1, "0.1"),
        (10**30, str(10**30)),
        (["3"], "3"),
        (["1", 2], ["1", "2"]),
    ],
)
def test_final_answers_of_the_known_forms(value: object, expected: str) -> None:
    assert questions.final_answer(value) == expected


def test_text_rows_good_and_bad(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "x.jsonl",
        {"question": "1+1?", "answer": "#### 2"},
        "{not json",
        "",
        {"question": "2+2?"},
        {"question": 5, "answer": "5"},
        "[1]",
        {"question": "3+3?", "answer": {"a": 1}},
        {"question": "4+4?", "answer": "####"},
        {"question": "5?", "answer": "\\boxed{5"},
        {"question": " 9? ", "answer": 9},
    )
    rows = list(text_math.read(path, "prompt=question,answer=answer"))
    assert good(rows) == [
        NeutralRow("text/math", {"question": "1+1?"}, "2", "x.jsonl", 1),
        NeutralRow("text/math", {"question": "9?"}, "9", "x.jsonl", 10),
    ]
    assert [row.line for row in bad(rows)] == [2, 4, 5, 6, 7, 8, 9]
    assert all(row.reason for row in bad(rows))


def test_bytes_that_are_no_text_are_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"q": "a", "answer": "1"}\n\xff\xfe\n{"q": "b", "answer": "2"}\n')
    rows = list(text_math.read(path, {"prompt": "q", "answer": "answer"}))
    assert [row.answer for row in good(rows)] == ["1", "2"]
    assert [row.line for row in bad(rows)] == [2]


def test_a_solution_without_a_mark_is_a_bad_row(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl", {"p": "a", "s": "thus \\boxed{4}"}, {"p": "b", "s": "thus 4"})
    rows = list(text_math.read(path, "prompt=p,solution=s"))
    assert [row.answer for row in good(rows)] == ["4"]
    assert "without '####' or" in bad(rows)[0].reason


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("prompt=questoin,answer=answer", r"no column 'questoin'.*did you mean 'question'"),
        ("promt=question,answer=answer", "unknown field 'promt'.*did you mean 'prompt'"),
        ("prompt,answer=answer", "write field=column"),
        ("prompt=question", "must name prompt, and answer or solution"),
    ],
)
def test_a_wrong_mapping_names_the_nearest(tmp_path: Path, mapping: str, message: str) -> None:
    path = jsonl(tmp_path / "x.jsonl", {"question": "a", "answer": "1"})
    with pytest.raises(ConfigError, match=message):
        list(text_math.read(path, mapping))


def test_files_that_cannot_be_read_are_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    for name in ("absent.jsonl", "broken.parquet", "x.csv"):
        with pytest.raises(ConfigError, match=f"cannot read .*{name}"):
            list(text_math.read(tmp_path / name, "prompt=a,answer=b"))
    with pytest.raises(ConfigError, match="cannot write"):
        text_math.write(to_table([addition(1)]), tmp_path / "x.csv")


def question(text: str, answer: str):
    return addition(
        1, family="text/math", params={"question": text}, prompt=f"Solve: {text}", answer=answer, trace=None
    )


plain_text = st.text(st.characters(codec="utf-8"), min_size=1).map(str.strip).filter(bool)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(plain_text, st.from_regex(r"-?[0-9]{1,9}(/[1-9])?", fullmatch=True)), min_size=1, max_size=4))
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("format", [text_math, verl])
def test_what_is_written_is_read_back(tmp_path_factory, format, suffix: str, pairs: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("exchange") / f"x{suffix}"
    format.write(to_table([question(text, answer) for text, answer in pairs]), path)
    rows = list(format.read(path))
    assert bad(rows) == []
    assert [(row.family, row.params, row.answer) for row in good(rows)] == [
        ("text/math", {"question": text}, answer) for text, answer in pairs
    ]


def test_verl_rows_of_a_family_come_back_as_that_family(tmp_path: Path) -> None:
    problems = [addition(n) for n in range(3)]
    verl.write(to_table(problems), tmp_path / "x.parquet")
    rows = good(verl.read(tmp_path / "x.parquet"))
    assert [(row.family, row.params, row.answer) for row in rows] == [
        (p.family, p.params, str(p.answer)) for p in problems
    ]
    schema = pq.read_schema(tmp_path / "x.parquet")
    assert schema.names == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert schema.field("reward_model").type == pa.struct([("style", pa.string()), ("ground_truth", pa.string())])


def test_verl_ground_truths_and_prompts_of_every_kind(tmp_path: Path) -> None:
    user = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "1+1?"}]
    reply = {"role": "assistant", "content": "2"}
    path = jsonl(
        tmp_path / "x.jsonl",
        {"data_source": "d", "prompt": user, "reward_model": {"ground_truth": "2"}},
        {"data_source": "d", "prompt": user, "reward_model": {"ground_truth": {"b": [1, 2], "a": 3}}},
        {"data_source": "d", "prompt": "text", "reward_model": {"ground_truth": 4}},
        {"data_source": "d", "prompt": user, "reward_model": {"ground_truth": None}},
        {"data_source": "d", "prompt": [*user, reply], "reward_model": {"ground_truth": "2"}},
        {"data_source": "d", "prompt": [], "reward_model": {"ground_truth": "2"}},
        {"data_source": "d", "prompt": 3, "reward_model": {"ground_truth": "2"}},
        {"data_source": "d", "prompt": user},
    )
    rows = list(verl.read(path))
    assert [(row.params["question"], row.answer) for row in good(rows)] == [
        ("1+1?", "2"),
        ("1+1?", '{"a":3,"b":[1,2]}'),
        ("text", "4"),
    ]
    assert [row.line for row in bad(rows)] == [4, 5, 6, 7, 8]


def test_a_file_without_verl_columns_is_named(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl", {"prompts": "a", "answer": "1"})
    with pytest.raises(ConfigError, match=r"no column 'prompt'.*did you mean 'prompts'"):
        list(verl.read(path))


@needs_cases
@pytest.mark.parametrize(
    ("file", "mapping", "rows", "empty"),
    [
        ("benchmarks/gsm8k_test.jsonl", "prompt=question,answer=answer", 1319, []),
        ("train/gsm8k_train_3000.jsonl", "prompt=question,answer=answer", 3000, []),
        ("train/math_train_2000.jsonl", "prompt=problem,answer=answer", 2000, [1453]),
        ("benchmarks/math500.jsonl", "prompt=problem,solution=solution", 500, []),
        ("benchmarks/minerva_math.jsonl", "prompt=problem,solution=solution", 272, []),
        ("benchmarks/amc23.jsonl", "prompt=problem,answer=answer", 40, []),
        ("benchmarks/olympiadbench_text.jsonl", "prompt=question,answer=final_answer", 675, []),
    ],
)
def test_real_text_files_come_through_whole(file: str, mapping: str, rows: int, empty: list[int]) -> None:
    read = list(text_math.read(case_file(file), mapping))
    assert bad(read) == [RowError(line, "the answer is empty") for line in empty]
    assert len(read) == rows
    assert not any("####" in row.answer or row.answer.startswith("\\boxed") for row in good(read))


@needs_cases
def test_the_box_of_a_math_solution_is_its_answer() -> None:
    path = case_file("benchmarks/math500.jsonl")
    from_solution = good(text_math.read(path, "prompt=problem,solution=solution"))
    from_answer = good(text_math.read(path, "prompt=problem,answer=answer"))
    equal = sum(a.answer == b.answer for a, b in zip(from_solution, from_answer, strict=True))
    assert equal >= 495


@needs_cases
@pytest.mark.parametrize(
    ("file", "rows", "empty"),
    [
        ("verl_aime25_30", 30, []),
        ("verl_countdown_1024", 1024, []),
        ("verl_deepscaler_sub_1209", 1209, [266]),
        ("verl_knights_knaves_3ppl_100", 100, []),
    ],
)
def test_real_verl_files_come_through_whole(file: str, rows: int, empty: list[int]) -> None:
    read = list(verl.read(case_file(f"formats/{file}.parquet")))
    assert bad(read) == [RowError(line, "the answer is empty") for line in empty]
    assert len(read) == rows
