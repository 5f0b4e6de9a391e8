"""The first K distinct instances of a cell: shards of fixed index ranges, merged in index order.

Not here: storage and processes; both arrive as functions. Law: the result is a function of (cell, seed, split,
rendering, K) and never of the number of workers or of what was interrupted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from generators.family import check_request, from_params, load, make_params
from pipeline.choice.mixture import Cell
from pipeline.errors import ShortageError
from pipeline.fingerprint import canonical, content_hash
from pipeline.problem import instance_hash, to_table
from pipeline.split import Split, split_of

RANGE = 512
"""Indices in one shard. Part of no identity: the merge below gives the same rows for any range."""

_SHARE: dict[Split | None, float] = {"train": 0.90, "probe": 0.05, "test": 0.05, None: 1.0}


@dataclass(frozen=True, slots=True)
class Shard:
    """One unit of generation work: indices [start, start + RANGE) of a cell, those of one split (None: all).

    `rendering` names one or several, separated by commas; None means every one that uses words.
    """

    cell: Cell
    rendering: str | None
    seed: int
    split: Split | None
    start: int

    @property
    def key(self) -> str:
        """The hash of everything the shard's rows depend on."""
        version = load(self.cell.family).family_version
        return content_hash(
            ["shard", 2, list(self.cell), version, self.rendering, self.seed, self.split, self.start, RANGE]
        )


def make_shard(shard: Shard) -> pa.Table:
    """Make the problems of one shard, in index order; only instances of the wanted split are solved."""
    problems = []
    family = load(shard.cell.family)
    for index in range(shard.start, shard.start + RANGE):
        name, level, region = shard.cell
        params, rendering = make_params(
            name, level=level, region=region, seed=shard.seed, index=index, rendering=shard.rendering
        )
        split = split_of(instance_hash(name, family.canonical(params)))
        if shard.split is not None and split != shard.split:
            continue
        origin = canonical({"index": index, "level": level, "region": region, "seed": shard.seed})
        problems.append(from_params(name, params, rendering=rendering, origin=origin))
    return to_table(problems)


RunShards = Callable[[Sequence[Shard]], Iterable[pa.Table]]


def supply(
    counts: Mapping[Cell, int],
    *,
    seed: int,
    run: RunShards,
    rendering: str | None = None,
    split: Split | None = None,
    allow_shortage: bool = False,
) -> Iterator[tuple[Cell, pa.Table]]:
    """Yield each cell's first K distinct instances, cell by cell in sorted order.

    Distinct means a new instance_hash. A wave of shards covers all cells, so workers stay busy. A cell is exhausted
    when its draws reached ten times what K distinct instances need on average and it is still short.

    Raises:
        ShortageError: naming what was asked and what the cell has, unless allow_shortage.
        FamilyError: for a cell its family cannot make.
    """
    for cell in sorted(counts):
        check_request(cell.family, level=cell.level, region=cell.region, rendering=rendering)
    gathered = {cell: _Gathered(cell, counts[cell], split) for cell in sorted(counts)}
    while open_cells := [cell for cell in gathered.values() if not cell.done]:
        specs = [Shard(cell.cell, rendering, seed, split, start) for cell in open_cells for start in cell.next_starts()]
        for shard, table in zip(specs, run(specs), strict=True):
            gathered[shard.cell].add(table)
    for cell, found in gathered.items():
        if len(found.seen) < found.wanted and not allow_shortage:
            raise ShortageError(
                f"cell {cell} is asked for {found.wanted} distinct problems of split {split or 'any'} and has about "
                f"{len(found.seen)}: lower its share or the total, choose a higher level, or allow the shortage"
            )
        yield cell, pa.concat_tables(found.parts)


class _Gathered:
    """What a cell has so far: its first distinct instances and how far its indices were drawn."""

    def __init__(self, cell: Cell, wanted: int, split: Split | None) -> None:
        self.cell, self.wanted = cell, wanted
        self.seen: set[str] = set()
        self.parts: list[pa.Table] = [to_table([])]
        self._share, self._drawn = _SHARE[split], 0
        self._limit = int(10 * wanted / self._share) + 20 * RANGE

    @property
    def done(self) -> bool:
        return len(self.seen) >= self.wanted or self._drawn >= self._limit

    def next_starts(self) -> list[int]:
        missing = (self.wanted - len(self.seen)) / self._share
        shards = max(1, min(-(-int(missing) // RANGE), -(-(self._limit - self._drawn) // RANGE)))
        starts = [self._drawn + i * RANGE for i in range(shards)]
        self._drawn += shards * RANGE
        return starts

    def add(self, table: pa.Table) -> None:
        fresh = []
        for row, identity in enumerate(table["instance_hash"].to_pylist()):
            if identity not in self.seen and len(self.seen) < self.wanted:
                self.seen.add(identity)
                fresh.append(row)
        self.parts.append(table.take(pa.array(fresh, pa.int64())))
