"""The head of a run's report: what ran, what came of it, arms side by side at equal price. Not the details.

Law: a control that ends above the loop is said to, in words, and one seed claims nothing.
"""

from typing import Any

from flows.report.evidence import MEASURES, Evidence, Measure
from flows.report.figures import Dumbbell, dumbbells
from flows.report.markup import NOT_MEASURED, Html, counted, el, listed, percent, points, signed, table, together
from flows.report.queries import Facts
from pipeline.choice.mixture import Cell

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
    note = f"{MEASURE_NOTES[measure]}; n = {counted(evidence.problems(cells), 'test problem')} of {name}"
    title = together([el("h3", MEASURE_NAMES[measure]), el("p", note, cls="small")])
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
    columns = [(cells, name)] if cells is None else [(cells, name), (None, "all cells")]
    best = {}
    for among, column in columns:
        ends = (evidence.level(arm, evidence.last_round(arm), measure, among) for arm in evidence.arms)
        best[column] = max((end.mean for end in ends if end), default=None)
    rows = [
        [
            el("td", arm, cls=f"name {colours(evidence)[arm]}"),
            *(_after(evidence, arm, measure, among, best[column]) for among, column in columns),
        ]
        for arm in evidence.arms
    ]
    return table(["arm", *(f"{column}, gain" for _, column in columns)], rows, cls="compact")


def _after(evidence: Evidence, arm: str, measure: Measure, cells: frozenset[Cell] | None, best: float | None) -> object:
    after, gain = evidence.level(arm, evidence.last_round(arm), measure, cells), evidence.gain(arm, measure, cells)
    if after is None:
        return None
    rate = el("span", percent(after.mean), cls="best" if after.mean == best else None)
    if gain is None:
        return el("td", rate, NOT_MEASURED, cls="num")
    interval = el("span", f"[{signed(gain.low)}, {signed(gain.high)}]", cls="ci")
    return el("td", rate, el("span", signed(gain.mean), cls="gain"), interval, cls="num")


def comparison(evidence: Evidence, lead: str) -> list[Html]:
    """Return, in words, which arm ended best on holes and on all cells, by how much and at which price."""
    cells, _ = scope(evidence)
    about: list[tuple[frozenset[Cell] | None, str]] = [(None, f"all {counted(len(evidence.cells), 'cell')}")]
    if cells is not None:
        about.insert(0, (cells, f"the {counted(len(cells), 'hole')}"))
    said: list[Html] = []
    for among, name in about:
        items = [_best_in_words(evidence, lead, measure, among) for measure in MEASURES]
        said += [el("h3", f"Which arm ended best on {name}"), el("ul", *items)]
    return [*said, el("p", _prices(evidence), cls="small")]


def _best_in_words(evidence: Evidence, lead: str, measure: Measure, cells: frozenset[Cell] | None) -> Html:
    ends = {arm: evidence.level(arm, evidence.last_round(arm), measure, cells) for arm in evidence.arms}
    found = sorted(((e.mean, arm) for arm, e in ends.items() if e), key=lambda item: -item[0])
    name = f"{MEASURE_NAMES[measure]}: "
    if not found:
        return el("li", name, NOT_MEASURED)
    top = [arm for mean, arm in found if mean == found[0][0]]
    reached = f"{100 * found[0][0]:.1f}%"
    if len(top) > 1:
        return el("li", name, el("b", listed(top)), f" tie at {reached}.")
    best = top[0]
    other = lead if best != lead else next((arm for _, arm in found if arm != best), None)
    gap = evidence.versus(best, other, measure, cells) if other else None
    if other is None or gap is None:
        return el("li", name, el("b", best), f" ends at {reached}.")
    clear = gap.low > 0
    note: object = "; the test problems cannot tell the two apart."
    if clear:
        note = el("span", f". A control beats the {lead} arm.", cls="beaten") if best != lead else "."
    return el("li", name, el("b", best), f" ends highest, {reached}: {points(*gap)} points above {other}", note)


def _prices(evidence: Evidence) -> str:
    spent = [f"{arm} {evidence.spent_s(arm, evidence.last_round(arm)):.1f} s" for arm in evidence.arms]
    return (
        f"Priced alike: {listed(spent)} of training and diagnosis, at fixed prices per token. The cold start is common "
        "and not included; reading the test set is not charged. Gains in percentage points, paired by test problem, "
        "every cell weighing alike, with 95% intervals over problems."
    )
