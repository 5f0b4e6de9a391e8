"""A stretch that corrects its rewards: rates come from the ledger's audits, are recorded, and their absence is told."""

import dataclasses
import json

import pyarrow as pa
import pytest

from flows.judging.audit import rate_rows
from flows.judging.audited import judged
from flows.loop.training import TrainPart, train_part
from flows.policies import build_policy
from generators.family import generate
from pipeline.choice.curriculum import Pool
from pipeline.choice.mixture import Mixture
from pipeline.choice.noise import Stratum
from pipeline.errors import ConfigError
from tests.flows.tiny import tiny
from trainer.policy import load_policy

SORT = "seq/sort"


@pytest.fixture
def run(tmp_path):
    grpo = {"preset": "dr_grpo", "reward": {"correction": "backward"}, "prompts": 4}
    return tiny(tmp_path, loop={**tiny(tmp_path).config.loop.model_dump(mode="json"), "grpo": grpo})


@pytest.fixture
def pool():
    made = (generate(SORT, level=1, seed=0, index=index, rendering="compact") for index in range(60))
    return Pool([problem for problem in made if problem.split == "train"])


def train(run, pool, *, steps=1):
    part = TrainPart("grpo", Mixture.of(dict.fromkeys(pool.cells, 1.0)), name=("corrected",), max_steps=steps)
    path = run.root / "checkpoints" / "corrected"
    context = {"run": run.run_id, "arm": "a", "round": 1, "step": 0}
    return train_part(run, build_policy(run.config.policy), pool, part, path=path, context=context, label="corrected")


def write_rates(run, pool, *, errors=5):
    """Write an audit of these problems' verifier: 10 of 100 accepts wrong, 6 of 300 rejects right per error found."""
    key = judged(pool.problems(pool.cells[0])[0])
    accepts, rejects = (Stratum(*key, "p", "protocol", "open", accepted) for accepted in (True, False))
    counts = {accepts: (50, 5, 0), rejects: (50, errors, 0)}
    rows = rate_rows({accepts: 100, rejects: 300}, counts, judges={key: "plain integers 1"})
    run.ledger.append("audits", pa.Table.from_pylist(rows), part="audit", run="audit")
    right = 6 * errors
    return [[*key, pytest.approx(10 / (10 + 300 - right)), pytest.approx(right / (right + 90))]]


class Stopped(Exception):
    """Ends a stretch between two steps, as a kill would."""


def stop_at(step):
    def note(label, done, total):
        if done == step:
            raise Stopped

    return note


def uncentred(root):
    """Return a run whose every reply teaches, weighed by the rates, with a checkpoint every second step."""
    reward = {"reward": {"correction": "forward"}, "advantages": {"name": "reinforce"}}
    grpo = {**reward, "compose": {"name": "keep_all"}, "prompts": 4, "max_truncated": 1.0}
    loop = tiny(root).config.loop.model_dump(mode="json")
    return tiny(root, loop={**loop, "grpo": grpo, "checkpoint_every": 2})


def corrected_by(run):
    (event,) = [row for row in run.ledger.read("events").to_pylist() if row["kind"] == "noise"]
    return json.loads(event["detail"])


def policy_of(run):
    return load_policy(run.root / "checkpoints" / "corrected").policy_id


def test_without_an_audit_the_command_to_run_is_named(run, pool):
    with pytest.raises(ConfigError, match=r"rate of seq/sort, verifier version \d+.*`veriloop audit --root"):
        train(run, pool)


def test_with_one_the_stretch_trains_and_records_what_it_corrected_by(run, pool):
    rates = write_rates(run, pool)
    assert train(run, pool)["steps"] == 1
    assert corrected_by(run) == rates


def test_one_that_is_stopped_goes_on_by_the_rates_it_began_with(tmp_path, pool):
    calm, again = uncentred(tmp_path / "calm"), uncentred(tmp_path / "stopped")
    for run in (calm, again):
        rates = write_rates(run, pool)
    train(calm, pool, steps=4)
    with pytest.raises(Stopped):
        train(dataclasses.replace(again, note=stop_at(3)), pool, steps=4)
    assert write_rates(again, pool, errors=20) != rates
    assert train(again, pool, steps=4)["steps"] == 4
    assert corrected_by(again) == rates
    assert policy_of(again) == policy_of(calm)
    anew = uncentred(tmp_path / "anew")
    write_rates(anew, pool, errors=20)
    train(anew, pool, steps=4)
    assert policy_of(anew) != policy_of(calm)  # the newer rates would have taught something else
