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

from pipeline.exchange.foreign import BadRow, NeutralRow, Record, RowError, parse_mapping, pick, read_rows, write_rows
from pipeline.store.card import HUB_SPLITS

FAMILY = "text/math"
FIELDS = ("prompt", "answer", "source")
_COLUMNS = {"prompt": "prompt", "answer": "reward_model.ground_truth", "source": "data_source"}


def read(path: Path | str, mapping: str | Mapping[str, str] = "") -> Iterator[NeutralRow | RowError]:
    """Yield the rows of a file; verl's own columns need no mapping.

    The question is the text of the user's turns; a system turn is how a policy is asked and is left out. A ground
    truth that is no text comes as canonical JSON text. Rows written by `write` get their family and params back.

    Raises:
        ConfigError: for an unknown field or column, or a file that cannot be read.
    """
    columns = {**_COLUMNS, **parse_mapping(mapping, known=FIELDS)}

    def convert(record: Record, line: int) -> NeutralRow:
        answer = _truth(pick(record, columns["answer"]))
        if not answer:
            raise BadRow("the ground truth is empty")
        source = str(pick(record, columns["source"]))
        if (own := _own_identity(record)) is not None:
            return NeutralRow(own["family"], own["params"], answer, source, line, own["uid"], own["rendering"])
        return NeutralRow(FAMILY, {"question": _question(pick(record, columns["prompt"]))}, answer, source, line)

    return read_rows(path, columns, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems (PROBLEM_SCHEMA) in verl's columns; Parquet or JSONL by suffix.

    data_source is the family, ability its domain; ground_truth the answer as text (JSON text unless it is text);
    extra_info carries uid, level, params and certificate as JSON text, so that a reward function can verify.
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


def _question(prompt: Any) -> str:
    if isinstance(prompt, str):
        turns = [prompt]
    elif isinstance(prompt, list) and all(isinstance(turn, dict) for turn in prompt):
        roles = {turn.get("role") for turn in prompt}
        if not roles <= {"system", "user"}:
            raise BadRow(
                f"a prompt with turns of {sorted(map(str, roles))}: only system and user turns are one question"
            )
        turns = [turn.get("content") for turn in prompt if turn["role"] == "user"]
    else:
        raise BadRow("the prompt is neither text nor a list of turns")
    if not turns or not all(isinstance(turn, str) for turn in turns) or not "".join(turns).strip():
        raise BadRow("the prompt has no text of the user")
    return "\n\n".join(turns).strip()


def _truth(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except TypeError as error:
        raise BadRow(f"a ground truth that is no JSON: {error}") from error
