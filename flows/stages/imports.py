"""Versions of foreign files: rows in, problems of their families out. Not the layouts (pipeline.exchange).

Law: every input row is answered for: published, dropped with a reason, or named with its fault; a question that the
root holds out, or that has two answers, is not trained on.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from filters.rule import apply, decisions_table, resolve, versions_of
from flows.judging.audited import carried_noise
from flows.judging.grading import usual_workers
from flows.stages.curate import dropped_table, rule_context
from flows.stages.meetings import held_out_among, other_answers, shown_before
from generators.answers.declared import NOTHING, Declared
from generators.build_pool import TIMEOUT_S, BuildJob, Built, build_all
from generators.family import load
from pipeline.errors import ConfigError
from pipeline.exchange import programs, questions, text_math, verl
from pipeline.exchange.foreign import NeutralRow, RowError
from pipeline.problem import Problem, from_table, to_table
from pipeline.question import question_of
from pipeline.split import Split, strictest
from pipeline.store.ledger import Ledger
from pipeline.store.sealed import sha256_of
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion, recipe_id

IMPORT_STAGE = 3
"""Version of this stage: raise it when the same file would give other rows."""
RULES = ({"name": "lawful"}, {"name": "held_out"}, {"name": "conflict"}, {"name": "exact_duplicate"})
EXAMPLES = 3
"""Dropped rows that an import quotes, of each kind."""
_LONG_ANSWER = 40
"""Characters from which an answer that is longer than its question looks like one."""


def import_version(
    path: Path,
    *,
    mapping: str,
    name: str,
    root: Path,
    license_: str = "unknown",
    held_out: bool = False,
    declared: Declared = NOTHING,
    timeout_s: float = TIMEOUT_S,
) -> tuple[DatasetVersion, list[dict[str, Any]]]:
    """Publish the rows of a file as problems; return the version and the refused rows.

    The file is any that `pipeline.exchange.foreign` reads. `mapping` is "prompt=COLUMN,answer=COLUMN" and more; one
    that names neither prompt, answer nor solution means the verl layout. Rows that veriloop exported go back to their
    own family, those of a file with a tests column to code/tests, all others to text/math, with what is `declared` of
    their answers. held_out puts every row into test. A row whose problem takes over `timeout_s` to
    build (its params to solve) is refused. What a reader of the version should know of its rows stands in
    its quality, under "notes".

    Raises:
        ConfigError: for a file that cannot be read, an unknown column, or no row that can be used.
    """
    problems: list[Problem] = []
    faults: list[dict[str, Any]] = []
    told = _Told()
    checks: dict[str, str | None] = {}
    jobs = _Jobs(declared, license_, "test" if held_out else "train")
    for row in jobs.built(told.hear(_rows(path, mapping)), timeout_s=timeout_s):
        if isinstance(row, RowError):
            reason = f"{row.reason} (its question is not held out)" if held_out else row.reason
            faults.append({"line": row.line, "reason": reason})
        else:
            problems.append(row.problem)
            checks[row.problem.uid] = row.fault
    if not problems:
        raise ConfigError(_nothing(path, faults, told.notes()))
    rules = resolve(RULES)
    known = held_out_among(root, problems)
    context = rule_context(check=lambda problem: checks[problem.uid], held_out=known.places)
    curated = apply(problems, rules, context)
    recipe = {
        "stage": "import",
        "stage_version": IMPORT_STAGE,
        "file": sha256_of(path),
        "mapping": mapping,
        "held_out": held_out,
        "license": license_,
        "declared": declared.to_json(),
        "rules": versions_of(rules),
        "families": {family: load(family).family_version for family in sorted({p.family for p in problems})},
    }
    part = recipe_id(recipe, known.versions)
    Ledger(root).append("decisions", decisions_table(curated.decisions), part=part, run=f"import-{part[:8]}")
    dropped = dropped_table(problems, curated.decisions)
    quality = carried_noise(root, {problem.family for problem in problems}) | {"notes": told.notes()}
    version = Store(root).publish(
        name, recipe=recipe, inputs=known.versions, rows=[to_table(curated.kept)], dropped=[dropped], quality=quality
    )
    return version, faults


def _rows(path: Path, mapping: str) -> Iterator[NeutralRow | RowError]:
    if programs.names_tests(mapping):
        return programs.read(path, mapping)
    named = {"prompt", "answer", "solution"} & questions.columns_of(mapping).keys()
    return text_math.read(path, mapping) if named else verl.read(path, mapping)


def _nothing(path: Path, faults: list[dict[str, Any]], notes: list[str]) -> str:
    if not faults:
        return f"{path} holds no rows: is it the right file?"
    said = "".join(f"; {note}" for note in notes)
    why = f"the first (line {faults[0]['line']}) because {faults[0]['reason']}{said}"
    return f"{path}: none of its {len(faults)} rows can be used, {why}; mend the file or the --map"


@dataclass(frozen=True, slots=True)
class _Jobs:
    """How rows become problems: what is declared of their answers, their licence, and how strict a split they get."""

    declared: Declared
    license: str
    least: Split

    def built(self, rows: Iterable[NeutralRow | RowError], *, timeout_s: float) -> Iterator[Built | RowError]:
        """Yield the problem of every row, in order, or why its family cannot make one of it."""
        waiting: deque[NeutralRow | RowError] = deque()

        def jobs() -> Iterator[BuildJob]:
            for row in rows:
                if isinstance(row, NeutralRow) and row.uid and self.declared != NOTHING:
                    ours = f"a row of {row.family} that veriloop wrote: its family decides, so declare nothing"
                    row = RowError(row.line, ours)
                waiting.append(row)
                if isinstance(row, NeutralRow):
                    yield self._job(row)

        for built in build_all(jobs(), workers=usual_workers(), timeout_s=timeout_s):
            while isinstance(row := waiting.popleft(), RowError):
                yield row
            yield RowError(row.line, built) if isinstance(built, str) else _itself(row, built)
        yield from (row for row in waiting if isinstance(row, RowError))

    def _job(self, row: NeutralRow) -> BuildJob:
        whole = row.uid or row.family == programs.FAMILY
        params = row.params if whole else {**row.params, "answer": row.answer, "source": row.source}
        params = {**params, "declared": self.declared.to_json()} if self.declared != NOTHING else params
        return BuildJob(row.family, params, row.rendering, strictest(self.least, row.split), self.license)


def _itself(row: NeutralRow, built: Built) -> Built | RowError:
    """Return what was built of a row, refused where the row says that it was another problem."""
    uid, family = built.problem.uid, row.family
    if row.uid and uid != row.uid:
        return RowError(row.line, f"it was uid {row.uid} and is {uid} to the installed version of {family}")
    return built


def findings(root: Path, version: DatasetVersion) -> dict[str, Any]:
    """Return what an import must say aloud of its version.

    `conflicts` and `held_out` count the rows these rules dropped and their questions, with examples; `shown` lists the
    versions of the root that hold questions of its test outside test. These stand as they were published, and nothing
    that is exported or made from now on shows them. `disputed` lists the versions that give its questions another
    answer: which is right is not known, and both stand.
    """
    store = Store(root)
    wanted = ["rule", "reason", "instance_hash", "params", "prompt"]
    dropped = store.table(version, part="dropped", columns=wanted).to_pylist()
    test = store.table(version).filter(pc.field("split") == "test")
    return {
        "conflicts": _counted([row for row in dropped if row["rule"] == "conflict"]),
        "held_out": _counted([row for row in dropped if row["rule"] == "held_out"]),
        "shown": shown_before(root, from_table(test)),
        "disputed": other_answers(root, version),
    }


def _counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    firsts = list({row["instance_hash"]: row for row in reversed(rows)}.values())[::-1][:EXAMPLES]
    asked = [question_of(json.loads(row["params"]), row["prompt"]) for row in firsts]
    return {
        "rows": len(rows),
        "questions": len({row["instance_hash"] for row in rows}),
        "examples": [{"question": text, "reason": row["reason"]} for text, row in zip(asked, firsts, strict=True)],
    }


class _Told:
    """What a reader should know of the rows that went by."""

    def __init__(self) -> None:
        self._rows = self._swapped = self._systems = self._lists = self._objects = 0

    def hear(self, rows: Iterator[NeutralRow | RowError]) -> Iterator[NeutralRow | RowError]:
        """Yield the rows, counting what is unusual about them."""
        for row in rows:
            if isinstance(row, NeutralRow) and row.family == questions.FAMILY and not row.uid:
                self._rows += 1
                self._swapped += _looks_swapped(row.params["question"], row.answer)
                self._systems += "system" in row.params
                self._lists += isinstance(row.answer, list)
                self._objects += isinstance(row.answer, str) and row.answer.startswith('{"')
            yield row

    def notes(self) -> list[str]:
        """Return a sentence for each thing worth knowing."""
        told = [
            (
                self._swapped > self._rows / 2,
                f"{self._swapped} of {self._rows} answers look like questions or solutions (they end in '?', or are "
                "longer than their question): are prompt and answer swapped in --map?",
            ),
            (
                self._systems,
                f"{self._systems} rows have system turns: what they say is kept in params.system and is not asked; "
                "a system prompt is part of how a policy is asked",
            ),
            (
                self._lists,
                f"{self._lists} answers are lists of several: all of them are asked for, in this order "
                "(--declare order=any where it is free)",
            ),
            (self._objects, f"{self._objects} answers are objects: only the same object is right"),
        ]
        return [said for true, said in told if true]


def _looks_swapped(question: str, answer: Any) -> bool:
    if not isinstance(answer, str):
        return False
    marked = "####" in question[-300:] and "####" not in answer
    asks = answer.endswith("?") and not question.endswith("?")
    return marked or asks or (len(answer) > max(len(question), _LONG_ANSWER) and answer.count(" ") > 4)
