"""The lower half of a run's report: training, verifier outcomes, rollouts, data, cost, SQL, words. Not cells.

Law: what was not recorded says "not measured", and model text is only ever data.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.report.evidence import Evidence
from flows.report.figures import Series, legend, line_chart, stacked
from flows.report.headline import colours
from flows.report.markup import NOT_MEASURED, Html, counted, el, embedded, fold, listed, reading, table, together
from flows.report.queries import Facts, Rows, root_option

CURVE_POINTS = 160
CURVE_NAMES = {
    ("cold start", "loss"): ("Cold start: SFT loss, nats per token", True),
    ("sft", "loss"): ("SFT loss in rounds, nats per token", False),
    ("grpo", "reward_mean"): ("GRPO mean reward, 0 to 1", True),
    ("grpo", "effective_groups"): ("Groups with mixed rewards, share", True),
    ("grpo", "entropy"): ("Entropy, nats per token", True),
    ("grpo", "truncated_share"): ("Truncated replies, share", True),
    ("grpo", "length_mean"): ("Reply length, tokens", False),
}
OUTCOMES = (
    ("correct", "o-correct"),
    ("feasible, not optimal", "o-suboptimal"),
    ("wrong", "o-wrong"),
    ("malformed", "o-malformed"),
    ("truncated", "o-truncated"),
    ("undecided", "o-undecided"),
)


def training(evidence: Evidence, rows: Rows) -> Html:
    """Return small charts of what the optimiser saw, per operator and arm."""
    lines: dict[tuple[str, str], dict[str, list[tuple[int, int, float]]]] = {}
    for row in rows:
        key = (row["stage"] if row["arm"] else "cold start", row["name"])
        if row["value"] is not None:
            lines.setdefault(key, {}).setdefault(row["arm"], []).append((row["round"], row["step"], row["value"]))
    charts = [
        _training_chart(evidence, title, lines[key], from_zero)
        for key, (title, from_zero) in CURVE_NAMES.items()
        if key in lines
    ]
    absent = [title.split(",")[0] for key, (title, _) in CURVE_NAMES.items() if key not in lines]
    note = f" Not measured in this run: {listed(absent)}." if absent else ""
    if not charts:
        return el("p", NOT_MEASURED)
    return together(
        [
            legend([("c-start", "cold start"), *((colours(evidence)[arm], arm) for arm in evidence.arms)]),
            el("div", *charts, cls="grid3"),
            reading(
                "One point per step, averaged where there are many; an arm's rounds follow each other from left to "
                f"right.{note}"
            ),
        ]
    )


def _training_chart(
    evidence: Evidence, title: str, arms: Mapping[str, Sequence[tuple[int, int, float]]], from_zero: bool
) -> Html:
    colour = {**colours(evidence), "": "c-start"}
    series = [
        Series(arm or "cold start", colour.get(arm, "c6"), thinned([value for _, _, value in sorted(found)]))
        for arm, found in sorted(arms.items())
    ]
    steps = ", ".join(f"{counted(len(found), 'step')} {arm or 'cold start'}" for arm, found in sorted(arms.items()))
    chart = line_chart(series, title=title, x_label="optimiser step", y_from_zero=from_zero, width=340, height=220,
                       dots=False, direct=False)  # fmt: skip
    return el("figure", chart, el("figcaption", f"n = {steps}"))


def thinned(values: Sequence[float], most: int = CURVE_POINTS) -> list[tuple[float, float]]:
    """Return at most `most` points (step, mean over the bin), steps counted from 1."""
    size = -(-len(values) // most) if values else 1
    bins = [values[start : start + size] for start in range(0, len(values), size)]
    return [(1 + i * size + (len(found) - 1) / 2, sum(found) / len(found)) for i, found in enumerate(bins)]


def outcomes(evidence: Evidence, facts: Facts) -> Html:
    """Return what became of the replies on test, and the commonest reasons."""
    if not facts.outcomes:
        return el("p", NOT_MEASURED)
    order = {"": -1, **{arm: i for i, arm in enumerate(evidence.arms)}}
    chosen = [row for row in facts.outcomes if row["temperature"] > 0 and row["arm"] in order]
    chosen.sort(key=lambda row: (order[row["arm"]], row["round"]))
    rows: list[list[object]] = []
    for row in chosen:
        counts = _counts(row)
        bar = stacked([(name, cls, counts[name]) for name, cls in OUTCOMES], unit=f" of {row['n']:,}")
        label = "cold start" if not row["arm"] else f"{row['arm']}, round {row['round']}"
        cells = [f"{counts[name]:,}" for name, _ in OUTCOMES]
        rows.append([label, el("td", bar, cls="wide"), f"{row['n']:,}", *cells])
    head = ["checkpoint", "share of replies", "n", *(name for name, _ in OUTCOMES)]
    words = (
        "Replies on test at temperature 1, counted by the verifiers. Undecided is our own fault: never rewarded, "
        "never punished, left out of rates."
    )
    return together(
        [
            legend([(cls, name) for name, cls in OUTCOMES]),
            table(head, rows, text=(0, 1)),
            reading(words),
            el("h3", "Commonest reasons"),
            _reasons(evidence, facts.reasons),
        ]
    )


def _counts(row: Mapping[str, Any]) -> dict[str, int]:
    known = {name: int(row[name]) for name in ("correct", "malformed", "truncated", "undecided")}
    wrong = row["n"] - sum(known.values()) - row["suboptimal"]
    return {**known, "feasible, not optimal": int(row["suboptimal"]), "wrong": int(wrong)}


def _reasons(evidence: Evidence, rows: Rows) -> Html:
    """Return reasons as rows and checkpoints as columns: the cold start and each arm's last round."""
    ends = [("", 0), *((arm, evidence.last_round(arm)) for arm in evidence.arms)]
    counts: dict[tuple[str, str], dict[tuple[str, int], int]] = {}
    totals: dict[tuple[str, int], int] = dict.fromkeys(ends, 0)
    for row in rows:
        end = (row["arm"], row["round"])
        if end in totals:
            totals[end] += row["n"]
            if row["outcome"] != "correct":
                reason = (row["outcome"], short_reason(row["reason"]))
                found = counts.setdefault(reason, {})
                found[end] = found.get(end, 0) + row["n"]
    if not counts:
        return el("p", NOT_MEASURED)
    head = ["outcome", "reason", *(f"{arm or 'cold start'} (of {totals[arm, n]:,})" for arm, n in ends)]
    common = sorted(counts.items(), key=lambda item: -sum(item[1].values()))
    shown = [[outcome, reason, *(found.get(end, 0) for end in ends)] for (outcome, reason), found in common[:12]]
    rest = f" {counted(len(common) - 12, 'rarer reason')} not shown." if len(common) > 12 else ""
    words = f"Counts among kept replies on test (the first draws of every problem), not among all draws.{rest}"
    return together([table(head, shown, text=(0, 1)), reading(words)])


def short_reason(reason: str) -> str:
    """Return a reason's first words; of a traceback the last line, which names the error."""
    lines = reason.strip().splitlines() or [""]
    return (lines[-1] if len(lines) > 1 else lines[0])[:90]


def rollouts(evidence: Evidence, rows: Rows) -> Html:
    """Return real replies to read, side by side for the same problem; the page's script lays them out."""
    if not rows:
        return el("p", NOT_MEASURED)
    problems: dict[str, dict[str, Any]] = {}
    for row in rows:
        cell = f"{row['family']}/{row['level']}" + (f"/{row['region']}" if row["region"] else "")
        problem = problems.setdefault(
            row["uid"],
            {
                "cell": cell, "uid": row["uid"], "prompt": row["prompt"][:2000], "gold": row["answer"][:600],
                "trace": (row["trace"] or "")[:600], "replies": [],
            },
        )  # fmt: skip
        problem["replies"].append(
            {
                "arm": row["arm"] or "cold start", "round": row["round"], "text": row["text"][:2000],
                "outcome": row["outcome"], "reason": short_reason(row["reason"]), "finish": row["finish"],
                "extracted": (row["extracted"] or "")[:200], "tokens": row["tokens"],
            }
        )  # fmt: skip
    colour = {**colours(evidence), "cold start": "c-start"}
    order = {name: i for i, name in enumerate(["cold start", *evidence.arms])}
    for problem in problems.values():
        problem["replies"].sort(key=lambda reply: order.get(reply["arm"], 9))
    picks = [
        _select("cell", sorted({p["cell"] for p in problems.values()})),
        _select("outcome", ["correct", "wrong", "malformed", "undecided"]),
        _select("arm", list(order)),
    ]
    data = el("script", embedded({"problems": list(problems.values()), "colours": colour}), type="application/json",
              id="rollouts-json")  # fmt: skip
    words = (
        f"{counted(len(rows), 'first draw')} at temperature 1 on {counted(len(problems), 'test problem')}: per cell "
        "the first problem that the cold start solved and the first ones it did not, so failures are shown more often "
        "than they occur. The same problem is read by the cold start and by each arm's last round."
    )
    return together(
        [
            el("div", *picks, el("span", "", id="shown", cls="small"), cls="filters"),
            el("div", el("noscript", "The replies are laid out by a script."), id="rollouts"),
            reading(words),
            data,
        ]
    )


def _select(name: str, options: Sequence[str]) -> Html:
    every = el("option", f"every {name}", value="")
    return el("label", f"{name} ", el("select", every, *(el("option", option, value=option) for option in options),
                                      data_filter=name))  # fmt: skip


def datasets(evidence: Evidence, facts: Facts) -> Html:
    """Return the dataset versions of the run: rows, drops, proofs, and whether train and test share an instance."""
    if not facts.versions:
        return el("p", NOT_MEASURED)
    drops: dict[str, list[str]] = {}
    for row in facts.drops:
        drops.setdefault(row["version"], []).append(f"{row['rule']}: {row['reason']} {row['n']:,}")
    users: dict[str, list[str]] = {}
    for record in evidence.rounds:
        users.setdefault(record["dataset"], []).append(f"{record['arm']} {record['round']}")
    for split, version_id in evidence.sets.items():
        users.setdefault(version_id, []).append("diagnosis" if split == "probe" else "this report")
    rows = []
    for version in sorted(facts.versions, key=lambda v: (v["recipe"].get("split") == "train", v["created_utc"])):
        asked = sum(cell[-1] for cell in version["recipe"].get("cells", []))
        proofs = facts.certificates.get(version["id"], {})
        rows.append(
            [
                version["name"],
                el("td", el("code", version["id"][:8]), title=version["id"]),
                el("td", version["recipe"].get("split") or "any"),
                f"{version['rows']:,}",
                f"{asked:,}" if asked else None,
                version["cells"],
                el("td", listed(users.get(version["id"], ["cold start"])), cls="small"),
                f"{version['dropped']:,}",
                el("td", "; ".join(drops.get(version["id"], [])) or "none", cls="small"),
                el("td", ", ".join(f"{name} {n:,}" for name, n in sorted(proofs.items())) or NOT_MEASURED, cls="small"),
            ]
        )
    head = ["version", "id", "split", "rows", "asked", "cells", "read by", "dropped", "why", "answers by proof"]
    return together(
        [
            table(head, rows, text=(0, 1, 2, 6, 8, 9)),
            reading(_leak_words(facts)),
            el("p", _sharpening(evidence), cls="note"),
        ]
    )


def _leak_words(facts: Facts) -> str:
    words = (
        "Rows below what was asked: a small cell has no more distinct instances in that split. Exact: the answer is "
        "the one right value; optimal: value and bound proven equal."
    )
    if facts.shared_instances is None:
        return f"{words} Instances shared between train and test: not measured."
    shared, train, test = facts.shared_instances
    return f"{words} Instances shared between train and test: {shared:,} (of {train:,} and {test:,}), counted here."


def _sharpening(evidence: Evidence) -> str:
    told = []
    for arm in evidence.arms:
        one, eight = evidence.gain(arm, "pass@1"), evidence.gain(arm, "pass@8")
        if one is None or eight is None:
            continue
        if one.low > 0 and eight.low <= 0:
            told.append(f"{arm} sharpened: pass@1 {100 * one.mean:+.1f} points while pass@8 {100 * eight.mean:+.1f}")
        else:
            told.append(f"{arm}: pass@1 {100 * one.mean:+.1f}, pass@8 {100 * eight.mean:+.1f} points")
    shown = "; ".join(told).replace("-", "−") if told else "not measured"
    return (
        "Sharpening: when pass@1 rises and pass@8 does not, the policy says more often what it already could say. "
        f"On all cells, {shown}."
    )


TAKEN = (("cpu_s", ".1f"), ("steps", ",.0f"), ("tokens_sampled", ",.0f"), ("tokens_trained", ",.0f"))


def costs(evidence: Evidence, cold_start: Mapping[str, float]) -> Html:
    """Return priced and measured seconds per arm, round and stage."""
    records = [r for arm in evidence.arms for r in evidence.rounds if r["arm"] == arm]
    if not records:
        return el("p", NOT_MEASURED)
    stages = [s for s in ("diagnose_s", "sft_s", "grpo_s") if any(s in r["cost_s"] for r in records)]
    most = max(evidence.spent_s(arm, evidence.last_round(arm)) for arm in evidence.arms)
    kinds = {"diagnose_s": "k-diagnose", "sft_s": "k-sft", "grpo_s": "k-grpo"}
    rows = []
    for arm in evidence.arms:
        own = [r for r in records if r["arm"] == arm]
        spent = {stage: sum(r["cost_s"].get(stage, 0.0) for r in own) for stage in stages}
        bar = stacked([(stage[:-2], kinds[stage], spent[stage]) for stage in stages], most=most, unit=" s")
        taken = [outcome for r in own for outcome in r.get("training", {}).values()]
        rows.append(
            [
                el("td", arm, cls=f"name {colours(evidence)[arm]}"),
                el("td", bar, cls="wide"),
                *(f"{spent[stage]:.1f}" for stage in stages),
                f"{sum(spent.values()):.1f}",
                *(_sum(taken, key, form) for key, form in TAKEN),
            ]
        )
    start = [_sum([cold_start], key, form) for key, form in TAKEN]
    rows.append(
        [el("td", "cold start, common"), "", *("–" for _ in stages), _sum([cold_start], "priced_s", ".1f"), *start]
    )
    head = ["arm", "priced", *(f"{s[:-2]}, s" for s in stages), "priced, s", "measured, CPU-s", "steps",
            "tokens sampled", "tokens trained"]  # fmt: skip
    price = evidence.config["loop"].get("price", {})
    rates = ", ".join(f"{key.removesuffix('_tokens_per_s')} {value:,.0f}" for key, value in sorted(price.items()))
    words = (
        f"Priced seconds are tokens at fixed rates ({rates or 'not recorded'} tokens per s), so that budgets repeat on "
        "every machine; CPU-seconds of training as measured stand beside them. Generating and judging problems and "
        "reading test are not charged."
    )
    each = [
        [r["arm"], r["round"], *(f"{r['cost_s'][s]:.2f}" if s in r["cost_s"] else "–" for s in stages),
         f"{sum(r['cost_s'].values()):.2f}"]
        for r in records
    ]  # fmt: skip
    parts = [legend([(kinds[s], s[:-2]) for s in stages]), table(head, rows, text=(0, 1)), reading(words)]
    folded = fold("Every round", table(["arm", "round", *(f"{s[:-2]}, s" for s in stages), "priced, s"], each))
    return together([*parts, folded])


def _sum(outcomes: Sequence[Mapping[str, Any]], key: str, form: str) -> object:
    known = [outcome[key] for outcome in outcomes if outcome.get(key) is not None]
    return f"{sum(known):{form}}" if known and len(known) == len(outcomes) else None


def questions(evidence: Evidence, facts: Facts) -> Html:
    """Return SQL to try, with the first rows each gives now."""
    parts: list[Html] = []
    for question, sql, columns, rows in facts.examples:
        escaped = sql.replace('"', '\\"')
        command = f'veriloop query "{escaped}" {root_option(evidence.root)}'
        answer = (
            table(columns, rows, text=range(len(columns)), cls="answer")
            if rows
            else el("p", "No rows yet.", cls="small")
        )
        parts.append(fold(question, el("pre", command), answer, opened=not parts))
    views = (
        "problems, dropped, versions, scores, rollouts, decisions, exposures, rounds, metrics, events, audits, "
        "appeals, changes, runs"
    )
    return together([*parts, reading(f"Views: {views} and protocols; DESCRIBE scores lists the columns of one.")])


WORDS = (
    ("cell", "a family of problems at one level (and region, where a family has several): the unit of diagnosis."),
    ("hole", "a cell the cold start was told to leave nearly untaught, drawn by hash: a known, unchosen weakness."),
    ("cold start", "supervised training on solver traces that every arm starts from; round 0."),
    ("arm", "one chain of rounds with its own way to choose problems and operator; all arms cost the same."),
    ("operator", "how a cell is trained: SFT imitates solver traces, GRPO reinforces replies the verifier accepts."),
    ("pass@1, pass@8", "chance that one reply, or at least one of eight, sampled at temperature 1 is correct."),
    ("greedy", "the single most likely reply (temperature 0)."),
    ("macro", "mean over all cells, every cell weighing alike."),
    ("probe, test", "two fixed splits by hash of the instance: diagnosis reads probe, this report alone reads test."),
    ("interval", "95% by resampling test problems; it says nothing about other training seeds."),
    ("priced seconds", "tokens at fixed rates per second, diagnosis included, the same for every arm."),
    ("malformed", "no readable answer in its declared place; truncated replies are counted apart."),
    ("effective group", "a group of replies to one problem with different rewards: only those teach GRPO."),
    ("certificate", "what is proven about the stored answer, by solver, enumeration or execution."),
)  # fmt: skip


def glossary() -> Html:
    """Return the words of the page, folded."""
    entries = [item for word, meaning in WORDS for item in (el("dt", word), el("dd", meaning))]
    return fold("Words used on this page", el("dl", *entries, cls="words-list"))
