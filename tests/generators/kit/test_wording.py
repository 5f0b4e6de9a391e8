"""wording reads back what it wrote, and refuses other text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.kit.wording import fill, json_fields, json_prompt, listed, match, unlisted
from pipeline.errors import FamilyError


@given(st.lists(st.integers(-99, 99), min_size=1), st.integers(-99, 99), st.sampled_from(["plain", "compact"]))
def test_templates_read_back(numbers: list[int], target: int, rendering: str) -> None:
    template = "Make {target} (yes, {target}) from {numbers}.*"
    fields = {"target": str(target), "numbers": listed(numbers, rendering)}
    found = match(template, fill(template, fields))
    assert found == fields
    assert unlisted(found["numbers"]) == numbers


def test_refuses_text_of_another_template() -> None:
    with pytest.raises(FamilyError, match="not written from"):
        match("Make {target}.", "Take 3.")
    with pytest.raises(FamilyError):
        match("{a} and {a}", "1 and 2")


def test_json_keeps_fields_and_hides_the_task() -> None:
    assert json_fields(json_prompt("do", {"numbers": [1, 2], "target": 3})) == {"numbers": [1, 2], "target": 3}
