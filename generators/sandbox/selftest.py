"""The sandbox's self-test: programs that try to get out, each judged from outside. Not the sandbox, and no proof of
it: what it cannot think of it cannot find.

Law: an attack counts as contained only when it was really tried, nothing outside was touched, and the next program
got the right answer. Run in a sandbox that holds nothing back, the attacks do no lasting harm.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from generators.sandbox import syscalls
from generators.sandbox.attack_programs import PROGRAMS
from generators.sandbox.attack_reaches import PRELUDE, Program
from generators.sandbox.process import find_python
from generators.sandbox.sandbox import Execution, Job, Limits
from generators.sandbox.walls import NOWHERE

_LONG = Limits(cpu_s=5.0, wall_s=20.0, memory_mb=128, output_chars=10_000)
_SHORT = Limits(cpu_s=0.2, wall_s=0.4, memory_mb=128, output_chars=10_000)
_SLOW_S = 10.0
"""How much later than its wall clock an endless program may be seen to have ended, on a loaded machine."""
_FOUND_CHARS = 200


class Runner(Protocol):
    """What is attacked: a Sandbox, or something that pretends to be one."""

    @property
    def replaced(self) -> int:
        """Zygotes lost and started again so far."""
        ...

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        """Run one program."""
        ...


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack, whether it was contained, and what was found: the breach, or how it was refused."""

    name: str
    contained: bool
    found: str


@dataclass(slots=True)
class _Scene:
    """Things outside that no program may read, write, reach or kill."""

    folder: Path
    secret: str
    stream: socket.socket
    datagram: socket.socket
    local: socket.socket
    abstract: socket.socket
    canary: "subprocess.Popen[bytes]"
    before: set[str] = field(default_factory=set)

    def described(self) -> dict[str, Any]:
        """Return what the attacker is told: everything but the secret."""
        numbers = list(syscalls.listed_numbers()) if not syscalls.machine_problem() else []
        return {
            "folder": str(self.folder),
            "file": str(self.folder / "secret"),
            "project": __file__,
            "home": str(Path.home()),
            "stream": self.stream.getsockname()[1],
            "datagram": self.datagram.getsockname()[1],
            "local": str(self.folder / "socket"),
            "abstract": self.abstract.getsockname().hex(),
            "shown": [part for path in (*find_python().shown, NOWHERE) for part in Path(path).parts],
            "canary": self.canary.pid,
            "tester": os.getpid(),
            "allowed": numbers,
        }

    def breaches(self, execution: Execution, told: str) -> list[str]:
        """Name everything outside that the program has touched; it may repeat what it was told."""
        told += " ".join(find_python().shown)
        said = execution.stdout + execution.error + json.dumps(execution.value)
        found = ["the secret was read"] if self.secret in said else []
        if "BREACH" in said:
            found.append(next(line for line in said.splitlines() if "BREACH" in line))
        values = {key: value for key, value in os.environ.items() if len(value) > 8 and value not in told}
        if leaked := [key for key, value in values.items() if value in execution.stdout]:
            found.append(f"environment read: {', '.join(leaked[:3])}")
        if new := {path.name for path in self.folder.iterdir()} - self.before:
            found.append(f"files written: {', '.join(sorted(new))}")
        kept = self.folder / "secret"
        if not kept.exists() or kept.read_text() != self.secret:
            found.append("a file was changed")
            kept.write_text(self.secret)
        for name in ("stream", "datagram", "local", "abstract"):
            if _reached(getattr(self, name)):
                found.append(f"the {name} socket was reached")
        if self.canary.poll() is not None:
            found.append("a process outside was killed")
            self.canary = _start_canary()
        return found


def self_test(sandbox: Runner, *, names: tuple[str, ...] | None = None) -> tuple[Attack, ...]:
    """Run every attack (or those named) through a sandbox; takes seconds.

    Raises:
        SandboxError: when the sandbox itself fails twice in a row.
    """
    with _scene() as scene:
        return tuple(_attack(sandbox, program, scene) for program in PROGRAMS if names is None or program.name in names)


def _attack(sandbox: Runner, program: Program, scene: _Scene) -> Attack:
    limits = _SHORT if "time" in program.ends else _LONG
    told = json.dumps(scene.described())
    scene.before = {path.name for path in scene.folder.iterdir()}
    replaced, begin = sandbox.replaced, time.monotonic()
    if program.first:
        sandbox.run(Job(program.first, stdin=scene.secret), limits=limits)
    execution = sandbox.run(Job(PRELUDE + program.source, stdin=told, call=program.call), limits=limits)
    seconds = time.monotonic() - begin
    found = scene.breaches(execution, told) + _bounds(execution, limits)
    if seconds > limits.wall_s + _SLOW_S:
        found.append(f"ended after {seconds:.1f} s, its limit is {limits.wall_s:g} s")
    if sandbox.replaced != replaced:
        found.append("the zygote was lost")
    if (after := sandbox.run(Job("print(6 * 7)"))) != Execution("ok", "42\n", None, ""):
        found.append(f"the next program did not get its answer: {after.status} {after.error}")
    if not found and execution.status not in program.ends:
        found.append(f"ended as {execution.status!r} instead of {' or '.join(program.ends)}: {execution.error}")
    if not found and execution.status == "ok" and "TRIED" not in execution.stdout:
        found.append("the attack did not run to its end, so nothing is known")
    text = "; ".join(found) or f"{execution.status}: {_refusals(execution)}"
    return Attack(program.name, not found, text[:_FOUND_CHARS])


def _refusals(execution: Execution) -> str:
    lines = [line for line in execution.stdout.splitlines() if line.startswith("refused")]
    return "; ".join(lines) or execution.error or "nothing found"


def _bounds(execution: Execution, limits: Limits) -> list[str]:
    if len(execution.stdout) > limits.output_chars or len(json.dumps(execution.value)) > limits.output_chars:
        return ["more output came out than the limit"]
    return []


@contextmanager
def _scene() -> Iterator[_Scene]:
    folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
    folder.chmod(0o777)
    secret = f"CANARY-{secrets.token_hex(12)}"
    (folder / "secret").write_text(secret)
    (folder / "secret").chmod(0o666)
    stream, datagram = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    local, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    places = ((stream, ("127.0.0.1", 0)), (datagram, ("127.0.0.1", 0)), (local, str(folder / "socket")), (abstract, ""))
    for listener, place in places:
        listener.bind(place)
        listener.setblocking(False)
        if listener.type == socket.SOCK_STREAM:
            listener.listen()
    scene = _Scene(folder, secret, stream, datagram, local, abstract, _start_canary())
    try:
        yield scene
    finally:
        scene.canary.kill()
        scene.canary.wait()
        for listener, _ in places:
            listener.close()
        shutil.rmtree(folder, ignore_errors=True)


def _start_canary() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"])


def _reached(listener: socket.socket) -> bool:
    """Say whether anything arrived, and take it away."""
    try:
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(1)
        else:
            listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True
