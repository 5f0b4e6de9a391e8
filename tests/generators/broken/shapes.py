"""Families of other shapes, each with one fault: graphs, words, names, pictures, a search that looks nowhere."""

import json
import re
from dataclasses import replace
from itertools import combinations, pairwise, permutations
from typing import Any

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Recomputation, Solution
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong
from tests.generators.broken.bins import BINS
from tests.generators.broken.toy import TOY

_PROOF = Certificate("exact", "execution", 1, "count")


def labelled() -> Family:
    """Return the toy as a graph: the smallest sum of the weights of two edges that share no node."""

    def draw(rng: Any, level: int, region: str) -> Json:
        edges = [[i, j, rng.randint(1, 99)] for i in range(5) for j in range(i + 1, 5)]
        return {"nodes": 5, "edges": rng.sample(edges, 6 + level)}

    def pairs(params: Json) -> Any:
        return (list(pair) for pair in permutations(range(len(params["edges"])), 2) if pair[0] < pair[1])

    def worth(params: Json, pair: list[int]) -> int | None:
        (a, b, x), (c, d, y) = (params["edges"][place] for place in pair)
        return x + y if len({a, b, c, d}) == 4 else None

    def least(params: Json) -> Solution:
        rated = [(w, pair) for pair in pairs(params) if (w := worth(params, pair)) is not None]
        best = min(rated)
        optima = sum(w == best[0] for w, _ in rated)
        return Solution(best[1], Certificate("optimal", "enumeration", optima, "count", best[0], best[0]))

    def say(params: Json, rendering: str) -> tuple[str, str]:
        edges = ";".join(",".join(map(str, edge)) for edge in params["edges"])
        return {"plain": f"Edges: {edges}", "story": f"Roads: {edges}", "compact": f"e{edges}"}[rendering], "tag"

    def read(text: str, rendering: str) -> Json:
        return {"nodes": 5, "edges": [list(map(int, edge)) for edge in re.findall(r"(\d+),(\d+),(\d+)", text)]}

    return replace(
        TOY, make=draw, solve=least, render=say, parse=read, canonical=lambda params: sorted(params["edges"]),
        level_of=lambda params: len(params["edges"]) - 6, max_level=3, same=None, capacity=None,
        write=lambda answer, rendering: " ".join(map(str, answer)), again=Exhaustion(pairs, worth, "least"),
        trace=None,
    )  # fmt: skip


def _plain_family(letter: str, make: Any, answer: Any, again: Any, write: Any, canonical: Any, verify: Any) -> Family:
    """Return a family whose wordings are its params as JSON and whose one right answer is answer(params)."""

    def say(params: Json, rendering: str) -> tuple[str, str]:
        return f"{rendering} {letter} {json.dumps(params)}", "tag"

    return Family(
        family_version=1, verifier_version=1, answer_type="text", renderings=("plain", "story", "compact"), make=make,
        solve=lambda params: Solution(answer(params), _PROOF), verify=verify, render=say,
        parse=lambda text, rendering: json.loads(text[text.index("{") :]), canonical=canonical,
        level_of=lambda params: params["level"], write=write, again=Recomputation(again), max_level=4,
    )  # fmt: skip


def _same_text(problem: Problem, reply: str) -> Verdict:
    text = answer_text(reply, problem.answer_format)
    return correct(text) if text == ", ".join(map(str, problem.answer)) else wrong("another", text)


def _joined(answer: Json, rendering: str) -> str:
    return ", ".join(map(str, answer))


def letters() -> Family:
    """Return: the different letters of a word, in alphabetical order."""

    def spell(rng: Any, level: int, region: str) -> Json:
        return {"word": "".join(rng.choice("abcdefgh") for _ in range(level + 5)), "level": level}

    def different(params: Json) -> list[str]:
        return sorted(set(params["word"]))

    return _plain_family("w", spell, different, different, _joined, lambda params: params["word"], _same_text)


def ranked() -> Family:
    """Return: who came where, from who was just before whom."""

    def race(rng: Any, level: int, region: str) -> Json:
        order = rng.sample(["Ann", "Bob", "Cat", "Dan", "Eve", "Fay"], level + 2)
        pairs = [list(pair) for pair in pairwise(order)]
        return {"before": rng.sample(pairs, len(pairs)), "level": level}

    def ranks(params: Json) -> list[str]:
        after = dict(params["before"])
        row = [*after.keys() - set(after.values())]
        while row[-1] in after:
            row.append(after[row[-1]])
        return row

    return _plain_family("r", race, ranks, ranks, _joined, lambda params: sorted(params["before"]), _same_text)


def pictures() -> Family:
    """Return: how many of the pixels of a picture are set, by kind."""

    def paint(rng: Any, level: int, region: str) -> Json:
        return {"rows": [[rng.randint(0, 3) for _ in range(level + 2)] for _ in range(3)], "level": level}

    def kinds(params: Json) -> list[int]:
        pixels = [pixel for row in params["rows"] for pixel in row]
        return [pixels.count(kind) for kind in range(4)]

    return _plain_family("p", paint, kinds, kinds, _joined, lambda params: sorted(params["rows"]), _same_text)


def sack() -> Family:
    """Return: the heaviest load, filled in the given order, and searched below that load alone."""

    def fill(params: Json) -> list[int]:
        chosen: list[int] = []
        for place, size in enumerate(params["sizes"]):
            if sum(params["sizes"][i] for i in chosen) + size <= params["room"]:
                chosen.append(place)
        return chosen

    def load(params: Json, chosen: list[int]) -> int | None:
        total = sum(params["sizes"][place] for place in chosen)
        return total if total <= params["room"] else None

    def below(params: Json) -> Any:
        chosen = fill(params)
        return (list(part) for size in range(len(chosen) + 1) for part in combinations(chosen, size))

    def claim(params: Json) -> Solution:
        value = load(params, fill(params))
        return Solution(fill(params), Certificate("optimal", "enumeration", 1, "count", value, value))

    def judge(problem: Problem, reply: str) -> Verdict:
        text = answer_text(reply, problem.answer_format)
        chosen, most = read_integers(text), problem.certificate.value
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(range(len(problem.params["sizes"]))):
            return wrong("no set of items", text)
        found = load(problem.params, chosen)
        if found is None or not most:
            return wrong("too much", text)
        return correct(text) if found >= most else wrong("suboptimal", text, feasible=True, quality=found / most)

    return replace(
        BINS, solve=claim, verify=judge, answer_type="id_set", canonical=lambda params: params, same=None,
        again=Exhaustion(below, load, "most"),
    )  # fmt: skip
