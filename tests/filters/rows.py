"""Rows for the tests of rules: toy problems whose every field a test can set."""

from typing import Any

from filters.rule import Curated, apply
from pipeline.problem import Certificate, Problem, make_problem
from pipeline.rule_context import RuleContext


def problem(index: int, **fields: Any) -> Problem:
    """Return toy problem `index`; by default every one has its own instance, prompt and answer."""
    given = {
        "family": "seq/toy",
        "family_version": 1,
        "params": {"i": index},
        "rendering": "plain",
        "canonical_form": index,
        "level": 1,
        "region": "",
        "prompt": f"What is the answer of task {index}?",
        "answer_format": "tag",
        "answer": index,
        "certificate": Certificate("exact", "execution"),
        "trace": None,
    }
    return make_problem(**{**given, **fields})


def marks(problems: list[Problem], name: str, context: RuleContext | None = None, **options: Any) -> list[str]:
    """Return the deciding reason of every row under one rule, "" where kept."""
    return [d.reason for d in curate(problems, [{"name": name, **options}], context).decisions]


def curate(problems: list[Problem], rules: list[dict[str, Any]], context: RuleContext | None = None) -> Curated:
    """Run rules over problems."""
    return apply(problems, rules, context or RuleContext())
