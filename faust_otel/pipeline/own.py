"""Our own pipeline: the producer carries everything, readers are ours."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import Resource

from faust_otel import catalogue
from faust_otel.version import __version__

from .exporting import exporters_asked_for
from .periodic import ExportingReader
from .producer import Producer
from .query import Query
from .readers import QueryReader
from .resource import worker_resource
from .sources import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from opentelemetry.sdk.metrics.export import MetricExporter

    from faust_otel.state import Store

    from .producer import View
    from .readers import BridgeReader

__all__ = ["OwnPipeline"]

logger = logging.getLogger(__name__)

#: Which pipeline exports for an app in this process: monitors of one app all count the same.
_EXPORTING: WeakValueDictionary[Hashable, OwnPipeline] = WeakValueDictionary()


class OwnPipeline:
    """A MeterProvider of ours, with the query reader and whatever exports."""

    def __init__(self, store: Store) -> None:
        self._store = store
        carried = [metric for metric in catalogue.METRICS if metric is not catalogue.WORKER_INFO]
        self._producer = Producer(store, carries=carried)
        self._resource: tuple[str | None, Resource] | None = None
        # What leaves this pipeline carries `resource`, which may become known later than this.
        self._provider = MeterProvider(
            resource=Resource.get_empty(),
            exemplar_filter=AlwaysOffExemplarFilter(),
            shutdown_on_exit=False,
        )
        # The SDK hands readers nothing at all unless some instrument observed something.
        info = catalogue.WORKER_INFO
        self._provider.get_meter(
            catalogue.SCOPE, __version__, catalogue.SCHEMA_URL
        ).create_observable_gauge(info.name, [self._info], info.unit, info.description)
        reader = QueryReader()
        reader.connect(self._producer, resource=Resource.get_empty)
        self._provider.add_metric_reader(reader)
        self.query = Query(store, reader=reader)
        self._exporting: list[ExportingReader] = []
        #: True when an exporter that was asked for could not be made.
        self._lacking = False
        #: The last view of each exporter, by what makes it.
        self._views: dict[Callable[[], MetricExporter], View] = {}

    def _info(self, _: CallbackOptions) -> Iterator[Observation]:
        for attrs, value in numbers(self._store, catalogue.WORKER_INFO):
            yield Observation(value, attrs)

    @property
    def resource(self) -> Resource:
        """Who reports: once the app is known, under its id."""
        app_id = self._store.app_id
        if self._resource is None or self._resource[0] != app_id:
            self._resource = app_id, worker_resource(app_id, pid=self._store.pid)
        return self._resource[1]

    def add(self, reader: BridgeReader) -> None:
        """Have one more reader collect from this pipeline."""
        self._connect(reader)

    def _connect(self, reader: BridgeReader, *, earlier: View | None = None) -> View:
        view = reader.connect(self._producer, resource=lambda: self.resource, earlier=earlier)
        self._provider.add_metric_reader(reader)
        return view

    def start(self) -> None:
        """Begin to export, as the environment asks, unless that goes on or the app has done so.

        Raises what the first exporter that cannot be made raises, once the others export.
        """
        if self._exporting or not self._speaks_for_app():
            return
        failures: list[Exception] = []
        for make in exporters_asked_for():
            try:
                reader = ExportingReader(make())
            except Exception as exc:  # noqa: BLE001  raised below
                failures.append(exc)
                continue
            self._views[make] = self._connect(reader, earlier=self._views.get(make))
            reader.start()
            self._exporting.append(reader)
        self._lacking = bool(failures)
        if failures:
            raise failures[0]

    def _speaks_for_app(self) -> bool:
        app, pid = self._store.app, self._store.pid
        return app is None or _EXPORTING.setdefault((app, pid), self) is self

    def flush(self, timeout: float) -> bool:
        """Export now; return False when that did not succeed within `timeout` seconds."""
        until = monotonic() + timeout
        asked = [(reader, reader.ask()) for reader in self._exporting]
        late = [0 for reader, number in asked if not reader.wait(number, until=until)]
        return not late and not self._lacking

    def stop(self, timeout: float) -> None:
        """Export what is left and stop within `timeout` seconds; queries go on being answered."""
        until = monotonic() + timeout
        exporting, self._exporting = self._exporting, []
        asked = [(reader, reader.ask_last()) for reader in exporting]
        if [0 for reader, number in asked if not reader.wait(number, until=until)]:
            logger.warning("the last metrics could not be exported within %g s", timeout)
        for reader in exporting:
            reader.shutdown()  # here, since removing does it under a lock of the whole SDK
            self._provider.remove_metric_reader(reader)
        for key, pipeline in list(_EXPORTING.items()):
            if pipeline is self:
                del _EXPORTING[key]
