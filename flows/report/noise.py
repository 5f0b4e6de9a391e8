"""The report's section on verifier noise: audited error rates, and apart from them what attacks achieved.

Not here: the audit, or any estimate (choice.noise). Law: a verifier that was not audited says so, and an attack is
never shown as a rate of errors.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from flows.judging.audited import KINDS, Judged, Row, attack_counts, newest, rate_of
from flows.report.evidence import Evidence
from flows.report.figures import Frame, dot, line, svg, text
from flows.report.markup import NOT_MEASURED, Html, el, fold, reading, table, together
from generators.family import load, names
from pipeline.choice.noise import Kind, Rate, as_percent
from pipeline.store.ledger import Ledger

ATTACKS = ("hedge", "junk", "misplaced", "near miss", "constant")
TICKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
_WIDTH, _ROW = 527, 22
NAMES: Mapping[Kind, tuple[str, str]] = {
    "false_accept": ("False accepts", "c1"),
    "false_reject": ("False rejects", "c0"),
}
"""Title and colour class of each kind of error."""

Rates = Mapping[Judged, Mapping[Kind, Row]]


def noise(evidence: Evidence) -> Html:
    """Return the error rates of the run's verifiers with their intervals, and the attack results beside them."""
    ledger = Ledger(evidence.root)
    families = {cell.family for cell in evidence.cells}
    rates = {key: kinds for key, kinds in newest(ledger).items() if key.family in families}
    installed = {(name, load(name).verifier_version) for name in families & set(names())}
    missing = [Judged(*verifier, "") for verifier in installed - {key[:2] for key in rates}]
    shown: Rates = dict(sorted({**rates, **{key: {} for key in missing}}.items()))
    if not rates:
        note = "No verdict of this run was audited: `veriloop audit` asks second opinions on a sample of them."
        return together([_table(shown), reading(note), reading(_ATTACK_WORDS)])
    words = [reading(_FIGURE_WORDS), reading(_RATE_WORDS), reading(_ATTACK_WORDS)]
    return together([_figure(shown), _table(shown), *words, _by_policy(evidence, ledger)])


_FIGURE_WORDS = (
    "Picture: 95% intervals on a square-root axis; hollow: no error was found; dashed: the worst case. An interval is "
    "wide where few replies were truly wrong, or truly right, however many were audited."
)
_RATE_WORDS = (
    "False accept: P(accepted | truly wrong); false reject: P(rejected | truly right), re-weighted "
    "from a stratified audit of accepts and rejects to all verdicts given. Truth is what the second opinion says; what "
    "it abstained on is in no rate, and the worst case takes every abstention for an error."
)
_ATTACK_WORDS = (
    "Attacks: replies made to fool the verifier, accepted / tried, from the card of its family and version. They say "
    "what can be fooled, not how often it happens; a near miss, a constant or some junk may be right by chance."
)


def _table(rates: Rates) -> Html:
    head = [
        "family", "verifier", "false accept", "false reject", "abstained",
        el("th", "attacks: hedge", cls="num block"), *ATTACKS[1:],
    ]  # fmt: skip
    rows: list[list[object]] = []
    for key, kinds in rates.items():
        judges = "; ".join(sorted({row["judge"] for row in kinds.values()}))
        found = {kind: rate_of(kinds[kind]) if kind in kinds else None for kind in KINDS}
        known = [rate for rate in found.values() if rate is not None]
        family = el("td", key.family, el("span", _answers(key), cls="ci"))
        verifier = el("td", f"version {key.verifier_version}", el("span", judges or None, cls="ci"))
        abstained = f"{sum(rate.abstained for rate in known):,}" if known else NOT_AUDITED
        rows.append([family, verifier, *(_rate_cell(found[kind]) for kind in KINDS), abstained, *_attack_cells(key)])
    return table(head, rows, text=(0, 1), cls="compact")


def _answers(key: Judged) -> str:
    return key.answer_type or load(key.family).answer_type


NOT_AUDITED = Html('<span class="absent">not audited</span>')


def _rate_cell(rate: Rate | None) -> Html:
    if rate is None or rate.rate is None:
        return el("td", NOT_AUDITED, el("span", rate.why, cls="ci") if rate else None, cls="num")
    verdicts = "accepts" if rate.kind == "false_accept" else "rejects"
    under = f"{rate.errors:,} error{'s' * (rate.errors != 1)} in {rate.n:,} of {rate.population:,} {verdicts}"
    worst = el("span", f"worst case below {as_percent(rate.worst)}", cls="ci") if rate.abstained else None
    return el("td", rate.estimate(), el("span", under, cls="ci"), worst, cls="num")


def _attack_cells(key: Judged) -> list[object]:
    counts = attack_counts(key.family, key.verifier_version)
    if counts is None:
        return [el("td", Html('<span class="absent">no card</span>'), cls="num block"), *("–" for _ in ATTACKS[1:])]
    said = [f"{counts[kind][0]}/{counts[kind][1]}" if kind in counts else NOT_MEASURED for kind in ATTACKS]
    return [el("td", said[0], cls="num block"), *said[1:]]


def _figure(rates: Rates) -> Html:
    """Return two panels of intervals, one row per verifier; on a narrow page one below the other."""
    names = [f"{key.family}, {_answers(key)}, v{key.verifier_version}" for key in rates]
    rows = list(rates.values())
    return el("div", *(_panel(kind, names, [kinds.get(kind) for kinds in rows]) for kind in KINDS), cls="pair")


def _panel(kind: Kind, names: Sequence[str], rows: Sequence[Mapping[str, Any] | None]) -> Html:
    title, colour = NAMES[kind]
    height = _ROW * len(names) + 54
    frame = Frame((0, 1), (0, 1), 20 + 6.6 * max(map(len, names)), _WIDTH - 20, 34, height - 20)
    parts: list[object] = [text(frame.left, 16, title, cls="title")]
    for tick in TICKS:
        x, _ = frame.at(math.sqrt(tick), 0)
        parts += [
            line(x, frame.top, x, frame.bottom, "grid"),
            text(x, frame.bottom + 16, f"{100 * tick:g}%", anchor="middle"),
        ]
    for i, (name, row) in enumerate(zip(names, rows, strict=True)):
        y = frame.top + _ROW * (i + 0.5)
        parts.append(text(frame.left - 12, y + 4, name, anchor="end"))
        rate = None if row is None else rate_of(row)
        if rate is None or rate.rate is None:
            parts.append(text(frame.left + 6, y + 4, "not audited"))
            continue
        low, high, worst, middle = (frame.at(math.sqrt(v), 0)[0] for v in (rate.low, rate.high, rate.worst, rate.rate))
        parts += [
            line(high, y, worst, y, "rule"),
            line(low, y, high, y, f"whisker {colour}"),
            dot(middle, y, f"{'dot' if rate.errors else 'hollow'} {colour}", title=rate.said()),
        ]
    return svg(_WIDTH, height, *parts, label=f"{title} of the verifiers with 95% intervals")


def _by_policy(evidence: Evidence, ledger: Ledger) -> Html:
    """Return the rates of each policy of the run, folded."""
    rows = []
    for policy, places in evidence.places.items():
        label = ", ".join(f"{arm} {number}" if arm else "cold start" for arm, number in places)
        for key, kinds in newest(ledger, policy=policy).items():
            said = [rate_of(kinds[kind]).said() if kind in kinds else NOT_AUDITED for kind in KINDS]
            rows.append([label, key.family, key.answer_type, key.verifier_version, *said])
    if not rows:
        return el("p", "Not audited by policy.", cls="small")
    return fold("By policy", table(["policy", "family", "answers", "verifier", "false accept", "false reject"], rows,
                                   text=range(6), cls="answer"))  # fmt: skip
