"""Our own exports are judged by their family: every right answer is accepted, whatever stands in the gold column."""

import itertools
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.judging.grading import Grading, grade_rows
from flows.stages.exports import export_version
from flows.stages.imports import import_version
from flows.stages.publish import generate_version
from generators.family import load
from pipeline.store.store import Store
from tests.jsonl import jsonl

LAYOUTS = {"verl": "reward_model.ground_truth", "text": "answer"}


def other_subset(params: dict, answer: list[int]) -> list[int]:
    """Return other numbers with the same sum where there are any, found by trying all."""
    numbers, target = params["numbers"], params["target"]
    chosen = (c for n in range(1, len(numbers) + 1) for c in itertools.combinations(numbers, n) if sum(c) == target)
    return next((list(c) for c in chosen if sorted(c) != sorted(answer)), answer[::-1])


OTHER = {
    "np/tsp": lambda params, answer: answer[::-1],
    "np/subset_sum": other_subset,
    "np/knapsack": lambda params, answer: answer[::-1],
    "np/coin_change": lambda params, answer: answer[::-1],
    "arith/countdown": lambda params, answer: f"({answer})",
}
"""Another right answer of each family with several."""
PLACED = {
    "box": "So it is \\boxed{{{}}}.",
    "span": "<think>hm</think><answer>{}</answer>",
    "bare": "{}",
    "cue": "The answer is {}.",
}


def exported(tmp_path: Path, family: str, layout: str, suffix: str, *, rendering: str = "plain", count: int = 12):
    """Export a level of a family and return the path and its rows."""
    version = generate_version(family, level=3, count=count, seed=0, out_dir=tmp_path / "run", rendering=rendering)
    path = tmp_path / f"rows.{suffix}"
    export_version(tmp_path / "run", version.id, path, layout=layout, split="all")
    lines = path.read_text().splitlines() if suffix == "jsonl" else []
    return path, [json.loads(line) for line in lines] or pq.read_table(path).to_pylist()


def answered(path: Path, rows: list[dict], reply) -> Path:
    """Write rows back with a reply to each, as a trainer would."""
    replied = [{**row, "pred": reply(row["extra_info"])} for row in rows]
    if path.suffix == ".jsonl":
        return jsonl(path, *replied)
    pq.write_table(pa.Table.from_pylist(replied), path)
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("family", OTHER)
def test_every_other_right_answer_is_accepted(veriloop, tmp_path, family, layout, suffix):
    path, rows = exported(tmp_path, family, layout, suffix)

    def other(own):
        answer = OTHER[family](json.loads(own["params"]), json.loads(own["answer"]))
        return PLACED["span"].format(load(family).write(answer, own["rendering"]))

    told = veriloop("grade", answered(path, rows, other), "--gold", LAYOUTS[layout], "--pred", "pred")
    assert told.code == 0 and told.out.splitlines()[-1] == "12 correct"


@pytest.mark.parametrize("placed", PLACED.values(), ids=PLACED.keys())
def test_eighty_tours_walked_backwards_are_right_and_worse_ones_are_wrong(veriloop, tmp_path, placed):
    path, rows = exported(tmp_path, "np/tsp", "text", "jsonl", rendering="json", count=82)
    answered(path, rows, lambda own: placed.format(json.loads(own["answer"])[::-1]))
    told = veriloop("grade", path, "--gold", "answer", "--pred", "pred")
    assert told.out.splitlines()[-1] == "82 correct"
    answered(path, rows, lambda own: placed.format(sorted(json.loads(own["answer"]))))
    outcomes = [row["outcome"] for row in grade_rows(path, Grading("answer", "pred"))]
    assert "wrong" in outcomes and set(outcomes) <= {"wrong", "correct"}


def test_a_list_of_replies_is_judged_one_by_one_and_a_list_of_numbers_is_one(tmp_path):
    path, rows = exported(tmp_path, "np/tsp", "verl", "jsonl", count=3)
    grading = Grading("reward_model.ground_truth", "pred")
    answered(path, rows, lambda own: json.loads(own["answer"])[::-1])
    assert [row["outcome"] for row in grade_rows(path, grading)] == ["correct"] * 3
    answered(path, rows, lambda own: [f"<answer>{json.loads(own['answer'])[::-1]}</answer>", "no idea"])
    assert [row["outcome"] for row in grade_rows(path, grading)] == ["correct", "malformed"] * 3


def test_a_tour_that_is_hedged_or_beside_chatter_is_no_answer(tmp_path):
    path, rows = exported(tmp_path, "np/tsp", "text", "jsonl", count=3)
    for text in ("{0} or {0}", "I think it may be {0} but who knows", "<think>{0}", "It is not {0}.", ""):
        answered(path, rows, lambda own, text=text: text.format(own["answer"]))
        assert {row["outcome"] for row in grade_rows(path, Grading("answer", "pred"))} == {"malformed"}, text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"family_version": 99}, "version 99 cannot be judged by the installed version"),
        ({"verifier_version": 99}, "it was written for verifier 99 of np/tsp, installed is"),
        ({"family": "np/tps"}, "unknown family 'np/tps', did you mean 'np/tsp'"),
        ({"params": "{}"}, "its params were changed; export it again"),
        ({"params": "{"}, "is no problem"),
        ({"answer": None}, "lacks answer: export the version again"),
        ({"answer": "[0]"}, "its own answer does not pass the verifier of np/tsp: witness judged wrong"),
        ({"verifier_version": "3"}, "it was written for verifier 3"),
    ],
)
def test_a_row_that_the_installed_family_cannot_judge_is_a_named_data_error(tmp_path, change, reason):
    path, rows = exported(tmp_path, "np/tsp", "text", "jsonl", count=2)
    good, bad = rows
    fields = {**bad["extra_info"], **change}
    if "family_version" in change or "family" in change:  # whoever writes such rows gives them their uid
        from pipeline.problem import problem_uid

        own = (fields["family"], fields["family_version"], json.loads(fields["params"]), fields["rendering"])
        fields["uid"] = problem_uid(*own)
    answered(path, [good, {**bad, "extra_info": fields}], lambda own: f"<answer>{good['answer']}</answer>")
    first, second = grade_rows(path, Grading("answer", "pred"))
    assert first["outcome"] == "correct"
    assert second["outcome"] == "data_error" and reason in second["reason"]


def test_a_verifier_that_is_older_than_the_installed_one_is_replaced(tmp_path):
    path, rows = exported(tmp_path, "np/tsp", "text", "jsonl", count=2)
    older = [{**row, "extra_info": {**row["extra_info"], "verifier_version": 1}} for row in rows]
    answered(path, older, lambda own: f"<answer>{own['answer']}</answer>")
    assert [row["outcome"] for row in grade_rows(path, Grading("answer", "pred"))] == ["correct"] * 2


def test_what_is_carried_may_be_json_text_and_without_it_texts_are_compared(tmp_path):
    path, rows = exported(tmp_path, "np/tsp", "text", "jsonl", count=2)
    replied = [
        {**row, "pred": str(json.loads(row["extra_info"]["answer"])[::-1]), "extra_info": extra}
        for row in rows
        for extra in (json.dumps(row["extra_info"]), {"split": "train"}, None, "no JSON")
    ]
    outcomes = [row["outcome"] for row in grade_rows(jsonl(path, *replied), Grading("answer", "pred"))]
    assert outcomes == ["correct", "wrong", "wrong", "wrong"] * 2


def test_imported_questions_keep_what_was_declared_of_them(tmp_path):
    path = jsonl(tmp_path / "q.jsonl", {"q": "Name the roots.", "a": "1, 2"}, {"q": "What is 7 times 12?", "a": "84"})
    from generators.answers.declared import Declared

    version, _ = import_version(
        path, mapping="prompt=q,answer=a", name="q", root=tmp_path / "run", declared=Declared(order="any")
    )
    export_version(tmp_path / "run", version.id, tmp_path / "x.jsonl", layout="text", split="all")
    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    replies = {"1, 2": "I found them: \\boxed{2, 1}", "84": "7 times 12 makes 84, so the answer is 84."}
    path = jsonl(tmp_path / "x.jsonl", *({**row, "pred": replies[row["answer"]]} for row in rows))
    assert [row["outcome"] for row in grade_rows(path, Grading("answer", "pred"))] == ["correct"] * 2


def test_programs_are_judged_by_the_tests_they_carry(tmp_path):
    rows = [{"q": "Write f, which adds 2.", "t": ["assert f(1) == 3"], "a": "def f(x):\n    return x + 2"}]
    version, faults = import_version(
        jsonl(tmp_path / "c.jsonl", *rows), mapping="prompt=q,tests=t,answer=a", name="c", root=tmp_path / "run"
    )
    assert not faults
    export_version(tmp_path / "run", version.id, tmp_path / "x.jsonl", split="all")
    (row,) = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    replies = ["```python\ndef f(y):\n    return 2 + y\n```", "```python\ndef f(y):\n    return y\n```"]
    path = jsonl(tmp_path / "x.jsonl", *({**row, "pred": reply} for reply in replies))
    grading = Grading("reward_model.ground_truth", "pred")
    assert [answer["outcome"] for answer in grade_rows(path, grading)] == ["correct", "wrong"]


def test_exports_carry_the_installed_verifier_and_the_split(tmp_path):
    _, rows = exported(tmp_path, "np/knapsack", "text", "parquet", count=40)
    assert {row["extra_info"]["verifier_version"] for row in rows} == {load("np/knapsack").verifier_version}
    stored = Store(tmp_path / "run").table("np-knapsack-3", columns=["split"])["split"].to_pylist()
    hub = {"train": "train", "probe": "validation", "test": "test"}
    assert [row["extra_info"]["split"] for row in rows] == [hub[split] for split in stored]
