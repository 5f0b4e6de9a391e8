"""Right and wrong verdicts of our grader and of math-verify 0.9 on the same pairs, in one run.

Rows marked sure: false accepts of what does not match, accepted shares of what does, with Clopper-Pearson 95%
intervals. Rows marked convention: verdicts by kind, nothing claimed. Gold against itself: every answer of the benchmark
files, boxed, against itself. math-verify is judged three ways (golds bare or in dollar signs, replies that are nothing
but LaTeX in dollar signs too) and by accepting what any of them accepts; it is compared at its best. Every call of
either side runs in a killable process.

    VERILOOP_CASES=... python -m benchmarks.verify_accuracy          # writes build/verify_accuracy.json
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import _golds as cases
from pipeline.choice.difficulty import exact_interval
from pipeline.workers.pool import Failure, Pool

SETTINGS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "texts as they are": (str, str),
    "golds in dollars": (cases.in_dollars, str),
    "golds and bare replies in dollars": (cases.in_dollars, cases.bare_in_dollars),
}
"""How math-verify is given (gold, reply)."""
TIMEOUT_S = 20.0


def verdicts(function: Callable[[cases.Pair], str], pairs: Sequence[cases.Pair]) -> list[str]:
    """Return one outcome per pair; what hangs or fails is named so and accepts nothing."""
    with Pool(function, workers=2, timeout_s=TIMEOUT_S, batch=8) as pool:
        return [f"failed: {r.kind}" if isinstance(r, Failure) else r for r in pool.map(pairs)]


def sides(pairs: Sequence[cases.Pair]) -> dict[str, list[str]]:
    """Return the outcomes of ours and of math-verify in each setting."""
    found = {"ours": verdicts(cases.ours, pairs)}
    for name, (of_gold, of_reply) in SETTINGS.items():
        given = [(of_gold(gold), of_reply(reply)) for gold, reply in pairs]
        found[f"math-verify, {name}"] = verdicts(cases.theirs, given)
    tries = zip(*(found[f"math-verify, {name}"] for name in SETTINGS), strict=True)
    found["math-verify, accepted in any of these"] = ["correct" if "correct" in row else row[0] for row in tries]
    return found


def sure(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Count false accepts and accepted matches of every side over the rows marked sure."""
    chosen = [row for row in rows if row["confidence"] == "sure"]
    found = {}
    for name, outcomes in sides([(row["gold"], row["pred"]) for row in chosen]).items():
        judged = list(zip(chosen, outcomes, strict=True))
        wrong = [row["id"] for row, outcome in judged if outcome == "correct" and not row["match"]]
        missed = [row["id"] for row, outcome in judged if outcome != "correct" and row["match"]]
        found[name] = {
            "matches": sum(row["match"] for row in chosen),
            "others": sum(not row["match"] for row in chosen),
            "false_accepts": wrong,
            "missed": missed,
            "failed": sum(outcome.startswith("failed") for outcome in outcomes),
        }
    return found


def convention(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return by kind how many rows there are and how many verdicts of each side agree with the source."""
    chosen = [row for row in rows if row["confidence"] == "convention"]
    found: dict[str, dict[str, int]] = {}
    for name, outcomes in sides([(row["gold"], row["pred"]) for row in chosen]).items():
        agree = Counter(
            row["kind"] for row, out in zip(chosen, outcomes, strict=True) if (out == "correct") == row["match"]
        )
        for kind, rows_of_kind in Counter(row["kind"] for row in chosen).items():
            entry = found.setdefault(kind, {"rows": rows_of_kind})
            entry[name] = agree[kind]
    return dict(sorted(found.items(), key=lambda item: (-item[1]["rows"], item[0])))


def against_itself(limit: int | None) -> dict[str, Any]:
    """Judge every gold of every benchmark file, boxed, against itself."""
    found: dict[str, Any] = {}
    for name in cases.FILES:
        texts = cases.golds(name)[:limit]
        for side, outcomes in sides([(gold, rf"The answer is $\boxed{{{gold}}}$.") for gold in texts]).items():
            missed = [gold for gold, outcome in zip(texts, outcomes, strict=True) if outcome != "correct"]
            found.setdefault(name, {"golds": len(texts)})[side] = {"right": len(texts) - len(missed), "missed": missed}
    return found


def best(found: dict[str, Any]) -> str:
    """Return the setting in which math-verify errs least."""
    rivals = [name for name in found if name != "ours"]
    return min(rivals, key=lambda name: len(found[name]["false_accepts"]) + len(found[name]["missed"]))


def rate(count: int, of: int) -> str:
    """Return a rate with its interval, in percent."""
    low, high = exact_interval(of, count)
    return f"{count}/{of} = {100 * count / of:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"


def show(found: dict[str, Any], console: Console) -> None:
    """Print the tables, and last the errors of both sides."""
    table = Table("rows marked sure", "false accepts", "matches accepted", "hung or failed")
    for name, row in found["sure"].items():
        accepted = row["matches"] - len(row["missed"])
        table.add_row(
            name, rate(len(row["false_accepts"]), row["others"]), rate(accepted, row["matches"]), str(row["failed"])
        )
    console.print(table)
    rival = best(found["sure"])
    table = Table("rows marked convention, by kind", "rows", "ours agrees", "theirs agrees")
    for kind, row in found["convention"].items():
        table.add_row(kind, str(row["rows"]), str(row["ours"]), str(row[rival]))
    totals = [sum(row[key] for row in found["convention"].values()) for key in ("rows", "ours", rival)]
    table.add_row("all", *map(str, totals))
    console.print(table)
    table = Table("gold against itself", "golds", "ours", "theirs")
    for name, row in found["itself"].items():
        table.add_row(name, str(row["golds"]), str(row["ours"]["right"]), str(row[rival]["right"]))
    console.print(table)
    mine, theirs = found["sure"]["ours"], found["sure"][rival]
    console.print(f"math-verify at its best: {rival}")
    console.print(f"false accepts, ours / theirs: {len(mine['false_accepts'])} / {len(theirs['false_accepts'])}")
    console.print(f"matches missed, ours / theirs: {len(mine['missed'])} / {len(theirs['missed'])}")


def main() -> None:
    """Judge, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/verify_accuracy.json"))
    parser.add_argument("--quick", action="store_true", help="a few rows of everything, for a smoke test")
    given = parser.parse_args()
    rows = cases.jsonl(cases.folder() / "answer_equivalence_dev.jsonl")
    if given.quick:
        rows = rows[:40]
    found = {"sure": sure(rows), "convention": convention(rows), "itself": against_itself(5 if given.quick else None)}
    cases.write_result(given.out, found)
    show(found, Console(width=150))


if __name__ == "__main__":
    main()
