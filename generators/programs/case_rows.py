"""Cases from JSON rows, checked at the door. Not where the rows come from (pipeline.exchange.programs).

A row is a case object, {"kind": "stdin" | "call" | "assert", ...}, or test code as a benchmark has it, {"kind": "code",
"source", "entry", "setup", "prelude", "absolute", "relative"}, which gives one or several; its tolerances are those of
values that an assertion compares without one. Law: a row that is not what its kind asks for is named by number, never
judged by.
"""

import math
import reprlib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from generators.programs.asserts import cases_of_asserts
from generators.programs.cases import Case, Checker, Kind, Relation, is_number
from generators.programs.outside import readable
from generators.programs.prelude import prelude_code
from generators.sandbox.sandbox import MAX_DEPTH, too_deep
from pipeline.errors import FamilyError, nearest
from pipeline.fingerprint import canonical
from pipeline.problem import Json

MAX_CASES = 2_000
"""Cases of one problem; TACO's longest has some hundred."""
_CODE = ("kind", "source", "entry", "setup", "prelude", "absolute", "relative")


def read_cases(value: Json) -> tuple[Case, ...]:
    """Return the cases of a JSON list of case objects and test code, in order.

    Raises:
        FamilyError: when there are none or too many, or one is not what its kind asks for; names its number from 1.
    """
    if not isinstance(value, list) or not value:
        raise FamilyError(f"cases must be a list of at least one case object, not {_short(value)}")
    if len(value) > MAX_CASES:
        raise FamilyError(f"{len(value)} cases, over {MAX_CASES}: bring fewer")
    return tuple(case for number, row in enumerate(value, start=1) for case in _read(row, number))


def _read(value: Json, number: int) -> list[Case]:
    if not isinstance(value, Mapping):
        raise FamilyError(f"case {number} is no object: {_short(value)}")
    names = _CODE if value.get("kind") == "code" else tuple(field.name for field in fields(Case))
    for name in value:
        if name not in names:
            raise FamilyError(f"case {number} has an unknown field {name!r}{nearest(str(name), names)}")
    fault = _fault(value)
    if fault:
        raise FamilyError(f"case {number} {fault}: {_short(value)}")
    if value["kind"] == "code":
        setup, entry, prelude = (value.get(name, "") for name in ("setup", "entry", "prelude"))
        found = cases_of_asserts(value["source"], setup=setup, entry=entry, prelude=prelude_code(prelude))
        near = {name: value[name] for name in ("absolute", "relative") if name in value}
        return [replace(case, prelude=prelude, **(near if _plainly_equal(case) else {})) for case in found]
    return [Case(**{**value, "args": tuple(value.get("args", ()))})]


def _plainly_equal(case: Case) -> bool:
    return case.kind == "call" and case.relation == "==" and not (case.absolute or case.relative)


def _fault(value: Mapping[str, Any]) -> str:
    """Return what is wrong with a case object, "" when nothing is."""
    kind = value.get("kind")
    if kind not in (*get_args(Kind), "code"):
        return f"has kind {kind!r}, not one of {', '.join((*get_args(Kind), 'code'))}"
    for name in ("stdin", "call", "source", "setup", "entry", "prelude"):
        if not isinstance(value.get(name, ""), str):
            return f"has a {name} that is no text"
    if not isinstance(value.get("args", []), list | tuple):
        return "has args that are no list"
    if value.get("checker", "exact") not in get_args(Checker):
        return f"has checker {value['checker']!r}, not one of {', '.join(get_args(Checker))}"
    if value.get("relation", "==") not in get_args(Relation):
        return f"has relation {value['relation']!r}, not one of {', '.join(get_args(Relation))}"
    for name in ("absolute", "relative"):
        if not is_number(value.get(name, 0.0)) or not 0 <= value.get(name, 0.0) < math.inf:
            return f"has a tolerance {name} that is no number from 0"
    if kind == "stdin" and not isinstance(value.get("expected"), str):
        return "expects no text on standard output"
    if kind == "call" and bool(value.get("call")) == bool(value.get("source")):
        return "needs either the name of a function in call or an expression in source"
    if kind == "call" and value.get("call") and not value["call"].isidentifier():
        return f"calls {value['call']!r}, which is no name"
    if value.get("relation") == "holds" and not (value.get("source") and readable(str(value.get("expected")))):
        return "holds no test of the values of its source that can be worked out outside"
    if kind in ("assert", "code") and not value.get("source", "").strip():
        return "has no test code in source"
    return _unequal_to_itself(value)


def _unequal_to_itself(value: Mapping[str, Any]) -> str:
    """Return a fault where a value is no JSON that repeats, such as NaN or half a character, or is nested too deep."""
    if too_deep([*value.values()]):
        return f"is nested over {MAX_DEPTH - 1} deep"
    try:
        canonical(dict(value)).encode()
    except (TypeError, ValueError) as error:
        return f"is no plain JSON ({error})"
    return ""


def _short(value: Json) -> str:
    text = reprlib.repr(value) if too_deep(value) else repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
