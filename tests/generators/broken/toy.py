"""The toy: add two numbers of `level` digits. Lawful; every broken family is this one with one thing changed."""

import re
from random import Random

from generators.answers.reading.extract import answer_text, place
from generators.family import Family, Recomputation, Solution
from generators.malformed import Malformed
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_WORDS = {
    "plain": "What is {a} plus {b}? Answer between <answer> and </answer>.",
    "story": "A has {a} stones, B has {b}. How many have they? Answer between <answer> and </answer>.",
    "compact": "+{a},{b}>",
}


def make(rng: Random, level: int, region: str) -> Json:
    low = 10 ** (level - 1)
    return {"a": rng.randrange(low, 10 * low), "b": rng.randrange(low, 10 * low)}


def solve(params: Json) -> Solution:
    return Solution(params["a"] + params["b"], Certificate("exact", "execution", 1, "count"))


def verify(problem: Problem, reply: str) -> Verdict:
    text = answer_text(reply, problem.answer_format)
    if not re.fullmatch(r"-?[0-9]{1,30}", text):
        raise Malformed("no integer", text[:100])
    return correct(text) if int(text) == problem.answer else wrong("another sum", text)


def count_up(params: Json) -> Json:
    """Add by measuring two stretches side by side."""
    return len(range(params["b"])) + len(range(params["a"]))


def swap(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
    return {**params, "a": params["b"], "b": params["a"]}, answer


def render(params: Json, rendering: str) -> tuple[str, str]:
    return _WORDS[rendering].format(**params), "hash" if rendering == "compact" else "tag"


def parse(text: str, rendering: str) -> Json:
    a, b = re.findall(r"\d+", text)
    return {"a": int(a), "b": int(b)}


def trace(params: Json, rendering: str) -> str:
    a, b = params["a"], params["b"]
    return f"{a}+{b}={a + b} {place(str(a + b), render(params, rendering)[1])}"


TOY = Family(
    family_version=1,
    verifier_version=1,
    answer_type="integer",
    renderings=("plain", "story", "compact"),
    make=make,
    solve=solve,
    verify=verify,
    render=render,
    parse=parse,
    canonical=lambda params: sorted([params["a"], params["b"]]),
    level_of=lambda params: len(str(params["a"])),
    write=lambda answer, rendering: str(answer),
    trace=trace,
    capacity=lambda level, region: 9 * 10 ** (level - 1) * (9 * 10 ** (level - 1) + 1) // 2,
    max_level=12,
    again=Recomputation(count_up),
    same=swap,
)
