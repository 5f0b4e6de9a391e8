"""The Rule contract and the runner: rules mark, nothing is deleted, kept and dropped both come back with reasons.

Not here: any rule (the file name below `filters/rules/` is the rule's name; there is no registration). Law: rows in =
kept + dropped, one decision per row; all reasons are kept and the first rule that marks decides.
"""

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ValidationError

from pipeline.errors import ConfigError, nearest
from pipeline.problem import Json, Problem, to_table
from pipeline.rule_context import RuleContext

Marks = list[str | None]
"""One entry per row: null keeps it, a text "cause" or "cause: particulars" marks it. The cause is a fixed phrase."""

ROW = "row"
"""The column the runner adds: a row's position over all tables, so that even equal rows can be told apart."""


def _as_it_is(collected: pa.Table, config: Any) -> pa.Table:
    return collected


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one file defines as RULE. Pure functions on tables of PROBLEM_SCHEMA plus ROW.

    A row rule: mark(table, config, context) -> Marks. A dataset rule sees only the rows that earlier rules kept:
    collect(table, config) -> small table per shard, these are concatenated, merge(collected, config) digests them once,
    and mark(table, config, context, merged) -> Marks. `version` changes whenever marks may.
    """

    version: int
    scope: Literal["row", "dataset"]
    config: type[BaseModel]
    mark: Callable[..., Marks]
    collect: Callable[[pa.Table, Any], pa.Table] | None = None
    merge: Callable[[pa.Table, Any], pa.Table] = _as_it_is

    def __post_init__(self) -> None:
        if (self.collect is not None) != (self.scope == "dataset"):
            raise ValueError("a dataset rule has collect, a row rule has none")


@dataclass(frozen=True, slots=True)
class Configured:
    """A rule with its options."""

    name: str
    rule: Rule
    config: BaseModel


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one row: the deciding rule and cause ("" when kept), and in detail every mark as JSON text."""

    uid: str
    action: Literal["keep", "drop"]
    rule: str = ""
    reason: str = ""
    detail: str = "[]"
    stage: str = "curate"

    @property
    def told(self) -> str:
        """The deciding mark as it stands, cause and particulars; "" when kept."""
        return str(json.loads(self.detail)[0][1]) if self.action == "drop" else ""


@dataclass(frozen=True, slots=True)
class Curated:
    """The kept problems in order, and one decision per problem that came in, in order."""

    kept: list[Problem]
    decisions: list[Decision]

    @property
    def dropped(self) -> dict[str, int]:
        """How many rows each "rule: cause" dropped, commonest first."""
        counts: dict[str, int] = {}
        for decision in self.decisions:
            if decision.action == "drop":
                key = f"{decision.rule}: {decision.reason}"
                counts[key] = counts.get(key, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


_ROOT = Path(__file__).parent / "rules"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all rules, sorted; found by folder, nothing is imported."""
    return tuple(sorted(path.stem for path in _ROOT.glob("*.py") if not path.name.startswith("_")))


def load(name: str) -> Rule:
    """Return the rule called `name`.

    Raises:
        ConfigError: when there is none, naming the nearest one.
    """
    if name not in names():
        raise ConfigError(f"unknown rule {name!r}{nearest(name, names())} (there are {', '.join(names())})")
    found = importlib.import_module(f"filters.rules.{name}").RULE
    assert isinstance(found, Rule)
    return found


def resolve(rules: Sequence[Mapping[str, Any] | Configured]) -> tuple[Configured, ...]:
    """Load rules given as {name, option: value, ...}.

    Raises:
        ConfigError: for an unknown rule or option, naming the nearest, or a value out of range.
    """
    return tuple(rule if isinstance(rule, Configured) else _configure(rule) for rule in rules)


def _configure(options: Mapping[str, Any]) -> Configured:
    if "name" not in options:
        raise ConfigError(f"rule {dict(options)} has no name: give one of {', '.join(names())}")
    name = options["name"]
    rule = load(name)
    given = {key: value for key, value in options.items() if key != "name"}
    known = list(rule.config.model_fields)
    for key in given:
        if key not in known:
            raise ConfigError(f"rule {name} has no option {key!r}{nearest(key, known)} (it has {', '.join(known)})")
    try:
        return Configured(name, rule, rule.config(**given))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"rule {name}, option {place} = {first['input']!r}: {first['msg']}") from error


def versions_of(rules: Sequence[Configured]) -> list[Json]:
    """Return what a recipe says of rules: name, version and every option, in order."""
    return [{"name": r.name, "version": r.rule.version, **r.config.model_dump(mode="json")} for r in rules]


def apply(
    problems: Sequence[Problem], rules: Sequence[Mapping[str, Any] | Configured], context: RuleContext
) -> Curated:
    """Run rules in order over problems; return the kept ones and a decision for each."""
    (decisions,) = decide([to_table(list(problems))], resolve(rules), context)
    kept = [p for p, decision in zip(problems, decisions, strict=True) if decision.action == "keep"]
    return Curated(kept, decisions)


def decide(
    shards: Sequence[pa.Table], rules: Sequence[Configured], context: RuleContext, *, stage: str = "curate"
) -> list[list[Decision]]:
    """Return the decisions of every row of every shard (tables of PROBLEM_SCHEMA).

    The same rows in other shards get the same decisions. `shards` may read lazily: each rule goes once or twice over
    it and only marks stay in memory.
    """
    marks: list[list[list[tuple[str, str]]]] = [[[] for _ in range(len(table))] for table in shards]
    for rule in rules:
        if rule.rule.scope == "row":
            found = [_mark_row_rule(rule, table, context) for table in shards]
        else:
            found = _mark_dataset_rule(rule, shards, context, marks)
        for shard, reasons in enumerate(found):
            for place, reason in reasons:
                marks[shard][place].append((rule.name, reason))
    return [
        [_decision(uid, row, stage) for uid, row in zip(table["uid"].to_pylist(), rows, strict=True)]
        for table, rows in zip(shards, marks, strict=True)
    ]


_Placed = list[tuple[int, str]]


def _mark_row_rule(rule: Configured, table: pa.Table, context: RuleContext) -> _Placed:
    marks = rule.rule.mark(table, rule.config, context)
    return [(place, reason) for place, reason in enumerate(_checked(rule, marks, table)) if reason is not None]


def _mark_dataset_rule(
    rule: Configured, shards: Sequence[pa.Table], context: RuleContext, marks: list[list[list[tuple[str, str]]]]
) -> list[_Placed]:
    collect = rule.rule.collect
    assert collect is not None
    alive = [[place for place, row in enumerate(rows) if not row] for rows in marks]
    starts = [sum(map(len, marks[:shard])) for shard in range(len(marks))]
    if not any(alive):
        return [[] for _ in marks]
    # not a list: one shard in memory at a time
    tables = (_alive(table, start, places) for table, start, places in zip(shards, starts, alive, strict=True))
    merged = rule.rule.merge(pa.concat_tables([collect(table, rule.config) for table in tables]), rule.config)
    placed = []
    for table, start, places in zip(shards, starts, alive, strict=True):
        seen = _alive(table, start, places)
        found = _checked(rule, rule.rule.mark(seen, rule.config, context, merged), seen)
        placed.append([(place, reason) for place, reason in zip(places, found, strict=True) if reason is not None])
    return placed


def _alive(table: pa.Table, start: int, places: list[int]) -> pa.Table:
    numbered = table.append_column(ROW, pa.array(range(start, start + len(table)), pa.int64()))
    return numbered.take(pa.array(places, pa.int64()))


def _checked(rule: Configured, marks: Marks, table: pa.Table) -> Marks:
    if len(marks) != len(table):
        raise ValueError(f"rule {rule.name} returned {len(marks)} marks for {len(table)} rows")
    return marks


def _decision(uid: str, marks: list[tuple[str, str]], stage: str) -> Decision:
    if not marks:
        return Decision(uid, "keep", stage=stage)
    rule, reason = marks[0]
    return Decision(uid, "drop", rule, reason.partition(": ")[0], json.dumps(marks, ensure_ascii=False), stage)


def decisions_table(decisions: Sequence[Decision]) -> pa.Table:
    """Return decisions as rows of the ledger's table `decisions`, in order."""
    columns = ("uid", "stage", "rule", "reason", "action", "detail")
    return pa.table({name: pa.array([getattr(d, name) for d in decisions], pa.string()) for name in columns})
