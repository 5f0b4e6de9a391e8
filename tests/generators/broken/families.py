"""For every law, families that break it, each by the change named in its key."""

import re
from dataclasses import replace
from itertools import count, product
from typing import Any

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, SecondSolver, Solution, load
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong
from tests.generators.broken import bins
from tests.generators.broken.bins import BINS, packings
from tests.generators.broken.shapes import labelled, letters, pictures, ranked, sack
from tests.generators.broken.toy import TOY, make, parse, render, solve, verify


def _judge(accepts: Any) -> Any:
    """Return a verifier that also accepts the texts for which accepts(problem, text) is true."""

    def judge(problem: Problem, reply: str) -> Verdict:
        text = answer_text(reply, problem.answer_format)
        return correct(text) if accepts(problem, text) else verify(problem, reply)

    return judge


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,30}", text) else None


def _with_proof(proof: Certificate) -> Family:
    return replace(TOY, solve=lambda params: Solution(params["a"] + params["b"], proof))


def _spoil(params: Json) -> Solution:
    params["a"], params["b"] = max(params["a"], params["b"]), min(params["a"], params["b"])
    return solve(params)


def _reads_prompt(problem: Problem, reply: str) -> Verdict:
    if str(problem.params["a"]) not in problem.prompt:
        return wrong("another question")
    return verify(problem, reply)


def _strict(problem: Problem, reply: str) -> Verdict:
    return verify(problem, reply) if "\n" not in reply else wrong("not alone")


def _undecorated(problem: Problem, reply: str) -> Verdict:
    return verify(problem, reply) if "*" not in reply else wrong("decorated")


def _evaluates(problem: Problem, reply: str) -> Verdict:
    value = int(answer_text(reply, problem.answer_format).split()[0])
    return correct(str(value)) if value == problem.answer else wrong("another sum")


def _slow(problem: Problem, reply: str) -> Verdict:
    sum(character == sign for character in reply for sign in "<#9")
    return verify(problem, reply)


def _judge_sum(problem: Problem, reply: str) -> Verdict:
    return verify(replace(problem, answer=problem.params["a"] + problem.params["b"]), reply)


def _any_order(problem: Problem, reply: str) -> Verdict:
    text = answer_text(reply, problem.answer_format)
    same = sorted(text.split()) == sorted(map(str, problem.answer))
    return correct(text) if same else wrong("other numbers", text)


def _claiming(**changes: Any) -> Family:
    """Return the bins with something else claimed of the optimum: a number, or a function of the proven one."""

    def claims(params: Json) -> Solution:
        packing, proof = bins.solve(params)
        found = {name: change(getattr(proof, name)) if callable(change) else change for name, change in changes.items()}
        return Solution(packing, replace(proof, **found))

    return replace(BINS, solve=claims)


def _first_fit(params: Json, **changes: Any) -> Solution:
    """Call the packing optimal that puts every item into the first bin with room."""
    packing = bins.first_fit(params)
    value = bins.bins(params, packing)
    return Solution(packing, replace(Certificate("optimal", "enumeration", None, "unknown", value, value), **changes))


def _judging(judge: Any) -> Family:
    """Return the bins with judge(packing, bins used or None, fewest) as verifier."""

    def judged(problem: Problem, reply: str) -> Verdict:
        text = answer_text(reply, problem.answer_format)
        packing = read_integers(text)
        if len(packing) != len(problem.params["sizes"]) or packing != bins.opened(packing):
            return wrong("not the bin of every item", text)
        verdict = judge(packing, bins.bins(problem.params, packing), problem.certificate.value, problem)
        assert isinstance(verdict, Verdict)
        return verdict

    return replace(BINS, verify=judged)


def _at_most(packing: list[int], used: int | None, fewest: int, problem: Problem) -> Verdict:
    if used is None:
        return wrong("a bin overflows")
    return correct("") if used <= fewest else wrong("suboptimal", feasible=True, quality=min(1.0, fewest / used))


def _spread(packing: list[int], used: int | None, fewest: int, problem: Problem) -> Verdict:
    if used is None:
        return wrong("a bin overflows")
    return correct("") if used == fewest else wrong("suboptimal", feasible=True, quality=used / 100)


def _carryless(params: Json) -> Solution:
    a, b = params["a"], params["b"]
    carries = any(int(x) + int(y) > 9 for x, y in zip(str(a), str(b), strict=True))
    return Solution(a + b - 10 * carries, _PROOF)


def _leaking(params: Json, rendering: str) -> tuple[str, str]:
    text, answer_format = render(params, rendering)
    return (f"{text[:-1]},{params['a'] + params['b']}>" if rendering == "compact" else text), answer_format


def _turnable() -> Family:
    """Return the distances of neighbours with every row counted, though a row and its reverse are one instance."""
    return replace(load("seq/differences"), capacity=lambda level, region: 10 ** (level + 4))


def _both_ways(params: Json) -> Any:
    return (row for packing in packings(len(params["sizes"])) for row in (packing, list(packing)))


_PROOF = Certificate("exact", "execution", 1, "count")
_calls = count()

BROKEN: dict[str, dict[str, Family]] = {
    "declares": {
        "version 0": replace(TOY, family_version=0),
        "no compact rendering": replace(TOY, renderings=("plain", "story", "poem")),
        "a rendering twice": replace(TOY, renderings=("plain", "plain", "compact")),
        "regions nobody tells apart": replace(TOY, regions=("left", "right")),
    },
    "deterministic": {
        "a counter": replace(TOY, make=lambda rng, level, region: make(rng, level, region) | {"n": next(_calls)}),
        "spoiled params": replace(TOY, solve=_spoil),
    },
    "round_trips": {
        "a tuple": replace(TOY, make=lambda rng, level, region: make(rng, level, region) | {"t": (1, 2)}),
        "the prompt is read": replace(TOY, verify=_reads_prompt),
    },
    "placed": {
        "level 1 always": replace(TOY, level_of=lambda params: 1),
        "answer_format tag always": replace(
            TOY, render=lambda params, rendering: (render(params, rendering)[0], "tag")
        ),
    },
    "witnessed": {
        "the witness is wrong": replace(TOY, verify=_judge_sum, solve=lambda params: Solution(params["a"], _PROOF)),
        "only alone": replace(TOY, verify=_strict),
        "half a point": replace(TOY, verify=lambda problem, reply: correct(reply, quality=0.5)),
    },
    "dressed": {"no bold": replace(TOY, verify=_undecorated)},
    "traced": {"no answer": replace(TOY, trace=lambda params, rendering: "add them")},
    "parsed": {
        "the second number is lost": replace(TOY, parse=lambda text, rendering: parse(text, rendering) | {"b": 1}),
        "swapped": replace(
            TOY, parse=lambda text, rendering: dict(zip("ba", parse(text, rendering).values(), strict=True))
        ),
    },
    "compact": {
        "capitals": replace(TOY, render=lambda params, rendering: ("A" + render(params, rendering)[0], "hash")),
        "an answer with an accent": replace(TOY, write=lambda answer, rendering: f"é{answer}"),
        "a mark in the prompt": replace(
            TOY, render=lambda params, rendering: ("#" + render(params, rendering)[0], "hash")
        ),
    },
    "silent": {
        "told": replace(
            TOY,
            render=lambda params, rendering: (
                f"{render(params, 'plain')[0]} Hint: <answer>{params['a'] + params['b']}</answer>",
                "tag",
            ),
        ),
    },
    "uncopied": {
        "compact leaks the sum": replace(TOY, render=_leaking),
        "a story with the answer in it": replace(
            TOY,
            render=lambda params, rendering: (
                f"{render(params, rendering)[0]} They are {params['a'] + params['b']} stones.",
                render(params, rendering)[1],
            ),
        ),
    },
    "unplanted": {
        "always the first two": replace(BINS, solve=lambda params: Solution([1, 0], _PROOF)),
        "always the smallest, which come last": replace(
            BINS,
            make=lambda rng, level, region: (lambda p: {**p, "sizes": sorted(p["sizes"])[::-1]})(
                bins.make(rng, level, region)
            ),
            solve=lambda params: Solution(sorted(params["sizes"])[:2], _PROOF),
        ),
    },
    "reproven": {
        "first fit called optimal": replace(BINS, solve=_first_fit),
        "first fit, and whatever is no worse accepted": replace(_judging(_at_most), solve=_first_fit),
        "first fit, its own count of optima": replace(
            BINS, solve=lambda params: _first_fit(params, optima=1, optima_kind="at_least")
        ),
        "first fit called exact": replace(
            BINS, solve=lambda params: _first_fit(params, status="exact", value=None, bound=None)
        ),
        "first fit against a second solver": replace(
            BINS,
            solve=_first_fit,
            again=SecondSolver(lambda params: bins.solve(params).certificate.value or 0, "least"),
        ),
        "a bound nobody proved": replace(
            BINS,
            solve=lambda params: Solution(
                bins.first_fit(params),
                Certificate(
                    "bounded",
                    "solver",
                    value=bins.bins(params, bins.first_fit(params)),
                    bound=bins.bins(params, bins.first_fit(params)),
                ),
            ),
        ),
        "one optimum too many": _claiming(optima=lambda n: n + 1),
        "one optimum always": _claiming(optima=1),
        "more than there are at least": _claiming(optima=lambda n: 2 * n + 1, optima_kind="at_least"),
        "no second way": replace(TOY, again=None),
        "no second way to an optimum": replace(BINS, again=None),
        "carries forgotten": replace(TOY, solve=_carryless, verify=_judge_sum),
        "two answers claimed where one is right": _with_proof(Certificate("exact", "execution", 2, "count")),
        "answers looked at twice": replace(
            _claiming(optima=lambda n: 2 * n), again=Exhaustion(_both_ways, bins.bins, "least")
        ),
        "greed exhausted round its own answer": sack(),
        "nothing but its own answer looked at": replace(
            _claiming(optima=1), again=Exhaustion(lambda params: [bins.solve(params).answer], bins.bins, "least")
        ),
        "no answer allowed": replace(BINS, again=Exhaustion(lambda params: [], bins.bins, "least")),
        "too many answers to look at": replace(
            BINS, again=Exhaustion(lambda params: map(list, product(range(50), repeat=5)), bins.bins, "least")
        ),
        "the wrong way round": replace(BINS, again=replace(BINS.again, goal="most")),
    },
    "judged": {
        "one bin more is accepted": _judging(
            lambda packing, used, fewest, problem: correct("") if used and used <= fewest + 1 else wrong("bad")
        ),
        "only the stored packing is accepted": _judging(
            lambda packing, used, fewest, problem: (
                correct("")
                if packing == problem.answer
                else wrong("another", feasible=used is not None, quality=0.5 * (used is not None))
            )
        ),
        "overflowing is feasible": _judging(
            lambda packing, used, fewest, problem: (
                correct("") if used == fewest else wrong("bad", feasible=True, quality=fewest / (used or 99))
            )
        ),
        "more bins have more quality": _judging(_spread),
        "what beats the claim breaks": replace(BINS, solve=_first_fit),
    },
    "recognised": {
        "addends in order": replace(TOY, canonical=lambda params: [params["a"], params["b"]]),
        "items as given": replace(BINS, canonical=lambda params: params),
        "items as given, and no symmetry declared": replace(BINS, canonical=lambda params: params, same=None),
        "nodes as numbered, and no symmetry declared": labelled(),
        "addends in order, and no symmetry declared": replace(
            TOY, canonical=lambda params: [params["a"], params["b"]], same=None
        ),
        "letters in order": letters(),
        "names as given": ranked(),
        "pictures and their mirror images apart": pictures(),
        "a symmetry that does nothing": replace(TOY, same=lambda params, answer, rng: (params, answer)),
        "a symmetry that changes the question": replace(
            BINS, same=lambda params, packing, rng: ({**params, "room": params["room"] + 1}, packing)
        ),
        "a symmetry that forgets the answer": replace(
            BINS, same=lambda params, packing, rng: (bins.same(params, packing, rng)[0], packing)
        ),
        "levels by the first item": replace(BINS, level_of=lambda params: params["sizes"][0]),
    },
    "told_apart": {
        "the second addend forgotten": replace(TOY, canonical=lambda params: params["a"]),
        "the sum alone": replace(TOY, canonical=lambda params: params["a"] + params["b"]),
        "the room forgotten": replace(BINS, canonical=lambda params: sorted(params["sizes"])[1:]),
        "sizes up to repeats": replace(BINS, canonical=lambda params: [sorted(set(params["sizes"])), params["room"]]),
        "merged, and no symmetry declared": replace(TOY, same=None),
    },
    "proven": {
        "a baseline better than the optimum": _claiming(baseline=lambda n: 1),
        "a bound on the wrong side": _claiming(status="bounded", bound=lambda n: n + 1),
        "an optimum of nothing": _with_proof(Certificate("optimal", "solver", value=1, bound=1)),
        "a baseline of nothing": _with_proof(Certificate("exact", "execution", 1, "count", baseline=3)),
        "a value that is not the witness's": _claiming(value=lambda n: n - 1, bound=lambda n: n - 1, baseline=None),
        "nothing": _with_proof(Certificate("none", "none")),
        "a vote": _with_proof(Certificate("bounded", "consensus", value=1, bound=1)),
        "no optimum": _with_proof(Certificate("exact", "execution", 0, "count")),
        "no bound": _with_proof(Certificate("bounded", "solver", value=1)),
        "a baseline on both sides": replace(
            TOY,
            solve=lambda params: Solution(
                params["a"] + params["b"],
                Certificate("optimal", "solver", value=5, bound=5, baseline=params["a"] % 2 * 10),
            ),
        ),
    },
    "constants": {
        "zero": replace(TOY, verify=_judge(lambda problem, text: text == "0")),
        "words": replace(TOY, verify=_judge(lambda problem, text: "correct" in text)),
    },
    "borrowed": {
        "any number": replace(TOY, verify=_judge(lambda problem, text: _number(text) is not None)),
        "any number, optima unknown": replace(
            TOY,
            solve=lambda params: Solution(
                params["a"] + params["b"], Certificate("optimal", "solver", value=1, bound=1)
            ),
            verify=_judge(lambda problem, text: _number(text) is not None),
        ),
    },
    "unhedged": {
        "the last number": replace(
            TOY, verify=_judge(lambda problem, text: re.findall(r"\d+", text)[-1:] == [str(problem.answer)])
        ),
        "anywhere": replace(
            TOY, verify=lambda problem, reply: correct(reply) if str(problem.answer) in reply else wrong("another sum")
        ),
    },
    "near_missed": {
        "one off": replace(
            TOY, verify=_judge(lambda problem, text: _number(text) in (problem.answer - 1, problem.answer + 1))
        ),
        "order ignored": replace(
            TOY,
            answer_type="integer_list",
            solve=lambda params: Solution([params["a"] + params["b"], params["a"]], _PROOF),
            write=lambda answer, rendering: " ".join(map(str, answer)),
            verify=_any_order,
        ),
        "a part of it": replace(TOY, verify=_judge(lambda problem, text: text.startswith(str(problem.answer)))),
    },
    "unbroken": {
        "int() of anything": replace(TOY, verify=_evaluates),
        "slow": replace(TOY, verify=_slow),
    },
    "counted": {
        "too few stated": replace(TOY, capacity=lambda level, region: 7),
        "swapped addends counted twice": replace(
            TOY, max_level=2, capacity=lambda level, region: 81 * 100 ** (level - 1)
        ),
        "a row and its reverse counted twice, on levels too large to enumerate": _turnable(),
        "one too many stated": replace(TOY, max_level=1, capacity=lambda level, region: 46),
        "a thousand times too many": replace(
            TOY,
            make=lambda rng, level, region: {"a": int(rng.random() * 9) + 1, "b": int(rng.random() * 9) + 1},
            capacity=lambda level, region: 45_000,
        ),
    },
}
