"""Rounds of several arms, looked at from outside: what each starts from, draws, pays, trains on and is read by."""

import json
from collections import Counter

import pytest

from flows.config import RunConfig
from pipeline.choice.mixture import Cell
from pipeline.choice.weakness import histories_from_json
from pipeline.seeds import derive
from tests.flows.tiny import tiny
from tests.journeys.facts import facts_of
from trainer import checkpoint

SEED = 5


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from flows.orchestration.whole import train_all

    base = tiny(tmp_path_factory.mktemp("rounds") / "run", seed=SEED).config.model_dump(mode="json")
    base["cells"].append({"family": "seq/reverse", "levels": [1], "regions": None})
    base["loop"]["grpo"] |= {"prompts": 8, "max_truncated": 1.0}
    base["loop"]["grpo"]["compose"] |= {"name": "keep_all"}
    base["loop"]["grpo"]["losses"] |= {"kl": 0.2}
    base["loop"]["price"] = {"sample_tokens_per_s": 2500, "sft_tokens_per_s": 2500, "grpo_tokens_per_s": 2500}
    base["loop"]["arms"] = [
        {"name": "loop", "mixture": "weakness", "operator": "chosen"},
        {"name": "uniform", "mixture": "uniform", "operator": "grpo"},
        {"name": "twin", "mixture": "uniform", "operator": "grpo"},
        {"name": "taught", "mixture": "uniform", "operator": "sft"},
    ]
    bound = type(tiny(tmp_path_factory.mktemp("unused")))(RunConfig.model_validate(base))
    train_all(bound)
    return bound


@pytest.fixture(scope="module")
def facts(run):
    return facts_of(run)


@pytest.fixture(scope="module")
def turns(facts):
    return {(turn["arm"], turn["round"]): turn for turn in facts["turns"]}


@pytest.fixture(scope="module")
def start(run):
    (row,) = [row for row in run.ledger.read("events").to_pylist() if row["kind"] == "start"]
    return json.loads(row["detail"])


def recipe(run, name):
    return run.store.get(name).recipe


def test_a_round_starts_where_the_last_one_of_its_arm_ended(turns, start):
    for (_, number), turn in turns.items():
        before = start["checkpoint"] if number == 1 else turns[turn["arm"], 1]["checkpoint_after"]
        assert turn["checkpoint_before"] == before
        assert turn["checkpoint_after"] != before
        assert turn["policy_after"] != start["policy"]
    assert len({turn["policy_after"] for turn in turns.values()}) == len(turns), "no two rounds leave one policy"


def test_every_set_has_the_seed_of_its_name_and_its_split(run, turns):
    assert recipe(run, "tiny-probe")["seed"] == recipe(run, "tiny-test")["seed"] == derive("sets", SEED)
    assert (recipe(run, "tiny-probe")["split"], recipe(run, "tiny-test")["split"]) == ("probe", "test")
    assert recipe(run, "tiny-coldstart")["seed"] == derive("cold start", SEED)
    for (_, number), turn in turns.items():
        assert run.store.get(turn["dataset"]).recipe["seed"] == derive("round", SEED, number)
        rows = run.store.table(turn["dataset"]).select(["split", "uid"]).to_pylist()
        assert {row["split"] for row in rows} == {"train"}
        assert abs(len(rows) - run.config.loop.rows) <= len(run.config.all_cells())


def test_every_round_of_an_arm_that_diagnoses_probes_the_policy_it_starts_from(run, turns, start):
    for number in (1, 2):
        turn = turns["loop", number]
        assert turn["policy_probed"] == (start["policy"] if number == 1 else turns["loop", 1]["policy_after"])
        histories = histories_from_json(turn["probe"])
        assert {tuple(step for step, _, _ in history.visits) for history in histories.values()} == {
            tuple(range(1, number + 1))
        }
        drawn = {sum(n for _, n, _ in history.visits) for history in histories.values()}
        assert drawn == {number * run.config.sets.probe_per_cell * run.config.measure.probe_draws}
        assert turn["cost_s"]["diagnose_s"] > 0
    assert turns["uniform", 1]["diagnosis"] is None and turns["uniform", 1]["cost_s"]["diagnose_s"] == 0
    probe = set(run.store.table("tiny-probe")["uid"].to_pylist())
    probed = {row["uid"] for row in run.ledger.read("scores").to_pylist() if row["purpose"] == "select"}
    assert probed <= probe


def test_a_diagnosis_costs_its_tokens_at_the_price_of_sampling(run, turns):
    rows = run.ledger.read("scores", run=run.run_id).to_pylist()
    for number in (1, 2):
        probed = turns["loop", number]["policy_probed"]
        tokens = sum(row["tokens"] for row in rows if row["purpose"] == "select" and row["policy"] == probed)
        price = run.config.loop.price.sample_tokens_per_s
        assert turns["loop", number]["cost_s"]["diagnose_s"] == pytest.approx(tokens / price)


def test_a_round_ends_with_the_step_that_spends_its_budget(run, turns):
    budget = run.config.loop.budget_s
    for turn in turns.values():
        left = budget - turn["cost_s"]["diagnose_s"]
        shares = {part["operator"]: part["share"] for part in turn["parts"]}
        assert sum(shares.values()) == pytest.approx(1)
        for operator, took in turn["training"].items():
            assert took["priced_s"] == turn["cost_s"][f"{operator}_s"]
            if operator == "grpo":  # SFT plans its steps from the mean length of its traces
                step_s = took["priced_s"] / took["steps"]
                assert took["steps"] == 1 or took["priced_s"] - 1.5 * step_s < left * shares[operator]
                assert took["priced_s"] >= left * shares[operator]
            price = run.config.loop.price
            trained = price.sft_tokens_per_s if operator == "sft" else price.grpo_tokens_per_s
            asked = took["tokens_sampled"] / price.sample_tokens_per_s + took["tokens_trained"] / trained
            assert took["priced_s"] == pytest.approx(asked)
            assert (took["tokens_sampled"] > 0) == (operator == "grpo")


def test_an_optimiser_goes_on_from_the_last_round_of_its_operator(run, turns):
    for arm in ("uniform", "twin"):
        state = checkpoint.read_optimiser(run.root / turns[arm, 2]["checkpoint_after"])["state"]
        steps = sum(turns[arm, number]["training"]["grpo"]["steps"] for number in (1, 2))
        assert {int(entry["step"]) for entry in state.values()} == {steps}


def test_arms_alike_but_for_their_name_draw_apart_from_the_same_problems(turns, facts):
    assert turns["uniform", 1]["dataset"] == turns["twin", 1]["dataset"]
    taught = {}
    for arm, number, step, uid in facts["taught"]:
        taught.setdefault((arm, number), []).append((step, uid))
    assert taught["uniform", 1] != taught["twin", 1]
    assert taught["uniform", 1] != taught["uniform", 2]
    for key, rows in taught.items():
        if key[0] == "uniform":
            assert set(Counter(step for step, _ in rows).values()) == {8}, "prompts a step"


def test_kl_holds_a_stretch_to_the_policy_it_starts_from(facts):
    kl = {(arm, number, step): value for arm, number, stage, step, name, value in facts["steps"] if name == "kl"}
    firsts = [value for (_, _, step), value in kl.items() if step == 0]
    assert firsts and max(firsts) == pytest.approx(0, abs=1e-6)
    assert max(kl.values()) > 1e-6


def test_test_is_read_of_every_round_by_the_policy_it_left_at_both_temperatures(run, turns, start):
    rows = [row for row in run.ledger.read("scores").to_pylist() if row["purpose"] == "report"]
    protocols = {row["protocol"]: json.loads(row["fields"]) for row in run.ledger.read("protocols").to_pylist()}
    test = set(run.store.table("tiny-test")["uid"].to_pylist())
    for policy in (start["policy"], *(turn["policy_after"] for turn in turns.values())):
        drawn = Counter()
        for row in rows:
            if row["policy"] == policy:
                drawn[protocols[row["protocol"]]["temperature"], row["uid"]] += row["n"]
        assert {uid for _, uid in drawn} == test
        assert {n for (temperature, _), n in drawn.items() if temperature == 1} == {run.config.measure.test_draws}
        assert {n for (temperature, _), n in drawn.items() if temperature == 0} == {1}
    for (arm, number), turn in turns.items():
        assert turn["policy_after"] in {r["policy"] for r in rows if (r["arm"], r["round"]) == (arm, number)}


def test_the_cold_start_hardly_teaches_its_holes_and_all_exposures_are_written(run, start):
    cells = {
        row["uid"]: Cell(row["family"], row["level"], row["region"])
        for row in run.store.table("tiny-coldstart").select(["uid", "family", "level", "region"]).to_pylist()
    }
    rows = [row for row in run.ledger.read("exposures").to_pylist() if not row["arm"]]
    config = run.config.cold_start
    assert len(rows) == config.steps * config.sft.batch
    shown = Counter(cells[row["uid"]] for row in rows)
    holes = {Cell(*hole) for hole in start["holes"]}
    assert len(holes) == 1
    assert sum(shown[hole] for hole in holes) < 0.03 * len(rows)
    assert min(shown[cell] for cell in set(cells.values()) - holes) > 0.1 * len(rows)


def test_what_is_imitated_has_traces_and_what_is_reinforced_is_what_the_plan_names(run, facts, turns):
    for (arm, _), turn in turns.items():
        wanted = {"uniform": ["grpo"], "twin": ["grpo"], "taught": ["sft"]}.get(arm)
        assert wanted is None or [part["operator"] for part in turn["parts"]] == wanted
        for part in turn["parts"]:
            weights = [weight for *_, weight in part["mixture"]]
            assert sum(weights) == pytest.approx(1)
            if arm in ("uniform", "twin", "taught"):
                assert max(weights) == pytest.approx(min(weights))
    assert {arm for arm, *_ in facts["steps"]} == {"loop", "uniform", "twin", "taught"}
