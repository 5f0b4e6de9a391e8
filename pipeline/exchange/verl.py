"""verl's reinforcement-learning rows: chat prompt and reward_model, in Parquet or JSONL. Not verl's rewards.

Columns: data_source, prompt list<role, content>, ability, reward_model {style, ground_truth: text or object},
extra_info {split, index, ...}. Law: what we write and read back asks the same question and has the same answer.
Source: verl documentation "Prepare data for post-training"; Guru and DAPO files share the layout.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from pipeline.carried import carry
from pipeline.exchange.foreign import NeutralRow, Record, RowError, found, own_row, read_rows, write_rows
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
    named = columns_of(mapping)
    columns, name = {**_COLUMNS, **named}, Path(path).name
    needed = {field: column for field, column in columns.items() if field != "source" or field in named}

    def convert(record: Record, line: int) -> NeutralRow:
        own = own_row(record, str(found(record, columns["source"]) or name), line)
        return own or question_row(record, line, columns, source=name, objects=True)

    return read_rows(path, needed, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems (PROBLEM_SCHEMA) in verl's columns; Parquet or JSONL by suffix.

    data_source is the family, ability its domain; ground_truth the answer as text (JSON text unless it is text);
    extra_info carries the problem (pipeline.carried), so that any right answer can be told from a wrong one.
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
            **carry(row),
        },
    }
