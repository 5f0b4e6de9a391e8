"""Reward corrections: what the papers claim of them, and every claim of noise_effect on random groups."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.choice.curriculum import Pool
from pipeline.choice.noise import Noise
from pipeline.errors import ConfigError
from pipeline.problem import Outcome, Verdict, correct
from pipeline.rollout import Finish
from pipeline.seeds import array_rng
from tests.trainer.bandit import PROTOCOL, ArmVerifier, BanditPolicy, BanditSampler, arm_logprobs, problems
from trainer.grpo import train_grpo
from trainer.grpo_config import GRPOConfig
from trainer.seams.advantages import ADVANTAGES, BASELINE_FREE, BINARY, CENTRED, NORMALISED, AdvantageOptions
from trainer.seams.reward import CORRECTIONS, RewardOptions, backward, corrected, forward, noise_effect, rewards

PAIRS = [(advantage, correction) for advantage in sorted(ADVANTAGES) for correction in sorted(CORRECTIONS)]
noises = st.tuples(st.floats(0, 0.45), st.floats(0, 0.45)).map(lambda pair: Noise(*pair))
NAMES = st.integers(0, 10**6)


def groups(name: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rewards and groups of a random batch: 6 groups of 2 to 9, some of equal rewards, some rows unscored."""
    source = array_rng("noise correction", name)
    sizes = source.integers(2, 10, size=6)
    group_N = np.repeat(np.arange(6), sizes)
    rate_N = source.choice([0.0, 0.2, 0.5, 0.8, 1.0], size=6)[group_N]
    reward_N = (source.random(len(group_N)) < rate_N).astype(np.float64)
    reward_N[source.random(len(group_N)) < 0.1] = np.nan
    return reward_N, group_N


def advantage(name: str, reward_N: np.ndarray, group_N: np.ndarray, *, eps: float = 1e-12) -> np.ndarray:
    options = AdvantageOptions(name=name, eps=eps) if name in NORMALISED else AdvantageOptions(name=name)
    return options.apply(reward_N, group_N)


def judged(correction: Any, reward_N: np.ndarray, noise: list[Noise]) -> np.ndarray:
    """Return corrected rewards of replies that ended by themselves."""
    return correction(reward_N, noise, truncated_N=np.zeros(len(reward_N), dtype=bool))


def named(correction: str, reward_N: np.ndarray, noise: list[Noise]) -> np.ndarray:
    options = RewardOptions(correction=correction)
    return corrected(reward_N, noise, truncated_N=np.zeros(len(reward_N), dtype=bool), options=options)


def per_row(rates: list[Noise], group_N: np.ndarray) -> list[Noise]:
    return [rates[p] for p in group_N]


@given(st.lists(noises, min_size=6, max_size=6), NAMES, st.sampled_from(sorted(NORMALISED)))
def test_after_mean_and_std_both_corrections_are_nothing(rates, name, estimator):
    reward_N, group_N = groups(name)
    plain = advantage(estimator, reward_N, group_N)
    for correction in CORRECTIONS.values():
        changed = advantage(estimator, judged(correction, reward_N, per_row(rates, group_N)), group_N)
        assert_allclose(changed, plain, atol=1e-9)


@given(st.lists(noises, min_size=6, max_size=6), NAMES, st.sampled_from(sorted(CENTRED)))
def test_after_the_mean_forward_is_nothing_and_backward_a_scale_per_verifier(rates, name, estimator):
    reward_N, group_N = groups(name)
    plain, noise = advantage(estimator, reward_N, group_N), per_row(rates, group_N)
    assert_allclose(advantage(estimator, judged(forward, reward_N, noise), group_N), plain, atol=1e-12)
    scale_N = np.array([1 / (1 - rho0 - rho1) for rho0, rho1 in noise])
    assert_allclose(advantage(estimator, judged(backward, reward_N, noise), group_N), plain * scale_N, atol=1e-12)


@given(st.lists(noises, min_size=6, max_size=6), NAMES, st.sampled_from(sorted(NORMALISED | CENTRED)))
def test_after_the_mean_a_truncated_reply_stands_where_rho0_stood(rates, name, estimator):
    reward_N, group_N = groups(name)
    truncated_N = (array_rng("truncated", name).random(len(group_N)) < 0.3) & ~np.isnan(reward_N)
    reward_N[truncated_N], noise = 0.0, per_row(rates, group_N)
    moved_N = np.where(truncated_N, [rho0 for rho0, _ in noise], reward_N)
    plain_N, scale_N = advantage(estimator, moved_N, group_N), np.array([1 - sum(pair) for pair in noise])
    for correction in (forward, backward):
        line_N = scale_N if estimator in CENTRED and correction is backward else 1.0
        changed_N = advantage(estimator, correction(reward_N, noise, truncated_N=truncated_N), group_N)
        assert_allclose(changed_N * line_N, plain_N, atol=1e-6)


@given(noises.filter(lambda noise: sum(noise) > 0.01), NAMES, st.sampled_from(sorted(BINARY)))
def test_estimators_for_binary_rewards_refuse_corrected_ones(noise, name, estimator):
    reward_N, group_N = groups(name)
    reward_N[0], reward_N[1] = 0.0, 1.0
    with pytest.raises(ConfigError, match="only defined for rewards 0 and 1"):
        advantage(estimator, judged(backward, reward_N, [noise] * len(reward_N)), group_N)


@given(noises)
def test_without_centring_forward_is_the_pair_of_the_table(noise):
    reward_N, group_N = np.array([1.0, 0.0, np.nan]), np.zeros(3, dtype=np.int64)
    weights = advantage("reinforce", judged(forward, reward_N, [noise] * 3), group_N)
    assert_allclose(weights, [noise.false_reject, noise.false_reject - 1, 0.0], atol=1e-12)


@given(noises)
def test_expectations_are_those_of_the_paper(noise):
    rho0, rho1 = noise
    accepted, rejected = np.array([1.0, 0.0]), [noise] * 2
    seen_if_right, seen_if_wrong = np.array([1 - rho1, rho1]), np.array([rho0, 1 - rho0])
    back, weights = judged(backward, accepted, rejected), judged(forward, accepted, rejected)
    assert_allclose([back @ seen_if_right, back @ seen_if_wrong], [1.0, 0.0], atol=1e-12)
    assert_allclose([weights @ seen_if_right, weights @ seen_if_wrong], [0.0, rho0 + rho1 - 1], atol=1e-12)


KINDS: dict[str, tuple[Outcome, Finish, bool]] = {
    "judged, wrong where rejected": (Outcome.WRONG, Finish.STOP, True),
    "judged, unreadable where rejected": (Outcome.MALFORMED, Finish.STOP, True),
    "truncated": (Outcome.WRONG, Finish.LENGTH, True),
    "undecided": (Outcome.UNDECIDED, Finish.STOP, False),
    "given up": (Outcome.WRONG, Finish.ABORT, False),
}
"""(what a rejected reply is called, how it ended, whether it is scored)."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("noise", [Noise(0.2, 0.1), Noise(0.0, 0.3), Noise(0.3, 0.0)])
def test_over_a_noisy_verifiers_flips_each_kind_of_reply_earns_its_true_reward(kind, noise):
    rejected, finish, scored = KINDS[kind]
    source, draws = array_rng("flips", kind, *noise), 20_000
    right_N = source.random(draws) < 0.4
    flipped_N = source.random(draws) < np.where(right_N, noise.false_reject, noise.false_accept)
    accepts = [bool(accept) and rejected is not Outcome.UNDECIDED for accept in right_N ^ flipped_N]
    verdicts = [correct("1") if accept else Verdict(rejected) for accept in accepts]
    true_N = right_N & (finish is Finish.STOP)  # a cut reply earns nothing, whatever it was about to say
    paid_N = rewards(verdicts, [finish] * draws, options=RewardOptions())
    scale, truncated_N = 1 - sum(noise), np.full(draws, finish is Finish.LENGTH)
    for correction, clean_N in ((backward, true_N), (forward, (true_N - 1) * scale)):
        found_N = correction(paid_N, [noise] * draws, truncated_N=truncated_N)
        if not scored:
            assert np.isnan(found_N).all()
            continue
        for among_N in (right_N, ~right_N):
            error = found_N[among_N] - clean_N[among_N]
            assert abs(error.mean()) <= 4 * error.std() / np.sqrt(among_N.sum()) + 1e-12


def test_no_errors_change_nothing_and_a_useless_verifier_is_refused():
    reward_N = np.array([1.0, 0.0, np.nan])
    assert_allclose(judged(backward, reward_N, [Noise(0.0, 0.0)] * 3), reward_N)
    with pytest.raises(ConfigError, match=r"0\.6 and 0\.4 says nothing about the truth"):
        judged(backward, reward_N, [Noise(0.1, 0.1), Noise(0.6, 0.4), Noise(0.0, 0.0)])


def test_the_option_applies_the_named_correction_and_none_by_default():
    reward_N, noise = np.array([1.0, 0.0]), [Noise(0.1, 0.2)] * 2
    assert named("none", reward_N, noise) is reward_N
    assert_allclose(named("forward", reward_N, noise), [0.2, -0.8])
    assert_allclose(named("backward", reward_N, noise), [0.9 / 0.7, -0.1 / 0.7])
    sampled = rewards([Verdict(Outcome.WRONG)], [Finish.STOP], options=RewardOptions(correction="forward"))
    assert sampled.tolist() == [0.0]  # what is sampled, filtered and reported stays the plain reward


@pytest.mark.parametrize(("estimator", "correction"), PAIRS)
def test_config_refuses_exactly_what_the_effect_calls_void(estimator, correction):
    compose = {"name": "keep_all" if estimator in BASELINE_FREE else "zero_variance"}
    given = {"advantages": {"name": estimator}, "reward": {"correction": correction}, "compose": compose}
    effect = noise_effect(estimator, correction)
    if effect.startswith(("a no-op", "undefined")):
        with pytest.raises(ConfigError, match=r"Set reward\.correction to none") as caught:
            GRPOConfig(**given)
        assert effect in str(caught.value)
    else:
        assert GRPOConfig(**given).reward.correction == correction
        assert estimator in {"dr_grpo", "rloo"} if correction == "backward" and estimator != "reinforce" else True


def test_every_estimator_is_of_one_class():
    classes = [NORMALISED, CENTRED, BINARY, frozenset({"reinforce"})]
    assert sorted(name for names in classes for name in names) == sorted(ADVANTAGES)


def test_a_correction_of_other_than_binary_rewards_is_refused():
    for reward in ({"name": "quality"}, {"format_weight": 0.1}):
        with pytest.raises(ConfigError, match="is defined for rewards 0 and 1"):
            GRPOConfig(preset="dr_grpo", reward={"correction": "backward", **reward})


UNCENTRED = {"advantages": {"name": "reinforce"}, "compose": {"name": "keep_all"}}


def taught(correction: str, noise: Any = None, finish: Finish = Finish.STOP, **config: Any) -> tuple[float, float]:
    """Return the first gradient norm and mean reward of a bandit trained for a step."""
    seen: list[Any] = []
    pool = Pool(problems(10))
    train_grpo(
        BanditPolicy(), pool, pool.uniform(), sampler=BanditSampler(finish=finish), verifier=ArmVerifier(),
        protocol=PROTOCOL, config=GRPOConfig(prompts=8, reward={"correction": correction}, **config), steps=1,
        seed_name=("noise",), logprobs=arm_logprobs, noise=noise,
        sink=lambda step, metrics, groups: seen.append(metrics),
    )  # fmt: skip
    return seen[0]["grad_norm"], seen[0]["reward_mean"]


def test_training_makes_its_advantages_from_corrected_rewards_and_reports_plain_ones():
    norm, mean = taught("none", preset="dr_grpo")
    scaled, same = taught("backward", lambda problem: Noise(0.1, 0.3), preset="dr_grpo", grad_clip=1e9)
    assert (scaled, same) == (pytest.approx(norm / 0.6), pytest.approx(mean))
    plain, _ = taught("none", **UNCENTRED)
    weighed, same = taught("forward", lambda problem: Noise(0.1, 0.3), **UNCENTRED)
    assert weighed != pytest.approx(plain) and same == pytest.approx(mean)


def test_training_knows_what_a_truncated_reply_earns():
    cut = {"finish": Finish.LENGTH, "max_truncated": 1.0, **UNCENTRED}
    plain, mean = taught("none", **cut)
    corrected_too, same = taught("backward", lambda problem: Noise(0.2, 0.3), **cut)
    assert plain == corrected_too == mean == same == 0.0


def test_training_with_a_correction_and_without_rates_is_refused():
    with pytest.raises(ConfigError, match="needs error rates of the verifiers"):
        taught("backward", preset="dr_grpo")


def test_the_documented_effects_are_these():
    text = (Path(__file__).parents[2] / "docs" / "noise.md").read_text()
    table = text[text.index("| advantage |") :]
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == [
        f"| {advantage} | {correction} | {noise_effect(advantage, correction)} |"
        for advantage in ADVANTAGES
        for correction in CORRECTIONS
    ]
