"""Grading of anyone's rows: every row answered for, in order, by number and id; a stopped run goes on."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from flows.judging.graded_file import grade_into
from flows.judging.grading import Grading, Tally, answers, declared_by, grade_rows, lines, usual_workers
from generators.answers.declared import Declared
from pipeline.errors import ConfigError, UndecidedError
from pipeline.exchange.foreign import MAX_LINE_BYTES
from tests.generators.changed import changed
from tests.jsonl import jsonl

PLAIN = Grading("gold", "pred")


def grades(path: Path, **options):
    return list(grade_rows(path, Grading("gold", "pred", **options)))


def test_every_line_is_graded_in_order_or_named_a_data_error(tmp_path):
    path = jsonl(
        tmp_path / "a.jsonl",
        {"gold": "5", "pred": "so \\boxed{5}"},
        {"gold": "5", "pred": "\\boxed{6}"},
        {"gold": "5", "pred": None},
        "{broken",
        "",
        [1],
        {"gold": "5"},
        {"gold": "", "pred": "5"},
        {"gold": None, "pred": "5"},
        {"gold": 5, "pred": 5},
        "[" * 100_000,
        {"gold": "1/2", "pred": "\ud800"},
        '{"gold": NaN, "pred": "5"}',
        '{"gold": "5", "pred": NaN}',
        {"gold": "5", "pred": "5" * 1_000_000},
        '{"gold": "5", "pred": ' + "[" * 400 + "]" * 400 + "}",
    )
    with path.open("ab") as file:
        file.write(b'{"gold": "5", "pred": "\xff"}\n')
        file.write(b'{"gold": "5", "pred": "' + b" " * MAX_LINE_BYTES + b'5"}\n')
        file.write(b'{"gold": "5", "pred": "5"}')
    found = grades(path)
    assert [row["row"] for row in found] == list(range(18))
    wanted = [
        "correct", "wrong", "malformed", "data_error", "data_error", "data_error", "data_error", "data_error",
        "correct", "data_error", "malformed", "data_error", "malformed", "malformed", "malformed", "data_error",
        "data_error", "correct",
    ]  # fmt: skip
    assert [row["outcome"] for row in found] == wanted
    assert all(row["reason"] and "Traceback" not in row["reason"] for row in found)
    assert "byte 0xff at position 23" in found[15]["reason"] and "over 64 MiB" in found[16]["reason"]
    assert not any("id" in row for row in found)


def test_workers_change_nothing(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", *({"gold": str(i % 7), "pred": f"\\boxed{{{i % 5}}}"} for i in range(600)))
    assert grades(path, workers=1) == grades(path, workers=3)
    assert 1 <= usual_workers() <= 4


def test_a_column_that_is_not_there_and_an_unknown_type_are_bad_input(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", "broken", {"golden": "5", "pred": "5", "ids": 3})
    with pytest.raises(ConfigError, match=r"no column 'gold', did you mean 'golden'"):
        grades(path)
    with pytest.raises(ConfigError, match=r"no column 'id', did you mean 'ids'"):
        list(grade_rows(path, Grading("golden", "pred", id="id")))
    with pytest.raises(ConfigError, match="did you mean 'integer'"):
        grades(path, type="intger")
    with pytest.raises(ConfigError, match="No such file"):
        grades(tmp_path / "absent.jsonl")


def test_other_encodings_are_read(tmp_path):
    text = "".join(json.dumps({"gold": str(i), "pred": str(i)}) + "\n" for i in range(4))
    path = tmp_path / "a.jsonl"
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        path.write_bytes(text.encode(encoding))
        assert [row["outcome"] for row in grades(path)] == ["correct"] * 4, encoding


def test_rows_carry_their_id(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"gold": "5", "pred": "5", "id": "x", "key": 7}, "{", {"gold": "5", "pred": "6"})
    assert [row["id"] for row in grades(path)] == ["x", None, None]
    assert [row["id"] for row in grades(path, id="key")] == [7, None, None]


def test_what_is_declared_decides(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"gold": "1, 2, 3", "pred": "\\boxed{3, 2, 1}"})
    assert [row["outcome"] for row in grades(path)] == ["wrong"]
    assert [row["outcome"] for row in grades(path, declared=declared_by(["order=any"]))] == ["correct"]
    assert declared_by([]) == Declared()
    assert declared_by(["digits=3", "unit=ignored"]) == Declared(digits=3, unit="ignored")
    assert declared_by(["tolerance=0.01"]) == Declared(tolerance="0.01")
    assert declared_by(["choices=red|green"]) == Declared(choices=("red", "green"))
    for wrong, message in (("order", "KEY=VALUE"), ("ordre=any", "did you mean 'order'"), ("digits=many", "digits")):
        with pytest.raises(ConfigError, match=message):
            declared_by([wrong])


@pytest.fixture
def numbers(tmp_path):
    return jsonl(
        tmp_path / "numbers.jsonl", *({"gold": str(i % 7), "pred": str(i % 5), "id": i} for i in range(40)), "{"
    )


def test_a_stopped_run_goes_on_to_the_same_file(numbers, tmp_path):
    once, again = tmp_path / "once.jsonl", tmp_path / "again.jsonl"
    whole = list(grade_into(once, numbers, PLAIN))
    assert whole == list(grade_rows(numbers, PLAIN))
    content = once.read_bytes()
    end = content.index(b"\n")
    for cut in (0, end, end + 1, len(content) // 2, len(content) - 1):
        again.write_bytes(content[:cut])
        assert list(grade_into(again, numbers, PLAIN)) == whole
        assert again.read_bytes() == content
    stream = grade_into(tmp_path / "left", numbers, PLAIN)
    next(stream)
    stream.close()
    assert list(grade_into(tmp_path / "left", numbers, PLAIN)) == whole


def test_rows_that_are_answered_are_not_graded_again(numbers, tmp_path):
    out = tmp_path / "out.jsonl"
    list(grade_into(out, numbers, PLAIN))
    first, _, rest = out.read_text().partition("\n")
    out.write_text(json.dumps({**json.loads(first), "reason": "kept as it was"}) + "\n" + rest[:2000])
    assert next(iter(grade_into(out, numbers, PLAIN)))["reason"] == "kept as it was"


def test_a_file_of_other_rows_or_other_ways_is_refused_and_left_alone(numbers, tmp_path):
    out = tmp_path / "out.jsonl"
    list(grade_into(out, numbers, PLAIN))
    other = jsonl(tmp_path / "other.jsonl", *({"gold": "1", "pred": "1"} for _ in range(40)))
    short = jsonl(tmp_path / "short.jsonl", *numbers.read_text().splitlines()[:5])
    before = out.read_bytes()
    for path, grading in (
        (other, PLAIN),
        (short, PLAIN),
        (numbers, Grading("gold", "pred", declared=Declared(digits=2))),
    ):
        with pytest.raises(ConfigError, match=r"out\.jsonl is no answer to row .* name another --out"):
            list(grade_into(out, path, grading))
        assert out.read_bytes() == before
    with (
        changed("seq/sort", verifier_version=99),
        pytest.raises(ConfigError, match=r"out\.jsonl is no answer to row .* name another --out"),
    ):
        list(grade_into(out, numbers, PLAIN))
    mine = jsonl(tmp_path / "mine.txt", "my notes", "more")
    with pytest.raises(ConfigError, match=r"line 1 of .*mine\.txt"):
        list(grade_into(mine, numbers, PLAIN))
    assert mine.read_text() == "my notes\nmore\n"
    mine.write_text("one line without an end")
    with pytest.raises(ConfigError, match=r"line 1 of .*mine\.txt"):
        list(grade_into(mine, numbers, PLAIN))
    assert mine.read_text() == "one line without an end"
    with pytest.raises(ConfigError, match="no ordinary file"):
        list(grade_into(Path("/dev/full"), numbers, PLAIN))
    with pytest.raises(ConfigError, match="is the input"):
        list(grade_into(numbers, numbers, PLAIN))
    with pytest.raises(ConfigError, match="cannot write"):
        list(grade_into(tmp_path / "no" / "where", numbers, PLAIN))
    with pytest.raises(ConfigError, match="No such file"):
        list(grade_into(tmp_path / "new", tmp_path / "absent", PLAIN))
    assert not (tmp_path / "new").exists()


def test_progress_ends_at_the_size_of_the_file(numbers):
    heard = []
    for _ in lines(numbers, PLAIN, note=lambda *said: heard.append(said))[0]:
        pass
    assert heard[-1][1] == heard[-1][2] == numbers.stat().st_size // 1024


def test_a_summary_counts_outcomes_and_reasons_and_refuses_what_judged_nothing(numbers, tmp_path):
    tally = Tally()
    for answer in answers(*lines(numbers, PLAIN)):
        tally.add(answer)
    assert tally.lines()[-1] == "10 correct, 1 data_error, 30 wrong"
    assert any("30  wrong      another value" in line for line in tally.lines())
    tally.check(numbers)
    for _ in range(2):
        tally.add({"outcome": "undecided", "reason": "verifier over its time limit of 5 s\nmore"})
    with pytest.raises(UndecidedError, match="2 replies of 43"):
        tally.check(numbers)
    with pytest.raises(ConfigError, match="it has no rows"):
        Tally().check(numbers)
    nothing = Tally()
    nothing.add({"outcome": "data_error", "reason": "no column 'x'"})
    with pytest.raises(ConfigError, match="no column 'x'"):
        nothing.check(numbers)


def test_the_command_tells_rows_or_keeps_them_and_sums_up(veriloop, numbers, tmp_path):
    columns = ("--gold", "gold", "--pred", "pred")
    told = veriloop("grade", numbers, *columns)
    assert told.code == 0 and told.out.splitlines()[-1] == "10 correct, 1 data_error, 30 wrong"
    asked = veriloop("grade", numbers, *columns, "--json")
    assert [json.loads(line)["id"] for line in asked.out.splitlines()] == [*range(40), None]
    assert "10 correct" in asked.err
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        kept = veriloop("grade", numbers, *columns, "--out", out, "--workers", "1", "--declare", "tolerance=1")
        assert kept.code == 0 and f"wrote {out}" in kept.out and len(out.read_text().splitlines()) == 41
    refused = veriloop("grade", numbers, *columns, "--out", out)
    assert refused.code == 2 and "name another --out" in refused.err
    assert veriloop("grade", numbers, *columns, "--declare", "order=some").code == 2
    assert veriloop("grade", jsonl(tmp_path / "none.jsonl", "{"), *columns).code == 2


CHAT = [
    {"role": "user", "content": "1+1?"},
    {"role": "assistant", "content": "3"},
    {"role": "assistant", "content": "2"},
]


@pytest.fixture
def several(tmp_path):
    return jsonl(
        tmp_path / "several.jsonl",
        {"gold": ["2"], "pred": ["It is 2.", None, "3"], "id": "x"},
        {"gold": "['2']", "pred": CHAT},
        {"gold": 2.0, "pred": [CHAT, CHAT[:2]]},
        {"gold": "2", "pred": []},
        {"gold": "2", "pred": CHAT[:1]},
        '{"gold": "2", "gold": "3", "pred": "2"}',
        {"gold": [1, 2], "pred": [1, 2]},
        {"gold": "NaN", "pred": "NaN"},
        {"gold": "2", "pred": {"answer": 2}},
    )


def test_each_reply_of_a_list_is_a_sample_and_of_a_conversation_the_last_turn_counts(several):
    found = grades(several)
    assert [(row["row"], row.get("sample")) for row in found] == [
        (0, 0), (0, 1), (0, 2), (1, None), (2, 0), (2, 1), (3, None), (4, None), (5, None), (6, None), (7, None),
        (8, None),
    ]  # fmt: skip
    assert [row["outcome"] for row in found] == [
        "correct", "malformed", "wrong", "correct", "correct", "wrong", "data_error", "data_error", "data_error",
        "correct", "data_error", "correct",
    ]  # fmt: skip
    assert [row["id"] for row in found[:4]] == ["x", "x", "x", None]
    reasons = [found[k]["reason"] for k in (6, 7, 8, 10)]
    wanted = ("list of replies is empty", "without an assistant", "two values for the key 'gold'", "is no answer")
    assert all(words in reason for words, reason in zip(wanted, reasons, strict=True))


def test_columns_within_objects_are_reached_by_dots(tmp_path):
    row = {"reward_model": {"ground_truth": ["2"]}, "out": {"text": "\\boxed{2}"}, "extra": {"index": 7}}
    path = jsonl(tmp_path / "a.jsonl", row, {"out": {"text": "2"}}, {**row, "out": {"text": None}})
    found = list(grade_rows(path, Grading("reward_model.ground_truth", "out.text", id="extra.index")))
    assert [(row["id"], row["outcome"]) for row in found] == [(7, "correct"), (None, "data_error"), (7, "malformed")]
    assert "no column 'reward_model.ground_truth'" in found[1]["reason"]
    with pytest.raises(ConfigError, match=r"no column 'rewards\.ground_truth'"):
        list(grade_rows(path, Grading("rewards.ground_truth", "out.text")))


def test_lists_that_a_table_holds_as_text_are_lists_unless_the_gold_is_one(tmp_path):
    chat = '[{""role"": ""assistant"", ""content"": ""2""}]'
    path = tmp_path / "a.csv"
    path.write_text(f"""gold,pred\n2,"['It is 2.', 'It is 3.']"\n2,"{chat}"\n"['a', 'b']","['a', 'b']"\n""")
    assert [row["outcome"] for row in grades(path)] == ["correct", "wrong", "correct", "correct"]
    row = {"gold": "2", "pred": "['It is 2.', 'It is 3.']"}  # where lists are lists, text is what a model said
    assert [row["outcome"] for row in grades(jsonl(tmp_path / "a.jsonl", row))] == ["malformed"]


def test_a_run_stopped_among_samples_goes_on_to_the_same_file(several, tmp_path):
    once, again = tmp_path / "once.jsonl", tmp_path / "again.jsonl"
    whole = list(grade_into(once, several, PLAIN))
    ends = [k for k, byte in enumerate(once.read_bytes()) if byte == ord("\n")]
    for end in ends:
        again.write_bytes(once.read_bytes()[: end + 1])
        assert list(grade_into(again, several, PLAIN)) == whole
        assert again.read_bytes() == once.read_bytes()


def test_samples_are_told_and_audited_by_number(veriloop, several):
    told = veriloop("grade", several, "--gold", "gold", "--pred", "pred")
    assert [line.split()[0] for line in told.out.splitlines()[:4]] == ["x[0]", "x[1]", "x[2]", "1"]
    audited = veriloop("audit", "--file", several, "--gold", "gold", "--pred", "pred", "--json")
    assert audited.code == 0 and json.loads(audited.out)["sampled"] == 8


@pytest.mark.parametrize("kind", ["csv", "tsv.gz", "json", "parquet", "jsonl.zst"])
def test_files_of_every_kind_are_graded(veriloop, tmp_path, kind):
    rows = [{"gold": str(n), "pred": f"So it is \\boxed{{{n % 3}}}, I think"} for n in range(4)]
    path = tmp_path / f"x.{kind}"
    table = pa.Table.from_pylist(rows)
    if kind == "parquet":
        pq.write_table(table, path)
    elif kind == "json":
        path.write_text(json.dumps(rows))
    elif kind == "jsonl.zst":
        path.write_bytes(pa.compress("\n".join(map(json.dumps, rows)).encode(), codec="zstd", asbytes=True))
    else:
        options = pa_csv.WriteOptions(delimiter="\t" if "tsv" in kind else ",")
        pa_csv.write_csv(table, path, options)  # compresses by the suffix
    told = veriloop("grade", path, "--gold", "gold", "--pred", "pred", "--json")
    assert [json.loads(line)["outcome"] for line in told.out.splitlines()] == ["correct"] * 3 + ["wrong"]
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        kept = veriloop("grade", path, "--gold", "gold", "--pred", "pred", "--out", out)
        assert kept.code == 0 and len(out.read_text().splitlines()) == 4
