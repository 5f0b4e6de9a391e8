"""Choose a sign for every number so that the signed sum is the target.

Not an optimisation: any choice that reaches the target is right. Level L has L + 3 numbers of 1 to 9, from level 4 on
of 1 to min(2^L, 999) so that right choices stay rare, and a target >= 0 that some choice other than all plus reaches;
from level 3 on greed does not reach it. The trace only states an answer: nothing shorter than a search leads to it.
Law: the answer is one sign per number, in order, and its signed sum is the target.

Source: LeetCode 494 "Target Sum"; number partitioning is its target 0 (Garey and Johnson 1979, SP12).
"""

from collections import Counter
from itertools import product
from random import Random

from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.wording import RENDERINGS, Question, stated, write_text
from generators.malformed import Malformed
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = (
    "Answer with the signs alone, one + or - for each number in the given order, like +-+, "
    "between <answer> and </answer>."
)
TEMPLATES = {
    "plain": "Put + or - before each of the numbers {numbers} so that they add up to {target}. " + _ASK,
    "story": "A lift starts at floor 0. It makes trips of {numbers} floors, in this order, and each trip goes up (+) "
    "or down (-); it may pass below ground. It must end on floor {target}. Choose the directions. " + _ASK,
    "compact": "g{numbers}:{target}>",
}
_TASK = "Choose + or - for each number so that the signed sum is the target. " + _ASK
QUESTION = Question(_TASK, TEMPLATES, lists=("numbers",))
_SPELLINGS = str.maketrans({"−": "-", "–": "-", "[": " ", "]": " ", ",": " "})


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers and signs; the target is the size of their signed sum."""
    most = min(999, max(9, 2**level))
    numbers = [rng.randint(1, most) for _ in range(level + 3)]
    target = abs(sum(rng.choice((-1, 1)) * number for number in numbers))
    if target == sum(numbers):
        raise Reject("all signs are plus")
    params = {"numbers": numbers, "target": target}
    if level >= 3 and signed_sum(numbers, towards(params)) == target:
        raise Reject("greed finds it")
    return params


def signed_sum(numbers: list[int], signs: str) -> int:
    """Return the sum of the numbers under their signs."""
    return sum(number if sign == "+" else -number for sign, number in zip(signs, numbers, strict=True))


def level_of(params: Json) -> int:
    """Return the level: the count of numbers less 3."""
    return len(params["numbers"]) - 3


def reach(numbers: list[int]) -> list[Counter[int]]:
    """Return, for i = 0..n, how many choices for numbers[i:] give each sum (one step per number and sum)."""
    tables = [Counter({0: 1})]
    for number in reversed(numbers):
        table: Counter[int] = Counter()
        for total, count in tables[-1].items():
            table[total + number] += count
            table[total - number] += count
        tables.append(table)
    return tables[::-1]


def solve(params: Json) -> Solution:
    """Return the first witness in the order + before -, and the exact number of choices that reach the target."""
    numbers, rest = params["numbers"], params["target"]
    tables = reach(numbers)
    signs = ""
    for number, after in zip(numbers, tables[1:], strict=True):
        plus = rest - number in after
        signs += "+" if plus else "-"
        rest += -number if plus else number
    certificate = Certificate(
        status="exact",
        evidence="enumeration",
        optima=tables[0][params["target"]],
        optima_kind="count",
        solver="dynamic programming over reachable sums",
    )
    return Solution(signs, certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: as many signs as numbers, and the signed sum on target."""
    text = answer_text(reply, problem.answer_format)
    signs = "".join(text.translate(_SPELLINGS).split())
    if not signs or set(signs) - {"+", "-"}:
        raise Malformed("not a row of signs", text[:100])
    numbers = problem.params["numbers"]
    if len(signs) != len(numbers):
        return wrong("needs one sign per number", signs)
    return (
        correct(signs) if signed_sum(numbers, signs) == problem.params["target"] else wrong("misses the target", signs)
    )


def worth(params: Json, signs: str) -> int | None:
    """Return the signed sum if it is the target."""
    total = signed_sum(params["numbers"], signs)
    return total if total == params["target"] else None


def reordered(params: Json, signs: Json, rng: Random) -> tuple[Json, Json]:
    """Put the numbers, each with its sign, in another order."""
    order = rng.sample(range(len(signs)), len(signs))
    return {**params, "numbers": [params["numbers"][i] for i in order]}, "".join(signs[i] for i in order)


def canonical(params: Json) -> Json:
    """Return what permuting the numbers leaves alone."""
    return [sorted(params["numbers"]), params["target"]]


def all_plus(params: Json) -> str:
    """Guess plus everywhere."""
    return "+" * len(params["numbers"])


def towards(params: Json) -> str:
    """Guess by taking the numbers from the largest, each with the sign that moves towards the target."""
    numbers, rest = params["numbers"], params["target"]
    signs = ["+"] * len(numbers)
    for index in sorted(range(len(numbers)), key=lambda i: -numbers[i]):
        signs[index] = "+" if rest >= 0 else "-"
        rest -= numbers[index] if rest >= 0 else -numbers[index]
    return "".join(signs)


FAMILY = Family(
    family_version=1,
    verifier_version=6,
    answer_type="signs",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=QUESTION.render,
    parse=QUESTION.parse,
    canonical=canonical,
    level_of=level_of,
    write=write_text,
    trace=stated(solve, write_text),
    heuristics=(all_plus, towards),
    concepts=("signed sums", "search"),
    learnable_trace=False,
    again=Exhaustion(lambda params: map("".join, product("+-", repeat=len(params["numbers"]))), worth, "any"),
    same=reordered,
)
