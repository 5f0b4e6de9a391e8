"""Whether a reply is paid for a gold answer. No tests; the tests of reading share it."""

from generators.grade import grade
from pipeline.problem import Outcome


def accepted(gold: str, reply: str) -> bool:
    """Say whether a reply is judged correct."""
    return grade(gold, reply).outcome is Outcome.CORRECT
