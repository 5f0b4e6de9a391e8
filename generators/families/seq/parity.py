"""Track the parity of a running sum.

Not only the last parity, which a coin guesses: the answer holds all of them. Level L has L + 5 numbers.
Law: the answer changes exactly at the odd numbers.

Source: Minsky and Papert 1969, "Perceptrons", chapter 3 (parity), as a two-state automaton.
"""

from itertools import accumulate
from random import Random

from generators.family import Solution
from generators.kit import sequences
from generators.kit.rows import row_family
from generators.kit.sequences import ROW_PLACE, draw, top, wording, worked, write_row
from pipeline.problem import Json

WORDING = wording(
    "o",
    task="For each of these numbers write 1 if the sum of all numbers up to and including it is odd, and 0 if it "
    "is even.",
    story="A lamp is off. Its switch, which turns it on or off, is pressed these numbers of times, in "
    "rounds: {numbers}. After each round write 1 if the lamp is on and 0 if it is off.",
    ends=ROW_PLACE,
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers."""
    return {"numbers": draw(rng, level + 5, level=level)}


def parities(numbers: list[int]) -> list[int]:
    """Return the parity of the sum of every prefix."""
    return list(accumulate((number % 2 for number in numbers), lambda state, odd: state ^ odd))


def solve(params: Json) -> Solution:
    """Return the running parities."""
    return Solution(parities(params["numbers"]), sequences.executed("scan"))


def again(params: Json) -> Json:
    """Return the parity of every prefix's whole sum."""
    return [sum(params["numbers"][: place + 1]) % 2 for place in range(len(params["numbers"]))]


def trace(params: Json, rendering: str) -> str:
    """Follow the state number by number; compactly the answer alone, each of whose numbers is one such step."""
    states = zip(params["numbers"], parities(params["numbers"]), strict=True)
    steps = "; ".join(f"{n} is {'odd' if n % 2 else 'even'}: {state}" for n, state in states) + "."
    answer = write_row(parities(params["numbers"]), rendering)
    return worked("" if rendering == "compact" else steps, answer, rendering)


def capacity(level: int, region: str) -> int:
    """Return the number of rows."""
    return int((top(level) + 1) ** (level + 5))


def each_alone(params: Json) -> str:
    """Guess the parity of each number alone."""
    return write_row([number % 2 for number in params["numbers"]], "plain")


def zeros(params: Json) -> str:
    """Guess that every sum is even."""
    return write_row([0] * len(params["numbers"]), "plain")


FAMILY = row_family(
    WORDING,
    family_version=1,
    verifier_version=6,
    beyond=5,
    make=make,
    solve=solve,
    again=again,
    trace=trace,
    capacity=capacity,
    heuristics=(each_alone, zeros),
    concepts=("parity", "state tracking"),
)
