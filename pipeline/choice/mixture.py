"""Mixture: how much of each cell. Not which problems of a cell (curriculum).

Law: allocation is exact, whole and reproducible; weights are positive and sum to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.errors import ConfigError, ShortageError


class Cell(NamedTuple):
    """The unit of diagnosis and supply; region is "" where a family has none."""

    family: str
    level: int
    region: str = ""

    def __str__(self) -> str:
        return f"{self.family}/{self.level}" + (f"/{self.region}" if self.region else "")


@dataclass(frozen=True, slots=True)
class Mixture:
    """Positive weights over cells, in sorted order, summing to 1 (normalised on construction by `of`)."""

    weights: tuple[tuple[Cell, float], ...]

    @staticmethod
    def of(weights: Mapping[Cell, float], *, held_out: frozenset[Cell] = frozenset()) -> "Mixture":
        """Normalise weights into a mixture; cells of weight 0 are left out.

        Raises:
            ConfigError: for a negative weight, no positive weight, or a held-out cell.
        """
        for cell, weight in weights.items():
            if not 0 <= weight < float("inf"):
                raise ConfigError(f"weight {weight} of cell {cell} is not a finite number >= 0")
            if weight > 0 and cell in held_out:
                raise ConfigError(f"cell {cell} is held out and cannot be trained on: remove it from the mixture")
        total = sum(weights.values())
        if total <= 0:
            raise ConfigError("a mixture needs at least one cell of positive weight")
        kept = sorted((cell, weight / total) for cell, weight in weights.items() if weight > 0)
        return Mixture(tuple(kept))

    def allocate(self, total: int, *, capacity: Mapping[Cell, int] | None = None) -> dict[Cell, int]:
        """Split `total` rows over the cells by largest remainder (ties by cell order); the parts sum to total.

        Raises:
            ShortageError: naming both numbers, when a cell's share exceeds its capacity.
        """
        exact = [(cell, weight * total) for cell, weight in self.weights]
        counts = {cell: int(share) for cell, share in exact}
        rest = total - sum(counts.values())
        by_remainder = sorted(exact, key=lambda item: (-(item[1] - int(item[1])), item[0]))
        for cell, _ in by_remainder[:rest]:
            counts[cell] += 1
        for cell, count in counts.items():
            if capacity is not None and cell in capacity and count > capacity[cell]:
                raise ShortageError(
                    f"cell {cell} is asked for {count} distinct problems and has {capacity[cell]}: "
                    "lower its weight or the total, or allow repeats"
                )
        return counts
