"""Laws on what gives an answer away without being asked: a place in the prompt, an order in the params.

Not guessing (the card's rates), nor an answer in its place (silent). Law: copying one fixed part, or taking the first
or last things given, never is a way to the answers of a family.
"""

import re
from collections.abc import Iterator

from generators.answers.reading.extract import place
from generators.certify.specimen import Specimen
from pipeline.fingerprint import canonical
from pipeline.problem import Json, Outcome, Problem

MOST_SHARE = 0.8
"""Share of a sample that one way of copying may solve."""
PARTS = 5
"""Parts tried from either end of a prompt."""


def uncopied(specimen: Specimen) -> Iterator[str]:
    """No fixed part of a prompt is the answer: what stands between its marks must be worked on."""
    groups: dict[str, list[Problem]] = {}
    for problem in specimen.problems:
        groups.setdefault(problem.rendering, []).append(problem)
    for rendering, problems in groups.items():
        enough = max(4, MOST_SHARE * len(problems))
        for marks in _MARKS:
            for part in (*range(PARTS), *range(-PARTS, 0)):
                solved = sum(_solved_by(specimen, problem, marks, part) for problem in problems)
                if solved >= enough and len({specimen.gold(problem) for problem in problems}) > 2:
                    yield f"{specimen.name} {rendering}: part {part} of the prompt solves {solved} of {len(problems)}"


_MARKS = (re.compile(r"[:;|=>?#.\n]|</?\w+>"), re.compile(r"[^-+*/()\d, ]+"), re.compile(r"\D+"))
"""What parts of a prompt are cut at: punctuation, anything that is in no list of numbers, anything but digits."""


def _solved_by(specimen: Specimen, problem: Problem, marks: re.Pattern[str], part: int) -> bool:
    parts = [text for found in marks.split(problem.prompt) if (text := found.strip(" ,"))]
    if not -len(parts) <= part < len(parts):
        return False
    return specimen.judge(problem, place(parts[part], problem.answer_format)).outcome is Outcome.CORRECT


def unplanted(specimen: Specimen) -> Iterator[str]:
    """Where an answer stands in the params says nothing: it is not, as a rule, the first or the last of a list."""
    solved: dict[str, int] = {}
    tried = 0
    for problem in specimen.problems:
        answer, params = problem.answer, problem.params
        if not isinstance(answer, list) or not isinstance(params, dict) or not answer:
            continue
        lists = {key: value for key, value in params.items() if isinstance(value, list)}
        if not any(len(answer) < len(value) for value in lists.values()):
            continue
        tried += 1
        for key, value in lists.items():
            places = list(range(len(value)))
            for what, items in ((f"of {key}", value), (f"places of {key}", places)):
                solved[f"first {what}"] = solved.get(f"first {what}", 0) + _taken(answer, items[: len(answer)])
                solved[f"last {what}"] = solved.get(f"last {what}", 0) + _taken(answer, items[-len(answer) :])
    for where, count in solved.items():
        if tried >= 8 and count >= MOST_SHARE * tried:
            yield f"{specimen.name}: the {where} are the answer of {count} problems of {tried}"


def _taken(answer: list[Json], items: list[Json]) -> bool:
    """Say whether an answer is just these items, in whatever order."""
    return sorted(map(canonical, answer)) == sorted(map(canonical, items))
