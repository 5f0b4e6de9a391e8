"""The command from outside: fixed names, one clear message for what is wrong, exit codes 0, 1 and 2."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from flows.commands.options import progress
from generators.family import names
from pipeline.store.store import Store
from tests.flows.tiny import TINY
from tests.house.source import ROOT


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture
def made(veriloop, tmp_path):
    assert veriloop("generate", "seq/sort", "--count", 6, "--out", tmp_path / "made").code == 0
    return tmp_path / "made"


def refused(result, code, *parts):
    """Check that a command ended with one message for people and nothing else of alarm."""
    assert result.code == code, result
    assert "Traceback" not in result.out + result.err
    messages = [line for line in result.err.splitlines() if "Error: " in line]
    assert len(messages) == 1, result.err
    for part in parts:
        assert part in messages[0]


def test_families_are_one_json_list(veriloop):
    rows = json.loads(veriloop("families", "--json").out)
    assert [row["name"] for row in rows] == list(names())
    assert "np/tsp" in veriloop("families").out


def test_every_fixed_command_exists_and_explains_itself(veriloop):
    fixed = "families generate run query grade import versions show diff why regenerate export report deploy gc doctor"
    listed = veriloop("--help").out
    for name in fixed.split():
        assert name in listed
        assert veriloop(name, "--help").code == 0


def test_generate_says_what_it_wrote_and_what_to_try(veriloop, tmp_path):
    told = veriloop("generate", "np/tsp", "--level", 1, "--count", 4, "--seed", 3, "--out", tmp_path / "a")
    assert told.code == 0
    assert "wrote 4 problems" in told.out
    assert "try: veriloop query" in told.out
    options = ["--workers", 2, "--rendering", "plain", "--json"]
    found = json.loads(veriloop("generate", "np/tsp", "--count", 4, "--out", tmp_path / "b", *options).out)
    assert found["rows"] == 4
    assert len(found["id"]) == 32
    assert len(list(Path(found["path"]).glob("*.parquet"))) == len(found["files"])


def test_generate_asks_in_words_unless_renderings_are_named(veriloop, tmp_path):
    def drawn(*options):
        root = tmp_path / "-".join(["r", *options])
        assert veriloop("generate", "np/knapsack", "--count", 40, "--out", root, *options).code == 0
        rows = veriloop("query", "SELECT rendering FROM problems", "--root", root, "--json").out
        return {row["rendering"] for row in json.loads(rows)}

    assert drawn() == {"plain", "story", "json"}
    assert drawn("--rendering", "story,plain") == {"plain", "story"}
    assert drawn("--rendering", "compact") == {"compact"}
    listed = veriloop("generate", "np/tsp", "--rendering", "plain,poem", "--out", tmp_path / "x")
    refused(listed, 2, "no rendering 'poem'", "'compact'")


def test_bad_requests_end_with_2_and_name_the_limit(veriloop, tmp_path):
    def generate(*arguments):
        return veriloop("generate", *arguments, "--out", tmp_path / "x")

    refused(generate("seq/sorted"), 2, "'seq/sorted'", "did you mean 'seq/sort'")
    refused(generate("seq/sort", "--level", 0), 2, "level 0", "1 and up")
    refused(generate("seq/maximum", "--count", 10**6), 1, "has 4977", "lower --count")
    assert generate("seq/sort", "--count", "many").code == 2
    assert veriloop("nonsense").code == 2
    assert not (tmp_path / "x").exists()


def test_query_answers_in_three_forms(veriloop, made):
    ask = ["query", "SELECT family, count(*) AS n FROM problems GROUP BY ALL", "--root", made]
    assert json.loads(veriloop(*ask, "--json").out) == [{"family": "seq/sort", "n": 6}]
    assert "seq/sort" in veriloop(*ask).out


def test_query_prints_csv(made):
    command = [sys.executable, "-m", "flows.commands.cli", "query", "SELECT uid, prompt FROM problems", "--csv"]
    done = subprocess.run([*command, "--root", made], capture_output=True, text=True, check=True, cwd=ROOT)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 6
    assert set(rows[0]) == {"uid", "prompt"}


def test_query_shows_any_text_as_it_is(veriloop, made):
    sql = "SELECT '[/red] [b]x' AS a, NULL AS b, 'nan'::DOUBLE AS c, now() AS d"
    assert "[/red] [b]x" in veriloop("query", sql, "--root", made).out
    (row,) = json.loads(veriloop("query", sql, "--root", made, "--json").out)
    assert row["c"] is None


def test_sums_are_numbers_for_programs(veriloop, made):
    sql = "SELECT sum(level) AS total, sum(1.25) AS exact, sum(level) / 4 AS share, [1.5] AS list FROM problems"
    (row,) = json.loads(veriloop("query", sql, "--root", made, "--json").out)
    assert row == {"total": 6, "exact": 7.5, "share": 1.5, "list": [1.5]}
    assert isinstance(row["total"], int)
    refused(veriloop("query", "SELECT 1 AS a, 2 AS a", "--root", made, "--json"), 2, "2 columns are called 'a'", "AS")


def test_csv_gives_uids_that_why_takes_and_lists_as_text(veriloop, made):
    command = [
        sys.executable,
        "-m",
        "flows.commands.cli",
        "query",
        "SELECT uid, ['a', 'b'] AS l FROM problems",
        "--csv",
    ]
    done = subprocess.run([*command, "--root", made], capture_output=True, text=True, check=True, cwd=ROOT)
    cell = done.stdout.splitlines()[1].partition(",")[0]
    assert veriloop("why", cell, "--root", made).code == 0
    assert next(csv.DictReader(io.StringIO(done.stdout)))["l"] == '["a", "b"]'


def test_what_does_not_fit_side_by_side_is_shown_as_lists(veriloop, made):
    told = veriloop("query", "SELECT * FROM problems", "--root", made).out
    for row in Store(made).table("seq-sort-1").to_pylist():
        assert row["uid"] in told
        assert " ".join(row["prompt"].split()) in told
    assert "6 of 6 rows, as lists" in told
    assert "as lists" not in veriloop("query", "SELECT uid, level, prompt FROM problems", "--root", made).out


def test_bad_questions_name_the_nearest(veriloop, made, tmp_path):
    def query(sql, root=made):
        return veriloop("query", sql, "--root", root)

    refused(query("SELECT prompts FROM problems"), 2, "did you mean 'prompt'")
    refused(query("SELECT * FROM problem"), 2, "did you mean 'problems'")
    refused(query("SELEC 1"), 2, "syntax error")
    refused(query("DROP VIEW problems"), 2, "not allowed")
    refused(query("SELECT 1", tmp_path / "nowhere"), 2, "nowhere is not there", "--root")
    (tmp_path / "empty").mkdir()
    assert "0" in query("SELECT count(*) FROM scores", tmp_path / "empty").out


def test_grade_gives_one_object_a_row_in_order(veriloop, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"g": "5", "p": "5"}\nbroken\n{"g": "\\\\frac12", "p": "0.5"}\n{"g": "5", "p": "\\ud800"}\n')
    result = veriloop("grade", path, "--gold", "g", "--pred", "p", "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["row"] for row in rows] == [0, 1, 2, 3]
    assert [row["outcome"] for row in rows] == ["correct", "data_error", "correct", "malformed"]
    assert all({"row", "outcome", "reason"} <= set(row) for row in rows)
    assert "2 correct" in veriloop("grade", path, "--gold", "g", "--pred", "p").out
    refused(veriloop("grade", path, "--gold", "gold", "--pred", "p"), 2, "no column 'gold'")
    refused(veriloop("grade", path, "--gold", "g", "--pred", "p", "--type", "int"), 2, "'int'")


def test_import_publishes_and_names_what_it_refused(veriloop, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"q": "2+2?", "a": "4"}\nbroken\n')
    result = veriloop("import", path, "--map", "prompt=q,answer=a", "--root", tmp_path / "run")
    assert result.code == 0
    assert "line 2 refused" in result.out
    assert "imported 1 problems" in result.out
    refused(veriloop("import", path, "--map", "prompt=qq,answer=a", "--root", tmp_path / "x"), 2, "did you mean 'q'")
    refused(veriloop("import", path, "--map", "promt=q,answer=a", "--root", tmp_path / "x"), 2, "did you mean 'prompt'")
    refused(veriloop("import", tmp_path / "no.jsonl", "--root", tmp_path / "x"), 2, "no.jsonl")


def test_versions_can_be_listed_shown_compared_and_proven(veriloop, made):
    (version,) = json.loads(veriloop("versions", "--root", made, "--json").out)
    short = version["id"][:8]
    assert short in veriloop("versions", "--root", made).out
    assert "seq/sort level 1" in veriloop("show", short, "--root", made).out
    assert "no difference" in veriloop("diff", short, version["name"], "--root", made).out
    assert json.loads(veriloop("regenerate", short, "--root", made, "--json").out)["same_id"]
    assert "6 of 6 rows" in veriloop("regenerate", short, "--root", made).out
    uid = Store(made).table(version["id"])["uid"][0].as_py()
    assert json.loads(veriloop("why", uid, "--root", made, "--json").out)["problem"][0]["uid"] == uid
    refused(veriloop("show", "absent", "--root", made), 1, "no version 'absent'", "seq-sort-1")
    assert veriloop("doctor", "--root", made).code == 0


def test_a_corrupt_version_fails_with_its_file_named(veriloop, made):
    file = next((made / "versions").rglob("*.parquet"))
    file.write_bytes(b"PAR1" + file.read_bytes()[4:-2])
    refused(veriloop("show", "seq-sort-1", "--root", made), 1, file.name)
    assert veriloop("doctor", "--root", made).code == 1


def test_a_version_is_exported_by_split_and_comes_back(veriloop, made, tmp_path):
    splits = Store(made).table("seq-sort-1")["split"].to_pylist()
    told = veriloop("export", "seq-sort-1", tmp_path / "a.parquet", "--root", made)
    assert f"wrote {splits.count('train')} of {len(splits)} problems (split train)" in told.out
    assert veriloop("export", "seq-sort-1", tmp_path / "b.jsonl", "--split", "all", "--root", made).code == 0
    back = veriloop("import", tmp_path / "b.jsonl", "--root", tmp_path / "run", "--json")
    assert json.loads(back.out)["rows"] == len(splits)
    text = tmp_path / "c.jsonl"
    assert veriloop("export", "seq-sort-1", text, "--layout", "text", "--root", made).code == 0
    assert [set(json.loads(line)) for line in text.read_text().splitlines()] == [
        {"prompt", "answer", "source", "extra_info"}
    ] * splits.count("train")

    def export(*arguments):
        return veriloop("export", "seq-sort-1", *arguments, "--root", made)

    refused(export(tmp_path / "d.jsonl", "--layout", "vrl"), 2, "unknown layout 'vrl', did you mean 'verl'")
    refused(export(tmp_path / "d.jsonl", "--split", "tset"), 2, "did you mean 'test'")
    refused(export(tmp_path / "d.csv"), 2, "suffix")
    refused(export(tmp_path / "d.jsonl", "--layout", "programs"), 2, "only code/tests")


def test_garbage_is_named_and_goes_when_told(veriloop, made):
    Store(made).write_shard("aa", Store(made).table("seq-sort-1"))
    assert json.loads(veriloop("gc", "--root", made, "--json").out) == {"deleted": False, "bytes": 0, "found": []}
    told = veriloop("gc", "--root", made, "--keep-days", 0)
    assert "would delete 1 files of shards" in told.out
    assert f"try: veriloop gc --root {made} --keep-days 0 --delete" in told.out
    gone = json.loads(veriloop("gc", "--root", made, "--keep-days", 0, "--delete", "--json").out)
    paths = [row["path"] for row in gone["found"] if row["kind"] == "shard"]
    assert gone["deleted"] and paths == ["shards/aa/aa.parquet"]
    assert "0 files of shards" in veriloop("gc", "--root", made, "--keep-days", 0).out
    assert veriloop("show", "seq-sort-1", "--root", made).code == 0
    refused(veriloop("gc", "--root", made / "nowhere"), 2, "nowhere is not there")


def test_a_run_refuses_what_it_cannot_use_before_it_works(veriloop, config, tmp_path):
    def run(*sets):
        options = [word for value in (f"data_dir={tmp_path / 'run'}", *sets) for word in ("--set", value)]
        return veriloop("run", config, "--no-prefect", *options)

    refused(run("loop.runds=1"), 2, "loop.runds", "did you mean 'rounds'")
    refused(run("cells.0.family=seq/sorted"), 2, "did you mean 'seq/sort'")
    refused(run("policy={path: /nowhere/model}"), 2, "/nowhere/model is no model")
    refused(veriloop("run", tmp_path / "no.yaml"), 2, "no.yaml", "demo.yaml")
    refused(veriloop("report", "--root", tmp_path), 2, "holds no run")


def test_an_interruption_says_how_to_go_on(capsys):
    with pytest.raises(typer.Exit) as end, progress():
        raise KeyboardInterrupt
    assert end.value.exit_code == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_what_the_disk_refuses_is_one_message_and_loses_nothing(config, tmp_path):
    """A limit on file size stands for the full disk: versions still fit, the first checkpoint does not."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, resource.RLIM_INFINITY))

    root = tmp_path / "run"
    command = [sys.executable, "-m", "flows.commands.cli", "run", config, "--no-prefect", "--set", f"data_dir={root}"]
    command += ["--set", "policy.tiny.hidden=64"]  # weights of 150 kB
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, preexec_fn=limit, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "StoreError: cannot write" in done.stderr
    assert "run the same command again" in done.stderr
    store = Store(root)
    assert len(store.versions()) == 3
    for version in store.versions():
        store.check(version)
