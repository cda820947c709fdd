"""``--otlp``: where it points to, and what it sets."""

from __future__ import annotations

import pytest

from faust_otel.cli.export import Target, target
from faust_otel.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("endpoint", "protocol", "expected"),
    [
        ("http://localhost:4317", None, Target("http://localhost:4317", "grpc")),
        ("http://localhost:4318", None, Target("http://localhost:4318/v1/metrics", "http")),
        ("http://localhost:4317", "http", Target("http://localhost:4317/v1/metrics", "http")),
        ("http://localhost:9999", "grpc", Target("http://localhost:9999", "grpc")),
        ("https://otel.test/", None, Target("https://otel.test/v1/metrics", "http")),
        ("https://otel.test/a/", None, Target("https://otel.test/a/v1/metrics", "http")),
        ("https://otel.test/v1/metrics", None, Target("https://otel.test/v1/metrics", "http")),
        ("http://[::1]:4317", None, Target("http://[::1]:4317", "grpc")),
    ],
)
def test_the_protocol_goes_by_the_port(
    endpoint: str, protocol: str | None, expected: Target
) -> None:
    """Port 4317 is grpc, any other http with its path completed, unless the protocol is given."""
    assert target(endpoint, protocol=protocol) == expected


@pytest.mark.parametrize(
    "endpoint",
    ["", "localhost:4317", "ftp://x", "http://", "http://x:port", "http://x:99999", "http://x?a=b"],
)
def test_what_is_no_address_is_refused(endpoint: str) -> None:
    """The error repeats what was given and shows an address that works."""
    with pytest.raises(ConfigurationError, match="http://localhost:4317") as caught:
        target(endpoint, protocol=None)
    assert repr(endpoint) in str(caught.value)


def test_the_standard_variables_are_set() -> None:
    """The export is on and goes there, whatever the environment said; a given interval stays."""
    environ = {
        "OTEL_SDK_DISABLED": "true",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_METRICS_INSECURE": "false",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }
    target("http://localhost:4318", protocol=None).set(environ)
    assert environ == {
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://localhost:4318/v1/metrics",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_METRICS_INSECURE": "true",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }


def test_a_secure_address_stays_secure() -> None:
    """Nothing switches encryption off for https, and the demo exports every two seconds."""
    environ: dict[str, str] = {}
    target("https://otel.test:4317", protocol=None).set(environ)
    assert "OTEL_EXPORTER_OTLP_METRICS_INSECURE" not in environ
    assert environ["OTEL_METRIC_EXPORT_INTERVAL"] == "2000"
