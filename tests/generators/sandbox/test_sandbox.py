"""What the sandbox promises of a program's run: its output, how it ended, and that runs share nothing."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.sandbox.process import find_python
from generators.sandbox.sandbox import MAX_DEPTH, Execution, Job, Limits, Sandbox, SandboxError, best_level, shared
from pipeline.errors import ConfigError
from tests.generators.boxes import LEVELS, made

ROOT = Path(__file__).parents[3]
SHORT = Limits(cpu_s=0.3, wall_s=0.6, memory_mb=64, output_chars=1000)


@pytest.fixture(scope="module", params=LEVELS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with made(request.param) as found:
        yield found


def printed(sandbox: Sandbox, source: str, stdin: str = "") -> str:
    execution = sandbox.run(Job(source, stdin=stdin))
    assert execution.status == "ok", execution
    return execution.stdout


ENDINGS = {
    "print(1)": "ok",
    "import sys; sys.exit()": "ok",
    "import sys; sys.exit(0)": "ok",
    "import sys; sys.exit(2)": "raised",
    "1 / 0": "raised",
    "x = = 1": "raised",
    "input()": "raised",
    "raise KeyboardInterrupt": "raised",
    "import no_such_module": "raised",
    "import numpy": "raised",
    "while True: pass": "time",
    "import time; time.sleep(9)": "time",
    "x = [0] * 10**9": "memory",
    "print('x' * 10**4)": "output",
    "open('x', 'w')": "forbidden",
    "import os; os.fork()": "forbidden",
    "import os; os._exit(0)": "ok",
    "import os; os._exit(3)": "died",
    "import os; os.write(3, b'x'); os._exit(0)": "died",
    "print(exit, quit); exit()": "ok",
    "quit(0)": "ok",
    "exit(3)": "raised",
    "import ctypes; ctypes.string_at(0)": "died",
}


@pytest.mark.parametrize("source", ENDINGS)
def test_how_a_program_ends(sandbox: Sandbox, source: str) -> None:
    execution = sandbox.run(Job(source), limits=SHORT)
    assert execution.status == ENDINGS[source], execution
    assert (execution.error == "") == (execution.status == "ok")
    assert execution.value is None
    assert len(execution.stdout) <= SHORT.output_chars


def test_an_error_is_one_short_line_without_paths(sandbox: Sandbox) -> None:
    assert sandbox.run(Job("x = 1\n\nx / 0")).error == "ZeroDivisionError: division by zero (line 3)"
    stdlib = json.__file__
    told = sandbox.run(Job("import json\nraise ValueError(json.__file__)")).error
    assert str(Path(stdlib).parent.parent) not in told and "json" in told
    assert len(sandbox.run(Job("raise ValueError('x' * 10**6)")).error) < 1100
    sly = "class E(Exception):\n    def __str__(self): raise self\nraise E"
    assert sandbox.run(Job(sly)) == Execution("raised", "", None, "E:  (line 3)")


def test_what_was_printed_before_the_end_is_kept(sandbox: Sandbox) -> None:
    assert sandbox.run(Job("print('a')\n1 / 0")).stdout == "a\n"
    assert sandbox.run(Job("print('a', flush=True)\nwhile True: pass"), limits=SHORT).stdout == "a\n"


@pytest.mark.parametrize(
    "read",
    [
        "sys.stdin.read()", "open(0).read()", "sys.stdin.buffer.read().decode()", "''.join(sys.stdin)",
        "input() + '\\n'", "open('/dev/stdin').read()", "open('/dev/stdin', 'rb').read().decode()",
        "open('/proc/self/fd/0', encoding='utf8').read()", "os.read(os.open('/dev/stdin', os.O_RDONLY), 99).decode()",
        "pathlib.Path('/dev/stdin').read_text()", "io.open(b'/dev/fd/0').read()",
        "os.read(0, os.fstat(0).st_size).decode()", "mmap.mmap(0, 0, access=1).read().decode()",
        "''.join(fileinput.input())",
    ],
)  # fmt: skip
def test_stdin_is_read_in_every_usual_way(sandbox: Sandbox, read: str) -> None:
    modules = "import fileinput, io, mmap, os, pathlib, sys"
    assert printed(sandbox, f"{modules}\nprint({read}, end='')", "żółw 漢字 🙂 1\n") == "żółw 漢字 🙂 1\n"


@pytest.mark.parametrize(
    "source",
    [
        "import threading\nthreading.stack_size(2**26)\nthreading.Thread(target=lambda: print(1)).start()",
        "from concurrent.futures import ThreadPoolExecutor as T\nprint(sum(T(16).map(lambda x: x, range(2))))",
        "import sys\nprint('noise', file=sys.stderr)\nprint(1)",
        "import atexit\natexit.register(print, 1)",
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    print(1)\nasyncio.run(f())",
        "import os\nos.write(1, b'1\\n')",
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return f(n - 1) if n else 1\nprint(f(20_000))",
        "import sys\nsys.stdout.write('1\\n')\nsys.stdout.close()",
        "if __name__ == '__main__':\n    print(1)",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\nprint(A(1).x)",
        "import hashlib, zlib\nprint(len(hashlib.sha256(zlib.compress(b'')).digest()) // 32)",
        "import numbers, unittest, sqlite3, pprint\nprint(1)",
        "exit_code = 0\nprint(1)\nraise SystemExit(exit_code)",
        "print(1)\nexit()\nprint(2)",
        "import sys\nprint(1)\nexit_now = quit\nexit_now(0)",
        "import os, sys\nprint(1)\nsys.stdout.flush()\nos._exit(0)",
        "import os\nprint(1, flush=True)\nos.close(3)\nos._exit(0)",
        "\ufeffprint(1)",
        "\ufefffrom __future__ import annotations\nprint(1)",
        "print(1 if __file__ == 'program.py' else 0)",
        "import os\nfrom pathlib import Path\nos.path.realpath(__file__), Path(__file__).resolve().parent\nprint(1)",
        "assert 'anyone' in open(__file__).read() and b'anyone' in open(__file__, 'rb').read()\nprint(1)",
        "import sys\nsys.stdout = open('/dev/stdout', 'w')\nprint(1)",
        "import sys\nsys.__stdout__.write('1\\n')",
        "import resource as r\nr.setrlimit(r.RLIMIT_STACK, (r.RLIM_INFINITY,) * 2)\nprint(1)",
        "print(len(str(10**5000)) - 5000)",
        "print(int('7' * 5000) % 2)",
    ],
)
def test_lawful_programs_run_as_anywhere(sandbox: Sandbox, source: str) -> None:
    assert printed(sandbox, source) == "1\n"


@pytest.mark.parametrize("size", [2**26, 2**27, 2**29, 2**30])
@pytest.mark.parametrize("cached", ["", "@functools.lru_cache(None)\n"])
def test_a_thread_with_a_large_stack_recurses_deep(sandbox: Sandbox, size: int, cached: str) -> None:
    source = f"""
import functools, sys, threading
sys.setrecursionlimit(10**7)
print(threading.stack_size({size}), threading.stack_size())
{cached}def depth(n): return n and 1 + depth(n - 1)
def main(): print(depth(30_000))
thread = threading.Thread(target=main)
thread.start()
thread.join()
"""
    assert printed(sandbox, source) == f"0 {size}\n30000\n"


def test_a_prelude_runs_before_the_program_and_moves_none_of_its_lines(sandbox: Sandbox) -> None:
    prelude = "from math import *\ndef f(): return 5"
    assert sandbox.run(Job("x: 'int' = 0\nprint(gcd(4, 6), f())", prelude=prelude)).stdout == "2 5\n"
    assert (
        sandbox.run(
            Job("from __future__ import annotations\ndef f(): return gcd(4, 6)", call="f", prelude=prelude)
        ).value
        == 2
    )
    assert sandbox.run(Job("x = 1\nx / 0", prelude=prelude)).error.endswith("(line 2)")
    assert sandbox.run(Job("print(gcd)")).status == "raised"


def test_a_method_of_solution_goes_before_a_function(sandbox: Sandbox) -> None:
    method = "class Base:\n    def count(self, x): return x + self.start\n"
    method += "class Solution(Base):\n    def __init__(self): self.start = 1\n"
    assert sandbox.run(Job(method, call="count", args=(2,), prelude="from itertools import *")).value == 3
    assert sandbox.run(Job("class Solution: pass\ndef count(x): return x", call="count", args=(2,))).value == 2


def test_integers_of_any_length_pass(sandbox: Sandbox) -> None:
    digits = "7" * 6000
    found = sandbox.run(Job("def f(x, y): return [x + 0, -x, y]", call="f", args=({"$int": digits}, 5)))
    assert found.value == [{"$int": digits}, {"$int": f"-{digits}"}, 5]
    assert sandbox.run(Job("print(int(input()) + 0)", stdin=digits)).stdout.strip() == digits
    keys = sandbox.run(Job("def f(x): return sorted(x.items())", call="f", args=({"$map": [[2, "b"], [1, {"a": 3}]]},)))
    assert keys.value == [[1, {"a": 3}], [2, "b"]]


def test_a_big_input_and_output_pass(sandbox: Sandbox) -> None:
    text = "7" * 5_000_000
    limits = Limits(cpu_s=20, wall_s=30, output_chars=6_000_000)
    assert sandbox.run(Job("print(input(), end='')", stdin=text), limits=limits).stdout == text
    assert sandbox.run(Job("def f(x): return x", call="f", args=[text]), limits=limits).value == text


def test_calls_take_and_give_json(sandbox: Sandbox) -> None:
    source = "import sys\ndef f(a, b=2):\n    print('noise', __name__)\n    return {'sum': a + b, 'rows': [(1, None)]}"
    found = sandbox.run(Job(source, call="f", args=(40,)))
    assert found == Execution("ok", "noise program\n", {"sum": 42, "rows": [[1, None]]}, "")
    assert "not JSON serializable" in sandbox.run(Job("def f(): return {1}", call="f")).error
    assert "has no attribute 'g'" in sandbox.run(Job("def f(): return 1", call="g")).error
    assert sandbox.run(Job("def f(): raise SystemExit", call="f")).status == "raised"
    assert sandbox.run(Job("def f(): return 'x' * 1001", call="f"), limits=SHORT).status == "output"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(JSON, st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_values_and_text_pass_unchanged(sandbox: Sandbox, value: object, text: str) -> None:
    source = "import sys\ndef f(x):\n    sys.stdout.buffer.write(sys.stdin.buffer.read())\n    return x"
    found = sandbox.run(Job(source, stdin=text, call="f", args=[value]))
    assert (found.status, found.value, found.stdout.encode()) == ("ok", value, text.encode())


def test_the_same_job_has_the_same_result_in_every_zygote(sandbox: Sandbox) -> None:
    job = Job("import sys, os\nprint({'a', 'b', 'c', 'd'}, hash('x'), sys.getrecursionlimit(), dict(os.environ))")
    with made(sandbox.level, zygotes=2) as other:
        assert {sandbox.run(job), *other.run_all([job] * 6)} == {sandbox.run(job)}


def test_programs_share_nothing(sandbox: Sandbox) -> None:
    spoil = "import builtins, math, sys\nbuiltins.x = 1\nmath.pi = 3\nsys.path.clear()\nprint = None"
    assert sandbox.run(Job(spoil)).status == "ok"
    assert printed(sandbox, "import math, pprint\nprint(math.pi > 3.1, 'x' in dir(__builtins__))") == "True False\n"


def test_others_that_have_the_processor_do_not_end_a_program(sandbox: Sandbox) -> None:
    """A program that needs half its CPU and a third of its wall clock, beside many that always run."""
    hungry = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4 * (os.cpu_count() or 1))]
    try:
        limits = Limits(cpu_s=0.6, wall_s=0.8)
        source = "import time\nbegin = time.process_time()\nwhile time.process_time() < begin + 0.3: pass\nprint(1)"
        busy = sandbox.run(Job(source), limits=limits)
        assert (busy.status, busy.stdout) == ("ok", "1\n")
        starved = sandbox.run(Job(source), limits=Limits(cpu_s=0.6, wall_s=0.04))
        assert starved.status in ("starved", "ok"), "what others decide is never said to be the program's"
        for own in ("time.sleep(60)", "while True: time.sleep(0.0005)"):
            begin = time.monotonic()
            idle = sandbox.run(Job(f"import time\n{own}"), limits=limits)
            assert idle.status == "time" and time.monotonic() - begin < 30 and idle.seconds > 0.4
        begin = time.monotonic()
        yielding = sandbox.run(Job("import os\nwhile True: os.sched_yield()"), limits=Limits(cpu_s=0.3, wall_s=1.5))
        assert yielding.status == "time" and yielding.seconds >= 0.3 and time.monotonic() - begin < 60
    finally:
        for process in hungry:
            process.kill()
            process.wait()


def test_seconds_are_at_least_those_of_the_processor(sandbox: Sandbox) -> None:
    found = sandbox.run(Job("import time\nwhile time.process_time() < 0.3: pass"))
    assert found.seconds >= 0.25 and found == Execution("ok", "", None, "")
    assert sandbox.run(Job("print(1)")).seconds < 0.2


def test_a_program_does_not_learn_the_name_of_its_machine(sandbox: Sandbox) -> None:
    if "Landlock" in sandbox.why or "Landlock" in best_level()[1]:
        pytest.skip("the kernel gives no namespaces here")
    assert printed(sandbox, "import os\nprint(os.uname().nodename)") == "sandbox\n"


def test_many_run_in_order(sandbox: Sandbox) -> None:
    with made(sandbox.level, zygotes=2) as several:
        jobs = (Job(f"import time\ntime.sleep({0.02 * (i % 3)})\nprint({i})") for i in range(30))
        assert [execution.stdout for execution in several.run_all(jobs)] == [f"{i}\n" for i in range(30)]


def test_threads_may_share_a_sandbox(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: printed(sandbox, f"print({i} ** 2)"), range(60)))
    assert found == [f"{i * i}\n" for i in range(60)]


def test_a_zygote_outlives_the_thread_that_first_used_it(sandbox: Sandbox) -> None:
    with made(sandbox.level) as fresh:
        thread = threading.Thread(target=lambda: printed(fresh, "print(1)"))
        thread.start()
        thread.join()
        time.sleep(0.1)
        assert printed(fresh, "print(1)") == "1\n"
        assert fresh.replaced == 0


def test_a_forked_process_starts_its_own(sandbox: Sandbox) -> None:
    read, write = os.pipe()
    assert printed(sandbox, "print(1)") == "1\n"
    if (child := os.fork()) == 0:
        try:
            os.write(write, sandbox.run(Job("print(2)")).stdout.encode())
            sandbox.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 9) == b"2\n"
    assert printed(sandbox, "print(3)") == "3\n" and sandbox.replaced == 0
    os.close(read)
    os.close(write)


def descendants(process: int) -> set[int]:
    """Return the processes below one, by their parents; those that have ended and are not reaped included."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    found: set[int] = set()
    fresh = {process}
    while fresh := {child for child, parent in parents.items() if parent in fresh} - found:
        found |= fresh
    return found


def files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_after_many_runs_and_kills(sandbox: Sandbox) -> None:
    files_before, below = files(), descendants(os.getpid())
    kill = Limits(cpu_s=0.05, wall_s=2.0)
    with made(sandbox.level, zygotes=2) as busy:
        first = list(busy.run_all([Job("print(1)")] * 4))
        settled, open_files = descendants(os.getpid()), files()
        ended = list(busy.run_all([Job("print(1)")] * 450))
        killed = list(busy.run_all([Job("while True: pass")] * 50, limits=kill))
        assert {execution.status for execution in (*first, *ended)} == {"ok"}
        assert {execution.status for execution in killed} == {"time"}
        assert descendants(os.getpid()) == settled and files() == open_files and busy.replaced == 0
    assert descendants(os.getpid()) == below and files() == files_before


def test_a_zygote_killed_from_outside_is_replaced_and_its_job_run_again(sandbox: Sandbox) -> None:
    with made(sandbox.level) as fresh:
        before = descendants(os.getpid())
        assert printed(fresh, "print(1)") == "1\n"
        for process in descendants(os.getpid()) - before:
            with contextlib.suppress(ProcessLookupError):  # the first one killed takes the others along
                os.kill(process, signal.SIGKILL)
        assert printed(fresh, "print(2)") == "2\n"
        assert fresh.replaced == 1


def test_a_sandbox_that_fails_twice_raises_and_recovers(sandbox: Sandbox) -> None:
    with made(sandbox.level) as fresh:
        before = descendants(os.getpid())
        stop = threading.Event()

        def hunt() -> None:
            while not stop.wait(0.2):
                for process in sorted(descendants(os.getpid()) - before):  # a parent first: it must not tell
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)

        hunter = threading.Thread(target=hunt, daemon=True)
        hunter.start()
        try:
            with pytest.raises(SandboxError, match="failed 2 times"):
                fresh.run(Job("import time\ntime.sleep(30)"), limits=Limits(wall_s=40))
        finally:  # whatever happened: it would kill every child of the tests behind this one
            stop.set()
            hunter.join()
        assert printed(fresh, "print(1)") == "1\n"


def test_nothing_is_begun_for_a_caller_that_has_stopped_reading(sandbox: Sandbox) -> None:
    slow = Job("import time\ntime.sleep(2)")
    reading = sandbox.run_all([Job("print(1)"), *[slow] * 20])
    assert next(reading).stdout == "1\n"
    begin = time.monotonic()
    reading.close()
    assert printed(sandbox, "print(2)") == "2\n"
    assert time.monotonic() - begin < 20  # those that had begun, and not twenty, which take forty seconds


def test_a_value_nested_too_deep_to_compare_is_refused(sandbox: Sandbox) -> None:
    source = "def f(n):\n    x = 1\n    for _ in range(n): x = [x]\n    return x"
    for depth, status in ((MAX_DEPTH, "ok"), (MAX_DEPTH + 1, "output"), (900, "output"), (10**5, "raised")):
        execution = sandbox.run(Job(source, call="f", args=[depth]))
        assert execution.status == status, (depth, execution.error)


def test_a_zygote_that_cannot_be_started_again_raises(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if sandbox.level != "bubblewrap":
        pytest.skip("only bubblewrap is a program that can be missing")
    with made(sandbox.level) as fresh:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(SandboxError, match="not on the PATH"):
            fresh.run(Job("print(1)"))
        monkeypatch.undo()
        assert printed(fresh, "print(1)") == "1\n"


@pytest.mark.parametrize(
    "limits",
    [{"wall_s": math.inf}, {"cpu_s": math.nan}, {"memory_mb": 0.5}, {"memory_mb": 2**60}, {"output_chars": 0}],
)
def test_limits_no_machine_can_keep_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(limits))):
        Limits(**limits)  # type: ignore[arg-type]


def test_closing_ends_what_runs(sandbox: Sandbox) -> None:
    fresh = made(sandbox.level)
    before = descendants(os.getpid())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fresh.run, Job("import time\ntime.sleep(30)"), limits=Limits(wall_s=40))
        while not descendants(os.getpid()) - before:
            time.sleep(0.01)
        fresh.close()
        with pytest.raises(SandboxError):
            running.result(timeout=10)
    assert descendants(os.getpid()) <= before
    with pytest.raises(SandboxError, match="closed"):
        fresh.run(Job("print(1)"))


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def run_python(text: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", text, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_killed_parent_takes_its_zygotes_along(sandbox: Sandbox) -> None:
    text = """
import sys
from generators.sandbox.sandbox import Job, Limits, Sandbox
sandbox = Sandbox(level=sys.argv[1], zygotes=2)
sandbox.run(Job("print(1)"))
print("ready", flush=True)
sandbox.run(Job("import time\\ntime.sleep(60)"), limits=Limits(wall_s=90))
"""
    parent = run_python(text, sandbox.level)
    assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
    time.sleep(0.2)
    below = descendants(parent.pid)
    assert below
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while alive := set(filter(runs, below)):
        assert time.monotonic() < deadline, alive
        time.sleep(0.02)


def test_a_worker_with_a_memory_limit_may_run_programs(sandbox: Sandbox) -> None:
    text = """
import resource, sys
from generators.sandbox.sandbox import Job, Sandbox
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 2**26, resource.getrlimit(resource.RLIMIT_AS)[1]))
with Sandbox(level=sys.argv[1]) as sandbox:
    print(sandbox.run(Job("x = bytearray(200 * 2**20)\\nprint(len(x))")))
"""
    output, _ = run_python(text, sandbox.level).communicate()
    assert "status='ok', stdout='209715200" in output


def test_the_interpreter_is_shown_without_its_packages() -> None:
    python = find_python()
    assert all(Path(path).is_absolute() and Path(path).exists() for path in (python.binary, *python.shown))
    assert str(ROOT) not in python.shown and str(Path.home()) not in python.shown and "/usr" not in python.shown


def test_no_level_is_a_clear_refusal() -> None:
    with pytest.raises(SandboxError, match=r"level 'off' .*bubblewrap"):
        Sandbox(level="off")


def test_the_best_level_is_the_shared_one() -> None:
    level, why = best_level()
    assert why
    if level == "off":
        pytest.skip(why)
    assert shared() is shared() and shared().level == level
