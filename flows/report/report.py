"""The HTML report of a run: one self-contained file, written from the ledger and the versions alone.

Not here: any number (evidence, report_queries) or any look (report_page). Law: writing a report changes nothing it
reads, and what was not measured says so.
"""

from pathlib import Path
from urllib.parse import quote

from flows.report.cells import diagnosis, learning_curves, mixtures, rates_by_cell
from flows.report.details import costs, datasets, glossary, outcomes, questions, rollouts, training
from flows.report.evidence import Evidence, load_evidence
from flows.report.headline import described, heading, headline
from flows.report.markup import Html, el, table, together
from flows.report.noise import noise
from flows.report.page import page, section
from flows.report.queries import Facts, gather
from pipeline.store.files import write_atomic


def write_report(root: Path, run_id: str | None) -> Path:
    """Write the report of a run (the newest when None) and return its path, `root`/reports/<run id>.html.

    Raises:
        ConfigError: when the root holds no such run.
    """
    evidence = load_evidence(root, run_id)
    path = root / "reports" / f"{quote(evidence.run_id, safe='')}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, render(evidence, gather(evidence)).encode())
    return path


def render(evidence: Evidence, facts: Facts) -> str:
    """Return the report's HTML."""
    head = together([heading(evidence, facts), headline(evidence), _arms(evidence)])
    return page(f"veriloop: {evidence.run_id}", head, _sections(evidence, facts), _foot(evidence))


def _sections(evidence: Evidence, facts: Facts) -> list[tuple[str, str, Html]]:
    told = [
        ("Pass rate by cell", "Every cell on test: the common cold start, then each round of each arm.",
         rates_by_cell(evidence)),
        ("Learning curves", "What each arm's money bought.", learning_curves(evidence)),
        ("Diagnosis", "What the loop believed before each round, from probe alone, and what it did about it.",
         diagnosis(evidence)),
        ("Mixture", "Where new problems were made in each round.", mixtures(evidence, facts.drawn)),
        ("Training", "What the optimiser saw.", training(evidence, facts.curves)),
        ("Verifier outcomes", "How replies were judged, and why.", outcomes(evidence, facts)),
        ("Verifier noise", "How often verifiers are wrong, and what attacks achieved.", noise(evidence)),
        ("Replies to read", "Numbers hide habits: read some.", rollouts(evidence, facts.reading)),
        ("Data", "The dataset versions this run made and read.", datasets(evidence, facts)),
        ("Cost", "What each arm spent, by stage.", costs(evidence, facts.cold_start)),
        ("Ask the ledger", "Everything above is a query over these views.", questions(evidence, facts)),
    ]  # fmt: skip
    return [section(number, name, lede, content) for number, (name, lede, content) in enumerate(told, start=1)]


def _arms(evidence: Evidence) -> Html:
    rows = [[arm["name"], described(arm)] for arm in evidence.config["loop"]["arms"]]
    if not rows:
        return el("p", "This run has no arms.", cls="note")
    return together([el("h3", "The arms"), table(["arm", "what it does with the same price"], rows, text=(0, 1)),
                     glossary()])  # fmt: skip


def _foot(evidence: Evidence) -> Html:
    return el("footer", f"Written by veriloop from {evidence.root} alone: its ledger and its dataset versions.")
