"""The table a run prints at its end. Not the report. Law: it shows controls beside the loop and claims nothing."""

from collections.abc import Collection

from rich import box
from rich.console import Console
from rich.table import Table

from flows.report.evidence import MEASURES, Estimate, Evidence, Measure, load_evidence
from flows.run import Run
from pipeline.choice.mixture import Cell


def print_summary(run: Run, console: Console) -> None:
    """Print holes and macro before and after, per arm and measure, with what each arm spent."""
    evidence = load_evidence(run.root, run.run_id)
    names = ("arm", "measure", "holes", "gain [95%]", "all cells", "spent")
    table = Table(*names, box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for arm in evidence.arms:
        last = evidence.last_round(arm)
        for measure in MEASURES:
            first = measure == MEASURES[0]
            table.add_row(
                arm if first else "",
                measure,
                _move(evidence, arm, measure, evidence.holes),
                _signed(evidence.gain(arm, measure, evidence.holes)),
                _move(evidence, arm, measure, None),
                f"{evidence.spent_s(arm, last):.0f} s" if first else "",
            )
    console.print(table)
    for arm in evidence.arms:
        if (found := evidence.found_holes(arm, 1)) is not None:
            called, right, total = found
            console.print(
                f"{arm}: the first diagnosis called {called} cells weak, {right} of the {total} holes among them"
            )
    console.print("gains in points, paired by problem, intervals over problems of this seed")
    console.print(f"one seed ({run.config.seed}): no claim; benchmarks/loop.py measures over seeds")


def _move(evidence: Evidence, arm: str, measure: Measure, cells: Collection[Cell] | None) -> str:
    before = evidence.level(arm, 0, measure, cells)
    after = evidence.level(arm, evidence.last_round(arm), measure, cells)
    return "-" if before is None or after is None else f"{100 * before.mean:.1f} -> {100 * after.mean:.1f}%"


def _signed(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{100 * estimate.mean:+.1f} [{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]"
