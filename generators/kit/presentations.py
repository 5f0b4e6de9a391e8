"""Ways to put a question differently that leave it the same question: what a family states as its `same`.

Not the canonical form that must not tell them apart. Law: what comes back is new; nothing given is changed.
"""

from collections.abc import Callable
from random import Random

from pipeline.problem import Json

Same = Callable[[Json, Json, Random], tuple[Json, Json]]
"""(params, answer, rng) -> (params, answer) of the same question."""


def reordered(*lists: str) -> Same:
    """Return the symmetry of items that may come in any order: params[list] for each of `lists` move together.

    The answer does not name items by their place, and stays.
    """

    def same(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
        return _arranged(params, lists, _order(params[lists[0]], rng)), answer

    return same


def renumbered(*lists: str) -> Same:
    """Return the same of items that the answer, a list, names by their place from 0."""

    def same(params: Json, answer: Json, rng: Random) -> tuple[Json, Json]:
        order = _order(params[lists[0]], rng)
        return _arranged(params, lists, order), sorted(order.index(item) for item in answer)

    return same


def _order(items: list[Json], rng: Random) -> list[int]:
    return rng.sample(range(len(items)), len(items))


def _arranged(params: Json, lists: tuple[str, ...], order: list[int]) -> Json:
    return {**params, **{name: [params[name][place] for place in order] for name in lists}}
