"""Seconds of one whole GRPO step, ours against TRL's GRPOTrainer: sampling, verifying, training on every row.

Not a comparison of results: both start from one checkpoint, see the same prompts, group, lengths, learning rate and
loss, and neither skips a row. Law: the two never run at the same time, take turns in processes of one thread, and
what is an algorithmic saving (leaving out groups without signal) is reported apart.

    python3 -m venv .venv-bench && .venv-bench/bin/pip install -e ".[bench]"
    .venv-bench/bin/python -m benchmarks.grpo_vs_trl
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from generators import family
from generators.family import FamilyVerifier
from pipeline.choice.curriculum import Pool
from pipeline.problem import Outcome, Problem
from pipeline.protocol import Protocol

PROTOCOL = Protocol(max_prompt_tokens=24, max_completion_tokens=24)
CELLS = [
    ("arith/countdown", 1), ("arith/countdown", 2), ("np/subset_sum", 1), ("np/subset_sum", 2), ("seq/sort", 1),
    ("seq/sort", 2), ("seq/lis", 1), ("seq/maximum", 1),
]  # fmt: skip
PROMPTS, GROUP, LR = 64, 8, 2e-4
WARM_STEPS = 3
"""First steps of each process that are not counted: allocator, caches, first-call compilation."""


def make_problems(per_cell: int) -> list[Problem]:
    """Return the problems both trainers see: a function of this file alone."""
    return [
        family.generate(
            name, level=level, seed=7, index=index, rendering="compact", region=family.load(name).regions[0]
        )
        for name, level in CELLS
        for index in range(per_cell)
    ]


def training_pool() -> Pool:
    """Return the pool of training problems."""
    return Pool([problem for problem in make_problems(250) if problem.split == "train"])


def prepare(folder: Path, *, steps: int) -> None:
    """Write a checkpoint whose completions terminate: the tiny policy after a short cold start."""
    from trainer.policy import TinyConfig, tiny_policy
    from trainer.sft import SFTConfig, train_sft

    policy, pool = tiny_policy(TinyConfig(), seed=7), training_pool()
    train_sft(
        policy, pool, pool.uniform(), config=SFTConfig(), protocol=PROTOCOL, steps=steps, seed_name=("bench", "sft")
    )
    policy.save(folder)


def run_ours(folder: Path, *, steps: int, skip_equal_groups: bool = False, apart: bool = False) -> dict[str, Any]:
    """Take `steps` steps with our trainer and return the seconds and counts of each.

    With `apart` every reply is run by itself, as TRL does; else equal replies of a group are run once (same gradient).
    """
    from trainer.grpo import GRPOConfig, train_grpo
    from trainer.policy import load_policy, single_thread
    from trainer.samplers.torch import TorchSampler

    single_thread()
    policy, pool, meter = load_policy(folder), training_pool(), _Meter()
    config = GRPOConfig.model_validate(
        {
            "preset": "grpo", "prompts": PROMPTS, "budget": {"name": "fixed", "group": GROUP}, "lr": LR,
            "compose": {"name": "zero_variance" if skip_equal_groups else "keep_all"},
            # counted in distinct replies, a quarter of all here: both run about 128 rows at once
            "micro_rows": 32 if apart else 128,
        }
    )  # fmt: skip
    train_grpo(
        policy, pool, pool.uniform(), sampler=TorchSampler(policy), verifier=FamilyVerifier(), protocol=PROTOCOL,
        config=config, steps=steps, seed_name=("bench",), logprobs=_apart if apart else None,
        sink=lambda step, metrics, groups: meter.lap(
            rows=metrics["rows_trained"], length=metrics["length_mean"], reward=metrics["reward_mean"],
            distinct=metrics["distinct_share"], **{k: v for k, v in metrics.items() if k.startswith("cpu_s")},
        ),
    )  # fmt: skip
    return meter.result()


def _apart(policy: Any, protocol: Protocol) -> Any:
    from trainer.forward import completion_logprobs

    def logprobs(prompts: Any, completions: Any) -> Any:
        index: dict[bytes, int] = {}
        group_B = [index.setdefault(ids.tobytes(), len(index)) for ids in prompts]
        distinct = [np.frombuffer(key, dtype=np.int32) for key in index]
        return completion_logprobs(policy.model, distinct, completions, group_B).logprobs_BT

    return logprobs


def run_trl(folder: Path, *, steps: int) -> dict[str, Any]:
    """Take `steps` steps with TRL's trainer on transformers' generate, set as fast as its options allow on a CPU."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    torch.set_num_threads(1)
    problems, verifier, meter = training_pool(), FamilyVerifier(), _Meter()
    by_uid = {problem.uid: problem for cell in problems.cells for problem in problems.problems(cell)}
    seen: dict[str, float] = {}

    def reward(prompts: Any, completions: Any, uid: Any, completion_ids: Any, **_: Any) -> list[float]:
        verdicts = verifier.verify([by_uid[u] for u in uid], completions)
        paid = [float(verdict.outcome is Outcome.CORRECT) for verdict in verdicts]
        seen.update(rows=len(paid), reward=statistics.fmean(paid), length=statistics.fmean(map(len, completion_ids)))
        return paid

    class Laps(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            meter.lap(**seen)

    arguments = GRPOConfig(
        output_dir=str(folder / "trl"), use_cpu=True, bf16=False, use_vllm=False, num_generations=GROUP,
        per_device_train_batch_size=PROMPTS * GROUP, gradient_accumulation_steps=1, num_iterations=1,
        max_completion_length=PROTOCOL.max_completion_tokens, temperature=1.0, top_p=1.0, learning_rate=LR,
        lr_scheduler_type="constant", adam_beta2=0.95, max_grad_norm=1.0, beta=0.0, loss_type="grpo",
        gradient_checkpointing=False, optim="adamw_torch_fused", max_steps=steps, save_strategy="no",
        report_to=[], logging_steps=10**6, disable_tqdm=True, dataloader_pin_memory=False, seed=7,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype="float32"),
        processing_class=AutoTokenizer.from_pretrained(folder),
        reward_funcs=reward,
        args=arguments,
        train_dataset=Dataset.from_list([{"prompt": p.prompt, "uid": uid} for uid, p in sorted(by_uid.items())]),
        callbacks=[Laps()],
    )
    meter.start()
    trainer.train()
    return meter.result()


class _Meter:
    """Wall and CPU seconds between laps, and what each lap did."""

    def __init__(self) -> None:
        self.laps: list[dict[str, float]] = []
        self.start()

    def start(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def lap(self, **counts: float) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        self.laps.append({"wall_s": wall - self._wall, "cpu_s": cpu - self._cpu, **counts})
        self._wall, self._cpu = wall, cpu

    def result(self) -> dict[str, Any]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"laps": self.laps[WARM_STEPS:], "peak_mib": peak}


WORKERS = {
    "ours": lambda folder, steps: run_ours(folder, steps=steps),
    "ours, equal replies run apart": lambda folder, steps: run_ours(folder, steps=steps, apart=True),
    "ours, equal groups left out": lambda folder, steps: run_ours(folder, steps=steps, skip_equal_groups=True),
    "trl": lambda folder, steps: run_trl(folder, steps=steps),
}


def compare(folder: Path, *, turns: int, steps: int) -> dict[str, dict[str, float]]:
    """Run the workers in turn, `turns` times each, and return medians over all steady steps."""
    laps: dict[str, list[dict[str, float]]] = {name: [] for name in WORKERS}
    peaks: dict[str, float] = {}
    for _ in range(turns):
        for name in WORKERS:
            command = [sys.executable, "-m", "benchmarks.grpo_vs_trl", "--worker", name]
            command += ["--folder", str(folder), "--steps", str(steps)]
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"worker {name!r} failed:\n{done.stderr[-3000:]}")
            result = json.loads(done.stdout.splitlines()[-1])
            laps[name] += result["laps"]
            peaks[name] = max(peaks.get(name, 0.0), result["peak_mib"])
    return {name: {**_medians(found), "peak_mib": peaks[name]} for name, found in laps.items()}


def _medians(laps: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(lap[key] for lap in laps) for key in laps[0]}


def main() -> None:
    """Prepare, compare and print; the ratios come last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", choices=sorted(WORKERS))
    parser.add_argument("--folder", type=Path, help="checkpoint folder; a temporary one by default")
    parser.add_argument(
        "--steps", type=int, default=13, help=f"steps per process; the first {WARM_STEPS} are not counted"
    )
    parser.add_argument("--turns", type=int, default=3, help="processes per trainer")
    parser.add_argument("--cold-start", type=int, default=300, help="SFT steps of the checkpoint")
    given = parser.parse_args()
    if given.worker:
        sys.stdout.write(json.dumps(WORKERS[given.worker](given.folder, given.steps)) + "\n")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary) / "policy"
        if not (folder / "config.json").is_file():
            prepare(folder, steps=given.cold_start)
        found = compare(folder, turns=given.turns, steps=given.steps)
    _report(found, given)


def _report(found: dict[str, dict[str, float]], given: argparse.Namespace) -> None:
    out = sys.stdout.write
    out(f"{PROMPTS} prompts x {GROUP}; {given.turns} processes each, in turn; ")
    out(f"medians of {given.steps - WARM_STEPS} steps\n")
    out(f"{'':30}{'wall s':>8}{'CPU s':>8}{'rows':>6}{'tokens':>8}{'reward':>8}{'peak MiB':>10}\n")
    for name, row in found.items():
        out(f"{name:30}{row['wall_s']:8.3f}{row['cpu_s']:8.3f}{row['rows']:6.0f}{row['length']:8.2f}")
        out(f"{row['reward']:8.3f}{row['peak_mib']:10.0f}\n")
    ours = found["ours"]
    parts = ", ".join(f"{key.removeprefix('cpu_s_')} {ours[key]:.3f}" for key in ours if key.startswith("cpu_s_"))
    out(f"ours by phase, CPU s: {parts}\n")
    out(f"distinct replies of a group, share: {ours['distinct']:.2f}\n")
    for name in (name for name in found if name != "trl"):
        wall, cpu = (found["trl"][key] / found[name][key] for key in ("wall_s", "cpu_s"))
        out(f"TRL / {name}: {wall:.2f} x wall, {cpu:.2f} x CPU\n")


if __name__ == "__main__":
    main()
