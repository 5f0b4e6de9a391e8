"""Second opinions on programs: the reference program on inputs that no stored case has. No expected value is read.

Law: whether a problem is judged depends on its reference, cases and limits, and on which inputs on its cases alone; a
program is wrong when it differs where the reference ends well within the domain that the cases show, right when it
agrees on enough inputs there, and what is not compared for certain is None. It shares the
sandbox with the verifier and takes the reference for the truth; it finds programs and compares what they did by rules
of its own.
"""

import ast
import json
import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from generators.programs.executions import Runner, shared_executions
from generators.programs.prelude import prelude_code
from generators.sandbox.sandbox import Execution, Job, Limits, SandboxError
from generators.second.inputs import Inputs, inputs_like
from generators.second.plain import all_of, margin_of
from pipeline.fingerprint import canonical
from pipeline.problem import Json

DIFFERENTIAL = "reference on other inputs 3"
ENOUGH, MOST = 6, 32
"""New inputs that must agree, and that are run at most."""
MAX_CASES, MAX_CHARS = 200, 20_000
"""Cases of a problem, characters of a reply: beyond these nothing is judged."""
NEAR, EXACT = 1e-4, 1e-9
"""Relative differences of two decimals: below the first they may be one number, below the second they are."""
_FENCE = re.compile(r"^```([a-z0-9]*)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_PYTHON = ("", "python", "py", "python3")
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
Said = tuple[bool | None, str, str]


def task_of(params: Json) -> Json:
    """Return what judging replies to a problem needs, or as text the reason why they cannot be judged.

    JSON: {"reference", "call" ("" for stdin), "seen" (inputs of the cases), "new" (others), "any_order", "absolute",
    "relative", "prelude", "limits"}.
    """
    return _task_of(canonical({name: params.get(name) for name in ("reference", "cases", "limits", "declared")}))


@lru_cache(maxsize=128)
def _task_of(params_text: str) -> Json:
    params = json.loads(params_text)
    reference, rows = params["reference"], params["cases"]
    if not isinstance(reference, str) or not isinstance(rows, list):
        return "no reference program to compare with"
    read = [_inputs(row) for row in rows[: MAX_CASES + 1]]
    if None in read or len(rows) > MAX_CASES:
        return f"tests that ask for something else than one value, or over {MAX_CASES} of them"
    found = [(call, given, row) for row, own in zip(rows, read, strict=True) for call, given in own or ()]
    calls = {call for call, _, _ in found}
    rules = {tuple(row.get(name, 0) for name in ("checker", "absolute", "relative", "prelude")) for _, _, row in found}
    if len(calls) != 1 or len(rules) != 1:
        return "no calls or inputs of one kind"
    (call,), ((checker, absolute, relative, prelude),) = calls, rules
    if checker == "boxed" or (call and call not in _defined(reference)):
        return "a checker or a function that is not read here"
    declared = params["declared"] or {}
    if (tolerance := declared.get("tolerance")) is not None:
        absolute = float(margin_of(tolerance, Fraction(0)) or 0)
        relative = 0.0 if absolute else float(margin_of(tolerance, Fraction(1)) or 0)
    known: Inputs | None = inputs_like([given for _, given, _ in found], text=not call, most=MOST)
    if known is None or len(known.new) < ENOUGH:
        return f"under {ENOUGH} other inputs like those of the cases"
    return {
        "reference": reference, "call": call, "seen": known.seen, "new": known.new,
        "any_order": checker == "any_order" or declared.get("order") == "any",
        "absolute": absolute, "relative": relative,
        "prelude": prelude_code(prelude or ""),
        "limits": params["limits"] or {},
    }  # fmt: skip


_FIELDS = {
    *("kind", "stdin", "call", "args", "expected", "checker", "absolute", "relative"),
    *("source", "setup", "entry", "prelude"),
}


def _inputs(row: Json) -> list[tuple[str, Json]] | None:
    """Return (function or "", input) of a case's row, or of each assertion of test code; None for what is not read."""
    kind = row.get("kind")
    if set(row) - _FIELDS or row.get("setup", "").strip() or (kind != "code" and row.get("source")):
        return None
    if kind == "stdin":
        return [("", row["stdin"])]
    if kind == "call":
        return [(row["call"], list(row.get("args", ())))]
    entry = row.get("entry", "").removeprefix("Solution().")
    return _asserted(row["source"], entry) if kind == "code" else None


def _asserted(source: str, entry: str) -> list[tuple[str, list[Json]]] | None:
    """Return (function, arguments) of every assertion; None unless each says that one call gives one value.

    Arguments that are no JSON are left out. HumanEval's `check(candidate)` is about the function `entry`.
    """
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except _UNREADABLE:
        return None
    named = {n.args.args[0].arg: entry for n in nodes if isinstance(n, ast.FunctionDef) and n.args.args and entry}
    found = []
    for test in (node.test for node in nodes if isinstance(node, ast.Assert)):
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
            test = test.left
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test = test.operand
        if not isinstance(test, ast.Call) or not isinstance(test.func, ast.Name) or test.keywords:
            return None
        try:
            arguments = [ast.literal_eval(argument) for argument in test.args]
        except (*_UNREADABLE, TypeError):
            return None
        if _is_json(arguments):
            found.append((named.get(test.func.id, test.func.id), arguments))
    return found


def _is_json(arguments: list[Json]) -> bool:
    try:
        return bool(json.loads(json.dumps(arguments)) == arguments)
    except (TypeError, ValueError):
        return False


def _defined(source: str) -> set[str]:
    """Return the functions at the top of a program and the methods of its class Solution."""
    try:
        tops = ast.parse(source).body
    except _UNREADABLE:
        return set()
    classes = [node for node in tops if isinstance(node, ast.ClassDef) and node.name == "Solution"]
    methods = [inner for node in classes for inner in node.body]
    return {node.name for node in (*tops, *methods) if isinstance(node, ast.FunctionDef)}


def judged(task: Json, reply: str, sandbox: Runner | None = None) -> Said:
    """Judge the program of a reply as (right or None, judge, why), in this process's sandbox unless one is given."""
    program = _program(reply)
    if program is None:
        return None, DIFFERENTIAL, "no one plainly fenced program"
    try:
        tree = ast.parse(program)
    except _UNREADABLE:
        return None, DIFFERENTIAL, "not read as Python"
    if task["call"] and task["call"] not in _defined(program):
        named = any(task["call"] in (getattr(n, "name", ""), getattr(n, "id", "")) for n in ast.walk(tree))
        return None if named else False, DIFFERENTIAL, f"no function {task['call']}"
    try:
        return _compared(task, program, sandbox or shared_executions())
    except (SandboxError, OSError) as error:
        return None, DIFFERENTIAL, f"programs cannot be run here: {error}"[:200]


def _program(reply: str) -> str | None:
    """Return the one fenced program of a reply after its thinking, None where it is not plain which."""
    after = reply.rpartition("</think>")[2].replace("\r\n", "\n")
    fences = [(language, body) for language, body in _FENCE.findall(after) if language in _PYTHON]
    bodies: set[str] = {body for _, body in fences}
    if len(bodies) != 1 or after.count("```") != 2 * len(fences) or len(after) > MAX_CHARS:
        return None
    return bodies.pop()


def _compared(task: Json, program: str, runner: Runner) -> Said:
    usual = runner.limits
    own = task["limits"]
    limits = Limits(
        cpu_s=float(own.get("cpu_s", usual.cpu_s)),
        wall_s=float(own.get("wall_s", max(usual.wall_s, 5 * float(own.get("cpu_s", usual.cpu_s))))),
        memory_mb=int(own.get("memory_mb", usual.memory_mb)),
    )
    inputs = [*task["seen"], *task["new"]]
    jobs = (_job(task, source, given) for given in inputs for source in (task["reference"], program))
    ran = runner.run_all(jobs, limits=limits)
    agreed, unsure = 0, ""
    for place, given in enumerate(inputs):
        wanted, found = next(ran), next(ran)
        if wanted.status != "ok":
            continue
        same = _same(task, wanted, found)
        if same is False:
            return False, DIFFERENTIAL, f"differs from the reference on {json.dumps(given)[:100]}"
        if same is None:
            unsure = unsure or f"unclear on {json.dumps(given)[:100]}"
            if found.status != "ok":  # over a limit: the rest would be too
                break
        agreed += bool(same) and place >= len(task["seen"])
    if unsure or agreed < ENOUGH:
        return None, DIFFERENTIAL, unsure or f"the reference answers under {ENOUGH} other inputs"
    return True, DIFFERENTIAL, f"as the reference on {agreed} other inputs"


def _job(task: Json, source: str, given: Json) -> Job:
    if task["call"]:
        return Job(source=source, call=task["call"], args=tuple(given), prelude=task["prelude"])
    return Job(source=source, stdin=given, prelude=task["prelude"])


def _same(task: Json, wanted: Execution, found: Execution) -> bool | None:
    """Compare what two programs did; one over a limit is not judged, one that raises is another."""
    if found.status != "ok":
        return False if found.status == "raised" and not found.error.startswith(("MemoryError", "OSError")) else None
    if task["call"]:
        return _same_value(task, wanted.value, found.value, top=True)
    lines = [[line.split() for line in side.stdout.splitlines() if line.strip()] for side in (wanted, found)]
    if task["any_order"]:
        lines = [sorted(side) for side in lines]
    if [len(line) for line in lines[0]] != [len(line) for line in lines[1]]:
        flat = [[word for line in side for word in line] for side in lines]
        return None if flat[0] == flat[1] else False
    pairs = zip(*([word for line in side for word in line] for side in lines), strict=True)
    return all_of(_same_word(task, a, b) for a, b in pairs)


def _same_word(task: Json, wanted: str, found: str) -> bool | None:
    if wanted == found:
        return True
    try:
        if re.fullmatch(r"-?[0-9]{1,300}", wanted) and re.fullmatch(r"-?[0-9]{1,300}", found):
            return int(wanted) == int(found) or False
        return _same_value(task, float(wanted), float(found))
    except ValueError:
        return None if wanted.casefold() == found.casefold() else False


def _same_value(task: Json, wanted: Json, found: Json, *, top: bool = False) -> bool | None:
    """Compare JSON values; True and 1 are not certainly different, nor are decimals that are close."""
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return _same_number(task, wanted, found)
    if type(wanted) is not type(found):
        return False
    if isinstance(wanted, list):
        if task["any_order"] and top:
            wanted, found = (sorted(side, key=json.dumps) for side in (wanted, found))
        if len(wanted) != len(found):
            return False
        return all_of(_same_value(task, a, b) for a, b in zip(wanted, found, strict=True))
    if isinstance(wanted, dict):
        if wanted.keys() != found.keys() or {"$set", "$map"} & wanted.keys():
            return None if {"$set", "$map"} & (wanted.keys() | found.keys()) else False
        return all_of(_same_value(task, wanted[key], found[key]) for key in wanted)
    return True if wanted == found else None if isinstance(wanted, str) and _alike(wanted, found) else False


def _alike(one: str, other: str) -> bool:
    """Say whether two texts differ in white space alone."""
    return "".join(one.split()) == "".join(other.split())


def _same_number(task: Json, wanted: Any, found: Any) -> bool | None:
    if isinstance(wanted, bool) or isinstance(found, bool):
        return True if wanted is found else False if type(wanted) is type(found) else None
    if wanted == found:
        return True
    if isinstance(wanted, int) and isinstance(found, int):
        return False
    try:
        far, size = abs(float(wanted) - float(found)), abs(float(wanted))
    except OverflowError:
        return None
    if far <= max(task["absolute"], task["relative"] * size, EXACT * size):
        return True
    return False if far > NEAR * max(size, 1.0) else None
