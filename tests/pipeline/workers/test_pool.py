"""A pool: one result per item, in order, whatever the function does to its process."""

import asyncio
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError, PipelineError
from pipeline.workers.pool import Failure, Pool
from tests.pipeline.hostile import Stubborn, act, pid, pid_after, surroundings

ROOT = Path(__file__).parents[3]
KINDS = {
    "spin": "time",
    "one long C call": "time",
    "ignore signals": "time",
    "grow": "memory",
    "segfault": "crash",
    "exit": "crash",
    "kill": "crash",
    "raise": "crash",
    "leave": "crash",
    "give up": "crash",
    "close everything": "crash",
    "recurse": "crash",
    "unpicklable": "crash",
    "unreadable": "crash",
}


def children() -> set[int]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set(map(int, (task / "children").read_text().split()))
    return found


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(process: int, within_s: float = 10.0) -> bool:
    until = time.monotonic() + within_s
    while alive(process) and time.monotonic() < until:
        time.sleep(0.01)
    return not alive(process)


def shown(results) -> list:
    return [result.kind if isinstance(result, Failure) else result for result in results]


@pytest.fixture(scope="module")
def pool():
    with Pool(act, workers=2, timeout_s=0.3, memory_mb=128, batch=32) as made:
        yield made


@pytest.mark.parametrize("how", KINDS)
def test_what_one_item_does_is_its_own_failure_and_harms_no_neighbour(pool, how):
    items = [*range(20), how, *range(20, 40)]
    assert shown(pool.map(items)) == [*range(20), KINDS[how], *range(20, 40)]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.integers(), st.sampled_from(["exit", "raise", "unpicklable", "segfault"])), max_size=60))
def test_any_mixture_gives_one_result_per_item_in_order(pool, items):
    assert shown(pool.map(iter(items))) == [KINDS.get(item, item) for item in items]


def test_details_say_what_happened(pool):
    details = {how: failure.detail for how, failure in zip(KINDS, pool.map(list(KINDS)), strict=True)}
    assert details["spin"] == "was still running after its limit of 0.3 s and was stopped"
    assert details["grow"] == "needed more than its limit of 128 MiB"
    assert "code -11" in details["segfault"] and "code 3" in details["exit"] and "code -9" in details["kill"]
    assert details["raise"].startswith("raised:\nTraceback") and "KeyError: 'the reason'" in details["raise"]
    assert "hostile.py" in details["raise"] and "SystemExit: 4" in details["leave"]
    assert "pickle" in details["unpicklable"] and "invalid literal" in details["unreadable"]


def test_the_deadline_is_of_the_item_not_of_its_batch_or_queue(pool):
    items = [("sleep", 0.1)] * 12
    assert list(pool.map(items)) == items  # 1.2 s of work on two workers with a limit of 0.3 s each


@pytest.mark.parametrize("how", ["spin", "grow", "exit", "raise"])
def test_a_failure_that_does_not_repeat_does_not_stand(pool, how, tmp_path):
    items = [1, ("first time", how, str(tmp_path / "been here")), 2]
    assert list(pool.map(items)) == items


def test_what_a_function_forks_answers_for_nothing_and_ends_with_its_worker(tmp_path):
    with Pool(act, timeout_s=30) as pool:
        assert list(pool.map([0, "come back twice", 1])) == [0, "come back twice", 1]
        child, _ = pool.map(["leave a child", 2])
        assert alive(child)
    assert gone(child)
    script = """
        from pipeline.workers.pool import Pool
        from tests.pipeline.hostile import act
        with Pool(act, timeout_s=30) as pool:
            print(*pool.map(["leave a child"]), flush=True)
            input()
        """
    process = run_script(tmp_path, script, stdin=subprocess.PIPE)
    child = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=30)
    assert gone(child)


def test_what_travels_is_not_counted_against_the_memory_of_the_work(capfd):
    big = bytes(200 * 2**20)
    with Pool(act, timeout_s=30, memory_mb=250) as pool:
        one, same, two = pool.map([1, big, 2])
    assert (one, two) == (1, 2) and len(same) == len(big)
    assert "Traceback" not in capfd.readouterr().err


def test_a_failure_stands_after_exactly_the_tries_asked_for(tmp_path):
    for tries in (1, 3):
        log = tmp_path / str(tries)
        with Pool(act, timeout_s=30, tries=tries) as pool:
            assert shown(pool.map([("attempts", str(log))])) == ["crash"]
        assert log.read_text() == "x" * tries


def test_an_input_that_cannot_travel_fails_alone(pool):
    items = [1, Stubborn(on_the_way_back=False), 2, Stubborn(on_the_way_back=True), 3]
    assert shown(pool.map(items)) == [1, "crash", 2, "crash", 3]


def test_a_worker_killed_from_outside_costs_nothing(pool):
    with Pool(pid_after, workers=1, timeout_s=30) as slow:
        (first,) = slow.map([0])
        os.kill(first, signal.SIGKILL)  # idle
        (second,) = slow.map([0])
        threading.Timer(0.3, os.kill, (second, signal.SIGKILL)).start()  # at work
        served = list(slow.map([0.1] * 6))
        assert len(served) == 6 and served[-1] != second
        (third,) = slow.map([0])
        assert len({first, second, third}) == 3


def test_items_are_pulled_lazily_and_an_endless_stream_can_be_left(pool):
    pulled = itertools.count()
    stream = pool.map(pulled)
    assert list(itertools.islice(stream, 50)) == list(range(50))
    stream.close()
    assert next(pulled) <= 50 + (4 * 2 + 2) * 32  # the window, and a batch at either end of it


def test_long_items_travel_in_short_batches():
    pulled = itertools.count()
    with Pool(len, timeout_s=30, batch=512) as long:
        stream = long.map("x" * 2**20 for _ in pulled)
        assert set(itertools.islice(stream, 200)) == {2**20}
        stream.close()
    assert next(pulled) < 200 + 60  # a window of 512s would have pulled thousands


def test_leaving_early_frees_the_workers(pool):
    stream = pool.map([0, *[("sleep", 1)] * 100])
    assert next(stream) == 0
    stream.close()
    started = time.monotonic()
    assert list(pool.map([1, 2])) == [1, 2]
    assert time.monotonic() - started < 25  # the hundred seconds of sleep would take fifty


def test_a_consumer_that_pauses_holds_no_worker(pool):
    with Pool(act, workers=1, timeout_s=30) as one:
        paused = one.map(range(1000))
        assert next(paused) == 0
        assert list(one.map(range(100))) == list(range(100))
        assert list(paused) == list(range(1, 1000))


def test_maps_nest(pool):
    assert list(pool.map(pool.map(pool.map(range(300))))) == list(range(300))


def test_an_error_of_the_stream_surfaces(pool):
    def stream():
        yield from range(100)
        raise OSError("the disk is gone")

    found = []
    with pytest.raises(OSError, match="the disk is gone"):
        found.extend(pool.map(stream()))
    assert list(pool.map(range(10))) == list(range(10))


def test_threads_share_a_pool(pool):
    def work(number):
        items = [*range(number, number + 200), "exit", number]
        return shown(pool.map(items)) == [*range(number, number + 200), "crash", number]

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(work, range(12)))
    # the threads that started the workers are gone, and the workers serve on
    assert list(pool.map(range(100))) == list(range(100))


def test_coroutines_share_a_pool_and_can_be_cancelled(pool):
    async def collect(number):
        return [result async for result in pool.amap(range(number, number + 100))]

    async def main():
        rows = await asyncio.gather(*(collect(number) for number in range(8)))
        assert rows == [list(range(number, number + 100)) for number in range(8)]
        endless = asyncio.create_task(anext(pool.amap([("sleep", 0.2)] * 1000)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await endless
        return await collect(5)

    assert asyncio.run(main()) == list(range(5, 105))


def own_pool(number):
    with Pool(act, timeout_s=30) as pool:
        return shown(pool.map([number, "exit"]))


def send_own_pool(number, pipe):
    pipe.send(own_pool(number))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_daemonic_and_executor_workers_have_pools_of_their_own(method):
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=send_own_pool, args=(7, theirs), daemon=True)
    process.start()
    assert ours.poll(60) and ours.recv() == [7, "crash"]
    process.join(10)
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        assert list(executor.map(own_pool, [1, 2])) == [[1, "crash"], [2, "crash"]]


def test_a_fork_that_inherits_a_pool_starts_workers_of_its_own():
    with Pool(pid, timeout_s=30) as pool:
        (before,) = pool.map([0])
        read_end, write_end = os.pipe()
        if (child := os.fork()) == 0:
            try:
                (theirs,) = pool.map([0])
                pool.close()
                os.write(write_end, str(theirs).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        theirs = int(os.read(read_end, 100))
        os.close(read_end)
        os.close(write_end)
        assert theirs != before and gone(theirs)
        assert list(pool.map([0])) == [before]


def run_script(tmp_path, text, **options):
    script = tmp_path / "script.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n" + textwrap.dedent(text))
    return subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def test_a_script_without_a_guard_may_map(tmp_path):
    script = """
        import operator
        from pipeline.workers.pool import Pool
        pool = Pool(operator.neg, timeout_s=30)
        print(list(pool.map([1, 2])))
        """
    out, err = run_script(tmp_path, script).communicate(timeout=60)
    assert (out, err) == ("[-1, -2]\n", "")


def test_a_function_that_workers_cannot_load_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ConfigError, match="define it at the top of a module"):
        Pool(lambda item: item, timeout_s=1)
    script = """
        from pipeline.errors import ConfigError
        from pipeline.workers.pool import Pool
        def mine(item): return item
        try:
            list(Pool(mine, timeout_s=30).map([1]))
        except ConfigError as error:
            print(str(error).splitlines()[0])
        """
    out, _ = run_script(tmp_path, script).communicate(timeout=60)
    assert out == "workers cannot load their function: define it in a module\n"


def test_workers_end_with_their_parent_however_it_ends_and_say_nothing_when_interrupted(tmp_path):
    script = """
        import signal
        from pipeline.workers.pool import Pool
        from tests.pipeline.hostile import act, pid
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what runs in the background
        with Pool(pid, timeout_s=30) as idle, Pool(act, timeout_s=300, batch=1) as busy:
            print(*idle.map([0]), flush=True)
            stream = busy.map([0, "one long C call"])
            print(next(stream), flush=True)
            next(stream)
        """
    for how in (signal.SIGKILL, signal.SIGINT):
        process = run_script(tmp_path, script, process_group=0)
        idle = int(process.stdout.readline())
        process.stdout.readline()
        time.sleep(0.2)
        workers = set(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))
        assert idle in workers and len(workers) == 2
        os.killpg(process.pid, how)
        _, err = process.communicate(timeout=30)
        assert all(gone(worker) for worker in workers)
        assert err.count("Traceback") == (how == signal.SIGINT)  # the parent's own


def test_nothing_is_left_after_fifty_kills_nor_after_closing():
    before, held = children(), descriptors()
    with Pool(act, workers=2, timeout_s=30) as pool:
        assert shown(pool.map(["exit", 1] * 25)) == ["crash", 1] * 25
        assert len(children() - before) <= 2
        assert descriptors() <= held + 1 + 2 * 3  # the selector; of each worker its pipe, its lifeline and its board
    assert children() == before and descriptors() == held


def test_a_pool_nobody_holds_is_closed(pool):
    before = children()
    forgotten = Pool(act, timeout_s=30, batch=1)
    stream = forgotten.map([1, "spin"])
    assert next(stream) == 1 and len(children() - before) == 1
    del stream, forgotten
    assert children() == before


def test_a_closed_pool_says_so(pool):
    one = Pool(act, timeout_s=30, batch=1)
    stream = one.map([1, ("sleep", 0.1), 2])
    next(stream)
    one.close()
    one.close()
    for later in (stream, one.map([1])):
        with pytest.raises(PipelineError, match="closed"):
            list(later)


def test_a_pool_closed_by_another_thread_ends_the_map():
    one = Pool(act, timeout_s=300)
    threading.Timer(0.5, one.close).start()
    with pytest.raises(PipelineError, match="closed"):
        list(one.map(["spin"]))


def test_workers_are_light_and_keep_to_themselves(capfd):
    with Pool(surroundings, timeout_s=30) as pool:
        (found,) = pool.map([0])
    assert found["threads"] == "1" and found["core"] == 0 and found["modules"] == []
    assert found["interrupt"] and found["group"] != os.getpgrp()
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"timeout_s": 0}, {"batch": 0}, {"tries": 0}])
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match="above 0"):
        Pool(act, **{"timeout_s": 1, **wrong})
