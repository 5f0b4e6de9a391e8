"""The evidence on the loop: seven arms from one cold start, over seeds that redraw policy, holes and problems.

Primary endpoint, set beforehand: charged seconds (diagnosis included) until the mean pass@1 of the holes in traceable
families reaches TARGET on test at temperature 1, interpolated between rounds; an arm that never arrives is charged its
whole spending and marked. Charged seconds are tokens at fixed prices, which `benchmarks/prices.py` measures as
CPU-seconds of one core: a prompt that two arms share is charged to both, and a busy machine charges nobody more. The
CPU-seconds really taken, generation included, stand beside. Guard: macro pass@1 not more than a point below the cold
start.

    python -m benchmarks.loop --seeds 6            # about 25 minutes on two cores; writes docs/results_loop.json
    python -m benchmarks.loop --show docs/results_loop.json
"""

import argparse
import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from flows.config import RunConfig, load_config
from flows.loop.loop import traceable
from flows.orchestration.whole import train_all
from flows.report.evidence import Evidence, load_evidence
from flows.run import Run
from pipeline.choice.mixture import Cell
from pipeline.seeds import array_rng
from pipeline.store.files import write_atomic
from pipeline.workers.shards import map_shards

TARGET = 0.80
GUARD = 0.01
PAIRS = (
    ("weakness_grpo", "uniform_grpo"),
    ("chosen", "uniform_grpo"),
    ("chosen", "uniform_sft"),
    ("weakness_sft", "uniform_sft"),
    ("placebo", "uniform_grpo"),
)
"""Arms whose costs are compared: the first is said to be so many times cheaper than the second."""


@dataclass(frozen=True)
class SeedRun:
    """One seed's whole experiment; picklable."""

    config: RunConfig


def run_seed(spec: SeedRun) -> dict[str, Any]:
    """Run every arm of one seed in this process and return its curves."""
    from trainer.policy import single_thread

    single_thread()
    run = Run(spec.config)
    train_all(run)
    return curves(load_evidence(run.root, run.run_id), spec.config.seed)


def curves(evidence: Evidence, seed: int) -> dict[str, Any]:
    """Return per arm the charged CPU-seconds and pass rates after every round; round 0 is the cold start."""
    groups: dict[str, list[Cell] | None] = {
        "trace": [cell for cell in evidence.holes if traceable(cell)],
        "search": [cell for cell in evidence.holes if not traceable(cell)],
        "macro": None,
    }
    arms: dict[str, Any] = {}
    for arm in evidence.arms:
        points = []
        for number in range(evidence.last_round(arm) + 1):
            rates = evidence.cell_rates(arm, number, "pass@1")
            point: dict[str, float] = {
                "cpu_s": evidence.measured_s(arm, number),
                "priced_s": evidence.spent_s(arm, number),
            }
            for name, cells in groups.items():
                chosen = [rates[cell] for cell in (rates if cells is None else cells)]
                point[name] = mean(chosen) if chosen else math.nan
            points.append(point)
        arms[arm] = {"points": points, "found": [evidence.found_holes(arm, n + 1) for n in range(len(points) - 1)]}
    return {"seed": seed, "holes": [str(cell) for cell in sorted(evidence.holes)], "arms": arms}


def cost_to(points: list[dict[str, float]], target: float) -> tuple[float, bool]:
    """Return (charged seconds until the trace holes reach the target, whether they did)."""
    for before, after in pairwise(points):
        if before["trace"] >= target:
            return before["priced_s"], True
        if after["trace"] >= target:
            share = (target - before["trace"]) / (after["trace"] - before["trace"])
            return before["priced_s"] + share * (after["priced_s"] - before["priced_s"]), True
    return points[-1]["priced_s"], False


def at(points: list[dict[str, float]], spent_s: float, name: str) -> float:
    """Return a rate at a spending, linear between rounds."""
    return float(np.interp(spent_s, [p["priced_s"] for p in points], [p[name] for p in points]))


def area(points: list[dict[str, float]], spent_s: float, name: str) -> float:
    """Return the mean of a rate from 0 to a spending."""
    grid = np.linspace(0.0, spent_s, 101)
    return float(np.mean([at(points, x, name) for x in grid]))


def over_seeds(values: list[float]) -> str:
    """Return mean and 95% interval over seeds (Student's t), in the values' unit."""
    finite = np.array([v for v in values if math.isfinite(v)])
    if len(finite) < 2:
        return f"{finite.mean():.2f}" if len(finite) else "-"
    from statistics import stdev

    quantile = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}.get(len(finite), 2.0)
    half = quantile * stdev(finite.tolist()) / math.sqrt(len(finite))
    return f"{finite.mean():.2f} [{finite.mean() - half:.2f}, {finite.mean() + half:.2f}]"


def ratio(seeds: list[dict[str, Any]], arm: str, other: str) -> str:
    """Return how many times cheaper `arm` is than `other` to the target: geometric mean over seeds, bootstrap 95%."""
    logs = [
        math.log(
            cost_to(s["arms"][other]["points"], TARGET)[0] / max(0.1, cost_to(s["arms"][arm]["points"], TARGET)[0])
        )
        for s in seeds
    ]
    draws = array_rng("ratio", arm, other).choice(np.array(logs), size=(4000, len(logs))).mean(axis=1)
    low, high = np.exp(np.quantile(draws, [0.025, 0.975]))
    return f"{math.exp(mean(logs)):.2f} [{low:.2f}, {high:.2f}]"


def show(seeds: list[dict[str, Any]], console: Console) -> None:
    """Print the table of arms and the ratios the experiment is about."""
    names = list(seeds[0]["arms"])
    common = min(s["arms"][n]["points"][-1]["priced_s"] for s in seeds for n in names)
    table = Table(
        "arm", f"charged s to {TARGET:.0%}", "arrived", "trace holes", "search holes", "all cells", "area under holes",
        "CPU-s taken",
        title=f"{len(seeds)} seeds; rates at {common:.0f} charged s, mean [95% over seeds]",
    )  # fmt: skip
    for name in names:
        curves_ = [s["arms"][name]["points"] for s in seeds]
        costs = [cost_to(points, TARGET) for points in curves_]
        table.add_row(
            name, over_seeds([c for c, _ in costs]), f"{sum(arrived for _, arrived in costs)}/{len(costs)}",
            *(over_seeds([100 * at(p, common, key) for p in curves_]) for key in ("trace", "search", "macro")),
            over_seeds([100 * area(points, common, "trace") for points in curves_]),
            over_seeds([points[-1]["cpu_s"] for points in curves_]),
        )  # fmt: skip
    console.print(table)
    start = [s["arms"][names[0]]["points"][0] for s in seeds]
    for key in ("trace", "search", "macro"):
        console.print(f"cold start, {key}: {over_seeds([100 * p[key] for p in start])}")
    if "chosen" in names:
        found = [s["arms"]["chosen"]["found"][0] for s in seeds]
        console.print(f"first diagnosis (called weak, holes among them, holes): {found}")
    for arm, other in PAIRS:
        if {arm, other} <= set(names):
            console.print(
                f"{arm} is {ratio(seeds, arm, other)} times cheaper than {other} (never arrived: whole spending)"
            )
    for name in names:
        drop = [
            100 * (at(s["arms"][name]["points"], common, "macro") - p["macro"])
            for s, p in zip(seeds, start, strict=True)
        ]
        console.print(f"{name}: macro against the cold start {over_seeds(drop)} points (guard -{100 * GUARD:.0f})")


def main() -> None:
    """Run or read the experiment and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--config", type=Path, default=Path("flows/configs/loop_bench.yaml"))
    parser.add_argument("--out", type=Path, default=Path("docs/results_loop.json"))
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--show", type=Path, help="print the tables of an earlier run")
    options = parser.parse_args()
    console = Console(width=170)
    if options.show:
        show(json.loads(options.show.read_text(encoding="utf-8"))["seeds"], console)
        return
    base = load_config(options.config, options.overrides)
    specs = [
        SeedRun(base.model_copy(update={"seed": s, "data_dir": base.data_dir / f"seed-{s}"}))
        for s in range(options.first, options.first + options.seeds)
    ]
    seeds = []
    for found in map_shards(run_seed, specs, workers=options.workers):
        seeds.append(found)
        console.print(f"seed {found['seed']} done: holes {found['holes']}")
        write_atomic(options.out, json.dumps({"config": base.identity(), "seeds": seeds}, indent=1).encode())
    show(seeds, console)


if __name__ == "__main__":
    main()
