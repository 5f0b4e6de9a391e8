"""Rows in our own layout whose params cannot be solved are refused by line, and the others are brought in time."""

import json
import time

from generators.build_pool import BuildJob
from generators.family import generate, load
from pipeline.problem import problem_uid
from tests.jsonl import jsonl

HANGS = BuildJob("np/subset_sum", {"numbers": [2**n for n in range(60)], "target": 2**59 + 12345678})


def row(job: BuildJob) -> dict:
    own = {"uid": problem_uid(job.family, load(job.family).family_version, job.params, "plain"), "family": job.family,
           "rendering": "plain", "params": json.dumps(job.params)}  # fmt: skip
    return {"data_source": "x", "prompt": "x", "reward_model": {"ground_truth": "1"}, "extra_info": own}


def test_the_command_refuses_hostile_rows_and_brings_the_others_in_time(veriloop, tmp_path):
    good = [row(BuildJob(p.family, p.params)) for p in (
        generate("np/subset_sum", level=2, seed=3, index=n, rendering="plain") for n in range(30))]  # fmt: skip
    path = jsonl(tmp_path / "rows.jsonl", *good[:20], row(HANGS), *good[20:])
    started = time.monotonic()
    told = veriloop("import", path, "--root", tmp_path / "run", "--timeout", "1.5", "--json")
    found = json.loads(told.out)
    assert told.code == 0 and time.monotonic() - started < 60
    assert [fault["line"] for fault in found["faults"]] == [21]
    assert "np/subset_sum takes over 1.5 s to solve its params" in found["faults"][0]["reason"]
    assert found["rows"] + sum(found["dropped"].values()) == 30
