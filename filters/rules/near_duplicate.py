"""Marks near duplicates by MinHash over word n-grams, in families of free text. Not for procedural families.

Number-only variants of a template share nearly all n-grams: where a canonical form exists, exact_duplicate is the
rule. Law: rows are taken by uid, and a row falls to the first kept row it resembles, whatever the order of arrival.
"""

from collections import Counter
from fnmatch import fnmatchcase
from functools import cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from filters.rule import ROW, Marks, Rule
from filters.words import ngrams, questions, words
from pipeline.errors import ConfigError
from pipeline.rule_context import RuleContext
from pipeline.seeds import array_rng

PERMUTATIONS = 128
BANDS = 32
"""Bands of four: a pair of Jaccard 0.7 shares one with probability 0.9998, of 0.5 with 0.87 (checked afterwards)."""
ALARM_ROWS = 20
"""Families below this many rows are too small for a share to mean anything."""

Signature = npt.NDArray[np.uint32]


class NearDuplicateConfig(BaseModel):
    """Which families, how alike, and how many rows may go before somebody must look."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    families: tuple[str, ...] = Field(default=("text/*",), description="shell patterns of family names")
    ngram: int = Field(default=5, ge=1, description="words per shingle")
    threshold: float = Field(default=0.8, ge=0.5, le=1, description="estimated Jaccard similarity from which rows fall")
    max_share: float = Field(default=0.3, gt=0, le=1, description="of a family's rows; beyond it the rule raises")


def signature(text: str, ngram: int) -> Signature:
    """Return the MinHash signature (PERMUTATIONS,) uint32 of a text's word n-grams; all ones for an empty text.

    Source: Broder 1997; permutations by multiply-shift on 64-bit shingle hashes. The share of equal entries of two
    signatures estimates their Jaccard similarity with standard deviation at most 0.045.
    """
    shingles = ngrams(words(text), ngram)
    if not shingles:
        return np.full(PERMUTATIONS, 2**32 - 1, dtype=np.uint32)
    digests = b"".join(blake2b(shingle.encode(), digest_size=8).digest() for shingle in set(shingles))
    hashes = np.frombuffer(digests, dtype=">u8").astype(np.uint64)
    factors, shifts = _permutations()
    # uint64 products wrap around: multiplication modulo 2^64 by an odd factor is a permutation
    mixed = hashes[:, None] * factors + shifts
    lowest: Signature = (mixed >> np.uint64(32)).min(axis=0).astype(np.uint32)
    return lowest


@cache
def _permutations() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    source = array_rng("near_duplicate", "permutations")
    factors, shifts = source.integers(0, 2**64, size=(2, PERMUTATIONS), dtype=np.uint64)
    return factors | np.uint64(1), shifts


def similarity(one: Signature, other: Signature) -> float:
    """Return the estimated Jaccard similarity of two texts."""
    return float(np.mean(one == other))


def collect(table: pa.Table, config: NearDuplicateConfig) -> pa.Table:
    """Return row, uid, family and signature of the rows whose family is listed and whose question has words."""
    columns = [*(table[name].to_pylist() for name in (ROW, "uid", "family")), questions(table)]
    rows = [
        (row, uid, family, signature(question, config.ngram).tobytes())
        for row, uid, family, question in zip(*columns, strict=True)
        if any(fnmatchcase(family, pattern) for pattern in config.families) and words(question)
    ]
    schema = pa.schema(
        [(ROW, pa.int64()), ("uid", pa.string()), ("family", pa.string()), ("signature", pa.binary(4 * PERMUTATIONS))]
    )
    return pa.table([list(column) for column in zip(*rows, strict=True)] or [[], [], [], []], schema=schema)


def merge(collected: pa.Table, config: NearDuplicateConfig) -> pa.Table:
    """Return (row, kept, similarity) of every row to be dropped.

    Raises:
        ConfigError: when a family would lose more than max_share of its rows.
    """
    rows = sorted(collected.to_pylist(), key=lambda row: (row["uid"], row[ROW]))
    signatures = [np.frombuffer(row["signature"], dtype=np.uint32) for row in rows]
    buckets: dict[tuple[int, bytes], list[int]] = {}
    dropped: list[tuple[int, int, float]] = []
    width = 4 * PERMUTATIONS // BANDS
    for place, row in enumerate(rows):
        bands = [(band, row["signature"][band * width : (band + 1) * width]) for band in range(BANDS)]
        near = sorted({found for band in bands for found in buckets.get(band, ())})
        twin = next(
            (kept for kept in near if similarity(signatures[kept], signatures[place]) >= config.threshold), None
        )
        if twin is not None:
            dropped.append((place, twin, similarity(signatures[twin], signatures[place])))
            continue
        for band in bands:
            buckets.setdefault(band, []).append(place)
    _alarm(Counter(row["family"] for row in rows), Counter(rows[place]["family"] for place, _, _ in dropped), config)
    return pa.table(
        {
            ROW: pa.array([rows[place][ROW] for place, _, _ in dropped], pa.int64()),
            "kept": pa.array([rows[twin]["uid"] for _, twin, _ in dropped], pa.string()),
            "similarity": pa.array([found for _, _, found in dropped], pa.float64()),
        }
    )


def _alarm(total: Counter[str], dropped: Counter[str], config: NearDuplicateConfig) -> None:
    for family, count in sorted(dropped.items()):
        if total[family] >= ALARM_ROWS and count > config.max_share * total[family]:
            raise ConfigError(
                f"near_duplicate would drop {count} of {total[family]} rows of {family}, over {config.max_share:.0%}: "
                "a template repeats; take the family out of `families`, raise `threshold` or raise `max_share`"
            )


def mark(table: pa.Table, config: NearDuplicateConfig, context: RuleContext, merged: pa.Table) -> Marks:
    """Mark the rows that merge dropped, with the uid they resemble and how much."""
    dropped = {r[ROW]: f"near duplicate: {r['kept']}, similarity {r['similarity']:.2f}" for r in merged.to_pylist()}
    return [dropped.get(place) for place in table[ROW].to_pylist()]


RULE = Rule(version=2, scope="dataset", config=NearDuplicateConfig, mark=mark, collect=collect, merge=merge)
