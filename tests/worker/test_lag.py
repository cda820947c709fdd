"""How far a worker is behind: in messages and in seconds, idle, busy, stuck and restarted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.testing import running
from tests.worker.reading import by

if TYPE_CHECKING:
    import faust

    from faust_otel.testing import EmbeddedBroker
    from tests.worker.reading import Value

pytestmark = pytest.mark.worker


def lags(monitor: Monitor, topic: str) -> dict[int, Value]:
    """Return lag by partition of `topic`, as it is exported."""
    return _by_partition(by(monitor, catalogue.LAG, "PARTITION", TOPIC=topic))


def delays(monitor: Monitor, topic: str) -> dict[int, Value]:
    """Return delay in seconds by partition of `topic`, as it is exported."""
    return _by_partition(by(monitor, catalogue.DELAY, "PARTITION", TOPIC=topic))


def offsets(monitor: Monitor, topic: str, kind: str) -> dict[int, Value]:
    """Return the offsets of one kind by partition of `topic`, as they are exported."""
    found = by(monitor, catalogue.OFFSET, "PARTITION", TOPIC=topic, OFFSET_TYPE=kind)
    return _by_partition(found)


def _by_partition(found: dict[str, Value]) -> dict[int, Value]:
    return {int(number): value for number, value in sorted(found.items())}


def gated(app: faust.App, topic: str) -> tuple[list[Any], asyncio.Event]:
    """Return what an agent of `app` has taken from `topic`, and the gate that it stops at."""
    seen: list[Any] = []
    gate = asyncio.Event()

    @app.agent(topic)
    async def stop_at_the_gate(stream: Any) -> None:
        async for value in stream:
            seen.append(value)
            await gate.wait()

    return seen, gate


async def test_lag_is_zero_when_caught_up(broker: EmbeddedBroker, name: str) -> None:
    """Every partition, with traffic or without, is 0 messages and 0 s behind: the broker agrees."""
    app = broker.app(name)
    app.monitor = monitor = Monitor(end_offsets_interval=600.0)
    seen, gate = gated(app, name)
    gate.set()
    broker.produce_many(name, range(20), partition=1)
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 20)
        zero = dict.fromkeys(range(4), 0)
        await worker.until(lambda: lags(monitor, name) == delays(monitor, name) == zero)
        ends = broker.end_offsets(name)
        await worker.until(lambda: broker.committed(name, name)[1] == 20)
        await worker.until(lambda: offsets(monitor, name, "end") == ends)
        await worker.until(lambda: offsets(monitor, name, "committed") == {1: 20})
        assert offsets(monitor, name, "read") == {1: 19}


async def test_lag_and_delay_grow_while_the_consumer_is_stuck(
    broker: EmbeddedBroker, name: str
) -> None:
    """While an agent hangs and nothing is fetched, both follow the broker; later they are 0."""
    app = broker.app(name, stream_buffer_maxsize=4)
    app.monitor = monitor = Monitor(end_offsets_interval=0.2)
    seen, gate = gated(app, name)
    broker.produce_many(name, range(30), partition=0)
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 1)
        await worker.until(lambda: lags(monitor, name) == {0: 29, 1: 0, 2: 0, 3: 0})
        before = delays(monitor, name)
        for _ in range(2):
            broker.produce_many(name, range(10), partition=0)
            broker.produce_many(name, range(7), partition=2)
        await worker.until(lambda: lags(monitor, name) == {0: 49, 1: 0, 2: 14, 3: 0})
        await worker.until(lambda: delays(monitor, name)[2] > 0)
        after = delays(monitor, name)
        assert after[0] > before[0] > 0
        assert (len(seen), after[1], after[3]) == (1, 0, 0)
        gate.set()
        zero = dict.fromkeys(range(4), 0)
        await worker.until(lambda: lags(monitor, name) == delays(monitor, name) == zero)
        assert len(seen) == 64


async def test_records_that_wait_in_the_worker_are_lag(broker: EmbeddedBroker, name: str) -> None:
    """A partition is behind by what was fetched from it and is taken by no agent yet."""
    app = broker.app(name)
    app.monitor = monitor = Monitor(end_offsets_interval=0.2)
    seen, gate = gated(app, name)
    broker.produce_many(name, range(40))
    async with running(app) as worker:
        await worker.until(lambda: seen)
        await worker.until(lambda: by(monitor, catalogue.STREAM_BUFFER_SIZE, "TOPIC") == {name: 39})
        await worker.until(lambda: sorted(lags(monitor, name).values()) == [9, 10, 10, 10])
        gate.set()
        await worker.until(lambda: not any(lags(monitor, name).values()))


async def test_lag_is_known_before_anything_is_read(broker: EmbeddedBroker, name: str) -> None:
    """A worker that comes back knows at once what it has committed, and how far it is behind."""
    topic = f"{name}-topic"
    seen: list[Any] = []
    for count in (30, 0):
        # The one before is a member of the group until its session is over.
        app = broker.app(name, broker_session_timeout=1.0, broker_heartbeat_interval=0.2)
        app.monitor = monitor = Monitor(end_offsets_interval=600.0)
        seen, gate = gated(app, topic)
        gate.set()
        broker.produce_many(topic, range(count), partition=3)
        async with running(app) as worker:
            await worker.until(lambda seen=seen, count=count: len(seen) == count)  # type: ignore[misc]
            await worker.until(lambda m=monitor: lags(m, topic) == dict.fromkeys(range(4), 0))  # type: ignore[misc]
            await worker.until(lambda: broker.committed(name, topic)[3] == 30)
    assert offsets(monitor, topic, "committed") == {3: 30}
    assert (seen, offsets(monitor, topic, "read")) == ([], {})


async def test_assigned_partitions_are_counted(broker: EmbeddedBroker, name: str) -> None:
    """Partitions that this worker has are counted by topic, with and without traffic."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    gated(app, name)
    broker.create(name)
    async with running(app) as worker:
        await worker.until(lambda: by(monitor, catalogue.ASSIGNED, "TOPIC") == {name: 4})
