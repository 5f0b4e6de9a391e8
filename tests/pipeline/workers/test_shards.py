"""map_shards: the same results in order whatever the workers, and whatever happens to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.workers.shards import WorkerDeathError, map_shards

ROOT = Path(__file__).parents[3]


def square(number: int) -> int:
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def die_once(spec: tuple[str, int]) -> int:
    """Kill this worker the first time a multiple of five is tried; leave one line per try."""
    folder, number = spec
    mark = Path(folder) / f"{number}"
    tries = mark.read_text().count("x") if mark.exists() else 0
    mark.write_text("x" * (tries + 1))
    if number % 5 == 0 and tries == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_always(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def process_and_threads(_: int) -> tuple[int, str | None]:
    return os.getpid(), os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_results_and_order_do_not_depend_on_workers(workers: int, count: int) -> None:
    done: list[int] = []
    assert list(map_shards(square, range(count), workers=workers, on_done=done.append)) == [n * n for n in range(count)]
    assert done == list(range(1, count + 1))


def test_more_workers_are_other_processes_with_one_thread() -> None:
    seen = list(map_shards(process_and_threads, range(4), workers=2))
    assert os.getpid() not in {pid for pid, _ in seen}
    assert all(threads is not None for _, threads in seen)
    assert next(map_shards(process_and_threads, [0]))[0] == os.getpid()


def test_one_process_is_lazy() -> None:
    seen: list[int] = []
    results = map_shards(lambda n: seen.append(n), range(5))
    next(results)
    assert seen == [0]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_function_raises_arrives_after_the_results_before_it(workers: int) -> None:
    results = map_shards(fail_at_three, range(6), workers=workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_killed_workers_change_nothing(tmp_path: Path) -> None:
    specs = [(str(tmp_path), number) for number in range(20)]
    assert list(map_shards(die_once, specs, workers=2)) == list(range(20))
    tries = {int(path.name): len(path.read_text()) for path in tmp_path.iterdir()}
    assert all(tries[number] >= 2 for number in (0, 5, 10))
    assert tries[19] == 1, "four are under way at once: the last was not when any died"


def test_a_shard_that_kills_every_worker_is_named() -> None:
    results = map_shards(die_always, range(6), workers=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(WorkerDeathError, match=r"shard 2 killed 3 workers.*spec is 2: run it with workers=1"):
        next(results)


def test_leaving_early_stops_the_workers() -> None:
    results = map_shards(square, range(10_000), workers=2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]


def mark_and_sleep(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(120)


def test_workers_of_a_killed_run_end_with_it(tmp_path: Path) -> None:
    program = """
import sys
from pipeline.workers.shards import map_shards
from tests.pipeline.workers.test_shards import mark_and_sleep
if __name__ == "__main__":
    list(map_shards(mark_and_sleep, [sys.argv[1]] * 2, workers=2))
"""
    script = tmp_path / "run.py"
    script.write_text(program)
    marks = tmp_path / "marks"
    marks.mkdir()
    process = subprocess.Popen([sys.executable, str(script), str(marks)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    _until(lambda: len(list(marks.iterdir())) == 2)
    process.kill()
    process.wait()
    _until(lambda: not any(_runs(int(path.name)) for path in marks.iterdir()))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def _until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
