"""Add and multiply from left to right, keeping only the remainder.

Not nested arithmetic: there are no brackets and no precedence. Level L makes L + 1 steps from a digit 1 to 9, each
+ with a digit 1 to 9 or * with a digit 2 to 9 that shares no factor with the modulus (or products would end in 0);
the modulus is 7 up to level 4 and 5 to 9 above. The trace is the running remainder after every step, which can be
learned.
Law: the answer is one integer in 0..modulus-1 and is exact.

Source: Power et al. 2022, "Grokking" (arXiv 2201.02177), section 3, for arithmetic modulo a small number.
"""

import re
from math import gcd
from random import Random

from generators.answers.maths.expression import read_integer
from generators.answers.reading.extract import answer_text, place
from generators.family import Family, Recomputation, Solution
from generators.kit.wording import RENDERINGS, answer_format, fill, json_fields, json_prompt, match, write_text
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

FIRST_MODULUS = 7
MODULI = (5, 6, 7, 8, 9)
VARIED_LEVEL = 5
"""The first level with more than one modulus: below, a tiny policy has one table to learn (measured: .93 right after
15k examples, against .14 with all five)."""
_ASK = "Answer with the remainder, between <answer> and </answer>."
TEMPLATES = {
    "plain": "Start with {start}. Then, step by step from left to right and with no precedence: {steps}. After every "
    "step keep only the remainder modulo {modulus}. What is left at the end? " + _ASK,
    "story": "An old calculator knows only the remainders modulo {modulus} and works at once, key after key. {start} "
    "is entered, and then: {steps}. What does it show? " + _ASK,
    "compact": "m{start}{steps}:{modulus}>",
}
_TASK = "From start, apply the steps from left to right without precedence, modulo the modulus. " + _ASK
_WORDS = {"+": "add", "*": "multiply by"}
_OPERATORS = {word: operator for operator, word in _WORDS.items()}


def make(rng: Random, level: int, region: str) -> Json:
    """Draw a start, steps and a modulus."""
    modulus = rng.choice(moduli(level))
    steps = [
        ["+", rng.randint(1, 9)] if rng.randrange(2) else ["*", rng.choice(factors(modulus))] for _ in range(level + 1)
    ]
    return {"start": rng.randint(1, 9), "steps": steps, "modulus": modulus}


def moduli(level: int) -> tuple[int, ...]:
    """Return the moduli a level draws from."""
    return MODULI if level >= VARIED_LEVEL else (FIRST_MODULUS,)


def factors(modulus: int) -> list[int]:
    """Return the digits from 2 that multiply without loss: those that share no factor with the modulus."""
    return [digit for digit in range(2, 10) if gcd(digit, modulus) == 1]


def level_of(params: Json) -> int:
    """Return the level: the number of steps less 1."""
    return len(params["steps"]) - 1


def capacity(level: int, region: str) -> int:
    """Return the number of distinct instances: every combination of remainders is one, and 1 to 9 give them all."""
    return int(sum(m * (m + len({digit % m for digit in factors(m)})) ** (level + 1) for m in moduli(level)))


def remainders(params: Json) -> list[int]:
    """Return the running remainder: at the start and after every step."""
    modulus = params["modulus"]
    running = [params["start"] % modulus]
    for operator, operand in params["steps"]:
        value = running[-1] + operand if operator == "+" else running[-1] * operand
        running.append(value % modulus)
    return running


def solve(params: Json) -> Solution:
    """Return the one right remainder."""
    certificate = Certificate(status="exact", evidence="execution", optima=1, optima_kind="count", solver="evaluation")
    return Solution(remainders(params)[-1], certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: the integer itself; a number that is only congruent is wrong."""
    text = answer_text(reply, problem.answer_format)
    value = read_integer(text)
    if not 0 <= value < problem.params["modulus"]:
        return wrong("no remainder of this modulus", text)
    return correct(text) if value == problem.answer else wrong("another remainder", text)


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Word the instance."""
    if rendering == "json":
        return json_prompt(_TASK, params), "tag"
    compact = rendering == "compact"
    steps = [f"{op}{n}" if compact else f"{_WORDS[op]} {n}" for op, n in params["steps"]]
    fields = {
        "start": str(params["start"]),
        "steps": ("" if compact else ", ").join(steps),
        "modulus": str(params["modulus"]),
    }
    return fill(TEMPLATES[rendering], fields), answer_format(rendering)


def parse(text: str, rendering: str) -> Json:
    """Read the instance back from its wording."""
    if rendering == "json":
        return json_fields(text)
    fields = match(TEMPLATES[rendering], text)
    if rendering == "compact":
        found = re.findall(r"([+*])([0-9]+)", fields["steps"])
    else:
        found = [(_OPERATORS[step.rpartition(" ")[0]], step.rpartition(" ")[2]) for step in fields["steps"].split(", ")]
    steps = [[operator, int(operand)] for operator, operand in found]
    return {"start": int(fields["start"]), "steps": steps, "modulus": int(fields["modulus"])}


def at_once(params: Json) -> int:
    """Return the remainder of the one big integer that the steps make without any reduction."""
    total = params["start"]
    for operator, operand in params["steps"]:
        total = total + operand if operator == "+" else total * operand
    return int(total % params["modulus"])


def congruent(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
    """Put for every number another that leaves the same remainder."""
    modulus = params["modulus"]
    steps = [[operator, operand + modulus * rng.randrange(3)] for operator, operand in params["steps"]]
    return {**params, "start": params["start"] + modulus * rng.randrange(3), "steps": steps}, answer


def canonical(params: Json) -> Json:
    """Return the instance with every number as its remainder: modulo 7, 9 and 2 are one number."""
    modulus = params["modulus"]
    steps = [[operator, operand % modulus] for operator, operand in params["steps"]]
    return [params["start"] % modulus, steps, modulus]


def trace(params: Json, rendering: str) -> str:
    """Show the running remainder after every step, then the answer."""
    running = remainders(params)
    if rendering == "compact":
        return "".join(map(str, running[:-1])) + place(str(running[-1]), "hash")
    modulus = params["modulus"]
    lines = [f"({params['start']}) mod {modulus} = {running[0]}"]
    for (operator, operand), before, after in zip(params["steps"], running[:-1], running[1:], strict=True):
        lines.append(f"({before} {operator} {operand}) mod {modulus} = {after}")
    return "\n".join([*lines, place(str(running[-1]), "tag")])


def zero(params: Json) -> str:
    """Guess 0, where products tend to end."""
    return "0"


def last_step(params: Json) -> str:
    """Guess from the last step alone, as if it started from 1."""
    operator, operand = params["steps"][-1]
    return str((1 + operand if operator == "+" else operand) % params["modulus"])


FAMILY = Family(
    family_version=2,  # 1 told equal remainders apart
    judges=(1,),
    verifier_version=6,
    answer_type="integer",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=parse,
    canonical=canonical,
    level_of=level_of,
    write=write_text,
    trace=trace,
    capacity=capacity,
    heuristics=(zero, last_step),
    concepts=("modular arithmetic",),
    again=Recomputation(at_once),
    same=congruent,
)
