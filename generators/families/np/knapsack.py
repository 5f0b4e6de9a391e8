"""Fill a knapsack of limited capacity with the most value; every item once or not at all.

Not fractional. Level L has L + 3 items with weights and values of 1 to 4 + 5 L and a capacity of half their weight;
from level 3 on, taking items by value per weight does not find the optimum. The trace only states an answer.
Law: the answer lists distinct item numbers whose weights fit; more value is better.

Source: Martello and Toth 1990, Knapsack Problems, chapter 2; Garey and Johnson 1979, MP9.
"""

from fractions import Fraction
from random import Random

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.answer_spaces import subsets
from generators.kit.presentations import renumbered
from generators.kit.wording import RENDERINGS, answer_format, fill, json_fields, json_prompt, match, stated, write_list
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = "Answer with the chosen {} numbers in brackets, separated by commas, between <answer> and </answer>."
_ITEMS, _JOBS = _ASK.format("item"), _ASK.format("job")
TEMPLATES = {
    "plain": "Items are numbered from 0 and given as weight:value: {items}. Choose items, each at most once, of total "
    "weight at most {capacity} and of the largest total value. " + _ITEMS,
    "story": "A courier has room for {capacity} kg and can take each of these jobs once, given as kg:euros and "
    "numbered from 0 in this order: {items}. Choose the jobs that earn the most. " + _JOBS,
    "compact": "n{items}|{capacity}>",
}
_TASK = (
    "Items are numbered from 0. Choose items, each at most once, within the capacity, of most total value. " + _ITEMS
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw weights, values and half the total weight as capacity."""
    weights, values = ([rng.randint(1, 4 + 5 * level) for _ in range(level + 3)] for _ in range(2))
    params: Json = {"weights": weights, "values": values, "capacity": sum(weights) // 2}
    if min(weights) > params["capacity"]:
        raise Reject("no item fits")
    if level >= 3 and worth(params, by_density(params)) == best(params)[-1][-1][0]:
        raise Reject("greed finds it")
    return params


def level_of(params: Json) -> int:
    """Return the level: the number of items less 3."""
    return len(params["weights"]) - 3


def worth(params: Json, chosen: list[int]) -> int:
    """Return the total value of chosen item numbers."""
    return sum(params["values"][item] for item in chosen)


def worth_if_it_fits(params: Json, chosen: list[int]) -> int | None:
    """Return the total value of items that fit together."""
    load = sum(params["weights"][item] for item in chosen)
    return worth(params, chosen) if load <= params["capacity"] else None


def by_density(params: Json) -> list[int]:
    """Return the items that taking by value per weight chooses, while they fit."""
    weights, values, room = params["weights"], params["values"], params["capacity"]
    chosen = []
    for item in sorted(range(len(weights)), key=lambda i: (-Fraction(values[i], weights[i]), i)):
        if weights[item] <= room:
            chosen.append(item)
            room -= weights[item]
    return chosen


def best(params: Json) -> list[list[tuple[int, int]]]:
    """Return rows[i][c] = (largest value, number of item sets that reach it) of the first i items in capacity c."""
    rows = [[(0, 1)] * (params["capacity"] + 1)]
    for weight, value in zip(params["weights"], params["values"], strict=True):
        before = rows[-1]
        row = before[:weight]
        for (left_value, left), (value_in, ways_in) in zip(before[weight:], before, strict=False):
            taken = value_in + value
            if taken > left_value:
                row.append((taken, ways_in))
            else:
                row.append((left_value, left + ways_in if taken == left_value else left))
        rows.append(row)
    return rows


def solve(params: Json) -> Solution:
    """Return a proven optimum that leaves later items out where it can, and the number of optimal item sets."""
    rows, room = best(params), params["capacity"]
    value, optima = rows[-1][room]
    chosen = []
    for item in reversed(range(len(params["weights"]))):
        if rows[item + 1][room][0] != rows[item][room][0]:
            chosen.append(item)
            room -= params["weights"][item]
    certificate = Certificate(
        status="optimal",
        evidence="enumeration",
        optima=optima,
        optima_kind="count",
        value=value,
        bound=value,
        baseline=worth(params, by_density(params)),
        solver="dynamic programming over capacity",
    )
    return Solution(sorted(chosen), certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: distinct known items within the capacity, then their value."""
    text = answer_text(reply, problem.answer_format)
    return judge(problem.params, problem.certificate.value, read_integers(text), text)


def judge(params: Json, optimum: int | float | None, chosen: list[int], text: str) -> Verdict:
    """Judge a list of item numbers against the proven largest value."""
    weights = params["weights"]
    if len(set(chosen)) < len(chosen):
        return wrong("names an item twice", text)
    if any(not 0 <= item < len(weights) for item in chosen):
        return wrong("names an item that does not exist", text)
    if sum(weights[item] for item in chosen) > params["capacity"]:
        return wrong("exceeds the capacity", text)
    assert optimum
    value = worth(params, chosen)
    if value == optimum:
        return correct(text)
    return wrong("suboptimal", text, feasible=True, quality=value / optimum)


def render(params: Json, rendering: str) -> tuple[str, str]:
    """Word the instance."""
    if rendering == "json":
        return json_prompt(_TASK, params), "tag"
    compact = rendering == "compact"
    pairs = [f"{weight}:{value}" for weight, value in zip(params["weights"], params["values"], strict=True)]
    fields = {"items": ("," if compact else ", ").join(pairs), "capacity": str(params["capacity"])}
    return fill(TEMPLATES[rendering], fields), answer_format(rendering)


def parse(text: str, rendering: str) -> Json:
    """Read the instance back from its wording."""
    if rendering == "json":
        return json_fields(text)
    fields = match(TEMPLATES[rendering], text)
    pairs = [[int(number) for number in pair.split(":")] for pair in fields["items"].split(",")]
    return {
        "weights": [weight for weight, _ in pairs],
        "values": [value for _, value in pairs],
        "capacity": int(fields["capacity"]),
    }


def canonical(params: Json) -> Json:
    """Return what permuting the items leaves alone."""
    pairs = sorted([w, v] for w, v in zip(params["weights"], params["values"], strict=True))
    return [pairs, params["capacity"]]


def densest(params: Json) -> str:
    """Guess by value per weight."""
    return write_list(by_density(params), "plain")


def first_ones(params: Json) -> str:
    """Guess by taking items in the given order while they fit."""
    room, chosen = params["capacity"], []
    for item, weight in enumerate(params["weights"]):
        if weight <= room:
            chosen.append(item)
            room -= weight
    return write_list(chosen, "plain")


FAMILY = Family(
    family_version=1,
    verifier_version=6,
    answer_type="id_set",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=parse,
    canonical=canonical,
    level_of=level_of,
    write=write_list,
    trace=stated(solve, write_list),
    heuristics=(densest, first_ones),
    concepts=("knapsack", "optimisation"),
    learnable_trace=False,
    again=Exhaustion(lambda params: subsets(len(params["weights"])), worth_if_it_fits, "most"),
    same=renumbered("weights", "values"),
)
