"""verl's reinforcement-learning rows: chat prompt and reward_model, in Parquet or JSONL. Not verl's rewards.

Columns: data_source, prompt list<role, content>, ability, reward_model {style, ground_truth: text or object},
extra_info {split, index, ...}. Law: what we write and read back asks the same question and has the same answer.
Source: verl documentation "Prepare data for post-training"; Guru and DAPO files share the layout.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.exchange.foreign import BadRow, NeutralRow, Record, RowError, pick, read_rows, write_rows
from pipeline.exchange.questions import columns_of, question_row
from pipeline.store.version import HUB_SPLITS

_COLUMNS = {"prompt": "prompt", "answer": "reward_model.ground_truth", "source": "data_source"}


def read(path: Path | str, mapping: str | Mapping[str, str] = "") -> Iterator[NeutralRow | RowError]:
    """Yield the rows of a file; verl's own columns need no mapping, which may add level, subject and others.

    The question is the text of the user's turns; what a system turn says is kept, in params.system, and not asked: it
    is how a policy is asked. A ground truth that is an object comes as canonical JSON text. Rows written by `write`
    get their family and params back.

    Raises:
        ConfigError: for a misspelt field, an unknown column, or a file that cannot be read.
    """
    columns = {**_COLUMNS, **columns_of(mapping)}

    def convert(record: Record, line: int) -> NeutralRow:
        if (own := _own_identity(record)) is not None:
            answer, source = (str(pick(record, columns[field])) for field in ("answer", "source"))
            return NeutralRow(own["family"], own["params"], answer, source, line, own["uid"], own["rendering"])
        return question_row(record, line, columns, objects=True)

    return read_rows(path, columns, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems (PROBLEM_SCHEMA) in verl's columns; Parquet or JSONL by suffix.

    data_source is the family, ability its domain; ground_truth the answer as text (JSON text unless it is text);
    extra_info carries uid, level, region, params and certificate as JSON text, so that a reward function can verify.
    """
    write_rows([_row(row, index) for index, row in enumerate(table.to_pylist())], path)


def _row(row: Record, index: int) -> Record:
    answer = json.loads(row["answer"])
    return {
        "data_source": row["family"],
        "prompt": [{"role": "user", "content": row["prompt"]}],
        "ability": row["family"].split("/")[0],
        "reward_model": {"style": "rule", "ground_truth": answer if isinstance(answer, str) else row["answer"]},
        "extra_info": {
            "split": HUB_SPLITS.get(row["split"], row["split"]),
            "index": index,
            "uid": row["uid"],
            "family": row["family"],
            "family_version": row["family_version"],
            "rendering": row["rendering"],
            "level": row["level"],
            "region": row["region"],
            "answer_format": row["answer_format"],
            "params": row["params"],
            "certificate": row["certificate"],
        },
    }


def _own_identity(record: Record) -> dict[str, Any] | None:
    """Return family, params, uid and rendering of a row that `write` made, None for rows of others."""
    extra = record.get("extra_info")
    if not isinstance(extra, dict):
        return None
    own = {name: extra.get(name) for name in ("uid", "family", "params", "rendering")}
    if not all(isinstance(value, str) for value in own.values()):
        return None
    try:
        return {**own, "params": json.loads(str(own["params"]))}
    except ValueError as error:
        raise BadRow(f"extra_info.params is not JSON: {error}") from error
