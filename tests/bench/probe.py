"""A probe is a sensor together with how to read it: what it counted, and one collection.

A figure is only worth printing when the rung did its work: every ladder compares ``counts()``
with what it fed in.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Counts(NamedTuple):
    """How much of each kind a sensor says it saw; table operations of all kinds together."""

    messages: int
    events: int
    sends: int
    table_operations: int


class Probe:
    """A sensor that counts nothing, or none at all."""

    def __init__(self, sensor: Any) -> None:
        self.sensor = sensor

    def fetched(self, events: list[Any]) -> None:
        """Take what a sensor may learn of a fetch beside its hooks: once for all its events."""

    def settle(self) -> float:
        """Have the sensor do now what it put off; seconds of CPU which that took, on any thread."""
        return 0.0

    def counts(self) -> Counts | None:
        """What the sensor counted, by its own word; None when counting is not its work."""
        return None

    def collect(self) -> None:
        """Do what one export or scrape makes the sensor do."""
        raise TypeError(f"{type(self.sensor).__name__} cannot be collected")

    def series(self) -> int:
        """How many series one collection holds; a histogram counts as one."""
        raise TypeError(f"{type(self.sensor).__name__} cannot be collected")


class ReaderProbe(Probe):
    """A sensor that an in-memory reader of the SDK reads."""

    reader: Any

    def collect(self) -> None:
        self.reader.get_metrics_data()

    def series(self) -> int:
        return points(self.reader.get_metrics_data())


def sums(data: Any) -> dict[str, int]:
    """Totals of the sums in an SDK ``MetricsData``, over all their attributes."""
    return {
        metric.name: sum(point.value for point in metric.data.data_points)
        for metric in _metrics(data)
        if hasattr(metric.data, "is_monotonic")
    }


def points(data: Any) -> int:
    """How many data points an SDK ``MetricsData`` holds."""
    return sum(len(metric.data.data_points) for metric in _metrics(data))


def _metrics(data: Any) -> list[Any]:
    """Metrics of all resources and scopes; none when the reader had nothing to hand over."""
    return [
        metric
        for resource in (data.resource_metrics if data is not None else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]
