"""Levels and waiting times: buffers, queues, ages, and the event loop."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.pipeline.sources import histograms
from faust_otel.testing import running
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from faust_otel.state import Distribution
    from faust_otel.testing import EmbeddedBroker
    from faust_otel.words import Metric

pytestmark = pytest.mark.worker


def seen_by(monitor: Monitor, metric: Metric) -> Distribution:
    """Return the values of the only histogram of `metric`."""
    [histogram] = histograms(monitor.store, metric)
    return histogram.read()


async def test_messages_that_wait_for_a_slow_agent(broker: EmbeddedBroker, name: str) -> None:
    """They are counted by topic while they wait, and each one's wait is timed until it is taken."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    gate, seen = asyncio.Event(), []

    @app.agent(name)
    async def slow(stream: Any) -> None:
        async for value in stream:
            seen.append(value)
            await gate.wait()

    broker.produce_many(name, range(5), partition=0, timestamp=time.time() - 100.0)
    async with running(app) as worker:
        await worker.until(lambda: by(monitor, catalogue.STREAM_BUFFER_SIZE, "TOPIC") == {name: 4})
        opened = time.monotonic()
        await worker.until(lambda: time.monotonic() - opened > 0.3)
        gate.set()
        await worker.until(lambda: by(monitor, catalogue.EVENTS, "TOPIC") == {name: 5})
        await worker.until(lambda: by(monitor, catalogue.STREAM_BUFFER_SIZE, "TOPIC") == {name: 0})
    waits, ages = seen_by(monitor, catalogue.QUEUE_DURATION), seen_by(monitor, catalogue.EVENT_AGE)
    assert (waits.count, ages.count) == (5, 5)
    assert waits.min < 0.3 < waits.max < 5.0
    assert waits.sum > 4 * 0.3
    assert 100.0 < ages.min <= ages.max < 110.0


async def test_messages_wait_by_the_topic_they_are_from(broker: EmbeddedBroker, name: str) -> None:
    """An agent that reads several topics has one buffer, and each topic its own share of it."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    gate = asyncio.Event()
    first, second = f"{name}-a", f"{name}-b"

    @app.agent(app.topic(first, second))
    async def slow(stream: Any) -> None:
        async for _ in stream:
            await gate.wait()

    assert total(monitor, catalogue.STREAM_BUFFER_SIZE) == 0
    broker.produce_many(first, range(3), partition=0)
    broker.produce_many(second, range(6), partition=0)
    async with running(app) as worker:
        await worker.until(lambda: total(monitor, catalogue.STREAM_BUFFER_SIZE) == 8)
        sizes = by(monitor, catalogue.STREAM_BUFFER_SIZE, "TOPIC")
        assert sorted(sizes.values()) in ([2, 6], [3, 5])
        assert set(sizes) == {first, second}
        gate.set()
        await worker.until(lambda: total(monitor, catalogue.EVENTS) == 9)
        assert total(monitor, catalogue.STREAM_BUFFER_SIZE) == 0
    assert by(monitor, catalogue.STREAM_BUFFER_SIZE, "TOPIC") == {}


async def test_messages_that_wait_for_the_producer(broker: EmbeddedBroker, name: str) -> None:
    """What `send_soon` put into the buffer is counted until the producer takes it."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    topic = app.topic(name)
    sizes: list[float] = []

    @app.agent(topic)
    async def fill(stream: Any) -> None:
        async for value in stream:
            if value == 0:
                for number in range(1, 21):
                    topic.send_soon(value=number)
                sizes.append(total(monitor, catalogue.PRODUCER_BUFFER_SIZE))

    broker.produce(name, 0)
    async with running(app) as worker:
        await worker.until(lambda: sizes)
        await worker.until(lambda: total(monitor, catalogue.SENT) == 20)
        await worker.until(lambda: total(monitor, catalogue.PRODUCER_BUFFER_SIZE) == 0)
    assert sizes == [20]


async def test_a_blocked_event_loop_is_late(broker: EmbeddedBroker, name: str) -> None:
    """An agent that holds the loop up for 0.3 s shows as a delay of 0.2 s at least."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    blocked: list[float] = []

    @app.agent(name)
    async def block(stream: Any) -> None:
        async for _ in stream:
            time.sleep(0.3)  # noqa: ASYNC251  the mistake that is to be seen
            blocked.append(0.3)

    async with running(app) as worker:
        await worker.until(lambda: total(monitor, catalogue.EVENT_LOOP_DELAY) >= 3)
        before = seen_by(monitor, catalogue.EVENT_LOOP_DELAY)
        broker.produce(name, 0)
        await worker.until(lambda: blocked)
        await worker.until(lambda: total(monitor, catalogue.EVENT_LOOP_DELAY) > before.count + 1)
    after = seen_by(monitor, catalogue.EVENT_LOOP_DELAY)
    assert 0.19 < after.max < 1.0
    assert before.min < 0.1
