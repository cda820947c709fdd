"""The probe of every rung: Faust's own sensors here, ours beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faust

from tests.bench.probe import Counts, Probe, ReaderProbe, sums

if TYPE_CHECKING:
    from collections.abc import Callable


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


class SdkProbe(ReaderProbe):
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


def _ours() -> Probe:
    from tests.bench.probes_ours import OwnPipelineProbe

    return OwnPipelineProbe()


def _ours_borrowed() -> Probe:
    from tests.bench.probes_ours import BorrowedPipelineProbe

    return BorrowedPipelineProbe()


def _without_sdk() -> Probe:
    from faust.sensors.otel import OpenTelemetryMonitor

    return FaustProbe(OpenTelemetryMonitor())


PROBES: dict[str, Callable[[], Probe]] = {
    "nothing": lambda: Probe(None),
    "sensor": lambda: Probe(faust.Sensor()),
    "silent": lambda: Probe(Silent()),
    "ours": _ours,
    "ours-sdk": _ours_borrowed,
    "monitor": lambda: FaustProbe(faust.Monitor()),
    "prometheus": PrometheusProbe,
    "otel": _without_sdk,
    "otel-sdk": SdkProbe,
}
