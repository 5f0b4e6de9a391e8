"""Whole replies as models end them, by gold: what they state is paid, and nothing else that stands in them."""

import json
from pathlib import Path

from generators.grade import grade
from pipeline.problem import Outcome

PAIRS = [json.loads(line) for line in Path(__file__).with_name("replies.jsonl").read_text("utf-8").splitlines()]


def misjudged(*, right):
    """Return the pairs of one kind that are judged otherwise."""
    pairs = [pair for pair in PAIRS if pair["right"] is right]
    assert len(pairs) > 250
    return [pair for pair in pairs if (grade(pair["gold"], pair["reply"]).outcome is Outcome.CORRECT) is not right]


def test_what_a_reply_states_is_paid():
    assert misjudged(right=True) == []


def test_what_a_reply_denies_doubts_mentions_or_states_beside_another_is_not_paid():
    assert misjudged(right=False) == []
