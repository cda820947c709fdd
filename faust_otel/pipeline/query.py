"""Questions to the in-memory reader: totals, rates and recent latencies.

Every answer is collected at the moment it is asked for, by the same sources that exporters read,
so what is said here is what every exporter says. Nothing observed yet is 0 or 0.0, never NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    from faust_otel.state import Store
    from faust_otel.words import Metric

    from .readers import QueryReader

__all__ = ["Query"]


class Query:
    """Answers for one store, read back through `reader`."""

    def __init__(self, store: Store, *, reader: QueryReader) -> None:
        self._store = store
        self._reader = reader

    def points(self, metric: Metric) -> list[tuple[dict[str, str | int], int | float]]:
        """Return attributes and value of every series; of a histogram, its count."""
        return [
            (dict(point.attributes), point.value if hasattr(point, "value") else point.count)
            for point in self._read(metric)
        ]

    def distributions(
        self, metric: Metric
    ) -> list[tuple[dict[str, str | int], HistogramDataPoint]]:
        """Return attributes and data point (buckets, bounds, extremes) of every histogram."""
        return [(dict(point.attributes), point) for point in self._read(metric)]

    def _read(self, metric: Metric) -> Iterator[Any]:
        for read in self._reader.read(frozenset((metric,))):
            if read.name == metric.name:
                yield from read.data.data_points

    def total(self, metric: Metric, **labels: str) -> int:
        """Return the sum over the series whose attributes, named as constants, equal `labels`."""
        wanted = {getattr(key, name): value for name, value in labels.items()}
        return int(
            sum(
                value
                for attrs, value in self.points(metric)
                if all(attrs.get(name) == given for name, given in wanted.items())
            )
        )

    def by(self, metric: Metric, name: str) -> dict[str, int]:
        """Return sums by one attribute; series without it are left out."""
        totals: dict[str, int] = {}
        for attrs, value in self.points(metric):
            if name in attrs:
                label = str(attrs[name])
                totals[label] = totals.get(label, 0) + int(value)
        return totals

    def recent(self, what: str, statistic: str) -> float:
        """Return the ``mean`` or ``max`` in seconds of the last latencies of `what`, or 0.0."""
        for attrs, value in self.points(catalogue.RECENT_LATENCY):
            if attrs[key.RECENT] == what and attrs[key.STATISTIC] == statistic:
                return float(value)
        return 0.0

    def rate(self, index: int) -> float:
        """Return messages received (0), sent (1) or events (2) per second over the window."""
        now = self._store.clock()
        totals = self.sample(now)
        return self._store.rates.per_second(now, index=index, total=totals[index])

    def sample(self, now: float) -> tuple[int, int, int]:
        """Return the totals of messages received, sent and events, and keep them for rates.

        Straight from the store: once a second on the event loop, a collection would be felt.
        """
        received, sent, events = totals = self._store.totals()
        self._store.rates.sample(now, received=received, sent=sent, events=events)
        return totals
