"""Audit a root's stored verdicts: sample accepts and rejects, ask second opinions, write error rates to the ledger.

Not here: the opinions (generators.second), the estimates (choice.noise), the model judge (appeals). Law: the sample
is a function of the stored rollouts and its size; an audit changes no verdict, no score and no reward.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from flows.judging.appeals import MOST, Appeal, Judge, Key, hear, heard_by, waiting
from flows.judging.audit_sample import Verdicts, fetch, stored_verdicts
from flows.judging.audited import APPEAL, FREE, KINDS, Judged, attack_counts, rate_of
from flows.run import Note, silent
from generators.family import load
from generators.second.opinion import Opinion, Question, opinions, proven_unique, question
from pipeline.choice.noise import Checked, Rate, Stratum, allocate, chosen, error_rates
from pipeline.errors import ConfigError, PipelineError
from pipeline.fingerprint import content_hash
from pipeline.problem import Problem
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store

Row = dict[str, Any]
Ask = Callable[[Sequence[Question]], Iterable[Opinion]]
SHOWN_DISAGREEMENTS = 20


class NothingStored(ConfigError):
    """Raised when a root holds no rollouts that could be audited."""


class Second(NamedTuple):
    """One audited rollout: what the verifier was asked and what the second opinion says."""

    key: Key
    problem: Problem
    reply: str
    extracted: str | None
    opinion: Opinion


@dataclass(frozen=True)
class Audit:
    """What an audit found: `rates` are rows of the ledger's audits, `disagreements` the first errors found, `left_out`
    families that are not installed.
    """

    rates: list[Row]
    disagreements: list[Row]
    sampled: int
    left_out: tuple[str, ...] = ()
    appeals: dict[str, int] | None = None
    trouble: PipelineError | None = None

    def to_json(self) -> Row:
        """Return it as a JSON object."""
        return {
            "rates": [{**row, "said": rate_of(row).said()} for row in self.rates],
            "disagreements": self.disagreements,
            "sampled": self.sampled,
            "left_out": list(self.left_out),
            "appeals": self.appeals,
            "trouble": str(self.trouble) if self.trouble else None,
        }


def audit_root(
    root: Path,
    *,
    ref: str | None = None,
    per_stratum: int = 50,
    total: int = 0,
    workers: int = 1,
    judge: Judge | None = None,
    appeals: int = MOST,
    note: Note = silent,
    ask: Ask | None = None,
) -> Audit:
    """Audit the stored rollouts of a root, or of one version's problems, and write their rates to the ledger.

    At least `per_stratum` verdicts of each stratum (family, verifier version, answer type, policy, protocol, split,
    outcome) are asked about, and up to `total` in all. With a judge the same rejects go to appeal, at most `appeals`
    in one call; trouble with it is returned, after everything else is written.

    Raises:
        NothingStored: when the root holds no rollouts to audit.
    """
    version = Store(root).get(ref).id if ref else ""
    ledger = Ledger(root)
    verdicts = stored_verdicts(root, version, most=max(per_stratum, total))
    if not verdicts.stored:
        raise NothingStored(
            f"{root} holds no stored rollouts{f' of version {version[:8]}' if ref else ''} to audit: measure with "
            "`veriloop measure`, or a run with measure.keep_rollouts above 0"
        )
    counts = allocate(verdicts.stored, floor=per_stratum, total=total)
    picked = {stratum: chosen(keys, counts[stratum], *stratum) for stratum, keys in verdicts.first.items()}
    found = _second_opinions(root, picked, ask or (lambda asked: opinions(asked, workers=workers)), note)
    rates = rate_rows(verdicts.given, _opined(found), judges=_judges(found))
    _write(ledger, rates, part=content_hash(["audit", version, "second opinion"]))
    done = Audit(rates, _disagreements(found), sum(map(len, found.values())), verdicts.left_out)
    if judge is None:
        return done
    return _with_appeals(ledger, done, verdicts, found, judge, version=version, most=appeals, note=note)


def _second_opinions(
    root: Path, picked: Mapping[Stratum, Sequence[Key]], ask: Ask, note: Note
) -> dict[Stratum, list[Second]]:
    keys = [(stratum, key) for stratum, keys in picked.items() for key in keys]
    texts = fetch(root, [key for _, key in keys])
    keys = [(stratum, key) for stratum, key in keys if key in texts]
    found: dict[Stratum, list[Second]] = {stratum: [] for stratum in picked}
    asked = [question(texts[key][0], texts[key][1]) for _, key in keys]
    for done, ((stratum, key), opinion) in enumerate(zip(keys, ask(asked), strict=True), start=1):
        found[stratum].append(Second(key, *texts[key], opinion))
        note("audit", done, len(keys))
    return found


def _opined(found: Mapping[Stratum, Sequence[Second]]) -> dict[Stratum, tuple[int, int, int]]:
    """Return (decided, errors, abstained) of each stratum."""
    counts = {}
    for stratum, seconds in found.items():
        decided = [second for second in seconds if second.opinion.right is not None]
        errors = sum(second.opinion.right is not stratum.accepted for second in decided)
        counts[stratum] = (len(decided), errors, len(seconds) - len(decided))
    return counts


def _judges(found: Mapping[Stratum, Sequence[Second]]) -> dict[Judged, str]:
    """Return who decided, for each verifier; "none" where all abstained."""
    names: dict[Judged, set[str]] = {}
    for stratum, seconds in found.items():
        own = names.setdefault(Judged(*stratum[:3]), set())
        own |= {second.opinion.judge for second in seconds if second.opinion.right is not None}
    return {key: " + ".join(sorted(found)) or "none" for key, found in names.items()}


def rate_rows(
    given: Mapping[Stratum, int], audited: Mapping[Stratum, tuple[int, int, int]], *, judges: Mapping[Judged, str]
) -> list[Row]:
    """Return rows of the table audits: each verifier over all policies and splits, over the open splits, by policy."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows: list[Row] = []
    for key in sorted(judges):
        own = [stratum for stratum in given if stratum[:3] == tuple(key)]
        policies = sorted({stratum.policy for stratum in own} - {""})
        for policy, split in [("", ""), ("", "open"), *((policy, "") for policy in policies)]:
            among = [s for s in own if s.policy == (policy or s.policy) and s.split == (split or s.split)]
            if not among:
                continue
            for rate in error_rates(*(_checked(among, given, audited, accepted) for accepted in (True, False))):
                place = {**key._asdict(), "policy": policy, "split": split, "judge": judges[key], "audited_utc": now}
                rows.append({**place, **_fields(rate)})
    return rows


def _checked(
    strata: Sequence[Stratum],
    given: Mapping[Stratum, int],
    audited: Mapping[Stratum, tuple[int, int, int]],
    accepted: bool,
) -> list[Checked]:
    own = [stratum for stratum in strata if stratum.accepted is accepted]
    return [Checked(given[stratum], *audited.get(stratum, (0, 0, 0))) for stratum in own]


def _fields(rate: Rate) -> Row:
    return {name: getattr(rate, name) for name in Rate.__slots__}


def _write(ledger: Ledger, rows: Sequence[Row], *, part: str) -> None:
    ledger.append("audits", pa.Table.from_pylist(list(rows)), part=part, run="audit")


def _disagreements(found: Mapping[Stratum, Sequence[Second]]) -> list[Row]:
    return [
        {
            "uid": second.key.uid, "family": stratum.family, "verdict": "accept" if stratum.accepted else "reject",
            "extracted": second.extracted, "judge": second.opinion.judge, "why": second.opinion.why,
            "reply": second.reply[-200:],
        }
        for stratum, seconds in found.items()
        for second in seconds
        if second.opinion.right is not None and second.opinion.right is not stratum.accepted
    ][:SHOWN_DISAGREEMENTS]  # fmt: skip


def _with_appeals(
    ledger: Ledger,
    done: Audit,
    verdicts: Verdicts,
    found: Mapping[Stratum, Sequence[Second]],
    judge: Judge,
    *,
    version: str,
    most: int,
    note: Note,
) -> Audit:
    """Put the audited rejects, and what earlier calls left pending, to the judge; write its false-reject rates."""
    rejects = {
        s.key: (s.problem, s.reply, s.extracted) for k, seconds in found.items() if not k.accepted for s in seconds
    }
    late = fetch(ledger.root, [key for key in waiting(ledger) if key not in rejects])
    appeals = [appeal for key, texts in (rejects | late).items() if (appeal := _appeal(key, *texts)) is not None]
    trouble: PipelineError | None = None
    try:
        hear(ledger, appeals, judge, most=most, note=note)
    except PipelineError as error:
        trouble = error
    heard = heard_by(ledger, judge, [appeal.key for appeal in appeals])
    statuses = dict(sorted(Counter(heard.values()).items()))
    if waited := len(waiting(ledger)):
        statuses["pending"] = waited
    rates = _appeal_rates(verdicts, found, heard, judge.name) if heard else []
    if rates:
        _write(ledger, rates, part=content_hash(["audit", version, judge.name]))
    return replace(done, rates=[*done.rates, *rates], appeals=statuses, trouble=trouble)


def _appeal(key: Key, problem: Problem, reply: str, extracted: str | None) -> Appeal | None:
    """Return the appeal of a rejected answer, or None where equality with the witness is not what is asked for."""
    family = load(problem.family)
    if family.answer_type != FREE and not proven_unique(problem.certificate):
        return None
    return Appeal(key, problem.prompt, family.write(problem.answer, problem.rendering), extracted)


def _appeal_rates(
    verdicts: Verdicts, found: Mapping[Stratum, Sequence[Second]], heard: Mapping[Key, str], name: str
) -> list[Row]:
    """Return the false-reject rates by appeals; accepts without a second opinion are taken to be right.

    Source: the appeals mechanism of arXiv 2510.00915: recovered / (recovered + accepted).
    """
    counts = _opined(found)
    for stratum, seconds in found.items():
        said = [heard[second.key] for second in seconds if second.key in heard]
        if not stratum.accepted:
            overturned = said.count("overturned")
            counts[stratum] = (overturned + said.count("upheld"), overturned, said.count("unclear"))
        elif counts[stratum][0] == 0:
            counts[stratum] = (verdicts.given[stratum], 0, 0)
    judges = {Judged(*stratum[:3]): f"{APPEAL}{name}" for stratum in found}
    return [row for row in rate_rows(verdicts.given, counts, judges=judges) if row["kind"] == "false_reject"]


def rate_lines(rates: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    """Yield one line per verifier and judge over all policies: family, version, answers, judge, rates, abstentions."""
    pairs: dict[tuple[Any, ...], dict[str, Row]] = {}
    for row in rates:
        if row["policy"] == "" and row["split"] == "":
            key = (row["family"], row["verifier_version"], row["answer_type"], row["judge"])
            pairs.setdefault(key, {})[row["kind"]] = row
    for key, kinds in pairs.items():
        abstained = sum(row["abstained"] for row in kinds.values())
        asked = abstained + sum(row["n"] for row in kinds.values())
        said = [rate_of(kinds[kind]).said() if kind in kinds else "" for kind in KINDS]
        yield *key, *said, f"{abstained} of {asked}"


def attack_lines(rates: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    """Yield per verifier what attacks achieved when its family was certified: family, version, accepted of tried."""
    for family, version in dict.fromkeys((row["family"], row["verifier_version"]) for row in rates):
        counts = attack_counts(family, version)
        said = ", ".join(f"{kind} {n} of {tried}" for kind, (n, tried) in (counts or {}).items())
        yield family, version, said or "no card of this version"
