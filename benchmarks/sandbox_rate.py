"""Programs a second in the sandbox at every level this machine permits, and the self-test's table.

Four kinds of small programs, as answers to coding tasks are: one that reads numbers and prints a sum, one whose
function is called, one that sorts and counts, one that raises. Every output is checked. Two zygotes, one for each core.

    python -m benchmarks.sandbox_rate --programs 1500 --turns 3          # writes build/sandbox_rate.json
"""

import argparse
import dataclasses
import statistics
import time
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from benchmarks import _golds as cases
from generators.sandbox.process import SandboxError
from generators.sandbox.sandbox import Execution, Job, Level, Sandbox
from generators.sandbox.selftest import self_test

GOAL = 300.0
SUM = "print(sum(map(int, input().split())))\n"
FIBONACCI = """
def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
"""
WORDS = """
import sys
from collections import Counter
for word, count in sorted(Counter(sys.stdin.read().split()).items()):
    print(word, count)
"""
RAISES = "numbers = []\nprint(numbers[3])\n"


def job(number: int) -> tuple[Job, tuple[str, str, Any]]:
    """Return program `number` of the stream and what it does: status, output, value."""
    kind = number % 4
    if kind == 0:
        return Job(SUM, stdin=f"{number} 5 6"), ("ok", f"{number + 11}\n", None)
    if kind == 1:
        return Job(FIBONACCI, call="fibonacci", args=(number % 90,)), ("ok", "", _fibonacci(number % 90))
    if kind == 2:
        return Job(WORDS, stdin=f"b a b w{number}"), ("ok", f"a 1\nb 2\nw{number} 1\n", None)
    return Job(RAISES), ("raised", "", None)


def _fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def did(execution: Execution) -> tuple[str, str, Any]:
    """Return what is compared of an execution."""
    return execution.status, execution.stdout, execution.value


def rate(sandbox: Sandbox, programs: int, turn: int) -> dict[str, Any]:
    """Run a stream of programs; return programs a second and how many did something else than they should."""
    asked = [job(turn * programs + number) for number in range(programs)]
    started = time.perf_counter()
    done = list(sandbox.run_all([one for one, _ in asked]))
    wall = time.perf_counter() - started
    other = [(did(execution), wanted) for execution, (_, wanted) in zip(done, asked, strict=True)]
    return {"per_s": programs / wall, "other": sum(found != wanted for found, wanted in other)}


def measure(level: Level, *, programs: int, turns: int, zygotes: int, attacks: bool) -> dict[str, Any]:
    """Return rates and self-test of one level, or why it cannot be had."""
    try:
        with Sandbox(zygotes=zygotes, level=level) as sandbox:
            rate(sandbox, 20, turns)
            found = [rate(sandbox, programs, turn) for turn in range(turns)]
            tried = [dataclasses.asdict(attack) for attack in self_test(sandbox)] if attacks else []
    except SandboxError as error:
        return {"absent": str(error)}
    return {"turns": found, "self_test": tried}


def show(found: dict[str, Any], console: Console) -> None:
    """Print the table of attacks, rates, and last the ratio to the goal."""
    levels = {level: part for level, part in found["levels"].items() if "turns" in part}
    names = [attack["name"] for part in levels.values() for attack in part["self_test"]]
    if names:
        table = Table("attack", *levels)
        for name in dict.fromkeys(names):
            by_level = [{a["name"]: a for a in part["self_test"]}.get(name) for part in levels.values()]
            table.add_row(
                name, *("-" if a is None else "contained" if a["contained"] else a["found"] for a in by_level)
            )
        console.print(table)
    for level, part in found["levels"].items():
        if "absent" in part:
            console.print(f"{level}: not here ({part['absent']})")
            continue
        rates = [turn["per_s"] for turn in part["turns"]]
        other = sum(turn["other"] for turn in part["turns"])
        contained = sum(attack["contained"] for attack in part["self_test"])
        console.print(
            f"{level}: {statistics.median(rates):,.0f} programs a second (least {min(rates):,.0f}), "
            f"{statistics.median(rates) / GOAL:.2f} times the goal of {GOAL:.0f}; {other} did something else than they "
            f"should; {contained} of {len(part['self_test'])} attacks contained"
        )


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/sandbox_rate.json"))
    parser.add_argument("--programs", type=int, default=1500)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--zygotes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="few programs and no attacks, for a smoke test")
    given = parser.parse_args()
    programs, turns = (40, 1) if given.quick else (given.programs, given.turns)
    levels: list[Level] = [level for level in get_args(Level) if level != "off"]
    measured = {
        level: measure(level, programs=programs, turns=turns, zygotes=given.zygotes, attacks=not given.quick)
        for level in levels
    }
    found = {"zygotes": given.zygotes, "programs": programs, "levels": measured}
    cases.write_result(given.out, found)
    show(found, Console(width=150))


if __name__ == "__main__":
    main()
