"""What is said of a measurement: what was found, what went wrong with it and what to do. Nothing is measured here.

Law: what makes a rate mean something else than the policy's skill is said before the rate is believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.progress import spoken
from flows.stages.measure import Measured

LOUD = 0.2
"""A share of the draws from which on their trouble is said."""
NAMED = 10
"""Problems not asked that are listed one by one."""


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, read and written; in whatever currency. None where nobody said."""

    read: float | None = None
    written: float | None = None


def cell_table(found: Measured, *, sequential: bool) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the columns and rows of the table of cells."""
    several = len({row["version"] for row in found.cells}) > 1
    places = ["in band", "too hard", "too easy", "open"]
    shown = places if sequential else ["pass rate [95% over problems]"]
    odd = [name for name in ("malformed", "truncated", "refused", "undecided", "unasked") if found.total(name)]
    rows = []
    for row in found.cells:
        cell = f"{row['family']}/{row['level']}" + (f"/{row['region']}" if row["region"] else "")
        values = [row[place.replace(" ", "_")] for place in places] if sequential else [_rate(row)]
        start = [row["version"]] if several else []
        rows.append((*start, cell, row["problems"], row["n"], row["correct"], *values, *(row[name] for name in odd)))
    return [*(["version"] if several else []), "cell", "problems", "attempts", "correct", *shown, *odd], rows


def _rate(row: dict[str, Any]) -> str:
    if row["pass_rate"] is None:
        return "-"
    return f"{row['pass_rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"


def warnings(found: Measured, *, limit: int, root: Path) -> Iterator[str]:
    """Yield what is wrong with a measurement as a whole, with the likely cause and what to do; the worst first."""
    n, tally = found.total("n"), found.tally
    sql = "SELECT outcome, reason, text FROM rollouts WHERE outcome = 'malformed' LIMIT 5"
    read = f'read some: veriloop query "{sql}" --root {root}'
    causes = {
        "malformed": "hold no answer in the place that the prompt names: the wrong template, a model that was not told "
        f"the format, or replies in another form; {read}",
        "truncated": f"were cut at {limit} tokens: raise --max-completion-tokens",
        "refused": f"were withheld or declined ({_most(tally.remarks)}): another model, or other prompts",
    }
    for name, cause in causes.items():
        count = found.total(name)
        if n and count >= LOUD * n:
            yield f"{_of(count, n)} replies {cause}"
    if tally.only_thought and tally.only_thought >= LOUD * n:
        yield (
            f"{_of(tally.only_thought, n)} replies think and then say nothing: thinking is no answer; raise "
            "--max-completion-tokens, or turn thinking off where the model is served"
        )
    if given_up := sum(tally.given_up.values()):
        yield (
            f"{_of(given_up, n)} draws were given up ({_most(tally.given_up)}): run the same command again, it asks "
            "for these alone"
        )
    if doubtful := found.total("undecided") - given_up:
        yield f"{_of(doubtful, n)} draws could not be judged, through no fault of the policy: they are in no rate"
    silent = [f"{row['family']}/{row['level']}" for row in found.cells if row["n"] and row["malformed"] == row["n"]]
    if silent and found.total("malformed") < n:
        yield f"not one readable answer in {', '.join(silent[:NAMED])}: look at these cells' prompts and replies"


def _of(count: int, n: int) -> str:
    return f"ALL {n}" if count == n else f"{count} of {n} ({count / n:.0%})"


def _most(counted: Any) -> str:
    return "; ".join(f"{why}" + (f" x{times}" if times > 1 else "") for why, times in counted.most_common(2)) or "?"


def remarks(found: Measured) -> Iterator[str]:
    """Yield what is worth knowing and no trouble: problems not asked, ends in words nobody knows."""
    for row in found.unasked[:NAMED]:
        yield f"not asked: {row['uid']} of {row['version']} ({row['prompt'][:40]!r}...): {row['why']}"
    if len(found.unasked) > NAMED:
        yield f"not asked: {len(found.unasked) - NAMED} more (decisions where action = 'not asked')"
    for note, times in found.tally.remarks.most_common(5):
        yield f"{times} replies: {note}"


def cost(found: Measured, prices: Prices) -> float | None:
    """Return what the tokens of this call cost, None where no price or no count is known."""
    tally = found.tally
    if (prices.read, prices.written) == (None, None) or not (tally.tokens or tally.prompt_tokens):
        return None
    return (tally.prompt_tokens * (prices.read or 0) + tally.tokens * (prices.written or 0)) / 1e6


def effort_line(found: Measured, prices: Prices) -> str:
    """Return what this call took: draws, time, tokens, money."""
    tally, held = found.tally, found.total("n") - found.tally.draws
    parts = [f"{tally.draws} draws in {spoken(found.took_s)}"]
    if tally.draws and found.took_s > 0:
        parts[0] += f" ({tally.draws / found.took_s:.1f} a second)"
    if held > 0:
        parts.append(f"{held} were there from before")
    if tally.tokens or tally.prompt_tokens:
        read = f", {tally.prompt_tokens:,} read" if tally.prompt_tokens else ""
        parts.append(f"{tally.tokens:,} tokens written{read}")
    elif tally.draws:
        parts.append("no token counts were told")
    if found.retried:
        parts.append(f"{found.retried} calls were sent again")
    if (spent := cost(found, prices)) is not None:
        parts.append(f"cost {spent:.4g}")
    return "; ".join(parts)


def as_json(found: Measured, prices: Prices, told: list[str]) -> dict[str, Any]:
    """Return all of it for a program."""
    tally = found.tally
    names = ("problems", "n", "correct", "malformed", "truncated", "refused", "undecided", "unasked")
    return {
        "cells": found.cells,
        "total": {name: found.total(name) for name in names},
        "asked_now": {
            "draws": tally.draws, "recovered": tally.recovered, "given_up": sum(tally.given_up.values()),
            "tokens": tally.tokens, "prompt_tokens": tally.prompt_tokens, "took_s": round(found.took_s, 3),
            "retried": found.retried, "cost": cost(found, prices),
        },
        "not_asked": found.unasked,
        "remarks": dict(tally.remarks),
        "warnings": told,
    }  # fmt: skip
