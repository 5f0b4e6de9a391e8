"""What is unfinished is left alone while anyone may write it, wherever they are, and known to be left behind after."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.store.files import (
    LEASE_S,
    MARGIN_S,
    TEMPORARY,
    file_clock,
    holding,
    may_be_written,
    temporary_name,
    unfinished,
    write_atomic,
)
from pipeline.store.garbage import collect_garbage

EXPIRED = LEASE_S + MARGIN_S + 60


def place() -> str:
    """The part of a name that says where it was given."""
    return temporary_name().removeprefix(TEMPORARY).partition("-")[0]


def left_by_the_dead(moment: int, name: str = "") -> str:
    """A name given here by a process that runs no more."""
    return f"{TEMPORARY}{place()}-999999999-77-{moment}-{name}"


def elsewhere(name: str = "x", pid: int = 1) -> str:
    """A name given on another machine, by a process whose number may well run here."""
    return f"{TEMPORARY}{'0' * 8}-{pid}-77-5-{name}"


def aged(path: Path, seconds: float) -> Path:
    for inner in [*path.rglob("*"), path]:
        os.utime(inner, (time.time() - seconds,) * 2)
    return path


def test_a_process_of_this_machine_is_known_by_its_number_and_its_start(tmp_path: Path) -> None:
    mine = tmp_path / temporary_name("x")
    mine.mkdir()
    aged(mine, 30 * 86_400)
    assert may_be_written(mine, now=time.time()), "it runs: that it wrote nothing for a month is its business"
    recycled = tmp_path / f"{TEMPORARY}{place()}-{os.getpid()}-1-5-x"
    recycled.mkdir()
    assert not may_be_written(recycled, now=time.time()), "its number came again for another process"
    dead = tmp_path / left_by_the_dead(1)
    dead.mkdir()
    assert not may_be_written(dead, now=time.time())


@pytest.mark.parametrize("name", [elsewhere(), f"{TEMPORARY}123-9-old", f"{TEMPORARY}odd"])
def test_of_another_machine_only_the_lease_tells(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "part").write_bytes(b"12345")
    assert may_be_written(folder, now=time.time())
    assert may_be_written(aged(folder, LEASE_S + MARGIN_S - 60), now=time.time())
    assert not may_be_written(aged(folder, EXPIRED), now=time.time())
    os.utime(folder / "deep" / "part")
    assert may_be_written(folder, now=time.time()), "anything written within renews it"
    os.utime(aged(folder, EXPIRED))
    assert may_be_written(folder, now=time.time())
    assert may_be_written(aged(folder, -EXPIRED), now=time.time()), "a clock ahead of ours is no reason to delete"
    assert may_be_written(tmp_path / elsewhere("gone"), now=time.time())


def test_garbage_of_another_machine_stays_for_its_lease_whatever_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "versions" / elsewhere()
    folder.mkdir(parents=True)
    assert collect_garbage(tmp_path, keep_days=0, delete=True) == []
    aged(folder, EXPIRED)
    assert collect_garbage(tmp_path, keep_days=1, delete=True) == []
    assert [item.path for item in collect_garbage(tmp_path, keep_days=0, delete=True)] == [f"versions/{folder.name}"]
    assert not folder.exists()


def test_the_clock_of_the_file_system_decides(tmp_path: Path) -> None:
    assert abs(file_clock(tmp_path) - time.time()) < 5
    assert list(tmp_path.iterdir()) == []
    assert abs(file_clock(tmp_path / "nowhere") - time.time()) < 5
    folder = tmp_path / elsewhere()
    folder.mkdir()
    ahead = folder.stat().st_mtime + EXPIRED
    assert not may_be_written(folder, now=ahead), "an hour on, by the clock that wrote it"


def test_a_lease_is_renewed_while_nothing_is_written_and_no_longer(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    with holding(folder, renew_s=0.02):
        folder.mkdir()  # it need not be there when it begins
        aged(folder, EXPIRED)
        deadline = time.monotonic() + 10
        while time.time() - folder.stat().st_mtime > 60 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert time.time() - folder.stat().st_mtime < 60
    aged(folder, EXPIRED)
    time.sleep(0.1)
    assert time.time() - folder.stat().st_mtime > 60
    with holding(folder, renew_s=0.01):
        folder.rmdir()
        time.sleep(0.05)
    assert not folder.exists()


def test_what_is_unfinished_at_the_end_goes_and_what_was_renamed_stays(tmp_path: Path) -> None:
    with unfinished(tmp_path, "x") as folder:
        assert folder.parent == tmp_path and folder.name.startswith(TEMPORARY) and not folder.exists()
        folder.mkdir()
        folder.rename(tmp_path / "done")
    with pytest.raises(KeyError), unfinished(tmp_path) as folder:
        folder.mkdir(), (folder / "part").touch()
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


_WRITER = """
import sys, time
from pathlib import Path
from pipeline.store.files import write_atomic
def slow(path):
    path.write_bytes(b"half")
    print(path, flush=True)
    time.sleep(60)
write_atomic(Path(sys.argv[1]) / "f", slow)
"""


def test_what_another_process_writes_stays_until_it_is_killed(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    half = Path(writer.stdout.readline().strip())
    try:
        assert collect_garbage(tmp_path, keep_days=0, delete=True) == [] and half.exists()
    finally:
        writer.kill()
        writer.wait()
    assert len(collect_garbage(tmp_path, keep_days=0, delete=True)) == 1 and not half.exists()
    write_atomic(tmp_path / "f", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_link_that_looks_unfinished_goes_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(), (tmp_path / "kept" / "x").touch()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / left_by_the_dead(1)).symlink_to(tmp_path / "kept")
    assert len(collect_garbage(tmp_path / "root", keep_days=0, delete=True)) == 1
    assert (tmp_path / "kept" / "x").exists() and list((tmp_path / "root").iterdir()) == []
