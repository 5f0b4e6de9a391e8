"""Combine all the numbers with + - * / into an expression that makes the target.

Not the television game: every number must be used, and exactly once. Level L has L + 2 numbers of 1 to 4 + 5 L and a
target of 1 to 99 (999 from level 3 on, and then out of greed's reach), built forward from a random tree of whole
positive steps, so a solution always exists; a reply may pass through fractions and negative values, which are exact.
max_level 10 keeps the exhaustive search for a witness under a second. The trace only states an answer.
Law: the answer's numbers are the given ones, as a multiset; its value is the target exactly. Answers differ as trees
over values: turning a sum or a product round, or swapping equal numbers, gives the same one.

Source: TinyZero countdown task (github.com/Jiayi-Pan/TinyZero), without its holes; "Countdown", Channel 4.
"""

from random import Random

from generators.answers.maths import expression
from generators.answers.maths.expression import Node, Operation
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.presentations import reordered
from generators.kit.trees import count, every, find, whole_steps
from generators.kit.wording import RENDERINGS, Question, stated, write_text
from pipeline.errors import FamilyError
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = (
    "Use + - * / and brackets; fractions on the way are allowed. Answer with the expression alone, without an equals "
    "sign, between <answer> and </answer>."
)
TEMPLATES = {
    "plain": "Use every one of the numbers {numbers} exactly once, in any order, to make {target}. " + _ASK,
    "story": "The cards on the table show {numbers}. Arrange all of them, each exactly once, into a calculation whose "
    "result is {target}. " + _ASK,
    "compact": "k{numbers}:{target}>",
}
_TASK = "Make the target from all the numbers, each used exactly once. " + _ASK
QUESTION = Question(_TASK, TEMPLATES, lists=("numbers",))
COUNTED = 4
"""Up to so many numbers the solutions are counted exactly, in about 1 ms (5 numbers: 28 ms); above, one is known."""


def make(rng: Random, level: int, region: str) -> Json:
    """Draw numbers and join random pairs by whole positive steps until one value is left."""
    numbers = [rng.randint(1, 4 + 5 * level) for _ in range(level + 2)]
    values = list(numbers)
    while len(values) > 1:
        b, a = sorted(values.pop(rng.randrange(len(values))) for _ in range(2))
        values.append(rng.choice(whole_steps(a, b))[1])
    if not 1 <= values[0] <= (99 if level < 3 else 999):
        raise Reject("target out of range")
    params = {"numbers": numbers, "target": values[0]}
    if level >= 3 and expression.evaluate(expression.parse(greedy(params))) == values[0]:
        raise Reject("greed finds it")
    return params


def level_of(params: Json) -> int:
    """Return the level: the count of numbers less 2."""
    return len(params["numbers"]) - 2


def solve(params: Json) -> Solution:
    """Return a witness found by exhaustive search, and how many different trees make the target."""
    numbers, target = params["numbers"], params["target"]
    found = find(numbers, target)
    if found is None:
        raise FamilyError(
            f"numbers {numbers} cannot make {target} by whole positive steps: give a target that they can"
        )
    optima = count(numbers, target) if len(numbers) <= COUNTED else 1
    certificate = Certificate(
        status="exact",
        evidence="enumeration",
        optima=optima,
        optima_kind="count" if len(numbers) <= COUNTED else "at_least",
        solver="exhaustive search over expression trees",
    )
    return Solution(expression.write(found), certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: the given numbers, each once, and the exact value."""
    text = answer_text(reply, problem.answer_format)
    node = expression.parse(text)
    if sorted(expression.operands(node)) != sorted(problem.params["numbers"]):
        return wrong("does not use every number exactly once", text)
    value = expression.evaluate(node)
    if value is None:
        return wrong("divides by zero", text)
    return correct(text) if value == problem.params["target"] else wrong("misses the target", text)


def worth(params: Json, text: str) -> int | None:
    """Return the target if the expression makes it."""
    made = expression.evaluate(expression.parse(text))
    return int(params["target"]) if made == params["target"] else None


def canonical(params: Json) -> Json:
    """Return what permuting the numbers leaves alone."""
    return [sorted(params["numbers"]), params["target"]]


def all_added(params: Json) -> str:
    """Guess the sum of all numbers."""
    return "+".join(map(str, params["numbers"]))


def all_multiplied(params: Json) -> str:
    """Guess the product of all numbers."""
    return "*".join(map(str, params["numbers"]))


def greedy(params: Json) -> str:
    """Guess by joining, largest first, each next number with the step that lands nearest the target."""
    first, *others = sorted(params["numbers"], reverse=True)
    node: Node = first
    value = first
    for number in others:
        steps = [("+", value + number), ("-", value - number), ("*", value * number)]
        operator, value = min(steps, key=lambda step: abs(step[1] - params["target"]))
        node = Operation(operator, node, number)
    return expression.write(node)


FAMILY = Family(
    family_version=2,  # 1 counted trees over indices, so equal numbers twice
    judges=(1,),
    verifier_version=6,
    answer_type="expression",
    renderings=RENDERINGS,
    max_level=10,
    make=make,
    solve=solve,
    verify=verify,
    render=QUESTION.render,
    parse=QUESTION.parse,
    canonical=canonical,
    level_of=level_of,
    write=write_text,
    trace=stated(solve, write_text),
    heuristics=(all_added, all_multiplied, greedy),
    concepts=("arithmetic expressions", "search"),
    learnable_trace=False,
    again=Exhaustion(lambda params: every(params["numbers"]), worth, "any"),
    same=reordered("numbers"),
)
