"""Readers that also hand over what the producer carries."""

from __future__ import annotations

from contextvars import copy_context
from threading import RLock
from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics import (
    Histogram,
    ObservableCounter,
    ObservableUpDownCounter,
)
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Metric,
    MetricReader,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from faust_otel import catalogue
from faust_otel.version import __version__
from faust_otel.words import Kind

from .producer import QUESTION, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.resources import Resource

    from faust_otel.words import Metric as Declared

    from .producer import Producer

__all__ = ["BridgeReader", "QueryReader", "sdk_scope"]

#: Our kinds as the instruments that readers state their preferences for.
_INSTRUMENTS = {
    Kind.COUNTER: ObservableCounter,
    Kind.UP_DOWN: ObservableUpDownCounter,
    Kind.HISTOGRAM: Histogram,
}


def sdk_scope() -> InstrumentationScope:
    """Return the instrumentation scope of everything this package measures."""
    return InstrumentationScope(catalogue.SCOPE, __version__, catalogue.SCHEMA_URL)


class BridgeReader(MetricReader):
    """Put before any reader class to have it collect from a producer as well.

    ``class MyReader(BridgeReader, PrometheusMetricReader): ...``; temporality and histogram
    aggregation are those the reader prefers. Unconnected, it is the reader it was.
    """

    _bridge: tuple[Producer, View, Callable[[], Resource]] | None = None

    def connect(
        self, producer: Producer, *, resource: Callable[[], Resource], earlier: View | None = None
    ) -> View:
        """Collect from `producer` from now on, under the `resource` of each collection's moment.

        Return how: given to another reader as `earlier`, that one continues this one's deltas.
        """
        view = self._view()
        if earlier is not None:
            view.go_on(earlier)
        producer.prepare(view)
        self._bridge = (producer, view, resource)
        return view

    def _view(self) -> View:
        # The SDK keeps a reader's preferences in these two mappings and offers no other way.
        temporalities = self._instrument_class_temporality
        delta = frozenset(
            kind
            for kind, wanted in _INSTRUMENTS.items()
            for instrument, temporality in temporalities.items()
            if issubclass(instrument, wanted) and temporality is AggregationTemporality.DELTA
        )
        exponential = any(
            issubclass(instrument, Histogram)
            and isinstance(aggregation, ExponentialBucketHistogramAggregation)
            for instrument, aggregation in self._instrument_class_aggregation.items()
        )
        return View(delta=delta, exponential=exponential)

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        if self._bridge is not None:
            producer, view, resource = self._bridge
            produced = producer.produce(time_ns(), view)
            metrics_data = _joined(metrics_data, produced, resource=resource())
        super()._receive_metrics(metrics_data, timeout_millis=timeout_millis, **kwargs)  # type: ignore[safe-super]  # the reader class that follows


class _KeepingReader(MetricReader):
    """Keeps what was collected last."""

    _data: MetricsData | None = None

    def _receive_metrics(self, metrics_data: MetricsData, *_: Any, **__: Any) -> None:
        self._data = metrics_data

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Do nothing: queries go on being answered."""


class QueryReader(BridgeReader, _KeepingReader):
    """The in-memory reader behind the query API."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = RLock()

    def read(self, question: frozenset[Declared] | None = None) -> Sequence[Metric]:
        """Collect now and return our metrics: those asked for, or all that are exported."""
        return copy_context().run(self._read, question)

    def _read(self, question: frozenset[Declared] | None) -> Sequence[Metric]:
        QUESTION.set(question)
        with self._lock:
            self._data = None
            self.collect()
            if self._data is None:  # a disabled SDK collects nothing
                self._receive_metrics(MetricsData(resource_metrics=[]))
            return [
                metric
                for resource in self._data.resource_metrics  # type: ignore[attr-defined]  # set above
                for scope in resource.scope_metrics
                for metric in scope.metrics
            ]


def _joined(data: MetricsData, produced: Sequence[Metric], *, resource: Resource) -> MetricsData:
    """Return what the SDK observed for our own provider, and `produced`, under `resource`."""
    observed = [
        metric
        for given in data.resource_metrics
        for scope in given.scope_metrics
        for metric in scope.metrics
    ]
    ours = ScopeMetrics(sdk_scope(), [*produced, *observed], catalogue.SCHEMA_URL)
    return MetricsData([ResourceMetrics(resource, [ours], resource.schema_url)])
