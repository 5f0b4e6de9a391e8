"""Cells in a run's report: rates by cell, learning curves, diagnosis, mixtures. Not the headline, not the ledger.

Law: what was not measured says so; a rate shown is a rate on test, a diagnosis shown was made on probe.
"""

from collections.abc import Mapping
from typing import Any

from flows.report.evidence import MEASURES, Evidence, Measure
from flows.report.figures import Posterior, Series, legend, line_chart, posterior_panels
from flows.report.headline import MEASURE_NAMES, colours, lead_arm, scope
from flows.report.markup import (
    NOT_MEASURED,
    Html,
    el,
    fold,
    listed,
    percent,
    points,
    reading,
    signed,
    switched,
    table,
    together,
)
from pipeline.choice.mixture import Cell

SOLVED = 0.9
REACH = 0.8
OPERATORS = {"sft": "k-sft", "grpo": "k-grpo", "rehearse": "k-rehearse"}
Checkpoint = tuple[str, int]


def checkpoints(evidence: Evidence) -> list[Checkpoint]:
    """Return the cold start as ("", 0), then every round of every arm."""
    rounds = [(arm, number) for arm in evidence.arms for number in range(1, evidence.last_round(arm) + 1)]
    return [("", 0), *rounds]


def ordered(evidence: Evidence) -> list[Cell]:
    """Return holes first, then the other cells, each sorted."""
    return sorted(evidence.cells, key=lambda cell: (cell not in evidence.holes, cell))


def rates_by_cell(evidence: Evidence) -> Html:
    """Return the heat table, one view per measure and one of changes."""
    if not evidence.cells:
        return el("p", NOT_MEASURED)
    views = [(MEASURE_NAMES[measure], _heat(evidence, measure)) for measure in MEASURES]
    views.append(("Change at T = 1", _heat(evidence, "pass@1", change=True)))
    marks = legend([("k-hole", "planted hole"), ("k-weak", "called weak by the diagnosis that opened this round")])
    return together([marks, switched("heat", views), reading(_heat_words(evidence))])


def _weak_calls(evidence: Evidence) -> dict[Checkpoint, set[Cell]]:
    calls = {}
    for record in evidence.rounds:
        if record["diagnosis"] is not None:
            calls[record["arm"], record["round"]] = {
                Cell(*c["cell"]) for c in record["diagnosis"]["cells"] if c["weak"]
            }
    return calls


def _heat(evidence: Evidence, measure: Measure, *, change: bool = False) -> Html:
    columns, weak = checkpoints(evidence), _weak_calls(evidence)
    rates = {column: evidence.cell_rates(*column, measure) for column in columns}
    if not any(rates.values()):
        return el("p", NOT_MEASURED)
    colour = colours(evidence)
    spans = [el("th", "cold start", rowspan=2, cls="num")]
    spans += [el("th", arm, colspan=evidence.last_round(arm), cls=f"arm name {colour[arm]}") for arm in evidence.arms]
    second = [el("th", f"r{number}", cls="num first" if number == 1 else "num") for _, number in columns[1:]]
    head = el("thead", el("tr", el("th", "cell", rowspan=2), el("th", "n", rowspan=2, cls="num"), *spans),
              el("tr", *second))  # fmt: skip
    rows = []
    for cell in ordered(evidence):
        shown = [
            _heat_cell(rates[c].get(cell), rates["", 0].get(cell), change, cell in weak.get(c, ()), c) for c in columns
        ]
        name = el("td", el("span", "◆ ", cls="hole") if cell in evidence.holes else None, str(cell), cls="cell")
        rows.append(el("tr", name, el("td", evidence.problems({cell}), cls="num n"), *shown))
    feet = [
        _foot(evidence, name, among, measure, columns, change)
        for name, among in (
            ("holes, mean", evidence.holes),
            ("other cells, mean", frozenset(evidence.cells) - evidence.holes),
            ("all cells, mean (macro)", frozenset(evidence.cells)),
        )
        if among
    ]
    return el("div", el("table", head, el("tbody", *rows), el("tfoot", *feet), cls="heat"), cls="scroll")


def _heat_cell(
    rate: float | None, before: float | None, change: bool, weak: bool, column: Checkpoint, *, strong: bool = False
) -> Html:
    kind = " ".join(["num", *(["weak"] if weak else []), *(["first"] if column[1] == 1 else [])])
    if rate is None or (change and before is None):
        return el("td", "–", cls=kind, title="not measured")
    if change and before is not None:
        gap = rate - before
        tone = f"--t:{min(1.0, abs(gap) / 0.5):.3f}"
        return el("td", signed(gap), cls=f"{kind} {'up' if gap >= 0 else 'down'}", style=tone)
    dark = " dark" if rate > 0.55 else ""
    return el("td", f"{100 * rate:.0f}", cls=f"{kind} rate{dark}{' strong' if strong else ''}", style=f"--t:{rate:.3f}",
              title="called weak when this round began" if weak else None)  # fmt: skip


def _foot(
    evidence: Evidence, name: str, among: frozenset[Cell], measure: Measure, columns: list[Checkpoint], change: bool
) -> Html:
    means = []
    for column in columns:
        rates = [rate for cell, rate in evidence.cell_rates(*column, measure).items() if cell in among]
        means.append(sum(rates) / len(rates) if rates else None)
    cells = [
        _heat_cell(mean, means[0], change, False, column, strong=True)
        for mean, column in zip(means, columns, strict=True)
    ]
    return el("tr", el("td", name, cls="cell"), el("td", evidence.problems(among), cls="num n"), *cells)


def _heat_words(evidence: Evidence) -> str:
    lead = lead_arm(evidence)
    draws = evidence.config["measure"]["test_draws"]
    n = f"Pass rate on test in %, {draws} draws per problem at temperature 1, one greedily; n is test problems."
    if lead is None:
        return n
    rates = evidence.cell_rates(lead, evidence.last_round(lead), "pass@1")
    low = sorted(rates.items(), key=lambda item: item[1])[:2]
    worst = listed([f"{cell} at {100 * rate:.0f}%" for cell, rate in low])
    return f"{n} Lowest after the {lead} arm, at temperature 1: {worst}."


def learning_curves(evidence: Evidence) -> Html:
    """Return mean rates against priced seconds, per measure."""
    if not evidence.arms:
        return el("p", NOT_MEASURED)
    cells, name = scope(evidence)
    views = []
    for measure in MEASURES:
        charts = [_curve(evidence, measure, cells, f"{name.capitalize()}: {measure}")]
        if cells is not None:
            charts.append(_curve(evidence, measure, None, f"All cells: {measure}"))
        views.append((MEASURE_NAMES[measure], el("div", *charts, cls="pair")))
    return together([switched("curves", views), reading(_curve_words(evidence))])


def _curve(evidence: Evidence, measure: Measure, cells: frozenset[Cell] | None, title: str) -> Html:
    colour, series = colours(evidence), []
    for arm in evidence.arms:
        found = [
            (evidence.spent_s(arm, number), level)
            for number in range(evidence.last_round(arm) + 1)
            if (level := evidence.level(arm, number, measure, cells)) is not None
        ]
        if found:
            line = [(x, level.mean) for x, level in found]
            series.append(Series(arm, colour[arm], line, [(x, level.low, level.high) for x, level in found]))
    if not series:
        return el("div", NOT_MEASURED)
    count = evidence.problems(cells)
    return line_chart(series, title=f"{title}, n = {count:,} problems", x_label="priced seconds after the cold start",
                      percent=True)  # fmt: skip


def _curve_words(evidence: Evidence) -> str:
    cells, name = scope(evidence)
    others = frozenset(evidence.cells) - evidence.holes if cells else frozenset(evidence.cells)
    usual = evidence.level("", 0, "pass@1", others)
    bands = "Bands are 95% intervals over problems; points are the ends of rounds."
    if usual is None or cells is None:
        return bands
    goal = REACH * usual.mean
    reached = []
    for arm in evidence.arms:
        costs = (
            evidence.spent_s(arm, number)
            for number in range(evidence.last_round(arm) + 1)
            if (level := evidence.level(arm, number, "pass@1", cells)) is not None and level.mean >= goal
        )
        first = next(costs, None)
        reached.append(f"{arm} {'never' if first is None else f'after {first:.1f} s'}")
    return (
        f"{bands} The {name} first stood at {100 * goal:.1f}% at temperature 1 (80% of what other cells had after the "
        f"cold start) at the end of a round: {listed(reached)}."
    )


def diagnosis(evidence: Evidence) -> Html:
    """Return what each round's diagnosis thought, did and found, and what came of it."""
    arms = [arm for arm in evidence.arms if any(r["arm"] == arm and r["diagnosis"] for r in evidence.rounds)]
    parts: list[Html] = []
    if arms:
        parts.append(switched("posteriors", [(arm, _panels(evidence, arm)) for arm in arms]))
        parts.append(
            legend(
                [("k-sft", "SFT"), ("k-grpo", "GRPO"), ("k-rehearse", "rehearse"), ("k-filled", "filled: called weak")]
            )
        )
        level = evidence.config["loop"].get("weakness", {}).get("level", 0.9)
        parts.append(
            reading(
                f"Posterior pass rate on probe (mean, {100 * level:.0f}% interval of decayed counts), coloured by the "
                "operator chosen. A cell is weak when its whole interval lies left of the dashed line, which is set "
                "relative to the median cell. ◆ marks planted holes, which the diagnosis is not told."
            )
        )
        parts.append(_found(evidence, arms))
    parts.append(_repairs(evidence))
    return together(parts)


def _panels(evidence: Evidence, arm: str) -> Html:
    cells = ordered(evidence)
    ratio = evidence.config["loop"].get("weakness", {}).get("relative_threshold", 0.9)
    panels = []
    for record in (r for r in evidence.rounds if r["arm"] == arm and r["diagnosis"]):
        by_cell = {Cell(*c["cell"]): c for c in record["diagnosis"]["cells"]}
        found = [_posterior(cell, by_cell.get(cell)) for cell in cells]
        weak = sum(c["weak"] for c in by_cell.values())
        panels.append((f"round {record['round']}: {weak} weak", ratio * record["diagnosis"]["median"], found))
    return posterior_panels([(str(cell), cell in evidence.holes) for cell in cells], panels,
                            label=f"Posterior pass rates by cell and round, {arm} arm")  # fmt: skip


def _posterior(cell: Cell, found: Mapping[str, Any] | None) -> Posterior | None:
    if found is None:
        return None
    said = (
        f"{cell}: {found['mean']:.0%} [{found['low']:.0%}, {found['high']:.0%}] from {found['n']:.0f} effective draws; "
        f"{found['state']}, {'weak, ' if found['weak'] else ''}operator {found['operator']}"
    )
    kind = OPERATORS.get(found["operator"], "k-rehearse")
    return Posterior(found["mean"], found["low"], found["high"], kind, found["weak"], said)


def _found(evidence: Evidence, arms: list[str]) -> Html:
    rows: list[list[object]] = []
    for record in (r for r in evidence.rounds if r["arm"] in arms and r["diagnosis"]):
        called, right, total = evidence.found_holes(record["arm"], record["round"]) or (0, 0, 0)
        operators = [c["operator"] for c in record["diagnosis"]["cells"]]
        mix = ", ".join(f"{name} {operators.count(name)}" for name in OPERATORS if name in operators)
        weak = [str(Cell(*c["cell"])) for c in record["diagnosis"]["cells"] if c["weak"]]
        rows.append(
            [record["arm"], record["round"], called, f"{right} of {total}" if total else "no holes planted",
             f"{right / called:.2f}" if called and total else "none called" if total else "–",
             f"{right / total:.2f}" if total else "–", el("td", mix), el("td", listed(weak), cls="small")]
        )  # fmt: skip
    head = ["arm", "round", "called weak", "holes among them", "precision", "recall", "cells by operator", "which"]
    return together([el("h3", "What it found"), table(head, rows, text=(0, 6, 7)), reading(_found_words(evidence))])


def _found_words(evidence: Evidence) -> str:
    """Say what precision and recall against planted holes leave out: other weak cells, and holes that leaked."""
    start = evidence.cell_rates("", 0, "pass@1")
    called = set().union(*(cells for (_, number), cells in _weak_calls(evidence).items() if number == 1))
    others = [f"{cell} {percent(start.get(cell), 0)}" for cell in sorted(called - evidence.holes)]
    missed = [f"{cell} {percent(start.get(cell), 0)}" for cell in sorted(evidence.holes - called)]
    words = "Later rounds rightly no longer call a repaired hole weak: recall is about the first diagnosis."
    if others:
        words += (
            f" Called weak then though not planted, with their rate on test after the cold start: {listed(others)}."
        )
    if missed and called:
        words += f" Holes not called weak then: {listed(missed)} (a hole can fill through sister cells)."
    return words


def _repairs(evidence: Evidence) -> Html:
    rows: list[list[object]] = []
    start = evidence.cell_rates("", 0, "pass@1")
    for arm in evidence.arms:
        gains = evidence.cell_gains(arm, "pass@1")
        if not gains:
            continue
        repaired = [cell for cell in sorted(evidence.holes) if cell in gains and gains[cell].low > 0]
        solved = [cell for cell, rate in sorted(start.items()) if rate >= SOLVED and cell in gains]
        lost = [f"{cell} {points(*gains[cell])}" for cell in solved if gains[cell].high < 0]
        rows.append(
            [
                el("td", arm, cls=f"name {colours(evidence)[arm]}"),
                f"{len(repaired)} of {len(evidence.holes)}" if evidence.holes else "no holes planted",
                el("td", listed([f"{cell} {signed(gains[cell].mean)}" for cell in repaired]), cls="small"),
                f"{len(lost)} of {len(solved)}",
                el("td", listed(lost), cls="small"),
                el("td", listed(_fallen(evidence, arm)), cls="small"),
            ]
        )
    if not rows:
        return together([el("h3", "What came of it"), el("p", NOT_MEASURED)])
    head = ["arm", "holes repaired", "which", "solved cells forgotten", "which", "fell in the last round"]
    words = (
        "On test at temperature 1, from the cold start to the arm's last round. Repaired: the gain's 95% interval over "
        "the cell's problems lies above zero. Forgotten: a cell that started at 90% or more and whose interval lies "
        "below zero. Fell: the same from the round before to the last one, for any cell. About one cell in forty lands "
        "on either side by chance."
    )
    return together([el("h3", "What came of it"), table(head, rows, text=(0, 2, 4, 5)), reading(words)])


def _fallen(evidence: Evidence, arm: str) -> list[str]:
    last = evidence.last_round(arm)
    if last < 2:
        return []
    gains = evidence.cell_gains(arm, "pass@1", since=last - 1)
    return [f"{cell} {points(*gain)}" for cell, gain in sorted(gains.items()) if gain.high < 0]


def mixtures(evidence: Evidence, drawn: Mapping[tuple[str, int], Mapping[Cell, int]]) -> Html:
    """Return each round's planned share of every cell as a heat table."""
    rounds = [(r["arm"], r["round"]) for r in evidence.rounds]
    if not rounds:
        return el("p", NOT_MEASURED)
    rounds.sort(key=lambda key: (evidence.arms.index(key[0]), key[1]))
    shares = {(r["arm"], r["round"]): _blend(r["parts"]) for r in evidence.rounds}
    most = max(share for blend in shares.values() for share in blend.values())
    colour = colours(evidence)
    spans = [el("th", arm, colspan=evidence.last_round(arm), cls=f"arm name {colour[arm]}") for arm in evidence.arms]
    second = [el("th", f"r{n}", cls="num first" if n == 1 else "num") for _, n in rounds]
    head = el("thead", el("tr", el("th", "cell", rowspan=2), *spans), el("tr", *second))
    rows = []
    for cell in ordered(evidence):
        name = el("td", el("span", "◆ ", cls="hole") if cell in evidence.holes else None, str(cell), cls="cell")
        cells = [_share(shares[key].get(cell, 0.0), most, key, drawn.get(key), cell) for key in rounds]
        rows.append(el("tr", name, *cells))
    return together(
        [
            el("div", el("table", head, el("tbody", *rows), cls="heat"), cls="scroll"),
            reading(
                f"Planned share of each cell in %, parts of a round blended by budget; an even share is "
                f"{100 / len(evidence.cells):.1f}%. Hover for what training drew where exposures were recorded."
            ),
            fold("Operators and shares of the budget", _parts(evidence)),
        ]
    )


def _share(share: float, most: float, key: Checkpoint, drawn: Mapping[Cell, int] | None, cell: Cell) -> Html:
    total = sum(drawn.values()) if drawn else 0
    said = f"drawn in training: {drawn.get(cell, 0) / total:.1%}" if drawn and total else "draws not recorded"
    kind = f"num rate{' dark' if share > 0.55 * most else ''}{' first' if key[1] == 1 else ''}"
    return el("td", f"{100 * share:.1f}", cls=kind, style=f"--t:{share / most:.3f}", title=said)


def _blend(parts: list[Mapping[str, Any]]) -> dict[Cell, float]:
    blended: dict[Cell, float] = {}
    for part in parts:
        for family, level, region, weight in part["mixture"]:
            cell = Cell(family, level, region)
            blended[cell] = blended.get(cell, 0.0) + part["share"] * weight
    return blended


def _parts(evidence: Evidence) -> Html:
    rows = [
        [record["arm"], record["round"], part["operator"], percent(part["share"], 0), len(part["mixture"])]
        for record in evidence.rounds
        for part in record["parts"]
    ]
    return table(["arm", "round", "operator", "share of budget", "cells"], rows, text=(0, 2))
