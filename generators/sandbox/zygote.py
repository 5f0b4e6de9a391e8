"""The process inside the sandbox that forks one child per program, times it and hands back what it wrote. Not the
judge: it sees a program and its input, never what is expected of it. Standard library alone, started by the sandbox.

Law: programs share nothing. Jobs and outputs pass through private mappings that are unmapped after each run, so that
neither is left in the memory the next child inherits; and each child is a copy of the same idle process.
"""

import contextlib
import gc
import importlib
import io
import json
import mmap
import os
import resource
import select
import struct
import sys
import time
import types
from collections.abc import Callable
from typing import Any, NoReturn

from generators.sandbox import surroundings, syscalls, walls

REQUEST = struct.Struct("=QddQQ")
"""bytes of the job, seconds of CPU, seconds of wall clock, bytes of memory, bytes of output."""
REPLY = struct.Struct("=BidQQ")
"""why it ended, exit code (minus the signal that killed it), seconds it has to answer for, bytes of stdout, bytes of
report."""
RAN, TOO_LONG, TOO_MUCH, STARVED = 0, 1, 2, 3
"""STARVED: over its wall clock, most of which it waited for a processor that others had."""
PRELOADED = """math itertools collections functools re heapq bisect string random json fractions decimal datetime typing
    dataclasses operator statistics copy sys io atexit threading cmath array calendar enum abc textwrap"""
"""Imported once, before programs: a child finds them ready."""
INTERPRETER_BYTES = 64 << 20
"""Address space kept for the interpreter itself, beyond a program's own limit."""
STACK_BYTES = 64 << 20
MAX_FILES, MAX_THREADS = 64, 64
COUNTING_KERNEL = (5, 14)
"""From here on processes are counted by user namespace; before, a limit would count all that the user runs."""
ERROR_CHARS = 500
REPORT_EXTRA = 4096
"""Bytes a report may have beyond the output limit, which bounds its value: status and error."""
_OUT, _REPORT = 1, 3
_POLL_S = 0.05
_TURN_S = 0.1
"""Waiting that one loss of the processor explains, at most: the others' turns, or a period of a container's quota."""


def main(text: str) -> None:
    """Build the walls the plan asks for, say hello on file 0, then run programs until the other side closes it."""
    plan = json.loads(text)
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (hard, hard))  # those of the process that started this one are not for programs
    for name in PRELOADED.split():
        importlib.import_module(name)
    kind = plan["walls"] or walls.build(plan["shown"], plan["hidden"])
    walls.die_with_parent()  # and so every child finds the library it needs for this loaded
    control = os.dup(0)
    os.dup2(1, 0)
    os.dup2(1, 2)
    os.environ.clear()
    sys.argv[:] = sys.orig_argv[:] = [surroundings.PROGRAM_FILE]
    surroundings.furnish()
    sys.path[:] = [path for path in sys.path if path != plan["code"]]
    for name in [name for name in sys.modules if name.partition(".")[0] == "generators"]:
        del sys.modules[name]
    barrier = syscalls.Filter()
    gc.collect()
    gc.freeze()
    hello = json.dumps({"walls": kind}).encode()
    os.write(control, struct.pack("=I", len(hello)) + hello)
    counted = kind in ("bubblewrap", "pivot") and _kernel() >= COUNTING_KERNEL
    while _serve(control, barrier, counted=counted):
        pass


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def _serve(control: int, barrier: syscalls.Filter, *, counted: bool) -> bool:
    """Run one program; False when the other side is gone."""
    header = bytearray(REQUEST.size)
    if not _receive(control, memoryview(header)):
        return False
    size, cpu_s, wall_s, memory, output = REQUEST.unpack(header)
    job = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with memoryview(job) as view:
        if not _receive(control, view):
            return False
    out, out_end = os.pipe()
    report, report_end = os.pipe()
    zygote, begin = os.getpid(), time.monotonic()
    child = os.fork()
    if child == 0:
        walls.die_with_parent()  # where no namespace ends with the zygote
        if os.getppid() != zygote:
            os._exit(70)
        _be_program(job, (out_end, report_end), barrier, cpu_s, memory, counted=counted)
    os.close(out_end)
    os.close(report_end)
    job.close()
    pipes = [_Pipe(out, output), _Pipe(report, output + REPORT_EXTRA)]
    try:
        why = _watch(child, pipes, control, cpu_s, wall_s)
        if why != RAN:
            os.kill(child, 9)
        _, status, used = os.wait4(child, 0)
        code, cpu = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        waited = max(time.monotonic() - begin - cpu, 0.0)
        lost = max(used.ru_nivcsw - used.ru_nvcsw, 0)  # threads that wait for each other, and sleepers, gave it up
        excused = min(lost * _TURN_S, waited)
        if code == -9 and cpu >= cpu_s:
            why = TOO_LONG
        elif why == TOO_LONG and excused > waited / 2:
            why = STARVED
        _send(control, REPLY.pack(why, code, cpu + waited - excused, *(pipe.size for pipe in pipes)), pipes)
    finally:
        for pipe in pipes:
            pipe.close()
    return True


class _Pipe:
    """The reading end of a pipe and what came out of it, in a mapping of its own."""

    def __init__(self, number: int, limit: int) -> None:
        self.number, self.limit, self.size, self.open = number, limit, 0, True
        self.buffer = mmap.mmap(-1, limit + 1, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def read(self) -> bool:
        """Take what is there; False when that is more than the limit."""
        with memoryview(self.buffer) as view, view[self.size :] as rest:
            got = os.readv(self.number, [rest])
        self.open = got > 0
        self.size = min(self.size + got, self.limit) if self.size + got <= self.limit else self.limit + 1
        return self.size <= self.limit

    def close(self) -> None:
        """Give back the pipe and the memory."""
        os.close(self.number)
        self.buffer.close()


def _watch(child: int, pipes: list[_Pipe], control: int, cpu_s: float, wall_s: float) -> int:
    """Read what the program writes until it has ended or is to be ended."""
    clock = (~child << 3) | 2  # the CPU clock of another process, as clock_getcpuclockid computes it
    deadline = time.monotonic() + wall_s
    poll = select.poll()
    poll.register(control, select.POLLIN)
    by_number = {pipe.number: pipe for pipe in pipes}
    for number in by_number:
        poll.register(number, select.POLLIN)
    pause = 0.0001
    while True:
        wall_left, cpu_left = deadline - time.monotonic(), cpu_s - _clock(clock)
        if wall_left <= 0 or cpu_left <= 0:
            return TOO_LONG
        if not by_number:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return RAN
            pause = min(pause * 2, _POLL_S)
        wait_s = min(wall_left, cpu_left, pause if not by_number else wall_s)
        for number, _ in poll.poll(wait_s * 1000 + 0.5):
            if number == control:  # the other side is gone, or speaks out of turn
                os.kill(child, 9)
                os._exit(0)
            pipe = by_number[number]
            if not pipe.read():
                return TOO_MUCH
            if not pipe.open:
                poll.unregister(number)
                del by_number[number]


def _clock(clock: int) -> float:
    try:
        return time.clock_gettime(clock)
    except OSError:  # it has ended
        return 0.0


def _receive(control: int, view: memoryview) -> bool:
    """Fill the view from the other side; False at its end."""
    done = 0
    while done < len(view):
        with view[done:] as rest:
            got = os.readv(control, [rest])
        if not got:
            return False
        done += got
    return True


def _send(control: int, header: bytes, pipes: list[_Pipe]) -> None:
    os.write(control, header)
    for pipe in pipes:
        done = 0
        with memoryview(pipe.buffer) as view:
            while done < pipe.size:
                with view[done : pipe.size] as rest:
                    done += os.write(control, rest)


def _be_program(
    job: mmap.mmap, ends: tuple[int, int], barrier: syscalls.Filter, cpu_s: float, memory: int, *, counted: bool
) -> NoReturn:
    """Become the program: never returns, and from `install` on can do nothing but compute and write."""
    try:
        asked = json.loads(job[:])
        stdin = os.memfd_create("stdin")
        with open(stdin, "wb", closefd=False) as file:
            file.write(asked["stdin"].encode(errors="replace"))
        os.lseek(stdin, 0, os.SEEK_SET)
        out = os.dup2(ends[0], 60)
        report = os.dup2(ends[1], 61)
        os.dup2(stdin, 0)
        os.dup2(out, _OUT)
        os.dup2(report, _REPORT)
        os.dup2(os.open(walls.NOWHERE, os.O_WRONLY), 2)
        os.closerange(_REPORT + 1, 4096)
        _limit(cpu_s, memory, counted=counted)
        barrier.install()
        _write_report(_finish(_perform, asked, surroundings.enter(asked["source"], memory=memory)))
    finally:
        os._exit(70)


def _limit(cpu_s: float, memory: int, *, counted: bool) -> None:
    """Set the limits the kernel keeps by itself; `counted`: processes are counted per sandbox, not per machine."""
    seconds = int(cpu_s) + 2
    limits = [
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory + INTERPRETER_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MAX_FILES),
        (resource.RLIMIT_CORE, 0),
    ]
    if counted:
        limits.append((resource.RLIMIT_NPROC, MAX_THREADS))
    for kind, value in limits:
        _, hard = resource.getrlimit(kind)
        bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bounded, bounded))
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)  # programs ask for more, and the address space bounds it
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES if hard == resource.RLIM_INFINITY else hard, hard))


Report = dict[str, Any]


def _perform(asked: Report) -> Any:
    """Execute the program's text, after its prelude, then call its function or method where one is named."""
    name = "program" if asked["call"] else "__main__"
    module = types.ModuleType(name)
    module.__file__ = surroundings.PROGRAM_FILE
    sys.modules[name] = module
    if asked["prelude"]:
        exec(compile(asked["prelude"], "prelude.py", "exec", dont_inherit=True), module.__dict__)
    source = asked["source"].removeprefix(surroundings.BOM)
    exec(compile(source, surroundings.PROGRAM_FILE, "exec", dont_inherit=True), module.__dict__)
    return _called(module, asked["call"])(*[_argument(value) for value in asked["args"]]) if asked["call"] else None


def _called(module: types.ModuleType, name: str) -> Callable[..., Any]:
    """Return the method of the program's class Solution with that name, else the function."""
    solution = getattr(module, "Solution", None)
    return getattr(solution() if isinstance(solution, type) and hasattr(solution, name) else module, name)  # type: ignore[no-any-return]


def _argument(value: Any) -> Any:
    """Return a JSON value with the words for what JSON has none for: long integers, and keys that are no text."""
    if isinstance(value, list):
        return [_argument(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$int"}:
        return int(value["$int"])
    if value.keys() == {"$map"}:
        return {_argument(key): _argument(item) for key, item in value["$map"]}
    return {key: _argument(item) for key, item in value.items()}


def _finish(perform: Callable[[Report], Any], asked: Report, out: io.TextIOWrapper) -> Report:
    """Return what is reported of the program: how it ended, and its value as JSON text."""
    try:
        try:
            value = perform(asked)
        except SystemExit as stop:
            if asked["call"] or stop.code not in (None, 0):
                raise
            value = None
        text = json.dumps(value)
        if (threading := sys.modules.get("threading")) is not None:
            threading._shutdown()
        importlib.import_module("atexit")._run_exitfuncs()
        report = {"status": "ok", "value": text, "error": ""}
    except MemoryError:
        report = {"status": "memory", "value": "null", "error": "MemoryError"}
    except PermissionError as error:
        report = _failure("forbidden", error)
    except BaseException as error:
        report = _failure("raised", error)
    for stream in (sys.stdout, out):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            stream.flush()
    return report


def _failure(status: str, error: BaseException) -> Report:
    try:
        said = str(error)
    except BaseException:
        said = ""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == surroundings.PROGRAM_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f" (line {line})" if line else ""
    return {"status": status, "value": "null", "error": f"{type(error).__name__}: {said[:ERROR_CHARS]}{where}"}


def _write_report(report: Report) -> None:
    """Write the length-framed report and end the process, threads and all."""
    text = json.dumps(report).encode()
    left = memoryview(struct.pack("=Q", len(text)) + text)
    while left:
        left = left[os.write(_REPORT, left) :]
    os._exit(0)
