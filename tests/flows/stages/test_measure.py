"""What a measured version's cells say, against plain counting with a scripted model."""

from types import SimpleNamespace

import pytest

from filters.measure import SequentialConfig
from flows.stages.measure import Asked, measure_versions
from flows.stages.publish import generate_version
from generators.family import generate
from pipeline.choice.difficulty import rate_interval
from pipeline.errors import ConfigError, PipelineError
from pipeline.problem import to_table
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish
from pipeline.sampling import ScriptedSampler
from pipeline.store.query import query
from pipeline.store.store import Store

PROTOCOL = Protocol(max_prompt_tokens=400, max_completion_tokens=90)


def asked(reply):
    return SimpleNamespace(open=lambda protocol: ScriptedSampler(reply), batch_draws=64)


ASKED = asked(lambda prompt, draw: "#0" if draw % 2 else "#not an answer")


@pytest.fixture
def made(tmp_path):
    generate_version(
        "seq/count", level=1, count=6, seed=0, out_dir=tmp_path, workers=1, rendering="compact", region=None
    )
    return tmp_path


def test_a_fixed_measurement_gives_a_rate_with_its_interval(made):
    (row,) = measure_versions(made, ["seq-count-1"], ASKED, protocol=PROTOCOL, draws=4, limit=5).cells
    (counted,) = query(made, "SELECT sum(n)::INT n, sum(correct)::INT correct FROM scores").to_pylist()
    assert {name: row[name] for name in counted} == counted == {"n": 20, "correct": 0}
    assert (row["problems"], row["malformed"]) == (5, 10)
    assert (row["pass_rate"], row["low"]) == (0.0, 0.0)  # what was counted, not a posterior's mean
    assert row["high"] == round(rate_interval([(4, 0)] * 5)[1], 4) > 0.5  # five problems, not twenty draws


def test_problems_of_test_are_scored_to_report_and_others_to_select(made):
    measure_versions(made, ["seq-count-1"], ASKED, protocol=PROTOCOL, draws=1)
    Store(made).publish(
        "both", recipe={"n": 1}, rows=[to_table([generate("seq/sort", level=1, seed=0, index=i) for i in range(40)])]
    )
    measure_versions(made, ["both"], ASKED, protocol=PROTOCOL, draws=1)
    found = query(made, "SELECT DISTINCT p.split, s.purpose FROM scores s JOIN problems p USING (uid)").to_pylist()
    purposes = {(row["split"], row["purpose"]) for row in found}
    assert {("test", "report"), ("train", "select")} <= purposes
    assert purposes <= {("test", "report"), ("train", "select"), ("probe", "select")}


def test_a_sequential_measurement_gives_counts_and_no_rate(made):
    found = measure_versions(made, ["seq-count-1"], ASKED, protocol=PROTOCOL, draws=40, design="sequential")
    (row,) = found.cells
    assert row["n"] < 6 * 40 and SequentialConfig().decided(row["n"] // 6, 0)
    assert (row["pass_rate"], row["low"], row["high"]) == (None, None, None)
    assert {name: row[name] for name in ("in_band", "too_hard", "too_easy", "open")} == {
        "in_band": 0, "too_hard": 6, "too_easy": 0, "open": 0,
    }  # fmt: skip


def test_a_band_says_where_problems_are_wanted(made):
    def places(band):
        found = measure_versions(
            made, ["seq-count-1"], ASKED, protocol=PROTOCOL, draws=8, design="sequential", band=band
        )
        return found.total("in_band"), found.total("n")

    assert places((0.5, 1.0)) == (0, 24)
    assert places((0.0, 0.5)) == (6, 24)
    assert places((0.0, 0.2)) == (0, 48)  # a narrower band takes more draws than there were


def test_what_a_measurement_took_is_of_this_call_and_what_was_there_is_not(made):
    def measured(draws):
        return measure_versions(made, ["seq-count-1"], ASKED, protocol=PROTOCOL, draws=draws)

    first, second, third = measured(2), measured(3), measured(3)
    assert [found.tally.draws for found in (first, second, third)] == [12, 6, 0]
    assert [found.total("n") for found in (first, second, third)] == [12, 18, 18]
    assert first.tally.tokens == 6 * (len("#0") + len("#not an answer"))


def test_several_versions_are_measured_in_one_call_by_one_sampler(made):
    generate_version("seq/count", level=2, count=4, seed=0, out_dir=made, workers=1, rendering="compact", region=None)
    opened = []

    def open_(protocol):
        opened.append(protocol)
        return ScriptedSampler(lambda prompt, draw: "#0")

    whom = SimpleNamespace(open=open_, batch_draws=64)
    found = measure_versions(made, ["seq-count-2", "seq-count-1", "seq-count-2"], whom, protocol=PROTOCOL, draws=2)
    assert [(row["version"], row["n"]) for row in found.cells] == [("seq-count-2", 8), ("seq-count-1", 12)]
    assert opened == [PROTOCOL]


class Choosy(ScriptedSampler):
    """Does not take every second prompt, and gives up on the first draw of the others."""

    def sample(self, requests):
        rows = super().sample(requests)
        for place, request in enumerate(requests):
            if place % 2:
                rows[place] = [Completion("", Finish.UNASKED, note="too long")] * request.n
            elif request.first_draw == 0:
                rows[place][0] = Completion("", Finish.ABORT, note="busy")
        return rows


def test_prompts_not_taken_are_named_and_left_out_of_every_count(made):
    whom = SimpleNamespace(open=lambda protocol: Choosy(lambda prompt, draw: "#0"), batch_draws=10**6)
    found = measure_versions(made, ["seq-count-1"], whom, protocol=PROTOCOL, draws=3)
    (row,) = found.cells
    assert (row["problems"], row["unasked"], row["n"], row["undecided"]) == (6, 3, 9, 3)
    assert {(line["version"], line["why"]) for line in found.unasked} == {("seq-count-1", "too long")}
    assert dict(found.tally.given_up) == {"busy": 3}
    sql = "SELECT uid, reason, action FROM decisions WHERE stage = 'measure' ORDER BY uid"
    named = [(line["uid"], "too long", "not asked") for line in found.unasked]
    assert [tuple(line.values()) for line in query(made, sql).to_pylist()] == sorted(named)
    whole = measure_versions(made, ["seq-count-1"], ASKED, protocol=PROTOCOL, draws=3)
    assert (whole.total("n"), whole.unasked, query(made, sql).num_rows) == (18, [], 0)  # taken by now


@pytest.mark.parametrize(
    ("finish", "kind", "says"),
    [(Finish.ABORT, PipelineError, "busy; no reply came"), (Finish.UNASKED, ConfigError, "busy; no prompt was taken")],
)
def test_a_measurement_without_one_reply_fails(made, finish, kind, says):
    class Silent(ScriptedSampler):
        def sample(self, requests):
            return [[Completion("", finish, note="busy")] * request.n for request in requests]

    whom = SimpleNamespace(open=lambda protocol: Silent(lambda prompt, draw: ""), batch_draws=64)
    with pytest.raises(kind, match=says):
        measure_versions(made, ["seq-count-1"], whom, protocol=PROTOCOL, draws=2)


def test_whom_to_ask_is_one_of_a_folder_and_an_endpoint():
    for options in ({}, {"path": "x", "url": "http://h/v1"}):
        with pytest.raises(ConfigError, match="give one of --path and --url"):
            Asked(**options).open(PROTOCOL)
    assert Asked(path="x").batch_draws < Asked(path="x", sampler="vllm").batch_draws
    assert Asked(url="u", concurrency=500).batch_draws > Asked(url="u", concurrency=8).batch_draws
