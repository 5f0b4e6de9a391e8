"""The loop on a two-armed bandit: it learns, counts honestly, refuses what cannot train, and resumes exactly."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.choice.curriculum import CurriculumConfig, Pool
from pipeline.choice.mixture import Cell, Mixture
from pipeline.errors import ConfigError, PipelineError, UndecidedError
from pipeline.problem import Problem, Verdict, correct, wrong
from pipeline.protocol import Protocol
from pipeline.rollout import Finish
from tests.trainer.bandit import PROTOCOL, ArmVerifier, BanditPolicy, BanditSampler, arm_logprobs, problems
from trainer import checkpoint
from trainer.grpo import PRESETS, GRPOConfig, GRPOResult, Resume, Totals, TrainedGroup, TrainState, train_grpo
from trainer.policy import Policy, TinyConfig, tiny_policy
from trainer.samplers.torch import TorchSampler

ARMS = Cell("toy/arms", 1)
Steps = list[tuple[int, Mapping[str, float], Sequence[TrainedGroup]]]


def train(policy: BanditPolicy, *, steps: int = 3, seen: Steps | None = None, **changes: Any) -> GRPOResult:
    pool = changes.pop("pool", None) or Pool(problems(10))
    return train_grpo(
        policy, pool, changes.pop("mixture", pool.uniform()),
        sampler=changes.pop("sampler", None) or BanditSampler(),
        verifier=changes.pop("verifier", ArmVerifier()), protocol=changes.pop("protocol", PROTOCOL),
        config=GRPOConfig(**{"prompts": 8, "lr": 0.1, **changes.pop("config", {})}), steps=steps,
        seed_name=("test", changes.pop("seed", 0)), logprobs=arm_logprobs,
        sink=None if seen is None else lambda step, metrics, groups: seen.append((step, metrics, groups)), **changes,
    )  # fmt: skip


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_learns_the_better_arm(preset: str) -> None:
    policy = BanditPolicy()
    result = train(policy, steps=40, config={"preset": preset})
    assert policy.first_arm > 0.95
    assert result.totals.steps == 40


@pytest.mark.parametrize(
    "config",
    [
        {"advantages": {"name": "maxrl"}},
        {"advantages": {"name": "w_reinforce"}, "compose": {"name": "keep_all"}},
        {"budget": {"name": "rounds", "group": 4, "cap": 16}},
        {"compose": {"name": "keep_all"}, "updates": 3},
        {"losses": {"denominator": "sampled"}, "reward": {"format_weight": 0.1}},
    ],
)
def test_other_bundles_learn_too(config: dict[str, Any]) -> None:
    policy = BanditPolicy()
    train(policy, steps=40, config=config)
    assert policy.first_arm > 0.95


def test_one_step_is_the_policy_gradient_by_hand() -> None:
    """AdamW's first step moves each logit by lr against the sign of its gradient."""
    policy, seen = BanditPolicy(), []
    train(policy, steps=1, seen=seen, config={"compose": {"name": "keep_all"}, "advantages": {"name": "dr_grpo"}})
    rows = [(group, row) for group in seen[0][2] for row in group.rollouts]
    gradient = 0.0
    for group, row in rows:
        advantage = float(row.verdict.outcome.value == "correct") - group.reward_mean
        gradient -= advantage * (float(row.completion.text == "0") - 0.5) / len(rows)
    assert seen[0][1]["grad_norm"] == pytest.approx(math.sqrt(2) * abs(gradient), rel=1e-5)
    assert policy.model.logits.tolist() == pytest.approx([0.1, -0.1], abs=1e-3)


def test_histories_tokens_and_metrics_count_what_was_sampled() -> None:
    seen: Steps = []
    result = train(BanditPolicy(), steps=3, seen=seen)
    assert [step for step, _, _ in seen] == [0, 1, 2]
    for step, metrics, groups in seen:
        rows = [row for group in groups for row in group.rollouts]
        right = sum(row.verdict.outcome.value == "correct" for row in rows)
        assert (len(groups), len(rows)) == (8, 64)
        assert metrics["reward_mean"] == pytest.approx(right / 64)
        assert (metrics[f"n/{ARMS}"], metrics[f"correct/{ARMS}"]) == (64, right)
        assert result.histories[ARMS].visits[step] == (step, 64, right)
        assert metrics["tokens_trained"] == sum(len(g.rollouts) for g in groups if g.trained)
        assert metrics["effective_groups"] == sum(0 < g.reward_mean < 1 for g in groups) / 8
        assert metrics["clip_share"] == 0
        assert metrics["mismatch_ess"] == pytest.approx(1)
        assert {(row.policy, row.policy_version, row.verifier_version) for row in rows} == {(f"bandit+{step}", step, 3)}
    assert result.histories[ARMS].problems == 10  # 24 draws from a pool of 10
    assert result.totals.tokens_sampled == result.totals.rollouts == 192
    assert set(result.totals.cpu_s) == {"sample", "verify", "train"}


def test_a_step_without_signal_changes_no_weight_and_is_counted() -> None:
    policy, seen = BanditPolicy(first=40.0), []
    result = train(policy, steps=2, seen=seen)
    assert policy.model.logits.tolist() == [40.0, 0.0]
    assert result.totals.empty_steps == 2
    assert [(m["empty"], m["tokens_trained"], m["tokens_sampled"]) for _, m, _ in seen] == [(1, 0, 64)] * 2


def test_refill_is_bounded_and_all_that_was_sampled_is_charged() -> None:
    seen: Steps = []
    result = train(BanditPolicy(first=40.0), steps=1, seen=seen, config={"preset": "dapo"})
    assert (seen[0][1]["refills"], result.totals.groups, result.totals.tokens_sampled) == (3, 32, 256)
    mixed: Steps = []
    train(BanditPolicy(first=1.5), steps=1, seen=mixed, config={"preset": "dapo"}, pool=Pool(problems(64)))
    kept = sum(group.trained for group in mixed[0][2])
    assert mixed[0][1]["refills"] > 0
    assert kept == 8 < len(mixed[0][2])


def test_refilled_groups_are_drawn_anew() -> None:
    seeds: list[int] = []

    class Recording(BanditSampler):
        def sample(self, requests: Any) -> Any:
            seeds.extend(request.seed for request in requests)
            return super().sample(requests)

    train(BanditPolicy(first=40.0), steps=1, sampler=Recording(), config={"preset": "dapo"})
    assert len(seeds) == len(set(seeds)) == 32


def test_undecided_replies_neither_train_nor_count() -> None:
    seen: Steps = []
    verifier = ArmVerifier(lambda p: "undecided" if p.params["i"] < 5 else "")
    config = {"compose": {"name": "keep_all"}, "max_undecided": 1.0}
    result = train(BanditPolicy(), steps=1, seen=seen, verifier=verifier, config=config)
    lost = sum(math.isnan(group.reward_mean) for group in seen[0][2])
    assert 0 < lost < 8
    assert seen[0][1]["undecided_share"] == lost / 8
    assert seen[0][1]["rows_trained"] == 64 - 8 * lost
    assert result.histories[ARMS].visits[0][1] == 64 - 8 * lost


def test_only_the_first_round_feeds_histories() -> None:
    """Later rounds are drawn because of what the earlier ones showed: their counts would bias the pass rate."""
    seen: Steps = []
    budget = {"name": "rounds", "group": 2, "cap": 20}
    result = train(BanditPolicy(first=-2.0), steps=1, seen=seen, config={"budget": budget})
    assert seen[0][1]["rollouts"] > 16
    assert result.histories[ARMS].visits[0][1] == 16
    for group in seen[0][2]:
        assert [row.draw for row in group.rollouts] == list(range(len(group.rollouts)))


def test_resuming_takes_the_same_steps_bit_for_bit() -> None:
    whole, seen_whole = BanditPolicy(), []
    through = train(whole, steps=4, seen=seen_whole, curriculum=CurriculumConfig(name="weakness", refresh_every=3))
    parts, seen = BanditPolicy(), []
    first = train(parts, steps=2, seen=seen, curriculum=CurriculumConfig(name="weakness", refresh_every=3))
    text = json.dumps(first.resume.state.to_json())
    assert TrainState.from_json(json.loads(text)) == first.resume.state
    resume = Resume(TrainState.from_json(json.loads(text)), first.resume.optimiser)
    second = train(
        parts, steps=4, seen=seen, resume=resume, curriculum=CurriculumConfig(name="weakness", refresh_every=3)
    )
    assert parts.model.logits.tolist() == whole.model.logits.tolist()
    assert second.histories == through.histories
    assert [{k: v for k, v in m.items() if not k.startswith("cpu_s")} for _, m, _ in seen] == [
        {k: v for k, v in m.items() if not k.startswith("cpu_s")} for _, m, _ in seen_whole
    ]
    assert [g.uid for _, _, groups in seen for g in groups] == [g.uid for _, _, groups in seen_whole for g in groups]


def test_the_curriculum_moves_the_mixture_from_the_run_itself() -> None:
    """Arm 0 is right in one cell and unreadable in the other: easy_to_hard moves to the higher level by schedule."""
    pool = Pool(problems(10) + problems(10, level=2))
    seen: Steps = []
    moving = CurriculumConfig(name="easy_to_hard", refresh_every=1, total_steps=4)
    train(BanditPolicy(), steps=5, seen=seen, pool=pool, curriculum=moving, config={"prompts": 16})
    shares = [metrics.get(f"n/{Cell('toy/arms', 2)}", 0.0) / (16 * 8) for _, metrics, _ in seen]
    assert shares[0] < 0.5 < shares[4]
    fixed: Steps = []
    train(BanditPolicy(), steps=2, seen=fixed, pool=pool, mixture=Mixture.of({ARMS: 1.0}))
    assert all(f"n/{Cell('toy/arms', 2)}" not in metrics for _, metrics, _ in fixed)


def test_stop_sees_the_totals_after_every_step() -> None:
    asked: list[Totals] = []

    def enough(totals: Totals) -> bool:
        asked.append(totals)
        return totals.tokens_sampled >= 128

    assert train(BanditPolicy(), steps=10, stop=enough).steps == 2
    assert [totals.tokens_sampled for totals in asked] == [0, 64, 128]


def test_the_sampler_gets_the_weights_of_every_step() -> None:
    sampler = BanditSampler()
    train(BanditPolicy(), steps=3, sampler=sampler)
    assert sampler.loaded == ["bandit+0", "bandit+1", "bandit+2"]


def test_a_sampler_that_is_off_shows_in_the_mismatch() -> None:
    seen: Steps = []
    train(BanditPolicy(), steps=1, seen=seen, sampler=BanditSampler(shift=-0.3))
    assert seen[0][1]["mismatch_weight"] == pytest.approx(math.exp(0.3), rel=1e-5)
    assert seen[0][1]["mismatch_k3"] == pytest.approx(math.exp(0.3) - 1.3, rel=1e-4)


def test_kl_to_a_reference_holds_the_policy_back() -> None:
    free, held = BanditPolicy(), BanditPolicy()
    train(free, steps=30)
    train(held, steps=30, reference=BanditPolicy(), config={"losses": {"kl": 5.0}})
    assert held.first_arm < 0.7 < free.first_arm
    with pytest.raises(ConfigError, match="needs a reference policy"):
        train(BanditPolicy(), config={"losses": {"kl": 0.1}})


@pytest.mark.parametrize(
    "protocol", [Protocol(8, 4, top_p=0.9), Protocol(8, 4, top_k=5), Protocol(8, 4, temperature=0.0)]
)
def test_truncated_sampling_is_refused(protocol: Protocol) -> None:
    with pytest.raises(ConfigError, match="training needs"):
        train(BanditPolicy(), protocol=protocol)


def test_a_sampler_without_logprobs_may_not_train() -> None:
    with pytest.raises(ConfigError, match="may measure, never train"):
        train(BanditPolicy(), sampler=BanditSampler(with_logprobs=False))


def test_two_steps_of_truncated_replies_stop_training_unless_allowed() -> None:
    cut = BanditSampler(finish=Finish.LENGTH)
    seen: Steps = []
    with pytest.raises(PipelineError, match="100% of replies were truncated at 4 tokens"):
        train(BanditPolicy(), sampler=cut, seen=seen)
    assert len(seen) == 2
    assert train(BanditPolicy(), sampler=cut, config={"max_truncated": 1.0}).totals.empty_steps == 3


def test_truncated_steps_count_across_a_stop() -> None:
    policy, cut = BanditPolicy(), BanditSampler(finish=Finish.LENGTH)
    first = train(policy, sampler=cut, steps=1)
    state = TrainState.from_json(json.loads(json.dumps(first.resume.state.to_json())))
    seen: Steps = []
    with pytest.raises(PipelineError, match="for 2 steps"):
        train(policy, sampler=cut, steps=9, seen=seen, resume=Resume(state, first.resume.optimiser))
    assert len(seen) == 1


def test_replies_that_nobody_could_judge_stop_training() -> None:
    seen: Steps = []
    verifier = ArmVerifier(lambda p: "undecided" if p.params["i"] == 0 else "")
    with pytest.raises(UndecidedError, match=r"8 replies of \d+ could not be judged, over 0.1%"):
        train(BanditPolicy(), seen=seen, verifier=verifier, steps=20)
    assert seen[-1][1]["undecided_share"] > 0, "what was seen is handed on before training stops"
    allowed: Steps = []
    totals = train(BanditPolicy(), steps=6, verifier=verifier, seen=allowed, config={"max_undecided": 1.0}).totals
    each = [round(metrics["undecided_share"] * metrics["rollouts"]) for _, metrics, _ in allowed]
    assert totals.undecided == sum(each) > max(each)


def test_an_advantage_without_baseline_refuses_a_filter_that_drops_what_it_learns_from() -> None:
    with pytest.raises(ConfigError, match=r"'w_reinforce' has no baseline.*set compose.name to keep_all"):
        GRPOConfig(advantages={"name": "w_reinforce"})


def test_presets_fill_only_what_a_config_leaves_open() -> None:
    config = GRPOConfig.model_validate({"preset": "dapo", "losses": {"clip_high": 0.4}})
    assert (config.losses.clip_high, config.losses.reduction, config.compose.refill_rounds) == (0.4, "token_mean", 3)
    other = GRPOConfig.model_validate({"preset": "dapo", "compose": {"name": "keep_all"}})
    assert (other.compose.name, other.compose.refill_rounds) == ("keep_all", 0)
    assert GRPOConfig.model_validate(config.model_dump()) == config
    with pytest.raises(ConfigError, match="unknown preset 'dappo', did you mean 'dapo'"):
        GRPOConfig(preset="dappo")


def tiny_run(policy: Policy, *, steps: int, resume: Resume | None = None, **config: Any) -> tuple[GRPOResult, Steps]:
    """Train a tiny language model on "any reply that holds a digit is right"."""

    class DigitVerifier(ArmVerifier):
        def verify(self, problems: Sequence[Problem], replies: Sequence[str]) -> list[Verdict]:
            return [correct(r) if any(c.isdigit() for c in r) else wrong("no digit", r) for r in replies]

    seen: Steps = []
    pool = Pool(problems(12))
    result = train_grpo(
        policy, pool, pool.uniform(), sampler=TorchSampler(policy), verifier=DigitVerifier(),
        protocol=Protocol(max_prompt_tokens=8, max_completion_tokens=4, stop_ids=tuple(range(8, 64))),
        config=GRPOConfig.model_validate({"prompts": 6, "lr": 1e-3, **config}), steps=steps, seed_name=("tiny",),
        sink=lambda step, metrics, groups: seen.append((step, metrics, groups)), resume=resume,
    )  # fmt: skip
    return result, seen


def tiny() -> Policy:
    return tiny_policy(TinyConfig(hidden=32, layers=2, heads=2, head_dim=16, mlp=48), seed=3)


def test_a_language_model_resumes_bit_for_bit_from_disk(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole = tiny()
    through, seen_whole = tiny_run(whole, steps=4)
    part = tiny()
    first, _ = tiny_run(part, steps=2)
    checkpoint.save(
        tmp_path / "kept", policy=part, optimiser=first.resume.optimiser, state=first.resume.state.to_json()
    )
    kept = checkpoint.load(tmp_path / "kept")
    loaded = kept.policy
    second, seen = tiny_run(loaded, steps=4, resume=Resume(TrainState.from_json(kept.state), kept.optimiser))
    assert second.totals.empty_steps < 4
    assert loaded.policy_id == whole.policy_id != tiny().policy_id
    assert second.histories == through.histories
    assert [r.completion.text for _, _, gs in seen for g in gs for r in g.rollouts] == [
        r.completion.text for _, _, gs in seen_whole[2:] for g in gs for r in g.rollouts
    ]


def test_a_language_model_learns_and_its_sampler_agrees_with_its_trainer() -> None:
    _, seen = tiny_run(tiny(), steps=25, lr=1e-2)
    rates = [metrics["reward_mean"] for _, metrics, _ in seen]
    assert sum(rates[:3]) / 3 < 0.7
    assert sum(rates[-3:]) / 3 > 0.95
    assert max(metrics.get("mismatch_k3", 0.0) for _, metrics, _ in seen) < 1e-8
    assert min(metrics["mismatch_ess"] for _, metrics, _ in seen if not metrics["empty"]) > 1 - 1e-6
