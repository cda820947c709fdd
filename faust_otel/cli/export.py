"""``--otlp``: the standard variables, set for this process, so that the monitor exports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from faust_otel.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["PROTOCOLS", "Target", "target"]

PROTOCOLS = {"grpc": "grpc", "http": "http/protobuf"}
_PORTS = {4317: "grpc", 4318: "http"}
_PATH = "/v1/metrics"
#: Milliseconds between two exports: who tries a demo does not want to wait a minute.
_INTERVAL = "2000"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to export: the full address of the metrics, and ``grpc`` or ``http``."""

    url: str
    protocol: str

    def __str__(self) -> str:
        return f"OTLP ({PROTOCOLS[self.protocol]}) to {self.url}"

    def set(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Have monitors of this process export there, whatever the environment said."""
        environ.pop("OTEL_SDK_DISABLED", None)
        environ["OTEL_METRICS_EXPORTER"] = "otlp"
        environ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = self.url
        environ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = PROTOCOLS[self.protocol]
        if self.url.startswith("http:"):
            environ["OTEL_EXPORTER_OTLP_METRICS_INSECURE"] = "true"
        environ.setdefault("OTEL_METRIC_EXPORT_INTERVAL", _INTERVAL)


def target(endpoint: str, *, protocol: str | None) -> Target:
    """Return where ``--otlp`` and ``--otlp-protocol`` point to.

    Without `protocol`, port 4317 is grpc and everything else http, whose path is completed as
    ``OTEL_EXPORTER_OTLP_ENDPOINT`` has it. Raises ConfigurationError for what is no address.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as exc:
        raise _refused(endpoint) from exc
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise _refused(endpoint)
    if protocol is None:
        protocol = _PORTS.get(port or 0, "http")
    path = parts.path.rstrip("/")
    if protocol == "http" and not path.endswith(_PATH):
        path += _PATH
    return Target(parts._replace(path=path).geturl(), protocol)


def _refused(endpoint: str) -> ConfigurationError:
    return ConfigurationError(
        f"--otlp={endpoint!r} is no address of a Collector; give one such as "
        "http://localhost:4317 (grpc) or http://localhost:4318 (http)"
    )
