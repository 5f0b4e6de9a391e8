"""Nothing happens at import: each module imports alone, printing nothing, reading nothing, needing no order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PACKAGES, ROOT, sources

HEAVY = ("torch", "transformers", "vllm", "prefect", "sympy", "ortools", "dask", "trl")
LIGHT = ("pipeline", "generators", "filters")
LIGHT_MODULES = ("flows.config", "flows.commands.cli", "trainer")


def import_faults(root: Path, modules: list[str]) -> list[str]:
    """Import each module below root in its own process; name whatever it printed, touched or raised."""
    script = Path(__file__).with_name("import_alone.py")
    done = subprocess.run(
        [sys.executable, str(script), str(root), *modules],
        capture_output=True, text=True, timeout=240, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["module"] for report in reports] == modules, done.stderr
    faults = []
    for report in reports:
        if report["error"] or report["status"]:
            faults.append(f"{report['module']} does not import alone: {report['error'] or report['status']}")
        if report["printed"]:
            faults.append(f"{report['module']} prints at import: {report['printed'][:200]!r}")
        faults += [f"{report['module']} does at import: {line}" for line in report["touched"]]
    return faults


def without(heavy: tuple[str, ...], modules: list[str], root: Path) -> str:
    """Import modules in one fresh process where the heavy libraries cannot be imported; return its complaint."""
    program = (
        "import sys, importlib\n"
        f"sys.path.insert(0, {str(root)!r})\n"
        f"sys.modules.update(dict.fromkeys({heavy!r}))\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    return done.stderr[-2000:] if done.returncode else done.stdout + done.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_each_module_imports_alone_and_silently(package):
    faults = import_faults(ROOT, [source.module for source in sources(packages=[package])])
    assert not faults, "\n".join(faults)


def test_configs_validate_where_no_heavy_library_is_installed():
    modules = [source.module for source in sources(packages=LIGHT)]
    existing = {source.module for source in sources()}
    complaint = without(HEAVY, [*modules, *(name for name in LIGHT_MODULES if name in existing)], ROOT)
    assert not complaint, complaint


@pytest.fixture(scope="module")
def broken_faults(tmp_path_factory) -> str:
    root = tmp_path_factory.mktemp("broken")
    (root / "notes.txt").write_text("x")
    examples = {
        "speaks": "print('hello')\n",
        "reads": f"open({str(root / 'notes.txt')!r}).read()\n",
        "calls": "import subprocess\nsubprocess.run(['true'])\n",
        "needs_order": "import sys\nassert 'speaks' in sys.modules\n",
        "dies": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        "fine": "import json\nX = json.dumps(1)\n",
    }
    for name, text in examples.items():
        (root / f"{name}.py").write_text(text)
    return "\n".join(import_faults(root, list(examples)))


@pytest.mark.parametrize(
    "complaint",
    [
        "speaks prints at import: 'hello\\n'",
        "reads does at import: open ",
        "calls does at import: subprocess.Popen",
        "needs_order does not import alone",
        "dies does not import alone: 9",
    ],
)
def test_checker_catches(broken_faults, complaint):
    assert complaint in broken_faults


def test_checker_lets_a_quiet_module_pass(broken_faults):
    assert "fine" not in broken_faults


def test_checker_catches_a_heavy_import(tmp_path):
    (tmp_path / "greedy.py").write_text("import torch\n")
    assert "greedy" in without(HEAVY, ["greedy"], tmp_path)
