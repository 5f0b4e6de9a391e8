"""Imported programming problems with tests: MBPP, HumanEval, APPS and the like. Not made here.

Params: {"question", "cases", "reference"} and optionally "entry" (the function to define, or "Solution().name"),
"starter" (code the question begins with), "visible" (indices of the cases the question shows; no other is ever shown),
"limits" ({"cpu_s", "wall_s", "memory_mb"}), "declared" (a tolerance or an order of the answer), "level" and "source".
A problem needs a reference program: it is the witness, and it is run when the problem is built, so tests that
nothing is known to pass are a data error then, never wrong replies later. Law: the identity of an instance is its
question alone, whatever its case, spacing and tests.

Source: Austin et al. 2021 (arXiv 2108.07732), Chen et al. 2021 (arXiv 2107.03374) and Hendrycks et al. 2021 (arXiv
2105.09938) for the kind of data.
"""

import ast
import json
from collections.abc import Iterator
from random import Random

from generators.answers.declared import from_json
from generators.family import Family, Solution
from generators.kit.questions import canonical, level_of
from generators.programs.asserts import parse_program
from generators.programs.by_tests import declared_of
from generators.programs.case_rows import read_cases
from generators.programs.cases import Case
from generators.programs.executions import shared_executions
from generators.programs.judge import check_program, grade_program
from generators.sandbox.sandbox import Limits
from pipeline.errors import ConfigError, FamilyError
from pipeline.problem import Certificate, Json, Problem, Verdict

_ASK = "\n\nWrite one Python 3 program that {does}. Put all of it in one ```python fence; the last such fence counts."
_STDIN = "reads its input from standard input and prints its answer to standard output"
_LIMITS = ("cpu_s", "wall_s", "memory_mb")
_SOLUTION = "Solution()."
MOST_CPU_S = 30.0
MOST_WALL_S = 60.0
MOST_MEMORY_MB = 2048


def make(rng: Random, level: int, region: str) -> Json:
    """Make nothing: these problems are brought, not drawn."""
    raise FamilyError("code/tests makes no problems of its own: bring them with `veriloop import`")


def solve(params: Json) -> Solution:
    """Return the reference program, run on every case.

    The certificate is exact where all comparisons were made outside the sandbox; where assertions had to run within
    reach of the program it claims nothing, and says how many. `solver` names the level of the sandbox.
    """
    reference, cases = params.get("reference"), cases_of(params)
    if not isinstance(reference, str) or not reference.strip():
        raise FamilyError("no reference program: tests that nothing is known to pass judge nobody; map answer=COLUMN")
    sandbox = shared_executions()
    report = check_program(reference, cases, sandbox=sandbox, limits=limits_of(params), stop_at_first=True)
    if report.fault or report.first is not None:
        where = "" if report.first is None or report.fault else f" at case {report.first + 1} of {report.total}"
        raise FamilyError(f"the reference fails its own cases{where}: {report.reason}; mend or drop the row")
    inside = sum(case.kind == "assert" for case in cases)
    solver = f"sandbox {sandbox.level}: {len(cases)} cases" + (f", {inside} asserted inside" if inside else "")
    return Solution(reference, Certificate(status="none" if inside else "exact", evidence="execution", solver=solver))


def verify(problem: Problem, reply: str) -> Verdict:
    """Run the program of a reply on all cases, hidden ones too."""
    params = problem.params
    return grade_program(cases_of(params), reply, limits=limits_of(params))


def cases_of(params: Json) -> list[Case]:
    """Return the cases of a problem, compared as it declares.

    Raises:
        FamilyError: when they cannot be read, or the declaration cannot be meant.
    """
    try:
        return declared_of(read_cases(params.get("cases")), from_json(params.get("declared")))
    except ConfigError as error:
        raise FamilyError(str(error)) from error


def limits_of(params: Json) -> Limits:
    """Return the limits a problem declares, the sandbox's own where it declares none.

    Raises:
        FamilyError: for an unknown limit or one out of range.
    """
    declared = params.get("limits", {})
    usual = Limits()
    most = {"cpu_s": MOST_CPU_S, "wall_s": MOST_WALL_S, "memory_mb": MOST_MEMORY_MB}
    if not isinstance(declared, dict) or not set(declared) <= set(_LIMITS):
        raise FamilyError(f"limits {declared!r} are none of {', '.join(_LIMITS)}")
    for name, value in declared.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most[name]:
            raise FamilyError(f"limit {name} is {value!r}: choose above 0 and at most {most[name]}")
    cpu_s = float(declared.get("cpu_s", usual.cpu_s))
    wall_s = float(declared.get("wall_s", min(max(usual.wall_s, 5 * cpu_s), MOST_WALL_S)))
    return Limits(cpu_s=cpu_s, wall_s=wall_s, memory_mb=int(declared.get("memory_mb", usual.memory_mb)))


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Return the question, the cases it shows, what kind of program is asked for and what its tests call."""
    question = params["question"]
    if not isinstance(question, str) or not question.strip():
        raise FamilyError(f"question {question!r} is empty or no text: drop the row or mend the --map")
    reads = any(case["kind"] == "stdin" for case in params["cases"])
    wanted = " and ".join(signatures(params))
    does = f"defines {wanted}" if wanted else _STDIN if reads else "does this"
    starter = str(params.get("starter", "")).rstrip()
    begun = f"\n\nIt begins with this code:\n```python\n{starter}\n```" if starter else ""
    return question + _examples(params) + _ASK.format(does=does) + begun, "tag"


def signatures(params: Json) -> list[str]:
    """Return what a program must define, as the reference or the starter code heads it; nothing where it reads text.

    "`gcd(a, b)`", or "a class `Solution` with the method `gcd(self, a, b)`".
    """
    cases = read_cases(params["cases"])
    entry = str(params.get("entry", ""))
    if not entry and all(case.kind == "stdin" for case in cases):
        return []
    known: dict[str, str] = {}
    for code in (str(params.get("reference", "")), str(params.get("starter", ""))):
        known |= _heads(parse_program(code) or parse_program(f"{code}\n        pass") or ast.Module([], []))
    called = [case.call for case in cases if case.call]
    mentioned = [name for case in cases if not case.call for name in _names_in(case) if name in known]
    asked = [entry] if entry else list(dict.fromkeys([*called, *mentioned]))
    return [known.get(name.removeprefix(_SOLUTION), _bare(name)) for name in asked]


def _bare(name: str) -> str:
    """Return what is said of a function or method of which only the name is known."""
    return _method(name.removeprefix(_SOLUTION)) if name.startswith(_SOLUTION) else f"`{name}`"


def _method(head: str) -> str:
    return f"a class `Solution` with the method `{head}`"


def _heads(tree: ast.Module) -> dict[str, str]:
    """Return name -> what is said of it, of the functions, classes and methods of Solution that code defines."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = f"`{_head(node)}`"
        elif isinstance(node, ast.ClassDef):
            found[node.name] = f"`{node.name}`"
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef) and node.name == "Solution"]
            found |= {method.name: _method(_head(method)) for method in methods if method.name[:1] != "_"}
    return found


def _names_in(case: Case) -> Iterator[str]:
    """Yield the names that the code of a case mentions."""
    tree = parse_program(f"{case.setup}\n{case.source}")
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Name):
            yield node.id


def _head(node: ast.FunctionDef) -> str:
    return f"{node.name}({ast.unparse(node.args)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _examples(params: Json) -> str:
    visible, cases = params.get("visible", []), params["cases"]
    if not isinstance(visible, list) or not all(isinstance(i, int) and 0 <= i < len(cases) for i in visible):
        raise FamilyError(f"visible {visible!r} must be indices of the {len(cases)} cases")
    return "".join(f"\n\nExample:\n{_example(cases[i])}" for i in visible)


def _example(case: Json) -> str:
    if case["kind"] == "stdin":
        return f"Input:\n{case['stdin'].rstrip()}\nOutput:\n{case['expected'].rstrip()}"
    if case["kind"] == "call" and case.get("call"):
        arguments = ", ".join(json.dumps(argument, ensure_ascii=False) for argument in case.get("args", ()))
        gives = case.get("relation", "gives")
        return f"{case['call']}({arguments}) {gives} {json.dumps(case['expected'], ensure_ascii=False)}"
    return str(case["source"]).strip()


FAMILY = Family(
    family_version=2,
    verifier_version=5,
    answer_type="program",
    renderings=("plain",),
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=lambda text, rendering: {"question": text.partition("\n\nWrite one Python 3 program")[0]},
    canonical=canonical,
    level_of=level_of,
    write=lambda answer, rendering: f"\n```python\n{str(answer).rstrip()}\n```\n",
    judges=(1,),
    procedural=False,
)
