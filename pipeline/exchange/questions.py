"""What the layouts of questions with a final answer share: how a row's columns become params. No layout's own columns.

Law: question and answer text come through unchanged but for surrounding space; what cannot is named.
"""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import ConfigError
from pipeline.exchange.foreign import KEPT, BadRow, NeutralRow, Record, found, parse_mapping, pick
from pipeline.fingerprint import canonical
from pipeline.problem import Json
from pipeline.rows.chat import question_of, reply_of
from pipeline.rows.values import gold_of, kept, level_of, plain, unlisted

FAMILY = "text/math"
FIELDS = ("prompt", "answer", "solution", "source", "level", "subject")
"""Fields with a meaning; a mapping may name any other column, which is kept under its field in params.metadata."""
MAX_SUBJECT_CHARS = 100
_GSM8K_MARK = "####"
_BOX = "\\boxed{"


def columns_of(mapping: str | Mapping[str, str]) -> dict[str, str]:
    """Return {field: column} of a mapping of questions, whose other fields are kept.

    Raises:
        ConfigError: for a misspelt field.
    """
    return parse_mapping(mapping, known=FIELDS, others=True)


def question_row(
    record: Record, line: int, columns: Mapping[str, str], *, source: str = "", objects: bool = False
) -> NeutralRow:
    """Return a row with its question, its gold answer, and what else its columns say.

    `source` is of rows that do not name theirs. With `objects`, an answer that is an object comes as its canonical JSON
    text.

    Raises:
        BadRow: for a row without a question or an answer, or with a level or subject that is none.
    """
    prompt = pick(record, columns["prompt"])
    try:
        question, system = question_of(plain(prompt))
    except BadRow as error:
        raise BadRow(f"the prompt in column {columns['prompt']!r} cannot be used: {error}") from error
    if "answer" in columns:
        answer = final_answer(pick(record, columns["answer"]), objects=objects)
    else:
        answer = _solved(pick(record, columns["solution"]))
    if not answer and answer != 0:
        raise BadRow("the answer is empty" if "answer" in columns else "a solution without '####' or \\boxed{}")
    level = level_of(found(record, columns["level"])) if "level" in columns else None
    subject = _subject(found(record, columns["subject"])) if "subject" in columns else ""
    others = {field: column for field, column in columns.items() if field not in FIELDS}
    beside = {field.removeprefix(KEPT): _kept(record, column) for field, column in others.items()}
    beside = {field: value for field, value in beside.items() if value is not None}
    source = str(found(record, columns.get("source", "")) or source)
    params: dict[str, Json] = {"question": question}
    params |= {"system": system} if system else {}
    params |= {"level": level} if level is not None else {}
    params |= {"subject": subject} if subject else {}
    params |= {"metadata": beside} if beside else {}
    return NeutralRow(FAMILY, params, answer, source, line)


def final_answer(value: Any, *, objects: bool = False) -> Json:
    """Return the final answer in an answer column of any of the known forms: text, stripped, "" when there is none.

    What follows the last '####' (GSM8K), else the content of the last \\boxed{} (MATH), else all of it; numbers become
    text (27.0 is "27"); a list of one is its element; a list of several, and true and false, stay what they are.

    Raises:
        BadRow: for a value that is none of these.
    """
    value = gold_of(value)
    if isinstance(value, bool) or (objects and isinstance(value, dict)):
        return canonical(value) if isinstance(value, dict) else value
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return [final_answer(item) for item in value]
    if isinstance(value, list):
        return value
    text = _text(value)
    marked = _marked(text)
    return (text if marked is None else marked).strip()


def _text(value: Json) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dict):
        raise BadRow(f"an answer of type dict with {', '.join(value)}: map one of them, answer=COLUMN.NAME")
    return str(value)


def _solved(value: Any) -> str:
    """Return the marked answer of a solution, "" without a mark; of a conversation the assistant's last turn counts."""
    return _marked(_text(gold_of(reply_of(value)))) or ""


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


def _kept(record: Record, column: str) -> Json:
    try:
        return kept(found(record, column))
    except BadRow as error:
        raise BadRow(f"column {column!r} cannot be kept: {error}") from error


def _subject(value: Any) -> str:
    value = unlisted(kept(value))
    text = "" if value is None else " ".join(str(value).split())
    if isinstance(value, list | dict) or len(text) > MAX_SUBJECT_CHARS:
        raise BadRow(f"subject {str(value)[:80]!r} is no name of at most {MAX_SUBJECT_CHARS} characters")
    return text


def asked(row: Record) -> str:
    """Return the question a stored row asks, without the instructions around it where its params keep it."""
    params = json.loads(row["params"])
    question = params.get("question") if isinstance(params, dict) else None
    return question if isinstance(question, str) else str(row["prompt"])


def require(columns: Mapping[str, str], mapping: object) -> None:
    """Raise ConfigError unless columns name a prompt, and an answer or solution."""
    if "prompt" not in columns or not {"answer", "solution"} & columns.keys():
        raise ConfigError(
            f"mapping {mapping!r} must name prompt, and answer or solution: prompt=question,answer=answer"
        )
