"""What readers hand over, as plain numbers that can be compared."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics import Counter, Histogram, ObservableCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader

from faust_otel.pipeline import BridgeReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.metrics.export import MetricsData

    from faust_otel.state import Store

__all__ = [
    "DELTA",
    "MemoryReader",
    "metrics",
    "numbers",
    "point",
    "rebalance",
    "series",
    "wait_for",
]

#: What an exporter that prefers deltas asks for.
DELTA: dict[type, AggregationTemporality] = dict.fromkeys(
    (Counter, ObservableCounter, Histogram), AggregationTemporality.DELTA
)

Series = tuple[tuple[str, Any], ...]
Numbers = dict[str, dict[Series, Any]]


class MemoryReader(BridgeReader, InMemoryMetricReader):
    """The SDK's in-memory reader, with our producer."""


def series(attributes: Mapping[str, Any] | None) -> Series:
    """Return attributes in an order of their own, to look a series up by."""
    return tuple(sorted((attributes or {}).items()))


def metrics(data: MetricsData | None) -> dict[str, Any]:
    """Return the metrics of all scopes by name."""
    return {
        metric.name: metric
        for resource in (data.resource_metrics if data is not None else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def numbers(data: MetricsData | None) -> Numbers:
    """Return what every series says; of a histogram its count, sum and buckets."""
    return {
        name: {series(point.attributes): _number(point) for point in metric.data.data_points}
        for name, metric in metrics(data).items()
    }


def _number(point: Any) -> Any:
    if hasattr(point, "value"):
        return point.value
    return point.count, round(point.sum, 9), tuple(point.bucket_counts)


def wait_for(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Return once `condition` holds.

    Raises TimeoutError when it does not in time.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds} s: {condition}")
        time.sleep(0.005)


def rebalance(store: Store, times: int = 1) -> None:
    """Count rebalances, each of which took a quarter of a second to recover from."""
    store.rebalances.get(GROUP="shop").value += times
    for _ in range(times):
        store.recoveries.get().add(0.25)


def point(reader: MemoryReader, name: str) -> Any:
    """Return the only point of a metric, collected now; None when there is none."""
    found = metrics(reader.get_metrics_data()).get(name)
    if found is None:
        return None
    (one,) = found.data.data_points
    return one
