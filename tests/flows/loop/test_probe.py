"""Laws of a round's diagnosis: paid alike by every arm, its own run's draws alone, no draw in two visits."""

import pytest

from flows.config import ArmConfig
from flows.loop.loop import cold_start, context_of, probe_round, run_round
from flows.policies import build_policy, build_sampler
from flows.run import Run
from flows.stages.publish import fixed_sets, problems_of
from flows.stages.score import score
from pipeline.choice.weakness import histories_to_json
from pipeline.errors import ConfigError
from tests.flows.tiny import tiny

LOOP = ArmConfig(name="loop", mixture="weakness", operator="chosen")
PLACEBO = ArmConfig(name="placebo", mixture="placebo", operator="grpo")
UNIFORM = ArmConfig(name="uniform", mixture="uniform", operator="grpo")


@pytest.fixture
def run(tmp_path) -> Run:
    return tiny(tmp_path / "run", cold_start={"steps": 0})


def probed(run, arm, number, start, earlier=()):
    return probe_round(run, arm, number, start, earlier, label="t")


def test_arms_share_draws_and_pay_alike(run):
    start = cold_start(run)
    first = probed(run, LOOP, 1, start)
    written = run.ledger.read("scores", purpose="select").num_rows
    assert written == sum(version.rows for split, version in fixed_sets(run).items() if split == "probe")
    assert probed(run, PLACEBO, 1, start) == first
    assert run.ledger.read("scores", purpose="select").num_rows == written
    assert first.priced_s > 0
    assert probed(run, UNIFORM, 1, start).priced_s == 0


def test_what_others_measured_in_the_same_root_changes_no_diagnosis(run, tmp_path):
    alone = probed(run, LOOP, 1, cold_start(run))
    shared = tiny(tmp_path / "shared", cold_start={"steps": 0})
    start = cold_start(shared)
    sampler = build_sampler(shared.config.sampler, build_policy(shared.config.policy, path=start))
    for split, purpose in (("probe", "select"), ("probe", "report"), ("test", "report")):
        score(
            shared, problems_of(shared, fixed_sets(shared)[split]), sampler, temperature=1.0, draws=5, purpose=purpose,
            seed=7, context={**context_of(shared), "run": "another"}, label="t",
        )  # fmt: skip
    assert probed(shared, LOOP, 1, start) == alone


def test_a_policy_that_did_not_change_is_no_second_visit(run):
    start = cold_start(run)
    first = probed(run, LOOP, 1, start)
    turn = {"policy_probed": first.policy, "probe": histories_to_json(first.histories)}
    again = probed(run, LOOP, 2, start, [turn])
    assert again.histories == first.histories
    assert again.priced_s == 0
    moved = probed(run, LOOP, 2, start, [{**turn, "policy_probed": "what stood before the last round"}])
    assert all(len(history.visits) == 2 for history in moved.histories.values())


def test_a_diagnosis_dearer_than_its_round_is_refused_before_anything_is_made(run):
    loop = run.config.loop.model_copy(update={"budget_s": 1e-6})
    poor = Run(run.config.model_copy(update={"loop": loop}))
    start = cold_start(poor)
    versions = poor.store.versions()
    with pytest.raises(ConfigError, match=r"priced s of the 1e-06 .* none is left .* measure\.probe_draws"):
        run_round(poor, LOOP, 1, start, [])
    assert {version.name for version in poor.store.versions()} - {version.name for version in versions} == {
        "tiny-probe",
        "tiny-test",
    }
