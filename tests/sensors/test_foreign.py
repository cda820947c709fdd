"""Faust's own sensors inside a `SensorDelegate`, beside a monitor of ours."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import faust
import prometheus_client
import pytest
from faust.contrib.opentelemetry import OpenTelemetrySensor
from faust.sensors.otel import OpenTelemetryMonitor
from faust.sensors.prometheus import FaustMetrics, PrometheusMonitor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from faust_otel import Monitor, SensorDelegate
from tests.sensors.script import HandClock, Script, failures
from tests.sensors.test_queries import LATENCIES, TOTALS, answers


def beside(sensor: Any) -> Monitor:
    """Play the script to a delegate of `sensor` and a monitor of ours, and return the monitor."""
    clock = HandClock()
    ours = Monitor(clock=clock)
    script = Script(SensorDelegate(sensor, ours), clock=clock)
    script.play()
    assert answers(ours, TOTALS) == TOTALS
    assert answers(ours, LATENCIES) == LATENCIES
    return ours


async def test_faust_s_monitor_works_beside_ours() -> None:
    """It counts what it counts alone, and none of its hooks fails."""
    theirs = faust.Monitor()
    assert failures(beside(theirs)) == {}
    assert (theirs.messages_received_total, theirs.messages_sent, theirs.send_errors) == (5, 4, 1)
    assert (len(theirs.events_runtime), len(theirs.commit_latency)) == (4, 2)


async def test_faust_s_prometheus_monitor_works_beside_ours() -> None:
    """Its metrics show what it was told."""
    registry = prometheus_client.CollectorRegistry()
    app = faust.App("prometheus", broker="kafka://127.0.0.1:9")
    theirs = PrometheusMonitor(metrics=FaustMetrics.create(registry, app.conf.id))

    assert failures(beside(theirs)) == {}
    text = prometheus_client.generate_latest(registry).decode()
    assert "prometheus_messages_received_total 5.0" in text
    assert "prometheus_total_active_events 1.0" in text


async def test_faust_s_opentelemetry_monitor_works_beside_ours() -> None:
    """Its instruments on an SDK provider hold what it was told."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])

    assert failures(beside(OpenTelemetryMonitor(meter=provider.get_meter("faust")))) == {}
    data: Any = reader.get_metrics_data()
    points = {
        metric.name: sum(point.value for point in metric.data.data_points)
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if hasattr(next(iter(metric.data.data_points)), "value")
    }
    assert (points["faust.messages.received"], points["faust.messages.sent"]) == (5, 2)
    assert (points["faust.events.active"], points["faust.messages.active"]) == (1, 1)
    provider.shutdown()


async def test_faust_s_opentelemetry_sensor_works_beside_ours() -> None:
    """One span for each event that ended, and the one in work stays open."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    assert failures(beside(OpenTelemetrySensor(tracer=provider.get_tracer("faust")))) == {}
    assert [span.name for span in exporter.get_finished_spans()] == ["events-0 process"] * 4
    provider.shutdown()


LIVECHECK = """
import asyncio
from faust.livecheck.app import LiveCheckSensor
from tests.sensors.script import failures
from tests.sensors.test_foreign import beside

async def main():
    print(failures(beside(LiveCheckSensor())))

asyncio.run(main())
"""


def test_faust_s_livecheck_sensor_works_beside_ours() -> None:
    """Its hooks are called and do not fail; in a process of its own, since it patches aiohttp."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIVECHECK],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.stdout == "{}\n"


async def test_a_foreign_sensor_that_fails_is_kept_apart() -> None:
    """Where Faust's monitor raises, such as for status 499, ours goes on."""
    theirs, ours = faust.Monitor(), Monitor()
    script = Script(SensorDelegate(theirs, ours), clock=HandClock())
    script.web_request(0.0, status=499)

    assert failures(ours) == {("Monitor", "on_web_request_end"): 1}
    assert ours.http_response_codes == {499: 1}
    with pytest.raises(ValueError, match="499 is not a valid HTTPStatus"):
        Script(theirs, clock=HandClock()).web_request(0.0, status=499)
