"""Rows of small integers: drawn, worded, read back and judged. Not any family's own question.

Levels grow the length of a row first; only from WIDE_LEVEL on may its numbers have two digits.
Law: `read_row(write_row(row, rendering), rendering) == row`; in the compact rendering a row of digits is written
without commas, any other row with them.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from generators.answers.maths.expression import read_integer, read_integers
from generators.answers.reading.extract import answer_text, place
from generators.kit.wording import answer_format, fill, match
from generators.malformed import Malformed
from pipeline.errors import FamilyError
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

WIDE_LEVEL = 7
"""The first level whose numbers go beyond one digit."""
ROW_PLACE = "Give the numbers in order, separated by commas, between <answer> and </answer>."
INTEGER_PLACE = "Give one integer between <answer> and </answer>."

_DIGITS = re.compile(r"[0-9]+")
_COMMAS = re.compile(r"[0-9]+(,[0-9]+)*,?")

Wording = Mapping[str, str]
"""A template per rendering."""


def top(level: int) -> int:
    """Return the largest number a row of this level may hold; the smallest is 0."""
    return 9 if level < WIDE_LEVEL else 99


def draw(rng: Random, length: int, *, level: int) -> list[int]:
    """Return `length` independent uniform numbers of 0 to `top(level)`."""
    return [rng.randint(0, top(level)) for _ in range(length)]


def write_row(row: Sequence[int], rendering: str) -> str:
    """Write a row: "1, 2, 12" or compactly "1,2,12", "123" where all are digits and "12," for a lone 12."""
    if rendering != "compact":
        return ", ".join(map(str, row))
    if max(row, default=0) <= 9:
        return "".join(map(str, row))
    return ",".join(map(str, row)) + ("," if len(row) == 1 else "")


def read_row(text: str, rendering: str) -> list[int]:
    """Read what `write_row` wrote; outside the compact rendering also with brackets or blanks.

    Raises:
        Malformed: for anything else.
    """
    if rendering != "compact":
        return read_integers(text)
    if _DIGITS.fullmatch(text):
        return [int(digit) for digit in text]
    if not _COMMAS.fullmatch(text):
        raise Malformed("not a row of numbers", text[:100])
    return read_integers(text.removesuffix(","))


def wording(letter: str, *, task: str, story: str, ends: str) -> Wording:
    """Return the four templates of a question.

    `task` asks for something of "these numbers"; `story` holds {numbers}; `ends` says where the answer goes.
    """
    return {
        "plain": f"{task} {ends}\nNumbers: {{numbers}}",
        "story": f"{story} {ends}",
        "json": f'{{"task": "{task} {ends}", "numbers": [{{numbers}}]}}',
        "compact": f"{letter}{{numbers}}>",
    }


def render(template: str, params: Json, rendering: str) -> tuple[str, str]:
    """Word the numbers, and any other field the template names, and say where the answer goes."""
    fields = {name: str(value) for name, value in params.items()}
    fields["numbers"] = write_row(params["numbers"], rendering)
    return fill(template, fields), answer_format(rendering)


def parse(wordings: Mapping[str, Wording], text: str, rendering: str) -> tuple[str, dict[str, Json]]:
    """Return the key of the wording a text was written from, and its fields: numbers and integers.

    Raises:
        FamilyError: when it was written from none of them.
    """
    for key, templates in wordings.items():
        try:
            found = match(templates[rendering], text)
        except FamilyError:
            continue
        numbers = read_row(found.pop("numbers"), rendering)
        return key, {"numbers": numbers, **{name: int(value) for name, value in found.items()}}
    raise FamilyError(f"text {text[:60]!r} is no {rendering} question of this family: pass the rendering it has")


def executed(solver: str) -> Certificate:
    """Return the certificate of the one right answer, found by carrying the question out."""
    return Certificate(status="exact", evidence="execution", optima=1, optima_kind="count", solver=solver)


def row_of(problem: Problem, reply: str) -> list[int]:
    """Return the row a reply answers with, or raise Malformed."""
    rendering = "compact" if problem.answer_format == "hash" else "plain"
    return read_row(answer_text(reply, problem.answer_format), rendering)


def judge_row(problem: Problem, reply: str) -> Verdict:
    """Judge a reply whose row must equal the answer, in order."""
    row = row_of(problem, reply)
    extracted = write_row(row, "plain")
    if row == problem.answer:
        return correct(extracted)
    return wrong("wrong length" if len(row) != len(problem.answer) else "wrong numbers", extracted)


def judge_integer(problem: Problem, reply: str) -> Verdict:
    """Judge a reply whose integer must equal the answer."""
    number = read_integer(answer_text(reply, problem.answer_format))
    return correct(str(number)) if number == problem.answer else wrong("wrong number", str(number))


def worked(steps: str, answer: str, rendering: str) -> str:
    """Return steps followed by the answer in its place; readable steps get a line of their own."""
    gap = "\n" if steps and rendering != "compact" else ""
    return f"{steps}{gap}{place(answer, answer_format(rendering))}"
