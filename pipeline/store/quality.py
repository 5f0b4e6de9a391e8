"""What a version says of its proofs: counts over its problems. Not the audits' error rates.

Law: a pure function of the problems.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.problem import Problem


def quality_report(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return what a version says of its proofs: certificate statuses, unique optima, traces, longest texts."""
    statuses = Counter(problem.certificate.status for problem in problems)
    return {
        "certificates": dict(sorted(statuses.items())),
        "unique_optimum": sum(problem.certificate.optima == 1 for problem in problems),
        "with_trace": sum(problem.trace is not None for problem in problems),
        "max_prompt_chars": max((len(problem.prompt) for problem in problems), default=0),
        "max_trace_chars": max((len(problem.trace or "") for problem in problems), default=0),
    }
