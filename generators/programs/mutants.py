"""How strong a set of tests is: small faults put into a right program, and which of them the tests notice.

A mutant is the program with one node of its syntax tree changed. Law: the mutants of a program are distinct, parse,
and are the same everywhere; a mutant that survives is only called equal to the program where it was seen to do the
same on other inputs, and even that is an observation: equivalence is unknown.

Source: DeMillo, Lipton and Sayward 1978 (Hints on test data selection) for mutation; Jia and Harman 2011 (IEEE TSE
37:5) for the operators.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, islice

from generators.programs.asserts import parse_program
from generators.programs.cases import Case
from generators.programs.differential import Difference, differential, nearby
from generators.programs.executions import Runner
from generators.programs.faults import OPERATORS, Put, one_line, slots
from generators.programs.judge import ProgramReport, check_program
from generators.sandbox.sandbox import Limits
from pipeline.choice.difficulty import exact_interval
from pipeline.errors import FamilyError
from pipeline.fingerprint import content_hash
from pipeline.problem import Json

MOST = 100
"""Mutants of one program that are run; beyond it they are drawn by hash."""
WRITTEN_CHARS = 5_000_000
"""Characters of all mutants of a program up to which every one is written, told apart and drawn by the hash of its
text. Where there would be more, from some 5,000 characters of program on, faults are drawn by their number and only
those are written: otherwise the cost would grow with the square of the length."""
OTHER_INPUTS = 40
FEWEST_INPUTS = 8
SHORT_CHARS = 5_000
"""Inputs near those of the cases on which a survivor is compared with the program: OTHER_INPUTS for a program of up to
SHORT_CHARS, fewer for a longer one, which takes longer to compile at every run, but not under FEWEST_INPUTS."""
LIMITS = Limits(cpu_s=1.0, wall_s=3.0)
"""A mutant that never ends is common and must be cheap; a reference has a second for a case here."""
QUICK = Limits(cpu_s=0.1, wall_s=3.0)
SLOWER = Limits(cpu_s=0.3, wall_s=3.0)
"""What mutants of a reference have that needs no more than QUICK: most of the cost is mutants that never end."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one fault: where, of what kind, and the changed node as "before -> after" on one line."""

    source: str
    line: int
    operator: str
    diff: str


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that every case let pass; `difference` is an input, found nearby, that would have noticed it."""

    mutant: Mutant
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Strength:
    """What mutation says of a set of cases.

    Of `total` mutants `killed` failed a case, broken limits included. The rest survived: `survivors`, of which those
    with a difference are holes in the tests, and `equal`, seen to do as the program does on `other_inputs` inputs and
    perhaps no faults at all. `undecided` mutants, which the sandbox failed at, count nowhere. `made` is how many
    mutants there were before the limit; beyond WRITTEN_CHARS the faults, some of them written alike.
    """

    killed: int
    total: int
    survivors: tuple[Survivor, ...]
    equal: tuple[Mutant, ...]
    undecided: int
    made: int
    other_inputs: int

    @property
    def score(self) -> float:
        """Share of killed mutants, equal ones included among those that could have been; 1.0 when there are none."""
        return self.killed / self.total if self.total else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Exact 95% interval of the score, the mutants taken as a sample of such faults."""
        return exact_interval(self.total, self.killed)


def strength(
    reference: str,
    cases: Sequence[Case],
    *,
    sandbox: Runner,
    limit: int = MOST,
    limits: Limits | None = None,
    inputs: Sequence[Json] | None = None,
    at_once: int = 1,
) -> Strength:
    """Run the cases on mutants of a reference that passes them all.

    `limits` are a mutant's; None chooses them by what the reference needs. `inputs` (stdin texts, or argument lists)
    are what survivors are compared on; None takes inputs near those of the cases, where the cases are of one kind
    and, if they call, of one function. `at_once` mutants are run side by side, for a sandbox of as many zygotes.

    Raises:
        FamilyError: when there is no case, or the reference itself fails one: mutants of a wrong program say nothing.
    """
    if not cases:
        raise FamilyError("no cases: nothing can be said of how strong they are")
    limits = _passing(reference, cases, sandbox, limits)
    made, drawn = _drawn(reference, limit)
    with ThreadPoolExecutor(at_once) as threads:
        ends = list(threads.map(lambda mutant: _ended(mutant, cases, sandbox, limits), drawn))
        survived = [mutant for mutant, end in zip(drawn, ends, strict=True) if end == "survived"]
        most = OTHER_INPUTS * SHORT_CHARS // max(len(reference), SHORT_CHARS)
        call, near = _inputs_of(cases, max(FEWEST_INPUTS, most))
        others = near if inputs is None else list(inputs)
        tell = partial(_told_apart, reference=reference, others=others, like=replace(cases[0], call=call))
        found = list(threads.map(lambda mutant: tell(mutant, sandbox=sandbox, limits=limits), survived))
    return Strength(
        killed=ends.count("killed"),
        total=ends.count("killed") + len(survived),
        survivors=tuple(one for one in found if isinstance(one, Survivor)),
        equal=tuple(one for one in found if isinstance(one, Mutant)),
        undecided=ends.count("undecided"),
        made=made,
        other_inputs=len(others),
    )


def _passing(reference: str, cases: Sequence[Case], sandbox: Runner, limits: Limits | None) -> Limits:
    """Return the limits for mutants of a reference, which passes its cases within the first of its own."""
    report = ProgramReport(())
    for own, its in ((QUICK, SLOWER), (LIMITS, LIMITS)) if limits is None else ((limits, limits),):
        report = check_program(reference, cases, sandbox=sandbox, limits=own)
        if report.first is None and not report.fault:
            return its
    where = "" if report.first is None or report.fault else f" at case {report.first + 1}"
    raise FamilyError(f"the reference fails its own cases{where}: {report.reason}")


def _ended(mutant: Mutant, cases: Sequence[Case], sandbox: Runner, limits: Limits) -> str:
    """Return whether the cases killed a mutant, or it survived, or the sandbox failed at it."""
    report = check_program(mutant.source, cases, sandbox=sandbox, limits=limits, stop_at_first=True)
    if report.first is None and not report.fault:
        return "survived"
    undecided = report.first is not None and report.results[report.first].outcome == "undecided"
    return "undecided" if undecided else "killed"


def _told_apart(
    mutant: Mutant, *, reference: str, others: list[Json], like: Case, sandbox: Runner, limits: Limits
) -> Survivor | Mutant:
    """Return the mutant itself where other inputs saw it do as the reference does, else the survivor."""
    if not others:
        return Survivor(mutant, None)
    seen = differential(
        mutant.source,
        reference,
        others,
        sandbox=sandbox,
        call=like.call,
        limits=limits,
        like=like,
        shrink=False,
        whole=False,
    )
    return mutant if seen.first is None and seen.total else Survivor(mutant, seen.first)


def _inputs_of(cases: Sequence[Case], most: int) -> tuple[str, list[Json]]:
    """Return the function called ("" for stdin) and inputs near those of the cases; none where the cases differ."""
    kinds = {(case.kind, case.call) for case in cases}
    if len(kinds) != 1:
        return "", []
    ((kind, call),) = kinds
    if kind == "stdin":
        return "", nearby([case.stdin for case in cases], most=most)
    if kind == "call" and call:
        return call, nearby([list(case.args) for case in cases], most=most)
    return "", []


def _drawn(source: str, limit: int) -> tuple[int, list[Mutant]]:
    """Return how many mutants there are and at most `limit` of them, drawn by hash, in the order of the program."""
    program = _read(source)
    faults = list(_faults(program))
    if len(faults) * len(program.text) <= WRITTEN_CHARS:
        made = mutants(source)
        if len(made) <= limit:
            return len(made), made
        chosen = sorted(range(len(made)), key=lambda i: content_hash(["mutant", made[i].source]))[:limit]
        return len(made), [made[i] for i in sorted(chosen)]
    whole = content_hash(["program", source])
    by_hash = sorted(range(len(faults)), key=lambda i: content_hash(["fault", whole, i]))
    drawn = islice(_written(program, ((i, faults[i]) for i in by_hash)), limit)
    return len(faults), [mutant for _, mutant in sorted(drawn, key=lambda found: (found[1].line, found[0]))]


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of a program, in the order of its lines; distinct, and none written like the program.

    Raises:
        FamilyError: when the source is not Python.
    """
    program = _read(source)
    try:
        found = [mutant for _, mutant in _written(program, enumerate(_faults(program)))]
    except RecursionError as error:
        raise FamilyError(f"no mutants of a program nested this deep: {source[:80]!r}") from error
    return sorted(found, key=lambda mutant: mutant.line)


@dataclass(frozen=True, slots=True)
class _Program:
    """A program's tree and how each of its statements is written, so that a fault costs its own statement alone."""

    tree: ast.Module
    texts: tuple[str, ...]
    begins: tuple[int, ...]

    @property
    def text(self) -> str:
        return "".join(self.texts)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What stands in place of a node: the statement it is in, and how it is put there."""

    statement: int
    node: ast.AST
    put: Put
    operator: str
    after: ast.AST


def _read(source: str) -> _Program:
    tree = parse_program(source)
    if tree is None:
        raise FamilyError(f"no mutants of text that is not Python: {source[:80]!r}")
    try:
        texts = [_text_of(tree, place) for place in range(len(tree.body))]
        whole = ast.unparse(tree)
    except RecursionError as error:
        raise FamilyError(f"no mutants of a program nested this deep: {source[:80]!r}") from error
    if "".join(texts) != whole:
        raise FamilyError(f"a program whose statements are not written one by one: {source[:80]!r}")
    return _Program(tree, tuple(texts), (0, *accumulate(map(len, texts))))


def _text_of(tree: ast.Module, place: int) -> str:
    """Return how one statement of a program is written, with the line breaks before it."""
    if place == 0:
        return ast.unparse(ast.Module(tree.body[:1], []))
    return ast.unparse(ast.Module([ast.Pass(), tree.body[place]], [])).removeprefix("pass")


def _faults(program: _Program) -> Iterator[_Fault]:
    """Yield every fault that can be put into a program, in the order of its tree; none is in it yet."""
    places = {id(statement): place for place, statement in enumerate(program.tree.body)}
    place = 0
    for node, put in list(slots(program.tree)):
        place = places.get(id(node), place)
        for operator, change in OPERATORS.items():
            for after in change(node):
                yield _Fault(place, node, put, operator, after)


def _written(program: _Program, faults: Iterable[tuple[int, _Fault]]) -> Iterator[tuple[int, Mutant]]:
    """Yield (number, mutant) of each fault that makes another program than those before it, and one that parses."""
    text, begins = program.text, program.begins
    seen = {content_hash(["text", text])}
    for number, fault in faults:
        fault.put(fault.after)
        changed = _text_of(program.tree, fault.statement)
        fault.put(fault.node)
        mutant = text[: begins[fault.statement]] + changed + text[begins[fault.statement + 1] :]
        key = content_hash(["text", mutant])
        if key not in seen and parse_program(changed.lstrip("\n")) is not None:
            seen.add(key)
            line = getattr(fault.node, "lineno", 0)
            yield number, Mutant(mutant, line, fault.operator, f"{one_line(fault.node)} -> {one_line(fault.after)}")
