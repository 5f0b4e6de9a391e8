"""The head of a run's report: what ran, what came of it, arms side by side at equal price. Not the details.

Law: a control that ends above the loop is said to, in words, and one seed claims nothing.
"""

from typing import Any

from flows.evidence import MEASURES, Estimate, Evidence, Measure
from flows.report_figures import Dumbbell, dumbbells
from flows.report_markup import NOT_MEASURED, Html, counted, el, listed, percent, points, signed, table, together
from flows.report_queries import Facts
from pipeline.mixture import Cell

SEEDS_FOR_A_CLAIM = 6
MEASURE_NAMES: dict[Measure, str] = {"pass@1": "Temperature 1", "greedy": "Greedy", "pass@8": "pass@8"}
MEASURE_NOTES: dict[Measure, str] = {
    "pass@1": "chance that one sampled reply is correct",
    "greedy": "share correct of the single most likely reply",
    "pass@8": "chance that one of 8 sampled replies is correct",
}


def colours(evidence: Evidence) -> dict[str, str]:
    """Return one colour class per arm, by its place in the config."""
    return {arm["name"]: f"c{i % 7}" for i, arm in enumerate(evidence.config["loop"]["arms"])}


def described(arm: dict[str, Any]) -> str:
    """Return what an arm does, in words."""
    mixture = {
        "weakness": "more problems where the diagnosis found weakness",
        "uniform": "every cell alike",
        "easy_to_hard": "easy levels first",
        "placebo": "weakness weights, permuted over cells",
    }
    operator = {
        "chosen": "SFT or GRPO as the diagnosis chooses",
        "grpo": "GRPO",
        "sft": "continued SFT on solver traces",
    }
    how = operator.get(arm["operator"], arm["operator"])
    return f"{how}; {mixture.get(arm['mixture'], arm['mixture'])}"


def lead_arm(evidence: Evidence) -> str | None:
    """Return the arm the run is about: the one called loop, else the first whose operator the diagnosis chooses."""
    arms = [arm for arm in evidence.config["loop"]["arms"] if arm["name"] in evidence.arms]
    by_worth = sorted(arms, key=lambda arm: (arm["name"] != "loop", arm["operator"] != "chosen"))
    return by_worth[0]["name"] if by_worth else None


def policy_words(evidence: Evidence) -> str:
    """Return what is trained and how large it is."""
    policy = evidence.config["policy"]
    if policy.get("path"):
        return f"policy {policy['path']}"
    tiny = policy.get("tiny") or {}
    sizes = [f"{tiny[key]} {word}" for key, word in (("layers", "layers"), ("hidden", "wide")) if key in tiny]
    return f"tiny policy from scratch ({', '.join(sizes) or 'default sizes'}{_parameters(tiny)})"


def _parameters(tiny: dict[str, Any]) -> str:
    """Return the number of weights that these sizes make, biases none, embeddings tied."""
    if not {"hidden", "layers", "heads", "head_dim", "mlp"} <= tiny.keys():
        return ""
    width, inner, head = tiny["hidden"], tiny["mlp"], tiny["head_dim"]
    block = 4 * width * tiny["heads"] * head + 3 * width * inner + 2 * width + 2 * head
    total = 64 * width + tiny["layers"] * block + width
    return f", {total / 1e6:.2f}M parameters"


def heading(evidence: Evidence, facts: Facts) -> Html:
    """Return the title, the circumstances and the verdict."""
    started = facts.start["started_utc"].replace("T", " ").replace("+00:00", " UTC")
    about = [
        ("started", started or "not recorded"),
        ("took", "not measured" if facts.duration_s is None else _clock(facts.duration_s)),
        ("commit", facts.start["commit"] or "unknown"),
        ("seed", evidence.config["seed"]),
        ("policy", policy_words(evidence)),
        ("cells", len(evidence.cells)),
        ("planted holes", len(evidence.holes)),
        ("test problems", f"{evidence.problems():,}"),
    ]
    facts_list = el("dl", *(el("div", el("dt", name), el("dd", value)) for name, value in about), cls="facts")
    return el("header", el("p", "veriloop run", cls="kicker"), el("h1", evidence.run_id), facts_list,
              _verdict(facts.seeds))  # fmt: skip


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _verdict(seeds: int) -> Html:
    if seeds < SEEDS_FOR_A_CLAIM:
        told = "one seed: no claim." if seeds <= 1 else f"{seeds} seeds: no claim."
        why = (
            f"Training seeds vary more than test problems do. Intervals below are over problems of this one seed; a "
            f"claim about an arm needs at least {SEEDS_FOR_A_CLAIM} seeds and an interval over them "
            "(benchmarks/loop.py)."
        )
    else:
        told = f"one seed of {seeds}: no claim from this page."
        why = "The interval over seeds is made by benchmarks/loop.py; intervals below are over problems alone."
    return el("p", el("strong", told), " ", why, cls="verdict")


def headline(evidence: Evidence) -> Html:
    """Return the cards and the comparison in words."""
    lead = lead_arm(evidence)
    if lead is None:
        return el("p", "No arm has finished a round yet: nothing after the cold start was measured.", cls="note")
    cards = [_card(evidence, lead, measure) for measure in MEASURES]
    return together([el("div", *cards, cls="cards"), el("div", *comparison(evidence, lead), cls="words")])


def scope(evidence: Evidence) -> tuple[frozenset[Cell] | None, str]:
    """Return the cells a headline is about: the planted holes, or all cells where none was planted."""
    return (evidence.holes, "holes") if evidence.holes else (None, "all cells")


def _card(evidence: Evidence, lead: str, measure: Measure) -> Html:
    cells, name = scope(evidence)
    before, gain = evidence.level(lead, 0, measure, cells), evidence.gain(lead, measure, cells)
    after = evidence.level(lead, evidence.last_round(lead), measure, cells)
    title = together([el("h3", MEASURE_NAMES[measure]), el("p", MEASURE_NOTES[measure], cls="small")])
    if before is None or after is None or gain is None:
        return el("article", title, el("p", NOT_MEASURED), cls="card")
    big = el("p", f"{100 * before.mean:.0f}", el("span", " → ", cls="arrow"), f"{100 * after.mean:.0f}%", cls="big")
    said = el("p", el("b", points(*gain)), f" points on the {name}, {lead} arm", cls="small")
    return el("article", title, big, said, _dumbbells(evidence, measure), _card_table(evidence, measure), cls="card")


def _dumbbells(evidence: Evidence, measure: Measure) -> Html | None:
    cells, name = scope(evidence)
    colour = colours(evidence)
    rows = []
    for arm in evidence.arms:
        before = evidence.level(arm, 0, measure, cells)
        after = evidence.level(arm, evidence.last_round(arm), measure, cells)
        if before is not None and after is not None:
            rows.append(Dumbbell(arm, colour[arm], before.mean, *after))
    return dumbbells(rows, label=f"{name}, {measure}, before and after, by arm") if rows else None


def _card_table(evidence: Evidence, measure: Measure) -> Html:
    cells, name = scope(evidence)
    colour = colours(evidence)
    levels = {arm: evidence.level(arm, evidence.last_round(arm), measure, cells) for arm in evidence.arms}
    best = max((e.mean for e in levels.values() if e), default=None)
    rows = []
    for arm, level in levels.items():
        whole = evidence.level(arm, evidence.last_round(arm), measure)
        top = level is not None and level.mean == best
        rows.append(
            [
                el("td", arm, cls=f"name {colour[arm]}"),
                el("td", percent(level and level.mean), cls="num best" if top else "num"),
                _gain(evidence.gain(arm, measure, cells)),
                percent(whole and whole.mean),
                _gain(evidence.gain(arm, measure)),
            ]
        )
    if cells is None:
        return table(["arm", "after", "gain"], [row[:3] for row in rows])
    return table(["arm", name, "gain", "all cells", "gain"], rows, cls="compact")


def _gain(gain: Estimate | None) -> object:
    if gain is None:
        return NOT_MEASURED
    return el("td", signed(gain.mean), el("span", f"[{signed(gain.low)}, {signed(gain.high)}]", cls="ci"), cls="num")


def comparison(evidence: Evidence, lead: str) -> list[Html]:
    """Return, in words, which arm ended best on holes and on all cells, by how much and at which price."""
    cells, _ = scope(evidence)
    about: list[tuple[frozenset[Cell] | None, str]] = [(None, f"all {counted(len(evidence.cells), 'cell')}")]
    if cells is not None:
        about.insert(0, (cells, f"the {counted(len(cells), 'hole')}" if len(cells) > 1 else "the hole"))
    said = [_best_in_words(evidence, lead, among, name) for among, name in about]
    return [el("p", sentence) for sentence in said if sentence] + [el("p", _prices(evidence), cls="small")]


def _best_in_words(evidence: Evidence, lead: str, cells: frozenset[Cell] | None, name: str) -> Html | None:
    parts: list[object] = [el("b", f"On {name}: ")]
    for measure in MEASURES:
        ends = {arm: evidence.level(arm, evidence.last_round(arm), measure, cells) for arm in evidence.arms}
        found = sorted(((e.mean, arm) for arm, e in ends.items() if e), reverse=True)
        if not found:
            parts.append(f"{MEASURE_NAMES[measure]} was not measured. ")
            continue
        mean, best = found[0]
        lead_in = f"at {MEASURE_NAMES[measure].lower()} " if measure != "pass@8" else "at pass@8 "
        parts += [lead_in, el("b", best), f" ends highest with {100 * mean:.1f}%"]
        parts.append(_against(evidence, best, lead, measure, cells, found))
    return together(parts) if len(parts) > 1 else None


def _against(
    evidence: Evidence, best: str, lead: str, measure: Measure, cells: frozenset[Cell] | None,
    found: list[tuple[float, str]],
) -> str:  # fmt: skip
    other = lead if best != lead else next((arm for _, arm in found if arm != best), None)
    gap = evidence.versus(best, other, measure, cells) if other else None
    if other is None or gap is None:
        return ". "
    doubt = "" if gap.low > 0 else ", which the test problems cannot tell apart"
    weight = "a control beats the loop: " if best != lead and gap.low > 0 else ""
    return f" ({weight}{points(*gap)} points above {other}{doubt}). "


def _prices(evidence: Evidence) -> str:
    spent = [f"{arm} {evidence.spent_s(arm, evidence.last_round(arm)):.1f} s" for arm in evidence.arms]
    return (
        f"Priced alike: {listed(spent)} of training and diagnosis, at fixed prices per token. The cold start is common "
        "and not included; reading the test set is not charged. Gains in percentage points, paired by test problem, "
        "every cell weighing alike, with 95% intervals over problems."
    )
