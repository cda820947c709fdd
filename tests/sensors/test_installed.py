"""Every way to install a monitor, on real workers: all that Faust reads there is true."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any

import faust
import pytest
from faust.types import TP

from faust_otel import Monitor, Sensor, SensorDelegate
from tests.sensors.installed import EVENTS, KINDS, TOPIC, Told, counting, run_all
from tests.sensors.script import failures

if TYPE_CHECKING:
    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker

#: Those whose ``app.monitor`` is of ours.
OURS = [kind for kind in KINDS if kind != "beside"]
PARTITIONS = range(4)
EACH = EVENTS // len(PARTITIONS)


@pytest.fixture(scope="module")
def all_told(broker: EmbeddedBroker) -> tuple[dict[str, Told], float]:
    """Return what a worker of each kind told, and the monotonic time before they ran."""
    started = monotonic()
    return run_all(broker), started


@pytest.fixture(params=KINDS)
def told(request: pytest.FixtureRequest, all_told: Any) -> Told:
    """Return what the worker of one kind told."""
    found: Told = all_told[0][request.param]
    return found


@pytest.fixture(params=OURS)
def ours(request: pytest.FixtureRequest, all_told: Any) -> Told:
    """Return what the worker of one kind told, whose ``app.monitor`` is of ours."""
    found: Told = all_told[0][request.param]
    return found


def by_partition(value: int) -> dict[str, dict[str, int]]:
    """Return offsets as JSON has them: by topic and partition, all the same."""
    return {TOPIC: {str(partition): value for partition in PARTITIONS}}


def test_the_performance_page_tells_true_numbers(ours: Told) -> None:
    """Over HTTP: totals of 40 events, nothing active, offsets of all partitions, table counts."""
    page = ours.performance
    throughput = {
        name: page["throughput"][name] for name in page["throughput"] if name[-2:] != "_s"
    }
    assert throughput == {
        **dict.fromkeys(("messages_received_total", "events_total"), EVENTS),
        **dict.fromkeys(("messages_active", "events_active"), 0),
        "messages_sent": 2 * EVENTS,  # one to a topic, one to the changelog
    }
    consumer = page["consumer"]
    assert consumer["read_offsets"] == by_partition(EACH - 1)
    assert consumer["committed_offsets"] == consumer["end_offsets"] == by_partition(EACH)
    assert consumer["rebalances"] >= 1
    [table] = page["tables"].values()
    assert table == {"keys_retrieved": EVENTS, "keys_updated": EVENTS, "keys_deleted": 0}
    assert page["errors"]["send_errors"] == 0
    assert page["latency"]["events_runtime_avg"] > 0.0
    assert page["latency"]["commit_latency"]["count"] >= 1
    assert page["latency"]["send_latency"]["count"] == 30


def test_performance_metrics_say_what_the_page_says(ours: Told) -> None:
    """faust.sensors.metrics.performance_metrics(app) goes through JSON and equals the page."""
    direct, page = json.loads(json.dumps(ours.direct)), ours.performance
    for told in (direct, page):
        # The page's own request was answered in between.
        del told["latency"]["http_response_latency_avg"]
        told["throughput"].update(messages_s=0, events_s=0)
    assert direct == page


def test_the_stats_page_has_every_sensor(told: Told) -> None:
    """Over HTTP: each of the app's sensors that counts tells the same totals."""
    pages = list(told.stats.values())
    counts = [page for page in pages if "messages_received_total" in page]
    assert counts
    for page in counts:
        assert (page["messages_received_total"], page["events_total"]) == (EVENTS, EVENTS)
        assert page["messages_sent"] == 2 * EVENTS
        assert page["messages_received_by_topic"] == {TOPIC: EVENTS}
        assert page["topic_read_offsets"] == by_partition(EACH - 1)
        assert page["topic_committed_offsets"] == by_partition(EACH)
        assert page["topic_end_offsets"] == by_partition(EACH)


def test_inbound_times_are_of_this_run(ours: Told, all_told: Any) -> None:
    """stream_inbound_time has each partition, with a time between the start and the question."""
    assert set(ours.inbound) == {TP(TOPIC, partition) for partition in PARTITIONS}
    assert all(all_told[1] < at < ours.asked_at for at in ours.inbound.values())


def test_every_monitor_of_an_app_knows_offsets_and_commits(told: Told) -> None:
    """A monitor beside another, in a delegate or alone: all have the same offsets and counts."""
    for dictionary in told.dictionaries.values():
        again = json.loads(json.dumps(dictionary))
        assert again["topic_read_offsets"] == by_partition(EACH - 1)
        assert again["topic_committed_offsets"] == by_partition(EACH)
        assert again["topic_end_offsets"] == by_partition(EACH)
        assert (again["events_total"], again["messages_sent"]) == (EVENTS, 2 * EVENTS)
        assert again["commit_latency"]


def test_users_sensors_are_told_each_event_once(all_told: Any) -> None:
    """A sensor with the contract's arguments sees 40 events, wherever it is installed."""
    sensors = {
        kind: told.sensors["sensor"]
        for kind, told in all_told[0].items()
        if "sensor" in told.sensors
    }
    assert {kind: sensor.events for kind, sensor in sensors.items()} == {
        "sensor": EVENTS,
        "delegate": EVENTS,
        "bare": EVENTS,
    }


def test_a_sensor_that_fails_at_everything_stops_nothing(all_told: Any) -> None:
    """Its worker processed all, and each of its failures was counted, start and stop among them."""
    told = all_told[0]["delegate"]
    counted = failures(told.sensors["monitor"])

    assert sorted(hook for _, hook in counted) == [
        *("on_commit_initiated", "on_message_in", "start", "stop"),
    ]
    assert (counted["Fails", "start"], counted["Fails", "stop"]) == (1, 1)
    assert counted["Fails", "on_message_in"] == EVENTS
    assert told.seen


def test_a_worker_leaves_nothing_behind(told: Told) -> None:
    """After the stop all is committed, nothing is active, and no stand-in is among the sensors."""
    assert told.committed == dict.fromkeys(PARTITIONS, EACH)
    assert not told.app.crashed
    for each in counting(told).values():
        assert (each.events_active, each.messages_active, each.send_errors) == (0, 0, 0)
        assert each.should_stop
    mine = (Monitor, Sensor, SensorDelegate, faust.Monitor)
    assert [each for each in told.app.sensors if not isinstance(each, mine)] == []


def test_faust_s_setting_makes_a_monitor_of_ours(all_told: Any) -> None:
    """With the setting Monitor=faust_otel.Monitor the app's monitor is one."""
    assert type(all_told[0]["setting"].sensors["app.monitor"]) is Monitor
