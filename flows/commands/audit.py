"""What `veriloop audit` does with its options and how its findings are told. Not the audit itself.

Law: rates of an audit and results of attacks stand apart, and what was not audited says so.
"""

import os
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

from flows.commands.options import Note
from flows.judging.audit import Audit, attack_lines, audit_root, rate_lines
from flows.judging.audit_file import audit_file
from flows.judging.grading import Grading
from flows.telling.output import say, say_table
from pipeline.errors import ConfigError
from pipeline.fingerprint import content_hash

JUDGE_KEY = "VERILOOP_JUDGE_KEY"
"""Environment variable with the API key of the judge, if it wants one."""


def audit_rollouts(
    root: Path, *, ref: str | None, per_stratum: int, total: int, url: str, model: str, appeals: int, timeout_s: float,
    retries: int, workers: int, note: Note,
) -> Audit:  # fmt: skip
    """Audit a root's rollouts, with appeals where a judge is named.

    Raises:
        ConfigError: when only one of url and model is given.
    """
    if bool(url) != bool(model):
        raise ConfigError(f"--judge-url {url!r} and --judge-model {model!r}: give both, or neither")
    from flows.judging.appeals import Judge
    from trainer.samplers.http import HTTPSampler

    sampler = None
    if url:
        key = os.environ.get(JUDGE_KEY, "")
        sampler = HTTPSampler(
            url, model, api_key=key, key_from=f"in {JUDGE_KEY}", dialect="openai", timeout_s=timeout_s, retries=retries
        )
    with closing(sampler) if sampler else nullcontext():
        judge = Judge(sampler, judge_name(url, model)) if sampler else None
        return audit_root(
            root, ref=ref, per_stratum=per_stratum, total=total, judge=judge, appeals=appeals, workers=workers,
            note=note,
        )  # fmt: skip


def judge_name(url: str, model: str) -> str:
    """Return what a judge's answers are labelled by: the model, its host, and a hash that tells two addresses apart."""
    return f"{model} at {urlsplit(url).hostname} ({content_hash([url.rstrip('/'), model])[:6]})"


def audit_of_file(file: Path, grading: Grading, *, per_stratum: int, total: int, note: Note) -> Audit:
    """Audit a graded file.

    Raises:
        ConfigError: when a column is not named.
    """
    if not grading.gold or not grading.pred:
        raise ConfigError(f"--file {file} needs --gold and --pred, the names of its columns")
    return audit_file(file, grading, per_stratum=per_stratum, total=total, note=note)


def tell(found: Audit, *, of_root: bool) -> None:
    """Print rates and disagreements for a person."""
    head = ("family", "verifier", "answers", "judge", "false accepts [95%]", "false rejects [95%]", "abstained")
    start = 0 if of_root else 2
    title = f"how often: {found.sampled} verdicts audited, re-weighted to all"
    say_table(head[start:], (line[start:] for line in rate_lines(found.rates)), title=title)
    if of_root:
        title = "what can be fooled: attacks accepted when certified (a constant, near miss or some junk may be right)"
        say_table(("family", "verifier", "attacks"), attack_lines(found.rates), title=title)
    if found.left_out:
        say(f"left out: {', '.join(found.left_out)}: not installed, so that nobody can judge again")
    say(*_disagreements(found))
    if found.appeals is not None:
        say("appeals: " + (", ".join(f"{n} {status}" for status, n in sorted(found.appeals.items())) or "none"))
        if "pending" in found.appeals:
            say("the same command asks the judge about those that are pending")


def _disagreements(found: Audit) -> Iterator[str]:
    for row in found.disagreements:
        place = f"{row['family']} {row['uid'][:12]}" if "uid" in row else f"row {row['row']}, gold {row['gold']!r}"
        yield f"disagreed: {place} {row['verdict']} of {row['extracted']!r}; {row['judge']}: {row['why']}"
