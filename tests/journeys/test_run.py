"""A whole run as people type it: under Prefect and without, the demo shortened, and what it says to try next."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from flows.config import load_config
from flows.run import Run
from tests.flows.tiny import TINY, outcome
from tests.house.source import ROOT
from tests.journeys.facts import facts_of

DEMO = ROOT / "flows" / "configs" / "demo.yaml"
SHORT_DEMO = (
    "cold_start.steps=12", "cold_start.rows_per_cell=40", "sets.probe_per_cell=4", "sets.test_per_cell=4",
    "loop.rounds=1", "loop.rows=60", "loop.budget_s=0.6", "loop.grpo.prompts=8", "loop.grpo.max_truncated=1",
    "measure.audit_per_stratum=3",
)  # fmt: skip


def sets(*overrides):
    """Return overrides as they are typed."""
    return [word for override in overrides for word in ("--set", override)]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.mark.slow
def test_a_run_under_prefect_does_what_one_without_it_does(shell, veriloop, config, tiny_run, tmp_path):
    typed = shell("run", config, *sets(f"data_dir={tmp_path / 'prefect'}"))
    assert typed.code == 0, typed.err
    assert "Traceback" not in typed.err
    under = Run(load_config(config, [f"data_dir={tmp_path / 'prefect'}"]))
    assert outcome(under) == outcome(tiny_run)
    assert timeless(facts_of(under)) == timeless(facts_of(tiny_run))
    assert under.ledger.read("audits").num_rows > 0
    assert {turn["arm"] for turn in facts_of(under)["turns"]} == {"loop", "uniform"}
    assert re.search(r"^loop +pass@1 ", typed.out, re.MULTILINE) and re.search(
        r"^uniform +pass@1 ", typed.out, re.MULTILINE
    )
    again = veriloop("run", config, "--no-prefect", *sets(f"data_dir={tmp_path / 'prefect'}"))
    assert again.code == 0 and table_of(again.out) == table_of(typed.out)


def timeless(facts):
    """Return a run's facts without the CPU-seconds in its rounds, and their seals."""
    timed = ("cpu_s", "training", "hash")
    return {**facts, "turns": [{name: turn[name] for name in turn if name not in timed} for turn in facts["turns"]]}


def table_of(printed):
    """Return the lines of a run's last table."""
    return [line for line in printed.splitlines() if re.search(r"pass@|greedy", line)]


@pytest.mark.slow
def test_the_demo_shortened_says_what_the_readme_shows_and_what_to_try(veriloop, tmp_path):
    root = tmp_path / "demo"
    typed = veriloop("run", DEMO, "--no-prefect", *sets(f"data_dir={root}", *SHORT_DEMO))
    assert typed.code == 0, typed.err
    shown = readme_end()
    assert heads(typed.out) == heads(shown)
    assert "one seed (0): no claim" in typed.out
    report = Path(re.search(r"^report: (.*\.html)$", typed.out, re.MULTILINE)[1])
    page = report.read_text(encoding="utf-8")
    assert report.parent == root / "reports"
    for arm in ("loop", "uniform", "sft"):
        assert f">{arm}<" in page
    tried = re.search(r"^try: veriloop (.*)$", typed.out, re.MULTILINE)[1]
    asked = veriloop(*shlex.split(tried), "--json")
    rows = yaml.safe_load(asked.out)
    assert {row["arm"] for row in rows} == {"", "loop", "uniform", "sft"}
    assert all(isinstance(row["n"], int) and row["n"] > 0 for row in rows)


def readme_end():
    """Return what README shows as the end of `make demo`."""
    return (ROOT / "README.md").read_text(encoding="utf-8").partition("It ends with")[2].split("```")[1]


def heads(text):
    """Return what each line of a run's table is about, and which lines stand below it, whatever their numbers."""
    found = []
    for line in text.splitlines():
        head = line.partition(":")[0].partition(" -> ")[0]
        words = re.findall(r"[a-z@0-9]*[a-z@][a-z@0-9]*", head)
        if " -> " in line:
            found.append(words[:2])
        elif line.startswith(("report:", "try:", "gains")):
            found.append(words[:1])
    return found


def test_the_demo_is_what_the_readme_says_it_is():
    demo = load_config(DEMO, [])
    assert [(arm.name, arm.mixture, arm.operator) for arm in demo.loop.arms] == [
        ("loop", "weakness", "chosen"),
        ("uniform", "uniform", "grpo"),
        ("sft", "uniform", "sft"),
    ]
    assert (demo.seed, demo.workers, demo.cold_start.holes.trace_cells, demo.measure.test_draws) == (0, 2, 4, 8)
    assert demo.sets.rendering == "compact" and demo.measure.greedy


def test_the_benchmark_of_the_loop_has_seven_arms_that_differ():
    bench = load_config(ROOT / "flows" / "configs" / "loop_bench.yaml")
    assert {(arm.name, arm.mixture, arm.operator) for arm in bench.loop.arms} == {
        ("uniform_grpo", "uniform", "grpo"),
        ("weakness_grpo", "weakness", "grpo"),
        ("chosen", "weakness", "chosen"),
        ("uniform_sft", "uniform", "sft"),
        ("weakness_sft", "weakness", "sft"),
        ("easy_to_hard", "easy_to_hard", "grpo"),
        ("placebo", "placebo", "grpo"),
    }


def test_the_gpu_config_samples_with_vllm_in_words_and_a_chat_template():
    gpu = load_config(ROOT / "flows" / "configs" / "gpu.yaml", ["policy.path=/a/model"])
    assert gpu.sampler.name == "vllm"
    assert gpu.protocol.template == "chat"
    assert gpu.policy.path == "/a/model" and gpu.cold_start.steps == 0
    assert gpu.loop.grpo.lr == 1e-6, "a pretrained model takes a thousandth of what the tiny one does"
    assert {arm.operator for arm in gpu.loop.arms} == {"grpo"} and {arm.mixture for arm in gpu.loop.arms} == {
        "weakness",
        "uniform",
    }


def test_a_report_is_written_again_of_the_run_that_is_named(veriloop, tiny_run):
    first = veriloop("report", "--root", tiny_run.root)
    named = veriloop("report", "--root", tiny_run.root, "--run", tiny_run.run_id)
    assert named.code == 0 and named.out == first.out
    refused = veriloop("report", "--root", tiny_run.root, "--run", "other-00000000")
    assert refused.code == 2 and "other-00000000" in refused.err
