"""The self-test holds at every level this machine has, and fails where a sandbox does not hold."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generators.sandbox.attack_programs import PROGRAMS
from generators.sandbox.sandbox import Execution, Job, Level, Limits
from generators.sandbox.selftest import self_test
from tests.generators.boxes import LEVELS, made

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("level", LEVELS)
def test_every_attack_is_contained(level: Level) -> None:
    with made(level) as sandbox:
        attacks = self_test(sandbox)
    assert [attack.name for attack in attacks] == [program.name for program in PROGRAMS]
    assert not [attack for attack in attacks if not attack.contained]


LEFT_BEHIND = """
import contextlib, threading, time
from pathlib import Path
from generators.sandbox.sandbox import Job, Limits, Sandbox, SandboxError

def processes():
    return {path.name for path in Path("/proc").iterdir() if path.name.isdigit()}

def left_behind(sandbox):
    # what still runs after a sandbox was closed over a program that sleeps
    before = processes()
    def sleeps():
        with contextlib.suppress(SandboxError):
            sandbox.run(Job("import time; time.sleep(60)"), limits=Limits(wall_s=70))
    running = threading.Thread(target=sleeps)
    running.start()
    while not (started := processes() - before):
        time.sleep(0.01)
    sandbox.close()
    running.join()
    for _ in range(500):
        if not processes() & started:
            break
        time.sleep(0.01)
    return processes() & started
"""


def test_every_attack_is_contained_without_namespaces() -> None:
    """The level "namespaces" where the kernel gives none: bubblewrap makes such a place, Landlock must hold."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed, so no place without namespaces can be made")
    place = ["bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-user", "--unshare-pid", "--disable-userns"]
    text = (
        LEFT_BEHIND
        + """
from generators.sandbox.selftest import self_test
try:
    sandbox = Sandbox(level="namespaces")
except SandboxError as error:
    print("refused", error)
else:
    print(sandbox.why, [attack for attack in self_test(sandbox) if not attack.contained])
    print(left_behind(sandbox))
"""
    )
    command = [*place, "--cap-drop", "ALL", sys.executable, "-c", text]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    if found.returncode:
        pytest.skip(f"no place without namespaces can be made: {found.stderr.strip()[:200]}")
    if "refused" in found.stdout:
        assert "neither namespaces nor Landlock" in found.stdout
    else:
        assert "Landlock" in found.stdout and found.stdout.strip().endswith("[]\nset()"), found.stdout


class BrokenSandbox:
    """NOT A SANDBOX: a plain process with a timeout and nothing else, to show that the self-test can fail."""

    replaced = 0

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        command = [sys.executable, "-c", job.source]
        try:
            ended = subprocess.run(command, input=job.stdin, capture_output=True, text=True, timeout=40)
        except subprocess.TimeoutExpired:
            return Execution("time", "", None, "time")
        return Execution("raised" if ended.returncode else "ok", ended.stdout[:10_000], None, ended.stderr[-200:])


BREACHED = {
    "network: tcp": "the stream socket was reached",
    "network: udp and raw": "the datagram socket was reached",
    "network: unix sockets": "the local socket was reached",
    "files: read": "the secret was read",
    "files: write": "",
    "files: links": "files written",
    "processes: fork": "BREACH: fork",
    "processes: start another program": "BREACH: subprocess",
    "memory: list": "BREACH: 512 MiB",
    "kernel: every call that is not listed": "no filter",
    "environment": "environment read: ",
    "kill: others": "a process outside was killed",
}


def test_the_self_test_sees_what_a_broken_sandbox_lets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERILOOP_CANARY", os.urandom(8).hex())
    attacks = {attack.name: attack for attack in self_test(BrokenSandbox(), names=tuple(BREACHED))}
    assert set(attacks) == set(BREACHED)
    assert [name for name, attack in attacks.items() if attack.contained] == []
    for name, found in BREACHED.items():
        assert found in attacks[name].found, attacks[name]


class IdleSandbox:
    """Runs nothing, and knows the answer the self-test asks for between attacks."""

    replaced = 0

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        return Execution("ok", "42\n" if job == Job("print(6 * 7)") else "", None, "")


def test_an_attack_that_was_not_tried_is_not_called_contained() -> None:
    assert [attack for attack in self_test(IdleSandbox()) if attack.contained] == []


class ForgetfulSandbox(IdleSandbox):
    """Loses a zygote with every program."""

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        self.replaced += 1
        return Execution("ok", "42\n" if job == Job("print(6 * 7)") else "TRIED", None, "")


def test_a_lost_zygote_is_a_breach() -> None:
    (attack,) = self_test(ForgetfulSandbox(), names=("network: tcp",))
    assert not attack.contained and "zygote was lost" in attack.found
