"""Programs with tests, in JSONL or Parquet: MBPP, HumanEval, APPS, TACO, LiveCodeBench and our own cases. Not their
judging (code/tests), and no test is run here.

A tests column holds one of: a list of assertions (MBPP); code with `def check(candidate)` and an entry (HumanEval,
LeetCodeDataset); {"inputs", "outputs", "fn_name"} (APPS, TACO); a list of {"input", "output", "testtype"}
(LiveCodeBench, its private tests included); a list of our own case objects, {"kind", ...}. Each may be JSON text.
Law: a test comes through with its meaning, which is what the judge of its layout makes of it (docs/programs.md), or its
row is refused by line; the fields of a case are the family's to check.
"""

import base64
import binascii
import json
import pickletools
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import ConfigError
from pipeline.exchange.foreign import BadRow, NeutralRow, Record, RowError, parse_mapping, pick, read_rows, write_rows
from pipeline.fingerprint import read_json
from pipeline.problem import Json

FAMILY = "code/tests"
FIELDS = (
    *("prompt", "tests", "examples", "answer", "entry", "setup", "prelude", "starter"),
    *("level", "limits", "declared"),
)
_NUMBERS = {"absolute": 1e-6, "relative": 1e-6, "prelude": "contest"}
"""How the judges of contest sets take numbers, and what they import before a program."""
_METHOD = {"absolute": 1e-5, "relative": 1e-6, "prelude": "contest"}
"""The same for LeetCode's methods, whose answers may be off by 1e-5."""
MAX_TESTS_BYTES = 200_000_000
"""Of one row's compressed tests, unpacked."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a row says beside its tests: the function's name, code before the tests and before the program, and the code
    that the question begins with.
    """

    entry: str = ""
    setup: str = ""
    prelude: str = ""
    starter: str = ""

    @property
    def method(self) -> str:
        """Return what tests that name no function call: the entry, else what the starter code begins."""
        return self.entry or entry_of_starter(self.starter)


def around_of(record: Mapping[str, Any]) -> Around:
    """Return what a row says beside its tests, in the columns that the layouts have for it.

    Raises:
        BadRow: for an entry that is no name of a function, or code that is no text.
    """
    entry = entry_of(record.get("entry_point")) or entry_of(record.get("metadata"))
    setup = "\n".join(filter(None, (_code(record.get(name)) for name in ("test_imports", "test_setup_code"))))
    return Around(entry, setup, starter=_code(record.get("starter_code")))


def names_tests(mapping: str | Mapping[str, str]) -> bool:
    """Say whether a mapping names a tests column."""
    fields = mapping if isinstance(mapping, Mapping) else [part.split("=")[0].strip() for part in mapping.split(",")]
    return "tests" in fields


def read(path: Path | str, mapping: str | Mapping[str, str] = "") -> Iterator[NeutralRow | RowError]:
    """Yield the rows of a file; `mapping` such as "prompt=text,tests=test_list,answer=code" names its columns.

    Fields: prompt; tests; answer, a program known to be right (a list of them: the first that is text); examples,
    tests that the question may show; entry, the function's name or LiveCodeBench's metadata; setup, code the tests
    need before them (text or a list); prelude, code that a program may count on; starter, code the question begins
    with; level; limits, {"cpu_s", "wall_s", "memory_mb"} or seconds of CPU; declared, {"tolerance", "order"}. The
    params are those of code/tests, without what a row lacks.

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
        setup, prelude, starter = (_code(given.get(field)) for field in ("setup", "prelude", "starter"))
        entry = entry_of(given.get("entry"))
        around = Around(entry, setup, prelude, starter)
        examples = _unpacked(given.get("examples"))
        shown = cases_of(examples, around) if examples else []
        cases = shown + cases_of(pick(record, columns["tests"]), around)
        if not entry and any(case.get("kind") == "code" for case in cases):
            entry = around.method
        reference = _reference(given.get("answer"), question, entry)
        params: dict[str, Json] = {
            "question": question.strip(),
            "cases": cases,
            "source": name,
            "reference": reference,
            "entry": entry,
            "starter": starter.rstrip(),
        }
        params |= {"visible": list(range(len(shown)))} if shown else {}
        params |= {"level": _level(given["level"])} if given.get("level") is not None else {}
        params |= {"limits": limits} if (limits := _limits(given.get("limits"))) else {}
        params |= {"declared": declared} if (declared := _parsed(given.get("declared"))) else {}
        return NeutralRow(FAMILY, {key: value for key, value in params.items() if value != ""}, reference, name, line)

    return read_rows(path, columns, convert)


def read_references(
    path: Path | str, *, program: str, tests: str, entry: str = "", setup: str = "", prelude: str = "", prompt: str = ""
) -> Iterator[NeutralRow | RowError]:
    """Yield only reference and cases of every row, whose columns are given one by one; "" for one there is not.

    Raises:
        ConfigError: for an unknown column, or a file that cannot be read.
    """
    given = {"answer": program, "tests": tests, "entry": entry, "setup": setup, "prelude": prelude, "prompt": prompt}
    columns = {field: column for field, column in given.items() if column}
    name = Path(path).name

    def convert(record: Record, line: int) -> NeutralRow:
        found = {field: _optional(record, column) for field, column in columns.items()}
        called = entry_of(found.get("entry"))
        reference = _reference(pick(record, program), str(found.get("prompt") or ""), called)
        around = Around(called, _code(found.get("setup")), _code(found.get("prelude")))
        cases = cases_of(pick(record, tests), around)
        return NeutralRow(FAMILY, {"cases": cases, "reference": reference}, reference, name, line)

    return read_rows(path, columns, convert)


def write(table: pa.Table, path: Path | str) -> None:
    """Write problems of code/tests (PROBLEM_SCHEMA) as rows {prompt, tests, answer, entry, starter, examples, level,
    limits, declared}.

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
        "starter": params.get("starter", ""),
        "level": params.get("level", 1),
        "limits": json.dumps(params.get("limits", {})),
        "declared": json.dumps(params.get("declared", {})),
    }


def cases_of(value: Any, around: Around | None = None) -> list[Json]:
    """Return the case objects of a tests value in any of the known forms; test code as {"kind": "code", ...}.

    The family turns test code into cases: what an assertion compares is Python's to say, not this format's.

    Raises:
        BadRow: for a value of no known form, or inputs and outputs that do not pair up.
    """
    value, around = _unpacked(value), around or Around()
    if isinstance(value, str) and value.strip():
        return [_test_code(value, around)]
    if isinstance(value, dict) and "inputs" in value and "outputs" in value:
        return _paired(value, str(value.get("fn_name") or around.entry), around)
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        return [value]
    if not isinstance(value, list) or not value:
        raise BadRow(f"tests of no known form: {str(value)[:80]!r}")
    if all(isinstance(test, str) for test in value):
        return [_test_code(test, around) for test in value]
    if all(isinstance(test, dict) and "kind" in test for test in value):
        return value
    if all(isinstance(test, dict) and "input" in test and "output" in test for test in value):
        return [_lcb_case(test, around) for test in value]
    raise BadRow(f"tests of no known form: {str(value)[:80]!r}")


def _test_code(source: str, around: Around) -> Json:
    """Return test code with what stands around it; about a method of Solution, it is judged as LeetCode does."""
    entry = around.method
    named = {"kind": "code", "source": source, "entry": entry, "setup": around.setup}
    judged = _judged(_METHOD, around) if entry.startswith(_SOLUTION) else {"prelude": around.prelude}
    return {key: text for key, text in (named | judged).items() if text}


def _judged(manner: Mapping[str, Any], around: Around) -> dict[str, Json]:
    """Return how the cases of a layout are judged; a row's own prelude follows the layout's."""
    return {**manner, "prelude": "\n".join(filter(None, (manner["prelude"], around.prelude)))}


def _paired(value: Mapping[str, Any], name: str, around: Around) -> list[Json]:
    """Return the cases of {"inputs", "outputs"}: calls where a function is named, else standard input and output."""
    inputs, outputs = value["inputs"], value["outputs"]
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs) or not inputs:
        raise BadRow("inputs and outputs are no lists of the same length, at least 1")
    pairs = list(zip(inputs, outputs, strict=True))
    judged = _judged(_NUMBERS, around)
    if not name:
        printed = {"checker": "tokens", **judged}
        return [{"kind": "stdin", "stdin": _lines(a), "expected": _lines(b), **printed} for a, b in pairs]
    if not all(isinstance(arguments, list) for arguments in inputs):
        raise BadRow(f"inputs of {name} are no lists of arguments")
    called = {"kind": "call", "call": name.removeprefix(_SOLUTION)}
    return [{**called, "args": _numbered(a), "expected": b, "checker": "boxed", **judged} for a, b in pairs]


def _numbered(arguments: list[Any]) -> list[Any]:
    """Return arguments with the keys of a first dict as the integers that they were before they became JSON."""
    first = arguments[0] if arguments else None
    if not isinstance(first, dict) or not first or not all(_WHOLE.fullmatch(key) for key in first):
        return arguments
    return [{"$map": [[int(key), value] for key, value in first.items()]}, *arguments[1:]]


def _lcb_case(test: Mapping[str, Any], around: Around) -> Json:
    """Return the case of one LiveCodeBench test: of type functional, one JSON argument a line."""
    source, wanted, name = test["input"], test["output"], around.method.removeprefix(_SOLUTION)
    if test.get("testtype") != "functional":
        printed = {"kind": "stdin", "stdin": _lines(source), "expected": _lines(wanted), "checker": "words"}
        return {**printed, **_judged(_NUMBERS, around)}
    if not name:
        raise BadRow("a functional test without a function: map entry to the metadata column, or starter to its code")
    try:
        args = [read_json(line) for line in str(source).splitlines() if line.strip()]
        called = {"kind": "call", "call": name, "args": args, "expected": read_json(wanted), "checker": "equal"}
        return {**called, **_judged(_METHOD, around)}
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRow(f"a functional test whose lines are no JSON: {error}") from error


_SOLUTION = "Solution()."
_WHOLE = re.compile(r"-?[0-9]{1,300}")
_ENTRY = re.compile(r"(?:Solution\(\)\.)?[^\W\d]\w*")


def entry_of(value: Any) -> str:
    """Return the function's name in an entry column: itself, or what a JSON object calls func_name or fn_name; for a
    method it may be "Solution().name".
    """
    value = _parsed(value)
    if isinstance(value, dict):
        value = value.get("func_name") or value.get("fn_name")
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not _ENTRY.fullmatch(value.strip()):
        raise BadRow(f"entry {str(value)[:80]!r} is no name of a function")
    return value.strip()


def entry_of_starter(starter: str) -> str:
    """Return the function that starter code begins: the one method of its class Solution, or its one function."""
    method = re.search(r"^class Solution\b", starter, re.MULTILINE) is not None
    heads = re.findall(r"^[ \t]+def (?!__)(\w+)\(" if method else r"^def (\w+)\(", starter, re.MULTILINE)
    return f"{_SOLUTION if method else ''}{heads[0]}" if len(heads) == 1 else ""


def _reference(value: Any, question: str, entry: str) -> str:
    """Return the program in an answer column; a body alone (HumanEval) goes under the question, which is its head."""
    value = _parsed(value)
    programs = value if isinstance(value, list) else [value]
    found = next((program for program in programs if isinstance(program, str) and program.strip()), "")
    head = f"def {entry.removeprefix(_SOLUTION)}"
    if found and entry and head not in found and head in question:
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
        return read_json(value)
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
