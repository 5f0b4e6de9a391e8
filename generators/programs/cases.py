"""One test of a program and how what the program did is compared with it. Not the running (programs, sandbox).

Kinds. "stdin": text in, text expected on standard output. "call": a function's name and its arguments, or an expression
of the test's own (`source`), and the value expected. "assert": test code that runs inside the process of the program.
Law: for "stdin" and "call" the expected value never enters the sandbox, so no program can read or forge it. An
"assert" shows its expected values to the program: one that ends early does not pass, one that sets out to deceive can.

How text compares: line by line, without trailing white space and trailing empty lines; `checker` "words" compares the
words of each line, "tokens" those of the whole text, "any_order" the lines as a multiset. How values compare: as JSON,
tuple and list alike, whole floats equal to integers, True never equal to 1; "any_order" compares a list as a multiset,
"equal" takes True for 1, "boxed" does too and also takes the value in a list of one, as APPS does. `relation` may ask
for something else than equality, the value found on its left; "contains" and "lacks" are Python's `in` and `not in` the
other way round; "holds" says that a text about the values of a list of expressions is true of them (outside).
`absolute` and `relative` are what a number that is no integer on both sides may differ by; integers are always compared
exactly, and of two what is printed where a whole number is expected has the absolute one alone.
"""

import json
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Literal

from generators.programs.outside import holds
from generators.sandbox.sandbox import BOM
from pipeline.fingerprint import MAX_DIGITS
from pipeline.problem import Json

Kind = Literal["stdin", "call", "assert"]
Checker = Literal["exact", "words", "tokens", "any_order", "equal", "boxed"]
Relation = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "lacks", "holds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test. Survives a JSON round trip; fields at their defaults are left out.

    kind "stdin": `stdin` and `expected` are text. "call": `call` names a function (or a method of the program's class
    Solution), `args` its JSON arguments; or `source` is an expression that is evaluated after `setup`, its value in
    the words of `plain`. "assert": `source` is test code, run after the program and `setup`. `prelude` is code that
    runs before the program; its first line may be "contest", for what contest judges import, who also take any exit
    code for an end.
    """

    kind: Kind
    stdin: str = ""
    call: str = ""
    args: tuple[Json, ...] = ()
    source: str = ""
    setup: str = ""
    prelude: str = ""
    expected: Json = None
    checker: Checker = "exact"
    relation: Relation = "=="
    absolute: float = 0.0
    relative: float = 0.0

    def to_json(self) -> Json:
        """Return the case as a JSON object."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        kept = {f.name: found[f.name] for f in fields(self) if f.default is MISSING or found[f.name] != f.default}
        return {**kept, "args": list(self.args)} if self.args else kept


def matches(case: Case, found: Json) -> bool:
    """Say whether what the program printed (stdin) or returned (call) is what the case expects."""
    if case.kind == "stdin":
        return isinstance(found, str) and same_text(case, found)
    expected = case.expected
    if case.relation == "holds":
        return holds(expected, found)
    if case.relation != "==":
        return _related(case, expected, found)
    if case.checker == "any_order" and isinstance(expected, list):
        return isinstance(found, list) and _same_multiset(case, expected, found)
    if same_value(case, expected, found):
        return True
    if case.checker != "boxed":
        return False
    inner = expected[0] if isinstance(expected, list) and len(expected) == 1 else [expected]
    return same_value(case, inner, found)


def _related(case: Case, expected: Json, found: Json) -> bool:
    """Say whether a relation holds as it does in Python, where 1 == True; not where Python would raise."""
    expected, found = _counted(expected), _counted(found)
    if case.relation == "!=":
        return not same_value(case, expected, found)
    if case.relation in ("in", "not in"):
        return _holds(case, expected, found) is (case.relation == "in")
    if case.relation in ("contains", "lacks"):
        return _holds(case, found, expected) is (case.relation == "contains")
    texts = isinstance(expected, str) and isinstance(found, str)
    return (texts or (is_number(expected) and is_number(found))) and bool(_ORDER[case.relation](found, expected))


_ORDER: dict[str, Callable[[Json, Json], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _holds(case: Case, outer: Json, inner: Json) -> bool | None:
    """Say whether a value is in another, a text or what has elements or keys; None where that is neither."""
    if isinstance(outer, str):
        return inner in outer if isinstance(inner, str) else None
    if isinstance(outer, dict) and "$map" in outer:
        pairs = outer["$map"]
        outer = [pair[0] for pair in pairs if isinstance(pair, list) and pair] if isinstance(pairs, list) else None
    elif isinstance(outer, dict):
        named = any(key.startswith("$") for key in outer)
        outer = outer.get("$set") if named else [*outer]
    if not isinstance(outer, list):
        return None
    return any(same_value(case, _counted(item), inner) for item in outer)


def _counted(value: Json) -> Json:
    """Return True as 1, an infinity and a long integer as the numbers they are."""
    if isinstance(value, dict) and value.get("$float") in ("inf", "-inf"):
        return float(value["$float"])
    if isinstance(value, dict) and isinstance(digits := value.get("$int"), str) and re.fullmatch(r"-?[0-9]+", digits):
        return long_int(digits)
    return int(value) if isinstance(value, bool) else value


def long_int(digits: str) -> int:
    """Return the integer of a decimal text of any length, part by part: Python reads none of over 4300 digits."""
    size = -(-len(digits.lstrip("-")) // MAX_DIGITS) * MAX_DIGITS
    padded, found = digits.lstrip("-").rjust(size, "0"), 0
    for begin in range(0, size, MAX_DIGITS):
        found = found * 10**MAX_DIGITS + int(padded[begin : begin + MAX_DIGITS])
    return -found if digits.startswith("-") else found


def same_text(case: Case, found: str) -> bool:
    """Compare printed text with the expected one by the case's checker."""
    expected, found = case.expected.removeprefix(BOM), found.removeprefix(BOM)
    if case.checker == "tokens":
        return _same_words(case, expected.split(), found.split())
    if case.checker == "words":
        lines = [text.strip().split("\n") for text in (expected, found)]
        same = len(lines[0]) == len(lines[1])
        return same and all(_same_words(case, a.split(), b.split()) for a, b in zip(*lines, strict=True))
    wanted, given = _lines(expected), _lines(found)
    if case.checker == "any_order":
        wanted, given = sorted(wanted), sorted(given)
    if wanted == given:
        return True
    if len(wanted) != len(given) or not (case.absolute or case.relative):
        return False
    return all(_same_words(case, a.split(), b.split()) for a, b in zip(wanted, given, strict=True))


def same_value(case: Case, expected: Json, found: Json) -> bool:
    """Compare JSON values; recursion goes as deep as the expected value, never as deep as the found one."""
    if case.checker in ("equal", "boxed"):
        expected, found = (int(value) if isinstance(value, bool) else value for value in (expected, found))
    if is_number(expected) and is_number(found):
        return bool(expected == found) or _close(case, expected, found)
    if isinstance(expected, list) and isinstance(found, list):
        pairs = zip(expected, found, strict=False)
        return len(expected) == len(found) and all(same_value(case, a, b) for a, b in pairs)
    if isinstance(expected, dict) and isinstance(found, dict):
        if expected.keys() != found.keys():
            return False
        unordered = len(expected) == 1 and next(iter(expected)) in ("$set", "$map")
        same = _same_multiset if unordered else same_value
        return all(same(case, expected[key], found[key]) for key in expected)
    return type(expected) is type(found) and bool(expected == found)


def _same_multiset(case: Case, expected: Json, found: Json) -> bool:
    if not isinstance(found, list) or len(expected) != len(found):
        return False
    pairs = zip(sorted(expected, key=_place), sorted(found, key=_place), strict=True)
    return all(same_value(case, a, b) for a, b in pairs)


def _place(value: Json) -> tuple[int, float | int, str]:
    """Return where a value stands when order does not matter: numbers by size, the rest by their text."""
    if is_number(value):
        return 0, value, ""
    return 1, 0, json.dumps(_whole(value), sort_keys=True)


def _whole(value: Json) -> Json:
    """Return a value with whole floats as integers, so that equal values have equal text."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {key: _whole(item) for key, item in value.items()} if isinstance(value, dict) else value


def _same_words(case: Case, wanted: Sequence[str], given: Sequence[str]) -> bool:
    return len(wanted) == len(given) and all(
        a == b or _close_words(case, a, b) for a, b in zip(wanted, given, strict=True)
    )


def _close_words(case: Case, wanted: str, given: str) -> bool:
    """Say whether two words are the same number, or close: where a tolerance is declared, words may be numbers."""
    if not (case.absolute or case.relative) or not (_NUMBER.fullmatch(wanted) and _NUMBER.fullmatch(given)):
        return False
    expected, found = (int(word) if _INTEGER.fullmatch(word) else float(word) for word in (wanted, given))
    return expected == found or _close(case, expected, found, whole=isinstance(expected, int))


_INTEGER = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?=\.?\d)\d{0,400}(?:\.\d{0,400})?(?:[eE][+-]?\d{1,4})?", re.ASCII)


def _close(case: Case, expected: float | int, found: float | int, *, whole: bool = False) -> bool:
    """Say whether two numbers, not both integers, differ by no more than the case declares."""
    if isinstance(expected, int) and isinstance(found, int):
        return False
    try:
        far = abs(float(expected) - float(found))
        most = case.absolute if whole and case.absolute else max(case.absolute, case.relative * abs(float(expected)))
        return far < math.inf and far <= most
    except OverflowError:
        return False


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def is_number(value: Json) -> bool:
    """Say whether a JSON value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
