"""Exporters that the standard variables ask for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics.export import AggregationTemporality as Temporality

from faust_otel import Monitor
from faust_otel import catalogue as c
from faust_otel.exceptions import ConfigurationError
from faust_otel.pipeline.exporting import exporters_asked_for, milliseconds_asked_for
from faust_otel.state import Store

from .receivers import Received, free_port, grpc_receiver, http_receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faust_otel.pipeline.own import OwnPipeline

    Open = Callable[..., OwnPipeline]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
OF_METRICS = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
ASKED = "OTEL_METRICS_EXPORTER"
GRPC = "opentelemetry.exporter.otlp.proto.grpc.metric_exporter"
HTTP = "opentelemetry.exporter.otlp.proto.http.metric_exporter"
CONSOLE = "opentelemetry.sdk.metrics._internal.export"


@pytest.fixture
def store() -> Store:
    """A store with one rebalance."""
    store = Store()
    store.rebalances.get(GROUP="shop").value += 1
    store.recoveries.get().add(0.25)
    return store


@pytest.fixture
def receiver() -> Iterator[Received]:
    """A collector that speaks gRPC."""
    with grpc_receiver() as received:
        yield received


def made() -> list[str]:
    """Return the modules of the exporters that are asked for."""
    return [type(make()).__module__ for make in exporters_asked_for()]


@pytest.mark.parametrize(
    ("variables", "modules"),
    [
        ({}, []),
        ({ASKED: "none"}, []),
        ({ASKED: ""}, []),
        ({ASKED: "none", ENDPOINT: "http://127.0.0.1:9"}, []),
        ({ENDPOINT: "http://127.0.0.1:9"}, [GRPC]),
        ({OF_METRICS: "http://127.0.0.1:9"}, [GRPC]),
        ({ASKED: "otlp"}, [GRPC]),
        ({ASKED: "otlp", PROTOCOL: "http/protobuf"}, [HTTP]),
        ({ASKED: "otlp", PROTOCOL: "grpc", f"{OF_METRICS[:-8]}PROTOCOL": "HTTP/protobuf"}, [HTTP]),
        ({ASKED: "otlp_proto_http", PROTOCOL: "grpc"}, [HTTP]),
        ({ASKED: "otlp_proto_grpc", PROTOCOL: "http/protobuf"}, [GRPC]),
        ({ASKED: "console"}, [CONSOLE]),
        ({ASKED: " Console , otlp,console,"}, [CONSOLE, GRPC]),
        ({ASKED: "console,none"}, [CONSOLE]),
        ({ASKED: "otlp", "OTEL_SDK_DISABLED": "True"}, []),
    ],
)
def test_exporters_are_those_asked_for(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], modules: list[str]
) -> None:
    """Each exporter asked for is made once, and OTLP's also when only its endpoint is set."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert modules == made()


@pytest.mark.parametrize("name", ["prometheus", "junk"])
def test_an_exporter_that_is_not_ours_is_said_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """A name we do not export to is said in one line that has the way out; others are made."""
    monkeypatch.setenv(ASKED, f"{name},console")
    assert made() == [CONSOLE]
    (record,) = caplog.records
    assert repr(name) in record.message
    assert "use otlp, " in record.message


@pytest.mark.parametrize(
    ("text", "milliseconds", "lines"),
    [
        ("", 7.0, 0),
        ("250", 250.0, 0),
        ("0", 7.0, 1),
        ("-1", 7.0, 1),
        ("nan", 7.0, 1),
        ("s", 7.0, 1),
    ],
)
def test_an_interval_that_cannot_work_is_said_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    text: str,
    milliseconds: float,
    lines: int,
) -> None:
    """Milliseconds are what the variable says when above 0, else the default with one line."""
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", text)
    assert milliseconds == milliseconds_asked_for("OTEL_METRIC_EXPORT_INTERVAL", default=7.0)
    assert lines == len(caplog.records)


def test_a_protocol_that_does_not_exist_is_one_error_and_the_rest_is_exported(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], opened: Open, store: Store
) -> None:
    """The error names variable, value and way out, and comes after the console was started."""
    monkeypatch.setenv(ASKED, "otlp,console")
    monkeypatch.setenv(PROTOCOL, "http/json")
    monkeypatch.setattr(  # the SDK binds the stream when it is imported
        "faust_otel.pipeline.exporting._EXPORTERS", {**_exporters(), "console": _console}
    )
    pipeline = opened(store)
    with pytest.raises(ConfigurationError) as raised:
        pipeline.start()
    assert str(raised.value) == (
        "OTEL_EXPORTER_OTLP_PROTOCOL='http/json' is not a protocol of ours; "
        "use grpc or http/protobuf"
    )
    assert not pipeline.flush(10.0), "not all that was asked for was exported"
    assert c.REBALANCES.name in capfd.readouterr().out


def _exporters() -> dict[str, Any]:
    from faust_otel.pipeline import exporting

    return exporting._EXPORTERS


def _console() -> Any:
    import sys

    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

    return ConsoleMetricExporter(out=sys.stdout)


async def test_a_worker_goes_on_when_nothing_can_be_exported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A monitor starts in spite of a bad protocol, says so in one line, and answers."""
    monkeypatch.setenv(ASKED, "otlp")
    monkeypatch.setenv(PROTOCOL, "junk")
    monitor = Monitor()
    async with monitor:
        assert monitor.events_total() == 0
    errors = [r.message for r in caplog.records if r.levelno >= logging.ERROR]
    assert ["OTEL_EXPORTER_OTLP_PROTOCOL='junk'" in message for message in errors] == [True]


def test_the_endpoint_of_metrics_goes_before_the_one_of_all_signals(
    monkeypatch: pytest.MonkeyPatch, receiver: Received, opened: Open, store: Store
) -> None:
    """With both endpoints set, metrics go to the one that is theirs."""
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv(OF_METRICS, receiver.endpoint)
    pipeline = opened(store)
    pipeline.start()
    assert pipeline.flush(10.0)
    assert c.REBALANCES.name in receiver.metrics()


@pytest.mark.parametrize(
    ("variable", "path"), [(ENDPOINT, "/v1/metrics"), (OF_METRICS, "/somewhere")]
)
def test_over_http_only_the_endpoint_of_all_signals_gets_a_path(
    monkeypatch: pytest.MonkeyPatch, opened: Open, variable: str, path: str, store: Store
) -> None:
    """The endpoint of metrics is taken as it is, the general one is completed."""
    with http_receiver() as received:
        suffix = path if variable == OF_METRICS else ""
        monkeypatch.setenv(variable, received.endpoint + suffix)
        monkeypatch.setenv(PROTOCOL, "http/protobuf")
        pipeline = opened(store)
        pipeline.start()
        assert pipeline.flush(10.0)
        assert [path] == received.paths


@pytest.mark.parametrize(
    ("preference", "sums", "distributions"),
    [
        ("cumulative", Temporality.CUMULATIVE, Temporality.CUMULATIVE),
        ("delta", Temporality.DELTA, Temporality.DELTA),
        # The specification keeps the sums of asynchronous instruments, which ours are, cumulative.
        ("lowmemory", Temporality.CUMULATIVE, Temporality.DELTA),
    ],
)
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_temporality_is_the_preferred_one(
    monkeypatch: pytest.MonkeyPatch,
    opened: Open,
    store: Store,
    *,
    protocol: str,
    preference: str,
    sums: Temporality,
    distributions: Temporality,
) -> None:
    """What is received has the temporality asked for, up-down counters excepted, and its values."""
    with (http_receiver if "http" in protocol else grpc_receiver)() as received:
        monkeypatch.setenv(ENDPOINT, received.endpoint)
        monkeypatch.setenv(PROTOCOL, protocol)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference)
        pipeline = opened(store)
        pipeline.start()
        assert pipeline.flush(10.0)
        store.rebalances.get(GROUP="shop").value += 5
        store.recoveries.get().add(0.25)
        assert pipeline.flush(10.0)
        first, second = received.metrics(0), received.metrics(1)
    seen = {
        name: getattr(second[name], second[name].WhichOneof("data")).aggregation_temporality
        for name in (c.REBALANCES.name, c.RECOVERY_DURATION.name, c.REBALANCE_ACTIVE.name)
    }
    assert {
        c.REBALANCES.name: sums.value,
        c.RECOVERY_DURATION.name: distributions.value,
        c.REBALANCE_ACTIVE.name: Temporality.CUMULATIVE.value,
    } == seen
    totals = [each[c.REBALANCES.name].sum.data_points[0].as_int for each in (first, second)]
    counts = [each[c.RECOVERY_DURATION.name].histogram.data_points[0] for each in (first, second)]
    assert [1, 5 if sums is Temporality.DELTA else 6] == totals
    expected = [1, 1 if distributions is Temporality.DELTA else 2]
    assert expected == [point.count for point in counts]


def test_exponential_histograms_are_sent_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, receiver: Received, opened: Open, store: Store
) -> None:
    """With the default aggregation set to exponential, no histogram has explicit bounds."""
    monkeypatch.setenv(ENDPOINT, receiver.endpoint)
    name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
    monkeypatch.setenv(name, "base2_exponential_bucket_histogram")
    pipeline = opened(store)
    pipeline.start()
    for _ in range(2000):
        store.loop_delays.get().add(0.001)
    assert pipeline.flush(10.0)
    found = receiver.metrics()
    kinds = {metric.WhichOneof("data") for metric in found.values()}
    (point,) = found[c.EVENT_LOOP_DELAY.name].exponential_histogram.data_points
    assert "histogram" not in kinds
    assert (point.count, sum(point.positive.bucket_counts)) == (2000, 2000)


@pytest.mark.parametrize("given", [False, True])
def test_queries_are_answered_where_the_sdk_is_disabled(
    monkeypatch: pytest.MonkeyPatch, *, given: bool
) -> None:
    """A disabled SDK exports nothing, on no provider, and queries say what was counted."""
    from opentelemetry.sdk.metrics import MeterProvider

    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv(ASKED, "otlp")
    monitor = Monitor(meter_provider=MeterProvider() if given else None)
    monitor.pipeline.start()
    monitor.on_rebalance_start(None)
    monitor.on_commit_completed(None, monitor.on_commit_initiated(None))
    assert (monitor.rebalances_total(), monitor.commit_latency_max() > 0.0) == (1, True)
    monitor.shutdown()
