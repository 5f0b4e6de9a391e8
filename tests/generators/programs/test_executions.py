"""Executions kept by content: nothing runs twice, nothing the machine decided is kept, processes share a file."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.programs.executions import Executions, key_of, repeatable
from generators.sandbox.sandbox import Execution, Job, Limits
from pipeline.errors import StoreError
from tests.generators.boxes import Scripted, printed


def echo() -> Scripted:
    return Scripted(lambda job: Execution("ok", job.stdin, list(job.args), ""))


@given(st.lists(st.integers(0, 5), max_size=30))
def test_a_kept_execution_is_what_was_run_in_order(numbers: list[int]) -> None:
    box = echo()
    kept = Executions(box)
    jobs = [Job("x", stdin=str(number)) for number in numbers]
    assert [e.stdout for e in kept.run_all(jobs)] == [str(n) for n in numbers]
    assert [e.stdout for e in kept.run_all(iter(jobs))] == [str(n) for n in numbers]
    assert len(box.seen) == kept.runs == len(set(numbers)) and kept.hits == 2 * len(numbers) - kept.runs


def test_everything_that_decides_is_in_the_key() -> None:
    job, limits = Job("a", "b", "c", (1,)), Limits()
    others = [replace(job, source="A"), replace(job, stdin="B"), replace(job, call="C"), replace(job, args=(True,))]
    keys = [key_of(j, limits=limits, level="bubblewrap") for j in (job, *others)]
    for name in ("cpu_s", "wall_s", "memory_mb", "output_chars"):
        keys.append(key_of(job, limits=replace(limits, **{name: 9}), level="bubblewrap"))
    keys += [key_of(job, limits=limits, level="namespaces")]
    assert len(set(keys)) == len(keys)
    assert keys[0] == key_of(Job("a", "b", "c", [1]), limits=Limits(), level="bubblewrap")


@pytest.mark.parametrize(
    ("status", "error", "kept"),
    [
        ("ok", "", True), ("raised", "ValueError: x", True), ("output", "", True), ("forbidden", "", True),
        ("time", "", False), ("memory", "", False), ("died", "", False), ("raised", "MemoryError", False),
        ("raised", "OSError: [Errno 12]", False), ("raised", "RecursionError: deep", False),
    ],
)  # fmt: skip
def test_what_the_load_of_a_machine_decides_is_not_kept(status, error: str, kept: bool) -> None:
    box = Scripted(lambda job: Execution(status, "", None, error))
    executions = Executions(box)
    for _ in range(2):
        executions.run(Job("x"))
    assert len(box.seen) == (1 if kept else 2)
    assert repeatable(Execution(status, "", None, error)) is kept


def test_a_caller_that_stops_runs_no_further_and_keeps_what_ran(tmp_path: Path) -> None:
    box = echo()
    kept = Executions(box, folder=tmp_path)
    stream = kept.run_all(Job("x", stdin=str(i)) for i in range(1000))
    next(stream), next(stream)
    stream.close()
    assert len(box.seen) == 2
    assert Executions(echo(), folder=tmp_path).run(Job("x", stdin="1")).stdout == "1"


def test_memory_is_bounded() -> None:
    box = Scripted(lambda job: printed("x" * 1000))
    kept = Executions(box, held_chars=5000)
    for i in range(20):
        kept.run(Job(str(i)))
    assert kept._chars <= 5000
    kept.run(Job("19"))
    assert len(box.seen) == 20
    kept.run(Job("0"))
    assert len(box.seen) == 21


def test_a_file_is_found_again(tmp_path: Path) -> None:
    value = {"a": [1, None, "\ud800é\0"], "b": 1e308}
    first = Executions(Scripted(lambda job: Execution("ok", "out\ud800", value, "")), folder=tmp_path / "new")
    ran = first.run(Job("x"))
    first.close()
    assert first.run(Job("x")) == ran
    again = Executions(echo(), folder=tmp_path / "new")
    assert again.run(Job("x")) == ran and (again.hits, again.runs) == (1, 0)


def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "executions.sqlite").write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="delete the file"):
        Executions(echo(), folder=tmp_path).run(Job("x"))


_WRITER = """
import sys
from pathlib import Path
from generators.programs.executions import Executions
from generators.sandbox.sandbox import Job
from tests.generators.boxes import Scripted, printed
kept = Executions(Scripted(lambda job: printed(job.stdin)), folder=Path(sys.argv[1]))
for i in range(300):
    assert kept.run(Job("x", stdin=str(i))).stdout == str(i)
"""


def test_processes_share_one_file(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with sqlite3.connect(tmp_path / "executions.sqlite") as connection:
        rows = connection.execute("SELECT body FROM executions").fetchall()
    assert sorted(int(json.loads(body)["stdout"]) for (body,) in rows) == list(range(300))
