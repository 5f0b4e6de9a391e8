"""Measure stored versions with a model folder or an endpoint: the difficulty scores of anyone's data.

Not here: runs (loop), nor what is said of the result (telling). Law: draws already in the ledger are not asked again,
so a broken-off measurement goes on; a rate that is shown is correct over tried.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from filters.asker import Tally
from filters.measure import BATCH_DRAWS, Place, SequentialConfig, measure
from flows.config import SamplerConfig
from flows.policies import build_policy, build_sampler
from flows.run import Note, silent
from flows.stages.score import register_protocol
from generators.judge_pool import shared_verifier
from generators.verifier_config import VerifierConfig
from pipeline.choice.difficulty import rate_interval
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError, PipelineError
from pipeline.problem import Problem, from_table
from pipeline.protocol import Protocol
from pipeline.score import Design, Purpose, Score
from pipeline.seeds import derive
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from trainer.policy import PolicyConfig, check_askable

KEY_VARIABLES = ("VERILOOP_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold an endpoint's key; the first that is set counts."""
LOCAL_BATCH = {"torch": 512, "vllm": 2048}
"""Draws that a model of this machine gives between two writes to the ledger."""
WAVES = 64
"""Draws of an endpoint asked for at once, in calls under way: few wait for the slowest."""


@dataclass(frozen=True)
class Asked:
    """Whom to ask: a model folder (torch or vllm), or a model behind an OpenAI-compatible URL.

    `api_key_env` names the environment variable with the endpoint's key; "" takes the first of KEY_VARIABLES that is
    set. `policy_date` tells one state of the model behind a name from another.
    """

    path: str = ""
    url: str = ""
    model: str = ""
    sampler: Literal["torch", "vllm"] = "torch"
    dialect: Literal["openai", "vllm"] = "openai"
    api_key_env: str = ""
    policy_date: str = ""
    timeout_s: float = 600.0
    retries: int = 6
    concurrency: int = 32

    def open(self, protocol: Protocol) -> Any:
        """Return a live Sampler.

        Raises:
            ConfigError: unless exactly one of path and url is given, for a path that is no model or cannot be asked
                so, or for a key variable that is not set.
        """
        if bool(self.path) == bool(self.url):
            raise ConfigError(f"path {self.path!r} and url {self.url!r}: give one of --path and --url (with --model)")
        if self.path:
            config = PolicyConfig(path=self.path)
            check_askable(config, protocol)
            return build_sampler(SamplerConfig(name=self.sampler), build_policy(config))
        from trainer.samplers.http import HTTPSampler

        return HTTPSampler(
            self.url, self.model, date=self.policy_date, api_key=endpoint_key(self.api_key_env),
            key_from="name its environment variable with --api-key-env", dialect=self.dialect,
            timeout_s=self.timeout_s, retries=self.retries, concurrency=self.concurrency,
        )  # fmt: skip

    @property
    def batch_draws(self) -> int:
        """How many draws are asked for at once."""
        return LOCAL_BATCH[self.sampler] if self.path else max(BATCH_DRAWS, WAVES * self.concurrency)


def endpoint_key(variable: str) -> str:
    """Return the key of an endpoint from the environment, "" where none is set.

    Raises:
        ConfigError: for a named variable that is not set.
    """
    if variable and not os.environ.get(variable, "").strip():
        raise ConfigError(
            f"--api-key-env {variable}: that environment variable is not set; export it with the endpoint's key, or "
            "leave the option out for an endpoint that wants none"
        )
    names = (variable,) if variable else KEY_VARIABLES
    return next((key for name in names if (key := os.environ.get(name, "").strip())), "")


@dataclass
class Measured:
    """What a measurement found: a row per version and cell, the problems not asked, what it took and met.

    `took_s` is the time of this call alone; `retried` are calls that were sent again.
    """

    cells: list[dict[str, Any]] = field(default_factory=list)
    unasked: list[dict[str, Any]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    took_s: float = 0.0
    retried: int = 0

    def total(self, name: str) -> int:
        """Return the sum of a count over all cells."""
        return sum(row.get(name, 0) for row in self.cells)


def measure_versions(
    root: Path,
    refs: Sequence[str],
    asked: Asked,
    *,
    protocol: Protocol,
    draws: int,
    design: Design = "fixed",
    band: tuple[float, float] | None = None,
    limit: int | None = None,
    note: Note = silent,
) -> Measured:
    """Attempt the problems of versions and append Scores; return counts per version and cell, with rate and interval.

    `limit` takes the first problems of each version alone. Test problems are scored to report, others to select. A
    sequential design gives no rate (None): it stops where the count looks settled, which biases one; it says how many
    problems lie in the pass band instead. A prompt that is not taken is named and left out of the counts.

    Raises:
        ConfigError: for what `Asked.open` refuses, a version that is not there, or where no prompt at all was taken.
        PipelineError: where the policy gave no reply at all.
    """
    store, ledger = Store(root), Ledger(root)
    versions = [store.get(ref) for ref in dict.fromkeys(refs)]
    rule = SequentialConfig(low=band[0], high=band[1]) if band else SequentialConfig()
    register_protocol(ledger, protocol)
    found, began = Measured(), time.monotonic()
    sampler = asked.open(protocol)
    try:
        for version in versions:
            problems = from_table(store.table(version).slice(0, limit))
            scores = [
                score
                for purpose, chosen in _by_purpose(problems).items()
                for score in measure(
                    chosen, sampler=sampler, verifier=shared_verifier(VerifierConfig()), protocol=protocol, n=draws,
                    purpose=purpose, design=design, sequential=rule, seed=derive("measure", version.id), ledger=ledger,
                    context={"run": f"measure-{version.id[:8]}", "round": 0, "arm": "", "step": 0}, keep_rollouts=1,
                    batch_draws=asked.batch_draws, tally=found.tally,
                    on_progress=_noting(note, version.name, purpose),
                )
            ]  # fmt: skip
            of_problem = {problem.uid: problem for problem in problems}
            found.cells += _cells(version.name, of_problem, scores, rule if design == "sequential" else None)
            found.unasked += _unasked(version.name, of_problem, found.tally)
        found.took_s, found.retried = time.monotonic() - began, getattr(sampler, "retried", 0)
    finally:
        sampler.close()
    _refuse_nothing(found)
    return found


def _noting(note: Note, name: str, purpose: Purpose) -> Callable[[int, int], None]:
    label = f"measure {name}" + (" (test)" if purpose == "report" else "")
    return lambda done, total: note(label, done, total)


def _by_purpose(problems: Sequence[Problem]) -> dict[Purpose, list[Problem]]:
    groups: dict[Purpose, list[Problem]] = {}
    for problem in problems:
        groups.setdefault("report" if problem.split == "test" else "select", []).append(problem)
    return groups


COUNTS = ("n", "correct", "malformed", "truncated", "refused", "undecided")
"""The counts of a Score that a cell shows."""


def _cells(
    version: str, problems: Mapping[str, Problem], scores: Sequence[Score], rule: SequentialConfig | None
) -> list[dict[str, Any]]:
    """Return a row per cell: counts, and a rate with its interval over problems or, by a rule, places in the band."""
    by_cell: dict[Cell, list[Score]] = {}
    for score in scores:
        problem = problems[score.uid]
        by_cell.setdefault(Cell(problem.family, problem.level, problem.region), []).append(score)
    rows = []
    for cell, found in sorted(by_cell.items()):
        tried = [(score.n - score.undecided, score.correct) for score in found]
        row: dict[str, Any] = {"version": version, **cell._asdict(), "problems": len(found)}
        row |= {name: sum(getattr(score, name) for score in found) for name in COUNTS}
        row |= {"unasked": sum(score.n == 0 for score in found)}
        rows.append({**row, **(_rate(tried) if rule is None else _places(tried, rule))})
    return rows


def _rate(tried: Sequence[tuple[int, int]]) -> dict[str, float | None]:
    n, correct = sum(n for n, _ in tried), sum(c for _, c in tried)
    values = (correct / n, *rate_interval(tried)) if n else (None, None, None)
    rounded = (None if value is None else round(value, 4) for value in values)
    return dict(zip(("pass_rate", "low", "high"), rounded, strict=True))


def _places(tried: Sequence[tuple[int, int]], rule: SequentialConfig) -> dict[str, Any]:
    """Return how many problems lie in the band, beyond it and nowhere yet; a rate would be biased by the stopping."""
    places = Counter(rule.place(n, c) for n, c in tried)
    counts = {place.replace(" ", "_"): places[place] for place in get_args(Place)}
    return {"pass_rate": None, "low": None, "high": None, **counts}


def _unasked(version: str, problems: Mapping[str, Problem], tally: Tally) -> list[dict[str, Any]]:
    return [
        {"version": version, "uid": uid, "why": tally.unasked[uid], "prompt": problem.prompt[:80]}
        for uid, problem in problems.items()
        if uid in tally.unasked
    ]


def _refuse_nothing(found: Measured) -> None:
    """Raise where a measurement has not one reply: what is wrong is wrong with all of it."""
    if found.total("n") > found.total("undecided"):
        return
    if found.tally.given_up:
        why, _ = found.tally.given_up.most_common(1)[0]
        raise PipelineError(f"{why}; no reply came: mend the endpoint, then run the same command again")
    if found.unasked:
        raise ConfigError(f"{found.unasked[0]['why']}; no prompt was taken: correct the way they are asked")
