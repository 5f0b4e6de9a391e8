"""Questions with a final answer, a column each: GSM8K, MATH, AIME and the like. Not their judging (text/math).

Law: what is written and read back asks the same question, with the same answer, level, subject and metadata.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from pipeline.carried import COLUMN, carry
from pipeline.exchange.foreign import KEPT, NeutralRow, Record, RowError, own_row, read_rows, write_rows
from pipeline.exchange.questions import asked, columns_of, question_row, require
from pipeline.store.version import HUB_SPLITS

_OWN = ("prompt", "answer", "source", "level", "subject", COLUMN)


def read(path: Path | str, mapping: str | Mapping[str, str] = "") -> Iterator[NeutralRow | RowError]:
    """Yield the rows of a file; `mapping` such as "prompt=question,answer=answer" names its columns.

    Fields: prompt (text, or chat turns), and answer or solution, which must have one of the marks '####' and
    \\boxed{}; level, subject; any other field is kept in params.metadata. Values: pipeline.rows.values. Rows written by
    `write` get their family and params back.

    Raises:
        ConfigError: for a misspelt field, an unknown column, or a file that cannot be read.
    """
    columns = columns_of(mapping or "prompt=prompt,answer=answer")
    require(columns, mapping)
    name = Path(path).name

    def convert(record: Record, line: int) -> NeutralRow:
        return own_row(record, name, line) or question_row(record, line, columns, source=name)

    return read_rows(path, columns, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems (PROBLEM_SCHEMA) as rows {prompt, answer, source, extra_info}, and level, subject and metadata
    where questions were brought with them; JSONL or Parquet by suffix.

    The prompt is the question alone where the family keeps one, else the rendered text. The answer is one that is
    right; extra_info carries the problem (pipeline.carried), by which any other is told from a wrong one.
    """
    rows = [_row(row) for row in table.to_pylist()]
    others = dict.fromkeys(name for row in rows for name in row)
    write_rows([{name: row.get(name) for name in others} for row in rows], path)


def _row(row: Record) -> Record:
    params = json.loads(row["params"])
    params = params if isinstance(params, dict) else {}
    beside = params.get("metadata")
    beside = beside if isinstance(beside, dict) else {}
    given = params.get("answer") if isinstance(params.get("question"), str) else None
    return {
        "prompt": asked(row),
        "answer": _written(given if isinstance(given, list | bool) else json.loads(row["answer"])),
        "source": row["origin"] or row["uid"],
        COLUMN: {"split": HUB_SPLITS.get(row["split"], row["split"]), **carry(row)},
        **{field: params[field] for field in ("level", "subject") if field in params},
        **{(KEPT + name if name in _OWN else name): value for name, value in beside.items()},
    }


def _written(answer: object) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
