"""Percentiles of a distribution that is known by its buckets only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["NOTHING", "Buckets", "Spread", "quantile", "spread"]


class Buckets(Protocol):
    """A histogram's data point: upper bounds, and one count per bound and one above the last."""

    @property
    def explicit_bounds(self) -> Sequence[float]:
        """Upper bounds, inclusive and ascending."""

    @property
    def bucket_counts(self) -> Sequence[int]:
        """Values per bucket."""

    @property
    def min(self) -> float:
        """The least value."""

    @property
    def max(self) -> float:
        """The greatest value."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How values spread: their number, three percentiles, the greatest; seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    high: float


NOTHING = Spread(0, 0.0, 0.0, 0.0, 0.0)


def quantile(
    share: float, *, bounds: Sequence[float], counts: Sequence[int], low: float, high: float
) -> float:
    """Return the value below which `share` (0 to 1) of all values lie; 0.0 when there are none.

    `low` and `high` are the least and the greatest value. Within its bucket values are taken as
    evenly spread, so the answer is as exact as the bucket is narrow.
    """
    total = sum(counts)
    if not total:
        return 0.0
    wanted = share * total
    edges = [low, *(min(max(bound, low), high) for bound in bounds), high]
    for index, upto in enumerate(accumulate(counts)):
        if counts[index] and upto >= wanted:
            inside = (wanted - (upto - counts[index])) / counts[index]
            return edges[index] + (edges[index + 1] - edges[index]) * max(0.0, inside)
    return high


def spread(points: Iterable[Buckets]) -> Spread:
    """Return the spread of all values of these data points, which must have the same bounds."""
    filled = [point for point in points if sum(point.bucket_counts)]
    if not filled:
        return NOTHING
    bounds = filled[0].explicit_bounds
    counts = [sum(column) for column in zip(*(p.bucket_counts for p in filled), strict=True)]
    low, high = min(p.min for p in filled), max(p.max for p in filled)
    p50, p95, p99 = (
        quantile(share, bounds=bounds, counts=counts, low=low, high=high)
        for share in (0.5, 0.95, 0.99)
    )
    return Spread(sum(counts), p50, p95, p99, high)
