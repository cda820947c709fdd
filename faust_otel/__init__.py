"""faust-otel: Faust's sensor hooks as OpenTelemetry metrics, at a cost that is not felt."""

from __future__ import annotations

from faust_otel.exceptions import ConfigurationError, FaustOTelError, MissingExtraError
from faust_otel.sensors import Monitor, Sensor, SensorDelegate
from faust_otel.typing import MonitorT, SensorT
from faust_otel.version import __version__

__all__ = [
    "ConfigurationError",
    "FaustOTelError",
    "MissingExtraError",
    "Monitor",
    "MonitorT",
    "Sensor",
    "SensorDelegate",
    "SensorT",
    "__version__",
]
