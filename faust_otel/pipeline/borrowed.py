"""Somebody else's MeterProvider: asynchronous instruments for numbers, SDK histograms for the rest.

We cannot give its readers our producer, so numbers are observed by callbacks, and the values that
wait in our histograms are recorded, in batches, in histograms of the SDK. One set of instruments
serves all monitors of a process: the SDK ignores the callbacks of an instrument made twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from opentelemetry.metrics import CallbackOptions, Observation

from faust_otel import catalogue
from faust_otel.version import __version__
from faust_otel.words import Kind

from .producer import QUESTION, Producer
from .query import Query
from .readers import QueryReader
from .resource import worker_resource
from .sources import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics import MeterProvider

    from faust_otel.state import Attrs, Store
    from faust_otel.words import Metric

__all__ = ["BorrowedPipeline"]


class _Instruments:
    """The instruments of the whole catalogue on one provider, and the stores they read."""

    def __init__(self, meter: Meter) -> None:
        self._stores: WeakSet[Store] = WeakSet()
        self._histograms: dict[Metric, Any] = {}
        create = {
            Kind.COUNTER: meter.create_observable_counter,
            Kind.UP_DOWN: meter.create_observable_up_down_counter,
            Kind.GAUGE: meter.create_observable_gauge,
        }
        # First of all, so that what waits is recorded before the same collection ends.
        info = catalogue.WORKER_INFO
        callbacks = [self._fold, self._observe(info)]
        meter.create_observable_gauge(info.name, callbacks, info.unit, info.description)
        for metric in catalogue.METRICS:
            if metric.kind is Kind.HISTOGRAM:
                self._histograms[metric] = meter.create_histogram(
                    metric.name,
                    metric.unit,
                    metric.description,
                    explicit_bucket_boundaries_advisory=metric.bounds,
                )
            elif metric is not info:
                observe = [self._observe(metric)]
                create[metric.kind](metric.name, observe, metric.unit, metric.description)

    def _fold(self, options: CallbackOptions) -> Iterator[Observation]:
        for store in list(self._stores):
            store.fold()
        yield from ()

    def _observe(self, metric: Metric) -> Callable[[CallbackOptions], Iterator[Observation]]:
        def observe(options: CallbackOptions) -> Iterator[Observation]:
            question = QUESTION.get()
            if question is not None and metric not in question.metrics:
                return
            for store in list(self._stores):
                if question is None or question.store is store:
                    for attrs, value in numbers(store, metric):
                        yield Observation(value, attrs)

        return observe

    def join(self, store: Store) -> None:
        """Read `store` from now on, and record what its histograms are told."""
        self._stores.add(store)
        for metric, instrument in self._histograms.items():
            for family in store.histograms(metric):
                family.tell(_recorder(instrument))

    def leave(self, store: Store) -> None:
        """Read `store` no more."""
        self._stores.discard(store)


_INSTRUMENTS: WeakKeyDictionary[MeterProvider, _Instruments] = WeakKeyDictionary()


def _recorder(instrument: Any) -> Callable[[Attrs], Callable[[list[float]], None]]:
    def sink_of(attrs: Attrs) -> Callable[[list[float]], None]:
        def sink(values: list[float]) -> None:
            for value in values:
                instrument.record(value, attrs)

        return sink

    return sink_of


class BorrowedPipeline:
    """Our instruments on the user's provider; the query reader joins its readers."""

    def __init__(self, store: Store, *, provider: MeterProvider) -> None:
        self._store = store
        self._provider = provider
        self._instruments = _INSTRUMENTS.get(provider) or _INSTRUMENTS.setdefault(
            provider,
            _Instruments(provider.get_meter(catalogue.SCOPE, __version__, catalogue.SCHEMA_URL)),
        )
        self._instruments.join(store)
        reader = QueryReader()
        reader.connect(
            Producer(store, carries=()), resource=worker_resource(store.app_id, pid=store.pid)
        )
        provider.add_metric_reader(reader)
        self.query = Query(store, reader=reader)

    def start(self) -> None:
        """Do nothing: what is exported is the provider's own business."""

    def flush(self, timeout: float) -> bool:
        """Have the provider export now; its readers added later are ours, and need no flush."""
        return bool(self._provider.force_flush(timeout * 1000))

    def stop(self, timeout: float) -> None:
        """Have the provider export what is left; it is the user's to shut down."""
        self.flush(timeout)
