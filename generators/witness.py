"""The replies a problem brings with it, its witness and its trace, and whether its verifier accepts them.

Not the verdict itself (family). Law: what a problem states of itself must be CORRECT to its own verifier.
"""

from generators.family import load, verify
from pipeline.problem import Outcome, Problem


def witness_fault(problem: Problem) -> str | None:
    """Return why a problem's own witness or trace does not pass its verifier, or None."""
    for what, reply in own_replies(problem).items():
        verdict = verify(problem, reply)
        if verdict.outcome is not Outcome.CORRECT:
            return f"{what} judged {verdict.outcome.value}"
    return None


def own_replies(problem: Problem) -> dict[str, str]:
    """Return the replies a problem brings with it and its verifier must accept: its witness, and its trace if any."""
    from generators.answers.reading.extract import place

    family = load(problem.family)
    replies = {"witness": place(family.write(problem.answer, problem.rendering), problem.answer_format)}
    return replies if problem.trace is None else {**replies, "trace": problem.trace}
