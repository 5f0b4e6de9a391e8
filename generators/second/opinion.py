"""Second opinions on replies, for audits: other readers than the verifier's own, or none. Never a reward.

The judges share no code with extract, grade or a family's verify: a few lines that read plain integers; the
proven-unique witness, compared as a bag; the stated objective, where several answers are right; one reader per type of
typed answers (typed); the reference program on other inputs (programs); math-verify, an optional
library, only where it is fit for the answer and only in a worker. Law: what a judge cannot read plainly it abstains
on, and whether it may judge at all depends on the problem, never on the verdict.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

from generators.family import load
from generators.programs.executions import Runner
from generators.second import programs, typed
from generators.second.objectives import OBJECTIVES
from pipeline.problem import Certificate, Json, Problem
from pipeline.workers.pool import Failure, Pool

INTEGERS, WITNESS, OBJECTIVE, MATH = "plain integers 1", "unique witness 1", "stated objective 1", "math-verify"
"""The judges; math-verify is followed by its version."""
PROGRAM_S = 300.0
"""Seconds for one program on all its inputs: its limits end it long before, unless the machine is very busy."""
MAX_CHARS = 400
"""A longer answer is not read."""

Kind = Literal["integer", "row", "digits", "bag", "text", "mathematics", "typed", "program", ""]
_KINDS: dict[str, Kind] = {
    "integer": "integer",
    "integer_list": "row",
    "integer_multiset": "bag",
    "id_set": "bag",
    "mathematics": "mathematics",
    "program": "program",
}
"""How answers of a family's answer_type are compared; other types need an objective to have a second opinion."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a worker needs to judge one reply. `kind` "" means that nobody here can, and `why` says why.

    `place` is where the answer stands: "tag", "hash", "within NAME", "after CUE", or "free" for a reply that declares
    no place. `task` is [family, params, proven value] where the family's objective judges and not the gold; for a typed
    answer [type, gold, what is declared, whether the type is]; for a program what runs it (programs).
    """

    gold: str
    reply: str
    kind: Kind
    place: str = "free"
    why: str = ""
    task: Json = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a reply is truly right; None abstains. `why` is a short clause."""

    right: bool | None
    judge: str
    why: str = ""


def question(problem: Problem, reply: str) -> Question:
    """Return how a reply to a problem of an installed family is to be judged a second time."""
    family, place, task = load(problem.family), problem.answer_format, None
    kind = _KINDS.get(family.answer_type, "")
    if problem.family_version not in (family.family_version, *family.judges):
        return Question("", reply, "", why="a problem that the installed family does not judge")
    if problem.family in OBJECTIVES:
        if not _proven(problem.certificate):
            return Question("", reply, "", why="no proven value to compare with")
        kind = OBJECTIVES[problem.family].reads
        task = [problem.family, {**problem.params, "place": place}, problem.certificate.value]
    elif kind == "":
        return Question("", reply, "", why=f"no second opinion for {family.answer_type} answers")
    elif kind == "mathematics":
        given = problem.params.get("answer")
        gold = problem.answer if given is None or isinstance(given, str) else given
        return _free(gold, reply, place, problem.params)
    elif kind == "program":
        task = programs.task_of(problem.params)
        why = task if isinstance(task, str) else ""
        return Question("", reply, "" if why else "program", why=why, task=None if why else task)
    elif not proven_unique(problem.certificate):
        return Question("", reply, "", why="more than one answer may be right")
    gold = family.write(problem.answer, problem.rendering)
    if kind == "row" and gold.isascii() and gold.isdigit() and len(problem.answer) == len(gold):
        kind = "digits"
    return Question(gold, reply, kind, place, task=task)


def _free(gold: Json, reply: str, place: str, params: Json) -> Question:
    """Return how a free answer is to be judged: by the reader of its type, or as mathematics."""
    declared = {name: value for name, value in (params.get("declared") or {}).items() if value is not None}
    stated = params.get("type")
    type_ = typed.type_of(gold, stated, declared)
    if type_ is not None:
        why = typed.refuses(type_, declared)
        task = [type_, gold, declared, stated is not None]
        return Question("", reply, "", why=why) if why else Question(_text(gold), reply, "typed", place, task=task)
    if declared:
        return Question("", reply, "", why="what the problem declares of its answer is not read here")
    if stated not in _REACHED:
        return Question("", reply, "", why=f"no second opinion for {stated} answers")
    return Question(_text(gold), reply, "mathematics", place)


_REACHED = (None, "integer", "rational", "decimal", "polynomial", "expression")
"""Types of the mathematics that is judged; intervals and relations are beyond it."""


def proven_unique(certificate: Certificate) -> bool:
    """Say whether the stored witness is proven to be the only right answer."""
    return _proven(certificate) and certificate.optima == 1 and certificate.optima_kind == "count"


def _proven(certificate: Certificate) -> bool:
    return certificate.status in ("exact", "optimal")  # which excludes consensus


def free_question(gold: Json, reply: str, params: Json = None) -> Question:
    """Return how a reply to an unknown question is to be judged: by its gold, and what `params` state and declare."""
    return _free(gold, reply, "free", params or {})


def opinions(questions: Sequence[Question], *, workers: int = 1, timeout_s: float = 5.0) -> Iterator[Opinion]:
    """Yield one opinion per question, in order, asked in killable workers; one that gives up abstains.

    Programs have workers of their own, each with its sandbox, and PROGRAM_S seconds.
    """
    pools = {False: Pool(opinion, workers=workers, timeout_s=timeout_s, memory_mb=2048)}
    pools[True] = Pool(opinion, workers=workers, timeout_s=PROGRAM_S, memory_mb=2048)
    with pools[False], pools[True]:
        kinds = [asked.kind == "program" for asked in questions]
        answers = {
            kind: pool.map([asked for asked, its in zip(questions, kinds, strict=True) if its == kind])
            for kind, pool in pools.items()
        }
        for asked, kind in zip(questions, kinds, strict=True):
            found = next(answers[kind])
            if isinstance(found, Failure):
                yield Opinion(None, _judge(asked), f"gave up: {found.kind}")
            else:
                yield found


def opinion(asked: Question, *, sandbox: Runner | None = None) -> Opinion:
    """Judge one reply a second time. Pure but for math-verify, which may hang: call it in a worker.

    `sandbox` runs programs, which is this process's own unless given.
    """
    judge = _judge(asked)
    if asked.kind == "":
        return Opinion(None, judge, asked.why)
    if asked.kind == "program":
        return Opinion(*programs.judged(asked.task, asked.reply, sandbox))
    stated = _stated(asked.reply, asked.place)
    if stated is None:
        return Opinion(None, judge, "no one plainly stated answer")
    if not stated:
        return Opinion(False, judge, "no answer in its place")
    most = typed.most_chars(asked.task[0]) if asked.kind == "typed" else MAX_CHARS
    if len(stated) > most:
        return Opinion(None, judge, f"an answer over {most} characters")
    given = _bare(stated)
    if asked.kind == "typed":
        return _typed(asked, given, judge)
    if asked.kind == "mathematics":
        return _mathematics(_bare(_stated(asked.gold, "free") or asked.gold), given)
    return _plain(asked, given, judge) if asked.task is None else _objective(asked, given)


def _judge(asked: Question) -> str:
    if asked.kind == "typed":
        return typed.JUDGES[asked.task[0]].name
    if asked.kind == "program":
        return programs.DIFFERENTIAL
    if asked.task is not None:
        return OBJECTIVE
    return {"": "", "bag": WITNESS}.get(asked.kind, INTEGERS)


def _typed(asked: Question, given: str, judge: str) -> Opinion:
    """Judge an answer by the reader of its type."""
    type_, gold, declared, stated = asked.task
    gold = _bare(_stated(gold, "free") or gold) if isinstance(gold, str) else gold
    if given == gold:
        return Opinion(True, judge, "the same text")
    right = typed.JUDGES[type_].judge(typed.Answers(gold, given, declared, stated))
    return Opinion(right, judge, {True: "the same", False: "another answer", None: "not plain"}[right])


def _text(gold: Json) -> str:
    return ", ".join(map(_text, gold)) if isinstance(gold, list) else str(gold)


def _stated(reply: str, place: str) -> str | None:
    """Return the answer in its declared place, "" where nothing stands there, None where it is not plain which."""
    after = reply.rpartition("</think>")[2]
    if "<think>" in after:
        return ""
    if place == "hash":
        return after.rpartition("#")[2].strip()
    if place.startswith("within "):
        tag = re.escape(place.removeprefix("within "))
        after, place = re.sub(rf"<(/?){tag}>", r"<\1answer>", after, flags=re.IGNORECASE), "tag"
    if place.startswith("after "):
        behind = re.split(re.escape(place.removeprefix("after ")), after, flags=re.IGNORECASE)[1:]
        after, place = (behind[-1].strip("*_` \n").partition("\n")[0], "free") if behind else (after, "tag")
    found = re.findall(r"<answer>(.*?)</answer>", after, re.DOTALL) or _boxed(after)
    if found:
        return found[-1].strip() if len({text.strip() for text in found}) == 1 else None
    if "<answer>" in after or "\\boxed" in after:
        return None
    if place == "tag":
        return ""
    last = after.rpartition("####")[2].strip()
    return last if "\n" not in last and len(last) <= MAX_CHARS // 2 else None


def _boxed(text: str) -> list[str]:
    """Return the contents of the boxes of a text; none at all when one is not closed."""
    found = []
    for match in re.finditer(r"\\boxed\{", text):
        depth, at = 1, match.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        if depth:
            return []
        found.append(text[match.end() : at - 1])
    return found


_WRAPS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ("\\boxed{", "}"))


def _bare(text: str) -> str:
    """Return an answer without the marks that chat models put round all of it."""
    for _ in range(4):
        text = text.strip().removesuffix(".").strip()
        for head, tail in _WRAPS:
            inner = text[len(head) : -len(tail)]
            whole = text.startswith(head) and text.endswith(tail) and len(text) > len(head + tail)
            if whole and head not in inner and tail not in inner:
                text = inner
    return text.strip()


def _integers(text: str, *, digits: bool = False) -> list[int] | None:
    """Return the integers that a text is a plain list of, brackets or not; None when it is anything else."""
    text = text.replace("−", "-")
    if digits and re.fullmatch("[0-9]+", text):
        return [int(digit) for digit in text]
    inner = re.fullmatch(r"\[(.*)\]|\((.*)\)|\{(.*)\}|(.*?),?", text, re.DOTALL)
    assert inner is not None  # the last form takes any text
    parts = re.split(r"\s*,\s*|\s+", next(found for found in inner.groups() if found is not None).strip())
    return [int(part) for part in parts] if all(re.fullmatch(r"[+-]?[0-9]{1,300}", part) for part in parts) else None


def _objective(asked: Question, given: str) -> Opinion:
    """Judge an answer by what the problem asks for."""
    family, params, value = asked.task
    answer = given if asked.kind == "text" else _integers(given, digits=asked.kind == "digits")
    right = None if answer is None else OBJECTIVES[family].meets(params, value, answer)
    return Opinion(right, OBJECTIVE, {True: "met", False: "not met", None: "not plain"}[right])


def _plain(asked: Question, given: str, judge: str) -> Opinion:
    """Compare two texts of integers, in order or as a bag."""
    in_order = sorted if asked.kind == "bag" else list
    wanted, found = (_integers(text, digits=asked.kind == "digits") for text in (asked.gold, given))
    if not wanted:
        return Opinion(None, judge, "the gold is not plain")
    if found is not None:
        same = in_order(found) == in_order(wanted)
        return Opinion(same, judge, "the same" if same else "another answer")
    if re.search(r"[^\W\d_]|\\", given):
        return Opinion(None, judge, "words about the answer")
    marks = [in_order([mark for mark in text if mark in "0123456789"]) for text in (asked.gold, given)]
    return Opinion(None, judge, "not plain") if marks[0] == marks[1] else Opinion(False, judge, "other digits")


_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+")
_SPACED = re.compile(r"[+-]?[0-9]{1,3}([ \u2009\u202f][0-9]{3})+")


def _mathematics(gold: str, given: str) -> Opinion:
    """Judge integers by reading them, other expressions by math-verify where it is fit for both."""
    gold, given = (re.sub(r"\A[A-Za-z]\s*=\s*", "", text) for text in (gold, given))
    if gold == given:
        return Opinion(True, INTEGERS, "the same text")
    if _SPACED.fullmatch(gold) or _SPACED.fullmatch(given):
        return Opinion(None, INTEGERS, "one number or several")
    wanted, found = (_integers(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text) for text in (gold, given))
    if wanted and found:
        if wanted != found and sorted(wanted) == sorted(found):
            return Opinion(None, INTEGERS, "another order")
        brackets = {text[0] for text in (gold, given) if text[0] in "[({"}
        if wanted == found and (len(brackets) > 1 or (brackets and brackets != {"["} and gold[0] != given[0])):
            return Opinion(None, INTEGERS, "other brackets")
        return Opinion(wanted == found, INTEGERS, "the same" if wanted == found else "another answer")
    unfit = _unfit(gold) or _unfit(given)
    if unfit:
        return Opinion(None, MATH, f"math-verify is not fit for {unfit}")
    try:
        return _math_verify(gold, given, f"{MATH} {metadata.version(MATH)}")
    except (ImportError, metadata.PackageNotFoundError):
        return Opinion(None, MATH, "math-verify is not installed: pip install 'veriloop[audit]'")


_COMMANDS = {
    "frac", "dfrac", "tfrac", "sqrt", "pi", "cdot", "times", "left", "right", "ln", "log", "exp", "binom",
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan",
}  # fmt: skip
_UNFIT = (
    (r",|;|\\\{|\[|\]|\\cup|\\pm|\\begin", "lists, sets, intervals and matrices"),
    (r":", "times and maps"),
    (r"%|°|\\circ|\\\$|\$", "units"),
    (r"[=<>≤≥]|\\leq?|\\geq?|\\ne|\\in\b", "relations"),
    (r"!|\^\s*\{?[^{}]*\^|[0-9]{16}|\.[0-9]{6}|\^\s*\{?-?[0-9]{3}", "numbers of such size or precision"),
    (r"[^\x20-\x7e]|[?~@#&\"'`_|]|\.[0-9]*\.", "such marks"),
    (r"(?<![A-Za-z\\])[iI](?![A-Za-z])", "complex numbers"),
    (r"[0-9]e[+-]?[0-9]|\*\*", "the notation of programs"),
    (r"\\sqrt\{[^}]*[A-Za-z]", "roots of letters"),
    (r"(?<![\\A-Za-z])[A-Za-z]{2,}", "words"),
)
"""What math-verify 0.9.0 was seen to get wrong, by form: lists lose members, units are dropped, digits rounded."""


def _unfit(text: str) -> str:
    """Return for what in a text math-verify is not fit, or ""."""
    if len(text) > MAX_CHARS // 2 or not text:
        return "answers of this length"
    if re.fullmatch(r"\(?[A-Ja-j]\)?", text):
        return "choices"
    if unknown := set(re.findall(r"\\([A-Za-z]+)", text)) - _COMMANDS:
        return f"\\{min(unknown)}"
    return next((what for form, what in _UNFIT if re.search(form, text)), "")


def _math_verify(gold: str, given: str, judge: str) -> Opinion:
    """Ask math-verify both ways round, after it has shown that it can read this gold.

    Its own timers are off: they fail outside a main thread, and the worker has a deadline.
    """
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns of every call without a timer

    def read(text: str) -> Any:
        return parse(f"${text}$", parsing_timeout=None)

    def equal(one: Any, other: Any) -> bool:
        return bool(verify(one, other, timeout_seconds=None))

    wanted, found = read(gold), read(given)
    others = [read(f"({gold})+1")]
    if re.search("[1-9A-Za-z]", gold):  # not a zero written out: then a thousandth more must be told apart too
        others.append(read(f"\\frac{{1001}}{{1000}}\\cdot({gold})"))
    if not (wanted and equal(wanted, wanted) and all(o and equal(o, o) and not equal(wanted, o) for o in others)):
        return Opinion(None, judge, "the gold does not pass its own check")
    if not found:
        return Opinion(None, judge, "the answer cannot be read")
    verdicts = {equal(wanted, found), equal(found, wanted)}
    if len(verdicts) == 2:
        return Opinion(None, judge, "two verdicts by order")
    return Opinion(verdicts == {True}, judge, "equal" if verdicts == {True} else "not equal")
