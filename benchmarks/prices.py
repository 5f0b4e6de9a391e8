"""What tokens cost on this machine, from a finished run's ledger: the rates that PriceConfig fixes.

python -m benchmarks.prices --root data/demo
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks._golds import skip
from flows.config import PriceConfig
from pipeline.store.query import query

RATES = {
    "sample_tokens_per_s": ("grpo", "tokens_sampled", "cpu_s_sample"),
    "grpo_tokens_per_s": ("grpo", "tokens_trained", "cpu_s_train"),
    "sft_tokens_per_s": ("sft", "tokens", "cpu_s"),
}


def main() -> None:
    """Print the measured rates beside the configured ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("data/demo"))
    root = parser.parse_args().root
    if not root.exists():
        skip(f"{root} holds no run: `make demo` makes one, or name another with --root")
    table = Table("rate", "measured [tokens per CPU-s]", "configured", "steps")
    for name, (stage, tokens, seconds) in RATES.items():
        row = query(
            root,
            f"SELECT sum(value) FILTER (name = '{tokens}') / sum(value) FILTER (name = '{seconds}') rate, "
            f"count(*) FILTER (name = '{seconds}') steps FROM metrics WHERE stage = '{stage}'",
        ).to_pylist()[0]
        measured = "not measured" if row["rate"] is None else f"{row['rate']:,.0f}"
        table.add_row(name, measured, f"{PriceConfig.model_fields[name].default:,.0f}", str(row["steps"]))
    Console().print(table)


if __name__ == "__main__":
    main()
