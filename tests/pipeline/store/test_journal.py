"""The journal: what was written is read again, by one holder at a time, whatever ended the last one."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.rollout import Completion, Finish
from pipeline.store.journal import Journal

WHOLE = Completion(
    "4 <|x|>\n\u2028 \x00 é", Finish.STOP, np.array([5, 1], np.int32), np.array([-0.5, -1], np.float32),
    np.array([9], np.int32), tokens=2, prompt_tokens=7, note="odd",
)  # fmt: skip


def test_a_completion_comes_back_whole(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl") as journal:
        journal.add("u", 3, WHOLE)
    with Journal(tmp_path / "a.jsonl") as journal:
        found = journal.get("u", 3)
        assert found is not None and journal.get("u", 2) is None
        for field in dataclasses.fields(Completion):
            before, after = getattr(WHOLE, field.name), getattr(found, field.name)
            assert np.array_equal(before, after) and type(before) is type(after)
            assert not isinstance(before, np.ndarray) or before.dtype == after.dtype


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4), st.text(max_size=9)), max_size=12), st.integers(0, 200)
)
def test_what_is_cut_off_at_any_byte_loses_its_last_line_alone(tmp_path_factory, replies, cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "a.jsonl"
    with Journal(path) as journal:
        for uid, draw, text in replies:
            journal.add(uid, draw, Completion(text, Finish.LENGTH))
    content = path.read_bytes() if path.exists() else b""
    path.write_bytes(content[: max(0, len(content) - cut)])
    whole = content[: max(0, len(content) - cut)].count(b"\n")
    with Journal(path) as journal:
        expected = {(uid, draw): text for uid, draw, text in replies[:whole]}
        for key, text in expected.items():
            assert journal.get(*key) == Completion(text, Finish.LENGTH)
        journal.add("c", 0, WHOLE)
    with Journal(path) as journal:
        assert journal.get("c", 0) is not None  # half a line before it does not swallow it


def test_what_is_forgotten_is_gone_and_an_empty_journal_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.jsonl"
    with Journal(path) as journal:
        for draw in range(4):
            journal.add("u", draw, WHOLE)
        journal.forget(lambda uid, draw: draw < 2)
        assert path.read_bytes().count(b"\n") == 2
        journal.add("u", 9, WHOLE)
    with Journal(path) as journal:
        assert [journal.get("u", draw) is not None for draw in (0, 1, 2, 3, 9)] == [False, False, True, True, True]
        journal.forget(lambda uid, draw: True)
    assert not path.exists()


def test_many_threads_may_add_and_one_that_comes_late_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Journal(path) as journal, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda draw: journal.add("u", draw, WHOLE), range(200)))
    journal.add("u", 999, WHOLE)
    with Journal(path) as journal:
        assert all(journal.get("u", draw) is not None for draw in range(200)) and journal.get("u", 999) is None


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    second = Journal(tmp_path / "a.jsonl")
    with Journal(tmp_path / "a.jsonl"), Journal(tmp_path / "b.jsonl"), pytest.raises(StoreError, match="wait until"):
        second.__enter__()
    with second:
        pass
