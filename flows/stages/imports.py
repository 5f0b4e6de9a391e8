"""Versions of foreign files: rows in, problems of their families out. Not the layouts (pipeline.exchange).

Law: every input row is answered for: published, dropped with a reason, or named with its fault.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filters.rule import apply, resolve, versions_of
from flows.judging.audited import carried_noise
from flows.stages.curate import dropped_table, rule_context
from generators.answers.declared import NOTHING, Declared
from generators.family import from_params, load
from pipeline.errors import ConfigError, FamilyError
from pipeline.exchange import programs, questions, text_math, verl
from pipeline.exchange.foreign import NeutralRow, RowError
from pipeline.problem import Problem, to_table
from pipeline.store.sealed import sha256_of
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion

IMPORT_STAGE = 2
"""Version of this stage: raise it when the same file would give other rows."""
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
) -> tuple[DatasetVersion, list[dict[str, Any]]]:
    """Publish the rows of a file as problems; return the version and the refused rows.

    The file is any that `pipeline.exchange.foreign` reads. `mapping` is "prompt=COLUMN,answer=COLUMN" and more; one
    that names neither prompt, answer nor solution means the verl layout. Rows that veriloop exported go back to their
    own family, those of a file with a tests column to code/tests, all others to text/math, with what is `declared` of
    their answers. held_out puts every row into test. What a reader of the version should know of its rows stands in
    its quality, under "notes".

    Raises:
        ConfigError: for a file that cannot be read, an unknown column, or no row that can be used.
    """
    rules = resolve(({"name": "lawful"}, {"name": "exact_duplicate"}))
    problems: list[Problem] = []
    faults: list[dict[str, Any]] = []
    told = _Told()
    for row in told.hear(_rows(path, mapping)):
        built = row if isinstance(row, RowError) else _built(row, declared, license_=license_, held_out=held_out)
        if isinstance(built, RowError):
            faults.append({"line": built.line, "reason": built.reason})
        else:
            problems.append(built)
    if not problems:
        raise ConfigError(_nothing(path, faults, told.notes()))
    curated = apply(problems, rules, rule_context())
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
    dropped = dropped_table(problems, curated.decisions)
    quality = carried_noise(root, {problem.family for problem in problems}) | {"notes": told.notes()}
    version = Store(root).publish(
        name, recipe=recipe, rows=[to_table(curated.kept)], dropped=[dropped], quality=quality
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


def _built(row: NeutralRow, declared: Declared, *, license_: str, held_out: bool) -> Problem | RowError:
    """Return the problem of a foreign row, or why its family cannot make one of it."""
    whole = row.uid or row.family == programs.FAMILY
    params = row.params if whole else {**row.params, "answer": row.answer, "source": row.source}
    params |= {"declared": declared.to_json()} if declared != NOTHING and not whole else {}
    try:
        rendering = row.rendering or load(row.family).renderings[0]
        problem = from_params(
            row.family, params, rendering=rendering, split="test" if held_out else None, license=license_
        )
    except FamilyError as error:
        return RowError(row.line, str(error))
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        return RowError(row.line, f"{row.family} cannot read its params ({type(error).__name__}: {error})")
    if row.uid and problem.uid != row.uid:
        return RowError(row.line, f"it was uid {row.uid} and is {problem.uid} to the installed version of {row.family}")
    return problem


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
