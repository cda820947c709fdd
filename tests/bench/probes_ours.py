"""Probes of this project's monitor, one for each of its pipelines."""

from __future__ import annotations

from functools import cached_property
from time import process_time
from typing import Any

from tests.bench.probe import Counts, ReaderProbe


class OursProbe(ReaderProbe):
    """The monitor of this project: what its two pipelines have in common."""

    def __init__(self, sensor: Any) -> None:
        super().__init__(sensor)
        self.pipeline = sensor.pipeline  # open from the start, as in a worker

    def fetched(self, events: list[Any]) -> None:
        from faust_otel.state import Fetch

        store = self.sensor.store
        batches: dict[Any, list[Any]] = {}
        for event in events:
            batches.setdefault(event.message.tp, []).append(event.message)
        for tp, batch in batches.items():
            fetch = Fetch(
                batch[0].offset,
                batch[-1].offset,
                at=store.clock(),
                first_timestamp=batch[0].timestamp,
            )
            store.partition(tp.topic, tp.partition).fetched(fetch)

    def settle(self) -> float:
        # A collection does what waits, whoever would have done it; a second one finds nothing.
        return max(0.0, self._collection() - self._collection())

    def _collection(self) -> float:
        started = process_time()
        self.collect()
        return process_time() - started

    def counts(self) -> Counts | None:
        monitor = self.sensor
        operations = (
            monitor.tables_get_total() + monitor.tables_set_total() + monitor.tables_del_total()
        )
        return Counts(
            int(monitor.messages_received_total()),
            int(monitor.events_total()),
            int(monitor.messages_sent_total()),
            operations,
        )


class OwnPipelineProbe(OursProbe):
    """On the pipeline that the monitor makes for itself."""

    def __init__(self) -> None:
        from faust_otel import Monitor

        super().__init__(Monitor())

    @cached_property
    def reader(self) -> Any:
        """One more reader beside the monitor's own, made only when somebody collects."""
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader

        from faust_otel.pipeline import BridgeReader

        class MemoryReader(BridgeReader, InMemoryMetricReader):
            """Keeps what an exporter would send."""

        reader = MemoryReader()
        self.pipeline.add(reader)
        return reader


class BorrowedPipelineProbe(OursProbe):
    """On a MeterProvider that is the user's."""

    def __init__(self) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader

        from faust_otel import Monitor

        self.reader = InMemoryMetricReader()
        super().__init__(Monitor(meter_provider=MeterProvider(metric_readers=[self.reader])))
