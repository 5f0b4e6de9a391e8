"""Gold answers, pairs and the rival that the verification benchmarks share, and how any skips. Not a benchmark.

Law: both sides get the same texts; the rival is called as its own documentation says, and in its best setting.
"""

import json
import os
import platform
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from pipeline.store.files import write_atomic

CASES = "VERILOOP_CASES"
FILES = ("gsm8k_test", "math500", "aime24", "aime25", "amc23", "minerva_math", "olympiadbench_text")
MIX = ("gsm8k_test", "math500", "aime24", "aime25")
"""The mix of the throughput benchmark: GSM8K, MATH, AIME."""
Pair = tuple[str, str]
"""(gold, reply)."""
_DELIMITERS = ("$", r"\(", r"\[", r"\boxed")


def folder() -> Path:
    """Return the folder of real cases, or skip the benchmark where there is none."""
    path = Path(os.environ.get(CASES, ""))
    if not os.environ.get(CASES) or not (path / "answer_equivalence_dev.jsonl").is_file():
        skip(f"{CASES} names no folder with answer_equivalence_dev.jsonl and benchmarks/")
    return path


def skip(why: str) -> NoReturn:
    """End the program, saying why nothing is measured; that is no failure, so that the other benchmarks run."""
    Console(stderr=True).print(f"skipped: {why}", highlight=False, soft_wrap=True)
    raise SystemExit(0)


def jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def golds(name: str) -> list[str]:
    """Return the gold answers of a benchmark file as bare text, in order."""
    return [_gold(row) for row in jsonl(folder() / "benchmarks" / f"{name}.jsonl")]


def _gold(row: Mapping[str, Any]) -> str:
    if "final_answer" in row:
        return ", ".join(row["final_answer"])
    if "answer" not in row:
        from generators.answers.reading.places import boxed

        return boxed(row["solution"]) or ""
    answer = row["answer"]
    if isinstance(answer, float) and answer.is_integer():
        return str(int(answer))
    return str(answer).rpartition("####")[2].strip()


def in_dollars(text: str) -> str:
    """Return bare mathematics in dollar signs, as math-verify wants a gold; other text as it is."""
    return text if any(mark in text for mark in _DELIMITERS) else f"${text}$"


def bare_in_dollars(reply: str) -> str:
    """Return a reply that is nothing but one line of LaTeX in dollar signs, any other reply as it is."""
    return in_dollars(reply) if "\\" in reply and "\n" not in reply.strip() else reply


def theirs(pair: Pair) -> str:
    """Judge (gold, reply) by math-verify with its defaults: both parsed, then verified in this order."""
    from math_verify import parse, verify

    gold, reply = pair
    return "correct" if verify(parse(gold), parse(reply)) else "wrong"


def ours(pair: Pair) -> str:
    """Judge (gold, reply) by our grader; return the outcome, or "data_error" for a gold it cannot read."""
    from generators.grade import grade
    from pipeline.errors import FamilyError

    try:
        return grade(*pair).outcome.value
    except FamilyError:
        return "data_error"


def timed(pair: Pair) -> tuple[str, float]:
    """Judge (gold, reply) by our grader; return the outcome and the seconds it took."""
    started = time.perf_counter()
    outcome = ours(pair)
    return outcome, time.perf_counter() - started


def write_result(path: Path, found: Mapping[str, Any]) -> None:
    """Write what was measured as JSON, with the versions it was measured with."""
    try:
        rival = metadata.version("math-verify")
    except metadata.PackageNotFoundError:
        rival = "not installed"
    versions = {"python": platform.python_version(), "math-verify": rival, "cores": len(os.sched_getaffinity(0))}
    write_atomic(path, json.dumps({"versions": versions, **found}, indent=1, ensure_ascii=False).encode())
