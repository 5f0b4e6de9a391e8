"""Programs with tests in foreign layouts: each comes through with its meaning, or its row is refused by line."""

import base64
import json
import pickletools
import zlib
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.exchange import programs
from pipeline.exchange.foreign import BadRow, NeutralRow, RowError
from pipeline.problem import to_table
from tests.jsonl import jsonl
from tests.pipeline.examples import addition

ADD = "def add(a, b):\n    return a + b\n"
NUMBERS = {"absolute": 1e-6, "relative": 1e-6, "prelude": "contest"}
METHOD = {**NUMBERS, "absolute": 1e-5}


def only(path: Path, mapping: str) -> NeutralRow:
    (row,) = programs.read(path, mapping)
    assert isinstance(row, NeutralRow), row
    return row


def code(source: str, **more: object) -> dict:
    return {"kind": "code", "source": source, **more}


def test_mbpp(tmp_path: Path) -> None:
    tests = ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]
    row = {"text": " Add. ", "code": ADD, "test_list": tests, "test_imports": ["import math"]}
    found = only(jsonl(tmp_path / "m.jsonl", row), "prompt=text,tests=test_list,answer=code,setup=test_imports")
    cases = [code(test, setup="import math") for test in tests]
    assert found.params == {"question": "Add.", "cases": cases, "reference": ADD, "source": "m.jsonl"}
    assert (found.family, found.answer, found.line) == ("code/tests", ADD, 1)


def test_humaneval_puts_the_body_under_its_head(tmp_path: Path) -> None:
    head, body = 'def add(a, b):\n    """Add."""\n', "    return a + b\n"
    test = "def check(candidate):\n    assert candidate(1, 2) == 3\n"
    row = {"prompt": head, "canonical_solution": body, "test": test, "entry_point": "add"}
    path = jsonl(tmp_path / "h.jsonl", row)
    found = only(path, "prompt=prompt,tests=test,answer=canonical_solution,entry=entry_point")
    assert found.params["cases"] == [code(test, entry="add")] and found.params["entry"] == "add"
    assert found.params["reference"] == head + body


@pytest.mark.parametrize("packed", [False, True])
def test_apps_and_taco(tmp_path: Path, packed: bool) -> None:
    streams = {"inputs": ["1 2\n", ["3", "4"]], "outputs": ["3\n", 7]}
    calls = {"fn_name": "add", "inputs": [[1, 2]], "outputs": [[3]]}
    tests = [json.dumps(value) if packed else value for value in (streams, calls)]
    rows = [{"question": "Add.", "io": value, "solutions": json.dumps(["no" and ADD, "x"])} for value in tests]
    first, second = programs.read(jsonl(tmp_path / "a.jsonl", *rows), "prompt=question,tests=io,answer=solutions")
    assert isinstance(first, NeutralRow) and isinstance(second, NeutralRow)
    assert first.params["cases"] == [
        {"kind": "stdin", "stdin": "1 2\n", "expected": "3\n", "checker": "tokens", **NUMBERS},
        {"kind": "stdin", "stdin": "3\n4", "expected": "7", "checker": "tokens", **NUMBERS},
    ]
    call = {"kind": "call", "call": "add", "args": [1, 2], "expected": [3], "checker": "boxed", **NUMBERS}
    assert second.params["cases"] == [call] and second.params["reference"] == ADD


def pickled(text: str) -> str:
    """Return what LiveCodeBench stores, written by hand: the protocol, one text, the end."""
    raw = text.encode()
    return base64.b64encode(zlib.compress(b"\x80\x04X" + len(raw).to_bytes(4, "little") + raw + b"\x94.")).decode()


def test_livecodebench(tmp_path: Path) -> None:
    public = [{"input": "1 2\n", "output": "3", "testtype": "stdin"}]
    private = [{"input": "1\n[2]", "output": "[3]", "testtype": "functional"}]
    row = {
        "question_content": "Add.", "public_test_cases": json.dumps(public),
        "private_test_cases": pickled(json.dumps(private)), "metadata": json.dumps({"func_name": "add"}),
    }  # fmt: skip
    mapping = "prompt=question_content,tests=private_test_cases,examples=public_test_cases,entry=metadata"
    found = only(jsonl(tmp_path / "l.jsonl", row), mapping)
    assert found.params["cases"] == [
        {"kind": "stdin", "stdin": "1 2\n", "expected": "3", "checker": "words", **NUMBERS},
        {"kind": "call", "call": "add", "args": [1, [2]], "expected": [3], "checker": "equal", **METHOD},
    ]
    assert found.params["visible"] == [0] and "reference" not in found.params


STARTER = "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n        "


@pytest.mark.parametrize(
    ("columns", "entry"),
    [
        ({"metadata": '{"func_name": "twoSum"}'}, "twoSum"), ({"starter_code": STARTER}, ""),
        ({"entry_point": "Solution().twoSum"}, "Solution().twoSum"),
    ],
)  # fmt: skip
def test_a_method_is_found_by_its_column_or_its_starter_code(tmp_path: Path, columns: dict, entry: str) -> None:
    tests = [{"input": "[1, 2]\n3", "output": "[0, 1]", "testtype": "functional"}]
    row = {"q": "Two sum.", "t": tests, **columns}
    names = {"metadata": "entry", "starter_code": "starter", "entry_point": "entry"}
    path = jsonl(tmp_path / "l.jsonl", row)
    found = only(path, ",".join(["prompt=q,tests=t", *(f"{names[column]}={column}" for column in columns)]))
    called = {"kind": "call", "call": "twoSum", "args": [[1, 2], 3], "expected": [0, 1], "checker": "equal"}
    assert found.params["cases"] == [{**called, **METHOD}] and found.params.get("entry", "") == entry
    assert found.params.get("starter", "") == columns.get("starter_code", "").rstrip()
    assert programs.cases_of(tests, programs.around_of(row)) == found.params["cases"]


def test_leetcodedataset(tmp_path: Path) -> None:
    test = "def check(candidate):\n    assert candidate(nums = [1, 2]) == 3\n"
    row = {"q": "Sum.", "test": test, "entry_point": "Solution().total", "prompt": "class Own: pass"}
    found = only(jsonl(tmp_path / "l.jsonl", row), "prompt=q,tests=test,entry=entry_point,prelude=prompt")
    prelude = "contest\nclass Own: pass"
    assert found.params["cases"] == [code(test, entry="Solution().total", **{**METHOD, "prelude": prelude})]


def test_what_json_changed_is_undone(tmp_path: Path) -> None:
    digits = "7" * 5000
    calls = {"fn_name": "f", "inputs": [[{"1": "a", "-2": {"3": 4}}, 5]], "outputs": [[0]]}
    text = json.dumps(calls).replace("[0]", f"[{digits}]")
    (case,) = only(jsonl(tmp_path / "a.jsonl", {"q": "?", "t": text}), "prompt=q,tests=t").params["cases"]
    assert case["args"] == [{"$map": [[1, "a"], [-2, {"3": 4}]]}, 5] and case["expected"] == [{"$int": digits}]
    (tmp_path / "b.jsonl").write_text(f'{{"q": "?", "t": {text}}}\n')
    assert only(tmp_path / "b.jsonl", "prompt=q,tests=t").params["cases"] == [case]
    named = {"fn_name": "f", "inputs": [[{"a": 1, "2": 2}]], "outputs": [[1]]}
    assert programs.cases_of(named)[0]["args"] == [{"a": 1, "2": 2}]


@pytest.mark.parametrize(
    ("starter", "entry"),
    [
        (STARTER, "Solution().twoSum"), ("def add(a, b):\n    ", "add"), ("", ""), ("def a(): pass\ndef b(): pass", ""),
        ("class Solution:\n    def __init__(self):\n        pass\n    def f(self):\n        ", "Solution().f"),
    ],
)  # fmt: skip
def test_the_function_that_starter_code_begins(starter: str, entry: str) -> None:
    assert programs.entry_of_starter(starter) == entry


@pytest.mark.parametrize(
    ("written", "limits"),
    [("2 seconds", {"cpu_s": 2.0}), (1.5, {"cpu_s": 1.5}), ('{"wall_s": 3}', {"wall_s": 3}), ("soon", None)],
)
def test_limits_of_a_row(tmp_path: Path, written: object, limits: object) -> None:
    path = jsonl(tmp_path / "x.jsonl", {"q": "a", "t": ["assert f()"], "l": written})
    (row,) = programs.read(path, "prompt=q,tests=t,limits=l")
    assert (row.params["limits"] if isinstance(row, NeutralRow) else None) == limits


def test_a_pickle_is_read_and_never_loaded() -> None:
    harmful = b"cposix\nsystem\n(X\x04\x00\x00\x00echotR."
    assert [op.name for op, _, _ in pickletools.genops(harmful)][-2:] == ["REDUCE", "STOP"]
    for raw in (harmful, b"\x80\x04K\x01.", b"no pickle"):
        with pytest.raises(BadRow, match=r"no single text|cannot be unpacked"):
            programs.cases_of(base64.b64encode(zlib.compress(raw)).decode())
    with pytest.raises(BadRow, match="cannot be unpacked"):
        programs.cases_of("eJ" + "A" * 30)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"q": "", "t": ["assert f()"]}, "is no text"), ({"q": 3, "t": ["x"]}, "is no text"), ({"q": "a"}, "no value"),
        ({"q": "a", "t": 5}, "no known form"), ({"q": "a", "t": []}, "no known form"),
        ({"q": "a", "t": [1]}, "no known form"),
        ({"q": "a", "t": {"inputs": ["1"], "outputs": []}}, "same length"),
        ({"q": "a", "t": {"inputs": [], "outputs": []}}, "at least 1"),
        ({"q": "a", "t": {"inputs": ["1"], "outputs": ["1"], "fn_name": "f"}}, "no lists of arguments"),
        ({"q": "a", "t": {"inputs": [{"a": 1}], "outputs": ["1"]}}, "type dict"),
        ({"q": "a", "t": [{"input": "x", "output": "1", "testtype": "functional"}], "e": "f"}, "no JSON"),
        ({"q": "a", "t": [{"input": "1", "output": "1", "testtype": "functional"}]}, "without a function"),
        ({"q": "a", "t": ["assert f()"], "e": "not a name"}, "no name of a function"),
        ({"q": "a", "t": ["assert f()"], "l": 0}, "no whole number"), ({"q": "a", "t": ["x"], "s": [1]}, "no code"),
        ("{broken", "not JSON"), ("[1]", "not a JSON object"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_by_line(tmp_path: Path, row: object, reason: str) -> None:
    good = {"q": "a", "t": ["assert f() == 1"], "e": "f", "l": 1, "s": ""}
    path = jsonl(tmp_path / "x.jsonl", good, row, good)
    found = list(programs.read(path, "prompt=q,tests=t,entry=e,level=l,setup=s"))
    assert [type(one) for one in found] == [NeutralRow, RowError, NeutralRow]
    assert isinstance(found[1], RowError) and found[1].line == 2 and reason in found[1].reason


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("tests=t", "must name prompt and tests"), ("prompt=q,test=t", "unknown field 'test'.*did you mean 'tests'"),
        ("prompt=q,tests=tt", "no column 'tt'"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_named(tmp_path: Path, mapping: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        list(programs.read(jsonl(tmp_path / "x.jsonl", {"q": "a", "t": ["assert f()"]}), mapping))


def test_only_a_mapping_with_tests_is_of_programs() -> None:
    assert programs.names_tests("prompt=a, tests=b") and programs.names_tests({"tests": "b"})
    assert not programs.names_tests("prompt=tests,answer=b") and not programs.names_tests("")


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    cases = [
        {"kind": "stdin", "stdin": "1 é\n", "expected": "1"},
        {"kind": "call", "call": "f", "args": [[1], None], "expected": {"a": [1.5, True]}, "absolute": 0.1},
        code("assert f(1) == 2", setup="import math"),
    ]
    whole = {"question": "Do.", "cases": cases, "reference": ADD, "entry": "f", "visible": [0], "level": 2}
    whole |= {"limits": {"cpu_s": 0.5}, "starter": "def f(x):"}
    bare = {"question": "Do it.", "cases": cases[:2], "reference": ADD}
    problems = [addition(1, family="code/tests", params=p, answer=ADD, trace=None) for p in (whole, bare)]
    programs.write(to_table(problems), tmp_path / f"x{suffix}")
    names = ("prompt", "tests", "examples", "answer", "entry", "starter", "level", "limits")
    fields = ",".join(f"{name}={name}" for name in names)
    rows = list(programs.read(tmp_path / f"x{suffix}", fields))
    assert not any(isinstance(row, RowError) for row in rows)
    source = {"source": f"x{suffix}"}
    assert [row.params for row in rows if isinstance(row, NeutralRow)] == [whole | source, bare | source | {"level": 1}]
    with pytest.raises(ConfigError, match="only code/tests"):
        programs.write(to_table([addition(1)]), tmp_path / "y.jsonl")
