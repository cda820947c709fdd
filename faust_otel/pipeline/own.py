"""Our own pipeline: the producer carries everything, readers are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider

from faust_otel import catalogue
from faust_otel.version import __version__

from .exporting import exporters_asked_for
from .producer import Producer
from .query import Query
from .readers import BridgeReader, ExportingReader, QueryReader
from .resource import worker_resource
from .sources import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faust_otel.state import Store

__all__ = ["OwnPipeline"]


class OwnPipeline:
    """A MeterProvider of ours, with the query reader and whatever exports."""

    def __init__(self, store: Store) -> None:
        self._store = store
        carried = [metric for metric in catalogue.METRICS if metric is not catalogue.WORKER_INFO]
        self._producer = Producer(store, carries=carried)
        self.resource = worker_resource(store.app_id, pid=store.pid)
        self._provider = MeterProvider(resource=self.resource, shutdown_on_exit=False)
        # The SDK hands readers nothing at all unless some instrument observed something.
        info = catalogue.WORKER_INFO
        self._provider.get_meter(
            catalogue.SCOPE, __version__, catalogue.SCHEMA_URL
        ).create_observable_gauge(info.name, [self._info], info.unit, info.description)
        reader = QueryReader()
        self.add(reader)
        self.query = Query(store, reader=reader)
        self._exporting: list[ExportingReader] = []

    def _info(self, options: CallbackOptions) -> Iterator[Observation]:
        for attrs, value in numbers(self._store, catalogue.WORKER_INFO):
            yield Observation(value, attrs)

    def add(self, reader: BridgeReader) -> None:
        """Have one more reader collect from this pipeline."""
        reader.connect(self._producer, resource=self.resource)
        self._provider.add_metric_reader(reader)

    def start(self) -> None:
        """Begin to export, as the environment asks."""
        for exporter in exporters_asked_for():
            reader = ExportingReader(exporter)
            self.add(reader)
            self._exporting.append(reader)

    def flush(self, timeout: float) -> bool:
        """Export now; return False when that did not succeed within `timeout` seconds."""
        done = [reader.force_flush(timeout * 1000 / len(self._exporting)) for reader in self._exporting]
        return all(done)

    def stop(self, timeout: float) -> None:
        """Export what is left and stop; queries go on being answered."""
        exporting, self._exporting = self._exporting, []
        for reader in exporting:
            reader.shutdown(timeout * 1000 / len(exporting))
            self._provider.remove_metric_reader(reader)
