"""Measuring with a scripted sampler: counts, resume by set difference, stopping rules, undecided replies."""

import dataclasses
from collections import Counter

import pyarrow.compute as pc
import pytest

from filters.asker import Tally
from filters.measure import SequentialConfig, measure
from pipeline.errors import ConfigError, PipelineError, StoreError, UndecidedError
from pipeline.problem import Certificate, Problem, correct, make_problem, malformed, undecided, wrong
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish
from pipeline.sampling import Drawn, ScriptedSampler
from pipeline.score import Score, merged, scores_from_table
from pipeline.store.ledger import Ledger
from pipeline.store.query import query

PROTOCOL = Protocol(max_prompt_tokens=50, max_completion_tokens=20)


def problem(index, split="probe"):
    return make_problem(
        family="seq/toy", family_version=1, params={"i": index}, rendering="plain", canonical_form=index, level=1,
        region="", prompt=str(index), answer_format="tag", answer=index, certificate=Certificate("exact", "execution"),
        trace=None, split=split,
    )  # fmt: skip


PROBLEMS = [problem(i) for i in range(6)]


class Echo:
    """Judges a reply "i right" or "i wrong" of problem i; "?" is malformed, "!" our own bug."""

    def __init__(self, version=1):
        self._version, self.judged = version, 0

    def version(self, family):
        return self._version

    def verify(self, problems, replies):
        self.judged += len(replies)
        return [self._one(p, reply) for p, reply in zip(problems, replies, strict=True)]

    def _one(self, p: Problem, reply: str):
        if reply.endswith("!"):
            return undecided("bug")
        if reply.endswith("?"):
            return malformed("no answer")
        assert reply.split()[0] == p.prompt
        return correct(reply) if reply.endswith("right") else wrong("wrong", reply, feasible=True, quality=0.5)


def script(prompt, draw):
    """Problem i is solved by its first i draws; draw 7 is unreadable, draw 6 runs past the limit."""
    if draw == 7:
        return "?"
    if draw == 6:
        return "x" * 30
    return f"{prompt} {'right' if draw < int(prompt) else 'wrong'}"


def run(problems=PROBLEMS, *, sampler=None, verifier=None, n=8, purpose="eval", seed=1, protocol=PROTOCOL, **options):
    sampler = sampler or ScriptedSampler(script)
    scores = measure(
        problems,
        sampler=sampler,
        verifier=verifier or Echo(),
        protocol=protocol,
        n=n,
        purpose=purpose,
        seed=seed,
        **options,
    )
    return scores, sampler


def asked(sampler):
    return sorted((r.prompt, draw) for r in sampler.requests for draw in range(r.first_draw, r.first_draw + r.n))


def test_counts_are_those_of_the_script():
    scores, _ = run()
    for index, score in enumerate(scores):
        assert (score.uid, score.n, score.correct) == (PROBLEMS[index].uid, 8, index)
        assert (score.malformed, score.truncated, score.undecided, score.feasible) == (1, 1, 0, 6)
        assert score.quality_sum == index + 0.5 * (6 - index)
        assert score.quality_squares == index + 0.25 * (6 - index)
        assert score.tokens == sum(min(20, len(script(str(index), draw))) for draw in range(8))


def test_a_truncated_reply_is_a_failure_and_is_not_judged():
    verifier = Echo()
    (score,), _ = run(
        PROBLEMS[:1], sampler=ScriptedSampler(lambda p, d: f"{p} " + "." * 30 + "right"), verifier=verifier
    )
    assert (score.correct, score.truncated, score.malformed, verifier.judged) == (0, 8, 0, 0)


def test_seeds_name_the_problem_and_purpose_and_not_the_batch():
    seeds = [
        {r.prompt: r.seed for r in run(batch_draws=size, purpose=purpose)[1].requests}
        for size, purpose in ((1, "eval"), (1000, "eval"), (1000, "report"))
    ]
    assert seeds[0] == seeds[1]
    assert not set(seeds[1].values()) & set(seeds[2].values())
    assert len(set(seeds[0].values())) == 6


@pytest.mark.parametrize("batch", [1, 16, 1000])
def test_batches_bound_what_is_asked_at_once_and_change_nothing(batch):
    sizes = []

    class Counting(ScriptedSampler):
        def sample(self, requests):
            sizes.append(sum(r.n for r in requests))
            return super().sample(requests)

    scores, _ = run(sampler=Counting(script), batch_draws=batch)
    assert scores == run()[0]
    assert max(sizes) <= max(8, batch)


def test_what_the_ledger_holds_is_not_asked_again(tmp_path):
    ledger = Ledger(tmp_path)
    first, _ = run(PROBLEMS[:3], n=4, ledger=ledger, context={"run": "r", "round": 0, "arm": "a"})
    second, sampler = run(n=8, ledger=ledger, context={"run": "r", "round": 0, "arm": "b"})
    expected = [(str(i), d) for i in range(3) for d in range(4, 8)] + [
        (str(i), d) for i in range(3, 6) for d in range(8)
    ]
    assert asked(sampler) == sorted(expected)
    assert second == run()[0]
    third, silent = run(n=8, ledger=ledger)
    assert (third, silent.requests) == (second, [])
    assert [s.n for s in first] == [4] * 3


@pytest.mark.parametrize(("purpose", "again"), [("select", 48), ("report", 0)])
def test_what_steers_a_run_is_its_own(tmp_path, purpose, again):
    ledger = Ledger(tmp_path)
    run(ledger=ledger, purpose=purpose, n=16, context={"run": "other", "round": 0, "arm": "a"})
    context = {"run": "mine", "round": 1, "arm": "a"}
    scores, sampler = run(ledger=ledger, purpose=purpose, context=context)
    assert len(asked(sampler)) == again
    assert {score.n for score in scores} == ({8} if again else {16})
    _, silent = run(ledger=ledger, purpose=purpose, context={**context, "arm": "b"})
    assert silent.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "report"},
        {"verifier": Echo(2)},
        {"sampler": ScriptedSampler(script, "p2")},
        {"protocol": dataclasses.replace(PROTOCOL, temperature=0.5)},
    ],
)
def test_another_key_is_measured_anew(tmp_path, change):
    ledger = Ledger(tmp_path)
    run(ledger=ledger)
    _, sampler = run(ledger=ledger, **change)
    assert len(asked(sampler)) == 48


def test_an_interrupted_measurement_loses_only_the_batch_in_flight(tmp_path):
    class Dying(ScriptedSampler):
        def sample(self, requests):
            if len(self.requests) >= 4:
                raise KeyboardInterrupt
            return super().sample(requests)

    ledger = Ledger(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(sampler=Dying(script), ledger=ledger, batch_draws=16)
    scores, sampler = run(ledger=ledger, batch_draws=16)
    assert len(asked(sampler)) == 2 * 8
    assert scores == run()[0]


def test_the_first_rollouts_are_kept(tmp_path):
    ledger = Ledger(tmp_path)
    run(ledger=ledger, keep_rollouts=2, context={"run": "r", "round": 3, "arm": "a"})
    rows = ledger.read("rollouts").to_pylist()
    assert Counter(row["uid"] for row in rows) == {p.uid: 2 for p in PROBLEMS}
    assert {row["draw"] for row in rows} == {0, 1}
    assert {(row["run"], row["round"], row["arm"]) for row in rows} == {("r", 3, "a")}
    assert {row["text"] for row in rows if row["uid"] == PROBLEMS[1].uid} == {"1 right", "1 wrong"}


def test_too_many_undecided_replies_stop_after_the_scores_are_written(tmp_path):
    ledger = Ledger(tmp_path)
    with pytest.raises(UndecidedError, match="6 replies of 48"):
        run(sampler=ScriptedSampler(lambda p, d: "!" if d == 0 else f"{p} wrong"), ledger=ledger)
    scores = scores_from_table(ledger.read("scores"))
    assert sum(score.undecided for score in scores) == 6
    assert all(row["outcome"] == "undecided" for row in ledger.read("rollouts").to_pylist())


def test_one_undecided_reply_is_counted_and_does_not_stop():
    scores, _ = run(sampler=ScriptedSampler(lambda p, d: "!" if (p, d) == ("3", 0) else f"{p} right"))
    assert [(s.n, s.correct, s.undecided) for s in scores] == [(8, 8, 0)] * 3 + [(8, 7, 1)] + [(8, 8, 0)] * 2


def test_what_the_sampler_gave_up_on_is_undecided():
    class Quitter(ScriptedSampler):
        def sample(self, requests):
            replies = super().sample(requests)
            return [[Completion("", Finish.ABORT), *row[1:]] if i == 0 else row for i, row in enumerate(replies)]

    scores, _ = run(sampler=Quitter(script))
    assert (scores[0].undecided, scores[1].undecided) == (1, 0)


@pytest.mark.parametrize("kept", [0, 7])
def test_a_sampler_that_answers_less_than_asked_is_refused(kept):
    class Short(ScriptedSampler):
        def sample(self, requests):
            return [row[:kept] for row in super().sample(requests)]

    with pytest.raises(PipelineError, match=f"gave {6 * kept} completions in 6 rows where 48 in 6 were asked"):
        run(sampler=Short(script))


def test_a_sequential_measurement_stops_when_the_band_is_decided(tmp_path):
    replies = ScriptedSampler(lambda p, d: f"{p} " + {"0": "wrong", "1": "right"}.get(p, "right" if d % 2 else "wrong"))
    ledger = Ledger(tmp_path)
    scores, _ = run(PROBLEMS[:3], sampler=replies, n=40, design="sequential", ledger=ledger)
    hard, easy, middling = (score.n for score in scores)
    assert easy == 8
    assert middling <= 12
    assert easy < hard < 40
    rule = SequentialConfig()
    assert [rule.decided(hard, 0), rule.decided(hard - 4, 0)] == [True, False]
    again, sampler = run(PROBLEMS[:3], sampler=ScriptedSampler(script), n=40, design="sequential", ledger=ledger)
    assert (again, sampler.requests) == (scores, [])


def test_merged_ignores_what_lies_beyond_a_gap():
    def part(first, n):
        return Score("u", "p", "q", 1, "eval", "fixed", first, n, 1, 1)

    assert (merged([part(4, 4), part(0, 4)]).n, merged([part(0, 4), part(8, 4)]).n) == (8, 4)
    with pytest.raises(ConfigError):
        merged([])


class Abandoning(ScriptedSampler):
    """Gives up on the draws it is told to, as often as it is told to."""

    def __init__(self, reply, lost):
        super().__init__(reply)
        self.lost = dict(lost)

    def sample(self, requests):
        rows = super().sample(requests)
        for request, row in zip(requests, rows, strict=True):
            for i in range(request.n):
                if self.lost.get((request.prompt, request.first_draw + i), 0) > 0:
                    self.lost[request.prompt, request.first_draw + i] -= 1
                    row[i] = Completion("", Finish.ABORT, note="busy")
        return rows


def totals(root):
    sql = "SELECT sum(n)::INT n, sum(correct)::INT correct, sum(undecided)::INT undecided FROM scores"
    return tuple(query(root, sql).to_pylist()[0].values())


def test_a_draw_that_was_never_judged_is_asked_again_and_counted_once(tmp_path):
    ledger = Ledger(tmp_path)
    lost = {("0", 0): 1, ("2", 7): 1, ("3", 3): 2, ("3", 4): 2}
    context = {"run": "r", "round": 0, "arm": "a"}
    seen = []
    for _ in range(4):
        tally = Tally()
        sampler = Abandoning(script, lost)
        scores, _ = run(sampler=sampler, ledger=ledger, context=context, tally=tally)
        seen.append((len(asked(sampler)), sum(s.undecided for s in scores), sum(tally.given_up.values())))
        assert totals(tmp_path) == (48, sum(s.correct for s in scores), seen[-1][1])
        lost = sampler.lost
    assert seen == [(48, 4, 4), (4, 2, 2), (2, 0, 0), (0, 0, 0)]
    assert scores == run()[0]
    kept = ledger.read("rollouts").filter(pc.field("outcome") == "undecided")
    assert {(row["draw"], row["reason"]) for row in kept.to_pylist()} == {
        (draw, "the sampler gave up: busy") for draw in (0, 7, 3, 4)
    }


def test_what_our_verifier_failed_on_is_asked_again_too(tmp_path):
    ledger = Ledger(tmp_path)
    once, _ = run(sampler=ScriptedSampler(lambda p, d: "!" if (p, d) == ("3", 2) else f"{p} right"), ledger=ledger)
    assert sum(score.undecided for score in once) == 1
    again, sampler = run(sampler=ScriptedSampler(lambda p, d: f"{p} right"), ledger=ledger)
    assert asked(sampler) == [("3", 2)]
    assert {(score.n, score.correct) for score in again} == {(8, 8)} and totals(tmp_path) == (48, 48, 0)


def test_a_gap_is_filled_before_more_is_asked_and_a_sequential_look_goes_on(tmp_path):
    ledger = Ledger(tmp_path)
    reply = lambda p, d: f"{p} {'right' if d % 2 else 'wrong'}"  # noqa: E731
    run(PROBLEMS[:1], sampler=Abandoning(reply, {("0", 1): 1}), ledger=ledger, n=4, design="sequential")
    (score,), sampler = run(PROBLEMS[:1], sampler=ScriptedSampler(reply), ledger=ledger, n=12, design="sequential")
    assert asked(sampler)[0] == ("0", 1) and ("0", 0) not in asked(sampler)
    assert score == run(PROBLEMS[:1], sampler=ScriptedSampler(reply), n=12, design="sequential")[0][0]


def test_refused_replies_are_failures_counted_apart(tmp_path):
    class Filtered(ScriptedSampler):
        def sample(self, requests):
            rows = super().sample(requests)
            return [[Completion("", Finish.REFUSED, note="withheld: safety"), *row[1:]] for row in rows]

    tally = Tally()
    verifier = Echo()
    scores, _ = run(sampler=Filtered(script), verifier=verifier, ledger=Ledger(tmp_path), tally=tally)
    assert {(s.n, s.refused, s.malformed, s.truncated, s.undecided) for s in scores} == {(8, 1, 1, 1, 0)}
    assert verifier.judged == 6 * 6 and tally.remarks == {"withheld: safety": 6}
    (refused,) = {
        (row["outcome"], row["reason"], row["finish"]) for row in Ledger(tmp_path).read("rollouts").to_pylist()
    }
    assert refused == ("malformed", "refused: withheld: safety", "refused")


class Untaken(ScriptedSampler):
    """Does not take the prompts of problems 1 and 4."""

    def sample(self, requests):
        rows = super().sample(requests)
        return [
            [Completion("", Finish.UNASKED, note="too long")] * request.n if request.prompt in "14" else row
            for request, row in zip(requests, rows, strict=True)
        ]


@pytest.mark.parametrize("design", ["fixed", "sequential"])
def test_a_prompt_that_is_not_taken_is_named_and_the_others_are_measured(tmp_path, design):
    tally, ledger = Tally(), Ledger(tmp_path)
    scores, _ = run(sampler=Untaken(script), tally=tally, ledger=ledger, design=design)
    assert [score.n > 0 for score in scores] == [True, False, True, True, False, True]
    assert tally.unasked == {PROBLEMS[i].uid: "too long" for i in (1, 4)}
    assert {row["uid"] for row in ledger.read("decisions").to_pylist()} == set(tally.unasked)
    assert set(ledger.read("scores")["uid"].to_pylist()).isdisjoint(tally.unasked)
    run(sampler=ScriptedSampler(script), tally=Tally(), ledger=ledger, design=design)
    assert ledger.read("decisions").num_rows == 0
    with pytest.raises(ConfigError, match="too long"):
        run(sampler=Untaken(script))


class Streaming(ScriptedSampler):
    """Hands its draws over one by one, from the last to the first; `stop` draws in, its process ends."""

    def __init__(self, reply=script, stop=10**6, after_telling=False):
        super().__init__(reply)
        self.stop, self.after_telling, self.drawn = stop, after_telling, []

    def stream(self, requests, *, arrived=None):
        rows = self.sample(requests)
        places = [(r, i) for r, row in enumerate(rows) for i in range(len(row))]
        for r, i in reversed(places):
            if len(self.drawn) >= self.stop and not self.after_telling:
                raise KeyboardInterrupt
            drawn = Drawn(r, i, rows[r][i])
            self.drawn.append((requests[r].prompt, requests[r].first_draw + i))
            arrived(drawn)
            if len(self.drawn) > self.stop:
                raise KeyboardInterrupt
            yield drawn


@pytest.mark.parametrize("after_telling", [False, True])
@pytest.mark.parametrize("stop", [0, 1, 5, 8, 30, 47])
@pytest.mark.parametrize("design", ["fixed", "sequential"])
def test_no_reply_that_came_is_asked_for_twice(tmp_path, design, stop, after_telling):
    ledger, whole = Ledger(tmp_path), run(design=design)[0]
    first = Streaming(stop=stop, after_telling=after_telling)
    try:
        run(sampler=first, ledger=ledger, design=design)
    except KeyboardInterrupt:
        assert len(first.drawn) == stop + after_telling
    tally = Tally()
    scores, second = run(sampler=Streaming(), ledger=ledger, design=design, tally=tally)
    assert scores == whole
    assert not set(first.drawn) & set(second.drawn)
    assert len(first.drawn) + len(second.drawn) == sum(score.n for score in whole)
    assert tally.draws == len(second.drawn)
    assert not list(tmp_path.glob("replies/*.jsonl"))  # all of it is in the ledger now
    assert totals(tmp_path)[:2] == (sum(s.n for s in whole), sum(s.correct for s in whole))


def test_replies_that_broke_off_serve_another_number_of_draws(tmp_path):
    ledger = Ledger(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(sampler=Streaming(stop=20), ledger=ledger)
    fewer, sampler = run(sampler=Streaming(), ledger=ledger, n=3)
    assert fewer == run(n=3)[0]
    more, later = run(sampler=Streaming(), ledger=ledger)
    assert more == run()[0] and len(sampler.drawn) + len(later.drawn) == 48 - 20


def test_replies_of_one_protocol_never_serve_another(tmp_path):
    ledger, greedy, tally = Ledger(tmp_path), dataclasses.replace(PROTOCOL, temperature=0.0), Tally()
    with pytest.raises(KeyboardInterrupt):
        run(sampler=Streaming(stop=20), ledger=ledger)
    _, sampler = run(sampler=Streaming(), ledger=ledger, protocol=greedy, tally=tally)
    assert (len(sampler.drawn), tally.recovered) == (48, 0)
    run(sampler=Streaming(), ledger=ledger)
    stored = scores_from_table(ledger.read("scores"))
    assert {score.protocol for score in stored} == {PROTOCOL.hash, greedy.hash}
    assert {sum(s.n for s in stored if s.protocol == hash_) for hash_ in (PROTOCOL.hash, greedy.hash)} == {48}


def test_scores_of_one_protocol_never_replace_those_of_another(tmp_path):
    ledger, greedy = Ledger(tmp_path), dataclasses.replace(PROTOCOL, temperature=0.0)
    for protocol in (PROTOCOL, greedy):
        run(n=1, ledger=ledger, protocol=protocol, keep_rollouts=1)
    for table in ("scores", "rollouts"):
        assert Counter(ledger.read(table)["protocol"].to_pylist()) == {PROTOCOL.hash: 6, greedy.hash: 6}


def test_half_a_line_is_asked_for_again(tmp_path):
    ledger = Ledger(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(sampler=Streaming(stop=6), ledger=ledger)
    (path,) = tmp_path.glob("replies/*.jsonl")
    path.write_bytes(path.read_bytes()[:-10])
    scores, sampler = run(sampler=Streaming(), ledger=ledger)
    assert scores == run()[0] and len(sampler.drawn) == 48 - 5


def test_what_was_given_up_is_in_no_journal(tmp_path):
    class Flaky(Streaming):
        def sample(self, requests):
            return [[Completion("", Finish.ABORT, note="busy"), *row[1:]] for row in super().sample(requests)]

    ledger = Ledger(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(sampler=Flaky(stop=16), ledger=ledger)
    _, sampler = run(sampler=Streaming(), ledger=ledger)
    assert len(sampler.drawn) == 48 - 14


def test_one_process_at_a_time_measures_in_one_way(tmp_path):
    class Nested(Streaming):
        def stream(self, requests, *, arrived=None):
            with pytest.raises(StoreError, match="another process measures the same policy"):
                run(sampler=Streaming(), ledger=Ledger(tmp_path))
            run(sampler=Streaming(), ledger=Ledger(tmp_path), purpose="report")
            yield from super().stream(requests, arrived=arrived)

    assert run(sampler=Nested(), ledger=Ledger(tmp_path))[0] == run()[0]


def test_many_replies_make_few_parts(tmp_path):
    ledger, many = Ledger(tmp_path), [problem(i) for i in range(1200)]
    scores, _ = run(many, sampler=Streaming(lambda p, d: f"{p} right"), ledger=ledger, n=8, batch_draws=5000)
    assert sum(score.n for score in scores) == 9600
    assert len(ledger.parts("scores")) <= 6


def test_problems_are_done_as_their_replies_come():
    seen = []
    run(sampler=Streaming(), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 6) for done in range(1, 7)]


def test_repeated_problems_are_measured_once():
    scores, sampler = run([PROBLEMS[2], PROBLEMS[1], PROBLEMS[2]])
    assert [s.correct for s in scores] == [2, 1, 2]
    assert len(asked(sampler)) == 16


def test_progress_counts_problems():
    seen = []
    run(batch_draws=16, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 6), (4, 6), (6, 6)]


@pytest.mark.parametrize("purpose", ["select", "train"])
def test_the_test_split_cannot_be_measured_to_choose_or_train(purpose):
    with pytest.raises(ConfigError, match="test split"):
        run([problem(0, "test")], purpose=purpose)
    assert run([problem(0, "test")], purpose="report")[0]


def test_no_draws_measure_nothing():
    with pytest.raises(ConfigError, match="n = 0"):
        run(n=0)
