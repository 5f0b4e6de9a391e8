"""Settings every test runs under: offline, silent to the outside, one thread. Made before any heavy import."""

import os

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "NO_PROXY": "127.0.0.1,localhost",
    # one thread a process: two processes beat two threads on two cores
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}
"""Prefect's own settings are made by `flows.orchestration.flows.configure`, which every flow test goes through."""

for name, value in OFFLINE.items():
    os.environ.setdefault(name, value)

from hypothesis import settings  # noqa: E402 - after the environment

# the same examples on every run, and no clock in a verdict; `--hypothesis-profile=default` looks at fresh ones
settings.load_profile("ci")
