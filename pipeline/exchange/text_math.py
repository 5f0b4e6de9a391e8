"""Questions with a final answer, in JSONL or Parquet: GSM8K, MATH, AIME and the like. Not their judging (text/math).

Law: question and answer text come through unchanged but for surrounding space; what cannot is named by line.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import ConfigError
from pipeline.exchange.foreign import BadRow, NeutralRow, Record, RowError, parse_mapping, pick, read_rows, write_rows

FAMILY = "text/math"
FIELDS = ("prompt", "answer", "solution")
_GSM8K_MARK = "####"
_BOX = "\\boxed{"


def read(path: Path | str, mapping: str | Mapping[str, str] = "") -> Iterator[NeutralRow | RowError]:
    """Yield the rows of a file; `mapping` such as "prompt=question,answer=answer" names its columns.

    Fields: prompt, and answer or solution. The final answer is what follows the last '####' (GSM8K), else the
    content of the last \\boxed{} (MATH), else the whole text; a solution must have one of the two marks. Numbers
    become text (27.0 is "27"), a list of one is its element, longer lists are joined with ", ".

    Raises:
        ConfigError: for an unknown field or column, or a file that cannot be read.
    """
    columns = parse_mapping(mapping or "prompt=prompt,answer=answer", known=FIELDS)
    if "prompt" not in columns or not {"answer", "solution"} & columns.keys():
        raise ConfigError(
            f"mapping {mapping!r} must name prompt, and answer or solution: prompt=question,answer=answer"
        )
    name = Path(path).name

    def convert(record: Record, line: int) -> NeutralRow:
        question = pick(record, columns["prompt"])
        if not isinstance(question, str) or not question.strip():
            raise BadRow(f"column {columns['prompt']!r} is no text")
        if "answer" in columns:
            answer = final_answer(pick(record, columns["answer"]))
        else:
            answer = _marked(_text(pick(record, columns["solution"]))) or ""
        if not answer:
            raise BadRow("the answer is empty" if "answer" in columns else "a solution without '####' or \\boxed{}")
        return NeutralRow(FAMILY, {"question": question.strip()}, answer, name, line)

    return read_rows(path, columns, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems (PROBLEM_SCHEMA) as rows {prompt, answer, source}; JSONL or Parquet by suffix.

    The prompt is the question alone where the family keeps one, else the rendered text.
    """
    rows = [
        {
            "prompt": question_of(row),
            "answer": final_answer(json.loads(row["answer"])),
            "source": row["origin"] or row["uid"],
        }
        for row in table.select(["params", "prompt", "answer", "origin", "uid"]).to_pylist()
    ]
    write_rows(rows, path)


def final_answer(value: Any) -> str:
    """Return the final answer in an answer column of any of the known forms, stripped; "" when there is none.

    Raises:
        BadRow: for a value that is neither text, number nor a list of them.
    """
    text = _text(value)
    marked = _marked(text)
    return (text if marked is None else marked).strip()


def question_of(row: Record) -> str:
    """Return the question a stored row asks, without the instructions around it where its params keep it."""
    params = json.loads(row["params"])
    kept = params.get("question") if isinstance(params, dict) else None
    return kept if isinstance(kept, str) else str(row["prompt"])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        raise BadRow(f"{value!r} is no answer")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    raise BadRow(f"an answer of type {type(value).__name__}")


def _marked(text: str) -> str | None:
    if _GSM8K_MARK in text:
        return text.rpartition(_GSM8K_MARK)[2].strip()
    start = text.rfind(_BOX)
    if start < 0:
        return None
    begin, depth = start + len(_BOX), 1
    for position in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return text[begin:position].strip()
    raise BadRow("the last \\boxed{ is never closed")
