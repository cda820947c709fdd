"""What tests on the embedded broker look at: records, events, sockets."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import psutil
from confluent_kafka import Consumer, TopicPartition

if TYPE_CHECKING:
    import faust
    from confluent_kafka import Message

    from faust_otel.testing import EmbeddedBroker


def consumer(broker: EmbeddedBroker, group: str) -> Consumer:
    """Return a client of confluent-kafka's own, a member of `group`."""
    address = broker.url.removeprefix("kafka://")
    return Consumer(
        {"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest"}
    )


def read(broker: EmbeddedBroker, topic: str, count: int) -> list[Message]:
    """Return `count` records of `topic`, by partition and offset."""
    with closing(consumer(broker, "reader")) as client:
        client.assign([TopicPartition(topic, number) for number in range(broker.create(topic))])
        found = client.consume(count, timeout=20)
    return sorted(found, key=lambda message: (message.partition(), message.offset()))


def collect(app: faust.App, topic: str) -> list[Any]:
    """Return a list that the events of `topic` are put into, once the worker of `app` runs."""
    seen: list[Any] = []

    @app.agent(topic)
    async def collector(stream: Any) -> None:
        async for event in stream.events():
            seen.append(event)  # noqa: PERF401 - a stream never ends

    return seen


def listening() -> set[tuple[str, int]]:
    """Return (address, port) of every socket of this process that takes connections."""
    sockets = psutil.Process().net_connections(kind="inet")
    addresses: list[Any] = [each.laddr for each in sockets if each.status == psutil.CONN_LISTEN]
    return {(address.ip, address.port) for address in addresses}
