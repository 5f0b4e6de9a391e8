"""Files written whole, and a lock that one holds at a time and death lets go."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store.files import one_at_a_time, write_atomic


def test_of_two_one_waits_for_the_other(tmp_path: Path) -> None:
    order: list[str] = []
    inside, release = threading.Event(), threading.Event()

    def first() -> None:
        with one_at_a_time(tmp_path / "a" / "lock"):
            inside.set()
            release.wait(10)
            order.append("first")

    def second() -> None:
        with one_at_a_time(tmp_path / "a" / "lock"):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    threads[1].join(0.2)
    assert threads[1].is_alive(), "the second waits"
    release.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]


def _take_and_die(path: Path) -> None:
    with one_at_a_time(path):
        os._exit(9)


def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_take_and_die, args=(tmp_path / "lock",))
    child.start()
    child.join(30)
    assert child.exitcode == 9
    with one_at_a_time(tmp_path / "lock"):
        pass


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    def half(path: Path) -> None:
        path.write_bytes(b"ha")
        raise OSError(28, "No space left on device")

    write_atomic(tmp_path / "x" / "f", b"old")
    with pytest.raises(StoreError, match=r"No space left on device.*already written"):
        write_atomic(tmp_path / "x" / "f", half)
    assert (tmp_path / "x" / "f").read_bytes() == b"old"
    assert list((tmp_path / "x").iterdir()) == [tmp_path / "x" / "f"]
