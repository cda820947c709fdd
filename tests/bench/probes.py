"""A probe is a sensor together with how to read it: what it counted, and one collection.

A figure is only worth printing when the rung did its work: every ladder compares ``counts()``
with what it fed in.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import faust

if TYPE_CHECKING:
    from collections.abc import Callable


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
        """Take what a sensor may learn of a fetch beside its hooks: once per fetch, not per event."""

    def counts(self) -> Counts | None:
        """What the sensor counted, by its own word; None when counting is not its work."""
        return None

    def collect(self) -> None:
        """Do what one export or scrape makes the sensor do."""
        raise TypeError(f"{type(self.sensor).__name__} cannot be collected")

    def series(self) -> int:
        """How many series one collection holds; a histogram counts as one."""
        raise TypeError(f"{type(self.sensor).__name__} cannot be collected")


class FaustProbe(Probe):
    """``faust.Monitor`` and what inherits its attributes."""

    def counts(self) -> Counts | None:
        monitor = self.sensor
        operations = sum(
            table.keys_retrieved + table.keys_updated + table.keys_deleted
            for table in monitor.tables.values()
        )
        return Counts(
            monitor.messages_received_total,
            monitor.events_total,
            monitor.messages_sent,
            operations,
        )


class PrometheusProbe(FaustProbe):
    """Faust's Prometheus monitor on a registry of its own, read from the registry."""

    def __init__(self) -> None:
        from faust.sensors.prometheus import FaustMetrics, PrometheusMonitor
        from prometheus_client import CollectorRegistry

        self.registry = CollectorRegistry()
        super().__init__(PrometheusMonitor(metrics=FaustMetrics.create(self.registry, "bench")))

    def counts(self) -> Counts | None:
        totals: dict[str, float] = {}
        for family in self.registry.collect():
            for sample in family.samples:
                totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
        return Counts(
            int(totals["bench_messages_received_total"]),
            int(totals["bench_total_events_total"]),
            int(totals["bench_total_sent_messages_total"]),
            int(totals.get("bench_table_operations_total", 0.0)),
        )

    def collect(self) -> None:
        from prometheus_client import generate_latest

        generate_latest(self.registry)

    def series(self) -> int:
        return len(
            {
                (family.name, frozenset((k, v) for k, v in sample.labels.items() if k != "le"))
                for family in self.registry.collect()
                for sample in family.samples
            }
        )


class SdkProbe(FaustProbe):
    """Faust's OpenTelemetry monitor on the SDK, read from an in-memory reader."""

    def __init__(self) -> None:
        from faust.sensors.otel import OpenTelemetryMonitor
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader

        self.reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider(metric_readers=[self.reader]))
        super().__init__(OpenTelemetryMonitor())

    def counts(self) -> Counts | None:
        totals = sums(self.reader.get_metrics_data())
        return Counts(
            totals.get("faust.messages.received", 0),
            totals.get("faust.events.total", 0),
            totals.get("faust.messages.sent", 0),
            totals.get("faust.table.operations", 0),
        )

    def collect(self) -> None:
        self.reader.get_metrics_data()

    def series(self) -> int:
        return points(self.reader.get_metrics_data())


class OursProbe(Probe):
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

    @cached_property
    def reader(self) -> Any:
        """An in-memory reader that collects as an exporter's would."""
        raise NotImplementedError

    def collect(self) -> None:
        self.reader.get_metrics_data()

    def series(self) -> int:
        return points(self.reader.get_metrics_data())


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

        self._memory = InMemoryMetricReader()
        super().__init__(Monitor(meter_provider=MeterProvider(metric_readers=[self._memory])))

    @cached_property
    def reader(self) -> Any:
        """The user's own reader."""
        return self._memory


class Silent(faust.Sensor):
    """The least that Faust needs on ``app.monitor``."""

    def __init__(self) -> None:
        super().__init__()
        self.stream_inbound_time: dict[Any, float] = {}

    def track_tp_end_offset(self, tp: Any, offset: int) -> None:
        """Take the end offset that the consumer saw, and forget it."""

    def on_tp_commit(self, tp_offsets: Any) -> None:
        """Take what was committed, and forget it."""

    def asdict(self) -> dict[str, Any]:
        """Answer Faust's web views."""
        return {}


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


def _without_sdk() -> Probe:
    from faust.sensors.otel import OpenTelemetryMonitor

    return FaustProbe(OpenTelemetryMonitor())


PROBES: dict[str, Callable[[], Probe]] = {
    "nothing": lambda: Probe(None),
    "sensor": lambda: Probe(faust.Sensor()),
    "silent": lambda: Probe(Silent()),
    "ours": OwnPipelineProbe,
    "ours-sdk": BorrowedPipelineProbe,
    "monitor": lambda: FaustProbe(faust.Monitor()),
    "prometheus": PrometheusProbe,
    "otel": _without_sdk,
    "otel-sdk": SdkProbe,
}
