"""How well the wiring is held: faults put into it one at a time, and the share of them that the tests notice.

Each fault of `benchmarks/_wiring_faults.py` is a text that stands once in a file and what is put in its place: an
option that is no longer passed on, an arm that starts elsewhere, a schedule that ignores its seed. A copy of the tree
gets one fault and runs the tests of its area, then, where they pass, the whole suite but the tests of this run: these
fail wherever a file of the table has changed. A fault is noticed when a test fails.

    make mutate                                   # all of them, most of an hour on two cores
    python -m benchmarks.mutate --sample 6        # those that the present commit draws: what .ci/run does
    python -m benchmarks.mutate --only seed       # those whose name or file holds a text
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks._wiring_faults import Fault
from benchmarks._wiring_faults_later import FAULTS
from pipeline.choice.difficulty import exact_interval
from pipeline.seeds import uniform

ROOT = Path(__file__).parents[1]
LEAST_SHARE = 0.95
TIMEOUT_S = 3600
FAILED = ("FAILED", "ERROR")
SUITE = ("tests", "--ignore=tests/benchmarks/test_mutate.py")


class Outcome(NamedTuple):
    """What became of one fault: the first test that failed, "" where none did or only one that fails without it too."""

    fault: Fault
    noticed_by: str
    seconds: float
    failing: str = ""


def main() -> None:
    """Put the faults in, print who noticed each and the share; exit 1 below 95%."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0, help="so many, drawn by the present commit; 0: all")
    parser.add_argument("--only", default="", help="those whose name or file holds this text")
    parser.add_argument("--jobs", type=int, default=2, help="copies of the tree at work")
    options = parser.parse_args()
    faults = [fault for fault in FAULTS if options.only in f"{fault.path} {fault.name}"]
    if not faults:
        parser.error(f"no fault has {options.only!r} in its name or file: leave --only away for all {len(FAULTS)}")
    if options.sample:
        commit = _git("rev-parse", "HEAD").strip()
        faults = sorted(faults, key=lambda fault: uniform("mutate", commit, fault.name))[: options.sample]
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        places = [Path(folder) / str(k) for k in range(options.jobs)]
        for place in places:
            copy_tree(place)
        free = list(places)
        outcomes = list(pool.map(lambda fault: _in_a_free_place(fault, free, console), faults))
    show(outcomes, console)
    missed = [outcome for outcome in outcomes if not outcome.noticed_by]
    sys.exit(1 if len(missed) > (1 - LEAST_SHARE) * len(outcomes) else 0)


def _in_a_free_place(fault: Fault, free: list[Path], console: Console) -> Outcome:
    place = free.pop()
    try:
        outcome = put(fault, place)
    finally:
        free.append(place)
    why = f": {outcome.failing} fails without it too" if outcome.failing else ""
    told = outcome.noticed_by or f"NOT NOTICED{why}"
    console.print(f"{outcome.seconds:6.1f} s  {fault.name}: {told}", highlight=False, markup=False)
    return outcome


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def copy_tree(place: Path) -> None:
    """Copy the files that git knows, as they are in the working tree."""
    for name in _git("ls-files", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)


def put(fault: Fault, place: Path) -> Outcome:
    """Put a fault into a copy of the tree, run the tests, and take it out again.

    A test beyond the fault's own that fails without it too has noticed nothing.
    """
    path = place / fault.path
    whole = path.read_text(encoding="utf-8")
    started = time.monotonic()
    path.write_text(fault.applied(whole), encoding="utf-8")
    try:
        named = [test for test in fault.tests if "::" in test]
        near = (_first_failure(place, named) if named else "") or _first_failure(place, fault.tests)
        far = "" if near else _first_failure(place, SUITE)
    finally:
        path.write_text(whole, encoding="utf-8")
    test = far.partition(" ")[2] if far.startswith(FAILED) else ""
    failing = test if test and _first_failure(place, (test,)) else ""
    return Outcome(fault, near or ("" if failing else far), time.monotonic() - started, failing)


def _first_failure(place: Path, tests: Sequence[str]) -> str:
    """Return the first test that fails, "" where all pass."""
    command = [sys.executable, "-m", "pytest", *tests, "-x", "-q", "--no-header", "-p", "no:cacheprovider", "-n", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(place)}
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT_S} s"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stdout.splitlines() if line.startswith(FAILED)]
    return lines[0].split(" - ")[0] if lines else f"pytest ended with {done.returncode}: {done.stdout[-300:]}"


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print the faults that nobody noticed and the share of those that somebody did."""
    table = Table("fault", "file")
    for outcome in outcomes:
        if not outcome.noticed_by:
            table.add_row(outcome.fault.name, outcome.fault.path)
    if table.row_count:
        console.print(table)
    n, noticed = len(outcomes), sum(bool(outcome.noticed_by) for outcome in outcomes)
    low, high = exact_interval(n, noticed)
    console.print(f"noticed {noticed} of {n} faults: {noticed / n:.1%} [{low:.1%}, {high:.1%}]", highlight=False)


if __name__ == "__main__":
    main()
