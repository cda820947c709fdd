"""A collector that fails: one line per outage, and nobody is held up."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult

from faust_otel import Monitor
from faust_otel import catalogue as c
from faust_otel.pipeline.outage import Outage, listening
from faust_otel.state import Store

from .exporters import AGAIN, FAILED, LAST, Exporter, exporting, said
from .reading import wait_for
from .receivers import free_port, grpc_receiver, http_receiver, socket_receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faust_otel.pipeline.own import OwnPipeline

    Open = Callable[..., OwnPipeline]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"


@pytest.fixture
def store() -> Store:
    """A store with one rebalance."""
    store = Store()
    store.rebalances.get(GROUP="shop").value += 1
    return store


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Export ten times a second, and give up after half of one."""
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")


@contextmanager
def refusing() -> Iterator[str]:
    """Yield an endpoint where nobody listens."""
    yield f"http://127.0.0.1:{free_port()}"


@contextmanager
def hanging() -> Iterator[str]:
    """Yield an endpoint that takes connections and says nothing."""
    with socket_receiver() as received:
        yield received.endpoint


@contextmanager
def babbling() -> Iterator[str]:
    """Yield an endpoint that answers what is no protocol."""
    with socket_receiver(answer=b"\x00\xff" * 40) as received:
        yield received.endpoint


@contextmanager
def failing() -> Iterator[str]:
    """Yield an HTTP server that fails with a page of nonsense."""
    with http_receiver(status=500, body=b"<html>\xff") as received:
        yield received.endpoint


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("collector", [refusing, hanging, babbling, failing])
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_an_outage_is_one_line_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    collector: Callable[[], Any],
    protocol: str,
) -> None:
    """However a collector fails, one line says so, queries are answered and flush ends in time."""
    monkeypatch.setenv(PROTOCOL, protocol)
    with collector() as endpoint:
        monkeypatch.setenv(ENDPOINT, endpoint)
        monitor = Monitor()
        monitor.pipeline.start()
        wait_for(lambda: said(caplog))
        begun = monotonic()
        monitor.on_rebalance_start(None)
        assert monitor.rebalances_total() == 1
        asked = monotonic()
        assert not monitor.force_flush(0.6)
        flushed = monotonic()
        assert not monitor.force_flush(5.0)  # at least one more attempt has failed
        stopping = monotonic()
        monitor.shutdown(0.6)
        stopped = monotonic()
    assert [
        asked - begun < 0.2,
        flushed - asked < 0.9,
        stopped - stopping < 0.9,
    ] == [True, True, True]
    assert said(caplog) == [FAILED, LAST]
    assert "no reason was given" not in caplog.text
    assert monitor.rebalances_total() == 1


@pytest.mark.usefixtures("impatient")
def test_an_outage_that_ends_is_one_more_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, opened: Open, store: Store
) -> None:
    """Once the collector is there again, one line says so, and the totals are complete."""
    port = free_port()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{port}")
    pipeline = opened(store)
    pipeline.start()
    wait_for(lambda: said(caplog))
    with grpc_receiver(port) as received:
        wait_for(lambda: len(received.requests) > 2)
        assert pipeline.flush(10.0)
        total = received.metrics()[c.REBALANCES.name].sum.data_points[0].as_int
        pipeline.stop(10.0)
    assert said(caplog) == [FAILED, AGAIN]
    assert total == 1


def test_a_collector_that_is_slow_only_delays(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, opened: Open, store: Store
) -> None:
    """While a collector takes its time, queries are answered, and no line is written."""
    may_answer = Event()
    with grpc_receiver() as received:
        received.before_answer = may_answer.wait
        monkeypatch.setenv(ENDPOINT, received.endpoint)
        pipeline = opened(store)
        pipeline.start()
        assert not pipeline.flush(0.1)
        wait_for(lambda: received.requests)
        begun = monotonic()
        assert pipeline.query.total(c.REBALANCES) == 1
        assert monotonic() - begun < 0.2
        may_answer.set()
        assert pipeline.flush(10.0)
        pipeline.stop(10.0)
    assert said(caplog) == []


@pytest.mark.parametrize("does", [lambda: MetricExportResult.FAILURE, lambda: 1 / 0])
def test_a_failure_is_noted_once_whether_returned_or_raised(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    opened: Open,
    store: Store,
    does: Callable[[], Any],
) -> None:
    """An exporter that fails is said once, goes on to be asked, and is said to be well once."""
    exporter = Exporter(does=does)
    pipeline = opened(store)
    with exporting(monkeypatch, exporter):
        pipeline.start()
    assert [pipeline.flush(10.0) for _ in range(3)] == [False] * 3
    exporter.does = lambda: None
    assert [pipeline.flush(10.0) for _ in range(2)] == [True] * 2
    assert said(caplog) == [FAILED, AGAIN]


def test_the_log_of_exporters_is_only_kept_from_others_while_ours_exports(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Warnings of the exporter's modules are taken meanwhile, in this context, and no others."""
    exporter = Exporter()
    logger = logging.getLogger(Exporter.__module__)
    logger.setLevel(logging.DEBUG)
    logger.warning("before")
    with listening(exporter) as heard:
        logger.warning("taken %s", "meanwhile")
        logger.info("no warning")
        logging.getLogger("elsewhere").warning("not the exporter's")
    logger.warning("after")
    messages = [record.message for record in caplog.records]
    assert heard == ["taken meanwhile"]
    assert messages == ["before", "no warning", "not the exporter's", "after"]
    modules = (Exporter.__module__, MetricExporter.__module__)
    assert [len(logging.getLogger(module).filters) for module in modules] == [1, 1]


def test_the_line_of_an_outage_says_reasons_interval_and_length(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """First and last reason come once each, and the end of an outage says how long it took."""
    now = [100.0]
    outage = Outage(interval=60.0, clock=lambda: now[0])
    outage.succeeded()
    outage.failed(["refused", "refused again", "gave up"])
    now[0] += 90.0
    outage.failed(["refused"])
    outage.succeeded()
    outage.failed(["refused", "refused"])
    outage.succeeded()
    outage.failed([])
    failed = (
        "metrics could not be exported, which is tried again every 60 s and not said again "
        "until it succeeds: "
    )
    assert [record.message for record in caplog.records] == [
        f"{failed}refused | gave up",
        "metrics are exported again, after 90 s",
        f"{failed}refused",
        "metrics are exported again, after 0 s",
        f"{failed}no reason was given",
    ]
