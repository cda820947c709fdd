"""Sends: all that reach the broker, and all those whose end Faust tells nobody."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest
from faust.exceptions import ProducerSendError

from faust_otel import Monitor, catalogue
from faust_otel.testing import running
from tests.brokers import collect
from tests.worker.reading import by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import faust

    from faust_otel.testing import EmbeddedBroker
    from tests.worker.reading import Value

pytestmark = pytest.mark.worker

COUNT = 12


def topology(app: faust.App, name: str) -> list[Any]:
    """Have agents of `app` that send in every way there is; return what arrives at the end."""
    arrived: list[Any] = []
    table: Any = app.Table(f"{name}-table", default=int)
    plain, soon = app.topic(f"{name}-plain"), app.topic(f"{name}-soon")

    @app.agent(f"{name}-answers", sink=[app.topic(f"{name}-sink")])
    async def answer(stream: Any) -> AsyncIterator[Any]:
        async for value in stream:
            yield value

    @app.agent(name)
    async def send(stream: Any) -> None:
        async for event in stream.events():
            await plain.send(value=event.value)
            soon.send_soon(value=event.value)
            await event.forward(f"{name}-forward")
            await answer.cast(event.value)
            await answer.ask_nowait(event.value, reply_to=f"{name}-reply", force=True)
            table[event.value] += 1

    @app.agent(plain)
    async def regroup(stream: Any) -> None:
        async for value in stream.group_by(lambda value: value, name="value"):
            arrived.append(value)

    @app.agent(soon)
    async def through(stream: Any) -> None:
        async for value in stream.through(f"{name}-through"):
            arrived.append(value)

    return arrived


def ends(broker: EmbeddedBroker, *, but: str) -> dict[str, int]:
    """Return how many records each topic has, of those that have any."""
    found = {topic: sum(broker.end_offsets(topic).values()) for topic in broker.topics()}
    return {topic: count for topic, count in found.items() if count and topic != but}


@pytest.mark.parametrize(
    "settings",
    [{}, {"stream_publish_on_commit": True}, {"producer_threaded": True}],
    ids=["direct", "on-commit", "threaded"],
)
async def test_every_send_is_counted_once(name: str, settings: dict[str, Any]) -> None:
    """By topic, the sends of all kinds are the records that the broker has then."""
    with_broker = __import__("faust_otel.testing", fromlist=["EmbeddedBroker"]).EmbeddedBroker
    with with_broker(partitions=2) as broker:
        app = broker.app(name, **settings)
        app.monitor = monitor = Monitor()
        arrived = topology(app, name)
        for topic in ("forward", "reply", "sink"):
            broker.create(f"{name}-{topic}")
        broker.produce_many(name, range(COUNT), key=str)
        async with running(app) as worker:
            await worker.until(lambda: len(arrived) == 2 * COUNT)
            await worker.until(lambda: by(monitor, catalogue.SENT, "TOPIC") == ends(broker, but=name))
        sent = by(monitor, catalogue.SENT, "TOPIC")
        assert sent == ends(broker, but=name)
        kinds = {topic.removeprefix(f"{name}-"): count for topic, count in sent.items()}
        print(kinds)
        assert not by(monitor, catalogue.SENT, "ERROR").get("_OTHER")
