"""Answers that are rows of cells: JSON nested lists, lines of text, tables, LaTeX matrices. Not lists in one line.

Law: two grids are equal when they have the same shape and equal cells in every place, however they are written.
"""

import re

from generators.answers.declared import Declared
from generators.answers.language.tokens import ROW
from generators.answers.reading.extract import MAX_ANSWER_CHARS
from generators.answers.structures import equal_items, opened, split
from generators.malformed import Malformed

Grid = list[list[str]]
_MATRIX = re.compile(r"\\begin\{(\w+\*?)\}(?:\s*\{[clr|\s]*\})?(.*)\\end\{\1\}", re.DOTALL)
_RULE = re.compile(r"[\s|:+=-]*-{2,}[\s|:+=-]*")
_CELL = re.compile(r"[-+]?\d+(?:\.\d+)?|.")
_HLINE = re.compile(r"\\hline(?![A-Za-z])")


def read_grid(text: str) -> Grid:
    """Return the rows of cells of a text; a line without any separator is a row of single characters.

    Raises:
        Malformed: for rows of unequal length, no rows, or a limit exceeded.
    """
    if len(text) > MAX_ANSWER_CHARS:
        raise Malformed(f"answer over {MAX_ANSWER_CHARS} characters", text[:100])
    text = text.strip().strip("$").strip()
    matrix = _MATRIX.fullmatch(text)
    if matrix is not None and (matrix[1][0] in "vV" or "cases" in matrix[1]):
        raise Malformed("a determinant or cases, no matrix", text[:100])
    if matrix is not None:
        rows = _matrix(matrix[2])
    elif opened(text)[0] in ("[", "("):
        rows = _nested(opened(text)[1])
    else:
        rows = _lines(text)
    if not rows or not all(rows) or len({len(row) for row in rows}) != 1:
        raise Malformed("not a grid", text[:100])
    return rows


def _matrix(text: str) -> Grid:
    rows = [row for row in ROW.split(_HLINE.sub("", text)) if row.strip()]
    return [[cell.strip() for cell in row.split("&")] for row in rows]


def _nested(text: str) -> Grid:
    rows = []
    for row in split(" ".join(text.split()), (",", ";")):
        bracket, inner = opened(row)
        if bracket not in ("[", "("):
            raise Malformed("not a grid", text[:100])
        rows.append(split(inner, (",", ";")))
    return rows


def _lines(text: str) -> Grid:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _RULE.fullmatch(line)]
    if len(lines) == 1 and ";" in lines[0]:
        lines = [line.strip() for line in lines[0].split(";") if line.strip()]
    if len(lines) == 1 and not re.search(r"[|,]", lines[0]) and not all(map(_CELL.fullmatch, lines[0].split())):
        raise Malformed("not a grid", text[:100])
    bars = all("|" in line for line in lines)
    commas = all("," in line for line in lines)
    spaces = all(" " in line or "\t" in line for line in lines)
    if bars:
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if commas:
        return [split(line.strip("[]"), (",",)) for line in lines]
    return [line.split() if spaces else list(line) for line in lines]


def equal_grids(gold: str, given: str, declared: Declared) -> bool:
    """Compare grids cell by cell.

    Raises:
        Malformed: when the given one is no grid.
    """
    wanted, found = read_grid(gold), read_grid(given)
    if [len(row) for row in wanted] != [len(row) for row in found]:
        return False
    cells = zip((cell for row in wanted for cell in row), (cell for row in found for cell in row), strict=True)
    return all(equal_items(a, b, declared) for a, b in cells)
