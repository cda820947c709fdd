"""Sends: all that reach the broker, and all those whose end Faust tells nobody."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]  # no stubs
from faust.exceptions import ProducerSendError

from faust_otel import Monitor, catalogue
from faust_otel.state import OTHER_ERROR, Send
from faust_otel.testing import EmbeddedBroker, running
from tests.brokers import collect
from tests.worker.reading import by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import faust

    from tests.worker.reading import Value

pytestmark = pytest.mark.worker

COUNT = 12
TOPICS = ("in", "plain", "soon", "answers", "forward", "reply", "sink")


def sent(monitor: Monitor, *keys: str) -> dict[str, Value]:
    """Return how many messages were sent, by `keys`; zeros are left out."""
    return {key: count for key, count in by(monitor, catalogue.SENT, *keys).items() if count}


def topology(app: faust.App) -> list[Any]:
    """Have agents of `app` that send in every way there is; return what arrives at the end."""
    arrived: list[Any] = []
    table: Any = app.Table("table", default=int)
    plain, soon = app.topic("plain"), app.topic("soon")

    @app.agent("answers", sink=[app.topic("sink")])
    async def answers(stream: Any) -> AsyncIterator[Any]:
        async for value in stream:
            yield value

    answer: Any = answers

    @app.agent("in")
    async def send(stream: Any) -> None:
        async for event in stream.events():
            await plain.send(value=event.value)
            soon.send_soon(value=event.value)
            await event.forward("forward")
            await answer.cast(event.value)
            await answer.ask_nowait(event.value, reply_to="reply", force=True)
            table[event.value] += 1

    @app.agent(plain)
    async def regroup(stream: Any) -> None:
        nonlocal arrived
        async for value in stream.group_by(str, name="text"):
            arrived += [value]

    @app.agent(soon)
    async def through(stream: Any) -> None:
        nonlocal arrived
        async for value in stream.through("through"):
            arrived += [value]

    return arrived


def ends(broker: EmbeddedBroker) -> dict[str, int]:
    """Return how many records of the worker each topic has."""
    found = {topic: sum(broker.end_offsets(topic).values()) for topic in broker.topics()}
    return {topic: count for topic, count in found.items() if topic != "in"}


@pytest.mark.parametrize("on_commit", [False, True])
async def test_every_send_is_counted_once(*, on_commit: bool) -> None:
    """By topic, the sends of all kinds are the records that the broker has then."""
    with EmbeddedBroker(partitions=2) as broker:
        for topic in TOPICS:
            broker.create(topic)
        app = broker.app("app", broker_commit_interval=0.1, stream_publish_on_commit=on_commit)
        app.monitor = monitor = Monitor()
        arrived = topology(app)
        broker.produce_many("in", range(COUNT), key=str)
        async with running(app) as worker:
            await worker.until(lambda: len(arrived) == 2 * COUNT, timeout=20)
            await worker.until(lambda: sum(sent(monitor).values()) == 11 * COUNT, timeout=20)
        assert sent(monitor, "TOPIC", "ERROR") == {
            f"{topic}-": count for topic, count in ends(broker).items()
        }
        assert {"soon-", "reply-", "app-table-changelog-"} < set(sent(monitor, "TOPIC", "ERROR"))


def test_sends_from_a_thread_are_counted_once() -> None:
    """With `producer_threaded` the sends of all kinds are counted, also one that is waited for."""
    # Faust leaves such a worker's threads and tasks behind: it gets a process of its own.
    command = [sys.executable, "-W", "ignore", "-m", "tests.worker.threaded_child"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    result = json.loads(answer.stdout)
    assert result["sent"] == {f"{topic}-": count for topic, count in result["ends"].items()}
    assert result["waited for"] == {"waited-_OTHER": 1}


class Client:
    """Stands in for the client of a producer, whose broker refuses a record after a while."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        """Return the future of a record that is refused."""
        refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, refused.set_exception, self._error)
        return refused


def raise_in_callback(_: Any) -> None:
    """Raise where Faust tells that a message was sent."""
    raise LookupError("in a callback")


async def test_sends_that_faust_closes_by_no_hook_are_counted(
    broker: EmbeddedBroker, name: str
) -> None:
    """However a send ends, it is counted once, with the error where one is known."""
    app: Any = broker.app(name)
    app.monitor = monitor = Monitor()
    topic = app.topic(name)
    collect(app, name)
    kept: list[BaseException] = []
    said: list[str] = []
    # What is logged would keep the exceptions, and all that they know.
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: said.append(str(context.get("exception")))
    )
    async with running(app) as worker:
        await worker.until(lambda: app.producer.started)
        await (await topic.send(value="good"))
        with pytest.raises(ProducerSendError) as too_large:
            await topic.send(value="x" * 2_000_000)
        kept.append(too_large.value)
        with suppress(LookupError):
            await (await topic.send(value="good", callback=raise_in_callback))
        (await topic.send(value="good")).cancel()
        producer, app.producer._producer = app.producer._producer, Client(KafkaError("no"))
        with pytest.raises(KafkaError) as refused:
            await topic.publish_message(topic.as_future_message(value="bad"), wait=True)
        kept.append(refused.value)
        with pytest.raises(KafkaError):
            await (await topic.send(value="bad"))
        with pytest.raises(KafkaError):  # no message of Faust's: there is nothing to count
            await app.producer.send_and_wait(name, None, b"bad", None, None, None)
        app.producer._producer = producer
        await worker.until(lambda: gc.collect() >= 0 and sum(sent(monitor).values()) == 6)

    assert sent(monitor, "ERROR") == {
        "": 1,
        OTHER_ERROR: 2,
        "aiokafka.errors.KafkaError": 2,
        "faust.exceptions.ProducerSendError": 1,
    }
    assert monitor.send_errors == 5
    assert len(monitor.send_latency) == 1
    assert [each for each in gc.get_objects() if isinstance(each, Send) and each.started] == []
    assert "in a callback" in said
