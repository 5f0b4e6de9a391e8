"""Problem, Certificate, Verdict, Outcome: what a verifiable question is and how a reply is judged.

Not here: how problems are made or judged (generators), or how rewards are formed (trainer).
Law: a stored row is verifiable from itself; equal content has an equal uid on any machine.
"""

import dataclasses
import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args

import pyarrow as pa

from pipeline.errors import StoreError, brief, shortened
from pipeline.fingerprint import canonical, content_hash
from pipeline.split import SPLITS, Split, split_of, strictest

Json = Any
"""Anything that survives a JSON round trip unchanged (lists, not tuples; str keys)."""


Status = Literal["exact", "optimal", "bounded", "none"]
Evidence = Literal["solver", "execution", "enumeration", "consensus", "none"]
OptimaKind = Literal["count", "at_least", "unknown"]
_KNOWN = (get_args(Status), get_args(Evidence), get_args(OptimaKind))


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is proven about an answer, on three axes.

    `status`: exact (the answer is the one right value), optimal (value = bound, proven), bounded (best known,
    with a bound), none. `optima`: how many optimal answers exist, exactly, at least, or unknown.
    `evidence`: how it is known. `value, bound, baseline`: objective of the witness, the proven bound, the
    value of a cheap heuristic. Laws: minimisation bound <= value, maximisation value <= bound, optimal means
    equal; consensus is never a proof.
    """

    status: Status
    evidence: Evidence
    optima: int | None = None
    optima_kind: OptimaKind = "unknown"
    value: int | float | None = None
    bound: int | float | None = None
    baseline: int | float | None = None
    solver: str = ""

    def __post_init__(self) -> None:
        for value, known in zip((self.status, self.evidence, self.optima_kind), _KNOWN, strict=True):
            if value not in known:
                raise ValueError(f"a certificate says {brief(value)}, known are {', '.join(known)}")
        if self.status == "optimal" and self.value != self.bound:
            raise ValueError(f"optimal means value = bound, got {self.value} and {self.bound}")
        if self.evidence == "consensus" and self.status in ("exact", "optimal"):
            raise ValueError("consensus is not a proof: status must be bounded or none")
        if (self.optima is None) != (self.optima_kind == "unknown"):
            raise ValueError(f"optima {self.optima} and optima_kind {self.optima_kind!r} disagree")

    def to_json(self) -> Json:
        """Return the certificate as a JSON object."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """One verifiable question.

    Laws: `uid` hashes (family, family_version, params, rendering); `instance_hash` hashes (family, canonical
    form) and ignores version, wording and labels; params, answer, certificate and answer_format survive a
    JSON round trip; answer is one witness, never None. `answer_format` names the place of the answer in a
    reply: "tag" (last <answer> span or \\boxed{}), "hash" (after the last '#'), and where an imported question asks
    for another "within NAME" (the last such tag), "after CUE" (behind the last such cue) or "free" (wherever answers
    are stated).
    """

    uid: str
    instance_hash: str
    family: str
    family_version: int
    level: int
    region: str
    rendering: str
    params: Json
    prompt: str
    answer_format: str
    answer: Json
    certificate: Certificate
    trace: str | None
    split: Split
    parents: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    origin: str = ""
    license: str = "Apache-2.0"

    def __post_init__(self) -> None:
        if self.answer is None:
            raise ValueError(f"{self.family}: a problem needs a witness, answer is None")


def problem_uid(family: str, family_version: int, params: Json, rendering: str) -> str:
    """Return the 128-bit identity of a problem's content."""
    return content_hash([family, family_version, params, rendering])


def instance_hash(family: str, canonical_form: Json) -> str:
    """Return the 128-bit identity of the underlying instance, shared by re-wordings and relabellings."""
    return content_hash([family, canonical_form])


def make_problem(
    *,
    family: str,
    family_version: int,
    params: Json,
    rendering: str,
    canonical_form: Json,
    split: Split | None = None,
    **fields: Any,
) -> Problem:
    """Build a Problem, deriving uid, instance_hash and (unless a stricter one is given) split."""
    identity = instance_hash(family, canonical_form)
    return Problem(
        uid=problem_uid(family, family_version, params, rendering),
        instance_hash=identity,
        family=family,
        family_version=family_version,
        params=params,
        rendering=rendering,
        split=split or split_of(identity),
        **fields,
    )


PROBLEM_SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("instance_hash", pa.string()),
        ("family", pa.string()),
        ("family_version", pa.int32()),
        ("level", pa.int32()),
        ("region", pa.string()),
        ("rendering", pa.string()),
        ("params", pa.string()),
        ("prompt", pa.string()),
        ("answer_format", pa.string()),
        ("answer", pa.string()),
        ("certificate", pa.string()),
        ("trace", pa.string()),
        ("split", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("concepts", pa.list_(pa.string())),
        ("origin", pa.string()),
        ("license", pa.string()),
    ]
)
"""Arrow schema of problems; params, answer and certificate are JSON text so no schema depends on a family."""

_JSON_FIELDS = ("params", "answer", "certificate")


def to_row(problem: Problem) -> dict[str, Any]:
    """Return a problem as one row of PROBLEM_SCHEMA."""
    row = {name: getattr(problem, name) for name in PROBLEM_SCHEMA.names}
    row["certificate"] = problem.certificate.to_json()
    for name in _JSON_FIELDS:
        row[name] = canonical(row[name])
    row["parents"], row["concepts"] = list(problem.parents), list(problem.concepts)
    return row


def from_row(row: dict[str, Any]) -> Problem:
    """Return the problem of one row of PROBLEM_SCHEMA.

    Raises:
        StoreError: when a column is missing, its JSON does not parse, or it is no problem.
    """
    try:
        fields = {name: row[name] for name in PROBLEM_SCHEMA.names}
        for name in _JSON_FIELDS:
            fields[name] = json.loads(fields[name])
        fields["certificate"] = Certificate(**fields["certificate"])
        fields["parents"], fields["concepts"] = tuple(fields["parents"] or ()), tuple(fields["concepts"] or ())
        return Problem(**fields)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        shown = shortened(row.get("uid", "?"))
        raise StoreError(f"row {shown} is no problem: {shortened(repr(error))}; rebuild the version") from error


def law_fault(problem: Problem) -> str | None:
    """Return which law of Problem, of those that need no family, a problem breaks; None when none."""
    if problem.uid != problem_uid(problem.family, problem.family_version, problem.params, problem.rendering):
        return "uid is not that of the content"
    if problem.level < 1:
        return f"level below 1: {problem.level}"
    if strictest(problem.split, split_of(problem.instance_hash)) != problem.split:
        return f"split looser than its instance's: {problem.split}"
    return None


def row_fault(row: dict[str, Any]) -> str | None:
    """Return why a row of PROBLEM_SCHEMA that somebody else wrote is not one that `to_row` writes; None when it is.

    Kinds, forms, JSON as it is written here, and the laws that need no family. That its answer is right is for its
    verifier, that its instance_hash is that of its canonical form for its family to say.
    """
    for name, form in _FORMS.items():
        if not isinstance(row.get(name), str) or not form.fullmatch(row[name]):
            return f"{name} is {brief(row.get(name))}"
    for name in ("parents", "concepts"):
        if not isinstance(row.get(name), list) or not all(isinstance(item, str) for item in row[name]):
            return f"{name} is {brief(row.get(name))}, no list of texts"
    if not isinstance(row.get("trace"), str | None) or not isinstance(row.get("license"), str):
        return "trace or license is no text"
    if not all(type(row.get(name)) is int for name in ("family_version", "level")):
        return "family_version or level is no integer"
    try:
        problem = from_row(row)
        written = to_row(problem)
    except (StoreError, TypeError, ValueError, RecursionError) as error:
        return shortened(error)
    if odd := [name for name in PROBLEM_SCHEMA.names if written[name] != row[name]]:
        return f"{odd[0]} is not written as canonical JSON: {brief(row[odd[0]])}"
    return law_fault(problem)


_HASH, _TEXT = re.compile("[0-9a-f]{32}"), re.compile(".*", re.DOTALL)
_FORMS = {
    "uid": _HASH,
    "instance_hash": _HASH,
    "family": re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII),
    "rendering": re.compile(r"\w[\w.-]*", re.ASCII),
    "split": re.compile("|".join(SPLITS)),
    "answer_format": re.compile("tag|hash"),
    **dict.fromkeys(("region", "params", "prompt", "answer", "certificate", "origin"), _TEXT),
}


def to_table(problems: list[Problem]) -> pa.Table:
    """Return problems as a table of PROBLEM_SCHEMA, in order."""
    return pa.Table.from_pylist([to_row(problem) for problem in problems], schema=PROBLEM_SCHEMA)


def from_table(table: pa.Table) -> list[Problem]:
    """Return the problems of a table of PROBLEM_SCHEMA (extra columns are ignored), in order."""
    return [from_row(row) for row in table.to_pylist()]


def row_hash(problem: Problem) -> str:
    """Return the 128-bit hash of a problem's whole row: what `regenerate` proves."""
    return content_hash(to_row(problem))


class Outcome(Enum):
    """How a reply was judged."""

    CORRECT = "correct"
    WRONG = "wrong"
    MALFORMED = "malformed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier says of one reply.

    CORRECT iff the question's goal is met; feasible but worse is WRONG with feasible True. `quality` in [0, 1]
    is the approximation ratio to the proven optimum (1 iff optimal). MALFORMED: no readable answer, or a limit
    the reply itself exceeded. UNDECIDED: our own fault, never rewarded and never punished. `reason` is a short
    clause, the same words for the same cause.
    """

    outcome: Outcome
    feasible: bool = False
    quality: float = 0.0
    reason: str = ""
    extracted: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.quality <= 1.0:
            raise ValueError(f"quality {self.quality} outside [0, 1]: a ratio above 1 means a solver or verifier bug")
        if self.outcome is Outcome.CORRECT and not self.feasible:
            raise ValueError("a correct answer is feasible")

    def __bool__(self) -> bool:
        raise TypeError("a Verdict has four outcomes and is no boolean: compare verdict.outcome")


def correct(extracted: str, *, quality: float = 1.0) -> Verdict:
    """Return the verdict of a reply that meets the goal."""
    return Verdict(Outcome.CORRECT, True, quality, "correct", extracted)


def wrong(reason: str, extracted: str | None = None, *, feasible: bool = False, quality: float = 0.0) -> Verdict:
    """Return the verdict of a readable reply that does not meet the goal."""
    return Verdict(Outcome.WRONG, feasible, quality, reason, extracted)


def malformed(reason: str, extracted: str | None = None) -> Verdict:
    """Return the verdict of a reply with no readable answer."""
    return Verdict(Outcome.MALFORMED, False, 0.0, reason, extracted)


def undecided(reason: str) -> Verdict:
    """Return the verdict of a reply we failed to judge; `reason` carries the traceback."""
    return Verdict(Outcome.UNDECIDED, False, 0.0, reason, None)
