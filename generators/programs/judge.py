"""Judge a program by its cases: the program out of a reply, its runs in a sandbox, the comparison out here.

Not here: how a case compares (cases), how untrusted code runs (sandbox), how strong the cases are (mutants).
Law: the first case that fails decides. Another output or an exception is WRONG, with the share of passed cases as
quality. A limit the program breaks (time, memory, output, what the sandbox forbids) and text that is no Python are
MALFORMED, as every limit a reply exceeds, and end the run. What the sandbox itself failed at is run once more, then
UNDECIDED. Only "assert" cases compare within reach of the program.

Source: Chen et al. 2021 (arXiv 2107.03374), section 2, for functional correctness by hidden tests.
"""

import ast
import builtins
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

from generators.answers.reading.extract import MAX_REPLY_CHARS, spoken
from generators.malformed import Malformed
from generators.programs.asserts import parse_program
from generators.programs.cases import Case, matches
from generators.programs.executions import Runner, shared_executions
from generators.programs.prelude import of_contest, prelude_code
from generators.programs.words import PLAIN, plain_source
from generators.sandbox.sandbox import BOM, Execution, Job, Limits, SandboxError
from pipeline.fingerprint import content_hash
from pipeline.problem import Verdict, correct, malformed, undecided, wrong

MAX_PROGRAM_CHARS = 50_000
MAX_OUTPUT_CHARS = 10**8
TOTAL_S = 60.0
"""Seconds one program has for all its cases; only its own count, not those that others kept it waiting."""
SHOWN_CHARS = 1_000
"""Characters of a program that its verdict carries as what was extracted."""
NO_PYTHON = "not Python"
_NO_PYTHON_ERRORS = ("SyntaxError", "IndentationError", "TabError")
"""What only compiling finds, such as a return outside a function."""
_OVER = {
    "time": "over its time",
    "memory": "over its memory",
    "output": "prints too much",
    "forbidden": "does what is forbidden",
}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended. "limit": the program broke one; "undecided": the sandbox failed; "not_run": after the end."""

    outcome: Literal["passed", "wrong", "limit", "undecided", "not_run"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProgramReport:
    """What the cases say of one program: one result per case, in order; `fault` where it is no program at all."""

    results: tuple[CaseResult, ...]
    fault: str = ""

    @property
    def passed(self) -> int:
        """Number of passed cases."""
        return sum(result.outcome == "passed" for result in self.results)

    @property
    def total(self) -> int:
        """Number of cases."""
        return len(self.results)

    @property
    def first(self) -> int | None:
        """Index of the first case that failed, None when every case passed."""
        failed = (i for i, result in enumerate(self.results) if result.outcome != "passed")
        return next(failed, None)

    @property
    def reason(self) -> str:
        """Why the program is not right, "" when it is: the same words for the same cause, whichever case."""
        return self.fault or ("" if self.first is None else self.results[self.first].reason)

    def verdict(self, program: str) -> Verdict:
        """Return the verdict on the reply that held the program."""
        shown = program[:SHOWN_CHARS]
        if self.fault:
            return malformed(self.fault, shown)
        if self.first is None:
            return correct(shown)
        result = self.results[self.first]
        if result.outcome == "undecided":
            return undecided(result.reason)
        if result.outcome == "limit":
            return malformed(result.reason, shown)
        return wrong(result.reason, shown, quality=self.passed / self.total)


def grade_program(
    cases: Sequence[Case],
    reply: str,
    *,
    sandbox: Runner | None = None,
    limits: Limits | None = None,
    total_s: float = TOTAL_S,
) -> Verdict:
    """Judge the program within a free reply; without a sandbox, in this process's own, results kept by content."""
    try:
        program = program_text(reply)
    except Malformed as error:
        return malformed(error.reason, error.extracted)
    report = check_program(program, cases, sandbox=sandbox or shared_executions(), limits=limits, total_s=total_s)
    return report.verdict(program)


def check_program(
    source: str,
    cases: Sequence[Case],
    *,
    sandbox: Runner,
    limits: Limits | None = None,
    stop_at_first: bool = False,
    total_s: float = TOTAL_S,
) -> ProgramReport:
    """Run a program on its cases. A broken limit ends the run, and with `stop_at_first` any failure does.

    `total_s` bounds the seconds of all cases together, so that many that are just within their limit end too.
    """
    fault = _no_program(source)
    limits = _roomy(cases, limits or sandbox.limits)
    results: list[CaseResult] = []
    spent = 0.0
    for result, seconds in () if fault else _results(source, cases, sandbox, limits):
        spent += seconds
        late = spent > total_s and len(results) + 1 < len(cases)
        results += [result, CaseResult("limit", "over its time in all")] if late else [result]
        if late or result.outcome in ("limit", "undecided") or (stop_at_first and result.outcome == "wrong"):
            break
    results += [CaseResult("not_run", "not run")] * (len(cases) - len(results))
    return ProgramReport(tuple(results), fault)


def _roomy(cases: Sequence[Case], limits: Limits) -> Limits:
    """Return the limits with room for what the cases expect, twice over: no right program prints too much."""
    longest = max((len(case.expected if case.kind == "stdin" else str(case.expected)) for case in cases), default=0)
    return replace(limits, output_chars=min(max(limits.output_chars, 2 * longest), MAX_OUTPUT_CHARS))


def _no_program(source: str) -> str:
    if len(source) > MAX_PROGRAM_CHARS:
        return f"program over {MAX_PROGRAM_CHARS} characters"
    return NO_PYTHON if parse_program(source) is None else ""


def _results(source: str, cases: Sequence[Case], sandbox: Runner, limits: Limits) -> Iterator[tuple[CaseResult, float]]:
    """Yield one result per case and its seconds.

    What the sandbox fails at is tried once more, each case by itself from there on. The first case
    goes alone: a program that never ends shows it there, and has none waiting behind it.
    """
    jobs = [job_of(source, case) for case in cases]
    done = 0
    try:
        for execution in chain.from_iterable(sandbox.run_all(part, limits=limits) for part in (jobs[:1], jobs[1:])):
            if execution.status == "died":
                execution = sandbox.run(jobs[done], limits=limits)
            done += 1
            yield judged(source, cases[done - 1], execution), execution.seconds
    except (SandboxError, OSError):
        for case, job in zip(cases[done:], jobs[done:], strict=True):
            yield _once_more(source, case, job, sandbox, limits)


def _once_more(source: str, case: Case, job: Job, sandbox: Runner, limits: Limits) -> tuple[CaseResult, float]:
    try:
        execution = sandbox.run(job, limits=limits)
    except (SandboxError, OSError) as error:
        return CaseResult("undecided", f"the sandbox failed twice: {error}"), 0.0
    return judged(source, case, execution), execution.seconds


def judged(source: str, case: Case, execution: Execution) -> CaseResult:
    """Compare what a program did on a case with what the case expects."""
    status = execution.status
    if status in _OVER:
        return CaseResult("limit", _OVER[status])
    if status == "starved":
        return CaseResult("undecided", f"the machine is too busy: {execution.error}")
    if status == "died":
        return CaseResult("wrong", "its process died")
    if status == "raised" and execution.error.startswith(_NO_PYTHON_ERRORS):
        return CaseResult("limit", NO_PYTHON)
    exited = case.kind == "stdin" and of_contest(case.prelude) and execution.error.startswith("SystemExit:")
    if status == "raised" and not exited:
        return CaseResult("wrong", f"raised {raised_name(execution.error)}")
    if case.kind == "assert":
        passed, reason = execution.value == _nonce(source, case), "ended before its tests did"
    else:
        passed = matches(case, execution.stdout if case.kind == "stdin" else execution.value)
        reason = "another output" if case.kind == "stdin" else "another value"
    return CaseResult("passed") if passed else CaseResult("wrong", reason)


def raised_name(error: str) -> str:
    """Return the name of Python's own exception at the start of a message, else "an exception"."""
    name = re.split(r"\W", error.strip(), maxsplit=1)[0]
    known = getattr(builtins, name, None) if name else None
    return name if isinstance(known, type) and issubclass(known, BaseException) else "an exception"


def job_of(source: str, case: Case) -> Job:
    """Return what the sandbox is to run for a case: the input goes in, the expected value stays here.

    The exception is "assert", whose test code is appended; a word that only its end gives out shows that it ran.
    """
    prelude = prelude_code(case.prelude)
    if case.kind == "stdin":
        return Job(source=source, stdin=case.stdin.removeprefix(BOM), prelude=prelude)
    if case.kind == "assert":
        ending = f"def _veriloop_done():\n    return {_nonce(source, case)!r}"
        whole = _joined(source, case.setup, case.source, ending)
        return Job(source=whole, call="_veriloop_done", prelude=prelude)
    if case.call:
        return Job(source=_joined(source, case.setup), call=case.call, args=case.args, prelude=prelude)
    asked = f"def _veriloop_asked():\n    return {PLAIN}({case.source}, {case.relation == 'holds'})"
    return Job(source=_joined(source, case.setup, plain_source(), asked), call="_veriloop_asked", prelude=prelude)


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _nonce(source: str, case: Case) -> str:
    """Return the word an "assert" case must end with: a hash of the program, so none can have it written in itself."""
    return content_hash(["nonce", source, case.source])


def program_text(reply: str) -> str:
    """Return the one program of a reply, whatever its length below the limit, without its fence.

    After the thinking: the last fence marked python, else the last fence, else the last `<answer>` span, else the
    whole reply where it is Python that does something. A fence that is opened last and never closed is no program.

    Raises:
        Malformed: for none of these, an empty one, or a limit exceeded.
    """
    if len(reply) > MAX_REPLY_CHARS:
        raise Malformed(f"reply over {MAX_REPLY_CHARS} characters")
    text = spoken(reply).replace("\r\n", "\n").removeprefix(BOM)
    fences = list(_fences(text))
    ours = [body for language, body in fences if language in ("python", "py", "python3")] or [b for _, b in fences]
    found = ours[-1] if ours else _unfenced(text)
    if len(found) > MAX_PROGRAM_CHARS:
        raise Malformed(f"program over {MAX_PROGRAM_CHARS} characters", found[:100])
    if not found.strip():
        raise Malformed("empty program")
    return textwrap.dedent(found.lstrip(f"\n{BOM}")).strip("\n") + "\n"


def _fences(text: str) -> Iterator[tuple[str, str]]:
    """Yield (language, body) of every fence, line by line.

    Raises:
        Malformed: when the last one is never closed.
    """
    mark, language, body = "", "", list[str]()
    for line in text.split("\n"):
        bare = line.strip().removesuffix("</answer>").strip()
        if not mark and (opened := _FENCE.match(bare)):
            mark, language, body = opened[1], opened[2].lower(), []
        elif mark and bare.startswith(mark) and not bare.strip(mark[0]):
            yield language, "\n".join(body)
            mark = ""
        elif mark:
            body.append(line)
    if mark:
        raise Malformed("a fence is never closed")


_FENCE = re.compile(r"(?:<answer>)?\s*(`{3,}|~{3,})\s*\{?\.?([A-Za-z0-9+#]*)[^`]*\Z")


def _unfenced(text: str) -> str:
    begin = text.rfind("<answer>")
    if begin >= 0:
        inner, closed, _ = text[begin + len("<answer>") :].partition("</answer>")
        if not closed:
            raise Malformed("<answer> never ends")
        return inner
    tree = parse_program(text) if len(text) <= MAX_PROGRAM_CHARS else None
    if tree is None or not any(isinstance(node, ast.Call | ast.FunctionDef | ast.ClassDef) for node in ast.walk(tree)):
        raise Malformed("no program in the reply")
    return text
