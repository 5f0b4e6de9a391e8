"""Audits: planted errors are found and re-weighted, reruns replace, versions and training read the rates."""

import dataclasses
import json
import shutil

import pyarrow as pa
import pytest

from flows.judging.audit import audit_root
from flows.judging.audit_sample import stored_verdicts
from flows.judging.audited import KINDS, Judged, attack_counts, judged, newest, noise_report, rate_of, training_noise
from generators.family import generate, load
from generators.second.opinion import opinion
from generators.second.typed import WORDS
from pipeline.choice.noise import chosen
from pipeline.errors import ConfigError
from pipeline.problem import Verdict, correct, to_table, wrong
from pipeline.rollout import Completion, Finish, Rollout, rollouts_table
from pipeline.score import Score, scores_table
from pipeline.store.ledger import Ledger
from pipeline.store.quality import quality_report
from pipeline.store.query import query
from pipeline.store.store import Store

SORT = "seq/sort"
VERSION = load(SORT).verifier_version


def asked_here(questions):
    """Ask in this process: none of these needs a library that may hang."""
    return map(opinion, questions)


def audit(root, **options):
    return audit_root(root, ask=asked_here, **options)


def write_judged(root, *, falsely_accepted=0, falsely_rejected=0, accepts=40, rejects=20, weight=5, policy="p1"):
    """Store problems with one rollout each and Scores that say `weight` times as many verdicts were given."""
    problems = {}
    for index in range(10 * (accepts + rejects)):
        problem = generate(SORT, level=3, seed=7, index=index, rendering="plain")
        if problem.split != "test" and len(problems) < accepts + rejects:
            problems.setdefault(problem.uid, problem)
    problems = list(problems.values())
    Store(root).publish("judged", recipe={"stage": "test", "seed": 7}, rows=[to_table(problems)])
    rollouts, scores = [], []
    for place, problem in enumerate(problems):
        accepted = place < accepts
        lies = place < falsely_accepted or accepts <= place < accepts + falsely_rejected
        gold = load(SORT).write(problem.answer, "plain")
        reply = f"<answer>{gold if accepted != lies else gold + ', 1'}</answer>"
        verdict: Verdict = correct(gold) if accepted else wrong("wrong numbers", gold)
        completion = Completion(reply, Finish.STOP, tokens=5)
        rollouts.append(Rollout(problem.uid, 0, completion, verdict, policy, "protocol", VERSION))
        counts = {"correct": weight * accepted, "feasible": weight * accepted}
        scores.append(Score(problem.uid, policy, "protocol", VERSION, "select", "fixed", 0, weight, **counts))
    ledger = Ledger(root)
    ledger.append("rollouts", rollouts_table(rollouts), part=policy, run="judged")
    ledger.append("scores", scores_table(scores), part=policy, run="judged")
    return problems


def overall(found):
    return {row["kind"]: row for row in found.rates if (row["policy"], row["split"]) == ("", "")}


def test_planted_errors_are_found_and_weighed_by_the_verdicts_given(tmp_path):
    write_judged(tmp_path, falsely_accepted=4, falsely_rejected=5)
    found = audit(tmp_path)
    rates = overall(found)
    wrong_accepts, right_rejects = 5 * 4, 5 * 5
    assert rates["false_accept"]["rate"] == pytest.approx(wrong_accepts / (wrong_accepts + 5 * 15))
    assert rates["false_reject"]["rate"] == pytest.approx(right_rejects / (right_rejects + 5 * 36))
    assert (rates["false_accept"]["population"], rates["false_accept"]["n"], rates["false_accept"]["errors"]) == (
        200,
        40,
        4,
    )
    assert found.sampled == 60 and len(found.disagreements) == 9
    assert {row["verdict"] for row in found.disagreements} == {"accept", "reject"}


def test_a_sample_is_as_large_as_asked_and_a_rerun_replaces(tmp_path):
    write_judged(tmp_path, falsely_accepted=4)
    assert audit(tmp_path, per_stratum=10).sampled == 20
    assert audit(tmp_path, per_stratum=10, total=40).sampled == 40
    first = audit(tmp_path, per_stratum=15)
    rows = query(tmp_path, "SELECT * FROM audits").to_pylist()
    assert len(rows) == len(first.rates) == 2 * 3  # both kinds, over all, over open splits, for the one policy
    assert {row["audited_utc"] for row in rows} == {row["audited_utc"] for row in first.rates}


def test_what_is_kept_of_many_rollouts_is_what_the_sample_takes(tmp_path):
    write_judged(tmp_path, accepts=40, rejects=20)
    few, all_ = (stored_verdicts(tmp_path, most=most) for most in (3, 1000))
    assert few.stored == all_.stored and few.given == all_.given
    for stratum, keys in few.first.items():
        assert len(keys) <= 12 < all_.stored[stratum]
        assert chosen(keys, 3, *stratum) == chosen(all_.first[stratum], 3, *stratum)


def test_policies_have_rates_of_their_own(tmp_path):
    write_judged(tmp_path, falsely_accepted=8, policy="p1")
    write_judged(tmp_path, policy="p2")
    audit(tmp_path)
    rates = [
        newest(Ledger(tmp_path), policy=policy)[Judged(SORT, VERSION, "integer_list")] for policy in ("p1", "p2", "")
    ]
    values = [kinds["false_accept"]["rate"] for kinds in rates]
    assert values[0] > values[2] > values[1] == 0.0


def test_counting_in_parts_finds_the_same(tmp_path):
    write_judged(tmp_path, falsely_accepted=8, policy="p1")
    write_judged(tmp_path, policy="p2")
    whole, parts = stored_verdicts(tmp_path, most=5), stored_verdicts(tmp_path, most=5, at_once=7)
    assert (parts.given, parts.stored) == (whole.given, whole.stored)
    for stratum, keys in whole.first.items():
        assert chosen(parts.first[stratum], 5, *stratum) == chosen(keys, 5, *stratum)


def test_a_problem_that_is_test_in_one_version_is_test(tmp_path):
    problems = write_judged(tmp_path, accepts=6, rejects=4)
    for part in (1, 2):
        held_out = to_table([dataclasses.replace(problem, split="test") for problem in problems[: 2 * part]])
        Store(tmp_path).publish("held out", recipe={"stage": "test", "part": part}, rows=[held_out])
        stored = stored_verdicts(tmp_path, most=50).stored
        assert sum(n for stratum, n in stored.items() if stratum.split == "test") == 2 * part


def test_one_version_can_be_audited_alone(tmp_path):
    problems = write_judged(tmp_path)
    part = Store(tmp_path).publish("part", recipe={"stage": "test", "part": 1}, rows=[to_table(problems[:12])])
    assert audit(tmp_path, ref="part").sampled == 12
    assert sum(stored_verdicts(tmp_path, part.id, most=9).given.values()) == 60
    with pytest.raises(ConfigError, match="holds no stored rollouts of version"):
        other = generate(SORT, level=1, seed=1, index=0)
        Store(tmp_path).publish("none", recipe={"stage": "test", "part": 2}, rows=[to_table([other])])
        audit(tmp_path, ref="none")


def test_a_draw_written_twice_counts_once_and_truncated_ones_never(tmp_path):
    problems = write_judged(tmp_path, accepts=6, rejects=4)
    ledger = Ledger(tmp_path)
    for table in ("rollouts", "scores"):
        ledger.append(table, ledger.read(table), part="again", run="other")
    cut = Rollout(problems[0].uid, 1, Completion("1, 2", Finish.LENGTH), wrong("truncated"), "p1", "protocol", VERSION)
    hinted = Rollout(
        problems[0].uid, 2, Completion("1", Finish.STOP), wrong("no"), "p1", "protocol", VERSION, 0, "hint"
    )
    ledger.append("rollouts", rollouts_table([cut, hinted]), part="odd", run="other")
    verdicts = stored_verdicts(tmp_path, most=50)
    assert (
        sum(verdicts.stored.values()) == sum(map(len, verdicts.first.values())) == 10
        and sum(verdicts.given.values()) == 50
    )


def test_two_measurements_that_share_a_key_are_audited_as_one_of_them_whatever_its_verdict(tmp_path):
    """The draws 0 of two runs, one accepted and one rejected, both rightly."""
    problems = write_judged(tmp_path, accepts=40, rejects=0)
    other = [
        Rollout(p.uid, 0, Completion("<answer>0</answer>", Finish.STOP), wrong("no", "0"), "p1", "protocol", VERSION)
        for p in problems
    ]
    Ledger(tmp_path).append("rollouts", rollouts_table(other), part="second", run="other")
    found = audit(tmp_path)
    assert found.sampled == 40 and found.disagreements == []
    taken = {stratum.accepted: n for stratum, n in stored_verdicts(tmp_path, most=50).stored.items()}
    assert min(taken[True], taken[False]) > 8


def test_a_family_that_is_gone_is_left_out_and_named(tmp_path, veriloop):
    problems = write_judged(tmp_path, accepts=6, rejects=4)
    gone = to_table([dataclasses.replace(problem, family="seq/gone") for problem in problems[:3]])
    version = Store(tmp_path).publish("gone", recipe={"stage": "test", "part": 3}, rows=[gone])
    uids = {problem.uid for problem in problems[:3]}
    assert {row["uid"] for row in gone.to_pylist()} == uids  # judged problems, under a family of another installation
    shutil.rmtree(tmp_path / "versions" / next(v.id for v in Store(tmp_path).versions() if v.id != version.id))
    with pytest.raises(ConfigError, match="holds no stored rollouts"):
        audit(tmp_path)
    rest = to_table(problems[3:])
    Store(tmp_path).publish("rest", recipe={"stage": "test", "part": 4}, rows=[rest])
    done = veriloop("audit", "--root", tmp_path)
    assert done.code == 0 and "how often: 7 verdicts audited" in done.out
    assert "left out: seq/gone: not installed" in done.out
    shown = veriloop("show", "gone", "--root", tmp_path)
    assert shown.code == 0 and "noise     seq/gone: not installed (now)" in shown.out


def test_an_audit_of_one_version_does_not_hide_that_of_the_root(tmp_path):
    problems = write_judged(tmp_path, falsely_accepted=4)
    Store(tmp_path).publish("part", recipe={"stage": "test", "part": 1}, rows=[to_table(problems[20:50])])
    audit(tmp_path)
    whole = newest(Ledger(tmp_path))
    assert {row["n"] for row in audit(tmp_path, ref="part").rates} == {20, 10}
    assert newest(Ledger(tmp_path)) == whole


def test_an_empty_root_says_what_to_do(tmp_path):
    (tmp_path / "versions").mkdir()
    with pytest.raises(ConfigError, match="holds no stored rollouts to audit: measure with"):
        audit(tmp_path)


def test_a_made_run_is_audited_without_a_disagreement(made_root, tmp_path):
    root = shutil.copytree(made_root, tmp_path / "made")
    found = audit(root)
    assert found.sampled > 100 and found.disagreements == []
    assert {row["judge"] for row in found.rates} == {"plain integers 1"}
    assert all(row["errors"] == 0 and row["rate"] in (0.0, None) for row in found.rates)
    assert {row["split"] for row in found.rates} == {"", "open"}


def test_versions_carry_the_newest_rates_and_keep_their_id(tmp_path, veriloop):
    write_judged(tmp_path / "a", falsely_accepted=4)
    audit(tmp_path / "a")
    ids = []
    for root in (tmp_path / "a", tmp_path / "b"):
        done = veriloop("generate", SORT, "--count", 4, "--out", root, "--json")
        version = json.loads(done.out)
        ids.append(version["id"])
        carried = version["quality"]["verifier_noise"]
        assert [row["said"] for row in carried] == [row["said"] for row in noise_report(root, [SORT])]
    assert ids[0] == ids[1]
    card = (tmp_path / "a" / "versions" / ids[0] / "README.md").read_text()
    assert "| seq/sort | 2 | integer_list | false accept |".replace("2", str(VERSION)) in card
    shown = veriloop("show", ids[0], "--root", tmp_path / "a").out
    assert f"noise     seq/sort verifier {VERSION} integer_list, false accept: " in shown and "(now)" in shown
    assert (
        f"noise     seq/sort verifier {VERSION}: not audited" in veriloop("show", ids[1], "--root", tmp_path / "b").out
    )
    audit(tmp_path / "a", per_stratum=10)
    assert "(when published)" in veriloop("show", ids[0], "--root", tmp_path / "a").out


def test_noise_is_no_part_of_what_quality_says_of_proofs():
    assert "verifier_noise" not in quality_report([])


def test_training_reads_rates_of_open_splits_and_names_the_command_without(tmp_path):
    problems = write_judged(tmp_path, falsely_accepted=4, falsely_rejected=5)
    with pytest.raises(
        ConfigError, match=r"false-accept and false-reject rate of seq/sort.*run `veriloop audit --root"
    ):
        training_noise(Ledger(tmp_path), problems)
    found = audit(tmp_path)
    rates = training_noise(Ledger(tmp_path), problems)
    assert list(rates) == [judged(problems[0])]
    opened = {row["kind"]: row["rate"] for row in found.rates if row["split"] == "open"}
    assert tuple(rates[judged(problems[0])]) == tuple(opened[kind] for kind in KINDS)


def test_a_rate_that_could_be_estimated_goes_before_one_that_could_not(tmp_path):
    write_judged(tmp_path)
    audit(tmp_path)
    ledger = Ledger(tmp_path)
    later = [
        {**row, "rate": None, "why": "later", "audited_utc": "9999"} for row in ledger.read("audits").to_pylist()
    ]  # fmt: skip
    ledger.append("audits", pa.Table.from_pylist(later), part="later", run="audit")
    (kinds,) = newest(ledger).values()
    assert all(row["rate"] is not None for row in kinds.values())
    assert rate_of(kinds["false_accept"]).said().startswith("below")


def test_attacks_are_told_of_the_judging_version_alone():
    counts = attack_counts(SORT, VERSION)
    assert counts is None or counts["hedge"][0] == 0 < counts["hedge"][1]
    assert attack_counts(SORT, 10**6) is None and attack_counts("seq/none", 1) is None


def test_the_command_tells_rates_and_attacks_apart(tmp_path, veriloop):
    write_judged(tmp_path, falsely_accepted=4, rejects=0, accepts=10)
    done = veriloop("audit", "--root", tmp_path, "--per-stratum", 5)
    assert done.code == 0, done.err
    assert done.out.index("how often: 5 verdicts audited") < done.out.index("what can be fooled: attacks")
    assert "disagreed: seq/sort" in done.out
    whole = json.loads(veriloop("audit", "--root", tmp_path, "--json").out)
    assert {row["said"] for row in whole["rates"]} and whole["sampled"] == 10 and whole["appeals"] is None
    assert veriloop("audit", "--root", tmp_path, "--judge-url", "http://x/v1").code == 2
    assert veriloop("audit", "--root", tmp_path / "none").code == 2


def test_anyones_file_is_audited_without_a_root(tmp_path, veriloop):
    rows = [
        *({"a": "7", "b": f"\\boxed{{{n}}}"} for n in (7, 7, 8, 9)), {"a": "1/2", "b": "\\boxed{0.5}"},
        {"a": "1/2", "b": "\\boxed{\\frac{2}{3}}"}, {"a": "", "b": "3"}, {"a": "yes", "b": "no"},
        {"a": "(1, 2]", "b": "\\boxed{(1, 3]}"},
    ]  # fmt: skip
    path = tmp_path / "graded.jsonl"
    path.write_text("not json\n" + "\n".join(json.dumps(row) for row in rows) + "\n")
    done = veriloop("audit", "--file", path, "--gold", "a", "--pred", "b", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    by_type = {(row["answer_type"], row["kind"]): row for row in found["rates"]}
    assert by_type["integer", "false_accept"]["n"] == 2 and by_type["integer", "false_accept"]["errors"] == 0
    assert by_type["rational", "false_reject"]["judge"].startswith("math-verify")
    assert (by_type["boolean", "false_accept"]["rate"], by_type["boolean", "false_accept"]["judge"]) == (0.0, WORDS)
    assert by_type["interval", "false_accept"]["rate"] is None
    assert not (tmp_path / "ledger").exists()
    assert veriloop("audit", "--file", path, "--gold", "a").code == 2
    assert veriloop("audit", "--root", tmp_path, "--gold", "a").code == 2


def test_a_files_type_and_declarations_reach_grader_and_second_opinion_alike(tmp_path, veriloop):
    path = tmp_path / "graded.jsonl"
    path.write_text(
        "".join(json.dumps({"a": [1, 2, 3], "b": f"\\boxed{{{b}}}"}) + "\n" for b in ("3, 2, 1", "1, 2, 4"))
    )

    def counts(*options):
        done = veriloop("audit", "--file", path, "--gold", "a", "--pred", "b", "--json", *options)
        assert done.code == 0, done.err
        rates = json.loads(done.out)["rates"]
        assert {row["errors"] for row in rates} == {0}
        return {(row["answer_type"], row["kind"]): (row["n"], row["abstained"]) for row in rates}

    wrong = {("sequence", "false_accept"): (0, 0), ("sequence", "false_reject"): (1, 1)}
    assert counts() == wrong  # another order than an undeclared one is no certain error
    assert counts("--type", "multiset") == {("multiset", "false_accept"): (1, 0), ("multiset", "false_reject"): (1, 0)}
    assert counts("--declare", "order=any")["sequence", "false_accept"] == (1, 0)
    assert veriloop("audit", "--file", path, "--gold", "a", "--pred", "b", "--type", "mutliset").code == 2
