"""Pay an amount exactly with the fewest coins, each kind as often as wanted.

Not always solvable by greed: 1 need not be among the coins. Level L has L + 2 kinds of coin, of 1 to 5 + 4 L, and an
amount below 30 L whose fewest coins are 2 to 6 (so an answer stays short); from level 3 on, taking the largest coin
first does not find it. The trace only states an answer.
Law: the answer lists coins, repeats included, that sum to the amount; fewer coins are better.

Source: Martello and Toth 1990, Knapsack Problems, chapter 5 (change-making); LeetCode 322 "Coin Change".
"""

from collections.abc import Iterator
from random import Random

from generators.answers.maths.expression import read_integers
from generators.answers.reading.extract import answer_text
from generators.family import Exhaustion, Family, Reject, Solution
from generators.kit.presentations import reordered
from generators.kit.wording import RENDERINGS, Question, stated, write_list
from pipeline.problem import Certificate, Json, Problem, Verdict, correct, wrong

_ASK = (
    "Answer with every coin used, repeats included, in brackets, separated by commas, between <answer> and </answer>."
)
TEMPLATES = {
    "plain": "Coins come in the values {coins}, as many of each as you like. Pay exactly {amount} with as few coins as "
    "possible. " + _ASK,
    "story": "A vending machine must return {amount} cents in change, not one more or less. Its tubes hold plenty of "
    "coins worth {coins} cents and nothing else. Return the change with the fewest coins. " + _ASK,
    "compact": "c{coins}:{amount}>",
}
_TASK = "Pay the amount exactly with the fewest coins; every coin may be used any number of times. " + _ASK
QUESTION = Question(_TASK, TEMPLATES, lists=("coins",))
FEWEST, MOST = 2, 6


def make(rng: Random, level: int, region: str) -> Json:
    """Draw the coins, then an amount among those that need FEWEST to MOST coins."""
    coins = rng.sample(range(1, 6 + 4 * level), level + 2)
    needed = fewest(coins, 30 * level - 1)
    amounts = [amount for amount, (count, _) in enumerate(needed) if FEWEST <= count <= MOST]
    if level >= 3:
        amounts = [amount for amount in amounts if len(greedy(coins, amount) or ()) != needed[amount][0]]
    if not amounts:
        raise Reject("no amount needs a search")
    return {"coins": coins, "amount": rng.choice(amounts)}


def level_of(params: Json) -> int:
    """Return the level: the number of kinds less 2."""
    return len(params["coins"]) - 2


def fewest(coins: list[int], amount: int) -> list[tuple[int, int]]:
    """Return (fewest coins, number of multisets that reach it) for every amount from 0; (-1, 0) if unreachable."""
    table = [(0, 1)] + [(-1, 0)] * amount
    for coin in coins:
        for total in range(coin, amount + 1):
            before, ways = table[total - coin]
            count, known = table[total]
            if before < 0:
                continue
            if count < 0 or before + 1 < count:
                table[total] = (before + 1, ways)
            elif before + 1 == count:
                table[total] = (count, known + ways)
    return table


def greedy(coins: list[int], amount: int) -> list[int] | None:
    """Return the coins that taking the largest first uses, None where it gets stuck."""
    used: list[int] = []
    for coin in sorted(coins, reverse=True):
        used += [coin] * (amount // coin)
        amount %= coin
    return None if amount else used


def solve(params: Json) -> Solution:
    """Return a proven optimum, largest coins first, and the number of optimal multisets."""
    coins, amount = params["coins"], params["amount"]
    table = fewest(coins, amount)
    count, optima = table[amount]
    answer: list[int] = []
    rest = amount
    while rest:
        coin = max(c for c in coins if c <= rest and table[rest - c][0] == table[rest][0] - 1)
        answer.append(coin)
        rest -= coin
    guess = greedy(coins, amount)
    certificate = Certificate(
        status="optimal",
        evidence="enumeration",
        optima=optima,
        optima_kind="count",
        value=count,
        bound=count,
        baseline=None if guess is None else len(guess),
        solver="dynamic programming over amounts",
    )
    return Solution(sorted(answer, reverse=True), certificate)


def verify(problem: Problem, reply: str) -> Verdict:
    """Judge one reply: only known coins, the exact amount, then how many."""
    text = answer_text(reply, problem.answer_format)
    return judge(problem.params, problem.certificate.value, read_integers(text), text)


def judge(params: Json, optimum: int | float | None, coins: list[int], text: str) -> Verdict:
    """Judge a list of coins against the proven fewest."""
    if not set(coins) <= set(params["coins"]):
        return wrong("uses a coin that does not exist", text)
    if sum(coins) != params["amount"]:
        return wrong("does not pay the amount", text)
    assert optimum is not None
    if len(coins) == optimum:
        return correct(text)
    return wrong("suboptimal", text, feasible=True, quality=optimum / len(coins))


def payments(coins: list[int], amount: int) -> Iterator[list[int]]:
    """Yield every multiset of coins that pays the amount."""
    if not amount:
        yield []
    for place, coin in enumerate(coins if amount else ()):
        if coin <= amount:
            yield from ([coin, *rest] for rest in payments(coins[place:], amount - coin))


def canonical(params: Json) -> Json:
    """Return what permuting the coins leaves alone."""
    return [sorted(params["coins"]), params["amount"]]


def largest_first(params: Json) -> str:
    """Guess by taking the largest coin as often as it fits, then the next."""
    return write_list(greedy(params["coins"], params["amount"]) or [max(params["coins"])], "plain")


def one_kind(params: Json) -> str:
    """Guess the largest coin that pays the amount alone."""
    amount = params["amount"]
    coin = max((c for c in params["coins"] if amount % c == 0), default=params["coins"][0])
    return write_list([coin] * max(1, amount // coin), "plain")


FAMILY = Family(
    family_version=1,
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
    heuristics=(largest_first, one_kind),
    concepts=("change-making", "optimisation"),
    learnable_trace=False,
    again=Exhaustion(
        lambda params: payments(params["coins"], params["amount"]), lambda params, paid: len(paid), "least"
    ),
    same=reordered("coins"),
)
