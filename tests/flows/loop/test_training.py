"""Laws of a stretch of training: done once whoever asks, moved by what its own steps saw."""

import dataclasses
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from flows.judging.audit_sample import stored_verdicts
from flows.loop.loop import cold_start
from flows.orchestration.whole import train_all
from pipeline.choice.curriculum import CURRICULA
from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.weakness import CellHistory
from tests.flows.tiny import tiny


def test_of_two_runs_that_share_a_start_one_trains_it(tmp_path):
    steps = []
    note = lambda label, done, total: steps.append(done) if label == "cold start" else None  # noqa: E731
    cold = {"steps": 8, "rows_per_cell": 20}
    runs = [dataclasses.replace(tiny(tmp_path / "run", cold_start=cold), note=note)]
    loop = runs[0].config.loop.model_copy(update={"rounds": 1})
    runs.append(dataclasses.replace(runs[0], config=runs[0].config.model_copy(update={"loop": loop})))
    assert runs[0].run_id != runs[1].run_id
    runs[0].config.policy.build(seed=0)  # transformers does not survive a first import by two threads
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(cold_start, runs)
    assert first == second
    assert steps == list(range(1, 9))
    assert not list(first.parent.glob("*.partial"))


def test_every_exposure_is_in_the_ledger_once(tiny_run):
    exposures = tiny_run.ledger.read("exposures").to_pylist()
    steps, kept = {}, Counter()
    for row in tiny_run.ledger.read("metrics").to_pylist():
        kept[row["arm"], row["round"]] += row["value"] * (row["name"] == "kept_groups")
        if row["name"] == "loss":
            steps.setdefault((row["arm"], row["round"], row["stage"]), set()).add(row["step"])
    drawn = Counter((row["arm"], row["round"], row["operator"]) for row in exposures)
    batch = {"sft": tiny_run.config.loop.sft.batch, "grpo": tiny_run.config.loop.grpo.prompts}
    assert drawn == {place: len(seen) * batch[place[2]] for place, seen in steps.items()}
    assert {operator for _, _, operator in drawn} == {"sft", "grpo"}
    trained = Counter((row["arm"], row["round"]) for row in exposures if row["operator"] == "grpo" and row["trained"])
    assert 0 < trained.total() < sum(row["operator"] == "grpo" for row in exposures)
    assert trained == +kept, "a group that taught nothing is said so"
    assert all(row["reward_mean"] is None for row in exposures if row["operator"] == "sft")


def test_what_a_stretch_saw_ten_steps_ago_still_moves_its_mixture(tmp_path):
    config = tiny(tmp_path).config.loop.curriculum
    solved, unseen = Cell("seq/sort", 1, "ascending"), Cell("seq/sort", 1, "descending")
    base = Mixture.of({solved: 1.0, unseen: 1.0})
    seen = {solved: CellHistory().extended(10, 64, correct=64, problems=64)}
    moved = dict(CURRICULA[config.name](seen, base, 20, config).weights)
    assert moved[unseen] > 2 * moved[solved]


def test_a_metric_has_one_row_a_fact(tiny_run):
    """What a stretch took is told under names of its own, so that summing a name over a run counts nothing twice."""
    found: dict[str, set[bool]] = {}
    sums: Counter[tuple[str, int, str, str]] = Counter()
    for row in tiny_run.ledger.read("metrics").to_pylist():
        whole = row["stage"].endswith(" total")
        found.setdefault(row["name"], set()).add(whole)
        sums[row["arm"], row["round"], row["stage"].removesuffix(" total"), row["name"]] += row["value"]
    assert all(len(kinds) == 1 for kinds in found.values()), found
    places = {place[:3] for place in sums}
    for arm, number, stage in places:
        trained = sums[arm, number, stage, "tokens_trained" if stage == "grpo" else "tokens"]
        assert sums[arm, number, stage, "stretch_tokens_trained"] == trained > 0
        assert sums[arm, number, stage, "stretch_tokens_sampled"] == sums[arm, number, stage, "tokens_sampled"]
    assert {stage for _, _, stage in places} == {"sft", "grpo"}


def test_training_replies_are_kept_when_asked_for_and_count_in_nothing(tmp_path, tiny_run):
    arms = [{"name": "uniform", "mixture": "uniform", "operator": "grpo"}]
    loop = {**tiny_run.config.model_dump(mode="json")["loop"], "rounds": 1, "arms": arms}
    run = tiny(tmp_path / "run", measure={"test_draws": 2, "keep_training": 3}, loop=loop)
    train_all(run)
    exposures = [row for row in run.ledger.read("exposures").to_pylist() if row["operator"] == "grpo"]
    drawn = Counter((row["step"], row["uid"]) for row in exposures)
    kept = [row for row in run.ledger.read("rollouts").to_pylist() if row["source"] == "training"]
    assert Counter((row["step"], row["uid"]) for row in kept) == {place: 3 * n for place, n in drawn.items()}
    assert {row["arm"] for row in kept} == {"uniform"} and all(row["text"] is not None for row in kept)
    assert all(row["token_ids"] is None for row in kept) and len({row["outcome"] for row in kept}) > 1
    judged = stored_verdicts(run.root, most=5)
    assert {stratum.policy for stratum in judged.stored} <= set(run.ledger.read("scores")["policy"].to_pylist())
    assert not [row for row in tiny_run.ledger.read("rollouts").to_pylist() if row["source"] == "training"]
