"""RuleContext: what a rule may look at besides the rows. Not the rules (filters) and no verifier (generators).

Law: a rule's marks are a function of rows, config and context alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.problem import Json, Problem


class Reference(NamedTuple):
    """A text that training must not contain, and the name that a mark gives it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules are handed; each raises ConfigError when it needs something that is absent.

    `check` returns why a stored problem is not lawful (its witness or trace does not pass), or None. `references`
    are questions that training must not contain; one that is text alone is called by its number, from 1. `held_out`
    names, by instance_hash, the version that holds an instance out. `agrees` says whether another answer to a
    problem's question is the same answer.
    """

    check: Callable[[Problem], str | None] | None = None
    references: Sequence[Reference | str] = ()
    held_out: Mapping[str, str] = field(default_factory=dict)
    agrees: Callable[[Problem, Json], bool] | None = None

    def __post_init__(self) -> None:
        named = (Reference(f"reference {n}", r) if isinstance(r, str) else r for n, r in enumerate(self.references, 1))
        object.__setattr__(self, "references", tuple(named))
