"""Judged again: flips listed exactly, nothing old touched, nothing done twice, whole after any kill."""

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from filters.measure import measure
from flows.judging.reverify import reverify
from flows.stages.imports import import_version
from flows.stages.publish import generate_version
from flows.stages.score import register_protocol
from flows.telling.tell import reverified_lines
from generators.family import FamilyVerifier, load
from pipeline.errors import ConfigError, FamilyError, StoreError, UndecidedError
from pipeline.problem import Outcome, correct, from_table, to_table, undecided, wrong
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, Rollout, rollouts_table
from pipeline.sampling import ScriptedSampler
from pipeline.score import SCORE_SCHEMA
from pipeline.seeds import uniform
from pipeline.store.ledger import Ledger
from pipeline.store.query import query
from pipeline.store.store import Store
from tests.house.source import ROOT

DRAWS = 4
PROTOCOL = Protocol(max_prompt_tokens=400, max_completion_tokens=200, temperature=1.0)
SLOW_CALLS = (2, 5)
"""Calls of the verifier at which a process is killed: among the rollouts, among the witnesses."""


class Stricter(FamilyVerifier):
    """A next version that refuses right answers to problems whose uid begins with a digit, wherever they stand."""

    def version(self, family):
        return super().version(family) + 1

    def verify(self, problems, replies):
        judged = super().verify(problems, replies)
        return [self.again(problem, verdict) for problem, verdict in zip(problems, judged, strict=True)]

    def again(self, problem, verdict):
        refused = verdict.outcome is Outcome.CORRECT and problem.uid[0].isdigit()
        return wrong("stricter now", verdict.extracted) if refused else verdict


class Looser(Stricter):
    """A next version that accepts every reply it can read."""

    def again(self, problem, verdict):
        return correct("read") if verdict.outcome is Outcome.WRONG else verdict


class Later(Stricter):
    """The version after the next: it refuses where the next one accepts, and accepts where that refused."""

    def version(self, family):
        return super().version(family) + 1

    def again(self, problem, verdict):
        refused = verdict.outcome is Outcome.CORRECT and not problem.uid[0].isdigit()
        return wrong("stricter later", verdict.extracted) if refused else verdict


class Sleepy(Stricter):
    """Stops for ever at one call, and says so in a file."""

    def __init__(self, call, sign):
        self.call, self.sign, self.calls = call, Path(sign), 0

    def verify(self, problems, replies):
        self.calls += 1
        if self.calls == self.call:
            self.sign.touch()
            time.sleep(60)
        return super().verify(problems, replies)


class Broken(Stricter):
    """Fails, by our own fault, on problems whose uid begins with a letter."""

    def again(self, problem, verdict):
        return verdict if problem.uid[0].isdigit() else undecided("Traceback\nValueError: ours")


def script(problems):
    by_prompt = {problem.prompt: problem for problem in problems}

    def reply(prompt, draw):
        problem = by_prompt[prompt]
        luck = uniform("reply", problem.uid, draw)
        if luck < 0.5:
            return f"<answer>{load(problem.family).write(problem.answer, problem.rendering)}</answer>"
        return "<answer>1</answer>" if luck < 0.8 else "x" * 300 if luck < 0.9 else "no idea"

    return reply


def measured(root, verifier, *, keep=DRAWS, count=40, policy="p"):
    """Return a version of one family whose problems were attempted DRAWS times under a verifier."""
    version = generate_version("seq/sort", level=2, count=count, seed=1, out_dir=root, rendering="plain")
    problems = from_table(Store(root).table(version))
    measure(
        problems, sampler=ScriptedSampler(script(problems), policy_id=policy), verifier=verifier, protocol=PROTOCOL,
        n=DRAWS, purpose="report", seed=3, ledger=Ledger(root), context={"run": "r"}, keep_rollouts=keep,
    )  # fmt: skip
    return version


def files(root):
    return {path: path.read_bytes() for path in Path(root).rglob("*") if path.is_file()}


def rows(root, table):
    return sorted(repr(row) for row in Ledger(root).read(table).to_pylist())


def rows_under(root, table, version):
    return sorted(repr(row) for row in Ledger(root).read(table).to_pylist() if row["verifier_version"] == version)


def scores(root, version):
    found = query(root, f"SELECT {', '.join(SCORE_SCHEMA.names)} FROM scores WHERE verifier_version = {version}")
    return sorted(map(repr, found.to_pylist()))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def test_what_flipped_is_listed_exactly_and_what_stands_is_unchanged(root):
    version = measured(root, FamilyVerifier())
    before, old = files(root), Ledger(root).read("rollouts").to_pylist()
    number = FamilyVerifier().version("seq/sort")
    found = reverify(root, version.name, verifier=Stricter())
    assert {path: files(root)[path] for path in before if "refs" not in path.parts} == {
        path: content for path, content in before.items() if "refs" not in path.parts
    }

    problems = from_table(Store(root).table(version))
    refused = {problem.uid for problem in problems if problem.uid[0].isdigit()}
    assert 0 < len(refused) < len(problems)
    new = Store(root).get(found["version"])
    assert new.recipe["verifiers"] == {"seq/sort": number + 1}
    assert (new.inputs, new.parents) == ((version.id,), (version.id,))
    assert Store(root).table(new).to_pylist() == [
        row for row in Store(root).table(version).to_pylist() if row["uid"] not in refused
    ]
    dropped = Store(root).table(new, part="dropped").to_pylist()
    assert {row["uid"] for row in dropped} == refused
    assert {(row["rule"], row["reason"]) for row in dropped} == {("reverify", "witness judged wrong: stricter now")}

    changes = query(root, "SELECT * FROM changes").to_pylist()
    flipped = {(row["uid"], row["draw"]) for row in old if row["outcome"] == "correct" and row["uid"] in refused}
    assert flipped
    assert sorted((row["uid"], row["draw"]) for row in changes if row["what"] == "rollout") == sorted(flipped)
    assert {row["uid"] for row in changes if row["what"] == "witness"} == refused
    assert len(changes) == len(flipped) + len(refused) == found["changes"]
    one = next(row for row in changes if row["what"] == "rollout")
    assert (one["old_version"], one["new_version"], one["old_outcome"], one["new_outcome"]) == (
        number, number + 1, "correct", "wrong",
    )  # fmt: skip
    assert (one["old_reason"], one["new_reason"], one["version"]) == ("correct", "stricter now", version.id)
    assert any("change    rollout" in line and "stricter now" in line for line in reverified_lines(found))


def test_doing_it_again_writes_nothing_and_says_so(root):
    version = measured(root, FamilyVerifier())
    first = reverify(root, version.id, verifier=Stricter())
    done = files(root)
    for ref in (version.id, version.name, first["version"]):
        again = reverify(root, ref, verifier=Stricter())
        assert again["version"] == first["version"]
        assert (again["witnesses_judged"], again["rollouts_judged"], again["scores_derived"]) == (0, 0, 0)
        assert again["rollouts"] == first["rollouts"]
        assert again["changes"] == first["changes"]
        assert any("no witness is judged again" in line for line in reverified_lines(again))
    assert files(root) == done


def test_two_upgrades_are_each_judged_afresh_and_stand_side_by_side(root):
    version = measured(root, FamilyVerifier())
    number = FamilyVerifier().version("seq/sort")

    def judged(later):
        return rows_under(root, "rollouts", number + later), scores(root, number + later)

    first = reverify(root, version.id, verifier=Stricter())
    next_one = judged(1)
    second = reverify(root, version.id, verifier=Later())
    dropped = [Store(root).table(found["version"], part="dropped")["uid"].to_pylist() for found in (first, second)]
    assert not set(dropped[0]) & set(dropped[1]) and len(dropped[0]) + len(dropped[1]) == version.rows
    assert judged(1) == next_one and len(next_one[0]) == len(judged(2)[0]) == version.rows * DRAWS


def test_the_name_finds_what_was_judged_again_whatever_it_found_in_between(root):
    version = measured(root, FamilyVerifier())
    found = reverify(root, version.id, verifier=Stricter())
    Store(root).publish(version.name, recipe={"n": 1}, rows=[Store(root).table(version)])
    assert Store(root).get(version.name).id != found["version"]
    assert reverify(root, version.id, verifier=Stricter())["version"] == found["version"]
    assert Store(root).get(version.name).id == found["version"]


def test_flips_that_a_kill_left_unlisted_are_listed_next_time(root):
    version = measured(root, FamilyVerifier())
    first = reverify(root, version.id, verifier=Stricter())
    for path in Ledger(root).parts("changes"):
        if "-rollout-" in path.name:
            path.unlink()  # as if killed when all was judged and nothing listed, the version published before
    assert reverify(root, version.id, verifier=Stricter())["changes"] == first["changes"]


@pytest.mark.parametrize("next_verifier", [Stricter, Looser])
def test_derived_scores_are_those_of_measuring_anew(root, tmp_path, next_verifier):
    version = measured(root, FamilyVerifier())
    found = reverify(root, version.id, verifier=next_verifier())
    measured(tmp_path / "anew", next_verifier())
    number = next_verifier().version("seq/sort")
    assert found["scores_derived"] == version.rows
    assert found["stale_scores"] == []
    assert scores(root, number) == scores(tmp_path / "anew", number)


def test_read_range_by_range_it_finds_and_writes_the_same(root, tmp_path):
    found = {}
    for place, read_rows in ((root, 100_000), (tmp_path / "parts", 50)):
        version = measured(place, FamilyVerifier())
        measured(place, FamilyVerifier(), keep=1, policy="q")  # whose Scores stay stale
        found[read_rows] = reverify(place, version.id, verifier=Stricter(), read_rows=read_rows)
    whole, parts = found.values()
    assert {**parts, "root": ""} == {**whole, "root": ""}
    assert whole["stale_scores"] and whole["scores_derived"]
    for table in ("rollouts", "scores", "changes"):
        assert rows(root, table) == rows(tmp_path / "parts", table)


def test_scores_with_unknown_draws_stay_stale_and_say_how_to_measure_them(root):
    version = measured(root, FamilyVerifier(), keep=1)
    register_protocol(Ledger(root), PROTOCOL)
    found = reverify(root, version.id, verifier=Stricter())
    assert found["scores_derived"] == 0
    assert [(row["policy"], row["n"], row["draws"]) for row in found["stale_scores"]] == [("p", version.rows, DRAWS)]
    assert found["rollouts_judged"] >= version.rows
    lines = list(reverified_lines(found))
    assert any(line.startswith(f"{version.rows} Scores of p stay stale") for line in lines)
    (hint,) = [line for line in lines if "veriloop measure" in line]
    assert f"veriloop measure {found['version'][:12]} --root {root} --draws {DRAWS}" in hint
    for option in ("--temperature 1", "--max-prompt-tokens 400", "--max-completion-tokens 200", "--template base"):
        assert option in hint


def test_a_score_that_its_stored_draws_do_not_add_up_to_stays_stale(root):
    version = measured(root, FamilyVerifier())
    for path in Ledger(root).parts("rollouts"):
        table = pa.parquet.read_table(path, partitioning=None)
        uid = table["uid"][0].as_py()
        turned = ["wrong" if row["uid"] == uid else row["outcome"] for row in table.to_pylist()]
        pa.parquet.write_table(table.set_column(table.column_names.index("outcome"), "outcome", [turned]), path)
    had = query(root, f"SELECT correct FROM scores WHERE uid = '{uid}'")["correct"][0].as_py()
    assert had > 0
    found = reverify(root, version.id, verifier=Stricter())
    assert found["scores_derived"] == version.rows - 1
    assert [row["n"] for row in found["stale_scores"]] == [1]


def test_replies_that_were_never_judged_keep_their_verdict(root):
    version = generate_version("seq/sort", level=1, count=2, seed=0, out_dir=root)
    first = from_table(Store(root).table(version))[0]
    cut = [
        Rollout(first.uid, 0, Completion("<answer>", Finish.LENGTH, tokens=9), wrong("cut"), "p", "q", 1),
        Rollout(first.uid, 1, Completion("", Finish.ABORT), undecided("the sampler gave up"), "p", "q", 1),
        Rollout(first.uid, 2, Completion("x", Finish.STOP), wrong("?"), "p", "q", 1, view="hinted"),
        Rollout("f" * 32, 0, Completion("x", Finish.STOP), wrong("?"), "p", "q", 1),
    ]
    Ledger(root).append("rollouts", rollouts_table(cut), part="a")
    found = reverify(root, version.id, verifier=Stricter())
    assert found["rollouts_judged"] == 2
    number = Stricter().version("seq/sort")
    kept = query(root, f"SELECT draw, outcome, reason FROM rollouts WHERE verifier_version = {number} ORDER BY draw")
    assert [tuple(row.values()) for row in kept.to_pylist()] == [
        (0, "wrong", "cut"), (1, "undecided", "the sampler gave up"),
    ]  # fmt: skip


def test_our_own_failures_are_no_labels_and_stop_the_work(root):
    version = measured(root, FamilyVerifier(), count=40)
    versions, changes = len(Store(root).versions()), rows(root, "changes")
    with pytest.raises(UndecidedError, match="could not be judged"):
        reverify(root, version.id, verifier=Broken())
    assert len(Store(root).versions()) == versions
    assert rows(root, "changes") == changes
    number = Broken().version("seq/sort")
    assert query(root, f"SELECT uid FROM rollouts WHERE verifier_version = {number} AND outcome = 'undecided'"
                 ).num_rows == 0  # fmt: skip
    mended = reverify(root, version.id, verifier=Stricter())
    assert mended["dropped"] > 0
    assert mended["scores_derived"] == version.rows


def test_one_version_number_with_other_verdicts_is_told_and_not_stored_twice(root):
    version = measured(root, Stricter())
    before = rows(root, "rollouts")
    assert reverify(root, version.id, verifier=Stricter())["changes"] > 0  # the witnesses
    found = reverify(root, version.id, verifier=Looser(), everything=True)
    same = query(root, "SELECT * FROM changes WHERE old_version = new_version").to_pylist()
    assert same
    assert {(row["what"], row["new_outcome"]) for row in same} == {("rollout", "correct")}
    assert rows(root, "rollouts") == before
    assert any("under one version number" in line for line in reverified_lines(found))
    mended = reverify(root, version.id, verifier=Stricter(), everything=True)
    assert (found["changes_under_one_version"], mended["changes_under_one_version"]) == (len(same), 0)


def test_a_version_made_under_the_installed_verifiers_is_not_made_again(root):
    version = measured(root, FamilyVerifier())
    recipe = {**version.recipe, "verifiers": {"seq/sort": FamilyVerifier().version("seq/sort")}}
    table = Store(root).table(version)
    named = Store(root).publish("named", recipe=recipe, rows=[table])
    found = reverify(root, "named", verifier=FamilyVerifier())
    assert found["version"] == named.id
    assert found["rollouts"] == []
    told = " ".join(reverified_lines(found))
    assert "made under the installed verifiers" in told
    assert "no rollouts judged by another verifier" in told
    assert reverify(root, "named", verifier=FamilyVerifier(), everything=True)["version"] != named.id


def test_bad_input_is_refused_before_anything_is_written(root):
    version = generate_version("seq/sort", level=1, count=3, seed=0, out_dir=root)
    problems = from_table(Store(root).table(version))
    odd = Store(root).publish("odd", recipe={"n": 1}, rows=[
        to_table([*problems[:2], dataclasses.replace(problems[2], family_version=99)])
    ])  # fmt: skip
    empty = Store(root).publish("empty", recipe={"n": 2}, rows=[])
    before = files(root)
    with pytest.raises(FamilyError, match="seq/sort version 99 cannot be judged by the installed version"):
        reverify(root, odd.id, verifier=Stricter())
    with pytest.raises(ConfigError, match=r"\(empty\) has no rows"):
        reverify(root, empty.id, verifier=Stricter())
    with pytest.raises(StoreError, match=r"no version 'od' .*did you mean 'odd'"):
        reverify(root, "od", verifier=Stricter())
    assert files(root) == before


def test_imported_text_is_judged_again_end_to_end(root, tmp_path, veriloop):
    source = tmp_path / "golds.jsonl"
    lines = [{"q": f"What is {n} and a half?", "a": f"{2 * n + 1}/2"} for n in range(6)]
    source.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    version, _ = import_version(source, mapping="prompt=q,answer=a", name="halves", root=root)
    problems = {problem.params["question"]: problem for problem in from_table(Store(root).table(version))}
    one, two = problems["What is 1 and a half?"], problems["What is 2 and a half?"]
    told = [
        (one, 0, r"So it is \boxed{\frac{3}{2}}.", wrong("another form", "3/2")),
        (one, 1, r"So it is \boxed{1.5}.", correct("1.5")),
        (two, 0, r"\boxed{7}", correct("7")),
    ]
    rollouts = [
        Rollout(problem.uid, draw, Completion(text, Finish.STOP), verdict, "p", "q", 1)
        for problem, draw, text, verdict in told
    ]
    Ledger(root).append("rollouts", rollouts_table(rollouts), part="hand")
    result = veriloop("reverify", "halves", "--root", root, "--json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert (found["rows"], found["dropped"], found["rollouts_judged"], found["changes"]) == (6, 0, 3, 2)
    sql = "SELECT uid, draw, old_outcome, new_outcome FROM changes ORDER BY old_outcome"
    asked = veriloop("query", sql, "--root", root, "--json")
    assert json.loads(asked.out) == [
        {"uid": two.uid, "draw": 0, "old_outcome": "correct", "new_outcome": "wrong"},
        {"uid": one.uid, "draw": 0, "old_outcome": "wrong", "new_outcome": "correct"},
    ]
    shown = veriloop("reverify", "halves", "--root", root)
    assert shown.code == 0
    assert "no witness is judged again" in shown.out
    assert veriloop("reverify", "quarters", "--root", root).code == 1
    assert veriloop("reverify", "halves", "--root", tmp_path / "nowhere").code == 2


def stop_at(root, call, sign):
    """Judge a root in this process with a verifier that stops for ever at one call."""
    (version,) = [v for v in Store(root).versions() if v.recipe["stage"] == "generate"]
    reverify(root, version.id, verifier=Sleepy(int(call), sign), shard_rows=50)


def test_killed_among_rollouts_and_among_witnesses_it_ends_like_an_undisturbed_one(root, tmp_path):
    measured(root, FamilyVerifier(), count=120)
    version = measured(tmp_path / "calm", FamilyVerifier(), count=120)
    for call in SLOW_CALLS:
        sign = tmp_path / f"call-{call}"
        code = f"from tests.flows.judging.test_reverify import stop_at; stop_at({str(root)!r}, {call}, {str(sign)!r})"
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
        deadline = time.monotonic() + 60
        while not sign.exists():
            assert process.poll() is None, "it ended before the moment to kill it"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert [v.id for v in Store(root).versions()] == [version.id]
    number = Stricter().version("seq/sort")
    begun = query(root, f"SELECT uid FROM rollouts WHERE verifier_version = {number}").num_rows
    assert begun > 0
    end = reverify(root, version.id, verifier=Stricter(), shard_rows=50)
    calm = reverify(tmp_path / "calm", version.id, verifier=Stricter())
    assert end["version"] == calm["version"]
    assert end["rollouts_judged"] < calm["rollouts_judged"]
    for table in ("rollouts", "scores", "changes"):
        assert rows(root, table) == rows(tmp_path / "calm", table)
