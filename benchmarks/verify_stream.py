"""A million verdicts a minute through the killable pool on two cores, and what hostile replies cost it.

Integer and sequence answers, half of them right, one short reply each. The same stream is judged twice in a turn: as
it is, and with one reply in a hundred replaced by a hostile one (towers of powers, a megabyte of digits or letters, a
hundred thousand brackets, texts that make regular expressions run for ever, huge integers, deep fractions). Latency is
the time of one verdict from the start of its own work, inside a worker, measured in a pool of its own. Processes, open
files and memory are counted before, after, and when the pool is closed.

    python -m benchmarks.verify_stream --rows 200000 --turns 3          # writes build/verify_stream.json
"""

import argparse
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import _golds as cases
from generators.judge_pool import GradeJob, PooledGrader
from pipeline.errors import FamilyError
from pipeline.seeds import rng
from pipeline.workers.pool import Failure, Pool

PER_MINUTE = 1_000_000
P99_MS = 10.0
MOST_LOSS = 0.20
TIMEOUT_S, MEMORY_MB = 5.0, 1024
TIMED_ROWS = 50_000
HOSTILE_EVERY = 100
MEGABYTE = 1_000_000
SEQUENCE = 6

HOSTILE = {
    "tower of powers": r"The answer is \boxed{2^{2^{2^{49}}}}.",
    "plain tower": r"\boxed{9**9**9**9}",
    "megabyte of digits": r"\boxed{" + "7" * MEGABYTE + "}",
    "megabyte of letters": "a" * MEGABYTE,
    "megabyte of boxes": r"\boxed{1}" * (MEGABYTE // 9),
    "brackets": "(" * 100_000 + "1" + ")" * 100_000,
    "boxed brackets": r"\boxed{" + "[" * 100_000 + "]" * 100_000 + "}",
    "open boxes": r"\boxed{" * 20_000,
    "deep fractions": r"\boxed{" + r"\frac{1}{" * 3_000 + "2" + "}" * 3_000 + "}",
    "spaces": r"\boxed{1" + " " * 50_000 + "x}",
    "commas": r"\boxed{" + "1," * 50_000 + "}",
    "half tags": "<answer>" * 20_000,
    "nested quantifiers": r"\boxed{" + "a" * 30_000 + "!}",
    "huge integer": r"\boxed{10^{10^{10}}}",
    "huge factorial": r"\boxed{(10^9)!}",
    "huge root": r"\boxed{\sqrt[99999999]{" + "9" * 4_000 + "}}",
}
"""Replies that hang, exhaust or crash graders."""


def stream(rows: int, turn: int, *, hostile: bool) -> Iterator[cases.Pair]:
    """Yield (gold, reply) pairs; the hostile ones stand at the same places in every stream."""
    source = rng("stream", turn)
    kinds = list(HOSTILE.values())
    for number in range(rows):
        if number % 2:
            gold = str(source.randint(-(10**6), 10**6))
        else:
            gold = str([source.randint(0, 99) for _ in range(SEQUENCE)])
        said = gold if source.random() < 0.5 else gold.replace("1", "2").replace("3", "4")
        if hostile and number % HOSTILE_EVERY == HOSTILE_EVERY - 1:
            yield gold, kinds[number // HOSTILE_EVERY % len(kinds)]
        else:
            yield gold, f"Adding them up step by step gives the answer.\n\\boxed{{{said}}}"


def run(grader: PooledGrader, rows: int, turn: int, *, hostile: bool) -> dict[str, Any]:
    """Judge a stream; return verdicts a minute and what the verdicts were."""
    jobs = [GradeJob(gold, reply) for gold, reply in stream(rows, turn, hostile=hostile)]
    outcomes: Counter[str] = Counter()
    started, cpu = time.perf_counter(), cpu_s()
    for verdict in grader.grade(jobs):
        outcomes["data_error" if isinstance(verdict, FamilyError) else verdict.outcome.value] += 1
    wall, cpu = time.perf_counter() - started, max(cpu_s() - cpu, 1 / os.sysconf("SC_CLK_TCK"))
    found = {"per_minute": 60 * rows / wall, "cpu_us": 1e6 * cpu / rows, "answered": outcomes.total() == rows}
    return {**found, "outcomes": dict(sorted(outcomes.items()))}


def latencies(rows: int, *, hostile: bool, workers: int) -> dict[str, float]:
    """Return quantiles of the milliseconds a verdict takes from the start of its own work."""
    with Pool(cases.timed, workers=workers, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB) as pool:
        results = list(pool.map(list(stream(rows, -2, hostile=hostile))))
    times = [1000 * (TIMEOUT_S if isinstance(result, Failure) else result[1]) for result in results]
    cuts = statistics.quantiles(times, n=1000)
    return {"p50_ms": cuts[499], "p99_ms": cuts[989], "p999_ms": cuts[998], "max_ms": max(times)}


def resources() -> dict[str, float]:
    """Return processes, open files and resident MiB of this process and all below it."""
    family = [_stat(pid) for pid in _family()]
    mib = sum(int(fields[21]) for fields in family if fields) * os.sysconf("SC_PAGESIZE") / 2**20
    return {"processes": len(family), "open_files": sum(1 for _ in Path("/proc/self/fd").iterdir()), "rss_mib": mib}


def cpu_s() -> float:
    """Return the CPU-seconds of this process and all below it that live."""
    ticks = sum(int(fields[11]) + int(fields[12]) for pid in _family() if (fields := _stat(pid)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _family() -> set[int]:
    """Return this process and all below it."""
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    parents = {pid: int(fields[1]) for pid in pids if (fields := _stat(pid))}
    family, below = {os.getpid()}, {os.getpid()}
    while below:
        below = {pid for pid, parent in parents.items() if parent in family} - family
        family |= below
    return family


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process after its name: state, parent, ...; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def by_kind() -> dict[str, dict[str, Any]]:
    """Judge every hostile reply alone; return its outcome and milliseconds."""
    with Pool(cases.timed, workers=1, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB) as pool:
        results = list(pool.map([("12", "12"), *(("12", reply) for reply in HOSTILE.values())]))[1:]
    return {
        kind: {"outcome": f"failed: {r.kind}"} if isinstance(r, Failure) else {"outcome": r[0], "ms": 1000 * r[1]}
        for kind, r in zip(HOSTILE, results, strict=True)
    }


def measure(rows: int, *, turns: int, workers: int) -> dict[str, Any]:
    """Judge both streams in turn in one pool that lives through all of them."""
    found: dict[str, Any] = {"rows": rows, "workers": workers, "turns": [], "resources": {"before": resources()}}
    with PooledGrader(workers=workers, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB) as grader:
        run(grader, 2000, -1, hostile=False)
        found["resources"]["warm"] = resources()
        for turn in range(turns):
            order = (False, True) if turn % 2 == 0 else (True, False)
            pair = {hostile: run(grader, rows, turn, hostile=hostile) for hostile in order}
            found["turns"].append({"clean": pair[False], "hostile": pair[True],
                                   "share_kept": pair[True]["per_minute"] / pair[False]["per_minute"],
                                   "cpu_share_kept": pair[False]["cpu_us"] / pair[True]["cpu_us"]})  # fmt: skip
        found["resources"]["after"] = resources()
    time.sleep(0.2)  # the kernel takes back what has ended
    found["resources"]["closed"] = resources()
    timed = min(rows, TIMED_ROWS)
    found["latency"] = {
        name: latencies(timed, hostile=hostile, workers=workers)
        for name, hostile in (("clean", False), ("hostile", True))
    }
    return {**found, "hostile": by_kind()}


def show(found: dict[str, Any], console: Console) -> None:
    """Print both streams, what hostile replies became, resources, and the ratio."""
    turns = found["turns"]
    table = Table(
        "stream", "verdicts a minute", "CPU µs each", "p50 ms", "p99 ms", "p99.9 ms", "longest ms", "outcomes of a turn"
    )
    for name in ("clean", "hostile"):
        rate, cpu = (statistics.median(turn[name][key] for turn in turns) for key in ("per_minute", "cpu_us"))
        times = found["latency"][name]
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in turns[0][name]["outcomes"].items())
        table.add_row(name, f"{rate:,.0f}", f"{cpu:.0f}", *(f"{value:.2f}" for value in times.values()), outcomes)
    console.print(table)
    table = Table("hostile reply", "outcome", "ms")
    for kind, row in found["hostile"].items():
        table.add_row(kind, row["outcome"], f"{row['ms']:.2f}" if "ms" in row else f"over {1000 * TIMEOUT_S:.0f}")
    console.print(table)
    table = Table("resources", "processes", "open files", "resident MiB")
    for when, row in found["resources"].items():
        table.add_row(when, f"{row['processes']:.0f}", f"{row['open_files']:.0f}", f"{row['rss_mib']:.0f}")
    console.print(table)
    rate = statistics.median(turn["clean"]["per_minute"] for turn in turns)
    kept, cpu_kept = ([turn[key] for turn in turns] for key in ("share_kept", "cpu_share_kept"))
    answered = all(turn[name]["answered"] for turn in turns for name in ("clean", "hostile"))
    console.print(
        f"verdicts a minute over the goal of {PER_MINUTE:,}: {rate / PER_MINUTE:.2f} ({found['workers']} workers); "
        f"every pair answered: {answered}\nthroughput with 1% hostile over clean: median "
        f"{statistics.median(kept):.2f}, least {min(kept):.2f}, by CPU-seconds {statistics.median(cpu_kept):.2f} "
        f"(goal above {1 - MOST_LOSS:.2f}); p99 {found['latency']['clean']['p99_ms']:.2f} and, hostile, "
        f"{found['latency']['hostile']['p99_ms']:.2f} ms (goal under {P99_MS:.0f})"
    )


def main() -> None:
    """Judge, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/verify_stream.json"))
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="few rows, for a smoke test")
    given = parser.parse_args()
    rows, turns = (4000, 1) if given.quick else (given.rows, given.turns)
    found = measure(rows, turns=turns, workers=given.workers)
    cases.write_result(given.out, found)
    show(found, Console(width=170))


if __name__ == "__main__":
    main()
