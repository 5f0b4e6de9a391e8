"""Which instances meet which versions of a root: what it holds out, and who has shown it. Not the marking of rows.

An instance is held out by every version that has it in test, whatever else a rule found wrong with the row. Law:
questions meet by instance, and by their text: a problem exported as text is no instance of its family any more.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.stages.curate import agrees
from flows.stages.held_out import HeldOut, place
from pipeline.problem import Problem, from_row
from pipeline.question import SQL_ASKED, asked_text, question_of
from pipeline.store.query import asking, quoted
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion

_KEPT = "CASE WHEN contains(params, '\"question\":') THEN params->>'$.question' END"
_ASKED = SQL_ASKED.format(f"coalesce({_KEPT}, prompt)")

_ROWS = "SELECT instance_hash, params, prompt, version, name FROM "
_TEST = f"{_ROWS} problems WHERE split = 'test' UNION ALL {_ROWS} dropped WHERE split = 'test'"
"""What is in test, whatever else was wrong with a row: a question with two answers is held out all the same."""
_SHOWN = f"{_ROWS} problems WHERE split <> 'test'"


def held_out_among(root: Path, problems: Sequence[Problem]) -> HeldOut:
    """Return which instances of these problems that are not in test the root holds out."""
    return _held_out(_meetings(root, _asked([p for p in problems if p.split != "test"]), _TEST))


def held_out_in(root: Path, version: DatasetVersion) -> HeldOut:
    """Return which instances of a version the root holds out by now, though they stand outside its test."""
    rows = f"FROM problems WHERE version = {quoted(version.id)} AND split <> 'test'"
    return _held_out(_meetings(root, f"SELECT DISTINCT instance_hash, {_ASKED} AS asked {rows}", _TEST))


def shown_before(root: Path, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return the versions that hold some of these instances outside test: each with how many, and an example."""
    asked = {problem.instance_hash: question_of(problem.params, problem.prompt) for problem in problems}
    versions: dict[str, dict[str, Any]] = {}
    for row in _meetings(root, _asked(problems), _SHOWN):
        told = versions.setdefault(row["version"], {"version": row["version"], "name": row["name"], "questions": 0})
        told["questions"] += 1
        told.setdefault("example", asked[row["instance_hash"]])
    return list(versions.values())


def other_answers(root: Path, version: DatasetVersion) -> list[dict[str, Any]]:
    """Return the versions that give imported questions of this one another answer: how many, an example, its answers.

    In families of text alone, where an answer is a claim and not a proof; nothing is dropped for it.
    """
    mine = f"problems WHERE version = {quoted(version.id)} AND family LIKE 'text/%'"
    with asking(root) as connection:
        found = connection.sql(
            f"SELECT m.*, s.answer AS other, s.version AS of, s.name AS named FROM (FROM {mine}) m JOIN problems s "
            "USING (instance_hash) JOIN versions v ON v.id = s.version WHERE s.answer <> m.answer "
            "ORDER BY v.created_utc, s.version, instance_hash"
        )
        rows = found.to_arrow_table().to_pylist()
    versions: dict[str, dict[str, Any]] = {}
    for row in rows:
        problem, other = from_row(row), json.loads(row["other"])
        if agrees(problem, other):
            continue
        told = versions.setdefault(row["of"], {"version": row["of"], "name": row["named"], "questions": 0})
        told["questions"] += 1
        told.setdefault("example", question_of(problem.params, problem.prompt))
        told.setdefault("answers", {"here": problem.answer, "there": other})
    return list(versions.values())


def _held_out(meetings: list[dict[str, Any]]) -> HeldOut:
    first: dict[str, tuple[str, str]] = {}
    for row in meetings:
        first.setdefault(row["instance_hash"], (row["name"], row["version"]))
    places = {instance: place(name, id_) for instance, (name, id_) in first.items()}
    return HeldOut(places, tuple(sorted({id_ for _, id_ in first.values()})))


def _asked(problems: Sequence[Problem]) -> pa.Table:
    """Return (instance_hash, asked) of every instance."""
    instances = {problem.instance_hash: problem for problem in problems}
    texts = [asked_text(question_of(problem.params, problem.prompt)) for problem in instances.values()]
    return pa.table({"instance_hash": pa.array(list(instances), pa.string()), "asked": pa.array(texts, pa.string())})


def _meetings(root: Path, asked: pa.Table | str, stored: str) -> list[dict[str, Any]]:
    """Return (instance_hash, version, name) of every instance and version of the root that meet, oldest version first.

    One question, whose joins spill to disk where they must. `asked` is a table of (instance_hash, asked) or its SQL.
    """
    if not Store(root).versions() or (not isinstance(asked, str) and not asked.num_rows):
        return []
    source = asked if isinstance(asked, str) else "FROM given"
    met = "SELECT a.instance_hash, s.version, s.name FROM asked a JOIN stored s"
    with asking(root) as connection:
        if not isinstance(asked, str):
            connection.register("given", asked)
        answer = connection.sql(
            # used twice, and read twice: kept in memory they would be all the text of a root
            f"WITH asked AS NOT MATERIALIZED ({source}), stored AS NOT MATERIALIZED ({stored}), "
            f"met AS ({met} USING (instance_hash) UNION {met} ON a.asked = {_ASKED} AND a.asked <> '') "
            "SELECT m.* FROM met m JOIN versions v ON v.id = m.version "
            "ORDER BY v.created_utc, m.version, m.instance_hash"
        )
        found: list[dict[str, Any]] = answer.to_arrow_table().to_pylist()
        return found
