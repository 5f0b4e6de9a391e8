"""Programs with tests, in JSONL or Parquet: MBPP, HumanEval, APPS, TACO, LiveCodeBench and our own cases. Not their
judging (code/tests), and no test is run here.

A tests column holds one of: a list of assertions (MBPP); code with `def check(candidate)` and an entry (HumanEval);
{"inputs", "outputs", "fn_name"} (APPS, TACO); a list of {"input", "output", "testtype"} (LiveCodeBench, its private
tests included); a list of our own case objects, {"kind", ...}. Each may be JSON text. Law: a test comes through with
its meaning or its row is refused by line; the fields of a case are the family's to check.
"""

import base64
import binascii
import json
import pickletools
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import ConfigError
from pipeline.exchange.foreign import BadRow, NeutralRow, Record, RowError, parse_mapping, pick, read_rows, write_rows
from pipeline.problem import Json

FAMILY = "code/tests"
FIELDS = ("prompt", "tests", "examples", "answer", "entry", "setup", "level", "limits")
MAX_TESTS_BYTES = 200_000_000
"""Of one row's compressed tests, unpacked."""


def names_tests(mapping: str | Mapping[str, str]) -> bool:
    """Say whether a mapping names a tests column."""
    fields = mapping if isinstance(mapping, Mapping) else [part.split("=")[0].strip() for part in mapping.split(",")]
    return "tests" in fields


def read(path: Path | str, mapping: str | Mapping[str, str] = "") -> Iterator[NeutralRow | RowError]:
    """Yield the rows of a file; `mapping` such as "prompt=text,tests=test_list,answer=code" names its columns.

    Fields: prompt; tests; answer, a program known to be right (a list of them: the first that is text); examples,
    tests that the question may show; entry, the function's name or LiveCodeBench's metadata; setup, code the tests
    need before them (text or a list); level; limits, {"cpu_s", "wall_s", "memory_mb"} or seconds of CPU. The params are
    those of code/tests, without what a row lacks.

    Raises:
        ConfigError: for an unknown field or column, or a file that cannot be read.
    """
    columns = parse_mapping(mapping or "prompt=prompt,tests=tests,answer=answer", known=FIELDS)
    if not {"prompt", "tests"} <= columns.keys():
        raise ConfigError(f"mapping {mapping!r} must name prompt and tests: prompt=text,tests=test_list,answer=code")
    name = Path(path).name

    def convert(record: Record, line: int) -> NeutralRow:
        question = pick(record, columns["prompt"])
        if not isinstance(question, str) or not question.strip():
            raise BadRow(f"column {columns['prompt']!r} is no text")
        given = {field: _optional(record, columns[field]) for field in FIELDS if field in columns}
        entry, setup = entry_of(given.get("entry")), _code(given.get("setup"))
        examples = _unpacked(given.get("examples"))
        shown = cases_of(examples, entry=entry, setup=setup) if examples else []
        cases = shown + cases_of(pick(record, columns["tests"]), entry=entry, setup=setup)
        reference = _reference(given.get("answer"), question, entry)
        params: dict[str, Json] = {
            "question": question.strip(),
            "cases": cases,
            "source": name,
            "reference": reference,
            "entry": entry,
        }
        params |= {"visible": list(range(len(shown)))} if shown else {}
        params |= {"level": _level(given["level"])} if given.get("level") is not None else {}
        params |= {"limits": limits} if (limits := _limits(given.get("limits"))) else {}
        return NeutralRow(FAMILY, {key: value for key, value in params.items() if value != ""}, reference, name, line)

    return read_rows(path, columns, convert)


def read_references(
    path: Path | str, *, program: str, tests: str, entry: str = "", setup: str = "", prompt: str = ""
) -> Iterator[NeutralRow | RowError]:
    """Yield only reference and cases of every row, whose columns are given one by one; "" for one there is not.

    Raises:
        ConfigError: for an unknown column, or a file that cannot be read.
    """
    given = {"answer": program, "tests": tests, "entry": entry, "setup": setup, "prompt": prompt}
    columns = {field: column for field, column in given.items() if column}
    name = Path(path).name

    def convert(record: Record, line: int) -> NeutralRow:
        found = {field: _optional(record, column) for field, column in columns.items()}
        called = entry_of(found.get("entry"))
        reference = _reference(pick(record, program), str(found.get("prompt") or ""), called)
        cases = cases_of(pick(record, tests), entry=called, setup=_code(found.get("setup")))
        return NeutralRow(FAMILY, {"cases": cases, "reference": reference}, reference, name, line)

    return read_rows(path, columns, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems of code/tests (PROBLEM_SCHEMA) as rows {prompt, tests, answer, entry, examples, level, limits}.

    Read back with every field mapped to its own name, they have the same questions, cases and references.

    Raises:
        ConfigError: for a problem of another family.
    """
    write_rows([_row(row) for row in table.select(["family", "params", "uid"]).to_pylist()], path)


def _row(row: Record) -> Record:
    if row["family"] != FAMILY:
        raise ConfigError(f"problem {row['uid']} is of {row['family']}: only {FAMILY} has tests to write")
    params = json.loads(row["params"])
    shown = params.get("visible", [])
    hidden = [case for i, case in enumerate(params["cases"]) if i not in shown]
    return {
        "prompt": params["question"],
        "tests": json.dumps(hidden, ensure_ascii=False),
        "examples": json.dumps([params["cases"][i] for i in shown], ensure_ascii=False),
        "answer": params.get("reference", ""),
        "entry": params.get("entry", ""),
        "level": params.get("level", 1),
        "limits": json.dumps(params.get("limits", {})),
    }


def cases_of(value: Any, *, entry: str = "", setup: str = "") -> list[Json]:
    """Return the case objects of a tests value in any of the known forms; test code as {"kind": "code", ...}.

    The family turns test code into cases: what an assertion compares is Python's to say, not this format's.

    Raises:
        BadRow: for a value of no known form, or inputs and outputs that do not pair up.
    """
    value = _unpacked(value)
    if isinstance(value, str) and value.strip():
        return [_test_code(value, entry, setup)]
    if isinstance(value, dict) and "inputs" in value and "outputs" in value:
        return _paired(value, str(value.get("fn_name") or entry))
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        return [value]
    if not isinstance(value, list) or not value:
        raise BadRow(f"tests of no known form: {str(value)[:80]!r}")
    if all(isinstance(test, str) for test in value):
        return [_test_code(test, entry, setup) for test in value]
    if all(isinstance(test, dict) and "kind" in test for test in value):
        return value
    if all(isinstance(test, dict) and "input" in test and "output" in test for test in value):
        return [_lcb_case(test, entry) for test in value]
    raise BadRow(f"tests of no known form: {str(value)[:80]!r}")


def _test_code(source: str, entry: str, setup: str) -> Json:
    named = {"kind": "code", "source": source, "entry": entry, "setup": setup}
    return {key: text for key, text in named.items() if text}


def _paired(value: Mapping[str, Any], name: str) -> list[Json]:
    """Return the cases of {"inputs", "outputs"}: calls where a function is named, else standard input and output."""
    inputs, outputs = value["inputs"], value["outputs"]
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs) or not inputs:
        raise BadRow("inputs and outputs are no lists of the same length, at least 1")
    pairs = zip(inputs, outputs, strict=True)
    if not name:
        return [{"kind": "stdin", "stdin": _lines(a), "expected": _lines(b)} for a, b in pairs]
    if not all(isinstance(arguments, list) for arguments in inputs):
        raise BadRow(f"inputs of {name} are no lists of arguments")
    return [{"kind": "call", "call": name, "args": a, "expected": b, "checker": "boxed"} for a, b in pairs]


def _lcb_case(test: Mapping[str, Any], entry: str) -> Json:
    """Return the case of one LiveCodeBench test: of type functional, one JSON argument a line."""
    source, wanted = test["input"], test["output"]
    if test.get("testtype") != "functional":
        return {"kind": "stdin", "stdin": _lines(source), "expected": _lines(wanted)}
    if not entry:
        raise BadRow("a functional test without a function: map entry to the metadata column")
    try:
        args = [json.loads(line) for line in str(source).splitlines() if line.strip()]
        return {"kind": "call", "call": entry, "args": args, "expected": json.loads(wanted)}
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRow(f"a functional test whose lines are no JSON: {error}") from error


def entry_of(value: Any) -> str:
    """Return the function's name in an entry column: itself, or what a JSON object calls func_name or fn_name."""
    value = _parsed(value)
    if isinstance(value, dict):
        value = value.get("func_name") or value.get("fn_name")
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not value.isidentifier():
        raise BadRow(f"entry {str(value)[:80]!r} is no name of a function")
    return value


def _reference(value: Any, question: str, entry: str) -> str:
    """Return the program in an answer column; a body alone (HumanEval) goes under the question, which is its head."""
    value = _parsed(value)
    programs = value if isinstance(value, list) else [value]
    found = next((program for program in programs if isinstance(program, str) and program.strip()), "")
    if found and entry and f"def {entry}" not in found and f"def {entry}" in question:
        return f"{question.rstrip()}\n{found}"
    return found


def _code(value: Any) -> str:
    value = _parsed(value)
    lines = value if isinstance(value, list) else [value or ""]
    if not all(isinstance(line, str) for line in lines):
        raise BadRow("the setup is no code")
    return "\n".join(lines)


def _level(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadRow(f"level {value!r} is no whole number from 1")
    return value


def _limits(value: Any) -> Json:
    """Return limits as an object: APPS and TACO write "2 seconds" or a number of them."""
    value = _parsed(value)
    if isinstance(value, str) and (seconds := _SECONDS.fullmatch(value.strip())):
        value = float(seconds[1])
    if isinstance(value, dict) or value is None:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRow(f"limits {str(value)[:80]!r} are neither an object nor seconds")
    return {"cpu_s": value}


_SECONDS = re.compile(r"(\d{1,4}(?:\.\d{1,6})?)(?: *s(?:ec(?:ond)?s?)?\.?)?")


def _lines(value: Any) -> str:
    """Return text for a stream: text as it is, a list as its lines."""
    if isinstance(value, list):
        return "\n".join(map(_lines, value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadRow(f"an input or output of type {type(value).__name__}")
    return str(value)


def _optional(record: Record, column: str) -> Any:
    try:
        return pick(record, column)
    except BadRow:
        return None


def _unpacked(value: Any) -> Any:
    """Return the value within JSON text, or within LiveCodeBench's packed private tests; other text as it is."""
    value = _parsed(value)
    if isinstance(value, str) and value.startswith("eJ") and not value.isspace():
        return _parsed(_unzipped(value))
    return value


def _parsed(value: Any) -> Any:
    """Return the value of text that is a JSON list or object; anything else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _unzipped(text: str) -> str:
    """Return the text in base64 of zlib of a pickled text. The pickle is read as a list of words and never loaded.

    Raises:
        BadRow: when it is anything but one text.
    """
    try:
        raw = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MAX_TESTS_BYTES)
        words = [(code.name, word) for code, word, _ in pickletools.genops(raw)]
    except (binascii.Error, zlib.error, ValueError) as error:
        raise BadRow(f"packed tests cannot be unpacked: {error}") from error
    texts = [word for name, word in words if "UNICODE" in name]
    if len(texts) != 1 or any("UNICODE" not in name and name not in _HARMLESS for name, _ in words):
        raise BadRow("packed tests are no single text")
    return str(texts[0])


_HARMLESS = ("PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "STOP")
"""Words of a pickle round its one text."""
