"""Rewards: what each outcome pays; what we failed to judge is not scored, and never becomes 0."""

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.problem import Verdict, correct, malformed, undecided, wrong
from pipeline.rollout import Finish
from trainer.seams.reward import RewardOptions, rewards

VERDICTS: list[Verdict] = [
    correct("4"), wrong("suboptimal", "5", feasible=True, quality=0.75), wrong("off", "6"),
    malformed("no answer"), undecided("our bug"),
]  # fmt: skip
STOPPED = [Finish.STOP] * len(VERDICTS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (RewardOptions(), [1, 0, 0, 0, np.nan]),
        (RewardOptions(name="quality"), [1, 0.75, 0, 0, np.nan]),
        (RewardOptions(format_weight=0.5), [1.5, 0.5, 0.5, 0, np.nan]),
    ],
)
def test_each_outcome_pays_what_is_declared(options: RewardOptions, expected: list[float]) -> None:
    np.testing.assert_array_equal(rewards(VERDICTS, STOPPED, options=options), expected)


def test_truncated_replies_earn_nothing_and_given_up_ones_are_not_scored() -> None:
    finishes = [Finish.LENGTH, Finish.ABORT, Finish.STOP, Finish.LENGTH, Finish.LENGTH]
    paid = rewards(VERDICTS, finishes, options=RewardOptions(name="quality", format_weight=0.5))
    np.testing.assert_array_equal(paid, [0, np.nan, 0.5, 0, np.nan])


def test_an_unknown_reward_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown reward 'correctnes', did you mean 'correctness'"):
        RewardOptions(name="correctnes")
