"""Sandboxes for tests: a scripted one, and real ones at the levels that this machine has, else skipped with why."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from generators.sandbox.sandbox import Execution, Job, Level, Limits, Sandbox, SandboxError

LEVELS: tuple[Level, ...] = ("bubblewrap", "namespaces")


class Scripted:
    """A Runner that does what a function says; `seen` are the jobs it was given."""

    level: Level = "bubblewrap"

    def __init__(self, does: Callable[[Job], Execution]) -> None:
        self.limits = Limits()
        self.does = does
        self.seen: list[Job] = []

    def run(self, job: Job, *, limits: Limits | None = None) -> Execution:
        self.seen.append(job)
        return self.does(job)

    def run_all(self, jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Execution]:
        for job in jobs:
            yield self.run(job, limits=limits)


def printed(text: str) -> Execution:
    return Execution("ok", text, None, "")


def gave(value: object) -> Execution:
    return Execution("ok", "", value, "")


def real_sandbox() -> Iterator[Sandbox]:
    """Yield a real sandbox, or skip the test where programs cannot be run."""
    try:
        box = Sandbox(limits=Limits(cpu_s=0.5, wall_s=5.0))
    except SandboxError as error:
        pytest.skip(str(error))
    with box:
        yield box


def made(level: Level, *, zygotes: int = 1) -> Sandbox:
    """Return a sandbox at the level, or skip the test."""
    try:
        return Sandbox(level=level, zygotes=zygotes)
    except SandboxError as error:
        pytest.skip(str(error))
