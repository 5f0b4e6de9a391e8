"""RuleContext: what a rule may look at besides the rows. Not the rules (filters) and not the verifier (generators).

Law: a rule's marks are a function of rows, config and context alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.problem import Problem
from pipeline.sampling import Verifier


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules are handed; each raises ConfigError when it needs something that is absent.

    `check` returns why a stored problem is not lawful (its witness or trace does not pass), or None. `references`
    are texts that training must not contain. `scores` is a table of SCORE_SCHEMA, `protocol` the hash it belongs to.
    """

    verifier: Verifier | None = None
    check: Callable[[Problem], str | None] | None = None
    references: Sequence[str] = ()
    scores: pa.Table | None = None
    protocol: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", tuple(self.references))
