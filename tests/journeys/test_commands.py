"""Every command with each of its options, typed once, and what it changes; run and deploy have files of their own.

The last test reads the commands off the program: an option that nobody types here is named.
"""

import ast
import csv
import importlib.util
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from typer.main import get_command

from flows.commands.cli import app
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from tests.jsonl import jsonl
from tests.pipeline.store.test_leases import left_by_the_dead
from trainer.policy import TinyConfig, tiny_policy

SOLVED = "def double(x):\n    return 2 * x\n"


@pytest.fixture
def made(veriloop, tmp_path):
    """A root with one version of rows in the compact rendering."""
    root = tmp_path / "made"
    assert veriloop("generate", "seq/sort", "--count", 40, "--rendering", "compact", "--out", root).code == 0
    return root


def listed(veriloop, root):
    return json.loads(veriloop("versions", "--root", root, "--json").out)


def rows_of(veriloop, root, sql):
    return json.loads(veriloop("query", sql, "--root", root, "--json").out)


# bringing problems in


def test_families_are_listed_and_their_cards_written(veriloop, monkeypatch, tmp_path):
    names = [row["name"] for row in json.loads(veriloop("families", "--json").out)]
    assert all(name in veriloop("families").out for name in names)
    monkeypatch.setattr("generators.family.names", lambda: ("seq/parity",))
    monkeypatch.setattr("flows.inspection.installed.names", lambda: ("seq/parity",))
    assert "wrote 1 family cards" in veriloop("families", "--cards", tmp_path / "cards").out
    assert json.loads((tmp_path / "cards" / "seq-parity.json").read_text())["certified"] is True


def test_generate_obeys_each_of_its_options(veriloop, tmp_path):
    def made(name, *options):
        words = ["generate", "seq/maximum", "--out", tmp_path / name, "--count", 12, *options, "--json"]
        version = json.loads(veriloop(*words).out)
        return Store(tmp_path / name).table(version["id"]).to_pylist(), version["id"]

    plain, id_ = made("a", "--level", 2, "--seed", 5, "--rendering", "plain,story", "--region", "max")
    assert {row["level"] for row in plain} == {2} and {row["region"] for row in plain} == {"max"}
    assert {row["rendering"] for row in plain} == {"plain", "story"} and len(plain) == 12
    assert (
        made("b", "--level", 2, "--seed", 5, "--rendering", "plain,story", "--region", "max", "--workers", 2)[1] == id_
    )
    assert made("c", "--level", 2, "--seed", 6, "--rendering", "plain,story", "--region", "max")[1] != id_
    other = made("d", "--level", 1, "--region", "min")[0]
    assert {row["level"] for row in other} == {1} and {row["region"] for row in other} == {"min"}
    assert "compact" not in {row["rendering"] for row in other}


def test_import_obeys_each_of_its_options(veriloop, tmp_path):
    path = jsonl(tmp_path / "a.jsonl", *({"q": f"What is {k}+{k}?", "a": str(2 * k), "src": "x"} for k in range(40)))
    words = ["import", path, "--map", "prompt=q,answer=a", "--root", tmp_path / "r"]
    told = json.loads(
        veriloop(*words, "--name", "sums", "--license", "MIT", "--held-out", "--timeout", 30, "--json").out
    )
    assert (told["name"], told["rows"]) == ("sums", 40)
    rows = Store(tmp_path / "r").table("sums").to_pylist()
    assert {row["split"] for row in rows} == {"test"} and {row["license"] for row in rows} == {"MIT"}
    recipe = json.loads(veriloop("show", "sums", "--root", tmp_path / "r", "--json").out)["recipe"]
    assert (recipe["license"], recipe["held_out"], recipe["mapping"]) == ("MIT", True, "prompt=q,answer=a")
    assert {json.loads(row["params"])["source"] for row in rows} == {"a.jsonl"}
    mapped = "prompt=q,answer=a,source=src"
    open_ = json.loads(veriloop("import", path, "--map", mapped, "--root", tmp_path / "s", "--json").out)
    rows = Store(tmp_path / "s").table("a").to_pylist()
    assert open_["name"] == "a" and {row["split"] for row in rows} >= {"train"}
    assert {json.loads(row["params"])["source"] for row in rows} == {"x"}


def test_import_declares_what_is_said_of_the_answers(veriloop, tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"q": "Name the roots.", "a": "1, 2"})
    for name, options in (("plain", ()), ("declared", ("--declare", "order=any"))):
        done = veriloop("import", path, "--map", "prompt=q,answer=a", "--root", tmp_path / name, *options)
        assert done.code == 0, done.err
    texts = [json.dumps(Store(tmp_path / name).table("a").to_pylist()[0]["params"]) for name in ("plain", "declared")]
    assert "any" not in texts[0] and "any" in texts[1]
    recipes = [Store(tmp_path / name).get("a").recipe for name in ("plain", "declared")]
    assert [recipe["declared"] for recipe in recipes] == [{}, {"order": "any"}]


# asking


def test_query_answers_as_a_table_as_json_and_as_csv(veriloop, made):
    sql = "SELECT count(*) AS n, sum(level) AS levels FROM problems"
    assert rows_of(veriloop, made, sql) == [{"n": 40, "levels": 40}]
    assert re.search(r"\b40\b", veriloop("query", sql, "--root", made).out)
    # CSV goes to the real standard output: tests/flows/commands reads it from a process of its own
    assert veriloop("query", "SELECT 1 AS one", "--root", made, "--csv").code == 0


def test_versions_are_listed_shown_compared_explained_and_made_again(veriloop, made):
    assert veriloop("generate", "seq/sort", "--count", 41, "--rendering", "compact", "--out", made).code == 0
    first, second = sorted(listed(veriloop, made), key=lambda version: version["rows"])
    for word in (first["id"][:12], second["id"][:12]):
        assert word in veriloop("versions", "--root", made).out
    assert json.loads(veriloop("show", first["id"], "--root", made, "--json").out)["rows"] == 40
    assert "40" in veriloop("show", first["id"][:8], "--root", made).out
    found = json.loads(veriloop("diff", first["id"], second["id"], "--root", made, "--json").out)
    assert (found["added"], found["removed"], found["rows"]) == (1, 0, [40, 41])
    assert "1" in veriloop("diff", first["id"], second["id"], "--root", made).out
    uid = rows_of(veriloop, made, "SELECT uid FROM problems LIMIT 1")[0]["uid"]
    told = json.loads(veriloop("why", uid, "--root", made, "--json").out)
    assert {version["version"] for version in told["versions"]} == {first["id"], second["id"]}
    assert uid in veriloop("why", uid[:20], "--root", made).out
    again = json.loads(veriloop("regenerate", second["id"], "--workers", 2, "--root", made, "--json").out)
    assert again["same_id"] and again["equal"] == 41


def test_what_was_left_by_killed_questions_and_what_cannot_be_made_again_is_said(veriloop, made, tmp_path, monkeypatch):
    store = Store(made)
    version = store.get("seq-sort-1")
    store.publish("forged", recipe={**version.recipe, "seed": 9}, rows=[store.table(version)])
    told = veriloop("regenerate", "forged", "--root", made)
    assert told.code == 1 and "NOT proven" in told.out
    assert veriloop("regenerate", version.id, "--root", made).code == 0
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spills"))
    spill = tmp_path / "spills" / left_by_the_dead(1, "veriloop-duckdb")
    spill.mkdir(parents=True)
    (spill / "x").write_bytes(b"12345")
    assert veriloop("gc", "--root", made, "--keep-days", 0, "--delete").code == 0
    assert not spill.exists()


def test_export_obeys_layout_and_split(veriloop, made, tmp_path):
    splits = [row["split"] for row in Store(made).table("seq-sort-1").to_pylist()]
    for options, rows in (
        (("--split", "all"), 40),
        (("--split", "train"), splits.count("train")),
        ((), splits.count("train")),
    ):
        path = tmp_path / f"{rows}-{len(options)}.jsonl"
        assert veriloop("export", "seq-sort-1", path, "--root", made, "--layout", "verl", *options).code == 0
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert len(lines) == rows and {"prompt", "reward_model"} <= set(lines[0])
    text = tmp_path / "text.jsonl"
    assert veriloop("export", "seq-sort-1", text, "--root", made, "--layout", "text").code == 0
    assert {"prompt", "answer"} <= set(json.loads(text.read_text().splitlines()[0]))


def test_garbage_is_named_kept_for_its_days_and_deleted_when_told(veriloop, made):
    Store(made).write_shard("aa", Store(made).table("seq-sort-1"))
    assert json.loads(veriloop("gc", "--root", made, "--keep-days", 1, "--json").out)["found"] == []
    assert json.loads(veriloop("gc", "--root", made, "--keep-days", 0, "--json").out)["deleted"] is False
    assert json.loads(veriloop("gc", "--root", made, "--keep-days", 0, "--delete", "--json").out)["bytes"] > 0
    assert json.loads(veriloop("gc", "--root", made, "--keep-days", 0, "--json").out)["found"] == []


def test_doctor_looks_at_the_root_it_is_given(veriloop, made):
    rows = json.loads(veriloop("doctor", "--root", made, "--json").out)
    assert all(row["ok"] for row in rows)
    assert [row for row in rows if row["check"].startswith("version ") and "seq-sort-1" in row["found"]]
    file = next((made / "versions").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-9])
    assert veriloop("doctor", "--root", made).code == 1


# judging


def test_grade_obeys_each_of_its_options(veriloop, tmp_path):
    rows = [{"k": f"r{k}", "g": "1, 2", "p": ["2, 1", "1, 2", "3"][k % 3]} for k in range(6)]
    path = jsonl(tmp_path / "a.jsonl", *rows)

    def graded(*options):
        done = veriloop("grade", path, "--gold", "g", "--pred", "p", "--json", *options)
        assert done.code == 0, done.err
        return [json.loads(line) for line in done.out.splitlines()]

    assert [row["outcome"] for row in graded()] == ["wrong", "correct", "wrong"] * 2
    assert [row["outcome"] for row in graded("--declare", "order=any")] == ["correct", "correct", "wrong"] * 2
    assert [row["outcome"] for row in graded("--type", "set", "--workers", 2)] == ["correct", "correct", "wrong"] * 2
    assert "r3" in json.dumps(graded("--id", "k")[3])
    out = tmp_path / "verdicts.jsonl"
    assert veriloop("grade", path, "--gold", "g", "--pred", "p", "--out", out, "--timeout", 9).code == 0
    assert len(out.read_text().splitlines()) == 6


def test_a_reply_that_takes_too_long_to_judge_is_undecided_and_several_are_a_failure(veriloop, tmp_path):
    lines = {"kind": "stdin", "stdin": "", "expected": "1 2\n" * 200_000, "checker": "any_order"}
    row = {"tests": [lines], "reply": "```python\nprint('1 2\\n' * 200_000)\n```"}
    path = jsonl(tmp_path / "a.jsonl", row, row)
    words = ("grade", path, "--gold", "tests", "--pred", "reply", "--type", "program", "--json")
    told = veriloop(*words)
    graded = [json.loads(line) for line in told.out.splitlines()]
    if "cannot be run here" in graded[0]["reason"]:
        pytest.skip(graded[0]["reason"])
    assert told.code == 0 and {line["outcome"] for line in graded} == {"correct"}
    late = veriloop(*words, "--timeout", 0.01)
    assert {json.loads(line)["reason"] for line in late.out.splitlines()} == {"verifier over its time limit of 0.01 s"}
    assert late.code == 1 and "2 replies of 2 could not be judged" in late.err


def test_strength_obeys_each_of_its_options(veriloop, tmp_path):
    row = {
        "code": SOLVED, "weak": ["assert double(0) == 0"], "strong": ["assert double(3) == 6"],
        "needs": ["assert double(three) == 6"], "three": "three = 3",
        "head": "def double(x):\n", "body": "    return 2 * x", "two": "two = 2", "name": "double",
        "late": "def double(x):\n    return two * x\n",
        "calls": json.dumps({"inputs": [[3]], "outputs": [6]}),
    }  # fmt: skip
    path = jsonl(tmp_path / "a.jsonl", row)

    def measured(program, tests, *options):
        done = veriloop("strength", path, "--program", program, "--tests", tests, "--json", *options)
        return json.loads(done.out.splitlines()[0])

    strong, weak = measured("code", "strong", "--workers", 2), measured("code", "weak")
    if "cannot be run here" in strong.get("reason", ""):
        pytest.skip(strong["reason"])
    assert strong["killed"] > weak["killed"]
    assert measured("code", "strong", "--limit", 1)["total"] == 1
    assert measured("code", "strong", "--keep", tmp_path / "kept") == strong and any((tmp_path / "kept").rglob("*"))
    for program, tests, *options in (
        ("code", "needs", "--setup", "three"), ("body", "strong", "--entry", "name", "--prompt", "head"),
        ("late", "strong", "--prelude", "two"), ("code", "calls", "--entry", "name"),
    ):  # fmt: skip
        assert measured(program, tests)["outcome"] == "data_error", options
        assert measured(program, tests, *options)["outcome"] == "measured", options


@pytest.fixture
def folder_model(tmp_path):
    """A tiny model as a folder: it answers, seldom rightly."""
    tiny_policy(TinyConfig(hidden=16, layers=1, heads=1, head_dim=16, mlp=32), seed=0).save(tmp_path / "model")
    return tmp_path / "model"


def test_measure_obeys_its_options_for_a_folder(veriloop, made, folder_model):
    def measured(*options):
        done = veriloop("measure", "seq-sort-1", "--root", made, "--path", folder_model, "--max-prompt-tokens", 60,
                        "--template", "base", *options, "--json")  # fmt: skip
        assert done.code == 0, done.err
        return json.loads(done.out)["cells"]

    rows = measured("--draws", 2, "--limit", 5, "--max-completion-tokens", 12, "--sampler", "torch")
    assert (sum(row["problems"] for row in rows), sum(row["n"] for row in rows)) == (5, 10)
    kept = rows_of(veriloop, made, "SELECT sum(n) AS n, max(tokens / n) AS longest FROM scores")
    assert kept[0]["n"] == 10 and kept[0]["longest"] <= 12
    measured("--draws", 1, "--limit", 5, "--max-completion-tokens", 12, "--temperature", 0)
    fields = [json.loads(row["fields"]) for row in rows_of(veriloop, made, "SELECT fields FROM protocols")]
    assert {field["temperature"] for field in fields} == {0, 1} and {
        field["max_prompt_tokens"] for field in fields
    } == {60}
    sequential = measured("--draws", 40, "--limit", 2, "--max-completion-tokens", 9, "--sequential")
    assert sum(row["n"] for row in sequential) < 80
    assert veriloop("measure", "seq-sort-1", "--root", made, "--path", folder_model, "--sampler", "gpu").code == 2
    if importlib.util.find_spec("vllm") is None:  # where it is there, making an engine belongs to the tests of engines
        refused = veriloop("measure", "seq-sort-1", "--root", made, "--path", folder_model, "--sampler", "vllm")
        assert refused.code == 2 and "needs vLLM" in refused.err


def test_what_was_measured_is_audited_and_judged_again(veriloop, made, folder_model):
    words = ["measure", "seq-sort-1", "--root", made, "--path", folder_model, "--max-prompt-tokens", 60]
    assert veriloop(*words, "--max-completion-tokens", 12, "--template", "base", "--draws", 2).code == 0
    few = json.loads(veriloop("audit", "--root", made, "--version", "seq-sort-1", "--per-stratum", 1, "--json").out)
    more = json.loads(veriloop("audit", "--root", made, "--per-stratum", 5, "--json").out)
    most = json.loads(veriloop("audit", "--root", made, "--per-stratum", 1, "--total", 20, "--json").out)
    assert sampled(few) < sampled(more) < sampled(most)
    assert veriloop("audit", "--root", made, "--version", "no-such").code == 1
    again = json.loads(veriloop("reverify", "seq-sort-1", "--root", made, "--workers", 2, "--json").out)
    assert (again["witnesses_judged"], again["changes"]) == (40, 0)
    ledger = Ledger(made)
    rows = ledger.read("rollouts").to_pylist()
    row = next(row for row in rows if row["outcome"] != "correct" and row["finish"] == "stop")
    forged = pa.Table.from_pylist([{**row, "outcome": "correct", "draw": 99}])
    ledger.append("rollouts", forged.drop(["run", "arm", "round"]), part="forged", run=row["run"])
    plain = json.loads(veriloop("reverify", "seq-sort-1", "--root", made, "--json").out)
    everything = json.loads(veriloop("reverify", "seq-sort-1", "--root", made, "--all", "--json").out)
    assert (plain["changes"], everything["changes_under_one_version"]) == (0, 1)


def sampled(told):
    """Return how many verdicts an audit looked at."""
    return told["sampled"]


def test_audit_of_a_file_obeys_its_options(veriloop, tmp_path):
    path = jsonl(tmp_path / "a.jsonl", *({"g": "4", "p": str(k)} for k in range(8)))
    words = ["audit", "--file", path, "--gold", "g", "--pred", "p", "--type", "integer", "--workers", 1]
    told = veriloop(*words, "--declare", "tolerance=0", "--json")
    assert told.code in (0, 2), told.err
    plain = ["audit", "--file", path, "--gold", "g", "--pred", "p", "--json"]
    assert sampled(json.loads(veriloop(*plain).out)) == 8
    assert sampled(json.loads(veriloop(*plain, "--per-stratum", 1).out)) == 2
    assert sampled(json.loads(veriloop(*plain, "--per-stratum", 1, "--total", 6).out)) == 6


def test_report_is_found_where_it_says(veriloop, tiny_run):
    told = veriloop("report", "--root", tiny_run.root, "--run", tiny_run.run_id)
    assert Path(told.out.split("report: ")[1].strip()).is_file()


# nothing is left out

ELSEWHERE = {
    "run": "test_run.py",
    "deploy": "test_deploy.py",
    "measure": "test_measuring.py",
    "audit": "test_endpoints.py",
}
"""Files of this folder in which options of a command are typed too."""


def typed_in(path: Path) -> dict[str, set[str]]:
    """Return the options that a file types, by command; those outside any call of one under ""."""
    found: dict[str, set[str]] = {"": set()}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("--"):
            found[""].add(node.value)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            words = [n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            for command in get_command(app).commands:  # type: ignore[attr-defined]
                if command in words:
                    found.setdefault(command, set()).update(word for word in words if word.startswith("--"))
    return found


def test_every_option_of_every_command_is_typed():
    here = Path(__file__)
    typed = typed_in(here)
    untyped = []
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        known = typed.get(name, set())
        if name in ELSEWHERE:
            known = known | typed_in(here.with_name(ELSEWHERE[name]))[""]
        for option in command.params:
            spelled = {word for word in (*option.opts, *option.secondary_opts) if word.startswith("--")}
            if spelled and not spelled & known and "--help" not in spelled:
                untyped.append(f"{name} {sorted(spelled)[0]}")
    assert untyped == [], "type it in a journey and check what it changes"


def test_csv_is_read_back(shell, made):
    done = shell("query", "SELECT uid, level FROM problems ORDER BY uid", "--root", made, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 40 and {row["level"] for row in rows} == {"1"}
