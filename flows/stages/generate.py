"""Make the first K distinct problems of each cell, shard by shard. Not their curation, nor their publishing.

Law: a shard already on disk is read and never made again, and the rows are the same for any number of workers.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from flows.run import Run
from generators.supply import Shard, make_shard, supply
from pipeline.choice.mixture import Cell
from pipeline.problem import Problem, from_table
from pipeline.split import Split
from pipeline.workers.shards import map_shards

WORTH_PROCESSES_S = 4.0
"""Work that is left, in seconds of one core, from which starting worker processes pays."""


def generate(
    run: Run,
    counts: Mapping[Cell, int],
    *,
    split: Split | None,
    seed: int,
    allow_shortage: bool = False,
    label: str = "problems",
) -> list[Problem]:
    """Return the first K distinct problems of each cell; shards already on disk are read, not made again."""
    wanted = sum(counts.values())
    done = 0
    problems: list[Problem] = []
    supplied = supply(
        counts,
        seed=seed,
        run=lambda shards: _run_shards(run, shards),
        rendering=run.config.sets.rendering,
        split=split,
        allow_shortage=allow_shortage,
    )
    for _, table in supplied:
        problems.extend(from_table(table))
        done += table.num_rows
        run.note(f"generate {label}", done, wanted)
    run.note(f"generate {label}", done, done)  # cells that have fewer than was asked end the bar too
    return problems


def _run_shards(run: Run, shards: Sequence[Shard]) -> Iterable[pa.Table]:
    store = run.store
    stored = {shard.key: store.read_shard(shard.key) for shard in shards}
    missing = [shard for shard in shards if stored[shard.key] is None]
    for shard, table in zip(missing, made(missing, workers=run.config.workers), strict=True):
        store.write_shard(shard.key, table)
        stored[shard.key] = table
    return [stored[shard.key] for shard in shards]


def made(shards: Sequence[Shard], *, workers: int) -> Iterator[pa.Table]:
    """Yield the tables of shards in order; processes start only when the first shard says the rest is worth it."""
    for place, shard in enumerate(shards):
        started = time.monotonic()
        yield make_shard(shard)
        rest = shards[place + 1 :]
        if workers > 1 and (time.monotonic() - started) * len(rest) > WORTH_PROCESSES_S:
            yield from map_shards(make_shard, rest, workers=workers)
            return
