"""Choose some of the numbers so that they add up to the target.

Not an optimisation: any choice that reaches the target is right. Level L has L + 3 numbers of 1 to 9, from level 3 on
of 1 to min(2^(L+1), 999) so that right choices stay rare, and a target that neither one number alone nor all of them
together make and, from level 3 on, that greed misses. The trace only states an answer: nothing shorter than a search
leads to it.
Law: the answer lists values, each at most as often as it is given; the sum is exact. Answers differ when they hold
other values, whichever of two equal numbers was meant.

Source: Karp 1972, problem 18 (as "Knapsack"); Garey and Johnson 1979, SP13.
"""

from collections import Counter
from random import Random

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.answer_spaces import sub_multisets
from generators.kit.presentations import reordered
from generators.kit.wording import RENDERINGS, Question, stated, write_list
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = "Answer with the chosen numbers themselves in brackets, separated by commas, between <answer> and </answer>."
TEMPLATES = {
    "plain": "Choose some of the numbers {numbers}, each at most as often as it is listed, so that the chosen ones add "
    "up to exactly {target}. " + _ASK,
    "story": "The parcels on a ramp weigh {numbers} kg. The lift moves only when the parcels in it weigh exactly "
    "{target} kg together. Which parcels go in? " + _ASK,
    "compact": "u{numbers}:{target}>",
}
_TASK = "Choose some of the numbers, each at most as often as it is listed, with sum exactly target. " + _ASK
QUESTION = Question(_TASK, TEMPLATES, lists=("numbers",))


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers and a choice of two to all but one of them; the target is its sum."""
    most = min(999, max(9, 2 ** (level + 1)))
    numbers = [rng.randint(1, most) for _ in range(level + 3)]
    target = sum(rng.sample(numbers, rng.randint(2, level + 2)))
    if target in numbers:
        raise Reject("one number is the target")
    if level >= 3 and sum(fitting(sorted(numbers, reverse=True), target)) == target:
        raise Reject("greed finds it")
    return {"numbers": numbers, "target": target}


def fitting(numbers: list[int], target: int) -> list[int]:
    """Return the numbers that taking each in turn while it fits chooses."""
    chosen: list[int] = []
    for number in numbers:
        if sum(chosen) + number <= target:
            chosen.append(number)
    return chosen


def level_of(params: Json) -> int:
    """Return the level: the count of numbers less 3."""
    return len(params["numbers"]) - 3


def reach(numbers: list[int], target: int) -> list[set[int]]:
    """Return, for i = 0..n, the sums up to the target that numbers[i:] can give."""
    sums = [{0}]
    for number in reversed(numbers):
        sums.append(sums[-1] | {total + number for total in sums[-1] if total + number <= target})
    return sums[::-1]


def ways(numbers: list[int], target: int) -> int:
    """Return how many different multisets of values make the target, none taking a value more often than given."""
    table = Counter({0: 1})
    for value, given in Counter(numbers).items():
        grown: Counter[int] = Counter()
        for total, count in table.items():
            for taken in range(min(given, (target - total) // value) + 1):
                grown[total + taken * value] += count
        table = grown
    return table[target]


def solve(params: Json) -> Solution:
    """Return the witness that takes earlier numbers where it can, and the exact number of different answers."""
    numbers, rest = params["numbers"], params["target"]
    chosen: list[int] = []
    for number, after in zip(numbers, reach(numbers, rest)[1:], strict=True):
        if rest - number in after:
            chosen.append(number)
            rest -= number
    certificate = Certificate(
        status="exact",
        evidence="enumeration",
        optima=ways(numbers, params["target"]),
        optima_kind="count",
        solver="dynamic programming over reachable sums",
    )
    return Solution(chosen, certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply."""
    text = answer_text(reply, problem.answer_format)
    return judge(problem.params, read_integers(text), text)


def judge(params: Json, chosen: list[int], text: str) -> Verdict:
    """Judge a list of values: all given, none more often than given, sum exact."""
    if Counter(chosen) - Counter(params["numbers"]):
        return wrong("uses a number more often than it is given", text)
    return correct(text) if sum(chosen) == params["target"] else wrong("misses the target", text)


def worth(params: Json, chosen: list[int]) -> int | None:
    """Return the sum of chosen values if it is the target."""
    return sum(chosen) if sum(chosen) == params["target"] else None


def canonical(params: Json) -> Json:
    """Return what permuting the numbers leaves alone."""
    return [sorted(params["numbers"]), params["target"]]


def largest_first(params: Json) -> str:
    """Guess by taking the largest number that still fits, over and over."""
    return write_list(fitting(sorted(params["numbers"], reverse=True), params["target"]), "plain")


def first_ones(params: Json) -> str:
    """Guess by taking numbers in the given order while they fit."""
    return write_list(fitting(params["numbers"], params["target"]), "plain")


FAMILY = Family(
    family_version=2,  # 1 counted index sets as optima
    judges=(1,),
    verifier_version=6,
    answer_type="integer_multiset",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=QUESTION.render,
    parse=QUESTION.parse,
    canonical=canonical,
    level_of=level_of,
    write=write_list,
    trace=stated(solve, write_list),
    heuristics=(largest_first, first_ones),
    concepts=("subset sum", "search"),
    learnable_trace=False,
    again=Exhaustion(lambda params: sub_multisets(params["numbers"]), worth, "any"),
    same=reordered("numbers"),
)
