"""The exporter that the standard ``OTEL_*`` variables ask for."""

from __future__ import annotations

import logging
from importlib import import_module
from os import environ
from typing import TYPE_CHECKING

from faust_otel.exceptions import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter

__all__ = ["exporters_asked_for"]

logger = logging.getLogger(__name__)

_PROTOCOLS = {
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.metric_exporter",
}
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOL_VARIABLES = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def exporters_asked_for() -> list[MetricExporter]:
    """Return new exporters by ``OTEL_METRICS_EXPORTER``, or OTLP's when only its endpoint is set.

    Exporters that are not ours to make (``prometheus`` serves a port of its own) are left alone
    with a log line. Raises ConfigurationError for an OTLP protocol that does not exist.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    asked = environ.get("OTEL_METRICS_EXPORTER", "").strip()
    if not asked:
        asked = "otlp" if any(environ.get(name) for name in _ENDPOINTS) else "none"
    exporters = []
    for name in dict.fromkeys(part.strip().lower() for part in asked.split(",")):
        if name == "otlp":
            exporters.append(_otlp())
        elif name == "console":
            from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415  only when asked for
                ConsoleMetricExporter,
            )

            exporters.append(ConsoleMetricExporter())
        elif name not in ("none", ""):
            logger.warning(
                "OTEL_METRICS_EXPORTER=%r: %r is not exported to by this monitor; "
                "use otlp, console or none",
                asked,
                name,
            )
    return exporters


def _otlp() -> MetricExporter:
    for variable in _PROTOCOL_VARIABLES:
        protocol = environ.get(variable, "").strip().lower()
        if protocol:
            break
    else:
        variable, protocol = _PROTOCOL_VARIABLES[-1], "grpc"
    if protocol not in _PROTOCOLS:
        raise ConfigurationError(
            f"{variable}={protocol!r} is not a protocol of ours; use {' or '.join(_PROTOCOLS)}"
        )
    exporter: MetricExporter = import_module(_PROTOCOLS[protocol]).OTLPMetricExporter()
    return exporter
