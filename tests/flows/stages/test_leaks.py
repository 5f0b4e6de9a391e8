"""Held out means held out: no way to bring a benchmark's question leads into train, and conflicts are told."""

import dataclasses
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from filters.rule import apply
from flows.inspection.regenerate import prove
from flows.stages.curate import references_of, rule_context
from flows.stages.exports import export_version
from flows.stages.imports import findings, import_version
from flows.stages.publish import dataset, generate_version
from pipeline.choice.mixture import Cell
from pipeline.errors import ConfigError
from pipeline.problem import from_table
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from tests.flows.tiny import tiny
from tests.jsonl import jsonl
from tests.real_cases import case_file, needs_cases

MAP = "prompt=question,answer=answer"
BENCH = [
    *({"question": f"Ann buys {n} pens for ${n + 1} and sells 2. How many has Ann's shop?", "answer": str(n - 2)}
      for n in range(3, 23)),
    *({"question": f"Let $x^2 + \\frac{{1}}{{2}} = {n}$. Find $x \\times 2$.", "answer": str(n)} for n in range(20)),
]  # fmt: skip


def bring(root: Path, rows, name: str, *, mapping: str = MAP, **options):
    return import_version(jsonl(root.parent / f"{name}.jsonl", *rows), mapping=mapping, name=name, root=root, **options)


def open_rows(root: Path, ref: str) -> list[str]:
    table = Store(root).table(ref, columns=["split", "prompt"])
    return [prompt for split, prompt in zip(*table.to_pydict().values(), strict=True) if split != "test"]


@pytest.fixture
def root(tmp_path) -> Path:
    """A root that holds BENCH out."""
    bring(tmp_path / "run", BENCH, "bench", held_out=True)
    return tmp_path / "run"


LONG = "Let's think step by step and output the final answer within \\boxed{}."
SPELLINGS = {
    "as it is": lambda q: q,
    "case": str.upper,
    "spacing": lambda q: "\n " + q.replace(" ", "  ") + "\t",
    "no-break spaces": lambda q: q.replace(" ", "\u00a0"),
    "zero width": lambda q: q.replace(" ", "\u200b "),
    "full width": lambda q: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in q),
    "curly quotes and a minus": lambda q: q.replace("'", "’").replace("-", "−"),
    "no mark at the end": lambda q: q.rstrip("?."),
    "other marks at the end": lambda q: q.rstrip("?.") + " :",
    "no dollars round formulas": lambda q: re.sub(r"\$([^$0-9][^$]*)\$", r"\1", q),
    "brackets round formulas": lambda q: re.sub(r"\$([^$0-9][^$]*)\$", r"\\(\1\\)", q),
    "commands": lambda q: q.replace("\\frac", "\\dfrac").replace("\\times", "×").replace("^2", "²"),
    "thin spaces": lambda q: q.replace(" = ", "\\,=\\,"),
    "label": lambda q: f"Question: {q}\nAnswer:",
    "instruction": lambda q: f"{q} {LONG}",
    "our instruction": lambda q: f"{q}\n\nReason step by step, then put the final answer in \\boxed{{}}.",
}


@pytest.mark.parametrize("respell", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_held_out_question_in_another_spelling_is_dropped_and_names_its_version(root, respell):
    other = {"question": "What is 5 + 6?", "answer": "11"}
    respelt = [{**row, "question": respell(row["question"])} for row in BENCH]
    version, faults = bring(root, [*respelt, other], "train")
    assert not faults
    assert [prompt for prompt in open_rows(root, "train") if "5 + 6" not in prompt] == []
    dropped = Store(root).table(version, part="dropped").to_pylist()
    assert version.rows + len(dropped) == 41
    assert {(row["rule"], row["reason"]) for row in dropped} == {
        ("held_out", f"held out: in test of bench {Store(root).get('bench').id[:8]}")
    }
    assert version.inputs == (Store(root).get("bench").id,)


def test_other_answers_files_and_mappings_are_the_same_questions(root, tmp_path):
    bring(root, [{**row, "answer": "7"} for row in BENCH], "answers")
    bring(root, [{"p": r["question"], "s": f"#### {r['answer']}"} for r in BENCH], "map", mapping="prompt=p,solution=s")
    pq.write_table(pa.Table.from_pylist(BENCH), tmp_path / "t.parquet")
    import_version(tmp_path / "t.parquet", mapping=MAP, name="parquet", root=root)
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Q"}]
    verl = [
        {"data_source": "x", "prompt": [turns[0], {**turns[1], "content": row["question"]}],
         "reward_model": {"ground_truth": row["answer"]}, "extra_info": {"split": "train"}}
        for row in BENCH
    ]  # fmt: skip
    bring(root, verl, "verl", mapping="")
    assert [open_rows(root, name) for name in ("answers", "map", "parquet", "verl")] == [[]] * 4


@pytest.mark.parametrize("layout", ["verl", "text"])
@pytest.mark.parametrize("stripped", [False, True])
def test_test_rows_that_are_exported_and_brought_again_stay_out_of_train(root, tmp_path, layout, stripped):
    generate_version("np/knapsack", level=2, count=80, seed=0, out_dir=root, rendering="story")
    for ref in ("bench", "np-knapsack-2"):
        path = tmp_path / "rows.jsonl"
        written = export_version(root, ref, path, layout=layout, split="test").written
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows if stripped else ():
            del row["extra_info"]
        version, faults = bring(root, rows, "again", mapping="" if layout == "verl" else "prompt=prompt,answer=answer")
        assert written >= 2 and not faults and open_rows(root, "again") == []
        assert stripped or version.rows == written  # they know where they come from, and are no loss


def test_a_row_keeps_the_split_it_was_exported_from_in_another_root(root, tmp_path):
    export_version(root, "bench", tmp_path / "rows.parquet", split="test")
    version, _ = import_version(tmp_path / "rows.parquet", mapping="", name="again", root=tmp_path / "other")
    assert version.rows == 40 and open_rows(tmp_path / "other", "again") == []


def test_a_question_is_held_out_across_families(tmp_path):
    root = tmp_path / "run"
    code = [
        {"q": f"Write f, which adds {n} to its argument.", "t": [f"assert f(1) == {n + 1}"],
         "a": f"def f(x):\n    return x + {n}"}
        for n in range(8)
    ]  # fmt: skip
    bring(root, code, "bench", mapping="prompt=q,tests=t,answer=a", held_out=True)
    bring(root, [{"question": row["q"].upper(), "answer": "7"} for row in code], "train")
    assert open_rows(root, "train") == []


def test_a_benchmark_question_with_two_answers_is_held_out_all_the_same(tmp_path):
    root = tmp_path / "run"
    version, _ = bring(root, [*BENCH, {**BENCH[0], "answer": "99"}], "bench", held_out=True)
    assert version.dropped == {"conflict": 2}
    bring(root, BENCH, "train")
    assert open_rows(root, "train") == []


def test_a_refused_row_of_a_benchmark_is_said_not_to_be_held_out(tmp_path):
    _, faults = bring(tmp_path / "run", [*BENCH, {"question": "Q?", "answer": None}], "bench", held_out=True)
    assert [fault["reason"].endswith("(its question is not held out)") for fault in faults] == [True]


def test_a_benchmark_that_comes_late_is_told_and_exports_leave_it_out(tmp_path):
    root = tmp_path / "run"
    others = [{"question": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(50)]
    train, _ = bring(root, [*BENCH, *others], "train")
    bench, _ = bring(root, BENCH, "bench", held_out=True)
    shown = len([prompt for prompt in open_rows(root, "train") if "+ 1?" not in prompt])
    (told,) = findings(root, bench)["shown"]
    assert (told["name"], told["version"], told["questions"]) == ("train", train.id, shown) and shown > 30
    assert told["example"] in {row["question"] for row in BENCH}
    for layout in ("verl", "text"):
        for split in ("train", "probe", "all"):
            exported = export_version(root, "train", tmp_path / "x.jsonl", layout=layout, split=split)
            rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
            asked = [json.loads(row["extra_info"]["params"])["question"] for row in rows]
            held = {row["question"] for row in BENCH}
            kept = [row["extra_info"]["split"] for row, text in zip(rows, asked, strict=True) if text in held]
            assert set(kept) <= {"test"} and exported.written == len(rows) > 0
            assert set(exported.left_out) <= {f"bench {bench.id[:8]}"}
    assert sum(exported.left_out.values()) == shown
    with pytest.raises(ConfigError, match=r"all \d+ rows of split train of version bench2 are held out, by bench"):
        import_version(jsonl(tmp_path / "b.jsonl", *BENCH), mapping=MAP, name="bench2", root=tmp_path / "two")
        import_version(tmp_path / "b.jsonl", mapping=MAP, name="bench", root=tmp_path / "two", held_out=True)
        export_version(tmp_path / "two", "bench2", tmp_path / "x.jsonl")


def test_a_file_brought_with_and_without_held_out_leaves_nothing_in_train(tmp_path):
    root = tmp_path / "run"
    rows = [{"question": f"What is {n} times 3?", "answer": str(3 * n)} for n in range(200)]
    bring(root, rows, "bench", held_out=True)
    version, _ = bring(root, rows, "train")
    assert open_rows(root, "train") == [] and version.rows + sum(version.dropped.values()) == 200


def test_an_import_that_meets_nothing_is_the_same_beside_any_benchmark(root, tmp_path):
    rows = [{"question": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(5)]
    assert bring(root, rows, "train")[0].id == bring(tmp_path / "alone", rows, "train")[0].id


@pytest.mark.parametrize("layout", ["verl", "text"])
def test_generation_leaves_out_what_was_declared_held_out(tmp_path, layout):
    source, root, path = tmp_path / "source", tmp_path / "run", tmp_path / "rows.jsonl"
    generate_version("np/knapsack", level=2, count=30, seed=0, out_dir=source, rendering="plain")
    export_version(source, "np-knapsack-2", path, layout=layout, split="train")
    mapping = "" if layout == "verl" else "prompt=prompt,answer=answer"
    bench, _ = import_version(path, mapping=mapping, name="bench", root=root, held_out=True)
    assert {cell.family for cell in bench.cells} == {"np/knapsack"}
    made = generate_version("np/knapsack", level=2, count=40, seed=0, out_dir=root, rendering="story")
    held = set(Store(root).table(bench, columns=["instance_hash"])["instance_hash"].to_pylist())
    found = set(Store(root).table(made, columns=["instance_hash"])["instance_hash"].to_pylist())
    assert not held & found and made.dropped == {"held_out": len(held)} and made.rows + len(held) == 40
    assert made.inputs == (bench.id,)
    assert prove(root, made.id)["same_id"]
    assert generate_version("np/knapsack", level=2, count=40, seed=0, out_dir=root, rendering="story") == made


def test_a_run_trains_on_nothing_that_was_declared_held_out(tmp_path):
    cell = Cell("seq/sort", 1, "ascending")
    run = tiny(tmp_path / "run")
    before = dataset(run, "a", {cell: 20}, split="train", seed=1)
    export_version(run.root, before.id, tmp_path / "rows.jsonl")
    rows = (tmp_path / "rows.jsonl").read_text().splitlines()[:5]
    bench, _ = bring(run.root, rows, "bench", mapping="", held_out=True)
    after = dataset(run, "a", {cell: 20}, split="train", seed=1)
    assert after.id != before.id and after.inputs == (bench.id,) and after.dropped == {"held_out": 5}
    assert prove(run.root, after.id)["same_id"]
    assert dataset(run, "a", {cell: 20}, split="train", seed=1) == after
    bring(run.root, (tmp_path / "rows.jsonl").read_text().splitlines()[5:9], "more", mapping="", held_out=True)
    for older in (before, after):
        assert prove(run.root, older.id)["same_id"], "what is held out since makes no older version another"
    test = {cell: 4}
    assert dataset(run, "t", test, split="test", seed=1).inputs == ()


CONFLICT = [
    {"question": "What is 7 times 12?", "answer": "84"},
    {"question": "What is 7 times 12?", "answer": "85"},
    {"question": "WHAT IS 7 TIMES 12", "answer": "84.0"},
    {"question": "What is half of 1?", "answer": "1/2"},
    {"question": "What is half of  1?", "answer": "0.5"},
    {"question": "What is 7 times 13?", "answer": "91"},
]


def test_two_answers_to_one_question_are_a_conflict_and_two_spellings_of_one_are_none(tmp_path):
    version, _ = bring(tmp_path / "run", CONFLICT, "rows")
    dropped = Store(tmp_path / "run").table(version, part="dropped").to_pylist()
    conflicts = sorted(row["reason"] for row in dropped if row["rule"] == "conflict")
    assert conflicts == ["two answers to one question: 84 and 85"] * 2 + ["two answers to one question: 84.0 and 85"]
    assert version.dropped == {"conflict": 3, "exact_duplicate": 1} and version.rows == 2
    told = findings(tmp_path / "run", version)["conflicts"]
    assert (told["rows"], told["questions"]) == (3, 1)
    assert [set(example) for example in told["examples"]] == [{"question", "reason"}]


def test_an_answer_that_passes_for_another_agrees_only_if_that_one_passes_for_it_too(tmp_path):
    """25 is taken for 25%, but 25% is a quarter where the gold is 25: neither row is trained on."""
    rows = [{"question": "How much of it is left?", "answer": answer} for answer in ("25%", "25")]
    version, _ = bring(tmp_path / "run", [*rows, BENCH[0]], "rows")
    assert version.dropped == {"conflict": 2} and version.rows == 1


def test_another_answer_in_another_version_is_told(veriloop, tmp_path):
    root, one = tmp_path / "run", [{"question": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(9)]
    other = [{**row, "answer": row["answer"] + (".0" if n else "5")} for n, row in enumerate(one)]
    bring(root, one, "one")
    path = jsonl(tmp_path / "other.jsonl", *other)
    told = veriloop("import", path, "--map", MAP, "--root", root)
    assert "CONFLICT: 1 question(s) have another answer in one " in told.out and "(here 15, there 1)" in told.out
    (found,) = json.loads(veriloop("import", path, "--map", MAP, "--root", root, "--json").out)["disputed"]
    assert (found["name"], found["questions"], found["answers"]) == ("one", 1, {"here": "15", "there": "1"})
    assert findings(root, Store(root).get("one"))["disputed"][0]["name"] == "other"


def test_every_row_of_an_import_has_one_decision(tmp_path):
    root = tmp_path / "run"
    bring(root, BENCH[:4], "bench", held_out=True)
    for _ in range(2):  # again is the same work, and doubles nothing
        version, _ = bring(root, [*CONFLICT, *BENCH], "rows")
    ledger = Ledger(root).read("decisions").to_pylist()
    runs = {row["run"] for row in ledger}
    mine = [row for row in ledger if row["run"] == f"import-{version.recipe_id[:8]}"]
    assert len(runs) == 2 and len(mine) == version.rows + sum(version.dropped.values()) == 46
    assert sum(row["action"] == "keep" for row in mine) == version.rows
    drops = [row["rule"] for row in mine if row["action"] == "drop"]
    assert {rule: drops.count(rule) for rule in drops} == version.dropped


def test_the_command_says_conflicts_what_is_held_out_and_who_has_seen_it(veriloop, tmp_path):
    root, path = tmp_path / "run", jsonl(tmp_path / "rows.jsonl", *CONFLICT, *BENCH)
    bench = jsonl(tmp_path / "bench.jsonl", *BENCH)
    told = veriloop("import", path, "--map", MAP, "--root", root)
    assert told.code == 0 and "CONFLICT: 3 rows of 1 question dropped" in told.out and " and 85" in told.out
    late = veriloop("import", bench, "--map", MAP, "--held-out", "--root", root)
    assert "SHOWN: " in late.out and "of this test stand in train or probe of rows" in late.out
    again = veriloop("import", path, "--map", MAP, "--root", root, "--json")
    found = json.loads(again.out)
    assert found["held_out"]["questions"] > 30 and found["conflicts"]["rows"] == 3 and found["shown"] == []
    assert "held out: in test of bench" in found["held_out"]["examples"][0]["reason"]
    plain = veriloop("import", path, "--map", MAP, "--root", root)
    assert f"HELD OUT: {found['held_out']['rows']} rows" in plain.out
    exported = veriloop("export", json.loads(again.out)["id"], tmp_path / "x.jsonl", "--root", root)
    assert exported.code == 0 and "left out" not in exported.out
    why = veriloop("query", "SELECT reason FROM dropped WHERE rule = 'conflict'", "--root", root, "--json")
    assert "84 and 85" in why.out


def test_exports_of_a_version_that_showed_them_say_what_they_leave_out(veriloop, tmp_path):
    root, rows = tmp_path / "run", [*BENCH, *({"question": f"What is {n} + 1?", "answer": "1"} for n in range(9))]
    bring(root, rows, "train")
    bring(root, BENCH, "bench", held_out=True)
    told = veriloop("export", "train", tmp_path / "x.parquet", "--root", root, "--layout", "text")
    assert told.code == 0 and "that are held out by bench " in told.out


@needs_cases
def test_real_leaks_are_closed_in_both_orders(tmp_path):
    bench, train = (case_file(f"realcases/leak_{name}.jsonl") for name in ("bench", "train"))
    first, then = (tmp_path / name for name in ("first", "then"))
    solved = "prompt=problem,solution=solution"
    import_version(bench, mapping=MAP, name="bench", root=first, held_out=True)
    version, _ = import_version(train, mapping=solved, name="train", root=first)
    assert version.dropped == {"conflict": 3, "held_out": 1}
    import_version(train, mapping=solved, name="train", root=then)
    late, _ = import_version(bench, mapping=MAP, name="bench", root=then, held_out=True)
    assert [told["questions"] for told in findings(then, late)["shown"]] == [1]


@needs_cases
def test_imported_benchmarks_as_references_mark_the_rows_that_share_their_words_and_no_others(tmp_path):
    """Three rows share 13 words with a test question: a train of 270 miles, Bella's stamps, a pair of movies."""
    for name, file in (("test", "benchmarks/gsm8k_test.jsonl"), ("train", "train/gsm8k_train_3000.jsonl")):
        import_version(case_file(file), mapping=MAP, name=name, root=tmp_path, held_out=name == "test")
    store = Store(tmp_path)
    problems = [dataclasses.replace(p, split="train") for p in from_table(store.table("train"))]
    references = references_of(store, ["test"])
    curated = apply(problems, [{"name": "contamination"}], rule_context(references=references))
    told = {
        re.search("270 miles|Bella|movies", problem.params["question"])[0]: decision.told
        for problem, decision in zip(problems, curated.decisions, strict=True)
        if decision.action == "drop"
    }
    assert sorted(told) == ["270 miles", "Bella", "movies"]
    prompts = rule_context(references=[problem.prompt for problem in from_table(store.table("test"))])
    assert apply(problems, [{"name": "contamination"}], prompts).dropped == curated.dropped
    named = {reference.name for reference in references}
    assert all(reason.split(": ")[0] == "13 words of a reference" for reason in told.values())
    assert all(reason.split(": ")[1] in named and len(reason.split(": ")[2].split()) == 13 for reason in told.values())
    assert apply(problems, [{"name": "near_duplicate"}], rule_context()).dropped == {}
