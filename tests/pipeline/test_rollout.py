"""Rollouts: groups of one problem, and a table that keeps ids and log-probabilities bit for bit."""

import numpy as np
import pytest

from pipeline.problem import correct, wrong
from pipeline.rollout import ROLLOUT_SCHEMA, Completion, Finish, Group, Rollout, rollouts_table


def rollout(uid: str, draw: int = 0, **changes: object) -> Rollout:
    completion = Completion(
        "#4", Finish.STOP, np.array([5, 6], np.int32), np.array([-0.1, -1e-7], np.float32), np.array([1], np.int32), 2
    )
    fields = {"completion": completion, "verdict": correct("4"), "policy": "p", "protocol": "q", "verifier_version": 1}
    return Rollout(uid=uid, draw=draw, **{**fields, **changes})  # type: ignore[arg-type]


def test_a_group_holds_one_problem() -> None:
    assert len(Group("a", (rollout("a"), rollout("a", 1))).rollouts) == 2
    with pytest.raises(ValueError, match="other problems"):
        Group("a", (rollout("a"), rollout("b")))


def test_plain_and_policy_are_the_defaults() -> None:
    assert (rollout("a").view, rollout("a").source) == ("plain", "policy")


def test_the_table_keeps_order_types_and_bits() -> None:
    endpoint = Completion("text", Finish.LENGTH, tokens=9)
    rollouts = [rollout("a"), rollout("b", 3, completion=endpoint, verdict=wrong("no", "x"), view="hinted")]
    table = rollouts_table(rollouts)
    assert table.schema.equals(ROLLOUT_SCHEMA)
    first, second = table.to_pylist()
    assert np.array_equal(np.array(first["logprobs"], np.float32), rollouts[0].completion.logprobs)
    assert first["token_ids"] == [5, 6]
    assert (second["token_ids"], second["logprobs"], second["finish"], second["tokens"]) == (None, None, "length", 9)
    assert (second["outcome"], second["reason"], second["extracted"], second["view"]) == ("wrong", "no", "x", "hinted")
    assert rollouts_table([]).schema.equals(ROLLOUT_SCHEMA)
