"""Options that are numbers: what is no number, or not finite, is refused by the option's name."""

import pytest

from tests.jsonl import jsonl


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", ".inf", "1e999", "-1", "soon"])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("grade", "x.jsonl", "--gold", "a", "--pred", "b"), "--timeout"), (("audit",), "--timeout-s"),
        (("import", "x.jsonl"), "--timeout"),
        (("measure", "x", "--url", "http://x", "--model", "m"), "--timeout-s"),
        (("measure", "x", "--url", "http://x", "--model", "m"), "--temperature"), (("gc",), "--keep-days"),
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_refused(veriloop, tmp_path, monkeypatch, command, option, value):
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "x.jsonl", {"a": "1", "b": "1"})
    told = veriloop(*command, option, value)
    assert told.code == 2 and option in told.err and "Traceback" not in told.err


@pytest.mark.parametrize("value", ["inf", "nan", ".inf", "-1", "1e999", "some"])
@pytest.mark.parametrize("command", ["grade", "import"])
def test_a_declared_tolerance_is_a_number(veriloop, tmp_path, command, value):
    path = jsonl(tmp_path / "x.jsonl", {"a": "1", "b": "1"})
    columns = ("--gold", "a", "--pred", "b") if command == "grade" else ("--map", "prompt=b,answer=a")
    told = veriloop(command, path, *columns, "--declare", f"tolerance={value}")
    assert told.code == 2 and "declared tolerance" in told.err
