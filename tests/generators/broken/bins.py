"""A lawful family that optimises: pack items into the fewest bins. Broken ones are this one with one thing changed."""

from collections.abc import Iterator
from random import Random

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Solution
from generators.kit.wording import RENDERINGS, Question, stated, write_list
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = "Give the bin of every item, in order, bins numbered from 0 as they open, between <answer> and </answer>."
QUESTION = Question(
    f"Pack the sizes into the fewest bins. {_ASK}",
    {
        "plain": f"Pack items of sizes {{sizes}} into as few bins of {{room}} as you can. {_ASK}",
        "story": f"Songs of {{sizes}} minutes go onto tapes of {{room}} minutes. Use the fewest tapes. {_ASK}",
        "compact": "b{sizes}:{room}>",
    },
    lists=("sizes",),
)


def make(rng: Random, level: int, region: str) -> Json:
    """Draw sizes."""
    return {"sizes": [rng.randint(2, 9) for _ in range(level + 4)], "room": 10 + level}


def packings(count: int, used: int = 0) -> Iterator[list[int]]:
    """Yield every way to part items into bins: a bin is numbered when its first item comes."""
    if not count:
        yield []
    for place in range(used + 1 if count else 0):
        yield from ([place, *rest] for rest in packings(count - 1, max(used, place + 1)))


def bins(params: Json, packing: list[int]) -> int | None:
    """Return the number of bins of a packing, None where one overflows."""
    loads = [0] * len(packing)
    for size, place in zip(params["sizes"], packing, strict=True):
        loads[place] += size
    return sum(load > 0 for load in loads) if max(loads) <= params["room"] else None


def opened(packing: list[int]) -> list[int]:
    """Number bins as they are opened."""
    names = {name: place for place, name in enumerate(dict.fromkeys(packing))}
    return [names[name] for name in packing]


def same(params: Json, packing: Json, rng: Random) -> tuple[Json, Json]:
    """Put the items in another order."""
    order = rng.sample(range(len(packing)), len(packing))
    return {**params, "sizes": [params["sizes"][i] for i in order]}, opened([packing[i] for i in order])


def first_fit(params: Json) -> list[int]:
    """Put every item, in order, into the first bin with room."""
    loads = [0] * len(params["sizes"])
    packing = []
    for size in params["sizes"]:
        place = next(i for i, load in enumerate(loads) if load + size <= params["room"])
        loads[place] += size
        packing.append(place)
    return packing


def best(params: Json) -> tuple[list[int], int]:
    """Return a packing into the fewest bins and how many there are."""
    rated = [(n, packing) for packing in packings(len(params["sizes"])) if (n := bins(params, packing)) is not None]
    least = min(n for n, _ in rated)
    return min(packing for n, packing in rated if n == least), sum(n == least for n, _ in rated)


def solve(params: Json) -> Solution:
    packing, optima = best(params)
    value, guess = bins(params, packing), bins(params, first_fit(params))
    return Solution(packing, Certificate("optimal", "enumeration", optima, "count", value, value, guess, "exhaustion"))


def verify(problem: Problem, reply: str) -> Verdict:
    text = answer_text(reply, problem.answer_format)
    packing, optimum = read_integers(text), problem.certificate.value
    if len(packing) != len(problem.params["sizes"]) or packing != opened(packing):
        return wrong("not the bin of every item, numbered as they are opened", text)
    used = bins(problem.params, packing)
    if used is None:
        return wrong("a bin overflows", text)
    assert optimum
    return correct(text) if used == optimum else wrong("suboptimal", text, feasible=True, quality=optimum / used)


BINS = Family(
    family_version=1,
    verifier_version=1,
    answer_type="id_list",
    renderings=RENDERINGS,
    make=make,
    solve=solve,
    verify=verify,
    render=QUESTION.render,
    parse=QUESTION.parse,
    canonical=lambda params: [sorted(params["sizes"]), params["room"]],
    level_of=lambda params: len(params["sizes"]) - 4,
    write=write_list,
    trace=stated(solve, write_list),
    again=Exhaustion(lambda params: packings(len(params["sizes"])), bins, "least"),
    same=same,
    max_level=4,
)
