"""One zygote seen from outside: what it is started with, the frames it is spoken to in, how it is ended. Not the
sandbox's policy: which level may be used and what an ending means is said elsewhere.

Law: whatever the other side writes or fails to write, a run ends within its wall clock and a grace, in one reply or
in `Lost`; nothing read from it is trusted beyond its lengths.
"""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from generators.sandbox.walls import HOSTNAME, NOWHERE
from generators.sandbox.zygote import REPLY, REPORT_EXTRA, REQUEST
from pipeline.errors import PipelineError

START_TIMEOUT_S = 60.0
GRACE_S = 20.0
"""How long after a program's wall clock a zygote may take to say so: a loaded machine is slow, not broken."""
_INSIDE = "/sandbox"
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from generators.sandbox.zygote import main; main(sys.argv[2])"
_CODE = ("zygote.py", "syscalls.py", "walls.py", "surroundings.py")
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
_HIDDEN = ("site-packages", "dist-packages")


class SandboxError(PipelineError):
    """Raised when programs cannot be run here, or when the sandbox itself failed: never a program's own doing."""


class Lost(Exception):
    """Raised when a zygote has gone, is silent or speaks nonsense; it is to be replaced."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a zygote says of one run: why it was ended, the exit code, its seconds, and the two streams."""

    why: int
    code: int
    seconds: float
    stdout: bytes
    report: bytes


@dataclass(frozen=True, slots=True)
class Python:
    """The interpreter programs run in and every path it needs, all absolute."""

    binary: str
    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    loader_path: str


@cache
def find_python() -> Python:
    """Return this process's own interpreter, without the packages installed beside it."""
    binary = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    platform_stdlib = Path(sys.base_exec_prefix) / sys.platlibdir / version
    stdlib = {Path(sysconfig.get_path("stdlib")).resolve(), platform_stdlib.resolve()}
    lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    mapped = {Path(line.split(maxsplit=5)[5]) for line in lines if line.endswith(".so") or ".so." in line}
    system = {path.parent for path in mapped if path.name.startswith(("libc.so", "libc-"))}
    system |= {Path("/", *folder.parts[2:]) for folder in system if folder.parts[:2] == ("/", "usr")}
    libpython = {path for path in mapped if path.name.startswith("libpython")}
    shown = {binary, *stdlib, *system, *libpython, *map(Path, _LOADERS)}
    hidden = {folder / name for folder in stdlib for name in _HIDDEN}
    return Python(
        binary=str(binary),
        shown=tuple(sorted(str(path) for path in shown if path.exists())),
        hidden=tuple(sorted(str(path) for path in hidden if path.is_dir())),
        loader_path=os.pathsep.join(sorted({str(path.parent) for path in libpython})),
    )


def command(level: str) -> list[str]:
    """Return what starts a zygote at a level ("bubblewrap" or "namespaces").

    Raises:
        SandboxError: when bubblewrap is not installed.
    """
    python, here = find_python(), Path(__file__).parent
    inside = level == "bubblewrap"
    code = _INSIDE if inside else str(here.parents[1])
    plan = {"walls": "bubblewrap" if inside else "", "shown": python.shown, "hidden": python.hidden, "code": code}
    # not -I: it would ignore PYTHONHASHSEED; with an environment that holds nothing else it would add nothing
    start = [python.binary, "-s", "-P", "-S", "-B", "-X", "utf8", "-c", _BOOT, code, json.dumps(plan)]
    if not inside:
        return start
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError("`bwrap` is not on the PATH")
    options = [bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    options += ["--hostname", HOSTNAME]
    options += ["--dev-bind", NOWHERE, NOWHERE]
    for path in python.shown:
        options += ["--ro-bind", path, path]
    for path in python.hidden:
        options += ["--tmpfs", path, "--remount-ro", path]
    for name in _CODE:
        options += ["--ro-bind", str(here / name), f"{_INSIDE}/generators/sandbox/{name}"]
    return [*options, "--remount-ro", "/", "--chdir", "/", "--", *start]


class Zygote:
    """A running zygote. For one thread, which must live as long as the zygote: the kernel ends one with the other."""

    def __init__(self, level: str) -> None:
        # one malloc arena: each thread's own would reserve 64 MiB of the address space that limits the program
        environment = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"}
        if loader_path := find_python().loader_path:
            environment["LD_LIBRARY_PATH"] = loader_path
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                command(level),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        self.walls = self._greet()

    def run(self, job: bytes, cpu_s: float, wall_s: float, *, memory: int, output: int) -> Reply:
        """Run one program; `memory` and `output` in bytes.

        Raises:
            Lost: when no well-formed reply came.
        """
        try:
            self._socket.settimeout(wall_s + GRACE_S)
            self._socket.sendall(REQUEST.pack(len(job), cpu_s, wall_s, memory, output) + job)
            why, code, seconds, *sizes = REPLY.unpack(self._read(REPLY.size))
            if sizes[0] > output + 1 or sizes[1] > output + REPORT_EXTRA + 1:
                raise Lost(f"the zygote announced {sizes} bytes, above its limit of {output}")
            return Reply(why, code, seconds, self._read(sizes[0]), self._read(sizes[1]))
        except OSError as error:
            raise Lost(f"the zygote did not answer: {error}") from error

    def close(self) -> None:
        """End the zygote and whatever it runs, and reap it."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def interrupt(self) -> None:
        """End the zygote from another thread: the one that runs a program sees it as lost."""
        self._process.kill()

    def _greet(self) -> str:
        """Wait until the zygote is ready; return the wall it has around files."""
        self._socket.settimeout(START_TIMEOUT_S)
        try:
            (size,) = struct.unpack("=I", self._read(4))
            return str(json.loads(self._read(min(size, 4096)))["walls"])
        except (OSError, Lost, ValueError) as error:
            self._process.kill()
            said = b"" if self._process.stderr is None else self._process.stderr.read(2000)
            self.close()
            raise Lost(f"the zygote did not start: {said.decode(errors='replace').strip() or error}") from error

    def _read(self, size: int) -> bytes:
        found = bytearray(size)
        with memoryview(found) as view:
            done = 0
            while done < size:
                if not (got := self._socket.recv_into(view[done:])):
                    raise Lost("the zygote has ended")
                done += got
        return bytes(found)
