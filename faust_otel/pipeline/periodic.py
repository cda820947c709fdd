"""The reader that exports: every interval, and when asked, on one thread of its own.

Beyond the SDK's periodic reader it answers flush and shutdown in time whatever its exporter does,
tells whether the export succeeded, says an outage once, and leaves a forked child alone.
"""

from __future__ import annotations

from threading import TIMEOUT_MAX, Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricReader, MetricsData

from .exporting import milliseconds_asked_for
from .outage import Outage, listening
from .readers import BridgeReader

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter

__all__ = ["ExportingReader"]


class _PeriodicReader(MetricReader):
    """Collects and exports. The exporter's calls never overlap, and none follows its shutdown."""

    def __init__(self, exporter: MetricExporter) -> None:
        # An exporter tells its preferences in these two attributes only.
        super().__init__(
            preferred_temporality=exporter._preferred_temporality,  # noqa: SLF001
            preferred_aggregation=exporter._preferred_aggregation,  # noqa: SLF001
        )
        self._exporter = exporter
        self._interval = milliseconds_asked_for("OTEL_METRIC_EXPORT_INTERVAL", default=60e3) / 1e3
        self._patience = milliseconds_asked_for("OTEL_METRIC_EXPORT_TIMEOUT", default=30e3)
        self._outage = Outage(interval=self._interval)
        #: Guards what follows; exports are numbered, and one serves all who asked before it began.
        self._turn = Condition()
        self._asked = self._done = 0
        self._succeeded = True
        self._stopping = self._closed = False

    def start(self) -> None:
        """Begin to export."""
        Thread(target=self._run, name="faust-otel-export", daemon=True).start()

    def ask(self) -> int:
        """Ask for an export; return the number to wait for."""
        with self._turn:
            self._asked += 1
            self._turn.notify_all()
            return self._asked

    def wait(self, number: int, *, until: float) -> bool:
        """Tell whether the export asked for succeeded `until` then (monotonic seconds)."""
        with self._turn:
            self._turn.wait_for(lambda: self._done >= number, max(0.0, until - monotonic()))
            return self._done >= number and self._succeeded

    def ask_last(self) -> int:
        """Ask for an export after which there is none; return the number to wait for."""
        with self._turn:
            self._stopping = True
            return self.ask()

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Export now; return False when that did not succeed in time."""
        return self.wait(self.ask(), until=monotonic() + timeout_millis / 1e3)

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """Shut the exporter down, which breaks off an export that is going on."""
        if self._closed:
            return  # a provider shuts a reader down again when it is removed
        self._stopping = self._closed = True
        self.ask()
        with listening(self._exporter):
            self._exporter.shutdown(timeout_millis=timeout_millis)

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(
                    lambda: self._asked > self._done, min(self._interval, TIMEOUT_MAX)
                )
                number, last = self._asked, self._stopping
            if self._closed:
                return
            succeeded = self._export_now()
            with self._turn:
                self._done, self._succeeded = number, succeeded
                self._turn.notify_all()
            if last:
                return

    def _export_now(self) -> bool:
        self._result = MetricExportResult.SUCCESS
        # Libraries that make HTTP and gRPC calls visible must leave ours alone.
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        with listening(self._exporter) as heard:
            try:
                self.collect(timeout_millis=self._patience)
            except Exception as exc:  # noqa: BLE001  exporters raise what they like
                self._result = MetricExportResult.FAILURE
                heard.append(repr(exc))
        detach(token)
        if self._result is MetricExportResult.SUCCESS:
            self._outage.succeeded()
        elif not self._closed:  # an export that was broken off is no outage
            self._outage.failed(heard)
        return self._result is MetricExportResult.SUCCESS

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any
    ) -> None:
        self._result = self._exporter.export(metrics_data, timeout_millis=timeout_millis)


class ExportingReader(BridgeReader, _PeriodicReader):
    """The reader that exports, with our producer."""
