"""For every law, families that break it, each by the change named in its key."""

import re
from dataclasses import replace
from itertools import count
from typing import Any

from generators.answers.reading.extract import answer_text
from generators.family import Family, Solution
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong
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
    "proven": {
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
    "bounded": {
        "too few stated": replace(TOY, capacity=lambda level, region: 7),
        "too many stated": replace(TOY, max_level=1, capacity=lambda level, region: 90),
    },
}
