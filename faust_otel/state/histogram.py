"""Distributions that cost one `list.append` per value on the hot path.

Values wait in a list and are counted a thousand at a time: sorting a batch in C and searching the
bounds in it is cheaper per value than one bisection for each (0.07 us against 0.3 us with a
method call), and it may happen on the thread of whoever reads.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from dataclasses import dataclass
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from .exponential import ExponentialBuckets, ExponentialSnapshot

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Hashable

__all__ = ["FOLD_AT", "Distribution", "Histogram"]

logger = logging.getLogger(__name__)

#: This many waiting values are counted by the thread that adds the next one.
FOLD_AT = 1024


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram held: `counts` has one entry per bound and one above the last."""

    count: int
    sum: float
    min: float
    max: float
    counts: tuple[int, ...]
    exponential: ExponentialSnapshot | None = None


class _Cursor:
    """Where one reader stands: what it has seen, and the extremes since."""

    __slots__ = ("high", "low", "past")

    def __init__(self, past: Distribution) -> None:
        self.past = past
        self.low, self.high = inf, -inf


def _nowhere(value: float) -> None:
    """Forget a value that nobody asks for again."""


class Histogram:
    """Seconds, counted in buckets with fixed upper bounds (inclusive) and, if wanted, exponential.

    `add` may be called from any thread. `pending` is the list behind it and never replaced, so
    that hot paths may hold its bound ``append``; they call `fold` when it reaches `FOLD_AT`.
    """

    __slots__ = (
        "_count",
        "_counts",
        "_cursors",
        "_exponential",
        "_lock",
        "_max",
        "_min",
        "_sum",
        "_told",
        "attrs",
        "bounds",
        "pending",
        "remember",
        "sink",
    )

    def __init__(
        self,
        attrs: dict[str, str | int],
        *,
        bounds: tuple[float, ...],
        recent: deque[float] | None = None,
    ) -> None:
        self.attrs = attrs
        self.bounds = bounds
        self.pending: list[float] = []
        #: Also told of every value, in the order of arrival (another SDK's own histogram).
        self.sink: Callable[[list[float]], None] | None = None
        #: Keeps a value among the most recent ones; hot paths call it beside ``pending.append``.
        self.remember: Callable[[float], None] = _nowhere if recent is None else recent.append
        self._told = False
        self._lock = Lock()
        self._exponential: ExponentialBuckets | None = None
        self._clear()

    def _clear(self) -> None:
        self._counts = [0] * (len(self.bounds) + 1)
        self._count = 0
        self._sum = 0.0
        self._min, self._max = inf, -inf
        self._cursors: dict[Hashable, _Cursor] = {}

    def add(self, value: float) -> None:
        """Count one value in seconds; negative ones (a clock stepped back) count as 0.0.

        Those that are not finite are left out. A finaliser must append to `pending` instead: it
        may run while its own thread holds the lock.
        """
        if not 0.0 <= value < inf:
            if not -inf < value < inf:
                return
            value = 0.0
        self.pending.append(value)
        self.remember(value)
        if len(self.pending) >= FOLD_AT:
            self.fold()

    def fold(self) -> None:
        """Count the values that wait."""
        with self._lock:
            self._fold()

    def total(self) -> int:
        """Return the number of values so far."""
        with self._lock:
            self._fold()
            return self._count

    def begin_exponential(self) -> None:
        """Count in exponential buckets too, from now on."""
        with self._lock:
            if self._exponential is None:
                self._exponential = ExponentialBuckets()
                self._cursors[ExponentialBuckets] = _Cursor(self._total(exponential=False))

    def read(self, cursor: Hashable = None, *, exponential: bool = False) -> Distribution:
        """Return everything so far or, with a `cursor`, what came since its last reading."""
        if exponential:
            self.begin_exponential()
        with self._lock:
            self._fold()
            total = self._total(exponential=exponential)
            if exponential:
                total = self._since(self._cursors[ExponentialBuckets], total)
            if cursor is None:
                return total
            place = cursor, exponential  # the two shapes do not begin together
            seen = self._cursors.get(place)
            self._cursors[place] = _Cursor(total)
            return total if seen is None else self._since(seen, total)

    def forget(self, cursor: Hashable) -> None:
        """Drop a cursor whose reader is gone."""
        with self._lock:
            for exponential in (False, True):
                self._cursors.pop((cursor, exponential), None)

    def _fold(self) -> None:
        size = len(self.pending)
        if not size:
            return
        batch = self.pending[:size]
        # Deleting in place is atomic; an append of another thread meanwhile stays behind it.
        del self.pending[:size]
        ordered, total = sorted(batch), sum(batch)
        if not (ordered[0] >= 0.0 and total < inf):  # so put, NaN is found too
            batch = [max(value, 0.0) for value in batch if -inf < value < inf]
            if not batch:
                return
            ordered, total = sorted(batch), sum(batch)
        if self._exponential is not None:
            self._exponential.fold(batch)
        self._count_sorted(ordered, total)
        if self.sink is not None:
            self._tell(self.sink, batch)

    def _tell(self, sink: Callable[[list[float]], None], values: list[float]) -> None:
        try:
            sink(values)
        except Exception:  # it may have been called by a hook, and hooks never raise
            if not self._told:
                self._told = True
                logger.exception("measurements could not be handed on: %s", self.attrs)

    def _count_sorted(self, values: list[float], total: float) -> None:
        counts = self._counts
        below = 0
        for index, bound in enumerate(self.bounds):
            upto = bisect_right(values, bound, below)
            counts[index] += upto - below
            below = upto
        counts[-1] += len(values) - below
        self._count += len(values)
        self._sum += total
        low, high = values[0], values[-1]
        self._min, self._max = min(self._min, low), max(self._max, high)
        for cursor in self._cursors.values():
            cursor.low, cursor.high = min(cursor.low, low), max(cursor.high, high)

    def _total(self, *, exponential: bool) -> Distribution:
        shape = self._exponential.snapshot() if exponential and self._exponential else None
        return Distribution(
            self._count, self._sum, self._min, self._max, tuple(self._counts), shape
        )

    @staticmethod
    def _since(cursor: _Cursor, total: Distribution) -> Distribution:
        past = cursor.past
        counts = tuple(now - then for now, then in zip(total.counts, past.counts, strict=True))
        shape = total.exponential
        if shape is not None and past.exponential is not None:
            shape = shape.minus(past.exponential)
        return Distribution(
            total.count - past.count, total.sum - past.sum, cursor.low, cursor.high, counts, shape
        )
