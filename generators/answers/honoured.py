"""What may be declared of answers of each type, and that nothing else is passed over. Not the comparing (comparers).

Law: what is declared is read by the comparer of the type, or it is refused by name.
"""

from typing import Protocol, TypeVar

from generators.answers.comparers import COMPARERS, AnswerType
from generators.answers.declared import NOTHING, Declared
from pipeline.errors import FamilyError

_NUMBERS = frozenset(("tolerance", "digits", "places", "unit"))
_IN_ORDER = frozenset(("order", "symmetry"))
HONOURED: dict[AnswerType, frozenset[str]] = {
    **dict.fromkeys(COMPARERS, _NUMBERS),
    **dict.fromkeys(("sequence", "tuple", "expression"), _NUMBERS | _IN_ORDER),
    **dict.fromkeys(("time", "boolean", "word"), frozenset()),
    "integer": frozenset(("tolerance", "unit")),
    "date": frozenset(("first",)),
    "choice": frozenset(("choices",)),
}
"""What may be declared of each type: what its comparer reads."""


def refused(type_: AnswerType, declared: Declared, *, stated: bool = True) -> str:
    """Say what is declared that an answer of a type has no use for, "" where there is nothing.

    A type that was not stated may be any: a single answer then is a list of one, which has an order.
    """
    honoured = HONOURED[type_] | (frozenset() if stated else _IN_ORDER)
    if type_ in ("set", "multiset") and declared.order == "any":
        honoured |= {"order"}
    free = [key for key in declared.to_json() if key not in honoured]
    if not free:
        return ""
    known = f"only {', '.join(sorted(HONOURED[type_]))} can be" if HONOURED[type_] else "nothing can be"
    return f"{free[0]} is declared, but of an answer of type {type_} {known}: leave it out or state another type"


class Read(Protocol):
    """A gold answer that was read: its text and type, None where its form decides, and what is declared of it."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def type(self) -> AnswerType | None:
        """Its type, None where its form decides."""

    @property
    def declared(self) -> Declared:
        """What is declared of it."""

    @property
    def textual(self) -> bool:
        """Whether it is no mathematics."""

    @property
    def stated(self) -> bool:
        """Whether its type was stated."""


R = TypeVar("R", bound=Read)


def checked(gold: R) -> R:
    """Return a gold answer of which nothing is declared that would be passed over.

    Raises:
        FamilyError: for a declaration that its type has no use for.
    """
    if gold.declared != NOTHING:
        type_: AnswerType = gold.type or ("word" if gold.textual else "expression")
        if why := refused(type_, gold.declared, stated=gold.stated):
            raise FamilyError(f"gold answer {gold.text[:80]!r}: {why}")
    return gold
