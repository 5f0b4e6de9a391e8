"""A program: import each named module in a process of its own and report, as JSON lines, what it did.

    python import_alone.py ROOT MODULE...

The parent loads third-party libraries once and forks, so that a child is fresh as to our modules and cheap.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import sysconfig
import tempfile
import traceback
from pathlib import Path

PRELOADED = ("numpy", "pyarrow", "pydantic", "typer", "yaml", "torch", "transformers")
DEADLINE_S = 60
WATCHED = ("open", "socket.connect", "subprocess.Popen", "os.system")


def main(root: str, modules: list[str]) -> None:
    """Import each module in a forked child and print one line about each."""
    sys.path.insert(0, root)
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for module in modules:
        print(json.dumps({"module": module, **observe(module, root)}), flush=True)


def observe(module: str, root: str) -> dict[str, object]:
    """Return what importing a module in a forked child printed, touched and raised."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as report:
        if (child := os.fork()) == 0:
            _child(module, root, output.fileno(), report.fileno())
        _, status = os.waitpid(child, 0)
        output.seek(0)
        report.seek(0)
        lines = report.read().decode().splitlines()
        return {
            "printed": output.read().decode(errors="replace"),
            "touched": [line for line in lines if not line.startswith("!")],
            "error": json.loads(lines[-1][1:]) if lines and lines[-1].startswith("!") else "",
            "status": status,
        }


def _child(module: str, root: str, output: int, report: int) -> None:
    signal.alarm(DEADLINE_S)
    os.dup2(output, 1)
    os.dup2(output, 2)
    allowed = tuple(
        str(Path(place).resolve())
        for place in {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev", "/etc"}
    )

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event not in WATCHED:
            return
        target = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
        if event == "open":
            place = str(Path(target).resolve()) if target else ""
            ours = place.startswith(root) and place.endswith((".py", ".pyc"))
            # pydantic looks for plug-ins among the entry points, and an editable install stands among them
            metadata = ".egg-info" in place or "__editable__" in place
            if not target or ours or metadata or "__pycache__" in place or place.startswith(allowed):
                return
        os.write(report, f"{event} {target}\n".encode())

    sys.addaudithook(watch)
    try:
        importlib.import_module(module)
    except BaseException:
        os.write(report, ("!" + json.dumps(traceback.format_exc(limit=-4)) + "\n").encode())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
