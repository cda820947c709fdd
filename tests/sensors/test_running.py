"""Monitors on running workers: stalls that Faust finds, the last commit, sensors that come late."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, Sensor, SensorDelegate
from faust_otel.testing import running
from tests.brokers import collect

if TYPE_CHECKING:
    import faust

    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker


def slow(app: faust.App, topic: str, *, stuck_at: int) -> tuple[list[int], asyncio.Event]:
    """Return what an agent of `app` has read, and the event that it waits for at one offset."""
    seen: list[int] = []
    go_on = asyncio.Event()

    @app.agent(topic)
    async def work(stream: Any) -> None:
        async for event in stream.events():
            seen.append(event.message.offset)
            if event.message.offset == stuck_at:
                await go_on.wait()

    return seen, go_on


def told(caplog: Any, text: str) -> list[str]:
    """Return the log messages that begin with `text`."""
    return [message for message in list(caplog.messages) if text in message]


@pytest.mark.parametrize("kind", ["monitor", "sensor", "delegate"])
async def test_faust_finds_a_stream_that_stalls(
    broker: EmbeddedBroker, caplog: Any, kind: str
) -> None:
    """Its stall detection says since when no event came in, for whatever is the app's monitor."""
    name = f"stalls-{kind}"
    app = broker.app(
        name, stream_processing_timeout=0.5, stream_buffer_maxsize=2, broker_max_poll_records=2
    )
    sensors = {"monitor": Monitor, "sensor": Sensor, "delegate": SensorDelegate}
    app.monitor = sensors[kind]()
    seen, go_on = slow(app, name, stuck_at=3)
    broker.create(name, partitions=1)
    broker.produce_many(name, range(50))
    async with running(app) as worker:
        await worker.until(partial(told, caplog, "Stream stopped processing"), timeout=20.0)
        assert seen == [0, 1, 2, 3]
        go_on.set()
        await worker.until(lambda: len(seen) == 50)

    [message, *_] = told(caplog, "Stream stopped processing")
    assert f"TP(topic='{name}', partition=0) (last inbound" in message
    assert told(caplog, "has not started processing") == []


@pytest.mark.parametrize("nested", [False, True])
async def test_the_last_commit_of_a_worker_is_counted(
    broker: EmbeddedBroker, *, nested: bool
) -> None:
    """A commit that happens only when the worker stops is counted by a monitor in a delegate."""
    name = f"last-commit-{nested}"
    app = broker.app(name, broker_commit_interval=1000.0)
    monitor = Monitor()
    app.monitor = SensorDelegate(SensorDelegate(monitor) if nested else monitor)
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8)
        assert list(monitor.commit_latency) == []

    assert broker.committed(name, name) == dict.fromkeys(range(4), 2)
    assert len(monitor.commit_latency) == 1
    assert monitor.commit_latency_max() > 0.0


async def test_a_monitor_added_while_events_flow_counts_from_there(broker: EmbeddedBroker) -> None:
    """Added to the app, to its delegate or nested, it counts what comes after, with offsets."""
    name = "added-late"
    app = broker.app(name)
    inner = SensorDelegate()
    app.monitor = outer = SensorDelegate(inner)
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    late = [Monitor(), Monitor(), Monitor()]
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8 and app.monitor.messages_active == 0)
        app.sensors.add(late[0])
        await app.add_runtime_dependency(late[0])
        outer.add_sensor(late[1])
        inner.add_sensor(late[2])
        await worker.until(lambda: all(monitor.started for monitor in late))
        broker.produce_many(name, range(12))
        await worker.until(lambda: len(seen) == 20)
        await worker.until(lambda: broker.committed(name, name) == broker.end_offsets(name))
        await worker.until(lambda: [len(each.tp_committed_offsets) for each in late] == [4, 4, 4])
        counts = [(int(each.events_total), each.tp_end_offsets) for each in late]
        # Faust goes on reading from the stand-in or from the first monitor: both know.
        inbound = dict(app.monitor.stream_inbound_time)

    ends = {(name, partition): 5 for partition in range(4)}
    assert counts == [(12, ends)] * 3
    assert set(inbound) == set(ends)


async def test_a_monitor_removed_while_events_flow_stops(broker: EmbeddedBroker) -> None:
    """It counts no more, has stopped, and the worker and the others go on."""
    name = "removed-early"
    app = broker.app(name)
    gone, stays = Monitor(), Monitor()
    app.monitor = delegate = SensorDelegate(gone, stays)
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8 and stays.messages_active == 0)
        delegate.remove_sensor(gone)
        await worker.until(lambda: gone.should_stop)
        broker.produce_many(name, range(4))
        await worker.until(lambda: len(seen) == 12 and stays.messages_active == 0)

    assert (gone.events_total(), stays.events_total()) == (8, 12)
    assert gone.beacon.parent is None
