"""The gallery: one generated problem of every family, each way it is worded, with verdicts. Not a card (certify).

Law: the page is a pure function of the installed families; nothing in it is typed by hand.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from generators.answers.reading.extract import place
from generators.family import generate, load, names, verify
from pipeline.problem import Certificate, Outcome, Problem, Verdict
from pipeline.store.files import write_atomic

SEED = 0
PROMPT_CHARS = 700
HEAD = """# Gallery

One problem of every family, level 1, seed {seed}, index 0, in each of its renderings. Written by
`python -c "from pathlib import Path; import flows.telling.gallery as g; g.write_gallery(Path('docs/gallery.md'))"`.
Under each problem: what the verifier says of the stored witness and of a reply that is wrong.
"""


def write_gallery(path: Path) -> None:
    """Write the gallery of all procedural families as Markdown."""
    shown = [name for name in names() if load(name).procedural]
    contents = ", ".join(f"[{name}](#{name.replace('/', '')})" for name in shown)
    parts = [HEAD.format(seed=SEED), f"{len(shown)} families: {contents}.\n", *(entry(name) for name in shown)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, "\n".join(parts).encode())


def entry(name: str) -> str:
    """Return one family's part of the gallery."""
    family = load(name)
    problems = [generate(name, level=1, seed=SEED, index=0, rendering=r, region=family.regions[0])
                for r in family.renderings]  # fmt: skip
    regions = f"; regions {', '.join(family.regions)}" if any(family.regions) else ""
    versions = f"family {family.family_version}, verifier {family.verifier_version}"
    lines = [f"## {name}\n", f"Versions: {versions}; answers: {family.answer_type}{regions}.\n"]
    lines += [_rendering(problem) for problem in problems]
    first = problems[0]
    lines.append(f"{_proof(first.certificate)}\n")
    lines += ["| reply | outcome | reason |", "|---|---|---|", *_verdicts(first)]
    return "\n".join(lines) + "\n"


def _rendering(problem: Problem) -> str:
    prompt = problem.prompt if len(problem.prompt) <= PROMPT_CHARS else problem.prompt[:PROMPT_CHARS] + " ..."
    return f"*{problem.rendering}*\n\n```text\n{prompt}\n```\n"


def _proof(certificate: Certificate) -> str:
    words = f"Proof: {certificate.status} by {certificate.evidence}"
    if certificate.solver:
        words += f" ({certificate.solver})"
    if certificate.value is not None:
        words += f", value {certificate.value}"
    if certificate.optima is not None:
        words += f", {certificate.optima} optimal answer{'' if certificate.optima == 1 else 's'}"
        words += " at least" if certificate.optima_kind == "at_least" else ""
    return words + "."


def _verdicts(problem: Problem) -> Sequence[str]:
    family = load(problem.family)
    witness = place(family.write(problem.answer, problem.rendering), problem.answer_format)
    wrong, verdict = wrong_reply(problem)
    return [_row(witness, verify(problem, witness)), _row(wrong, verdict)]


def wrong_reply(problem: Problem) -> tuple[str, Verdict]:
    """Return a readable reply that is not correct: the next problem's answer, or a cheap heuristic's, with its verdict.

    The first candidate judged wrong is taken; where none is, the last one with whatever it was judged.
    """
    family = load(problem.family)
    guesses = [guess(problem.params) for guess in family.heuristics]
    for index in range(1, 20):
        other = generate(
            problem.family, level=problem.level, seed=SEED, index=index, rendering=problem.rendering,
            region=problem.region,
        )  # fmt: skip
        guesses.append(family.write(other.answer, problem.rendering))
    judged = [(reply, verify(problem, reply)) for reply in (place(g, problem.answer_format) for g in guesses)]
    return next(((reply, v) for reply, v in judged if v.outcome is Outcome.WRONG), judged[-1])


def _row(reply: str, verdict: Verdict) -> str:
    shown = reply if len(reply) <= 100 else reply[:97] + "..."
    cell = json.dumps(shown, ensure_ascii=False)[1:-1].replace("|", "\\|").replace("`", "'")
    quality = f", quality {verdict.quality:.2f}" if 0 < verdict.quality < 1 else ""
    return f"| `{cell}` | {verdict.outcome.value}{quality} | {verdict.reason} |"
