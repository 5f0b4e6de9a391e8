"""Measure a stored version with a model folder or an endpoint: the difficulty scores of anyone's data.

Not here: runs (loop). Law: draws already in the ledger are not asked again, so a broken-off measurement goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filters.measure import measure
from flows.config import SamplerConfig
from flows.policies import build_sampler
from flows.run import Note, silent
from flows.stages.score import register_protocol
from generators.judge_pool import shared_verifier
from generators.verifier_config import VerifierConfig
from pipeline.choice.difficulty import interval, posterior_mean
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError
from pipeline.problem import Problem, from_table
from pipeline.protocol import Protocol
from pipeline.score import Design, Score
from pipeline.seeds import derive
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from trainer.policy import PolicyConfig


@dataclass(frozen=True)
class Asked:
    """Whom to ask: a model folder (torch or vllm), or a model behind an OpenAI-compatible URL."""

    path: str = ""
    url: str = ""
    model: str = ""
    sampler: Literal["torch", "vllm"] = "torch"
    timeout_s: float = 60.0

    def open(self) -> Any:
        """Return a live Sampler.

        Raises:
            ConfigError: unless exactly one of path and url is given, or for a path that is no model.
        """
        if bool(self.path) == bool(self.url):
            raise ConfigError(f"path {self.path!r} and url {self.url!r}: give one of --path and --url (with --model)")
        if self.path:
            from flows.policies import build_policy

            return build_sampler(SamplerConfig(name=self.sampler), build_policy(PolicyConfig(path=self.path)))
        from trainer.samplers.http import HTTPSampler

        today = datetime.now(UTC).date().isoformat()
        return HTTPSampler(self.url, self.model, date=today, dialect="openai", timeout_s=self.timeout_s)


def measure_version(
    root: Path,
    ref: str,
    asked: Asked,
    *,
    protocol: Protocol,
    draws: int,
    design: Design = "fixed",
    limit: int | None = None,
    note: Note = silent,
) -> list[dict[str, Any]]:
    """Attempt a version's problems and append Scores; return one row per cell with its pass rate and interval.

    `limit` takes the first problems of the version alone. Test problems are scored to report, others to select. A
    sequential design gives no rate (None): it stops where the count looks settled, which biases one.
    """
    store = Store(root)
    version = store.get(ref)
    problems = from_table(store.table(version).slice(0, limit))
    ledger = Ledger(root)
    register_protocol(ledger, protocol)
    sampler = asked.open()
    try:
        scores: list[Score] = []
        for purpose, chosen in _by_purpose(problems).items():
            scores += measure(
                chosen,
                sampler=sampler,
                verifier=shared_verifier(VerifierConfig()),
                protocol=protocol,
                n=draws,
                purpose="report" if purpose == "report" else "select",
                design=design,
                seed=derive("measure", version.id),
                ledger=ledger,
                context={"run": f"measure-{version.id[:8]}", "round": 0, "arm": "", "step": 0},
                keep_rollouts=1,
                on_progress=lambda done, total: note(f"measure {version.name}", done, total),
            )
    finally:
        sampler.close()
    return _cells(problems, scores, rated=design == "fixed")


def _by_purpose(problems: Sequence[Problem]) -> dict[str, list[Problem]]:
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault("report" if problem.split == "test" else "select", []).append(problem)
    return groups


def _cells(problems: Sequence[Problem], scores: Sequence[Score], *, rated: bool) -> list[dict[str, Any]]:
    cell_of = {p.uid: Cell(p.family, p.level, p.region) for p in problems}
    counts: dict[Cell, list[int]] = {}
    for s in scores:
        entry = counts.setdefault(cell_of[s.uid], [0, 0, 0, 0])
        for place, value in enumerate((1, s.n - s.undecided, s.correct, s.truncated)):
            entry[place] += value
    rows = []
    for cell, (count, n, correct, truncated) in sorted(counts.items()):
        rate = (posterior_mean(n, correct), *interval(n, correct)) if rated else (None, None, None)
        named = zip(("pass_rate", "low", "high"), rate, strict=True)
        rows.append(
            {**cell._asdict(), "problems": count, "n": n, "correct": correct, "truncated": truncated,
             **{name: value if value is None else round(value, 4) for name, value in named}}
        )  # fmt: skip
    return rows
