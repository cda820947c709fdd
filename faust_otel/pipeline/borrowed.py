"""Somebody else's MeterProvider: asynchronous instruments for numbers, SDK histograms for the rest.

We cannot give its readers our producer, so numbers are observed by callbacks, and the values that
wait in our histograms are recorded, in batches, in histograms of the SDK. One set of instruments
serves all monitors of a process: the SDK ignores the callbacks of an instrument made twice.

Queries are answered by a pipeline of our own beside it, from the same sources: so they are answered
whatever views the provider has, after it was shut down, and inside its own callbacks, where a
reader of its own would wait for itself.
"""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from opentelemetry.metrics import CallbackOptions, Observation

from faust_otel import catalogue
from faust_otel.version import __version__
from faust_otel.words import Kind

from .failures import Failures
from .own import OwnPipeline
from .process import PROCESS_SOURCES
from .recording import Recording
from .sources import numbers
from .waiting import TakesLonger, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.metrics import Meter, MeterProvider

    from faust_otel.state import Attrs, Store
    from faust_otel.words import Metric

    from .readers import BridgeReader

__all__ = ["BorrowedPipeline"]

logger = logging.getLogger(__name__)

#: Seconds to wait for instruments to be made. The provider's lock, which that takes, is held by a
#: collection for as long as somebody's slow callback runs; and this may be called by a callback.
MAKING = 0.5


class _Instruments:
    """The instruments of the whole catalogue on one provider, and the stores they read."""

    def __init__(self, meter: Meter) -> None:
        self._stores: list[ref[Store]] = []
        self._failures = Failures()
        histograms: dict[Metric, Any] = {}
        create = {
            Kind.COUNTER: meter.create_observable_counter,
            Kind.UP_DOWN: meter.create_observable_up_down_counter,
            Kind.GAUGE: meter.create_observable_gauge,
        }
        for metric in catalogue.METRICS:
            if metric.kind is Kind.HISTOGRAM:
                histograms[metric] = meter.create_histogram(
                    metric.name,
                    metric.unit,
                    metric.description,
                    explicit_bucket_boundaries_advisory=metric.bounds,
                )
            else:
                observe = [self._observe(metric)]
                if metric is catalogue.WORKER_INFO:  # any: the SDK reads histograms after all
                    observe.insert(0, self._fold)  # callbacks, so what waits is among them
                create[metric.kind](metric.name, observe, metric.unit, metric.description)
        self._recording = Recording(histograms)

    def join(self, store: Store) -> None:
        """Read `store` until it is gone, and record what its histograms are told."""
        known = dict.fromkeys([*self._stores, ref(store)])
        self._stores = [each for each in known if each() is not None]
        # Told again after a fork: a store that begins anew has new histograms.
        for metric in catalogue.METRICS:
            for family in store.histograms(metric):
                family.tell(self._recorder(metric, store=ref(store)))

    def _speaking(self) -> list[Store]:
        """Return one store for each app: monitors of one app all count the same."""
        found: dict[object, Store] = {}
        for known in list(self._stores):
            store = known()
            if store is not None:
                found.setdefault(store if store.app is None else store.app, store)
        return list(found.values())

    def _fold(self, _: CallbackOptions) -> Iterable[Observation]:
        for store in self._speaking():
            store.fold()
        self._recording.drain()
        return ()

    def _observe(self, metric: Metric) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            stores = self._speaking()
            if metric in PROCESS_SOURCES:
                del stores[1:]  # one process, however many apps
            try:
                return [
                    Observation(value, attrs)
                    for store in stores
                    for attrs, value in numbers(store, metric)
                ]
            except Exception:  # noqa: BLE001  said, with its traceback
                self._failures.say(metric)
                return []

        return observe

    def _recorder(
        self, metric: Metric, *, store: ref[Store]
    ) -> Callable[[Attrs], Callable[[list[float]], None]]:
        def sink_of(attrs: Attrs) -> Callable[[list[float]], None]:
            def sink(values: list[float]) -> None:
                if any(store() is speaking for speaking in self._speaking()):
                    self._recording.add(metric, attrs, values=values)

            return sink

        return sink_of


_INSTRUMENTS: WeakKeyDictionary[MeterProvider, _Instruments] = WeakKeyDictionary()
_MAKING = Lock()


def _join(provider: MeterProvider, store: Store) -> None:
    with _MAKING:  # of two sets of instruments, the SDK calls only the first
        instruments = _INSTRUMENTS.get(provider)
        if instruments is None:
            meter = provider.get_meter(catalogue.SCOPE, __version__, catalogue.SCHEMA_URL)
            instruments = _INSTRUMENTS[provider] = _Instruments(meter)
        instruments.join(store)


class BorrowedPipeline:
    """Our instruments on the user's provider, for as long as the store is there."""

    def __init__(self, store: Store, *, provider: MeterProvider) -> None:
        self._provider = provider
        self._own = OwnPipeline(store)
        self.query = self._own.query
        try:
            within(MAKING, lambda: _join(provider, store), name="faust-otel-instruments")
        except TakesLonger:
            logger.debug("the meter provider is busy; its readers see this monitor a little later")

    def add(self, reader: BridgeReader) -> None:
        """Have one more reader collect, beside those of the provider."""
        self._own.add(reader)

    def start(self) -> None:
        """Do nothing: what is exported is the provider's own business."""

    def flush(self, timeout: float) -> bool:
        """Have the provider export now; return False when that took longer than `timeout`."""
        flush = getattr(self._provider, "force_flush", None)  # not part of the API
        if flush is None:
            return True
        try:
            return bool(within(timeout, lambda: flush(timeout * 1e3), name="faust-otel-flush"))
        except TakesLonger:
            return False

    def stop(self, timeout: float) -> None:
        """Have the provider export what is left; it is the user's to shut down."""
        if not self.flush(timeout):
            logger.warning("the last metrics were not exported within %g s", timeout)
