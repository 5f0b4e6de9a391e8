"""The table a run prints at its end. Not the report. Law: it shows controls beside the loop and claims nothing."""

from rich.console import Console
from rich.table import Table

from flows.evidence import MEASURES, Estimate, load_evidence
from flows.stages import Run


def print_summary(run: Run, console: Console) -> None:
    """Print holes and macro before and after, per arm and measure, with what each arm spent."""
    evidence = load_evidence(run.root, run.run_id)
    holes, everything = evidence.holes, None
    table = Table("arm", "measure", "holes before", "after", "gain [95% over problems]", "all cells", "gain", "spent")
    for arm in evidence.arms:
        last = evidence.last_round(arm)
        for measure in MEASURES:
            row = [arm if measure == "pass@1" else "", measure]
            for cells in (holes, everything):
                before, after = evidence.level(arm, 0, measure, cells), evidence.level(arm, last, measure, cells)
                if cells is holes:
                    row.append(_percent(before))
                row += [_percent(after), _signed(evidence.gain(arm, measure, cells))]
            row.append(f"{evidence.spent_s(arm, last):.0f} s" if measure == "pass@1" else "")
            table.add_row(*row)
    console.print(table)
    for arm in evidence.arms:
        if (found := evidence.found_holes(arm, 1)) is not None:
            called, right, total = found
            console.print(
                f"{arm}: the first diagnosis called {called} cells weak, {right} of the {total} holes among them"
            )
    console.print(f"one seed ({run.config.seed}): no claim; benchmarks/loop.py measures over seeds")


def _percent(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{100 * estimate.mean:.1f}%"


def _signed(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{100 * estimate.mean:+.1f} [{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]"
