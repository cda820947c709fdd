"""Real workers that export: everything, to the last event, under the app's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor
from faust_otel import catalogue as c
from faust_otel.testing import run

from .exporters import said
from .receivers import free_port, grpc_receiver

if TYPE_CHECKING:
    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker


def test_a_worker_exports_to_the_last_event_as_its_app(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last export, at the end of a worker, has all that the query methods answer."""
    with grpc_receiver() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.endpoint)
        app = broker.app("exports")
        monitors = Monitor(), Monitor()
        app.monitor = monitors[0]
        app.sensors.add(monitors[1])  # of the same app: not exported a second time
        early = app.monitor.messages_received_total()  # opens the pipeline: no app is known yet
        seen: list[Any] = []

        @app.agent("exports")
        async def collect(stream: Any) -> None:
            async for event in stream:
                seen.append(event)  # noqa: PERF401 - a stream never ends

        broker.produce_many("exports", [{"n": n} for n in range(50)])
        run(app, lambda: len(seen) == 50)
        resource, found = received.resource(), received.numbers()
    assert len(received.requests) == 1
    assert (early, resource["service.name"]) == (0, "exports")
    assert sum(found[c.CONSUMED.name].values()) == 50 == app.monitor.messages_received_total()
    assert sum(found[c.EVENTS.name].values()) == 50
    assert [count for count, *_ in found[c.PROCESS_DURATION.name].values()] == [50]
    assert [monitor.events_total() for monitor in monitors] == [50, 50]
    assert not [line for line in said(caplog) if "metrics" in line]


def test_a_worker_stops_in_time_without_its_collector(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody takes metrics, a worker starts, works, and ends within seconds all the same."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    app = broker.app("nobody")
    app.monitor = Monitor()
    seen: list[Any] = []

    @app.agent("nobody")
    async def collect(stream: Any) -> None:
        async for event in stream:
            seen.append(event)  # noqa: PERF401 - a stream never ends

    broker.produce("nobody", 1)
    run(app, lambda: seen)
    assert app.monitor.events_total() == 1
    lost = [record for record in caplog.records if "the last metrics" in record.getMessage()]
    assert len(lost) == 1
