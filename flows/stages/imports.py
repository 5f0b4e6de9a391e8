"""Versions of foreign files: rows in, problems of their families out. Not the layouts (pipeline.exchange).

Law: every input row is answered for: published, dropped with a reason, or named with its fault.
"""

from pathlib import Path
from typing import Any

from filters.rule import apply, resolve, versions_of
from flows.judging.audited import carried_noise
from flows.stages.curate import dropped_table, rule_context
from generators.family import from_params, load
from pipeline.errors import ConfigError, FamilyError
from pipeline.exchange import programs, text_math, verl
from pipeline.exchange.foreign import NeutralRow, RowError
from pipeline.fingerprint import bytes_hash
from pipeline.problem import Problem, to_table
from pipeline.store.store import Store
from pipeline.store.version import DatasetVersion


def import_version(
    path: Path, *, mapping: str, name: str, root: Path, license_: str = "unknown", held_out: bool = False
) -> tuple[DatasetVersion, list[dict[str, Any]]]:
    """Publish the rows of a JSONL or Parquet file as problems; return the version and the refused rows.

    `mapping` is "prompt=COLUMN,answer=COLUMN"; empty means the verl layout. Rows that veriloop exported go back to
    their own family, those of a file with a tests column to code/tests, all others to text/math. held_out puts every
    row into test.

    Raises:
        ConfigError: for a file that cannot be read, an unknown column, or no row that can be used.
    """
    rules = resolve(({"name": "lawful"}, {"name": "exact_duplicate"}))
    problems: list[Problem] = []
    faults: list[dict[str, Any]] = []
    reader = programs if programs.names_tests(mapping) else text_math if mapping else verl
    for row in reader.read(path, mapping):
        built = row if isinstance(row, RowError) else _built(row, license_=license_, held_out=held_out)
        if isinstance(built, RowError):
            faults.append({"line": built.line, "reason": built.reason})
        else:
            problems.append(built)
    if not problems:
        why = f", the first because {faults[0]['reason']}" if faults else ""
        raise ConfigError(f"{path}: none of its {len(faults)} rows can be used{why}; mend the file or the --map")
    curated = apply(problems, rules, rule_context())
    recipe = {
        "stage": "import",
        "stage_version": 1,
        "file": bytes_hash(path.read_bytes()),
        "mapping": mapping,
        "held_out": held_out,
        "license": license_,
        "rules": versions_of(rules),
        "families": {family: load(family).family_version for family in sorted({p.family for p in problems})},
    }
    dropped = dropped_table(problems, curated.decisions)
    version = Store(root).publish(
        name, recipe=recipe, rows=[to_table(curated.kept)], dropped=[dropped],
        quality=carried_noise(root, {problem.family for problem in problems}),
    )  # fmt: skip
    return version, faults


def _built(row: NeutralRow, *, license_: str, held_out: bool) -> Problem | RowError:
    """Return the problem of a foreign row, or why its family cannot make one of it."""
    whole = row.uid or row.family == programs.FAMILY
    params = row.params if whole else {**row.params, "answer": row.answer, "source": row.source}
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
