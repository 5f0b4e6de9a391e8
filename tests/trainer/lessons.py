"""A copying task small enough to learn in seconds: the reply repeats the digits of the prompt."""

from pipeline.choice.curriculum import Pool
from pipeline.problem import Certificate, Problem, make_problem
from pipeline.protocol import Protocol
from pipeline.seeds import rng
from trainer.policy import Policy, TinyConfig, tiny_policy

PROTOCOL = Protocol(max_prompt_tokens=12, max_completion_tokens=10)
SMALL = TinyConfig(hidden=32, layers=2, heads=2, head_dim=16, mlp=48)
EXACT = Certificate(status="exact", evidence="execution")


def problem(digits: str, *, level: int = 1, trace: str | None = "", prompt: str = "") -> Problem:
    return make_problem(
        family="test/copy",
        family_version=1,
        params=digits,
        rendering="compact",
        canonical_form=digits,
        split="train",
        level=level,
        region="",
        prompt=prompt or f"c{digits}>",
        answer_format="hash",
        answer=digits,
        certificate=EXACT,
        trace=f"#{digits}" if trace == "" else trace,
    )


def pool(size: int = 40) -> Pool:
    source = rng("copy")
    made = ["".join(str(source.randrange(3)) for _ in range(1 + i % 5)) for i in range(size)]
    return Pool([problem(digits, level=len(digits)) for digits in dict.fromkeys(made)])


def small_policy(seed: int = 0) -> Policy:
    return tiny_policy(SMALL, seed=seed)
