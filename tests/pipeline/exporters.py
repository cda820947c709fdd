"""Exporters that do as a test says, and what the log has of it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, get_value
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

__all__ = ["AGAIN", "FAILED", "LAST", "Exporter", "exporting", "said"]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the beginnings of all warnings, the SDK's too."""
    return [
        " ".join(record.message.split()[:5])
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]


FAILED = "metrics could not be exported,"
AGAIN = "metrics are exported again, after"
LAST = "the last metrics could not"


class Exporter(MetricExporter):
    """Does as it is told, and keeps what it was handed."""

    def __init__(self, *, does: Callable[[], Any] = lambda: None, **preferences: Any) -> None:
        super().__init__(**preferences)
        self.does = does
        self.at_shutdown: Callable[[], object] = lambda: None
        self.exported: list[Any] = []
        self.closed = 0

    def export(self, metrics_data: Any, timeout_millis: float = 10_000, **_: Any) -> Any:
        self.exported.append(
            (metrics_data, timeout_millis, get_value(_SUPPRESS_INSTRUMENTATION_KEY))
        )
        result = self.does()
        return MetricExportResult.SUCCESS if result is None else result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        raise NotImplementedError

    def shutdown(self, *_: Any, **__: Any) -> None:
        self.closed += 1
        self.at_shutdown()


@contextmanager
def exporting(monkeypatch: pytest.MonkeyPatch, *exporters: Exporter) -> Iterator[None]:
    """Have pipelines start with these exporters."""
    with monkeypatch.context() as patch:
        patch.setattr(
            "faust_otel.pipeline.own.exporters_asked_for",
            lambda: [lambda each=each: each for each in exporters],
        )
        yield
