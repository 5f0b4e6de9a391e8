"""The fast ways of grading (one box, plain integers) decide as the general ones do."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from generators.answers.comparers import AnswerType
from generators.answers.declared import Declared
from generators.answers.replies import readings_slowly
from generators.answers.targets import target_of
from generators.grade import grade, judged_slowly
from generators.malformed import Malformed
from pipeline.problem import Json, Outcome, Verdict
from pipeline.seeds import rng


def slowly(gold: Json, reply: str, name: AnswerType | None = None) -> Verdict:
    """Grade by the general ways alone."""
    target = target_of(gold, name, Declared())
    slow = replace(target, integer=None, integers=None)
    try:
        return judged_slowly(slow, readings_slowly(target, reply)[0].strip())
    except Malformed as error:
        return Verdict(Outcome.MALFORMED, reason=error.reason, extracted=error.extracted)


NUMBERS = st.integers(-(10**12), 10**12) | st.integers(-9, 9)
WRAPS = st.sampled_from(
    ["\\boxed{{{}}}", "So the answer is \\boxed{{{}}}.", "<think>\\boxed{{1}}</think>\\boxed{{{}}}$",
    "<answer>{}</answer>", "\\boxed{{1}} \\boxed{{{}}}",
     "\\boxed{{{}}} or \\boxed{{7}}", "\\boxed{{{}}} Wait, that is wrong.", "the box \\boxed{{{}}}",
     "\\boxed{{{} }}", "\\boxed{{{},}}", "\\boxed{{{}"]
)  # fmt: skip


@given(NUMBERS, st.one_of(NUMBERS.map(str), st.text("0123456789-+., ", max_size=8)), WRAPS)
@settings(max_examples=300, deadline=None)
def test_the_fast_way_for_integers_decides_as_the_slow_one(gold: int, text: str, wrap: str) -> None:
    for value, name in ((str(gold), None), (gold, None), (str(gold), "integer")):
        reply = wrap.format(text)
        fast, slow = grade(value, reply, name), slowly(value, reply, name)
        assert (fast.outcome, fast.reason) == (slow.outcome, slow.reason)
        same = wrap.format(gold)
        assert grade(value, same, name).outcome is slowly(value, same, name).outcome


LISTS = st.lists(st.integers(-2000, 2000), min_size=2, max_size=6)
DRESSES = st.sampled_from(["{}", "[{}]", "({})", "\\{{{}\\}}", "[{}", "{},"])


@given(LISTS, LISTS, st.booleans(), st.sampled_from([", ", ",", " ", "; "]), DRESSES, st.sampled_from(["{}", "[{}]"]))
@settings(max_examples=300, deadline=None)
def test_the_fast_way_for_lists_decides_as_the_slow_one(
    gold: list[int], other: list[int], same: bool, comma: str, dress: str, shape: str
) -> None:
    text = dress.format(comma.join(map(str, gold if same else other)))
    reply = f"\\boxed{{{text}}}"
    for value, name in ((shape.format(", ".join(map(str, gold))), None), (gold, None), (gold, "tuple")):
        fast, slow = grade(value, reply, name), slowly(value, reply, name)
        assert (fast.outcome, fast.reason) == (slow.outcome, slow.reason), (value, reply)


def test_fast_and_slow_agree_on_thousands_of_drawn_replies() -> None:
    draw = rng("test", "fast and slow")
    wraps = (
        "\\boxed{{{}}}",
        "so \\boxed{{{}}}.",
        "<answer>{}</answer>",
        "\\boxed{{3}}, \\boxed{{{}}}",
        "the box \\boxed{{{}}}$.",
        "{}",
    )
    shapes = (
        "{}",
        "-{}",
        "{}.0",
        "0{}",
        "{},",
        "{}%",
        "1,{}",
        "[{}, 2]",
        "[{},2]",
        "{}, 2",
        "({}, 2)",
        "{} 2",
        "+{}",
        "{}/1",
        "${}$",
    )
    for _ in range(3000):
        number = draw.choice((draw.randint(-20, 20), draw.randint(-(10**6), 10**6)))
        gold = draw.choice((str(number), number, f"{number}, 2", f"[{number}, 2]", [number, 2]))
        stated = number + draw.choice((0, 0, 1))
        reply = draw.choice(wraps).format(draw.choice(shapes).format(stated))
        fast = grade(gold, reply)
        slow = slowly(gold, reply)
        assert fast.outcome is slow.outcome, (gold, reply, fast, slow)
