"""What the standard ``OTEL_*`` variables ask for: exporters, and how often they export."""

from __future__ import annotations

import logging
from functools import partial
from importlib import import_module
from os import environ
from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

from faust_otel.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.sdk.metrics.export import MetricExporter

__all__ = ["exporters_asked_for", "milliseconds_asked_for"]

logger = logging.getLogger(__name__)

_PROTOCOLS = {
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.metric_exporter",
}
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOL_VARIABLES = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def exporters_asked_for() -> Iterator[Callable[[], MetricExporter]]:
    """Yield what makes exporters, by ``OTEL_METRICS_EXPORTER``; OTLP's if only its endpoint is set.

    Exporters that are not ours to make (``prometheus`` serves a port of its own) are left alone
    with a log line. Making one raises ConfigurationError for an OTLP protocol that does not exist,
    and whatever the exporter itself refuses.
    """
    if _value("OTEL_SDK_DISABLED").lower() == "true":
        return
    asked = _value("OTEL_METRICS_EXPORTER")
    if not asked:
        asked = "otlp" if any(map(_value, _ENDPOINTS)) else "none"
    for name in dict.fromkeys(part.strip().lower() for part in asked.split(",")):
        if name in _EXPORTERS:
            yield _EXPORTERS[name]
        elif name not in ("none", ""):
            logger.warning(
                "OTEL_METRICS_EXPORTER=%r: %r is not exported to by this monitor; use %s or none",
                asked,
                name,
                ", ".join(_EXPORTERS),
            )


def milliseconds_asked_for(variable: str, *, default: float) -> float:
    """Return what `variable` says, above 0; else `default`, with a log line for junk."""
    text = _value(variable)
    if not text:
        return default
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = 0.0
    if milliseconds > 0:
        return milliseconds
    logger.warning(
        "%s=%r is not allowed; give milliseconds above 0. It is %g", variable, text, default
    )
    return default


def _value(variable: str) -> str:
    return environ.get(variable, "").strip()


def _otlp(protocol: str | None = None) -> MetricExporter:
    variable = next(filter(_value, _PROTOCOL_VARIABLES), _PROTOCOL_VARIABLES[-1])
    asked = protocol or _value(variable).lower() or "grpc"
    if asked not in _PROTOCOLS:
        raise ConfigurationError(
            f"{variable}={asked!r} is not a protocol of ours; use {' or '.join(_PROTOCOLS)}"
        )
    exporter: MetricExporter = import_module(_PROTOCOLS[asked]).OTLPMetricExporter()
    return exporter


_EXPORTERS: dict[str, Callable[[], MetricExporter]] = {
    "otlp": _otlp,
    # By these names the SDK's own set-up knows them.
    "otlp_proto_grpc": partial(_otlp, "grpc"),
    "otlp_proto_http": partial(_otlp, "http/protobuf"),
    "console": ConsoleMetricExporter,
}
