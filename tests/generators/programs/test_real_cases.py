"""Programs that users had judged wrongly, read in place: each is now judged as the judges of its layout do."""

import pytest

from flows.judging.grading import Grading, grade_rows
from generators.sandbox.sandbox import Sandbox, SandboxError
from tests.jsonl import jsonl
from tests.real_cases import case_rows, needs_cases

CASES = case_rows("realcases/programs.jsonl")


@needs_cases
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_real_case_is_judged_as_its_layout_judges_it(tmp_path, case: dict) -> None:
    try:
        Sandbox().close()
    except SandboxError as error:
        pytest.skip(str(error))
    row = dict(case["input"])
    if case["id"] == "long-int":  # told in words there
        row["tests"] = {"inputs": row["tests"]["inputs"], "outputs": ["1" + "0" * 4999]}
    (found,) = grade_rows(jsonl(tmp_path / "x.jsonl", row), Grading("tests", "pred", type="program"))
    assert found["outcome"] == case["expected"].split()[0], found


@needs_cases
def test_there_are_real_cases() -> None:
    assert CASES
