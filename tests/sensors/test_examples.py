"""The contract's usage examples work unchanged on our classes."""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import prometheus_client
import pytest

from faust_otel import Monitor, SensorDelegate
from tests.sensors.examples import (
    BusinessMetricsSensor,
    EveryHookMonitor,
    HealthMonitor,
    PrometheusMonitor,
)
from tests.sensors.script import HandClock, Script
from tests.sensors.test_queries import LATENCIES, TOTALS, answers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def prometheus() -> Iterator[PrometheusMonitor]:
    """Return the example, whose metrics live in the client's one registry."""
    monitor = PrometheusMonitor()
    yield monitor
    for metric in ("messages_received", "messages_sent", "processing_duration", "consumer_lag"):
        prometheus_client.REGISTRY.unregister(getattr(monitor, metric))


async def test_overrides_with_the_contract_s_arguments_count_as_ours_do() -> None:
    """A subclass that overrides every hook, calls super and returns nothing loses no count."""
    clock = HandClock()
    monitor = EveryHookMonitor(clock=clock)
    script = Script(monitor, clock=clock)
    script.play()

    assert answers(monitor, TOTALS) == TOTALS
    assert answers(monitor, LATENCIES) == LATENCIES
    assert list(monitor.events_runtime) == [0.25, 0.5, 0.75, 1.0]
    assert list(monitor.rebalance_end_latency) == [4.0, 7.0]
    assert monitor.http_response_codes == Counter({200: 2, 404: 1, 500: 1})
    assert Counter(monitor.seen) == {
        "message_in": 5,
        "message_out": 4,
        "stream_event_in": 5,
        "stream_event_out": 4,
        "table_get": 3,
        "table_set": 2,
        "table_del": 1,
        "commit_initiated": 2,
        "commit_completed": 2,
        "send_initiated": 4,
        "send_completed": 2,
        "send_error": 1,
    }


async def test_overrides_that_drop_the_state_leave_nothing_going_on() -> None:
    """After the last event and send, nothing is active, and no send counts as an error."""
    clock = HandClock()
    monitor = EveryHookMonitor(clock=clock)
    script = Script(monitor, clock=clock)
    for _ in range(3):
        script.event(0.25)
        script.send(0.5)

    assert (monitor.events_active, monitor.messages_active) == (0, 0)
    assert (monitor.messages_sent_total(), monitor.send_errors) == (3, 0)
    assert list(monitor.send_latency) == [0.5, 0.5, 0.5]


async def test_the_business_sensor_times_events() -> None:
    """Its hooks without state are called for each event, and its own attributes work."""
    sensor = BusinessMetricsSensor()
    script = Script(sensor, clock=HandClock())
    before = time.time()
    for amount in (10.0, 32.0):
        script.event(0.0)
        sensor.record_order(amount)
    elapsed = time.time() - before

    told = sensor.get_business_metrics()
    assert (told["orders_total"], told["revenue_total"]) == (2, 42.0)
    assert len(sensor.processing_times) == 2
    assert 0.0 <= sum(sensor.processing_times) <= elapsed


async def test_the_prometheus_monitor_counts_twice_the_same(prometheus: PrometheusMonitor) -> None:
    """Its own metrics and ours agree, although it took two names of ours for them."""
    script = Script(prometheus, clock=HandClock())
    for _ in range(3):
        script.event(0.0)
    script.send(0.0)

    text = prometheus.export_metrics().decode()
    assert "faust_messages_received_total 3.0" in text
    assert "faust_messages_sent_total 3.0" in text
    assert "faust_processing_duration_seconds_count 3.0" in text
    assert (prometheus.messages_received_total(), prometheus.events_total()) == (3, 3)
    assert prometheus.messages_sent_total() == 1
    assert (prometheus.events_active, prometheus.send_errors) == (0, 0)
    assert prometheus.asdict()["messages_sent"] == 1


async def test_the_health_monitor_counts_errors_and_asks_for_a_rate() -> None:
    """It is unhealthy after eleven failed sends, and sees that events are processed."""
    monitor = HealthMonitor()
    script = Script(monitor, clock=HandClock())
    fresh = monitor.check_health()
    for _ in range(11):
        script.send(0.0, error=OSError("gone"))
    script.event(0.0)
    later = monitor.check_health()

    assert "No events being processed" in fresh["issues"]
    assert "High error count: 11" in later["issues"]
    assert "No events being processed" not in later["issues"]
    assert (monitor.messages_sent_total(), monitor.send_errors) == (11, 11)


async def test_the_multi_sensor_setup_tells_each_the_same(prometheus: PrometheusMonitor) -> None:
    """All examples in one delegate see the same events, sends and errors."""
    business, health = BusinessMetricsSensor(), HealthMonitor()
    multi_sensor = SensorDelegate(prometheus, business, health)
    script = Script(multi_sensor, clock=HandClock())
    for _ in range(4):
        script.event(0.0)
    script.send(0.0)
    script.send(0.0, error=OSError("gone"))

    monitors: list[Any] = [prometheus, health]
    assert [monitor.events_total() for monitor in monitors] == [4, 4]
    assert [monitor.events_active for monitor in monitors] == [0, 0]
    assert [monitor.messages_sent_total() for monitor in monitors] == [2, 2]
    assert [monitor.send_errors for monitor in monitors] == [1, 1]
    assert len(business.processing_times) == 4
    assert health.error_count == 1
    assert "faust_processing_duration_seconds_count 4.0" in prometheus.export_metrics().decode()


def test_the_basic_setup_prints_its_lines() -> None:
    """The example's report of a fresh monitor formats what the queries return."""
    monitor = Monitor()
    lines = [
        f"Messages received: {monitor.messages_received_total()}",
        f"Events per second: {monitor.events_per_second():.2f}",
        f"Table operations: {monitor.tables_get_total()}",
        f"Commit latency: {monitor.commit_latency_avg():.3f}s",
    ]
    assert lines == [
        "Messages received: 0",
        "Events per second: 0.00",
        "Table operations: 0",
        "Commit latency: 0.000s",
    ]
