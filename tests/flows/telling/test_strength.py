"""Programs with tests from file to answer: imported, weighed by mutation, graded; every row answered for."""

import json
from pathlib import Path

import pytest

from flows.judging.grading import Grading, grade_rows
from flows.stages.imports import import_version
from flows.telling.strength import strength_lines, strength_rows, total_line
from generators.family import verify
from generators.programs.by_tests import grade_by_tests
from generators.sandbox.sandbox import Sandbox, SandboxError
from pipeline.errors import ConfigError, FamilyError, StoreError
from pipeline.exchange import programs, verl
from pipeline.exchange.programs import Around
from pipeline.problem import Outcome, from_table
from pipeline.store.store import Store
from tests.jsonl import jsonl

GCD = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
BIG = "def big(xs):\n    best = xs[0]\n    for x in xs:\n        if x > best:\n            best = x\n    return best\n"
ROWS = (
    {"text": "Greatest common divisor.", "code": GCD, "tests": ["assert gcd(4, 2) == 2", "assert gcd(9, 6) == 3"]},
    {"text": "Largest.", "code": BIG, "tests": ["assert big([3]) == 3"]},
    {"text": "Wrong.", "code": GCD, "tests": ["assert gcd(4, 2) == 3"]},
    {"text": "No tests.", "code": GCD, "tests": []},
    {"text": "Untested.", "code": None, "tests": ["assert gcd(4, 2) == 2"]},
)
MAP = "prompt=text,tests=tests,answer=code"


@pytest.fixture(autouse=True, scope="module")
def _runnable() -> None:
    try:
        Sandbox().close()
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "rows.jsonl", *ROWS)


def test_import_answers_for_every_row(file: Path, tmp_path: Path) -> None:
    version, faults = import_version(file, mapping=MAP, name="brought", root=tmp_path / "root")
    assert version.rows == 2 and [cell.family for cell in version.cells] == ["code/tests"]
    assert [(fault["line"], fault["reason"].split(":")[0]) for fault in faults] == [
        (3, "the reference fails its own cases at case 1 of 1"),
        (4, "tests of no known form"),
        (5, "no reference program"),
    ]


def test_what_is_exported_is_imported_again(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    version, _ = import_version(file, mapping=MAP, name="brought", root=root)
    table = Store(root).table(version)
    uids = sorted(problem.uid for problem in from_table(table))
    verl.write(table, tmp_path / "v.parquet")
    again, faults = import_version(tmp_path / "v.parquet", mapping="", name="again", root=root)
    assert not faults and sorted(p.uid for p in from_table(Store(root).table(again))) == uids
    programs.write(table, tmp_path / "rows2.jsonl")
    own, faults = import_version(
        tmp_path / "rows2.jsonl", mapping="prompt=prompt,tests=tests,answer=answer", name="own", root=root
    )
    assert not faults and own.rows == 2


def test_strength_of_every_row(file: Path, tmp_path: Path) -> None:
    first = list(strength_rows(file, program="code", tests="tests", keep=tmp_path / "kept"))
    assert [row["outcome"] for row in first] == ["measured", "measured", *["data_error"] * 3]
    strong, weak = first[:2]
    assert strong["score"] > weak["score"] and weak["survivors"] and strong["low"] < strong["score"] <= strong["high"]
    assert all({"line", "operator", "diff", "differs_on"} <= row.keys() for row in weak["survivors"])
    assert any("differs on" in line for line in strength_lines(weak))
    assert "data error" in next(strength_lines(first[2])) and total_line(first).startswith("2 of 5 rows measured")
    assert list(strength_rows(file, program="code", tests="tests", keep=tmp_path / "kept", workers=2)) == first
    with pytest.raises(ConfigError, match="did you mean 'tests'"):
        list(strength_rows(file, program="code", tests="test"))


UNFIT = (
    ('{"code": "", "tests": ["assert f(1) == 1"]}', "no reference program"),
    ('{"code": 5, "tests": ["assert f(1) == 1"]}', "no reference program"),
    ('{"code": "def f(x): return 2", "tests": ["assert f(1) == 1"]}', "fails its own cases at case 1: another value"),
    ('{"code": "def f(x: return", "tests": ["assert f(1) == 1"]}', "fails its own cases: not Python"),
    ('{"code": "def f(x): return 1", "tests": ["assert f(1) =="]}', "test code is not Python"),
    ('{"code": "def f(x): return 1", "tests": []}', "tests of no known form"),
    ('{"code": "def f(x): return 1", "tests": [{"kind": "stdn"}]}', "case 1 has kind 'stdn'"),
    ('{"code": "\\ud800", "tests": ["assert f(1) == 1"]}', "not Python"),
    ('{"code": "\xff", "tests": []}', "not UTF-8: byte 0xff"),
    ("x", "not JSON"),
)


def test_every_row_that_cannot_be_measured_says_why(tmp_path: Path) -> None:
    path = tmp_path / "unfit.jsonl"
    path.write_bytes("\n".join(line for line, _ in UNFIT).encode("latin-1"))
    found = list(strength_rows(path, program="code", tests="tests"))
    assert [row["outcome"] for row in found] == ["data_error"] * len(UNFIT)
    for row, (_, reason) in zip(found, UNFIT, strict=True):
        assert reason in row["reason"], row
    assert total_line(found) == f"0 of {len(UNFIT)} rows measured: no mutants"


def test_the_command_says_what_it_measured(veriloop, file: Path) -> None:
    asked = ("strength", file, "--program", "code", "--tests", "tests", "--limit", 5)
    said = veriloop(*asked).out
    assert "2 of 5 rows measured" in said and "(of 8 made)" in said and "data error" in said
    rows = [json.loads(line) for line in veriloop(*asked, "--json").out.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5] and {"killed", "total", "low"} <= rows[0].keys()
    missing = veriloop("strength", file, "--program", "codes", "--tests", "tests")
    assert missing.code == 2 and "did you mean 'code'" in missing.err
    file.write_text('{"code": "x =", "tests": ["assert f(1) == 1"]}\n')
    nothing = veriloop("strength", file, "--program", "code", "--tests", "tests")
    assert nothing.code == 2 and "line 1: the reference fails its own cases" in nothing.err


def test_a_folder_that_cannot_keep_executions_is_no_fault_of_the_rows(file: Path) -> None:
    with pytest.raises(StoreError, match="cannot use the kept executions"):
        list(strength_rows(file, program="code", tests="tests", keep=file))


def test_the_rows_of_a_file_are_graded_by_their_tests(tmp_path: Path) -> None:
    check = "def check(candidate):\n    assert candidate(4, 6) == 2\n"
    rows = [
        {"tests": ROWS[0]["tests"], "reply": f"```python\n{GCD}```"},
        {"tests": check, "entry_point": "gcd", "reply": f"```python\n{GCD}```"},
        {"tests": ROWS[2]["tests"], "reply": GCD},
        {"tests": ROWS[0]["tests"], "reply": None},
        {"tests": "assert (", "reply": GCD},
    ]
    path = jsonl(tmp_path / "g.jsonl", *rows)
    found = [row["outcome"] for row in grade_rows(path, Grading("tests", "reply", type="program"))]
    assert found == ["correct", "correct", "wrong", "malformed", "data_error"]


def test_grading_by_tests_in_any_form() -> None:
    reply = f"```python\n{GCD}```"
    check = "def check(candidate):\n    assert candidate(4, 6) == 2\n"
    calls = {"fn_name": "gcd", "inputs": [[4, 6]], "outputs": [2]}
    for gold in (
        ROWS[0]["tests"],
        json.dumps(ROWS[0]["tests"]),
        calls,
        {"kind": "code", "source": check, "entry": "gcd"},
    ):
        assert grade_by_tests(gold, reply).outcome is Outcome.CORRECT
    assert grade_by_tests(check, reply, around=Around("gcd")).outcome is Outcome.CORRECT
    assert grade_by_tests(ROWS[0]["tests"], "```python\ndef gcd(a, b): return 2\n```").outcome is Outcome.WRONG
    for gold in (5, [], "assert gcd(", [{"kind": "call"}]):
        with pytest.raises(FamilyError):
            grade_by_tests(gold, reply)


APPS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["0.5", "0.75"]}
DIVIDES = "a, b = map(int, input().split())\nprint('%.3f' % (a / b + {off}))\n"


def test_the_command_applies_what_is_declared_of_programs_or_refuses_it(veriloop, tmp_path: Path) -> None:
    rows = [{"tests": APPS, "reply": DIVIDES.format(off=off)} for off in (0, 0.004, 0.2)]
    columns = (jsonl(tmp_path / "g.jsonl", *rows), "--gold", "tests", "--pred", "reply", "--type", "program", "--json")

    def outcomes(*options: str) -> list[str]:
        told = veriloop("grade", *columns, *options)
        assert told.code == 0, told.err
        return [json.loads(line)["outcome"] for line in told.out.splitlines()]

    assert outcomes() == ["correct", "wrong", "wrong"]
    assert outcomes("--declare", "tolerance=0.01") == ["correct", "correct", "wrong"]
    assert outcomes("--declare", "tolerance=50%") == ["correct", "correct", "correct"]
    assert outcomes("--declare", "order=any") == ["correct", "wrong", "wrong"]
    for option, name in (("digits=3", "digits"), ("unit=ignored", "unit"), ("choices=a|b", "choices")):
        refused = veriloop("grade", *columns, "--declare", option)
        assert refused.code == 2 and f"{name} is declared, but of a program only order, tolerance" in refused.err
    chosen = veriloop("grade", *columns[:5], "--type", "choice", "--declare", "tolerance=1")
    assert chosen.code == 2 and "tolerance is declared, but of an answer of type choice only choices" in chosen.err


def test_an_import_declares_of_programs_too_and_its_question_names_what_is_called(veriloop, tmp_path: Path) -> None:
    starter = "class Solution:\n    def half(self, x: int) -> float:\n        "
    tests = [{"input": "1", "output": "0.5", "testtype": "functional"}]
    program = f"{starter}return x / 2\n"
    row = {"q": "Halve.", "t": json.dumps(tests), "code": program, "starter_code": starter}
    path, root = jsonl(tmp_path / "l.jsonl", row), tmp_path / "run"
    mapping = ("--map", "prompt=q,tests=t,answer=code,starter=starter_code", "--root", root)
    refused = veriloop("import", path, *mapping, "--declare", "digits=2")
    assert refused.code == 2 and "digits is declared, but of a program" in refused.err
    near = f"```python\n{program.rstrip()} + 0.01\n```"
    for name, options, outcome in (
        ("plain", (), Outcome.WRONG),
        ("near", ("--declare", "tolerance=0.1"), Outcome.CORRECT),
    ):
        told = veriloop("import", path, *mapping, "--name", name, *options)
        assert told.code == 0, told.err
        (problem,) = from_table(Store(root).table(Store(root).get(name)))
        assert verify(problem, near).outcome is outcome
        assert "a class `Solution` with the method `half(self, x: int) -> float`" in problem.prompt
        assert problem.prompt.endswith(f"```python\n{starter.rstrip()}\n```")


def test_the_command_weighs_tests_of_programs_that_count_on_a_prelude(veriloop, tmp_path: Path) -> None:
    row = {"code": "def f(x):\n    return gcd(x, 6)\n", "tests": ["assert f(4) == 2"], "head": "from math import gcd"}
    asked = ("strength", jsonl(tmp_path / "s.jsonl", row), "--program", "code", "--tests", "tests", "--json")
    assert "data_error" in veriloop(*asked).out
    told = json.loads(veriloop(*asked, "--prelude", "head").out.splitlines()[0])
    assert told["outcome"] == "measured" and told["total"] > 0
